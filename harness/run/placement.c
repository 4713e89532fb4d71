/* Gathers hosts and bindings, and counts busy threads against cores. */
#include "config.h"
#include "harness/run/placement.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/log.h"
#include "harness/base/memory.h"

#define MAX_CPUS 8192

int et_placement_union(const char *const *lists, size_t n)
{
    static const unsigned char bit[] = {1, 2, 4, 8, 16, 32, 64, 128};
    unsigned char set[MAX_CPUS / 8] = {0};
    int count = 0;
    for (size_t i = 0; i < n; i++) {
        const char *s = lists[i];
        while (*s) {
            char *end;
            long from = strtol(s, &end, 10), to = from;
            if (end == s)
                break;
            if (*end == '-')
                to = strtol(end + 1, &end, 10);
            for (long c = from; c >= 0 && c <= to && c < MAX_CPUS; c++) {
                count += !(set[c / 8] & bit[c % 8]);
                set[c / 8] |= bit[c % 8];
            }
            s = *end == ',' ? end + 1 : end;
            if (*s && (*s < '0' || *s > '9'))
                break;
        }
    }
    return count;
}

static enum et_status describe_node(const struct et_placement *p, int ranks,
                                    int node, int64_t threads,
                                    struct et_result_host *host);

/* Rank 0: threads that every rank may keep busy without taking another's core:
 * the cores that a node's ranks may use together, shared among them; the least
 * of all nodes. */
static enum et_status preset_threads(const struct et_placement *p, int nodes,
                                     double *threads)
{
    static const struct et_field rows[] = {
        {.key = "host",
         .type = ET_STRING,
         .at = offsetof(struct et_result_host, host)},
        {.key = "binding",
         .type = ET_STRING,
         .at = offsetof(struct et_result_host, binding)},
        {0}};
    const char *omp = getenv("OMP_NUM_THREADS");
    int64_t given;
    if (omp && et_parse_int(omp, &given) && given > 0) {
        *threads = (double)given;
        return ET_OK;
    }
    double least = INFINITY;
    for (int node = 0; node < nodes; node++) {
        struct et_result_host host = {0};
        enum et_status s = describe_node(p, p->n, node, 1, &host);
        double share = host.cores == ET_ABSENT_INT
                           ? 1
                           : floor((double)host.cores / (double)host.ranks);
        et_fields_free(rows, &host, sizeof host);
        if (s != ET_OK)
            return s;
        least = fmin(least, share);
    }
    *threads = fmax(least, 1);
    return ET_OK;
}

enum et_status et_placement_gather(struct et_team *team,
                                   const struct et_environment *env,
                                   struct et_placement *out)
{
    struct et_placement p = {.n = team->size};
    struct et_place mine = {.node = team->node};
    snprintf(mine.host, sizeof mine.host, "%s", env->host ? env->host : "?");
    snprintf(mine.binding, sizeof mine.binding, "%s",
             env->binding ? env->binding : "");
    mine.allowed = env->allowed == ET_ABSENT_INT ? 0 : (int32_t)env->allowed;
    mine.allowed_cores =
        env->allowed_cores == ET_ABSENT_INT ? 0 : (int32_t)env->allowed_cores;
    double *upto = NULL;
    enum et_status status = ET_INFRA;
    p.ranks_upto = et_alloc((size_t)team->nodes, sizeof *p.ranks_upto);
    upto = et_alloc((size_t)team->nodes, sizeof *upto);
    if (team->rank == 0)
        p.ranks = et_alloc((size_t)team->size, sizeof *p.ranks);
    status = et_team_agree(team, p.ranks_upto && upto ? ET_OK : et_no_memory());
    if (status != ET_OK)
        goto out;
    status = et_team_gather(team, &mine, sizeof mine, p.ranks);
    if (status != ET_OK)
        goto out;
    upto[team->node] = 1;
    double least = INFINITY;
    if (team->rank == 0)
        status = preset_threads(&p, team->nodes, &least);
    status = et_team_agree(team, status);
    if (status == ET_OK)
        status = et_team_reduce(team, ET_SUM, upto, (size_t)team->nodes);
    if (status == ET_OK)
        status = et_team_reduce(team, ET_MIN, &least, 1);
    int64_t sum = 0;
    for (int i = 0; i < team->nodes; i++)
        p.ranks_upto[i] = sum += (int64_t)upto[i];
    p.threads = (int64_t)least;
out:
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
    free(p->ranks);
    free(p->ranks_upto);
    *p = (struct et_placement){0};
}

static enum et_status describe_node(const struct et_placement *p, int ranks,
                                    int node, int64_t threads,
                                    struct et_result_host *host)
{
    const char **lists = et_alloc((size_t)ranks, sizeof *lists);
    const struct et_place *first = NULL;
    size_t n = 0;
    if (!lists)
        return et_no_memory();
    for (int r = 0; r < ranks; r++) {
        if (p->ranks[r].node != node)
            continue;
        first = first ? first : &p->ranks[r];
        lists[n++] = p->ranks[r].binding;
    }
    int hardware = et_placement_union(lists, n);
    free(lists);
    host->host = et_strdup(first->host);
    host->binding = et_strdup(first->binding);
    host->ranks = (int64_t)n;
    host->busy_threads = (int64_t)n * threads;
    host->cores = ET_ABSENT_INT;
    if (hardware > 0 && first->allowed > 0) {
        int64_t cores =
            (int64_t)hardware * first->allowed_cores / first->allowed;
        host->cores = cores > 0 ? cores : 1;
    }
    return host->host && host->binding ? ET_OK : et_no_memory();
}

enum et_status et_placement_describe(const struct et_placement *p, int ranks,
                                     int64_t threads,
                                     struct et_result_placement *out)
{
    int nodes = 0;
    for (int r = 0; r < ranks; r++) {
        if (p->ranks[r].node >= nodes)
            nodes = p->ranks[r].node + 1;
    }
    for (int node = 0; node < nodes; node++) {
        struct et_result_host *host = et_list_add(&out->hosts, sizeof *host);
        if (!host)
            return et_no_memory();
        enum et_status s = describe_node(p, ranks, node, threads, host);
        if (s != ET_OK)
            return s;
        if (host->cores != ET_ABSENT_INT && host->busy_threads > host->cores)
            out->oversubscribed = true;
    }
    return ET_OK;
}
