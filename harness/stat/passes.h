/* The passes of a case: what the medians of several visits to it, spread over
 * the run and over its launches, say together. Pure; what is allocated is freed
 * before return.
 *
 * Samples in a row describe one moment of one process: their interval says
 * nothing of what changes from one moment to the next (the clock, the
 * neighbours, where memory lies), and more of them make it narrower, not truer.
 * So the medians of the passes are the observations here, as Kalibera and
 * Jones, Rigorous Benchmarking in Reasonable Time (ISMM 2013), take them: the
 * outermost level that varies is the one that is repeated and counted.
 */
#ifndef ET_STAT_PASSES_H
#define ET_STAT_PASSES_H

#include <stdint.h>

#include "harness/stat/stat.h"

/* Fewest passes that have an interval at 95 %: the smallest and the largest of
 * six medians have the true median between them in 1 - 2 / 2^6 = 97 %. */
#define ET_PASSES_LEAST 6

/* Fewest samples of a pass, of so many of a case: its share, and two at least
 * where there are several passes. */
int64_t et_passes_share(int64_t samples, int64_t passes);

struct et_passes {
    double median;  /* of the medians; NAN: there are none */
    double between; /* largest less smallest, as a share of the median */
    /* Distribution-free, from order statistics of the medians
     * (et_stat_median_interval), and wide enough to hold the median of every
     * launch, since passes of one process share what differs between launches.
     * {NAN, NAN} for fewer than ET_PASSES_LEAST. */
    struct et_interval interval;
};

/* medians: of the passes, in any order; launch: in which process each ran,
 * NULL: all in one. false: no memory. */
bool et_passes_summarise(const double *medians, const int64_t *launch, size_t n,
                         double confidence, struct et_passes *out);

/* Makes the interval *of around `median` reach at least as far up and down, as
 * shares of that, as `other` does around `middle`. If either interval is absent
 * (NAN), *of stays as it was. */
void et_passes_widen(struct et_interval *of, double median,
                     const struct et_interval *other, double middle);

/* Is the interval there and at most `precision` of the median wide? */
bool et_passes_are_narrow(const struct et_passes *p, double precision);

#endif
