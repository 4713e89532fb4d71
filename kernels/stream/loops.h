/* The loops of stream for one width of vectors: stream.c includes this once
 * for each, with NAME(op), TARGET (a function attribute), BYTES (of a vector),
 * and, where there are non-temporal stores, STREAM2(p, x, y), which stores two
 * vectors, and FENCE(). Vectors of gcc and clang: on a machine without such a
 * unit the compiler takes what there is.
 */
typedef double NAME(vector) __attribute__((vector_size(BYTES), may_alias));
#define VECTOR NAME(vector)
#define LANES (BYTES / sizeof(double))
#define AT(p, k) (*(VECTOR *)(void *)((p) + i + (k)*LANES))
#define OF(p, k) (*(const VECTOR *)(const void *)((p) + i + (k)*LANES))

/* Four vectors at a time: two loads and a store a cycle need no more. */
#define PASS(op, value, put, end)                                              \
    TARGET static double NAME(op)(double *d, const double *s, const double *b, \
                                  double q, size_t n)                          \
    {                                                                          \
        const VECTOR factor = (VECTOR){0} + q;                                 \
        (void)b, (void)factor;                                                 \
        for (size_t i = 0; i < n; i += 4 * LANES) {                            \
            VECTOR x0 = value(0), x1 = value(1);                               \
            VECTOR x2 = value(2), x3 = value(3);                               \
            put(0, x0, x1);                                                    \
            put(2, x2, x3);                                                    \
        }                                                                      \
        end;                                                                   \
        return 0;                                                              \
    }
#define COPY(k) OF(s, k)
#define SCALE(k) (factor * OF(s, k))
#define ADD(k) (OF(s, k) + OF(b, k))
#define TRIAD(k) (OF(s, k) + factor * OF(b, k))
#define PUT(k, x, y) (AT(d, k) = (x), AT(d, (k) + 1) = (y))

PASS(copy, COPY, PUT, (void)0)
PASS(scale, SCALE, PUT, (void)0)
PASS(add, ADD, PUT, (void)0)
PASS(triad, TRIAD, PUT, (void)0)
#ifdef STREAM2
#define PUT_PAST(k, x, y) STREAM2(d + i + (k)*LANES, x, y)
PASS(copy_past, COPY, PUT_PAST, FENCE())
PASS(scale_past, SCALE, PUT_PAST, FENCE())
PASS(add_past, ADD, PUT_PAST, FENCE())
PASS(triad_past, TRIAD, PUT_PAST, FENCE())
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
#undef PASS
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
