/* The benches of all operations of a collective: each is its row in
 * kernels/collective/operation/, and a case of it a problem of that row. Ties
 * the collective kernels to the harness; bench/check/exact.h has the inputs and
 * the check.
 */
#include "config.h"
#include "harness/case/bench.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "bench/check/exact.h"
#include "harness/base/dtype.h"
#include "harness/base/log.h"
#include "kernels/collective/collective.h"

struct state {
    const struct et_collective_backend *backend;
    const struct et_collective_algorithm *algorithm;
    struct et_team *team;
    struct et_collective p;
    struct et_exact exact;
    uint64_t calls; /* of run */
    struct et_buffer in, out;
    void *setup;
    bool fetched; /* the host has what the last run left */
};

static const char *const shape[] = {"bytes", NULL};

static struct et_collective problem(const struct et_operation *op,
                                    const struct et_collective_params *q)
{
    struct et_collective p = {
        .op = op, .dtype = (enum et_dtype)q->dtype, .root = (int)q->root};
    int64_t size = (int64_t)et_dtype_size(p.dtype);
    p.count = q->bytes / size;
    p.slack = et_exact_slack(p.dtype);
    return p;
}

static enum et_status check(const void *params, const char *where)
{
    const struct et_collective_params *q = params;
    enum et_dtype dtype = (enum et_dtype)q->dtype;
    int64_t size = (int64_t)et_dtype_size(dtype);

    if (q->bytes < size || q->bytes % size)
        return et_error(
            ET_USAGE, "%s: bytes: %lld is not a multiple of %s's %lld bytes",
            where, (long long)q->bytes, et_dtype_name(dtype), (long long)size);
    return ET_OK;
}

static void need(const struct et_operation *op, const void *params, int ranks,
                 struct et_need *out)
{
    struct et_collective p = problem(op, params);
    double size = (double)et_dtype_size(p.dtype), most;

    *out = (struct et_need){.memory = INFINITY};
    if ((double)p.count * ranks >= 0x1p62)
        return;
    /* Input, output, at most one more vector, and a block of the reference. */
    most = (double)et_collective_largest(&p, ranks);
    out->memory = (3 * most + (double)p.slack) * size + 0x1p21;
    out->flop = op->sums ? (ranks - 1) * most : 0;
    out->bytes = most * size * ranks;
}

static const char *unsupported(const struct et_operation *op,
                               const void *params, const char *backend,
                               int ranks)
{
    struct et_collective p = problem(op, params);
    const char *why = et_collective_unsupported(
        et_collective_backend_find(backend), &p, ranks);

    return why ? why : et_exact_unsupported(&p, ranks);
}

/* With the state's backend, algorithm, team and problem. */
static enum et_status open_state(struct state *s, uint64_t seed)
{
    const struct et_space *space = s->backend->base.space;
    size_t size = et_dtype_size(s->p.dtype);
    int rank = s->team->rank, ranks = s->team->size;
    int64_t in = s->p.slack + et_collective_input(&s->p, ranks, rank);
    int64_t out = et_collective_output(&s->p, ranks, rank);
    enum et_status status = ET_OK;

    if (et_buffer_open(&s->in, space, (size_t)in, size) ||
        et_buffer_open(&s->out, space, (size_t)out, size))
        status = et_error(ET_INFRA,
                          "%s: no memory for %lld elements in and %lld out",
                          s->p.op->name, (long long)in, (long long)out);
    if (!status)
        status = et_exact_open(&s->exact, &s->p, s->team, seed, &s->out);
    if (!status) {
        et_exact_fill(&s->exact, s->in.host);
        status = et_buffer_send(&s->in, 0, s->in.n);
    }
    status = et_team_agree(s->team, status);
    if (status)
        return status;
    return et_team_agree(s->team,
                         et_collective_create(s->backend, &s->p, s->team,
                                              s->in.at, s->out.at, &s->setup));
}

static enum et_status prepare(const struct et_operation *op, void *state,
                              const struct et_setting *setting,
                              const void *params)
{
    struct state *s = state;
    s->team = setting->team;
    s->p = problem(op, params);
    s->backend = et_collective_backend_find(setting->backend);
    s->algorithm = et_collective_algorithm(s->backend, op);
    return open_state(s, setting->seed);
}

static enum et_status run(void *state, uint64_t iterations)
{
    struct state *s = state;
    et_exact_begin(&s->exact, iterations);
    s->calls++;
    s->fetched = false;
    for (uint64_t i = 0; i < iterations; i++) {
        enum et_status status =
            s->algorithm->run(s->setup, et_exact_next(&s->exact));
        if (status)
            return status;
    }
    return et_backend_wait(&s->backend->base, s->setup);
}

static enum et_status fetch(struct state *s)
{
    enum et_status status = ET_OK;
    if (!s->fetched)
        status =
            et_backend_fetch(&s->backend->base, s->setup, &s->out, 0, s->out.n);
    s->fetched = status == ET_OK;
    return status;
}

static void glance(void *state)
{
    struct state *s = state;
    int64_t at[ET_EXACT_GLANCES];
    size_t n = et_exact_places(&s->exact, s->calls, at);

    for (size_t k = 0; k < n && !*s->exact.fault; k++) {
        if (!s->fetched && et_backend_fetch(&s->backend->base, s->setup,
                                            &s->out, (size_t)at[k], 1))
            snprintf(s->exact.fault, sizeof s->exact.fault,
                     "call %llu of run: the output could not be fetched",
                     (unsigned long long)s->calls);
        else
            et_exact_glance(&s->exact, s->calls, at[k]);
    }
}

/* The whole output of this rank; a digest of sums says no more locally. */
static void inspect(void *state)
{
    struct state *s = state;
    if (s->calls == 0 || fetch(s))
        return; /* the next check fetches again */
    for (int64_t i = 0; i < s->exact.count && !*s->exact.fault; i++)
        et_exact_glance(&s->exact, s->calls, i);
}

/* Every element of every rank is checked, so there is no `output`, which would
 * differ from one iteration to the next. */
static enum et_status verify(void *state, struct et_verification *out)
{
    struct state *s = state;
    enum et_status status = et_team_agree(s->team, fetch(s));
    return status ? status : et_exact_verify(&s->exact, out);
}

static enum et_status damage(void *state, const struct et_fault *fault,
                             double *size)
{
    struct state *s = state;
    enum et_status status = fetch(s);
    if (!status)
        et_exact_damage(&s->exact, fault, size);
    return status;
}

static void count(const struct et_collective *c,
                  const struct et_collective_algorithm *algorithm, int p,
                  struct et_work *out)
{
    double largest = (double)et_collective_largest(c, p);
    double bytes = largest * (double)et_dtype_size(c->dtype);

    *out = (struct et_work){
        .flop = c->op->sums ? (p - 1) * largest : 0,
        .bytes = bytes,
        .bus_bytes = p > 1 ? bytes * c->op->bus(p) : NAN,
        .messages = algorithm->messages ? algorithm->messages(c, p) : NAN,
        .convention = c->op->convention};
}

static void work(const void *state, struct et_work *out)
{
    const struct state *s = state;
    count(&s->p, s->algorithm, s->team->size, out);
}

static bool work_of(const struct et_operation *op, const void *params,
                    const char *backend, int ranks, struct et_work *out)
{
    struct et_collective p = problem(op, params);
    const struct et_collective_backend *b = et_collective_backend_find(backend);
    const struct et_collective_algorithm *a =
        b ? et_collective_algorithm(b, op) : NULL;
    if (a)
        count(&p, a, ranks, out);
    return a;
}

static void release(void *state)
{
    struct state *s = state;
    if (s->setup)
        et_collective_destroy(s->backend, s->setup);
    et_exact_close(&s->exact);
    et_buffer_close(&s->in);
    et_buffer_close(&s->out);
}

/* The hooks of a bench do not know which bench they are of: for each operation
 * those that need its row, over the functions above, and its descriptor. */
#define BENCH(op)                                                              \
    static void op##_need(const void *params, int ranks, int threads,          \
                          struct et_need *out)                                 \
    {                                                                          \
        (void)threads;                                                         \
        need(&et_operation_##op, params, ranks, out);                          \
    }                                                                          \
    static const char *op##_unsupported(const void *params,                    \
                                        const char *backend, int ranks)        \
    {                                                                          \
        return unsupported(&et_operation_##op, params, backend, ranks);        \
    }                                                                          \
    static enum et_status op##_prepare(                                        \
        void *state, const struct et_setting *setting, const void *params)     \
    {                                                                          \
        return prepare(&et_operation_##op, state, setting, params);            \
    }                                                                          \
    static bool op##_work_of(                                                  \
        const void *params, const char *backend, int ranks, int threads,       \
        const struct et_pairs *facts, struct et_work *out)                     \
    {                                                                          \
        (void)threads, (void)facts;                                            \
        return work_of(&et_operation_##op, params, backend, ranks, out);       \
    }                                                                          \
    const struct et_bench et_bench_##op = {                                    \
        .name = et_operation_##op.name,                                        \
        .summary = et_operation_##op.summary,                                  \
        .title = et_operation_##op.title,                                      \
        .merit = "busbw",                                                      \
        .role = ET_ROLE_COLLECTIVE,                                            \
        .params = et_operation_##op.params,                                    \
        .params_size = sizeof(struct et_collective_params),                    \
        .serial = true,                                                        \
        .shape_key = "sizes",                                                  \
        .shape = shape,                                                        \
        .shape_preset = et_operation_##op.sizes,                               \
        .shape_help = et_operation_##op.bytes,                                 \
        .backends = &et_##op##_backends,                                       \
        .check = check,                                                        \
        .need = op##_need,                                                     \
        .unsupported = op##_unsupported,                                       \
        .state_size = sizeof(struct state),                                    \
        .prepare = op##_prepare,                                               \
        .run = run,                                                            \
        .verify = verify,                                                      \
        .glance = glance,                                                      \
        .inspect = inspect,                                                    \
        .work = work,                                                          \
        .work_of = op##_work_of,                                               \
        .damage = damage,                                                      \
        .release = release};
ET_LIST_OPERATION(BENCH)
