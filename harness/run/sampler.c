/* The timing loop. Every decision rests on figures that all ranks share, so
 * that they never part ways. */
#include "config.h"
#include "harness/run/sampler.h"

#include <math.h>
#include <stdlib.h>

#include "harness/base/log.h"
#include "harness/base/memory.h"
#include "harness/run/sampling.h"
#include "harness/run/stop.h"

#define MAX_WARMUP 50

enum et_status et_sampler_once(struct et_sampler *m, uint64_t iterations,
                               double *seconds)
{
    struct et_clock *clock = m->clock;
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

/* The wish to stop and the longest elapsed time are agreed on in the message
 * of the times. */
enum et_status et_sampler_block(struct et_sampler *m, size_t n, double start,
                                double *elapsed)
{
    if (n > m->room) {
        double *more = et_grow(m->message, n + 3, sizeof *more);
        /* A rank that cannot follow must not leave the others waiting. */
        if (et_team_agree(m->team, more ? ET_OK : ET_INFRA) != ET_OK)
            return et_no_memory();
        m->message = more;
        m->room = n;
    }
    double *all = m->message;
    enum et_status s = ET_OK;
    for (size_t i = 0; i < n; i++) {
        double t = 0;
        enum et_status one = et_sampler_once(m, m->iterations, &t);
        s = s == ET_OK ? one : s;
        all[i] = t / (double)m->iterations;
        if (s == ET_OK && !et_reals_add(&m->own, all[i]))
            s = et_no_memory();
    }
    all[n] = (double)s;
    all[n + 1] = et_stop_wanted() != 0;
    all[n + 2] = et_clock_now(m->clock) - start;
    enum et_status r = et_team_reduce(m->team, ET_MAX, all, n + 3);
    if (r != ET_OK)
        return r;
    m->stopped = all[n + 1] > 0;
    *elapsed = all[n + 2];
    return s != ET_OK ? s : all[n] > 0 ? ET_INFRA : ET_OK;
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

enum et_status et_sampler_warm_up(struct et_sampler *m, double precision,
                                  double budget, int64_t *samples)
{
    struct et_reals seen = {0};
    double start = et_clock_now(m->clock), elapsed = 0;
    enum et_status s = ET_OK;
    while (s == ET_OK && !m->stopped && seen.n < MAX_WARMUP &&
           elapsed < budget && !et_sampling_flat(seen.v, seen.n, precision)) {
        s = et_sampler_block(m, 1, start, &elapsed);
        if (s == ET_OK && !et_reals_add(&seen, m->message[0]))
            s = et_no_memory();
    }
    *samples = (int64_t)seen.n;
    free(seen.v);
    return s;
}

void et_sampler_free(struct et_sampler *m)
{
    free(m->own.v);
    free(m->message);
}
