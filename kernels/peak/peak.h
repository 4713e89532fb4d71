/* peak: multiply-adds from registers, as many as the core can do: the ceiling
 * of gemm and conv. Knows dtypes and instruction sets; never a clock, a file
 * or the harness's loop.
 *
 * A backend gives, for a dtype, the instruction that GEMM would use and a
 * loop of nothing else over independent accumulators: enough of them to hide
 * the instruction's latency on all pipes, few enough to stay in registers.
 * One pass of that loop is a step. Two operations a multiply-add; bf16
 * multiplies pairs and accumulates in fp32, int8 accumulates in int32.
 *
 * The work cannot be left out unseen. Operands are small random integers, so
 * that each accumulator's sum is an exact integer, and its increment in a
 * step, `each`, is never 0: sum / each is the number of multiply-adds that
 * this lane of this thread really did. Before a sum could be rounded (fp64
 * 2^53, fp32 2^24) or overflow (int32) it is taken out into 64 bits.
 */
#ifndef ET_PEAK_PEAK_H
#define ET_PEAK_PEAK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/base/backend.h"
#include "harness/base/dtype.h"
#include "harness/base/status.h"

struct et_gemm_tile;

/* What accumulators hold in memory. */
enum et_peak_sum { ET_PEAK_F64, ET_PEAK_F32, ET_PEAK_I32 };

/* One instruction and its loop. A register is `blocks` products side by side,
 * C (m x n) += A (m x k) B (k x n). In memory, elements in this order:
 *
 *   A  [a_registers][blocks][m][k]
 *   B  [b_registers][blocks][k / group][n][group]
 *   C  [accumulators][blocks][m][n]
 *
 * With an a_group, A lies in groups along k as B does. Accumulator t takes A
 * register t % a_registers and B register t / a_registers % b_registers. A
 * plain FMA of 8 lanes: blocks = 8, and the others 1; a dot product of 4: k =
 * group = 4. */
struct et_peak_kernel {
    const char *instruction;
    enum et_peak_sum sum;
    int accumulators, a_registers, b_registers;
    int blocks, m, n, k, group;
    int range; /* operands are integers of 1 to range and their negatives */
    int a_positive; /* A's elements are unsigned */
    int a_group;    /* 0: A is not woven */
    int varies;     /* another processor has it in another shape */
    uint64_t steps; /* of one iteration: some 10 microseconds */
    /* `steps` steps: C is read, added to, written. 64-byte aligned. */
    void (*run)(void *c, const void *a, const void *b, uint64_t steps);
    /* Not NULL: in place of run, a step is this tile of a product, over panels
     * of A and B that lie in the first cache. */
    const struct et_gemm_tile *tile;
};
/* A dot product of `its_k` in each lane, an FMA with 1; and a product of square
 * matrices. */
#define ET_PEAK_DOT(its_k) .m = 1, .n = 1, .k = its_k, .group = its_k
#define ET_PEAK_SQUARE(its_m, its_k)                                           \
    .m = its_m, .n = its_m, .k = its_k, .group = its_k

struct et_peak_backend {
    struct et_backend base;
    bool fed; /* operands come from the first cache: no ceiling of others */
    /* The loop for a dtype: NULL, or why there is none. *out is set all the
     * same where only this processor is the reason, unless the loop's shape
     * is the processor's, too (SVE). */
    const char *(*kernel)(enum et_dtype dtype, struct et_peak_kernel *out);
};
#define ET_PEAK_BACKEND(its_name, does)                                        \
    {                                                                          \
        .base = {.name = its_name, .summary = does, .why_not = why_not},       \
        .kernel = kernel                                                       \
    }

/* The build's list, from portable to widest. */
ET_BACKENDS_OF(peak)
/* NULL, or why the backend does not do this dtype here: one whose operands lie
 * in another memory than the host's does none. */
const char *et_peak_unsupported(const struct et_peak_backend *b,
                                enum et_dtype dtype);
/* The last listed backend that does this dtype here from registers; NULL: none
 * does. */
const struct et_peak_backend *et_peak_widest(enum et_dtype dtype);

/* What one thread has: its accumulators, and what was taken out of them. */
struct et_peak_thread {
    void *c;
    int64_t *sums;  /* of each lane of each accumulator */
    uint64_t since; /* steps that are still in c */
};

struct et_peak_setup {
    struct et_peak_kernel kernel;
    int threads;
    size_t lanes;  /* lanes of an accumulator, m n blocks */
    uint64_t most; /* steps that c holds exactly */
    void *a, *b;
    int64_t *each; /* increment in a step, [accumulators][lanes] */
    struct et_peak_thread *thread;
};

/* Any random seed. ET_USAGE where et_peak_unsupported gives a reason. */
enum et_status et_peak_create(const struct et_peak_backend *b,
                              enum et_dtype dtype, int threads, uint64_t seed,
                              struct et_peak_setup **out);
/* `iterations` times the kernel's steps on each thread; complete on return.
 * One parallel region a call. Never prints or allocates. */
void et_peak_run(struct et_peak_setup *p, uint64_t iterations);
/* Operations of one iteration, all threads: 2 a multiply-add. */
double et_peak_operations(const struct et_peak_setup *p);
/* The same of any processor that has this loop; 0: not known to this build, or
 * not the same on all. */
double et_peak_operations_of(const struct et_peak_backend *b,
                             enum et_dtype dtype, int threads);
/* Brings all of c into the sums, to be read. */
void et_peak_collect(struct et_peak_setup *p);
/* Begins to count anew. */
void et_peak_forget(struct et_peak_setup *p);
void et_peak_destroy(struct et_peak_setup *p); /* NULL is fine */

#endif
