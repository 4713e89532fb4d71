/* The main function of a test program made of cmocka tests, with cmocka's
 * header and all that it needs.
 *
 *   TEST(presets) { ... }          a test; it takes no state from cmocka
 *   TEST_MAIN(presets, sweeps)     runs the two functions as tests
 *   QUIET_TEST_MAIN(refusals)      the same, without what etalon logs
 *   FRESH_TEST_MAIN(set_up, tear_down, reads, writes)
 *                                  as TEST_MAIN, each test between a call of
 *                                  set_up and one of tear_down
 *
 * Up to 64 tests. A program that needs more than that writes its own main.
 */
#ifndef ET_TESTS_TEST_MAIN_H
#define ET_TESTS_TEST_MAIN_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "harness/base/log.h"

#define TEST(name) static void name(void **state __attribute__((unused)))

/* An entry for each test. A macro does not expand itself: TEST_EACH leaves its
 * next step, which the scans around it take, one each. */
#define TEST_EACH(f, ...)                                                      \
    cmocka_unit_test(f), __VA_OPT__(TEST_NEXT TEST_NONE(__VA_ARGS__))
#define TEST_NONE ()
#define TEST_NEXT() TEST_EACH
#define TEST_SCAN(...)                                                         \
    TEST_SCAN_16(TEST_SCAN_16(TEST_SCAN_16(TEST_SCAN_16(__VA_ARGS__))))
#define TEST_SCAN_16(...)                                                      \
    TEST_SCAN_4(TEST_SCAN_4(TEST_SCAN_4(TEST_SCAN_4(__VA_ARGS__))))
#define TEST_SCAN_4(...)                                                       \
    TEST_SCAN_1(TEST_SCAN_1(TEST_SCAN_1(TEST_SCAN_1(__VA_ARGS__))))
#define TEST_SCAN_1(...) __VA_ARGS__

#define TEST_MAIN_AT(level, ...)                                               \
    int main(void)                                                             \
    {                                                                          \
        const struct CMUnitTest tests[] = {TEST_SCAN(TEST_EACH(__VA_ARGS__))}; \
        et_log_level_set(level);                                               \
        return cmocka_run_group_tests(tests, NULL, NULL);                      \
    }
#define TEST_MAIN(...) TEST_MAIN_AT(ET_LOG_NOTE, __VA_ARGS__)
#define QUIET_TEST_MAIN(...) TEST_MAIN_AT(ET_LOG_NONE, __VA_ARGS__)

#define FRESH_TEST_MAIN(set_up, tear_down, ...)                                \
    int main(void)                                                             \
    {                                                                          \
        struct CMUnitTest tests[] = {TEST_SCAN(TEST_EACH(__VA_ARGS__))};       \
        for (size_t i = 0; i < sizeof tests / sizeof *tests; i++) {            \
            tests[i].setup_func = set_up;                                      \
            tests[i].teardown_func = tear_down;                                \
        }                                                                      \
        et_log_level_set(ET_LOG_NOTE);                                         \
        return cmocka_run_group_tests(tests, NULL, NULL);                      \
    }

#endif
