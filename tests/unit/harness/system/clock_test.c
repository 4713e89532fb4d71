/* Tests of harness/system/clock: it moves forward, measures itself sensibly,
 * and the fake one repeats itself. No test depends on how fast the machine is.
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include <math.h>

#include "harness/base/log.h"
#include "harness/system/clock.h"

static void real_moves_forward(void **state)
{
    (void)state;
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

static void fake_repeats_itself(void **state)
{
    (void)state;
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

static void dates(void **state)
{
    (void)state;
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

static void unknown_name(void **state)
{
    (void)state;
    struct et_clock c;
    et_log_level_set(ET_LOG_NONE);
    assert_int_equal(et_clock_open("sundial", &c), ET_USAGE);
    et_log_level_set(ET_LOG_NOTE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(real_moves_forward),
        cmocka_unit_test(fake_repeats_itself),
        cmocka_unit_test(dates),
        cmocka_unit_test(unknown_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
