/* peak by AVX2 and FMA: 256 bits, 16 registers. int8 by AVX-VNNI; on an older
 * core by the three instructions that quantized GEMMs use there. There is no
 * arithmetic in fp16 or bf16.
 */
#include "config.h"
#include "kernels/peak/loop.h"
#include "kernels/peak/peak.h"
#include "kernels/isa/x86.h"

#define SUMMARY "AVX2 and FMA, 256 bits; int8 by VNNI where there is"

#if ET_ISA_X86

#include <immintrin.h>

#define PD(c, a, b) _mm256_fmadd_pd(a, b, c)
#define PS(c, a, b) _mm256_fmadd_ps(a, b, c)
ET_PEAK_LOOP(run_fp64, "avx2,fma", ET_PEAK_12, __m256d, __m256d, PD)
ET_PEAK_LOOP(run_fp32, "avx2,fma", ET_PEAK_12, __m256, __m256, PS)
#if ET_ISA_X86_2021
#define DOT(c, a, b) _mm256_dpbusd_avx_epi32(c, a, b)
ET_PEAK_LOOP(run_int8, "avx2,avxvnni", ET_PEAK_12, __m256i, __m256i, DOT)
#else
#define run_int8 NULL
#endif

/* Pairs of products in 16 bits, pairs of those in 32, added. In assembly: the
 * compiler would take the products, which stay the same, out of the loop. Two
 * registers fewer than ET_PEAK_12 leaves, so B comes from the first cache. */
__attribute__((target("avx2"))) static inline __m256i
three(__m256i c, __m256i a, const __m256i *b, __m256i ones)
{
    __m256i t;
    __asm__("vpmaddubsw %[b], %[a], %[t]\n\t"
            "vpmaddwd %[ones], %[t], %[t]\n\t"
            "vpaddd %[t], %[c], %[c]"
            : [c] "+x"(c), [t] "=&x"(t)
            : [a] "x"(a), [b] "m"(*b), [ones] "x"(ones));
    return c;
}

__attribute__((target("avx2"))) static void
run_int8_old(void *c, const void *a, const void *b, uint64_t steps)
{
    const __m256i a0 = ((const __m256i *)a)[0], a1 = ((const __m256i *)a)[1];
    const __m256i *b0 = (const __m256i *)b, *b1 = b0 + 1;
    const __m256i ones = _mm256_set1_epi16(1);
#define THREE(c, a, b) three(c, a, b, ones)
    ET_PEAK_12(ET_PEAK_LOAD, __m256i);
    for (uint64_t s = 0; s < steps; s++) {
        ET_PEAK_12(ET_PEAK_STEP, THREE);
    }
    ET_PEAK_12(ET_PEAK_STORE, __m256i);
}

static const char *why_not(void)
{
    return et_isa_x86().avx2 ? NULL : "this processor has no AVX2 with FMA";
}

static const char *kernel(enum et_dtype dtype, struct et_peak_kernel *out)
{
    static const struct et_peak_kernel kernels[ET_DTYPES] = {
        [ET_FP64] = {"vfmadd231pd, 256 bits", ET_PEAK_F64, ET_PEAK_12_SHAPE,
                     ET_PEAK_DOT(1), .blocks = 4, .range = 255,
                     .run = run_fp64},
        [ET_FP32] = {"vfmadd231ps, 256 bits", ET_PEAK_F32, ET_PEAK_12_SHAPE,
                     ET_PEAK_DOT(1), .blocks = 8, .range = 15, .run = run_fp32},
        [ET_INT8] = {"vpdpbusd, 256 bits", ET_PEAK_I32, ET_PEAK_12_SHAPE,
                     ET_PEAK_DOT(4), .blocks = 8, .range = 31, .a_positive = 1,
                     .run = run_int8}};
    if (!kernels[dtype].accumulators)
        return "AVX2 has no arithmetic in this type";
    *out = kernels[dtype];
    if (dtype == ET_INT8 && (!out->run || !et_isa_x86().avx_vnni)) {
        out->instruction = "vpmaddubsw, vpmaddwd, vpaddd, 256 bits";
        out->run = run_int8_old;
    }
    return NULL;
}

const struct et_peak_backend et_peak_avx2 = ET_PEAK_BACKEND("avx2", SUMMARY);

#else

const struct et_peak_backend et_peak_avx2 =
    ET_BACKEND_ABSENT("avx2", SUMMARY, ET_ISA_X86_WHY_NOT);

#endif
