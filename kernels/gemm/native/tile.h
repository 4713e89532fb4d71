/* tile: the innermost part of a product, made for a processor: a block of C
 * that stays in registers while a panel of B and one of A, or A's rows as they
 * lie, pass by; and dot products and sweeps for shapes that a panel does not
 * pay for. One file a kind of processor; all loops around it are in panels.c
 * and lines.c.
 *
 * A panel is `rows` (of A; of B `columns`) elements side by side, group after
 * group along k: element (i, l) stands at ((l / g) width + i) g + l % g, where
 * g is how many elements one instruction sums (ET_GEMM_PANELS). What is missing
 * at the edges is 0.
 */
#ifndef ET_GEMM_NATIVE_TILE_H
#define ET_GEMM_NATIVE_TILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "harness/base/dtype.h"

/* What stands in panels: name, bytes of an element, elements in a group. BYTES
 * are without a sign in A and with one in B; WORDS have 16 bits and a sign. Of
 * the LINES a group is 64 bytes, so that a line of a panel lies together. The
 * sums: fp64 of FP64, int32 of bytes and WORDS, fp32 else. */
#define ET_GEMM_PANEL_ROWS(ROW)                                                \
    ROW(FP64, 8, 1)                                                            \
    ROW(FP32, 4, 1)                                                            \
    ROW(BF16, 2, 2)                                                            \
    ROW(BYTES, 1, 4)                                                           \
    ROW(WORDS, 2, 2)                                                           \
    ROW(BF16_LINES, 2, 32)                                                     \
    ROW(BYTE_LINES, 1, 64)
#define ET_GEMM_PANEL_SYMBOL(name, size, group) ET_GEMM_##name,
enum et_gemm_panel { ET_GEMM_PANEL_ROWS(ET_GEMM_PANEL_SYMBOL) ET_GEMM_PANELS };

struct et_gemm_tile {
    const char *name;                  /* "vfmadd231ps, 14 x 32" */
    enum et_gemm_panel panel, panel_a; /* of B, of A */
    int rows, columns;
    bool (*here)(void); /* NULL: everywhere */
    /* c[i][j] = start[j] + the sum over so many groups of B, whole groups of A,
     * or that added to what c is; rows of c are ldc sums apart. start NULL: 0.
     * b and start lie at multiples of ET_GEMM_TILE_ALIGN. */
    void (*multiply)(int64_t groups, const void *a, const void *b,
                     const void *start, void *c, int64_t ldc, bool add);
    /* The same, where A is no panel: its rows are row_a bytes apart, and each
     * is group after group. NULL: only panels. */
    void (*multiply_lines)(int64_t groups, const void *a, int64_t row_a,
                           const void *b, const void *start, void *c,
                           int64_t ldc, bool add);
    /* Groups of B whose elements are rows of memory, `row` bytes apart, as a
     * panel. NULL: et_gemm_pack does it. */
    void (*weave)(int64_t groups, const void *rows, int64_t row, void *panel);
    /* Where sums are fp32: rows of n of them, to the nearest bf16, ties to
     * even; the rows are ld and ldc elements apart. */
    void (*to_bf16)(int64_t rows, int64_t n, const float *sums, int64_t ld,
                    uint16_t *c, int64_t ldc);
};
#define ET_GEMM_TILE_ALIGN 64

/* Columns of a dot product, and the most rows. */
#define ET_GEMM_DOT_COLUMNS 4
#define ET_GEMM_DOT_ROWS 4
struct et_gemm_dot {
    const char *name;
    enum et_gemm_panel panel; /* of the rows of A, one after the other, */
    enum et_dtype dtype;      /* and of the columns of B, as they are stored */
    bool (*here)(void);
    /* [r - 1], of r rows: c[i][j] = sum over l < k of a[i][l] b[j][l]; rows of
     * a, b and c are so many elements apart. */
    void (*run[ET_GEMM_DOT_ROWS])(int64_t k, const void *a, int64_t step_a,
                                  const void *b, int64_t step_b, void *c,
                                  int64_t ldc);
};

/* Sweeps: a few of the large operand's rows along n pass by as they lie, and
 * all rows of A with them. Or a few elements of its columns, which lie along k,
 * and are turned first. */
#define ET_GEMM_SWEEP_VECTORS 4 /* of a block of columns */
struct et_gemm_sweep {
    const char *name;
    enum et_gemm_panel panel; /* of the rows of A, as for dot products */
    enum et_dtype dtype;      /* of B, as it is stored */
    bool (*here)(void);
    bool turned;       /* B's columns lie along k */
    int columns, deep; /* of a block; rows of B that pass by at once */
    /* `rows` rows of A with so many blocks of columns: c[i][j] = sum over l <
     * k, k <= deep, of a[i][l] b[l][j], or that added to what c is; rows of a,
     * b and c are so many elements apart. A row of a has `deep` elements, 0
     * from k on. Rows of b that are `ahead` of these are fetched into the
     * cache. */
    void (*run)(int64_t rows, int64_t blocks, int64_t k, const void *a,
                int64_t step_a, const void *b, int64_t step_b, void *c,
                int64_t ldc, bool add, int64_t ahead);
};

/* What a file has: of those that are here and can hold the operands, the first
 * is taken. Those for wider vectors stand first in the build's list. */
struct et_gemm_tiles {
    const struct et_gemm_tile *tiles;
    const struct et_gemm_dot *dots;
    const struct et_gemm_sweep *sweeps;
    size_t n_tiles, n_dots, n_sweeps;
};

/* --- how they are written
 * ------------------------------------------------------- TARGET: an attribute,
 * or nothing. SUMS: a vector of SUM; Y: a vector as wide, of what stands in B's
 * panel; WORD: as many bytes as a group of A. SPREAD makes of such a word what
 * STEP(sums, x, y) multiplies y by.
 */
#define ET_GEMM_TILE(its_name, TARGET, SUMS, SUM, Y, WORD, ROWS, VECTORS,      \
                     SPREAD, STEP)                                             \
    TARGET static inline __attribute__((always_inline)) void its_name##_of(    \
        int64_t groups, const char *a, int64_t row_a, int64_t group_a,         \
        const char *b, const SUMS *start, SUM *c, int64_t ldc, bool add)       \
    {                                                                          \
        enum { WIDTH = sizeof(SUMS) / sizeof(SUM) };                           \
        const char *few[((ROWS) + 2) / 3]; /* three rows of A each */          \
        SUMS sum[ROWS][VECTORS];                                               \
        _Pragma("GCC unroll 16") for (int i = 0; i < (ROWS); i += 3)           \
            few[i / 3] = a + i * row_a;                                        \
        _Pragma("GCC unroll 16") for (int v = 0; v < (VECTORS); v++)           \
        {                                                                      \
            SUMS first = start ? start[v] : (SUMS){0};                         \
            _Pragma("GCC unroll 16") for (int i = 0; i < (ROWS); i++)          \
                sum[i][v] = first;                                             \
        }                                                                      \
        for (; groups > 0; groups--) {                                         \
            Y y[VECTORS];                                                      \
            _Pragma("GCC unroll 16") for (int v = 0; v < (VECTORS); v++)       \
                y[v] = ((const Y *)(const void *)b)[v];                        \
            _Pragma("GCC unroll 16") for (int i = 0; i < (ROWS); i++)          \
            {                                                                  \
                WORD word;                                                     \
                memcpy(&word, few[i / 3] + i % 3 * row_a, sizeof word);        \
                _Pragma("GCC unroll 16") for (int v = 0; v < (VECTORS); v++)   \
                    sum[i][v] = STEP(sum[i][v], SPREAD(word), y[v]);           \
            }                                                                  \
            _Pragma("GCC unroll 16") for (int i = 0; i < (ROWS); i += 3)       \
                few[i / 3] += group_a;                                         \
            b += (VECTORS) * sizeof(Y);                                        \
        }                                                                      \
        _Pragma("GCC unroll 16") for (int i = 0; i < (ROWS); i++)              \
        {                                                                      \
            _Pragma("GCC unroll 16") for (int v = 0; v < (VECTORS); v++)       \
            {                                                                  \
                SUM *to = c + i * ldc + v * WIDTH;                             \
                if (add) {                                                     \
                    SUMS old;                                                  \
                    memcpy(&old, to, sizeof old);                              \
                    sum[i][v] += old;                                          \
                }                                                              \
                memcpy(to, &sum[i][v], sizeof(SUMS));                          \
            }                                                                  \
        }                                                                      \
    }                                                                          \
    ET_GEMM_TILE_ENDS(its_name, TARGET, WORD, ROWS)
/* Of its_name_of, whose A lies anyhow: a tile for panels, and one for lines. */
#define ET_GEMM_TILE_ENDS(its_name, TARGET, WORD, ROWS)                        \
    TARGET static void its_name(int64_t groups, const void *a, const void *b,  \
                                const void *start, void *c, int64_t ldc,       \
                                bool add)                                      \
    {                                                                          \
        its_name##_of(groups, a, sizeof(WORD), (ROWS) * sizeof(WORD), b,       \
                      start, c, ldc, add);                                     \
    }                                                                          \
    TARGET static void its_name##_lines(                                       \
        int64_t groups, const void *a, int64_t row_a, const void *b,           \
        const void *start, void *c, int64_t ldc, bool add)                     \
    {                                                                          \
        its_name##_of(groups, a, row_a, sizeof(WORD), b, start, c, ldc, add);  \
    }
/* A row of a file's table of tiles. */
#define ET_GEMM_TILE_ROW(its_name, of_a, of_b, its_rows, its_columns, is_here, \
                         stem, its_weave, its_to_bf16)                         \
    {                                                                          \
        its_name, ET_GEMM_##of_b, ET_GEMM_##of_a, its_rows, its_columns,       \
            is_here, stem, stem##_lines, its_weave, its_to_bf16                \
    }

/* N at once: the upper half of each sum, rounded; of what is no number, with a
 * bit that keeps it so. */
#define ET_GEMM_TO_BF16(its_name, TARGET, N)                                   \
    TARGET static void its_name(int64_t rows, int64_t n, const float *sums,    \
                                int64_t ld, uint16_t *c, int64_t ldc)          \
    {                                                                          \
        typedef uint32_t words __attribute__((vector_size((N)*4)));            \
        typedef uint16_t halves __attribute__((vector_size((N)*2)));           \
        for (; rows > 0; rows--, sums += ld, c += ldc) {                       \
            for (int64_t j = 0; j < n; j += (N)) {                             \
                words bits = {0};                                              \
                size_t some = (size_t)(n - j < (N) ? n - j : (N));             \
                if (some == (N))                                               \
                    memcpy(&bits, sums + j, sizeof bits);                      \
                else                                                           \
                    memcpy(&bits, sums + j, some * sizeof *sums);              \
                words near = (bits + 0x7fff + (bits >> 16 & 1)) >> 16;         \
                words none = (words)((bits & 0x7fffffff) > 0x7f800000);        \
                words v = (none & (bits >> 16 | 0x40)) | (~none & near);       \
                halves h = __builtin_convertvector(v, halves);                 \
                if (some == (N))                                               \
                    memcpy(c + j, &h, sizeof h);                               \
                else                                                           \
                    memcpy(c + j, &h, some * sizeof *c);                       \
            }                                                                  \
        }                                                                      \
    }

/* WEAVE(at, row) makes a vector of as many columns' groups, whose rows are
 * `row` bytes apart; each takes `bytes` of a row. */
#define ET_GEMM_WEAVE(its_name, TARGET, GROUP, VECTORS, bytes, WEAVE)          \
    TARGET static void its_name(int64_t groups, const void *rows, int64_t row, \
                                void *panel)                                   \
    {                                                                          \
        const char *b = rows;                                                  \
        char *out = panel;                                                     \
        for (; groups > 0; groups--, b += (GROUP)*row) {                       \
            _Pragma("GCC unroll 16") for (int v = 0; v < (VECTORS); v++)       \
            {                                                                  \
                const __typeof__(WEAVE(b, row)) y =                            \
                    WEAVE(b + v * (bytes), row);                               \
                memcpy(out, &y, sizeof y);                                     \
                out += sizeof y;                                               \
            }                                                                  \
        }                                                                      \
    }

/* LOAD(at) reads as many elements of B as X, a vector, has of A; STEP as above.
 * A is of elements of a_size bytes, B of b_size. */
#define ET_GEMM_DOT_OF(its_name, TARGET, SUMS, SUM, X, a_size, b_size, ROWS,   \
                       LOAD, STEP)                                             \
    TARGET static void its_name(int64_t k, const void *va, int64_t step_a,     \
                                const void *vb, int64_t step_b, void *vc,      \
                                int64_t ldc)                                   \
    {                                                                          \
        enum { COLUMNS = ET_GEMM_DOT_COLUMNS, N = sizeof(X) / (a_size) };      \
        const char *a = va, *b = vb;                                           \
        SUM *c = vc;                                                           \
        SUMS sum[ROWS][COLUMNS] = {{{0}}};                                     \
        int64_t l = 0;                                                         \
        for (; l + N <= k; l += N) {                                           \
            X x[ROWS];                                                         \
            _Pragma("GCC unroll 16") for (int i = 0; i < (ROWS); i++)          \
                memcpy(&x[i], a + (i * step_a + l) * (a_size), sizeof(X));     \
            _Pragma("GCC unroll 16") for (int j = 0; j < COLUMNS; j++)         \
            {                                                                  \
                X y = LOAD(b + (j * step_b + l) * (b_size));                   \
                _Pragma("GCC unroll 16") for (int i = 0; i < (ROWS); i++)      \
                    sum[i][j] = STEP(sum[i][j], x[i], y);                      \
            }                                                                  \
        }                                                                      \
        for (int j = 0; j < COLUMNS && l < k; j++) {                           \
            char rest[sizeof(X)] = {0};                                        \
            memcpy(rest, b + (j * step_b + l) * (b_size),                      \
                   (size_t)((k - l) * (b_size)));                              \
            X y = LOAD(rest);                                                  \
            _Pragma("GCC unroll 16") for (int i = 0; i < (ROWS); i++)          \
            {                                                                  \
                X x = {0};                                                     \
                memcpy(&x, a + (i * step_a + l) * (a_size),                    \
                       (size_t)((k - l) * (a_size)));                          \
                sum[i][j] = STEP(sum[i][j], x, y);                             \
            }                                                                  \
        }                                                                      \
        _Pragma("GCC unroll 16") for (int i = 0; i < (ROWS); i++)              \
        {                                                                      \
            _Pragma("GCC unroll 16") for (int j = 0; j < COLUMNS; j++)         \
            {                                                                  \
                SUM all = 0;                                                   \
                for (size_t v = 0; v < sizeof(SUMS) / sizeof(SUM); v++)        \
                    all += sum[i][j][v];                                       \
                c[i * ldc + j] = all;                                          \
            }                                                                  \
        }                                                                      \
    }
/* All four numbers of rows. */
#define ET_GEMM_DOT(its_name, TARGET, SUMS, SUM, X, a_size, b_size, LOAD,      \
                    STEP)                                                      \
    ET_GEMM_DOT_OF(its_name##1, TARGET, SUMS, SUM, X, a_size, b_size, 1, LOAD, \
                   STEP)                                                       \
    ET_GEMM_DOT_OF(its_name##2, TARGET, SUMS, SUM, X, a_size, b_size, 2, LOAD, \
                   STEP)                                                       \
    ET_GEMM_DOT_OF(its_name##3, TARGET, SUMS, SUM, X, a_size, b_size, 3, LOAD, \
                   STEP)                                                       \
    ET_GEMM_DOT_OF(its_name##4, TARGET, SUMS, SUM, X, a_size, b_size, 4, LOAD, \
                   STEP)
/* A row of a file's table of dot products. */
#define ET_GEMM_DOT_ROW(its_name, its_panel, type, is_here, stem)              \
    {                                                                          \
        its_name, ET_GEMM_##its_panel, ET_##type, is_here,                     \
        {                                                                      \
            stem##1, stem##2, stem##3, stem##4                                 \
        }                                                                      \
    }

/* LOAD of elements that stay as they are. */
#define ET_GEMM_LOAD(its_name, TARGET, X)                                      \
    TARGET static inline X its_name(const char *at)                            \
    {                                                                          \
        X v;                                                                   \
        memcpy(&v, at, sizeof v);                                              \
        return v;                                                              \
    }

/* As et_gemm_sweep.run. */
#define ET_GEMM_SWEEP_FUNCTION(its_name)                                       \
    static void its_name(int64_t rows, int64_t blocks, int64_t k,              \
                         const void *va, int64_t step_a, const void *vb,       \
                         int64_t step_b, void *vc, int64_t ldc, bool add,      \
                         int64_t ahead)
/* WEAVE(y, b, row) makes vectors Y of as many rows of B as a group of A has
 * elements, `row` bytes apart: in each word a group of one column. STEP and
 * SPREAD as above. B is of elements of b_size bytes; GROUPS groups of its rows
 * pass by at once. */
#define ET_GEMM_SWEEP(its_name, TARGET, SUMS, SUM, Y, WORD, GROUP, GROUPS,     \
                      b_size, WEAVE, SPREAD, STEP)                             \
    TARGET ET_GEMM_SWEEP_FUNCTION(its_name)                                    \
    {                                                                          \
        enum { V = ET_GEMM_SWEEP_VECTORS, G = (GROUPS) };                      \
        enum { LANES = sizeof(SUMS) / sizeof(SUM), DEEP = (GROUP)*G };         \
        enum { A_SIZE = sizeof(WORD) / (GROUP), WIDE = V * LANES * (b_size) }; \
        const char *b = vb;                                                    \
        SUM *c = vc;                                                           \
        int64_t row = step_b * (b_size);                                       \
        for (; blocks > 0; blocks--, b += WIDE, c += V * LANES) {              \
            Y y[G][V];                                                         \
            if (k == DEEP) {                                                   \
                _Pragma("GCC unroll 16") for (int g = 0; g < G; g++)           \
                    WEAVE(y[g], b + g * (GROUP)*row, row);                     \
            } else {                                                           \
                char rest[DEEP][WIDE] = {{0}};                                 \
                for (int64_t r = 0; r < k; r++)                                \
                    memcpy(rest[r], b + r * row, WIDE);                        \
                _Pragma("GCC unroll 16") for (int g = 0; g < G; g++)           \
                    WEAVE(y[g], rest[g * (GROUP)], WIDE);                      \
            }                                                                  \
            _Pragma("GCC unroll 16") for (int r = 0; r < DEEP; r++)            \
            {                                                                  \
                const uintptr_t next =                                         \
                    (uintptr_t)b + (size_t)((r + ahead) * row);                \
                _Pragma("GCC unroll 16") for (int p = 0; p < WIDE; p += 64)    \
                    __builtin_prefetch((const void *)(next + (size_t)p));      \
            }                                                                  \
            const char *a = va;                                                \
            for (int64_t i = 0; i < rows; i++, a += step_a * A_SIZE) {         \
                SUM *to = c + i * ldc;                                         \
                SUMS sum[V];                                                   \
                _Pragma("GCC unroll 16") for (int v = 0; v < V; v++)           \
                {                                                              \
                    sum[v] = (SUMS){0};                                        \
                    if (add)                                                   \
                        memcpy(&sum[v], to + v * LANES, sizeof(SUMS));         \
                }                                                              \
                _Pragma("GCC unroll 16") for (int g = 0; g < G; g++)           \
                {                                                              \
                    WORD word;                                                 \
                    memcpy(&word, a + (size_t)g * sizeof word, sizeof word);   \
                    _Pragma("GCC unroll 16") for (int v = 0; v < V; v++)       \
                        sum[v] = STEP(sum[v], SPREAD(word), y[g][v]);          \
                }                                                              \
                _Pragma("GCC unroll 16") for (int v = 0; v < V; v++)           \
                    memcpy(to + v * LANES, &sum[v], sizeof(SUMS));             \
            }                                                                  \
        }                                                                      \
    }
/* A row of a file's table of sweeps; lanes: of its vectors of sums. */
#define ET_GEMM_SWEEP_ROW(its_name, its_panel, type, is_here, lanes, its_deep, \
                          its_run)                                             \
    {                                                                          \
        its_name, ET_GEMM_##its_panel, ET_##type, is_here, false,              \
            ET_GEMM_SWEEP_VECTORS *(lanes), its_deep, its_run                  \
    }
#define ET_GEMM_TURNED_ROW(its_name, its_panel, type, is_here, lanes, group,   \
                           its_run)                                            \
    {                                                                          \
        its_name, ET_GEMM_##its_panel, ET_##type, is_here, true, lanes,        \
            (lanes) * (group), its_run                                         \
    }
/* TURN(y, b, column): of as many columns as SUMS has lanes, `column` bytes
 * apart, a vector for each word of them. A word has GROUP elements of b_size
 * bytes. */
#define ET_GEMM_TURNED_SWEEP(its_name, TARGET, SUMS, SUM, Y, WORD, GROUP,      \
                             b_size, TURN, SPREAD, STEP)                       \
    TARGET ET_GEMM_SWEEP_FUNCTION(its_name)                                    \
    {                                                                          \
        enum {                                                                 \
            LANES = sizeof(SUMS) / sizeof(SUM),                                \
            LINE = LANES * sizeof(WORD)                                        \
        };                                                                     \
        enum { A_SIZE = sizeof(WORD) / (GROUP), DEEP = LANES * (GROUP) };      \
        const char *b = vb;                                                    \
        SUM *c = vc;                                                           \
        int64_t column = step_b * (b_size);                                    \
        for (; blocks > 0; blocks--, b += LANES * column, c += LANES) {        \
            Y y[LANES];                                                        \
            if (k == DEEP) {                                                   \
                TURN(y, b, column);                                            \
            } else {                                                           \
                char rest[LANES][LINE] = {{0}};                                \
                for (int j = 0; j < LANES; j++)                                \
                    memcpy(rest[j], b + j * column, (size_t)(k * (b_size)));   \
                TURN(y, rest[0], LINE);                                        \
            }                                                                  \
            for (int j = 0; j < LANES; j++)                                    \
                __builtin_prefetch(                                            \
                    (const void *)((uintptr_t)b +                              \
                                   (size_t)(j * column + ahead * LINE)),       \
                    0, 2);                                                     \
            const char *a = va;                                                \
            for (int64_t i = 0; i < rows; i++, a += step_a * A_SIZE) {         \
                SUMS sum[2] = {{0}, {0}};                                      \
                if (add)                                                       \
                    memcpy(&sum[0], c + i * ldc, sizeof(SUMS));                \
                _Pragma("GCC unroll 16") for (int g = 0; g < LANES; g++)       \
                {                                                              \
                    WORD word;                                                 \
                    memcpy(&word, a + (size_t)g * sizeof word, sizeof word);   \
                    sum[g % 2] = STEP(sum[g % 2], SPREAD(word), y[g]);         \
                }                                                              \
                sum[0] += sum[1];                                              \
                memcpy(c + i * ldc, &sum[0], sizeof(SUMS));                    \
            }                                                                  \
        }                                                                      \
    }
/* WEAVE of single rows: LOAD(at) reads a vector. */
#define ET_GEMM_WEAVE_ONE(its_name, TARGET, Y, bytes, LOAD)                    \
    TARGET static inline void its_name(Y *y, const char *b, int64_t row)       \
    {                                                                          \
        (void)row;                                                             \
        _Pragma("GCC unroll 16") for (int v = 0; v < ET_GEMM_SWEEP_VECTORS;    \
                                      v++) y[v] = LOAD(b + v * (bytes));       \
    }

/* The sweeps of fp64, of fp32 and of bf16 as fp32, by a file's vectors fp64s
 * and fp32s of so many bytes and its load_fp64, load_fp32 and load_bf16; and
 * their rows. */
#define ET_GEMM_FLOAT_SWEEPS(TARGET, bytes, groups)                            \
    ET_GEMM_WEAVE_ONE(one_fp64, TARGET, fp64s, bytes, load_fp64)               \
    ET_GEMM_WEAVE_ONE(one_fp32, TARGET, fp32s, bytes, load_fp32)               \
    ET_GEMM_WEAVE_ONE(one_bf16, TARGET, fp32s, (bytes) / 2, load_bf16)         \
    ET_GEMM_SWEEP(sweep_fp64, TARGET, fp64s, double, fp64s, double, 1, groups, \
                  8, one_fp64, ET_GEMM_AS_IT_IS, ET_GEMM_FMA)                  \
    ET_GEMM_SWEEP(sweep_fp32, TARGET, fp32s, float, fp32s, float, 1, groups,   \
                  4, one_fp32, ET_GEMM_AS_IT_IS, ET_GEMM_FMA)                  \
    ET_GEMM_SWEEP(sweep_bf16, TARGET, fp32s, float, fp32s, float, 1, groups,   \
                  2, one_bf16, ET_GEMM_AS_IT_IS, ET_GEMM_FMA)
#define ET_GEMM_FLOAT_SWEEP_ROWS(of_fp64, of_fp32, is_here, bytes, groups)     \
    ET_GEMM_SWEEP_ROW(of_fp64, FP64, FP64, is_here, (bytes) / 8, groups,       \
                      sweep_fp64),                                             \
        ET_GEMM_SWEEP_ROW(of_fp32, FP32, FP32, is_here, (bytes) / 4, groups,   \
                          sweep_fp32),                                         \
        ET_GEMM_SWEEP_ROW(of_fp32, FP32, BF16, is_here, (bytes) / 4, groups,   \
                          sweep_bf16)

/* A file's table, of its arrays `tiles`, `dots` and `sweeps`; and one without
 * any. */
#define ET_GEMM_TILES(stem)                                                    \
    const struct et_gemm_tiles et_gemm_tiles_##stem = {                        \
        tiles,                                                                 \
        dots,                                                                  \
        sweeps,                                                                \
        sizeof tiles / sizeof *tiles,                                          \
        sizeof dots / sizeof *dots,                                            \
        sizeof sweeps / sizeof *sweeps}
#define ET_GEMM_NO_TILES(stem)                                                 \
    const struct et_gemm_tiles et_gemm_tiles_##stem = {0}

/* SPREAD and STEP of vector extensions, which make one instruction of both. */
#define ET_GEMM_AS_IT_IS(word) (word)
#define ET_GEMM_FMA(sums, x, y) ((sums) + (x) * (y))

#endif
