/* Tiles of SVE, for vectors of 256 and 512 bits: what they do is one code,
 * whatever the length, but a tile's columns are of one length. Shorter vectors
 * are NEON's. What no tile is made for (sweeps, dot products) is NEON's, too.
 */
#include "config.h"
#include "kernels/gemm/native/tile.h"
#include "kernels/isa/arm.h"

extern const struct et_gemm_tiles et_gemm_tiles_sve;

#if ET_ISA_ARM

#include <arm_sve.h>

#define SVE __attribute__((target("arch=armv8.2-a+sve")))
#define BF16 __attribute__((target("arch=armv8.2-a+sve+bf16")))
#define I8MM __attribute__((target("arch=armv8.2-a+sve+i8mm")))

/* 24 of the 32 registers have sums. Vectors without a size are no elements of
 * an array: each has a name. */
enum { ROWS = 8, VECTORS = 3 };
#define EACH_ROW(DO, ...)                                                      \
    DO(__VA_ARGS__, 0)                                                         \
    DO(__VA_ARGS__, 1)                                                         \
    DO(__VA_ARGS__, 2)                                                         \
    DO(__VA_ARGS__, 3)                                                         \
    DO(__VA_ARGS__, 4)                                                         \
    DO(__VA_ARGS__, 5)                                                         \
    DO(__VA_ARGS__, 6)                                                         \
    DO(__VA_ARGS__, 7)

#define AT(type, p, v) ((type *)(void *)((char *)(p) + (v)*svcntb()))
#define FROM(type, p, v)                                                       \
    ((const type *)(const void *)((const char *)(p) + (v)*svcntb()))

/* Of each kind of vector: all lanes, one vector, v vectors behind p; what is
 * written; one value in all lanes; a sum. */
#define ALL_F64 svptrue_b64()
#define ALL_F32 svptrue_b32()
#define ALL_S32 svptrue_b32()
#define GET_F64(p, v) svld1_f64(ALL_F64, FROM(double, p, v))
#define GET_F32(p, v) svld1_f32(ALL_F32, FROM(float, p, v))
#define GET_S32(p, v) svld1_s32(ALL_S32, FROM(int32_t, p, v))
#define PUT_F64(p, v, x) svst1_f64(ALL_F64, AT(double, p, v), x)
#define PUT_F32(p, v, x) svst1_f32(ALL_F32, AT(float, p, v), x)
#define PUT_S32(p, v, x) svst1_s32(ALL_S32, AT(int32_t, p, v), x)
#define DUP_F64(word) svdup_f64(word)
#define DUP_F32(word) svdup_f32(word)
#define DUP_S32(word) svdup_s32(word)
#define ADD_F64(x, y) svadd_f64_x(ALL_F64, x, y)
#define ADD_F32(x, y) svadd_f32_x(ALL_F32, x, y)
#define ADD_S32(x, y) svadd_s32_x(ALL_S32, x, y)

/* sums + x y, of y as it stands in B's panel. */
#define STEP_F64(sums, x, y) svmla_f64_x(ALL_F64, sums, x, y)
#define STEP_F32(sums, x, y) svmla_f32_x(ALL_F32, sums, x, y)
#define STEP_BF16(sums, x, y)                                                  \
    svbfdot_f32(sums, svreinterpret_bf16_s32(x), svreinterpret_bf16_s32(y))
/* x has no sign, y has one. */
#define STEP_BYTES(sums, x, y)                                                 \
    svusdot_s32(sums, svreinterpret_u8_s32(x), svreinterpret_s8_s32(y))

#define BEGIN_ROW(S, i)                                                        \
    S sum_##i##_0 = first_0, sum_##i##_1 = first_1, sum_##i##_2 = first_2;
#define STEP_ROW(in, STEP, i)                                                  \
    memcpy(&word, a + (i)*row_a, sizeof word);                                 \
    x = DUP_##in(word);                                                        \
    sum_##i##_0 = STEP(sum_##i##_0, x, y_0);                                   \
    sum_##i##_1 = STEP(sum_##i##_1, x, y_1);                                   \
    sum_##i##_2 = STEP(sum_##i##_2, x, y_2);
#define ADD_ROW(of, i)                                                         \
    sum_##i##_0 = ADD_##of(sum_##i##_0, GET_##of(c + (i)*ldc, 0));             \
    sum_##i##_1 = ADD_##of(sum_##i##_1, GET_##of(c + (i)*ldc, 1));             \
    sum_##i##_2 = ADD_##of(sum_##i##_2, GET_##of(c + (i)*ldc, 2));
#define PUT_ROW(of, i)                                                         \
    PUT_##of(c + (i)*ldc, 0, sum_##i##_0);                                     \
    PUT_##of(c + (i)*ldc, 1, sum_##i##_1);                                     \
    PUT_##of(c + (i)*ldc, 2, sum_##i##_2);

/* of: the vectors of sums, S, of type SUM; in: those of B, Y; WORD: a group of
 * A. */
#define TILE(its_name, TARGET, of, S, SUM, in, Y, WORD, STEP)                  \
    TARGET static inline __attribute__((always_inline)) void its_name##_of(    \
        int64_t groups, const char *a, int64_t row_a, int64_t group_a,         \
        const char *b, const void *start, SUM *c, int64_t ldc, bool add)       \
    {                                                                          \
        const S first_0 = start ? GET_##of(start, 0) : DUP_##of(0);            \
        const S first_1 = start ? GET_##of(start, 1) : DUP_##of(0);            \
        const S first_2 = start ? GET_##of(start, 2) : DUP_##of(0);            \
        EACH_ROW(BEGIN_ROW, S)                                                 \
        for (; groups > 0; groups--, a += group_a, b += VECTORS * svcntb()) {  \
            const Y y_0 = GET_##in(b, 0), y_1 = GET_##in(b, 1),                \
                    y_2 = GET_##in(b, 2);                                      \
            Y x;                                                               \
            WORD word;                                                         \
            EACH_ROW(STEP_ROW, in, STEP)                                       \
        }                                                                      \
        if (add) {                                                             \
            EACH_ROW(ADD_ROW, of)                                              \
        }                                                                      \
        EACH_ROW(PUT_ROW, of)                                                  \
    }                                                                          \
    ET_GEMM_TILE_ENDS(its_name, TARGET, WORD, ROWS)
TILE(fp64, SVE, F64, svfloat64_t, double, F64, svfloat64_t, double, STEP_F64)
TILE(fp32, SVE, F32, svfloat32_t, float, F32, svfloat32_t, float, STEP_F32)
TILE(bf16, BF16, F32, svfloat32_t, float, S32, svint32_t, int32_t, STEP_BF16)
TILE(bytes, I8MM, S32, svint32_t, int32_t, S32, svint32_t, int32_t, STEP_BYTES)
ET_GEMM_TO_BF16(to_bf16, , 4)

SVE static bool are_bytes(uint64_t n)
{
    return svcntb() == n;
}

/* What is here, of vectors of so many bits. */
#define HERE(bits)                                                             \
    static bool has_##bits(void)                                               \
    {                                                                          \
        return ET_ISA_HAS_SVE && are_bytes((bits) / 8);                        \
    }                                                                          \
    static bool has_bf16_##bits(void)                                          \
    {                                                                          \
        return ET_ISA_HAS_SVE_BF16 && has_##bits();                            \
    }                                                                          \
    static bool has_i8mm_##bits(void)                                          \
    {                                                                          \
        return ET_ISA_HAS_SVE_I8MM && has_##bits();                            \
    }
HERE(256)
HERE(512)

/* bf16 as it is, before fp32 may have it. */
#define ROWS_OF(bits)                                                          \
    ET_GEMM_TILE_ROW("bfdot z.s of " #bits, BF16, BF16, ROWS,                  \
                     VECTORS *(bits) / 32, has_bf16_##bits, bf16, NULL,        \
                     to_bf16),                                                 \
        ET_GEMM_TILE_ROW("usdot z.s of " #bits, BYTES, BYTES, ROWS,            \
                         VECTORS *(bits) / 32, has_i8mm_##bits, bytes, NULL,   \
                         NULL),                                                \
        ET_GEMM_TILE_ROW("fmla z.d of " #bits, FP64, FP64, ROWS,               \
                         VECTORS *(bits) / 64, has_##bits, fp64, NULL, NULL),  \
        ET_GEMM_TILE_ROW("fmla z.s of " #bits, FP32, FP32, ROWS,               \
                         VECTORS *(bits) / 32, has_##bits, fp32, NULL,         \
                         to_bf16)
static const struct et_gemm_tile tiles[] = {ROWS_OF(256), ROWS_OF(512)};

const struct et_gemm_tiles et_gemm_tiles_sve = {
    .tiles = tiles, .n_tiles = sizeof tiles / sizeof *tiles};

#else

ET_GEMM_NO_TILES(sve);

#endif
