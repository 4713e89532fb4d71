/* Each rank's own median and how often it was the last: p small numbers that
 * rank 0 needs one by one, so they are gathered. */
#include "config.h"
#include "harness/run/ranks.h"

#include <math.h>
#include <stdlib.h>

#include "harness/base/log.h"
#include "harness/base/memory.h"
#include "harness/stat/stat.h"

struct rank {
    double median, last;
    int64_t node;
};

/* The slowest, held against the others: it must not hide in its own median.
 * false: one of the medians could not be made, for want of memory. */
static bool find_slowest(const double *medians, double *work, int p,
                         struct et_result_time *out)
{
    int slowest = 0;
    for (int i = 1; i < p; i++) {
        if (medians[i] > medians[slowest])
            slowest = i;
    }
    size_t others = 0;
    for (int i = 0; i < p; i++) {
        if (i != slowest)
            work[others++] = medians[i];
    }
    out->slowest_rank = slowest;
    out->imbalance = 1;
    if (p == 1)
        return true;
    double rest = et_stat_median(work, others);
    out->imbalance = medians[slowest] / rest;
    return !isnan(rest);
}

/* The ranks of a node stand side by side (team.h). */
static enum et_status describe_nodes(const struct rank *all,
                                     const double *medians, int p,
                                     struct et_list *nodes)
{
    for (int i = 0, end; i < p; i = end) {
        struct et_result_node *node = et_list_add(nodes, sizeof *node);
        if (!node)
            return et_no_memory();
        node->worst = medians[i];
        for (end = i; end < p && all[end].node == all[i].node; end++) {
            node->worst = fmax(node->worst, medians[end]);
            node->slowest += all[end].last;
        }
        node->ranks = end - i;
        node->median = et_stat_median(medians + i, (size_t)(end - i));
    }
    return ET_OK;
}

static enum et_status describe(const struct rank *all, int p,
                               struct et_result_time *out)
{
    double *medians = et_alloc(2 * (size_t)p, sizeof *medians);
    enum et_status s = medians ? ET_OK : et_no_memory();
    for (int i = 0; i < p && s == ET_OK; i++) {
        medians[i] = all[i].median;
        if (p > 1 && (!et_reals_add(&out->rank_medians, all[i].median) ||
                      !et_reals_add(&out->rank_slowest, all[i].last)))
            s = et_no_memory();
    }
    if (s == ET_OK && !find_slowest(medians, medians + p, p, out))
        s = et_no_memory();
    if (s == ET_OK && p > 1)
        s = describe_nodes(all, medians, p, &out->nodes);
    free(medians);
    return s;
}

enum et_status et_ranks_compare(struct et_team *team,
                                const struct et_reals *own,
                                const struct et_reals *last,
                                struct et_result_time *out)
{
    struct rank mine = {.median = et_stat_median(own->v, own->n),
                        .node = team->node};
    for (size_t i = 0; i < last->n; i++)
        mine.last += last->v[i];
    struct rank *all = NULL;
    if (team->rank == 0)
        all = et_alloc((size_t)team->size, sizeof *all);
    enum et_status s = et_team_gather(team, &mine, sizeof mine, all);
    out->slowest_rank = ET_ABSENT_INT;
    out->imbalance = NAN;
    if (all && s == ET_OK && own->n > 0)
        s = describe(all, team->size, out);
    free(all);
    return s;
}
