/* Reproducible random data from a seed: the same on every machine and for
 * every number of threads. Generator: splitmix64 (Steele, Lea, Flood, "Fast
 * splittable pseudorandom number generators", OOPSLA 2014), used counter-wise:
 * element i of stream s is a pure function of (s, i).
 */
#ifndef ET_BASE_RANDOM_H
#define ET_BASE_RANDOM_H

#include <stddef.h>
#include <stdint.h>

#include "harness/base/dtype.h"

uint64_t et_random_mix(uint64_t x);                     /* the finalizer */
uint64_t et_random_stream(uint64_t seed, uint64_t tag); /* derive a stream */
uint64_t et_random_u64(uint64_t stream, uint64_t i);
double et_random_unit(uint64_t stream, uint64_t i); /* uniform in [-1, 1) */

/* Fill n elements [first, first+n) of the stream: uniform in [-1, 1), of as
 * many digits as the type has, so that nothing is rounded; int8: uniform over
 * all its 256 values. */
void et_random_fill(enum et_dtype dtype, void *out, size_t n, uint64_t stream,
                    uint64_t first);
/* Fill n bytes with incompressible data; `first`, in bytes, is a multiple of
 * 8. */
void et_random_bytes(void *out, size_t n, uint64_t stream, uint64_t first);

#endif
