/* gemm by etalon's own kernels: all loops around the tiles and dot products of
 * kernels/gemm/native. Panels of A and B are packed block by block, by all
 * threads for all; then each thread multiplies its part of C. A product with
 * few rows or columns reads its large operand once, as it lies. Threads share a
 * product, or take one each of a batch. Knows no processor.
 */
#include "config.h"
#include "kernels/gemm/setup.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#ifdef _OPENMP
#include <omp.h>
#endif

#include "harness/base/log.h"
#include "harness/base/memory.h"
#include "kernels/gemm/native/pack.h"
#include "kernels/gemm/native/way.h"

extern const struct et_gemm_backend et_gemm_native;

struct setup {
    struct et_gemm_setup setup;
    struct et_gemm_way way;
    char *memory;
};

/* One thread's view of a product. */
struct share {
    const struct et_gemm_way *w;
    const struct et_gemm_setup *q;
    int64_t g; /* of the batch */
    int64_t me, of;
    char *memory;
};

static int64_t groups_of(const struct et_gemm_way *w, int64_t k)
{
    return et_gemm_pieces(k, et_gemm_panel_group(w->tile->panel));
}

/* --- sums to C ----------------------------------------------------------- */

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

/* n sums to C from element `at` on. */
static void store(const struct share *s, const void *sums, int64_t n,
                  int64_t at)
{
    const struct et_gemm_setup *q = s->q;
    const struct et_gemm *p = &q->p;
    enum et_dtype sum = p->types.sum, out = p->types.out.dtype;
    bool plain = p->alpha == 1 && p->beta == 0;
    if (plain && out == sum) {
        size_t size = et_dtype_size(sum);
        memcpy((char *)q->c + (size_t)at * size, sums, (size_t)n * size);
    } else if (plain && sum == ET_FP32 && out == ET_BF16) {
        s->w->tile->to_bf16(sums, n, (uint16_t *)q->c + at);
    } else {
        for (int64_t j = 0; j < n; j++) {
            size_t to = (size_t)(at + j);
            double v = p->alpha * et_dtype_get(sum, sums, (size_t)j);
            if (p->beta != 0)
                v += p->beta * et_dtype_get(out, q->c, to);
            et_dtype_set(out, q->c, to, v);
        }
    }
}

/* --- panels -------------------------------------------------------------- */

static void meet(const struct share *s)
{
    if (s->of > 1) {
#ifdef _OPENMP
#pragma omp barrier
#endif
    }
}

static int64_t from(int64_t n, int64_t i, int64_t of)
{
    return n / of * i + n % of * i / of;
}

static struct et_gemm_source source(enum et_dtype t, const void *of, int64_t at,
                                    int64_t line, int64_t step)
{
    return (struct et_gemm_source){
        (const char *)of + (size_t)at * et_dtype_size(t), t, line, step};
}

static struct et_gemm_source source_a(const struct share *s)
{
    const struct et_gemm_setup *q = s->q;
    return source(q->p.types.a.dtype, q->a, s->g * q->step_a, q->rs_a, q->cs_a);
}

static struct et_gemm_source source_b(const struct share *s)
{
    const struct et_gemm_setup *q = s->q;
    return source(q->p.types.b.dtype, q->b, s->g * q->step_b, q->cs_b, q->rs_b);
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
static void pack(const struct share *s, const struct block *b)
{
    const struct et_gemm_way *w = s->w;
    const struct et_gemm_tile *t = w->tile;
    const struct et_gemm_source a_lies = source_a(s), b_lies = source_b(s);
    int64_t m = w->p.m, rows = et_gemm_pieces(m, t->rows);
    int64_t columns = et_gemm_pieces(b->n, t->columns);
    for (int64_t i = from(rows, s->me, s->of); i < from(rows, s->me + 1, s->of);
         i++)
        et_gemm_pack(t->panel, &a_lies, w->moved, t->rows, i * t->rows,
                     et_gemm_least(t->rows, m - i * t->rows), b->l, b->k,
                     s->memory + (size_t)i * w->panel_a);
    for (int64_t j = from(columns, s->me, s->of);
         j < from(columns, s->me + 1, s->of); j++) {
        char *panel = s->memory + w->at_b + (size_t)j * w->panel_b;
        et_gemm_pack(t->panel, &b_lies, false, t->columns,
                     b->j + j * t->columns,
                     et_gemm_least(t->columns, b->n - j * t->columns), b->l,
                     b->k, panel);
        if (w->moved)
            start_at(w, s->memory + w->at_ones, b->k, panel);
    }
}

/* Row i and column j of C, in elements. */
static int64_t c_at(const struct share *s, int64_t i, int64_t j)
{
    return s->g * s->q->step_c + i * s->w->p.ldc + j;
}

/* Where row i and column j of a block's sums stand, and how far its rows are
 * apart. */
static char *sums_at(const struct share *s, const struct block *b, int64_t i,
                     int64_t j, int64_t *ld)
{
    const struct et_gemm_way *w = s->w;
    size_t size = et_dtype_size(w->p.types.sum);
    *ld = w->direct ? w->p.ldc : w->nc;
    return w->direct ? (char *)s->q->c + (size_t)c_at(s, i, b->j + j) * size
                     : s->memory + w->at_sums + (size_t)(i * *ld + j) * size;
}

/* Are a block's sums whole? */
static bool is_whole(const struct et_gemm_way *w, const struct block *b)
{
    return b->k == w->p.k;
}

static void tile(const struct share *s, const struct block *b, int64_t i,
                 int64_t j, bool add)
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
    int64_t ld, at = c_at(s, i * t->rows, b->j + j * t->columns);
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
            store(s, sums, columns, at + r * w->p.ldc);
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
    return (struct part){{from(rows, i, high), from(rows, i + 1, high)},
                         {from(columns, j, wide), from(columns, j + 1, wide)}};
}

static void multiply(const struct share *s, const struct block *b,
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

static void finish(const struct share *s, const struct block *b,
                   const struct part *at)
{
    const struct et_gemm_tile *t = s->w->tile;
    int64_t j = at->columns[0] * t->columns;
    int64_t n = et_gemm_least(at->columns[1] * t->columns, b->n) - j;
    int64_t end = et_gemm_least(at->rows[1] * t->rows, s->w->p.m), ld;
    for (int64_t i = at->rows[0] * t->rows; n > 0 && i < end; i++)
        store(s, sums_at(s, b, i, j, &ld), n, c_at(s, i, b->j + j));
}

static void by_panels(const struct share *s)
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
            meet(s);
            multiply(s, &b, &part, l > 0 || (w->direct && p->beta == 1));
            if (!w->direct && !is_whole(w, &b) && l + b.k == p->k)
                finish(s, &b, &part);
            meet(s); /* the panels are free again */
        }
    }
}

/* --- dot products -------------------------------------------------------- */

/* Columns [j, j + 4) of the large operand with all lines of the small one;
 * those from `first` on are new. */
static void dot_columns(const struct share *s,
                        const struct et_gemm_source *large, int64_t j,
                        int64_t first, int64_t lines, int64_t ld)
{
    const struct et_gemm_way *w = s->w;
    enum et_dtype sum = w->p.types.sum;
    size_t size = et_dtype_size(sum);
    enum { COLUMNS = ET_GEMM_DOT_COLUMNS, ROWS = ET_GEMM_DOT_ROWS };
    _Alignas(ET_GEMM_TILE_ALIGN) char some[ET_GEMM_NARROW + 1][COLUMNS * 8];
    const char *b = (const char *)large->data +
                    (size_t)(j * large->line) * et_dtype_size(large->dtype);
    int64_t step = (int64_t)(w->panel_a / et_gemm_panel_size(w->dot->panel));
    for (int64_t i = 0; i < lines; i += ROWS)
        w->dot->run[et_gemm_least(ROWS, lines - i) - 1](
            w->p.k, s->memory + (size_t)i * w->panel_a, step, b, large->line,
            some[i], (int64_t)(sizeof *some / size));
    for (int64_t i = 0; i < lines - w->moved; i++) {
        char *to = s->memory + w->at_sums + (size_t)(i * ld + first) * size;
        const char *one = some[i] + (size_t)(first - j) * size;
        memcpy(to, one, (size_t)(j + COLUMNS - first) * size);
        for (int64_t e = 0; w->moved && e < j + COLUMNS - first; e++) {
            uint32_t v, all_ones;
            memcpy(&v, to + 4 * e, sizeof v);
            memcpy(&all_ones, some[lines - 1] + 4 * (first - j + e),
                   sizeof all_ones);
            v -= 128 * all_ones;
            memcpy(to + 4 * e, &v, sizeof v);
        }
    }
}

static void by_dots(const struct share *s)
{
    const struct et_gemm_way *w = s->w;
    const struct et_gemm *p = &w->p;
    const struct et_gemm_source a = source_a(s), b = source_b(s);
    const struct et_gemm_source *small = w->turned ? &b : &a;
    const struct et_gemm_source *large = w->turned ? &a : &b;
    int64_t n = w->turned ? p->m : p->n, lines = w->turned ? p->n : p->m;
    size_t size = et_dtype_size(p->types.sum);
    for (int64_t i = from(lines, s->me, s->of);
         i < from(lines, s->me + 1, s->of); i++)
        et_gemm_pack_line(w->dot->panel, small, w->moved, i, 0, p->k,
                          s->memory + (size_t)i * w->panel_a);
    if (w->moved && s->me == 0)
        memset(s->memory + (size_t)lines * w->panel_a, 1, (size_t)p->k);
    meet(s);
    int64_t quads = et_gemm_pieces(n, ET_GEMM_DOT_COLUMNS);
    int64_t first = from(quads, s->me, s->of) * ET_GEMM_DOT_COLUMNS;
    int64_t end =
        et_gemm_least(from(quads, s->me + 1, s->of) * ET_GEMM_DOT_COLUMNS, n);
    for (int64_t j = first; j < end; j += ET_GEMM_DOT_COLUMNS)
        dot_columns(s, large, et_gemm_least(j, n - ET_GEMM_DOT_COLUMNS), j,
                    lines + w->moved, n);
    const char *sums = s->memory + w->at_sums;
    for (int64_t i = 0; i < lines && first < end; i++) {
        if (!w->turned)
            store(s, sums + (size_t)(i * n + first) * size, end - first,
                  c_at(s, i, first));
        for (int64_t j = first; w->turned && j < end; j++)
            store(s, sums + (size_t)(i * n + j) * size, 1, c_at(s, j, i));
    }
    meet(s);
}

/* --- the backend --------------------------------------------------------- */

static const char *unsupported(const struct et_gemm *p)
{
    const struct et_types *t = &p->types;
    if (!et_types_are_floats(t) && !et_types_are_integers(t))
        return "the native kernels multiply unscaled types alone, integers and "
               "types with fractions apart";
    if (!et_gemm_tile_for(t))
        return "the native kernels sum in fp64 or fp32, bytes in int32; not in "
               "these types";
    if (t->sum == ET_INT32 && (p->alpha != 1 || p->beta != 0))
        return "the native kernels have no alpha or beta for integers";
    return NULL;
}

static double workspace(const struct et_gemm *p, int threads)
{
    const struct et_gemm_way w = et_gemm_way_of(p, threads);
    return (double)w.teams * (double)w.room;
}

/* What ran: of each type that is usual. */
static void origin(char *text, size_t n)
{
    static const enum et_dtype types[] = {ET_FP64, ET_FP32, ET_BF16, ET_INT8};
    int used = snprintf(text, n, "etalon's own:");
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        const struct et_types t = et_types_usual(types[i]);
        const struct et_gemm_tile *v = et_gemm_tile_for(&t);
        if (used > 0 && (size_t)used < n)
            used +=
                snprintf(text + used, n - (size_t)used, "%s %s by %s, %d x %d",
                         i ? "," : "", et_dtype_name(types[i]), v->name,
                         v->rows, v->columns);
    }
}

static void destroy(void *setup)
{
    struct setup *q = setup;
    et_free_aligned(q->memory);
    free(q);
}

static enum et_status create(const struct et_gemm *p, int threads,
                             const void *a, const void *b, void *c, void **out)
{
    struct setup *q = et_gemm_setup_new(sizeof *q, p, threads, a, b, c);
    if (!q)
        return ET_INFRA;
    q->way = et_gemm_way_of(&q->setup.p, threads);
    q->memory = et_alloc_aligned((size_t)q->way.teams, q->way.room);
    if (!q->memory) {
        free(q);
        return et_error(ET_INFRA, "gemm: native: no memory for panels");
    }
    for (int64_t i = 0; q->way.moved && !q->way.dot && i < q->way.teams; i++)
        memset(q->memory + (size_t)i * q->way.room + q->way.at_ones, 1,
               q->way.panel_a);
    *out = q;
    return ET_OK;
}

/* All products of one iteration, by thread `me` of `threads`. */
static void iterate(const struct setup *q, const struct et_gemm_setup *at,
                    int64_t me, int64_t threads)
{
    const struct et_gemm_way *w = &q->way;
    bool alone = w->of == 1;
    int64_t team = alone ? me : 0;
    struct share s = {.w = w,
                      .q = at,
                      .me = alone ? 0 : me,
                      .of = alone ? 1 : threads,
                      .memory = q->memory + (size_t)team * w->room};
    int64_t end = w->p.batch;
    s.g = alone ? from(end, me, threads) : 0;
    if (alone)
        end = from(end, me + 1, threads);
    for (; s.g < end; s.g++) {
        if (w->dot)
            by_dots(&s);
        else
            by_panels(&s);
    }
}

static enum et_status run(void *setup, uint64_t first, uint64_t n)
{
    const struct setup *q = setup;
    for (uint64_t i = 0; i < n; i++) {
        const struct et_gemm_setup at = et_gemm_setup_at(&q->setup, first + i);
#ifdef _OPENMP
#pragma omp parallel num_threads(q->setup.threads)
        iterate(q, &at, omp_get_thread_num(), omp_get_num_threads());
#else
        iterate(q, &at, 0, 1);
#endif
    }
    return ET_OK;
}

const struct et_gemm_backend et_gemm_native = {
    .base = {.name = "native",
             .summary = "etalon's own kernels, made for each kind of processor",
             .origin = origin,
             .run = run,
             .destroy = destroy},
    .unsupported = unsupported,
    .workspace = workspace,
    .create = create,
};
