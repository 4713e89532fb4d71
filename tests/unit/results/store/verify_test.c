/* Each comparison of the recomputation alone: one edit of a record, under a
 * manifest made anew, and the message that must name it. A figure is changed by
 * a billionth, or taken away.
 */
#include "config.h"
#include "tests/unit/results/sample.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "results/store/manifest.h"
#include "results/store/store.h"

enum { MEASURED, WRONG, SKIPPED, CASES };

static int set_up(void **state)
{
    char *dir = sample_folder();
    struct et_store *s = sample_store(dir);
    struct et_sink *sink = et_store_sink(s);
    *state = dir;
    sample_put_kinds(s);
    assert_int_equal(sink->end(sink, "complete", NULL, "2026-01-02"), ET_OK);
    et_store_close(s);
    assert_int_equal(et_manifest_write(dir), ET_OK);
    return 0;
}

static int tear_down(void **state)
{
    sample_remove(*state);
    return 0;
}

/* The object or array that holds the last part of "time_s.samples.3", and that
 * part. */
static json_t *holder(json_t *record, const char *path, const char **last)
{
    json_t *at = record;
    for (const char *dot; (dot = strchr(path, '.')); path = dot + 1) {
        char part[32];
        snprintf(part, sizeof part, "%.*s", (int)(dot - path), path);
        at = json_is_array(at) ? json_array_get(at, (size_t)atoi(part))
                               : json_object_get(at, part);
        if (!at)
            fail_msg("a record has no %s", part);
    }
    *last = path;
    return at;
}

static json_t *get(json_t *record, const char *path)
{
    const char *last;
    json_t *in = holder(record, path, &last);
    json_t *v = json_is_array(in) ? json_array_get(in, (size_t)atoi(last))
                                  : json_object_get(in, last);
    if (!v)
        fail_msg("a record has no %s", path);
    return v;
}

/* Takes `to` over; NULL: the element goes. */
static void set(json_t *record, const char *path, json_t *to)
{
    const char *last;
    json_t *in = holder(record, path, &last);
    int bad;
    if (json_is_array(in) && !to)
        bad = json_array_remove(in, (size_t)atoi(last));
    else if (json_is_array(in))
        bad = json_array_set_new(in, (size_t)atoi(last), to);
    else
        bad = json_object_set_new(in, last, to);
    assert_int_equal(bad, 0);
}

static void read_records(const char *dir, json_t *out[CASES])
{
    char *text = sample_read(sample_path(dir, "records.jsonl")), *at = text;
    for (int i = 0; i < CASES; i++) {
        char *end = strchr(at, '\n');
        out[i] = json_loadb(at, (size_t)(end - at), 0, NULL);
        assert_non_null(out[i]);
        at = end + 1;
    }
    free(text);
}

static void copy(json_t *to[CASES], json_t *const from[CASES])
{
    for (int i = 0; i < CASES; i++)
        to[i] = json_deep_copy(from[i]);
}

/* The records, with a manifest that vouches for them. Takes them over. */
static void write_records(const char *dir, json_t *records[CASES])
{
    struct et_text t = {0};
    for (int i = 0; i < CASES; i++) {
        char *line =
            json_dumps(records[i], JSON_COMPACT | JSON_REAL_PRECISION(17));
        et_text_add(&t, "%s\n", line);
        free(line);
        json_decref(records[i]);
    }
    sample_write(sample_path(dir, "records.jsonl"), t.s);
    et_text_free(&t);
    assert_int_equal(et_manifest_write(dir), ET_OK);
}

static void must_find(const char *dir, const char *edit, const char *said)
{
    size_t n = 0;
    sample_listen();
    enum et_status s = sample_verify(dir, &n);
    const char *heard = sample_said();
    if (s != ET_INFRA || !strstr(heard, said))
        fail_msg("%s: status %d, and '%s' is not in: %s", edit, (int)s, said,
                 heard);
}

/* Every figure that follows from the samples, the work and the ceilings. */
static const struct {
    int which;
    const char *path, *name;
} figures[] = {
    {MEASURED, "time_s.median", "time_s.median"},
    {MEASURED, "time_s.ci_low", "time_s.ci_low"},
    {MEASURED, "time_s.ci_high", "time_s.ci_high"},
    {MEASURED, "time_s.min", "time_s.min"},
    {MEASURED, "time_s.max", "time_s.max"},
    {MEASURED, "time_s.mean", "time_s.mean"},
    {MEASURED, "time_s.p95", "time_s.p95"},
    {MEASURED, "time_s.p99", "time_s.p99"},
    {MEASURED, "time_s.n_effective", "time_s.n_effective"},
    {MEASURED, "time_s.confidence", "time_s.confidence"},
    {MEASURED, "time_s.drift_p", "time_s.drift_p"},
    {MEASURED, "metrics.0.value", "metric flops"},
    {MEASURED, "metrics.0.ci_low", "metric flops: ci_low"},
    {MEASURED, "metrics.0.ci_high", "metric flops: ci_high"},
    {MEASURED, "metrics.2.value", "metric time"},
    {MEASURED, "metrics.2.ci_low", "metric time: ci_low"},
    {MEASURED, "metrics.2.ci_high", "metric time: ci_high"},
    {MEASURED, "roofline.intensity", "roofline.intensity"},
    {MEASURED, "roofline.attainable", "roofline.attainable"},
    {MEASURED, "roofline.attainable_low", "roofline.attainable_low"},
    {MEASURED, "roofline.attainable_high", "roofline.attainable_high"},
    {MEASURED, "roofline.share", "roofline.share"},
    {MEASURED, "roofline.share_low", "roofline.share_low"},
    {MEASURED, "roofline.share_high", "roofline.share_high"},
    {MEASURED, "ceilings.0.rate", "ceiling compute: rate"},
    {MEASURED, "ceilings.1.rate", "ceiling memory: rate"},
    /* Samples that are kept of a case that counts no more. */
    {WRONG, "time_s.median", "time_s.median"},
    {WRONG, "time_s.mean", "time_s.mean"},
};

static void each_figure(void **state)
{
    static const char *const ids[] = {"measured", "wrong", "skipped"};
    json_t *sound[CASES];
    read_records(*state, sound);
    for (size_t i = 0; i < sizeof figures / sizeof *figures; i++) {
        for (int gone = 0; gone < 2; gone++) {
            json_t *records[CASES];
            char said[128];
            copy(records, sound);
            json_t *r = records[figures[i].which];
            double v = json_number_value(get(r, figures[i].path));
            assert_true(v > 0);
            set(r, figures[i].path,
                gone ? json_null() : json_real(v * (1 + 1e-9)));
            write_records(*state, records);
            snprintf(said, sizeof said, "case `%s`: %s is recorded as %s",
                     ids[figures[i].which], figures[i].name,
                     gone ? "absent; worked out anew it is " : "");
            must_find(*state, figures[i].path, said);
        }
    }
    for (int i = 0; i < CASES; i++)
        json_decref(sound[i]);
}

#define DISTURBED(n, most, many, at)                                           \
    "{'disturbed.n': " n ", 'disturbed.most': " most                           \
    ", 'disturbed.many': " many ", 'disturbed.at': [" at "]}"

/* What is no single figure: the edits, as a JSON object of path and value
 * (null in an array: the element goes), and what must be said. */
static const struct {
    int which;
    const char *edits, *said;
} others[] = {
    {MEASURED, "{'time_s.n': 30}",
     "time_s.n is recorded as 30; worked out anew it is 31"},
    {MEASURED, "{'time_s.drift': 0.5}", "time_s.drift is recorded as 0.5"},
    {MEASURED, "{'time_s.drift': null}", "time_s.drift is recorded as absent"},
    {MEASURED, "{'time_s.drifts': true}", "that its samples drift, which they"},
    {MEASURED, "{'time_s.converged': false}", "converged, which it does not"},
    {MEASURED, "{'time_s.n': null}", "time_s.n is recorded as absent"},
    {MEASURED, "{'time_s.samples.7': 0}", "absent, zero or negative"},
    {MEASURED, "{'time_s.samples.7': -0.5}", "absent, zero or negative"},
    {MEASURED, "{'time_s.samples.7': 0.7}", "is recorded as"},
    {MEASURED, "{'work.flop': 3e9}", "metric flops is recorded as 4"},
    {MEASURED, "{'work.traffic': 9e6}", "roofline.intensity is recorded"},
    {MEASURED, "{'metrics.0.unit': 'FLOP/s'}", "another unit or direction"},
    {MEASURED, "{'metrics.0.better': 'lower'}", "another unit or direction"},
    {MEASURED, "{'metrics.2.better': 'higher'}", "another unit or direction"},
    {MEASURED, "{'metrics.2.unit': ''}", "another unit or direction"},
    {MEASURED, "{'metrics.2': null}", "metric time is recorded as absent"},
    {MEASURED, "{'metrics.2.name': 'algbw'}", "metric algbw is recorded as"},
    {WRONG, "{'metrics': [{'name': 'speed', 'value': 1}]}",
     "not those that follow from its work"},
    {SKIPPED, "{'metrics': [{'name': 'flops', 'value': 9}]}",
     "metric flops is recorded as 9; worked out anew it is none"},
    {MEASURED, "{'team.threads': 2, 'team.threads_delivered': 2}",
     "team.cores is recorded as 2; worked out anew it is 4"},
    {MEASURED, "{'team.threads': 2, 'team.threads_delivered': null}",
     "team.cores is recorded as 2; worked out anew it is 4"},
    {MEASURED, "{'roofline.binds': 'memory'}", "names another ceiling"},
    {MEASURED, "{'roofline.binds': null}", "names another ceiling"},
    {MEASURED, "{'roofline.suspect': 'p'}", "not as suspect"},
    {MEASURED, "{'ceilings.0.rate_low': 5.1e9}", "outside its own interval"},
    {MEASURED, "{'ceilings.0.rate_high': 4.9e9}", "outside its own interval"},
    {MEASURED, "{'ceilings.1.samples.0': 9}", "ceiling memory: rate is"},
    {MEASURED, "{'verification.error': 1.5}", "its verification says passed"},
    {MEASURED, "{'verification.bound': 0.2}", "its verification says passed"},
    {MEASURED, "{'verification.error': null}", "its verification says passed"},
    {MEASURED, "{'verification.bound': null}", "its verification says passed"},
    {MEASURED, "{'verification.status': 'failed'}",
     "its verification says failed"},
    {MEASURED, "{'verification.status': 'none'}", "its data was not found"},
    {MEASURED, "{'verification.error': -1}", "a bound below zero"},
    {WRONG, "{'verification.bound': -1}", "a bound below zero"},
    {MEASURED, "{'verification.method': null}", "and not by what"},
    {MEASURED, "{'verification.usual': 0.2}", "it has no fact doubt"},
    {MEASURED, "{'time_s.iterations': 0}", "its samples have no iterations"},
    {MEASURED, "{'time_s.iterations': null}", "its samples have no iterations"},
    {MEASURED, "{'ceilings.1.iterations': 0}", "ceiling's samples have no"},
    {MEASURED, "{'disturbed.n': 1}", "disturbed samples contradicts itself"},
    {MEASURED, "{'disturbed.n': null}", "disturbed samples contradicts itself"},
    {MEASURED, "{'disturbed.most': 1}", "disturbed samples contradicts itself"},
    {MEASURED, "{'disturbed.many': true}", "disturbed samples contradicts"},
    {MEASURED, DISTURBED("3", "0", "false", "0, 1, 2"), "contradicts itself"},
    {MEASURED, DISTURBED("3", "1", "false", "0, 1, 2"), "contradicts itself"},
    {MEASURED, DISTURBED("3", "4", "false", "0, 1, 2"), "contradicts itself"},
    {MEASURED, DISTURBED("3", "2", "false", "0, 2, 2"), "contradicts itself"},
    {MEASURED, DISTURBED("3", "2", "false", "0, 2, 31"), "contradicts itself"},
    {MEASURED, DISTURBED("3", "2", "false", "-1, 2, 3"), "contradicts itself"},
    {MEASURED, DISTURBED("3", "2", "true", "0, 1, 2"), "contradicts itself"},
    {MEASURED, DISTURBED("8", "8", "false", "0, 1, 2, 3, 4, 5, 6, 7"),
     "contradicts"},
    {WRONG, "{'verification.error': 0.5}", "its verification says failed"},
    {WRONG, "{'verification.status': 'passed'}",
     "its verification says passed"},
    {WRONG, "{'verification.status': 'passed', 'verification.error': 0.5}",
     "it counts as wrong, but its data was found right"},
    {WRONG, "{'status': 'measured'}", "it counts as measured, but its data"},
};

static void everything_else(void **state)
{
    json_t *sound[CASES];
    read_records(*state, sound);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        json_t *records[CASES], *to;
        const char *path;
        char *text = strdup(others[i].edits);
        for (char *p = text; *p; p++)
            *p = *p == '\'' ? '"' : *p;
        json_t *edits = json_loads(text, 0, NULL);
        assert_non_null(edits);
        copy(records, sound);
        json_object_foreach(edits, path, to)
        {
            const char *last;
            json_t *in = holder(records[others[i].which], path, &last);
            bool goes = json_is_null(to) && json_is_array(in);
            set(records[others[i].which], path, goes ? NULL : json_incref(to));
        }
        write_records(*state, records);
        must_find(*state, others[i].edits, others[i].said);
        json_decref(edits);
        free(text);
    }
    for (int i = 0; i < CASES; i++)
        json_decref(sound[i]);
}

/* Without what the run asked for, nothing says whether its samples were enough.
 */
static void what_was_asked_for(void **state)
{
    static const char *const keys[] = {"precision", "min-samples", "passes"};
    char *path = strdup(sample_path(*state, "run.json"));
    char *sound = sample_read(path);
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        char *text = strdup(sound), *at = strstr(text, keys[i]);
        assert_non_null(at);
        *at = 'x';
        sample_write(path, text);
        assert_int_equal(et_manifest_write(*state), ET_OK);
        must_find(*state, keys[i], "has no precision, min-samples or passes");
        free(text);
    }
    free(sound);
    free(path);
}

/* A digit beyond the twelfth is another machine's rounding, and no edit. */
static void a_last_digit_is_no_edit(void **state)
{
    json_t *records[CASES];
    size_t n = 0;
    read_records(*state, records);
    json_t *r = records[MEASURED];
    double v = json_number_value(get(r, "metrics.0.value"));
    set(r, "metrics.0.value", json_real(v * (1 + 1e-13)));
    write_records(*state, records);
    assert_int_equal(sample_verify(*state, &n), ET_OK);
    assert_int_equal(n, CASES);
}

/* A sample in which no core was to be had for more than 2 % of it is marked:
 * the waits of all samples together tell whether marks were taken away. */
static void waits_have_their_marks(void **state)
{
    json_t *sound[CASES];
    read_records(*state, sound);
    for (int marked = 0; marked < 2; marked++) {
        for (int longer = 0; longer < 2; longer++) {
            json_t *records[CASES], *v;
            copy(records, sound);
            json_t *r = records[MEASURED];
            double first = json_number_value(get(r, "time_s.samples.0"));
            double waited = 0, each;
            size_t i, n = 0;
            json_array_foreach(get(r, "time_s.samples"), i, v) waited +=
                0.02 * json_number_value(v);
            json_array_foreach(get(r, "time_s.transient"), i, v) waited +=
                json_number_value(v);
            if (marked) {
                waited += 0.98 * first;
                set(r, "disturbed.n", json_integer(1));
                set(r, "disturbed.most", json_integer(1));
                set(r, "disturbed.at", json_pack("[i]", 0));
            }
            each = waited * json_number_value(get(r, "time_s.iterations"));
            set(r, "disturbed.waited",
                json_real(each * (longer ? 1.001 : 0.999)));
            write_records(*state, records);
            if (longer)
                must_find(*state, "waited", "waited for a core longer than");
            else
                assert_int_equal(sample_verify(*state, &n), ET_OK);
        }
    }
    for (int i = 0; i < CASES; i++)
        json_decref(sound[i]);
}

/* A thread that was asked for and did not work needed no core. */
static void an_idle_thread_has_no_core(void **state)
{
    json_t *records[CASES];
    size_t n = 0;
    read_records(*state, records);
    set(records[MEASURED], "team.threads", json_integer(2));
    write_records(*state, records);
    assert_int_equal(sample_verify(*state, &n), ET_OK);
}

/* The records are sound, but a file is not: no pass. */
static void sound_records_do_not_excuse_the_rest(void **state)
{
    sample_write(sample_path(*state, "stray"), "");
    must_find(*state, "a file more", "stray: not listed");
}

FRESH_TEST_MAIN(set_up, tear_down, each_figure, everything_else,
                what_was_asked_for, a_last_digit_is_no_edit,
                waits_have_their_marks, an_idle_thread_has_no_core,
                sound_records_do_not_excuse_the_rest)
