/* compare: runs side by side, case by case; the first is the baseline.
 * A change counts when the intervals do not overlap and it is larger than the
 * tolerance; within noise is said to be so.
 */
#ifndef ET_RESULTS_COMPARE_H
#define ET_RESULTS_COMPARE_H

#include "results/run.h"

enum et_change {
    ET_CHANGE_SAME, /* intervals overlap or within the tolerance */
    ET_CHANGE_BETTER,
    ET_CHANGE_WORSE,
    ET_CHANGE_MISSING, /* measured in the baseline, not here */
    ET_CHANGE_NEW,     /* not measured in the baseline */
    ET_CHANGE_UNSURE,  /* no interval on one side, or noise where one side did
                        * not converge */
    ET_CHANGE_WRONG    /* its data is wrong in this run */
};
const char *et_change_name(enum et_change c);

struct et_comparison {
    char *id, *metric, *unit; /* metric: the case's headline metric */
    double base, value;       /* NAN: not measured */
    double ratio, low, high;  /* value/base, and the widest by intervals */
    size_t run;               /* index of the run compared with run 0 */
    enum et_change change;
};

struct et_comparisons {
    struct et_comparison *v;
    size_t n;
};

/* tolerance: 0.05 is 5 %. */
enum et_status et_compare(const struct et_run *runs, size_t n, double tolerance,
                          struct et_comparisons *out);
void et_comparisons_free(struct et_comparisons *c);
/* ET_WRONG if anything is wrong, ET_MISSED if worse or missing, ET_UNSURE if
 * unsure, else ET_OK. */
enum et_status et_comparisons_status(const struct et_comparisons *c);

#endif
