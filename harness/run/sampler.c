/* The timing loop. Every decision rests on figures that all ranks share, so
 * that they never part ways. */
#include "config.h"
#include "harness/run/sampler.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/log.h"
#include "harness/base/memory.h"
#include "harness/run/sampling.h"
#include "harness/run/stop.h"

#define MAX_WARMUP 50
#define REFRESH 16

#define SLACK_FIRST 50e-6 /* s, before any latency is known */
#define SLACK_LEAST 1e-6
#define SLACK_MOST 1e-3
#define TOLERANCE 1e-6 /* s off the start, besides the clock's error */
#define SHARE 0.01     /* of a sample, likewise, where that is more */
#define WINDOWS 8      /* fewer do not tell whether they are missed often */

struct taken {
    double start;       /* agreed; 0 without windows */
    double entry, exit; /* on the same clock */
};

/* When all begin: after the last one is ready. The slack follows what the ranks
 * tell each other: up at once, down by a tenth of the way. */
static enum et_status agree_on_start(struct et_sampler *m, double *start)
{
    double said[2] = {et_global_clock_now(m->global), m->latency};
    enum et_status s = et_team_reduce(m->team, ET_MAX, said, 2);
    if (s != ET_OK)
        return s;
    m->latency = et_global_clock_now(m->global) - said[0];
    double want = 3 * said[1];
    if (said[1] > 0)
        m->slack = want > m->slack ? want : m->slack + (want - m->slack) / 10;
    m->slack = fmax(SLACK_LEAST, fmin(m->slack, SLACK_MOST));
    *start = said[0] + m->slack;
    return ET_OK;
}

/* The reading that ends the wait. Should the clock be far off, the wait ends
 * all the same, and the window is missed. */
static double wait_until(const struct et_global_clock *g, double start)
{
    double since = et_global_clock_now(g), now = since;
    while (now < start && now - since < 2 * SLACK_MOST)
        now = et_global_clock_now(g);
    return now;
}

static double now(const struct et_sampler *m)
{
    return m->spans ? et_global_clock_now(m->global) : et_clock_now(m->clock);
}

static enum et_status take(struct et_sampler *m, uint64_t iterations,
                           struct taken *t)
{
    enum et_status s = ET_OK, b;
    *t = (struct taken){0};
    if (m->bench->before)
        s = m->bench->before(m->state);
    b = m->windows ? agree_on_start(m, &t->start) : et_team_barrier(m->team);
    s = s != ET_OK ? s : b;
    if (s == ET_OK && m->windows) {
        t->entry = wait_until(m->global, t->start);
        s = m->bench->run(m->state, iterations);
        t->exit = et_global_clock_now(m->global);
    } else if (s == ET_OK) {
        t->entry = now(m);
        s = m->bench->run(m->state, iterations);
        t->exit = now(m);
    }
    if (!m->bench->glance)
        return s;
    /* What one rank looks at on a disk, another may still be timed on. */
    b = m->bench->once ? et_team_barrier(m->team) : ET_OK;
    if (s == ET_OK && b == ET_OK)
        m->bench->glance(m->state);
    return s != ET_OK ? s : b;
}

enum et_status et_sampler_once(struct et_sampler *m, uint64_t iterations,
                               double *seconds)
{
    struct taken t;
    enum et_status s = take(m, iterations, &t);
    *seconds = t.exit - t.entry;
    return s;
}

static enum et_status make_room(struct et_sampler *m, size_t n)
{
    if (n <= m->room)
        return ET_OK;
    double *more = et_grow(m->message, n, sizeof *more);
    /* A rank that cannot follow must not leave the others waiting. */
    if (et_team_agree(m->team, more ? ET_OK : ET_INFRA) != ET_OK) {
        m->message = more ? more : m->message;
        return et_no_memory();
    }
    m->message = more;
    m->room = n;
    return ET_OK;
}

/* A sample from the latest exit and the earliest entry; with windows its worst
 * lateness tells whether it was missed. */
static enum et_status read_span(struct et_sampler *m, size_t n, size_t i)
{
    double *v = m->message;
    double whole = v[i] + v[n + i];
    v[i] = whole / (double)m->iterations;
    if (!m->windows)
        return ET_OK;
    m->starts++;
    if (v[2 * n + i] <= m->error + fmax(TOLERANCE, SHARE * whole))
        return ET_OK;
    m->missed++;
    return et_reals_add(&m->late, (double)(m->starts - 1)) ? ET_OK
                                                           : et_no_memory();
}

/* One message a block: n times of each rank's own, or where there is a global
 * clock n exits, n entries and n latenesses (without windows the own times), so
 * that the largest of the ranks' are what is needed; then the status, the wish
 * to stop and the longest elapsed time. */
enum et_status et_sampler_block(struct et_sampler *m, size_t n, double start,
                                double *elapsed)
{
    size_t parts = m->spans ? 3 * n : n, first = m->own.n;
    double per = (double)m->iterations;
    enum et_status s = make_room(m, parts + 3);
    if (s != ET_OK)
        return s;
    double *all = m->message;
    for (size_t i = 0; i < n; i++) {
        struct taken t;
        enum et_status one = take(m, m->iterations, &t);
        s = s == ET_OK ? one : s;
        double spent = t.exit - (m->windows ? t.start : t.entry);
        all[i] = spent / per;
        if (m->spans) {
            /* Against the start that all know, so that no digit is lost. */
            all[i] = t.exit - t.start;
            all[n + i] = t.start - t.entry;
            all[2 * n + i] = m->windows ? fabs(t.entry - t.start) : spent / per;
        }
        if (m->windows) {
            m->first = m->starts + i == 0 ? t.start : m->first;
            m->newest = t.start;
        }
        if (s == ET_OK && !(et_reals_add(&m->own, spent / per) &&
                            et_reals_add(&m->when, t.entry)))
            s = et_no_memory();
    }
    all[parts] = (double)s;
    all[parts + 1] = et_stop_wanted() != 0;
    all[parts + 2] = et_clock_now(m->clock) - start;
    enum et_status r = et_team_reduce(m->team, ET_MAX, all, parts + 3);
    if (r != ET_OK)
        return r;
    m->stopped = all[parts + 1] > 0;
    *elapsed = all[parts + 2];
    if (s != ET_OK || all[parts] > 0)
        return s != ET_OK ? s : ET_INFRA;
    for (size_t i = 0; i < n && s == ET_OK; i++) {
        double worst = m->windows ? all[i] / per
                       : m->spans ? all[2 * n + i]
                                  : all[i];
        if (!et_reals_add(&m->last, m->own.v[first + i] >= worst))
            s = et_no_memory();
        else if (m->spans)
            s = read_span(m, n, i);
    }
    return s;
}

void et_sampler_begin(struct et_sampler *m)
{
    m->own.n = m->when.n = m->last.n = m->late.n = 0;
    m->starts = m->missed = 0;
}

static void drop_first(struct et_reals *a, size_t n)
{
    n = n < a->n ? n : a->n;
    a->n -= n;
    if (a->n > 0) /* an array that never held any is NULL */
        memmove(a->v, a->v + n, a->n * sizeof *a->v);
}

void et_sampler_drop(struct et_sampler *m, size_t n)
{
    size_t early = 0;
    if (n == 0)
        return;
    drop_first(&m->own, n);
    drop_first(&m->when, n);
    drop_first(&m->last, n);
    while (early < m->late.n && m->late.v[early] < (double)n)
        early++;
    drop_first(&m->late, early);
    for (size_t i = 0; i < m->late.n; i++)
        m->late.v[i] -= (double)n;
    m->missed = m->late.n;
    m->starts -= n < m->starts ? n : m->starts;
}

enum et_status et_sampler_synchronise(struct et_sampler *m)
{
    enum et_status s = ET_OK;
    const char *why = NULL;
    m->error = m->error_after = NAN;
    m->slack = SLACK_FIRST;
    m->latency = 0;
    m->windows = m->spans = false;
    if (m->team->size == 1)
        why = "";
    else if (m->clock->fake)
        why = "a fake clock has no global time";
    else if (m->no_global || !m->global)
        why = m->no_global ? m->no_global : "no global clock was opened";
    if (why)
        snprintf(m->reason, sizeof m->reason, "%s", why);
    if (m->team->size == 1 || m->clock->fake || !m->global)
        return ET_OK;
    s = et_global_clock_renew(m->global, &m->error);
    m->spans = s == ET_OK;
    m->windows = m->spans && !why;
    return s;
}

/* The same on all ranks, as all that it looks at is. */
static bool give_up_windows(struct et_sampler *m, double error, double seconds)
{
    char e[ET_TEXT_NUMBER], t[ET_TEXT_NUMBER];
    if (!m->spans)
        return false;
    /* What is not known to be right is not. */
    if (!(2 * error <= seconds / 10)) {
        snprintf(m->reason, sizeof m->reason,
                 "the global clock's error of %s, at both ends, is more than a "
                 "tenth of a sample's %s",
                 et_print_seconds(e, error), et_print_seconds(t, seconds));
        m->windows = m->spans = false;
        return true;
    }
    if (m->windows && m->starts >= WINDOWS && 4 * m->missed > m->starts) {
        snprintf(m->reason, sizeof m->reason, "%zu of %zu windows were missed",
                 m->missed, m->starts);
        m->windows = false;
        return true;
    }
    return false;
}

enum et_status et_sampler_settle(struct et_sampler *m, double seconds,
                                 bool *again)
{
    *again = false;
    if (!m->spans)
        return ET_OK;
    enum et_status s = et_global_clock_error(m->global, &m->error_after);
    if (s == ET_OK)
        *again = give_up_windows(m, fmax(m->error, m->error_after),
                                 seconds * (double)m->iterations);
    return s;
}

enum et_status et_sampler_describe(const struct et_sampler *m,
                                   struct et_result_sync *out)
{
    bool alone = m->team->size == 1;
    out->start = et_strdup(alone ? "alone" : m->windows ? "window" : "barrier");
    out->reason = alone || m->windows ? NULL : et_strdup(m->reason);
    out->error = m->error;
    out->error_after = m->error_after;
    if (!out->start || (!alone && !m->windows && !out->reason))
        return et_no_memory();
    if (!m->windows)
        return ET_OK;
    if (m->starts > 1)
        out->window = (m->newest - m->first) / (double)(m->starts - 1);
    out->missed = (int64_t)m->missed;
    for (size_t i = 0; i < m->late.n; i++) {
        if (!et_reals_add(&out->late, m->late.v[i]))
            return et_no_memory();
    }
    return ET_OK;
}

enum et_status et_sampler_calibrate(struct et_sampler *m, double floor)
{
    m->iterations = 1;
    if (m->bench->once || m->clock->fake)
        return ET_OK;
    for (;;) {
        double elapsed, start = et_clock_now(m->clock);
        enum et_status s = et_sampler_block(m, 1, start, &elapsed);
        if (s != ET_OK || m->stopped)
            return s;
        double least = m->message[0] * (double)m->iterations;
        /* A disturbed reading looks long enough: two more must be, too. */
        if (least >= floor && least < 10 * floor) {
            s = et_sampler_block(m, 2, start, &elapsed);
            if (s != ET_OK || m->stopped)
                return s;
            least = fmin(least, fmin(m->message[0], m->message[1]) *
                                    (double)m->iterations);
        }
        uint64_t next = et_sampling_grow(m->iterations, least, floor);
        if (next == m->iterations)
            return ET_OK;
        m->iterations = next;
    }
}

enum et_status et_sampler_refresh(struct et_sampler *m)
{
    double best = INFINITY;
    enum et_status s = ET_OK;
    for (int i = 0, after = 0; s == ET_OK && i < REFRESH && after < 3; i++) {
        double said[2] = {0, 0};
        s = et_sampler_once(m, 1, &said[0]);
        said[1] = (double)s;
        enum et_status r = et_team_reduce(m->team, ET_MAX, said, 2);
        if (r != ET_OK || said[1] > 0)
            return s != ET_OK ? s : r != ET_OK ? r : ET_INFRA;
        after = said[0] < 0.98 * best ? 1 : after + 1;
        best = fmin(best, said[0]);
    }
    return s;
}

enum et_status et_sampler_warm_up(struct et_sampler *m, double precision,
                                  double budget, struct et_reals *seen)
{
    double start = et_clock_now(m->clock), elapsed = 0;
    enum et_status s = ET_OK;
    while (s == ET_OK && !m->stopped && seen->n < MAX_WARMUP &&
           elapsed < budget && !et_sampling_flat(seen->v, seen->n, precision)) {
        s = et_sampler_block(m, 1, start, &elapsed);
        if (s == ET_OK && !et_reals_add(seen, m->message[0]))
            s = et_no_memory();
    }
    if (s == ET_OK && seen->n > 0)
        give_up_windows(m, m->error,
                        seen->v[seen->n - 1] * (double)m->iterations);
    return s;
}

void et_sampler_free(struct et_sampler *m)
{
    free(m->own.v);
    free(m->when.v);
    free(m->last.v);
    free(m->late.v);
    free(m->message);
}
