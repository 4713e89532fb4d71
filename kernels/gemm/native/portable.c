/* Tiles of 16-byte vectors that any compiler of the tree makes something of:
 * SSE2, NEON, VSX, or plain registers. */
#include "config.h"
#include "kernels/gemm/native/tile.h"

extern const struct et_gemm_tiles et_gemm_tiles_portable;

typedef double fp64s __attribute__((vector_size(16)));
typedef float fp32s __attribute__((vector_size(16)));
typedef int32_t int32s __attribute__((vector_size(16)));

/* 32 registers of 128 bits, or 16. */
#if defined __aarch64__ || defined __powerpc64__ || defined __loongarch__
enum { ROWS = 8, VECTORS = 3 };
#else
enum { ROWS = 4, VECTORS = 2 };
#endif

ET_GEMM_TILE(fp64, , fp64s, double, fp64s, double, ROWS, VECTORS,
             ET_GEMM_AS_IT_IS, ET_GEMM_FMA)
ET_GEMM_TO_BF16(to_bf16, , 4)
ET_GEMM_TILE(fp32, , fp32s, float, fp32s, float, ROWS, VECTORS,
             ET_GEMM_AS_IT_IS, ET_GEMM_FMA)

/* Pairs of 16 bits: the lower half of each 32 with its sign, and the upper. */
#define PAIR(word) ((int32s){0} + (int32_t)(word))
#define TWO(sums, x, y)                                                        \
    ((sums) + (((x) << 16) >> 16) * (((y) << 16) >> 16) +                      \
     ((x) >> 16) * ((y) >> 16))
ET_GEMM_TILE(words, , int32s, int32_t, int32s, int32_t, ROWS, VECTORS, PAIR,
             TWO)

ET_GEMM_LOAD(load_fp64, , fp64s)
ET_GEMM_LOAD(load_fp32, , fp32s)
/* A bf16 is the upper half of a fp32. */
static inline fp32s load_bf16(const char *at)
{
    uint16_t b[4];
    fp32s v;
    memcpy(b, at, sizeof b);
    const uint32_t w[4] = {(uint32_t)b[0] << 16, (uint32_t)b[1] << 16,
                           (uint32_t)b[2] << 16, (uint32_t)b[3] << 16};
    memcpy(&v, w, sizeof v);
    return v;
}

ET_GEMM_DOT(dot_fp64, , fp64s, double, fp64s, 8, 8, load_fp64, ET_GEMM_FMA)
ET_GEMM_DOT(dot_fp32, , fp32s, float, fp32s, 4, 4, load_fp32, ET_GEMM_FMA)
ET_GEMM_DOT(dot_bf16, , fp32s, float, fp32s, 4, 2, load_bf16, ET_GEMM_FMA)

ET_GEMM_FLOAT_SWEEPS(, 16, 2)

static const struct et_gemm_tile tiles[] = {
    ET_GEMM_TILE_ROW("128-bit vectors", FP64, FP64, ROWS, 2 * VECTORS, NULL,
                     fp64, NULL, NULL),
    ET_GEMM_TILE_ROW("128-bit vectors", FP32, FP32, ROWS, 4 * VECTORS, NULL,
                     fp32, NULL, to_bf16),
    ET_GEMM_TILE_ROW("128-bit vectors", WORDS, WORDS, ROWS, 4 * VECTORS, NULL,
                     words, NULL, NULL)};

static const struct et_gemm_dot dots[] = {
    ET_GEMM_DOT_ROW("128-bit vectors", FP64, FP64, NULL, dot_fp64),
    ET_GEMM_DOT_ROW("128-bit vectors", FP32, FP32, NULL, dot_fp32),
    ET_GEMM_DOT_ROW("128-bit vectors", FP32, BF16, NULL, dot_bf16)};

static const struct et_gemm_sweep sweeps[] = {ET_GEMM_FLOAT_SWEEP_ROWS(
    "128-bit vectors", "128-bit vectors", NULL, 16, 2)};

ET_GEMM_TILES(portable);
