/* Every metric has one value here that was worked out by hand: its formula,
 * its unit, which end of the time gives which end of the interval, and which
 * way is better. A metric without a row in the table fails.
 */
#include "config.h"
#include "tests/unit/test_main.h"
#include "results/record/metric.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "results/record/record.h"
#include "tests/unit/results/sample.h"

/* All of it in 2 ms, with a 95 % interval of 1.6 ms to 2.5 ms: an amount A is
 * a rate of 500 A/s, and of 400 A/s to 625 A/s. */
#define MEDIAN 2e-3
#define LOW 1.6e-3
#define HIGH 2.5e-3

static const struct {
    const char *name, *unit, *better;
    struct et_result_work work;
    double value, low, high; /* in `unit` */
} rows[] = {
    /* 3e9 FLOP x 500/s = 1.5e12 FLOP/s = 1500 GFLOP/s */
    {"flops", "GFLOP/s", "higher", {.flop = 3e9}, 1500, 1200, 1875},
    /* 1.5e9 B x 500/s = 7.5e11 B/s = 750 GB/s; the vector's own bytes and
     * the additions do not enter */
    {"busbw",
     "GB/s",
     "higher",
     {.bus_bytes = 1.5e9, .bytes = 1e9, .flop = 7e9, .messages = 6},
     750,
     600,
     937.5},
    /* 1e9 B x 500/s = 500 GB/s */
    {"algbw",
     "GB/s",
     "higher",
     {.bus_bytes = 1.5e9, .bytes = 1e9, .flop = 7e9, .messages = 6},
     500,
     400,
     625},
    /* 4e9 B x 500/s = 2000 GB/s */
    {"bandwidth",
     "GB/s",
     "higher",
     {.bytes = 4e9, .traffic = 6e9},
     2000,
     1600,
     2500},
    /* 6e9 B x 500/s = 3000 GB/s */
    {"traffic_rate",
     "GB/s",
     "higher",
     {.bytes = 4e9, .traffic = 6e9},
     3000,
     2400,
     3750},
    /* 2 ms for 1e4 loads, one after the other: 200 ns each */
    {"access_time", "ns", "lower", {.accesses = 1e4}, 200, 160, 250},
    {"time", "s", "lower", {.flop = 1}, 2e-3, 1.6e-3, 2.5e-3},
};
#define ROWS (sizeof rows / sizeof *rows)

static void near(const char *what, const char *end, double a, double b)
{
    if (!(fabs(a - b) <= 1e-12 * fabs(b)))
        fail_msg("%s: %s is %.15g, by hand %.15g", what, end, a, b);
}

static struct et_record record_of(struct et_result_work work)
{
    struct et_result x = sample_result("a", MEDIAN, 0.1, 21);
    struct et_record out;
    x.time.ci_low = LOW;
    x.time.ci_high = HIGH;
    x.work.flop = work.flop;
    x.work.bytes = work.bytes;
    x.work.bus_bytes = work.bus_bytes;
    x.work.messages = work.messages;
    x.work.traffic = work.traffic;
    x.work.accesses = work.accesses;
    assert_int_equal(et_record_make(&x, &out), ET_OK);
    return out;
}

TEST(every_metric_by_hand)
{
    for (size_t i = 0; i < ROWS; i++) {
        struct et_record r = record_of(rows[i].work);
        const struct et_metric_value *v = et_record_metric(&r, rows[i].name);
        if (!v)
            fail_msg("%s: not among the metrics", rows[i].name);
        near(v->name, "value", v->value, rows[i].value);
        near(v->name, "ci_low", v->ci_low, rows[i].low);
        near(v->name, "ci_high", v->ci_high, rows[i].high);
        assert_string_equal(v->unit, rows[i].unit);
        assert_string_equal(v->better, rows[i].better);
        et_record_free(&r);
    }
}

TEST(no_metric_is_without_a_value)
{
    size_t n = 0;
    for (const struct et_metric *m = et_metrics; m->name; m++, n++) {
        size_t i = 0;
        while (i < ROWS && strcmp(rows[i].name, m->name) != 0)
            i++;
        if (i == ROWS)
            fail_msg("%s: no value was worked out by hand", m->name);
        assert_ptr_equal(et_metric_find(m->name), m);
    }
    assert_int_equal(n, ROWS);
    assert_null(et_metric_find("speed"));
}

/* A bare unit of a contract and the unit of a record differ by the scale. */
TEST(base_units)
{
    static const struct {
        const char *name, *base;
        double scale;
    } bases[] = {{"flops", "FLOP/s", 1e9},
                 {"busbw", "B/s", 1e9},
                 {"algbw", "B/s", 1e9},
                 {"bandwidth", "B/s", 1e9},
                 {"traffic_rate", "B/s", 1e9},
                 {"access_time", "s", 1e-9},
                 {"time", "s", 1}};
    for (size_t i = 0; i < sizeof bases / sizeof *bases; i++) {
        const struct et_metric *m = et_metric_find(bases[i].name);
        assert_non_null(m);
        assert_string_equal(m->base, bases[i].base);
        near(m->name, "scale", m->scale, bases[i].scale);
    }
}

/* A collective counts no additions as its speed; one of a lone rank uses no
 * link, and says so by NAN. */
TEST(what_does_not_apply)
{
    static const struct {
        struct et_result_work work;
        const char *has, *has_not;
    } cases[] = {
        {{.flop = 1, .traffic = 1}, "flops", "bandwidth"},
        {{.flop = 1, .bytes = 1, .traffic = 1}, "bandwidth", "algbw"},
        {{.flop = 1, .bytes = 1, .traffic = 1}, "flops", "traffic_rate"},
        {{.flop = 1, .bytes = 1}, "flops", "algbw"},
        {{.flop = 1, .bytes = 1, .bus_bytes = 1}, "busbw", "flops"},
        {{.flop = 1, .bytes = 1, .bus_bytes = NAN}, "algbw", "busbw"},
        {{.flop = 1, .bytes = 1, .bus_bytes = NAN}, "algbw", "flops"},
        {{.bytes = 1, .messages = 1}, "algbw", "bandwidth"},
        {{.bytes = 1, .traffic = 1, .messages = 1}, "algbw", "traffic_rate"},
        {{.bytes = 1}, "bandwidth", "traffic_rate"},
        {{.accesses = 1}, "access_time", "flops"},
        {{.bytes = 1}, "time", "access_time"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct et_record r = record_of(cases[i].work);
        if (!et_record_metric(&r, cases[i].has))
            fail_msg("row %zu: no %s", i, cases[i].has);
        if (et_record_metric(&r, cases[i].has_not))
            fail_msg("row %zu: it has %s", i, cases[i].has_not);
        et_record_free(&r);
    }
}

/* No time, no rate: nothing is divided by zero. */
TEST(no_time_no_rate)
{
    struct et_result r = sample_result("a", MEDIAN, 0.1, 21);
    assert_true(isnan(et_metric_find("flops")->value(&r, 0)));
    assert_true(isnan(et_metric_find("flops")->value(&r, -1)));
    et_result_free(&r);
}

TEST_MAIN(every_metric_by_hand, no_metric_is_without_a_value, base_units,
          what_does_not_apply, no_time_no_rate)
