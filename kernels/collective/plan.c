/* One life for the plans of all CPU backends. */
#include "config.h"
#include "kernels/collective/plan.h"

#include <stdlib.h>
#include <string.h>

#include "harness/base/log.h"
#include "harness/base/memory.h"

enum et_status et_collective_create(const char *name,
                                    const struct et_allreduce *p,
                                    struct et_team *team, const void *in,
                                    void *out, int parts, int64_t block,
                                    void **plan)
{
    struct et_collective_plan *q = et_alloc(1, sizeof *q);
    bool wants = parts > 0 && block > 0;

    if (q && wants)
        q->room = et_alloc_aligned((size_t)parts,
                                   (size_t)block * et_dtype_size(p->dtype));
    if (!q || (wants && !q->room)) {
        et_collective_destroy(q);
        return et_error(ET_INFRA, "allreduce %s: no memory for %d x %lld %s",
                        name, parts, (long long)block, et_dtype_name(p->dtype));
    }
    q->p = *p;
    q->team = team;
    q->in = in;
    q->out = out;
    q->block = block;
    *plan = q;
    return ET_OK;
}

void et_collective_destroy(void *plan)
{
    struct et_collective_plan *q = plan;
    if (q)
        et_free_aligned(q->room);
    free(q);
}

double et_collective_untold(const struct et_allreduce *p, int ranks)
{
    (void)p, (void)ranks;
    return 0;
}

enum et_status et_collective_fetched(void *plan, void *output, int64_t first,
                                     int64_t n)
{
    const struct et_collective_plan *q = plan;
    size_t size = et_dtype_size(q->p.dtype);
    memmove(output, q->out + (size_t)first * size, (size_t)n * size);
    return ET_OK;
}
