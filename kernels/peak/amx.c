/* peak by AMX: products of 16x16 tiles, 4 accumulators with 2 tiles of A and 2
 * of B, as a GEMM has them; 64 bytes of depth a step.
 */
#include "config.h"
#include "kernels/peak/peak.h"
#include "kernels/isa/x86.h"

#define SUMMARY "AMX, 16x16 tiles: bf16 and int8"

#if ET_ISA_X86_2021 && defined __linux__

#include <immintrin.h>

#define ROWS 16
#define ROW_BYTES 64
#define TILE (ROWS * ROW_BYTES)

/* LDTILECFG's operand: Intel 64 and IA-32 Architectures Software Developer's
 * Manual, vol. 1 ch. 18. */
struct config {
    uint8_t palette, start_row, reserved[14];
    uint16_t row_bytes[16];
    uint8_t rows[16];
};
#define ALL_TILES                                                              \
    {[0 ... 7] = ROW_BYTES},                                                   \
    {                                                                          \
        [0 ... 7] = ROWS                                                       \
    }

#define C_TILES(X) X(0) X(1) X(2) X(3)
#define LOAD_C(t) _tile_loadd(t, (const char *)c + (t)*TILE, ROW_BYTES);
#define STORE_C(t) _tile_stored(t, (char *)c + (t)*TILE, ROW_BYTES);
/* Tile numbers stand in the instruction: 0 to 3 are C, 4 and 5 A, 6 and 7 B. */
#define PASS(f)                                                                \
    f(0, 4, 6);                                                                \
    f(1, 5, 6);                                                                \
    f(2, 4, 7);                                                                \
    f(3, 5, 7);
#define LOOP(name, isa, f)                                                     \
    __attribute__((target(isa))) static void name(                             \
        void *c, const void *a, const void *b, uint64_t steps)                 \
    {                                                                          \
        static const struct config config = {1, 0, {0}, ALL_TILES};            \
        _tile_loadconfig(&config);                                             \
        C_TILES(LOAD_C)                                                        \
        _tile_loadd(4, a, ROW_BYTES);                                          \
        _tile_loadd(5, (const char *)a + TILE, ROW_BYTES);                     \
        _tile_loadd(6, b, ROW_BYTES);                                          \
        _tile_loadd(7, (const char *)b + TILE, ROW_BYTES);                     \
        for (uint64_t s = 0; s < steps; s++) {                                 \
            PASS(f)                                                            \
        }                                                                      \
        C_TILES(STORE_C)                                                       \
        _tile_release();                                                       \
    }
LOOP(run_bf16, "amx-tile,amx-bf16", _tile_dpbf16ps)
LOOP(run_int8, "amx-tile,amx-int8", _tile_dpbssd)

#define SHAPE                                                                  \
    .accumulators = 4, .a_registers = 2, .b_registers = 2, .blocks = 1,        \
    .m = ROWS, .n = ROWS, .steps = 1024

static const char *why_not(void)
{
    if (!et_isa_x86().amx_tile)
        return "this processor has no AMX";
    if (!et_isa_amx_allowed())
        return "the system does not let this process use AMX's tiles";
    return NULL;
}

static const char *kernel(enum et_dtype dtype, struct et_peak_kernel *out)
{
    static const struct et_peak_kernel kernels[ET_DTYPES] = {
        [ET_BF16] = {"tdpbf16ps, 16x16 tiles", ET_PEAK_F32, SHAPE, .k = 32,
                     .group = 2, .range = 7, .run = run_bf16},
        [ET_INT8] = {"tdpbssd, 16x16 tiles", ET_PEAK_I32, SHAPE, .k = 64,
                     .group = 4, .range = 31, .run = run_int8}};
    if (!kernels[dtype].run)
        return "AMX multiplies bf16 and int8 alone";
    *out = kernels[dtype];
    if (dtype == ET_BF16 && !et_isa_x86().amx_bf16)
        return "this processor has no AMX_BF16";
    if (dtype == ET_INT8 && !et_isa_x86().amx_int8)
        return "this processor has no AMX_INT8";
    return NULL;
}

const struct et_peak_backend et_peak_amx = ET_PEAK_BACKEND("amx", SUMMARY);

#else

const struct et_peak_backend et_peak_amx = ET_BACKEND_ABSENT(
    "amx", SUMMARY, ET_ISA_X86_2021 ? "needs Linux" : ET_ISA_X86_WHY_NOT);

#endif
