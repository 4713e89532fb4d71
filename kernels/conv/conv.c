/* conv's list of backends, from the build's, and the sizes of a problem.
 * Knows the backends by name only; what they do stands in a file each.
 */
#include "config.h"
#include "kernels/conv/conv.h"

#include <string.h>

#include "harness/base/memory.h"
#include "lists.h"

#define DECLARE(stem) extern const struct et_conv_backend et_conv_##stem;
ET_LIST_CONV(DECLARE)

static const struct et_conv_backend *const table[] = {
#define ENTRY(stem) &et_conv_##stem,
    ET_LIST_CONV(ENTRY)};

#define TABLE (sizeof table / sizeof table[0])

const char *et_conv_backend_name(size_t i)
{
    for (size_t b = 0; b < TABLE; b++) {
        for (const char *const *name = table[b]->names; *name; name++) {
            if (i-- == 0)
                return *name;
        }
    }
    return NULL;
}

const struct et_conv_backend *et_conv_backend_find(const char *name)
{
    for (size_t b = 0; b < TABLE; b++) {
        for (const char *const *own = table[b]->names; *own; own++) {
            if (strcmp(*own, name) == 0)
                return table[b];
        }
    }
    return NULL;
}

/* Output extent along one axis; 0 where the filter does not fit or the sum
 * overflows. */
static int64_t extent(int64_t in, int64_t pad, int64_t filter, int64_t dil,
                      int64_t stride)
{
    int64_t padded, reach;
    if (!et_mul(pad, 2, &padded) || !et_add(padded, in, &padded) ||
        !et_mul(dil, filter - 1, &reach) || padded <= reach)
        return 0;
    return (padded - reach - 1) / stride + 1;
}

int64_t et_conv_p(const struct et_conv *p)
{
    return extent(p->h, p->pad_h, p->r, p->dil_h, p->stride_h);
}

int64_t et_conv_q(const struct et_conv *p)
{
    return extent(p->w, p->pad_w, p->s, p->dil_w, p->stride_w);
}

static bool product(int64_t a, int64_t b, int64_t c, int64_t d, int64_t *out)
{
    int64_t ab, abc;
    return et_mul(a, b, &ab) && et_mul(ab, c, &abc) && et_mul(abc, d, out);
}

bool et_conv_elements(const struct et_conv *p, int64_t *x, int64_t *w,
                      int64_t *y)
{
    int64_t nx, nw, ny;
    if (!product(p->n, p->c, p->h, p->w, &nx) ||
        !product(p->k, p->c / p->groups, p->r, p->s, &nw) ||
        !product(p->n, p->k, et_conv_p(p), et_conv_q(p), &ny))
        return false;
    *x = nx;
    *w = nw;
    *y = ny;
    return true;
}
