/* setup: what most backends begin with: the problem, where its operands are,
 * and the strides through them. Knows memory; multiplies nothing.
 */
#ifndef ET_GEMM_SETUP_H
#define ET_GEMM_SETUP_H

#include "kernels/gemm/gemm.h"

/* In elements: op(X)[i][j] of product g is x[g*step_x + i*rs_x + j*cs_x]; rows
 * of C are ldc apart. */
struct et_gemm_setup {
    struct et_gemm p; /* alpha and beta as the type of the sums holds them */
    int threads;
    const void *a, *b;
    void *c;
    int64_t rs_a, cs_a, rs_b, cs_b, step_a, step_b, step_c;
};

struct et_gemm_setup et_gemm_setup_of(const struct et_gemm *p, int threads,
                                      const void *a, const void *b, void *c);
/* The same in a struct of `size` bytes that begins with it, the rest 0; free's.
 * NULL: no memory, logged. */
void *et_gemm_setup_new(size_t size, const struct et_gemm *p, int threads,
                        const void *a, const void *b, void *c);
/* As a backend's create: the setup is a struct et_gemm_setup, and free's. */
enum et_status et_gemm_setup(const struct et_gemm *p, int threads,
                             const void *a, const void *b, void *c,
                             void **setup);
/* The same with a and b where iteration i has them. */
struct et_gemm_setup et_gemm_setup_at(const struct et_gemm_setup *q,
                                      uint64_t i);
/* For a backend's run, where a product is one call: each of the batch in so
 * many iterations, up to the first error. */
enum et_status et_gemm_setup_run(
    const struct et_gemm_setup *q, uint64_t first, uint64_t n,
    enum et_status (*multiply)(const struct et_gemm_setup *q, int64_t g));

/* The table of a library's backend, of what its file defines by these names;
 * then more members of its base. */
#define ET_GEMM_LIBRARY(stem, does, its_create, its_destroy, ...)              \
    const struct et_gemm_backend et_gemm_##stem = {                            \
        .base = {.name = #stem,                                                \
                 .summary = does,                                              \
                 .attempt = attempt,                                           \
                 .origin = origin,                                             \
                 .run = run,                                                   \
                 .destroy = its_destroy,                                       \
                 __VA_ARGS__},                                                 \
        .unsupported = unsupported,                                            \
        .create = its_create}

/* For a library's `attempt`: a small and a middling product of each type that
 * it does, so that each kind of its kernels is used. */
bool et_gemm_setup_attempt(const struct et_gemm_backend *b, int threads);

#endif
