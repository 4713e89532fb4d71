/* stream: long vectors through the cores, from memory or a cache, on every
 * rank. Ties kernels/stream to the harness: parameters, sizes, and the check
 * of every element of the timed data. Knows no instruction set and no clock.
 */
#include "config.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "bench/level.h"
#include "harness/base/log.h"
#include "harness/base/memory.h"
#include "harness/base/random.h"
#include "harness/case/bench.h"
#include "kernels/stream/stream.h"

#define STREAM 0x7374726d /* "strm": apart from the other benches' data */

struct params {
    struct et_level_params level;
    int op, stores;
};
enum stores { ORDINARY, NONTEMPORAL };

struct state {
    struct params p;
    struct et_team *team;
    struct et_level_set set;
    struct et_level_memory memory;
    struct et_stream work;
    uint64_t checked; /* iterations when last checked */
};

extern const struct et_bench et_bench_stream;

static const struct et_field rows[] = {
    ET_ROW(params, op, ET_CHOICE,
           "what is done with the vectors, as in STREAM; read: one is summed",
           .preset = "triad", .choices = ET_STREAM_OP_CHOICES),
    ET_ROW(params, stores, ET_CHOICE,
           "nontemporal: past the caches, which then need not read a line that "
           "is written",
           .preset = "ordinary", .choices = "ordinary|nontemporal"),
    ET_LEVEL_ROWS(params, level),
    {0}};

static const char *const shape[] = {"bytes", NULL};

static enum et_status check(const void *params, const char *where)
{
    const struct params *p = params;
    return et_level_check(&p->level, where);
}

/* Elements of each vector of a set of so many bytes. */
static int64_t elements(const struct params *p, double bytes, int threads)
{
    int vectors = et_stream_vectors((enum et_stream_op)p->op);
    double piece = bytes / (double)sizeof(double) / vectors / threads;
    int64_t grains = (int64_t)(piece / ET_STREAM_GRAIN);
    return (grains > 0 ? grains : 1) * ET_STREAM_GRAIN * threads;
}

static void need(const void *params, int ranks, int threads,
                 struct et_need *out)
{
    const struct params *p = params;
    enum et_stream_op op = (enum et_stream_op)p->op;
    double bytes = et_level_estimate(&p->level, ranks, threads);
    double n = (double)elements(p, bytes, threads);
    *out = (struct et_need){.memory = n * et_stream_vectors(op) *
                                      (double)sizeof(double),
                            .bytes = n * et_stream_bytes(op, false) * ranks};
}

static const char *unsupported(const void *params, const char *backend,
                               int ranks)
{
    const struct params *p = params;
    (void)backend, (void)ranks;
    if (p->stores == NONTEMPORAL && p->op == ET_STREAM_READ)
        return "read stores nothing, so no store can be non-temporal";
    if (p->stores == NONTEMPORAL && !et_stream_width_best()->nontemporal[p->op])
        return "this build has no non-temporal stores for this machine";
    return et_level_why_not(&p->level);
}

static enum et_status prepare(void *state, const struct et_setting *setting,
                              const void *params)
{
    struct state *s = state;
    s->p = *(const struct params *)params;
    s->team = setting->team;
    enum et_status status =
        et_level_resolve(&s->p.level, s->team, setting->threads, &s->set);
    if (status != ET_OK)
        return status;
    struct et_stream *w = &s->work;
    *w = (struct et_stream){
        .op = (enum et_stream_op)s->p.op,
        .nontemporal = s->p.stores == NONTEMPORAL,
        .threads = setting->threads,
        .n = elements(&s->p, (double)s->set.bytes, setting->threads),
        .stream = et_random_stream(setting->seed, STREAM),
        .width = et_stream_width_best()};
    int vectors = et_stream_vectors(w->op);
    /* Each begins at a page. */
    size_t one =
        ((size_t)w->n * sizeof(double) + ET_ALIGN - 1) / ET_ALIGN * ET_ALIGN;
    status =
        et_level_reserve((size_t)vectors * one, s->p.level.pages, &s->memory);
    if (status != ET_OK)
        return status;
    char *at = s->memory.data;
    w->s = (double *)(void *)at;
    w->d = vectors > 1 ? (double *)(void *)(at + one) : NULL;
    w->b = vectors > 2 ? (double *)(void *)(at + 2 * one) : NULL;
    et_stream_fill(w);
    return ET_OK;
}

static enum et_status run(void *state, uint64_t iterations)
{
    struct state *s = state;
    et_stream_run(&s->work, iterations);
    return ET_OK;
}

/* Say where the first wrong element of the lowest rank with one stands. */
static enum et_status locate(struct state *s, bool mine,
                             const struct et_stream_fault *f,
                             struct et_verification *out)
{
    struct et_stream_fault first = *f;
    int rank = -1;
    enum et_status status = et_team_lowest(s->team, mine, &rank);
    if (status == ET_OK && rank >= 0)
        status = et_team_broadcast(s->team, rank, &first, sizeof first);
    if (status != ET_OK || rank < 0)
        return status;
    if (first.where < 0)
        snprintf(out->note, sizeof out->note,
                 "rank %d, the sum: %.17g where %.17g is right", rank,
                 first.got, first.want);
    else
        snprintf(out->note, sizeof out->note,
                 "rank %d, element %.0f: %.17g where %.17g is right", rank,
                 (double)first.where, first.got, first.want);
    return ET_OK;
}

static enum et_status verify(void *state, struct et_verification *out)
{
    struct state *s = state;
    struct et_stream_fault fault = {0};
    double wrong = (double)et_stream_check(&s->work, &fault), mine = wrong;
    /* Nothing ran since the last check, so nothing was seen. */
    double idle = s->work.count == s->checked;
    s->checked = s->work.count;
    double v[2] = {wrong, idle};
    enum et_status status = et_team_reduce(s->team, ET_SUM, v, 2);
    if (status != ET_OK)
        return status;
    *out = (struct et_verification){.status = ET_CHECK_PASSED,
                                    .error = v[1] > 0 ? INFINITY : v[0]};
    snprintf(out->method, sizeof out->method,
             "every element of every rank against what all iterations since "
             "the start give, exact; wrong elements");
    if (out->error == 0)
        return ET_OK;
    out->status = ET_CHECK_FAILED;
    /* A fault does not outlive its check. */
    if (mine > 0) {
        et_stream_fill(&s->work);
        s->checked = 0;
    }
    if (v[1] > 0) {
        snprintf(out->note, sizeof out->note,
                 "nothing ran since the last "
                 "check");
        return ET_OK;
    }
    return locate(s, mine > 0, &fault, out);
}

/* A fault in what the last run left: in s, which it wrote, or in the sum. */
static enum et_status damage(void *state, const struct et_fault *fault,
                             double *size)
{
    struct state *s = state;
    struct et_stream *w = &s->work;
    int64_t at = (int64_t)(fault->at % (uint64_t)w->n);
    int64_t other = (at + w->n / 2) % w->n;
    double was = w->s[at];
    uint64_t bits;
    switch (fault->kind) {
    case ET_FAULT_FLIP:
        memcpy(&bits, &was, sizeof bits);
        bits ^= (uint64_t)1 << fault->bit % 64;
        memcpy(&w->s[at], &bits, sizeof bits);
        *size = INFINITY;
        break;
    case ET_FAULT_STALE:
        if (!w->d) { /* the sum of one iteration less */
            w->sum -= 1;
            *size = INFINITY;
            break;
        }
        w->s[at] = w->d[at];
        /* Not `!=`: d is NaN where only one iteration ran. */
        *size = w->s[at] == was ? 0 : INFINITY;
        break;
    case ET_FAULT_SWAP:
        w->s[at] = w->s[other];
        w->s[other] = was;
        *size = w->s[at] == was ? 0 : INFINITY;
        break;
    default:
        *size = NAN;
        break;
    }
    return ET_OK;
}

/* Of n elements on all ranks together. */
static void count(const struct params *p, double n, bool in_l1,
                  struct et_work *out)
{
    enum et_stream_op op = (enum et_stream_op)p->op;
    bool past = p->stores == NONTEMPORAL || op == ET_STREAM_READ;
    *out = (struct et_work){
        .bytes = n * et_stream_bytes(op, false),
        .traffic = n * et_stream_bytes(op, !past && !in_l1),
        .convention =
            op == ET_STREAM_READ
                ? "bytes, traffic: 8 an element; the additions are not counted"
            : past ? "bytes, traffic: loads and stores (STREAM's counting); no "
                     "write-allocate, as the stores are non-temporal"
            : in_l1 ? "bytes, traffic: loads and stores (STREAM's counting); "
                      "no write-allocate, as L1 holds the set"
                    : "bytes: loads and stores (STREAM's counting), without "
                      "write-allocate; traffic: with it, each stored line "
                      "being read first"};
}

/* Bytes of a rank's set, as the facts have it. */
static int64_t set_of(const struct et_stream *w)
{
    return w->n * (int64_t)sizeof(double) * et_stream_vectors(w->op);
}

static void work(const void *state, struct et_work *out)
{
    const struct state *s = state;
    const char *holds = et_level_holds(&s->set, set_of(&s->work));
    count(&s->p, (double)s->work.n * s->team->size, strcmp(holds, "L1") == 0,
          out);
}

/* How large a level is, the machine said: the facts have it. */
static bool work_of(const void *params, const char *backend, int ranks,
                    int threads, const struct et_pairs *facts,
                    struct et_work *out)
{
    const struct params *p = params;
    const char *set = et_pairs_get(facts, "working_set");
    const char *holds = et_pairs_get(facts, "fits_in");
    int64_t bytes;
    (void)backend, (void)threads;
    if (!set || !holds || !et_parse_int(set, &bytes))
        return false;
    double n = (double)bytes / (double)sizeof(double) /
               et_stream_vectors((enum et_stream_op)p->op);
    count(p, n * ranks, strcmp(holds, "L1") == 0, out);
    return true;
}

static enum et_status facts(void *state, struct et_pairs *out)
{
    struct state *s = state;
    if (!et_pairs_set(out, "vectors", s->work.width->name, false))
        return et_error(ET_INFRA, "no memory");
    return et_level_facts(&s->p.level, &s->set, set_of(&s->work), &s->memory,
                          out);
}

static void release(void *state)
{
    struct state *s = state;
    et_level_release(&s->memory);
}

const struct et_bench et_bench_stream = {
    ET_BENCH("stream", "bandwidth of memory and caches, as STREAM has it",
             "transfers to and from memory and caches", "bandwidth"),
    .role = ET_ROLE_MEMORY_CEILING,
    ET_LEVEL_BENCH,
    .check = check,
    ET_BENCH_RUN,
    .work_of = work_of,
    .damage = damage,
    .facts = facts,
};
