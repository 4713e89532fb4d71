/* measure: one case, from preparing to the last check, into a result. The one
 * timing loop of the program; every bench goes through it.
 *
 * prepare -> ceilings -> run once and check -> calibrate -> warm up -> sample,
 * ceilings beside the samples -> check the timed data -> compare the ranks'
 * outputs -> ceilings -> count once -> release.
 *
 * A case is visited so several times, in passes: memory is allocated, filled,
 * warmed and checked anew each time. Not done again is what the first visit of
 * a process has settled for this code on these ranks: the check before anything
 * is timed, with a product's run on integers (each pass checks what it timed),
 * the iterations of a sample, the count of events, and ceilings that are far
 * below another of the same kind.
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

/* Sampling goes on past the budget until the least number of samples is
 * reached, but not past so many budgets. */
#define ET_PATIENCE 5

/* Cases that bound another, at most (et_bench.ceiling). */
#define ET_CEILINGS 4

/* What the visits of this process to a case before this one have settled; all
 * zero: this is the first. */
struct et_visit {
    int64_t pass;        /* of the case in its run directory, from 0 */
    uint64_t iterations; /* of a sample; 0: not known yet */
    /* Of its ceilings: the same, and which are far slower than another of the
     * same kind, so that they do not bound the case. */
    uint64_t ceilings[ET_CEILINGS];
    bool slower[ET_CEILINGS];
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
    const struct et_busy *busy; /* this process's machine; NULL: not read */
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
