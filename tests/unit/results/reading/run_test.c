/* A run read back: of a case that was run again the last record stands, what is
 * newer than this build by one version is refused, and of large files what is
 * wrong is found where it is. */
#include "config.h"
#include "tests/unit/results/sample.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

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
        et_store_sink(s)->end(et_store_sink(s), "complete", NULL, "2026-01-02"),
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

/* Lines are parsed 4096 at a time, and counted on. */
static void a_late_line_has_its_number(void **state)
{
    struct et_run run;
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
    sample_listen();
    enum et_status s = et_run_load(*state, &run);
    assert_said(sample_said(), "records.jsonl:4100: not a record");
    assert_int_equal(s, ET_INFRA);
}

/* Twice as many bytes as are believed, through a pipe: no more are taken than
 * those, a block, and what the pipe itself holds. */
static void a_head_is_read_no_further_than_it_is_believed(void **state)
{
    enum { MOST = ET_RUN_HEAD_MOST, PIPE = 1 << 16 };
    struct et_run run;
    char *path = sample_path(*state, "run.json");
    int took[2];
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_int_equal(pipe(took), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        static const char blanks[1 << 12];
        int fd = open(path, O_WRONLY);
        size_t n = 0;
        signal(SIGPIPE, SIG_IGN);
        while (n < 2 * (size_t)MOST && write(fd, blanks, sizeof blanks) > 0)
            n += sizeof blanks;
        _exit(write(took[1], &n, sizeof n) != sizeof n);
    }
    sample_listen();
    enum et_status s = et_run_load_head(*state, &run);
    const char *said = sample_said();
    size_t n = 0;
    int status;
    assert_int_equal(read(took[0], &n, sizeof n), sizeof n);
    assert_int_equal(waitpid(child, &status, 0), child);
    close(took[0]);
    close(took[1]);
    assert_int_equal(s, ET_INFRA);
    assert_said(said, "run.json: has more than");
    assert_true(n > MOST && n < MOST + 2 * PIPE);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(the_last_of_a_case_stands),
        TEST(a_newer_run_is_refused),
        TEST(a_member_twice_is_refused),
        TEST(a_late_line_has_its_number),
        TEST(a_head_is_read_no_further_than_it_is_believed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
