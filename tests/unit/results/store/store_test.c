/* The store and the reading back: what is lost when a disk is full, a line
 * torn or a directory shared is said, and never more than that. */
#include "config.h"
#include "tests/unit/results/sample.h"

#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "results/store/store.h"

static int set_up(void **state)
{
    *state = sample_folder();
    return 0;
}

static int tear_down(void **state)
{
    sample_remove(*state);
    return 0;
}

static enum et_status put(struct et_store *s, const char *id)
{
    struct et_result r = sample_result(id, 0.5, 0.1, 7);
    enum et_status status = et_store_sink(s)->put(et_store_sink(s), &r);
    et_result_free(&r);
    return status;
}

static enum et_status begin(struct et_store *s)
{
    struct et_run_info info = sample_info();
    enum et_status status = et_store_sink(s)->begin(et_store_sink(s), &info);
    sample_info_free(&info);
    return status;
}

static enum et_status end(struct et_store *s, const char *outcome)
{
    return et_store_sink(s)->end(et_store_sink(s), outcome, NULL, "2026-01-02");
}

/* A run of the two cases `a` and `b` in dir. */
static void make_run(const char *dir)
{
    struct et_store *s;
    assert_int_equal(et_store_open(dir, ET_STORE_NEW, &s), ET_OK);
    assert_int_equal(begin(s), ET_OK);
    assert_int_equal(put(s, "a"), ET_OK);
    assert_int_equal(put(s, "b"), ET_OK);
    assert_int_equal(end(s, "complete"), ET_OK);
    et_store_close(s);
}

static void append(const char *path, const char *text)
{
    FILE *f = fopen(path, "a");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

static void what_is_put_is_read_back(void **state)
{
    char *dir = sample_path(*state, "deep/er/run");
    struct et_run run;
    make_run(dir);
    assert_int_equal(et_run_load(dir, &run), ET_OK);
    assert_int_equal(run.n, 2);
    assert_string_equal(run.records[1].result.id, "b");
    assert_string_equal(run.outcome, "complete");
    assert_string_equal(run.finished, "2026-01-02");
    assert_string_equal(run.info.plan_text, "[gemm]\nm = 1024\n");
    assert_int_equal(run.info.command.n, 2);
    assert_string_equal(et_pairs_get(&run.info.config, "seed"), "1");
    assert_int_equal(run.warnings.n, 0);
    et_run_free(&run);
}

static void a_run_that_goes_on_is_running(void **state)
{
    char *dir = sample_path(*state, "run");
    struct et_store *s;
    struct et_run run;
    assert_int_equal(et_store_open(dir, ET_STORE_NEW, &s), ET_OK);
    assert_int_equal(begin(s), ET_OK);
    assert_int_equal(put(s, "a"), ET_OK);
    /* The record is on disk before the run ends. */
    assert_int_equal(et_run_load(dir, &run), ET_OK);
    assert_int_equal(run.n, 1);
    assert_string_equal(run.outcome, "running");
    assert_null(run.finished);
    et_run_free(&run);
    et_store_close(s);
}

static void not_taken_over(const char *dir)
{
    sample_listen();
    assert_null(et_store_take_over(dir));
    assert_string_equal(sample_said(), "");
}

static void a_writer_that_is_no_more(void **state)
{
    char *dir = sample_path(*state, "run");
    struct et_store *s;
    struct et_run run;
    not_taken_over(dir);
    assert_int_equal(et_store_open(dir, ET_STORE_NEW, &s), ET_OK);
    assert_int_equal(begin(s), ET_OK);
    assert_int_equal(put(s, "a"), ET_OK);
    not_taken_over(dir); /* it lives */
    et_store_close(s);
    assert_int_equal(et_store_open(dir, ET_STORE_AGAIN, &s), ET_OK);
    assert_int_equal(begin(s), ET_OK);
    assert_int_equal(put(s, "b"), ET_OK);
    et_store_close(s);
    append(sample_path(*state, "run/records.jsonl"), "{\"torn");
    sample_listen();
    s = et_store_take_over(dir);
    assert_said(sample_said(), "was torn");
    assert_non_null(s);
    assert_int_equal(put(s, "c"), ET_OK);
    assert_int_equal(end(s, "failed"), ET_OK);
    et_store_close(s);
    not_taken_over(dir); /* it has an end */
    assert_int_equal(et_run_load_passes(dir, &run), ET_OK);
    assert_int_equal(run.n, 3);
    assert_string_equal(run.records[2].result.id, "c");
    assert_int_equal(run.records[2].launch, 1);
    assert_int_equal(run.resumes.n, 1);
    assert_string_equal(run.outcome, "failed");
    assert_string_equal(run.finished, "2026-01-02");
    assert_string_equal(run.info.plan_text, "[gemm]\nm = 1024\n");
    assert_int_equal(run.warnings.n, 0);
    et_run_free(&run);
}

static void refused(const char *dir, enum et_store_start start,
                    enum et_status status, const char *part)
{
    struct et_store *s = NULL;
    sample_listen();
    enum et_status got = et_store_open(dir, start, &s);
    const char *said = sample_said();
    assert_int_equal(got, status);
    assert_null(s);
    assert_said(said, part);
}

static void directories_that_cannot_be_used(void **state)
{
    char *run = sample_path(*state, "run"), *file = sample_path(*state, "file");
    struct et_store *s;
    make_run(run);
    refused(run, ET_STORE_NEW, ET_USAGE, "run: already holds a run");
    sample_write(file, "x");
    refused(file, ET_STORE_NEW, ET_USAGE, "is a file");
    refused(sample_path(*state, "file/below"), false, ET_USAGE,
            "file: is a file, not a directory");
    refused(*state, ET_STORE_NEW, ET_USAGE, "is not empty");
    refused(*state, ET_STORE_RESUME, ET_USAGE, "holds no run to resume");
    refused(sample_path(*state, "nowhere"), true, ET_USAGE, "No such file");
    assert_int_equal(et_store_open(run, ET_STORE_RESUME, &s), ET_OK);
    refused(run, ET_STORE_RESUME, ET_USAGE, "another etalon");
    et_store_close(s);
}

static void no_permission(void **state)
{
    char *closed = sample_path(*state, "closed");
    char *below = sample_path(*state, "closed/run");
    assert_int_equal(mkdir(closed, 0555), 0);
    assert_int_equal(chmod(*state, 0755), 0);
    bool root = geteuid() == 0;
    if (root)
        assert_int_equal(seteuid(65534), 0);
    refused(below, ET_STORE_NEW, ET_USAGE, "Permission denied");
    refused(closed, ET_STORE_NEW, ET_USAGE, "Permission denied");
    if (root) {
        assert_int_equal(seteuid(0), 0);
        /* The change of user took this away; leak checkers need it. */
        prctl(PR_SET_DUMPABLE, 1);
    }
}

static void a_run_never_begun_leaves_no_trace(void **state)
{
    struct et_store *s;
    char *dir = sample_path(*state, "run");
    assert_int_equal(et_store_open(dir, ET_STORE_NEW, &s), ET_OK);
    et_store_close(s);
    make_run(dir);
}

static void set_file_limit(rlim_t bytes)
{
    struct rlimit limit;
    getrlimit(RLIMIT_FSIZE, &limit);
    limit.rlim_cur = bytes;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* As a full disk: write(2) is cut short, then fails. */
/* What a run that was killed before its run.json has made. */
static void begin_half(const char *dir)
{
    mkdir(dir, 0700);
    sample_write(sample_path(dir, "records.jsonl"), "");
    sample_write(sample_path(dir, "ranks.bin"), "half a he");
    sample_write(sample_path(dir, "plan.ini"), "[gemm]\n");
    sample_write(sample_path(dir, ".run.json.new"), "{");
}

static void a_run_half_begun_is_begun_anew(void **state)
{
    char *dir = sample_path(*state, "half");
    struct et_store *s, *other;
    struct et_run run;
    begin_half(dir);
    assert_int_equal(et_store_open(dir, ET_STORE_NEW, &s), ET_OK);
    assert_int_not_equal(access(sample_path(dir, ".run.json.new"), F_OK), 0);
    /* While it begins, nobody else may. */
    sample_listen();
    enum et_status status = et_store_open(dir, ET_STORE_NEW, &other);
    assert_said(sample_said(), "another etalon is writing to it");
    assert_int_equal(status, ET_USAGE);
    assert_int_equal(begin(s), ET_OK);
    assert_int_equal(put(s, "a"), ET_OK);
    assert_int_equal(end(s, "complete"), ET_OK);
    et_store_close(s);
    assert_int_equal(et_run_load(dir, &run), ET_OK);
    assert_int_equal(run.n, 1);
    et_run_free(&run);
}

static void what_is_not_half_a_run_is_left_alone(void **state)
{
    static const char *const strange[] = {"plan.txt", "run.json.new", "notes"};
    struct et_store *s;
    for (size_t i = 0; i < 3; i++) {
        char *dir = sample_path(*state, strange[i]);
        begin_half(dir);
        sample_write(sample_path(dir, strange[i]), "mine");
        sample_listen();
        enum et_status status = et_store_open(dir, ET_STORE_NEW, &s);
        assert_said(sample_said(), "is not empty");
        assert_int_equal(status, ET_USAGE);
        assert_int_equal(access(sample_path(dir, "plan.ini"), F_OK), 0);
    }
    /* A record was written: somebody's run, whatever became of its head. */
    char *dir = sample_path(*state, "records");
    begin_half(dir);
    sample_write(sample_path(dir, "records.jsonl"), "{}\n");
    sample_listen();
    enum et_status status = et_store_open(dir, ET_STORE_NEW, &s);
    assert_said(sample_said(), "is not empty");
    assert_int_equal(status, ET_USAGE);
    /* A plan of the user's own. */
    dir = sample_path(*state, "plans");
    mkdir(dir, 0700);
    sample_write(sample_path(dir, "plan.ini"), "[gemm]\n");
    sample_listen();
    status = et_store_open(dir, ET_STORE_NEW, &s);
    assert_said(sample_said(), "is not empty (`plan.ini`)");
    assert_int_equal(status, ET_USAGE);
}

static void folders_of_a_run_never_begun_go(void **state)
{
    struct et_store *s;
    char *dir = sample_path(*state, "there");
    mkdir(dir, 0700);
    assert_int_equal(et_store_open(sample_path(dir, "a/b/c"), ET_STORE_NEW, &s),
                     ET_OK);
    et_store_close(s);
    assert_int_not_equal(access(sample_path(dir, "a"), F_OK), 0);
    assert_int_equal(access(dir, F_OK), 0);
    /* One that was there stays; one that holds something else, too. */
    assert_int_equal(et_store_open(dir, ET_STORE_NEW, &s), ET_OK);
    et_store_close(s);
    assert_int_equal(access(dir, F_OK), 0);
    assert_int_equal(et_store_open(sample_path(dir, "a/b"), ET_STORE_NEW, &s),
                     ET_OK);
    sample_write(sample_path(dir, "a/mine"), "");
    et_store_close(s);
    assert_int_not_equal(access(sample_path(dir, "a/b"), F_OK), 0);
    assert_int_equal(access(sample_path(dir, "a/mine"), F_OK), 0);
}

static void a_full_disk_keeps_whole_records(void **state)
{
    char *dir = sample_path(*state, "run");
    struct et_store *s;
    struct et_run run;
    struct stat st;
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(et_store_open(dir, ET_STORE_NEW, &s), ET_OK);
    assert_int_equal(begin(s), ET_OK);
    assert_int_equal(put(s, "a"), ET_OK);
    stat(sample_path(dir, "records.jsonl"), &st);
    sample_listen();
    set_file_limit((rlim_t)st.st_size + 100);
    enum et_status status = put(s, "b");
    set_file_limit(RLIM_INFINITY);
    const char *said = sample_said();
    assert_int_equal(status, ET_INFRA);
    assert_said(said, "records.jsonl: File too large");
    assert_said(said, "`b`");
    off_t whole = st.st_size;
    stat(sample_path(dir, "records.jsonl"), &st);
    assert_int_equal(st.st_size, whole);
    /* Once there is room again it goes on. */
    assert_int_equal(put(s, "c"), ET_OK);
    /* run.json that does not fit leaves the old one. */
    sample_listen();
    set_file_limit(100);
    status = end(s, "complete");
    set_file_limit(RLIM_INFINITY);
    said = sample_said();
    assert_int_equal(status, ET_INFRA);
    assert_said(said, "run.json: File too large");
    assert_int_not_equal(access(sample_path(dir, ".run.json.new"), F_OK), 0);
    et_store_close(s);
    assert_int_equal(et_run_load(dir, &run), ET_OK);
    assert_int_equal(run.n, 2);
    assert_string_equal(run.outcome, "cut short");
    assert_non_null(strstr(run.reason, "nobody writes it any more"));
    et_run_free(&run);
}

static void assert_warned(const char *dir, size_t records, const char *part)
{
    struct et_run run;
    sample_listen();
    enum et_status status = et_run_load(dir, &run);
    const char *said = sample_said();
    assert_int_equal(status, ET_OK);
    assert_int_equal(run.n, records);
    assert_int_equal(run.warnings.n, 1);
    assert_said(said, part);
    et_run_free(&run);
}

static void a_torn_line_is_cut_and_the_run_goes_on(void **state)
{
    char *dir = sample_path(*state, "run");
    struct et_store *s;
    struct et_run run;
    make_run(dir);
    append(sample_path(dir, "records.jsonl"), "{\"schema_version\":3,\"ben");
    sample_write(sample_path(dir, "manifest.sha256"), "old");

    assert_warned(dir, 2, "records.jsonl:3: torn");

    sample_listen();
    enum et_status status = et_store_open(dir, ET_STORE_RESUME, &s);
    const char *said = sample_said();
    assert_int_equal(status, ET_OK);
    assert_said(said, "run/records.jsonl: its last line was torn");
    assert_int_equal(begin(s), ET_OK);
    assert_int_equal(access(sample_path(dir, "manifest.sha256"), F_OK), -1);
    assert_int_equal(put(s, "c"), ET_OK);
    assert_int_equal(end(s, "interrupted"), ET_OK);
    et_store_close(s);

    assert_int_equal(et_run_load(dir, &run), ET_OK);
    assert_int_equal(run.n, 3);
    assert_string_equal(run.records[0].result.id, "a");
    assert_string_equal(run.records[1].result.id, "b");
    assert_string_equal(run.records[2].result.id, "c");
    assert_string_equal(run.outcome, "interrupted");
    assert_int_equal(run.resumes.n, 1);
    const struct et_run_resume *mark = run.resumes.v;
    assert_string_equal(mark->started, "2026-01-01T00:00:00Z");
    assert_int_equal(mark->command.n, 2);
    et_run_free(&run);
}

static void another_run_does_not_resume(void **state)
{
    char *dir = sample_path(*state, "run");
    make_run(dir);
    char *before = sample_read(sample_path(dir, "run.json"));
    for (int i = 0; i < 2; i++) {
        struct et_store *s;
        struct et_run_info info = sample_info();
        assert_int_equal(et_store_open(dir, ET_STORE_RESUME, &s), ET_OK);
        if (i == 0)
            info.plan_text[1] = 'G';
        else
            info.clock_fake = true;
        sample_listen();
        enum et_status status =
            et_store_sink(s)->begin(et_store_sink(s), &info);
        const char *said = sample_said();
        assert_int_equal(status, ET_USAGE);
        assert_said(said, i == 0 ? "plan.ini" : "fake");
        sample_info_free(&info);
        et_store_close(s);
    }
    char *after = sample_read(sample_path(dir, "run.json"));
    assert_string_equal(before, after);
    free(before);
    free(after);
}

static void not_loaded(const char *dir, enum et_status status, const char *part)
{
    struct et_run run;
    sample_listen();
    enum et_status got = et_run_load(dir, &run);
    const char *said = sample_said();
    assert_int_equal(got, status);
    assert_said(said, part);
}

static void damaged_runs(void **state)
{
    char *dir = sample_path(*state, "run");
    char *head = sample_path(dir, "run.json");
    char *records = sample_path(dir, "records.jsonl");
    not_loaded(dir, ET_USAGE, "No such file");
    not_loaded(*state, ET_USAGE, "not a run directory");
    make_run(dir);
    not_loaded(head, ET_USAGE, "is a file");
    char *text = sample_read(head), *lines = sample_read(records);
    text[strlen(text) / 2] = '\0';
    sample_write(head, text);
    not_loaded(dir, ET_INFRA, "damaged or truncated");
    sample_write(head, "");
    not_loaded(dir, ET_INFRA, "run.json:");
    sample_write(head, "{}");
    not_loaded(dir, ET_INFRA, "not a run");
    sample_write(head, "{\"schema_version\": 99, \"outcome\": \"complete\"}");
    not_loaded(dir, ET_USAGE, "newer etalon");
    sample_write(head, "{\"schema_version\": 3, \"outcome\": \"complete\"}");
    lines[0] = '#';
    sample_write(records, lines);
    not_loaded(dir, ET_INFRA, "records.jsonl:1: not a record");
    sample_write(records, "{\"schema_version\":4}\n");
    not_loaded(dir, ET_USAGE, "records.jsonl:1: written by a newer");
    sample_write(records, "{\"schema_version\":3,\"schema_version\":3}\n");
    not_loaded(dir, ET_INFRA, "duplicate");
    /* A NUL does not end a line early. */
    lines[0] = '{';
    FILE *f = fopen(records, "w");
    assert_non_null(f);
    size_t n = strcspn(lines, "\n");
    fwrite(lines, 1, n, f);
    fwrite("\0x\n", 1, 3, f);
    fclose(f);
    not_loaded(dir, ET_INFRA, "records.jsonl:1: not a record");
    free(text);
    free(lines);
}

static void no_records_is_said(void **state)
{
    char *dir = sample_path(*state, "run");
    make_run(dir);
    unlink(sample_path(dir, "records.jsonl"));
    assert_warned(dir, 0, "no case is recorded");
}

TEST(nominal_peak)
{
    const char *origin;
    struct et_run run = sample_run();
    sample_add(&run, sample_result("a", 0.5, 0.1, 7));
    struct et_record *r = &run.records[0];
    assert_true(isnan(et_run_peak(&run, r, NULL, &origin)));
    assert_string_equal(origin, "the machine's nominal peak is unknown");
    run.info.environment.peak_fp32 = 1e9;
    run.info.environment.peak_origin = strdup("2 x 1 x 0.5 GHz");
    assert_true(et_run_peak(&run, r, NULL, &origin) == 2e9);
    assert_string_equal(origin, "2 x 1 x 0.5 GHz");
    et_pairs_set(&run.info.config, "peak", "fp64=8 GFLOP/s,fp32=16 GFLOP/s",
                 false);
    assert_true(et_run_peak(&run, r, NULL, &origin) == 32e9);
    assert_true(et_run_peak(&run, r, "fp32=1 TFLOP/s", &origin) == 2e12);
    r->result.team.cores = 4;
    assert_true(et_run_peak(&run, r, "fp32=1 TFLOP/s", &origin) == 4e12);
    assert_true(isnan(et_run_peak(&run, r, "fp64=1 TFLOP/s", &origin)));
    assert_true(isnan(et_run_peak(&run, r, "fp32=fast", &origin)));
    r->result.team.cores = ET_ABSENT_INT;
    assert_true(isnan(et_run_peak(&run, r, NULL, &origin)));
    assert_said(origin, "how many cores");
    et_run_free(&run);

    assert_int_equal(et_run_peak_check("fp64 = 8 GFLOP/s", "--peak"), ET_OK);
    const char *bad[] = {"",
                         "8 GFLOP/s",
                         "fp64=8",
                         "fp65=8 GFLOP/s",
                         "fp64=8 GB/s",
                         "fp64=0 GFLOP/s"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        sample_listen();
        enum et_status s = et_run_peak_check(bad[i], "--peak");
        assert_said(sample_said(), "write it like");
        assert_int_equal(s, ET_USAGE);
    }
}

FRESH_TEST_MAIN(
    set_up, tear_down, what_is_put_is_read_back, a_run_that_goes_on_is_running,
    a_writer_that_is_no_more, directories_that_cannot_be_used, no_permission,
    a_run_never_begun_leaves_no_trace, a_run_half_begun_is_begun_anew,
    what_is_not_half_a_run_is_left_alone, folders_of_a_run_never_begun_go,
    a_full_disk_keeps_whole_records, a_torn_line_is_cut_and_the_run_goes_on,
    another_run_does_not_resume, damaged_runs, no_records_is_said, nominal_peak)
