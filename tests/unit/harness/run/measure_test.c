/* measure and drive on a team of one, a fake clock and a fake bench: what
 * becomes of a case that goes right, wrong, or not at all, that it is always
 * released, and what reaches the sink.
 */
#include "config.h"
#include "tests/unit/test_main.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "harness/base/log.h"
#include "harness/base/random.h"
#include "harness/config/plan.h"
#include "harness/run/drive.h"
#include "harness/run/stop.h"
#include "tests/unit/fake_bench.h"

struct lab {
    struct et_clock clock;
    struct et_counters counters;
    struct et_energy energy;
    struct et_options options;
    struct et_team *team;
    char tag[32];
    struct et_instruments with;
};

static void open_lab(struct lab *l, struct fake *f, const char *counters)
{
    assert_int_equal(et_clock_open("fake", &l->clock), ET_OK);
    assert_int_equal(et_counters_open(counters, &l->counters), ET_OK);
    l->energy = (struct et_energy){.reason = "no energy here"};
    assert_int_equal(
        et_fields_init(et_option_rows, &l->options, sizeof l->options), ET_OK);
    l->options.passes = 1;
    assert_int_equal(et_team_open("self", &l->team), ET_OK);
    fake_tag(f, l->tag);
    l->with = (struct et_instruments){.clock = &l->clock,
                                      .counters = &l->counters,
                                      .energy = &l->energy,
                                      .options = &l->options,
                                      .tag = l->tag};
}

static void close_lab(struct lab *l)
{
    et_counters_close(&l->counters);
    et_fields_free(et_option_rows, &l->options, sizeof l->options);
    et_team_close(l->team);
}

static void measure_bench(struct lab *l, const struct et_bench *bench,
                          const char *backend, struct et_result *r)
{
    struct et_case c;
    assert_int_equal(et_case_init(bench, &c), ET_OK);
    assert_int_equal(et_case_set(&c, "backend", backend, "t"), ET_OK);
    assert_int_equal(et_case_set(&c, "threads", "2", "t"), ET_OK);
    assert_int_equal(et_case_name(&c), ET_OK);
    et_result_begin(r);
    assert_int_equal(et_measure(&l->with, &c, l->team, r), ET_OK);
    et_case_free(&c);
}

static void measure_with(struct lab *l, const char *backend,
                         struct et_result *r)
{
    measure_bench(l, &fake_bench, backend, r);
}

static void measure(struct fake *f, const char *backend, struct et_result *r)
{
    struct lab l;
    open_lab(&l, f, "fake");
    measure_with(&l, backend, r);
    close_lab(&l);
}

TEST(goes_right)
{
    struct fake f = {0};
    struct et_result r;
    measure(&f, "quick", &r);
    assert_int_equal(r.outcome, ET_MEASURED);
    assert_null(r.reason);
    assert_true(f.prepared == 1 && f.released == 1 && f.worked == 1);
    assert_int_equal(f.verified, 2); /* before timing and after */
    assert_int_equal(f.setting.threads, 2);
    assert_int_equal(f.setting.seed, et_random_stream(1, 0));
    assert_string_equal(f.backend, "quick");
    /* The check, warm-up, samples, and one counted sample. */
    assert_int_equal(f.ran, 1 + r.time.warmup + r.time.n + 1);
    assert_int_equal(f.iterations, r.time.iterations);
    /* A record says by itself that its times were made up. */
    assert_non_null(strstr(r.time.method, "FAKE CLOCK"));
    assert_true(r.time.n >= 6 && r.time.warmup >= 4 && r.time.converged);
    assert_true(r.time.n == (int64_t)r.time.samples.n);
    assert_true(r.time.ci_low <= r.time.median &&
                r.time.median <= r.time.ci_high);
    assert_true(r.time.slowest_rank == 0 && r.time.imbalance == 1);
    assert_string_equal(r.sync.start, "alone");
    assert_true(!r.sync.reason && isnan(r.sync.error));
    assert_true(r.work.flop == 1e6 && r.work.bytes == 64);
    assert_int_equal(r.verification.status, ET_CHECK_PASSED);
    assert_true(r.verification.error == 0.5 && r.verification.bound == 1);
    assert_string_equal(r.verification.method, "by decree");
    assert_null(r.verification.note);
    assert_string_equal(et_pairs_get(&r.facts, "fact"), "1");
    assert_string_equal(r.energy.absent, "no energy here");
    assert_true(isnan(r.energy.joules));
    assert_true(r.spent > 0);
    et_result_free(&r);
}

TEST(counted)
{
    struct fake f = {0};
    struct et_result r;
    measure(&f, "quick", &r);
    assert_string_equal(r.counters.source, "fake");
    assert_int_equal(r.counters.threads, 2);
    assert_int_equal(r.counters.iterations, r.time.iterations);
    assert_true(r.counters.values.n > 1 && r.counters.absents.n == 1);
    const struct et_result_count *v = r.counters.values.v;
    assert_string_equal(v[0].name, "cycles");
    assert_string_equal(v[0].native, "fake");
    assert_true(v[1].total == 3000 && v[1].min == 1000 && v[1].max == 2000);
    const struct et_result_absent *a = r.counters.absents.v;
    assert_string_equal(a->name, "llc_misses");
    assert_string_equal(a->reason, "the fake has none");
    et_result_free(&r);
}

static enum et_status no_start(struct et_counters *c)
{
    (void)c;
    return ET_INFRA;
}

/* Counting that fails costs the counts, not the figures. */
static const struct et_counter_source *counts;
static bool counting, beside;

static enum et_status start_seen(struct et_counters *c)
{
    counting = true;
    return counts->start(c);
}

static enum et_status stop_seen(struct et_counters *c,
                                struct et_counter_value *v, int *threads)
{
    counting = false;
    return counts->stop(c, v, threads);
}

static enum et_status see_before(void *fake)
{
    (void)fake;
    beside |= counting;
    return ET_OK;
}

static void see_glance(void *fake)
{
    (void)fake;
    beside |= counting;
}

/* What prepares a sample and what looks at it are not counted with its work. */
TEST(counts_work_alone)
{
    struct fake f = {0};
    struct lab l;
    struct et_result r;
    struct et_bench bench = fake_bench;
    bench.once = true;
    bench.before = see_before;
    bench.glance = see_glance;
    open_lab(&l, &f, "fake");
    counts = l.counters.source;
    struct et_counter_source seen = *counts;
    seen.start = start_seen;
    seen.stop = stop_seen;
    l.counters.source = &seen;
    measure_bench(&l, &bench, "quick", &r);
    assert_int_equal(r.outcome, ET_MEASURED);
    assert_true(r.counters.values.n > 0);
    assert_false(beside);
    et_result_free(&r);
    l.counters.source = counts;
    close_lab(&l);
}

static double usual; /* of half the bound, which the bench uses */

static enum et_status verify_usual(void *state, struct et_verification *out)
{
    enum et_status s = fake_verify(state, out);
    out->usual = usual;
    return s;
}

/* Errors that the precision does not explain make the record doubtful; those
 * that it does, and those that none is told of, do not. */
TEST(fewer_bits_are_doubtful)
{
    static const double shares[] = {0.49, 0.5, NAN};
    for (int i = 0; i < 3; i++) {
        struct fake f = {0};
        struct lab l;
        struct et_result r;
        struct et_bench bench = fake_bench;
        bench.verify = verify_usual;
        usual = shares[i];
        open_lab(&l, &f, "none");
        measure_bench(&l, &bench, "quick", &r);
        assert_int_equal(r.outcome, ET_MEASURED);
        const char *doubt = et_pairs_get(&r.facts, "doubt");
        assert_true(i == 0 ? doubt && strstr(doubt, "errors use 50 % of their "
                                                    "bound, and rounding of "
                                                    "this precision 49 %")
                           : !doubt);
        /* A fake clock tells no time for inspections. */
        assert_int_equal(r.verification.sampled, ET_ABSENT_INT);
        et_result_free(&r);
        close_lab(&l);
    }
}

TEST(not_counted)
{
    struct fake f = {0};
    struct et_result r;
    struct lab l;
    open_lab(&l, &f, "fake");
    const struct et_counter_source *right = l.counters.source;
    struct et_counter_source broken = *right;
    broken.start = no_start;
    l.counters.source = &broken;
    measure_with(&l, "quick", &r);
    l.counters.source = right;
    close_lab(&l);
    assert_int_equal(r.outcome, ET_MEASURED);
    assert_int_equal(r.counters.values.n, 0);
    assert_int_equal(r.counters.absents.n, 2);
    const struct et_result_absent *a = r.counters.absents.v;
    assert_string_equal(a[1].name, "all");
    assert_int_equal(f.released, 1);
    et_result_free(&r);
    f = (struct fake){0};
    open_lab(&l, &f, "none");
    measure_with(&l, "quick", &r);
    close_lab(&l);
    assert_int_equal(r.outcome, ET_MEASURED);
    assert_string_equal(r.counters.source, "none");
    assert_true(r.counters.values.n == 0 && r.counters.absents.n > 1);
    et_result_free(&r);
}

TEST(wrong_at_once)
{
    struct fake f = {.wrong_from = 1};
    struct et_result r;
    measure(&f, "quick", &r);
    assert_int_equal(r.outcome, ET_WRONG_DATA);
    assert_string_equal(r.reason, "error 3, bound 1: element 7");
    assert_int_equal(r.verification.status, ET_CHECK_FAILED);
    assert_string_equal(r.verification.note, "element 7");
    assert_int_equal(f.ran, 1); /* no time is spent on it */
    assert_true(r.time.n == 0 && isnan(r.time.median));
    assert_int_equal(f.released, 1);
    et_result_free(&r);
}

TEST(wrong_when_timed)
{
    struct fake f = {.wrong_from = 2};
    struct et_result r;
    measure(&f, "quick", &r);
    assert_int_equal(r.outcome, ET_WRONG_DATA);
    assert_non_null(strstr(r.reason, "element 7"));
    assert_true(r.time.n >= 6);
    assert_int_equal(r.counters.values.n, 0); /* nor counted */
    assert_int_equal(f.released, 1);
    et_result_free(&r);
}

static void assert_fails(struct fake *f, const char *reason)
{
    struct et_result r;
    measure(f, "quick", &r);
    assert_int_equal(r.outcome, ET_FAILED);
    assert_string_equal(r.reason, reason);
    assert_int_equal(f->released, 1);
    et_result_free(&r);
}

TEST(fails)
{
    struct fake f = {.prepare = ET_INFRA};
    assert_fails(&f, "prepare went wrong");
    assert_int_equal(f.ran, 0);
    f = (struct fake){.run = ET_INFRA};
    assert_fails(&f, "run 1 went wrong");
    f = (struct fake){.run = ET_WRONG, .run_from = 3}; /* warming up */
    assert_fails(&f, "run 3 went wrong");
    f = (struct fake){.run = ET_INFRA, .run_from = 9}; /* sampling */
    assert_fails(&f, "run 9 went wrong");
    f = (struct fake){.verify = ET_INFRA};
    assert_fails(&f, "verify went wrong");
    f = (struct fake){.verify = ET_INFRA, .verify_from = 2};
    assert_fails(&f, "verify went wrong");
    f = (struct fake){.facts = ET_INFRA};
    assert_fails(&f, "facts went wrong");
}

TEST(unsupported)
{
    struct fake f = {0};
    struct et_result r;
    measure(&f, "other", &r);
    assert_int_equal(r.outcome, ET_UNSUPPORTED);
    assert_string_equal(r.reason, "other does not do this");
    assert_true(f.prepared == 0 && f.released == 0);
    assert_true(isnan(r.time.median) && r.time.n == 0);
    assert_int_equal(r.verification.status, ET_CHECK_NONE);
    et_result_free(&r);
}

/* A bench without the hook does everything. */
TEST(unsupported_left_out)
{
    struct et_bench bench = fake_bench;
    struct fake f = {0};
    struct lab l;
    struct et_result r;
    bench.unsupported = NULL;
    open_lab(&l, &f, "fake");
    measure_bench(&l, &bench, "other", &r);
    close_lab(&l);
    assert_int_equal(r.outcome, ET_MEASURED);
    et_result_free(&r);
}

/* What cannot converge ends by its budget or its most samples, and says so. */
TEST(limits)
{
    struct fake f = {0};
    struct et_result r;
    struct lab l;
    open_lab(&l, &f, "none");
    l.options.precision = 1e-6;
    l.options.max_samples = 10;
    measure_with(&l, "quick", &r);
    assert_int_equal(r.time.n, 10);
    assert_int_equal(r.outcome, ET_MEASURED);
    assert_false(r.time.converged);
    et_result_free(&r);
    l.options.max_samples = 100000;
    l.options.budget = 0.1; /* some 50 samples of 1 ms, 2 readings each */
    measure_with(&l, "quick", &r);
    assert_true(r.time.n > 20 && r.time.n < 120);
    assert_false(r.time.converged);
    et_result_free(&r);
    l.options.budget = 1e-3; /* the least number comes before the budget */
    l.options.min_samples = 6;
    l.options.max_samples = 6;
    measure_with(&l, "quick", &r);
    assert_true(r.time.n <= 6);
    et_result_free(&r);
    close_lab(&l);
}

TEST(same_every_time)
{
    struct fake f = {0};
    struct et_result a, b;
    measure(&f, "quick", &a);
    measure(&f, "quick", &b);
    assert_int_equal(a.time.n, b.time.n);
    assert_memory_equal(a.time.samples.v, b.time.samples.v,
                        a.time.samples.n * sizeof *a.time.samples.v);
    assert_true(a.spent == b.spent);
    et_result_free(&a);
    et_result_free(&b);
}

/* A sink that keeps "id: outcome" lines, and may be full. */
struct listing {
    struct et_sink sink; /* first */
    struct et_text lines;
    int room;
};

static enum et_status list(struct et_sink *s, const struct et_result *r)
{
    struct listing *l = (struct listing *)s;
    char word[ET_TEXT_NUMBER];
    if (l->room-- == 0)
        return et_error(ET_INFRA, "the disk is full");
    et_text_add(&l->lines, "%s %s %s", r->backend, r->origin ? r->origin : "-",
                et_choice_name(ET_OUTCOME_CHOICES, r->outcome, word));
    et_text_add(&l->lines, " %s\n", r->reason ? r->reason : "");
    assert_string_equal(et_pairs_get(&r->params, "m"), "4");
    assert_non_null(r->started);
    assert_non_null(r->team.transport);
    return ET_OK;
}

static enum et_status drive(struct fake *f, const char *plan,
                            const struct et_strings *done,
                            struct listing *listing, struct et_drive_outcome *o)
{
    static const int64_t upto[] = {1};
    static const struct et_allocation one = {1, 1, upto, 1};
    struct et_place me = {.host = "h", .allowed = 1, .allowed_cores = 1};
    int32_t hardware = 1;
    int64_t ranks_upto = 1;
    const struct et_placement placement = {.places = &me,
                                           .hardware = &hardware,
                                           .n = 1,
                                           .nodes = 1,
                                           .ranks_upto = &ranks_upto,
                                           .threads = 1};
    struct et_cases cases;
    struct lab l;
    listing->sink.put = list;
    listing->lines = (struct et_text){0};
    struct et_histories histories;
    open_lab(&l, f, "none");
    assert_int_equal(et_plan_expand("p", plan, &fake_benches, &l.options, NULL,
                                    &one, &cases),
                     ET_OK);
    assert_true(et_histories_begin(&histories, cases.n));
    for (size_t i = 0; done && i < done->n; i++) {
        for (size_t k = 0; k < cases.n; k++) {
            if (strcmp(cases.v[k].id, done->v[i]) == 0)
                histories.v[k].passes = 1;
        }
    }
    const struct et_drive d = {.instruments = l.with,
                               .benches = &fake_benches,
                               .world = l.team,
                               .placement = &placement,
                               .cases = &cases,
                               .histories = &histories,
                               .launches = 1,
                               .sink = &listing->sink};
    enum et_status s = et_drive_run(&d, o);
    et_histories_free(&histories);
    et_cases_free(&cases);
    close_lab(&l);
    return s;
}

TEST(driven)
{
    struct fake f = {0};
    struct listing l = {.room = -1};
    struct et_drive_outcome o;
    assert_int_equal(drive(&f, "[mul]\nbackend=all\nranks=1,2\n", NULL, &l, &o),
                     ET_UNSURE); /* some were skipped */
    assert_string_equal(
        et_text_str(&l.lines),
        "reference - measured \n"
        "quick libquick 1 measured \n"
        "other - unsupported other does not do this\n"
        "reference - skipped needs 2 ranks, the allocation has 1\n"
        "quick libquick 1 skipped needs 2 ranks, the allocation has 1\n"
        "other - skipped needs 2 ranks, the allocation has 1\n");
    assert_true(o.measured == 2 && o.unsupported == 1 && o.skipped == 3);
    et_text_free(&l.lines);
}

TEST(gravest)
{
    struct fake wrong = {.wrong_from = 1}, failing = {.run = ET_INFRA};
    struct listing l = {.room = -1};
    struct et_drive_outcome o;
    assert_int_equal(drive(&wrong, "[mul]\n", NULL, &l, &o), ET_WRONG);
    assert_int_equal(o.wrong, 1);
    et_text_free(&l.lines);
    assert_int_equal(drive(&failing, "[mul]\n", NULL, &l, &o), ET_INFRA);
    assert_int_equal(o.failed, 1);
    et_text_free(&l.lines);
}

TEST(carried_on)
{
    struct fake f = {0};
    struct listing l = {.room = -1};
    struct et_drive_outcome o;
    char *id = (char[]){"mul backend=quick m=4 n=4 k=4 ranks=1 threads=1"};
    const struct et_strings done = {&id, 1};
    assert_int_equal(
        drive(&f, "[mul]\nbackend=quick,reference\n", &done, &l, &o), ET_OK);
    assert_string_equal(et_text_str(&l.lines), "reference - measured \n");
    assert_true(o.kept == 1 && o.measured == 1);
    et_text_free(&l.lines);
}

/* Several in a row that are done are passed over together. */
TEST(carried_on_late)
{
    struct fake f = {0};
    struct listing l = {.room = -1};
    struct et_drive_outcome o;
    char *ids[] = {
        (char[]){"mul backend=quick m=4 n=4 k=4 ranks=1 threads=1"},
        (char[]){"mul backend=reference m=4 n=4 k=4 ranks=1 threads=1"}};
    const struct et_strings done = {ids, 2};
    assert_int_equal(
        drive(&f, "[mul]\nbackend=quick,reference,other\n", &done, &l, &o),
        ET_OK);
    assert_string_equal(et_text_str(&l.lines),
                        "other - unsupported other does not do this\n");
    assert_true(o.kept == 2 && o.unsupported == 1);
    et_text_free(&l.lines);
}

TEST(full_disk)
{
    struct fake f = {0};
    struct listing l = {.room = 1};
    struct et_drive_outcome o;
    assert_int_equal(drive(&f, "[mul]\nbackend=all\n", NULL, &l, &o), ET_INFRA);
    assert_string_equal(et_text_str(&l.lines), "reference - measured \n");
    et_text_free(&l.lines);
}

TEST(refuses_short_samples)
{
    struct fake f = {0};
    struct lab l;
    struct et_result r;
    open_lab(&l, &f, "none");
    l.clock.resolution = 1e-5; /* a step of the fake clock is 1 ms */
    measure_with(&l, "quick", &r);
    close_lab(&l);
    assert_int_equal(r.outcome, ET_UNMEASURED);
    assert_non_null(strstr(r.reason, "1000 resolutions"));
    et_result_free(&r);
}

/* Ended before its first sample: no time, and no energy, not one of 0 J. The
 * wish to end stays with the process: this test is the last one. */
TEST(stopped)
{
    const struct et_energy_source source = {.name = "unread"};
    et_stop_install();
    assert_int_equal(raise(SIGTERM), 0);
    for (size_t domains = 0; domains < 2; domains++) {
        struct fake f = {0};
        struct lab l;
        struct et_result r;
        open_lab(&l, &f, "none");
        l.energy.n = domains;
        l.energy.source = domains ? &source : NULL;
        measure_with(&l, "quick", &r);
        close_lab(&l);
        assert_int_equal(r.outcome, ET_UNMEASURED);
        assert_string_equal(r.reason, "interrupted");
        assert_true(r.time.n == 0 && f.released == 1);
        assert_true(isnan(r.energy.joules) && isnan(r.energy.iterations));
        assert_null(r.energy.source);
        assert_string_equal(r.energy.absent,
                            domains ? "no sample was taken" : "no energy here");
        et_result_free(&r);
    }
}

TEST(each_pass_has_other_data)
{
    struct fake f = {0};
    struct lab l;
    struct et_result r;
    open_lab(&l, &f, "fake");
    l.with.visit.pass = 3;
    measure_with(&l, "quick", &r);
    assert_int_equal(f.setting.seed, et_random_stream(1, 3));
    et_result_free(&r);
    close_lab(&l);
}

QUIET_TEST_MAIN(goes_right, each_pass_has_other_data, refuses_short_samples,
                counted, counts_work_alone, fewer_bits_are_doubtful,
                not_counted, wrong_at_once, wrong_when_timed, fails,
                unsupported, unsupported_left_out, limits, same_every_time,
                driven, gravest, carried_on, carried_on_late, full_disk,
                stopped)
