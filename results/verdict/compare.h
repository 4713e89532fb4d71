/* compare: runs side by side, case by case; the first is the baseline.
 * A case has changed when its samples differ by more than chance (Mann and
 * Whitney's test, dependence of neighbours counted in, Holm's adjustment over
 * all cases compared) and its figure by more than the tolerance. The test knows
 * the samples of these two runs alone; what else differs from one run to the
 * next (placement, neighbours, temperature) is what the tolerance is for.
 */
#ifndef ET_RESULTS_VERDICT_COMPARE_H
#define ET_RESULTS_VERDICT_COMPARE_H

#include "results/reading/run.h"

enum et_change {
    ET_CHANGE_SAME, /* within the tolerance, and both sides converged */
    ET_CHANGE_BETTER,
    ET_CHANGE_WORSE,
    ET_CHANGE_MISSING, /* measured in the baseline, not here */
    ET_CHANGE_NEW,     /* not measured in the baseline */
    ET_CHANGE_UNSURE,  /* beyond the tolerance, but chance may do that; or
                        * within it, but a side did not converge; or a side
                        * has no interval */
    ET_CHANGE_WRONG    /* its data is wrong in this run */
};
const char *et_change_name(enum et_change c);

struct et_comparison {
    char *id, *metric, *unit; /* metric: the case's figure of merit */
    double base, value;       /* NAN: not measured */
    double ratio;             /* value/base: of medians */
    /* The ratio that lies between all pairs of samples, one from each side
     * (Hodges and Lehmann), and its 95 % interval, for this pair alone. It
     * differs from `ratio` where the shape changed, not only the place. */
    double shift, low, high;
    double p;     /* of the rank test, adjusted; NAN: not tested */
    double ahead; /* how often a sample of this run is better than one of the
                   * baseline: 0.5 where neither is ahead */
    bool higher;  /* a higher figure is the better */
    bool settled; /* both sides converged */
    size_t run;   /* index of the run compared with run 0 */
    enum et_change change;
};

struct et_comparisons {
    struct et_comparison *v;
    size_t n;
};

#define ET_COMPARE_ALPHA 0.05 /* of one false alarm or more among all cases */
/* tolerance: 0.05 is 5 %. */
enum et_status et_compare(const struct et_run *runs, size_t n, double tolerance,
                          struct et_comparisons *out);
void et_comparisons_free(struct et_comparisons *c);
/* ET_WRONG if anything is wrong, ET_MISSED if worse or missing, ET_UNSURE if
 * unsure, else ET_OK. */
enum et_status et_comparisons_status(const struct et_comparisons *c);

#endif
