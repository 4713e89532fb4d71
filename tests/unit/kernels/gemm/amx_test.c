/* The tiles of AMX on any processor: their file is taken in whole, over an
 * emulation of the instructions in plain C (Intel 64 and IA-32 Architectures
 * Software Developer's Manual, vol. 2A). That the processor does as the manual
 * says, tile_test sees where there is one.
 */
#include "config.h"
#include "tests/unit/test_main.h"

#include <stdlib.h>
#include <string.h>

#include "harness/base/memory.h"
#include "harness/base/random.h"
#include "kernels/gemm/native/pack.h"

struct config;
static unsigned char registers[8][16][64];
static bool configured;

static void _tile_loadconfig(const struct config *c);

static void _tile_release(void)
{
    assert_true(configured);
    configured = false;
}

static void load(int t, const void *from, size_t stride)
{
    assert_true(configured);
    for (int i = 0; i < 16; i++)
        memcpy(registers[t][i], (const char *)from + (size_t)i * stride, 64);
}

static void store(int t, void *to, size_t stride)
{
    assert_true(configured);
    for (int i = 0; i < 16; i++)
        memcpy((char *)to + (size_t)i * stride, registers[t][i], 64);
}

/* C's register, A's and B's: 16 x 16 sums over 16 groups of 4 bytes. */
static void multiply(int c, int a, int b, bool bf16)
{
    assert_true(configured);
    for (int i = 0; i < 16; i++) {
        for (int j = 0; j < 16; j++) {
            float f;
            uint32_t u;
            memcpy(&f, registers[c][i] + 4 * j, sizeof f);
            memcpy(&u, registers[c][i] + 4 * j, sizeof u);
            for (int g = 0; g < 16; g++) {
                const unsigned char *x = registers[a][i] + 4 * g;
                const unsigned char *y = registers[b][g] + 4 * j;
                for (int e = 0; e < 2 && bf16; e++)
                    f += (float)(et_dtype_get(ET_BF16, x, (size_t)e) *
                                 et_dtype_get(ET_BF16, y, (size_t)e));
                for (int e = 0; e < 4 && !bf16; e++)
                    u += (uint32_t)(x[e] * (int)(signed char)y[e]);
            }
            memcpy(registers[c][i] + 4 * j, bf16 ? (void *)&f : &u, 4);
        }
    }
}

#define ET_AMX_EMULATED
#define AMX_BF16
#define AMX_INT8
#define _tile_loadd(t, from, stride) load(t, from, (size_t)(stride))
#define _tile_stored(t, to, stride) store(t, to, (size_t)(stride))
#define _tile_zero(t) memset(registers[t], 0, sizeof registers[t])
#define _tile_dpbf16ps(c, a, b) multiply(c, a, b, true)
#define _tile_dpbusd(c, a, b) multiply(c, a, b, false)
#define et_gemm_tiles_amx emulated
#include "kernels/gemm/native/amx.c"

static void _tile_loadconfig(const struct config *c)
{
    assert_false(configured);
    configured = true;
    assert_int_equal(sizeof *c, 64);
    assert_int_equal(c->palette, 1);
    for (int t = 0; t < 8; t++) {
        assert_int_equal(c->rows[t], 16);
        assert_int_equal(c->row_bytes[t], 64);
    }
}

static double whole(uint64_t stream, int64_t i, bool sign)
{
    double v = (double)(et_random_u64(stream, (uint64_t)i) % 15) - 7;
    return sign ? v : v + 200;
}

static void check(const struct et_gemm_tile *t, int64_t k, bool started,
                  bool add)
{
    enum { LD = SIDE + 3 };
    bool real = t->panel == ET_GEMM_BF16;
    enum et_dtype sum = et_gemm_panel_sum(t->panel),
                  ta = real ? ET_BF16 : ET_UINT8, tb = real ? ET_BF16 : ET_INT8;
    int64_t deep = et_gemm_panel_group(t->panel_a);
    int64_t padded = (k + deep - 1) / deep * deep;
    size_t n = (size_t)(SIDE * padded);
    char *a = et_alloc_aligned(n, 2), *b = et_alloc_aligned(n, 2);
    char *x = et_alloc_aligned(n, 2), *y = et_alloc_aligned(n, 2);
    _Alignas(64) char start[SIDE * 4];
    _Alignas(8) char c[(SIDE + 1) * LD * 4], was[sizeof c];
    assert_true(a && b && x && y);
    for (int64_t i = 0; i < SIDE * k; i++) {
        et_dtype_set(ta, a, (size_t)i, whole(1, i, real));
        et_dtype_set(tb, b, (size_t)i, whole(2, i, true));
    }
    const struct et_gemm_source from_a = {a, ta, k, 1},
                                from_b = {b, tb, 1, SIDE};
    memset(y, 0, 2 * n);
    et_gemm_pack(t->panel_a, &from_a, false, SIDE, 0, SIDE, 0, k, x);
    et_gemm_pack(t->panel, &from_b, false, SIDE, 0, SIDE, 0, k, y);
    for (size_t i = 0; i < (SIDE + 1) * LD; i++)
        et_dtype_set(sum, c, i, (double)(i % 50));
    for (size_t j = 0; j < SIDE; j++)
        et_dtype_set(sum, start, j, 3 * (double)j - 1);
    memcpy(was, c, sizeof c);
    t->multiply(padded / et_gemm_panel_group(t->panel), x, y,
                started ? start : NULL, c, LD, add);
    assert_false(configured);
    for (int64_t i = 0; i <= SIDE; i++) {
        for (int64_t j = 0; j < LD; j++) {
            double want = et_dtype_get(sum, was, (size_t)(i * LD + j));
            if (i < SIDE && j < SIDE) {
                want = (add ? want : 0) + (started ? 3 * (double)j - 1 : 0);
                for (int64_t l = 0; l < k; l++)
                    want += whole(1, i * k + l, real) *
                            whole(2, l * SIDE + j, true);
            }
            assert_true(et_dtype_get(sum, c, (size_t)(i * LD + j)) == want);
        }
    }
    et_free_aligned(a);
    et_free_aligned(b);
    et_free_aligned(x);
    et_free_aligned(y);
}

TEST(amx)
{
    assert_int_equal(emulated.n_tiles, 2);
    for (size_t i = 0; i < emulated.n_tiles; i++) {
        const struct et_gemm_tile *t = &emulated.tiles[i];
        for (int64_t k = 1; k < 200; k += k < 5 ? 1 : 31) {
            check(t, k, false, false);
            check(t, k, false, true);
            check(t, k, true, false);
            check(t, k, true, true);
        }
    }
}

TEST_MAIN(amx)
