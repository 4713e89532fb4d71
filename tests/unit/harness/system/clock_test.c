/* Tests of harness/system/clock: it moves forward, measures itself sensibly,
 * and the fake one repeats itself. No test depends on how fast the machine is.
 */
#include "config.h"
#include "tests/unit/test_main.h"

#include <stdio.h>
#include <string.h>
#include <math.h>
#include <time.h>
#include <unistd.h>

#include "harness/base/log.h"
#include "harness/system/clock.h"

TEST(real_moves_forward)
{
    struct et_clock c;
    assert_int_equal(et_clock_open("real", &c), ET_OK);
    assert_false(c.fake);
    assert_non_null(strstr(c.name, "CLOCK_MONOTONIC"));
    assert_true(c.resolution > 0 && c.resolution < 0.1);
    assert_true(c.overhead > 0 && c.overhead < 0.1);
    double first = et_clock_now(&c), before = first;
    assert_true(first >= 0);
    for (int i = 0; i < 1000; i++) {
        double now = et_clock_now(&c);
        assert_true(now >= before);
        before = now;
    }
    while (et_clock_now(&c) <= first)
        ;
}

static double monotonic(const struct et_clock *c)
{
    struct timespec t;
    assert_int_equal(clock_gettime((clockid_t)c->id, &t), 0);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* What it says of itself, against readings taken here. */
TEST(real_measures_itself)
{
    enum { N = 2001 };
    struct et_clock c;
    double before = 0, after, step[N], cost = 1;
    assert_int_equal(et_clock_open("real", &c), ET_OK);
    /* In seconds, and from the time it was opened. */
    before = monotonic(&c) - et_clock_now(&c);
    after = (double)c.origin_ns * 1e-9;
    assert_true(fabs(after - before) < 0.5);
    for (int k = 0; k < 50; k++) {
        double first = et_clock_now(&c);
        for (int i = 0; i < 100; i++)
            after = et_clock_now(&c);
        cost = fmin(cost, (after - first) / 100);
    }
    assert_true(c.overhead < 20 * cost && c.overhead > cost / 20);
    /* The smallest step is no larger than half of all steps. */
    size_t n = 0, smaller = 0;
    for (before = et_clock_now(&c); n < N; before = after) {
        after = et_clock_now(&c);
        if (after > before)
            step[n++] = after - before;
    }
    for (size_t i = 0; i < N; i++)
        smaller += step[i] < c.resolution * 0.99;
    assert_true(2 * smaller < N);
}

/* Of one kernel, read twice: one clock. */
TEST(identities)
{
    struct et_clock a, b;
    assert_int_equal(et_clock_open("real", &a), ET_OK);
    assert_int_equal(et_clock_open("real", &b), ET_OK);
    assert_true(a.identity == b.identity);
    if (access("/proc/sys/kernel/random/boot_id", R_OK) == 0)
        assert_true(a.identity != 0);
    assert_int_equal(et_clock_open("fake", &b), ET_OK);
    assert_true(b.identity == 0);
}

/* Skew is added, and the rate on top of one second a second. */
TEST(another_nodes)
{
    struct et_clock c, other;
    assert_int_equal(et_clock_open("real", &c), ET_OK);
    other = c;
    other.skew = 5;
    other.rate = 0.25;
    for (int i = 0; i < 100; i++) {
        double before = et_clock_now(&c), there = et_clock_now(&other),
               after = et_clock_now(&c);
        assert_true(there >= 5 + 1.25 * before && there <= 5 + 1.25 * after);
    }
}

TEST(fake_repeats_itself)
{
    struct et_clock a, b;
    assert_int_equal(et_clock_open("fake", &a), ET_OK);
    assert_int_equal(et_clock_open("fake", &b), ET_OK);
    assert_true(a.fake);
    double before = 0, first_step = 0;
    int uneven = 0;
    for (int i = 0; i < 100; i++) {
        double now = et_clock_now(&a), step = now - before;
        assert_true(now == et_clock_now(&b));
        /* Each step is a valid sample: 1000 resolutions at least. */
        assert_true(step >= 1e-3 * (1 - 1e-9) && step < 1.03e-3);
        assert_true(step >= 1000 * a.resolution);
        if (i == 0)
            first_step = step;
        uneven += fabs(step - first_step) > 1e-9;
        before = now;
    }
    assert_true(uneven > 50);
}

TEST(dates)
{
    char buf[32];
    struct et_clock c;
    assert_int_equal(et_clock_open("fake", &c), ET_OK);
    assert_string_equal(et_clock_date(&c, buf), "1970-01-01T00:00:00Z");
    assert_int_equal(et_clock_open("real", &c), ET_OK);
    int year, month, day, hour, minute, second;
    char z;
    assert_int_equal(sscanf(et_clock_date(&c, buf), "%4d-%2d-%2dT%2d:%2d:%2d%c",
                            &year, &month, &day, &hour, &minute, &second, &z),
                     7);
    assert_true(year >= 2020 && z == 'Z');
}

TEST(unknown_name)
{
    struct et_clock c;
    et_log_level_set(ET_LOG_NONE);
    assert_int_equal(et_clock_open("sundial", &c), ET_USAGE);
    et_log_level_set(ET_LOG_NOTE);
}

TEST_MAIN(real_moves_forward, real_measures_itself, identities, another_nodes,
          fake_repeats_itself, dates, unknown_name)
