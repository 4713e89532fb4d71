/* The ring, the loads along it, and where they must end. */
#include "config.h"
#include "kernels/memory_latency/chase.h"

#include "harness/base/random.h"

static char *line_of(const struct et_chase *p, uint64_t step)
{
    uint32_t i = p->order[step % (uint64_t)p->n];
    return (char *)p->memory + (size_t)i * p->line;
}

void et_chase_build(struct et_chase *p, uint64_t seed)
{
    for (int64_t i = 0; i < p->n; i++) {
        /* The upper half of a random word, scaled to 0..i. */
        uint64_t r = et_random_u64(seed, (uint64_t)i) >> 32;
        int64_t j = (int64_t)((r * (uint64_t)(i + 1)) >> 32);
        p->order[i] = p->order[j];
        p->order[j] = (uint32_t)i;
    }
    for (int64_t i = 0; i < p->n; i++)
        *(void **)(void *)line_of(p, (uint64_t)i) = line_of(p, (uint64_t)i + 1);
    et_chase_start(p);
}

void et_chase_start(struct et_chase *p)
{
    p->at = line_of(p, 0);
    p->loads = 0;
}

void et_chase_run(struct et_chase *p, uint64_t loads)
{
    void *at = p->at;
    for (uint64_t i = 0; i < loads; i++)
        at = *(void *const *)at;
    p->at = at;
    p->loads += loads;
}

int64_t et_chase_astray(const struct et_chase *p)
{
    if (p->at == line_of(p, p->loads))
        return 0;
    for (int64_t i = 1; i < p->n; i++) {
        if (p->at == line_of(p, p->loads + (uint64_t)i))
            return i;
    }
    return p->n;
}
