/* peak as a bench: multiply-adds from registers on every thread of every
 * rank, the ceiling of what gemm and conv can reach. Ties kernels/peak to the
 * harness, and reads back that each lane of each thread did all of its work.
 * Knows no instruction and no clock.
 */
#include "config.h"

#include <math.h>
#include <stddef.h>
#include <stdio.h>

#include "bench/check/freivalds.h"
#include "harness/base/log.h"
#include "harness/case/bench.h"
#include "kernels/peak/peak.h"

struct params {
    int dtype;
};

struct state {
    const struct et_peak_backend *backend;
    struct et_team *team;
    struct et_peak_setup *setup;
    uint64_t count; /* iterations since the sums were read */
};

static const struct et_field rows[] = {
    ET_ROW(params, dtype, ET_CHOICE,
           "element type; bf16 adds in fp32, int8 in int32", .preset = "fp64",
           .choices = ET_DTYPE_CHOICES),
    {0}};

static const char *const shape[] = {"dtype", NULL};

static void need(const void *params, int ranks, int threads,
                 struct et_need *out)
{
    (void)params;
    /* Some 24 kB a thread for the widest; 10 us at 100 GFLOP/s. */
    *out = (struct et_need){.memory = 65536.0 * threads,
                            .flop = 1e6 * threads * ranks};
}

static const char *unsupported(const void *params, const char *backend,
                               int ranks)
{
    const struct params *p = params;
    (void)ranks;
    return et_peak_unsupported(et_peak_backend_find(backend),
                               (enum et_dtype)p->dtype);
}

static enum et_status prepare(void *state, const struct et_setting *setting,
                              const void *params)
{
    struct state *s = state;
    const struct params *p = params;
    s->team = setting->team;
    s->backend = et_peak_backend_find(setting->backend);
    if (!s->backend)
        return et_error(ET_USAGE, "peak: there is no backend %s",
                        setting->backend);
    return et_peak_create(s->backend, (enum et_dtype)p->dtype, setting->threads,
                          setting->seed, &s->setup);
}

static enum et_status run(void *state, uint64_t iterations)
{
    struct state *s = state;
    et_peak_run(s->setup, iterations);
    s->count += iterations;
    return ET_OK;
}

/* What lane i of an accumulator of a thread must hold, as every step added the
 * same. In whole numbers: fp64 passes 2^53 after some minutes, where a double
 * no longer tells one from the next; 2^63 is days away, and only what ran since
 * the last check counts. */
static int64_t expected(const struct state *s, size_t i)
{
    const struct et_peak_setup *p = s->setup;
    return (int64_t)((uint64_t)p->each[i] * p->kernel.steps * s->count);
}

/* Half a unit: whole numbers, so any difference is an error. */
static void take(const struct state *s, int t, size_t i,
                 struct et_check_worst *w)
{
    const struct et_peak_setup *p = s->setup;
    int64_t sum = p->thread[t].sums[i], right = expected(s, i);
    double got = (double)sum, want = (double)right;
    if (got == want) { /* what doubles hide is their difference, from 0 */
        got = (double)(int64_t)((uint64_t)sum - (uint64_t)right);
        want = 0;
    }
    et_check_take(w, got, want, 0.5, t, (int64_t)(i / p->lanes),
                  (int64_t)(i % p->lanes));
}

static enum et_status verify(void *state, struct et_verification *out)
{
    static const char *const axes[] = {"thread", "accumulator", "lane"};
    struct state *s = state;
    struct et_peak_setup *p = s->setup;
    struct et_check_worst worst = {0};
    size_t sums = (size_t)p->kernel.accumulators * p->lanes;
    et_peak_collect(p);
    if (s->count == 0) /* nothing ran since the last check */
        worst.error = INFINITY;
    for (int t = 0; t < p->threads; t++) {
        for (size_t i = 0; i < sums; i++)
            take(s, t, i, &worst);
    }
    enum et_status status = et_check_agree(
        s->team, ET_OK, &worst, axes,
        "multiply-adds read back from every lane of every thread, exact: "
        "|sum - expected| as a share of 1/2",
        out);
    et_peak_forget(p); /* so that the next check sees new work */
    s->count = 0;
    return status;
}

#define CONVENTION                                                             \
    "flop: 2 a multiply-add, from registers, all threads of all ranks; for "   \
    "int8 these are integer operations, OP and not FLOP"

static void work(const void *state, struct et_work *out)
{
    const struct state *s = state;
    *out =
        (struct et_work){.flop = et_peak_operations(s->setup) * s->team->size,
                         .convention = CONVENTION};
}

static bool work_of(const void *params, const char *backend, int ranks,
                    int threads, const struct et_pairs *facts,
                    struct et_work *out)
{
    const struct params *p = params;
    const struct et_peak_backend *b = et_peak_backend_find(backend);
    double flop =
        b ? et_peak_operations_of(b, (enum et_dtype)p->dtype, threads) : 0;
    (void)facts;
    *out = (struct et_work){.flop = flop * ranks, .convention = CONVENTION};
    return flop > 0;
}

/* In one lane: a bit of its sum, the work of one iteration, or its place. */
static enum et_status damage(void *state, const struct et_fault *fault,
                             double *size)
{
    struct state *s = state;
    struct et_peak_setup *p = s->setup;
    size_t sums = (size_t)p->kernel.accumulators * p->lanes;
    int64_t *mine = p->thread[fault->at / sums % (uint64_t)p->threads].sums;
    size_t i = fault->at % sums, other = (i + 1) % sums;
    et_peak_collect(p);
    int64_t was = mine[i];
    *size = NAN;
    if (fault->kind == ET_FAULT_RANK)
        return ET_OK;
    if (fault->kind == ET_FAULT_FLIP)
        mine[i] = (int64_t)((uint64_t)was ^ UINT64_C(1) << (fault->bit & 63));
    if (fault->kind == ET_FAULT_STALE)
        mine[i] = was - p->each[i] * (int64_t)p->kernel.steps;
    if (fault->kind == ET_FAULT_SWAP) {
        mine[i] = mine[other];
        mine[other] = was;
    }
    *size = mine[i] == was ? 0 : (double)INFINITY;
    return ET_OK;
}

static enum et_status facts(void *state, struct et_pairs *out)
{
    const struct state *s = state;
    const struct et_peak_kernel *k = &s->setup->kernel;
    char number[32];
    snprintf(number, sizeof number, "%d", k->accumulators);
    bool ok = et_pairs_set(out, "instruction", k->instruction, false) &&
              et_pairs_set(out, "accumulators", number, true);
    return ok ? ET_OK : et_error(ET_INFRA, "peak: no memory for facts");
}

static void release(void *state)
{
    struct state *s = state;
    et_peak_destroy(s->setup);
}

const struct et_bench et_bench_peak = {
    ET_BENCH("peak",
             "multiply-adds from registers: the ceiling of gemm and conv",
             "multiply-adds from registers", "flops"),
    .role = ET_ROLE_COMPUTE_CEILING,
    ET_BENCH_SHAPES("dtypes", 1, "fp64, fp32, fp16, bf16, int8",
                    "element types, one case each"),
    .backends = &et_peak_backends,
    ET_BENCH_RUN,
    .work_of = work_of,
    .damage = damage,
    .facts = facts,
};
