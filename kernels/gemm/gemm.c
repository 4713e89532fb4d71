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
    return why || !b->unsupported ? why : b->unsupported(p);
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
        !elements(p->batch, p->trans_b ? p->n : p->k, p->ldb, &nb) ||
        !elements(p->batch, p->m, p->ldc, &nc))
        return false;
    *a = na;
    *b = nb;
    *c = nc;
    return true;
}
