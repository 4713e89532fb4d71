/* peak by AVX-512: 512 bits, 32 registers; fp16, bf16 and int8 by the
 * extensions for them. fp16 accumulates in fp16, which has 11 digits only,
 * so its loop puts its accumulators away into 32-bit integers often.
 */
#include "config.h"
#include "kernels/peak/loop.h"
#include "kernels/peak/peak.h"
#include "kernels/isa/x86.h"

#define SUMMARY "AVX-512, 512 bits; fp16, bf16 and VNNI where there are"

#if ET_ISA_X86

#include <immintrin.h>

#define PD(c, a, b) _mm512_fmadd_pd(a, b, c)
#define PS(c, a, b) _mm512_fmadd_ps(a, b, c)
#define BF(c, a, b) _mm512_dpbf16_ps(c, (__m512bh)(a), (__m512bh)(b))
#define DOT(c, a, b) _mm512_dpbusd_epi32(c, a, b)
ET_PEAK_LOOP(run_fp64, "avx512f", ET_PEAK_20, __m512d, __m512d, PD)
ET_PEAK_LOOP(run_fp32, "avx512f", ET_PEAK_20, __m512, __m512, PS)
ET_PEAK_LOOP(run_bf16, "avx512f,avx512bf16", ET_PEAK_20, __m512, __m512i, BF)
ET_PEAK_LOOP(run_int8, "avx512f,avx512vnni", ET_PEAK_20, __m512i, __m512i, DOT)

#if ET_ISA_X86_2021
/* In assembly: not every compiler that knows these instructions has the type
 * in a file for all processors. Volatile, or accumulators that are equal would
 * become one. */
#define FMA_PH(f, t, i, j)                                                     \
    __asm__("vfmadd231ph %2, %1, %0" : "+v"(c##t) : "v"(a##i), "v"(b##j))
#define ZERO(f, t, i, j) __asm__ volatile("vpxord %0, %0, %0" : "=v"(c##t))
#define PUT_AWAY(f, t, i, j)                                                   \
    __asm__("vcvtph2w %0, %0" : "+v"(c##t));                                   \
    sum[t] = _mm512_add_epi32(sum[t], _mm512_madd_epi16(c##t, ones))
#define DECLARE(f, t, i, j) __m512i c##t
__attribute__((target("avx512f,avx512bw"))) static void
run_fp16(void *c, const void *a, const void *b, uint64_t steps)
{
    ET_PEAK_20_OPERANDS(__m512i);
    ET_PEAK_20(DECLARE, );
    __m512i *sum = c;
    const __m512i ones = _mm512_set1_epi16(1);
    ET_PEAK_20_FP16(ZERO, FMA_PH, , PUT_AWAY);
}
#else
#define run_fp16 NULL
#endif

static const char *why_not(void)
{
    return et_isa_x86().avx512
               ? NULL
               : "this processor has no AVX-512 (F, BW, DQ, VL)";
}

static const char *kernel(enum et_dtype dtype, struct et_peak_kernel *out)
{
    static const struct et_peak_kernel kernels[ET_DTYPES] = {
        [ET_FP64] = {"vfmadd231pd, 512 bits", ET_PEAK_F64, ET_PEAK_20_SHAPE,
                     .blocks = 8, ET_PEAK_DOT(1), .range = 255,
                     .run = run_fp64},
        [ET_FP32] = {"vfmadd231ps, 512 bits", ET_PEAK_F32, ET_PEAK_20_SHAPE,
                     .blocks = 16, ET_PEAK_DOT(1), .range = 15,
                     .run = run_fp32},
        /* Lanes are put away in pairs. */
        [ET_FP16] = {"vfmadd231ph, 512 bits", ET_PEAK_I32, ET_PEAK_20_SHAPE,
                     .blocks = 16, ET_PEAK_DOT(2), .range = ET_PEAK_FP16_RANGE,
                     .run = run_fp16},
        [ET_BF16] = {"vdpbf16ps, 512 bits", ET_PEAK_F32, ET_PEAK_20_SHAPE,
                     .blocks = 16, ET_PEAK_DOT(2), .range = 15,
                     .run = run_bf16},
        [ET_INT8] = {"vpdpbusd, 512 bits", ET_PEAK_I32, ET_PEAK_20_SHAPE,
                     .blocks = 16, ET_PEAK_DOT(4), .range = 31, .a_positive = 1,
                     .run = run_int8}};
    struct et_isa_x86 x = et_isa_x86();
    if (!kernels[dtype].run)
        return ET_ISA_X86_WHY_NOT;
    *out = kernels[dtype];
    if (dtype == ET_FP16 && !x.avx512_fp16)
        return "this processor has no AVX512_FP16";
    if (dtype == ET_BF16 && !x.avx512_bf16)
        return "this processor has no AVX512_BF16";
    if (dtype == ET_INT8 && !x.avx512_vnni)
        return "this processor has no AVX512_VNNI";
    return NULL;
}

const struct et_peak_backend et_peak_avx512 =
    ET_PEAK_BACKEND("avx512", SUMMARY);

#else

const struct et_peak_backend et_peak_avx512 =
    ET_BACKEND_ABSENT("avx512", SUMMARY, ET_ISA_X86_WHY_NOT);

#endif
