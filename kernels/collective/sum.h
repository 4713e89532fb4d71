/* The adding in a collective, shared by the algorithms that do it themselves.
 * Knows dtypes and problems.
 */
#ifndef ET_COLLECTIVE_SUM_H
#define ET_COLLECTIVE_SUM_H

#include <stdint.h>

#include "kernels/collective/collective.h"

/* sum[i] = a[i] + b[i]. sum may be a; b is distinct from both. */
typedef void et_sum(void *sum, const void *a, const void *b, int64_t n);

/* NULL: nothing here adds numbers of that type. */
et_sum *et_sum_of(enum et_dtype dtype);

/* For an algorithm's `unsupported`: why it cannot add the problem's type;
 * NULL: it can, or the operation adds nothing. */
const char *et_sum_unsupported(const struct et_collective *p, int ranks);

#endif
