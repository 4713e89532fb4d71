/* A case against the ceilings measured beside it, by hand: 2 GFLOP in 10 ms
 * are 200 GFLOP/s, 8 MB of traffic make 250 FLOP/B. */
#include "config.h"
#include "tests/unit/test_main.h"
#include "results/record/record.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/results/sample.h"

#define PEAK "peak avx512 dtype=fp32"
#define READ "stream native op=read"

static struct et_result bounded(double compute, double memory)
{
    struct et_result r = sample_result("a", 0.01, 0.001, 21);
    if (compute > 0)
        sample_ceiling(&r, "compute", PEAK, compute);
    if (memory > 0)
        sample_ceiling(&r, "memory", READ, memory);
    return r;
}

static struct et_record record_of(struct et_result r)
{
    struct et_record out;
    assert_int_equal(et_record_make(&r, &out), ET_OK);
    return out;
}

static void near(double a, double b)
{
    if (!(fabs(a - b) <= 1e-9 * fabs(b)))
        fail_msg("%.12g is not %.12g", a, b);
}

TEST(test_compute)
{
    struct et_record r = record_of(bounded(250e9, 10e9));
    const struct et_result_time *t = &r.result.time;
    near(r.roofline.intensity, 250);
    near(r.roofline.attainable, 250e9);
    near(r.roofline.share, 0.8);
    /* The worst ends of both. */
    near(r.roofline.share_low, 2e9 / t->ci_high / (1.01 * 250e9));
    near(r.roofline.share_high, 2e9 / t->ci_low / (0.99 * 250e9));
    assert_true(r.roofline.share_low < 0.8 && r.roofline.share_high > 0.8);
    assert_string_equal(r.roofline.binds, "compute");
    assert_null(r.roofline.suspect);
    assert_null(r.roofline.absent);
    et_record_free(&r);
}

TEST(test_memory)
{
    struct et_record r = record_of(bounded(2000e9, 1e9));
    near(r.roofline.attainable, 250e9);
    near(r.roofline.attainable_high, 1.01 * 250e9);
    assert_string_equal(r.roofline.binds, "memory");
    assert_null(r.roofline.suspect);
    et_record_free(&r);
}

TEST(test_suspect)
{
    struct et_record r = record_of(bounded(150e9, 10e9));
    assert_string_equal(r.roofline.suspect, PEAK);
    et_record_free(&r);
    r = record_of(bounded(2000e9, 0.5e9));
    assert_string_equal(r.roofline.suspect, READ);
    et_record_free(&r);
    /* One ceiling is enough to lie above it, and no share comes of it. */
    r = record_of(bounded(150e9, 0));
    assert_string_equal(r.roofline.suspect, PEAK);
    assert_true(isnan(r.roofline.share));
    et_record_free(&r);
    /* Above the ceiling, but within its interval. */
    r = record_of(bounded(199e9, 10e9));
    assert_true(r.roofline.share > 1);
    assert_null(r.roofline.suspect);
    et_record_free(&r);
}

/* A ceiling that was measured in several ways is the fastest of them; above
 * both kinds, the lower one is named. */
TEST(test_several)
{
    struct et_result x = bounded(150e9, 10e9);
    sample_ceiling(&x, "compute", "peak amx", 250e9);
    sample_ceiling(&x, "compute", "peak portable", 100e9);
    struct et_record r = record_of(x);
    near(r.roofline.attainable, 250e9);
    near(r.roofline.share, 0.8);
    near(r.roofline.share_low, 2e9 / r.result.time.ci_high / (1.01 * 250e9));
    assert_null(r.roofline.suspect);
    et_record_free(&r);
    /* 200 GFLOP/s; 150 by compute, 250 FLOP/B x 0.5 GB/s = 125 by memory. */
    r = record_of(bounded(150e9, 0.5e9));
    assert_string_equal(r.roofline.suspect, READ);
    assert_string_equal(r.roofline.binds, "memory");
    near(r.roofline.share, 1.6);
    et_record_free(&r);
    /* 110 by compute is the lower one now. */
    r = record_of(bounded(110e9, 0.5e9));
    assert_string_equal(r.roofline.suspect, PEAK);
    assert_string_equal(r.roofline.binds, "compute");
    et_record_free(&r);
}

/* What is not known is absent, and why. */
TEST(test_absent)
{
    struct et_record r = record_of(bounded(0, 0));
    assert_true(isnan(r.roofline.attainable) && isnan(r.roofline.share));
    assert_null(r.roofline.binds);
    assert_string_equal(r.roofline.absent,
                        "no compute ceiling was measured with it");
    et_record_free(&r);
    r = record_of(bounded(250e9, 0));
    assert_true(isnan(r.roofline.share));
    assert_string_equal(r.roofline.absent,
                        "no memory ceiling was measured with it");
    et_record_free(&r);
    struct et_result x = bounded(250e9, 10e9);
    x.work.traffic = NAN;
    r = record_of(x);
    assert_true(isnan(r.roofline.intensity) && isnan(r.roofline.share));
    assert_string_equal(r.roofline.absent,
                        "the traffic to memory is not known");
    et_record_free(&r);
    x = bounded(250e9, 10e9);
    struct et_result_ceiling *c = x.ceilings.v;
    c[0].absent = strdup("it was wrong");
    r = record_of(x);
    assert_string_equal(r.roofline.absent, "compute ceiling: it was wrong");
    assert_null(r.roofline.suspect);
    et_record_free(&r);
    /* No operations, no roof; not measured, no roof. */
    x = bounded(250e9, 10e9);
    x.work.flop = 0;
    r = record_of(x);
    assert_true(isnan(r.roofline.share) && !r.roofline.absent);
    et_record_free(&r);
    x = bounded(150e9, 10e9);
    x.outcome = ET_WRONG_DATA;
    r = record_of(x);
    assert_true(isnan(r.roofline.share) && !r.roofline.suspect);
    et_record_free(&r);
    /* However wide its own interval is, and where it has none. */
    for (int wide = 0; wide < 2; wide++) {
        x = bounded(150e9, 10e9);
        x.time.ci_low = wide ? x.time.median / 3 : NAN;
        x.time.ci_high = wide ? x.time.median * 3 : NAN;
        r = record_of(x);
        assert_string_equal(r.roofline.suspect, PEAK);
        et_record_free(&r);
    }
}

TEST(test_round_trip)
{
    struct et_record a = record_of(bounded(150e9, 10e9)), b;
    json_t *j = et_record_to_json(&a);
    assert_int_equal(et_record_from_json(j, &b, "here"), ET_OK);
    near(b.roofline.share, a.roofline.share);
    assert_string_equal(b.roofline.suspect, PEAK);
    et_record_free(&b);
    /* A record of an older build: absent, not zero. */
    json_object_del(j, "roofline");
    assert_int_equal(et_record_from_json(j, &b, "here"), ET_OK);
    assert_true(isnan(b.roofline.share) && isnan(b.roofline.intensity));
    assert_null(b.roofline.suspect);
    et_record_free(&b);
    json_decref(j);
    et_record_free(&a);
}

TEST_MAIN(test_compute, test_memory, test_suspect, test_several, test_absent,
          test_round_trip)
