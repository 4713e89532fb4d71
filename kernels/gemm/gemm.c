/* gemm's list of backends, from the build's, and the size of operands. Knows
 * the backends by name only; what they do stands in a file each.
 */
#include "config.h"
#include "kernels/gemm/gemm.h"

#include "harness/base/memory.h"
#include "lists.h"

ET_BACKENDS(gemm, ET_LIST_GEMM);

const char *et_gemm_unsupported(const struct et_gemm_backend *b,
                                const struct et_gemm *p)
{
    const char *why = et_backend_why_not(&b->base);
    for (int64_t g = 0; g < p->groups && !why && b->unsupported; g++) {
        int64_t at[3];
        const struct et_gemm one = et_gemm_group(p, g, &at[0], &at[1], &at[2]);
        why = one.m ? b->unsupported(&one) : NULL;
    }
    return why || !b->unsupported || p->groups ? why : b->unsupported(p);
}

struct et_gemm et_gemm_group(const struct et_gemm *p, int64_t g, int64_t *a,
                             int64_t *b, int64_t *c)
{
    struct et_gemm one = *p;
    one.groups = 0;
    one.first = NULL;
    one.m = p->first[g + 1] - p->first[g];
    *a = p->first[g] * (p->trans_a ? 1 : p->lda);
    *b = g * (p->trans_b ? p->n : p->k) * p->ldb;
    *c = p->first[g] * p->ldc;
    return one;
}

struct et_gemm et_gemm_dense(struct et_types types, int64_t m, int64_t n,
                             int64_t k)
{
    return (struct et_gemm){.types = types,
                            .m = m,
                            .n = n,
                            .k = k,
                            .batch = 1,
                            .lda = k,
                            .ldb = n,
                            .ldc = n,
                            .alpha = 1};
}

static bool elements(int64_t batch, int64_t rows, int64_t ld, int64_t *out)
{
    int64_t one;
    return et_mul(rows, ld, &one) && et_mul(one, batch, out);
}

bool et_gemm_elements(const struct et_gemm *p, int64_t *a, int64_t *b,
                      int64_t *c)
{
    int64_t na, nb, nc;
    if (!elements(p->batch, p->trans_a ? p->k : p->m, p->lda, &na) ||
        !elements(p->groups ? p->groups : p->batch, p->trans_b ? p->n : p->k,
                  p->ldb, &nb) ||
        !elements(p->batch, p->m, p->ldc, &nc))
        return false;
    *a = na;
    *b = nb;
    *c = nc;
    return true;
}
