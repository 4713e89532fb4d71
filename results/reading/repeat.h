/* repeat: the intervals of a run put to the test by the run itself. An interval
 * of one launch claims where the case's result lies; what the other launches
 * measured shows whether it does. Pure: knows records of passes.
 */
#ifndef ET_RESULTS_READING_REPEAT_H
#define ET_RESULTS_READING_REPEAT_H

#include <stddef.h>

#include "harness/base/field.h"
#include "harness/base/status.h"

struct et_run;

/* Intervals, one a case and launch, and those of them that held: that contained
 * the median of the medians of all passes of the case's other launches. */
struct et_repeat_count {
    size_t intervals, held;
};

struct et_repeat_bench {
    char *name;
    struct et_repeat_count all, converged; /* of all: as narrow as asked */
    /* Of the case whose launches lie apart the most: largest median of a launch
     * less the smallest, as a share of the smallest. */
    double apart;
};

struct et_repeat {
    size_t launches;        /* that measured anything */
    struct et_list benches; /* of et_repeat_bench, in the order of the records;
                             * none without an interval */
};

/* Of a run whose records are those of passes. The interval of a launch is what
 * et_run_merge makes of its passes alone. It counts where that launch and the
 * others together have at least ET_PASSES_LEAST passes of the case each.
 * ET_INFRA on no memory, logged. */
enum et_status et_repeat_find(const struct et_run *run, struct et_repeat *out);
/* Of all benches; converged: of the converged intervals alone. */
struct et_repeat_count et_repeat_sum(const struct et_repeat *r, bool converged);
void et_repeat_free(struct et_repeat *r);

#endif
