/* tiles and panels: each element stands where tile.h says, and every tile and
 * dot product that this processor can run gives the sums of its definition,
 * also those that a product on it would not choose.
 */
#include "config.h"
#include "tests/unit/test_main.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/memory.h"
#include "harness/base/random.h"
#include "kernels/gemm/native/pack.h"
#include "kernels/gemm/native/way.h"

enum { MOST = 8192 }; /* elements of what is packed here */

/* An operand of whole numbers, so that all sums are exact. */
struct lines {
    struct et_gemm_source s;
    _Alignas(8) unsigned char data[MOST * 8];
};

static double whole(uint64_t stream, uint64_t i, enum et_dtype t)
{
    double v = (double)(et_random_u64(stream, i) % 15) - 7;
    return t == ET_UINT8 ? fabs(v) + 200 : v;
}

static void fill(struct lines *x, enum et_dtype t, int64_t line, int64_t step,
                 uint64_t stream)
{
    x->s = (struct et_gemm_source){x->data, t, line, step};
    for (size_t i = 0; i < MOST; i++)
        et_dtype_set(t, x->data, i, whole(stream, i, t));
}

static double element(const struct lines *x, int64_t i, int64_t l)
{
    return et_dtype_get(x->s.dtype, x->data,
                        (size_t)(i * x->s.line + l * x->s.step));
}

/* As it stands in a panel or a row of one. */
static double packed(enum et_gemm_panel p, bool with_sign, const void *at,
                     int64_t i)
{
    switch (p) {
    case ET_GEMM_FP64:
        return et_dtype_get(ET_FP64, at, (size_t)i);
    case ET_GEMM_FP32:
        return et_dtype_get(ET_FP32, at, (size_t)i);
    case ET_GEMM_BF16:
    case ET_GEMM_BF16_LINES:
        return et_dtype_get(ET_BF16, at, (size_t)i);
    case ET_GEMM_BYTES:
    case ET_GEMM_BYTE_LINES:
        return et_dtype_get(with_sign ? ET_INT8 : ET_UINT8, at, (size_t)i);
    case ET_GEMM_WORDS:
        return ((const int16_t *)at)[i];
    default:
        return NAN;
    }
}

static void check_panel(enum et_gemm_panel p, const struct lines *x, bool moved,
                        int64_t width, int64_t have, int64_t k)
{
    int64_t n = have < width ? have : width;
    int64_t group = et_gemm_panel_group(p), groups = (k + group - 1) / group;
    size_t bytes = (size_t)(groups * group * width) * et_gemm_panel_size(p);
    unsigned char *panel = malloc(bytes + 1);
    bool with_sign = x->s.dtype != ET_UINT8 && !moved;
    assert_non_null(panel);
    memset(panel, 0xa5, bytes + 1);
    et_gemm_pack(p, &x->s, moved, width, 2, have, 3, k, panel);
    assert_int_equal(panel[bytes], 0xa5);
    for (int64_t i = 0; i < width; i++) {
        for (int64_t l = 0; l < groups * group; l++) {
            int64_t at = (l / group * width + i) * group + l % group;
            double want = i < n && l < k
                              ? element(x, 2 + i, 3 + l) + (moved ? 128 : 0)
                              : 0;
            assert_true(packed(p, with_sign, panel, at) == want);
        }
    }
    free(panel);
    _Alignas(8) unsigned char line[MOST];
    et_gemm_pack_line(p, &x->s, moved, 2, 3, k, line);
    for (int64_t l = 0; l < k; l++)
        assert_true(packed(p, with_sign, line, l) ==
                    element(x, 2, 3 + l) + (moved ? 128 : 0));
}

TEST(panels)
{
    static const int64_t lies[][2] = {{101, 1}, {1, 61}, {3, 120}};
    static struct lines x;
    size_t done = 0;
    for (int p = 0; p < ET_GEMM_PANELS; p++) {
        for (int t = 0; t < ET_DTYPES; t++) {
            enum et_dtype type = (enum et_dtype)t;
            if (!et_gemm_packs((enum et_gemm_panel)p, type))
                continue;
            for (int way = 0; way < 3; way++) {
                fill(&x, type, lies[way][0], lies[way][1], 1);
                /* The first way has room for a group of lines, too. */
                int64_t most = way == 0 ? 71 : 29;
                for (int64_t k = 1; k < most; k += k < 10 ? 1 : 6) {
                    for (int64_t n = 1; n <= 32; n += n < 5 ? 1 : 9) {
                        bool moved =
                            (p == ET_GEMM_BYTES || p == ET_GEMM_BYTE_LINES) &&
                            type == ET_INT8;
                        check_panel((enum et_gemm_panel)p, &x, false, n, n, k);
                        check_panel((enum et_gemm_panel)p, &x, moved, 33, n, k);
                        check_panel((enum et_gemm_panel)p, &x, moved, n, n + 9,
                                    k);
                        done++;
                    }
                }
            }
        }
    }
    assert_true(done > 1000);
    /* What would lose digits is not packed. */
    assert_false(et_gemm_packs(ET_GEMM_FP32, ET_FP64));
    assert_false(et_gemm_packs(ET_GEMM_BF16, ET_FP16));
    assert_false(et_gemm_packs(ET_GEMM_BYTES, ET_INT32));
    assert_false(et_gemm_packs(ET_GEMM_WORDS, ET_INT32));
    assert_false(et_gemm_packs(ET_GEMM_FP64, ET_INT8));
}

/* The types of A and of B, in whose panels or rows they are packed. */
static enum et_dtype type_a(enum et_gemm_panel p)
{
    return p == ET_GEMM_FP64    ? ET_FP64
           : p == ET_GEMM_FP32  ? ET_FP32
           : p == ET_GEMM_BF16  ? ET_BF16
           : p == ET_GEMM_BYTES ? ET_UINT8
                                : ET_INT8;
}

static enum et_dtype type_b(enum et_gemm_panel p)
{
    return p == ET_GEMM_BYTES ? ET_INT8 : type_a(p);
}

static double sum_of(const struct lines *a, const struct lines *b, int64_t i,
                     int64_t j, int64_t k)
{
    double sum = 0;
    for (int64_t l = 0; l < k; l++)
        sum += element(a, i, l) * element(b, j, l);
    return sum;
}

/* Rows of A, one after the other, and so many bytes apart. */
static char *rows_of(const struct et_gemm_tile *t, const struct lines *a,
                     int64_t k, int64_t apart)
{
    char *rows = calloc((size_t)t->rows, (size_t)apart);
    assert_non_null(rows);
    for (int64_t i = 0; i < t->rows; i++)
        et_gemm_pack_line(t->panel_a, &a->s, false, i, 0, k, rows + i * apart);
    return rows;
}

static void check_tile(const struct et_gemm_tile *t, int64_t k, bool lines,
                       bool started, bool add)
{
    static struct lines a, b;
    enum et_dtype sum = et_gemm_panel_sum(t->panel);
    int64_t group = et_gemm_panel_group(t->panel),
            group_a = et_gemm_panel_group(t->panel_a);
    int64_t deep = group_a > group ? group_a : group;
    int64_t groups = et_gemm_pieces(k, deep) * deep / group;
    char *x = et_alloc_aligned(1, MOST * 8), *y = et_alloc_aligned(1, MOST * 8);
    char *start = et_alloc_aligned(1, 4096);
    int64_t ld = t->columns + 5;
    _Alignas(8) char c[64 * 64 * 8], before[sizeof c];
    assert_true(x && y && start && t->rows * ld <= 64 * 64);
    assert_true((size_t)(t->rows * t->columns) * et_dtype_size(sum) <=
                ET_GEMM_EDGE_BYTES);
    memset(y, 0, MOST * 8); /* B is 0 as far as A's groups go */
    fill(&a, type_a(t->panel), k, 1, 1);
    fill(&b, type_b(t->panel), k, 1, 2);
    et_gemm_pack(t->panel_a, &a.s, false, t->rows, 0, t->rows, 0, k, x);
    et_gemm_pack(t->panel, &b.s, false, t->columns, 0, t->columns, 0, k, y);
    for (int64_t i = 0; i < t->rows * ld; i++)
        et_dtype_set(sum, c, (size_t)i, (double)(i % 50));
    for (int64_t j = 0; j < t->columns; j++)
        et_dtype_set(sum, start, (size_t)j, (double)(3 * j - 1));
    memcpy(before, c, sizeof c);
    if (lines) {
        int64_t apart =
            groups * group * (int64_t)et_gemm_panel_size(t->panel) + 24;
        char *rows = rows_of(t, &a, k, apart);
        t->multiply_lines(groups, rows, apart, y, started ? start : NULL, c, ld,
                          add);
        free(rows);
    } else {
        t->multiply(groups, x, y, started ? start : NULL, c, ld, add);
    }
    for (int64_t i = 0; i < t->rows; i++) {
        for (int64_t j = 0; j < ld; j++) {
            size_t at = (size_t)(i * ld + j);
            double want = et_dtype_get(sum, before, at);
            if (j < t->columns)
                want = (add ? want : 0) +
                       (started ? et_dtype_get(sum, start, (size_t)j) : 0) +
                       sum_of(&a, &b, i, j, k);
            assert_true(et_dtype_get(sum, c, at) == want);
        }
    }
    et_free_aligned(x);
    et_free_aligned(y);
    et_free_aligned(start);
}

/* To the nearest bf16, as dtype does it. */
static void check_to_bf16(const struct et_gemm_tile *t)
{
    static const float odd[] = {0.0F,      -0.0F, 1.00390625F, 1.01171875F,
                                INFINITY,  NAN,   3.4e38F,     1e-40F,
                                -INFINITY, -NAN};
    enum { N = 45, ODD = sizeof odd / sizeof *odd };
    float v[N];
    uint16_t got[N + 1], want[N];
    static const uint32_t none[] = {0x7f800001, 0x7fffffff, 0xffffffff};
    for (int i = 0; i < N; i++)
        v[i] = i < ODD ? odd[i] : (float)et_random_unit(4, (uint64_t)i);
    memcpy(v + ODD, none, sizeof none); /* what is no number, by other bits */
    for (int n = 1; n <= N; n++) {
        memset(got, 0xa5, sizeof got);
        t->to_bf16(1, n, v, n, got, n);
        assert_int_equal(got[n], 0xa5a5);
        for (int i = 0; i < n; i++) {
            et_dtype_set(ET_BF16, want, (size_t)i, (double)v[i]);
            if (isnan(v[i]))
                assert_true(isnan(et_dtype_get(ET_BF16, got, (size_t)i)));
            else
                assert_int_equal(got[i], want[i]);
        }
    }
}

static bool do_tile(const struct et_gemm_tile *t)
{
    assert_true(t->name && *t->name);
    assert_true(!t->to_bf16 == (et_gemm_panel_sum(t->panel) != ET_FP32));
    if (t->here && !t->here())
        return false;
    for (int64_t k = 1; k < 70; k += k < 9 ? 1 : 13) {
        for (int lines = 0; lines < (t->multiply_lines ? 2 : 1); lines++) {
            check_tile(t, k, lines, false, false);
            check_tile(t, k, lines, false, true);
            check_tile(t, k, lines, true, false);
        }
    }
    if (t->to_bf16)
        check_to_bf16(t);
    return true;
}

static void check_dot(const struct et_gemm_dot *d, int rows, int64_t k)
{
    static struct lines a, b;
    enum et_dtype sum = et_gemm_panel_sum(d->panel);
    _Alignas(8) char x[MOST], c[8 * 8 * 8];
    int64_t step = k + 3, ld = 7;
    memset(c, 0xa5, sizeof c);
    fill(&a, type_a(d->panel), k, 1, 1);
    fill(&b, d->dtype, k + 2, 1, 2);
    for (int i = 0; i < rows; i++)
        et_gemm_pack_line(d->panel, &a.s, false, i, 0, k,
                          x + (size_t)(i * step) *
                                  et_gemm_panel_size(d->panel));
    d->run[rows - 1](k, x, step, b.data, b.s.line, c, ld);
    for (int i = 0; i < 8; i++) {
        for (int j = 0; j < ld; j++) {
            const char *at = c + (size_t)(i * ld + j) * et_dtype_size(sum);
            if (i < rows && j < ET_GEMM_DOT_COLUMNS)
                assert_true(et_dtype_get(sum, at, 0) ==
                            sum_of(&a, &b, i, j, k));
            else
                assert_int_equal((unsigned char)*at, 0xa5);
        }
    }
}

static bool do_dot(const struct et_gemm_dot *d)
{
    if (d->here && !d->here())
        return false;
    for (int rows = 1; rows <= ET_GEMM_DOT_ROWS; rows++) {
        for (int64_t k = 1; k < 100; k += k < 9 ? 1 : 11)
            check_dot(d, rows, k);
    }
    return true;
}

/* Rows of B that lie together along n; what lies beyond the k-th is no number
 * that may count. */
static void check_sweep(const struct et_gemm_sweep *d, int rows, int64_t k,
                        bool add)
{
    static struct lines a, b;
    enum { DEEP = 64, WIDE = 71, LD = 67 };
    int blocks = LD / d->columns;
    enum et_dtype sum = et_gemm_panel_sum(d->panel);
    _Alignas(8) char x[5 * (DEEP + 8) * 8], c[6 * LD * 8], was[sizeof c];
    int64_t step = DEEP + 8;
    size_t size = et_gemm_panel_size(d->panel);
    fill(&a, type_a(d->panel), k, 1, 1);
    fill(&b, d->dtype, d->turned ? DEEP : 1, d->turned ? 1 : WIDE, 2);
    memset(x, 0, sizeof x);
    for (int i = 0; i < rows; i++)
        et_gemm_pack_line(d->panel, &a.s, false, i, 0, k,
                          x + (size_t)(i * step) * size);
    for (int i = 0; i < 6 * LD; i++)
        et_dtype_set(sum, c, (size_t)i, i % 9);
    memcpy(was, c, sizeof c);
    assert_true(d->columns <= LD && d->deep <= DEEP);
    d->run(rows, blocks, k, x, step, b.data, d->turned ? b.s.line : b.s.step, c,
           LD, add, 3);
    for (int i = 0; i < 6; i++) {
        for (int j = 0; j < LD; j++) {
            size_t at = (size_t)(i * LD + j);
            double old = et_dtype_get(sum, was, at);
            double want = i < rows && j < blocks * d->columns
                              ? sum_of(&a, &b, i, j, k) + (add ? old : 0)
                              : old;
            assert_true(et_dtype_get(sum, c, at) == want);
        }
    }
}

static bool do_sweep(const struct et_gemm_sweep *d)
{
    if (d->here && !d->here())
        return false;
    for (int rows = 1; rows <= 5; rows++) {
        for (int64_t k = 1; k <= d->deep;
             k += k < 9 || k + 9 > d->deep ? 1 : 7) {
            check_sweep(d, rows, k, false);
            check_sweep(d, rows, k, true);
        }
    }
    return true;
}

/* All that the build has; the portable ones at least are here. */
TEST(tiles)
{
    int tiles = 0, dots = 0, sweeps = 0;
    const struct et_gemm_tiles *file;
    for (size_t f = 0; (file = et_gemm_tiles_at(f)); f++) {
        for (size_t i = 0; i < file->n_tiles; i++)
            tiles += do_tile(&file->tiles[i]);
        for (size_t i = 0; i < file->n_dots; i++)
            dots += do_dot(&file->dots[i]);
        for (size_t i = 0; i < file->n_sweeps; i++)
            sweeps += do_sweep(&file->sweeps[i]);
    }
    assert_true(tiles >= 3 && dots >= 3 && sweeps >= 3);
}

static struct et_gemm problem(enum et_dtype t, int64_t m, int64_t n, int64_t k)
{
    struct et_gemm p = et_gemm_dense(et_types_usual(t), m, n, k);
    p.trans_b = true;
    p.ldb = k;
    return p;
}

/* Few rows or columns are read as they lie, where they lie so. */
TEST(ways)
{
    struct et_gemm p = problem(ET_FP32, 2, 300, 500);
    struct et_gemm_way w = et_gemm_way_of(&p, 3);
    assert_true(w.dot && !w.turned);
    assert_true(w.teams == 1 && w.of == 3);
    p.trans_b = false;
    p.ldb = p.n;
    w = et_gemm_way_of(&p, 3);
    assert_true(!w.dot && w.sweep && !w.turned && w.nc >= 300);
    /* A block of columns for each thread, or none has one. */
    assert_null(et_gemm_way_of(&p, 300 / w.sweep->columns + 1).sweep);
    p = problem(ET_FP32, ET_GEMM_NARROW + 1, 300, 500);
    w = et_gemm_way_of(&p, 3);
    assert_true(!w.dot && !w.sweep);
    p = problem(ET_FP32, 300, 2, 500);
    w = et_gemm_way_of(&p, 3);
    assert_true(w.dot && w.turned);
    p.trans_a = true;
    w = et_gemm_way_of(&p, 3);
    assert_true(!w.dot && w.sweep && w.turned);
    /* More of them are, too, where they are A's, or B's columns; else the
     * narrow operand is A, and B passes by. */
    p = problem(ET_FP32, 300, 50, 500);
    w = et_gemm_way_of(&p, 3);
    assert_true(w.lines_a && !w.turned && !w.columns && w.direct);
    /* Of a few that come from memory, sweeps are faster, where there are some.
     */
    p = problem(ET_FP32, ET_GEMM_NARROW, 300, 500);
    assert_true(et_gemm_way_of(&p, 3).lines_a);
    p.turn_a.others = 1;
    assert_true(et_gemm_way_of(&p, 3).lines_a);
    p.turn_b.others = 1;
    w = et_gemm_way_of(&p, 3);
    assert_true((w.dot || w.sweep) && !w.turned);
    p = et_gemm_dense(et_types_of(ET_FP32), 300, ET_GEMM_NARROW, 500);
    assert_true(et_gemm_way_of(&p, 3).lines_a);
    p.turn_a.others = 1;
    w = et_gemm_way_of(&p, 3);
    assert_true((w.dot || w.sweep) && w.turned);
    p = problem(ET_FP32, 50, 300, 500);
    w = et_gemm_way_of(&p, 3);
    assert_true(w.lines_a && w.turned && w.p.m == 300 && !w.direct);
    p.trans_b = false;
    p.ldb = p.n;
    w = et_gemm_way_of(&p, 3);
    assert_true(!w.lines_a && !w.turned && w.columns && w.direct);
    p = et_gemm_dense(et_types_of(ET_FP32), 300, 50, 500);
    p.trans_a = true;
    p.lda = p.m;
    w = et_gemm_way_of(&p, 3);
    assert_true(!w.lines_a && w.turned && w.columns && w.p.n == 300);
    /* Not where a line ends with a part of a group. */
    for (int64_t k = 499; k <= 504; k++) {
        p = et_gemm_dense(et_types_usual(ET_BF16), 300, 50, k);
        w = et_gemm_way_of(&p, 3);
        if (w.lines_a)
            assert_true(k % et_gemm_panel_group(w.tile->panel) == 0);
    }
    p = et_gemm_dense(et_types_of(ET_FP32), 300, 500, 5000);
    w = et_gemm_way_of(&p, 3);
    assert_true(!w.lines_a && !w.turned && !w.columns);
    p = problem(ET_FP32, 4, 300, 20);
    p.batch = 3;
    w = et_gemm_way_of(&p, 3);
    assert_true(!w.dot && !w.sweep && w.teams == 3 && w.of == 1);
    /* Sums that are not C need a place only where they are not whole. */
    p = problem(ET_BF16, 200, 200, 100);
    w = et_gemm_way_of(&p, 1);
    assert_true(!w.direct && w.room == w.at_sums);
    p = problem(ET_BF16, 200, 200, 100000);
    w = et_gemm_way_of(&p, 1);
    assert_true(w.kc < p.k && w.room - w.at_sums >= 200 * 200 * 4);
    p.types.sum = ET_FP16;
    assert_null(et_gemm_way_of(&p, 1).tile);
}

/* Rows of A that lie together are read as they lie, whatever the columns; not
 * where they lie apart, nor where few of them are a narrow operand. */
TEST(short_rows)
{
    struct et_gemm p = et_gemm_dense(et_types_of(ET_FP32), 300, 300, 128);
    assert_true(et_gemm_way_of(&p, 2).lines_a);
    p.lda = 8192;
    assert_false(et_gemm_way_of(&p, 2).lines_a);
    p = et_gemm_dense(et_types_of(ET_FP32), 300, 300, 2048);
    assert_false(et_gemm_way_of(&p, 2).lines_a);
    p = et_gemm_dense(et_types_of(ET_FP32), 100, 300, 128);
    assert_false(et_gemm_way_of(&p, 2).lines_a);
}

/* Blocks are as large as L2 holds; an L2 beyond what is made use of, or one
 * that is not known, makes no difference. */
TEST(blocks_follow_l2)
{
    static const int64_t l2[] = {0,       1 << 10, 256 << 10, 512 << 10,
                                 1 << 20, 2 << 20, 64 << 20};
    static const int64_t same_as[] = {4, 2, 2, 3, 4, 5, 5};
    enum { N = sizeof l2 / sizeof *l2 };
    struct et_gemm_way wide[N], narrow[N];
    for (int i = 0; i < N; i++) {
        struct et_gemm p =
            et_gemm_dense(et_types_of(ET_FP32), 4096, 4096, 4096);
        p.l2 = l2[i];
        wide[i] = et_gemm_way_of(&p, 2);
        p.m = 60;
        p.trans_a = true;
        p.lda = 60;
        narrow[i] = et_gemm_way_of(&p, 2);
    }
    for (int i = 0; i < N; i++) {
        const struct et_gemm_way *w = &wide[same_as[i]],
                                 *v = &narrow[same_as[i]];
        assert_true(wide[i].kc == w->kc && wide[i].some == w->some);
        assert_true(narrow[i].kc == v->kc && narrow[i].nc == v->nc);
    }
    for (int i = 2; i < 5; i++) {
        assert_true(wide[i].kc < wide[i + 1].kc);
        assert_true(wide[i].some <= wide[i + 1].some);
        assert_true(narrow[i].kc < narrow[i + 1].kc);
        assert_true(narrow[i].nc * narrow[i].kc <
                    narrow[i + 1].nc * narrow[i + 1].kc);
    }
}

TEST_MAIN(panels, tiles, ways, short_rows, blocks_follow_l2)
