/* measure: one case, from preparing to the last check, into a result. The one
 * timing loop of the program; every bench goes through it.
 *
 * prepare -> run once and check -> calibrate -> warm up -> sample, ceilings
 * between the samples -> check the timed data -> compare the ranks' outputs ->
 * count once -> release.
 *
 * A case is visited so several times, in passes: memory is allocated, filled,
 * warmed and checked anew each time. Not done again is what the first visit of
 * a process has settled for this code on these ranks: the check before anything
 * is timed (each pass checks what it timed), the iterations of a sample, and
 * the count of events.
 */
#ifndef ET_RUN_MEASURE_H
#define ET_RUN_MEASURE_H

#include "harness/case/case.h"
#include "harness/config/options.h"
#include "harness/counter/counter.h"
#include "harness/energy/energy.h"
#include "harness/run/placement.h"
#include "harness/case/result.h"
#include "harness/system/clock.h"
#include "harness/team/global_clock.h"

/* What the visits of this process to a case before this one have settled; all
 * zero: this is the first. */
struct et_visit {
    int64_t pass;        /* of the case in its run directory, from 0 */
    uint64_t iterations; /* of a sample; 0: not known yet */
};

/* What measuring stands on; the same for all cases of a run. */
struct et_instruments {
    struct et_clock *clock;
    struct et_counters *counters;
    struct et_energy *energy;
    const struct et_options *options;
    const char *tag;                      /* unique per run */
    const struct et_benches *benches;     /* for ceilings; NULL: none */
    const struct et_placement *placement; /* for host names; NULL: none */
    uint64_t kind; /* of this rank's processor: equal, the same kind */
    /* Of the case's team, not of the run: NULL where there is none; and why its
     * samples do not begin at agreed times, or NULL. */
    struct et_global_clock *global;
    const char *no_global;
    struct et_watchdog *watchdog; /* this rank's own; NULL: none */
    struct et_visit visit;        /* of the case */
};

/* Collective over the case's team. On rank 0 `out` (begun) gets all but id,
 * params and placement. Trouble with the case is an outcome, not an error:
 * ET_INFRA only when the team itself no longer works. */
enum et_status et_measure(const struct et_instruments *with,
                          const struct et_case *c, struct et_team *team,
                          struct et_result *out);

#endif
