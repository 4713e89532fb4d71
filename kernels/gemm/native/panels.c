/* Products by panels: a block of B is packed, by all threads for all; then each
 * thread multiplies its part of C, tile by tile: it packs a few panels of A for
 * itself and has those of B pass by.
 */
#include "config.h"
#include "kernels/gemm/native/share.h"

#include <string.h>

/* Rows of memory that are packed at once, of operands that lie so. */
#define ROWS 16

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

/* Panels of an operand as it lies, `apart` bytes apart from `out` on. */
struct strip {
    struct et_gemm_source lies;
    enum et_gemm_panel panel;
    bool moved;
    int64_t width, lines; /* of a panel; of the operand */
    int64_t first, end;   /* panels */
    char *out;
    size_t apart;
    void (*weave)(int64_t groups, const void *rows, int64_t row, void *panel);
};

/* So many rows of memory of a panel, from its line i and element l on. */
static void fetch(const struct strip *s, int64_t i, int64_t l, int64_t rows)
{
    const struct et_gemm_source *lies = &s->lies;
    int64_t size = (int64_t)et_dtype_size(lies->dtype);
    for (int64_t r = 0; r < rows; r++) {
        uintptr_t at =
            (uintptr_t)lies->data + (size_t)((i + (l + r) * lies->step) * size);
        for (int64_t b = 0; b < s->width * size; b += 64)
            __builtin_prefetch((const void *)(at + (size_t)b));
    }
}

/* Elements [l, l + k) of panel i. */
static void pack_some(const struct strip *s, int64_t i, int64_t l, int64_t k,
                      char *out)
{
    const struct et_gemm_source *lies = &s->lies;
    int64_t line = i * s->width, have = s->lines - line;
    int64_t group = et_gemm_panel_group(s->panel);
    int64_t size = (int64_t)et_dtype_size(lies->dtype);
    if (s->weave && have >= s->width && k % group == 0)
        s->weave(k / group,
                 et_dtype_at(lies->dtype, lies->data, line + l * lies->step),
                 lies->step * size, out);
    else
        et_gemm_pack(s->panel, lies, s->moved, s->width, line, have, l, k, out);
}

/* Elements [l, l + k) of them. Where neighbouring lines lie together, a few
 * rows of memory are packed for all panels before the next few: each is read as
 * far as it goes. */
static void pack_strip(const struct strip *s, int64_t l, int64_t k)
{
    int64_t group = et_gemm_panel_group(s->panel);
    int64_t some = s->lies.step == 1 ? k : et_gemm_pieces(ROWS, group) * group;
    size_t row = (size_t)s->width * et_gemm_panel_size(s->panel);
    for (int64_t at = 0; at < k; at += some) {
        for (int64_t i = s->first; i < s->end; i++) {
            if (at + some < k)
                fetch(s, i * s->width, l + at + some,
                      et_gemm_least(some, k - at - some));
            pack_some(s, i, l + at, et_gemm_least(some, k - at),
                      s->out + (size_t)(i - s->first) * s->apart +
                          (size_t)at * row);
        }
    }
}

/* This thread's room for panels of A. */
static char *room_a(const struct et_gemm_share *s)
{
    return s->memory + (size_t)(s->me * s->w->some) * s->w->panel_a;
}

/* The room for panels of B: the team's, or this thread's. */
static char *room_b(const struct et_gemm_share *s)
{
    const struct et_gemm_way *w = s->w;
    int64_t before = w->columns ? s->me * w->nc / w->tile->columns : 0;
    return s->memory + w->at_b + (size_t)before * w->panel_b;
}

/* Panels [first, end) of a block of B. */
static void pack_b(const struct et_gemm_share *s, const struct block *b,
                   int64_t first, int64_t end)
{
    const struct et_gemm_way *w = s->w;
    const struct et_gemm_tile *t = w->tile;
    int64_t before = b->j / t->columns;
    const struct et_gemm_source lies = et_gemm_source_b(s);
    bool woven = lies.line == 1 && lies.step != 1 &&
                 et_gemm_packs_as_stored(t->panel, lies.dtype);
    int64_t group = et_gemm_panel_group(t->panel);
    size_t whole = (size_t)(group * t->columns) * et_gemm_panel_size(t->panel);
    size_t used = (size_t)et_gemm_pieces(b->k, group) * whole;
    size_t all = (size_t)groups_of(w, b->k) * whole; /* as A's groups go */
    char *panels = room_b(s);
    const struct strip strip = {.lies = lies,
                                .panel = t->panel,
                                .width = t->columns,
                                .lines = w->p.n,
                                .first = before + first,
                                .end = before + end,
                                .out = panels + (size_t)first * w->panel_b,
                                .apart = w->panel_b,
                                .weave = woven ? t->weave : NULL};
    pack_strip(&strip, b->l, b->k);
    for (int64_t j = first; j < end; j++) {
        char *panel = panels + (size_t)j * w->panel_b;
        memset(panel + used, 0, all - used);
        if (w->moved)
            start_at(w, s->ones, b->k, panel);
    }
}

/* Panels [first, end) of A. */
static void pack_a(const struct et_gemm_share *s, const struct block *b,
                   int64_t first, int64_t end)
{
    const struct et_gemm_way *w = s->w;
    const struct strip strip = {.lies = et_gemm_source_a(s),
                                .panel = w->tile->panel_a,
                                .moved = w->moved,
                                .width = w->tile->rows,
                                .lines = w->p.m,
                                .first = first,
                                .end = end,
                                .out = room_a(s),
                                .apart = w->panel_a};
    pack_strip(&strip, b->l, b->k);
}

/* Where row i and column j of a block's sums stand, and how far its rows are
 * apart. */
static char *sums_at(const struct et_gemm_share *s, const struct block *b,
                     int64_t i, int64_t j, int64_t *ld)
{
    const struct et_gemm_way *w = s->w;
    size_t size = et_dtype_size(w->p.types.sum);
    int64_t from = w->columns ? b->j : 0;
    *ld = w->direct ? w->p.ldc : w->ld;
    return w->direct
               ? (char *)s->q->c + (size_t)et_gemm_c_at(s, i, b->j + j) * size
               : s->memory + w->at_sums + (size_t)(i * *ld + from + j) * size;
}

/* Are a block's sums whole? */
static bool is_whole(const struct et_gemm_way *w, const struct block *b)
{
    return b->k == w->p.k;
}

/* Panel i of A, packed at `panel_a` or read as it lies, with panel j of B; of
 * lines, those that end with A's last where there are too few. */
static void run_tile(const struct et_gemm_share *s, const struct block *b,
                     const char *panel_a, int64_t i, int64_t j, void *c,
                     int64_t ld, bool add)
{
    const struct et_gemm_way *w = s->w;
    const struct et_gemm_tile *t = w->tile;
    const char *panel_b = room_b(s) + (size_t)j * w->panel_b;
    const void *start = w->moved ? panel_b + w->start_b : NULL;
    if (!w->lines_a) {
        t->multiply(groups_of(w, b->k), panel_a, panel_b, start, c, ld, add);
        return;
    }
    const struct et_gemm_source lies = et_gemm_source_a(s);
    int64_t first = et_gemm_least(i * t->rows, w->p.m - t->rows);
    t->multiply_lines(
        groups_of(w, b->k),
        et_dtype_at(lies.dtype, lies.data, first * lies.line + b->l),
        lies.line * (int64_t)et_dtype_size(lies.dtype), panel_b, start, c, ld,
        add);
}

static void tile(const struct et_gemm_share *s, const struct block *b,
                 const char *panel_a, int64_t i, int64_t j, bool add)
{
    const struct et_gemm_way *w = s->w;
    const struct et_gemm_tile *t = w->tile;
    _Alignas(ET_GEMM_TILE_ALIGN) char edge[ET_GEMM_EDGE_BYTES];
    int64_t rows = et_gemm_least(t->rows, w->p.m - i * t->rows);
    int64_t columns = et_gemm_least(t->columns, b->n - j * t->columns);
    size_t size = et_dtype_size(w->p.types.sum);
    int64_t ld;
    bool stored = !w->direct && is_whole(w, b);
    char *c = stored ? NULL : sums_at(s, b, i * t->rows, j * t->columns, &ld);
    if (c && rows == t->rows && columns == t->columns) {
        run_tile(s, b, panel_a, i, j, c, ld, add);
        return;
    }
    run_tile(s, b, panel_a, i, j, edge, t->columns, false);
    const char *sums = edge;
    if (w->lines_a)
        sums += (size_t)((t->rows - rows) * t->columns) * size;
    if (stored) {
        et_gemm_store(s, sums, t->columns, rows, columns, i * t->rows,
                      b->j + j * t->columns);
        return;
    }
    for (int64_t r = 0; r < rows; r++)
        add_edge(w->p.types.sum, sums + (size_t)(r * t->columns) * size,
                 columns, c + (size_t)(r * ld) * size, add);
}

/* Panels of A and of B. */
struct part {
    int64_t rows[2], columns[2]; /* from, to */
};

/* A thread's part of so many panels: of all ways to cut them the one whose
 * greatest part is least; and of these the one with the fewest rows, which each
 * thread packs for itself. */
static struct part part_of(int64_t rows, int64_t columns, int64_t me,
                           int64_t of)
{
    int64_t best = INT64_MAX, high = 1;
    for (int64_t h = 1; h <= of; h++) {
        int64_t most =
            et_gemm_pieces(rows, h) * et_gemm_pieces(columns, of / h);
        if (of % h == 0 && most <= best) {
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
                     const struct part *at)
{
    bool add = b->l > 0 || (s->w->direct && s->w->p.beta == 1);
    int64_t some = s->w->some;
    for (int64_t i = at->rows[0]; i < at->rows[1]; i += some) {
        int64_t end = et_gemm_least(i + some, at->rows[1]);
        if (!s->w->lines_a && !s->w->columns)
            pack_a(s, b, i, end);
        for (int64_t j = at->columns[0]; j < at->columns[1]; j++) {
            for (int64_t r = i; r < end; r++)
                tile(s, b, room_a(s) + (size_t)(r - i) * s->w->panel_a, r, j,
                     add);
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
    int64_t i = at->rows[0] * t->rows;
    if (n > 0 && i < end)
        et_gemm_store(s, sums_at(s, b, i, j, &ld), s->w->ld, end - i, n, i,
                      b->j + j);
}

/* Does the sums' last block go to C from where they stand? */
static bool is_last(const struct et_gemm_way *w, const struct block *b)
{
    return !w->direct && !is_whole(w, b) && b->l + b->k == w->p.k;
}

/* A is narrow: this thread packs it, and then some panels of B after the other,
 * those of its part of the columns. */
static void by_columns(const struct et_gemm_share *s)
{
    const struct et_gemm_way *w = s->w;
    const struct et_gemm *p = &w->p;
    int64_t columns = w->tile->columns, panels = et_gemm_pieces(p->n, columns),
            rows = et_gemm_pieces(p->m, w->tile->rows);
    int64_t first = et_gemm_part_from(panels, s->me, s->of) * columns,
            end = et_gemm_least(
                et_gemm_part_from(panels, s->me + 1, s->of) * columns, p->n);
    et_gemm_begin(s);
    for (int64_t l = 0; l < p->k; l += w->kc) {
        for (int64_t j = first; j < end; j += w->nc) {
            const struct block b = {j, et_gemm_least(w->nc, end - j), l,
                                    et_gemm_least(w->kc, p->k - l)};
            const struct part part = {{0, rows},
                                      {0, et_gemm_pieces(b.n, columns)}};
            if (j == first)
                pack_a(s, &b, 0, rows);
            pack_b(s, &b, 0, part.columns[1]);
            multiply(s, &b, &part);
            if (is_last(w, &b))
                finish(s, &b, &part);
        }
    }
}

void et_gemm_by_panels(const struct et_gemm_share *s)
{
    const struct et_gemm_way *w = s->w;
    const struct et_gemm *p = &w->p;
    if (w->columns) {
        by_columns(s);
        return;
    }
    for (int64_t j = 0; j < p->n; j += w->nc) {
        for (int64_t l = 0; l < p->k; l += w->kc) {
            const struct block b = {j, et_gemm_least(w->nc, p->n - j), l,
                                    et_gemm_least(w->kc, p->k - l)};
            int64_t columns = et_gemm_pieces(b.n, w->tile->columns);
            const struct part part = part_of(
                et_gemm_pieces(p->m, w->tile->rows), columns, s->me, s->of);
            et_gemm_begin(s);
            pack_b(s, &b, et_gemm_part_from(columns, s->me, s->of),
                   et_gemm_part_from(columns, s->me + 1, s->of));
            et_gemm_meet(s);
            multiply(s, &b, &part);
            if (is_last(w, &b))
                finish(s, &b, &part);
        }
    }
}
