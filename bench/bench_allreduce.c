/* allreduce: every rank's vector summed onto every rank. Ties the collective
 * kernels to the harness. The inputs are integers whose sum is exact in any
 * order, so that a right result is right to the last bit.
 */
#include "config.h"
#include "harness/run/bench.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/dtype.h"
#include "harness/base/log.h"
#include "harness/base/memory.h"
#include "harness/base/random.h"
#include "kernels/collective/allreduce.h"

#define STREAM 0x616c6c72 /* "allr": apart from the other benches' data */
#define RECHECK 4         /* shares looked at again when one is wrong */

struct params {
    int dtype;
    int64_t bytes;
};

struct state {
    const struct et_allreduce_backend *backend;
    struct et_team *team;
    struct et_allreduce p;
    uint64_t seed;
    void *in, *out, *plan;
};

extern const struct et_bench et_bench_allreduce;

static const struct et_field rows[] = {
    {.key = "dtype",
     .type = ET_CHOICE,
     .at = offsetof(struct params, dtype),
     .preset = "fp32",
     .choices = ET_DTYPE_CHOICES,
     .help = "type of the elements"},
    {.key = "bytes",
     .type = ET_BYTES,
     .at = offsetof(struct params, bytes),
     .preset = "1 MiB",
     .min = 4,
     .max = 0x1p50,
     .help = "size of one rank's vector; a multiple of the element's"},
    {0}};

static const char *const shape[] = {"bytes", NULL};

static const char *backend_name(size_t i)
{
    const struct et_allreduce_backend *b = et_allreduce_backend_at(i);
    return b ? b->name : NULL;
}

static const char *backend_why_not(const char *name)
{
    return et_allreduce_backend_find(name)->why_not();
}

static const char *backend_origin(const char *name)
{
    return et_allreduce_backend_find(name)->origin();
}

static struct et_allreduce problem(const struct params *q)
{
    struct et_allreduce p = {.dtype = (enum et_dtype)q->dtype};
    p.count = q->bytes / (int64_t)et_dtype_size(p.dtype);
    return p;
}

static enum et_status check(const void *params, const char *where)
{
    const struct params *q = params;
    struct et_allreduce p = problem(q);
    size_t size = et_dtype_size(p.dtype);

    if (p.count < 1 || q->bytes % (int64_t)size)
        return et_error(
            ET_USAGE, "%s: bytes: %lld is not a multiple of %s's %zu bytes",
            where, (long long)q->bytes, et_dtype_name(p.dtype), size);
    return ET_OK;
}

static void need(const void *params, int ranks, int threads,
                 struct et_need *out)
{
    const struct params *q = params;
    struct et_allreduce p = problem(q);
    (void)threads;
    /* in, out and at most one more vector; the reference has 64 MiB or a
     * page a rank on rank 0. */
    double root = 4096.0 * ranks > 0x1p26 ? 4096.0 * ranks : 0x1p26;
    double third = (double)q->bytes;
    if (third < root)
        third = third * ranks < root ? third * ranks : root;
    *out = (struct et_need){.memory = 2.0 * (double)q->bytes + third,
                            .flop = (double)(ranks - 1) * (double)p.count,
                            .bytes = (double)q->bytes * ranks};
}

static const char *unsupported(const void *params, const char *backend,
                               int ranks)
{
    struct et_allreduce p = problem(params);
    return et_allreduce_backend_find(backend)->unsupported(&p, ranks);
}

/* Largest integer that an input may hold: p of them stay exact in the type's
 * significand (2^24 for fp32, 2^53 for fp64). */
static int64_t input_limit(enum et_dtype dtype, int ranks)
{
    int64_t exact = dtype == ET_FP64 ? (int64_t)1 << 53 : (int64_t)1 << 24;
    return (exact - 1) / ranks;
}

static int64_t input(uint64_t stream, int64_t i, int64_t limit)
{
    uint64_t span = 2 * (uint64_t)limit + 1;
    return (int64_t)(et_random_u64(stream, (uint64_t)i) % span) - limit;
}

static uint64_t stream_of(uint64_t seed, int rank)
{
    return et_random_stream(et_random_stream(seed, STREAM), (uint64_t)rank);
}

static int64_t expected(const struct state *s, int64_t i, int64_t limit)
{
    int64_t sum = 0;
    for (int r = 0; r < s->team->size; r++)
        sum += input(stream_of(s->seed, r), i, limit);
    return sum;
}

/* No sum is NaN, so what a run fails to write cannot look right. */
static void poison(struct state *s)
{
    memset(s->out, 0xff, (size_t)s->p.count * et_dtype_size(s->p.dtype));
}

static enum et_status prepare(void *state, const struct et_setting *setting,
                              const void *params)
{
    struct state *s = state;
    enum et_status status = ET_OK;

    s->team = setting->team;
    s->backend = et_allreduce_backend_find(setting->backend);
    s->p = problem(params);
    s->seed = setting->seed;
    size_t size = et_dtype_size(s->p.dtype);
    s->in = et_alloc_aligned((size_t)s->p.count, size);
    s->out = et_alloc_aligned((size_t)s->p.count, size);
    if (!s->in || !s->out)
        status = et_error(ET_INFRA,
                          "allreduce: no memory for two vectors of %lld "
                          "elements",
                          (long long)s->p.count);
    status = et_team_agree(s->team, status);
    if (status)
        return status;
    int64_t limit = input_limit(s->p.dtype, s->team->size);
    if (limit < 1)
        return et_error(ET_USAGE,
                        "allreduce: %s cannot hold an exact sum over %d ranks",
                        et_dtype_name(s->p.dtype), s->team->size);
    uint64_t stream = stream_of(s->seed, s->team->rank);
#pragma omp parallel for schedule(static) if (s->p.count > 65536)
    for (int64_t i = 0; i < s->p.count; i++)
        et_dtype_set(s->p.dtype, s->in, (size_t)i,
                     (double)input(stream, i, limit));
    poison(s);
    return et_team_agree(
        s->team, s->backend->create(&s->p, s->team, s->in, s->out, &s->plan));
}

static enum et_status run(void *state, uint64_t iterations)
{
    struct state *s = state;
    for (uint64_t i = 0; i < iterations; i++) {
        enum et_status status = s->backend->run(s->plan);
        if (status)
            return status;
    }
    return ET_OK;
}

/* Which elements of [first, first+n) are wrong, and the first of them. */
static double count_wrong(const struct state *s, int64_t first, int64_t n,
                          int64_t *where)
{
    int64_t limit = input_limit(s->p.dtype, s->team->size);
    int64_t wrong = 0, lowest = INT64_MAX;
#pragma omp parallel for schedule(static) reduction(+ : wrong)                 \
    reduction(min : lowest) if (n > 4096)
    for (int64_t i = first; i < first + n; i++) {
        double want = (double)expected(s, i, limit);
        /* Not `!=`: a NaN must count as wrong. */
        if (!(et_dtype_get(s->p.dtype, s->out, (size_t)i) == want)) {
            wrong++;
            lowest = i < lowest ? i : lowest;
        }
    }
    if (lowest < *where)
        *where = lowest;
    return (double)wrong;
}

/* 53 bits of every element's bits and place, so that a double holds it. */
static double digest(const struct state *s, int64_t first, int64_t n)
{
    uint64_t sum = 0;
#pragma omp parallel for schedule(static) reduction(+ : sum) if (n > 65536)
    for (int64_t i = first; i < first + n; i++) {
        double v = et_dtype_get(s->p.dtype, s->out, (size_t)i);
        uint64_t bits;
        memcpy(&bits, &v, sizeof bits);
        sum += et_random_u64(bits, (uint64_t)i);
    }
    return (double)(sum >> 11);
}

/* Say where the first wrong element of the lowest rank with one stands. */
static enum et_status locate(struct state *s, int64_t where,
                             struct et_verification *out)
{
    bool mine = where != INT64_MAX;
    double lowest = mine ? s->team->rank : s->team->size, v[3] = {0};

    enum et_status status = et_team_reduce(s->team, ET_MIN, &lowest, 1);
    if (status)
        return status;
    if (lowest >= s->team->size) {
        snprintf(out->note, sizeof out->note, "ranks hold different sums");
        return ET_OK;
    }
    if (mine && (double)s->team->rank == lowest) {
        v[0] = (double)where;
        v[1] = et_dtype_get(s->p.dtype, s->out, (size_t)where);
        v[2] =
            (double)expected(s, where, input_limit(s->p.dtype, s->team->size));
    }
    status = et_team_reduce(s->team, ET_SUM, v, 3);
    if (!status)
        snprintf(out->note, sizeof out->note,
                 "rank %.0f, element %.0f: %.17g where %.17g is right", lowest,
                 v[0], v[1], v[2]);
    return status;
}

/* A share of the vector has a rank that owns it and computes its sums anew
 * from all ranks' streams; that every rank holds the owner's very elements is
 * told by a digest of each share. So every element of every rank is checked,
 * in time O(count) on each whatever p. */
static enum et_status verify(void *state, struct et_verification *out)
{
    struct state *s = state;
    int p = s->team->size;
    int64_t first, n, where = INT64_MAX;
    /* By share: the digest, its negative, wrong elements at the owner. */
    double *v = NULL, wrong = 0;

    enum et_status status = s->backend->fetch(s->plan);
    if (!status)
        v = et_alloc((size_t)p, 3 * sizeof *v);
    if (!status && !v)
        status = et_error(ET_INFRA, "allreduce: no memory to verify");
    status = et_team_agree(s->team, status);
    if (status)
        goto out;
    for (int i = 0; i < p; i++) {
        et_team_share(s->p.count, i, p, &first, &n);
        v[3 * i] = digest(s, first, n);
        v[3 * i + 1] = -v[3 * i];
        if (i == s->team->rank)
            v[3 * i + 2] = count_wrong(s, first, n, &where);
    }
    status = et_team_reduce(s->team, ET_MAX, v, 3 * (size_t)p);
    if (status)
        goto out;
    bool bad = false;
    where = INT64_MAX;
    for (int i = 0, looked = 0; i < p && looked < RECHECK; i++) {
        if (v[3 * i] + v[3 * i + 1] == 0 && v[3 * i + 2] == 0)
            continue;
        bad = true;
        looked++;
        et_team_share(s->p.count, i, p, &first, &n);
        wrong += count_wrong(s, first, n, &where);
    }
    *out = (struct et_verification){.status = ET_CHECK_PASSED};
    snprintf(out->method, sizeof out->method,
             "exact integer sums; wrong elements: each rank recomputes a "
             "share, digests compare all ranks' shares with it");
    if (bad) {
        status = et_team_reduce(s->team, ET_SUM, &wrong, 1);
        out->status = ET_CHECK_FAILED;
        out->error = wrong > 1 ? wrong : 1;
        if (!status)
            status = locate(s, where, out);
    }
    /* The next check must see the next run's work. */
    poison(s);
out:
    free(v);
    return status;
}

static void work(const void *state, struct et_work *out)
{
    const struct state *s = state;
    double p = s->team->size;
    double bytes = (double)s->p.count * (double)et_dtype_size(s->p.dtype);

    *out = (struct et_work){
        .flop = (p - 1) * (double)s->p.count,
        .bytes = bytes,
        .bus_bytes = p > 1 ? bytes * 2 * (p - 1) / p : NAN,
        .messages = s->backend->messages(&s->p, s->team->size),
        .convention = "bytes: one rank's vector S; bus_bytes: S*2(p-1)/p "
                      "(nccl-tests); flop: (p-1) additions an element"};
}

static void release(void *state)
{
    struct state *s = state;
    if (s->plan)
        s->backend->destroy(s->plan);
    et_free_aligned(s->in);
    et_free_aligned(s->out);
}

const struct et_bench et_bench_allreduce = {
    .name = "allreduce",
    .summary = "sum of all ranks' vectors on every rank",
    .params = rows,
    .params_size = sizeof(struct params),
    .serial = true,
    .shape_key = "sizes",
    .shape = shape,
    .shape_preset = "8..256MiB*32",
    .shape_help = "bytes of one rank's vector",
    .backend = backend_name,
    .backend_why_not = backend_why_not,
    .backend_origin = backend_origin,
    .check = check,
    .need = need,
    .unsupported = unsupported,
    .state_size = sizeof(struct state),
    .prepare = prepare,
    .run = run,
    .verify = verify,
    .work = work,
    .release = release};
