/* gemm on BLIS, through its typed API: row and column strides say what is
 * transposed, so every case is one call. The only file that knows blis.h.
 */
#include "config.h"
#include "kernels/gemm/setup.h"

extern const struct et_gemm_backend et_gemm_blis;

#define SUMMARY "BLIS, typed API"

#if HAVE_BLIS

#if HAVE_BLIS_BLIS_H
#include <blis/blis.h>
#else
#include <blis.h>
#endif
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/log.h"
#include "kernels/gemm/family.h"

/* BLIS's name of its kernels. Until BLIS is initialised the query ends the
 * process where BLIS_ARCH_TYPE is set. */
static const char *family(void)
{
    bli_init();
    return bli_arch_string(bli_arch_query_id());
}

static void origin(char *text, size_t n)
{
    const char *threading = bli_info_get_enable_openmp()     ? "openmp"
                            : bli_info_get_enable_pthreads() ? "pthreads"
                                                             : "single thread";
    snprintf(text, n, "BLIS %s, %s kernels, %s", bli_info_get_version_str(),
             family(), threading);
}

static void caution(char *text, size_t n)
{
    /* Of the sub-configurations that this BLIS has, one for each width. Up to
     * 0.9 BLIS_ARCH_TYPE is a number, which may be another in each version. */
    static const struct {
        const char *vectors;
        int id;
    } wider[] = {
#ifdef BLIS_CONFIG_SKX
        {"avx512", BLIS_ARCH_SKX},
#endif
#ifdef BLIS_CONFIG_HASWELL
        {"avx2", BLIS_ARCH_HASWELL},
#endif
#ifdef BLIS_CONFIG_SANDYBRIDGE
        {"avx", BLIS_ARCH_SANDYBRIDGE},
#endif
#ifdef BLIS_CONFIG_ARMSVE
        {"sve", BLIS_ARCH_ARMSVE},
#endif
        {"", -1}};
    const char *here = et_gemm_vectors_here();
    char value[80] = "";
    for (size_t i = 0; here && i < sizeof wider / sizeof *wider; i++) {
        if (strcmp(wider[i].vectors, here) == 0)
            snprintf(value, sizeof value, "%d (its %s kernels)", wider[i].id,
                     bli_arch_string((arch_t)wider[i].id));
    }
    et_gemm_family_caution("BLIS", family(), "BLIS_ARCH_TYPE",
                           *value ? value : NULL, text, n);
}

static bool attempt(int threads)
{
    return et_gemm_setup_attempt(&et_gemm_blis, threads);
}

static const char *unsupported(const struct et_gemm *p)
{
    enum et_dtype type = et_types_single(&p->types);
    if (type != ET_FP64 && type != ET_FP32)
        return "BLIS multiplies fp64 and fp32 alone, all operands of one type";
    if (sizeof(dim_t) < 8 &&
        (p->m > INT32_MAX || p->n > INT32_MAX || p->k > INT32_MAX ||
         p->lda > INT32_MAX || p->ldb > INT32_MAX || p->ldc > INT32_MAX))
        return "this BLIS has 32-bit dimensions";
    return NULL;
}

/* Product g of the batch. */
static enum et_status multiply(const struct et_gemm_setup *q, int64_t g)
{
    const struct et_gemm *p = &q->p;
    /* Not const: before 1.0 BLIS does not promise it, though it holds. */
    switch (p->types.sum) {
    case ET_FP64: {
        double alpha = p->alpha, beta = p->beta;
        bli_dgemm(BLIS_NO_TRANSPOSE, BLIS_NO_TRANSPOSE, p->m, p->n, p->k,
                  &alpha, (double *)q->a + g * q->step_a, q->rs_a, q->cs_a,
                  (double *)q->b + g * q->step_b, q->rs_b, q->cs_b, &beta,
                  (double *)q->c + g * q->step_c, p->ldc, 1);
        return ET_OK;
    }
    case ET_FP32: {
        float alpha = (float)p->alpha, beta = (float)p->beta;
        bli_sgemm(BLIS_NO_TRANSPOSE, BLIS_NO_TRANSPOSE, p->m, p->n, p->k,
                  &alpha, (float *)q->a + g * q->step_a, q->rs_a, q->cs_a,
                  (float *)q->b + g * q->step_b, q->rs_b, q->cs_b, &beta,
                  (float *)q->c + g * q->step_c, p->ldc, 1);
        return ET_OK;
    }
    default:
        return et_error(ET_USAGE, "gemm: blis: no %s",
                        et_dtype_name(p->types.sum));
    }
}

static enum et_status run(void *setup, uint64_t first, uint64_t n)
{
    const struct et_gemm_setup *q = setup;
    /* Up to 0.9 the count is the process's, from 1.0 on the calling thread's:
     * set here it holds in both, for a lock or a store. It overrules what
     * BLIS_NUM_THREADS and OMP_NUM_THREADS say. */
    bli_thread_set_num_threads(q->threads);
    return et_gemm_setup_run(q, first, n, multiply);
}

ET_GEMM_LIBRARY(blis, SUMMARY, et_gemm_setup, free, .caution = caution);

#else

const struct et_gemm_backend et_gemm_blis =
    ET_BACKEND_ABSENT("blis", SUMMARY, "not built in (configure --with-blis)");

#endif
