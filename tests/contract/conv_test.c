/* Every listed conv backend against the definition: stride, padding,
 * dilation, groups up to depthwise, 1x1, and nothing written that is not y.
 * A backend that cannot be used must say why. And what the bench makes of its
 * outputs: faults are found, clean ones pass.
 */
#include "config.h"
#include "tests/unit/test_main.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/random.h"
#include "kernels/conv/conv.h"
#include "tests/contract/faults.h"
#include "tests/contract/listed.h"
#include "tests/contract/types.h"

extern const struct et_bench et_bench_conv;

#define GUARD 32 /* elements before and after an operand */
#define CANARY (-12345.0f)

static float *make(int64_t n, uint64_t stream)
{
    size_t all = (size_t)n + 2 * GUARD;
    float *v = malloc(all * sizeof *v);
    assert_non_null(v);
    for (size_t i = 0; i < all; i++)
        v[i] = CANARY;
    et_random_fill(ET_FP32, v + GUARD, (size_t)n, stream, 0);
    return v;
}

static void assert_guarded(const float *v, int64_t n)
{
    for (int64_t i = 0; i < GUARD; i++)
        assert_true(v[i] == CANARY && v[GUARD + n + i] == CANARY);
}

/* The definition of conv.h, with the size of the sum for its bound. */
static double define(const struct et_conv *p, const float *x, const float *w,
                     int64_t n, int64_t k, int64_t row, int64_t column,
                     double *size)
{
    int64_t cg = p->c / p->groups, group = k / (p->k / p->groups);
    double sum = 0;
    *size = 0;
    for (int64_t i = 0; i < cg * p->r * p->s; i++) {
        int64_t s = i % p->s, r = i / p->s % p->r, c = i / p->s / p->r;
        int64_t h = row * p->stride_h - p->pad_h + r * p->dil_h;
        int64_t v = column * p->stride_w - p->pad_w + s * p->dil_w;
        if (h < 0 || h >= p->h || v < 0 || v >= p->w)
            continue;
        double one =
            (double)x[((n * p->c + group * cg + c) * p->h + h) * p->w + v] *
            (double)w[((k * cg + c) * p->r + r) * p->s + s];
        sum += one;
        *size += fabs(one);
    }
    return sum;
}

static void assert_right(const char *name, const struct et_conv *p,
                         const float *x, const float *w, const float *y)
{
    int64_t rows = et_conv_p(p), columns = et_conv_q(p);
    double terms = (double)(p->c / p->groups * p->r * p->s);
    for (int64_t i = 0; i < p->n * p->k * rows * columns; i++) {
        double size, want = define(p, x, w, i / columns / rows / p->k,
                                   i / columns / rows % p->k,
                                   i / columns % rows, i % columns, &size);
        double bound = 2 * (terms + 1) * et_dtype_epsilon(ET_FP32) * size;
        if (!(fabs((double)y[i] - want) <= bound))
            fail_msg("%s: n %lld c %lld h %lld w %lld k %lld r %lld s %lld: "
                     "y[%lld] = %g, not %g",
                     name, (long long)p->n, (long long)p->c, (long long)p->h,
                     (long long)p->w, (long long)p->k, (long long)p->r,
                     (long long)p->s, (long long)i, (double)y[i], want);
    }
}

static void try_one(const struct et_conv_backend *backend,
                    const struct et_conv *p, int threads)
{
    int64_t nx, nw, ny;
    assert_true(et_conv_elements(p, &nx, &nw, &ny));
    nx += et_turn_slack(p->turn_x.step);
    nw += et_turn_slack(p->turn_w.step);
    float *x = make(nx, 1), *w = make(nw, 2), *y = make(ny, 3);
    float *x0 = make(nx, 1), *w0 = make(nw, 2);
    void *setup = NULL;
    assert_null(et_conv_unsupported(backend, p));
    assert_true(!backend->workspace || backend->workspace(p, threads) >= 0);
    assert_int_equal(
        backend->create(p, threads, x + GUARD, w + GUARD, y + GUARD, &setup),
        ET_OK);
    static const uint64_t firsts[] = {0, 69};
    for (int again = 0; again < 2; again++) {
        uint64_t first = firsts[again], last = first + (uint64_t)again;
        for (int64_t i = 0; i < ny; i++)
            y[GUARD + i] = NAN;
        const struct et_buffer result = {&et_space_host, y + GUARD, y + GUARD,
                                         (size_t)ny, sizeof *y};
        assert_int_equal(backend->base.run(setup, first, last - first + 1),
                         ET_OK);
        assert_int_equal(et_backend_wait(&backend->base, setup), ET_OK);
        assert_int_equal(
            et_backend_fetch(&backend->base, setup, &result, 0, (size_t)ny),
            ET_OK);
        assert_right(backend->base.name, p,
                     x + GUARD + et_turn_b(&p->turn_x, last),
                     w + GUARD + et_turn_a(&p->turn_w, last), y + GUARD);
    }
    backend->base.destroy(setup);
    assert_memory_equal(x, x0, ((size_t)nx + 2 * GUARD) * sizeof *x);
    assert_memory_equal(w, w0, ((size_t)nw + 2 * GUARD) * sizeof *w);
    assert_guarded(y, ny);
    free(x);
    free(w);
    free(y);
    free(x0);
    free(w0);
}

#define E32                                                                    \
    {                                                                          \
        ET_FP32, ET_UNSCALED                                                   \
    }
#define FP32                                                                   \
    {                                                                          \
        E32, E32, E32, ET_FP32                                                 \
    }

#define TURN                                                                   \
    {                                                                          \
        16, 0, 0                                                               \
    } /* x and w move so in an iteration */

/* n c h w k r s, pad_h pad_w, stride_h stride_w, dil_h dil_w, groups */
static const struct et_conv problems[] = {
    {1, 1, 1, 1, 1, 1, 1, 0, 0, 1, 1, 1, 1, 1, FP32, TURN, TURN, 0},
    {2, 3, 9, 7, 5, 3, 3, 0, 0, 1, 1, 1, 1, 1, FP32, TURN, TURN, 0},
    {2, 3, 9, 7, 5, 3, 3, 1, 1, 1, 1, 1, 1, 1, FP32, TURN, TURN, 0},
    {1, 3, 23, 17, 4, 7, 5, 3, 2, 2, 3, 1, 1, 1, FP32, TURN, TURN, 0},
    {2, 8, 6, 5, 7, 1, 1, 0, 0, 1, 1, 1, 1, 1, FP32, TURN, TURN,
     0}, /* plain 1x1 */
    {2, 8, 7, 6, 3, 1, 1, 0, 0, 2, 2, 1, 1, 1, FP32, TURN, TURN,
     0}, /* 1x1 with stride */
    {1, 4, 5, 6, 3, 1, 1, 1, 2, 1, 1, 1, 1, 1, FP32, TURN, TURN,
     0}, /* 1x1 with padding */
    /* The same one way alone: each makes it no plain product. */
    {1, 4, 7, 6, 3, 1, 1, 0, 0, 2, 1, 1, 1, 1, FP32, TURN, TURN, 0},
    {1, 4, 7, 6, 3, 1, 1, 0, 0, 1, 2, 1, 1, 1, FP32, TURN, TURN, 0},
    {1, 4, 5, 6, 3, 1, 1, 1, 0, 1, 1, 1, 1, 1, FP32, TURN, TURN, 0},
    {1, 4, 5, 6, 3, 1, 1, 0, 1, 1, 1, 1, 1, 1, FP32, TURN, TURN, 0},
    {1, 4, 5, 6, 3, 2, 1, 0, 0, 1, 1, 1, 1, 1, FP32, TURN, TURN, 0},
    {1, 4, 5, 6, 3, 1, 2, 0, 0, 1, 1, 1, 1, 1, FP32, TURN, TURN, 0},
    {1, 4, 12, 11, 6, 3, 2, 2, 1, 1, 1, 2, 3, 1, FP32, TURN, TURN,
     0}, /* dilation */
    {2, 6, 8, 9, 4, 3, 3, 1, 1, 2, 1, 1, 1, 2, FP32, TURN, TURN,
     0}, /* groups */
    {2, 6, 8, 9, 6, 3, 3, 1, 1, 1, 1, 1, 1, 6, FP32, TURN, TURN,
     0}, /* depthwise */
    {1, 4, 8, 9, 12, 3, 3, 1, 1, 2, 2, 1, 1, 4, FP32, TURN, TURN,
     0}, /* depthwise, k > c */
    {2, 4, 6, 6, 4, 1, 1, 0, 0, 1, 1, 1, 1, 4, FP32, TURN, TURN,
     0}, /* depthwise, plain 1x1 */
    {1, 2, 3, 3, 2, 3, 3, 5, 5, 1, 1, 1, 1, 1, FP32, TURN, TURN,
     0}, /* padding past the filter */
    {1, 2, 5, 5, 2, 5, 5, 0, 0, 3, 3, 1, 1, 1, FP32, TURN, TURN,
     0}, /* one output */
};

TEST(every_backend_computes)
{
    const struct et_conv_backend *b;
    for (size_t i = 0; (b = et_conv_backend_at(i)); i++) {
        if (!is_here(&b->base))
            continue;
        for (size_t j = 0; j < sizeof problems / sizeof problems[0]; j++)
            try_one(b, &problems[j], 1 + (int)(j & 1));
    }
}

/* Nobody takes fp32 for granted. */
TEST(unknown_types_are_refused)
{
    const struct et_conv_backend *b;
    for (size_t i = 0; (b = et_conv_backend_at(i)); i++) {
        for (int way = 0; way < TYPE_WAYS; way++) {
            struct et_conv p = problems[1];
            p.types = odd_types(ET_FP32, way);
            const char *why = et_conv_unsupported(b, &p);
            assert_true(why && *why);
        }
    }
}

TEST(the_list_is_sound)
{
    assert_string_equal(et_conv_backend_at(0)->base.name, "reference");
    assert_string_equal(et_conv_backend_at(1)->base.name, "im2col-reference");
    assert_null(et_backend_why_not(&et_conv_backend_at(0)->base));
    assert_null(et_conv_backend_find("nonesuch"));
    assert_null(et_conv_backend_find("im2col-"));
}

TEST(sizes_are_right)
{
    struct et_conv p = {1, 3, 224, 224, 64, 7,    7,   3,   3,
                        2, 2, 1,   1,   1,  FP32, {0}, {0}, 0};
    int64_t x = -1, w = -1, y = -1;
    assert_int_equal(et_conv_p(&p), 112);
    assert_true(et_conv_elements(&p, &x, &w, &y));
    assert_int_equal(y, 64 * 112 * 112);
    p.h = 1, p.pad_h = 2; /* 5 padded rows for 7 of the filter */
    assert_int_equal(et_conv_p(&p), 0);
    p = (struct et_conv){INT32_MAX, INT32_MAX, INT32_MAX, 4,   1,   1,
                         1,         0,         0,         1,   1,   1,
                         1,         1,         FP32,      {0}, {0}, 0};
    x = -1;
    assert_false(et_conv_elements(&p, &x, &w, &y));
    assert_int_equal(x, -1);
    assert_true(
        isinf(et_conv_backend_find("im2col-reference")
                  ->workspace(&(struct et_conv){1, INT32_MAX, INT32_MAX, 64, 1,
                                                3, 3, 1, 1, 1, 1, 1, 1, 1, FP32,
                                                TURN, TURN, 0},
                              1)));
}

/* Some small enough for every output, some checked by rows. */
static const char *const faulty[] = {
    "n=2 c=6 h=9 w=11 k=4 r=3 s=2 pad_h=2 stride_w=2 groups=2",
    "n=2 c=16 h=16 w=16 k=32 r=3 s=3 pad_h=1 pad_w=1",
    "n=1 c=32 h=20 w=21 k=48 r=5 s=3 pad_h=2 stride_h=2 groups=2",
    "n=2 c=64 h=48 w=48 k=64 r=3 s=3 groups=64", NULL};

TEST(every_fault_is_found)
{
    faults_are_found(&et_bench_conv, faulty);
}

TEST(no_clean_run_fails)
{
    static const char *const small[] = {"n=1 c=4 h=8 w=8 k=4 r=3 s=3",
                                        "n=2 c=6 h=6 w=6 k=6 r=1 s=1 groups=3",
                                        NULL};
    clean_runs_pass(&et_bench_conv, small, 150);
    clean_runs_pass(&et_bench_conv, faulty, 6);
}

TEST(the_same_seed_leaves_the_same)
{
    outputs_are_alike(&et_bench_conv, faulty[0]);
}

TEST_MAIN(the_list_is_sound, sizes_are_right, every_backend_computes,
          unknown_types_are_refused, every_fault_is_found, no_clean_run_fails,
          the_same_seed_leaves_the_same)
