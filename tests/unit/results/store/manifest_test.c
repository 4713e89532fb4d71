/* The manifest and the recomputation: each alone finds what was changed. */
#include "config.h"
#include "tests/unit/results/sample.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "results/store/manifest.h"
#include "results/store/store.h"

/* A run of each kind and a case of few samples, with its manifest. */
static int set_up(void **state)
{
    char *dir = sample_folder();
    struct et_store *s = sample_store(dir);
    struct et_sink *sink = et_store_sink(s);
    *state = dir;
    sample_put_kinds(s);
    sample_put(s, sample_result("few", 0.5, 0.25, 3));
    assert_int_equal(sink->end(sink, "complete", NULL, "2026-01-02"), ET_OK);
    et_store_close(s);
    assert_int_equal(mkdir(sample_path(dir, "plots"), 0777), 0);
    sample_write(sample_path(dir, "plots/a b.svg"), "<svg/>");
    assert_int_equal(et_manifest_write(dir), ET_OK);
    return 0;
}

static int tear_down(void **state)
{
    sample_remove(*state);
    return 0;
}

static enum et_status check(const char *dir, const char *part)
{
    sample_listen();
    enum et_status s = et_manifest_check(dir);
    sample_heard(part);
    return s;
}

static enum et_status verify(const char *dir, size_t *n, const char *part)
{
    sample_listen();
    enum et_status s = sample_verify(dir, n);
    sample_heard(part);
    return s;
}

static void a_sound_run_is_sound(void **state)
{
    size_t n = 0;
    assert_int_equal(check(*state, NULL), ET_OK);
    assert_int_equal(verify(*state, &n, NULL), ET_OK);
    assert_int_equal(n, 4);
}

static void sha256sum_reads_it(void **state)
{
    char command[256];
    if (system("sha256sum --version >/dev/null 2>&1") != 0)
        skip();
    snprintf(command, sizeof command,
             "cd %s && sha256sum --strict -c manifest.sha256 >/dev/null",
             (char *)*state);
    assert_int_equal(system(command), 0);
    char *text = sample_read(sample_path(*state, "manifest.sha256"));
    assert_true(strstr(text, "  plan.ini\n") < strstr(text, "  plots/a b.svg"));
    free(text);
}

static void every_difference_is_named(void **state)
{
    char *dir = *state;
    sample_write(sample_path(dir, "plots/a b.svg"), "<svg> </svg>");
    assert_int_equal(check(dir, "plots/a b.svg: changed"), ET_INFRA);
    sample_write(sample_path(dir, "zz"), "");
    assert_int_equal(check(dir, "zz: not listed"), ET_INFRA);
    unlink(sample_path(dir, "plan.ini"));
    assert_int_equal(check(dir, "plan.ini: listed"), ET_INFRA);
    assert_int_equal(check(dir, "a b.svg: changed"), ET_INFRA);
    unlink(sample_path(dir, "zz"));
    unlink(sample_path(dir, "run.json")); /* the last of the list */
    assert_int_equal(check(dir, "run.json: listed"), ET_INFRA);
}

/* Only the run's own manifest is not in its list. */
static void a_manifest_below_is_a_file_like_others(void **state)
{
    char *dir = *state;
    sample_write(sample_path(dir, "plots/manifest.sha256"), "");
    assert_int_equal(check(dir, "plots/manifest.sha256: not listed"), ET_INFRA);
}

/* What a killed run leaves of a file, and its scratch files. */
static void what_does_not_stay_is_left_out(void **state)
{
    char *dir = *state;
    const char *const names[] = {".manifest.sha256.new", "plots/.a.svg.new",
                                 "etalon-scratch-host-1-2-3-0"};
    for (size_t i = 0; i < 3; i++)
        sample_write(sample_path(dir, names[i]), "");
    assert_int_equal(check(dir, NULL), ET_OK);
    assert_int_equal(et_manifest_write(dir), ET_OK);
    for (size_t i = 0; i < 3; i++)
        unlink(sample_path(dir, names[i]));
    assert_int_equal(check(dir, NULL), ET_OK);
    sample_write(sample_path(dir, "plots/etalon-scratch-host-1-2-3-0"), "");
    assert_int_equal(check(dir, "scratch-host-1-2-3-0: not listed"), ET_INFRA);
}

static void links_are_refused(void **state)
{
    char *dir = *state;
    assert_int_equal(symlink("/etc/passwd", sample_path(dir, "report.txt")), 0);
    assert_int_equal(check(dir, "report.txt: is a symbolic link"), ET_INFRA);
    sample_listen();
    enum et_status s = et_manifest_write(dir);
    assert_said(sample_said(), "symbolic link");
    assert_int_equal(s, ET_INFRA);
}

/* sha256sum would write these in another way, or end the line in them. */
static void names_that_a_line_cannot_hold(void **state)
{
    static const char *const bad[] = {"plots/a\\b", "plots/a\nb", "a\rb"};
    for (size_t i = 0; i < 3; i++) {
        char *path = sample_path(*state, bad[i]);
        sample_write(path, "");
        assert_int_equal(check(*state, "that a manifest cannot hold"),
                         ET_INFRA);
        sample_listen();
        enum et_status s = et_manifest_write(*state);
        assert_said(sample_said(), "that a manifest cannot hold");
        assert_int_equal(s, ET_INFRA);
        assert_int_equal(unlink(path), 0);
    }
    assert_int_equal(check(*state, NULL), ET_OK);
}

static void bad_manifests(void **state)
{
    char *path = sample_path(*state, "manifest.sha256");
    const char *bad[] = {"hello\n", "\n"};
    for (size_t i = 0; i < 2; i++) {
        sample_write(path, bad[i]);
        assert_int_equal(check(*state, "manifest.sha256:1: not a line"),
                         ET_INFRA);
    }
    sample_write(path, "");
    assert_int_equal(check(*state, "lists nothing"), ET_INFRA);
    unlink(path);
    assert_int_equal(check(*state, "No such file"), ET_USAGE);
}

/* Replace the first `from` at or after the first `after` by `to`. */
static void tamper(const char *dir, const char *after, const char *from,
                   const char *to)
{
    char *path = sample_path(dir, "records.jsonl");
    char *text = sample_read(path);
    char *p = strstr(text, after);
    p = p ? strstr(p, from) : NULL;
    if (!p)
        fail_msg("'%s' after '%s' is not in the records", from, after);
    struct et_text t = {0};
    et_text_put(&t, text, (size_t)(p - text));
    et_text_add(&t, "%s%s", to, p + strlen(from));
    sample_write(path, t.s);
    et_text_free(&t);
    free(text);
}

/* The manifest is made anew, so recomputation has to find it alone. */
static void forged(void **state, const char *after, const char *from,
                   const char *to, const char *part)
{
    size_t n;
    tamper(*state, after, from, to);
    assert_int_equal(check(*state, "records.jsonl: changed"), ET_INFRA);
    assert_int_equal(et_manifest_write(*state), ET_OK);
    assert_int_equal(check(*state, NULL), ET_OK);
    assert_int_equal(verify(*state, &n, part), ET_INFRA);
}

/* One figure each that does not follow from the samples. */
static const struct {
    const char *after, *from, *to, *part;
} forgeries[] = {
    {"measured", "\"median\":0.5", "\"median\":0.4",
     "`measured`: time_s.median is recorded as 0.4"},
    {"measured", "\"samples\":[0.375", "\"samples\":[0.275",
     "`measured`: time_s.min"},
    {"measured", "\"n\":31", "\"n\":32", "time_s.n"},
    {"few", "\"ci_low\":null", "\"ci_low\":0.49", "`few`: time_s.ci_low"},
    {"measured", "\"value\":4", "\"value\":5", "metric flops"},
    {"measured", "\"unit\":\"GFLOP/s\"", "\"unit\":\"FLOP/s\"", "another unit"},
    {"measured", "\"name\":\"flops\"", "\"name\":\"flips\"", "metric flops"},
    {"measured", "\"metrics\":[",
     "\"metrics\":[{\"name\":\"speed\",\"value\":9},", "not those that follow"},
    {"measured", "\"flop\":2", "\"flop\":3", "metric flops"},
    {"measured", "\"share\":0.8", "\"share\":0.9",
     "roofline.share is recorded as 0.9"},
    {"measured", "\"suspect\":null", "\"suspect\":\"p\"", "not as suspect"},
    {"measured", "\"rate\":5", "\"rate\":6",
     "ceiling compute: rate is recorded as 6"},
    {"\"wrong\"", "\"status\":\"failed\"", "\"status\":\"passed\"",
     "`wrong`: its verification says passed"},
    {"\"wrong\"", "\"status\":\"wrong\"", "\"status\":\"measured\"",
     "was not found right"},
    {"measured", "\"error\":0.25", "\"error\":2.25",
     "its verification says passed"},
    {"measured", "[0.375", "[-0.375", "zero or negative"},
};

TEST(forgeries_are_found)
{
    for (size_t i = 0; i < sizeof forgeries / sizeof *forgeries; i++) {
        void *dir;
        set_up(&dir);
        forged(&dir, forgeries[i].after, forgeries[i].from, forgeries[i].to,
               forgeries[i].part);
        tear_down(&dir);
    }
}

static void a_damaged_record(void **state)
{
    size_t n = 7;
    tamper(*state, "measured", "\"median\"", "\"medi");
    assert_int_equal(verify(*state, &n, "records.jsonl:1: not a record"),
                     ET_INFRA);
}

FRESH_TEST_MAIN(set_up, tear_down, a_sound_run_is_sound, sha256sum_reads_it,
                every_difference_is_named,
                a_manifest_below_is_a_file_like_others,
                what_does_not_stay_is_left_out, links_are_refused,
                names_that_a_line_cannot_hold, bad_manifests,
                forgeries_are_found, a_damaged_record)
