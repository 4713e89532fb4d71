/* merge: the passes of a case, one line of records.jsonl each, into the one
 * record that reports and verdicts are made from. Its figure is the median of
 * the passes' medians, its interval what these say (harness/stat/passes.h), and
 * `converged` whether that is as narrow as the run asked for; no interval is
 * narrower than is usual for its bench (results/reading/usual.h). Nothing of it
 * is in any file: it follows from the passes.
 */
#ifndef ET_RESULTS_READING_MERGE_H
#define ET_RESULTS_READING_MERGE_H

#include "results/reading/run.h"

/* The records of a run, in the order of their lines, become one for each case,
 * in the order of their first lines. A case that is wrong in one pass is wrong,
 * one that failed in one has failed. Where there are several launches, their
 * intervals are set against each other first, into run->repeat. ET_INFRA on no
 * memory, logged. */
enum et_status et_run_merge(struct et_run *run);

/* Of the passes, before they are merged. What a pass does not tell is not
 * counted: an older build's ceilings have no iterations. */
struct et_run_times et_run_count_times(const struct et_run *passes);

#endif
