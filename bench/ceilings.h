/* ceilings: what bounds a bench that computes, as cases of the benches whose
 * role is to measure a ceiling: the roofline of Williams, Waterman and
 * Patterson (CACM 52(4), 2009). Knows the parameters that those benches take;
 * never a figure.
 */
#ifndef ET_BENCH_CEILINGS_H
#define ET_BENCH_CEILINGS_H

#include "harness/base/dtype.h"
#include "harness/case/bench.h"

/* For et_bench.ceiling. compute: peak in the dtype, with the widest
 * instructions that this processor has for it. memory: read, triad, and triad
 * with non-temporal stores over as many bytes as a rank touches, so in the
 * level of the memory that can hold them; the fastest is the roof. bytes: of
 * one rank; INFINITY: more than any cache holds.
 */
bool et_bench_ceilings(enum et_dtype dtype, double bytes, size_t i,
                       struct et_ceiling_case *out);

#endif
