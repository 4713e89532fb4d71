/* differs: what is not the same in two runs besides their figures: processor,
 * microcode, kernel, libraries, flags, variables, options, plan, nodes. Knows
 * run.json's rows; never a record.
 */
#ifndef ET_RESULTS_VERDICT_DIFFERS_H
#define ET_RESULTS_VERDICT_DIFFERS_H

#include "results/reading/run.h"

struct et_difference {
    char *what;   /* "kernel", "library blis", "variable OMP_NUM_THREADS" */
    char *before; /* in the baselines, the different ones with ", " between */
    char *now;    /* "not known": absent */
};
/* Every fact of `now` that is not so in each of the n baselines. Left out is
 * what differs between any two runs: dates, names of directories, and figures
 * that the machine reads anew each time, unless they differ by much. ET_INFRA
 * on no memory, logged. */
enum et_status et_differences_find(const struct et_run *const *baselines,
                                   size_t n, const struct et_run *now,
                                   struct et_list *out);
void et_differences_free(struct et_list *l); /* of et_difference */

#endif
