/* Loops a compiler vectorises: in place or into a third vector, because the
 * first addition of a sum leaves its input alone.
 */
#include "config.h"
#include "kernels/collective/sum.h"

#define SUM(name, type)                                                        \
    static void add_##name(type *restrict sum, const type *restrict x,         \
                           int64_t n)                                          \
    {                                                                          \
        _Pragma("omp simd") for (int64_t i = 0; i < n; i++) sum[i] += x[i];    \
    }                                                                          \
    static void sum_##name(type *restrict sum, const type *restrict a,         \
                           const type *restrict b, int64_t n)                  \
    {                                                                          \
        _Pragma("omp simd") for (int64_t i = 0; i < n; i++) sum[i] =           \
            a[i] + b[i];                                                       \
    }                                                                          \
    static void name(void *sum, const void *a, const void *b, int64_t n)       \
    {                                                                          \
        if (sum == a)                                                          \
            add_##name(sum, b, n);                                             \
        else                                                                   \
            sum_##name(sum, a, b, n);                                          \
    }
SUM(fp64, double)
SUM(fp32, float)

et_sum *et_sum_of(enum et_dtype dtype)
{
    static et_sum *const sums[ET_DTYPES] = {[ET_FP64] = fp64, [ET_FP32] = fp32};
    return dtype < ET_DTYPES ? sums[dtype] : NULL;
}

const char *et_sum_unsupported(const struct et_collective *p, int ranks)
{
    (void)ranks;
    return p->op->sums && !et_sum_of(p->dtype)
               ? "etalon's own algorithms do not add numbers of this type"
               : NULL;
}
