/* Distances of cores, and the passes that share one. */
#include "config.h"
#include "results/verdict/kept.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/memory.h"
#include "harness/stat/passes.h"
#include "results/reading/name.h"
#include "results/reading/sound.h"

/* Two readings of one distance differ by less than a third. */
static bool is_alike(double a, double b)
{
    return !(a > 0 && b > 0) || fabs(log(a / b)) <= log(4 / 3.0);
}

/* Passes whose distance is known to be that. */
static size_t count(const struct et_record *r, double distance)
{
    size_t n = 0;
    const struct et_result_pass *p = r ? r->result.time.passes.v : NULL;
    for (size_t i = 0; p && i < r->result.time.passes.n; i++)
        n += p[i].hop > 0 && is_alike(p[i].hop, distance);
    return n;
}

bool et_kept_distance(const struct et_record *const *baselines, size_t n,
                      const struct et_record *now, double *distance)
{
    const struct et_result_pass *p = now->result.time.passes.v;
    size_t most = 0, there = 0;
    *distance = NAN;
    for (size_t k = 0; k < n; k++)
        there += count(baselines[k], NAN);
    if (!there || !count(now, NAN))
        return true;
    for (size_t i = 0; i < now->result.time.passes.n; i++) {
        size_t pairs = 0;
        for (size_t k = 0; p[i].hop > 0 && k < n; k++)
            pairs += count(baselines[k], p[i].hop);
        pairs *= count(now, p[i].hop);
        if (pairs > most) {
            most = pairs;
            *distance = p[i].hop;
        }
    }
    return most > 0;
}

bool et_kept_take(const struct et_record *r, double distance,
                  struct et_kept *out)
{
    const struct et_list *passes = &r->result.time.passes;
    const struct et_result_pass *p = passes->v;
    *out = (struct et_kept){
        .medians = et_alloc(passes->n + 1, sizeof *out->medians),
        .launch = et_alloc(passes->n + 1, sizeof *out->launch)};
    bool ok = out->medians && out->launch;
    for (size_t i = 0; ok && i < passes->n; i++) {
        if (is_alike(p[i].hop, distance)) {
            out->launch[out->n] = p[i].launch;
            out->medians[out->n++] = p[i].median;
        }
    }
    out->all = out->n == passes->n;
    return ok;
}

/* A pass took over a third more time than the median of all, or over a quarter
 * less. So this case has another speed at times, and the next run may have it
 * throughout, though nothing has changed. docs/method.md has what this is
 * worth. */
static bool jumps(const struct et_kept *kept, double median)
{
    for (size_t i = 0; i < kept->n; i++) {
        if (fabs(log(kept->medians[i] / median)) > log(4 / 3.0))
            return true;
    }
    return false;
}

const char *et_kept_flaw(const struct et_run *run, const struct et_record *r,
                         const struct et_strings *accused,
                         const struct et_kept *kept)
{
    struct et_passes p;
    const struct et_result_time *t = &r->result.time;
    enum et_flaw flaw = et_run_flaw(run, r, accused, NULL);
    if (!kept->all && kept->n < ET_PASSES_LEAST)
        return "too few passes with cores alike";
    if (!et_passes_summarise(kept->medians, kept->launch, kept->n,
                             t->confidence, &p))
        return "no memory";
    /* All passes may lie apart for nothing but the distance of the cores. */
    if (!kept->all && flaw == ET_FLAW_UNCONVERGED &&
        et_passes_are_narrow(&p, et_run_asked(run).precision))
        flaw = t->drifts ? ET_FLAW_DRIFTS : ET_FLAW_NONE;
    if (flaw)
        return et_flaw_name(flaw);
    return jumps(kept, kept->all ? t->median : p.median) ? "jumps" : NULL;
}

/* A figure is a time or an amount over one, and the amount is the same in all
 * passes of a run. */
double et_kept_figure(const struct et_record *r,
                      const struct et_metric_value *m,
                      const struct et_kept *kept)
{
    if (kept->all)
        return m->value;
    double longer =
        et_stat_median(kept->medians, kept->n) / r->result.time.median;
    return et_metric_is_higher(m) ? m->value / longer : m->value * longer;
}
