/* The element types, one row each, and the two 16-bit formats in integers. */
#include "config.h"
#include "harness/base/dtype.h"

#include <math.h>
#include <stdint.h>

static const struct {
    const char *name;
    size_t size;
    double epsilon;
    int fraction, bias; /* of the formats that C has no type for */
} rows[ET_DTYPES] = {
    [ET_FP64] = {"fp64", 8, 0x1p-53, 0, 0},
    [ET_FP32] = {"fp32", 4, 0x1p-24, 0, 0},
    [ET_FP16] = {"fp16", 2, 0x1p-11, 10, 15},
    [ET_BF16] = {"bf16", 2, 0x1p-8, 7, 127},
    [ET_INT8] = {"int8", 1, 0, 0, 0},
};

size_t et_dtype_size(enum et_dtype t)
{
    return rows[t].size;
}

const char *et_dtype_name(enum et_dtype t)
{
    return rows[t].name;
}

double et_dtype_epsilon(enum et_dtype t)
{
    return rows[t].epsilon;
}

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

double et_dtype_get(enum et_dtype t, const void *a, size_t i)
{
    switch (t) {
    case ET_FP64:
        return ((const double *)a)[i];
    case ET_FP32:
        return ((const float *)a)[i];
    case ET_INT8:
        return ((const int8_t *)a)[i];
    default:
        return widen(((const uint16_t *)a)[i], rows[t].fraction, rows[t].bias);
    }
}

void et_dtype_set(enum et_dtype t, void *a, size_t i, double v)
{
    switch (t) {
    case ET_FP64:
        ((double *)a)[i] = v;
        break;
    case ET_FP32:
        ((float *)a)[i] = (float)v;
        break;
    case ET_INT8:
        ((int8_t *)a)[i] =
            isnan(v) ? 0 : (int8_t)nearbyint(fmax(-128, fmin(127, v)));
        break;
    default:
        ((uint16_t *)a)[i] = narrow(v, rows[t].fraction, rows[t].bias);
    }
}
