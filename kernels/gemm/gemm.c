/* gemm's list of backends, from the build's, and the size of operands. Knows
 * the backends by name only; what they do stands in a file each.
 */
#include "config.h"
#include "kernels/gemm/gemm.h"

#include <string.h>

#include "harness/base/memory.h"
#include "lists.h"

#define DECLARE(stem) extern const struct et_gemm_backend et_gemm_##stem;
ET_LIST_GEMM(DECLARE)

static const struct et_gemm_backend *const table[] = {
#define ENTRY(stem) &et_gemm_##stem,
    ET_LIST_GEMM(ENTRY)};

const struct et_gemm_backend *et_gemm_backend_at(size_t i)
{
    return i < sizeof table / sizeof table[0] ? table[i] : NULL;
}

const struct et_gemm_backend *et_gemm_backend_find(const char *name)
{
    const struct et_gemm_backend *b;
    for (size_t i = 0; (b = et_gemm_backend_at(i)); i++) {
        if (strcmp(b->name, name) == 0)
            return b;
    }
    return NULL;
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
