/* The course of a case on several ranks, and what becomes of its figures: when
 * sampling ends, warm-up that does not count, a drift, joules of every node,
 * counts of every rank, outputs of several kinds, and the way back from windows
 * to barriers. Ranks are threads. On the fake clock a rank's work is so many
 * readings of it, of 1 to 1.02 ms each, so that every time is known.
 */
#include "config.h"
#include "tests/unit/test_main.h"

#include <math.h>
#include <string.h>

#include "harness/base/log.h"
#include "harness/run/measure.h"
#include "harness/team/threads.h"
#include "tests/unit/fake_bench.h"

#define MOST 4

/* A rank's part of a trial. */
struct member {
    struct et_clock clock;
    struct et_result result;
    enum et_status status;
    int rank, ran;
    uint64_t output;
    const struct et_counter_source *counts;
};

struct trial {
    int ranks, per_node;
    bool real, global;     /* the clock; one of the team */
    const char *no_global; /* why no windows */
    struct et_bench bench;
    int (*pace)(int rank, int ran); /* readings of the clock; NULL: none */
    double budget, precision, min_time;
    int64_t min_samples, max_samples, passes;
    int leap;   /* the run in which the last rank's clock leaps; 0: none */
    bool kinds; /* ranks' processors take turns */
    struct member members[MOST];
};

struct state {
    struct trial *trial;
    struct member *me;
};

static enum et_status prepare(void *state, const struct et_setting *setting,
                              const void *params)
{
    struct state *s = state;
    void *p = NULL;
    (void)params;
    if (sscanf(setting->tag, "%p", &p) != 1)
        return ET_INFRA;
    s->trial = p;
    s->me = &s->trial->members[setting->team->rank];
    return ET_OK;
}

/* Some 30 ns an iteration on the real clock. */
static enum et_status run(void *state, uint64_t iterations)
{
    struct state *s = state;
    struct member *me = s->me;
    volatile unsigned sink = 0;
    me->ran++;
    if (s->trial->real) {
        if (s->trial->leap == me->ran && me->rank == s->trial->ranks - 1)
            me->clock.skew += 2;
        for (uint64_t i = 0; i < 20 * iterations; i++)
            sink = sink + 1;
        return ET_OK;
    }
    for (int i = s->trial->pace ? s->trial->pace(me->rank, me->ran) : 1; i > 0;
         i--)
        et_clock_now(&me->clock);
    return ET_OK;
}

static enum et_status verify(void *state, struct et_verification *out)
{
    (void)state;
    *out = (struct et_verification){
        .status = ET_CHECK_PASSED, .error = 0.25, .bound = 2, .certain = 3};
    return ET_OK;
}

static void work(const void *state, struct et_work *out)
{
    (void)state;
    *out = (struct et_work){.flop = 1,
                            .bytes = 2,
                            .bus_bytes = 3,
                            .messages = 4,
                            .traffic = 5,
                            .accesses = 6,
                            .convention = "seven"};
}

static void release(void *state)
{
    (void)state;
}

/* Joules: one for each run of the rank that reads. */
static _Thread_local const struct member *reader;

static enum et_status read_runs(const struct et_energy *e, double *joules)
{
    (void)e;
    joules[0] = reader->ran;
    return ET_OK;
}

/* The fake counts, times the rank's number from 1. */
static enum et_status stop_scaled(struct et_counters *c,
                                  struct et_counter_value *v, int *threads)
{
    enum et_status s = reader->counts->stop(c, v, threads);
    for (size_t i = 0; i < c->n_events; i++) {
        double times = reader->rank + 1;
        v[i] = (struct et_counter_value){times * v[i].total, times * v[i].min,
                                         times * v[i].max};
    }
    *threads = reader->rank + 1;
    return s;
}

static enum et_status take_part(struct et_team *team, void *arg)
{
    struct trial *t = arg;
    struct member *me = &t->members[team->rank];
    struct et_counters counters;
    struct et_options o;
    struct et_global_clock *global = NULL;
    struct et_case c;
    char tag[32];
    const struct et_energy_source meter = {.name = "runs", .read = read_runs};
    struct et_energy energy = {
        .source = &meter, .n = 1, .names = {"package-0"}, .reason = "none"};
    me->rank = team->rank;
    reader = me;
    snprintf(tag, sizeof tag, "%p", (void *)t);
    et_result_begin(&me->result);
    if (et_clock_open(t->real ? "real" : "fake", &me->clock) != ET_OK ||
        et_counters_open("fake", &counters) != ET_OK ||
        et_fields_init(et_option_rows, &o, sizeof o) != ET_OK ||
        et_case_init(&t->bench, &c) != ET_OK ||
        et_case_set(&c, "backend", "quick", "t") != ET_OK ||
        et_case_set(&c, "threads", "1", "t") != ET_OK ||
        et_case_name(&c) != ET_OK)
        return ET_USAGE;
    c.ranks = team->size;
    o.passes = t->passes;
    o.budget = t->budget;
    o.precision = t->precision;
    o.min_time = t->min_time;
    o.min_samples = t->min_samples;
    o.max_samples = t->max_samples;
    if (t->global) {
        me->clock.identity = 1 + (uint64_t)team->rank; /* each its own */
        if (et_global_clock_open(team, &me->clock, &global) != ET_OK)
            return ET_USAGE;
    }
    me->counts = counters.source;
    struct et_counter_source scaled = *counters.source;
    scaled.stop = stop_scaled;
    counters.source = &scaled;
    const struct et_instruments with = {
        .clock = &me->clock,
        .counters = &counters,
        .energy = &energy,
        .options = &o,
        .kind = t->kinds ? (uint64_t)team->rank % 2 : 1,
        .global = global,
        .no_global = t->no_global,
        .tag = tag};
    me->status = et_measure(&with, &c, team, &me->result);
    counters.source = me->counts;
    et_global_clock_close(global);
    et_counters_close(&counters);
    et_fields_free(et_option_rows, &o, sizeof o);
    et_case_free(&c);
    return ET_OK;
}

static struct trial trial_of(int ranks, int (*pace)(int rank, int ran))
{
    struct trial t = {.ranks = ranks,
                      .bench = fake_bench,
                      .pace = pace,
                      .budget = 2,
                      .precision = 0.03,
                      .min_time = 1e-3,
                      .min_samples = 12,
                      .max_samples = 1000,
                      .passes = 1};
    t.bench.state_size = sizeof(struct state);
    t.bench.unsupported = NULL;
    t.bench.prepare = prepare;
    t.bench.run = run;
    t.bench.verify = verify;
    t.bench.work = work;
    t.bench.facts = NULL;
    t.bench.release = release;
    return t;
}

static const char *supported(const void *params, const char *backend, int ranks)
{
    (void)params, (void)backend, (void)ranks;
    return NULL;
}

/* Rank 0's result; all ranks' outcome is the same. */
static const struct et_result *go(struct trial *t)
{
    t->bench.unsupported = supported;
    assert_int_equal(et_team_threads_run(t->ranks, t->per_node, take_part, t),
                     ET_OK);
    for (int r = 0; r < t->ranks; r++) {
        assert_int_equal(t->members[r].status, ET_OK);
        assert_int_equal(t->members[r].result.outcome,
                         t->members[0].result.outcome);
        assert_int_equal(t->members[r].ran, t->members[0].ran);
    }
    return &t->members[0].result;
}

static void end(struct trial *t)
{
    for (int r = 0; r < t->ranks; r++)
        et_result_free(&t->members[r].result);
}

/* --- when it ends ----------------------------------------------------------
 */

static int even(int rank, int ran)
{
    (void)rank, (void)ran;
    return 1;
}

TEST(stopping)
{
    /* Converged: long before the budget of 2 s, at samples of some 3 ms. */
    struct trial t = trial_of(2, even);
    const struct et_result *r = go(&t);
    assert_int_equal(r->outcome, ET_MEASURED);
    assert_true(r->time.converged && r->time.n >= 12 && r->time.n < 100);
    end(&t);
    /* It never does: the budget ends it, once the least number is there. */
    t = trial_of(2, even);
    t.precision = 1e-6;
    t.budget = 0.2;
    r = go(&t);
    assert_true(!r->time.converged && r->time.n >= 30 && r->time.n < 110);
    end(&t);
    t = trial_of(2, even);
    t.precision = 1e-6;
    t.budget = 0.03; /* 12 samples take some 36 ms, five budgets are 150 */
    r = go(&t);
    assert_int_equal(r->time.n, 12);
    end(&t);
    /* But not for more than five budgets. */
    t = trial_of(2, even);
    t.precision = 1e-6;
    t.budget = 4e-3;
    t.min_samples = 40;
    r = go(&t);
    assert_true(r->time.n >= 4 && r->time.n <= 7);
    assert_int_equal(r->outcome, ET_MEASURED);
    end(&t);
    t = trial_of(2, even);
    t.precision = 1e-6;
    t.max_samples = 17;
    r = go(&t);
    assert_int_equal(r->time.n, 17);
    end(&t);
}

/* A pass has its share of the case's budget and samples. */
TEST(shares)
{
    struct trial t = trial_of(2, even);
    t.precision = 1e-6;
    t.passes = 5;
    t.budget = 1; /* a fifth of it, as above */
    const struct et_result *r = go(&t);
    assert_true(r->time.n >= 30 && r->time.n < 110);
    end(&t);
    t = trial_of(2, even);
    t.precision = 1e-6;
    t.passes = 5;
    t.budget = 0.1; /* some 7 samples */
    t.min_samples = 51;
    r = go(&t);
    assert_int_equal(r->time.n, 11);
    end(&t);
    t = trial_of(2, even);
    t.precision = 1e-6;
    t.passes = 5;
    t.max_samples = 83;
    r = go(&t);
    assert_int_equal(r->time.n, 17);
    end(&t);
}

/* A sample lasts min_time, whatever one iteration lasts; and the counted sample
 * has as many. */
TEST(calibrating)
{
    struct trial t = trial_of(1, NULL);
    t.real = true;
    t.budget = 0.05;
    t.min_time = 2e-3;
    const struct et_result *r = go(&t);
    assert_int_equal(r->outcome, ET_MEASURED);
    assert_true(r->time.iterations > 1000);
    assert_true(r->time.median * (double)r->time.iterations > 1e-3);
    assert_int_equal(r->counters.iterations, r->time.iterations);
    end(&t);
}

/* --- warm-up, drift, energy --------------------------------------------------
 */

enum { COLD = 30 };

/* Rank 1 is the slowest while all are cold, rank 2 afterwards. */
static int warming(int rank, int ran)
{
    return ran <= COLD ? (rank == 1 ? 9 : 6) : (rank == 2 ? 3 : 2);
}

/* Neither the figures nor the ranks' share in them hold a sample of before;
 * joules were paid for all of them. */
TEST(warm_up_is_dropped)
{
    struct trial t = trial_of(4, warming);
    t.per_node = 2;
    t.min_samples = 70;
    t.max_samples = 120;
    const struct et_result *r = go(&t);
    const struct et_result_time *time = &r->time;
    assert_int_equal(r->outcome, ET_MEASURED);
    /* The first run is the check's. */
    assert_int_equal(time->warmup, COLD - 1);
    assert_int_equal(time->transient.n, COLD - 1);
    assert_true(time->transient.v[COLD - 2] > 9e-3);
    assert_true(time->n >= 70 && time->samples.n == (size_t)time->n);
    assert_true(time->max < 5e-3 && time->min > 3.9e-3);
    assert_int_equal(time->slowest_rank, 2);
    assert_true(fabs(time->imbalance - 4.0 / 3) < 0.05);
    assert_true(r->rank_last.v[2] == (double)time->n);
    assert_true(r->rank_last.v[1] == 0);
    assert_false(time->drifts);
    /* Two nodes, one joule a run on each. */
    assert_null(r->energy.absent);
    assert_string_equal(r->energy.source, "runs");
    assert_true(r->energy.iterations > (double)time->n);
    assert_true(r->energy.joules == 2 * r->energy.iterations);
    /* The check, the warm-up proper, the samples, one counted sample. */
    assert_int_equal(t.members[0].ran, 1 + time->warmup + time->n + 1);
    end(&t);
}

/* From 60 readings a sample to some 35: a fall of about half the median. */
static int quicker(int rank, int ran)
{
    (void)rank;
    return 60 - ran / 4;
}

TEST(a_falling_drift)
{
    struct trial t = trial_of(2, quicker);
    t.min_samples = 90;
    t.max_samples = 100;
    t.budget = 20;
    const struct et_result *r = go(&t);
    assert_true(r->time.drifts);
    assert_true(r->time.drift < -0.2 && r->time.drift > -0.8);
    assert_true(r->time.drift_p < 0.01);
    end(&t);
}

/* --- what is told of it
 * -------------------------------------------------------- */

TEST(figures)
{
    struct trial t = trial_of(3, even);
    const struct et_result *r = go(&t);
    assert_true(r->work.flop == 1 && r->work.bytes == 2);
    assert_true(r->work.bus_bytes == 3 && r->work.messages == 4);
    assert_true(r->work.traffic == 5 && r->work.accesses == 6);
    assert_string_equal(r->work.convention, "seven");
    assert_true(r->verification.error == 0.25 && r->verification.bound == 2);
    assert_true(r->verification.certain == 3);
    /* Each check is one step of the fake clock. */
    assert_true(r->verification.spent >= 2e-3 && r->verification.spent < 3e-3);
    /* Counts: 1, 2 and 3 times those of the fake source. */
    const struct et_result_count *v = r->counters.values.v;
    for (size_t i = 0; i < r->counters.values.n; i++) {
        double one = 1000.0 * (double)(i + 1);
        assert_true(v[i].total == 6 * 1.5 * one);
        assert_true(v[i].min == 0.5 * one && v[i].max == 3 * one);
    }
    assert_int_equal(r->counters.threads, 1 + 2 + 3);
    end(&t);
}

static void constant_output(const void *state, struct et_output *out)
{
    const struct state *s = state;
    s->me->output = s->trial->kinds ? 1 + (uint64_t)s->me->rank % 2 : 1;
    *out = (struct et_output){&s->me->output, sizeof s->me->output, true};
}

static void own_output(const void *state, struct et_output *out)
{
    const struct state *s = state;
    s->me->output = (uint64_t)s->me->rank;
    *out = (struct et_output){&s->me->output, sizeof s->me->output, false};
}

/* Alike at the end, not at the first check. */
static void late_output(const void *state, struct et_output *out)
{
    constant_output(state, out);
    out->alike = ((const struct state *)state)->me->ran > 1;
}

TEST(digests)
{
    struct trial t = trial_of(4, even);
    t.bench.output = constant_output;
    const struct et_result *r = go(&t);
    assert_int_equal(r->outcome, ET_MEASURED);
    assert_non_null(r->verification.digest);
    end(&t);
    /* Two kinds of processors have an output each. */
    t = trial_of(4, even);
    t.kinds = true;
    t.bench.output = constant_output;
    r = go(&t);
    assert_int_equal(r->outcome, ET_MEASURED);
    assert_non_null(r->verification.digest);
    assert_int_equal(r->verification.odd.n, 0);
    end(&t);
    void (*const none[])(const void *, struct et_output *) = {own_output,
                                                              late_output};
    for (size_t i = 0; i < 2; i++) {
        t = trial_of(4, even);
        t.bench.output = none[i];
        r = go(&t);
        assert_int_equal(r->outcome, ET_MEASURED);
        assert_null(r->verification.digest);
        assert_string_equal(r->verification.digest_absent,
                            "the ranks' outputs are not alike");
        end(&t);
    }
    t = trial_of(4, even);
    r = go(&t);
    assert_string_equal(r->verification.digest_absent,
                        "its own check covers every rank");
    end(&t);
}

/* --- from windows to barriers
 * ---------------------------------------------------- */

TEST(why_barriers)
{
    struct trial t = trial_of(3, even);
    const struct et_result *r = go(&t);
    assert_string_equal(r->sync.start, "barrier");
    assert_string_equal(r->sync.reason, "a fake clock has no global time");
    end(&t);
    t = trial_of(1, even);
    r = go(&t);
    assert_string_equal(r->sync.start, "alone");
    assert_null(r->sync.reason);
    end(&t);
    t = trial_of(3, NULL);
    t.real = true;
    t.budget = 0.02;
    r = go(&t);
    assert_string_equal(r->sync.start, "barrier");
    assert_string_equal(r->sync.reason, "no global clock was opened");
    assert_true(isnan(r->sync.error) && isnan(r->sync.window));
    end(&t);
    /* A busy machine's clock may be off by milliseconds, which is a reason of
     * its own. */
    for (int tries = 5;; tries--) {
        t = trial_of(3, NULL);
        t.real = t.global = true;
        t.budget = 0.02;
        t.min_time = 20e-3; /* long against most errors of the clock */
        t.min_samples = 6;
        t.no_global = "more ranks than cores";
        r = go(&t);
        assert_string_equal(r->sync.start, "barrier");
        if (tries == 1 || (r->sync.error < 1e-3 &&
                           !strstr(r->sync.reason, "the global clock's error")))
            break;
        end(&t);
    }
    assert_string_equal(r->sync.reason, "more ranks than cores");
    assert_true(r->sync.error > 0 && r->sync.error < 1e-3);
    assert_true(r->sync.error_after > 0);
    end(&t);
}

/* The last rank's clock leaps by 2 s between the samples: the error measured
 * after them tells; they are taken again by barriers, and their times are the
 * ranks' own, not those of the leap. True: windows were in use before it; a
 * machine that is too busy has none to lose. */
static bool leaps(void)
{
    struct trial t = trial_of(3, NULL);
    t.real = t.global = true;
    t.budget = 0.3;     /* samples take longer on a machine that is busy */
    t.min_time = 20e-3; /* long against any error of the clock */
    t.max_samples = 20;
    t.precision = 1e-6;
    t.leap = 18;
    const struct et_result *r = go(&t);
    assert_int_equal(r->outcome, ET_MEASURED);
    assert_string_equal(r->sync.start, "barrier");
    assert_non_null(strstr(r->sync.reason, "the global clock's error of "));
    double after = r->sync.error_after;
    assert_true(isnan(after) || after > 1.99);
    assert_true(r->time.min * (double)r->time.iterations < 1);
    assert_true(r->time.n >= 4);
    end(&t);
    return !isnan(after);
}

TEST(a_leap)
{
    for (int i = 0; i < 10; i++) {
        if (leaps())
            return;
    }
    print_message("a_leap: ten times too busy for windows before the leap\n");
    skip();
}

QUIET_TEST_MAIN(stopping, shares, calibrating, figures, warm_up_is_dropped,
                a_falling_drift, digests, why_barriers, a_leap)
