/* conv: two-dimensional forward convolution (cross-correlation, as every AI
 * framework means it) on one rank, NCHW. x, w, y and the sums have types of
 * their own (struct et_types); a backend refuses those that it does not know,
 * and so far each knows fp32 alone.
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

#include "harness/base/backend.h"
#include "harness/base/dtype.h"
#include "harness/base/status.h"
#include "harness/base/turn.h"

struct et_conv {
    int64_t n, c, h, w, k, r, s;
    int64_t pad_h, pad_w, stride_h, stride_w, dil_h, dil_w, groups;
    struct et_types types; /* a: x, b: w, out: y */
    /* How they move from one iteration to the next, w as A of a product and x
     * as its B (harness/base/turn.h). */
    struct et_turn turn_x, turn_w;
    int64_t l2; /* as struct et_gemm has it */
};

int64_t et_conv_p(const struct et_conv *p); /* < 1: filter does not fit */
int64_t et_conv_q(const struct et_conv *p);
bool et_conv_elements(const struct et_conv *p, int64_t *x, int64_t *w,
                      int64_t *y);

/* As et_gemm_backend. */
struct et_conv_backend {
    struct et_backend base;
    const char *(*unsupported)(const struct et_conv *p);
    /* Bytes beyond the operands; INFINITY on overflow. Member NULL: none. */
    double (*workspace)(const struct et_conv *p, int threads);
    enum et_status (*create)(const struct et_conv *p, int threads,
                             const float *x, const float *w, float *y,
                             void **setup);
};

/* The build's list: the reference first, and im2col over each backend of
 * gemm, named "im2col-<gemm backend>". */
ET_BACKENDS_OF(conv)
/* NULL, or why the backend does not do this problem in this process. */
const char *et_conv_unsupported(const struct et_conv_backend *b,
                                const struct et_conv *p);

#endif
