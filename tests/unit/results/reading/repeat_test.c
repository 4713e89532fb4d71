/* repeat: launches made up by hand, of which it is known whose interval holds
 * what the others measured.
 */
#include "config.h"
#include "tests/unit/results/sample.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "results/reading/merge.h"
#include "results/reading/repeat.h"

#define A "gemm backend=blis"
#define COUNT(a) (sizeof(a) / sizeof *(a))

/* [0.50, 0.54] around 0.515, [0.505, 0.53] around 0.5175; and what is a fifth
 * slower than the first. */
static const double first[] = {0.50, 0.52, 0.51, 0.53, 0.50, 0.54};
static const double alike[] = {0.51, 0.53, 0.505, 0.52, 0.515, 0.525};
static const double slower[] = {0.60, 0.624, 0.612, 0.636, 0.60, 0.648};
/* [0.45, 0.70] around 0.61. */
static const double wide[] = {0.60, 0.45, 0.62, 0.70, 0.60, 0.62};

static void add_launch(struct et_run *run, const char *id, int64_t launch,
                       const double *medians, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct et_result r = sample_result(id, medians[i], 0.01, 5);
        r.pass = launch * 6 + (int64_t)i;
        sample_add(run, r);
        run->records[run->n - 1].launch = launch;
    }
}

/* Merges the run, which tells of its launches, and asks for the one bench. */
static struct et_repeat_bench only(struct et_run *run, size_t launches)
{
    assert_int_equal(et_run_merge(run), ET_OK);
    assert_int_equal(run->repeat.launches, launches);
    assert_int_equal(run->repeat.benches.n, 1);
    return *(const struct et_repeat_bench *)run->repeat.benches.v;
}

static void counts(struct et_repeat_count c, size_t held, size_t intervals)
{
    assert_int_equal(c.held, held);
    assert_int_equal(c.intervals, intervals);
}

TEST(all_and_none)
{
    static const struct {
        const double *second;
        size_t held;
        double apart;
    } tries[] = {{alike, 2, 0.5175 / 0.515 - 1},
                 {slower, 0, 0.618 / 0.515 - 1},
                 {wide, 1, 0.61 / 0.515 - 1}};
    for (size_t i = 0; i < COUNT(tries); i++) {
        struct et_run run = sample_run();
        add_launch(&run, A, 0, first, 6);
        add_launch(&run, A, 1, tries[i].second, 6);
        struct et_repeat_bench b = only(&run, 2);
        assert_string_equal(b.name, "gemm");
        counts(b.all, tries[i].held, 2);
        counts(et_repeat_sum(&run.repeat, false), tries[i].held, 2);
        assert_true(fabs(b.apart - tries[i].apart) < 1e-12);
        /* The passes themselves are merged as ever. */
        assert_int_equal(run.n, 1);
        assert_int_equal(run.records[0].result.time.passes.n, 12);
        assert_int_equal(run.records[0].result.time.n, 60);
        et_run_free(&run);
    }
}

/* The ends belong to the interval. */
TEST(ends)
{
    static const double edge[] = {0.54, 0.54, 0.54, 0.54, 0.54, 0.54};
    struct et_run run = sample_run();
    add_launch(&run, A, 0, first, 6);
    add_launch(&run, A, 1, edge, 6);
    counts(only(&run, 2).all, 1, 2);
    et_run_free(&run);
}

/* Without a second launch, or with too few passes on either side, nothing is
 * put to the test. */
TEST(too_few)
{
    for (int launches = 0; launches < 3; launches++) {
        struct et_run run = sample_run();
        if (launches > 0)
            add_launch(&run, A, 0, first, 6);
        if (launches > 1)
            add_launch(&run, A, 1, alike, 5);
        assert_int_equal(et_run_merge(&run), ET_OK);
        assert_int_equal(run.repeat.launches, launches);
        assert_int_equal(run.repeat.benches.n, 0);
        counts(et_repeat_sum(&run.repeat, false), 0, 0);
        et_run_free(&run);
    }
}

/* The others count together: neither of the short ones has an interval, and the
 * long one is set against both. A pass without a time is none. */
TEST(short_launches)
{
    struct et_run run = sample_run();
    add_launch(&run, A, 4, first, 6);
    add_launch(&run, A, 7, alike, 3);
    add_launch(&run, A, 2, slower, 3);
    counts(only(&run, 3).all, 0, 1); /* 0.56 is the median of those six */
    et_run_free(&run);
    run = sample_run();
    add_launch(&run, A, 0, first, 6);
    add_launch(&run, A, 1, alike, 6);
    run.records[7].result.outcome = ET_UNMEASURED;
    assert_int_equal(et_run_merge(&run), ET_OK);
    counts(et_repeat_sum(&run.repeat, false), 0, 0);
    et_run_free(&run);
}

/* Cases are told apart, and benches by name. */
TEST(several_cases)
{
    struct et_run run = sample_run();
    static const char *const ids[] = {"b", "a", "c"};
    static const double *const seconds[] = {alike, slower, slower};
    for (int launch = 0; launch < 2; launch++) {
        for (size_t i = 0; i < COUNT(ids); i++) {
            add_launch(&run, ids[i], launch, launch ? seconds[i] : first, 6);
            for (size_t k = run.n - 6; i == 2 && k < run.n; k++) {
                free(run.records[k].result.bench);
                run.records[k].result.bench = strdup("io");
            }
        }
    }
    assert_int_equal(et_run_merge(&run), ET_OK);
    const struct et_repeat_bench *b = run.repeat.benches.v;
    assert_int_equal(run.repeat.benches.n, 2);
    assert_string_equal(b[0].name, "gemm");
    assert_string_equal(b[1].name, "io");
    counts(b[0].all, 2, 4);
    counts(b[1].all, 0, 2);
    assert_true(fabs(b[0].apart - 0.2) < 1e-12);
    counts(et_repeat_sum(&run.repeat, false), 2, 6);
    et_run_free(&run);
}

/* Of the two only the second is as narrow as 5 %. */
TEST(converged)
{
    struct et_run run = sample_run();
    assert_true(et_pairs_set(&run.info.config, "precision", "0.05", false));
    add_launch(&run, A, 0, first, 6);
    add_launch(&run, A, 1, alike, 6);
    struct et_repeat_bench b = only(&run, 2);
    counts(b.all, 2, 2);
    counts(b.converged, 1, 1);
    counts(et_repeat_sum(&run.repeat, true), 1, 1);
    et_run_free(&run);
}

/* The interval is that of the launch when merged alone: what the ceiling that
 * binds moved by is in it, and other launches are not. */
TEST(as_merged)
{
    static const double rates[] = {4, 4.5, 5, 5, 5.5, 6.25};
    struct et_run run = sample_run();
    for (int i = 0; i < 6; i++) {
        struct et_result r = sample_result(A, first[i], 0.01, 5);
        r.pass = i;
        sample_ceiling(&r, "compute", "peak", 1e9 * rates[i]);
        sample_ceiling(&r, "memory", "stream", 1e9);
        sample_add(&run, r);
    }
    add_launch(&run, A, 1, slower, 6);
    counts(only(&run, 2).all, 1, 2); /* up to 0.515 * 5 / 4 = 0.644 */
    et_run_free(&run);
}

TEST_MAIN(all_and_none, ends, too_few, short_launches, several_cases, converged,
          as_merged)
