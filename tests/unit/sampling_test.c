/* sampling: how long a sample must be, when a series is flat, and what counts
 * as converged.
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>

#include "harness/run/sampling.h"

static void floors(void **state)
{
    (void)state;
    assert_true(et_sampling_floor(1e-3, 1e-9) == 1e-3);
    assert_true(et_sampling_floor(1e-3, 1e-5) == 1000 * 1e-5);
    assert_true(et_sampling_floor(0, 1e-9) == 1000 * 1e-9);
}

static void growth(void **state)
{
    (void)state;
    /* Long enough: the same; else a fifth more than needed, up to tenfold. */
    assert_int_equal(et_sampling_grow(5, 1e-3, 1e-3), 5);
    assert_int_equal(et_sampling_grow(5, 2, 1e-3), 5);
    assert_int_equal(et_sampling_grow(100, 0.5e-3, 1e-3), 240);
    assert_int_equal(et_sampling_grow(100, 1e-9, 1e-3), 1000);
    assert_int_equal(et_sampling_grow(1, 0, 1e-3), 10);
    assert_int_equal(et_sampling_grow(1, -1, 1e-3), 10);
    assert_true(et_sampling_grow(1, 0.999e-3, 1e-3) > 1);
    /* However little a unit of work takes, it ends. */
    uint64_t n = 1;
    int steps = 0;
    for (uint64_t next; (next = et_sampling_grow(n, 0, 1)) != n; steps++)
        n = next;
    assert_true(steps < 20 && n >= 1u << 30);
    /* And where the time is in proportion, it arrives at once. */
    n = 1;
    steps = 0;
    for (uint64_t next;
         (next = et_sampling_grow(n, 3e-7 * (double)n, 1e-3)) != n; steps++)
        n = next;
    assert_true(steps <= 5 && 3e-7 * (double)n >= 1e-3);
    assert_true(3e-7 * (double)n < 1.3e-3);
}

static void flatness(void **state)
{
    (void)state;
    const double falling[] = {10, 8, 6, 4, 2}, flat[] = {10, 5, 5, 5, 5},
                 near[] = {9, 5, 4.95, 5, 5}, noisy[] = {1, 1, 5, 1, 9},
                 rising[] = {1, 2, 3, 4}, late[] = {5, 5, 5, 5, 5, 4};
    assert_false(et_sampling_flat(falling, 5, 0.02));
    assert_false(et_sampling_flat(flat, 3, 0.02)); /* too few to say */
    assert_true(et_sampling_flat(flat, 5, 0.02));
    assert_true(et_sampling_flat(near, 5, 0.02));
    assert_false(et_sampling_flat(near, 5, 0.005));
    assert_true(et_sampling_flat(noisy, 5, 0.02));
    assert_true(et_sampling_flat(rising, 4, 0.02));
    assert_false(et_sampling_flat(late, 6, 0.02));
}

static void blocks(void **state)
{
    (void)state;
    /* One at first; then the looks grow apart, so that there are few. */
    size_t looks = 0, n = 0;
    while (n < 100000) {
        size_t b = et_sampling_block(n, 1e-9 * (double)n, 1, 100000);
        assert_true(b >= 1 && n + b <= 100000 && (n >= 4 || b == 1));
        n += b;
        looks++;
    }
    assert_true(looks < 40);
    /* 100 samples in 1 s: half a second more holds 50, a quarter 25. */
    assert_int_equal(et_sampling_block(100, 1, 1.5, 1000), 50);
    assert_int_equal(et_sampling_block(100, 1, 1.25, 1000), 25);
    assert_int_equal(et_sampling_block(100, 1, 1, 1000), 1);
    assert_int_equal(et_sampling_block(100, 2, 1, 1000), 1);
    assert_int_equal(et_sampling_block(100, 1, 9, 110), 10);
}

static struct et_result_time summary(double *v, size_t n, double precision,
                                     int64_t least)
{
    struct et_result_time t = {.samples = {v, n}, .converged = true};
    et_sampling_summarise(&t, precision, least);
    return t;
}

static void summaries(void **state)
{
    (void)state;
    double v[] = {7, 1, 3, 5, 9, 2, 8, 4, 6, 10};
    struct et_result_time t = summary(v, 10, 0.5, 6);
    assert_int_equal(t.n, 10);
    assert_true(t.median == 5.5 && t.min == 1 && t.max == 10);
    assert_true(t.ci_low == 2 && t.ci_high == 9 && t.confidence == 0.95);
    assert_false(t.converged);            /* 7 wide, 2.75 wanted */
    assert_true(v[0] == 7 && v[9] == 10); /* raw samples stay in order */
    assert_true(summary(v, 10, 1.28, 6).converged);
    assert_false(summary(v, 10, 1.27, 6).converged);
    double same[] = {2, 2, 2, 2, 2, 2, 2};
    assert_true(summary(same, 6, 1e-6, 6).converged);
    assert_false(summary(same, 6, 1, 7).converged); /* not yet enough */
    assert_true(summary(same, 7, 1, 7).converged);
    /* Without an interval nothing has converged, however alike. */
    t = summary(same, 5, 1, 1);
    assert_true(t.median == 2 && isnan(t.ci_low) && isnan(t.ci_high));
    assert_false(t.converged);
    t = summary(same, 0, 1, 0);
    assert_true(isnan(t.median) && isnan(t.min) && !t.converged && t.n == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(floors),    cmocka_unit_test(growth),
        cmocka_unit_test(flatness),  cmocka_unit_test(blocks),
        cmocka_unit_test(summaries),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
