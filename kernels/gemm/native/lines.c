/* Products of which one operand is narrow: its lines are packed, and the other
 * is read once, as it lies: by dot products where its elements lie together
 * along k, else by sweeps.
 */
#include "config.h"
#include "kernels/gemm/native/share.h"

#include <string.h>

/* The small operand, line by line, and one of nothing but 1 where it is moved;
 * 0 behind each. */
static void pack_lines(const struct et_gemm_share *s, enum et_gemm_panel panel,
                       const struct et_gemm_source *small, int64_t lines)
{
    const struct et_gemm_way *w = s->w;
    size_t used = (size_t)w->p.k * et_gemm_panel_size(panel);
    int64_t all = lines + w->moved;
    for (int64_t i = et_gemm_part_from(all, s->me, s->of);
         i < et_gemm_part_from(all, s->me + 1, s->of); i++) {
        char *line = s->memory + (size_t)i * w->panel_a;
        if (i < lines)
            et_gemm_pack_line(panel, small, w->moved, i, 0, w->p.k, line);
        else
            memset(line, 1, used);
        memset(line + used, 0, w->panel_a - used);
    }
}

/* The sums of `n` columns from j on, which stand from column `at` on, to C. */
static void store_lines(const struct et_gemm_share *s, int64_t lines,
                        int64_t at, int64_t j, int64_t n)
{
    const struct et_gemm_way *w = s->w;
    size_t size = et_dtype_size(w->p.types.sum);
    char *sums = s->memory + w->at_sums;
    uint32_t *ones = (uint32_t *)(void *)sums + lines * w->nc + at;
    for (int64_t i = 0; i < lines; i++) {
        char *line = sums + (size_t)(i * w->nc + at) * size;
        for (int64_t e = 0; w->moved && e < n; e++)
            ((uint32_t *)(void *)line)[e] -= 128 * ones[e];
        if (!w->turned)
            et_gemm_store(s, line, n, et_gemm_c_at(s, i, j));
        for (int64_t e = 0; w->turned && e < n; e++)
            et_gemm_store(s, line + (size_t)e * size, 1,
                          et_gemm_c_at(s, j + e, i));
    }
}

/* Columns that pass the small operand together, in fours, and bytes of their
 * lines that do so at a time: both stay in the first cache. */
#define DOT_BYTES 2048
enum {
    COLUMNS = ET_GEMM_DOT_COLUMNS,
    ROWS = ET_GEMM_DOT_ROWS,
    QUADS = 4,
    GROUPS = ET_GEMM_NARROW / ROWS + 1
};

/* A sum of its parts. */
static void gather(enum et_dtype sum, const void *parts, int bytes, void *to)
{
    int n = bytes / (int)et_dtype_size(sum);
    double d = 0;
    float f = 0;
    uint32_t u = 0;
    for (int i = 0; i < n && sum == ET_FP64; i++)
        d += ((const double *)parts)[i];
    for (int i = 0; i < n && sum == ET_FP32; i++)
        f += ((const float *)parts)[i];
    for (int i = 0; i < n && sum == ET_INT32; i++)
        u += ((const uint32_t *)parts)[i];
    memcpy(to,
           sum == ET_FP64   ? (void *)&d
           : sum == ET_FP32 ? (void *)&f
                            : &u,
           et_dtype_size(sum));
}

/* `quads` times four columns of the large operand from j on, with all lines of
 * the small one; the last four of all reach back. */
static void dot_columns(const struct et_gemm_share *s,
                        const struct et_gemm_source *large, int64_t j,
                        int64_t n, int64_t quads, int64_t lines)
{
    const struct et_gemm_way *w = s->w;
    const struct et_gemm_dot *v = w->dot;
    _Alignas(ET_GEMM_TILE_ALIGN) char parts[QUADS][GROUPS][ROWS][COLUMNS]
                                           [ET_GEMM_TILE_ALIGN];
    size_t element = et_gemm_panel_size(v->panel);
    size_t size = et_dtype_size(large->dtype);
    size_t sum = et_dtype_size(w->p.types.sum);
    int64_t deep = DOT_BYTES / (int64_t)size;
    for (int64_t l = 0; l < w->p.k; l += deep) {
        for (int64_t q = 0; q < quads; q++) {
            int64_t at = et_gemm_least(j + q * COLUMNS, n - COLUMNS);
            for (int64_t i = 0; i < lines; i += ROWS)
                v->run[et_gemm_least(ROWS, lines - i) - 1](
                    et_gemm_least(deep, w->p.k - l),
                    s->memory + (size_t)i * w->panel_a + (size_t)l * element,
                    (int64_t)(w->panel_a / element),
                    (const char *)large->data +
                        (size_t)(at * large->line + l) * size,
                    large->line, parts[q][i / ROWS], l > 0,
                    i == 0 ? DOT_BYTES : 0);
        }
    }
    for (int64_t q = 0; q < quads; q++) {
        int64_t at = et_gemm_least(j + q * COLUMNS, n - COLUMNS);
        for (int64_t i = 0; i < lines; i++) {
            const char *from = parts[q][i / ROWS][0][0] +
                               (size_t)(i % ROWS * COLUMNS * v->part);
            char *to = s->memory + w->at_sums + (size_t)(i * w->nc + at) * sum;
            for (int64_t c = j + q * COLUMNS - at; c < COLUMNS; c++)
                gather(w->p.types.sum, from + c * v->part, v->part,
                       to + (size_t)c * sum);
        }
    }
}

static void by_dots(const struct et_gemm_share *s,
                    const struct et_gemm_source *large, int64_t n,
                    int64_t lines)
{
    int64_t quads = et_gemm_pieces(n, COLUMNS);
    int64_t end = et_gemm_part_from(quads, s->me + 1, s->of);
    for (int64_t q = et_gemm_part_from(quads, s->me, s->of), next; q < end;
         q = next) {
        next = et_gemm_least(q + QUADS, end);
        dot_columns(s, large, q * COLUMNS, n, next - q, lines + s->w->moved);
        store_lines(s, lines, q * COLUMNS, q * COLUMNS,
                    et_gemm_least(next * COLUMNS, n) - q * COLUMNS);
    }
}

/* Bytes of sums that are taken up again for each few rows of the large operand:
 * they stay in the first cache. */
#define SWEEP_BYTES 16384

/* `blocks` blocks of columns from b on, which are columns from `first` on of
 * the large operand: all of their sums. */
static void sweep(const struct et_gemm_share *s,
                  const struct et_gemm_source *large, int64_t b, int64_t blocks,
                  int64_t first, int64_t lines)
{
    const struct et_gemm_way *w = s->w;
    const struct et_gemm_sweep *v = w->sweep;
    size_t element = et_gemm_panel_size(v->panel);
    size_t at = (size_t)(b * v->columns) * et_dtype_size(w->p.types.sum);
    for (int64_t l = 0; l < w->p.k; l += v->deep)
        v->run(lines, blocks, et_gemm_least(v->deep, w->p.k - l),
               s->memory + (size_t)l * element, (int64_t)(w->panel_a / element),
               (const char *)large->data + (size_t)(first + l * large->step) *
                                               et_dtype_size(large->dtype),
               large->step, s->memory + w->at_sums + at, w->nc, l > 0, v->deep);
}

static void by_sweeps(const struct et_gemm_share *s,
                      const struct et_gemm_source *large, int64_t n,
                      int64_t lines)
{
    const struct et_gemm_way *w = s->w;
    int64_t columns = w->sweep->columns, all = lines + w->moved;
    size_t one = (size_t)(all * columns) * et_dtype_size(w->p.types.sum);
    int64_t some = one < SWEEP_BYTES ? (int64_t)(SWEEP_BYTES / one) : 1;
    int64_t blocks = et_gemm_pieces(n, columns), whole = n / columns;
    int64_t end = et_gemm_part_from(blocks, s->me + 1, s->of);
    for (int64_t b = et_gemm_part_from(blocks, s->me, s->of), next; b < end;
         b = next) {
        int64_t at = b * columns, back = b < whole ? 0 : at + columns - n;
        next = b < whole ? et_gemm_least(b + some, et_gemm_least(end, whole))
                         : b + 1;
        sweep(s, large, b, next - b, at - back, all);
        store_lines(s, lines, at + back, at, (next - b) * columns - back);
    }
}

void et_gemm_by_lines(const struct et_gemm_share *s)
{
    const struct et_gemm_way *w = s->w;
    const struct et_gemm_source a = et_gemm_source_a(s),
                                b = et_gemm_source_b(s);
    const struct et_gemm_source *large = w->turned ? &a : &b;
    int64_t n = w->turned ? w->p.m : w->p.n,
            lines = w->turned ? w->p.n : w->p.m;
    pack_lines(s, w->dot ? w->dot->panel : w->sweep->panel, w->turned ? &b : &a,
               lines);
    et_gemm_meet(s);
    if (w->dot)
        by_dots(s, large, n, lines);
    else
        by_sweeps(s, large, n, lines);
    et_gemm_meet(s);
}
