/* drive: all cases of a run, one after the other, to the sink. Holds the team
 * together: rank 0 decides, all follow, and ranks outside a case's team rest
 * without spinning.
 */
#ifndef ET_RUN_DRIVE_H
#define ET_RUN_DRIVE_H

#include "harness/run/measure.h"
#include "harness/run/placement.h"
#include "harness/run/sink.h"

struct et_drive {
    struct et_instruments instruments;
    const struct et_benches *benches;
    struct et_team *world;
    const struct et_placement *placement;
    /* Rank 0 alone: the cases, what a resumed run has of them already, and
     * where results go. */
    const struct et_cases *cases;
    const struct et_strings *done; /* ids, sorted; NULL: none */
    struct et_sink *sink;
};

/* How it went. */
struct et_drive_outcome {
    /* Counted on rank 0 alone. */
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
