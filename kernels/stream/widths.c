/* The loops of stream for each width of vectors that the build's compiler can
 * make, and which of them this processor runs. Functions carry their target,
 * so that no wide instruction stands where it was not asked for. Knows
 * processors; nothing of contents, threads or checks.
 */
#include "config.h"
#include "kernels/stream/stream.h"

#if defined(__x86_64__)
#include <immintrin.h>
#define HAVE_WIDE 1
#endif

#if defined(__has_builtin)
#if __has_builtin(__builtin_nontemporal_store)
#define HAVE_STORE 1 /* clang: on every machine */
#endif
#endif

#ifdef HAVE_STORE
#define PAST(p, x, y, W)                                                       \
    (__builtin_nontemporal_store(x, (__typeof__(x) *)(void *)(p)),             \
     __builtin_nontemporal_store(                                              \
         y, (__typeof__(y) *)(void *)((p) + (W) / sizeof(double))))
#endif
/* x86 orders them only by a fence; elsewhere the threads' meeting does. */
#ifdef HAVE_WIDE
#define ORDER() _mm_sfence()
#else
#define ORDER() (void)0
#endif

#ifdef HAVE_WIDE

static bool avx512_available(void)
{
    return __builtin_cpu_supports("avx512f");
}

static bool avx2_available(void)
{
    return __builtin_cpu_supports("avx2");
}

#define NAME(op) avx512_##op
#define TARGET __attribute__((target("avx512f")))
#define TITLE "AVX-512"
#define BYTES 64
#ifdef HAVE_STORE
#define STREAM2(p, x, y) PAST(p, x, y, 64)
#else
#define STREAM2(p, x, y)                                                       \
    (_mm512_stream_pd(p, (__m512d)(x)), _mm512_stream_pd((p) + 8, (__m512d)(y)))
#endif
#define FENCE ORDER
#include "kernels/stream/loops.h"

#define NAME(op) avx2_##op
#define TARGET __attribute__((target("avx2")))
#define TITLE "AVX2"
#define BYTES 32
#ifdef HAVE_STORE
#define STREAM2(p, x, y) PAST(p, x, y, 32)
#else
#define STREAM2(p, x, y)                                                       \
    (_mm256_stream_pd(p, (__m256d)(x)), _mm256_stream_pd((p) + 4, (__m256d)(y)))
#endif
#define FENCE ORDER
#include "kernels/stream/loops.h"

#endif

static bool base_available(void)
{
    return true;
}

#define NAME(op) base_##op
#define TARGET
#define BYTES 16
#define FENCE ORDER
#if defined(__x86_64__)
#define TITLE "SSE2"
#elif defined(__aarch64__)
#define TITLE "NEON"
#else
#define TITLE "the compiler's"
#endif
#ifdef HAVE_STORE
#define STREAM2(p, x, y) PAST(p, x, y, 16)
#elif defined(__x86_64__)
#define STREAM2(p, x, y)                                                       \
    (_mm_stream_pd(p, (__m128d)(x)), _mm_stream_pd((p) + 2, (__m128d)(y)))
#elif defined(__aarch64__)
#define STREAM2(p, x, y)                                                       \
    __asm__ volatile("stnp %q0, %q1, [%2]"                                     \
                     :                                                         \
                     : "w"(x), "w"(y), "r"(p)                                  \
                     : "memory")
#endif
#include "kernels/stream/loops.h"

const struct et_stream_width *const et_stream_widths[] = {
#ifdef HAVE_WIDE
    &avx512_width, &avx2_width,
#endif
    &base_width, NULL};

const struct et_stream_width *et_stream_width_best(void)
{
    size_t i = 0;
    while (!et_stream_widths[i]->available())
        i++;
    return et_stream_widths[i];
}
