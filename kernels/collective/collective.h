/* collective: what the ranks of a team give one another, and what of it each
 * gets. An operation is a row, a file each in operation/. A backend is a file
 * beside this one: it serves the operations that it can. Knows dtypes and the
 * team; never a plan, a record or a clock.
 *
 * A rank has an input and an output. What passes from rank a to rank b is one
 * slice of a's input, which b finds in its output: as it is, or added to the
 * slices of the other ranks. So the slices say all of an operation; the sizes
 * of inputs and outputs and the right result follow from them.
 *
 * An input is longer than its slices by `slack`, and a run says by how much
 * all slices begin later in it: so each iteration can have another right
 * answer, at no cost in the timed part, while the memory is known at create: a
 * backend may register it with a network or a device, or upload all of it once
 * and run on an offset.
 *
 * Figures (nccl-tests, doc/PERFORMANCE.md, where each operation's factor is
 * derived): algbw = S/t, with S the bytes of the largest input or output that
 * a rank has; busbw = algbw times the operation's factor: what the slowest
 * link must carry whatever the algorithm, so comparable with the link's rate.
 */
#ifndef ET_COLLECTIVE_COLLECTIVE_H
#define ET_COLLECTIVE_COLLECTIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/base/backend.h"
#include "harness/base/dtype.h"
#include "harness/base/field.h"
#include "harness/base/status.h"
#include "harness/team/team.h"
#include "lists.h"

/* What a plan says of a case; an operation's `params` are its rows. */
struct et_collective_params {
    int dtype;
    int64_t bytes;
    int64_t root;
};

/* Elements; n = 0: nothing passes between the two ranks. */
struct et_slice {
    int64_t give, get, n; /* begin in the giver's input, in the output */
};

struct et_collective;

/* Texts are arrays, so that a bench can take them over as constants. */
struct et_operation {
    char name[24]; /* also of its bench, and so of the plan's section */
    char summary[64];
    char title[48];            /* what its cases are, plural: "all-reduces" */
    char sizes[32];            /* of a plan that names none: "8..256MiB*32" */
    char bytes[64];            /* what the plan's `bytes` are: "bytes of ..." */
    char convention[120];      /* how S, busbw and the additions are counted */
    struct et_field params[8]; /* of struct et_collective_params */
    bool sums;                 /* slices are added to one another */
    bool rooted;   /* one rank is unlike the others: params have "root" */
    bool in_place; /* a rank's input may be part of its output, or the other
                    * way round: its own slice stands where it is to be */
    /* busbw over algbw on p > 1 ranks. */
    double (*bus)(double p);
    /* From rank `from` to rank `to`. Of an operation that sums, each slice to
     * a rank is the whole of its output; of one that does not, the slices to a
     * rank are its output, without a gap or an overlap. No input or output is
     * larger than those of rank 0 and the root. Pure. */
    struct et_slice (*slice)(const struct et_collective *p, int ranks, int from,
                             int to);
};

/* Rows for `params`; help: of the key `bytes`. */
#define ET_COLLECTIVE_PARAMS(help_of_bytes)                                    \
    ET_ROW(et_collective_params, dtype, ET_CHOICE, "type of the elements",     \
           .preset = "fp32", .choices = ET_DTYPE_CHOICES),                     \
        ET_ROW(et_collective_params, bytes, ET_BYTES,                          \
               help_of_bytes "; a multiple of the element's",                  \
               .preset = "1 MiB", .min = 1, .max = 0x1p50)
#define ET_COLLECTIVE_ROOT(help_of_root)                                       \
    ET_ROW(et_collective_params, root, ET_INT, help_of_root, .preset = "0",    \
           .min = 0, .max = 0x1p30)

/* A problem. */
struct et_collective {
    const struct et_operation *op;
    enum et_dtype dtype;
    int64_t count; /* elements of what the operation's `bytes` are */
    int64_t slack; /* elements of every input beyond its slices */
    int root;      /* 0 where the operation has none */
    bool in_place; /* then slack is 0 */
};

/* Elements of a rank's input, without slack, and of its output; elements of S.
 * All in O(ranks). */
int64_t et_collective_input(const struct et_collective *p, int ranks, int rank);
int64_t et_collective_output(const struct et_collective *p, int ranks,
                             int rank);
int64_t et_collective_largest(const struct et_collective *p, int ranks);

/* What a backend does of one operation. */
struct et_collective_algorithm {
    const struct et_operation *op;
    /* Every rank's output becomes what the operation says of the inputs from
     * `first` on, with the same 0 <= first <= slack on all ranks. Collective.
     * Complete on return, or enqueued, where the backend's base has `wait`.
     * Never prints or allocates. */
    enum et_status (*run)(void *setup, int64_t first);
    /* Elements of memory of its own that a rank needs (the setup's `room`).
     * Member NULL: none. */
    int64_t (*room)(const struct et_collective *p, int ranks, int rank);
    /* Messages that one operation sends over the whole team. Member NULL: it
     * is not known. */
    double (*messages)(const struct et_collective *p, int ranks);
    /* NULL, or why it does not do this problem on so many ranks. Member NULL:
     * it does all. */
    const char *(*unsupported)(const struct et_collective *p, int ranks);
};

struct et_collective_backend {
    struct et_backend base; /* destroy NULL: et_collective_setdown */
    /* What it serves, whether it is in this build or not; ends with {0}. */
    const struct et_collective_algorithm *serves;
    /* Member NULL: et_collective_setup. input, output: page-aligned, in the
     * backend's memory space, the caller's and there until destroy; the input
     * is filled before and not changed after. With in_place the input is NULL
     * and is a part of the output, or the output of it, as the rank's own slice
     * says. Collective. */
    enum et_status (*create)(const struct et_collective *p,
                             const struct et_collective_algorithm *a,
                             struct et_team *team, const void *input,
                             void *output, void **setup);
};

/* The build's operations (ET_LIST_OPERATION); the backends that serve each; and
 * all backends, the reference (every slice by itself, rank by rank) first. */
#define ET_OPERATION_EXTERN(stem)                                              \
    extern const struct et_operation et_operation_##stem;                      \
    extern const struct et_backends et_##stem##_backends;
ET_LIST_OPERATION(ET_OPERATION_EXTERN)
ET_BACKENDS_OF(collective)

/* NULL: the backend does not serve the operation. */
const struct et_collective_algorithm *
et_collective_algorithm(const struct et_collective_backend *b,
                        const struct et_operation *op);
/* NULL, or why the backend does not do this problem, in this process, on a
 * team of so many ranks. */
const char *et_collective_unsupported(const struct et_collective_backend *b,
                                      const struct et_collective *p, int ranks);

/* The backend's own, or those that it leaves out. */
enum et_status et_collective_create(const struct et_collective_backend *b,
                                    const struct et_collective *p,
                                    struct et_team *team, const void *input,
                                    void *output, void **setup);
void et_collective_destroy(const struct et_collective_backend *b, void *setup);

#endif
