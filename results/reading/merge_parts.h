/* Of merging the passes of a case (results/reading/merge.h): its ceilings, and
 * how its ranks and nodes are spread. `v`: the n records, of which the first
 * takes over what the others have. False: no memory.
 */
#ifndef ET_RESULTS_READING_MERGE_PARTS_H
#define ET_RESULTS_READING_MERGE_PARTS_H

#include "results/record/record.h"

/* Samples of all passes; rate and interval from the medians of the passes.
 * launch: of each record. A ceiling that only some passes measured has a rate
 * from these, and no interval from fewer than ET_PASSES_LEAST. */
bool et_merge_ceilings(struct et_record *const *v, size_t n,
                       const int64_t *launch);
/* A part's median is that of its medians in the passes that list it, and it was
 * the last as often as these say together: in a pass that does not list it,
 * not once, so that no part is charged with more than was seen. The quantiles
 * are the medians of the passes' quantiles, the histogram counts all passes. */
bool et_merge_spreads(struct et_record *const *v, size_t n);

#endif
