/* Recomputation of what the records say of their ranks, from every rank's own
 * median in ranks.bin and from the placement in run.json. A record of several
 * ranks whose block is missing is a difference.
 */
#include "config.h"
#include "results/store/verify.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/regular.h"
#include "harness/base/hosts.h"
#include "harness/base/log.h"
#include "harness/base/memory.h"
#include "harness/stat/spread.h"
#include "harness/stat/stat.h"
#include "results/record/ranks.h"

/* The ranks of a case, or its nodes. */
struct parts {
    size_t n;
    double *medians, *last;
    int64_t *first, *ranks; /* of each node; NULL: these are ranks */
};

/* Host name of a rank, by run.json. */
static bool find_host(const struct et_run_placement *where, int64_t rank,
                      char *buf, size_t n)
{
    const struct et_run_group *g = where->groups.v;
    for (size_t i = 0; i < where->groups.n && g[i].ranks > 0; i++) {
        if (rank < g[i].nodes * g[i].ranks)
            return g[i].hosts &&
                   et_hosts_at(g[i].hosts, (size_t)(rank / g[i].ranks), buf, n);
        rank -= g[i].nodes * g[i].ranks;
    }
    return false;
}

static bool same_parts(struct et_check_case *c, const char *what,
                       const struct et_list *have, const struct parts *p,
                       const struct et_run_placement *where,
                       const struct et_spread_part *want, size_t n)
{
    const struct et_result_part *v = have->v;
    char host[256];
    bool ok = have->n == n;
    for (size_t i = 0; ok && i < n; i++) {
        size_t at = want[i].at;
        ok = v[i].rank == (p->first ? p->first[at] : (int64_t)at) &&
             v[i].ranks == (p->ranks ? p->ranks[at] : 1);
        et_check_same(c, what, v[i].median, p->medians[at]);
        et_check_same(c, what, v[i].others, want[i].others);
        et_check_same(c, what, (double)v[i].last, p->last[at]);
        if (!v[i].host || !find_host(where, v[i].rank, host, sizeof host) ||
            strcmp(v[i].host, host) != 0)
            et_check_says(c, "a slow rank or node is on another host than "
                             "run.json has it");
    }
    return ok;
}

static void check_spread(struct et_check_case *c, const char *what,
                         const struct et_result_spread *have,
                         const struct parts *p,
                         const struct et_run_placement *where)
{
    struct et_spread s;
    if (!et_spread_make(p->medians, p->last, p->n, &s)) {
        et_check_says(c, "out of memory");
        return;
    }
    const double figures[][2] = {{have->min, s.min},       {have->p5, s.p5},
                                 {have->p25, s.p25},       {have->p75, s.p75},
                                 {have->median, s.median}, {have->p95, s.p95},
                                 {have->max, s.max}};
    for (size_t i = 0; i < sizeof figures / sizeof *figures; i++)
        et_check_same(c, what, figures[i][0], figures[i][1]);
    bool ok = have->n == (int64_t)p->n && have->edges.n == ET_SPREAD_EDGES &&
              have->histogram.n == ET_SPREAD_BINS;
    for (size_t i = 0; ok && i < ET_SPREAD_EDGES; i++)
        ok = have->edges.v[i] == et_spread_edges[i];
    for (size_t i = 0; ok && i < ET_SPREAD_BINS; i++)
        ok = have->histogram.v[i] == (double)s.bins[i];
    if (!ok)
        et_check_says(c, "its histogram of ranks or nodes is not that of "
                         "ranks.bin");
    if (!same_parts(c, what, &have->worst, p, where, s.worst, s.n_worst) ||
        !same_parts(c, what, &have->last, p, where, s.last, s.n_last))
        et_check_says(c, "its slowest ranks or nodes are not those of "
                         "ranks.bin");
}

/* The nodes, by the ranks that run.json has on each; false where these do not
 * add up, or there is no memory. */
static bool make_nodes(const struct parts *ranks,
                       const struct et_run_placement *where, struct parts *out)
{
    const struct et_run_group *g = where->groups.v;
    size_t n = ranks->n, at = 0;
    *out = (struct parts){.medians = et_alloc(n, sizeof(double)),
                          .last = et_alloc(n, sizeof(double)),
                          .first = et_alloc(n, sizeof(int64_t)),
                          .ranks = et_alloc(n, sizeof(int64_t))};
    if (!out->medians || !out->last || !out->first || !out->ranks)
        return false;
    for (size_t i = 0; i < where->groups.n; i++) {
        if (g[i].nodes < 1)
            return false;
        for (int64_t k = 0; k < g[i].nodes; k++) {
            if (g[i].ranks < 1 || (uint64_t)g[i].ranks > n - at)
                return false;
            size_t here = (size_t)g[i].ranks, node = out->n++;
            out->first[node] = (int64_t)at;
            out->ranks[node] = g[i].ranks;
            out->medians[node] = et_stat_median(ranks->medians + at, here);
            for (size_t end = at + here; at < end; at++)
                out->last[node] += ranks->last[at];
        }
    }
    return at == n;
}

static void check_slowest(struct et_check_case *c,
                          const struct et_result_time *t)
{
    const struct et_result_part *slowest = t->ranks.worst.v;
    if (!t->ranks.worst.n)
        return;
    et_check_same(c, "time_s.imbalance", t->imbalance,
                  slowest->median / slowest->others);
    if (t->slowest_rank != slowest->rank || !t->slowest_host ||
        !slowest->host || strcmp(t->slowest_host, slowest->host) != 0)
        et_check_says(c, "its slowest rank is not the one with the largest "
                         "median");
}

static void check_block(struct et_check_case *c, const struct et_run *run,
                        const struct et_record *r, const struct et_ranks *block)
{
    const struct et_result_time *t = &r->result.time;
    const struct et_run_placement *where = et_run_placed(run, r);
    const struct parts ranks = {.n = block->medians.n,
                                .medians = block->medians.v,
                                .last = block->last.v};
    struct parts nodes = {.n = 0};
    if (strcmp(block->id, r->result.id) != 0 ||
        (int64_t)ranks.n != r->result.team.ranks) {
        et_check_says(c, "its block of ranks.bin is of another case or team");
        return;
    }
    for (size_t i = 0; i < ranks.n; i++) {
        if (!isfinite(ranks.medians[i])) {
            et_check_says(c, "a rank's median is absent");
            return;
        }
    }
    if (!where || !make_nodes(&ranks, where, &nodes)) {
        et_check_says(c, "run.json does not place its ranks");
    } else {
        check_spread(c, "time_s.ranks", &t->ranks, &ranks, where);
        if (nodes.n > 1)
            check_spread(c, "time_s.nodes", &t->nodes, &nodes, where);
        else if (t->nodes.n != ET_ABSENT_INT)
            et_check_says(c, "it compares nodes, of which it has one");
        check_slowest(c, t);
    }
    free(nodes.medians);
    free(nodes.last);
    free(nodes.first);
    free(nodes.ranks);
}

static int by_line(const void *key, const void *record)
{
    size_t line = *(const size_t *)key;
    const struct et_record *r = record;
    return (line > r->line) - (line < r->line);
}

/* Every block against its record; `seen`: the records that have one. */
static enum et_status check_blocks(const struct et_run *run, FILE *f,
                                   const char *path, bool *seen)
{
    struct et_ranks_reader reader = {f, 0};
    struct et_ranks block;
    enum et_ranks_found found;
    enum et_status s = ET_OK;
    while ((found = et_ranks_next(&reader, &block)) == ET_RANKS_BLOCK) {
        size_t line = (size_t)block.record;
        const struct et_record *r =
            run->n ? bsearch(&line, run->records, run->n, sizeof *r, by_line)
                   : NULL;
        if (r) { /* else of a case that was run again */
            struct et_check_case c = et_check_case_of(run, r);
            check_block(&c, run, r, &block);
            if (seen[r - run->records])
                et_check_says(&c, "it has two blocks in ranks.bin");
            seen[r - run->records] = true;
            s = et_status_worse(s, c.status);
        } else if (line >= run->lines) {
            et_warn("%s: has a block of a record that was never written", path);
        }
        et_ranks_free(&block);
    }
    if (found == ET_RANKS_TORN)
        et_warn("%s: %s", path, et_ranks_say(found));
    else if (found != ET_RANKS_END)
        s = et_error(ET_INFRA, "%s: %s after byte %ld", path,
                     et_ranks_say(found), reader.whole);
    return s;
}

enum et_status et_verify_ranks(const struct et_run *run)
{
    struct et_text path = {0};
    bool *seen = et_alloc(run->n ? run->n : 1, sizeof *seen);
    enum et_status s = ET_OK;
    et_text_add(&path, "%s/" ET_RANKS_FILE, run->dir);
    if (!seen || path.failed)
        s = et_error(ET_INFRA, "%s: out of memory", run->dir);
    char why[ET_REGULAR_WHY];
    FILE *f = s == ET_OK ? et_regular_read(path.s, why) : NULL;
    if (s == ET_OK && !f)
        s = et_error(ET_INFRA, "%s: %s", path.s, why);
    if (f) {
        s = check_blocks(run, f, path.s, seen);
        fclose(f);
    }
    for (size_t i = 0; seen && i < run->n; i++) {
        const struct et_result *r = &run->records[i].result;
        struct et_check_case c = et_check_case_of(run, &run->records[i]);
        if (!seen[i] && (r->time.ranks.n != ET_ABSENT_INT ||
                         (r->outcome == ET_MEASURED && r->team.ranks > 1)))
            et_check_says(&c, "it has no block in ranks.bin");
        s = et_status_worse(s, c.status);
    }
    et_text_free(&path);
    free(seen);
    return s;
}
