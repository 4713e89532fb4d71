/* Each rank's own median, gathered. */
#include "config.h"
#include "harness/run/ranks.h"

#include <math.h>
#include <stdlib.h>

#include "harness/base/log.h"
#include "harness/base/memory.h"
#include "harness/stat/stat.h"

enum et_status et_ranks_compare(struct et_team *team,
                                const struct et_reals *own,
                                struct et_result_time *out)
{
    double mine = et_stat_median(own->v, own->n), *all = NULL;
    if (team->rank == 0) {
        all = et_alloc((size_t)team->size, sizeof *all);
        if (!all)
            return et_no_memory();
    }
    enum et_status s = et_team_gather(team, &mine, sizeof mine, all);
    out->slowest_rank = ET_ABSENT_INT;
    out->imbalance = NAN;
    if (all && s == ET_OK) {
        int slowest = 0;
        for (int i = 1; i < team->size; i++) {
            if (all[i] > all[slowest])
                slowest = i;
        }
        out->slowest_rank = slowest;
        /* Against the others: the slow rank must not hide in its own median. */
        double worst = all[slowest];
        all[slowest] = all[team->size - 1];
        out->imbalance =
            team->size > 1 ? worst / et_stat_median(all, (size_t)team->size - 1)
                           : 1;
    }
    free(all);
    return s;
}
