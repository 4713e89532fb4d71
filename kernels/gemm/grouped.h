/* grouped: products in groups by a backend that knows none: a setup for each
 * group that has rows, one after the other. What a program does that has no
 * better. Knows no backend.
 */
#ifndef ET_GEMM_GROUPED_H
#define ET_GEMM_GROUPED_H

#include "kernels/gemm/gemm.h"

/* What runs setups of et_gemm_create: the backend's own base, or one of the
 * same name over a setup for each group. */
struct et_backend et_gemm_base(const struct et_gemm_backend *b,
                               const struct et_gemm *p);
/* The backend's create, or for each group. */
enum et_status et_gemm_create(const struct et_gemm_backend *backend,
                              const struct et_gemm *p, int threads,
                              const void *a, const void *b, void *c,
                              void **setup);
/* Its workspace, of all groups where it knows none. */
double et_gemm_workspace(const struct et_gemm_backend *b,
                         const struct et_gemm *p, int threads);

#endif
