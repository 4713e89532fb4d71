/* Element types of the workloads. One row each in dtype.c; the order here is
 * the order of ET_DTYPE_CHOICES, so that a choice field parses into the enum.
 */
#ifndef ET_BASE_DTYPE_H
#define ET_BASE_DTYPE_H

#include <stddef.h>

enum et_dtype { ET_FP64, ET_FP32, ET_DTYPES };
#define ET_DTYPE_CHOICES "fp64|fp32"

size_t et_dtype_size(enum et_dtype t);      /* bytes */
const char *et_dtype_name(enum et_dtype t); /* "fp64" */
double et_dtype_epsilon(enum et_dtype t);   /* unit roundoff u = 2^-p */
double et_dtype_get(enum et_dtype t, const void *a, size_t i);
void et_dtype_set(enum et_dtype t, void *a, size_t i, double v);

#endif
