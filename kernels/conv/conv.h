/* conv: two-dimensional forward convolution (cross-correlation, as every AI
 * framework means it) on one rank, fp32, NCHW.
 *
 * x[n][c][h][w], w[k][c/groups][r][s], y[n][k][p][q], dense, row-major.
 * p = (h + 2 pad_h - dil_h (r-1) - 1) / stride_h + 1, q likewise.
 * y[n][k][p][q] = sum over c in k's group, r, s of
 *     x[n][c][p stride_h - pad_h + r dil_h][...] w[k][c'][r][s], 0 outside.
 * flops = 2 n k p q (c/groups) r s, padding counted as DeepBench does.
 */
#ifndef ET_CONV_CONV_H
#define ET_CONV_CONV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/base/status.h"

struct et_conv {
    int64_t n, c, h, w, k, r, s;
    int64_t pad_h, pad_w, stride_h, stride_w, dil_h, dil_w, groups;
};

int64_t et_conv_p(const struct et_conv *p); /* < 1: filter does not fit */
int64_t et_conv_q(const struct et_conv *p);
bool et_conv_elements(const struct et_conv *p, int64_t *x, int64_t *w,
                      int64_t *y);

/* As et_gemm_backend; a backend over a gemm backend is named
 * "im2col-<gemm backend>". */
struct et_conv_backend {
    const char *const *names; /* NULL ends: im2col has one per gemm backend */
    const char *summary;
    const char *(*why_not)(const char *name);
    const char *(*origin)(const char *name);
    const char *(*unsupported)(const char *name, const struct et_conv *p);
    /* Bytes beyond the operands; INFINITY on overflow. */
    double (*workspace)(const struct et_conv *p, int threads);
    enum et_status (*create)(const char *name, const struct et_conv *p,
                             int threads, const float *x, const float *w,
                             float *y, void **plan);
    enum et_status (*run)(void *plan);
    enum et_status (*fetch)(void *plan);
    void (*destroy)(void *plan);
};

/* Full names in order, the reference first; NULL past the end. */
const char *et_conv_backend_name(size_t i);
const struct et_conv_backend *et_conv_backend_find(const char *name);

#endif
