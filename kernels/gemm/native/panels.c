/* Products by panels: A and B are packed block by block, by all threads for
 * all; then each thread multiplies its part of C, tile by tile.
 */
#include "config.h"
#include "kernels/gemm/native/share.h"

#include <string.h>

static int64_t groups_of(const struct et_gemm_way *w, int64_t k)
{
    return et_gemm_pieces(k, w->deep) * w->deep /
           et_gemm_panel_group(w->tile->panel);
}

static void add_edge(enum et_dtype sum, const void *edge, int64_t n, void *c,
                     bool add)
{
    switch (sum) {
    case ET_FP64:
        for (int64_t j = 0; j < n; j++)
            ((double *)c)[j] =
                ((const double *)edge)[j] + (add ? ((double *)c)[j] : 0);
        break;
    case ET_FP32:
        for (int64_t j = 0; j < n; j++)
            ((float *)c)[j] =
                ((const float *)edge)[j] + (add ? ((float *)c)[j] : 0);
        break;
    default: /* int32, modulo 2^32 as the processor adds */
        for (int64_t j = 0; j < n; j++)
            ((uint32_t *)c)[j] =
                ((const uint32_t *)edge)[j] + (add ? ((uint32_t *)c)[j] : 0);
        break;
    }
}

/* A block: rows all, columns [j, j + n), sums over [l, l + k). */
struct block {
    int64_t j, n, l, k;
};

/* What A has too much, where 128 was added to it, of each column of a panel of
 * B: -128 times its sum. */
static void start_at(const struct et_gemm_way *w, const char *ones, int64_t k,
                     char *panel)
{
    const struct et_gemm_tile *t = w->tile;
    _Alignas(ET_GEMM_TILE_ALIGN) int32_t sums[ET_GEMM_EDGE_BYTES / 4];
    int32_t *start = (int32_t *)(void *)(panel + w->start_b);
    t->multiply(groups_of(w, k), ones, panel, NULL, sums, t->columns, false);
    for (int j = 0; j < t->columns; j++)
        start[j] = -128 * sums[j];
}

/* This thread's panels of A and of B. */
static void pack(const struct et_gemm_share *s, const struct block *b)
{
    const struct et_gemm_way *w = s->w;
    const struct et_gemm_tile *t = w->tile;
    const struct et_gemm_source a_lies = et_gemm_source_a(s),
                                b_lies = et_gemm_source_b(s);
    int64_t m = w->p.m, rows = et_gemm_pieces(m, t->rows);
    int64_t columns = et_gemm_pieces(b->n, t->columns);
    int64_t group = et_gemm_panel_group(t->panel);
    size_t whole = (size_t)(group * t->columns) * et_gemm_panel_size(t->panel);
    for (int64_t i = et_gemm_part_from(rows, s->me, s->of);
         i < et_gemm_part_from(rows, s->me + 1, s->of); i++)
        et_gemm_pack(t->panel_a, &a_lies, w->moved, t->rows, i * t->rows,
                     et_gemm_least(t->rows, m - i * t->rows), b->l, b->k,
                     s->memory + (size_t)i * w->panel_a);
    for (int64_t j = et_gemm_part_from(columns, s->me, s->of);
         j < et_gemm_part_from(columns, s->me + 1, s->of); j++) {
        char *panel = s->memory + w->at_b + (size_t)j * w->panel_b;
        et_gemm_pack(t->panel, &b_lies, false, t->columns,
                     b->j + j * t->columns,
                     et_gemm_least(t->columns, b->n - j * t->columns), b->l,
                     b->k, panel);
        /* As far as A's groups go. */
        size_t used = (size_t)et_gemm_pieces(b->k, group) * whole,
               all = (size_t)groups_of(w, b->k) * whole;
        memset(panel + used, 0, all - used);
        if (w->moved)
            start_at(w, s->ones, b->k, panel);
    }
}

/* Where row i and column j of a block's sums stand, and how far its rows are
 * apart. */
static char *sums_at(const struct et_gemm_share *s, const struct block *b,
                     int64_t i, int64_t j, int64_t *ld)
{
    const struct et_gemm_way *w = s->w;
    size_t size = et_dtype_size(w->p.types.sum);
    *ld = w->direct ? w->p.ldc : w->nc;
    return w->direct
               ? (char *)s->q->c + (size_t)et_gemm_c_at(s, i, b->j + j) * size
               : s->memory + w->at_sums + (size_t)(i * *ld + j) * size;
}

/* Are a block's sums whole? */
static bool is_whole(const struct et_gemm_way *w, const struct block *b)
{
    return b->k == w->p.k;
}

static void tile(const struct et_gemm_share *s, const struct block *b,
                 int64_t i, int64_t j, bool add)
{
    const struct et_gemm_way *w = s->w;
    const struct et_gemm_tile *t = w->tile;
    _Alignas(ET_GEMM_TILE_ALIGN) char edge[ET_GEMM_EDGE_BYTES];
    const char *panel_b = s->memory + w->at_b + (size_t)j * w->panel_b;
    const char *panel_a = s->memory + (size_t)i * w->panel_a;
    const void *start = w->moved ? panel_b + w->start_b : NULL;
    int64_t rows = et_gemm_least(t->rows, w->p.m - i * t->rows);
    int64_t columns = et_gemm_least(t->columns, b->n - j * t->columns);
    size_t size = et_dtype_size(w->p.types.sum);
    int64_t ld, at = et_gemm_c_at(s, i * t->rows, b->j + j * t->columns);
    bool stored = !w->direct && is_whole(w, b);
    char *c = stored ? NULL : sums_at(s, b, i * t->rows, j * t->columns, &ld);
    if (c && rows == t->rows && columns == t->columns) {
        t->multiply(groups_of(w, b->k), panel_a, panel_b, start, c, ld, add);
        return;
    }
    t->multiply(groups_of(w, b->k), panel_a, panel_b, start, edge, t->columns,
                false);
    for (int64_t r = 0; r < rows; r++) {
        const char *sums = edge + (size_t)(r * t->columns) * size;
        if (stored)
            et_gemm_store(s, sums, columns, at + r * w->p.ldc);
        else
            add_edge(w->p.types.sum, sums, columns, c + (size_t)(r * ld) * size,
                     add);
    }
}

/* Panels of A and of B. */
struct part {
    int64_t rows[2], columns[2]; /* from, to */
};

/* A thread's part of so many panels: of all ways to cut them the one whose
 * greatest part is least. */
static struct part part_of(int64_t rows, int64_t columns, int64_t me,
                           int64_t of)
{
    int64_t best = INT64_MAX, high = 1;
    for (int64_t h = 1; h <= of; h++) {
        int64_t most =
            et_gemm_pieces(rows, h) * et_gemm_pieces(columns, of / h);
        if (of % h == 0 && most < best) {
            best = most;
            high = h;
        }
    }
    int64_t wide = of / high, i = me / wide, j = me % wide;
    return (struct part){{et_gemm_part_from(rows, i, high),
                          et_gemm_part_from(rows, i + 1, high)},
                         {et_gemm_part_from(columns, j, wide),
                          et_gemm_part_from(columns, j + 1, wide)}};
}

static void multiply(const struct et_gemm_share *s, const struct block *b,
                     const struct part *at, bool add)
{
    int64_t some = s->w->some;
    for (int64_t i = at->rows[0]; i < at->rows[1]; i += some) {
        int64_t end = et_gemm_least(i + some, at->rows[1]);
        for (int64_t j = at->columns[0]; j < at->columns[1]; j++) {
            for (int64_t r = i; r < end; r++)
                tile(s, b, r, j, add);
        }
    }
}

static void finish(const struct et_gemm_share *s, const struct block *b,
                   const struct part *at)
{
    const struct et_gemm_tile *t = s->w->tile;
    int64_t j = at->columns[0] * t->columns;
    int64_t n = et_gemm_least(at->columns[1] * t->columns, b->n) - j;
    int64_t end = et_gemm_least(at->rows[1] * t->rows, s->w->p.m), ld;
    for (int64_t i = at->rows[0] * t->rows; n > 0 && i < end; i++)
        et_gemm_store(s, sums_at(s, b, i, j, &ld), n,
                      et_gemm_c_at(s, i, b->j + j));
}

void et_gemm_by_panels(const struct et_gemm_share *s)
{
    const struct et_gemm_way *w = s->w;
    const struct et_gemm *p = &w->p;
    for (int64_t j = 0; j < p->n; j += w->nc) {
        for (int64_t l = 0; l < p->k; l += w->kc) {
            const struct block b = {j, et_gemm_least(w->nc, p->n - j), l,
                                    et_gemm_least(w->kc, p->k - l)};
            const struct part part =
                part_of(et_gemm_pieces(p->m, w->tile->rows),
                        et_gemm_pieces(b.n, w->tile->columns), s->me, s->of);
            pack(s, &b);
            et_gemm_meet(s);
            multiply(s, &b, &part, l > 0 || (w->direct && p->beta == 1));
            if (!w->direct && !is_whole(w, &b) && l + b.k == p->k)
                finish(s, &b, &part);
            et_gemm_meet(s); /* the panels are free again */
        }
    }
}
