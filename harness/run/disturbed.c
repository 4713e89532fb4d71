/* Reads the machine's state around the samples of a case, and merges the ranks'
 * readings. */
#include "config.h"
#include "harness/run/disturbed.h"

#include <math.h>
#include <string.h>

#include "harness/base/log.h"
#include "harness/base/memory.h"

#define SHARE 0.01 /* of a block's time */
#define TICKS 0.03 /* s: less stolen time may be a matter of counting */

void et_disturbance_open(const struct et_busy *busy, struct et_sampler *m,
                         struct et_disturbance *out)
{
    *out = (struct et_disturbance){
        .absent = m->clock->fake ? "the clock is a fake"
                  : strcmp(m->team->ops->name, "threads") == 0
                      ? "the ranks are "
                        "threads of one "
                        "process"
                  : !busy ? "the machine's state was not read"
                          : NULL};
    if (!out->absent)
        out->busy = busy;
}

void et_disturbance_begin(struct et_disturbance *d, struct et_sampler *m)
{
    for (int k = 0; k < ET_BUSY_KINDS; k++)
        d->sum[k] = NAN;
    d->switched = d->busy ? 0 : NAN;
    if (!d->busy)
        return;
    /* The threads that work on the case are there since its warm-up. */
    et_waits_close(&d->waits);
    et_waits_open(&d->waits);
    m->waits = &d->waits;
}

void et_disturbance_before(struct et_disturbance *d, struct et_sampler *m)
{
    if (!d->busy)
        return;
    et_busy_read(d->busy, &d->before);
    d->switches = et_busy_switches();
    d->began = et_clock_now(m->clock);
}

bool et_disturbance_is(const struct et_busy_reading *lost, double elapsed,
                       int cpus)
{
    double stolen = lost->v[ET_BUSY_STOLEN];
    double throttled = lost->v[ET_BUSY_THROTTLED];
    return (stolen > SHARE * elapsed * cpus && stolen >= TICKS) ||
           throttled > SHARE * elapsed ||
           (isnan(throttled) && lost->v[ET_BUSY_THROTTLES] > 0) ||
           lost->v[ET_BUSY_HOT] > 0;
}

enum et_status et_disturbance_after(struct et_disturbance *d,
                                    struct et_sampler *m, size_t n)
{
    bool here = false;
    if (d->busy) {
        double elapsed = et_clock_now(m->clock) - d->began;
        struct et_busy_reading now, lost;
        et_busy_read(d->busy, &now);
        d->switched += et_busy_switches() - d->switches;
        for (int k = 0; k < ET_BUSY_KINDS; k++) {
            lost.v[k] = now.v[k] - d->before.v[k];
            if (k == ET_BUSY_LOAD)
                d->sum[k] = fmax(d->sum[k], now.v[k]);
            else if (!isnan(lost.v[k]))
                d->sum[k] =
                    isnan(d->sum[k]) ? lost.v[k] : d->sum[k] + lost.v[k];
        }
        here = et_disturbance_is(&lost, elapsed, d->busy->cpus);
    }
    double bad = here;
    enum et_status s = et_team_reduce(m->team, ET_MAX, &bad, 1);
    if (s == ET_OK && bad > 0)
        et_sampler_mark(m, n, here);
    return s;
}

static bool add_absent(struct et_result_disturbed *out, const char *name,
                       const char *reason)
{
    struct et_result_absent *a = et_list_add(&out->absents, sizeof *a);
    if (!a)
        return false;
    a->name = et_strdup(name);
    a->reason = et_strdup(reason);
    return a->name && a->reason;
}

static bool say_absents(const struct et_disturbance *d,
                        struct et_result_disturbed *out)
{
    if (!d->busy)
        return add_absent(out, "all", d->absent);
    bool ok = true;
    for (int k = 0; ok && k < ET_BUSY_KINDS; k++) {
        if (k != ET_BUSY_USED && d->busy->absent[k])
            ok = add_absent(out, et_busy_name((enum et_busy_kind)k),
                            d->busy->absent[k]);
    }
    return ok &&
           (!d->waits.absent || add_absent(out, "waited", d->waits.absent));
}

/* -1 stands for what a rank cannot tell, since NAN has no place in a largest.
 */
static double known(double v)
{
    return v < 0 ? NAN : v;
}

enum et_status et_disturbance_describe(const struct et_disturbance *d,
                                       struct et_sampler *m,
                                       struct et_result_disturbed *out)
{
    double here = 0;
    for (size_t i = 0; i < m->disturbed.n; i++)
        here += m->disturbed.v[i] >= ET_DISTURBED_HERE;
    double v[] = {
        d->busy ? here : NAN,   d->busy ? m->waited : NAN, d->switched,
        d->sum[ET_BUSY_STOLEN], d->sum[ET_BUSY_THROTTLED], d->sum[ET_BUSY_HOT],
        d->sum[ET_BUSY_LOAD]};
    for (size_t i = 0; i < sizeof v / sizeof *v; i++)
        v[i] = v[i] >= 0 ? v[i] : -1;
    enum et_status s = et_team_reduce(m->team, ET_MAX, v, sizeof v / sizeof *v);
    if (s != ET_OK)
        return s;
    out->waited = known(v[1]);
    out->switches = known(v[2]);
    out->stolen = known(v[3]);
    out->throttled = known(v[4]);
    out->hot = known(v[5]);
    out->load = known(v[6]);
    for (size_t i = 0; d->busy && i < m->disturbed.n; i++) {
        if (m->disturbed.v[i] > 0 && !et_reals_add(&out->at, (double)i))
            return et_no_memory();
    }
    if (d->busy) {
        out->n = (int64_t)out->at.n;
        out->most = (int64_t)v[0];
        out->many = et_disturbed_many(out->most, (double)m->disturbed.n);
    }
    return say_absents(d, out) ? ET_OK : et_no_memory();
}

void et_disturbance_close(struct et_disturbance *d, struct et_sampler *m)
{
    m->waits = NULL;
    et_waits_close(&d->waits);
}
