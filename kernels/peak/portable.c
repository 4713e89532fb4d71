/* peak in plain C, in vectors of 16 bytes that the compiler brings to what the
 * build's target has: fused where that has it, else a multiply and an add.
 * For processors that no other file knows, and to see what the others gain.
 */
#include "config.h"
#include "kernels/peak/peak.h"

typedef double fp64x2 __attribute__((vector_size(16)));
typedef float fp32x4 __attribute__((vector_size(16)));
typedef int8_t int8x4 __attribute__((vector_size(4)));
typedef int32_t int32x4 __attribute__((vector_size(16)));

#define WIDE(v) __builtin_convertvector(v, int32x4)
#define SAME(v) (v)

/* X(t, i, j) as in kernels/peak/loop.h; each pair stands once, or its product
 * would be computed once for two. */
#define ALL(X)                                                                 \
    X(0, 0, 0)                                                                 \
    X(1, 1, 0) X(2, 0, 1) X(3, 1, 1) X(4, 0, 2) X(5, 1, 2) X(6, 0, 3) X(7, 1, 3)
#define LOAD(t, i, j) c##t = sum[t];
#define STEP(t, i, j) c##t += a##i * b##j;
#define STORE(t, i, j) sum[t] = c##t;

/* Operands are loaded in each step, by a barrier that costs no instruction:
 * products that stay the same would be taken out of the loop. */
#define LOOP(name, sum_type, type, widen)                                      \
    static void name(void *c, const void *a, const void *b, uint64_t steps)    \
    {                                                                          \
        const type *pa = a, *pb = b;                                           \
        sum_type *sum = c, c0, c1, c2, c3, c4, c5, c6, c7;                     \
        ALL(LOAD)                                                              \
        for (uint64_t s = 0; s < steps; s++) {                                 \
            __asm__ volatile("" ::: "memory");                                 \
            sum_type a0 = widen(pa[0]), a1 = widen(pa[1]);                     \
            sum_type b0 = widen(pb[0]), b1 = widen(pb[1]);                     \
            sum_type b2 = widen(pb[2]), b3 = widen(pb[3]);                     \
            ALL(STEP)                                                          \
        }                                                                      \
        ALL(STORE)                                                             \
    }
LOOP(run_fp64, fp64x2, fp64x2, SAME)
LOOP(run_fp32, fp32x4, fp32x4, SAME)
LOOP(run_int8, int32x4, int8x4, WIDE)

#define SHAPE                                                                  \
    .accumulators = 8, .a_registers = 2, .b_registers = 4, ET_PEAK_DOT(1)

static const char *kernel(enum et_dtype dtype, struct et_peak_kernel *out)
{
    static const struct et_peak_kernel kernels[ET_DTYPES] = {
        [ET_FP64] = {"multiply and add in C, 16 bytes", ET_PEAK_F64, SHAPE,
                     .blocks = 2, .range = 255, .steps = 4096, .run = run_fp64},
        [ET_FP32] = {"multiply and add in C, 16 bytes", ET_PEAK_F32, SHAPE,
                     .blocks = 4, .range = 15, .steps = 4096, .run = run_fp32},
        [ET_INT8] = {"multiply and add in C, int32", ET_PEAK_I32, SHAPE,
                     .blocks = 4, .range = 31, .steps = 4096, .run = run_int8}};
    if (!kernels[dtype].run)
        return "plain C has no arithmetic in this type";
    *out = kernels[dtype];
    return NULL;
}

const struct et_peak_backend et_peak_portable = {
    .base = {.name = "portable",
             .summary =
                 "plain C, as this build's compiler flags bring it to vectors"},
    .kernel = kernel,
};
