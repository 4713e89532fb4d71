/* One rank alone is wrong, fails, is slow or is not like the others, and it is
 * each rank in turn: all ranks must come to the same end, and know who it was.
 * Ranks are threads on fake clocks; what they find is judged when all are back.
 */
#include "config.h"
#include "tests/unit/test_main.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/log.h"
#include "harness/base/text.h"
#include "harness/run/digest.h"
#include "harness/run/measure.h"
#include "harness/run/ranks.h"
#include "harness/run/sampler.h"
#include "harness/team/threads.h"
#include "tests/unit/fake_bench.h"

#define RANKS 3

/* What each rank brings, and what becomes of it. */
struct trial {
    struct fake fakes[RANKS];
    const struct et_bench *bench;
    const struct et_benches *benches; /* for ceilings */
    const char *backend;
    int odd;                    /* the rank that is not like the others */
    double resolution;          /* of its clock; 0: as the others' */
    bool no_start, fewer, read; /* its counters, events, energy */
    struct et_result results[RANKS];
    enum et_status statuses[RANKS];
};

static enum et_status no_start(struct et_counters *c)
{
    (void)c;
    return et_error(ET_INFRA, "no start");
}

static enum et_status read_joules(const struct et_energy *e, double *out)
{
    (void)e;
    out[0] = 1;
    return ET_OK;
}

static enum et_status read_nothing(const struct et_energy *e, double *out)
{
    (void)e, (void)out;
    return ET_INFRA;
}

static enum et_status measure_one(struct et_team *team, void *arg)
{
    struct trial *t = arg;
    int r = team->rank;
    bool odd = r == t->odd;
    struct et_clock clock;
    struct et_counters counters;
    struct et_counter_source source;
    struct et_energy_source meter = {.name = "made up", .read = read_joules};
    struct et_energy energy = {.source = &meter,
                               .n = t->read ? 1 : 0,
                               .reason = "none",
                               .names = {"package-0"}};
    struct et_options options;
    struct et_case c;
    char tag[32];
    fake_tag(&t->fakes[r], tag);
    et_result_begin(&t->results[r]);
    if (et_clock_open(t->benches ? "real" : "fake", &clock) != ET_OK ||
        et_counters_open("fake", &counters) != ET_OK ||
        et_fields_init(et_option_rows, &options, sizeof options) != ET_OK ||
        et_case_init(t->bench, &c) != ET_OK ||
        et_case_set(&c, "backend", t->backend ? t->backend : "quick", "t") !=
            ET_OK ||
        et_case_set(&c, "threads", "1", "t") != ET_OK ||
        et_case_name(&c) != ET_OK)
        return ET_USAGE;
    c.ranks = team->size;
    options.min_time = 100e-6;
    if (t->benches) {
        options.budget = 0.02;
        options.max_samples = 20;
    }
    source = *counters.source;
    if (odd && t->no_start)
        source.start = no_start;
    if (odd && t->read)
        meter.read = read_nothing;
    if (odd && t->resolution > 0)
        clock.resolution = t->resolution;
    const struct et_counter_source *right = counters.source;
    size_t events = counters.n_events;
    counters.source = &source;
    counters.n_events -= odd && t->fewer;
    const struct et_instruments with = {.clock = &clock,
                                        .counters = &counters,
                                        .energy = &energy,
                                        .options = &options,
                                        .benches = t->benches,
                                        .kind = 1,
                                        .tag = tag};
    t->statuses[r] = et_measure(&with, &c, team, &t->results[r]);
    counters.source = right;
    counters.n_events = events;
    et_counters_close(&counters);
    et_fields_free(et_option_rows, &options, sizeof options);
    et_case_free(&c);
    return ET_OK;
}

/* All ranks' outcome is `outcome`; the reason is the same on all. */
static void assert_alike(struct trial *t, enum et_outcome outcome,
                         const char *reason)
{
    assert_int_equal(et_team_threads_run(RANKS, 0, measure_one, t), ET_OK);
    for (int r = 0; r < RANKS; r++) {
        assert_int_equal(t->statuses[r], ET_OK);
        assert_int_equal(t->results[r].outcome, outcome);
        if (reason)
            assert_string_equal(t->results[r].reason, reason);
        else if (outcome == ET_MEASURED)
            assert_null(t->results[r].reason);
    }
}

static void free_results(struct trial *t)
{
    for (int r = 0; r < RANKS; r++)
        et_result_free(&t->results[r]);
}

static void assert_fails(struct trial t, const char *words)
{
    char reason[100];
    snprintf(reason, sizeof reason, "rank %d: %s", t.odd, words);
    assert_alike(&t, ET_FAILED, reason);
    for (int r = 0; r < RANKS; r++)
        assert_int_equal(t.fakes[r].released, 1);
    free_results(&t);
}

TEST(a_step_fails)
{
    for (int odd = 0; odd < RANKS; odd++) {
        struct trial t = {.bench = &fake_bench, .odd = odd};
        t.fakes[odd] = (struct fake){.prepare = ET_INFRA};
        assert_fails(t, "prepare went wrong");
        /* The check, warming up, sampling, the counted sample. */
        t.fakes[odd] = (struct fake){.run = ET_INFRA};
        assert_fails(t, "run 1 went wrong");
        t.fakes[odd] = (struct fake){.run = ET_WRONG, .run_from = 3};
        assert_fails(t, "run 3 went wrong");
        t.fakes[odd] = (struct fake){.run = ET_INFRA, .run_from = 9};
        assert_fails(t, "run 9 went wrong");
        t.fakes[odd] = (struct fake){.verify = ET_INFRA};
        assert_fails(t, "verify went wrong");
        t.fakes[odd] = (struct fake){.verify = ET_INFRA, .verify_from = 2};
        assert_fails(t, "verify went wrong");
        t.fakes[odd] = (struct fake){.facts = ET_INFRA};
        assert_fails(t, "facts went wrong");
    }
}

static _Thread_local int my_rank;

static const char *unsupported_on(const void *params, const char *backend,
                                  int ranks)
{
    (void)params, (void)ranks;
    return my_rank == atoi(backend + 1) ? "not on this node" : NULL;
}

static enum et_status know_rank(struct et_team *team, void *arg)
{
    my_rank = team->rank;
    return measure_one(team, arg);
}

/* "r0" is not supported on rank 0, and so on. */
static const struct et_backend of_rank[RANKS] = {
    {.name = "r0"}, {.name = "r1"}, {.name = "r2"}};
static const struct et_backend *const of_ranks[RANKS] = {
    &of_rank[0], &of_rank[1], &of_rank[2]};
static const struct et_backends backends_of_ranks = {.v = of_ranks, .n = RANKS};

TEST(not_supported)
{
    struct et_bench bench = fake_bench;
    bench.unsupported = unsupported_on;
    bench.backends = &backends_of_ranks;
    for (int odd = 0; odd < RANKS; odd++) {
        struct trial t = {
            .bench = &bench, .odd = odd, .backend = of_rank[odd].name};
        assert_int_equal(et_team_threads_run(RANKS, 0, know_rank, &t), ET_OK);
        for (int r = 0; r < RANKS; r++) {
            assert_int_equal(t.results[r].outcome, ET_UNSUPPORTED);
            assert_string_equal(t.results[r].reason,
                                r == odd ? "not on this node"
                                         : "another rank's node does not do "
                                           "this");
            assert_int_equal(t.fakes[r].prepared, 0);
        }
        free_results(&t);
    }
}

/* A sample of the fake clock is 1 ms: 1000 resolutions of 0.1 ms are more. */
TEST(a_coarse_clock)
{
    for (int odd = 0; odd < RANKS; odd++) {
        struct trial t = {.bench = &fake_bench, .odd = odd, .resolution = 1e-4};
        assert_alike(&t, ET_UNMEASURED,
                     "a sample lasts less than 1000 resolutions of the clock");
        free_results(&t);
    }
}

TEST(counting)
{
    for (int odd = 0; odd < RANKS; odd++) {
        struct trial t = {.bench = &fake_bench, .odd = odd};
        assert_alike(&t, ET_MEASURED, NULL);
        for (int r = 0; r < RANKS; r++) {
            const struct et_result_count *v = t.results[r].counters.values.v;
            assert_true(t.results[r].counters.values.n > 1);
            assert_true(v[1].total == RANKS * 3000 && v[1].min == 1000);
        }
        free_results(&t);
        t.no_start = true;
        assert_alike(&t, ET_MEASURED, NULL);
        for (int r = 0; r < RANKS; r++) {
            const struct et_result_absent *a = t.results[r].counters.absents.v;
            assert_int_equal(t.results[r].counters.values.n, 0);
            assert_string_equal(a[1].reason, "counting failed on a rank");
        }
        free_results(&t);
        t.no_start = false;
        t.fewer = true;
        assert_alike(&t, ET_MEASURED, NULL);
        for (int r = 0; r < RANKS; r++) {
            const struct et_result_absent *a = t.results[r].counters.absents.v;
            assert_int_equal(t.results[r].counters.values.n, 0);
            assert_string_equal(
                a[1].reason, "the ranks' nodes do not offer the same events");
        }
        free_results(&t);
    }
}

/* Each rank is a node here, so each reads. */
TEST(energy)
{
    for (int odd = -1; odd < RANKS; odd++) {
        struct trial t = {.bench = &fake_bench, .odd = odd, .read = true};
        assert_int_equal(et_team_threads_run(RANKS, 1, measure_one, &t), ET_OK);
        for (int r = 0; r < RANKS; r++) {
            assert_int_equal(t.results[r].outcome, ET_MEASURED);
            if (odd >= 0)
                assert_string_equal(t.results[r].energy.absent,
                                    "a node's reading failed");
            else
                assert_string_equal(t.results[r].energy.source, "made up");
        }
        free_results(&t);
    }
}

/* --- ceilings --------------------------------------------------------------
 */

enum roof_fault { LIKE, NO_MEMORY, OTHER_CASE, UNSUPPORTED, FAILS, ROOFS };
static enum roof_fault roof_fault;
static int roof_odd;

static bool is_odd(enum roof_fault fault)
{
    return roof_fault == fault && my_rank == roof_odd;
}

static bool one_ceiling(const void *params, int ranks, int threads, size_t i,
                        struct et_ceiling_case *out)
{
    (void)params, (void)ranks, (void)threads;
    *out = (struct et_ceiling_case){.what = "compute",
                                    .role = ET_ROLE_COMPUTE_CEILING,
                                    .backend = "quick",
                                    .flop = true,
                                    .params = "k=5"};
    if (is_odd(OTHER_CASE))
        snprintf(out->params, sizeof out->params, "k=6");
    return i == 0;
}

static enum et_status roof_run(void *state, uint64_t iterations)
{
    return is_odd(FAILS) ? et_error(ET_INFRA, "the roof leaks")
                         : fake_spin(state, iterations);
}

static enum et_status
roof_prepare(void *state, const struct et_setting *setting, const void *params)
{
    (void)state, (void)setting, (void)params;
    return is_odd(NO_MEMORY) ? et_error(ET_INFRA, "no room") : ET_OK;
}

static enum et_status roof_verify(void *state, struct et_verification *out)
{
    (void)state;
    *out = (struct et_verification){.status = ET_CHECK_PASSED, .bound = 1};
    return ET_OK;
}

static const char *roof_unsupported(const void *params, const char *backend,
                                    int ranks)
{
    (void)params, (void)backend, (void)ranks;
    return is_odd(UNSUPPORTED) ? "no such unit" : NULL;
}

static void roof_work(const void *state, struct et_work *out)
{
    (void)state;
    *out = (struct et_work){.flop = 1e3, .convention = "none"};
}

static void roof_release(void *state)
{
    (void)state;
}

/* A ceiling that one rank cannot measure is none, and never costs the case. */
TEST(a_ceiling)
{
    static const char *const why[ROOFS] = {
        NULL, "preparing failed: rank #: no room",
        "the ranks' processors are not alike, and would measure different "
        "things",
        "another rank's node cannot do it",
        "calibrating failed: rank #: the roof leaks"};
    struct et_bench under = fake_bench, roof = fake_bench;
    const struct et_bench *const list[] = {&under, &roof};
    const struct et_benches benches = {list, 2};
    under.run = fake_spin;
    under.ceiling = one_ceiling;
    roof.name = "roof";
    roof.role = ET_ROLE_COMPUTE_CEILING;
    roof.unsupported = roof_unsupported;
    roof.prepare = roof_prepare;
    roof.run = roof_run;
    roof.verify = roof_verify;
    roof.work = roof_work;
    roof.release = roof_release;
    for (int fault = 0; fault < ROOFS; fault++) {
        for (roof_odd = RANKS - 1; roof_odd >= 0; roof_odd--) {
            struct trial t = {.bench = &under, .benches = &benches, .odd = -1};
            roof_fault = (enum roof_fault)fault;
            assert_int_equal(et_team_threads_run(RANKS, 0, know_rank, &t),
                             ET_OK);
            for (int r = 0; r < RANKS; r++) {
                const struct et_result_ceiling *c = t.results[r].ceilings.v;
                char words[120];
                assert_int_equal(t.results[r].outcome, ET_MEASURED);
                assert_int_equal(t.results[r].ceilings.n, 1);
                if (!why[fault]) {
                    assert_null(c->absent);
                    assert_true(c->rate > 0);
                    continue;
                }
                snprintf(words, sizeof words, "%s", why[fault]);
                if (strchr(words, '#'))
                    *strchr(words, '#') = (char)('0' + roof_odd);
                if (fault == UNSUPPORTED && r == roof_odd)
                    snprintf(words, sizeof words, "no such unit");
                assert_string_equal(c->absent, words);
            }
            free_results(&t);
        }
    }
}

/* --- the slowest rank --------------------------------------------------------
 */

struct slow {
    int odd;
    struct et_result out[RANKS + 2];
};

static enum et_status compare(struct et_team *team, void *arg)
{
    struct slow *s = arg;
    bool odd = team->rank == s->odd;
    double own[] = {odd ? 6 : 2, odd ? 8 : 3, odd ? 7 : 4};
    double last[] = {odd, odd, !odd};
    const struct et_reals times = {own, 3}, lasts = {last, 3};
    et_result_begin(&s->out[team->rank]);
    return et_ranks_compare(team, &times, &lasts, &s->out[team->rank]);
}

/* The part of `rank` in a list; NULL: it is not there. */
static const struct et_result_part *part(const struct et_list *l, int64_t rank)
{
    const struct et_result_part *v = l->v;
    for (size_t i = 0; i < l->n; i++) {
        if (v[i].rank == rank)
            return &v[i];
    }
    return NULL;
}

static void check_slowest(const struct et_result *r, int p, int odd)
{
    const struct et_result_time *t = &r->time;
    const struct et_result_part *worst = t->ranks.worst.v;
    assert_int_equal(t->slowest_rank, odd);
    assert_true(t->imbalance == 7.0 / 3);
    assert_int_equal(r->rank_medians.n, p);
    assert_int_equal(r->rank_last.n, p);
    assert_int_equal(t->ranks.n, p);
    assert_true(t->ranks.min == 3 && t->ranks.max == 7);
    assert_int_equal(worst->rank, odd);
    assert_true(worst->median == 7 && worst->others == 3 && worst->last == 2);
    assert_int_equal(t->ranks.last.n, p);
    assert_int_equal(((struct et_result_part *)t->ranks.last.v)->rank, odd);
    for (int i = 0; i < p; i++) {
        assert_true(r->rank_medians.v[i] == (i == odd ? 7 : 3));
        assert_true(r->rank_last.v[i] == (i == odd ? 2 : 1));
    }
    /* Two ranks a node; the last may have one. */
    int nodes = (p + 1) / 2;
    assert_true(t->nodes.n == (nodes > 1 ? nodes : ET_ABSENT_INT));
    for (int first = 0; nodes > 1 && first < p; first += 2) {
        const struct et_result_part *node = part(&t->nodes.worst, first);
        bool pair = first + 1 < p, slow = first / 2 == odd / 2;
        assert_non_null(node);
        assert_int_equal(node->ranks, 1 + pair);
        assert_true(node->median == (!slow ? 3 : pair ? 5 : 7));
        assert_int_equal(node->last, 1 + pair + slow);
    }
}

/* The slowest by its median need not be the last most often; a rank that never
 * was the last is not among those. */
TEST(the_slow_and_the_last)
{
    const struct et_rank all[] = {{5, 0, 0}, {4, 1, 0}, {3, 7, 0}};
    struct et_result r;
    et_result_begin(&r);
    assert_int_equal(et_ranks_describe(all, 3, &r), ET_OK);
    const struct et_list *worst = &r.time.ranks.worst,
                         *last = &r.time.ranks.last;
    const struct et_result_part *w = worst->v, *l = last->v;
    assert_int_equal(worst->n, 3);
    for (int i = 0; i < 3; i++)
        assert_int_equal(w[i].rank, i);
    assert_int_equal(last->n, 2);
    assert_true(l[0].rank == 2 && l[0].median == 3 && l[0].last == 7);
    assert_true(l[1].rank == 1 && l[1].median == 4 && l[1].last == 1);
    et_result_free(&r);
    /* No memory: a record of this result is written all the same. */
    et_result_begin(&r);
    assert_int_equal(et_ranks_describe(all, SIZE_MAX, &r), ET_INFRA);
    assert_int_equal(r.rank_medians.n, 0);
    assert_int_equal(r.rank_last.n, 0);
    et_result_free(&r);
}

TEST(the_slowest)
{
    for (int p = 2; p <= RANKS + 2; p++) {
        for (int odd = 0; odd < p; odd++) {
            struct slow s = {.odd = odd};
            assert_int_equal(et_team_threads_run(p, 2, compare, &s), ET_OK);
            check_slowest(&s.out[0], p, odd);
            for (int r = 0; r < p; r++) {
                if (r > 0)
                    assert_int_equal(s.out[r].time.slowest_rank, ET_ABSENT_INT);
                et_result_free(&s.out[r]);
            }
        }
    }
}

/* --- the sampler -------------------------------------------------------------
 */

struct sampling {
    int odd;
    struct fake fakes[RANKS];
    enum et_status block[RANKS], refresh[RANKS];
    double elapsed[RANKS], first[RANKS];
};

static enum et_status sample(struct et_team *team, void *arg)
{
    struct sampling *p = arg;
    int r = team->rank;
    struct et_clock clock;
    struct fake_state state = {&p->fakes[r]};
    struct et_reals times = {0};
    struct et_sampler m = {.bench = &fake_bench,
                           .state = &state,
                           .team = team,
                           .clock = &clock,
                           .iterations = 1};
    if (et_clock_open("fake", &clock) != ET_OK)
        return ET_USAGE;
    /* A clock of which everything but the steps is another's. */
    for (int i = 0; i < 10 * r; i++)
        et_clock_now(&clock);
    double start = et_clock_now(&clock) - (r == p->odd ? 1000 : 0);
    p->block[r] = et_sampler_block(&m, 4, start, &times, &p->elapsed[r]);
    p->first[r] = times.n > 0 ? times.v[0] : 0;
    /* Who was the last, each sample. */
    for (size_t i = 0; p->block[r] == ET_OK && i < times.n; i++) {
        if ((m.last.v[i] > 0) != (et_round_digits(m.own.v[i]) == times.v[i]))
            return et_error(ET_WRONG, "the last rank is another");
    }
    p->refresh[r] = et_sampler_refresh(&m);
    et_sampler_free(&m);
    free(times.v);
    return ET_OK;
}

TEST(a_block)
{
    for (int odd = 0; odd < RANKS; odd++) {
        struct sampling p = {.odd = odd};
        assert_int_equal(et_team_threads_run(RANKS, 0, sample, &p), ET_OK);
        for (int r = 0; r < RANKS; r++) {
            assert_true(p.block[r] == ET_OK && p.refresh[r] == ET_OK);
            /* The longest, the slowest: of any rank, the same on all. */
            assert_true(p.elapsed[r] > 1000 && p.elapsed[r] == p.elapsed[0]);
            assert_true(p.first[r] > 0 && p.first[r] == p.first[0]);
        }
        /* One fails, in the middle of the block or while it refreshes. */
        for (int from = 3; from <= 6; from += 3) {
            struct sampling q = {.odd = odd};
            q.fakes[odd] = (struct fake){.run = ET_WRONG, .run_from = from};
            assert_int_equal(et_team_threads_run(RANKS, 0, sample, &q), ET_OK);
            for (int r = 0; r < RANKS; r++) {
                enum et_status mine = r == odd ? ET_WRONG : ET_INFRA;
                assert_int_equal(q.block[r], from == 3 ? mine : ET_OK);
                assert_int_equal(q.refresh[r], mine);
            }
        }
    }
}

QUIET_TEST_MAIN(a_step_fails, not_supported, a_coarse_clock, counting, energy,
                the_slowest, the_slow_and_the_last, a_block, a_ceiling)
