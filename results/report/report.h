/* report: what a run says, as a doc: headline, warnings, FLOPS report,
 * scaling report, other benches, counters, what was not measured and why,
 * how it was measured. Computed from the run alone.
 */
#ifndef ET_RESULTS_REPORT_REPORT_H
#define ET_RESULTS_REPORT_REPORT_H

#include "results/format/doc.h"
#include "results/verdict/compare.h"
#include "results/verdict/judge.h"

struct et_report_options {
    const char *peak; /* overrides the run's nominal peak; NULL: as run */
    double target;    /* FLOP/s to project scaling to; preset 1e18 */
};

enum et_status et_report_build(const struct et_run *run,
                               const struct et_report_options *options,
                               struct et_doc *out);
/* run: what was judged. */
enum et_status et_report_judgement(const struct et_judgement *j,
                                   const struct et_run *run,
                                   struct et_doc *out);
/* now: the run that was compared with the n baselines. */
enum et_status et_report_comparison(const struct et_run *const *baselines,
                                    size_t n, const struct et_run *now,
                                    double tolerance,
                                    const struct et_comparisons *found,
                                    struct et_doc *out);

#endif
