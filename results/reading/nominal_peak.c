/* The nominal peak of a record: that of one core, as the user or the machine
 * says, times the cores that the case kept busy. Knows a run; measures
 * nothing and never guesses a factor.
 */
#include "config.h"
#include "results/reading/run.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/dtype.h"
#include "harness/base/log.h"
#include "harness/base/memory.h"
#include "results/record/metric.h"

#define BLANK_NAME(symbol, name, ...) " " name
#define FORM "write it like fp64=64 GFLOP/s, fp32=128 GFLOP/s (of one core)"

/* Where a peak that was given comes from, in words. */
struct giver {
    const char *has, *lacks;
};
static const struct giver by_option = {
    "as given with --peak", "--peak was given without this element type"};
static const struct giver by_contract = {
    "as the contract gives it",
    "the contract gives a peak, but none of this element type"};

/* One `dtype=quantity` or `dtype: quantity`, taken apart in place; NULL or what
 * is wrong. */
static const char *parse_one(char *part, const char **dtype, double *value)
{
    char *equals = strpbrk(part, "=:");
    double bare;
    if (!equals)
        return "has no '='";
    *equals = '\0';
    *dtype = et_trim(part);
    char *text = et_trim(equals + 1);
    if (et_choice_index(ET_DTYPE_CHOICES, *dtype) < 0)
        return "names no element type of etalon's, which are" ET_DTYPE_ROWS(
            BLANK_NAME);
    if (et_parse_real(text, &bare))
        return "has no unit";
    if (!et_parse_quantity(text, "FLOP/s", value))
        return "has no rate in FLOP/s";
    if (!(*value > 0))
        return "has a rate that is not above zero";
    return NULL;
}

/* Per-core peak for a dtype; NAN where the text has none. `wrong`, if not
 * NULL, gets what cannot be read. */
static double find(const char *text, const char *dtype, const char **wrong)
{
    struct et_strings parts = {0};
    double found = NAN;
    *wrong = NULL;
    if (!et_split(text, ',', &parts)) {
        *wrong = "out of memory";
        return NAN;
    }
    for (size_t i = 0; i < parts.n && !*wrong; i++) {
        const char *name = "";
        double v;
        *wrong = parse_one(parts.v[i], &name, &v);
        for (size_t k = 0; k < i && !*wrong; k++) {
            if (strcmp(et_trim(parts.v[k]), name) == 0)
                *wrong = "has an element type twice";
        }
        if (!*wrong && strcmp(name, dtype) == 0)
            found = v;
    }
    et_strings_free(&parts);
    return *wrong ? NAN : found;
}

enum et_status et_run_peak_check(const char *text, const char *where)
{
    const char *wrong;
    find(text, "", &wrong);
    if (!wrong)
        return ET_OK;
    return et_error(ET_USAGE, "%s: '%s' %s; " FORM, where, text, wrong);
}

static double of_core(const struct et_environment *e, const char *dtype)
{
    return strcmp(dtype, "fp64") == 0   ? e->peak_fp64
           : strcmp(dtype, "fp32") == 0 ? e->peak_fp32
                                        : NAN;
}

/* Of several nodes, which may be of any kind that the run has: NAN unless all
 * kinds have the same. */
static double of_nodes(const struct et_run *run, const struct et_record *r,
                       const char *dtype, const char **origin)
{
    const struct et_environment *e = &run->info.environment;
    const struct et_run_kind *kind = run->info.kinds.v;
    double core = of_core(e, dtype);
    *origin = e->peak_origin ? e->peak_origin
                             : "the machine's nominal peak is unknown";
    if (e->peak_origin && isnan(core))
        *origin = "it is not known for this element type";
    for (size_t i = 0; r->result.team.nodes > 1 && i < run->info.kinds.n; i++) {
        double other = of_core(&kind[i].environment, dtype);
        if (isnan(core) || fabs(other - core) <= 1e-3 * core)
            continue;
        *origin = "the nodes' processors do not all have the same; give one "
                  "with --peak";
        core = NAN;
    }
    return core;
}

/* given: NULL: as the machine has it. */
static double of_cores(const struct et_run *run, const struct et_record *r,
                       const char *given, const struct giver *giver,
                       const char **origin)
{
    char buf[ET_TEXT_NUMBER];
    const char *dtype = et_record_word(r, "dtype", buf), *wrong;
    double core = NAN;
    if (!dtype) {
        *origin = "the record names no element type";
        return NAN;
    }
    if (given) {
        core = find(given, dtype, &wrong);
        *origin =
            wrong ? "the nominal peak given cannot be read; " FORM : giver->has;
        if (!wrong && isnan(core))
            *origin = giver->lacks;
    } else if (et_pairs_get(&r->result.facts, "space")) {
        *origin = "it ran on a device, whose peak is not known";
    } else {
        core = of_nodes(run, r, dtype, origin);
    }
    if (!isfinite(core))
        return NAN;
    if (r->result.team.cores <= 0) { /* or absent, which is less */
        *origin = "it is unknown how many cores the case kept busy";
        return NAN;
    }
    return core * (double)r->result.team.cores;
}

double et_run_peak(const struct et_run *run, const struct et_record *r,
                   const char *override, const char **origin)
{
    const char *option = et_pairs_get(&run->info.config, "peak");
    if (!override && option && *option)
        override = option;
    return of_cores(run, r, override, &by_option, origin);
}

double et_run_peak_agreed(const struct et_run *run, const struct et_record *r,
                          const char *contract, const char **origin)
{
    return contract ? of_cores(run, r, contract, &by_contract, origin)
                    : et_run_peak(run, r, NULL, origin);
}

/* The most of all kinds of node: which of them the team had is not looked up.
 */
static double boost(const struct et_run *run)
{
    const struct et_run_kind *kind = run->info.kinds.v;
    const struct et_environment *e = &run->info.environment;
    double most = fmax(ET_RUN_BOOST, e->clock_max_hz / e->clock_hz);
    for (size_t i = 0; i < run->info.kinds.n; i++) {
        e = &kind[i].environment;
        most = fmax(most, e->clock_max_hz / e->clock_hz);
    }
    return most;
}

bool et_run_above_boost(const struct et_run *run, const struct et_record *r,
                        const char *override, double *most)
{
    const char *origin = NULL;
    const struct et_metric_value *v = et_record_metric(r, "flops");
    double limit = v ? et_run_peak(run, r, override, &origin) : NAN;
    limit *= boost(run);
    if (most)
        *most = limit;
    return v && v->value * et_metric_find("flops")->scale > limit;
}
