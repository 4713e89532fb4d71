/* Loops a compiler vectorises: in place or into a third vector, because the
 * first addition of an all-reduce leaves its input alone.
 */
#include "config.h"
#include "kernels/collective/sum.h"

static void add_fp64(double *restrict sum, const double *restrict x, int64_t n)
{
#pragma omp simd
    for (int64_t i = 0; i < n; i++)
        sum[i] += x[i];
}

static void add_fp32(float *restrict sum, const float *restrict x, int64_t n)
{
#pragma omp simd
    for (int64_t i = 0; i < n; i++)
        sum[i] += x[i];
}

static void sum_fp64(double *restrict sum, const double *restrict a,
                     const double *restrict b, int64_t n)
{
#pragma omp simd
    for (int64_t i = 0; i < n; i++)
        sum[i] = a[i] + b[i];
}

static void sum_fp32(float *restrict sum, const float *restrict a,
                     const float *restrict b, int64_t n)
{
#pragma omp simd
    for (int64_t i = 0; i < n; i++)
        sum[i] = a[i] + b[i];
}

void et_collective_sum(enum et_dtype dtype, void *sum, const void *a,
                       const void *b, int64_t n)
{
    if (dtype == ET_FP64 && sum == a)
        add_fp64(sum, b, n);
    else if (dtype == ET_FP64)
        sum_fp64(sum, a, b, n);
    else if (sum == a)
        add_fp32(sum, b, n);
    else
        sum_fp32(sum, a, b, n);
}
