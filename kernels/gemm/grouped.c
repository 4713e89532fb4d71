/* A setup for each group. */
#include "config.h"
#include "kernels/gemm/grouped.h"

#include <stdlib.h>

#include "harness/base/log.h"
#include "harness/base/memory.h"

struct grouped {
    const struct et_backend *base; /* of each setup */
    int64_t n;
    void **setups; /* NULL: the group has no rows */
};

static enum et_status run(void *setup, uint64_t first, uint64_t n)
{
    const struct grouped *q = setup;
    enum et_status status = ET_OK;
    for (uint64_t i = 0; i < n; i++) {
        for (int64_t g = 0; g < q->n && status == ET_OK; g++) {
            if (q->setups[g])
                status = q->base->run(q->setups[g], first + i, 1);
        }
    }
    return status;
}

static enum et_status wait(void *setup)
{
    const struct grouped *q = setup;
    enum et_status worst = ET_OK;
    for (int64_t g = 0; g < q->n; g++) {
        if (q->setups[g])
            worst =
                et_status_worse(worst, et_backend_wait(q->base, q->setups[g]));
    }
    return worst;
}

static double elapsed(void *setup)
{
    const struct grouped *q = setup;
    double all = 0;
    for (int64_t g = 0; g < q->n; g++) {
        if (q->setups[g])
            all += q->base->elapsed(q->setups[g]);
    }
    return all;
}

static void destroy(void *setup)
{
    struct grouped *q = setup;
    for (int64_t g = 0; g < q->n && q->setups; g++) {
        if (q->setups[g])
            q->base->destroy(q->setups[g]);
    }
    free(q->setups);
    free(q);
}

static bool is_whole(const struct et_gemm_backend *b, const struct et_gemm *p)
{
    return !p->groups || b->groups;
}

struct et_backend et_gemm_base(const struct et_gemm_backend *b,
                               const struct et_gemm *p)
{
    struct et_backend base = b->base;
    if (is_whole(b, p))
        return base;
    base.run = run;
    base.wait = b->base.wait ? wait : NULL;
    base.elapsed = b->base.elapsed ? elapsed : NULL;
    base.destroy = destroy;
    return base;
}

enum et_status et_gemm_create(const struct et_gemm_backend *backend,
                              const struct et_gemm *p, int threads,
                              const void *a, const void *b, void *c,
                              void **setup)
{
    if (is_whole(backend, p))
        return backend->create(p, threads, a, b, c, setup);
    struct grouped *q = et_alloc(1, sizeof *q);
    if (!q)
        return et_no_memory();
    *q = (struct grouped){&backend->base, p->groups,
                          et_alloc((size_t)p->groups, sizeof *q->setups)};
    enum et_status status = q->setups ? ET_OK : et_no_memory();
    for (int64_t g = 0; g < p->groups && status == ET_OK; g++) {
        int64_t at[3];
        const struct et_gemm one = et_gemm_group(p, g, &at[0], &at[1], &at[2]);
        if (one.m)
            status = backend->create(
                &one, threads, et_dtype_at(p->types.a.dtype, a, at[0]),
                et_dtype_at(p->types.b.dtype, b, at[1]),
                (char *)c + at[2] * (int64_t)et_dtype_size(p->types.out.dtype),
                &q->setups[g]);
    }
    if (status != ET_OK) {
        destroy(q);
        return status;
    }
    *setup = q;
    return ET_OK;
}

double et_gemm_workspace(const struct et_gemm_backend *b,
                         const struct et_gemm *p, int threads)
{
    double all = 0;
    if (!b->workspace)
        return 0;
    if (is_whole(b, p))
        return b->workspace(p, threads);
    for (int64_t g = 0; g < p->groups; g++) {
        int64_t at[3];
        const struct et_gemm one = et_gemm_group(p, g, &at[0], &at[1], &at[2]);
        all += one.m ? b->workspace(&one, threads) : 0;
    }
    return all;
}
