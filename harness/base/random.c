/* Counter-based splitmix64. */
#include "config.h"
#include "harness/base/random.h"

#include <math.h>
#include <string.h>

uint64_t et_random_mix(uint64_t x)
{
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

uint64_t et_random_stream(uint64_t seed, uint64_t tag)
{
    return et_random_mix(et_random_mix(seed + 0x9e3779b97f4a7c15u) ^
                         (tag * 0xd1342543de82ef95u));
}

uint64_t et_random_u64(uint64_t stream, uint64_t i)
{
    return et_random_mix(stream + (i + 1) * 0x9e3779b97f4a7c15u);
}

double et_random_unit(uint64_t stream, uint64_t i)
{
    return (double)(et_random_u64(stream, i) >> 11) * 0x1p-52 - 1.0;
}

void et_random_fill(enum et_dtype dtype, void *out, size_t n, uint64_t stream,
                    uint64_t first)
{
    if (dtype == ET_FP64) {
        double *d = out;
#pragma omp parallel for schedule(static) if (n > 65536)
        for (size_t i = 0; i < n; i++)
            d[i] = et_random_unit(stream, first + i);
    } else if (dtype == ET_FP32) {
        float *f = out;
        /* 24 bits, so that rounding to float never reaches 1. */
#pragma omp parallel for schedule(static) if (n > 65536)
        for (size_t i = 0; i < n; i++)
            f[i] = (float)(et_random_u64(stream, first + i) >> 40) * 0x1p-23f -
                   1.0f;
    } else {
        /* 2^p of them, one step of the type just below 1 apart; of an integer
         * type all, which are 1 apart. */
        bool whole = et_dtype_is_integer(dtype);
        double step = whole ? 1 : 2 / et_dtype_exact(dtype);
        double least = whole ? et_dtype_least(dtype) : -1;
        double n_steps =
            ((whole ? et_dtype_most(dtype) + 1 : 1) - least) / step;
#pragma omp parallel for schedule(static) if (n > 65536)
        for (size_t i = 0; i < n; i++) {
            uint64_t r = et_random_u64(stream, first + i) >> 11;
            double v = floor((double)r * 0x1p-53 * n_steps);
            et_dtype_set(dtype, out, i, least + v * step);
        }
    }
}

void et_random_bytes(void *out, size_t n, uint64_t stream, uint64_t first)
{
    unsigned char *p = out;
    size_t words = n / 8;
#pragma omp parallel for schedule(static) if (words > 65536)
    for (size_t i = 0; i < words; i++) {
        uint64_t x = et_random_u64(stream, first / 8 + i);
        memcpy(p + 8 * i, &x, 8);
    }
    if (n % 8) {
        uint64_t x = et_random_u64(stream, first / 8 + words);
        memcpy(p + 8 * words, &x, n % 8);
    }
}
