/* slow: which nodes, or ranks of a lone node, took longer than the others more
 * often than chance explains. Knows records; never a document.
 */
#ifndef ET_RESULTS_READING_SLOW_H
#define ET_RESULTS_READING_SLOW_H

#include "results/reading/run.h"

#define ET_SLOWS 16 /* nodes or ranks that are named */

struct et_slow {
    const char *host;              /* NULL: it is a rank of a lone node */
    int64_t rank;                  /* -1: it is a node */
    const struct et_record *worst; /* the case where it lags most */
    size_t cases;                  /* in which it is slow */
    double median, others;         /* s per iteration, in the worst case */
    double share, expected; /* of that case's samples in which it was the last,
                             * and what chance gives it */
};

struct et_slows {
    struct et_slow v[ET_SLOWS]; /* those slow in most cases first */
    size_t n, tested;           /* tested: cases that could name somebody */
    bool more;                  /* others have no place */
    /* Of cases that accuse nobody (et_run_accuses): how many lagged, of how
     * many, and the worst. */
    size_t waited, shared;
    struct et_slow somewhere;
};

/* A node or rank is slow in a case if it took at least 2 % longer than the
 * median of the others and was last in more samples than chance explains: the
 * count is binomial if all are alike, and one this high has a chance below 1 in
 * 1000 for the whole case (Bonferroni over its nodes or ranks). The strings are
 * the run's. */
void et_slows_find(const struct et_run *run, struct et_slows *out);

#endif
