/* The small problems, and one of them prepared. */
#include "config.h"
#include "app/selftest/cases.h"

#include <stdlib.h>
#include <string.h>
#ifdef _OPENMP
#include <omp.h>
#endif

#include "app/selftest/part.h"
#include "harness/base/log.h"
#include "harness/base/memory.h"
#include "lists.h"

#define COLLECTIVE(op)                                                         \
    {#op, "bytes=1544 dtype=fp32", 4, "fp32", 4},                              \
        {#op, "bytes=4096 dtype=fp64", 4, "fp64", 4},

/* Each bench that has the `damage` hook: sizes for both ways of checking it,
 * elements of each width, C added to (so that there is a stale one). */
const struct et_selftest_case et_selftest_cases[] = {
    {"gemm", "m=29 n=23 k=31 dtype=fp64", 1, "fp64", 8},
    {"gemm", "m=29 n=23 k=31 dtype=fp32 beta=0.5", 1, "fp32", 8},
    {"gemm", "m=144 n=136 k=128 dtype=fp32", 1, "fp32", 2},
    {"gemm", "m=144 n=136 k=128 dtype=fp64 beta=0.5", 1, "fp64", 1},
    {"gemm", "m=29 n=23 k=31 dtype=bf16", 1, "bf16", 4},
    {"gemm", "m=29 n=23 k=31 dtype=bf16 out=fp32", 1, "fp32", 4},
    {"gemm", "m=144 n=136 k=128 dtype=bf16", 1, "bf16", 1},
    {"gemm", "m=29 n=23 k=31 dtype=fp16", 1, "fp16", 4},
    {"gemm", "m=29 n=23 k=31 dtype=fp8_e4m3 out=fp32", 1, "fp32", 2},
    {"gemm", "m=29 n=23 k=31 dtype=fp8_e5m2 out=fp32", 1, "fp32", 2},
    {"gemm", "m=29 n=23 k=31 dtype=int8", 1, "int32", 4},
    {"gemm", "m=144 n=136 k=128 dtype=int8 dtype_a=uint8", 1, "int32", 1},
    {"gemm", "m=61 n=23 k=31 dtype=fp32 groups=5", 1, "fp32", 4},
    {"conv", "n=1 c=3 h=9 w=8 k=5 r=3 s=3", 1, "fp32", 8},
    {"conv", "n=2 c=16 h=20 w=20 k=24 r=3 s=3", 1, "fp32", 2},
    {"io", "op=write bytes=24KiB block=8KiB sync=no", 1, "byte", 4},
    {"io", "op=read bytes=24KiB block=8KiB cache=warm", 1, "byte", 4},
    {"stream", "op=triad level=bytes bytes=48KiB", 1, "fp64", 4},
    {"stream", "op=read level=bytes bytes=48KiB", 1, "fp64", 4},
    {"memory_latency", "level=bytes bytes=48KiB", 1, NULL, 4},
    {"peak", "dtype=fp64", 1, "int64", 1},
    {"peak", "dtype=fp32", 1, "int64", 1},
    {"peak", "dtype=fp16", 1, "int64", 1},
    {"peak", "dtype=bf16", 1, "int64", 1},
    {"peak", "dtype=int8", 1, "int64", 1},
    ET_LIST_OPERATION(COLLECTIVE){0}};

static enum et_status make_case(const struct et_selftest *t,
                                const struct et_selftest_case *k,
                                const char *backend, int ranks, int nodes,
                                struct et_case *out)
{
    struct et_text id = {0};
    et_text_add(&id, "%s backend=%s %s ranks=%d nodes=%d threads=1", k->bench,
                backend, k->params, ranks, nodes);
    enum et_status s =
        id.failed ? et_no_memory() : et_case_parse(id.s, t->benches, out);
    et_text_free(&id);
    return s;
}

const char *et_selftest_case_why_not(const struct et_selftest *t,
                                     const struct et_selftest_case *k,
                                     const char *backend)
{
    struct et_case c = {0};
    const struct et_bench *b = et_bench_find(t->benches, k->bench);
    const char *why = et_selftest_why_not(t, k->ranks);
    if (!why)
        why = et_bench_why_not(b, backend);
    if (!why && make_case(t, k, backend, k->ranks, 1, &c) != ET_OK)
        why = et_log_last_error();
    if (!why)
        why = et_bench_unsupported(b, c.params, backend, k->ranks);
    if (c.bench)
        et_case_free(&c);
    return why;
}

static enum et_status prepare(const struct et_selftest *t, uint64_t seed,
                              struct et_subject *s)
{
    const struct et_setting setting = {.team = s->team,
                                       .backend = s->c.backend,
                                       .threads = 1,
                                       .seed = seed,
                                       .scratch = t->scratch,
                                       .tag = t->tag};
    s->state = et_alloc(1, s->c.bench->state_size);
    enum et_status status =
        et_team_agree(s->team, s->state ? ET_OK : et_no_memory());
    if (status != ET_OK)
        return status;
#ifdef _OPENMP
    omp_set_num_threads(1);
#endif
    return et_team_agree(s->team,
                         s->c.bench->prepare(s->state, &setting, s->c.params));
}

enum et_status et_subject_open(const struct et_selftest *t,
                               const struct et_selftest_case *k,
                               const char *backend, uint64_t seed,
                               struct et_team *team, struct et_subject *out)
{
    struct et_subject s = {.team = team};
    enum et_status status = et_team_agree(
        team, make_case(t, k, backend, team->size, team->nodes, &s.c));
    if (status == ET_OK)
        status = prepare(t, seed, &s);
    if (status == ET_OK)
        *out = s;
    else
        et_subject_close(&s);
    return status;
}

enum et_status et_subject_run(struct et_subject *s, uint64_t iterations)
{
    const struct et_bench *b = s->c.bench;
    enum et_status status = b->before ? b->before(s->state) : ET_OK;
    status = et_team_agree(s->team, status);
    if (status == ET_OK)
        status = b->run(s->state, b->once ? 1 : iterations);
    return et_team_agree(s->team, status);
}

enum et_status et_subject_verify(struct et_subject *s,
                                 struct et_verification *out)
{
    struct et_verification v = {0};
    enum et_status status =
        et_team_agree(s->team, s->c.bench->verify(s->state, &v));
    if (status == ET_OK)
        *out = v;
    return status;
}

void et_subject_close(struct et_subject *s)
{
    if (s->state)
        s->c.bench->release(s->state);
    free(s->state);
    if (s->c.bench)
        et_case_free(&s->c);
    *s = (struct et_subject){0};
}
