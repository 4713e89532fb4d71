/* Tiles of AVX-512, with BF16 and VNNI where there are: 32 registers of 512
 * bits. */
#include "config.h"
#include "kernels/gemm/native/tile.h"
#include "kernels/isa/x86.h"

extern const struct et_gemm_tiles et_gemm_tiles_avx512;

#if ET_ISA_X86

#include <immintrin.h>

#define AVX512 __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq")))
#define BF16                                                                   \
    __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512bf16")))
#define VNNI                                                                   \
    __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512vnni")))
typedef double fp64s __attribute__((vector_size(64)));
typedef float fp32s __attribute__((vector_size(64)));
typedef int32_t int32s __attribute__((vector_size(64)));

enum { ROWS = 14, VECTORS = 2 };

ET_GEMM_TILE(fp64, AVX512, fp64s, double, fp64s, double, ROWS, VECTORS,
             ET_GEMM_AS_IT_IS, ET_GEMM_FMA)
ET_GEMM_TO_BF16(to_bf16, AVX512, 16)
ET_GEMM_TILE(fp32, AVX512, fp32s, float, fp32s, float, ROWS, VECTORS,
             ET_GEMM_AS_IT_IS, ET_GEMM_FMA)
#define SPREAD(word) _mm512_set1_epi32(word)
#define PAIR(sums, x, y)                                                       \
    (fp32s) _mm512_dpbf16_ps((__m512)(sums), (__m512bh)(x), (__m512bh)(y))
#define QUAD(sums, x, y)                                                       \
    (int32s) _mm512_dpbusd_epi32((__m512i)(sums), (__m512i)(x), (__m512i)(y))
#define TWO(sums, x, y)                                                        \
    ((sums) + (int32s)_mm512_madd_epi16((__m512i)(x), (__m512i)(y)))
ET_GEMM_TILE(bf16, BF16, fp32s, float, int32s, int32_t, ROWS, VECTORS, SPREAD,
             PAIR)
ET_GEMM_TILE(bytes, VNNI, int32s, int32_t, int32s, int32_t, ROWS, VECTORS,
             SPREAD, QUAD)
ET_GEMM_TILE(words, AVX512, int32s, int32_t, int32s, int32_t, ROWS, VECTORS,
             SPREAD, TWO)

ET_GEMM_LOAD(load_fp64, AVX512, fp64s)
ET_GEMM_LOAD(load_fp32, AVX512, fp32s)
ET_GEMM_LOAD(load_bits, AVX512, int32s)
/* A bf16 is the upper half of a fp32. */
AVX512 static inline fp32s load_bf16(const char *at)
{
    __m256i b = _mm256_loadu_si256((const __m256i *)(const void *)at);
    return (fp32s)_mm512_slli_epi32(_mm512_cvtepu16_epi32(b), 16);
}

ET_GEMM_DOT(dot_fp64, AVX512, fp64s, double, fp64s, 8, 8, load_fp64,
            ET_GEMM_FMA)
ET_GEMM_DOT(dot_fp32, AVX512, fp32s, float, fp32s, 4, 4, load_fp32, ET_GEMM_FMA)
ET_GEMM_DOT(dot_bf16, AVX512, fp32s, float, fp32s, 4, 2, load_bf16, ET_GEMM_FMA)
ET_GEMM_DOT(dot_pairs, BF16, fp32s, float, int32s, 2, 2, load_bits, PAIR)
ET_GEMM_DOT(dot_bytes, VNNI, int32s, int32_t, int32s, 1, 1, load_bits, QUAD)

static bool here(void)
{
    return et_isa_x86().avx512;
}

static bool has_bf16(void)
{
    return et_isa_x86().avx512_bf16;
}

static bool has_vnni(void)
{
    return et_isa_x86().avx512_vnni;
}

static const struct et_gemm_tile tiles[] = {
    {"vdpbf16ps, 512 bits", ET_GEMM_BF16, ROWS, 16 * VECTORS, has_bf16, bf16,
     to_bf16},
    {"vfmadd231pd, 512 bits", ET_GEMM_FP64, ROWS, 8 * VECTORS, here, fp64,
     NULL},
    {"vfmadd231ps, 512 bits", ET_GEMM_FP32, ROWS, 16 * VECTORS, here, fp32,
     to_bf16},
    {"vpdpbusd, 512 bits", ET_GEMM_BYTES, ROWS, 16 * VECTORS, has_vnni, bytes,
     NULL},
    {"vpmaddwd, 512 bits", ET_GEMM_WORDS, ROWS, 16 * VECTORS, here, words,
     NULL}};

static const struct et_gemm_dot dots[] = {
    ET_GEMM_DOT_ROW("vdpbf16ps, 512 bits", BF16, BF16, has_bf16, dot_pairs),
    ET_GEMM_DOT_ROW("vpdpbusd, 512 bits", BYTES, INT8, has_vnni, dot_bytes),
    ET_GEMM_DOT_ROW("vfmadd231pd, 512 bits", FP64, FP64, here, dot_fp64),
    ET_GEMM_DOT_ROW("vfmadd231ps, 512 bits", FP32, FP32, here, dot_fp32),
    ET_GEMM_DOT_ROW("vfmadd231ps, 512 bits", FP32, BF16, here, dot_bf16)};

ET_GEMM_TILES(avx512);

#else

ET_GEMM_NO_TILES(avx512);

#endif
