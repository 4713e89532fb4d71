/* The FLOPS report: per bench and dtype, each shape on each team by each
 * backend, against the best backend and the nominal peak. Speaks of every
 * bench that has a `flops` metric and knows none by name. */
#include "config.h"
#include "results/report/parts.h"

#include <stdlib.h>
#include <string.h>

#include "harness/base/memory.h"
#include "results/record/metric.h"

struct row {
    const struct et_record *r;
    double flops, best; /* of the same case by any backend */
    size_t at;          /* of its case */
};

static double flops_of(const struct et_record *r)
{
    const struct et_metric_value *m = et_record_metric(r, "flops");
    return m ? m->value : NAN;
}

static bool has_flops(const struct et_record *r)
{
    return et_record_measured(r) && flops_of(r) > 0;
}

/* Cases in their order, the fastest backend of each first. */
static int by_case(const void *a, const void *b)
{
    const struct row *x = a, *y = b;
    if (x->at != y->at)
        return x->at < y->at ? -1 : 1;
    return (x->flops < y->flops) - (x->flops > y->flops);
}

/* The group's rows, each with the best of its otherwise equal cases. The
 * best is the best that was checked: a figure nobody checked is no yardstick.
 */
static struct row *rows_of(const struct et_run *run,
                           const struct et_picks *group)
{
    enum { KEY = (ET_KEY_SERIES | ET_KEY_TEAM) & ~ET_KEY_BACKEND };
    struct et_groups cases;
    struct row *rows = et_alloc(group->n, sizeof *rows);
    if (!rows || !et_groups_make(&cases, run, group, KEY)) {
        free(rows);
        return NULL;
    }
    size_t n = 0;
    for (size_t i = 0; i < cases.n; i++) {
        double best = NAN;
        for (size_t k = 0; k < cases.v[i].n; k++) {
            const struct et_record *r = &run->records[cases.v[i].v[k]];
            if (et_record_checked(r) && !(flops_of(r) <= best))
                best = flops_of(r);
        }
        for (size_t k = 0; k < cases.v[i].n; k++) {
            const struct et_record *r = &run->records[cases.v[i].v[k]];
            rows[n++] = (struct row){r, flops_of(r), best, i};
        }
    }
    qsort(rows, n, sizeof *rows, by_case);
    et_groups_free(&cases);
    return rows;
}

static double peak_of(const struct et_report *w, const struct et_record *r,
                      const char **origin)
{
    double scale = et_metric_find("flops")->scale;
    *origin = NULL;
    return et_run_peak(w->run, r, w->options->peak, origin) / scale;
}

static void table(struct et_report *w, const struct row *rows, size_t n,
                  const struct et_strings *varying)
{
    char unit[16];
    snprintf(unit, sizeof unit, "G%s/s", et_record_operation(rows[0].r));
    const char *const columns[] = {
        "Shape",   "Ranks x threads", "Backend", unit,      "95 % interval",
        "Of best", "Of peak",         "n",       "Remarks", NULL};
    struct et_block *b = et_doc_table(w->doc, "lllrrrrrl", columns);
    size_t shown = n < ET_REPORT_ROWS ? n : ET_REPORT_ROWS;
    for (size_t i = 0; b && i < shown; i++) {
        const struct et_record *r = rows[i].r;
        const struct et_metric_value *m = et_record_metric(r, "flops");
        const char *origin;
        double peak = peak_of(w, r, &origin);
        struct et_text shape = {0};
        et_shape_say(r, varying, false, &shape);
        et_block_cell(b, "%s", et_text_str(&shape));
        et_block_cell(b, "%s", et_say_team(r).s);
        et_block_cell(b, "%s", r->result.backend);
        et_block_cell(b, "%s", et_say_real(m->value).s);
        et_block_cell(b, "%s",
                      et_say_interval(m->value, m->ci_low, m->ci_high).s);
        et_block_cell(b, "%s", et_say_percent(m->value / rows[i].best).s);
        et_block_cell(b, "%s", et_say_percent(m->value / peak).s);
        et_block_cell(b, "%lld", (long long)r->result.time.n);
        et_block_cell(b, "%s", et_say_doubts(w->run, r).s);
        et_text_free(&shape);
    }
    et_report_close(b, shown, n);
}

static size_t index_of(const struct et_strings *l, const char *s)
{
    size_t i = 0;
    while (i < l->n && strcmp(l->v[i], s) != 0)
        i++;
    return i;
}

/* The largest team of the rows. */
static const struct et_result_team *largest(const struct row *rows, size_t n)
{
    const struct et_result_team *t = &rows[0].r->result.team;
    for (size_t i = 1; i < n; i++) {
        const struct et_result_team *o = &rows[i].r->result.team;
        if (o->ranks * o->threads > t->ranks * t->threads)
            t = o;
    }
    return t;
}

static bool is_of(const struct et_record *r, const struct et_result_team *team)
{
    return r->result.team.ranks == team->ranks &&
           r->result.team.threads == team->threads;
}

/* One block of the figure: the cases with their peak, or, with a backend, the
 * bars of it. Places count the cases of the team. */
static void block(struct et_report *w, struct et_text *t,
                  const struct row *rows, size_t n,
                  const struct et_result_team *team,
                  const struct et_strings *varying, const char *backend)
{
    size_t place = 0, last = SIZE_MAX;
    for (size_t i = 0; i < n; i++) {
        const struct et_record *r = rows[i].r;
        const struct et_metric_value *m = et_record_metric(r, "flops");
        bool first = rows[i].at != last;
        const char *origin;
        if (!is_of(r, team))
            continue;
        last = rows[i].at;
        if (first && ++place > ET_REPORT_SHAPES)
            break;
        if (backend ? strcmp(r->result.backend, backend) != 0 : !first)
            continue;
        struct et_text shape = {0};
        et_shape_say(r, varying, true, &shape);
        et_data_text(t, et_text_str(&shape));
        et_text_add(t, " %zu", place);
        et_data_real(t, backend ? m->value : peak_of(w, r, &origin));
        if (backend) {
            et_data_real(t, m->ci_low);
            et_data_real(t, m->ci_high);
        }
        et_text_add(t, "\n");
        t->failed |= shape.failed;
        et_text_free(&shape);
    }
}

/* A bar a shape and backend, of the largest team. */
static bool figure(struct et_report *w, const struct row *rows, size_t n,
                   const struct et_strings *varying)
{
    const struct et_result_team *team = largest(rows, n);
    struct et_strings backends = {0};
    struct et_text kind = {0}, title = {0};
    const char *origin;
    bool ok = true;
    for (size_t i = 0; ok && i < n; i++) {
        const char *name = rows[i].r->result.backend;
        if (is_of(rows[i].r, team) && index_of(&backends, name) == backends.n &&
            backends.n < ET_REPORT_SERIES)
            ok = et_strings_add(&backends, name);
    }
    et_kind_say(rows[0].r, &kind);
    et_text_add(&title, "%s on %lld x %lld (ranks x threads)",
                et_text_str(&kind), (long long)team->ranks,
                (long long)team->threads);
    struct et_block *b =
        et_doc_figure(w->doc, et_report_stem("flops", et_text_str(&kind), "").s,
                      "bars", et_text_str(&title));
    char unit[16];
    snprintf(unit, sizeof unit, "G%s/s", et_record_operation(rows[0].r));
    ok = ok && et_figure_words(b, unit, "",
                               "Bars are medians, whiskers their 95 % "
                               "intervals.");
    if (ok) {
        struct et_text *t = &b->figure.data;
        bool peak = !isnan(peak_of(w, rows[0].r, &origin));
        et_data_text(t, peak ? "nominal peak" : "");
        et_text_add(t, " place peak\n");
        block(w, t, rows, n, team, varying, NULL);
        for (size_t k = 0; k < backends.n; k++) {
            et_report_colour(w, b, backends.v[k]);
            et_data_next(t);
            et_data_text(t, backends.v[k]);
            et_text_add(t, " place value low high\n");
            block(w, t, rows, n, team, varying, backends.v[k]);
        }
    }
    ok = ok && !kind.failed && !title.failed;
    et_strings_free(&backends);
    et_text_free(&kind);
    et_text_free(&title);
    return ok;
}

/* Harmonic means of the backends that did all cases of the team without a
 * flaw: of rates none other is right, as it is the rate of doing each case's
 * share of the same work one after the other. */
static void summarise(struct et_report *w, const struct row *rows, size_t n)
{
    const struct et_result_team *team = largest(rows, n);
    struct {
        const char *name;
        double inverse;
        size_t cases;
    } v[ET_REPORT_SERIES] = {{NULL, 0, 0}};
    size_t cases = 0, last = SIZE_MAX, known = 0, named = 0;
    struct et_text t = {0};
    for (size_t i = 0; i < n; i++) {
        const struct et_record *r = rows[i].r;
        size_t k = 0;
        if (!is_of(r, team))
            continue;
        cases += rows[i].at != last;
        last = rows[i].at;
        while (k < known && strcmp(v[k].name, r->result.backend) != 0)
            k++;
        if (k == ET_REPORT_SERIES || et_report_flaw(w, r))
            continue;
        known += k == known;
        v[k].name = r->result.backend;
        v[k].inverse += 1 / rows[i].flops;
        v[k].cases++;
    }
    for (size_t k = 0; k < known; k++) {
        if (v[k].cases == cases && cases > 1)
            et_text_add(&t, "%s%s %s", named++ ? ", " : "", v[k].name,
                        et_say_real((double)cases / v[k].inverse).s);
    }
    if (t.n)
        et_doc_paragraph(w->doc,
                         "Harmonic mean of the rates of all %zu cases on %lld "
                         "x %lld, in GFLOP/s: %s.",
                         cases, (long long)team->ranks,
                         (long long)team->threads, et_text_str(&t));
    et_text_free(&t);
}

static bool kind(struct et_report *w, const struct et_picks *group,
                 bool with_figure)
{
    struct et_text name = {0};
    struct et_strings varying = {0};
    struct row *rows = rows_of(w->run, group);
    bool ok = rows && et_varying(w->run, group, &varying);
    if (!ok)
        goto out;
    et_kind_say(rows[0].r, &name);
    et_doc_heading(w->doc, 3, et_text_str(&name));
    if (with_figure)
        ok = figure(w, rows, group->n, &varying);
    table(w, rows, group->n, &varying);
    if (!w->run->info.clock_fake)
        summarise(w, rows, group->n);
    const char *origin;
    double peak = peak_of(w, rows[0].r, &origin);
    if (isnan(peak))
        et_doc_paragraph(w->doc, "No nominal peak is known for %s.",
                         et_record_dtype(rows[0].r));
    else
        et_doc_paragraph(
            w->doc,
            "Nominal peak of %s: %s GFLOP/s for %s (ranks x threads), from "
            "%s.",
            et_record_dtype(rows[0].r), et_say_real(peak).s,
            et_say_team(rows[0].r).s, origin ? origin : "an unnamed source");
out:
    free(rows);
    et_strings_free(&varying);
    et_text_free(&name);
    return ok;
}

bool et_report_flops(struct et_report *w)
{
    struct et_picks picks;
    struct et_groups kinds = {0};
    if (!et_picks_take(&picks, w->run, has_flops))
        return false;
    bool ok = et_groups_make(&kinds, w->run, &picks, ET_KEY_KIND);
    if (ok && picks.n) {
        et_doc_heading(w->doc, 2, "FLOPS report");
        et_doc_paragraph(
            w->doc,
            "\"Of best\" is the share of the fastest backend whose result was "
            "checked, in the case that is otherwise equal; \"of peak\" the "
            "share of the nominal peak of the cores in use.");
    }
    for (size_t i = 0; ok && i < kinds.n; i++)
        ok = kind(w, &kinds.v[i], i < ET_REPORT_FIGURES);
    et_groups_free(&kinds);
    et_picks_free(&picks);
    return ok;
}
