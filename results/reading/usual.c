/* The median width of a bench's intervals, and those that are narrower. */
#include "config.h"
#include "results/reading/usual.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/log.h"
#include "harness/base/memory.h"
#include "harness/stat/stat.h"
#include "results/reading/group.h"

static double width(const struct et_record *r)
{
    const struct et_result_time *t = &r->result.time;
    return (t->ci_high - t->ci_low) / t->median;
}

static bool has_interval(const struct et_record *r)
{
    return r->result.outcome == ET_MEASURED && isfinite(width(r));
}

static enum et_status widen_group(struct et_run *run, const struct et_picks *g,
                                  double precision, double *widths)
{
    enum et_status s = ET_OK;
    for (size_t i = 0; i < g->n; i++)
        widths[i] = width(&run->records[g->v[i]]);
    double usual = et_stat_median(widths, g->n);
    for (size_t i = 0; s == ET_OK && i < g->n; i++) {
        struct et_record *r = &run->records[g->v[i]];
        struct et_result_time *t = &r->result.time;
        if (widths[i] >= usual)
            continue;
        t->ci_low = fmin(t->ci_low, t->median * (1 - usual / 2));
        t->ci_high = fmax(t->ci_high, t->median * (1 + usual / 2));
        t->converged = width(r) <= precision;
        s = et_record_remake(r);
    }
    return s;
}

enum et_status et_usual_widen(struct et_run *run, double precision)
{
    struct et_picks all = {0};
    struct et_groups groups = {0};
    double *widths = et_alloc(run->n + 1, sizeof *widths);
    bool ok = widths && et_picks_take(&all, run, has_interval) &&
              et_groups_make(&groups, run, &all, ET_KEY_BENCH);
    enum et_status s = ok ? ET_OK : et_no_memory();
    for (size_t i = 0; s == ET_OK && i < groups.n; i++) {
        if (groups.v[i].n >= ET_USUAL_LEAST)
            s = widen_group(run, &groups.v[i], precision, widths);
    }
    et_groups_free(&groups);
    et_picks_free(&all);
    free(widths);
    return s;
}
