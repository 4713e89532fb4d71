/* memory_latency: what a load costs that the processor could not foresee, on
 * every rank at once. Ties kernels/memory_latency to the harness: parameters,
 * sizes, and the check of where the loads led. An iteration is one load, so the
 * time of an iteration is the latency. Knows no clock.
 */
#include "config.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/level.h"
#include "harness/base/log.h"
#include "harness/base/memory.h"
#include "harness/base/random.h"
#include "harness/case/bench.h"
#include "kernels/memory_latency/chase.h"

#define STREAM 0x6c617463 /* "latc": apart from the other benches' data */

struct params {
    struct et_level_params level;
};

struct state {
    struct params p;
    struct et_team *team;
    struct et_level_set set;
    struct et_level_memory memory;
    struct et_chase chase;
    uint64_t checked; /* loads when last checked */
};

extern const struct et_bench et_bench_memory_latency;

static const struct et_field rows[] = {ET_LEVEL_ROWS(params, level), {0}};

static const char *const shape[] = {"bytes", NULL};

static enum et_status check(const void *params, const char *where)
{
    const struct params *p = params;
    return et_level_check(&p->level, where);
}

/* Lines of a set of so many bytes; fewer than two make no ring. */
static int64_t lines(double bytes, size_t line)
{
    double n = floor(bytes / (double)line);
    return n < 2 ? 2 : (int64_t)n;
}

static size_t line_size(void)
{
    struct et_caches c;
    et_caches_read("", &c);
    return c.line >= (int64_t)sizeof(void *) &&
                   c.line % (int64_t)sizeof(void *) == 0
               ? (size_t)c.line
               : 64;
}

static void need(const void *params, int ranks, int threads,
                 struct et_need *out)
{
    const struct params *p = params;
    size_t line = line_size();
    double n =
        (double)lines(et_level_estimate(&p->level, ranks, threads), line);
    *out = (struct et_need){.memory = n * (double)(line + sizeof(uint32_t)),
                            .bytes = (double)line * ranks};
}

static const char *unsupported(const void *params, const char *backend,
                               int ranks)
{
    const struct params *p = params;
    (void)backend, (void)ranks;
    return et_level_why_not(&p->level);
}

static enum et_status prepare(void *state, const struct et_setting *setting,
                              const void *params)
{
    struct state *s = state;
    s->p = *(const struct params *)params;
    s->team = setting->team;
    /* One thread is busy, whatever the rank has. */
    enum et_status status = et_level_resolve(&s->p.level, s->team, 1, &s->set);
    if (status != ET_OK)
        return status;
    struct et_chase *c = &s->chase;
    c->line = line_size();
    c->n = lines((double)s->set.bytes, c->line);
    if (c->n > (int64_t)UINT32_MAX)
        return et_error(ET_USAGE,
                        "memory_latency: bytes: more than 2^32 lines of a "
                        "cache are not chased");
    c->order = et_alloc((size_t)c->n, sizeof *c->order);
    if (!c->order)
        return et_error(ET_INFRA,
                        "memory_latency: no memory for a ring of %lld lines",
                        (long long)c->n);
    status =
        et_level_reserve((size_t)c->n * c->line, s->p.level.pages, &s->memory);
    if (status != ET_OK)
        return status;
    c->memory = s->memory.data;
    uint64_t mine =
        et_random_stream(setting->seed, (uint64_t)setting->team->rank);
    et_chase_build(c, et_random_stream(mine, STREAM));
    return ET_OK;
}

static enum et_status run(void *state, uint64_t iterations)
{
    struct state *s = state;
    et_chase_run(&s->chase, iterations);
    return ET_OK;
}

static enum et_status verify(void *state, struct et_verification *out)
{
    struct state *s = state;
    struct et_chase *c = &s->chase;
    double astray = (double)et_chase_astray(c);
    /* Nothing ran since the last check, so nothing was seen. */
    double v[2] = {astray, c->loads == s->checked};
    enum et_status status = et_team_reduce(s->team, ET_MAX, v, 2);
    if (status != ET_OK)
        return status;
    *out = (struct et_verification){.status = ET_CHECK_PASSED,
                                    .error = v[1] > 0 ? INFINITY : v[0]};
    snprintf(out->method, sizeof out->method,
             "the line that the last load led to, on every rank, against the "
             "ring; lines astray");
    s->checked = c->loads;
    if (out->error == 0)
        return ET_OK;
    out->status = ET_CHECK_FAILED;
    snprintf(out->note, sizeof out->note,
             v[1] > 0 ? "nothing ran since the last check"
                      : "the loads of some rank end at another line");
    /* A fault does not outlive its check. */
    et_chase_start(c);
    s->checked = 0;
    return ET_OK;
}

/* One load was left out, or there are no links to spoil: a wild pointer would
 * be followed. */
static enum et_status damage(void *state, const struct et_fault *fault,
                             double *size)
{
    struct state *s = state;
    struct et_chase *c = &s->chase;
    *size = NAN;
    if (fault->kind != ET_FAULT_STALE)
        return ET_OK;
    uint64_t before = (c->loads + (uint64_t)c->n - 1) % (uint64_t)c->n;
    c->at = (char *)c->memory + (size_t)c->order[before] * c->line;
    *size = INFINITY;
    return ET_OK;
}

static bool work_of(const void *params, const char *backend, int ranks,
                    int threads, const struct et_pairs *facts,
                    struct et_work *out)
{
    (void)params, (void)backend, (void)ranks, (void)threads, (void)facts;
    *out = (struct et_work){
        .accesses = 1,
        .convention = "accesses: loads of one rank, each of which needs the "
                      "one before; every rank does as many at the same time"};
    return true;
}

static void work(const void *state, struct et_work *out)
{
    (void)state;
    work_of(NULL, NULL, 0, 0, NULL, out);
}

static enum et_status facts(void *state, struct et_pairs *out)
{
    struct state *s = state;
    const struct et_chase *c = &s->chase;
    char text[32];
    snprintf(text, sizeof text, "%zu", c->line);
    bool ok = et_pairs_set(out, "line", text, true) &&
              et_pairs_set(out, "includes",
                           "the load, and beyond the TLB's reach a walk of "
                           "the page table; huge pages have less of it",
                           false);
    if (!ok)
        return et_error(ET_INFRA, "no memory");
    return et_level_facts(&s->p.level, &s->set, c->n * (int64_t)c->line,
                          &s->memory, out);
}

static void release(void *state)
{
    struct state *s = state;
    free(s->chase.order);
    et_level_release(&s->memory);
}

const struct et_bench et_bench_memory_latency = {
    ET_BENCH("memory_latency",
             "time of a load that needs the one before, by pointer chasing",
             "loads that each need the one before", "access_time"),
    ET_LEVEL_BENCH,
    .serial = true,
    .check = check,
    ET_BENCH_RUN,
    .work_of = work_of,
    .damage = damage,
    .facts = facts,
};
