/* gemm by oneDNN's function for fp32, which is older than its matmul primitive
 * and at times faster. A batch is done one by one.
 */
#include "config.h"
#include "kernels/gemm/setup.h"

extern const struct et_gemm_backend et_gemm_onednn_sgemm;

#define SUMMARY "oneDNN, sgemm: fp32"

#if HAVE_ONEDNN

#include <dnnl.h>
#include <stdio.h>
#include <stdlib.h>
#ifdef _OPENMP
#include <omp.h>
#endif

#include "harness/base/log.h"

static void origin(char *text, size_t n)
{
    const dnnl_version_t *v = dnnl_version();
    snprintf(text, n, "oneDNN %d.%d.%d, dnnl_sgemm", v->major, v->minor,
             v->patch);
}

static const char *unsupported(const struct et_gemm *p)
{
    return et_types_single(&p->types) == ET_FP32
               ? NULL
               : "oneDNN's sgemm multiplies fp32 alone";
}

static enum et_status multiply(const struct et_gemm_setup *q, int64_t g)
{
    const struct et_gemm *p = &q->p;
    dnnl_status_t s =
        dnnl_sgemm(p->trans_a ? 'T' : 'N', p->trans_b ? 'T' : 'N', p->m, p->n,
                   p->k, (float)p->alpha, (const float *)q->a + g * q->step_a,
                   p->lda, (const float *)q->b + g * q->step_b, p->ldb,
                   (float)p->beta, (float *)q->c + g * q->step_c, p->ldc);
    return s == dnnl_success
               ? ET_OK
               : et_error(ET_INFRA, "gemm: onednn_sgemm: error %d", (int)s);
}

static enum et_status run(void *setup, uint64_t first, uint64_t n)
{
    const struct et_gemm_setup *q = setup;
#ifdef _OPENMP
    omp_set_num_threads(q->threads);
#endif
    return et_gemm_setup_run(q, first, n, multiply);
}

static bool attempt(int threads)
{
    return et_gemm_setup_attempt(&et_gemm_onednn_sgemm, threads);
}

ET_GEMM_LIBRARY(onednn_sgemm, SUMMARY, et_gemm_setup, free, .caution = NULL);

#else

const struct et_gemm_backend et_gemm_onednn_sgemm = ET_BACKEND_ABSENT(
    "onednn_sgemm", SUMMARY, "not built in (configure --with-onednn)");

#endif
