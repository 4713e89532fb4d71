/* A run read back: of a case that was run again the last record stands, and
 * what is newer than this build by one version is refused. */
#include "config.h"
#include "tests/unit/results/sample.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "results/store/store.h"

/* a, b, and a again, twice as fast. */
static int set_up(void **state)
{
    char *dir = sample_folder();
    struct et_store *s = sample_store(dir);
    *state = dir;
    sample_put(s, sample_result("a", 0.5, 0.01, 21));
    sample_put(s, sample_result("b", 0.7, 0.01, 21));
    sample_put(s, sample_result("a", 0.25, 0.01, 21));
    assert_int_equal(
        et_store_sink(s)->end(et_store_sink(s), "complete", "2026-01-02"),
        ET_OK);
    et_store_close(s);
    return 0;
}

static int tear_down(void **state)
{
    sample_remove(*state);
    return 0;
}

static void the_last_of_a_case_stands(void **state)
{
    struct et_run run;
    assert_int_equal(et_run_load(*state, &run), ET_OK);
    assert_int_equal(run.n, 2);
    assert_string_equal(run.records[0].result.id, "b");
    assert_string_equal(run.records[1].result.id, "a");
    assert_true(run.records[1].result.time.median == 0.25);
    et_run_free(&run);
}

static void a_newer_run_is_refused(void **state)
{
    struct et_run run;
    char was[40], is[40];
    char *path = sample_path(*state, "run.json"), *text = sample_read(path);
    snprintf(was, sizeof was, "\"schema_version\": %d", ET_SCHEMA_VERSION);
    snprintf(is, sizeof is, "\"schema_version\": %d", ET_SCHEMA_VERSION + 1);
    char *at = strstr(text, was);
    assert_non_null(at);
    memcpy(at, is, strlen(is)); /* as long */
    sample_write(path, text);
    free(text);
    sample_listen();
    enum et_status s = et_run_load(*state, &run);
    assert_said(sample_said(), "newer");
    assert_int_equal(s, ET_USAGE);
}

/* Two outcomes are none: which of them would it be? */
static void a_member_twice_is_refused(void **state)
{
    struct et_run run;
    struct et_text twice = {0};
    char *path = sample_path(*state, "run.json"), *text = sample_read(path);
    et_text_add(&twice, "{\"outcome\": \"complete\",%s", strchr(text, '{') + 1);
    sample_write(path, twice.s);
    et_text_free(&twice);
    free(text);
    sample_listen();
    enum et_status s = et_run_load(*state, &run);
    assert_said(sample_said(), "run.json");
    assert_int_equal(s, ET_INFRA);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(the_last_of_a_case_stands),
        TEST(a_newer_run_is_refused),
        TEST(a_member_twice_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
