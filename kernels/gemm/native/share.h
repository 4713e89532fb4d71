/* share: one thread's part of a product by backend native: the product, the
 * way, who else works on it, and the memory that they share; and what the two
 * kinds of ways have in common: where operands lie, and sums to C. Knows no
 * processor.
 */
#ifndef ET_GEMM_NATIVE_SHARE_H
#define ET_GEMM_NATIVE_SHARE_H

#include "kernels/gemm/native/pack.h"
#include "kernels/gemm/native/way.h"
#include "kernels/gemm/setup.h"

struct et_gemm_share {
    const struct et_gemm_way *w;
    const struct et_gemm_setup *q;
    int64_t g; /* of the batch */
    int64_t me, of;
    char *memory; /* of the team */
    bool *begun;  /* has it been used in this iteration? */
    const char
        *ones; /* a panel of A of nothing but 1, where the way is moved */
};

/* All blocks of a product, panel by panel; and where one operand is narrow. */
void et_gemm_by_panels(const struct et_gemm_share *s);
void et_gemm_by_lines(const struct et_gemm_share *s);

/* Where part i of n things begins that are shared by `of`. */
static inline int64_t et_gemm_part_from(int64_t n, int64_t i, int64_t of)
{
    return n / of * i + n % of * i / of;
}

/* Row i and column j of C itself, in elements. */
static inline int64_t et_gemm_c_at(const struct et_gemm_share *s, int64_t i,
                                   int64_t j)
{
    return s->g * s->q->step_c + i * s->q->p.ldc + j;
}

/* op(A) by its rows, op(B) by its columns, of the product as it is done. */
struct et_gemm_source et_gemm_source_a(const struct et_gemm_share *s);
struct et_gemm_source et_gemm_source_b(const struct et_gemm_share *s);
/* The team's memory is free: all threads are through with what it had before.
 */
void et_gemm_begin(const struct et_gemm_share *s);
/* All threads of the team have come here. */
void et_gemm_meet(const struct et_gemm_share *s);
/* So many rows of n sums, `ld` sums apart, to C from row i and column j on; or
 * to their places in it where the product is done turned. */
void et_gemm_store(const struct et_gemm_share *s, const void *sums, int64_t ld,
                   int64_t rows, int64_t n, int64_t i, int64_t j);

#endif
