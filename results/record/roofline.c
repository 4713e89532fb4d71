/* The roofline's arithmetic for one result. Knows results; never a record, a
 * run or a document. */
#include "config.h"
#include "results/record/roofline.h"

#include <stdlib.h>
#include <string.h>

#include "harness/base/log.h"
#include "harness/base/memory.h"
#include "results/record/metric.h"

const struct et_field et_roofline_rows[] = {
    ET_ROW(et_roofline, intensity, ET_REAL,
           "operations for each byte between cores and memory",
           .unit = "FLOP/B"),
    ET_ROW(et_roofline, attainable, ET_REAL,
           "the lower of the compute ceiling and intensity times the memory "
           "ceiling",
           .unit = "FLOP/s"),
    ET_ROW(et_roofline, attainable_low, ET_REAL, "lower end of its interval",
           .unit = "FLOP/s"),
    ET_ROW(et_roofline, attainable_high, ET_REAL, "upper end of its interval",
           .unit = "FLOP/s"),
    ET_ROW(et_roofline, share, ET_REAL,
           "the case's rate over what is attainable"),
    ET_ROW(et_roofline, share_low, ET_REAL,
           "lower end of the share, from the worst ends of both intervals"),
    ET_ROW(et_roofline, share_high, ET_REAL,
           "upper end of the share, from the worst ends of both intervals"),
    ET_ROW(et_roofline, binds, ET_STRING,
           "which ceiling is the lower one: compute or memory"),
    ET_ROW(et_roofline, suspect, ET_STRING,
           "ceiling above whose interval the figure lies: one of the two is "
           "wrong; null where there is none"),
    ET_ROW(et_roofline, absent, ET_STRING,
           "why a case with floating-point operations has no share"),
    {0}};

static const struct et_result_ceiling *find(const struct et_result *r,
                                            const char *what)
{
    const struct et_result_ceiling *c = r->ceilings.v;
    for (size_t i = 0; i < r->ceilings.n; i++) {
        if (c[i].what && strcmp(c[i].what, what) == 0)
            return &c[i];
    }
    return NULL;
}

/* A ceiling in FLOP/s: `times` is 1 or the intensity. */
struct roof {
    const char *what;
    const struct et_result_ceiling *c;
    double rate, low, high;
};

static struct roof roof_of(const struct et_result *r, const char *what,
                           double times)
{
    const struct et_result_ceiling *c = et_result_ceiling_of(r, what);
    struct roof f = {what, c, NAN, NAN, NAN};
    if (c) {
        f.rate = times * c->rate;
        f.low = times * c->rate_low;
        f.high = times * c->rate_high;
    }
    return f;
}

static double lower(double a, double b)
{
    return isnan(a) || isnan(b) ? NAN : fmin(a, b);
}

static char *why_absent(const struct et_result *r, const struct roof *f)
{
    struct et_text t = {0};
    const struct et_result_ceiling *c = find(r, f->what);
    if (c && c->absent)
        et_text_add(&t, "%s ceiling: %s", f->what, c->absent);
    else if (f->c)
        et_text_add(&t, "the traffic to memory is not known");
    else
        et_text_add(&t, "no %s ceiling was measured with it", f->what);
    char *s = et_strdup(et_text_str(&t));
    et_text_free(&t);
    return s;
}

enum et_status et_roofline_make(const struct et_result *r,
                                struct et_roofline *out)
{
    struct et_roofline b;
    enum et_status s = et_fields_init(et_roofline_rows, &b, sizeof b);
    const struct et_metric *flops = et_metric_find("flops");
    if (s)
        return s;
    double rate =
        r->outcome == ET_MEASURED ? flops->value(r, r->time.median) : NAN;
    if (!isfinite(rate)) {
        *out = b;
        return ET_OK;
    }
    double low = flops->value(r, r->time.ci_high);
    double high = flops->value(r, r->time.ci_low);
    if (r->work.traffic > 0)
        b.intensity = r->work.flop / r->work.traffic;
    struct roof roofs[] = {roof_of(r, "compute", 1),
                           roof_of(r, "memory", b.intensity)};
    const struct roof *c = &roofs[0], *m = &roofs[1], *over = NULL;
    b.attainable = lower(c->rate, m->rate);
    b.attainable_low = lower(c->low, m->low);
    b.attainable_high = lower(c->high, m->high);
    b.share = rate / b.attainable;
    b.share_low = low / b.attainable_high;
    b.share_high = high / b.attainable_low;
    bool ok = true;
    if (isfinite(b.attainable))
        ok = (b.binds = et_strdup(c->rate <= m->rate ? "compute" : "memory"));
    else
        ok = (b.absent = why_absent(r, isnan(c->rate) ? c : m));
    /* One ceiling is enough to lie above it; the lower one is named. */
    for (size_t i = 0; i < 2; i++) {
        if (rate > roofs[i].high && (!over || roofs[i].high < over->high))
            over = &roofs[i];
    }
    if (ok && over)
        ok = (b.suspect = et_strdup(over->c->id ? over->c->id : over->what));
    if (!ok) {
        et_fields_free(et_roofline_rows, &b, sizeof b);
        return et_error(ET_INFRA, "out of memory");
    }
    *out = b;
    return ET_OK;
}
