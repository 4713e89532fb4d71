/* derived: what follows from a run's plan and from its cases' ids, worked out
 * anew: the cases, their parameters, teams and work; and from its records the
 * report and the plots.
 */
#ifndef ET_APP_DERIVED_H
#define ET_APP_DERIVED_H

#include "results/reading/run.h"

/* Did the program that now runs make the run? What another one has made may
 * lack what this one knows. */
bool et_derived_by_this_build(const struct et_run *run);

/* Cases against the plan, each record against its case. ET_INFRA, each
 * difference logged; a warning where this build does not know enough. whole: a
 * complete run has a record of each case. */
enum et_status et_derived_check(const struct et_run *run, bool whole);

/* Report and plots against the records: every byte, but for a figure that
 * another gnuplot drew. A difference is a warning if another build made the
 * run. */
enum et_status et_derived_check_report(const struct et_run *run);

#endif
