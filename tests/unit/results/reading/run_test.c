/* A run read back: of a case that was run again the last record stands, what is
 * newer than this build by one version is refused, and of large files what is
 * wrong is found where it is. */
#include "config.h"
#include "tests/unit/results/sample.h"

#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "results/store/store.h"

static void finish(struct et_store *s)
{
    struct et_sink *sink = et_store_sink(s);
    assert_int_equal(sink->end(sink, "complete", NULL, "2026-01-02"), ET_OK);
    et_store_close(s);
}

static struct et_store *go_on(const char *dir)
{
    struct et_store *s;
    struct et_run_info info = sample_info();
    assert_int_equal(et_store_open(dir, ET_STORE_RESUME, &s), ET_OK);
    assert_int_equal(et_store_sink(s)->begin(et_store_sink(s), &info), ET_OK);
    sample_info_free(&info);
    return s;
}

/* a, which failed, and b; in a second launch a again. */
static int set_up(void **state)
{
    char *dir = sample_folder();
    struct et_store *s = sample_store(dir);
    *state = dir;
    sample_put(s, sample_of("a", ET_FAILED));
    sample_put(s, sample_result("b", 0.7, 0.01, 21));
    finish(s);
    s = go_on(dir);
    sample_put(s, sample_result("a", 0.25, 0.01, 21));
    finish(s);
    return 0;
}

static int tear_down(void **state)
{
    sample_remove(*state);
    return 0;
}

static void assert_refused(const char *folder, enum et_status status,
                           const char *words)
{
    struct et_run run;
    sample_listen();
    enum et_status s = et_run_load(folder, &run);
    sample_heard(words);
    assert_int_equal(s, status);
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

/* Of what run.json may hold after a hand was in it, nothing is made up. */
static void what_a_run_asked(void **state)
{
    (void)state;
    static const char *const keys[] = {"precision", "passes", "min-samples",
                                       "launches"};
    static const struct {
        const char *options[4]; /* of these keys */
        struct et_run_asked is;
    } rows[] = {{{"0.1", "6", "61", "3"}, {0.1, 6, 11, 3}},
                {{"0.05", "1", "1000000", "1"}, {0.05, 1, 1000000, 1}},
                {{NULL, NULL, NULL, NULL}, {NAN, 0, 0, 0}},
                {{"a tenth", "six", "61", "many"}, {NAN, 0, 0, 0}},
                {{"0.1", "6", NULL, "1"}, {0.1, 6, 0, 1}},
                {{"0.1", "0", "12", "0"}, {0.1, 0, 0, 0}},
                {{"0.1", "-6", "12", "-1"}, {0.1, 0, 0, 0}},
                {{"0.1", "6", "0", "1"}, {0.1, 6, 0, 1}},
                {{"0.1", "1000001", "12", "1000001"}, {0.1, 0, 0, 0}},
                {{"0.1", "6", "1000001", "1"}, {0.1, 6, 0, 1}}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct et_run run = {0};
        struct et_pairs *config = &run.info.config;
        for (size_t k = 0; k < 4; k++)
            assert_true(
                !rows[i].options[k] ||
                et_pairs_set(config, keys[k], rows[i].options[k], true));
        struct et_run_asked asked = et_run_asked(&run);
        if (isnan(rows[i].is.precision))
            assert_true(isnan(asked.precision));
        else
            assert_true(asked.precision == rows[i].is.precision);
        assert_int_equal(asked.passes, rows[i].is.passes);
        assert_int_equal(asked.samples, rows[i].is.samples);
        assert_int_equal(asked.launches, rows[i].is.launches);
        et_pairs_free(config);
    }
}

/* Only what was not measured is tried again, and by a later launch: another
 * line of a pass was put there by a hand. */
static void a_pass_that_is_there_already(void **state)
{
    static const struct {
        enum et_outcome first;
        bool later, right;
    } rows[] = {{ET_FAILED, true, true},       {ET_SKIPPED, true, true},
                {ET_UNMEASURED, true, true},   {ET_FAILED, false, false},
                {ET_MEASURED, true, false},    {ET_WRONG_DATA, true, false},
                {ET_UNSUPPORTED, true, false}, {ET_MEASURED, false, false}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct et_run run;
        sample_remove(*state);
        *state = sample_folder();
        struct et_store *s = sample_store(*state);
        sample_put(s, sample_of("a", rows[i].first));
        if (rows[i].later) {
            finish(s);
            s = go_on(*state);
        }
        sample_put(s, sample_result("a", 0.25, 0.01, 21));
        finish(s);
        if (rows[i].right) {
            assert_int_equal(et_run_load(*state, &run), ET_OK);
            assert_int_equal(run.n, 1);
            assert_int_equal(run.records[0].result.outcome, ET_MEASURED);
            et_run_free(&run);
        } else {
            assert_refused(*state, ET_INFRA,
                           "records.jsonl:2: has pass 0 of `a`, which line 1 "
                           "has already");
        }
    }
}

/* One of an older release, too. */
static void a_run_of_another_version_is_refused(void **state)
{
    for (int by = -1; by <= 1; by += 2) {
        char was[40], is[40];
        char *path = strdup(sample_path(*state, "run.json"));
        char *sound = sample_read(path), *text = strdup(sound);
        snprintf(was, sizeof was, "\"schema_version\": %d", ET_SCHEMA_VERSION);
        snprintf(is, sizeof is, "\"schema_version\": %d",
                 ET_SCHEMA_VERSION + by);
        char *at = strstr(text, was);
        assert_non_null(at);
        memcpy(at, is, strlen(is)); /* as long */
        sample_write(path, text);
        assert_refused(*state, ET_USAGE, by < 0 ? "older" : "newer");
        sample_write(path, sound);
        free(text);
        free(sound);
        free(path);
    }
}

/* Two outcomes are none: which of them would it be? */
static void a_member_twice_is_refused(void **state)
{
    struct et_text twice = {0};
    char *path = sample_path(*state, "run.json"), *text = sample_read(path);
    et_text_add(&twice, "{\"outcome\": \"complete\",%s", strchr(text, '{') + 1);
    sample_write(path, twice.s);
    et_text_free(&twice);
    free(text);
    assert_refused(*state, ET_INFRA, "run.json");
}

/* Lines are parsed 4096 at a time, and counted on. */
static void a_late_line_has_its_number(void **state)
{
    struct et_text many = {0};
    char *path = sample_path(*state, "records.jsonl");
    char *text = sample_read(path);
    size_t n = strcspn(text, "\n") + 1;
    for (int i = 1; i < 4100; i++)
        et_text_put(&many, text, n);
    et_text_add(&many, "x\n");
    sample_write(path, many.s);
    et_text_free(&many);
    free(text);
    assert_refused(*state, ET_INFRA, "records.jsonl:4100: not a record");
}

/* Nothing is waited for, and no more is read than is believed: each file of a
 * run is in turn a FIFO that nobody writes to, a device without an end, and a
 * hole of 1 GiB, which is one line. */
static void what_is_no_file_of_a_run(void **state)
{
    static const struct {
        const char *name, *large;
    } files[] = {
        {"run.json", "has more than 8388608 bytes"},
        {"plan.ini", "has more than 4194304 bytes"},
        {"records.jsonl", "records.jsonl:1: a line of more than 64 MiB"}};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        char *path = sample_path(*state, files[i].name);
        char *kept = sample_path(*state, "kept");
        assert_int_equal(rename(path, kept), 0);
        for (int kind = 0; kind < 3; kind++) {
            if (kind == 0)
                assert_int_equal(mkfifo(path, 0600), 0);
            else if (kind == 1)
                assert_int_equal(symlink("/dev/zero", path), 0);
            else {
                sample_write(path, "");
                assert_int_equal(truncate(path, 1 << 30), 0);
            }
            assert_refused(*state, ET_INFRA,
                           kind == 0   ? "is a FIFO, not a file"
                           : kind == 1 ? "is a device, not a file"
                                       : files[i].large);
            assert_int_equal(unlink(path), 0);
        }
        assert_int_equal(rename(kept, path), 0);
    }
}

FRESH_TEST_MAIN(set_up, tear_down, the_last_of_a_case_stands, what_a_run_asked,
                a_pass_that_is_there_already,
                a_run_of_another_version_is_refused, a_member_twice_is_refused,
                a_late_line_has_its_number, what_is_no_file_of_a_run)
