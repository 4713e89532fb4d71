/* peak by SVE: vectors as long as the processor's, 32 registers; bf16 and int8
 * by the matrix instructions where they are, int8 else by dot products.
 */
#include "config.h"
#include "kernels/isa/arm.h"
#include "kernels/peak/loop.h"
#include "kernels/peak/peak.h"

#define SUMMARY "SVE, the processor's vector length; bf16 where there is"

#if ET_ISA_ARM

#include <arm_sve.h>

/* Vectors without a size cannot be elements of an array: every load and store
 * says how far it is from the beginning. */
#define OPERANDS(type, load)                                                   \
    const type a0 = load(a, 0), a1 = load(a, 1), a2 = load(a, 2),              \
               a3 = load(a, 3), b0 = load(b, 0), b1 = load(b, 1),              \
               b2 = load(b, 2), b3 = load(b, 3), b4 = load(b, 4);
#define AT(type, p, t) (type *)((char *)(p) + svcntb() * (t))
#define CONST_AT(type, p, t) (const type *)((const char *)(p) + svcntb() * (t))

#define LOAD_F64(p, t) svld1_f64(svptrue_b64(), CONST_AT(double, p, t))
#define LOAD_F32(p, t) svld1_f32(svptrue_b32(), CONST_AT(float, p, t))
#define LOAD_I32(p, t) svld1_s32(svptrue_b32(), CONST_AT(int32_t, p, t))
#define LOAD_I8(p, t) svld1_s8(svptrue_b8(), CONST_AT(int8_t, p, t))
#define LOAD_F16(p, t) svld1_f16(svptrue_b16(), CONST_AT(float16_t, p, t))
#define LOAD_BF16(p, t) svld1_bf16(svptrue_b16(), CONST_AT(bfloat16_t, p, t))
#define STORE_F64(p, t, v) svst1_f64(svptrue_b64(), AT(double, p, t), v)
#define STORE_F32(p, t, v) svst1_f32(svptrue_b32(), AT(float, p, t), v)
#define STORE_I32(p, t, v) svst1_s32(svptrue_b32(), AT(int32_t, p, t), v)

#define FMA_F64(c, a, b) svmla_f64_x(svptrue_b64(), c, a, b)
#define FMA_F32(c, a, b) svmla_f32_x(svptrue_b32(), c, a, b)
#define FMA_F16(c, a, b) svmla_f16_x(svptrue_b16(), c, a, b)

#define FIRST_F64(f, t, i, j) svfloat64_t c##t = LOAD_F64(c, t)
#define FIRST_F32(f, t, i, j) svfloat32_t c##t = LOAD_F32(c, t)
#define FIRST_I32(f, t, i, j) svint32_t c##t = LOAD_I32(c, t)
#define LAST_F64(f, t, i, j) STORE_F64(c, t, c##t)
#define LAST_F32(f, t, i, j) STORE_F32(c, t, c##t)
#define LAST_I32(f, t, i, j) STORE_I32(c, t, c##t)

#define LOOP(name, isa, sum, type, load, f)                                    \
    __attribute__((target(isa))) static void name(                             \
        void *c, const void *a, const void *b, uint64_t steps)                 \
    {                                                                          \
        OPERANDS(type, load) ET_PEAK_20(FIRST_##sum, );                        \
        for (uint64_t s = 0; s < steps; s++) {                                 \
            ET_PEAK_20(ET_PEAK_STEP, f);                                       \
        }                                                                      \
        ET_PEAK_20(LAST_##sum, );                                              \
    }
LOOP(run_fp64, "arch=armv8.2-a+sve", F64, svfloat64_t, LOAD_F64, FMA_F64)
LOOP(run_fp32, "arch=armv8.2-a+sve", F32, svfloat32_t, LOAD_F32, FMA_F32)
LOOP(run_bf16, "arch=armv8.2-a+sve+bf16", F32, svbfloat16_t, LOAD_BF16,
     svbfmmla_f32)
LOOP(run_dot, "arch=armv8.2-a+sve", I32, svint8_t, LOAD_I8, svdot_s32)
LOOP(run_mmla, "arch=armv8.2-a+sve+i8mm", I32, svint8_t, LOAD_I8, svmmla_s32)

/* Sums of one register are put away in two halves. */
/* Zero, but the compiler must not know, as in ET_PEAK_LOOP. */
#define ZERO(f, t, i, j)                                                       \
    c##t = svdup_f16(0);                                                       \
    __asm__ volatile("" : "+w"(c##t))
#define PUT_AWAY(f, t, i, j)                                                   \
    half = svcvt_s16_f16_x(svptrue_b16(), c##t);                               \
    STORE_I32(                                                                 \
        c, 2 * t,                                                              \
        svadd_s32_x(svptrue_b32(), LOAD_I32(c, 2 * t), svunpklo_s32(half)));   \
    STORE_I32(c, 2 * t + 1,                                                    \
              svadd_s32_x(svptrue_b32(), LOAD_I32(c, 2 * t + 1),               \
                          svunpkhi_s32(half)))
#define DECLARE(f, t, i, j) svfloat16_t c##t
__attribute__((target("arch=armv8.2-a+sve"))) static void
run_fp16(void *c, const void *a, const void *b, uint64_t steps)
{
    OPERANDS(svfloat16_t, LOAD_F16);
    ET_PEAK_20(DECLARE, );
    svint16_t half;
    ET_PEAK_20_FP16(ZERO, ET_PEAK_STEP, FMA_F16, PUT_AWAY);
}

__attribute__((target("arch=armv8.2-a+sve"))) static int bytes(void)
{
    return (int)svcntb();
}

static const char *why_not(void)
{
    return ET_ISA_HAS_SVE ? NULL : "this processor has no SVE";
}

static const char *kernel(enum et_dtype dtype, struct et_peak_kernel *out)
{
    /* blocks: those of 16 bytes. */
    static const struct et_peak_kernel kernels[ET_DTYPES] = {
        [ET_FP64] = {"fmla z.d", ET_PEAK_F64, ET_PEAK_20_SHAPE, .blocks = 2,
                     ET_PEAK_DOT(1), .range = 255, .run = run_fp64},
        [ET_FP32] = {"fmla z.s", ET_PEAK_F32, ET_PEAK_20_SHAPE, .blocks = 4,
                     ET_PEAK_DOT(1), .range = 15, .run = run_fp32},
        [ET_FP16] = {"fmla z.h", ET_PEAK_I32, ET_PEAK_20_SHAPE, .blocks = 8,
                     ET_PEAK_DOT(1), .range = ET_PEAK_FP16_RANGE,
                     .run = run_fp16},
        [ET_BF16] = {"bfmmla z.s", ET_PEAK_F32, ET_PEAK_20_SHAPE, .blocks = 1,
                     ET_PEAK_SQUARE(2, 4), .range = 15, .run = run_bf16},
        [ET_INT8] = {"smmla z.s", ET_PEAK_I32, ET_PEAK_20_SHAPE, .blocks = 1,
                     ET_PEAK_SQUARE(2, 8), .range = 31, .run = run_mmla}};
    static const struct et_peak_kernel dot = {
        "sdot z.s",     ET_PEAK_I32, ET_PEAK_20_SHAPE, .blocks = 4,
        ET_PEAK_DOT(4), .range = 31, .run = run_dot};
    if (why_not()) /* nor is its vectors' width known */
        return why_not();
    if (dtype == ET_BF16 && !ET_ISA_HAS_SVE_BF16)
        return "this processor has no bf16 arithmetic in SVE (svebf16)";
    *out = dtype == ET_INT8 && !ET_ISA_HAS_SVE_I8MM ? dot : kernels[dtype];
    out->varies = 1;
    out->blocks *= bytes() / 16;
    return NULL;
}

const struct et_peak_backend et_peak_sve = ET_PEAK_BACKEND("sve", SUMMARY);

#else

const struct et_peak_backend et_peak_sve =
    ET_BACKEND_ABSENT("sve", SUMMARY, ET_ISA_ARM_WHY_NOT);

#endif
