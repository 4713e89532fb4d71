/* Speed: peak's backends against loops in assembly whose operations are
 * counted by hand, in turn, sample by sample. Prints both rates and their
 * ratio, and what the nominal peak says; asserts nothing. Below 1 the backend
 * is slower than the hand's loop. Usage: peak [THREADS [PAIRS]]
 */
#include "config.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "harness/base/log.h"
#include "harness/stat/stat.h"
#include "harness/system/clock.h"
#include "harness/system/nominal_peak.h"
#include "kernels/peak/peak.h"

#define SAMPLE 1e-3 /* s */

struct hand {
    const char *backend;
    enum et_dtype dtype;
    double operations; /* of one pass of the loop */
    void (*run)(uint64_t passes);
};

#if defined __x86_64__ && (defined __clang__ || __GNUC__ >= 12)

/* The end of such a loop. */
#define AGAIN                                                                  \
    ".endr\n\t"                                                                \
    "dec %0\n\t"                                                               \
    "jnz 1b\n\t"                                                               \
    "vzeroupper" : "+r"(passes)::"cc",                                         \
                   "xmm0",                                                     \
                   "xmm1",                                                     \
                   "xmm2",                                                     \
                   "xmm3",                                                     \
                   "xmm4",                                                     \
                   "xmm5",                                                     \
                   "xmm6",                                                     \
                   "xmm7",                                                     \
                   "xmm8",                                                     \
                   "xmm9",                                                     \
                   "xmm10",                                                    \
                   "xmm11",                                                    \
                   "xmm12",                                                    \
                   "xmm13",                                                    \
                   "xmm14",                                                    \
                   "xmm15"
/* 24 instructions on registers 0 to 23, operands in 30 and 31. */
#define ZMM(name, instruction)                                                 \
    static void name(uint64_t passes)                                          \
    {                                                                          \
        __asm__ volatile(".irp r,0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17," \
                         "18,19,20,21,22,23,30,31\n\t"                         \
                         "vpxord %%zmm\\r, %%zmm\\r, %%zmm\\r\n\t"             \
                         ".endr\n\t"                                           \
                         ".p2align 6\n"                                        \
                         "1:\n\t"                                              \
                         ".irp r,0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17," \
                         "18,19,20,21,22,23\n\t" instruction                   \
                         " %%zmm30, %%zmm31, %%zmm\\r\n\t" AGAIN);             \
    }
/* 12 instructions on registers 0 to 11, operands in 14 and 15. */
#define YMM(name, instruction)                                                 \
    static void name(uint64_t passes)                                          \
    {                                                                          \
        __asm__ volatile(".irp r,0,1,2,3,4,5,6,7,8,9,10,11,14,15\n\t"          \
                         "vpxor %%ymm\\r, %%ymm\\r, %%ymm\\r\n\t"              \
                         ".endr\n\t"                                           \
                         ".p2align 6\n"                                        \
                         "1:\n\t"                                              \
                         ".irp r,0,1,2,3,4,5,6,7,8,9,10,11\n\t" instruction    \
                         " %%ymm14, %%ymm15, %%ymm\\r\n\t" AGAIN);             \
    }
/* 8 instructions on tiles 0 to 3, operands in 4 to 7. */
#define TMM(name, instruction)                                                 \
    static void name(uint64_t passes)                                          \
    {                                                                          \
        static const struct {                                                  \
            uint8_t palette, start, none[14];                                  \
            uint16_t bytes[16];                                                \
            uint8_t rows[16];                                                  \
        } config = {1,                                                         \
                    0,                                                         \
                    {0},                                                       \
                    {64, 64, 64, 64, 64, 64, 64, 64},                          \
                    {16, 16, 16, 16, 16, 16, 16, 16}};                         \
        __asm__ volatile("ldtilecfg %1\n\t"                                    \
                         ".irp r,0,1,2,3,4,5,6,7\n\t"                          \
                         "tilezero %%tmm\\r\n\t"                               \
                         ".endr\n"                                             \
                         "1:\n\t" instruction                                  \
                         " %%tmm6, %%tmm4, %%tmm0\n\t" instruction             \
                         " %%tmm6, %%tmm5, %%tmm1\n\t" instruction             \
                         " %%tmm7, %%tmm4, %%tmm2\n\t" instruction             \
                         " %%tmm7, %%tmm5, %%tmm3\n\t" instruction             \
                         " %%tmm6, %%tmm4, %%tmm0\n\t" instruction             \
                         " %%tmm6, %%tmm5, %%tmm1\n\t" instruction             \
                         " %%tmm7, %%tmm4, %%tmm2\n\t" instruction             \
                         " %%tmm7, %%tmm5, %%tmm3\n\t"                         \
                         "dec %0\n\t"                                          \
                         "jnz 1b\n\t"                                          \
                         "tilerelease"                                         \
                         : "+r"(passes)                                        \
                         : "m"(config)                                         \
                         : "cc");                                              \
    }
ZMM(zmm_fp64, "vfmadd231pd")
ZMM(zmm_fp32, "vfmadd231ps")
ZMM(zmm_fp16, "vfmadd231ph")
ZMM(zmm_bf16, "vdpbf16ps")
ZMM(zmm_int8, "vpdpbusd")
YMM(ymm_fp64, "vfmadd231pd")
YMM(ymm_fp32, "vfmadd231ps")
YMM(ymm_int8, "%{vex%} vpdpbusd")
TMM(tmm_bf16, "tdpbf16ps")
TMM(tmm_int8, "tdpbssd")

static const struct hand hands[] = {
    {"avx2", ET_FP64, 12 * 2 * 4, ymm_fp64},
    {"avx2", ET_FP32, 12 * 2 * 8, ymm_fp32},
    {"avx2", ET_INT8, 12 * 2 * 32, ymm_int8},
    {"avx512", ET_FP64, 24 * 2 * 8, zmm_fp64},
    {"avx512", ET_FP32, 24 * 2 * 16, zmm_fp32},
    {"avx512", ET_FP16, 24 * 2 * 32, zmm_fp16},
    {"avx512", ET_BF16, 24 * 2 * 32, zmm_bf16},
    {"avx512", ET_INT8, 24 * 2 * 64, zmm_int8},
    {"amx", ET_BF16, 8 * 2 * 16 * 16 * 32, tmm_bf16},
    {"amx", ET_INT8, 8 * 2 * 16 * 16 * 64, tmm_int8}};

#elif defined __aarch64__

/* 24 instructions on registers 0 to 23, operands in 30 and 31. */
#define NEON(name, lanes)                                                      \
    static void name(uint64_t passes)                                          \
    {                                                                          \
        __asm__ volatile(".irp r,0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17," \
                         "18,19,20,21,22,23,30,31\n\t"                         \
                         "movi v\\r\\().2d, #0\n\t"                            \
                         ".endr\n"                                             \
                         "1:\n\t"                                              \
                         ".irp r,0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17," \
                         "18,19,20,21,22,23\n\t"                               \
                         "fmla v\\r\\()" lanes ", v30" lanes ", v31" lanes     \
                         "\n\t"                                                \
                         ".endr\n\t"                                           \
                         "subs %0, %0, #1\n\t"                                 \
                         "b.ne 1b"                                             \
                         : "+r"(passes)::"cc", "v0", "v1", "v2", "v3", "v4",   \
                           "v5", "v6", "v7", "v8", "v9", "v10", "v11", "v12",  \
                           "v13", "v14", "v15", "v16", "v17", "v18", "v19",    \
                           "v20", "v21", "v22", "v23", "v30", "v31");          \
    }
NEON(neon_fp64, ".2d")
NEON(neon_fp32, ".4s")
static const struct hand hands[] = {{"neon", ET_FP64, 24 * 2 * 2, neon_fp64},
                                    {"neon", ET_FP32, 24 * 2 * 4, neon_fp32}};

#else
static const struct hand hands[] = {{"portable", ET_FP64, 0, NULL}};
#endif

static double time_hand(struct et_clock *clock, const struct hand *h,
                        uint64_t passes, int threads)
{
    double start = et_clock_now(clock);
#pragma omp parallel for schedule(static, 1) num_threads(threads)
    for (int t = 0; t < threads; t++)
        h->run(passes);
    return et_clock_now(clock) - start;
}

static double time_backend(struct et_clock *clock, struct et_peak_setup *p,
                           uint64_t iterations)
{
    double start = et_clock_now(clock);
    et_peak_run(p, iterations);
    return et_clock_now(clock) - start;
}

static int compare(struct et_clock *clock, const struct hand *h, int threads,
                   size_t pairs)
{
    const struct et_peak_backend *b = et_peak_backend_find(h->backend);
    const char *why = et_peak_unsupported(b, h->dtype);
    struct et_peak_setup *p = NULL;
    if (why || !h->run) {
        printf("peak %-8s %-5s not here: %s\n", h->backend,
               et_dtype_name(h->dtype), why ? why : "no loop in assembly");
        return 0;
    }
    double *t = calloc(3 * pairs, sizeof *t);
    if (!t || et_peak_create(b, h->dtype, threads, 1, &p) != ET_OK) {
        free(t);
        return 4;
    }
    time_backend(clock, p, 100);
    double one = time_backend(clock, p, 100) / 100;
    uint64_t iterations = (uint64_t)(SAMPLE / one) + 1;
    double work = et_peak_operations(p) * (double)iterations;
    uint64_t passes = (uint64_t)(work / threads / h->operations) + 1;
    double by_hand = h->operations * (double)passes * threads;
    for (size_t i = 0; i < pairs; i++) {
        /* Who goes first changes, so that drift favours neither. */
        double x = i % 2 ? time_backend(clock, p, iterations)
                         : time_hand(clock, h, passes, threads);
        double y = i % 2 ? time_hand(clock, h, passes, threads)
                         : time_backend(clock, p, iterations);
        t[i] = by_hand / (i % 2 ? y : x);
        t[pairs + i] = work / (i % 2 ? x : y);
        t[2 * pairs + i] = t[pairs + i] / t[i];
    }
    double hand = et_stat_median(t, pairs);
    double backend = et_stat_median(t + pairs, pairs);
    double most = 0, most_hand = 0;
    for (size_t i = 0; i < pairs; i++) {
        most_hand = fmax(most_hand, t[i]);
        most = fmax(most, t[pairs + i]);
    }
    printf("peak %-8s %-5s %d thread%s: by hand %8.1f, backend %8.1f GOP/s; "
           "ratio %.4f (median of %zu pairs), %.4f (best of each)",
           h->backend, et_dtype_name(h->dtype), threads,
           threads == 1 ? "" : "s", hand * 1e-9, backend * 1e-9,
           et_stat_median(t + 2 * pairs, pairs), pairs, most / most_hand);
    struct et_nominal_peak nominal;
    et_nominal_peak_read("", 0, &nominal);
    double core = h->dtype == ET_FP64   ? nominal.fp64
                  : h->dtype == ET_FP32 ? nominal.fp32
                                        : (double)NAN;
    if (isfinite(core))
        printf("; %.1f %% of the nominal peak", backend / core / threads * 100);
    putchar('\n');
    et_peak_destroy(p);
    free(t);
    return 0;
}

int main(int argc, char **argv)
{
    int threads = argc > 1 ? atoi(argv[1]) : 1;
    int pairs = argc > 2 ? atoi(argv[2]) : 101;
    struct et_clock clock;
    if (threads < 1 || pairs < 1 || et_clock_open("real", &clock) != ET_OK)
        return 2;
    for (size_t i = 0; i < sizeof hands / sizeof *hands; i++) {
        int status = compare(&clock, &hands[i], threads, (size_t)pairs);
        if (status != 0)
            return status;
    }
    return 0;
}
