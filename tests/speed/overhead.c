/* Speed: what the harness adds to a sample: an empty kernel through the whole
 * of et_measure. Prints the time that lands inside a sample, and the time a
 * sample costs all told; asserts nothing.
 */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "harness/run/measure.h"
#include "harness/stat/stat.h"

struct params {
    int64_t size;
};
struct state {
    char none;
};

static const struct et_field rows[] = {
    ET_ROW(params, size, ET_INT, "nothing", .preset = "1"), {0}};
static const char *const shape[] = {"size", NULL};

static const struct et_backend reference = {.name = "reference",
                                            .summary = "nothing"};
static const struct et_backend *const list[] = {&reference};
static const struct et_backends backends = {.v = list, .n = 1};

static void need(const void *p, int ranks, int threads, struct et_need *out)
{
    (void)p, (void)ranks, (void)threads;
    *out = (struct et_need){0};
}

static const char *unsupported(const void *p, const char *backend, int ranks)
{
    (void)p, (void)backend, (void)ranks;
    return NULL;
}

static enum et_status prepare(void *state, const struct et_setting *setting,
                              const void *params)
{
    (void)state, (void)setting, (void)params;
    return ET_OK;
}

static enum et_status run(void *state, uint64_t iterations)
{
    (void)state, (void)iterations;
    return ET_OK;
}

static enum et_status verify(void *state, struct et_verification *out)
{
    (void)state;
    out->status = ET_CHECK_PASSED;
    return ET_OK;
}

static void work(const void *state, struct et_work *out)
{
    (void)state;
    out->convention = "none";
}

static void release(void *state)
{
    (void)state;
}

static const struct et_bench bench = {
    ET_BENCH("empty", "nothing", "nothing", "time"),
    ET_BENCH_SHAPES("sizes", 0, "1", "nothing"),
    .once = true,
    .backends = &backends,
    ET_BENCH_RUN,
};

int main(void)
{
    struct et_options o;
    struct et_clock clock;
    struct et_counters counters;
    struct et_energy energy = {.reason = "not read here"};
    struct et_team *team;
    struct et_case c;
    struct et_result r;
    if (et_fields_init(et_option_rows, &o, sizeof o) != ET_OK ||
        et_clock_open("real", &clock) != ET_OK ||
        et_counters_open("none", &counters) != ET_OK ||
        et_team_open("self", &team) != ET_OK ||
        et_case_init(&bench, &c) != ET_OK)
        return 4;
    o.min_samples = o.max_samples; /* the most that a run takes */
    o.budget = 60;
    c.backend = strdup("reference");
    if (et_case_name(&c) != ET_OK)
        return 4;
    et_result_begin(&r);
    const struct et_instruments with = {.clock = &clock,
                                        .counters = &counters,
                                        .energy = &energy,
                                        .options = &o,
                                        .tag = "t"};
    double start = et_clock_now(&clock);
    if (et_measure(&with, &c, team, &r) != ET_OK || r.time.n == 0)
        return 4;
    double all = et_clock_now(&clock) - start;
    char a[ET_TEXT_NUMBER], b[ET_TEXT_NUMBER], d[ET_TEXT_NUMBER];
    printf("empty kernel, %lld samples: %s inside a sample (median; a clock "
           "reading costs %s), %s a sample all told\n",
           (long long)r.time.n, et_print_seconds(a, r.time.median),
           et_print_seconds(b, clock.overhead),
           et_print_seconds(d, all / (double)r.time.n));
    et_result_free(&r);
    et_case_free(&c);
    et_counters_close(&counters);
    et_fields_free(et_option_rows, &o, sizeof o);
    et_team_close(team);
    return 0;
}
