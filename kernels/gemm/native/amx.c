/* Tiles of AMX: 32 x 32 sums in four of its registers, two for A and two for B;
 * 64 bytes of depth a step. A's panel has lines of 64 bytes, B's has groups of
 * 4 bytes side by side, as the instructions want them (Intel 64 and IA-32
 * Architectures Software Developer's Manual, vol. 2A, TDPBF16PS and TDPBUSD).
 *
 * ET_AMX_EMULATED: tests run it without such a processor; they define the
 * instructions.
 */
#include "config.h"
#include "kernels/gemm/native/tile.h"
#include "kernels/isa/x86.h"

extern const struct et_gemm_tiles et_gemm_tiles_amx;

#if defined ET_AMX_EMULATED || (ET_ISA_X86_2021 && defined __linux__)

#if !defined ET_AMX_EMULATED
#include <immintrin.h>
#define AMX_BF16 __attribute__((target("amx-tile,amx-bf16")))
#define AMX_INT8 __attribute__((target("amx-tile,amx-int8")))
#endif

enum {
    SIDE = 32,       /* rows, and columns */
    HALF = SIDE / 2, /* of a register */
    LINE = 64,       /* bytes of a register's row */
    STEP = LINE / 4  /* groups of B */
};

/* LDTILECFG's operand: palette 1, eight registers of 16 rows of 64 bytes. */
struct config {
    uint8_t palette, start_row, reserved[14];
    uint16_t row_bytes[16];
    uint8_t rows[16];
};

/* Registers: C is 0 to 3, row by row; 4 and 5 A, 6 and 7 B. A's next line is 64
 * bytes on, B's next group that of 32 columns. The first sums are 0, those of a
 * column, or what C is. */
#define TILE(its_name, TARGET, SUM, MULTIPLY)                                  \
    TARGET static void its_name(int64_t groups, const void *va,                \
                                const void *vb, const void *start, void *vc,   \
                                int64_t ldc, bool add)                         \
    {                                                                          \
        static const struct config config = {                                  \
            1, 0, {0}, {[0 ... 7] = LINE}, {[0 ... 7] = HALF}};                \
        const char *a = va, *b = vb;                                           \
        SUM *c = vc;                                                           \
        size_t row = (size_t)ldc * sizeof *c;                                  \
        _tile_loadconfig(&config);                                             \
        if (start) {                                                           \
            const SUM *first = start;                                          \
            _tile_loadd(0, first, 0);                                          \
            _tile_loadd(1, first + HALF, 0);                                   \
            _tile_loadd(2, first, 0);                                          \
            _tile_loadd(3, first + HALF, 0);                                   \
        } else if (add) {                                                      \
            _tile_loadd(0, c, row);                                            \
            _tile_loadd(1, c + HALF, row);                                     \
            _tile_loadd(2, c + HALF * ldc, row);                               \
            _tile_loadd(3, c + HALF * ldc + HALF, row);                        \
        } else {                                                               \
            _tile_zero(0);                                                     \
            _tile_zero(1);                                                     \
            _tile_zero(2);                                                     \
            _tile_zero(3);                                                     \
        }                                                                      \
        for (; groups > 0; groups -= STEP) {                                   \
            _tile_loadd(4, a, LINE);                                           \
            _tile_loadd(6, b, (SIDE * 4));                                     \
            MULTIPLY(0, 4, 6);                                                 \
            _tile_loadd(7, b + LINE, (SIDE * 4));                              \
            MULTIPLY(1, 4, 7);                                                 \
            _tile_loadd(5, a + (HALF * LINE), LINE);                           \
            MULTIPLY(2, 5, 6);                                                 \
            MULTIPLY(3, 5, 7);                                                 \
            a += SIDE * LINE;                                                  \
            b += STEP * SIDE * 4;                                              \
        }                                                                      \
        if (start && add) {                                                    \
            SUM sums[SIDE][SIDE];                                              \
            _tile_stored(0, sums, sizeof *sums);                               \
            _tile_stored(1, &sums[0][HALF], sizeof *sums);                     \
            _tile_stored(2, sums[HALF], sizeof *sums);                         \
            _tile_stored(3, &sums[HALF][HALF], sizeof *sums);                  \
            _tile_release();                                                   \
            __asm__ volatile("" ::: "memory");                                 \
            for (int i = 0; i < SIDE; i++) {                                   \
                for (int j = 0; j < SIDE; j++)                                 \
                    c[i * ldc + j] += sums[i][j];                              \
            }                                                                  \
            return;                                                            \
        }                                                                      \
        _tile_stored(0, c, row);                                               \
        _tile_stored(1, c + HALF, row);                                        \
        _tile_stored(2, c + HALF * ldc, row);                                  \
        _tile_stored(3, c + HALF * ldc + HALF, row);                           \
        _tile_release();                                                       \
        __asm__ volatile("" ::: "memory");                                     \
    }
TILE(bf16, AMX_BF16, float, _tile_dpbf16ps)
/* A without a sign, B with one; sums modulo 2^32. */
TILE(bytes, AMX_INT8, uint32_t, _tile_dpbusd)
ET_GEMM_TO_BF16(to_bf16, , 16)

static bool has_bf16(void)
{
    return et_isa_x86().amx_bf16 && et_isa_amx_allowed();
}

static bool has_int8(void)
{
    return et_isa_x86().amx_int8 && et_isa_amx_allowed();
}

static const struct et_gemm_tile tiles[] = {
    {"tdpbf16ps, 16x16 tiles", ET_GEMM_BF16, ET_GEMM_BF16_LINES, SIDE, SIDE,
     has_bf16, bf16, NULL, NULL, to_bf16},
    {"tdpbusd, 16x16 tiles", ET_GEMM_BYTES, ET_GEMM_BYTE_LINES, SIDE, SIDE,
     has_int8, bytes, NULL, NULL, NULL}};

const struct et_gemm_tiles et_gemm_tiles_amx = {.tiles = tiles, .n_tiles = 2};

#else

ET_GEMM_NO_TILES(amx);

#endif
