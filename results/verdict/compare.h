/* compare: a run against one or several baselines, case by case.
 *
 * What is compared is the speed of a case: its figure of merit, or one over it
 * where less is better. Its change has two levels (harness/stat/levels.h): the
 * shift that all cases of a kind of work share, such as a clock that is lower
 * tonight, and what is left to the case. Each is judged by itself, against how
 * much it differs between the baselines and between the passes of each run. All
 * p values of a comparison are adjusted together (Holm).
 *
 * A case that may not be relied on (results/reading/sound.h) in the run, or in
 * every baseline, is unsure, with the reason; baselines in which it may not be
 * are left out for it. What counts of each is the passes in which the ranks'
 * cores lay as far apart (results/verdict/kept.h). Nor may one whose passes
 * jump: any of them took over a third more time than the run's median, or over
 * a quarter less.
 */
#ifndef ET_RESULTS_VERDICT_COMPARE_H
#define ET_RESULTS_VERDICT_COMPARE_H

#include "results/reading/run.h"

enum et_change {
    ET_CHANGE_SAME,    /* no further than the tolerance */
    ET_CHANGE_BETTER,  /* faster by more than it, and chance does not do that */
    ET_CHANGE_WORSE,   /* slower, likewise */
    ET_CHANGE_MISSING, /* measured in a baseline, not here */
    ET_CHANGE_NEW,     /* not measured in any baseline */
    ET_CHANGE_UNSURE,  /* further than the tolerance, but chance may do that; or
                        * not to be relied on */
    ET_CHANGE_WRONG    /* its data is wrong in this run */
};
const char *et_change_name(enum et_change c);

/* A speed against the baselines': 0.9 is a tenth slower. */
struct et_speed {
    double ratio;     /* NAN: not known */
    double low, high; /* its 95 % interval, for itself alone; NAN: none */
    double p;         /* that chance does this or more, adjusted; NAN */
};

/* A case, or all cases of a kind together. */
struct et_comparison {
    char *id;                /* NULL: of a kind */
    const char *work;        /* et_run_work */
    char *metric, *unit;     /* the case's figure of merit; NULL: of a kind */
    double base, value;      /* base: median of the baselines'; NAN */
    size_t baselines, cases; /* that count; cases: of a kind, else 1 */
    struct et_speed all;     /* the whole change */
    struct et_speed own;     /* of a case: beyond what its kind shares */
    /* The compute ceiling that limits the case, over the same ceiling of the
     * baselines (their median), or the median of these of a kind. NAN: none, or
     * fewer than half of the kind's cases have one. */
    double ceilings;
    enum et_change change;
    char *reason; /* why unsure, missing or wrong; else NULL */
};

struct et_comparisons {
    struct et_comparison *v; /* the kinds, then the cases of the baselines in
                              * their order, then the new ones */
    size_t n, kinds;
};

#define ET_COMPARE_ALPHA 0.05 /* of one false alarm or more, all together */
/* tolerance: 0.05 is 5 %. ET_USAGE, logged: no baseline, or no tolerance. */
enum et_status et_compare(const struct et_run *const *baselines, size_t n,
                          const struct et_run *now, double tolerance,
                          struct et_comparisons *out);
void et_comparisons_free(struct et_comparisons *c);
/* ET_WRONG if anything is wrong, ET_MISSED if worse or missing, ET_UNSURE if
 * unsure, else ET_OK. */
enum et_status et_comparisons_status(const struct et_comparisons *c);

#endif
