/* conv's list of backends, from the build's, and the sizes of a problem.
 * Knows the backends by name only; what they do stands in a file each.
 */
#include "config.h"
#include "kernels/conv/conv.h"

#include "harness/base/memory.h"
#include "lists.h"

ET_BACKENDS(conv, ET_LIST_CONV);

const char *et_conv_unsupported(const struct et_conv_backend *b,
                                const struct et_conv *p)
{
    const char *why = et_backend_why_not(&b->base);
    return why || !b->unsupported ? why : b->unsupported(p);
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
