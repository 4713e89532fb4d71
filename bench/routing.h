/* routing: which group of a grouped product has how many rows, as a mixture of
 * experts sends its tokens: by a Zipf law. Knows numbers alone.
 */
#ifndef ET_BENCH_ROUTING_H
#define ET_BENCH_ROUTING_H

#include <stdint.h>

#define ET_ROUTING_MOST 1024 /* groups */

/* Shares m rows out among `groups`: the r-th largest has a share of 1 / r^skew,
 * rounded up or down to whole rows, and the small ones perhaps none; which
 * group is the r-th, and what is rounded up, the seed says. first: groups + 1,
 * where the rows of each begin. */
void et_routing(int64_t m, int64_t groups, double skew, uint64_t seed,
                int64_t *first);
/* Groups that have rows; the rows of the largest. */
int64_t et_routing_used(const int64_t *first, int64_t groups);
int64_t et_routing_largest(const int64_t *first, int64_t groups);

#endif
