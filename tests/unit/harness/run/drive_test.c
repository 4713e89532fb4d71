/* The drive of a run on several ranks and nodes: whose host a record names,
 * which team is too crowded for windows, the passes over all cases, and that
 * the record of a case which a stop cuts short says so, whichever rank was told
 * to stop.
 * Ranks are threads, their clock is the fake one, and a rank's work is so many
 * readings of it.
 */
#include "config.h"
#include "tests/unit/test_main.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/log.h"
#include "harness/config/plan.h"
#include "harness/run/drive.h"
#include "harness/run/stop.h"
#include "harness/team/threads.h"
#include "tests/unit/fake_bench.h"

#define RANKS 4
#define PER_NODE 2

/* In place of harness/run/stop.c, whose wish is one for the whole process: here
 * each rank has its own. */
static _Thread_local int wanted;

int et_stop_wanted(void)
{
    return wanted;
}

const char *et_stop_say(int why)
{
    return why == SIGTERM ? "SIGTERM" : "?";
}

struct et_watchdog *et_watchdog_open(void)
{
    return NULL;
}

void et_watchdog_feed(struct et_watchdog *w, double seconds, const char *what)
{
    (void)w, (void)seconds, (void)what;
}

void et_watchdog_close(struct et_watchdog *w)
{
    (void)w;
}

void et_guard_hold(struct et_guard *g)
{
    (void)g;
}

void et_guard_release(struct et_guard *g)
{
    (void)g;
}

void et_guard_at_hand(struct et_guard *g, et_guard_case *end, void *with)
{
    (void)g, (void)end, (void)with;
}

/* A sink that keeps of each record what the tests look at. */
struct listing {
    struct et_sink sink; /* first */
    struct et_text lines;
    bool crowds; /* whether windows were refused for it, in place of hosts */
};

struct member {
    struct fake fake; /* first */
    struct et_clock clock;
    int rank;
    struct trial *trial;
    struct et_drive_outcome outcome;
    enum et_status status;
};

struct trial {
    const char *plan, *clock; /* NULL: the fake one */
    int cores;                /* that each node's ranks may use together */
    int slow;                 /* this rank takes twice as long */
    int passes;               /* 0: one */
    int had;                  /* passes of the first case, before */
    int before;               /* of these, of earlier launches */
    int launches;             /* 0: one */
    int disturbed;            /* of 10 samples in an earlier visit; 0: none */
    int most;                 /* passes of a case; 0: as `passes` */
    double budget;            /* s; 0: 0.05 */
    bool slows;               /* each pass takes longer than the one before */
    double ceilings[6];       /* s, of six passes before; 0: none */
    int stops, run; /* this rank is told to stop in its run of that number */
    struct listing listing;
    struct member members[RANKS];
};

static enum et_status run(void *state, uint64_t iterations)
{
    struct member *me = (struct member *)((struct fake_state *)state)->f;
    const struct trial *t = me->trial;
    enum et_status s = fake_run(state, iterations);
    volatile unsigned sink = 0;
    for (uint64_t i = 0; !me->clock.fake && i < 20 * iterations; i++)
        sink = sink + 1;
    int readings = t->slow == me->rank ? 2 : 1;
    if (t->slows)
        readings += me->fake.prepared;
    for (int i = readings; i > 0; i--)
        et_clock_now(&me->clock);
    if (t->stops == me->rank && me->fake.ran == t->run)
        wanted = SIGTERM;
    return s;
}

static const char *host_of(const struct et_list *parts, size_t i)
{
    const struct et_result_part *v = parts->v;
    return i < parts->n && v[i].host ? v[i].host : "-";
}

static bool is_crowd(const struct et_result *r)
{
    return r->sync.reason &&
           strcmp(r->sync.reason, "a node has more ranks than cores") == 0;
}

static enum et_status list(struct et_sink *s, const struct et_result *r)
{
    struct listing *l = (struct listing *)s;
    char word[ET_TEXT_NUMBER];
    const struct et_result_time *t = &r->time;
    et_text_add(&l->lines, "%d %s", (int)r->team.ranks,
                et_choice_name(ET_OUTCOME_CHOICES, r->outcome, word));
    if (l->crowds)
        et_text_add(&l->lines, " %s", is_crowd(r) ? "a crowd" : "no crowd");
    else if (r->outcome == ET_MEASURED)
        et_text_add(&l->lines, " rank %d on %s, worst on %s, node %s",
                    (int)t->slowest_rank,
                    t->slowest_host ? t->slowest_host : "-",
                    host_of(&t->ranks.worst, 0), host_of(&t->nodes.worst, 0));
    else
        et_text_add(&l->lines, ": %s", r->reason ? r->reason : "");
    et_text_add(&l->lines, "\n");
    return ET_OK;
}

/* As the ranks of nodes n08 and n09, each with the cores of the trial. */
static enum et_status place(struct et_team *team, int cores,
                            struct et_placement *out)
{
    char host[16], binding[16] = "0";
    snprintf(host, sizeof host, "n%02d", team->node + 8);
    if (cores > 1)
        snprintf(binding, sizeof binding, "0-%d", cores - 1);
    const struct et_environment env = {.host = host,
                                       .binding = binding,
                                       .allowed = cores,
                                       .allowed_cores = cores};
    return et_placement_gather(team, &env, out);
}

static enum et_status take_part(struct et_team *team, void *arg)
{
    struct trial *t = arg;
    struct member *me = &t->members[team->rank];
    static const int64_t upto[] = {PER_NODE, RANKS};
    static const struct et_allocation all = {
        .ranks = RANKS, .nodes = 2, .ranks_upto = upto, .threads = 1};
    struct et_bench bench = fake_bench;
    bench.run = run;
    const struct et_bench *const benches[] = {&bench};
    const struct et_benches known = {benches, 1};
    struct et_energy energy = {.reason = "no energy here"};
    struct et_counters counters;
    struct et_options options;
    struct et_placement placement;
    struct et_cases cases = {0};
    struct et_histories histories = {0};
    char tag[32];

    wanted = 0;
    me->rank = team->rank;
    me->trial = t;
    fake_tag(&me->fake, tag);
    if (et_clock_open(t->clock ? t->clock : "fake", &me->clock) != ET_OK ||
        et_counters_open("none", &counters) != ET_OK ||
        et_fields_init(et_option_rows, &options, sizeof options) != ET_OK ||
        place(team, t->cores, &placement) != ET_OK)
        return ET_USAGE;
    options.passes = t->passes ? t->passes : 1;
    options.max_passes = t->most ? t->most : options.passes;
    options.max_samples = 20;
    options.min_time = 1e-3;
    options.budget = t->budget > 0 ? t->budget : 0.05;
    if (et_plan_expand("p", t->plan, &known, &options, NULL, &all, &cases) !=
            ET_OK ||
        !et_histories_begin(&histories, cases.n))
        return ET_USAGE;
    histories.v[0].passes = t->had;
    histories.v[0].before = t->before;
    histories.v[0].disturbed = t->disturbed;
    histories.v[0].samples = t->disturbed ? 10 : 0;
    for (int i = 0; i < 6 && t->ceilings[i] > 0; i++) {
        if (!et_reals_add(&histories.v[0].ceilings, t->ceilings[i]))
            return ET_INFRA;
    }
    const struct et_drive d = {.instruments = {.clock = &me->clock,
                                               .counters = &counters,
                                               .energy = &energy,
                                               .options = &options,
                                               .kind = 1,
                                               .tag = tag},
                               .benches = &known,
                               .world = team,
                               .placement = &placement,
                               .cases = team->rank == 0 ? &cases : NULL,
                               .histories = &histories,
                               .launches = t->launches ? t->launches : 1,
                               .sink =
                                   team->rank == 0 ? &t->listing.sink : NULL};
    me->status = et_drive_run(&d, &me->outcome);
    et_histories_free(&histories);
    et_cases_free(&cases);
    et_placement_free(&placement);
    et_counters_close(&counters);
    et_fields_free(et_option_rows, &options, sizeof options);
    return ET_OK;
}

/* All ranks' status, which is the same. */
static enum et_status go(struct trial *t)
{
    t->listing.sink.put = list;
    assert_int_equal(et_team_threads_run(RANKS, PER_NODE, take_part, t), ET_OK);
    for (int r = 1; r < RANKS; r++)
        assert_int_equal(t->members[r].status, t->members[0].status);
    return t->members[0].status;
}

static void assert_lines(struct trial *t, const char *lines)
{
    assert_string_equal(et_text_str(&t->listing.lines), lines);
    et_text_free(&t->listing.lines);
}

#define PLAN "[mul]\nbackend = quick\nthreads = 1\n"

TEST(hosts)
{
    struct trial t = {
        .plan = PLAN "ranks = 4\n", .cores = 2, .slow = 3, .stops = -1};
    assert_int_equal(go(&t), ET_OK);
    assert_lines(&t, "4 measured rank 3 on n09, worst on n09, node n09\n");
    t = (struct trial){
        .plan = PLAN "ranks = 4\n", .cores = 2, .slow = 1, .stops = -1};
    assert_int_equal(go(&t), ET_OK);
    assert_lines(&t, "4 measured rank 1 on n08, worst on n08, node n08\n");
}

/* A node with one core: one rank has it alone, two are a crowd. On the real
 * clock, as the fake one has no windows to refuse. */
TEST(crowds)
{
    for (int cores = 1; cores <= PER_NODE; cores++) {
        struct trial t = {.plan = PLAN "ranks = 1, 2, 4\n",
                          .clock = "real",
                          .cores = cores,
                          .slow = -1,
                          .stops = -1,
                          .listing.crowds = true};
        assert_int_equal(go(&t), ET_OK);
        assert_lines(&t, cores == 1 ? "1 measured no crowd\n"
                                      "2 measured a crowd\n"
                                      "4 measured a crowd\n"
                                    : "1 measured no crowd\n"
                                      "2 measured no crowd\n"
                                      "4 measured no crowd\n");
    }
}

/* All cases, and again from the first, so that the passes of one are spread.
 * Memory is taken anew each time; what is right before it is timed is seen
 * once. */
TEST(passes)
{
    struct trial t = {.plan = PLAN "ranks = 4, 2\n",
                      .cores = 2,
                      .slow = 1,
                      .stops = -1,
                      .passes = 3};
    assert_int_equal(go(&t), ET_OK);
    assert_lines(&t, "4 measured rank 1 on n08, worst on n08, node n08\n"
                     "2 measured rank 1 on n08, worst on n08, node -\n"
                     "4 measured rank 1 on n08, worst on n08, node n08\n"
                     "2 measured rank 1 on n08, worst on n08, node -\n"
                     "4 measured rank 1 on n08, worst on n08, node n08\n"
                     "2 measured rank 1 on n08, worst on n08, node -\n");
    assert_true(t.members[0].outcome.measured == 2);
    for (int r = 0; r < RANKS; r++) {
        const struct fake *f = &t.members[r].fake;
        int cases = r < 2 ? 2 : 1;
        assert_int_equal(f->prepared, 3 * cases);
        assert_int_equal(f->released, 3 * cases);
        assert_int_equal(f->verified, 4 * cases);
    }
    /* Wrong in its first pass: the others would say no more. */
    t = (struct trial){.plan = PLAN "ranks = 4\n",
                       .cores = 2,
                       .slow = -1,
                       .stops = -1,
                       .passes = 6};
    for (int r = 0; r < RANKS; r++)
        t.members[r].fake.wrong_from = 1;
    assert_int_equal(go(&t), ET_WRONG);
    assert_true(t.members[0].outcome.wrong == 1 &&
                t.members[0].outcome.measured == 0);
    assert_int_equal(t.members[0].fake.prepared, 1);
    et_text_free(&t.listing.lines);
}

/* A measured case of which more than a fifth was disturbed is counted. */
TEST(disturbed_cases_are_counted)
{
    for (int n = 2; n <= 3; n++) {
        struct trial t = {.plan = PLAN "ranks = 4, 2\n",
                          .cores = 2,
                          .slow = -1,
                          .stops = -1,
                          .disturbed = n};
        assert_int_equal(go(&t), ET_OK);
        assert_int_equal(t.members[0].outcome.measured, 2);
        assert_int_equal(t.members[0].outcome.disturbed, n > 2);
        et_text_free(&t.listing.lines);
    }
}

static int passes_of(struct trial t)
{
    t.plan = PLAN "ranks = 4\n";
    t.cores = 2;
    t.slow = t.stops = -1;
    assert_int_equal(go(&t), ET_OK);
    et_text_free(&t.listing.lines);
    return t.members[0].fake.prepared;
}

/* A case that is not sure has more passes than the plan asks for, as long as
 * there is time; one that is sure, or has too few to tell, has none. */
TEST(more_passes)
{
    assert_int_equal(passes_of((struct trial){
                         .passes = 6, .most = 9, .budget = 1e3, .slows = true}),
                     9);
    assert_int_equal(
        passes_of((struct trial){.passes = 6, .most = 9, .budget = 1e3}), 6);
    /* Each launch has as many. */
    assert_int_equal(passes_of((struct trial){.passes = 6,
                                              .most = 9,
                                              .budget = 1e3,
                                              .slows = true,
                                              .launches = 2}),
                     18);
    assert_int_equal(
        passes_of((struct trial){.passes = 3, .budget = 1e3, .launches = 2}),
        6);
    /* However many the one before it made; what that lacks comes on top. */
    for (int had = 4; had <= 9; had++) {
        assert_int_equal(
            passes_of((struct trial){
                .passes = 6, .had = had, .before = had, .launches = 2}),
            had < 6 ? 12 - had : 6);
    }
    /* One that is carried on lacks what it has not made itself. */
    assert_int_equal(passes_of((struct trial){
                         .passes = 6, .had = 11, .before = 9, .launches = 2}),
                     4);
    assert_int_equal(
        passes_of((struct trial){.passes = 6, .most = 9, .slows = true}), 6);
    assert_int_equal(passes_of((struct trial){
                         .passes = 3, .most = 9, .budget = 1e3, .slows = true}),
                     3);
    /* What its ceiling moved by counts, up or down, though its own passes do
     * not differ. */
    for (int last = 3; last <= 5; last++) {
        struct trial t = {.passes = 6,
                          .most = 9,
                          .budget = 1e3,
                          .ceilings = {4, 4, 4, 4, 4, last}};
        assert_int_equal(passes_of(t), last == 4 ? 6 : 9);
    }
}

/* The others catch up first with a case that a run which is carried on has more
 * passes of. */
TEST(catches_up)
{
    struct trial t = {.plan = PLAN "ranks = 4, 2\n",
                      .cores = 2,
                      .slow = -1,
                      .stops = -1,
                      .passes = 3,
                      .had = 2,
                      .listing.crowds = true};
    assert_int_equal(go(&t), ET_OK);
    assert_lines(&t, "2 measured no crowd\n"
                     "2 measured no crowd\n"
                     "4 measured no crowd\n"
                     "2 measured no crowd\n");
    /* Not with what an earlier launch made more of: passes stay spread. */
    t.had = t.before = 5;
    t.launches = 2;
    t.passes = 2;
    assert_int_equal(go(&t), ET_OK);
    assert_lines(&t, "4 measured no crowd\n"
                     "2 measured no crowd\n"
                     "4 measured no crowd\n"
                     "2 measured no crowd\n"
                     "2 measured no crowd\n"
                     "2 measured no crowd\n");
}

/* What a pass leaves in the history of its case. */
TEST(history)
{
    struct et_histories h;
    struct et_result r;
    assert_true(et_histories_begin(&h, 1));
    et_result_begin(&r);
    r.outcome = ET_MEASURED;
    r.time.median = 2;
    r.time.iterations = 3;
    assert_true(et_reals_add(&r.time.samples, 1) &&
                et_reals_add(&r.time.samples, 4));
    for (int i = 1; i <= 2; i++) {
        assert_true(et_history_add(&h.v[0], &r));
        /* Time that was spent on it: a sample is the time of an iteration. */
        assert_true(h.v[0].sampled == i * (1 + 4) * 3);
        assert_int_equal(h.v[0].passes, i);
        assert_int_equal(h.v[0].medians.n, i);
        assert_int_equal(h.v[0].ceilings.n, 0); /* it has none */
        assert_false(h.v[0].closed);
    }
    struct et_result_ceiling known[] = {{.what = "compute", .rate = 4},
                                        {.what = "memory", .rate = 8}};
    r.ceilings = (struct et_list){known, 2};
    r.work.flop = 8;
    r.work.traffic = 24;
    assert_true(et_history_add(&h.v[0], &r));
    assert_true(h.v[0].ceilings.n == 1 && h.v[0].ceilings.v[0] == 3);
    r.ceilings = (struct et_list){NULL, 0};
    r.outcome = ET_WRONG_DATA;
    assert_true(et_history_add(&h.v[0], &r));
    assert_true(h.v[0].closed && h.v[0].passes == 3);
    et_result_free(&r);
    et_histories_free(&h);
}

/* Told to stop within a case, whoever is: all ranks end, and the case's record
 * says by what. A resumed run does it again (app/resume.c). */
TEST(stops_within_a_case)
{
    for (int who = 0; who < RANKS; who++) {
        struct trial t = {.plan = PLAN "ranks = 4\nalpha = 1, 2\n",
                          .cores = 2,
                          .slow = -1,
                          .stops = who};
        t.run = 3; /* in the first samples */
        assert_int_equal(go(&t), ET_UNSURE);
        assert_lines(&t, "4 unmeasured: interrupted: SIGTERM\n");
        for (int r = 0; r < RANKS; r++)
            assert_int_equal(t.members[r].outcome.signal, SIGTERM);
        assert_int_equal(t.members[0].outcome.unmeasured, 1);
    }
}

QUIET_TEST_MAIN(hosts, crowds, passes, disturbed_cases_are_counted, more_passes,
                catches_up, history, stops_within_a_case)
