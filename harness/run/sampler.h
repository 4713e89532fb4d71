/* sampler: the samples of one prepared kernel on one team. The one timing loop
 * of the program: the cases and the ceilings beside them both go through it.
 * Knows a bench as a descriptor; never a result's meaning.
 */
#ifndef ET_RUN_SAMPLER_H
#define ET_RUN_SAMPLER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/run/bench.h"
#include "harness/system/clock.h"
#include "harness/team/team.h"

struct et_sampler {
    /* The caller's. */
    const struct et_bench *bench;
    void *state; /* prepared */
    struct et_team *team;
    struct et_clock *clock;
    /* The sampler's. */
    uint64_t iterations; /* of the work in one sample */
    struct et_reals own; /* this rank's own times, s an iteration */
    double *message;     /* of a block: its times, then what is agreed */
    size_t room;         /* for so many times */
    bool stopped;        /* somebody wants the run to end */
};

/* All are collective over the team. */

/* One sample of so many iterations: this rank's seconds. */
enum et_status et_sampler_once(struct et_sampler *m, uint64_t iterations,
                               double *seconds);

/* n samples of `iterations`: the team's, s an iteration, in message[0..n),
 * the same on all ranks. *elapsed: s since `start` of this rank's clock, the
 * longest of the ranks'. */
enum et_status et_sampler_block(struct et_sampler *m, size_t n, double start,
                                double *elapsed);

/* Adds iterations until a sample lasts `floor` seconds. */
enum et_status et_sampler_calibrate(struct et_sampler *m, double floor);

/* Samples that are not kept, until they are flat within `precision` or
 * `budget` seconds have passed. */
enum et_status et_sampler_warm_up(struct et_sampler *m, double precision,
                                  double budget, int64_t *samples);

void et_sampler_free(struct et_sampler *m);

#endif
