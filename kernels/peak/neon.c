/* peak by NEON: 128 bits, 32 registers; fp16, bf16 and int8 by the extensions
 * for them. bf16 and int8 take the matrix instructions where they are, as
 * GEMMs do: twice the work of a dot product.
 */
#include "config.h"
#include "kernels/isa/arm.h"
#include "kernels/peak/loop.h"
#include "kernels/peak/peak.h"

#define SUMMARY "NEON, 128 bits; fp16, bf16 and int8 where there are"

#if ET_ISA_ARM

#include <arm_neon.h>

ET_PEAK_LOOP(run_fp64, "arch=armv8-a", ET_PEAK_20, float64x2_t, float64x2_t,
             vfmaq_f64)
ET_PEAK_LOOP(run_fp32, "arch=armv8-a", ET_PEAK_20, float32x4_t, float32x4_t,
             vfmaq_f32)
ET_PEAK_LOOP(run_bf16, "arch=armv8.2-a+bf16", ET_PEAK_20, float32x4_t,
             bfloat16x8_t, vbfmmlaq_f32)
ET_PEAK_LOOP(run_dot, "arch=armv8.2-a+dotprod", ET_PEAK_20, int32x4_t,
             int8x16_t, vdotq_s32)
ET_PEAK_LOOP(run_mmla, "arch=armv8.2-a+i8mm", ET_PEAK_20, int32x4_t, int8x16_t,
             vmmlaq_s32)

/* Zero, but the compiler must not know, as in ET_PEAK_LOOP. */
#define ZERO(f, t, i, j)                                                       \
    c##t = vdupq_n_f16(0);                                                     \
    __asm__ volatile("" : "+w"(c##t))
#define PUT_AWAY(f, t, i, j) sum[t] = vpadalq_s16(sum[t], vcvtq_s16_f16(c##t))
#define DECLARE(f, t, i, j) float16x8_t c##t
__attribute__((target("arch=armv8.2-a+fp16"))) static void
run_fp16(void *c, const void *a, const void *b, uint64_t steps)
{
    ET_PEAK_20_OPERANDS(float16x8_t);
    ET_PEAK_20(DECLARE, );
    int32x4_t *sum = c;
    ET_PEAK_20_FP16(ZERO, ET_PEAK_STEP, vfmaq_f16, PUT_AWAY);
}

static const char *why_not(void)
{
    return NULL; /* part of every AArch64 Linux */
}

static const char *kernel(enum et_dtype dtype, struct et_peak_kernel *out)
{
    static const struct et_peak_kernel kernels[ET_DTYPES] = {
        [ET_FP64] = {"fmla 2d", ET_PEAK_F64, ET_PEAK_20_SHAPE, .blocks = 2,
                     ET_PEAK_DOT(1), .range = 255, .run = run_fp64},
        [ET_FP32] = {"fmla 4s", ET_PEAK_F32, ET_PEAK_20_SHAPE, .blocks = 4,
                     ET_PEAK_DOT(1), .range = 15, .run = run_fp32},
        /* Lanes are put away in pairs. */
        [ET_FP16] = {"fmla 8h", ET_PEAK_I32, ET_PEAK_20_SHAPE, .blocks = 4,
                     ET_PEAK_DOT(2), .range = ET_PEAK_FP16_RANGE,
                     .run = run_fp16},
        [ET_BF16] = {"bfmmla 4s", ET_PEAK_F32, ET_PEAK_20_SHAPE, .blocks = 1,
                     ET_PEAK_SQUARE(2, 4), .range = 15, .run = run_bf16},
        [ET_INT8] = {"smmla 4s", ET_PEAK_I32, ET_PEAK_20_SHAPE, .blocks = 1,
                     ET_PEAK_SQUARE(2, 8), .range = 31, .run = run_mmla}};
    static const struct et_peak_kernel dot = {
        "sdot 4s",      ET_PEAK_I32, ET_PEAK_20_SHAPE, .blocks = 4,
        ET_PEAK_DOT(4), .range = 31, .run = run_dot};
    *out = dtype == ET_INT8 && !ET_ISA_HAS_I8MM ? dot : kernels[dtype];
    out->varies = dtype == ET_INT8;
    if (dtype == ET_FP16 && !ET_ISA_HAS_FP16)
        return "this processor has no fp16 arithmetic in NEON (asimdhp)";
    if (dtype == ET_BF16 && !ET_ISA_HAS_BF16)
        return "this processor has no bf16 arithmetic in NEON (bf16)";
    if (dtype == ET_INT8 && !ET_ISA_HAS_I8MM && !ET_ISA_HAS_DOT)
        return "this processor has neither i8mm nor asimddp";
    return NULL;
}

const struct et_peak_backend et_peak_neon = ET_PEAK_BACKEND("neon", SUMMARY);

#else

const struct et_peak_backend et_peak_neon =
    ET_BACKEND_ABSENT("neon", SUMMARY, ET_ISA_ARM_WHY_NOT);

#endif
