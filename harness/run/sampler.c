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
#define STILL 7 /* readings of 0 s, each of ten times the work before it */

#define SLACK_FIRST 50e-6 /* s, before any latency is known */
#define SLACK_LEAST 1e-6
#define SLACK_MOST 1e-3
#define TOLERANCE 1e-6 /* s off the start, besides the clock's error */
#define SHARE 0.01     /* of a sample, likewise, where that is more */
#define DRIFT 2e-4     /* s a second, at most, of a clock against another */
#define WINDOWS 8      /* fewer do not tell whether they are missed often */

struct taken {
    double start;       /* agreed; 0 without windows */
    double entry, exit; /* on the same clock */
    double waited;      /* s that this rank's threads had no core */
};

static double now(const struct et_sampler *m)
{
    return m->spans ? et_global_clock_now(m->global) : et_clock_now(m->clock);
}

/* A reading of this rank's that cannot be earlier than `told`. */
static void after(struct et_sampler *m, double reading, double told)
{
    m->disorder = fmax(m->disorder, told - reading);
}

/* A reading that no earlier one of this rank's exceeds. */
static double read_on(struct et_sampler *m)
{
    double t = now(m);
    after(m, t, m->past);
    return m->past = t;
}

/* When all begin: after the last one is ready. The slack follows what the ranks
 * tell each other: up at once, down by a tenth of the way. */
static enum et_status agree_on_start(struct et_sampler *m, double *start)
{
    double said[2] = {read_on(m), m->latency};
    enum et_status s = et_team_reduce(m->team, ET_MAX, said, 2);
    if (s != ET_OK)
        return s;
    double heard = read_on(m);
    after(m, heard, said[0]);
    m->latency = heard - said[0];
    double want = 3 * said[1];
    if (said[1] > 0)
        m->slack = want > m->slack ? want : m->slack + (want - m->slack) / 10;
    m->slack = fmax(SLACK_LEAST, fmin(m->slack, SLACK_MOST));
    *start = said[0] + m->slack;
    return ET_OK;
}

static enum et_status work(struct et_sampler *m, uint64_t iterations,
                           const struct et_around *around)
{
    if (around)
        around->begin(around->with);
    enum et_status s = m->bench->run(m->state, iterations);
    if (around)
        around->end(around->with);
    return s;
}

/* Is there time for one more, of what has passed since the first sample? */
static bool may_inspect(const struct et_sampler *m)
{
    return m->looking + m->look <
           ET_SAMPLER_LOOKING * (et_clock_now(m->clock) - m->began);
}

static enum et_status take(struct et_sampler *m, uint64_t iterations,
                           const struct et_around *around, struct taken *t)
{
    enum et_status s = ET_OK, b;
    *t = (struct taken){0};
    if (m->bench->before)
        s = m->bench->before(m->state);
    /* Before they begin together, so that it delays none of them. */
    if (m->waits)
        et_waits_begin(m->waits);
    b = m->windows ? agree_on_start(m, &t->start) : et_team_barrier(m->team);
    s = s != ET_OK ? s : b;
    if (s == ET_OK && m->windows) {
        t->entry = et_global_clock_wait(m->global, t->start, 2 * SLACK_MOST);
        s = work(m, iterations, around);
        t->exit = et_global_clock_now(m->global);
    } else if (s == ET_OK) {
        t->entry = now(m);
        s = work(m, iterations, around);
        t->exit = now(m);
    }
    t->waited = m->waits ? et_waits_end(m->waits) : 0;
    after(m, t->entry, m->past);
    after(m, t->exit, t->entry);
    m->past = t->exit;
    if (!m->bench->glance)
        return s;
    /* What one rank looks at on a disk, another may still be timed on. */
    b = m->bench->once ? et_team_barrier(m->team) : ET_OK;
    if (s == ET_OK && b == ET_OK)
        m->bench->glance(m->state);
    if (s == ET_OK && b == ET_OK && m->bench->inspect && !m->clock->fake &&
        may_inspect(m))
        et_sampler_inspect(m);
    return s != ET_OK ? s : b;
}

void et_sampler_inspect(struct et_sampler *m)
{
    if (!m->bench->inspect || m->clock->fake)
        return;
    double begun = et_clock_now(m->clock);
    m->bench->inspect(m->state);
    m->look = et_clock_now(m->clock) - begun;
    m->looking += m->look;
    m->looks++;
}

enum et_status et_sampler_once(struct et_sampler *m, uint64_t iterations,
                               double *seconds)
{
    struct taken t;
    enum et_status s = take(m, iterations, NULL, &t);
    *seconds = t.exit - t.entry;
    return s;
}

enum et_status et_sampler_around(struct et_sampler *m,
                                 const struct et_around *around)
{
    struct taken t;
    return take(m, m->iterations, around, &t);
}

/* What the ranks tell each other after a block: of each sample five numbers,
 * of the block four. All are such that the largest of the ranks' is what is
 * wanted, so that one reduction does. */
struct message {
    /* n of each; the first three are 0 without a global clock. */
    double *exit;   /* s from the start to the exit: the last rank's */
    double *before; /* s from the entry to the start: the first rank's */
    double *off;    /* s between entry and start, either way: the worst */
    double *own;    /* the rank's own time, s an iteration: the slowest */
    double *waited; /* for a core, as a share of the sample: the worst */
    /* One of each. */
    double *failed;  /* 1: a rank failed */
    double *stop;    /* 1: a rank was asked to stop */
    double *elapsed; /* s that the longest has been at it */
    double *latest;  /* the newest reading; 0 without a global clock */
};

static size_t numbers_of(size_t n)
{
    return 5 * n + 4;
}

static struct message lay_out(double *room, size_t n)
{
    double *end = room + 5 * n;
    return (struct message){room,         room + n,     room + 2 * n,
                            room + 3 * n, room + 4 * n, end,
                            end + 1,      end + 2,      end + 3};
}

/* For a message about n samples. */
static enum et_status make_room(struct et_sampler *m, size_t n)
{
    if (numbers_of(n) <= m->room)
        return ET_OK;
    double *more = et_grow(m->message, numbers_of(n), sizeof *more);
    if (more)
        m->message = more;
    /* A rank that cannot follow must not leave the others waiting. */
    enum et_status s = et_team_agree(m->team, more ? ET_OK : et_no_memory());
    if (s == ET_OK)
        m->room = numbers_of(n);
    return s;
}

/* A place for what the team will say of this sample: no memory is asked for
 * once all ranks have agreed, when one alone could no longer fail. */
static bool keep(struct et_sampler *m, double own, double waited,
                 struct et_reals *into)
{
    double device = m->bench->elapsed ? m->bench->elapsed(m->state) : 0;
    return et_reals_add(&m->own, own) && et_reals_add(&m->last, 0) &&
           et_reals_add(&m->missed, 0) && et_reals_add(&m->disturbed, waited) &&
           et_reals_add(&m->device, device) && (!into || et_reals_add(into, 0));
}

/* One sample, into the message. */
static enum et_status take_one(struct et_sampler *m, size_t i,
                               const struct message *said,
                               struct et_reals *into)
{
    struct taken t;
    enum et_status s = take(m, m->iterations, NULL, &t);
    double own =
        (t.exit - (m->windows ? t.start : t.entry)) / (double)m->iterations;
    said->own[i] = own;
    double lasted = t.exit - t.entry;
    double waited = lasted > 0 ? t.waited / lasted : 0;
    said->waited[i] = waited;
    /* It may wait before its entry, too; unknown it stays. */
    m->waited += t.waited > lasted ? lasted : t.waited;
    said->exit[i] = said->before[i] = said->off[i] = 0;
    if (m->spans) {
        /* Against the start that all know, so that no digit is lost; without
         * windows the start is 0, the global clock's own. */
        said->exit[i] = t.exit - t.start;
        said->before[i] = t.start - t.entry;
    }
    if (m->windows) {
        said->off[i] = fabs(t.entry - t.start);
        if (m->starts++ == 0)
            m->first = t.start;
        m->newest = t.start;
    }
    return s == ET_OK && !keep(m, own, waited, into) ? et_no_memory() : s;
}

/* What all ranks' sample was; `at`: where this rank keeps it. */
static void judge_one(struct et_sampler *m, size_t i, size_t at,
                      const struct message *all, double *time)
{
    double per = (double)m->iterations;
    double whole = all->exit[i] + all->before[i];
    /* Was this rank the last to end its work? */
    double slowest = m->windows ? all->exit[i] / per : all->own[i];
    m->last.v[at] = m->own.v[at] >= slowest;
    if (m->windows)
        m->missed.v[at] =
            all->off[i] > m->error + fmax(TOLERANCE, SHARE * whole);
    /* Until now this rank's own share stood there. */
    double most = et_disturbed_share(m->bench->role);
    m->disturbed.v[at] = m->disturbed.v[at] > most ? ET_DISTURBED_HERE
                         : all->waited[i] > most   ? ET_DISTURBED
                                                   : 0;
    *time = m->spans ? whole / per : all->own[i];
}

enum et_status et_sampler_block(struct et_sampler *m, size_t n, double start,
                                struct et_reals *into, double *elapsed)
{
    size_t first = m->own.n, to = into ? into->n : 0;
    enum et_status s = make_room(m, n);
    if (s != ET_OK)
        return s;
    const struct message said = lay_out(m->message, n);
    for (size_t i = 0; i < n; i++) {
        enum et_status one = take_one(m, i, &said, into);
        s = s == ET_OK ? one : s;
    }
    *said.failed = s != ET_OK;
    *said.stop = et_stop_wanted() != 0;
    *said.elapsed = et_clock_now(m->clock) - start;
    *said.latest = m->spans ? read_on(m) : 0;
    enum et_status r =
        et_team_reduce(m->team, ET_MAX, m->message, numbers_of(n));
    if (r != ET_OK)
        return r;
    if (m->spans)
        after(m, read_on(m), *said.latest);
    m->stopped = *said.stop > 0;
    *elapsed = *said.elapsed;
    if (*said.failed > 0)
        return s != ET_OK ? s : ET_INFRA;
    m->quickest = INFINITY;
    for (size_t i = 0; i < n; i++) {
        double time;
        judge_one(m, i, first + i, &said, &time);
        m->quickest = fmin(m->quickest, time);
        if (into) /* what is worked out of it, its record gives again */
            into->v[to + i] = et_round_digits(time);
    }
    return ET_OK;
}

void et_sampler_begin(struct et_sampler *m)
{
    m->own.n = m->last.n = m->missed.n = m->disturbed.n = m->device.n = 0;
    m->waited = 0;
    m->starts = 0;
    m->looks = 0;
    m->looking = 0;
    m->began = m->clock->fake ? 0 : et_clock_now(m->clock);
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
    drop_first(&m->own, n);
    drop_first(&m->last, n);
    drop_first(&m->missed, n);
    drop_first(&m->disturbed, n);
    drop_first(&m->device, n);
    m->starts -= n < m->starts ? n : m->starts;
}

void et_sampler_mark(struct et_sampler *m, size_t n, bool here)
{
    for (size_t i = 0; i < n && i < m->disturbed.n; i++) {
        double *v = &m->disturbed.v[m->disturbed.n - 1 - i];
        *v = fmax(*v, here ? ET_DISTURBED_HERE : ET_DISTURBED);
    }
}

size_t et_sampler_missed(const struct et_sampler *m)
{
    size_t n = 0;
    for (size_t i = 0; i < m->missed.n; i++)
        n += m->missed.v[i] > 0;
    return n;
}

enum et_status et_sampler_synchronise(struct et_sampler *m)
{
    enum et_status s = ET_OK;
    const char *why = NULL;
    m->error = m->error_after = NAN;
    m->past = -INFINITY;
    m->disorder = 0;
    m->synchronised = m->clock->fake ? 0 : et_clock_now(m->clock);
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
        m->past = -INFINITY; /* of another clock from here on */
        return true;
    }
    size_t missed = et_sampler_missed(m);
    if (m->windows && m->starts >= WINDOWS && 4 * missed > m->starts) {
        snprintf(m->reason, sizeof m->reason, "%zu of %zu windows were missed",
                 missed, m->starts);
        m->windows = false;
        return true;
    }
    return false;
}

enum et_status et_sampler_settle(struct et_sampler *m, double seconds,
                                 bool *again)
{
    *again = false;
    double said[2] = {m->disorder, 0};
    if (!m->clock->fake)
        said[1] = et_clock_now(m->clock) - m->synchronised;
    enum et_status s = et_team_reduce(m->team, ET_MAX, said, 2);
    if (s != ET_OK)
        return s;
    m->disorder = said[0];
    m->age = said[1];
    if (!m->spans)
        return ET_OK;
    s = et_global_clock_error(m->global, &m->error_after);
    if (s == ET_OK)
        *again = give_up_windows(
            m, fmax(fmax(m->error, m->error_after), m->disorder),
            seconds * (double)m->iterations);
    return s;
}

void et_sampler_doubt(const struct et_sampler *m, char *text, size_t n)
{
    char by[ET_TEXT_NUMBER];
    /* Clocks of several machines drift apart, which is no jump. */
    bool drifts = m->global && !et_global_clock_is_shared(m->global);
    double error = isnan(m->error) ? 0 : m->error;
    error += drifts ? DRIFT * m->age : 0;
    *text = '\0';
    /* Two ranks may err by as much each way. */
    if (m->disorder > 2 * error + m->clock->resolution)
        snprintf(text, n,
                 "%s: by %s a clock went back, or was behind what another rank "
                 "had told it",
                 m->team->size > 1 ? "the ranks' clocks contradict each other"
                                   : "the clock contradicts itself",
                 et_print_seconds(by, m->disorder));
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
    out->missed = (int64_t)et_sampler_missed(m);
    for (size_t i = 0; i < m->missed.n; i++) {
        if (m->missed.v[i] > 0 && !et_reals_add(&out->late, (double)i))
            return et_no_memory();
    }
    return ET_OK;
}

enum et_status et_sampler_calibrate(struct et_sampler *m, double floor)
{
    m->iterations = 1;
    if (m->bench->once || m->clock->fake)
        return ET_OK;
    for (int still = 0;;) {
        double elapsed, start = et_clock_now(m->clock);
        enum et_status s = et_sampler_block(m, 1, start, NULL, &elapsed);
        if (s != ET_OK || m->stopped)
            return s;
        double least = m->quickest * (double)m->iterations;
        /* A disturbed reading looks long enough: two more must be, too. */
        if (least >= floor && least < 10 * floor) {
            s = et_sampler_block(m, 2, start, NULL, &elapsed);
            if (s != ET_OK || m->stopped)
                return s;
            least = fmin(least, m->quickest * (double)m->iterations);
        }
        /* A clock that no work moves: no sample will be long enough. */
        still = least > 0 ? 0 : still + 1;
        uint64_t next = et_sampling_grow(m->iterations, least, floor);
        if (next == m->iterations || still == STILL)
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
        s = et_sampler_block(m, 1, start, seen, &elapsed);
    }
    if (s == ET_OK && seen->n > 0)
        give_up_windows(m, m->error,
                        seen->v[seen->n - 1] * (double)m->iterations);
    return s;
}

void et_sampler_free(struct et_sampler *m)
{
    free(m->own.v);
    free(m->last.v);
    free(m->missed.v);
    free(m->disturbed.v);
    free(m->device.v);
    free(m->message);
}
