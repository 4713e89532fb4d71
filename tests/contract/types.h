/* Types of a product that no backend knows: one operand, the output or the sums
 * of a made-up type, of which nothing but its number is known, or scaled.
 */
#ifndef ET_TESTS_TYPES_H
#define ET_TESTS_TYPES_H

#include "harness/base/dtype.h"

#define MADE_UP ((enum et_dtype)ET_DTYPES)
#define TYPE_WAYS 8

static inline struct et_types odd_types(enum et_dtype t, int way)
{
    struct et_types types = et_types_of(t);
    enum et_dtype *const dtypes[] = {&types.a.dtype, &types.b.dtype,
                                     &types.out.dtype, &types.sum};
    enum et_scale *const scales[] = {&types.a.scale, &types.b.scale,
                                     &types.out.scale};
    if (way == TYPE_WAYS - 1)
        return et_types_of(MADE_UP);
    if (way < 4)
        *dtypes[way] = MADE_UP;
    else
        *scales[way - 4] = ET_SCALES;
    return types;
}

#endif
