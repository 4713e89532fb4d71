/* Etalon's own kernels beside the best library, case by case: what a library
 * leaves of the machine, and how near both come to what bounds them. Knows the
 * name that backends of own kernels have, and no bench by name. */
#include "config.h"
#include "results/report/parts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/backend.h"
#include "harness/base/memory.h"

/* The same case by either. */
struct pair {
    const struct et_record *own, *library;
    double ratio, low, high; /* of own to library */
};
struct pairs {
    struct pair *v;
    size_t n;
};
enum { KEY = (ET_KEY_SERIES | ET_KEY_TEAM) & ~ET_KEY_BACKEND };

static const struct et_metric_value *flops(const struct et_record *r)
{
    return et_record_metric(r, "flops");
}

static bool is_rival(const struct et_run *run, const struct et_record *r)
{
    return et_record_measured(r) && et_record_checked(r) && flops(r) &&
           et_run_role(run, r) == ET_ROLE_NONE &&
           !et_backend_is_named(r->result.backend, "reference");
}

/* The best of the group by etalon's own kernels, or by any library; NULL. */
static const struct et_record *best(const struct et_run *run,
                                    const struct et_picks *group, bool own)
{
    const struct et_record *found = NULL;
    for (size_t i = 0; i < group->n; i++) {
        const struct et_record *r = &run->records[group->v[i]];
        if (is_rival(run, r) &&
            et_backend_is_named(r->result.backend, "native") == own &&
            (!found || flops(r)->value > flops(found)->value))
            found = r;
    }
    return found;
}

static struct pair pair_of(const struct et_record *own,
                           const struct et_record *library)
{
    const struct et_metric_value *a = flops(own), *b = flops(library);
    return (struct pair){own, library, a->value / b->value,
                         a->ci_low / b->ci_high, a->ci_high / b->ci_low};
}

static bool find_pairs(const struct et_run *run, const struct et_picks *among,
                       struct pairs *out)
{
    struct et_groups cases;
    *out = (struct pairs){0};
    if (!et_groups_make(&cases, run, among, KEY))
        return false;
    out->v = et_alloc(cases.n + 1, sizeof *out->v);
    for (size_t i = 0; out->v && i < cases.n; i++) {
        const struct et_record *own = best(run, &cases.v[i], true);
        const struct et_record *library = best(run, &cases.v[i], false);
        if (own && library)
            out->v[out->n++] = pair_of(own, library);
    }
    et_groups_free(&cases);
    return out->v != NULL;
}

/* --- shares of what bounds a case ------------------------------------------
 */

double et_report_fed(const struct et_report *w, const struct et_record *r)
{
    const struct et_result_team *team = &r->result.team;
    for (size_t i = 0; i < w->run->n; i++) {
        const struct et_record *f = &w->run->records[i];
        if (et_run_role(w->run, f) == ET_ROLE_COMPUTE_CEILING &&
            strcmp(f->result.backend, ET_BACKEND_FED) == 0 &&
            et_record_measured(f) && et_record_checked(f) &&
            f->result.team.ranks == team->ranks &&
            f->result.team.threads == team->threads &&
            strcmp(et_record_dtype(f), et_record_dtype(r)) == 0)
            return f->result.work.flop / f->result.time.median;
    }
    return NAN;
}

/* Of a ceiling that was measured beside it. */
static double share(const struct et_record *r, const char *what, double work)
{
    const struct et_result_ceiling *c = et_result_ceiling_of(&r->result, what);
    return c && c->rate > 0 && work > 0 ? work / r->result.time.median / c->rate
                                        : NAN;
}

void et_report_beside(const struct et_report *w, const struct et_picks *group,
                      const struct et_record *r, struct et_text *t)
{
    struct pairs p = {0};
    double fed = et_report_fed(w, r);
    if (!is_rival(w->run, r))
        return;
    if (isfinite(fed))
        et_text_add(
            t, ", %s of the peak with operands from the first cache",
            et_say_percent(r->result.work.flop / r->result.time.median / fed)
                .s);
    t->failed |= !find_pairs(w->run, group, &p);
    for (size_t i = 0; i < p.n; i++) {
        if (p.v[i].own == r)
            et_text_add(t, "; the best library, %s, reaches %s of it",
                        p.v[i].library->result.backend,
                        et_say_percent(1 / p.v[i].ratio).s);
        if (p.v[i].library == r)
            et_text_add(t, "; etalon's own kernels reach %s of it",
                        et_say_percent(p.v[i].ratio).s);
    }
    free(p.v);
}

/* --- the table -------------------------------------------------------------
 */

/* What the case belongs to: its section's label, or its set of the catalog. */
static const char *set_of(const struct et_record *r, char buf[64])
{
    const char *shape = et_param(r, "shape");
    if (r->result.label && *r->result.label)
        snprintf(buf, 64, "%s", r->result.label);
    else if (shape)
        snprintf(buf, 64, "%.*s", (int)strcspn(shape, "/"), shape);
    else
        snprintf(buf, 64, "sizes of no set");
    return buf;
}

static void row(struct et_report *w, struct et_block *b, const struct pair *p,
                const struct et_strings *varying)
{
    const struct et_result *s = &p->own->result;
    double fed = et_report_fed(w, p->own);
    struct et_said own = et_say_doubts(w->run, p->own);
    struct et_said library = et_say_doubts(w->run, p->library);
    struct et_text shape = {0};
    et_shape_say(w->run, p->own, varying, true, &shape);
    et_block_cell(b, "%s", et_text_str(&shape));
    et_block_cell(b, "%s", et_say_team(p->own).s);
    et_block_cell(b, "%s", et_say_real(flops(p->own)->value).s);
    et_block_cell(b, "%s", p->library->result.backend);
    et_block_cell(b, "%s", et_say_real(flops(p->library)->value).s);
    et_block_cell(b, "%.2f", p->ratio);
    if (isfinite(p->low) && isfinite(p->high))
        et_block_cell(b, "[%.2f, %.2f]", p->low, p->high);
    else
        et_block_cell(b, "-");
    et_block_cell(b, "%s",
                  et_say_percent(share(p->own, "compute", s->work.flop)).s);
    et_block_cell(b, "%s",
                  et_say_percent(s->work.flop / s->time.median / fed).s);
    et_block_cell(b, "%s",
                  et_say_percent(share(p->own, "memory", s->work.traffic)).s);
    et_block_cell(b, "%s%s%s%s", *own.s ? "own: " : "", own.s,
                  *library.s ? (*own.s ? "; library: " : "library: ") : "",
                  library.s);
    b->failed |= shape.failed;
    et_text_free(&shape);
}

/* The geometric mean of each set's ratios: one number a set, in which a case
 * that is twice as fast and one that is half as fast come to 1. */
static bool say_means(struct et_report *w, const struct pairs *p)
{
    static const char *const columns[] = {"Set",   "Cases", "Geometric mean",
                                          "Least", "Most",  NULL};
    struct et_block *b = et_doc_table(w->doc, "lrrrr", columns);
    for (size_t i = 0; b && i < p->n; i++) {
        char set[64], other[64];
        double sum = 0, least = INFINITY, most = 0;
        size_t n = 0;
        bool before = false;
        set_of(p->v[i].own, set);
        for (size_t k = 0; k < p->n; k++) {
            if (strcmp(set_of(p->v[k].own, other), set) != 0)
                continue;
            before |= k < i;
            sum += log(p->v[k].ratio);
            least = fmin(least, p->v[k].ratio);
            most = fmax(most, p->v[k].ratio);
            n++;
        }
        if (before)
            continue;
        et_block_cell(b, "%s", set);
        et_block_cell(b, "%zu", n);
        et_block_cell(b, "%.3f", exp(sum / (double)n));
        et_block_cell(b, "%.2f", least);
        et_block_cell(b, "%.2f", most);
    }
    return b != NULL;
}

static bool kind(struct et_report *w, struct et_picks *group, bool drawn)
{
    static const char *const columns[] = {
        "Case",       "Ranks x threads", "Own",           "Best library",
        "Its figure", "Own / library",   "95 % interval", "Of peak",
        "Of fed",     "Of memory",       "Remarks",       NULL};
    struct et_strings varying = {0};
    struct pairs p;
    (void)drawn;
    bool ok =
        find_pairs(w->run, group, &p) && et_varying(w->run, group, &varying);
    if (ok && p.n) {
        struct et_unit unit = et_metric_unit(p.v[0].own, flops(p.v[0].own));
        et_report_bench_heading(w, p.v[0].own);
        struct et_block *b = et_doc_table(w->doc, "llrlrrrrrrl", columns);
        size_t shown = et_report_shown(p.n);
        for (size_t i = 0; b && i < shown; i++)
            row(w, b, &p.v[i], &varying);
        et_report_close(b, shown, p.n);
        et_block_note(b, "Figures in %s.", unit.name);
        ok = b && say_means(w, &p);
    }
    free(p.v);
    et_strings_free(&varying);
    return ok;
}

bool et_report_libraries(struct et_report *w)
{
    struct et_picks rivals;
    struct pairs p = {0};
    bool ok = et_picks_take_by(&rivals, w->run, is_rival) &&
              find_pairs(w->run, &rivals, &p);
    et_picks_free(&rivals);
    free(p.v);
    if (!ok || !p.n)
        return ok;
    return et_report_kinds(
        w, is_rival, "Own kernels and libraries",
        "What etalon's own kernels reach beside the best library, on the same "
        "cores in the same run. Below 1 the kernels of etalon are slower; "
        "above "
        "1 the library leaves as much of the machine unused. Of peak: of the "
        "compute ceiling that was measured beside the case, from registers "
        "alone. Of fed: of this run's `peak` with operands from the first "
        "cache, if the plan has it. Of memory: the least traffic that the case "
        "needs, over the memory ceiling beside it.",
        kind);
}
