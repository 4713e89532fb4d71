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
ET_GEMM_TILE(bf16_high, BF16, fp32s, float, int32s, int32_t, ROWS, 1, SPREAD,
             PAIR)
ET_GEMM_TILE(bf16_wide, BF16, fp32s, float, int32s, int32_t, 8, 3, SPREAD, PAIR)
ET_GEMM_TILE(fp32_high, AVX512, fp32s, float, fp32s, float, ROWS, 1,
             ET_GEMM_AS_IT_IS, ET_GEMM_FMA)
ET_GEMM_TILE(fp32_wide, AVX512, fp32s, float, fp32s, float, 8, 3,
             ET_GEMM_AS_IT_IS, ET_GEMM_FMA)
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

/* Two rows of 16 to pairs. */
AVX512 static inline int32s pairs(const char *at, int64_t row)
{
    static const uint16_t places[32] __attribute__((aligned(64))) = {
        0, 16, 1, 17, 2,  18, 3,  19, 4,  20, 5,  21, 6,  22, 7,  23,
        8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31};
    __m512i r = _mm512_castsi256_si512(_mm256_loadu_si256((const void *)at));
    r = _mm512_inserti64x4(r, _mm256_loadu_si256((const void *)(at + row)), 1);
    return (int32s)_mm512_permutexvar_epi16(_mm512_load_si512(places), r);
}

/* Four rows of 16 bytes to groups of four: first each 16 bytes of the register
 * get four columns of all rows, then these are turned. */
AVX512 static inline int32s quads(const char *at, int64_t row)
{
    const __m512i lanes =
        _mm512_set_epi32(15, 11, 7, 3, 14, 10, 6, 2, 13, 9, 5, 1, 12, 8, 4, 0);
    const __m512i turn = _mm512_broadcast_i32x4(
        _mm_set_epi8(15, 11, 7, 3, 14, 10, 6, 2, 13, 9, 5, 1, 12, 8, 4, 0));
    __m512i r = _mm512_castsi128_si512(_mm_loadu_si128((const void *)at));
    r = _mm512_inserti32x4(r, _mm_loadu_si128((const void *)(at + row)), 1);
    r = _mm512_inserti32x4(r, _mm_loadu_si128((const void *)(at + 2 * row)), 2);
    r = _mm512_inserti32x4(r, _mm_loadu_si128((const void *)(at + 3 * row)), 3);
    return (int32s)_mm512_shuffle_epi8(_mm512_permutexvar_epi32(lanes, r),
                                       turn);
}

AVX512 static inline int32s as_it_lies(const char *at, int64_t row)
{
    (void)row;
    return load_bits(at);
}

ET_GEMM_WEAVE(weave_words_2, AVX512, 1, VECTORS, 64, as_it_lies)
ET_GEMM_WEAVE(weave_words_1, AVX512, 1, 1, 64, as_it_lies)
ET_GEMM_WEAVE(weave_words_3, AVX512, 1, 3, 64, as_it_lies)
ET_GEMM_WEAVE(weave_bf16_1, AVX512, 2, 1, 32, pairs)
ET_GEMM_WEAVE(weave_bf16_2, AVX512, 2, VECTORS, 32, pairs)
ET_GEMM_WEAVE(weave_bf16_3, AVX512, 2, 3, 32, pairs)
ET_GEMM_WEAVE(weave_bytes, AVX512, 4, VECTORS, 16, quads)

BF16 static inline void two_bf16(int32s *y, const char *b, int64_t row)
{
    for (int v = 0; v < ET_GEMM_SWEEP_VECTORS; v++)
        y[v] = pairs(b + 32 * v, row);
}

VNNI static inline void four_bytes(int32s *y, const char *b, int64_t row)
{
    for (int v = 0; v < ET_GEMM_SWEEP_VECTORS; v++)
        y[v] = quads(b + 16 * v, row);
}

ET_GEMM_FLOAT_SWEEPS(AVX512, 64, 4)
ET_GEMM_SWEEP(sweep_pairs, BF16, fp32s, float, int32s, int32_t, 2, 4, 2,
              two_bf16, SPREAD, PAIR)
ET_GEMM_SWEEP(sweep_bytes, VNNI, int32s, int32_t, int32s, int32_t, 4, 2, 1,
              four_bytes, SPREAD, QUAD)

/* 16 x 16 words: rows of memory become registers of columns. */
AVX512 static inline void turn(int32s *y, const char *b, int64_t column)
{
    __m512i r[16], t[16], u[16];
#define TURN_STEP _Pragma("GCC unroll 16")
    TURN_STEP for (int i = 0; i < 16; i++) r[i] =
        _mm512_loadu_si512(b + i * column);
    TURN_STEP for (int i = 0; i < 16; i += 2)
    {
        t[i] = _mm512_unpacklo_epi32(r[i], r[i + 1]);
        t[i + 1] = _mm512_unpackhi_epi32(r[i], r[i + 1]);
    }
    /* Of u[g + c] each 16 bytes have column c of four, of rows g to g + 3. */
    TURN_STEP for (int g = 0; g < 16; g += 4)
    {
        u[g] = _mm512_unpacklo_epi64(t[g], t[g + 2]);
        u[g + 1] = _mm512_unpackhi_epi64(t[g], t[g + 2]);
        u[g + 2] = _mm512_unpacklo_epi64(t[g + 1], t[g + 3]);
        u[g + 3] = _mm512_unpackhi_epi64(t[g + 1], t[g + 3]);
    }
    TURN_STEP for (int c = 0; c < 4; c++)
    {
        __m512i even[2] = {_mm512_shuffle_i32x4(u[c], u[4 + c], 0x88),
                           _mm512_shuffle_i32x4(u[8 + c], u[12 + c], 0x88)};
        __m512i odd[2] = {_mm512_shuffle_i32x4(u[c], u[4 + c], 0xdd),
                          _mm512_shuffle_i32x4(u[8 + c], u[12 + c], 0xdd)};
        y[c] = (int32s)_mm512_shuffle_i32x4(even[0], even[1], 0x88);
        y[4 + c] = (int32s)_mm512_shuffle_i32x4(odd[0], odd[1], 0x88);
        y[8 + c] = (int32s)_mm512_shuffle_i32x4(even[0], even[1], 0xdd);
        y[12 + c] = (int32s)_mm512_shuffle_i32x4(odd[0], odd[1], 0xdd);
    }
}
#define FMA(sums, x, y) ((sums) + (x) * (fp32s)(y))
ET_GEMM_TURNED_SWEEP(turned_fp32, AVX512, fp32s, float, int32s, float, 1, 4,
                     turn, ET_GEMM_AS_IT_IS, FMA)
ET_GEMM_TURNED_SWEEP(turned_pairs, BF16, fp32s, float, int32s, int32_t, 2, 2,
                     turn, SPREAD, PAIR)
ET_GEMM_TURNED_SWEEP(turned_bytes, VNNI, int32s, int32_t, int32s, int32_t, 4, 1,
                     turn, SPREAD, QUAD)

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

static const char of_bf16[] = "vdpbf16ps, 512 bits",
                  of_fp32[] = "vfmadd231ps, 512 bits";
static const struct et_gemm_tile tiles[] = {
    ET_GEMM_TILE_ROW(of_bf16, BF16, BF16, ROWS, 16 * VECTORS, has_bf16, bf16,
                     weave_bf16_2, to_bf16),
    ET_GEMM_TILE_ROW(of_bf16, BF16, BF16, ROWS, 16, has_bf16, bf16_high,
                     weave_bf16_1, to_bf16),
    ET_GEMM_TILE_ROW(of_bf16, BF16, BF16, 8, 48, has_bf16, bf16_wide,
                     weave_bf16_3, to_bf16),
    ET_GEMM_TILE_ROW("vfmadd231pd, 512 bits", FP64, FP64, ROWS, 8 * VECTORS,
                     here, fp64, weave_words_2, NULL),
    ET_GEMM_TILE_ROW(of_fp32, FP32, FP32, ROWS, 16 * VECTORS, here, fp32,
                     weave_words_2, to_bf16),
    ET_GEMM_TILE_ROW(of_fp32, FP32, FP32, ROWS, 16, here, fp32_high,
                     weave_words_1, to_bf16),
    ET_GEMM_TILE_ROW(of_fp32, FP32, FP32, 8, 48, here, fp32_wide, weave_words_3,
                     to_bf16),
    ET_GEMM_TILE_ROW("vpdpbusd, 512 bits", BYTES, BYTES, ROWS, 16 * VECTORS,
                     has_vnni, bytes, weave_bytes, NULL),
    ET_GEMM_TILE_ROW("vpmaddwd, 512 bits", WORDS, WORDS, ROWS, 16 * VECTORS,
                     here, words, NULL, NULL)};

static const struct et_gemm_dot dots[] = {
    ET_GEMM_DOT_ROW("vdpbf16ps, 512 bits", BF16, BF16, has_bf16, dot_pairs),
    ET_GEMM_DOT_ROW("vpdpbusd, 512 bits", BYTES, INT8, has_vnni, dot_bytes),
    ET_GEMM_DOT_ROW("vfmadd231pd, 512 bits", FP64, FP64, here, dot_fp64),
    ET_GEMM_DOT_ROW("vfmadd231ps, 512 bits", FP32, FP32, here, dot_fp32),
    ET_GEMM_DOT_ROW("vfmadd231ps, 512 bits", FP32, BF16, here, dot_bf16)};

static const struct et_gemm_sweep sweeps[] = {
    ET_GEMM_TURNED_ROW("vdpbf16ps, 512 bits", BF16, BF16, has_bf16, 16, 2,
                       turned_pairs),
    ET_GEMM_TURNED_ROW("vpdpbusd, 512 bits", BYTES, INT8, has_vnni, 16, 4,
                       turned_bytes),
    ET_GEMM_TURNED_ROW("vfmadd231ps, 512 bits", FP32, FP32, here, 16, 1,
                       turned_fp32),
    ET_GEMM_SWEEP_ROW("vdpbf16ps, 512 bits", BF16, BF16, has_bf16, 16, 8,
                      sweep_pairs),
    ET_GEMM_SWEEP_ROW("vpdpbusd, 512 bits", BYTES, INT8, has_vnni, 16, 8,
                      sweep_bytes),
    ET_GEMM_FLOAT_SWEEP_ROWS("vfmadd231pd, 512 bits", "vfmadd231ps, 512 bits",
                             here, 64, 4)};

ET_GEMM_TILES(avx512);

#else

ET_GEMM_NO_TILES(avx512);

#endif
