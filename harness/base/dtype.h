/* Element types of the workloads: one row each below, and nothing else. The
 * order is that of ET_DTYPE_CHOICES, so that a choice field parses into the
 * enum.
 *
 * Layouts: fp64, fp32 and fp16 are IEEE 754 binary64, binary32, binary16;
 * bf16 is the upper half of a binary32 (Intel, "BFLOAT16 - Hardware Numerics
 * Definition", 2018); fp8_e4m3, which has no infinity, and fp8_e5m2 are those
 * of the "OCP 8-bit Floating Point Specification (OFP8)", 2023; integers are
 * two's complement. fp16 and bf16 are kept as uint16_t and both fp8 as uint8_t,
 * so no compiler support for them is needed.
 */
#ifndef ET_BASE_DTYPE_H
#define ET_BASE_DTYPE_H

#include <float.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Symbol; name; bytes of an element, 1, 2, 4 or 8; bits of the significand p,
 * with the leading one (unit roundoff 2^-p), 0 for an integer; least and
 * greatest finite value; X_widen and X_narrow in dtype.c convert it; the name
 * of MPI 3 for it behind its prefix, DATATYPE_NULL where it has none; what
 * products of it are summed in unless something else is asked for. */
#define ET_DTYPE_ROWS(ROW)                                                     \
    ROW(ET_FP64, "fp64", 8, 53, -DBL_MAX, DBL_MAX, fp64, DOUBLE, ET_FP64)      \
    ROW(ET_FP32, "fp32", 4, 24, (double)-FLT_MAX, (double)FLT_MAX, fp32,       \
        FLOAT, ET_FP32)                                                        \
    ROW(ET_FP16, "fp16", 2, 11, -65504, 65504, fp16, DATATYPE_NULL, ET_FP32)   \
    ROW(ET_BF16, "bf16", 2, 8, -0x1.fep127, 0x1.fep127, bf16, DATATYPE_NULL,   \
        ET_FP32)                                                               \
    ROW(ET_INT8, "int8", 1, 0, -128, 127, int8, INT8_T, ET_INT32)              \
    ROW(ET_UINT8, "uint8", 1, 0, 0, 255, uint8, UINT8_T, ET_INT32)             \
    ROW(ET_INT32, "int32", 4, 0, INT32_MIN, INT32_MAX, int32, INT32_T,         \
        ET_INT32)                                                              \
    ROW(ET_FP8_E4M3, "fp8_e4m3", 1, 4, -448, 448, fp8_e4m3, DATATYPE_NULL,     \
        ET_FP32)                                                               \
    ROW(ET_FP8_E5M2, "fp8_e5m2", 1, 3, -57344, 57344, fp8_e5m2, DATATYPE_NULL, \
        ET_FP32)

#define ET_DTYPE_SYMBOL(symbol, ...) symbol,
#define ET_DTYPE_BAR_NAME(symbol, name, ...) "|" name
enum et_dtype { ET_DTYPE_ROWS(ET_DTYPE_SYMBOL) ET_DTYPES };
/* "fp64|fp32|...": every type, in their order. */
#define ET_DTYPE_CHOICES (&ET_DTYPE_ROWS(ET_DTYPE_BAR_NAME)[1])
/* "first|fp64|fp32|...", where a choice may also be `first`, which is 0. */
#define ET_DTYPE_CHOICES_AFTER(first) first ET_DTYPE_ROWS(ET_DTYPE_BAR_NAME)

/* Any value may be asked about: one that is no type has the name "?", no
 * bytes, no value but NAN, and is no integer. */
bool et_dtype_is_known(enum et_dtype t);
size_t et_dtype_size(enum et_dtype t);         /* bytes */
const char *et_dtype_name(enum et_dtype t);    /* "fp64" */
enum et_dtype et_dtype_find(const char *name); /* ET_DTYPES: there is none */
bool et_dtype_is_integer(enum et_dtype t);
double et_dtype_epsilon(enum et_dtype t); /* unit roundoff 2^-p; integers: 0 */
double et_dtype_least(enum et_dtype t);   /* least finite value */
double et_dtype_most(enum et_dtype t);    /* greatest finite value */
/* The least value above 0, a subnormal one where there are such: two of the
 * type's values are never nearer. */
double et_dtype_step(enum et_dtype t);
enum et_dtype et_dtype_sum(enum et_dtype t); /* of its products; ET_DTYPES */
/* Integers of up to this magnitude, and so sums of them that stay within, are
 * held without rounding: 2^p; of an integer type its greatest value. */
double et_dtype_exact(enum et_dtype t);
double et_dtype_get(enum et_dtype t, const void *a, size_t i);
/* Elements [first, first + n). */
void et_dtype_load(enum et_dtype t, const void *a, size_t first, size_t n,
                   double *out);
/* To the nearest value of the type, ties to even. Beyond the greatest finite
 * one a floating type becomes infinite; fp8 stays there (the specification's
 * saturation), as do integers at both ends, where NaN gives 0. */
void et_dtype_set(enum et_dtype t, void *a, size_t i, double v);
/* Turns a bit of element i over; 0 is the lowest of its value. */
void et_dtype_flip(enum et_dtype t, void *a, size_t i, size_t bit);
/* What no result is: its byte, so often as an element has bytes, is a NaN, or
 * of int32 far from what sums come to. */
int et_dtype_spoilt(enum et_dtype t);
/* v as the type holds it. */
double et_dtype_round(enum et_dtype t, double v);

/* How a stored element becomes the number that it stands for. So far it always
 * is that number; a backend refuses what it does not know. */
enum et_scale { ET_UNSCALED, ET_SCALES };
struct et_element {
    enum et_dtype dtype;
    enum et_scale scale;
};

/* The address of element i of an array of that type. */
static inline const void *et_dtype_at(enum et_dtype t, const void *v, int64_t i)
{
    return (const char *)v + i * (int64_t)et_dtype_size(t);
}

/* The types of a product: its operands as they are stored, its output, and
 * what its sums are kept in. */
struct et_types {
    struct et_element a, b, out;
    enum et_dtype sum;
};
/* All of one type, unscaled. */
struct et_types et_types_of(enum et_dtype t);
/* Operands of a type as products of it usually are: summed in its row's type;
 * the output is of the operands' type, of integers of the sums'. */
struct et_types et_types_usual(enum et_dtype t);
/* "bf16 x bf16 -> fp32 -> bf16": operands, sums, output. */
#define ET_TYPES_SIZE 64
void et_types_say(const struct et_types *t, char text[ET_TYPES_SIZE]);
/* That one type; ET_DTYPES where they differ, are scaled or unknown. */
enum et_dtype et_types_single(const struct et_types *t);
/* Are all known floating-point types, unscaled? */
bool et_types_are_floats(const struct et_types *t);
/* Are all known integer types, unscaled, the output that of the sums? */
bool et_types_are_integers(const struct et_types *t);

#endif
