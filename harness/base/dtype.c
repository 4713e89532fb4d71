/* What is known of each element type, from its row, and the short formats in
 * integers.
 */
#include "config.h"
#include "harness/base/dtype.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* A floating format of few bits: sign, exponent, fraction. */
struct layout {
    int bits, fraction, bias;
    bool finite;    /* no infinity: only all ones is a NaN */
    bool saturates; /* what is too great becomes the greatest */
};

/* The exponent's field and the fraction, all ones. */
static uint32_t ones(const struct layout *l)
{
    return (UINT32_C(1) << (l->bits - 1)) - 1;
}

/* The code of infinity; without one, of NaN. Beyond the greatest, in any case.
 */
static uint32_t beyond(const struct layout *l)
{
    return l->finite ? ones(l) : ones(l) >> l->fraction << l->fraction;
}

static inline double widen(uint32_t h, const struct layout *l)
{
    uint32_t code = h & ones(l);
    uint64_t bits = (uint64_t)code << (52 - l->fraction);
    double v;
    /* The same digits with the smallest exponents of a double, made greater. */
    memcpy(&v, &bits, sizeof v);
    v *= ldexp(1, 1023 - l->bias);
    if (code >= beyond(l))
        v = code == beyond(l) && !l->finite ? (double)INFINITY : (double)NAN;
    return h >> (l->bits - 1) & 1 ? -v : v;
}

/* Where the exponent is one of the middle ones, both formats have the same
 * digits, but for those that are rounded away, ties to even. A carry out of the
 * fraction adds one to the exponent. False: it is another one. */
static inline bool narrow_most(double v, const struct layout *l, uint32_t *code)
{
    uint64_t bits;
    int cut = 52 - l->fraction;
    memcpy(&bits, &v, sizeof bits);
    int exponent = (int)(bits >> 52 & 0x7ff) - 1023;
    if (exponent < 1 - l->bias || exponent >= l->bias)
        return false;
    bits += (UINT64_C(1) << (cut - 1)) - 1 + (bits >> cut & 1);
    *code =
        (uint32_t)(bits >> cut) - ((1023U - (unsigned)l->bias) << l->fraction);
    *code &= ones(l);
    return true;
}

static uint32_t narrow(double v, const struct layout *l)
{
    uint32_t most;
    uint32_t sign = signbit(v) ? ones(l) + 1 : 0;
    uint32_t over = l->saturates ? beyond(l) - 1 : beyond(l);
    int exponent;
    if (narrow_most(v, l, &most))
        return sign | most;
    if (isnan(v))
        return sign |
               (l->finite ? ones(l)
                          : beyond(l) | UINT32_C(1) << (l->fraction - 1));
    if (isinf(v))
        return sign | over;
    frexp(v, &exponent);
    exponent -= 1; /* |v| in [2^exponent, 2 * 2^exponent) */
    if (v == 0 || exponent < 1 - l->bias)
        exponent = 1 - l->bias;
    if (exponent > l->bias + 1)
        return sign | over;
    /* The leading digit adds one to the exponent's field, as does a carry
     * out of the fraction; a subnormal has neither. */
    uint32_t digits =
        (uint32_t)nearbyint(ldexp(fabs(v), l->fraction - exponent));
    uint32_t code =
        ((uint32_t)(exponent + l->bias - 1) << l->fraction) + digits;
    return sign | (code < beyond(l) ? code : over);
}

/* Conversions of the types that C has, and of those that it has not. */
#define NATIVE(format, type)                                                   \
    static double format##_widen(const void *a, size_t i)                      \
    {                                                                          \
        return (double)((const type *)a)[i];                                   \
    }                                                                          \
    static void format##_narrow(void *a, size_t i, double v)                   \
    {                                                                          \
        ((type *)a)[i] = (type)v;                                              \
    }
#define NARROW(format, type, ...)                                              \
    static const struct layout format = {8 * sizeof(type), __VA_ARGS__};       \
    static void format##_narrow(void *a, size_t i, double v)                   \
    {                                                                          \
        ((type *)a)[i] = (type)narrow(v, &format);                             \
    }
#define SHORT(format, type, ...)                                               \
    NARROW(format, type, __VA_ARGS__)                                          \
    static double format##_widen(const void *a, size_t i)                      \
    {                                                                          \
        return widen(((const type *)a)[i], &format);                           \
    }
#define INTEGER(format, type, least, most)                                     \
    static double format##_widen(const void *a, size_t i)                      \
    {                                                                          \
        return ((const type *)a)[i];                                           \
    }                                                                          \
    static void format##_narrow(void *a, size_t i, double v)                   \
    {                                                                          \
        ((type *)a)[i] =                                                       \
            isnan(v) ? 0 : (type)nearbyint(fmax(least, fmin(most, v)));        \
    }
NATIVE(fp64, double)
NATIVE(fp32, float)
SHORT(fp16, uint16_t, 10, 15, false, false)
NARROW(bf16, uint16_t, 7, 127, false, false)
SHORT(fp8_e4m3, uint8_t, 3, 7, true, true)
SHORT(fp8_e5m2, uint8_t, 2, 15, false, true)
INTEGER(int8, int8_t, INT8_MIN, INT8_MAX)
INTEGER(uint8, uint8_t, 0, UINT8_MAX)
INTEGER(int32, int32_t, INT32_MIN, INT32_MAX)

/* The upper half of a fp32. */
static double bf16_widen(const void *a, size_t i)
{
    uint32_t bits = (uint32_t)((const uint16_t *)a)[i] << 16;
    float v;
    memcpy(&v, &bits, sizeof v);
    return (double)v;
}

static double no_widen(const void *a, size_t i)
{
    (void)a, (void)i;
    return NAN;
}

static void no_narrow(void *a, size_t i, double v)
{
    (void)a, (void)i, (void)v;
}

/* A part of an array at once: no call for each element. */
#define LOAD(symbol, name, size, bits, least, most, format, ...)               \
    _Static_assert(size == 1 || size == 2 || size == 4 || size == 8,           \
                   "bytes of an element");                                     \
    static void symbol##_load(const void *a, size_t first, size_t n,           \
                              double *out)                                     \
    {                                                                          \
        for (size_t i = 0; i < n; i++)                                         \
            out[i] = format##_widen(a, first + i);                             \
    }
ET_DTYPE_ROWS(LOAD)

static void no_load(const void *a, size_t first, size_t n, double *out)
{
    for (size_t i = 0; i < n; i++)
        out[i] = no_widen(a, first + i);
}

struct row {
    const char *name;
    size_t size;
    double least, most, epsilon, exact;
    bool integer;
    enum et_dtype sum;
    double (*widen)(const void *a, size_t i);
    void (*load)(const void *a, size_t first, size_t n, double *out);
    void (*narrow)(void *a, size_t i, double v);
};

/* The last is of what is no type. */
#define ROW(symbol, name, size, bits, least, most, format, mpi, sum)           \
    {name,                                                                     \
     size,                                                                     \
     least,                                                                    \
     most,                                                                     \
     bits ? 1.0 / (double)(UINT64_C(1) << bits) : 0,                           \
     bits ? (double)(UINT64_C(1) << bits) : most,                              \
     bits == 0,                                                                \
     sum,                                                                      \
     format##_widen,                                                           \
     symbol##_load,                                                            \
     format##_narrow},
static const struct row rows[ET_DTYPES + 1] = {
    ET_DTYPE_ROWS(ROW){"?", 0, NAN, NAN, NAN, NAN, false, ET_DTYPES, no_widen,
                       no_load, no_narrow}};

static const struct row *row_of(enum et_dtype t)
{
    return &rows[et_dtype_is_known(t) ? t : ET_DTYPES];
}

bool et_dtype_is_known(enum et_dtype t)
{
    return (unsigned)t < ET_DTYPES;
}

size_t et_dtype_size(enum et_dtype t)
{
    return row_of(t)->size;
}

const char *et_dtype_name(enum et_dtype t)
{
    return row_of(t)->name;
}

enum et_dtype et_dtype_find(const char *name)
{
    int t = 0;
    while (t < ET_DTYPES && strcmp(rows[t].name, name) != 0)
        t++;
    return (enum et_dtype)t;
}

bool et_dtype_is_integer(enum et_dtype t)
{
    return row_of(t)->integer;
}

double et_dtype_epsilon(enum et_dtype t)
{
    return row_of(t)->epsilon;
}

double et_dtype_least(enum et_dtype t)
{
    return row_of(t)->least;
}

double et_dtype_step(enum et_dtype t)
{
    unsigned char cell[sizeof(double)] = {0};
    if (!et_dtype_is_known(t))
        return NAN;
    et_dtype_flip(t, cell, 0, 0); /* the code 1 */
    return et_dtype_get(t, cell, 0);
}

enum et_dtype et_dtype_sum(enum et_dtype t)
{
    return row_of(t)->sum;
}

int et_dtype_spoilt(enum et_dtype t)
{
    return et_dtype_is_integer(t) ? 0x80 : 0xff;
}

double et_dtype_most(enum et_dtype t)
{
    return row_of(t)->most;
}

double et_dtype_exact(enum et_dtype t)
{
    return row_of(t)->exact;
}

double et_dtype_get(enum et_dtype t, const void *a, size_t i)
{
    return row_of(t)->widen(a, i);
}

void et_dtype_load(enum et_dtype t, const void *a, size_t first, size_t n,
                   double *out)
{
    row_of(t)->load(a, first, n, out);
}

void et_dtype_set(enum et_dtype t, void *a, size_t i, double v)
{
    row_of(t)->narrow(a, i, v);
}

void et_dtype_flip(enum et_dtype t, void *a, size_t i, size_t bit)
{
    size_t bytes = et_dtype_size(t);
    bool little = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__;
    size_t byte = little ? bit / 8 : bytes - 1 - bit / 8;
    unsigned char *at = (unsigned char *)a + i * bytes + byte;
    *at = (unsigned char)(*at ^ 1u << bit % 8);
}

double et_dtype_round(enum et_dtype t, double v)
{
    _Alignas(double) char cell[sizeof(double)] = {0};
    et_dtype_set(t, cell, 0, v);
    return et_dtype_get(t, cell, 0);
}

struct et_types et_types_of(enum et_dtype t)
{
    struct et_element e = {t, ET_UNSCALED};
    return (struct et_types){e, e, e, t};
}

struct et_types et_types_usual(enum et_dtype t)
{
    struct et_types types = et_types_of(t);
    types.sum = et_dtype_sum(t);
    if (et_dtype_is_integer(t))
        types.out.dtype = types.sum;
    return types;
}

void et_types_say(const struct et_types *t, char text[ET_TYPES_SIZE])
{
    snprintf(text, ET_TYPES_SIZE, "%s x %s -> %s -> %s",
             et_dtype_name(t->a.dtype), et_dtype_name(t->b.dtype),
             et_dtype_name(t->sum), et_dtype_name(t->out.dtype));
}

enum et_dtype et_types_single(const struct et_types *t)
{
    enum et_dtype one = t->sum;
    bool same = t->a.dtype == one && t->b.dtype == one && t->out.dtype == one;
    bool plain = t->a.scale == ET_UNSCALED && t->b.scale == ET_UNSCALED &&
                 t->out.scale == ET_UNSCALED;
    return same && plain && et_dtype_is_known(one) ? one : ET_DTYPES;
}

/* Unscaled, and with fractions or without. */
static bool are(const struct et_types *t, bool integer)
{
    const struct et_element all[] = {t->a, t->b, t->out, {t->sum, ET_UNSCALED}};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        if (!et_dtype_is_known(all[i].dtype) ||
            et_dtype_is_integer(all[i].dtype) != integer ||
            all[i].scale != ET_UNSCALED)
            return false;
    }
    return true;
}

bool et_types_are_floats(const struct et_types *t)
{
    return are(t, false);
}

bool et_types_are_integers(const struct et_types *t)
{
    return are(t, true) && t->out.dtype == t->sum;
}
