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
    switch (way) {
    case 0:
        types.a.dtype = MADE_UP;
        break;
    case 1:
        types.b.dtype = MADE_UP;
        break;
    case 2:
        types.out.dtype = MADE_UP;
        break;
    case 3:
        types.sum = MADE_UP;
        break;
    case 4:
        types.a.scale = ET_SCALES;
        break;
    case 5:
        types.b.scale = ET_SCALES;
        break;
    case 6:
        types.out.scale = ET_SCALES;
        break;
    default:
        return et_types_of(MADE_UP);
    }
    return types;
}

#endif
