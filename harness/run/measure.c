/* The course of a case. Every decision rests on figures that all ranks share,
 * so that they never part ways. */
#include "config.h"
#include "harness/run/measure.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#ifdef _OPENMP
#include <omp.h>
#endif

#include "harness/base/log.h"
#include "harness/base/memory.h"
#include "harness/base/random.h"
#include "harness/run/ceilings.h"
#include "harness/run/counted.h"
#include "harness/run/delivered.h"
#include "harness/run/device.h"
#include "harness/run/digest.h"
#include "harness/run/disturbed.h"
#include "harness/run/joules.h"
#include "harness/run/ranks.h"
#include "harness/run/sampler.h"
#include "harness/run/sampling.h"
#include "harness/run/stop.h"
#include "harness/stat/passes.h"
#include "harness/team/hop.h"

/* Samples of a case between two of its ceilings, at least. */
#define INTERLEAVE 4

struct measuring {
    const struct et_instruments *with;
    const struct et_case *c;
    const struct et_bench *bench;
    struct et_team *team;
    void *state;
    struct et_sampler sampler;
    struct et_ceilings ceilings;
    struct et_digests digests;
    struct et_disturbance disturbance;
    struct et_joules joules;
    double budget;       /* s: of this pass, for its samples */
    int64_t least, most; /* samples of this pass */
    size_t warmed;       /* samples of the warm-up proper */
    double once;         /* s: of the first run */
    double shortest;     /* s: a sample that is believed lasts so long */
    double floor;        /* s: one is calibrated to last so long */
    double spent;        /* s so far, on checks */
    struct et_result *r;
    bool cut; /* stopped before this case had what it needs */
};

static void feed(const struct measuring *m, const char *what)
{
    char text[300];
    snprintf(text, sizeof text, "rank %d, %s: %s", m->team->rank, what,
             m->c->id);
    et_watchdog_feed(m->with->watchdog, m->with->options->timeout, text);
}

/* All ranks' verdict on a step of the case. True: go on. On false the outcome
 * and the reason, a failing rank's words, are set; *team_status is bad when the
 * team is beyond use. */
static bool agreed(struct measuring *m, enum et_status mine,
                   enum et_status *team_status)
{
    struct et_agreement all;
    *team_status = et_team_agree_why(
        m->team, mine, mine != ET_OK ? et_log_last_error() : "", &all);
    if (*team_status == ET_OK && all.status == ET_OK)
        return true;
    m->r->outcome = ET_FAILED;
    if (!m->r->reason) {
        struct et_text t = {0};
        if (m->team->size > 1 && all.rank >= 0)
            et_text_add(&t, "rank %d: ", all.rank);
        et_text_add(&t, "%s", *all.words ? all.words : "failed, see the log");
        m->r->reason = t.s;
    }
    return false;
}

/* No visit of this process before this one has measured the case. */
static bool is_first(const struct measuring *m)
{
    return m->with->visit.iterations == 0;
}

/* A pass has its share of what the case has in all. */
static void share_out(struct measuring *m)
{
    const struct et_options *o = m->with->options;
    int64_t n = o->passes;
    m->budget = o->budget / (double)n;
    m->least = et_passes_share(o->min_samples, n);
    m->most = (o->max_samples + n - 1) / n;
}

/* One block of samples, its energy and what disturbed it. */
static enum et_status metered(struct measuring *m, size_t n, double start,
                              double *elapsed)
{
    et_joules_before(&m->joules);
    et_disturbance_before(&m->disturbance, &m->sampler);
    enum et_status s =
        et_sampler_block(&m->sampler, n, start, &m->r->time.samples, elapsed);
    if (s == ET_OK)
        s = et_disturbance_after(&m->disturbance, &m->sampler, n);
    et_joules_after(&m->joules, n);
    return s;
}

/* A sample of each ceiling, and the case's own data back into the caches. The
 * time is not the case's: `start` moves on by it. */
static enum et_status interleave(struct measuring *m, double *start)
{
    double begun = et_clock_now(m->with->clock);
    enum et_status s = et_ceilings_sample(&m->ceilings);
    if (s == ET_OK)
        s = et_sampler_refresh(&m->sampler);
    *start += et_clock_now(m->with->clock) - begun;
    return s;
}

/* What rank 0 makes of the samples so far, told to all: the ranks go on or end
 * together, even where one has no memory to look, or another mathematical
 * library. */
struct look {
    int32_t status; /* of looking */
    int32_t enough; /* sampling may end */
    uint64_t warm;  /* samples at the start that do not count */
    int64_t n;      /* that do, */
    double median;  /* and theirs */
};

static enum et_status look(struct measuring *m, double elapsed, size_t *warm,
                           bool *enough)
{
    const struct et_options *o = m->with->options;
    struct et_result_time *time = &m->r->time;
    struct look l = {0};
    if (m->team->rank == 0) {
        bool looked = et_sampling_summarise(time, o->precision, m->least, warm);
        l.status = looked ? ET_OK : et_no_memory();
        l.enough =
            time->n >= m->least && (time->converged || elapsed >= m->budget);
        l.warm = *warm;
        l.n = time->n;
        l.median = time->median;
    }
    enum et_status s = et_team_broadcast(m->team, 0, &l, sizeof l);
    if (s != ET_OK)
        return s;
    *warm = (size_t)l.warm;
    *enough = l.enough;
    time->n = l.n;
    time->median = l.median;
    return (enum et_status)l.status;
}

static enum et_status take_samples(struct measuring *m)
{
    const struct et_options *o = m->with->options;
    struct et_result_time *time = &m->r->time;
    double start = et_clock_now(m->with->clock), elapsed = 0, since = 0;
    enum et_status s = ET_OK;
    size_t warm = 0, between = 0;
    time->samples.n = 0;
    time->transient.n = m->warmed;
    et_joules_begin(&m->joules, m->with->energy, m->team);
    et_sampler_begin(&m->sampler);
    et_disturbance_begin(&m->disturbance, &m->sampler);
    while (s == ET_OK && !m->sampler.stopped) {
        bool enough = false;
        size_t n = et_sampling_block(time->samples.n, elapsed, m->budget,
                                     (size_t)m->most);
        s = metered(m, n, start, &elapsed);
        if (s == ET_OK)
            s = look(m, elapsed, &warm, &enough);
        if (enough || (int64_t)time->samples.n >= m->most ||
            elapsed >= ET_PATIENCE * m->budget)
            break;
        m->cut = m->sampler.stopped;
        feed(m, "sampling");
        /* Not before a block so short that what is disturbed would count. */
        if (s == ET_OK && m->ceilings.n > 0 &&
            time->samples.n - between >= INTERLEAVE &&
            elapsed - since >= ET_CEILING_APART) {
            between = time->samples.n;
            since = elapsed;
            s = interleave(m, &start);
        }
    }
    time->iterations = (int64_t)m->sampler.iterations;
    et_sampler_drop(&m->sampler, warm);
    if (s == ET_OK && !et_sampling_split(time, warm))
        s = et_no_memory();
    if (s == ET_OK && m->team->rank == 0 &&
        !et_sampling_trend(time, o->precision))
        s = et_no_memory();
    return et_team_agree(m->team, s);
}

static enum et_status check(struct measuring *m)
{
    struct et_verification v = {
        .error = NAN, .bound = NAN, .certain = NAN, .usual = NAN};
    struct et_result_verification *out = &m->r->verification;
    feed(m, "checking");
    double begun = et_clock_now(m->with->clock);
    enum et_status s = m->bench->verify(m->state, &v);
    m->spent += et_clock_now(m->with->clock) - begun;
    out->spent = m->spent;
    if (s != ET_OK)
        return s;
    free(out->method);
    free(out->note);
    out->status = v.status;
    out->error = v.error;
    out->bound = v.bound;
    out->certain = v.certain;
    out->usual = v.usual > 0 ? v.usual : NAN;
    out->method = et_strdup(v.method);
    out->note = *v.note ? et_strdup(v.note) : NULL;
    return ET_OK;
}

/* Of what the last run left; 0 where the ranks' outputs are not alike. */
static uint64_t digest(struct measuring *m)
{
    struct et_output out = {0};
    if (m->bench->output)
        m->bench->output(m->state, &out);
    return out.alike ? et_digest(out.data, out.bytes) : 0;
}

/* Ranks with the same work that came to other results: no check can tell more
 * surely that a node computes wrongly. */
static enum et_status compare_outputs(struct measuring *m, bool *wrong)
{
    struct et_result_verification *out = &m->r->verification;
    int n_odd = 0;
    *wrong = false;
    double have = m->digests.first != 0 && m->digests.last != 0;
    enum et_status s = et_team_reduce(m->team, ET_MIN, &have, 1);
    if (s != ET_OK)
        return s;
    if (have == 0) {
        out->digest_absent =
            et_strdup(m->bench->output ? "the ranks' outputs are not alike"
                                       : "its own check covers every rank");
        return ET_OK;
    }
    if (m->bench->rewind) {
        m->bench->rewind(m->state);
        s = et_team_agree(m->team, m->bench->run(m->state, 1));
        if (s != ET_OK)
            return s;
        m->digests.last = digest(m);
    }
    m->digests.kind = m->with->kind;
    s = et_digests_compare(m->team, &m->digests, m->with->placement, out,
                           &n_odd);
    if (s != ET_OK || n_odd == 0)
        return s;
    struct et_text t = {0};
    et_text_add(&t,
                "silent corruption: the same inputs gave other outputs on "
                "%d of %d ranks:",
                n_odd, m->team->size);
    for (size_t i = 0; i < out->odd.n && i < 8; i++)
        et_text_add(&t, "%s %s", i ? "," : "", out->odd.v[i]);
    *wrong = true;
    out->status = ET_CHECK_FAILED;
    m->r->outcome = ET_WRONG_DATA;
    m->r->reason = t.s;
    return ET_OK;
}

/* Of the rank that inspected fewest. */
static enum et_status count_inspected(struct measuring *m)
{
    double looks = (double)m->sampler.looks;
    enum et_status s = et_team_reduce(m->team, ET_MIN, &looks, 1);
    if (s == ET_OK && m->bench->inspect && !m->with->clock->fake)
        m->r->verification.sampled = (int64_t)looks;
    return s;
}

/* Rounding uses little of its bound; fewer bits than the type has use much. */
static bool is_coarse(const struct et_result_verification *v)
{
    return isfinite(v->usual) && v->error > v->usual * v->bound;
}

static bool is_wrong(struct measuring *m)
{
    if (m->r->verification.status == ET_CHECK_PASSED)
        return false;
    struct et_text t = {0};
    m->r->outcome = ET_WRONG_DATA;
    et_text_add(&t, "error %.3g, bound %.3g: %s", m->r->verification.error,
                m->r->verification.bound,
                m->r->verification.note ? m->r->verification.note
                                        : "the check did not pass");
    free(m->r->reason);
    m->r->reason = t.s;
    return true;
}

/* Of the coarsest clock, as all must come to the same iterations. */
static enum et_status agree_on_floor(struct measuring *m)
{
    m->shortest = et_sampling_floor(0, m->with->clock->resolution);
    enum et_status s = et_team_reduce(m->team, ET_MAX, &m->shortest, 1);
    /* Twice that: a kernel gets faster once it is warm. */
    m->floor = fmax(m->with->options->min_time, 2 * m->shortest);
    return s;
}

static bool too_short(const struct measuring *m)
{
    return m->r->time.median * (double)m->sampler.iterations < m->shortest;
}

/* More iterations after all, where a busy machine made few look long. */
static bool lengthened(struct measuring *m)
{
    if (m->bench->once || m->with->clock->fake || m->sampler.stopped ||
        !too_short(m))
        return false;
    double took = m->r->time.median * (double)m->sampler.iterations;
    uint64_t more =
        et_sampling_grow(m->sampler.iterations, took, 2 * m->shortest);
    bool longer = more > m->sampler.iterations;
    m->sampler.iterations = more;
    return longer;
}

/* How far the cores of ranks lie apart, where that matters: not to what works
 * in its core's own caches, not where ranks take turns on a core, and not where
 * no time is real. */
static enum et_status measure_hop(struct measuring *m)
{
    const enum et_role role = m->bench->role;
    bool off = role == ET_ROLE_NONE || role == ET_ROLE_COMPUTE_CEILING ||
               m->with->no_global || m->with->clock->fake;
    return off ? ET_OK
               : et_hop_look(m->team, m->with->tag, m->with->clock,
                             &m->r->sync.hop);
}

static enum et_status time_it(struct measuring *m)
{
    const struct et_options *o = m->with->options;
    feed(m, "calibrating");
    enum et_status s = et_sampler_synchronise(&m->sampler);
    m->sampler.iterations = m->with->visit.iterations;
    if (s == ET_OK && m->sampler.iterations == 0)
        s = et_sampler_calibrate(&m->sampler, m->floor);
    feed(m, "warming up");
    /* Code that has been measured already needs less, and its first run is part
     * of it. */
    double warmed = is_first(m) ? 0 : m->once;
    double most = m->budget / (is_first(m) ? 4 : 8);
    if (s == ET_OK)
        s = et_team_reduce(m->team, ET_MAX, &warmed, 1);
    if (s == ET_OK && !m->sampler.stopped)
        s = et_sampler_warm_up(&m->sampler, o->precision, most - warmed,
                               &m->r->time.transient);
    m->warmed = m->r->time.transient.n;
    if (s == ET_OK)
        s = measure_hop(m);
    /* Once; again where the windows turn out to have been at fault, or the
     * readings that it was calibrated by. */
    for (bool again = true; s == ET_OK && again;) {
        feed(m, "sampling");
        m->cut = m->sampler.stopped;
        if (!m->sampler.stopped)
            s = take_samples(m);
        if (s == ET_OK)
            s = et_sampler_settle(&m->sampler, m->r->time.median, &again);
        again = again || lengthened(m);
    }
    if (s != ET_OK)
        return s;
    /* All four, whatever becomes of one: the others of the team take part. */
    enum et_status each[4];
    each[0] =
        et_ranks_compare(m->team, &m->sampler.own, &m->sampler.last, m->r);
    each[1] = et_sampler_describe(&m->sampler, &m->r->sync);
    each[2] =
        et_disturbance_describe(&m->disturbance, &m->sampler, &m->r->disturbed);
    each[3] = et_joules_describe(&m->joules, m->sampler.iterations,
                                 m->r->time.n > 0, &m->r->energy);
    for (size_t i = 0; s == ET_OK && i < 4; i++)
        s = each[i];
    return s;
}

static void describe_time(struct measuring *m)
{
    struct et_text t = {0};
    bool alone = m->team->size == 1, windows = m->sampler.windows;
    et_text_add(
        &t,
        "%s%s%s%llu iteration%s a sample; a sample is %s over its iterations",
        m->with->clock->fake ? "FAKE CLOCK, no measurement: " : "",
        m->bench->once ? "untimed preparation, " : "",
        alone     ? ""
        : windows ? "a start at an agreed time, then "
                  : "a barrier, then ",
        (unsigned long long)m->sampler.iterations,
        m->sampler.iterations == 1 ? "" : "s",
        alone              ? "its time"
        : m->sampler.spans ? "the last rank's exit less the first one's entry"
                           : "the slowest rank's time");
    m->r->time.method = t.s;
}

static void describe_work(struct measuring *m)
{
    struct et_work w = {0};
    m->bench->work(m->state, &w);
    m->r->work = (struct et_result_work){w.flop,
                                         w.bytes,
                                         w.bus_bytes,
                                         w.messages,
                                         w.traffic,
                                         w.accesses,
                                         et_strdup(w.convention)};
}

/* One more reason why nothing may rest on the record. */
static bool doubt(struct et_result *r, const char *why)
{
    const char *before = et_pairs_get(&r->facts, "doubt");
    struct et_text t = {0};
    et_text_add(&t, "%s%s%s", before ? before : "", before ? "; " : "", why);
    bool ok =
        !t.failed && et_pairs_set(&r->facts, "doubt", et_text_str(&t), false);
    et_text_free(&t);
    return ok;
}

static bool add_doubts(struct measuring *m)
{
    const struct et_result_verification *v = &m->r->verification;
    char why[160];
    et_sampler_doubt(&m->sampler, why, sizeof why);
    bool ok = !*why || doubt(m->r, why);
    if (ok && is_coarse(v)) {
        snprintf(why, sizeof why,
                 "errors use %.2g %% of their bound, and rounding of this "
                 "precision %.2g %% at most: it computed with fewer bits",
                 100 * v->error / v->bound, 100 * v->usual);
        ok = doubt(m->r, why);
    }
    return ok;
}

static enum et_status whole(struct measuring *m)
{
    const struct et_setting setting = {
        .team = m->team,
        .backend = m->c->backend,
        .threads = (int)m->c->threads,
        /* A library that remembers a pass has no use of that in the next. */
        .seed = et_random_stream((uint64_t)m->with->options->seed,
                                 (uint64_t)m->with->visit.pass),
        .scratch = m->with->options->scratch,
        .tag = m->with->tag,
        .settled = !is_first(m),
    };
    enum et_status team = ET_OK;
    feed(m, "preparing");
    if (!agreed(m, m->bench->prepare(m->state, &setting, m->c->params), &team))
        return team;
    describe_work(m);
    if (!agreed(m, agree_on_floor(m), &team))
        return team;
    feed(m, "preparing the ceilings");
    team = et_ceilings_open(m->with, m->c, m->team, m->floor, &m->ceilings);
    if (team == ET_OK)
        team = et_ceilings_sample(&m->ceilings);
    if (team != ET_OK)
        return team;
    feed(m, "a first run");
    if (!agreed(m, et_sampler_once(&m->sampler, 1, &m->once), &team))
        return team;
    m->digests.first = digest(m);
    et_sampler_inspect(&m->sampler);
    /* Wrong before it is timed: no time is spent on it. */
    if (is_first(m) && (!agreed(m, check(m), &team) || is_wrong(m)))
        return team;
    if (!agreed(m, time_it(m), &team))
        return team;
    describe_time(m);
    const char *invalid = m->cut              ? "interrupted"
                          : m->r->time.n == 0 ? "no sample was taken"
                          : too_short(m)      ? "a sample lasts less than 1000 "
                                                "resolutions of the clock"
                                              : NULL;
    if (invalid) {
        m->r->outcome = ET_UNMEASURED;
        m->r->reason = et_strdup(invalid);
        return ET_OK;
    }
    if (!agreed(m, count_inspected(m), &team))
        return team;
    /* The very data that the last sample left. */
    bool wrong = false;
    m->digests.last = m->digests.timed = digest(m);
    if (!agreed(m, check(m), &team) || is_wrong(m))
        return team;
    feed(m, "comparing the outputs");
    if (!agreed(m, compare_outputs(m, &wrong), &team) || wrong)
        return team;
    feed(m, "finishing the ceilings");
    if (!agreed(m, et_ceilings_finish(&m->ceilings, &m->r->ceilings), &team))
        return team;
    m->r->outcome = ET_MEASURED;
    feed(m, "counting the threads");
    double lasts = m->r->time.median * (double)m->sampler.iterations;
    if (is_first(m) &&
        !agreed(m, et_delivered_pass(&m->sampler, lasts, &m->r->team), &team))
        return team;
    feed(m, "counting");
    if (is_first(m) &&
        !agreed(
            m, et_counted_pass(m->with->counters, &m->sampler, &m->r->counters),
            &team))
        return team;
    if (m->bench->facts &&
        !agreed(m, m->bench->facts(m->state, &m->r->facts), &team))
        return team;
    if (!agreed(m, et_device_facts(m->c, &m->sampler, &m->r->facts), &team))
        return team;
    agreed(m, add_doubts(m) ? ET_OK : et_no_memory(), &team);
    return team;
}

enum et_status et_measure(const struct et_instruments *with,
                          const struct et_case *c, struct et_team *team,
                          struct et_result *out)
{
    struct measuring m = {
        .with = with, .c = c, .bench = c->bench, .team = team, .r = out};
    out->team =
        (struct et_result_team){.ranks = c->ranks,
                                .nodes = c->nodes,
                                .threads = c->threads,
                                .delivered = ET_ABSENT_INT,
                                .transport = et_strdup(team->ops->name)};
    /* A fact of this rank's machine, so all must hear of it. */
    const char *why =
        et_bench_unsupported(c->bench, c->params, c->backend, (int)c->ranks);
    int refused = -1;
    enum et_status told = et_team_lowest(team, why != NULL, &refused);
    if (told != ET_OK)
        return told;
    if (refused >= 0) {
        out->outcome = ET_UNSUPPORTED;
        out->reason =
            et_strdup(why ? why : "another rank's node does not do this");
        return ET_OK;
    }
    m.state = et_alloc(1, c->bench->state_size);
    if (!agreed(&m, m.state ? ET_OK : et_no_memory(), &told)) {
        free(m.state);
        return told;
    }
    share_out(&m);
    m.sampler = (struct et_sampler){.bench = c->bench,
                                    .state = m.state,
                                    .team = team,
                                    .clock = with->clock,
                                    .global = with->global,
                                    .no_global = with->no_global};
    et_disturbance_open(with->busy, &m.sampler, &m.disturbance);
    et_joules_begin(&m.joules, with->energy, team);
#ifdef _OPENMP
    omp_set_num_threads((int)c->threads);
#endif
    et_log_forget();
    double start = et_clock_now(with->clock);
    enum et_status s = whole(&m);
    feed(&m, "releasing");
    et_ceilings_close(&m.ceilings);
    c->bench->release(m.state);
    out->spent = et_clock_now(with->clock) - start;
    et_watchdog_feed(with->watchdog, 0, "");
    free(m.state);
    et_disturbance_close(&m.disturbance, &m.sampler);
    et_sampler_free(&m.sampler);
    return s;
}
