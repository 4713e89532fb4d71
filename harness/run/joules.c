/* Readings before and after, and the sum over the nodes. */
#include "config.h"
#include "harness/run/joules.h"

#include <math.h>

#include "harness/base/memory.h"

void et_joules_begin(struct et_joules *j, const struct et_energy *energy,
                     struct et_team *team)
{
    *j = (struct et_joules){.energy = energy, .team = team};
}

void et_joules_before(struct et_joules *j)
{
    const struct et_energy *e = j->energy;
    bool reader = e->n > 0 && j->team->local_rank == 0;
    j->read = reader && e->source->read(e, j->before) == ET_OK;
}

void et_joules_after(struct et_joules *j, size_t n)
{
    const struct et_energy *e = j->energy;
    double after[ET_ENERGY_DOMAINS] = {0};
    if (j->read && e->source->read(e, after) == ET_OK)
        j->used += et_energy_used(e, j->before, after);
    else
        j->lost = true;
    j->samples += n;
}

enum et_status et_joules_describe(const struct et_joules *j,
                                  uint64_t iterations, bool sampled,
                                  struct et_result_energy *out)
{
    const struct et_energy *e = j->energy;
    bool reader = j->team->local_rank == 0;
    bool known = sampled && !j->lost && isfinite(j->used);
    double v[2] = {reader && known ? j->used : 0, reader && !known ? 1 : 0};
    enum et_status s = et_team_reduce(j->team, ET_SUM, v, 2);
    if (s == ET_OK && v[1] == 0) {
        char names[128];
        out->source = et_strdup(et_energy_sources(e, names, sizeof names));
        out->joules = v[0];
        out->iterations = (double)j->samples * (double)iterations;
    } else {
        out->absent = et_strdup(e->n == 0  ? e->reason
                                : !sampled ? "no sample was taken"
                                           : "a node's reading failed");
    }
    return s;
}
