/* The loops of stream for one width of vectors: stream.c includes this once
 * for each, with NAME(op), TARGET (a function attribute), BYTES (of a vector),
 * and, where there are non-temporal stores, STREAM2(p, x, y), which stores two
 * vectors, and FENCE(). Vectors of gcc and clang: on a machine without such a
 * unit the compiler takes what there is.
 */
typedef double NAME(vector) __attribute__((vector_size(BYTES), may_alias));
#define VECTOR NAME(vector)
#define LANES (BYTES / sizeof(double))
#define PAGE (4096 / sizeof(double))
#define AT(p, k) (*(VECTOR *)(void *)((p) + i + (k)*LANES))
#define OF(p, k) (*(const VECTOR *)(const void *)((p) + i + (k)*LANES))

/* Four vectors at a time: two loads and a store a cycle need no more. */
#define FOUR(value, put)                                                       \
    do {                                                                       \
        VECTOR x0 = value(0), x1 = value(1), x2 = value(2), x3 = value(3);     \
        put(0, x0, x1);                                                        \
        put(2, x2, x3);                                                        \
    } while (0)
#define HEAD(op)                                                               \
    TARGET static double NAME(op)(double *d, const double *s, const double *b, \
                                  double q, size_t n)                          \
    {                                                                          \
        const VECTOR factor = (VECTOR){0} + q;                                 \
        size_t i = 0;                                                          \
        (void)b, (void)factor;
#define PASS(op, value)                                                        \
    HEAD(op)                                                                   \
    for (; i < n; i += 4 * LANES)                                              \
        FOUR(value, PUT);                                                      \
    return 0;                                                                  \
    }
/* Past the caches: four pages side by side, as large copies of C libraries do,
 * which measured a fifth faster than one after the other; then what is left. */
#define PASS_PAST(op, value)                                                   \
    HEAD(op)                                                                   \
    size_t all = n / (4 * PAGE) * (4 * PAGE);                                  \
    for (size_t from = 0; from < all; from += 4 * PAGE) {                      \
        for (size_t j = 0; j < PAGE; j += 4 * LANES) {                         \
            for (size_t page = 0; page < 4; page++) {                          \
                i = from + page * PAGE + j;                                    \
                FOUR(value, PUT_PAST);                                         \
            }                                                                  \
        }                                                                      \
    }                                                                          \
    for (i = all; i < n; i += 4 * LANES)                                       \
        FOUR(value, PUT_PAST);                                                 \
    FENCE();                                                                   \
    return 0;                                                                  \
    }
#define COPY(k) OF(s, k)
#define SCALE(k) (factor * OF(s, k))
#define ADD(k) (OF(s, k) + OF(b, k))
#define TRIAD(k) (OF(s, k) + factor * OF(b, k))
#define PUT(k, x, y) (AT(d, k) = (x), AT(d, (k) + 1) = (y))

PASS(copy, COPY)
PASS(scale, SCALE)
PASS(add, ADD)
PASS(triad, TRIAD)
#ifdef STREAM2
#define PUT_PAST(k, x, y) STREAM2(d + i + (k)*LANES, x, y)
PASS_PAST(copy_past, COPY)
PASS_PAST(scale_past, SCALE)
PASS_PAST(add_past, ADD)
PASS_PAST(triad_past, TRIAD)
#undef PUT_PAST
#endif

/* Eight sums at once: an addition takes four cycles, and two may begin in
 * each. */
TARGET static double NAME(read)(double *d, const double *s, const double *b,
                                double q, size_t n)
{
    VECTOR x0 = {0}, x1 = {0}, x2 = {0}, x3 = {0};
    VECTOR x4 = {0}, x5 = {0}, x6 = {0}, x7 = {0};
    double sum = 0;
    (void)d, (void)b, (void)q;
    for (size_t i = 0; i < n; i += 8 * LANES) {
        x0 += OF(s, 0), x1 += OF(s, 1), x2 += OF(s, 2), x3 += OF(s, 3);
        x4 += OF(s, 4), x5 += OF(s, 5), x6 += OF(s, 6), x7 += OF(s, 7);
    }
    x0 = ((x0 + x1) + (x2 + x3)) + ((x4 + x5) + (x6 + x7));
    for (size_t k = 0; k < LANES; k++)
        sum += x0[k];
    return sum;
}

static const struct et_stream_width NAME(width) = {
    .name = TITLE,
    .available = NAME(available),
    .ordinary = {[ET_STREAM_COPY] = NAME(copy),
                 [ET_STREAM_SCALE] = NAME(scale),
                 [ET_STREAM_ADD] = NAME(add),
                 [ET_STREAM_TRIAD] = NAME(triad),
                 [ET_STREAM_READ] = NAME(read)},
#ifdef STREAM2
    .nontemporal = {[ET_STREAM_COPY] = NAME(copy_past),
                    [ET_STREAM_SCALE] = NAME(scale_past),
                    [ET_STREAM_ADD] = NAME(add_past),
                    [ET_STREAM_TRIAD] = NAME(triad_past)},
#endif
};

#undef VECTOR
#undef LANES
#undef AT
#undef OF
#undef FOUR
#undef HEAD
#undef PASS
#undef PASS_PAST
#undef PAGE
#undef COPY
#undef SCALE
#undef ADD
#undef TRIAD
#undef PUT
#undef NAME
#undef TARGET
#undef TITLE
#undef BYTES
#undef STREAM2
#undef FENCE
