/* Two levels: what a run changed for all cases of a kind together, and what is
 * left to each case, against one or several baselines. Pure; what is allocated
 * is freed before return.
 *
 * Cases of a kind move together from one run to the next, since they share a
 * clock, a memory, a network. Judged each by itself they would all be worse on
 * a night when the clock is low, and three baselines are too few to know how
 * much one case moves. So, in logarithms:
 *
 *   value of a case in a run = of the case + of the run + the rest
 *
 * The run's part is the median over the cases of how far each is from its mean
 * in the baselines. How much that part, and the rest, differ from run to run
 * when nothing has changed is estimated from two sources: how much each differs
 * between the passes of a run, times a factor, and how much it differs between
 * the baselines. The factor is needed because passes of a run lie within
 * minutes and runs do not: the machine moves more in a day than in a minute.
 * For the rest, the baselines of all cases together say how large it is, and
 * each case's passes, with a share of what is usual for the kind, say how much
 * of that is its own. The run's part is tested with Student's t, and so is the
 * rest.
 *
 * The factors and their weights were chosen from runs of one machine that had
 * not changed; docs/method.md has the table of false alarms. The variance of a
 * median of n normal values is pi/2 / n times theirs. Several levels of
 * variation: Kalibera and Jones, Rigorous Benchmarking in Reasonable Time (ISMM
 * 2013). Variances that many few-fold experiments share: Smyth, Statistical
 * Applications in Genetics and Molecular Biology 3 (2004), article 3.
 */
#ifndef ET_STAT_LEVELS_H
#define ET_STAT_LEVELS_H

#include <stdbool.h>
#include <stddef.h>

/* Fewest cases that have a part in common; fewer are judged each by itself. */
#define ET_LEVELS_LEAST 3

/* The passes of a case in one run. */
struct et_level_passes {
    const double *v; /* logarithms, in order of pass */
    size_t n;        /* 0: the run has not this case */
};

/* A change, as a logarithm. NAN: not known. */
struct et_level_change {
    double shift;
    double low, high; /* 95 % interval, by itself */
    double p; /* that a run in which nothing changed shows this shift or more
               * of its sign, by itself */
};

struct et_level_case {
    const struct et_level_passes *runs; /* the baselines, then the run */
    struct et_level_change all, own;    /* out: whole; beyond the common one */
};

/* cases: of one kind, each in the run and in a baseline at least. *common: NAN
 * where there are fewer than ET_LEVELS_LEAST cases; then `own` is the whole.
 * Where no run has two passes, nothing is known but the shifts. false: no
 * memory. */
bool et_levels_compare(struct et_level_case *cases, size_t n, size_t baselines,
                       struct et_level_change *common);

#endif
