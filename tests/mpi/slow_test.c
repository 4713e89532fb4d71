/* How samples begin, and who is slow. One of four ranks is delayed by 5 ms in
 * each of its samples: the record must name it, through the whole course of a
 * case. Alone the ranks are threads; under run.sh they are processes.
 * ET_TEST_REPEATS: how many cases, each with another slow rank; of 100 it must
 * be named in 99, and the figure is printed. (The ranks' work is short against
 * the delay: with fewer cores than ranks, a rank that waits for a core is slow
 * too.)
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "harness/base/log.h"
#include "harness/run/measure.h"
#include "harness/run/sampler.h"
#include "harness/team/threads.h"
#include "tests/mpi/check.h"
#include "tests/unit/fake_bench.h"

#define WORK 100000 /* additions of an iteration */
#define DELAY 5e-3  /* s: long against what a busy machine takes at times */
#define LEAP 2.0    /* s: of a clock, against any wait for a core */

/* The work of a rank, apart from all others. */
struct delayed {
    int rank;
    volatile double sum;
    bool slow;
};

static enum et_status delayed_prepare(void *state,
                                      const struct et_setting *setting,
                                      const void *params)
{
    struct delayed *d = state;
    int slow = atoi(setting->tag);
    (void)params;
    *d = (struct delayed){.rank = setting->team->rank};
    d->slow = d->rank == slow;
    return ET_OK;
}

static enum et_status delayed_run(void *state, uint64_t iterations)
{
    struct delayed *d = state;
    struct timespec delay = {0, (long)(DELAY * 1e9)};
    if (d->slow)
        nanosleep(&delay, NULL);
    for (uint64_t i = 0; i < iterations * WORK; i++)
        d->sum = d->sum + 1;
    return ET_OK;
}

static enum et_status delayed_verify(void *state, struct et_verification *out)
{
    (void)state;
    out->status = ET_CHECK_PASSED;
    out->error = 0;
    out->bound = 1;
    return ET_OK;
}

static void delayed_work(const void *state, struct et_work *out)
{
    (void)state;
    *out = (struct et_work){.flop = WORK, .convention = "additions"};
}

static void delayed_release(void *state)
{
    (void)state;
}

static const char *delayed_unsupported(const void *params, const char *backend,
                                       int ranks)
{
    (void)params, (void)backend, (void)ranks;
    return NULL;
}

/* One run; on rank 0 whether it named `slow`. */
static bool names(struct et_team *team, bool windows, int slow)
{
    struct et_bench bench = fake_bench;
    struct et_clock clock;
    struct et_counters counters;
    struct et_energy energy = {.reason = "none"};
    struct et_options options;
    struct et_global_clock *global = NULL;
    struct et_result r;
    struct et_case c;
    char tag[16];
    bench.state_size = sizeof(struct delayed);
    bench.unsupported = delayed_unsupported;
    bench.prepare = delayed_prepare;
    bench.run = delayed_run;
    bench.verify = delayed_verify;
    bench.work = delayed_work;
    bench.release = delayed_release;
    bench.facts = NULL;
    snprintf(tag, sizeof tag, "%d", slow);
    CHECK(et_clock_open("real", &clock) == ET_OK);
    CHECK(et_counters_open("none", &counters) == ET_OK);
    CHECK(et_fields_init(et_option_rows, &options, sizeof options) == ET_OK);
    options.passes = 1;
    options.budget = 0.1;
    options.min_samples = 10;
    options.max_samples = 20;
    options.min_time = 100e-6;
    if (windows)
        CHECK(et_global_clock_open(team, &clock, &global) == ET_OK);
    CHECK(et_case_init(&bench, &c) == ET_OK);
    CHECK(et_case_set(&c, "backend", "quick", "t") == ET_OK);
    CHECK(et_case_set(&c, "threads", "1", "t") == ET_OK);
    CHECK(et_case_name(&c) == ET_OK);
    const struct et_instruments with = {.clock = &clock,
                                        .counters = &counters,
                                        .energy = &energy,
                                        .options = &options,
                                        .tag = tag,
                                        .global = global};
    et_result_begin(&r);
    CHECK(et_measure(&with, &c, team, &r) == ET_OK);
    bool named = r.time.slowest_rank == slow;
    if (team->rank == 0) {
        size_t p = (size_t)team->size;
        CHECK(r.outcome == ET_MEASURED);
        CHECK(r.rank_medians.n == p && r.rank_last.n == p);
        CHECK(r.time.ranks.n == (int64_t)p && r.time.ranks.worst.n == p);
        double sum = 0;
        for (size_t i = 0; i < p; i++)
            sum += r.rank_last.v[i];
        /* Each sample has a last rank; two may tie. */
        CHECK(sum >= (double)r.time.n);
        const struct et_result_part *node = r.time.nodes.worst.v;
        int64_t ranks = 0;
        for (size_t i = 0; i < r.time.nodes.worst.n; i++)
            ranks += node[i].ranks;
        CHECK(team->nodes == 1 || ranks == team->size);
        CHECK(r.time.nodes.n ==
              (team->nodes > 1 ? team->nodes : ET_ABSENT_INT));
        CHECK(r.sync.start &&
              (windows || strcmp(r.sync.start, "barrier") == 0));
        CHECK(strcmp(r.sync.start, "window") == 0 || r.sync.reason);
        if (getenv("ET_TEST_SHOW"))
            fprintf(stderr,
                    "slow %d named %d %s (%s) imbalance %g missed %d of %d\n",
                    slow, (int)r.time.slowest_rank, r.sync.start,
                    r.sync.reason ? r.sync.reason : "", r.time.imbalance,
                    (int)r.sync.missed, (int)r.time.n);
    }
    et_result_free(&r);
    et_case_free(&c);
    et_global_clock_close(global);
    et_counters_close(&counters);
    et_fields_free(et_option_rows, &options, sizeof options);
    return named;
}

#define BLOCK 10

/* A block of windows: what must hold however the machine is busy. */
static void take_block(struct et_team *team, struct et_sampler *m,
                       struct et_reals *times)
{
    double elapsed = 0, last;
    bool same = false;
    et_sampler_begin(m);
    times->n = 0;
    CHECK(et_sampler_block(m, BLOCK, et_clock_now(m->clock), times, &elapsed) ==
          ET_OK);
    CHECK(m->own.n == BLOCK && m->starts == BLOCK && elapsed > 0);
    CHECK(m->missed.n == BLOCK && times->n == BLOCK);
    CHECK(et_team_same(team, times->v, BLOCK * sizeof *times->v, &same) ==
          ET_OK);
    CHECK(same);
    CHECK(et_team_same(team, m->missed.v, BLOCK * sizeof *times->v, &same) ==
          ET_OK);
    CHECK(same);
    /* Never less than the slow rank slept, by a clock that may run otherwise
     * by a little. */
    for (int i = 0; i < BLOCK; i++)
        CHECK(times->v[i] >= 0.99 * DELAY);
    last = 0;
    for (size_t i = 0; i < m->last.n; i++)
        last += m->last.v[i];
    CHECK(et_team_reduce(team, ET_SUM, &last, 1) == ET_OK);
    CHECK(last >= BLOCK);
    CHECK(m->newest > m->first);
}

/* Windows, and what becomes of them when the clock of the last rank leaps:
 * one that all share is found out by the windows missed, one of its own by the
 * error measured. */
static void test_windows(struct et_team *team, bool shared)
{
    struct et_clock clock;
    struct delayed state = {.rank = team->rank, .slow = team->rank == 0};
    struct et_bench bench = fake_bench;
    struct et_reals times = {0};
    struct et_result r;
    bool again = true;
    bench.run = delayed_run;
    CHECK(et_clock_open("real", &clock) == ET_OK);
    if (!shared)
        clock.identity = 1 + (uint64_t)team->rank;
    struct et_sampler m = {.bench = &bench,
                           .state = &state,
                           .team = team,
                           .clock = &clock,
                           .iterations = 1};
    CHECK(et_global_clock_open(team, &clock, &m.global) == ET_OK);
    CHECK(et_sampler_synchronise(&m) == ET_OK);
    CHECK(m.windows && m.error > 0);
    take_block(team, &m, &times);
    /* A machine that is busy may miss them; the clock is good. */
    CHECK(et_sampler_settle(&m, 10, &again) == ET_OK);
    CHECK(m.error_after > 0);
    CHECK(again == !m.windows && again == (4 * et_sampler_missed(&m) > BLOCK));
    m.windows = true;
    if (team->rank == team->size - 1)
        clock.skew += LEAP;
    take_block(team, &m, &times);
    /* The others do not wait so long for the last rank's start. */
    for (int i = 0; i < BLOCK && team->size > 1; i++)
        CHECK(times.v[i] > LEAP / 2);
    CHECK(et_sampler_missed(&m) == BLOCK);
    CHECK(et_sampler_settle(&m, 10e-3, &again) == ET_OK && again);
    CHECK(strstr(m.reason, "error of "));
    /* Of a shared clock it is the leap less the time of a reduction. */
    CHECK(m.error_after > (shared ? 0.5 : 0.99) * LEAP);
    et_result_begin(&r);
    CHECK(et_sampler_describe(&m, &r.sync) == ET_OK);
    CHECK(strcmp(r.sync.start, "barrier") == 0 && r.sync.reason);
    CHECK(r.sync.missed == ET_ABSENT_INT && isnan(r.sync.window));
    et_result_free(&r);
    et_global_clock_close(m.global);
    et_sampler_free(&m);
    free(times.v);
}

static enum et_status all(struct et_team *team, void *arg)
{
    int repeats = *(const int *)arg;
    for (int shared = 0; shared < 2 && team->size > 1; shared++)
        test_windows(team, shared);
    for (int windows = 0; windows < 2 && team->size > 1; windows++) {
        int right = 0;
        for (int i = 0; i < repeats; i++)
            right += names(team, windows, i % team->size);
        if (team->rank == 0 && repeats >= 100)
            printf("%s, %d ranks, %s: named in %d of %d runs\n",
                   team->ops->name, team->size,
                   windows ? "windows" : "barriers", right, repeats);
        /* A lone run may hit a machine that does something else. */
        CHECK(team->rank != 0 || right * 100 >= 99 * repeats ||
              (repeats < 100 && right >= repeats - 1));
    }
    return ET_OK;
}

int main(void)
{
    const char *given = getenv("ET_TEST_REPEATS");
    int repeats = given ? atoi(given) : 4;
    struct et_team *team;
    et_log_level_set(ET_LOG_ERROR);
    CHECK(et_team_open("auto", &team) == ET_OK);
    CHECK(all(team, &repeats) == ET_OK);
    if (team->size == 1)
        CHECK(et_team_threads_run(4, 2, all, &repeats) == ET_OK);
    et_team_close(team);
    return 0;
}
