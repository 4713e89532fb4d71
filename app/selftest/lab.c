/* The bench that sleeps, and a measurement with instruments of its own. */
#include "config.h"
#include "app/selftest/lab.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "harness/base/log.h"
#include "harness/base/memory.h"
#include "harness/run/stop.h"
#include "harness/team/global_clock.h"

struct napping {
    struct timespec each;
};

static enum et_status lie_down(void *state, const struct et_setting *setting,
                               const void *params)
{
    const struct et_nap *nap = params;
    struct napping *s = state;
    double t = nap->base + (setting->team->rank == nap->rank ? nap->more : 0);
    double whole = floor(t);
    s->each = (struct timespec){(time_t)whole, (long)((t - whole) * 1e9)};
    return ET_OK;
}

static enum et_status sleep_on(void *state, uint64_t iterations)
{
    const struct napping *s = state;
    for (uint64_t i = 0; i < iterations; i++)
        nanosleep(&s->each, NULL);
    return ET_OK;
}

static enum et_status nothing_to_check(void *state, struct et_verification *out)
{
    (void)state;
    *out = (struct et_verification){.status = ET_CHECK_PASSED, .bound = 1};
    return ET_OK;
}

static void no_work(const void *state, struct et_work *out)
{
    (void)state;
    *out = (struct et_work){.convention = "none: it sleeps"};
}

static void wake(void *state)
{
    (void)state;
}

static const struct et_field no_rows[] = {{0}};
static const char *const no_shape[] = {NULL};
const struct et_bench et_lab_nap = {
    .name = "nap",
    .summary = "ranks that sleep",
    .params = no_rows,
    .params_size = sizeof(struct et_nap),
    .shape = no_shape,
    .state_size = sizeof(struct napping),
    .prepare = lie_down,
    .run = sleep_on,
    .verify = nothing_to_check,
    .work = no_work,
    .release = wake,
};

/* Windows are met only by a rank that has a core of its own. */
static enum et_status open_global(struct et_team *team, struct et_clock *clock,
                                  struct et_global_clock **out,
                                  const char **why)
{
    double mine = team->local_size > sysconf(_SC_NPROCESSORS_ONLN);
    enum et_status s = et_team_reduce(team, ET_MAX, &mine, 1);
    *why = mine > 0 ? "a node has more ranks than cores" : NULL;
    if (s != ET_OK || *why)
        return s;
    return et_global_clock_open(team, clock, out);
}

enum et_status et_lab_measure(const struct et_lab *lab, struct et_team *team,
                              struct et_result *out)
{
    /* Each rank has its own, as each may be a thread. */
    struct et_clock clock = *lab->t->clock;
    struct et_counters counters = {0};
    struct et_energy energy = {.reason = "not asked for"};
    struct et_options options = {0};
    struct et_global_clock *global = NULL;
    const char *no_global = NULL;
    struct et_case c = {.bench = lab->bench,
                        .ranks = team->size,
                        .nodes = team->nodes,
                        .threads = 1,
                        .params = lab->params,
                        .backend = et_strdup(lab->backend),
                        .id = et_strdup(lab->bench->name)};
    enum et_status s = c.backend && c.id ? ET_OK : et_no_memory();
    if (s == ET_OK)
        s = et_counters_open("none", &counters);
    bool counting = s == ET_OK;
    if (s == ET_OK)
        s = et_fields_init(et_option_rows, &options, sizeof options);
    options.seed = (int64_t)(lab->t->seed % 1000000007);
    options.passes = 1;
    options.budget = 10;
    options.min_samples = options.max_samples = lab->samples;
    options.min_time = lab->min_time;
    options.timeout = 120;
    options.ceilings = false;
    s = et_team_agree(team, s);
    if (s == ET_OK)
        s = open_global(team, &clock, &global, &no_global);
    const struct et_instruments with = {.clock = &clock,
                                        .counters = &counters,
                                        .energy = &energy,
                                        .options = &options,
                                        .tag = lab->t->tag,
                                        .global = global,
                                        .no_global = no_global,
                                        .watchdog = et_watchdog_open()};
    if (s == ET_OK)
        s = et_measure(&with, &c, team, out);
    et_watchdog_close(with.watchdog);
    et_global_clock_close(global);
    et_fields_free(et_option_rows, &options, sizeof options);
    if (counting)
        et_counters_close(&counters);
    free(c.backend);
    free(c.id);
    return s;
}
