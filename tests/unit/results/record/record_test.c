/* Records and their JSON: what is written is read back, absence is null, and
 * metrics follow from time and work. */
#include "config.h"
#include "tests/unit/test_main.h"
#include "tests/unit/results/sample.h"

#include <malloc.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "results/record/json.h"
#include "results/record/metric.h"
#include "results/record/record.h"

static struct et_record record_of(struct et_result r)
{
    struct et_record out;
    assert_int_equal(et_record_make(&r, &out), ET_OK);
    return out;
}

TEST(metrics_follow_from_the_median)
{
    struct et_record r = record_of(sample_result("a", 0.5, 0.1, 21));
    assert_int_equal(r.metrics.n, 3);
    const struct et_metric_value *flops = et_record_metric(&r, "flops");
    const struct et_metric_value *time = et_record_metric(&r, "time");
    const struct et_result_time *t = &r.result.time;
    assert_non_null(flops);
    assert_true(flops == r.metrics.v); /* the headline stands first */
    assert_true(fabs(flops->value - 4) < 1e-9);
    assert_true(flops->ci_low < 4 && flops->ci_high > 4);
    assert_true(fabs(flops->ci_low - 2 / t->ci_high) < 1e-9);
    assert_true(fabs(flops->ci_high - 2 / t->ci_low) < 1e-9);
    assert_string_equal(flops->unit, "GFLOP/s");
    assert_string_equal(flops->better, "higher");
    assert_true(time->ci_low == t->ci_low && time->ci_high == t->ci_high);
    assert_string_equal(time->better, "lower");
    assert_null(et_record_metric(&r, "busbw"));
    et_record_free(&r);
}

TEST(few_samples_give_no_interval)
{
    struct et_record r = record_of(sample_result("a", 0.5, 0.1, 5));
    const struct et_metric_value *v = et_record_metric(&r, "flops");
    assert_true(isfinite(v->value) && isnan(v->ci_low) && isnan(v->ci_high));
    json_t *o = et_record_to_json(&r);
    json_t *m = json_array_get(json_object_get(o, "metrics"), 0);
    assert_true(json_is_null(json_object_get(m, "ci_low")));
    assert_true(json_is_number(json_object_get(m, "value")));
    json_decref(o);
    et_record_free(&r);
}

TEST(half_an_interval_is_none)
{
    struct et_result x = sample_result("a", 0.5, 0.1, 7);
    x.time.ci_high = NAN;
    struct et_record r = record_of(x);
    const struct et_metric_value *v = et_record_metric(&r, "flops");
    assert_true(isfinite(v->value) && isnan(v->ci_low) && isnan(v->ci_high));
    et_record_free(&r);
}

static void names(const struct et_record *r, const char *expected)
{
    char all[128] = "";
    const struct et_metric_value *v = r->metrics.v;
    for (size_t i = 0; i < r->metrics.n; i++) {
        strcat(all, v[i].name);
        strcat(all, " ");
    }
    assert_string_equal(all, expected);
}

TEST(metrics_apply_by_the_work)
{
    struct {
        double flop, bytes, bus, messages;
        const char *names;
    } cases[] = {{2e9, 12e6, 0, 0, "flops bandwidth time "},
                 {0, 12e6, 0, 0, "bandwidth time "},
                 {0, 12e6, 24e6, 2, "busbw algbw time "},
                 {3e6, 12e6, 24e6, 2, "busbw algbw time "},
                 {0, 12e6, NAN, 0, "algbw time "}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct et_result x = sample_result("a", 0.5, 0.1, 7);
        x.work.flop = cases[i].flop;
        x.work.bytes = cases[i].bytes;
        x.work.bus_bytes = cases[i].bus;
        x.work.messages = cases[i].messages;
        struct et_record r = record_of(x);
        names(&r, cases[i].names);
        et_record_free(&r);
    }
}

TEST(only_measured_has_metrics)
{
    for (int o = ET_MEASURED; o <= ET_UNMEASURED; o++) {
        struct et_result x = sample_result("a", 0.5, 0.1, 7);
        x.outcome = o;
        struct et_record r = record_of(x);
        assert_int_equal(r.metrics.n, o == ET_MEASURED ? 3 : 0);
        et_record_free(&r);
    }
}

TEST(json_round_trip)
{
    struct et_result x = sample_result("a", 1.0 / 3, 0.1, 7);
    x.verification.bound = INFINITY;
    x.label = strdup("caf\xe9"); /* Latin-1, not UTF-8 */
    struct et_result_count *c =
        et_list_add(&x.counters.values, sizeof(struct et_result_count));
    *c = (struct et_result_count){strdup("cycles"), strdup("PAPI_TOT_CYC"),
                                  1e18, 1, NAN};
    struct et_record a = record_of(x), b;
    json_t *first = et_record_to_json(&a);
    assert_int_equal(et_record_from_json(first, &b, "here"), ET_OK);
    json_t *second = et_record_to_json(&b);
    assert_true(json_equal(first, second));
    assert_true(b.result.time.samples.v[3] == a.result.time.samples.v[3]);
    assert_true(isnan(b.result.verification.bound));
    assert_string_equal(b.result.label, "caf?");
    assert_string_equal(et_pairs_get(&b.result.params, "m"), "1024");
    assert_string_equal(et_pairs_get(&b.result.params, "alpha"), "0.5");

    json_t *params = json_object_get(first, "params");
    assert_true(json_is_integer(json_object_get(params, "m")));
    assert_true(json_is_real(json_object_get(params, "alpha")));
    assert_true(json_is_string(json_object_get(params, "dtype")));
    json_t *v = json_object_get(first, "verification");
    assert_true(json_is_null(json_object_get(v, "bound")));
    assert_string_equal(json_string_value(json_object_get(v, "status")),
                        "passed");
    json_t *energy = json_object_get(first, "energy");
    assert_true(json_is_null(json_object_get(energy, "joules")));
    json_decref(first);
    json_decref(second);
    et_record_free(&a);
    et_record_free(&b);
}

/* Absent is null, for whole numbers too, and null is absent again. */
TEST(an_absent_count_is_null)
{
    struct et_result x = sample_result("a", 0.5, 0.1, 7);
    x.time.n = ET_ABSENT_INT;
    struct et_record a = record_of(x), b;
    json_t *o = et_record_to_json(&a);
    json_t *n = json_object_get(json_object_get(o, "time_s"), "n");
    assert_true(json_is_null(n));
    assert_int_equal(et_record_from_json(o, &b, "here"), ET_OK);
    assert_true(b.result.time.n == ET_ABSENT_INT);
    json_decref(o);
    et_record_free(&a);
    et_record_free(&b);
}

/* The passes of a case are merged into what was read: a list has the room that
 * et_reals_add counts on. */
TEST(lists_that_were_read_grow)
{
    for (size_t n = 1; n < 40; n++) {
        struct et_record a = record_of(sample_result("a", 0.5, 0.1, n)), b;
        json_t *o = et_record_to_json(&a);
        assert_int_equal(et_record_from_json(o, &b, "here"), ET_OK);
        struct et_reals *v = &b.result.time.samples;
        assert_int_equal(v->n, n);
        size_t room = malloc_usable_size(v->v);
        assert_true(room >= (n > 16 ? n > 32 ? 64 : 32 : 16) * sizeof *v->v);
        assert_true(et_reals_add(v, 1));
        assert_true(v->n == n + 1 && v->v[n] == 1);
        json_decref(o);
        et_record_free(&a);
        et_record_free(&b);
    }
}

/* A number that a list lacks is no number again, not 0. */
TEST(an_absent_sample_is_null)
{
    struct et_result x = sample_result("a", 0.5, 0.1, 7);
    struct et_record a = record_of(x), b;
    a.result.time.samples.v[2] = NAN;
    json_t *o = et_record_to_json(&a);
    json_t *time = json_object_get(o, "time_s");
    assert_true(
        json_is_null(json_array_get(json_object_get(time, "samples"), 2)));
    assert_int_equal(et_record_from_json(o, &b, "here"), ET_OK);
    assert_true(isnan(b.result.time.samples.v[2]));
    assert_true(b.result.time.samples.v[3] == a.result.time.samples.v[3]);
    json_decref(o);
    et_record_free(&a);
    et_record_free(&b);
}

TEST(odd_numbers_of_pairs_keep_their_value)
{
    struct et_result x = sample_result("a", 0.5, 0.1, 7);
    et_pairs_set(&x.facts, "huge", "18446744073709551615", true);
    et_pairs_set(&x.facts, "none", "", true);
    et_pairs_set(&x.facts, "small", "1e-300", true);
    et_pairs_set(&x.facts, "words", "12 apples", true);
    struct et_record a = record_of(x), b;
    json_t *o = et_record_to_json(&a);
    assert_int_equal(et_record_from_json(o, &b, "here"), ET_OK);
    const struct et_pairs *f = &b.result.facts;
    assert_string_equal(et_pairs_get(f, "huge"), "18446744073709551615");
    assert_string_equal(et_pairs_get(f, "none"), "");
    assert_string_equal(et_pairs_get(f, "small"), "1e-300");
    assert_string_equal(et_pairs_get(f, "words"), "12 apples");
    json_decref(o);
    et_record_free(&a);
    et_record_free(&b);
}

static void refused(const char *json, enum et_status status, const char *said)
{
    struct et_record r;
    json_error_t e;
    json_t *o = json_loads(json, JSON_DECODE_ANY, &e);
    assert_non_null(o);
    sample_listen();
    enum et_status s = et_record_from_json(o, &r, "file:7");
    const char *text = sample_said();
    assert_int_equal(s, status);
    assert_said(text, "file:7");
    assert_said(text, said);
    json_decref(o);
}

#define HEAD "{\"schema_version\":3,\"bench\":\"b\",\"case\":\"c\","
TEST(bad_records_are_refused)
{
    refused("[]", ET_INFRA, "object");
    refused("{}", ET_INFRA, "schema_version");
    refused("{\"schema_version\":4}", ET_USAGE, "newer");
    refused("{\"schema_version\":2}", ET_USAGE, "older");
    refused("{\"schema_version\":3,\"bench\":\"b\"}", ET_INFRA, "`case`");
    refused(HEAD "\"backend\":3}", ET_INFRA, "`backend`: not a string");
    refused(HEAD "\"backend\":\"x\",\"status\":\"fine\"}", ET_INFRA, "`fine`");
    refused(HEAD "\"backend\":\"x\",\"time_s\":{\"n\":1.5}}", ET_INFRA,
            "`n`: not a whole number");
    refused(HEAD "\"backend\":\"x\",\"time_s\":{\"samples\":[\"1\"]}}",
            ET_INFRA, "`samples`");
    refused(HEAD "\"backend\":\"x\",\"params\":{\"m\":[1]}}", ET_INFRA, "m");
    refused(HEAD "\"backend\":\"x\",\"team\":{\"oversubscribed\":0}}", ET_INFRA,
            "`oversubscribed`: not true or false");
}

TEST(what_is_not_said_is_not_good)
{
    struct et_record r;
    json_error_t e;
    json_t *o = json_loads(HEAD "\"backend\":\"x\",\"from_later\":1}", 0, &e);
    assert_int_equal(et_record_from_json(o, &r, "here"), ET_OK);
    assert_int_equal(r.result.outcome, ET_UNMEASURED);
    assert_int_equal(r.result.verification.status, ET_CHECK_NONE);
    assert_true(isnan(r.result.time.median));
    assert_int_equal(r.result.team.ranks, ET_ABSENT_INT);
    json_decref(o);
    et_record_free(&r);
}

TEST(words)
{
    char buf[ET_TEXT_NUMBER];
    struct et_result x = sample_result("a/b", 0.5, 0.1, 7);
    et_pairs_set(&x.facts, "cache", "cold", false);
    struct et_record r = record_of(x);
    assert_string_equal(et_record_word(&r, "case", buf), "a/b");
    assert_string_equal(et_record_word(&r, "ranks", buf), "2");
    assert_string_equal(et_record_word(&r, "status", buf), "measured");
    assert_string_equal(et_record_word(&r, "dtype", buf), "fp32");
    assert_string_equal(et_record_word(&r, "cache", buf), "cold");
    assert_null(et_record_word(&r, "label", buf));
    assert_null(et_record_word(&r, "colour", buf));
    et_record_free(&r);
}

static void walk(const struct et_field *rows)
{
    for (; rows->key; rows++) {
        assert_non_null(rows->help);
        assert_null(strchr(rows->help, '\n'));
        assert_int_not_equal(rows->help[strlen(rows->help) - 1], '.');
        if (rows->type == ET_OBJECT || rows->type == ET_LIST) {
            assert_non_null(rows->sub);
            assert_true(rows->sub_size > 0);
            walk(rows->sub);
        }
    }
}

TEST(every_row_is_documented)
{
    walk(et_result_rows);
    walk(et_run_rows);
    walk(et_run_info_rows);
    for (const struct et_metric *m = et_metrics; m->name; m++) {
        assert_non_null(m->formula);
        assert_true(m->scale > 0);
        assert_ptr_equal(et_metric_find(m->name), m);
    }
    assert_null(et_metric_find("flop"));
}

TEST_MAIN(metrics_follow_from_the_median, few_samples_give_no_interval,
          half_an_interval_is_none, metrics_apply_by_the_work,
          only_measured_has_metrics, json_round_trip, an_absent_count_is_null,
          lists_that_were_read_grow, an_absent_sample_is_null,
          odd_numbers_of_pairs_keep_their_value, bad_records_are_refused,
          what_is_not_said_is_not_good, words, every_row_is_documented)
