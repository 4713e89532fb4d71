/* What most backends of gemm begin with. */
#include "config.h"
#include "kernels/gemm/setup.h"

#include "harness/base/log.h"
#include "harness/base/memory.h"

struct et_gemm_setup et_gemm_setup_of(const struct et_gemm *p, int threads,
                                      const void *a, const void *b, void *c)
{
    struct et_gemm_setup q = {
        .p = *p, .threads = threads, .a = a, .b = b, .c = c};
    q.p.alpha = et_dtype_round(p->types.sum, p->alpha);
    q.p.beta = et_dtype_round(p->types.sum, p->beta);
    q.rs_a = p->trans_a ? 1 : p->lda;
    q.cs_a = p->trans_a ? p->lda : 1;
    q.rs_b = p->trans_b ? 1 : p->ldb;
    q.cs_b = p->trans_b ? p->ldb : 1;
    q.step_a = (p->trans_a ? p->k : p->m) * p->lda;
    q.step_b = (p->trans_b ? p->n : p->k) * p->ldb;
    q.step_c = p->m * p->ldc;
    return q;
}

void *et_gemm_setup_new(size_t size, const struct et_gemm *p, int threads,
                        const void *a, const void *b, void *c)
{
    struct et_gemm_setup *q = et_alloc(1, size);
    if (!q)
        (void)et_no_memory();
    else
        *q = et_gemm_setup_of(p, threads, a, b, c);
    return q;
}

enum et_status et_gemm_setup(const struct et_gemm *p, int threads,
                             const void *a, const void *b, void *c,
                             void **setup)
{
    *setup =
        et_gemm_setup_new(sizeof(struct et_gemm_setup), p, threads, a, b, c);
    return *setup ? ET_OK : ET_INFRA;
}

struct et_gemm_setup et_gemm_setup_at(const struct et_gemm_setup *q, uint64_t i)
{
    struct et_gemm_setup at = *q;
    at.a = et_dtype_at(q->p.types.a.dtype, q->a, et_turn_a(&q->p.turn_a, i));
    at.b = et_dtype_at(q->p.types.b.dtype, q->b, et_turn_b(&q->p.turn_b, i));
    return at;
}

enum et_status et_gemm_setup_run(
    const struct et_gemm_setup *q, uint64_t first, uint64_t n,
    enum et_status (*multiply)(const struct et_gemm_setup *q, int64_t g))
{
    enum et_status status = ET_OK;
    for (uint64_t i = 0; i < n && status == ET_OK; i++) {
        const struct et_gemm_setup at = et_gemm_setup_at(q, first + i);
        for (int64_t g = 0; g < q->p.batch && status == ET_OK; g++)
            status = multiply(&at, g);
    }
    return status;
}

/* One product in the backend's memory. */
static bool attempt_in(const struct et_gemm_backend *b, int threads,
                       const struct et_gemm *p, struct et_buffer buffers[3])
{
    void *setup = NULL;
    bool good = b->create(p, threads, buffers[0].at, buffers[1].at,
                          buffers[2].at, &setup) == ET_OK &&
                b->base.run(setup, 0, 1) == ET_OK &&
                et_backend_wait(&b->base, setup) == ET_OK;
    if (setup)
        b->base.destroy(setup);
    return good;
}

static bool attempt_one(const struct et_gemm_backend *b, int threads,
                        enum et_dtype dtype, int64_t m, int64_t n, int64_t k)
{
    const struct et_gemm p = et_gemm_dense(et_types_usual(dtype), m, n, k);
    const int64_t elements[] = {m * k, k * n, m * n};
    const enum et_dtype type[] = {p.types.a.dtype, p.types.b.dtype,
                                  p.types.out.dtype};
    struct et_buffer buffers[3] = {0};
    bool good = true;
    if (b->unsupported && b->unsupported(&p))
        return true;
    for (int i = 0; good && i < 3; i++)
        good = et_buffer_open(&buffers[i], b->base.space, (size_t)elements[i],
                              et_dtype_size(type[i])) == ET_OK &&
               et_buffer_fill(&buffers[i], 0, buffers[i].n, 0) == ET_OK;
    good = good && attempt_in(b, threads, &p, buffers);
    for (int i = 0; i < 3; i++)
        et_buffer_close(&buffers[i]);
    return good;
}

bool et_gemm_setup_attempt(const struct et_gemm_backend *b, int threads)
{
    bool good = true;
    for (int d = 0; good && d < ET_DTYPES; d++)
        good = attempt_one(b, threads, (enum et_dtype)d, 8, 8, 8) &&
               attempt_one(b, threads, (enum et_dtype)d, 520, 520, 250);
    return good;
}
