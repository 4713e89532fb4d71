/* joules: the energy of a case's samples, of the whole team; one rank of each
 * node reads it, around blocks of samples. A failed reading costs the energy,
 * never the measurement. Knows no case and no clock.
 */
#ifndef ET_RUN_JOULES_H
#define ET_RUN_JOULES_H

#include "harness/case/result.h"
#include "harness/energy/energy.h"
#include "harness/team/team.h"

struct et_joules {
    const struct et_energy *energy;
    struct et_team *team;
    double before[ET_ENERGY_DOMAINS];
    bool read;      /* `before` was */
    double used;    /* J so far */
    size_t samples; /* that paid for */
    bool lost;      /* a reading failed */
};

/* Samples from here on count. Local, like the two after it. */
void et_joules_begin(struct et_joules *j, const struct et_energy *energy,
                     struct et_team *team);
/* Just before and just after a block of n samples. */
void et_joules_before(struct et_joules *j);
void et_joules_after(struct et_joules *j, size_t n);
/* Collective. `iterations`: of a sample; `sampled`: were any taken? */
enum et_status et_joules_describe(const struct et_joules *j,
                                  uint64_t iterations, bool sampled,
                                  struct et_result_energy *out);

#endif
