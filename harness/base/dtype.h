/* Element types of the workloads: one row each below, and nothing else. The
 * order is that of ET_DTYPE_CHOICES, so that a choice field parses into the
 * enum.
 *
 * Layouts: fp64, fp32 and fp16 are IEEE 754 binary64, binary32, binary16;
 * bf16 is the upper half of a binary32 (Intel, "BFLOAT16 - Hardware Numerics
 * Definition", 2018); int8 is two's complement. fp16 and bf16 are kept as
 * uint16_t, so no compiler support for them is needed.
 */
#ifndef ET_BASE_DTYPE_H
#define ET_BASE_DTYPE_H

#include <float.h>
#include <stdbool.h>
#include <stddef.h>

/* Symbol; name; bytes of an element; bits of the significand p, with the
 * leading one (unit roundoff 2^-p), 0 for an integer; greatest finite value;
 * X_widen and X_narrow in dtype.c convert it; the name of MPI 3 for it behind
 * its prefix, DATATYPE_NULL where it has none. */
#define ET_DTYPE_ROWS(ROW)                                                     \
    ROW(ET_FP64, "fp64", 8, 53, DBL_MAX, fp64, DOUBLE)                         \
    ROW(ET_FP32, "fp32", 4, 24, (double)FLT_MAX, fp32, FLOAT)                  \
    ROW(ET_FP16, "fp16", 2, 11, 65504, fp16, DATATYPE_NULL)                    \
    ROW(ET_BF16, "bf16", 2, 8, 0x1.fep127, bf16, DATATYPE_NULL)                \
    ROW(ET_INT8, "int8", 1, 0, 127, int8, INT8_T)

#define ET_DTYPE_SYMBOL(symbol, name, size, bits, most, format, mpi) symbol,
#define ET_DTYPE_BAR_NAME(symbol, name, size, bits, most, format, mpi) "|" name
#define ET_DTYPE_COMMA_NAME(symbol, name, size, bits, most, format, mpi)       \
    ", " name
enum et_dtype { ET_DTYPE_ROWS(ET_DTYPE_SYMBOL) ET_DTYPES };
/* "fp64|fp32|..." and "fp64, fp32, ...": every type, in their order. */
#define ET_DTYPE_CHOICES (&ET_DTYPE_ROWS(ET_DTYPE_BAR_NAME)[1])
#define ET_DTYPE_LIST (&ET_DTYPE_ROWS(ET_DTYPE_COMMA_NAME)[2])

/* Any value may be asked about: one that is no type has the name "?", no
 * bytes, no value but NAN, and is no integer. */
bool et_dtype_is_known(enum et_dtype t);
size_t et_dtype_size(enum et_dtype t);         /* bytes */
const char *et_dtype_name(enum et_dtype t);    /* "fp64" */
enum et_dtype et_dtype_find(const char *name); /* ET_DTYPES: there is none */
bool et_dtype_is_integer(enum et_dtype t);
double et_dtype_epsilon(enum et_dtype t); /* unit roundoff u = 2^-p; int8: 0 */
double et_dtype_most(enum et_dtype t);    /* greatest finite value */
/* Integers of up to this magnitude, and so sums of them that stay within, are
 * held without rounding: 2^p; of an integer type its greatest value. */
double et_dtype_exact(enum et_dtype t);
double et_dtype_get(enum et_dtype t, const void *a, size_t i);
/* To the nearest value of the type, ties to even. Beyond the greatest finite
 * one a floating type becomes infinite; int8 stays at its end, NaN gives 0. */
void et_dtype_set(enum et_dtype t, void *a, size_t i, double v);
/* Turns a bit of element i over; 0 is the lowest of its value. */
void et_dtype_flip(enum et_dtype t, void *a, size_t i, size_t bit);
/* v as the type holds it. */
double et_dtype_round(enum et_dtype t, double v);

/* How a stored element becomes the number that it stands for. So far it always
 * is that number; a backend refuses what it does not know. */
enum et_scale { ET_UNSCALED, ET_SCALES };
struct et_element {
    enum et_dtype dtype;
    enum et_scale scale;
};

/* The types of a product: its operands as they are stored, its output, and
 * what its sums are kept in. */
struct et_types {
    struct et_element a, b, out;
    enum et_dtype sum;
};
/* All of one type, unscaled. */
struct et_types et_types_of(enum et_dtype t);
/* That one type; ET_DTYPES where they differ, are scaled or unknown. */
enum et_dtype et_types_single(const struct et_types *t);
/* Are all known floating-point types, unscaled? */
bool et_types_are_floats(const struct et_types *t);

#endif
