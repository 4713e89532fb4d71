/* Gathers hosts and bindings, and counts busy threads against cores. A node's
 * ranks stand side by side (team.h).
 */
#include "config.h"
#include "harness/run/placement.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/hosts.h"
#include "harness/base/log.h"
#include "harness/base/memory.h"
#include "harness/system/topology.h"

static int64_t first_rank(const struct et_placement *p, int node)
{
    return node ? p->ranks_upto[node - 1] : 0;
}

/* Cores that the first `ranks` ranks of a node may use together. A quota of 1.5
 * holds two threads up on two cores. */
static int64_t cores_of(const struct et_placement *p, int node, int64_t ranks)
{
    const struct et_place *place = &p->places[node];
    int64_t hardware = p->hardware[first_rank(p, node) + ranks - 1];
    if (hardware <= 0 || place->allowed <= 0)
        return ET_ABSENT_INT;
    int64_t cores = hardware * place->allowed_cores / place->allowed;
    if (ceil(place->quota) < (double)cores)
        cores = (int64_t)ceil(place->quota);
    return cores > 0 ? cores : 1;
}

/* OMP_NUM_THREADS: a list has a number for each level of nested teams, and
 * etalon has one level. */
static bool threads_given(int64_t *given)
{
    const char *omp = getenv("OMP_NUM_THREADS");
    char first[32] = "";
    if (!omp)
        return false;
    snprintf(first, sizeof first, "%.*s", (int)strcspn(omp, ","), omp);
    if (et_parse_int(et_trim(first), given) && *given > 0)
        return true;
    if (*omp)
        et_warn("OMP_NUM_THREADS: '%s' does not begin with a number of "
                "threads; every rank takes its share of the cores",
                omp);
    return false;
}

/* The cores that a node's ranks may use together, shared among them. */
static double share(int64_t ranks, int64_t cores, double quota)
{
    double all = cores == ET_ABSENT_INT ? (double)ranks : (double)cores;
    return fmax(1, floor(fmin(all, quota) / (double)ranks));
}

int64_t et_placement_preset(int64_t ranks, int64_t cores, double quota)
{
    int64_t given;
    return threads_given(&given) ? given : (int64_t)share(ranks, cores, quota);
}

/* Rank 0: the least share of all nodes. */
static double preset_threads(const struct et_placement *p)
{
    int64_t given;
    if (threads_given(&given))
        return (double)given;
    double least = INFINITY;
    for (int node = 0; node < p->nodes; node++) {
        int64_t ranks = p->ranks_upto[node] - first_rank(p, node);
        least = fmin(least, share(ranks, cores_of(p, node, ranks),
                                  p->places[node].quota));
    }
    return least;
}

/* Every rank's set becomes the union of those of its node's ranks up to it, by
 * doubling steps (Hillis and Steele, "Data parallel algorithms", 1986). All
 * take the steps of the largest node. */
static enum et_status unite(struct et_team *team, struct et_cpus *set)
{
    double most = team->local_size;
    enum et_status s = et_team_reduce(team, ET_MAX, &most, 1);
    for (int step = 1; s == ET_OK && step < most; step *= 2) {
        struct et_cpus before;
        bool sends = team->local_rank + step < team->local_size;
        bool receives = team->local_rank >= step;
        s = et_team_exchange(team, set, sends ? sizeof *set : 0,
                             team->rank + step, &before,
                             receives ? sizeof before : 0, team->rank - step);
        if (s == ET_OK && receives)
            et_cpus_merge(set, &before);
    }
    return s;
}

static enum et_status collect_places(struct et_team *team,
                                     const struct et_environment *env,
                                     struct et_placement *p)
{
    struct et_cpus set = {{0}};
    struct et_place mine = {.allowed = 0};
    void *places = NULL, *hardware = NULL;
    size_t n;
    snprintf(mine.host, sizeof mine.host, "%s", env->host ? env->host : "?");
    snprintf(mine.binding, sizeof mine.binding, "%s",
             env->binding ? env->binding : "");
    mine.allowed = env->allowed == ET_ABSENT_INT ? 0 : (int32_t)env->allowed;
    mine.allowed_cores =
        env->allowed_cores == ET_ABSENT_INT ? 0 : (int32_t)env->allowed_cores;
    mine.quota = env->cpu_quota > 0 ? env->cpu_quota : INFINITY;
    if (env->binding)
        et_cpus_parse(env->binding, &set); /* else it stays empty: unknown */
    enum et_status s = unite(team, &set);
    int32_t count = et_cpus_count(&set);
    if (s == ET_OK)
        s = et_team_gather(team, &mine, team->local_rank == 0 ? sizeof mine : 0,
                           &places, &n);
    if (s == ET_OK)
        s = et_team_gather(team, &count, sizeof count, &hardware, &n);
    p->places = places;
    p->hardware = hardware;
    return s;
}

enum et_status et_placement_gather(struct et_team *team,
                                   const struct et_environment *env,
                                   struct et_placement *out)
{
    struct et_placement p = {.n = team->rank == 0 ? team->size : 0,
                             .nodes = team->nodes};
    double least = INFINITY;
    double *upto = et_alloc((size_t)team->nodes, sizeof *upto);
    p.ranks_upto = et_alloc((size_t)team->nodes, sizeof *p.ranks_upto);
    enum et_status status =
        et_team_agree(team, upto && p.ranks_upto ? ET_OK : et_no_memory());
    if (status == ET_OK) {
        upto[team->node] = 1;
        status = et_team_reduce(team, ET_SUM, upto, (size_t)team->nodes);
    }
    int64_t sum = 0;
    for (int i = 0; status == ET_OK && i < team->nodes; i++)
        p.ranks_upto[i] = sum += (int64_t)upto[i];
    if (status == ET_OK)
        status = collect_places(team, env, &p);
    if (status == ET_OK && team->rank == 0)
        least = preset_threads(&p);
    if (status == ET_OK)
        status = et_team_reduce(team, ET_MIN, &least, 1);
    p.threads = status == ET_OK ? (int64_t)least : 1;
    free(upto);
    if (status != ET_OK) {
        et_placement_free(&p);
        return status;
    }
    *out = p;
    return ET_OK;
}

void et_placement_free(struct et_placement *p)
{
    free(p->places);
    free(p->hardware);
    free(p->ranks_upto);
    *p = (struct et_placement){0};
}

const char *et_placement_host(const struct et_placement *p, int64_t rank)
{
    int low = 0, high = p->nodes;
    if (rank < 0 || rank >= p->n)
        return NULL;
    while (low < high) { /* the first node whose ranks reach beyond it */
        int middle = low + (high - low) / 2;
        if (p->ranks_upto[middle] <= rank)
            low = middle + 1;
        else
            high = middle;
    }
    return p->places[low].host;
}

/* Ranks of a node in a team of the first `ranks` ranks. */
static int64_t ranks_of(const struct et_placement *p, int node, int64_t ranks)
{
    int64_t first = first_rank(p, node), end = p->ranks_upto[node];
    return (end < ranks ? end : ranks) - first;
}

void et_placement_cores(const struct et_placement *p, int64_t ranks,
                        int64_t threads, int64_t *cores, bool *oversubscribed)
{
    *cores = 0;
    *oversubscribed = false;
    for (int node = 0; node < p->nodes && first_rank(p, node) < ranks; node++) {
        int64_t here = ranks_of(p, node, ranks), busy = here * threads;
        int64_t there = cores_of(p, node, here);
        if (there == ET_ABSENT_INT) {
            *cores = ET_ABSENT_INT;
            continue;
        }
        *oversubscribed = *oversubscribed || busy > there ||
                          (double)busy > p->places[node].quota;
        if (*cores != ET_ABSENT_INT)
            *cores += busy < there ? busy : there;
    }
}

enum et_status et_placement_describe(const struct et_placement *p,
                                     int64_t ranks,
                                     struct et_run_placement *out)
{
    struct et_hosts hosts = {.from = 0};
    struct et_run_group *g = NULL;
    out->ranks = ranks;
    for (int node = 0; node < p->nodes && first_rank(p, node) < ranks; node++) {
        const struct et_place *place = &p->places[node];
        int64_t here = ranks_of(p, node, ranks);
        int64_t cores = cores_of(p, node, here);
        bool limited = isfinite(place->quota);
        if (!g || g->ranks != here || g->cores != cores ||
            isfinite(g->quota) != limited ||
            (limited && g->quota != place->quota) ||
            strcmp(g->binding, place->binding) != 0) {
            if (g && !(g->hosts = et_hosts_end(&hosts)))
                return et_no_memory();
            g = et_list_add(&out->groups, sizeof *g);
            if (!g || !(g->binding = et_strdup(place->binding))) {
                et_text_free(&hosts.text);
                return et_no_memory();
            }
            g->ranks = here;
            g->cores = cores;
            g->quota = limited ? place->quota : NAN;
        }
        g->nodes++;
        et_hosts_add(&hosts, place->host);
    }
    if (g && !(g->hosts = et_hosts_end(&hosts)))
        return et_no_memory();
    return ET_OK;
}
