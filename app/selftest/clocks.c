/* clocks: the clock of this process, the global clock of ranks, and clocks that
 * were made wrong on purpose, so that the truth is known. Knows clocks and
 * teams; rests on no timing threshold but the errors that the clocks claim.
 */
#include "config.h"

#include <math.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "app/selftest/lab.h"
#include "harness/base/log.h"
#include "harness/base/random.h"
#include "harness/run/sampling.h"
#include "harness/team/global_clock.h"
#include "harness/team/threads.h"

#define RANKS 4
#define READINGS 1000000
#define ROUNDS 200 /* of telling each other the time */
#define SKEW 1.0   /* s that a made clock is off at most */
#define RATE 1e-4  /* s a second that it gains at most */
#define SAMPLES 30

/* What rank 0 is told of a clock of several ranks. */
struct global {
    const struct et_selftest *t;
    bool shared;
    double error, later; /* claimed: at once, and after a pause */
    int backwards;       /* rounds in which somebody saw the past */
};

/* Nobody may read a time earlier than one that somebody has read before; two
 * readings may each be off by the claimed error. */
static enum et_status tell_the_time(struct et_team *team,
                                    struct et_global_clock *g, double error,
                                    int *backwards)
{
    double seen = 0;
    enum et_status s = ET_OK;
    for (int i = 0; s == ET_OK && i < ROUNDS; i++) {
        double latest = et_global_clock_now(g);
        s = et_team_reduce(team, ET_MAX, &latest, 1);
        seen += et_global_clock_now(g) < latest - 2 * error;
    }
    if (s == ET_OK)
        s = et_team_reduce(team, ET_SUM, &seen, 1);
    *backwards = (int)seen;
    return s;
}

static void pause_for(double seconds)
{
    double whole = floor(seconds);
    struct timespec t = {(time_t)whole, (long)((seconds - whole) * 1e9)};
    nanosleep(&t, NULL);
}

static enum et_status on_ranks(struct et_team *team, void *arg)
{
    struct global *all = arg, mine = *all;
    struct et_clock clock = *mine.t->clock;
    struct et_global_clock *g = NULL;
    enum et_status s = et_global_clock_open(team, &clock, &g);
    if (s == ET_OK)
        s = et_global_clock_error(g, &mine.error);
    if (s == ET_OK)
        s = tell_the_time(team, g, mine.error, &mine.backwards);
    if (s == ET_OK) {
        pause_for(mine.t->quick ? 0.2 : 2);
        s = et_global_clock_error(g, &mine.later);
    }
    if (s == ET_OK)
        mine.shared = et_global_clock_is_shared(g);
    et_global_clock_close(g);
    if (team->rank == 0)
        *all = mine;
    return s;
}

/* Clocks of four threads that each run their own way: the root's is right. */
struct made {
    struct et_clock clock; /* right; all threads may read it */
    uint64_t stream;
    double claimed, off; /* s: the worst rank's */
};

static enum et_status on_made(struct et_team *team, void *arg)
{
    struct made *all = arg, mine = *all;
    struct et_clock clock = mine.clock, truth = mine.clock;
    struct et_global_clock *g = NULL;
    double off = 0;
    uint64_t r = (uint64_t)team->rank;
    if (r > 0) {
        clock.skew = SKEW * et_random_unit(mine.stream, 2 * r);
        clock.rate = RATE * et_random_unit(mine.stream, 2 * r + 1);
    }
    clock.identity = 0; /* as on other machines */
    enum et_status s = et_global_clock_open(team, &clock, &g);
    if (s == ET_OK)
        s = et_global_clock_error(g, &mine.claimed);
    for (int i = 0; s == ET_OK && i < ROUNDS; i++) {
        double before = et_clock_now(&truth);
        double said = et_global_clock_now(g);
        double after = et_clock_now(&truth);
        off = fmax(off, fmax(before - said, said - after));
    }
    if (s == ET_OK)
        s = et_team_reduce(team, ET_MAX, &off, 1);
    /* A claim is of its moment, and drift is linear: the greater of both ends
     * holds for what was read between, however long a busy machine took. */
    double after_all = 0;
    if (s == ET_OK)
        s = et_global_clock_error(g, &after_all);
    et_global_clock_close(g);
    mine.claimed = fmax(mine.claimed, after_all);
    mine.off = off;
    if (team->rank == 0)
        *all = mine;
    return s;
}

static int count_backwards(struct et_clock *clock)
{
    int n = 0;
    double last = et_clock_now(clock);
    for (int i = 0; i < READINGS; i++) {
        double now = et_clock_now(clock);
        n += now < last;
        last = now;
    }
    return n;
}

static void put_clock(const struct et_selftest *t, struct et_block *facts,
                      struct et_selftest_outcome *out)
{
    char text[ET_TEXT_NUMBER];
    int backwards = count_backwards(t->clock);
    et_block_fact(facts, "clock", "%s", t->clock->name);
    et_block_fact(facts, "resolution", "%s: the smallest step seen",
                  et_print_seconds(text, t->clock->resolution));
    et_block_fact(facts, "a reading costs", "%s",
                  et_print_seconds(text, t->clock->overhead));
    et_block_fact(
        facts, "shortest sample", "%s: 1000 resolutions",
        et_print_seconds(text, et_sampling_floor(0, t->clock->resolution)));
    et_block_fact(facts, "went backwards", "%d times in %d readings", backwards,
                  READINGS);
    if (backwards)
        et_selftest_find(out, ET_WRONG, "the clock went backwards %d times",
                         backwards);
}

static enum et_status put_global(const struct et_selftest *t,
                                 struct et_block *facts,
                                 struct et_selftest_outcome *out)
{
    struct global g = {.t = t};
    char where[80], a[ET_TEXT_NUMBER], b[ET_TEXT_NUMBER];
    const char *why = et_selftest_why_not(t, RANKS);
    if (why) {
        et_selftest_find(out, ET_UNSURE, "%s", why);
        return ET_OK;
    }
    enum et_status s = et_selftest_on(t, RANKS, on_ranks, &g);
    if (s != ET_OK || t->world->rank != 0)
        return s;
    et_selftest_describe(t, RANKS, where, sizeof where);
    et_block_fact(facts, "global clock", "of %s: %s", where,
                  g.shared ? "all ranks read one clock"
                           : "several clocks, synchronised");
    et_block_fact(facts, "its error", "%s at most; %s after a pause",
                  et_print_seconds(a, g.error), et_print_seconds(b, g.later));
    et_block_fact(facts, "saw the past",
                  "%d times in %d rounds of telling each other the time",
                  g.backwards, ROUNDS);
    if (g.backwards)
        et_selftest_find(out, ET_WRONG,
                         "the global clock is off by more than the %s it "
                         "claims",
                         et_print_seconds(a, g.error));
    return ET_OK;
}

/* Threads of rank 0 in any case: only there the truth can be known. */
static enum et_status put_made(const struct et_selftest *t,
                               struct et_block *facts,
                               struct et_selftest_outcome *out)
{
    char a[ET_TEXT_NUMBER], b[ET_TEXT_NUMBER];
    int n = t->quick ? 2 : 20, wrong = 0;
    double claimed = 0, off = 0, began = et_clock_now(t->clock);
    enum et_status s = ET_OK;
    if (t->world->rank != 0)
        return ET_OK;
    for (int i = 0; s == ET_OK && i < n; i++) {
        struct made m = {.clock = *t->clock,
                         .stream = et_random_stream(
                             et_random_stream(t->seed, 0xc10c), (uint64_t)i)};
        et_selftest_progress(t, began, i, n);
        s = et_team_threads_run(RANKS, 1, on_made, &m);
        wrong += m.off > m.claimed;
        if (m.off > m.claimed)
            et_selftest_find(out, ET_WRONG,
                             "made-up clocks: off by %s where at most %s was "
                             "claimed",
                             et_print_seconds(a, m.off),
                             et_print_seconds(b, m.claimed));
        claimed = fmax(claimed, m.claimed);
        off = fmax(off, m.off);
    }
    if (s == ET_OK)
        et_block_fact(facts, "made-up clocks",
                      "%d times four clocks up to %g s apart, gaining up to "
                      "%g us a second, were brought together: at most %s off, "
                      "at most %s claimed; the claim was too small %d times",
                      n, 2 * SKEW, RATE * 1e6, et_print_seconds(a, off),
                      et_print_seconds(b, claimed), wrong);
    snprintf(out->found, sizeof out->found,
             "made-up clocks at most %s off, %s claimed; %d claims broken",
             et_print_seconds(a, off), et_print_seconds(b, claimed), wrong);
    return s;
}

struct sync {
    const struct et_selftest *t;
    struct et_result r; /* rank 0's */
};

static enum et_status on_windows(struct et_team *team, void *arg)
{
    struct sync *sync = arg;
    struct et_nap nap = {-1, 1e-3, 0};
    const struct et_lab lab = {sync->t, &et_lab_nap, "sleep",
                               &nap,    SAMPLES,     1e-3};
    struct et_result mine;
    et_result_begin(&mine);
    enum et_status s = et_lab_measure(&lab, team, &mine);
    if (team->rank == 0)
        sync->r = mine;
    else
        et_result_free(&mine);
    return s;
}

/* Windows need a core for each rank. */
static enum et_status put_windows(const struct et_selftest *t,
                                  struct et_block *facts)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    int ranks = cores < RANKS && t->world->size == 1 ? (int)cores : RANKS;
    struct sync sync = {.t = t};
    if (ranks < 2 || et_selftest_why_not(t, ranks)) {
        et_block_fact(facts, "windows",
                      "not tested: one core, or too few "
                      "ranks");
        return ET_OK;
    }
    et_result_begin(&sync.r);
    enum et_status s = et_selftest_on(t, ranks, on_windows, &sync);
    const struct et_result_sync *y = &sync.r.sync;
    if (s == ET_OK && t->world->rank == 0 && y->missed >= 0)
        et_block_fact(facts, "windows",
                      "%d ranks began %lld samples at agreed times and missed "
                      "%lld",
                      ranks, (long long)sync.r.time.n, (long long)y->missed);
    else if (s == ET_OK && t->world->rank == 0)
        et_block_fact(facts, "windows",
                      "not used by %d ranks, which fell back to a barrier: %s",
                      ranks, y->reason ? y->reason : "no global clock");
    et_result_free(&sync.r);
    return s;
}

static enum et_status run(const struct et_selftest *t, struct et_doc *doc,
                          struct et_selftest_outcome *out)
{
    struct et_block *facts = et_doc_facts(doc);
    char a[ET_TEXT_NUMBER], b[ET_TEXT_NUMBER];
    if (t->world->rank == 0)
        put_clock(t, facts, out);
    enum et_status s = put_global(t, facts, out);
    if (s == ET_OK)
        s = put_windows(t, facts);
    if (s == ET_OK)
        s = et_team_agree(t->world, put_made(t, facts, out));
    if (s != ET_OK && s != ET_UNSURE) {
        et_selftest_find(out, ET_UNSURE, "%s", et_log_last_error());
        s = ET_OK;
    }
    snprintf(out->tried, sizeof out->tried, "resolution %s, a reading %s",
             et_print_seconds(a, t->clock->resolution),
             et_print_seconds(b, t->clock->overhead));
    return s;
}

const struct et_selftest_part et_selftest_clocks = {
    ET_SELFTEST_PART("clocks", "Clocks"),
    .done = "The clock is read a million times; ranks agree on a global "
            "clock and tell each other the time; and four clocks that are "
            "wrong on purpose are synchronised.",
    .failure = "a clock that goes backwards, or a global clock that is off by "
               "more than the error it claims.",
};
