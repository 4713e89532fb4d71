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
    for (int64_t i = 0; w->moved && i < lines; i++) {
        uint32_t *line = (uint32_t *)(void *)sums + i * w->nc + at;
        for (int64_t e = 0; e < n; e++)
            line[e] -= 128 * ones[e];
    }
    et_gemm_store(s, sums + (size_t)at * size, w->nc, lines, n, 0, j);
}

/* Columns [j, j + 4) of the large operand with all lines of the small one;
 * those from `first` on are new. */
static void dot_columns(const struct et_gemm_share *s,
                        const struct et_gemm_source *large, int64_t j,
                        int64_t first, int64_t lines)
{
    const struct et_gemm_way *w = s->w;
    size_t size = et_dtype_size(w->p.types.sum);
    enum { COLUMNS = ET_GEMM_DOT_COLUMNS, ROWS = ET_GEMM_DOT_ROWS };
    _Alignas(ET_GEMM_TILE_ALIGN) char some[ET_GEMM_NARROW + 1][COLUMNS * 8];
    int64_t step = (int64_t)(w->panel_a / et_gemm_panel_size(w->dot->panel));
    for (int64_t i = 0; i < lines; i += ROWS)
        w->dot->run[et_gemm_least(ROWS, lines - i) - 1](
            w->p.k, s->memory + (size_t)i * w->panel_a, step,
            et_dtype_at(large->dtype, large->data, j * large->line),
            large->line, some[i], (int64_t)(sizeof *some / size));
    for (int64_t i = 0; i < lines; i++)
        memcpy(s->memory + w->at_sums + (size_t)(i * w->nc + first) * size,
               some[i] + (size_t)(first - j) * size,
               (size_t)(j + COLUMNS - first) * size);
}

static void by_dots(const struct et_gemm_share *s,
                    const struct et_gemm_source *large, int64_t n,
                    int64_t lines)
{
    int64_t quads = et_gemm_pieces(n, ET_GEMM_DOT_COLUMNS);
    int64_t first = et_gemm_part_from(quads, s->me, s->of);
    int64_t end = et_gemm_part_from(quads, s->me + 1, s->of);
    first *= ET_GEMM_DOT_COLUMNS;
    end = et_gemm_least(end * ET_GEMM_DOT_COLUMNS, n);
    for (int64_t j = first; j < end; j += ET_GEMM_DOT_COLUMNS)
        dot_columns(s, large, et_gemm_least(j, n - ET_GEMM_DOT_COLUMNS), j,
                    lines + s->w->moved);
    if (first < end)
        store_lines(s, lines, first, first, end - first);
}

/* Bytes of sums that are taken up again for each few rows of the large operand:
 * they stay in the first cache. */
#define SWEEP_BYTES 16384
#define TURNED_AHEAD 4 /* lines of 64 bytes, of each column */

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
    int64_t apart = v->turned ? large->line : large->step;
    for (int64_t l = 0; l < w->p.k; l += v->deep)
        v->run(lines, blocks, et_gemm_least(v->deep, w->p.k - l),
               s->memory + (size_t)l * element, (int64_t)(w->panel_a / element),
               et_dtype_at(large->dtype, large->data,
                           first * large->line + l * large->step),
               apart, s->memory + w->at_sums + at, w->nc, l > 0,
               v->turned ? TURNED_AHEAD : v->deep);
}

static void by_sweeps(const struct et_gemm_share *s,
                      const struct et_gemm_source *large, int64_t n,
                      int64_t lines)
{
    const struct et_gemm_way *w = s->w;
    int64_t columns = w->sweep->columns, all = lines + w->moved;
    size_t one = (size_t)(all * columns) * et_dtype_size(w->p.types.sum);
    bool many = !w->sweep->turned && one < SWEEP_BYTES;
    int64_t some = many ? (int64_t)(SWEEP_BYTES / one) : 1;
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
    et_gemm_begin(s);
    pack_lines(s, w->dot ? w->dot->panel : w->sweep->panel, &a, w->p.m);
    et_gemm_meet(s);
    if (w->dot)
        by_dots(s, &b, w->p.n, w->p.m);
    else
        by_sweeps(s, &b, w->p.n, w->p.m);
}
