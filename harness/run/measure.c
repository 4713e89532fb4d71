/* The timing loop. Every decision rests on figures that all ranks share, so
 * that they never part ways. */
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
#include "harness/run/sampling.h"
#include "harness/run/stop.h"
#include "harness/stat/stat.h"

/* Sampling goes on past the budget until the least number of samples is
 * reached, but not past so many budgets. */
#define PATIENCE 5
#define MAX_WARMUP 50

struct measuring {
    const struct et_instruments *with;
    const struct et_case *c;
    const struct et_bench *bench;
    struct et_team *team;
    void *state;
    struct et_result *r;
    struct et_reals own; /* this rank's own times */
    double *message;     /* of a block: times, then what is agreed with them */
    size_t room;         /* for so many times */
    uint64_t iterations;
    bool stopped; /* somebody wants the run to end */
    bool cut;     /* before this case had what it needs */
};

static enum et_status no_memory(void)
{
    return et_error(ET_INFRA, "no memory");
}

static void feed(const struct measuring *m, const char *what)
{
    char text[300];
    snprintf(text, sizeof text, "rank %d, %s: %s", m->team->rank, what,
             m->c->id);
    et_watchdog_feed(m->with->options->timeout, text);
}

/* The lowest failing rank's words become the record's reason. */
static enum et_status explain(struct measuring *m, enum et_status mine)
{
    struct {
        int32_t failed;
        char words[160];
    } here = {mine != ET_OK, ""}, *all = NULL;
    if (mine != ET_OK)
        snprintf(here.words, sizeof here.words, "%s", et_log_last_error());
    if (m->team->rank == 0) {
        all = et_alloc((size_t)m->team->size, sizeof *all);
        if (!all)
            return no_memory();
    }
    enum et_status s = et_team_gather(m->team, &here, sizeof here, all);
    int who = -1;
    for (int i = 0; all && i < m->team->size; i++) {
        /* Ranks that failed only because another did have nothing to say. */
        if (all[i].failed && (who < 0 || (!*all[who].words && *all[i].words)))
            who = i;
    }
    if (who >= 0 && !m->r->reason) {
        struct et_text t = {0};
        if (m->team->size > 1)
            et_text_add(&t, "rank %d: ", who);
        et_text_add(&t, "%s",
                    *all[who].words ? all[who].words : "failed, see the log");
        m->r->reason = t.s;
    }
    free(all);
    return s;
}

/* All ranks' verdict on a step of the case. True: go on. On false the outcome
 * and the reason are set; *team_status is bad when the team is beyond use. */
static bool agreed(struct measuring *m, enum et_status mine,
                   enum et_status *team_status)
{
    enum et_status all = et_team_agree(m->team, mine);
    if (all == ET_OK)
        return true;
    m->r->outcome = ET_FAILED;
    *team_status = explain(m, mine);
    return false;
}

/* One sample: this rank's seconds, or a status. */
static enum et_status sample(struct measuring *m, uint64_t iterations,
                             double *seconds)
{
    struct et_clock *clock = m->with->clock;
    enum et_status s = ET_OK;
    if (m->bench->before)
        s = m->bench->before(m->state);
    enum et_status b = et_team_barrier(m->team);
    if (s != ET_OK || b != ET_OK)
        return s != ET_OK ? s : b;
    double start = et_clock_now(clock);
    s = m->bench->run(m->state, iterations);
    *seconds = et_clock_now(clock) - start;
    return s;
}

/* n samples, each the slowest rank's, in m->message; the wish to stop and the
 * longest elapsed time since `start` are agreed on in the same message. */
static enum et_status block(struct measuring *m, size_t n, double start,
                            double *elapsed)
{
    if (n > m->room) {
        double *more = et_grow(m->message, n + 3, sizeof *more);
        /* A rank that cannot follow must not leave the others waiting. */
        if (et_team_agree(m->team, more ? ET_OK : ET_INFRA) != ET_OK)
            return no_memory();
        m->message = more;
        m->room = n;
    }
    double *all = m->message;
    enum et_status s = ET_OK;
    for (size_t i = 0; i < n; i++) {
        double t = 0;
        enum et_status one = sample(m, m->iterations, &t);
        s = s == ET_OK ? one : s;
        all[i] = t / (double)m->iterations;
        if (s == ET_OK && !et_reals_add(&m->own, all[i]))
            s = no_memory();
    }
    all[n] = (double)s;
    all[n + 1] = et_stop_wanted() != 0;
    all[n + 2] = et_clock_now(m->with->clock) - start;
    enum et_status r = et_team_reduce(m->team, ET_MAX, all, n + 3);
    if (r != ET_OK)
        return r;
    m->stopped = all[n + 1] > 0;
    *elapsed = all[n + 2];
    return s != ET_OK ? s : all[n] > 0 ? ET_INFRA : ET_OK;
}

static enum et_status calibrate(struct measuring *m)
{
    const struct et_options *o = m->with->options;
    double floor = et_sampling_floor(o->min_time, m->with->clock->resolution);
    m->iterations = 1;
    if (m->bench->once || m->with->clock->fake)
        return ET_OK;
    for (;;) {
        double elapsed, start = et_clock_now(m->with->clock);
        enum et_status s = block(m, 1, start, &elapsed);
        if (s != ET_OK || m->stopped)
            return s;
        uint64_t next = et_sampling_grow(
            m->iterations, m->message[0] * (double)m->iterations, floor);
        if (next == m->iterations)
            return ET_OK;
        m->iterations = next;
    }
}

static enum et_status warm_up(struct measuring *m)
{
    const struct et_options *o = m->with->options;
    struct et_reals seen = {0};
    double start = et_clock_now(m->with->clock), elapsed = 0;
    enum et_status s = ET_OK;
    while (s == ET_OK && !m->stopped && seen.n < MAX_WARMUP &&
           elapsed < o->budget / 4 &&
           !et_sampling_flat(seen.v, seen.n, o->precision)) {
        s = block(m, 1, start, &elapsed);
        if (s == ET_OK && !et_reals_add(&seen, m->message[0]))
            s = no_memory();
    }
    m->r->time.warmup = (int64_t)seen.n;
    free(seen.v);
    return s;
}

static enum et_status take_samples(struct measuring *m)
{
    const struct et_options *o = m->with->options;
    struct et_result_time *time = &m->r->time;
    double start = et_clock_now(m->with->clock), elapsed = 0;
    enum et_status s = ET_OK;
    m->own.n = 0;
    while (s == ET_OK && !m->stopped) {
        size_t n = et_sampling_block(time->samples.n, elapsed, o->budget,
                                     (size_t)o->max_samples);
        s = block(m, n, start, &elapsed);
        for (size_t i = 0; s == ET_OK && i < n; i++) {
            if (!et_reals_add(&time->samples, m->message[i]))
                s = no_memory();
        }
        et_sampling_summarise(time, o->precision, o->min_samples);
        bool enough = time->n >= o->min_samples;
        if ((enough && (time->converged || elapsed >= o->budget)) ||
            time->n >= o->max_samples || elapsed >= PATIENCE * o->budget)
            break;
        m->cut = m->stopped;
        feed(m, "sampling");
    }
    time->iterations = (int64_t)m->iterations;
    return s;
}

/* Who was slowest: each rank's own median, gathered. */
static enum et_status find_slowest(struct measuring *m)
{
    double mine = et_stat_median(m->own.v, m->own.n), *all = NULL;
    if (m->team->rank == 0) {
        all = et_alloc((size_t)m->team->size, sizeof *all);
        if (!all)
            return no_memory();
    }
    enum et_status s = et_team_gather(m->team, &mine, sizeof mine, all);
    m->r->time.slowest_rank = ET_ABSENT_INT;
    m->r->time.imbalance = NAN;
    if (all && s == ET_OK) {
        int slowest = 0;
        for (int i = 1; i < m->team->size; i++) {
            if (all[i] > all[slowest])
                slowest = i;
        }
        m->r->time.slowest_rank = slowest;
        /* Against the others: the slow rank must not hide in its own median. */
        double worst = all[slowest];
        all[slowest] = all[m->team->size - 1];
        m->r->time.imbalance =
            m->team->size > 1
                ? worst / et_stat_median(all, (size_t)m->team->size - 1)
                : 1;
    }
    free(all);
    return s;
}

static enum et_status check(struct measuring *m)
{
    struct et_verification v = {.error = NAN, .bound = NAN};
    struct et_result_verification *out = &m->r->verification;
    feed(m, "checking");
    enum et_status s = m->bench->verify(m->state, &v);
    if (s != ET_OK)
        return s;
    free(out->method);
    free(out->note);
    out->status = v.status;
    out->error = v.error;
    out->bound = v.bound;
    out->method = et_strdup(v.method);
    out->note = *v.note ? et_strdup(v.note) : NULL;
    return ET_OK;
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

/* Sum, min and max of each event over ranks, into the result. */
static enum et_status merge_counts(struct measuring *m,
                                   const struct et_counter_value *values,
                                   int threads)
{
    const struct et_counters *c = m->with->counters;
    struct et_result_counters *out = &m->r->counters;
    size_t n = c->n_events;
    double *sum = et_alloc(3 * n + 1, sizeof *sum);
    if (!sum)
        return no_memory();
    double *low = sum + n + 1, *high = low + n;
    for (size_t i = 0; i < n; i++) {
        sum[i] = values[i].total;
        low[i] = values[i].min;
        high[i] = values[i].max;
    }
    sum[n] = threads;
    enum et_status s = et_team_reduce(m->team, ET_SUM, sum, n + 1);
    if (s == ET_OK)
        s = et_team_reduce(m->team, ET_MIN, low, n);
    if (s == ET_OK)
        s = et_team_reduce(m->team, ET_MAX, high, n);
    for (size_t i = 0; s == ET_OK && i < n; i++) {
        struct et_result_count *e = et_list_add(&out->values, sizeof *e);
        if (!e) {
            s = no_memory();
            break;
        }
        *e = (struct et_result_count){et_strdup(c->events[i].name),
                                      et_strdup(c->events[i].native), sum[i],
                                      low[i], high[i]};
    }
    out->threads = (int64_t)sum[n];
    out->iterations = (int64_t)m->iterations;
    free(sum);
    return s;
}

static enum et_status add_absent(struct measuring *m, const char *name,
                                 const char *reason)
{
    struct et_result_absent *a =
        et_list_add(&m->r->counters.absents, sizeof *a);
    if (!a)
        return no_memory();
    a->name = et_strdup(name);
    a->reason = et_strdup(reason);
    return ET_OK;
}

/* One pass with the counters on, apart from the timed ones: starting and
 * stopping them costs system calls on every thread. */
static enum et_status count(struct measuring *m)
{
    const struct et_instruments *with = m->with;
    struct et_counters *c = with->counters;
    double events[2] = {(double)c->n_events, -(double)c->n_events};
    struct et_counter_value *values = NULL;
    int threads = 0;
    double t;
    m->r->counters.source = et_strdup(c->source->name);
    enum et_status s = et_team_reduce(m->team, ET_MAX, events, 2);
    for (size_t i = 0; s == ET_OK && i < c->n_absents; i++)
        s = add_absent(m, c->absents[i].name, c->absents[i].reason);
    if (s != ET_OK || c->n_events == 0)
        return s;
    if (events[0] != -events[1])
        return add_absent(m, "all",
                          "the ranks' nodes do not offer the same events");
    feed(m, "counting");
    values = et_alloc(c->n_events, sizeof *values);
    if (!values)
        return no_memory();
    enum et_status mine = c->source->start(c);
    bool started = mine == ET_OK;
    enum et_status ran = sample(m, m->iterations, &t);
    if (started)
        mine = c->source->stop(c, values, &threads);
    /* The measurement stands whatever became of the counts. */
    s = et_team_agree(m->team, ran == ET_OK ? mine : ran) == ET_OK
            ? merge_counts(m, values, threads)
            : add_absent(m, "all", "the counted pass failed on a rank");
    free(values);
    return s;
}

/* Joules of the whole team between two readings: one rank a node reads. */
static enum et_status merge_energy(struct measuring *m, const double *before,
                                   bool read)
{
    const struct et_energy *e = m->with->energy;
    struct et_result_energy *out = &m->r->energy;
    double after[ET_ENERGY_DOMAINS] = {0};
    bool reader = m->team->local_rank == 0;
    double used = NAN;
    if (reader && read && e->source->read(e, after) == ET_OK)
        used = et_energy_used(e, before, after);
    double v[2] = {reader && isfinite(used) ? used : 0,
                   reader && !isfinite(used) ? 1 : 0};
    enum et_status s = et_team_reduce(m->team, ET_SUM, v, 2);
    out->joules = NAN;
    out->iterations = NAN;
    if (s == ET_OK && v[1] == 0) {
        out->source = et_strdup(e->source->name);
        out->joules = v[0];
        out->iterations = (double)m->r->time.n * (double)m->iterations;
    } else {
        out->absent = et_strdup(e->n ? "a node's reading failed" : e->reason);
    }
    return s;
}

static enum et_status time_it(struct measuring *m)
{
    const struct et_energy *e = m->with->energy;
    double joules[ET_ENERGY_DOMAINS] = {0};
    feed(m, "calibrating");
    enum et_status s = calibrate(m);
    feed(m, "warming up");
    if (s == ET_OK && !m->stopped)
        s = warm_up(m);
    /* Failing to read it costs the energy, never the measurement. */
    bool read = e->n > 0 && m->team->local_rank == 0 &&
                e->source->read(e, joules) == ET_OK;
    feed(m, "sampling");
    m->cut = m->stopped;
    if (s == ET_OK && !m->stopped)
        s = take_samples(m);
    enum et_status other = s == ET_OK ? find_slowest(m) : ET_OK;
    if (s == ET_OK && other == ET_OK)
        other = merge_energy(m, joules, read);
    return s != ET_OK ? s : other;
}

static void describe_time(struct measuring *m)
{
    struct et_text t = {0};
    et_text_add(&t,
                "%sbarrier, then %s%llu iteration%s a sample; a sample is the "
                "slowest rank's time over its iterations",
                m->with->clock->fake ? "FAKE CLOCK, no measurement: " : "",
                m->bench->once ? "untimed preparation and " : "",
                (unsigned long long)m->iterations,
                m->iterations == 1 ? "" : "s");
    m->r->time.method = t.s;
}

static void describe_work(struct measuring *m)
{
    struct et_work w = {0};
    m->bench->work(m->state, &w);
    m->r->work = (struct et_result_work){w.flop, w.bytes, w.bus_bytes,
                                         w.messages, et_strdup(w.convention)};
}

static enum et_status whole(struct measuring *m)
{
    const struct et_setting setting = {
        .team = m->team,
        .backend = m->c->backend,
        .threads = (int)m->c->threads,
        .seed = (uint64_t)m->with->options->seed,
        .scratch = m->with->options->scratch,
        .tag = m->with->tag,
    };
    enum et_status team = ET_OK;
    feed(m, "preparing");
    if (!agreed(m, m->bench->prepare(m->state, &setting, m->c->params), &team))
        return team;
    describe_work(m);
    /* Wrong before it is timed: no time is spent on it. */
    double t;
    if (!agreed(m, sample(m, 1, &t), &team))
        return team;
    if (!agreed(m, check(m), &team) || is_wrong(m))
        return team;
    if (!agreed(m, time_it(m), &team))
        return team;
    describe_time(m);
    if (m->r->time.n == 0 || m->cut) {
        m->r->outcome = ET_UNMEASURED;
        m->r->reason =
            et_strdup(m->cut ? "interrupted" : "no sample was taken");
        return ET_OK;
    }
    /* The very data that the last sample left. */
    if (!agreed(m, check(m), &team) || is_wrong(m))
        return team;
    m->r->outcome = ET_MEASURED;
    if (!agreed(m, count(m), &team))
        return team;
    if (m->bench->facts)
        agreed(m, m->bench->facts(m->state, &m->r->facts), &team);
    return team;
}

enum et_status et_measure(const struct et_instruments *with,
                          const struct et_case *c, struct et_team *team,
                          struct et_result *out)
{
    struct measuring m = {
        .with = with, .c = c, .bench = c->bench, .team = team, .r = out};
    struct et_result_energy *energy = &out->energy;
    struct et_result_time *time = &out->time;
    time->median = time->ci_low = time->ci_high = NAN;
    time->min = time->max = time->imbalance = NAN;
    time->slowest_rank = ET_ABSENT_INT;
    time->confidence = 0.95;
    energy->joules = energy->iterations = NAN;
    out->verification.error = out->verification.bound = NAN;
    out->team = (struct et_result_team){c->ranks, c->nodes, c->threads,
                                        et_strdup(team->ops->name)};
    const char *why =
        c->bench->unsupported(c->params, c->backend, (int)c->ranks);
    if (why) {
        out->outcome = ET_UNSUPPORTED;
        out->reason = et_strdup(why);
        return ET_OK;
    }
    m.state = et_alloc(1, c->bench->state_size);
    if (!m.state)
        return no_memory();
#ifdef _OPENMP
    omp_set_num_threads((int)c->threads);
#endif
    et_log_forget();
    double start = et_clock_now(with->clock);
    enum et_status s = whole(&m);
    feed(&m, "releasing");
    c->bench->release(m.state);
    out->spent = et_clock_now(with->clock) - start;
    et_watchdog_feed(0, "");
    free(m.state);
    free(m.own.v);
    free(m.message);
    return s;
}
