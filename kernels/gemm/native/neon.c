/* Tiles of NEON for what its extensions have instructions for: bf16 by pairs,
 * bytes by fours. fp64 and fp32 are as fast by the portable ones.
 */
#include "config.h"
#include "kernels/gemm/native/tile.h"
#include "kernels/isa/arm.h"

extern const struct et_gemm_tiles et_gemm_tiles_neon;

#if ET_ISA_ARM

#include <arm_neon.h>

#define BF16 __attribute__((target("arch=armv8.2-a+bf16")))
#define I8MM __attribute__((target("arch=armv8.2-a+i8mm")))
typedef float fp32s __attribute__((vector_size(16)));
typedef int32_t int32s __attribute__((vector_size(16)));

enum { ROWS = 8, VECTORS = 3 };

#define SPREAD(word) vdupq_n_s32(word)
#define PAIR(sums, x, y)                                                       \
    (fp32s)                                                                    \
        vbfdotq_f32((float32x4_t)(sums), (bfloat16x8_t)(x), (bfloat16x8_t)(y))
/* x has no sign, y has one. */
#define QUAD(sums, x, y)                                                       \
    (int32s) vusdotq_s32((int32x4_t)(sums), (uint8x16_t)(x), (int8x16_t)(y))
ET_GEMM_TILE(bf16, BF16, fp32s, float, int32s, int32_t, ROWS, VECTORS, SPREAD,
             PAIR)
ET_GEMM_TILE(bytes, I8MM, int32s, int32_t, int32s, int32_t, ROWS, VECTORS,
             SPREAD, QUAD)
ET_GEMM_TO_BF16(to_bf16, , 4)

ET_GEMM_LOAD(load_bits, , int32s)
ET_GEMM_DOT(dot_pairs, BF16, fp32s, float, int32s, 2, 2, load_bits, PAIR)
ET_GEMM_DOT(dot_bytes, I8MM, int32s, int32_t, int32s, 1, 1, load_bits, QUAD)

static inline uint16x8_t halves(const char *at)
{
    return vld1q_u16((const uint16_t *)(const void *)at);
}

static inline uint8x16_t bytes_at(const char *at)
{
    return vld1q_u8((const uint8_t *)at);
}

/* Two rows of 16 to pairs. */
static inline void two_bf16(int32s *y, const char *b, int64_t row)
{
    for (int h = 0; h < 2; h++) {
        uint16x8_t r0 = halves(b + 16 * h), r1 = halves(b + row + 16 * h);
        y[2 * h] = (int32s)vzip1q_u16(r0, r1);
        y[2 * h + 1] = (int32s)vzip2q_u16(r0, r1);
    }
}

/* Four rows of 16 bytes to groups of four. */
static inline void four_bytes(int32s *y, const char *b, int64_t row)
{
    uint8x16_t r0 = bytes_at(b), r1 = bytes_at(b + row);
    uint8x16_t r2 = bytes_at(b + 2 * row), r3 = bytes_at(b + 3 * row);
    uint16x8_t low[2] = {(uint16x8_t)vzip1q_u8(r0, r1),
                         (uint16x8_t)vzip1q_u8(r2, r3)};
    uint16x8_t high[2] = {(uint16x8_t)vzip2q_u8(r0, r1),
                          (uint16x8_t)vzip2q_u8(r2, r3)};
    y[0] = (int32s)vzip1q_u16(low[0], low[1]);
    y[1] = (int32s)vzip2q_u16(low[0], low[1]);
    y[2] = (int32s)vzip1q_u16(high[0], high[1]);
    y[3] = (int32s)vzip2q_u16(high[0], high[1]);
}

ET_GEMM_SWEEP(sweep_pairs, BF16, fp32s, float, int32s, int32_t, 2, 4, 2,
              two_bf16, SPREAD, PAIR)
ET_GEMM_SWEEP(sweep_bytes, I8MM, int32s, int32_t, int32s, int32_t, 4, 2, 1,
              four_bytes, SPREAD, QUAD)

static bool has_bf16(void)
{
    return ET_ISA_HAS_BF16;
}

static bool has_i8mm(void)
{
    return ET_ISA_HAS_I8MM;
}

static const struct et_gemm_tile tiles[] = {
    ET_GEMM_TILE_ROW("bfdot 4s", BF16, BF16, ROWS, 4 * VECTORS, has_bf16, bf16,
                     NULL, to_bf16),
    ET_GEMM_TILE_ROW("usdot 4s", BYTES, BYTES, ROWS, 4 * VECTORS, has_i8mm,
                     bytes, NULL, NULL)};

static const struct et_gemm_dot dots[] = {
    ET_GEMM_DOT_ROW("bfdot 4s", BF16, BF16, has_bf16, dot_pairs),
    ET_GEMM_DOT_ROW("usdot 4s", BYTES, INT8, has_i8mm, dot_bytes)};

static const struct et_gemm_sweep sweeps[] = {
    ET_GEMM_SWEEP_ROW("bfdot 4s", BF16, BF16, has_bf16, 4, 8, sweep_pairs),
    ET_GEMM_SWEEP_ROW("usdot 4s", BYTES, INT8, has_i8mm, 4, 8, sweep_bytes)};

ET_GEMM_TILES(neon);

#else

ET_GEMM_NO_TILES(neon);

#endif
