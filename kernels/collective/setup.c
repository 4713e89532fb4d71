/* One life for the setups of all CPU backends. */
#include "config.h"
#include "kernels/collective/setup.h"

#include <stdlib.h>

#include "harness/base/log.h"
#include "harness/base/memory.h"

enum et_status et_collective_setup(const struct et_collective *p,
                                   const struct et_collective_algorithm *a,
                                   struct et_team *team, const void *input,
                                   void *output, void **setup)
{
    struct et_collective_setup *q = et_alloc(1, sizeof *q);
    int64_t room = a->room ? a->room(p, team->size, team->rank) : 0;
    size_t size = et_dtype_size(p->dtype);

    if (q && room > 0)
        q->room = et_alloc_aligned((size_t)room, size);
    if (!q || (room > 0 && !q->room)) {
        et_collective_setdown(q);
        return et_error(ET_INFRA, "%s: no memory for %lld more elements of %s",
                        p->op->name, (long long)room, et_dtype_name(p->dtype));
    }
    q->p = *p;
    q->team = team;
    q->size = size;
    q->out = output;
    q->in = input;
    if (p->in_place) {
        struct et_slice own =
            p->op->slice(p, team->size, team->rank, team->rank);
        q->in = q->out + (own.get - own.give) * (int64_t)size;
    }
    q->sum = et_sum_of(p->dtype);
    *setup = q;
    return ET_OK;
}

void et_collective_setdown(void *setup)
{
    struct et_collective_setup *q = setup;
    if (q)
        et_free_aligned(q->room);
    free(q);
}
