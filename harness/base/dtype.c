/* The element types, one row each. */
#include "config.h"
#include "harness/base/dtype.h"

static const struct {
    const char *name;
    size_t size;
    double epsilon;
} rows[ET_DTYPES] = {
    [ET_FP64] = {"fp64", 8, 0x1p-53},
    [ET_FP32] = {"fp32", 4, 0x1p-24},
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

double et_dtype_get(enum et_dtype t, const void *a, size_t i)
{
    return t == ET_FP64 ? ((const double *)a)[i] : ((const float *)a)[i];
}

void et_dtype_set(enum et_dtype t, void *a, size_t i, double v)
{
    if (t == ET_FP64)
        ((double *)a)[i] = v;
    else
        ((float *)a)[i] = (float)v;
}
