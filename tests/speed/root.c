/* Speed: what rank 0 does after each case while all others wait, for 100,000
 * made-up ranks on 12,500 nodes: the cores of the team, the ranks compared and
 * named, the record and every rank's median made and put on disk, in the
 * working directory. Prints milliseconds, each the median of several, and
 * bytes; asserts nothing.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "harness/run/placement.h"
#include "harness/run/ranks.h"
#include "harness/base/random.h"
#include "harness/stat/stat.h"
#include "harness/system/clock.h"
#include "results/store/store.h"
#include "tests/unit/results/sample.h"

enum { NODES = 12500, PER_NODE = 8, RANKS = NODES * PER_NODE, TIMES = 9 };
#define SAMPLES 60

static struct et_placement make_placement(void)
{
    struct et_placement p = {.n = RANKS, .nodes = NODES};
    p.places = calloc(NODES, sizeof *p.places);
    p.hardware = calloc(RANKS, sizeof *p.hardware);
    p.ranks_upto = calloc(NODES, sizeof *p.ranks_upto);
    for (int i = 0; i < NODES; i++) {
        struct et_place *place = &p.places[i];
        snprintf(place->host, sizeof place->host, "node%05d", i + 1);
        strcpy(place->binding, "0-7");
        place->allowed = place->allowed_cores = PER_NODE;
        p.ranks_upto[i] = (i + 1) * PER_NODE;
        for (int k = 0; k < PER_NODE; k++)
            p.hardware[i * PER_NODE + k] = PER_NODE * (k + 1);
    }
    return p;
}

/* Times within 10 %, and each sample's last rank drawn. */
static struct et_rank *make_ranks(void)
{
    struct et_rank *all = calloc(RANKS, sizeof *all);
    for (uint64_t i = 0; i < RANKS; i++)
        all[i] = (struct et_rank){1e-3 * (1 + 0.05 * et_random_unit(1, i)), 0,
                                  (int64_t)i / PER_NODE};
    for (uint64_t i = 0; i < SAMPLES; i++)
        all[et_random_u64(2, i) % RANKS].last++;
    return all;
}

static void name(const struct et_placement *p, struct et_list *parts)
{
    struct et_result_part *v = parts->v;
    for (size_t i = 0; i < parts->n; i++) {
        free(v[i].host);
        v[i].host = strdup(et_placement_host(p, v[i].rank));
    }
}

/* Processor time of this process, s. */
static double busy(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

int main(void)
{
    char dir[] = "speed-root-XXXXXX";
    struct et_clock clock;
    struct et_store *store;
    struct et_placement p = make_placement();
    struct et_rank *ranks = make_ranks();
    double work[TIMES], disk[TIMES], run_placement;
    if (!mkdtemp(dir) || et_clock_open("real", &clock) != ET_OK ||
        et_store_open(dir, ET_STORE_NEW, &store) != ET_OK)
        return 4;
    struct et_sink *sink = et_store_sink(store);
    struct et_run_info info = sample_info();
    double start = et_clock_now(&clock);
    struct et_run_placement *where =
        et_list_add(&info.placement, sizeof *where);
    if (!where || et_placement_describe(&p, RANKS, where) != ET_OK)
        return 4;
    run_placement = et_clock_now(&clock) - start;
    if (sink->begin(sink, &info) != ET_OK)
        return 4;
    for (int i = 0; i < TIMES; i++) {
        struct et_result r = sample_result("made up", 1e-3, 0.01, SAMPLES);
        double begun = busy();
        et_placement_cores(&p, RANKS, 1, &r.team.cores, &r.team.oversubscribed);
        struct et_result fresh;
        et_result_begin(&fresh);
        if (et_ranks_describe(ranks, RANKS, &fresh) != ET_OK)
            return 4;
        name(&p, &fresh.time.ranks.worst);
        name(&p, &fresh.time.ranks.last);
        name(&p, &fresh.time.nodes.worst);
        name(&p, &fresh.time.nodes.last);
        work[i] = busy() - begun;
        struct et_result_time old = r.time;
        r.time.ranks = fresh.time.ranks;
        r.time.nodes = fresh.time.nodes;
        fresh.time.ranks = old.ranks;
        fresh.time.nodes = old.nodes;
        free(r.rank_medians.v);
        free(r.rank_last.v);
        r.rank_medians = fresh.rank_medians;
        r.rank_last = fresh.rank_last;
        fresh.rank_medians = fresh.rank_last = (struct et_reals){0};
        r.team.ranks = RANKS;
        r.team.nodes = NODES;
        start = et_clock_now(&clock);
        begun = busy();
        if (sink->put(sink, &r) != ET_OK)
            return 4;
        begun = busy() - begun;
        work[i] += begun;
        disk[i] = et_clock_now(&clock) - start - begun;
        et_result_free(&fresh);
        et_result_free(&r);
    }
    struct stat head, records, side;
    if (stat(sample_path(dir, "run.json"), &head) != 0 ||
        stat(sample_path(dir, "records.jsonl"), &records) != 0 ||
        stat(sample_path(dir, "ranks.bin"), &side) != 0)
        return 4;
    printf("rank 0, %d ranks on %d nodes: %.2f ms of work a record (processor "
           "time) and %.2f ms of waiting for the disk; placement once: %.2f "
           "ms\n",
           RANKS, NODES, 1e3 * et_stat_median(work, TIMES),
           1e3 * et_stat_median(disk, TIMES), 1e3 * run_placement);
    printf("a record of %d samples: %lld bytes; its ranks in ranks.bin: %lld "
           "bytes; run.json: %lld bytes\n",
           SAMPLES, (long long)records.st_size / TIMES,
           (long long)side.st_size / TIMES, (long long)head.st_size);
    et_store_close(store);
    sample_info_free(&info);
    et_placement_free(&p);
    free(ranks);
    sample_remove(dir);
    return 0;
}
