/* Speed: what the check of gemm's timed data costs: one check against one
 * iteration, against the least that is timed with the preset options, and the
 * preparation of it, which is done once. Prints; asserts nothing.
 * Usage: check [N [THREADS [PAIRS]]]
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>

#include "harness/base/field.h"
#include "harness/base/memory.h"
#include "harness/config/options.h"
#include "harness/case/bench.h"
#include "harness/stat/stat.h"
#include "harness/system/clock.h"

extern const struct et_bench et_bench_gemm;

/* A case is checked twice: before and after it is timed. */
#define CHECKS 2

static const struct et_bench *const bench = &et_bench_gemm;

static double min_samples(void)
{
    struct et_options o;
    double n = NAN;
    if (et_fields_init(et_option_rows, &o, sizeof o) == ET_OK)
        n = (double)o.min_samples;
    et_fields_free(et_option_rows, &o, sizeof o);
    return n;
}

static const char *fastest(void)
{
    const char *last = NULL;
    for (size_t i = 0; i < bench->backends->n; i++) {
        if (!et_backend_why_not(bench->backends->v[i]))
            last = bench->backends->v[i]->name;
    }
    return last;
}

static void set(void *params, const char *key, const char *text)
{
    if (et_field_parse(et_field_find(bench->params, key), params, text,
                       "check") != ET_OK)
        exit(4);
}

static void try_one(struct et_clock *clock, const char *dtype, const char *n,
                    int threads, int pairs)
{
    void *params = et_alloc(1, bench->params_size);
    void *state = et_alloc(1, bench->state_size);
    double *t = et_alloc(3 * (size_t)pairs, sizeof *t);
    struct et_team *team;
    if (!params || !state || !t ||
        et_fields_init(bench->params, params, bench->params_size) != ET_OK ||
        et_team_open("self", &team) != ET_OK)
        exit(4);
    set(params, "dtype", dtype);
    set(params, "m", n);
    set(params, "n", n);
    set(params, "k", n);
    struct et_setting setting = {
        .team = team, .backend = fastest(), .threads = threads, .seed = 1};
    struct et_verification v = {0};
    double start = et_clock_now(clock);
    if (bench->prepare(state, &setting, params) != ET_OK)
        exit(4);
    double prepared = et_clock_now(clock) - start;
    for (int i = -1; i < pairs; i++) { /* the first is not kept */
        double from = et_clock_now(clock);
        if (bench->run(state, 1) != ET_OK)
            exit(4);
        double between = et_clock_now(clock);
        if (bench->verify(state, &v) != ET_OK || v.status != ET_CHECK_PASSED)
            exit(3);
        double to = et_clock_now(clock);
        if (i < 0)
            continue;
        t[i] = between - from;
        t[pairs + i] = to - between;
        t[2 * pairs + i] = t[pairs + i] / t[i];
    }
    double once = et_stat_median(t, (size_t)pairs);
    double check = et_stat_median(t + pairs, (size_t)pairs);
    double share = et_stat_median(t + 2 * pairs, (size_t)pairs);
    double n_samples = min_samples();
    printf("%s %s^3, %s, %d thread%s, %d pairs: iteration %.3f ms, check %.3f "
           "ms: %.2f %% of an iteration; %d checks are %.2f %% of the least "
           "that is timed, %.0f samples; preparing took %.3f ms\n",
           dtype, n, setting.backend, threads, threads == 1 ? "" : "s", pairs,
           once * 1e3, check * 1e3, 100 * share, CHECKS,
           100 * CHECKS * share / n_samples, n_samples, prepared * 1e3);
    bench->release(state);
    et_team_close(team);
    et_fields_free(bench->params, params, bench->params_size);
    free(params);
    free(state);
    free(t);
}

int main(int argc, char **argv)
{
    const char *n = argc > 1 ? argv[1] : "2048";
    int threads = argc > 2 ? atoi(argv[2]) : 1;
    int pairs = argc > 3 ? atoi(argv[3]) : 15;
    struct et_clock clock;
    if (et_clock_open("real", &clock) != ET_OK)
        return 4;
    try_one(&clock, "fp32", n, threads, pairs);
    try_one(&clock, "fp64", n, threads, pairs);
    return 0;
}
