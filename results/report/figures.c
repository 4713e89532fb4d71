/* The figures of every bench, each by the metric that its bench is judged by:
 * for each bench and element type a table, and bars of the largest team. Knows
 * metrics and units, and no bench by name; collectives have a section of their
 * own. */
#include "config.h"
#include "results/report/parts.h"

#include <stdlib.h>
#include <string.h>

#include "harness/base/memory.h"
#include "harness/stat/stat.h"

/* Records of one bench, element type and metric. */
struct row {
    const struct et_record *r;
    const struct et_metric_value *m;
    double best; /* of the same case by any backend that was checked */
    size_t at;   /* of its case */
};
struct rows {
    struct row *v;
    size_t n;
    struct et_strings varying;
    struct et_unit unit;
    bool higher, is_time;                  /* of the metric */
    bool cased, rivals, sized, set, peaks; /* which columns there are */
};

/* The unit of the metric; "" of one that this build does not know, and NULL
 * where there is no figure or another section has it. */
static const char *base_of(const struct et_run *run, const struct et_record *r)
{
    const struct et_metric_value *m = et_run_merit(run, r);
    const struct et_metric *row = m ? et_metric_find(m->name) : NULL;
    if (!m || et_record_metric(r, "algbw"))
        return NULL;
    return row ? row->base : "";
}

static bool in_flops(const struct et_run *run, const struct et_record *r)
{
    const char *base = base_of(run, r);
    return base && strcmp(base, "FLOP/s") == 0;
}

static bool in_bytes(const struct et_run *run, const struct et_record *r)
{
    const char *base = base_of(run, r);
    return base && strcmp(base, "B/s") == 0;
}

static bool in_others(const struct et_run *run, const struct et_record *r)
{
    return base_of(run, r) && !in_flops(run, r) && !in_bytes(run, r);
}

/* Cases in their order, the best backend of each first. */
static int by_case(const void *a, const void *b)
{
    const struct row *x = a, *y = b;
    if (x->at != y->at)
        return x->at < y->at ? -1 : 1;
    if (et_metric_is_higher(x->m))
        return (x->m->value < y->m->value) - (x->m->value > y->m->value);
    return (x->m->value > y->m->value) - (x->m->value < y->m->value);
}

static double peak_of(const struct et_report *w, const struct row *x)
{
    const char *origin;
    if (strcmp(x->m->name, "flops") != 0)
        return NAN;
    return et_run_peak(w->run, x->r, w->options->peak, &origin) /
           et_metric_unit(x->r, x->m).scale;
}

static void add(const struct et_report *w, struct rows *out,
                const struct et_record *r, size_t at)
{
    const struct et_metric_value *m = et_run_merit(w->run, r);
    struct row *x = &out->v[out->n++];
    *x = (struct row){r, m, NAN, at};
    out->peaks |= peak_of(w, x) > 0;
    out->set |= et_record_medium(r) != NULL;
    const struct et_run_bench *b = et_run_bench(w->run, r);
    out->sized |= r->result.work.bytes > 0 && !(b && b->sizes);
    struct et_text shape = {0};
    et_shape_say(w->run, r, &out->varying, true, &shape);
    out->cased |= strcmp(et_text_str(&shape), "-") != 0;
    et_text_free(&shape);
}

/* The best that was checked: a figure nobody checked is no yardstick. */
static void find_best(struct rows *rows, size_t from)
{
    double best = NAN;
    for (size_t i = from; i < rows->n; i++) {
        double v = rows->v[i].m->value;
        bool better = rows->higher ? !(v <= best) : !(v >= best);
        if (et_record_checked(rows->v[i].r) && better)
            best = v;
        rows->rivals |= strcmp(rows->v[i].r->result.backend,
                               rows->v[from].r->result.backend) != 0;
    }
    for (size_t i = from; i < rows->n; i++)
        rows->v[i].best = best;
}

/* The group's rows that have this metric. */
static bool rows_make(struct rows *out, const struct et_report *w,
                      const struct et_picks *group,
                      const struct et_metric_value *metric)
{
    enum { KEY = (ET_KEY_SERIES | ET_KEY_TEAM) & ~ET_KEY_BACKEND };
    struct et_groups cases = {0};
    *out = (struct rows){.v = et_alloc(group->n, sizeof *out->v),
                         .higher = et_metric_is_higher(metric),
                         .is_time = et_metric_is_time(metric)};
    bool ok = out->v && et_varying(w->run, group, &out->varying) &&
              et_groups_make(&cases, w->run, group, KEY);
    for (size_t i = 0; ok && i < cases.n; i++) {
        size_t from = out->n;
        for (size_t k = 0; k < cases.v[i].n; k++) {
            const struct et_record *r = &w->run->records[cases.v[i].v[k]];
            if (strcmp(et_run_merit(w->run, r)->name, metric->name) == 0)
                add(w, out, r, i);
        }
        find_best(out, from);
    }
    if (ok && out->n) {
        qsort(out->v, out->n, sizeof *out->v, by_case);
        out->unit = et_metric_unit(out->v[0].r, out->v[0].m);
    }
    et_groups_free(&cases);
    return ok;
}

static void rows_free(struct rows *rows)
{
    free(rows->v);
    et_strings_free(&rows->varying);
}

/* --- the table ------------------------------------------------------------ */

static void value_cells(struct et_block *b, const struct rows *rows,
                        const struct et_metric_value *m)
{
    double s = rows->unit.scale;
    if (rows->is_time) {
        et_block_cell(b, "%s", et_say_seconds(m->value * s).s);
        et_block_cell(b, "%s",
                      et_say_time_interval(m->ci_low * s, m->ci_high * s).s);
    } else {
        et_block_cell(b, "%s", et_say_real(m->value).s);
        et_block_cell(b, "%s",
                      et_say_interval(m->value, m->ci_low, m->ci_high).s);
    }
}

static void row(struct et_report *w, struct et_block *b,
                const struct rows *rows, const struct row *x)
{
    const struct et_result *s = &x->r->result;
    const char *medium = et_record_medium(x->r);
    const char *note = et_pairs_get(&s->facts, "doubt");
    struct et_said doubts = et_say_doubts(w->run, x->r);
    char check[ET_TEXT_NUMBER];
    struct et_text shape = {0};
    et_shape_say(w->run, x->r, &rows->varying, false, &shape);
    if (rows->cased)
        et_block_cell(b, "%s", et_text_str(&shape));
    et_block_cell(b, "%s", et_say_team(x->r).s);
    et_block_cell(b, "%s", s->backend);
    if (rows->sized)
        et_block_cell(b, "%s", et_say_size(s->work.bytes).s);
    if (rows->set)
        et_block_cell(b, "%s", medium ? medium : "not known");
    value_cells(b, rows, x->m);
    if (rows->rivals)
        et_block_cell(b, "%s",
                      et_say_percent(rows->higher ? x->m->value / x->best
                                                  : x->best / x->m->value)
                          .s);
    if (rows->peaks)
        et_block_cell(b, "%s", et_say_percent(x->m->value / peak_of(w, x)).s);
    et_block_cell(b, "%lld", (long long)s->time.n);
    et_block_cell(
        b, "%s",
        et_choice_name(ET_CHECK_CHOICES, s->verification.status, check));
    et_block_cell(b, "%s%s%s", doubts.s, *doubts.s && note ? ", " : "",
                  note ? note : "");
    b->failed |= shape.failed;
    et_text_free(&shape);
}

static void table(struct et_report *w, const struct rows *rows)
{
    const char *columns[13] = {0};
    char align[13] = "", name[64];
    size_t n = 0;
    const struct {
        bool there;
        const char *heading;
        char align;
    } all[] = {{rows->cased, "Case", 'l'},
               {true, "Ranks x threads", 'l'},
               {true, "Backend", 'l'},
               {rows->sized, "Size", 'r'},
               {rows->set, "Medium", 'l'},
               {true, rows->is_time ? name : rows->unit.name, 'r'},
               {true, "95 % interval", 'r'},
               {rows->rivals, "Of best", 'r'},
               {rows->peaks, "Of peak", 'r'},
               {true, "n", 'r'},
               {true, "Check", 'l'},
               {true, "Remarks", 'l'}};
    snprintf(name, sizeof name, "%s", rows->v[0].m->name);
    for (char *p = name; *p; p++)
        *p = *p == '_' ? ' ' : *p;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        if (!all[i].there)
            continue;
        align[n] = all[i].align;
        columns[n++] = all[i].heading;
    }
    struct et_block *b = et_doc_table(w->doc, align, columns);
    size_t shown = et_report_shown(rows->n);
    for (size_t i = 0; b && i < shown; i++)
        row(w, b, rows, &rows->v[i]);
    et_report_close(b, shown, rows->n);
}

/* --- the figure ----------------------------------------------------------- */

static const struct et_result_team *largest(const struct rows *rows)
{
    const struct et_result_team *t = &rows->v[0].r->result.team;
    for (size_t i = 1; i < rows->n; i++) {
        const struct et_result_team *o = &rows->v[i].r->result.team;
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
                  const struct rows *rows, const struct et_result_team *team,
                  const char *backend)
{
    size_t place = 0, last = SIZE_MAX;
    for (size_t i = 0; i < rows->n; i++) {
        const struct row *x = &rows->v[i];
        const char *medium = et_record_medium(x->r);
        bool first = x->at != last;
        if (!is_of(x->r, team))
            continue;
        last = x->at;
        if (first && ++place > ET_REPORT_SHAPES)
            break;
        if (backend ? strcmp(x->r->result.backend, backend) != 0 : !first)
            continue;
        struct et_text name = {0};
        et_shape_say(w->run, x->r, &rows->varying, true, &name);
        if (medium)
            et_text_add(&name, " (%s)", medium);
        et_data_text(t, et_text_str(&name));
        et_text_add(t, " %zu", place);
        et_data_real(t, backend ? x->m->value : peak_of(w, x));
        if (backend) {
            et_data_real(t, x->m->ci_low);
            et_data_real(t, x->m->ci_high);
        }
        et_text_add(t, "\n");
        t->failed |= name.failed;
        et_text_free(&name);
    }
}

/* Those of the team, as many as a figure has series. */
static bool find_backends(const struct rows *rows,
                          const struct et_result_team *team,
                          struct et_strings *out)
{
    bool ok = true;
    for (size_t i = 0; ok && i < rows->n; i++) {
        const char *name = rows->v[i].r->result.backend;
        if (is_of(rows->v[i].r, team) && et_strings_find(out, name) == out->n &&
            out->n < ET_REPORT_SERIES)
            ok = et_strings_add(out, name);
    }
    return ok;
}

static size_t count_cases(const struct rows *rows,
                          const struct et_result_team *team)
{
    size_t cases = 0, last = SIZE_MAX;
    for (size_t i = 0; i < rows->n; i++) {
        if (!is_of(rows->v[i].r, team))
            continue;
        cases += rows->v[i].at != last;
        last = rows->v[i].at;
    }
    return cases;
}

/* A bar a case and backend, of the largest team. */
static bool figure(struct et_report *w, const struct rows *rows)
{
    const struct et_result_team *team = largest(rows);
    struct et_strings backends = {0};
    struct et_text kind = {0}, title = {0};
    bool ok = find_backends(rows, team, &backends);
    et_bench_say(rows->v[0].r, &kind);
    et_text_add(&title, "%s on %lld x %lld (ranks x threads)",
                et_text_str(&kind), (long long)team->ranks,
                (long long)team->threads);
    struct et_block *b = et_doc_figure(
        w->doc, et_report_stem(rows->v[0].m->name, et_text_str(&kind), "").s,
        "bars", et_text_str(&title));
    ok = ok && et_figure_words(b, rows->unit.name, "",
                               "Bars are medians, whiskers their 95 % "
                               "intervals.");
    if (ok) {
        struct et_text *t = &b->figure.data;
        et_data_text(t, rows->peaks ? "nominal peak" : "");
        et_text_add(t, " place peak\n");
        block(w, t, rows, team, NULL);
        for (size_t k = 0; k < backends.n; k++) {
            et_report_colour(w, b, backends.v[k]);
            et_data_next(t);
            et_data_text(t, backends.v[k]);
            et_text_add(t, " place value low high\n");
            block(w, t, rows, team, backends.v[k]);
        }
    }
    size_t cases = count_cases(rows, team);
    if (cases > ET_REPORT_SHAPES)
        et_block_note(b, "The first %d of %zu cases.", ET_REPORT_SHAPES, cases);
    ok = ok && !kind.failed && !title.failed;
    et_strings_free(&backends);
    et_text_free(&kind);
    et_text_free(&title);
    return ok;
}

/* --- the text below ------------------------------------------------------- */

/* The harmonic mean of a backend that did all cases of the team without a flaw;
 * else NAN. Of rates no other mean is right. */
static double mean_of(const struct et_report *w, const struct rows *rows,
                      const struct et_result_team *team, const char *backend,
                      size_t cases)
{
    double *rates = et_alloc(rows->n, sizeof *rates), mean = NAN;
    size_t n = 0;
    for (size_t i = 0; rates && i < rows->n; i++) {
        const struct et_record *r = rows->v[i].r;
        if (is_of(r, team) && strcmp(r->result.backend, backend) == 0 &&
            !et_report_flaw(w, r))
            rates[n++] = rows->v[i].m->value;
    }
    if (n == cases && n > 1)
        mean = et_stat_harmonic_mean(rates, n);
    free(rates);
    return mean;
}

static bool say_means(struct et_report *w, const struct rows *rows)
{
    const struct et_result_team *team = largest(rows);
    struct et_strings backends = {0};
    size_t cases = count_cases(rows, team);
    struct et_text t = {0};
    bool ok = find_backends(rows, team, &backends);
    for (size_t i = 0; i < backends.n; i++) {
        double mean = mean_of(w, rows, team, backends.v[i], cases);
        if (isfinite(mean))
            et_text_add(&t, "%s%s %s", t.n ? ", " : "", backends.v[i],
                        et_say_real(mean).s);
    }
    if (t.n)
        et_doc_paragraph(w->doc,
                         "Harmonic mean of the rates of all %zu cases on %lld "
                         "x %lld, in %s: %s.",
                         cases, (long long)team->ranks,
                         (long long)team->threads, rows->unit.name,
                         et_text_str(&t));
    ok = ok && !t.failed;
    et_text_free(&t);
    et_strings_free(&backends);
    return ok;
}

static void say_peak(struct et_report *w, const struct rows *rows)
{
    const struct et_record *r = rows->v[0].r;
    const char *dtype = et_record_dtype(r), *origin = NULL;
    et_run_peak(w->run, r, w->options->peak, &origin);
    double peak = peak_of(w, &rows->v[0]);
    if (isnan(peak))
        et_doc_paragraph(w->doc, "No nominal peak is known%s%s.",
                         *dtype ? " for " : "", dtype);
    else
        et_doc_paragraph(w->doc,
                         "Nominal peak of %s: %s %s for %s (ranks x threads); "
                         "source: %s.",
                         dtype, et_say_real(peak).s, rows->unit.name,
                         et_say_team(r).s, origin ? origin : "not named");
}

static bool metric(struct et_report *w, const struct et_picks *group,
                   const struct et_metric_value *m, bool with_figure)
{
    struct rows rows;
    bool ok = rows_make(&rows, w, group, m);
    if (ok && rows.n) {
        bool flops = strcmp(m->name, "flops") == 0;
        ok = !with_figure || figure(w, &rows);
        table(w, &rows);
        if (flops && !w->run->info.clock_fake)
            ok = say_means(w, &rows) && ok;
        if (flops)
            say_peak(w, &rows);
    }
    rows_free(&rows);
    return ok;
}

/* A bench whose cases have not all the same metric gets a table for each. */
static bool kind(struct et_report *w, struct et_picks *group, bool with_figure)
{
    const struct et_run *run = w->run;
    bool ok = et_report_bench_heading(w, &run->records[group->v[0]]);
    for (size_t i = 0; ok && i < group->n; i++) {
        const struct et_metric_value *m =
            et_run_merit(run, &run->records[group->v[i]]);
        size_t k = 0;
        while (strcmp(et_run_merit(run, &run->records[group->v[k]])->name,
                      m->name) != 0)
            k++;
        if (k == i) /* the first that has it */
            ok = metric(w, group, m, with_figure);
    }
    return ok;
}

bool et_report_flops(struct et_report *w)
{
    return et_report_kinds(
        w, in_flops, "FLOPS report",
        "Operations of all ranks over the median time. \"Of best\" is "
        "the share of the fastest backend whose result was checked, in the "
        "case that is otherwise equal; \"of peak\" the share of the nominal "
        "peak of the cores in use.",
        kind);
}

bool et_report_transfers(struct et_report *w)
{
    return et_report_kinds(w, in_bytes, "Transfers",
                           "Bytes of all ranks over the median time. "
                           "GB/s is 10^9 bytes a second.",
                           kind);
}

bool et_report_others(struct et_report *w)
{
    return et_report_kinds(w, in_others, "Other figures",
                           "Each by the metric that its bench is judged by; "
                           "the metric's formula stands at the end.",
                           kind);
}
