/* allreduce: every rank of a team gets the elementwise sum of all ranks'
 * vectors. out and in are distinct; in is never written.
 *
 * `in` is longer than a vector, and a run says where in it the vector begins:
 * so each iteration can have another right answer, at no cost in the timed
 * part, while the memory is known at create: a backend may register it with a
 * network or a device, or upload all of it once and run on an offset.
 *
 * Figures (nccl-tests, doc/PERFORMANCE.md): algbw = S/t with S the bytes of
 * one rank's vector; busbw = algbw * 2(p-1)/p, what the slowest link must
 * carry whatever the algorithm, so comparable with the link's rate.
 */
#ifndef ET_COLLECTIVE_ALLREDUCE_H
#define ET_COLLECTIVE_ALLREDUCE_H

#include <stddef.h>
#include <stdint.h>

#include "harness/base/backend.h"
#include "harness/base/dtype.h"
#include "harness/base/status.h"
#include "harness/team/team.h"

struct et_allreduce {
    enum et_dtype dtype;
    int64_t count; /* elements of one rank's vector */
    int64_t slack; /* elements of `in` beyond them */
};

struct et_allreduce_backend {
    struct et_backend base;
    /* NULL, or why it does not do this problem. Member NULL: it does all. */
    const char *(*unsupported)(const struct et_allreduce *p, int ranks);
    /* Messages that one all-reduce sends over the whole team; 0: unknown. */
    double (*messages)(const struct et_allreduce *p, int ranks);
    /* in: count + slack elements, filled before and not changed after; out:
     * count. Both page-aligned and there until destroy. Collective. */
    enum et_status (*create)(const struct et_allreduce *p, struct et_team *team,
                             const void *in, void *out, void **plan);
    /* out = the sum over all ranks of in[first, first + count), with the same
     * 0 <= first <= slack on all. Collective; complete on return. */
    enum et_status (*run)(void *plan, int64_t first);
    /* Brings out[first, first + n) to `output`, in host memory. Local. */
    enum et_status (*fetch)(void *plan, void *output, int64_t first, int64_t n);
    void (*destroy)(void *plan);
};

/* The build's list; the reference (gather, sum, broadcast) first. */
ET_BACKENDS_OF(allreduce)

#endif
