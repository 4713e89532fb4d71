/* The scaling report: each series point by point, its fit and what the fit
 * projects, or why it may not. All numbers come from scaling.c. */
#include "config.h"
#include "results/report_parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/memory.h"
#include "results/scaling.h"

/* With its backend, or without for telling the same case by others. */
static void name_of(const struct et_series *s, const struct et_strings *varying,
                    bool backend, struct et_text *out)
{
    const struct et_record *r = s->v[0].r;
    et_kind_say(r, out);
    et_text_add(out, " %s%s", backend ? r->result.backend : "",
                backend ? " " : "");
    et_shape_say(r, varying, true, out);
    if (r->result.team.threads > 1)
        et_text_add(out, " x %lld threads", (long long)r->result.team.threads);
}

static const char *unit_of(const struct et_series *s)
{
    return s->v[0].r->result.work.flop > 0 ? "FLOP/s" : "B/s";
}

static struct et_said say_rate(double v, const char *unit)
{
    struct et_said out;
    char buf[ET_TEXT_NUMBER];
    snprintf(out.s, sizeof out.s, "%s", et_print_si(buf, v, unit));
    return out;
}

/* Every point of every series, numbered as in the summary. */
static bool points(struct et_report *w, const struct et_scaling *all)
{
    static const char *const columns[] = {
        "Series",        "Ranks",    "Nodes",         "Time",
        "Rate",          "Speed-up", "95 % interval", "Efficiency",
        "95 % interval", "n",        "Remarks",       NULL};
    struct et_block *b = et_doc_table(w->doc, "rrrrrrrrrrl", columns);
    size_t shown = 0, n = 0;
    for (size_t k = 0; b && k < all->n; k++) {
        const struct et_series *s = &all->v[k];
        n += s->n;
        for (size_t i = 0; i < s->n && shown < ET_REPORT_ROWS; i++, shown++) {
            const struct et_scaling_point *p = &s->v[i];
            const struct et_result *r = &p->r->result;
            bool none = isnan(p->speedup_low + p->speedup_high);
            et_block_cell(b, "%zu", k + 1);
            et_block_cell(b, "%lld", (long long)r->team.ranks);
            et_block_cell(b, "%lld", (long long)r->team.nodes);
            et_block_cell(b, "%s", et_say_seconds(r->time.median).s);
            et_block_cell(b, "%s", say_rate(p->rate, unit_of(s)).s);
            et_block_cell(b, "%.2f", p->speedup);
            if (i == 0 || none)
                et_block_cell(b, i ? "none" : "reference");
            else
                et_block_cell(b, "[%.2f, %.2f]", p->speedup_low,
                              p->speedup_high);
            et_block_cell(b, "%s", et_say_percent(p->efficiency).s);
            if (i == 0 || none)
                et_block_cell(b, i ? "none" : "reference");
            else
                et_block_cell(b, "[%.0f, %.0f] %%", 100 * p->efficiency_low,
                              100 * p->efficiency_high);
            et_block_cell(b, "%lld", (long long)r->time.n);
            et_block_cell(b, "%s", et_say_doubts(w->run, p->r).s);
        }
    }
    et_report_close(b, shown, n);
    return b != NULL;
}

static double target_of(const struct et_report *w)
{
    return w->options->target > 0 ? w->options->target : 1e18;
}

static void say_serial(const struct et_series *s, struct et_text *t)
{
    if (isnan(s->serial)) {
        et_text_add(t, "no fit");
        return;
    }
    et_text_add(t, "%s", et_say_percent(s->serial).s);
    if (isfinite(s->serial_low) && isfinite(s->serial_high))
        et_text_add(t, " [%.2g, %.2g] %%", 100 * s->serial_low,
                    100 * s->serial_high);
}

static void say_projection(const struct et_report *w, const struct et_series *s,
                           struct et_text *t)
{
    struct et_projection p = et_series_project(w->run, s, target_of(w));
    if (s->v[0].r->result.work.flop <= 0)
        et_text_add(t, "none: the target is of flops");
    else if (p.refusal[0])
        et_text_add(t, "refused: %s", p.refusal);
    else if (p.low >= p.high)
        et_text_add(t, "reached by %.0f ranks", p.low);
    else
        et_text_add(t, "%.4g to %.4g ranks", p.low, p.high);
}

static bool summary(struct et_report *w, const struct et_scaling *all,
                    const struct et_strings *varying)
{
    static const char *const columns[] = {"Series",
                                          "Case",
                                          "Kind",
                                          "Ranks",
                                          "Efficiency at largest",
                                          "Serial fraction",
                                          "Lost per doubling",
                                          "Worst residual",
                                          "Projection",
                                          NULL};
    struct et_block *b = et_doc_table(w->doc, "rllrrrrrl", columns);
    size_t shown = all->n < ET_REPORT_ROWS ? all->n : ET_REPORT_ROWS;
    for (size_t i = 0; b && i < shown; i++) {
        const struct et_series *s = &all->v[i];
        const struct et_scaling_point *last = &s->v[s->n - 1];
        struct et_text name = {0}, serial = {0}, projection = {0};
        name_of(s, varying, true, &name);
        say_serial(s, &serial);
        say_projection(w, s, &projection);
        et_block_cell(b, "%zu", i + 1);
        et_block_cell(b, "%s", et_text_str(&name));
        et_block_cell(b, s->strong ? "strong" : "weak");
        et_block_cell(b, "%.0f to %.0f", s->v[0].ranks, last->ranks);

        if (isnan(last->efficiency_low + last->efficiency_high))
            et_block_cell(b, "%s", et_say_percent(last->efficiency).s);
        else
            et_block_cell(b, "%.0f %% [%.0f, %.0f] %%", 100 * last->efficiency,
                          100 * last->efficiency_low,
                          100 * last->efficiency_high);
        et_block_cell(b, "%s", et_text_str(&serial));
        if (s->strong || !s->line.ok)
            et_block_cell(b, "-");
        else
            et_block_cell(b, "%s", et_say_percent(-s->line.b).s);
        /* Two points lie on any line. */
        if (s->line.ok && s->n > 2)
            et_block_cell(b, "%s", et_say_percent(s->line.residual_worst).s);
        else
            et_block_cell(b, "-");
        et_block_cell(b, "%s", et_text_str(&projection));
        et_text_free(&name);
        et_text_free(&serial);
        et_text_free(&projection);
    }
    et_report_close(b, shown, all->n);
    return b != NULL;
}

/* Whether another backend does this case faster on its largest team. Looks
 * at the first series only, of a run that has a great many. */
static bool is_beaten(const struct et_scaling *all, const struct et_series *s,
                      const struct et_strings *varying)
{
    struct et_text mine = {0};
    bool beaten = false;
    name_of(s, varying, false, &mine);
    for (size_t i = 0; i < all->n && i < ET_REPORT_ROWS && !beaten; i++) {
        const struct et_series *o = &all->v[i];
        struct et_text name = {0};
        if (o->strong != s->strong ||
            o->v[o->n - 1].ranks != s->v[s->n - 1].ranks)
            continue;
        name_of(o, varying, false, &name);
        beaten = strcmp(et_text_str(&name), et_text_str(&mine)) == 0 &&
                 o->v[o->n - 1].rate > s->v[s->n - 1].rate;
        et_text_free(&name);
    }
    et_text_free(&mine);
    return beaten;
}

/* Strong: ranks, speed-up, low, high, fit. Weak: the efficiencies in percent,
 * because speed-ups that are all nearly ideal cannot be told apart. The fit's
 * own points, 16 to a doubling, have no measured value. */
static bool figure(struct et_report *w, const struct et_scaling *all,
                   const struct et_strings *varying, bool strong)
{
    bool any = false;
    for (size_t i = 0; i < all->n; i++)
        any |= all->v[i].strong == strong;
    if (!any)
        return true;
    struct et_block *b = et_doc_figure(
        w->doc, strong ? "scaling-strong" : "scaling-weak",
        strong ? "scaling" : "efficiency",
        strong ? "Strong scaling: the same work on more ranks"
               : "Weak scaling: the same work a rank on more ranks");
    if (!et_figure_words(b, "ranks",
                         strong ? "speed-up over the smallest team"
                                : "parallel efficiency, %",
                         "Points are ratios of medians with their 95 % "
                         "intervals; lines are fits; the grey line is the "
                         "ideal. Of each case the backend that is fastest on "
                         "the largest team."))
        return false;
    struct et_text *t = &b->figure.data;
    size_t drawn = 0;
    for (size_t i = 0; i < all->n && i < ET_REPORT_ROWS; i++) {
        const struct et_series *s = &all->v[i];
        if (s->strong != strong || is_beaten(all, s, varying))
            continue;
        if (drawn == ET_REPORT_SERIES) {
            et_block_note(b, "The first %zu series.", drawn);
            break;
        }
        struct et_text name = {0};
        name_of(s, varying, true, &name);
        et_data_next(t);
        et_data_text(t, et_text_str(&name));
        et_text_add(t, " value low high fit\n");
        for (size_t k = 0; k < s->n; k++) {
            const struct et_scaling_point *p = &s->v[k];
            et_text_add(t, "%.0f", p->ranks);
            et_data_real(t, strong ? p->speedup : 100 * p->efficiency);
            et_data_real(t, strong ? p->speedup_low : 100 * p->efficiency_low);
            et_data_real(t,
                         strong ? p->speedup_high : 100 * p->efficiency_high);
            et_text_add(t, " NaN\n");
        }
        double first = s->v[0].ranks, last = s->v[s->n - 1].ranks;
        int steps = s->n > 2 ? (int)(16 * log2(last / first)) : -1;
        for (int k = 0; k <= steps; k++) {
            double ranks = first * exp2(k / 16.0);
            double fit = et_series_fit(s, ranks);
            et_text_add(t, "%.10g NaN NaN NaN", ranks);
            et_data_real(t, strong ? fit : 100 * fit * first / ranks);
            et_text_add(t, "\n");
        }
        drawn++;
        t->failed |= name.failed;
        et_text_free(&name);
    }
    return true;
}

static bool varying_of(const struct et_run *run, const struct et_scaling *all,
                       struct et_strings *out)
{
    struct et_picks heads = {.v = et_alloc(all->n, sizeof *heads.v)};
    if (!heads.v)
        return false;
    for (size_t i = 0; i < all->n; i++)
        heads.v[heads.n++] = (size_t)(all->v[i].v[0].r - run->records);
    bool ok = et_varying(run, &heads, out);
    /* The kind has a column of its own. */
    for (size_t i = 0; i < out->n; i++) {
        if (strcmp(out->v[i], "scaling") == 0) {
            free(out->v[i]);
            out->v[i] = out->v[--out->n];
            break;
        }
    }
    et_picks_free(&heads);
    return ok;
}

bool et_report_scaling(struct et_report *w)
{
    struct et_scaling all;
    struct et_strings varying = {0};
    if (!et_scaling_find(w->run, &all))
        return false;
    bool ok = true;
    if (!all.n)
        goto out;
    char target[ET_TEXT_NUMBER];
    et_print_si(target, target_of(w), "FLOP/s");
    et_doc_heading(w->doc, 2, "Scaling report");
    et_doc_paragraph(
        w->doc,
        "Efficiency is the speed-up over the smallest team by the growth in "
        "ranks; its interval takes the worst ends of both times. Serial "
        "fraction: for strong series Amdahl's, from t(p) = a + b/p; for weak "
        "ones Gustafson's, from the scaled speed-up. Lost per doubling is the "
        "slope of the efficiency over log2 of the ranks. The projection is to "
        "%s, a range from the fit's 95 %% errors, and it is refused where the "
        "data does not carry it.",
        target);
    ok = varying_of(w->run, &all, &varying) && summary(w, &all, &varying) &&
         figure(w, &all, &varying, true) && figure(w, &all, &varying, false) &&
         points(w, &all);
out:
    et_strings_free(&varying);
    et_scaling_free(&all);
    return ok;
}
