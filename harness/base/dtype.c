/* What is known of each element type, from its row, and the two 16-bit formats
 * in integers.
 */
#include "config.h"
#include "harness/base/dtype.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

static double widen(uint16_t h, int fraction, int bias)
{
    int exponent = (h & 0x7fff) >> fraction;
    int digits = h & ((1 << fraction) - 1);
    double v;
    if (exponent == 2 * bias + 1)
        v = digits ? (double)NAN : (double)INFINITY;
    else if (exponent == 0)
        v = ldexp(digits, 1 - bias - fraction);
    else
        v = ldexp(digits + (1 << fraction), exponent - bias - fraction);
    return h & 0x8000 ? -v : v;
}

static uint16_t narrow(double v, int fraction, int bias)
{
    int infinite = (2 * bias + 1) << fraction, sign = signbit(v) ? 0x8000 : 0;
    int exponent;
    if (isnan(v))
        return (uint16_t)(sign | infinite | 1 << (fraction - 1));
    if (isinf(v))
        return (uint16_t)(sign | infinite);
    frexp(v, &exponent);
    exponent -= 1; /* |v| in [2^exponent, 2 * 2^exponent) */
    if (v == 0 || exponent < 1 - bias)
        exponent = 1 - bias;
    if (exponent > bias)
        return (uint16_t)(sign | infinite);
    /* The leading digit adds one to the exponent's field, as does a carry
     * out of the fraction; a subnormal has neither. */
    int digits = (int)nearbyint(ldexp(fabs(v), fraction - exponent));
    return (uint16_t)(sign | (((exponent + bias - 1) << fraction) + digits));
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
#define SIXTEEN(format, fraction, bias)                                        \
    static double format##_widen(const void *a, size_t i)                      \
    {                                                                          \
        return widen(((const uint16_t *)a)[i], fraction, bias);                \
    }                                                                          \
    static void format##_narrow(void *a, size_t i, double v)                   \
    {                                                                          \
        ((uint16_t *)a)[i] = narrow(v, fraction, bias);                        \
    }
NATIVE(fp64, double)
NATIVE(fp32, float)
SIXTEEN(fp16, 10, 15)
SIXTEEN(bf16, 7, 127)

static double int8_widen(const void *a, size_t i)
{
    return ((const int8_t *)a)[i];
}

static void int8_narrow(void *a, size_t i, double v)
{
    ((int8_t *)a)[i] =
        isnan(v) ? 0 : (int8_t)nearbyint(fmax(-128, fmin(127, v)));
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

struct row {
    const char *name;
    size_t size;
    double most, epsilon, exact;
    bool integer;
    double (*widen)(const void *a, size_t i);
    void (*narrow)(void *a, size_t i, double v);
};

/* The last is of what is no type. */
#define ROW(symbol, name, size, bits, most, format, mpi)                       \
    {name,                                                                     \
     size,                                                                     \
     most,                                                                     \
     bits ? 1.0 / (double)(UINT64_C(1) << bits) : 0,                           \
     bits ? (double)(UINT64_C(1) << bits) : most,                              \
     bits == 0,                                                                \
     format##_widen,                                                           \
     format##_narrow},
static const struct row rows[ET_DTYPES + 1] = {
    ET_DTYPE_ROWS(ROW){"?", 0, NAN, NAN, NAN, false, no_widen, no_narrow}};

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

enum et_dtype et_types_single(const struct et_types *t)
{
    enum et_dtype one = t->sum;
    bool same = t->a.dtype == one && t->b.dtype == one && t->out.dtype == one;
    bool plain = t->a.scale == ET_UNSCALED && t->b.scale == ET_UNSCALED &&
                 t->out.scale == ET_UNSCALED;
    return same && plain && et_dtype_is_known(one) ? one : ET_DTYPES;
}

static bool is_float(struct et_element e)
{
    return et_dtype_is_known(e.dtype) && !et_dtype_is_integer(e.dtype) &&
           e.scale == ET_UNSCALED;
}

bool et_types_are_floats(const struct et_types *t)
{
    return is_float(t->a) && is_float(t->b) && is_float(t->out) &&
           is_float((struct et_element){t->sum, ET_UNSCALED});
}
