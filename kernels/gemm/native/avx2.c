/* Tiles of AVX2 and FMA: 16 registers of 256 bits. */
#include "config.h"
#include "kernels/gemm/native/tile.h"
#include "kernels/isa/x86.h"

extern const struct et_gemm_tiles et_gemm_tiles_avx2;

#if ET_ISA_X86

#include <immintrin.h>

#define AVX2 __attribute__((target("avx2,fma")))
typedef double fp64s __attribute__((vector_size(32)));
typedef float fp32s __attribute__((vector_size(32)));
typedef int32_t int32s __attribute__((vector_size(32)));

ET_GEMM_TILE(fp64, AVX2, fp64s, double, fp64s, double, 6, 2, ET_GEMM_AS_IT_IS,
             ET_GEMM_FMA)
ET_GEMM_TO_BF16(to_bf16, AVX2, 8)
ET_GEMM_TILE(fp32, AVX2, fp32s, float, fp32s, float, 6, 2, ET_GEMM_AS_IT_IS,
             ET_GEMM_FMA)
#define PAIR(word) _mm256_set1_epi32(word)
#define TWO(sums, x, y) ((sums) + (int32s)_mm256_madd_epi16((x), (__m256i)(y)))
ET_GEMM_TILE(words, AVX2, int32s, int32_t, int32s, int32_t, 6, 2, PAIR, TWO)

ET_GEMM_LOAD(load_fp64, AVX2, fp64s)
ET_GEMM_LOAD(load_fp32, AVX2, fp32s)
/* A bf16 is the upper half of a fp32. */
AVX2 static inline fp32s load_bf16(const char *at)
{
    __m128i b = _mm_loadu_si128((const __m128i *)(const void *)at);
    return (fp32s)_mm256_slli_epi32(_mm256_cvtepu16_epi32(b), 16);
}

ET_GEMM_DOT(dot_fp64, AVX2, fp64s, double, fp64s, 8, 8, load_fp64, ET_GEMM_FMA)
ET_GEMM_DOT(dot_fp32, AVX2, fp32s, float, fp32s, 4, 4, load_fp32, ET_GEMM_FMA)
ET_GEMM_DOT(dot_bf16, AVX2, fp32s, float, fp32s, 4, 2, load_bf16, ET_GEMM_FMA)

ET_GEMM_FLOAT_SWEEPS(AVX2, 32, 2)

static bool here(void)
{
    return et_isa_x86().avx2;
}

static const struct et_gemm_tile tiles[] = {
    ET_GEMM_TILE_ROW("vfmadd231pd, 256 bits", FP64, FP64, 6, 8, here, fp64,
                     NULL, NULL),
    ET_GEMM_TILE_ROW("vfmadd231ps, 256 bits", FP32, FP32, 6, 16, here, fp32,
                     NULL, to_bf16),
    ET_GEMM_TILE_ROW("vpmaddwd, 256 bits", WORDS, WORDS, 6, 16, here, words,
                     NULL, NULL)};

static const struct et_gemm_dot dots[] = {
    ET_GEMM_DOT_ROW("vfmadd231pd, 256 bits", FP64, FP64, here, dot_fp64),
    ET_GEMM_DOT_ROW("vfmadd231ps, 256 bits", FP32, FP32, here, dot_fp32),
    ET_GEMM_DOT_ROW("vfmadd231ps, 256 bits", FP32, BF16, here, dot_bf16)};

static const struct et_gemm_sweep sweeps[] = {ET_GEMM_FLOAT_SWEEP_ROWS(
    "vfmadd231pd, 256 bits", "vfmadd231ps, 256 bits", here, 32, 2)};

ET_GEMM_TILES(avx2);

#else

ET_GEMM_NO_TILES(avx2);

#endif
