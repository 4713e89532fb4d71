/* repeat: the plan against itself. A small plan is measured several times on
 * this machine, each time as a launch: what the intervals of one launch are
 * worth is what the other launches measured. Goes through harness/run/drive.h
 * as a run does, and keeps the records in memory.
 */
#include "config.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/selftest/part.h"
#include "harness/base/log.h"
#include "harness/base/memory.h"
#include "harness/config/plan.h"
#include "harness/run/drive.h"
#include "harness/run/stop.h"
#include "results/reading/merge.h"
#include "results/report/repeat.h"

#define RANKS 4 /* at most */
#define FULL 8
#define QUICK 3
#define ERRORS_FULL 3 /* standard errors */
#define ERRORS_QUICK 4
#define CLAIMED 0.95

/* The plan; of it what this build and these ranks can do. One thread a rank, so
 * that a busy core does not hold up all others. */
static const struct section {
    const char *bench;
    int ranks;  /* at least */
    bool quick; /* with --quick too */
    const char *keys;
} sections[] = {
    {"gemm", 1, true, "dtype = fp32\nshapes = 256^3\nranks = all\n"},
    {"stream", 1, true, "op = triad\nlevel = l2\nranks = all\n"},
    {"stream", 1, false, "op = read\nlevel = memory\nranks = all\n"},
    {"memory_latency", 1, false, "level = l2\nranks = 1\n"},
    {"allreduce", 2, false,
     "backend = ring\ndtype = fp32\nsizes = 8, 1MiB\nranks = all\n"},
    {"io", 1, false,
     "backend = posix\nop = write, read\nsizes = 4MiB\nranks = 1\n"},
};
#define SECTIONS (sizeof sections / sizeof *sections)

/* What the launches share, and what they left. */
struct trial {
    struct et_sink sink; /* first, so that it is the trial */
    const struct et_selftest *t;
    struct et_team *team; /* takes the place of a run's world */
    struct et_options options;
    struct et_environment environment;
    struct et_placement placement;
    /* Rank 0 alone. */
    struct et_cases cases;
    int64_t launch;
    struct et_run run; /* its records alone */
    struct et_doc *doc;
    struct et_selftest_outcome *out;
};

static enum et_status begin(struct et_sink *s, const struct et_run_info *info)
{
    (void)s;
    (void)info;
    return ET_OK;
}

static enum et_status end(struct et_sink *s, const char *outcome,
                          const char *reason, const char *finished)
{
    (void)s;
    (void)outcome;
    (void)reason;
    (void)finished;
    return ET_OK;
}

/* What could not be measured puts nothing to the test. */
static void find_fault(struct et_selftest_outcome *out,
                       const struct et_result *r)
{
    if (r->outcome == ET_WRONG_DATA)
        et_selftest_find(out, ET_WRONG, "%s: wrong: %s", r->id,
                         r->reason ? r->reason : "the check failed");
    else if (r->outcome != ET_MEASURED && r->outcome != ET_UNSUPPORTED)
        et_selftest_find(out, ET_UNSURE, "%s was not measured: %s", r->id,
                         r->reason ? r->reason : "no reason was given");
}

static enum et_status put(struct et_sink *s, const struct et_result *result)
{
    struct trial *trial = (struct trial *)s;
    struct et_run *run = &trial->run;
    struct et_result copy;
    find_fault(trial->out, result);
    struct et_record *v =
        et_grow(run->records, run->n + 1, sizeof *run->records);
    if (!v)
        return et_no_memory();
    run->records = v;
    enum et_status status = et_result_copy(&copy, result);
    if (status != ET_OK)
        return status;
    status = et_record_make(&copy, &v[run->n]);
    if (status != ET_OK) {
        et_result_free(&copy);
        return status;
    }
    v[run->n++].launch = trial->launch;
    return ET_OK;
}

/* Rank 0: the sections that can be measured here, to cases. */
static enum et_status expand(struct trial *trial)
{
    const struct et_selftest *t = trial->t;
    const struct et_allocation allocation = {
        .ranks = trial->team->size,
        .nodes = trial->team->nodes,
        .ranks_upto = trial->placement.ranks_upto,
        .threads = trial->placement.threads,
    };
    struct et_strings given = {0};
    struct et_text plan = {0};
    for (size_t i = 0; i < SECTIONS; i++) {
        const struct section *s = &sections[i];
        if (et_bench_find(t->benches, s->bench) &&
            trial->team->size >= s->ranks && (s->quick || !t->quick))
            et_text_add(&plan, "[%s %zu]\nthreads = 1\n%s", s->bench, i,
                        s->keys);
    }
    enum et_status s =
        plan.failed ? et_no_memory()
        : plan.n == 0
            ? et_error(ET_UNSURE, "no bench of its plan is in this build")
            : et_plan_expand("plan of the selftest", et_text_str(&plan),
                             t->benches, &trial->options, &given, &allocation,
                             &trial->cases);
    et_text_free(&plan);
    /* What it takes to be converged is read from there. */
    if (s == ET_OK && !et_pairs_from_fields(&trial->run.info.config,
                                            et_option_rows, &trial->options))
        s = et_no_memory();
    return s;
}

/* Collective. */
static enum et_status open_trial(struct trial *trial)
{
    const struct et_selftest *t = trial->t;
    struct et_options *o = &trial->options;
    enum et_status s = et_fields_init(et_option_rows, o, sizeof *o);
    if (s == ET_OK)
        s = et_environment_read("", &trial->environment);
    o->seed = (int64_t)(t->seed % 1000000007);
    o->budget = t->quick ? 0.05 : 0.3;
    o->scratch = et_strdup(t->scratch);
    if (s == ET_OK && !o->scratch)
        s = et_no_memory();
    s = et_team_agree(trial->team, s);
    if (s == ET_OK)
        s = et_placement_gather(trial->team, &trial->environment,
                                &trial->placement);
    if (s == ET_OK)
        s = et_team_agree(trial->team,
                          trial->team->rank == 0 ? expand(trial) : ET_OK);
    return s;
}

static void close_trial(struct trial *trial)
{
    et_cases_free(&trial->cases);
    et_run_free(&trial->run);
    et_placement_free(&trial->placement);
    et_fields_free(et_environment_rows, &trial->environment,
                   sizeof trial->environment);
    et_fields_free(et_option_rows, &trial->options, sizeof trial->options);
}

/* The whole plan once: nothing of an earlier launch is known to it. */
static enum et_status launch(struct trial *trial, struct et_counters *counters,
                             int *signal)
{
    const struct et_selftest *t = trial->t;
    bool root = trial->team->rank == 0;
    struct et_energy energy = {.reason = "not asked for"};
    struct et_histories histories = {0};
    struct et_drive_outcome outcome = {0};
    const struct et_drive drive = {
        .instruments = {.clock = t->clock,
                        .counters = counters,
                        .energy = &energy,
                        .options = &trial->options,
                        .tag = t->tag,
                        .benches = t->benches,
                        .placement = &trial->placement},
        .benches = t->benches,
        .world = trial->team,
        .placement = &trial->placement,
        .cases = root ? &trial->cases : NULL,
        .histories = &histories,
        .launches = 1,
        .sink = root ? &trial->sink : NULL};
    enum et_status s = ET_OK;
    if (root && !et_histories_begin(&histories, trial->cases.n))
        s = et_no_memory();
    s = et_team_agree(trial->team, s);
    if (s == ET_OK) {
        enum et_log_level level = et_log_level_set(ET_LOG_WARN);
        s = et_drive_run(&drive, &outcome);
        et_log_level_set(level);
    } else {
        outcome.broken = true;
    }
    *signal = outcome.signal;
    et_histories_free(&histories);
    /* What went wrong with a case is said already (find_fault). */
    return outcome.broken || outcome.signal ? s : ET_OK;
}

/* All launches, or as many as there were before it broke or was told to stop.
 */
static enum et_status launch_all(struct trial *trial, int *signal)
{
    const struct et_selftest *t = trial->t;
    struct et_counters counters = {0};
    int n = t->quick ? QUICK : FULL;
    double began = et_clock_now(t->clock);
    enum et_status s =
        et_team_agree(trial->team, et_counters_open("none", &counters));
    bool counting = s == ET_OK;
    for (int i = 0; s == ET_OK && !*signal && i < n; i++) {
        et_selftest_progress(t, began, i, n);
        trial->launch = i;
        s = launch(trial, &counters, signal);
    }
    if (counting)
        et_counters_close(&counters);
    return s;
}

/* The cases of a launch move together, with the clock of the processor say, so
 * that a launch counts once, however many intervals it has: the share is too
 * low where even so few say that chance does not explain it. */
static void judge(const struct et_selftest *t, const struct et_repeat *r,
                  struct et_selftest_outcome *out)
{
    char all[48], converged[48];
    struct et_repeat_count c = et_repeat_sum(r, false);
    if (c.intervals == 0) {
        et_selftest_find(out, ET_UNSURE,
                         "no interval could be set against "
                         "other launches");
        return;
    }
    double share = (double)c.held / (double)c.intervals;
    double error = sqrt(CLAIMED * (1 - CLAIMED) / (double)r->launches);
    double least = CLAIMED - (t->quick ? ERRORS_QUICK : ERRORS_FULL) * error;
    et_repeat_say(c, all, sizeof all);
    et_repeat_say(et_repeat_sum(r, true), converged, sizeof converged);
    snprintf(out->found, sizeof out->found,
             "%s intervals contained what the other launches measured; of the "
             "converged: %s; at least %.0f %% are asked for",
             all, converged, 100 * least);
    if (share < least)
        et_selftest_find(
            out, ET_MISSED,
            "%s intervals of one launch contained what the others measured, "
            "where 95 %% is claimed: this machine changes more from one "
            "launch to the next than the passes of a launch show",
            all);
}

/* Rank 0. */
static enum et_status conclude(struct trial *trial)
{
    struct et_selftest_outcome *out = trial->out;
    const struct et_repeat *r = &trial->run.repeat;
    enum et_status s = et_run_merge(&trial->run);
    if (s != ET_OK)
        return s;
    snprintf(out->tried, sizeof out->tried,
             "%zu launches of a plan, %zu intervals", r->launches,
             et_repeat_sum(r, false).intervals);
    judge(trial->t, r, out);
    if (r->benches.n > 0)
        et_repeat_put(trial->doc, r);
    return ET_OK;
}

static enum et_status body(struct et_team *team, void *arg)
{
    struct trial *trial = arg;
    int signal = 0;
    trial->team = team;
    enum et_status s = open_trial(trial);
    if (s == ET_OK)
        s = launch_all(trial, &signal);
    if (signal)
        return team->rank == 0 ? et_error(ET_UNSURE, "interrupted") : ET_UNSURE;
    if (s != ET_OK)
        et_selftest_find(trial->out, ET_UNSURE, "%s", et_log_last_error());
    s = team->rank == 0 ? conclude(trial) : ET_OK;
    return et_team_agree(team, s);
}

static enum et_status run(const struct et_selftest *t, struct et_doc *doc,
                          struct et_selftest_outcome *out)
{
    struct trial trial = {.sink = {.begin = begin, .put = put, .end = end},
                          .t = t,
                          .doc = doc,
                          .out = out};
    int ranks = t->world->size < RANKS ? t->world->size : RANKS;
    enum et_status s = et_selftest_on(t, ranks, body, &trial);
    close_trial(&trial);
    return s;
}

const struct et_selftest_part et_selftest_repeat = {
    ET_SELFTEST_PART("repeat", "The plan against itself"),
    .done = "A small plan (products, streams, the memory's latency, storage, "
            "and all-reduce where there are ranks) is measured eight times, "
            "three times with --quick, in six passes or more each. The "
            "launches are runs in this process, with memory allocated and "
            "everything calibrated anew; what only a new process changes, "
            "`etalon run --launches` shows.",
    .failure = "95 % intervals of one launch that contain the median of the "
               "others so seldom that chance does not explain it, if each "
               "launch counts once: 95 % less three standard errors; with "
               "--quick, less four.",
};
