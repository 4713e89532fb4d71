/* drive: all cases of a run, one after the other, to the sink; and again from
 * the first, pass after pass, so that the passes of a case are spread over the
 * run. Holds the team together: rank 0 decides, all follow, and ranks outside a
 * case's team rest without spinning.
 */
#ifndef ET_RUN_DRIVE_H
#define ET_RUN_DRIVE_H

#include "harness/run/guard.h"
#include "harness/run/measure.h"
#include "harness/run/placement.h"
#include "harness/run/sink.h"

/* What a run directory has of a case. */
struct et_history {
    struct et_reals medians;  /* s, of the passes that were measured */
    struct et_reals ceilings; /* s, of those that have them: et_ceilings_time */
    double sampled;           /* s that these sampled */
    int64_t passes;           /* that stand; one that failed is done again */
    int64_t before;           /* of these, of launches before this one */
    bool closed;              /* no pass is wanted any more: it is wrong, say */
    int outcome;              /* enum et_outcome, of the newest; -1: none */
    /* In this process. */
    int64_t disturbed, samples; /* of the visits: of one rank each; of all */
    bool visited;
    struct et_visit settled; /* by its newest visit, but for the pass */
};
struct et_histories { /* as many as there are cases */
    struct et_history *v;
    size_t n;
};
/* Of a new run: false: no memory. */
bool et_histories_begin(struct et_histories *h, size_t cases);
/* One more pass of a case, as it stands in the run directory. */
bool et_history_add(struct et_history *h, const struct et_result *r);
void et_histories_free(struct et_histories *h);

struct et_drive {
    struct et_instruments instruments;
    const struct et_benches *benches;
    struct et_team *world;
    const struct et_placement *placement;
    /* Rank 0 alone: the cases, what the run directory has of them, its
     * launches, each with the passes and the budget that the options say, and
     * where results go. */
    const struct et_cases *cases;
    struct et_histories *histories;
    int64_t launches;
    struct et_sink *sink;
    struct et_guard *guard; /* of all ranks; NULL: none */
};

/* How it went. */
struct et_drive_outcome {
    /* Cases, counted on rank 0 alone. */
    size_t measured, wrong, failed, unsupported, skipped, unmeasured;
    size_t disturbed; /* of the measured: something else had the cores */
    double load;      /* the largest that a case saw; 0: none */
    size_t kept;      /* not run again: a resumed run had them */
    /* On all ranks. */
    int signal;  /* that ended it early, or 0 */
    bool broken; /* the team or the sink failed: it ended before its end */
};

/* ET_OK: every case was measured, or is unsupported. ET_WRONG or ET_INFRA: some
 * case went so, the gravest. ET_UNSURE: interrupted, or cases were skipped or
 * could not be measured. Collective over the world team. */
enum et_status et_drive_run(const struct et_drive *d,
                            struct et_drive_outcome *out);

#endif
