/* measure: one case, from preparing to the last check, into a result. The one
 * timing loop of the program; every bench goes through it.
 *
 * prepare -> run once and check -> calibrate -> warm up -> sample, ceilings
 * between the samples -> check the timed data -> compare the ranks' outputs ->
 * one counted pass -> release.
 */
#ifndef ET_RUN_MEASURE_H
#define ET_RUN_MEASURE_H

#include "harness/case/case.h"
#include "harness/config/options.h"
#include "harness/counter/counter.h"
#include "harness/energy/energy.h"
#include "harness/run/placement.h"
#include "harness/case/result.h"
#include "harness/system/busy.h"
#include "harness/system/clock.h"
#include "harness/team/global_clock.h"

/* What measuring stands on; the same for all cases of a run. */
struct et_instruments {
    struct et_clock *clock;
    struct et_counters *counters;
    struct et_energy *energy;
    const struct et_options *options;
    const char *tag;                      /* unique per run */
    const struct et_benches *benches;     /* for ceilings; NULL: none */
    const struct et_placement *placement; /* for host names; NULL: none */
    const struct et_busy *busy; /* this process's machine; NULL: not read */
    uint64_t kind; /* of this rank's processor: equal, the same kind */
    /* Of the case's team, not of the run: NULL where there is none; and why its
     * samples do not begin at agreed times, or NULL. */
    struct et_global_clock *global;
    const char *no_global;
    struct et_watchdog *watchdog; /* this rank's own; NULL: none */
};

/* Collective over the case's team. On rank 0 `out` (begun) gets all but id,
 * params and placement. Trouble with the case is an outcome, not an error:
 * ET_INFRA only when the team itself no longer works. */
enum et_status et_measure(const struct et_instruments *with,
                          const struct et_case *c, struct et_team *team,
                          struct et_result *out);

#endif
