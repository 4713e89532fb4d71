/* Element types of the workloads. One row each in dtype.c; the order here is
 * the order of ET_DTYPE_ALL_CHOICES, so that a choice field parses into the
 * enum. ET_DTYPE_CHOICES, its first part, is for what knows no other.
 *
 * Layouts: fp64, fp32 and fp16 are IEEE 754 binary64, binary32, binary16;
 * bf16 is the upper half of a binary32 (Intel, "BFLOAT16 - Hardware Numerics
 * Definition", 2018); int8 is two's complement. fp16 and bf16 are kept as
 * uint16_t, so no compiler support for them is needed.
 */
#ifndef ET_BASE_DTYPE_H
#define ET_BASE_DTYPE_H

#include <stddef.h>

enum et_dtype { ET_FP64, ET_FP32, ET_FP16, ET_BF16, ET_INT8, ET_DTYPES };
#define ET_DTYPE_CHOICES "fp64|fp32"
#define ET_DTYPE_ALL_CHOICES "fp64|fp32|fp16|bf16|int8"

size_t et_dtype_size(enum et_dtype t);      /* bytes */
const char *et_dtype_name(enum et_dtype t); /* "fp64" */
double et_dtype_epsilon(enum et_dtype t); /* unit roundoff u = 2^-p; int8: 0 */
double et_dtype_get(enum et_dtype t, const void *a, size_t i);
/* To the nearest value of the type, ties to even. Beyond the greatest finite
 * one a floating type becomes infinite; int8 stays at its end, NaN gives 0. */
void et_dtype_set(enum et_dtype t, void *a, size_t i, double v);

#endif
