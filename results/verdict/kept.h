/* kept: the passes of a case that a comparison goes by, and its figure from
 * them. What ranks of a node send each other, and what they read of its memory,
 * takes a time that depends on which cores they sit on, and a hypervisor may
 * move these within a run. So only passes count in which the cores lay as far
 * apart (harness/team/hop.h) as in passes of the other side. Pure.
 */
#ifndef ET_RESULTS_VERDICT_KEPT_H
#define ET_RESULTS_VERDICT_KEPT_H

#include "results/reading/run.h"

/* How far apart, in s, the cores lie in the passes that are kept: of the
 * distances that the run's passes had, that which most pairs of a pass of the
 * run and one of a baseline share. NAN: it is known of neither or only one, so
 * all are kept. false: they share none. baselines: NULL where one has not the
 * case. */
bool et_kept_distance(const struct et_record *const *baselines, size_t n,
                      const struct et_record *now, double *distance);

struct et_kept {
    double *medians; /* of the passes, s per iteration, in order, */
    int64_t *launch; /* and in which each ran; both the caller's to free */
    size_t n;
    bool all; /* none is left out */
};

/* Passes of which the distance is not known are kept. false: no memory. */
bool et_kept_take(const struct et_record *r, double distance,
                  struct et_kept *out);

/* Why what is kept may not be relied on; NULL: it may. */
const char *et_kept_flaw(const struct et_run *run, const struct et_record *r,
                         const struct et_strings *accused,
                         const struct et_kept *kept);

/* The figure of merit m of the record from what is kept. */
double et_kept_figure(const struct et_record *r,
                      const struct et_metric_value *m,
                      const struct et_kept *kept);

#endif
