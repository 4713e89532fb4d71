/* Each rank's own median and how often it was the last: p small numbers that
 * rank 0 needs one by one, so they are gathered. */
#include "config.h"
#include "harness/run/ranks.h"

#include <math.h>
#include <stdlib.h>

#include "harness/base/log.h"
#include "harness/base/memory.h"
#include "harness/stat/spread.h"
#include "harness/stat/stat.h"

/* The parts compared: all ranks, or all nodes. */
struct parts {
    size_t n;
    double *medians, *last;
    int64_t *first, *ranks; /* of nodes; NULL: each is one rank */
};

static bool add_parts(struct et_list *to, const struct parts *p,
                      const struct et_spread_part *v, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct et_result_part *part = et_list_add(to, sizeof *part);
        size_t at = v[i].at;
        if (!part)
            return false;
        *part = (struct et_result_part){.rank = p->first ? p->first[at]
                                                         : (int64_t)at,
                                        .ranks = p->ranks ? p->ranks[at] : 1,
                                        .median = p->medians[at],
                                        .others = v[i].others,
                                        .last = (int64_t)p->last[at]};
    }
    return true;
}

static enum et_status describe(const struct parts *p,
                               struct et_result_spread *out)
{
    struct et_spread s;
    bool ok = et_spread_make(p->medians, p->last, p->n, &s);
    if (!ok)
        return et_no_memory();
    out->n = (int64_t)p->n;
    out->min = s.min;
    out->p5 = s.p5;
    out->p25 = s.p25;
    out->median = s.median;
    out->p75 = s.p75;
    out->p95 = s.p95;
    out->max = s.max;
    for (size_t i = 0; ok && i < ET_SPREAD_EDGES; i++)
        ok = et_reals_add(&out->edges, et_spread_edges[i]);
    for (size_t i = 0; ok && i < ET_SPREAD_BINS; i++)
        ok = et_reals_add(&out->histogram, (double)s.bins[i]);
    ok = ok && add_parts(&out->worst, p, s.worst, s.n_worst) &&
         add_parts(&out->last, p, s.last, s.n_last);
    return ok ? ET_OK : et_no_memory();
}

/* The ranks of a node stand side by side (team.h). */
static enum et_status describe_nodes(const struct et_rank *all,
                                     const double *medians, size_t p,
                                     struct et_result_spread *out)
{
    struct parts nodes = {.medians = et_alloc(p, sizeof(double)),
                          .last = et_alloc(p, sizeof(double)),
                          .first = et_alloc(p, sizeof(int64_t)),
                          .ranks = et_alloc(p, sizeof(int64_t))};
    enum et_status s = ET_OK;
    if (!nodes.medians || !nodes.last || !nodes.first || !nodes.ranks) {
        s = et_no_memory();
        goto out;
    }
    for (size_t i = 0, end; i < p; i = end) {
        for (end = i; end < p && all[end].node == all[i].node; end++)
            nodes.last[nodes.n] += all[end].last;
        nodes.first[nodes.n] = (int64_t)i;
        nodes.ranks[nodes.n] = (int64_t)(end - i);
        nodes.medians[nodes.n++] = et_stat_median(medians + i, end - i);
    }
    if (nodes.n > 1)
        s = describe(&nodes, out);
out:
    free(nodes.medians);
    free(nodes.last);
    free(nodes.first);
    free(nodes.ranks);
    return s;
}

/* The slowest is held against the others: it must not hide in its own median.
 */
enum et_status et_ranks_describe(const struct et_rank *all, size_t p,
                                 struct et_result *out)
{
    struct parts ranks = {.n = p,
                          .medians = et_alloc(p, sizeof(double)),
                          .last = et_alloc(p, sizeof(double))};
    if (!ranks.medians || !ranks.last) {
        free(ranks.medians);
        free(ranks.last);
        return et_no_memory();
    }
    out->rank_medians = (struct et_reals){ranks.medians, p};
    out->rank_last = (struct et_reals){ranks.last, p};
    for (size_t i = 0; i < p; i++) {
        ranks.medians[i] = all[i].median;
        ranks.last[i] = all[i].last;
        if (isfinite(all[i].median))
            continue;
        /* No sample was taken: there is nothing to compare. */
        out->rank_medians.n = out->rank_last.n = 0;
        out->time.slowest_rank = ET_ABSENT_INT;
        out->time.imbalance = NAN;
        return ET_OK;
    }
    enum et_status s = describe(&ranks, &out->time.ranks);
    if (s != ET_OK)
        return s;
    const struct et_result_part *slowest = out->time.ranks.worst.v;
    out->time.slowest_rank = slowest->rank;
    out->time.imbalance = slowest->median / slowest->others;
    return describe_nodes(all, ranks.medians, p, &out->time.nodes);
}

enum et_status et_ranks_compare(struct et_team *team,
                                const struct et_reals *own,
                                const struct et_reals *last,
                                struct et_result *out)
{
    struct et_rank mine = {.median = et_stat_median(own->v, own->n),
                           .node = team->node};
    for (size_t i = 0; i < last->n; i++)
        mine.last += last->v[i];
    out->time.slowest_rank = team->rank == 0 ? 0 : ET_ABSENT_INT;
    out->time.imbalance = team->rank == 0 ? 1 : NAN;
    if (team->size == 1)
        return ET_OK;
    void *all = NULL;
    size_t n = 0;
    enum et_status s = own->n && isnan(mine.median) ? et_no_memory() : ET_OK;
    s = et_team_agree(team, s);
    if (s == ET_OK)
        s = et_team_gather(team, &mine, sizeof mine, &all, &n);
    if (s == ET_OK && all)
        s = et_ranks_describe(all, n / sizeof mine, out);
    free(all);
    return s;
}
