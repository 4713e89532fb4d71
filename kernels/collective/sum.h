/* The adding in an all-reduce, shared by the backends that do it themselves.
 * Knows dtypes only.
 */
#ifndef ET_COLLECTIVE_SUM_H
#define ET_COLLECTIVE_SUM_H

#include <stdint.h>

#include "harness/base/dtype.h"

/* sum[i] = a[i] + b[i]. sum may be a; b is distinct from both. */
void et_collective_sum(enum et_dtype dtype, void *sum, const void *a,
                       const void *b, int64_t n);

#endif
