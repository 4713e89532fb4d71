/* usual: no interval of a merged case is narrower than is usual for the cases
 * of its bench in the run. Knows merged records.
 *
 * Six medians tell little of how much a case varies: on a machine where the
 * cases of a bench vary by a tenth, one of twenty looks steady by luck, and
 * only those that look steady are quoted. So what its cases show together
 * counts for each, as in results/verdict/compare.h. On a shared, restless
 * machine 30 runs of one plan were made twice. Intervals that were narrower
 * than 5 % held the median of the other runs in 58 and 78 % without this, in 87
 * and 80 % with it; all intervals in 80 and 90 %, and with it in 87 and 94 %.
 */
#ifndef ET_RESULTS_READING_USUAL_H
#define ET_RESULTS_READING_USUAL_H

#include "results/reading/run.h"

/* Fewest measured cases of a bench that show what is usual. */
#define ET_USUAL_LEAST 3

/* Widens intervals of run->records, one a case, to the median width, as a share
 * of the figure, of their bench; their metrics follow, and whether they have
 * converged to `precision`. ET_INFRA on no memory, logged. */
enum et_status et_usual_widen(struct et_run *run, double precision);

#endif
