/* The scaling report: each series point by point, its fit and what the fit
 * projects, or why it may not. All numbers come from scaling.c. */
#include "config.h"
#include "results/report/parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/memory.h"
#include "results/reading/scaling.h"

/* With its backend, or without for telling the same case by others. */
static void name_of(const struct et_report *w, const struct et_series *s,
                    const struct et_strings *varying, bool backend,
                    struct et_text *out)
{
    const struct et_record *r = s->v[0].r;
    et_bench_say(r, out);
    et_text_add(out, " %s%s", backend ? r->result.backend : "",
                backend ? " " : "");
    et_shape_say(w->run, r, varying, true, out);
    if (r->result.team.threads > 1)
        et_text_add(out, " x %lld threads", (long long)r->result.team.threads);
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
            et_block_cell(b, "%s", say_rate(p->rate, s->unit).s);
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
                                          NULL};
    struct et_block *b = et_doc_table(w->doc, "rllrrrrr", columns);
    size_t shown = et_report_shown(all->n);
    for (size_t i = 0; b && i < shown; i++) {
        const struct et_series *s = &all->v[i];
        const struct et_scaling_point *last = &s->v[s->n - 1];
        struct et_text name = {0};
        name_of(w, s, varying, true, &name);
        et_block_cell(b, "%zu", i + 1);
        et_block_cell(b, "%s", et_text_str(&name));
        et_block_cell(b, s->strong ? "strong" : "weak");
        et_block_cell(b, "%.0f to %.0f", s->v[0].ranks, last->ranks);
        et_block_cell(b, "%s",
                      et_say_share(last->efficiency, last->efficiency_low,
                                   last->efficiency_high)
                          .s);
        et_block_cell(b, "%s",
                      et_say_share(s->serial, s->serial_low, s->serial_high).s);
        et_block_cell(
            b, "%s",
            et_say_percent(s->strong || !s->line.ok ? NAN : -s->line.b).s);
        /* Two points lie on any line. */
        et_block_cell(b, "%s",
                      et_say_percent(
                          s->line.ok && s->n > 2 ? s->line.residual_worst : NAN)
                          .s);
        b->failed |= name.failed;
        et_text_free(&name);
    }
    et_report_close(b, shown, all->n);
    return b != NULL;
}

/* "3", "3 to 5": a run of series numbers, from 0, as the reader counts. */
static void say_numbers(struct et_text *t, size_t first, size_t last)
{
    et_text_add(t, "%s%zu", t->n ? ", " : "", first + 1);
    if (last > first)
        et_text_add(t, "%s%zu", last > first + 1 ? " to " : ", ", last + 1);
}

/* The series from `i` on that are refused for the same reason as series i,
 * unless an earlier row has them already: then nothing is said. */
static bool say_refused(const struct et_projection *p, size_t i, size_t n,
                        struct et_text *t)
{
    for (size_t k = 0; k < i; k++) {
        if (strcmp(p[k].refusal, p[i].refusal) == 0)
            return false;
    }
    for (size_t k = i; k < n; k++) {
        size_t last = k;
        if (strcmp(p[k].refusal, p[i].refusal) != 0)
            continue;
        while (last + 1 < n && strcmp(p[last + 1].refusal, p[i].refusal) == 0)
            last++;
        say_numbers(t, k, last);
        k = last;
    }
    return true;
}

/* A row a projection, and one for all that are refused for the same reason. */
static bool projections(struct et_report *w, const struct et_scaling *all)
{
    char target[ET_TEXT_NUMBER], needed[ET_TEXT_NUMBER + 32];
    et_print_si(target, target_of(w), "FLOP/s");
    snprintf(needed, sizeof needed, "Ranks needed for %s", target);
    const char *const columns[] = {"Series", needed, "Remarks", NULL};
    size_t shown = et_report_shown(all->n);
    struct et_projection *p = et_alloc(shown, sizeof *p);
    struct et_block *b = p ? et_doc_table(w->doc, "lrl", columns) : NULL;
    for (size_t i = 0; b && i < shown; i++) {
        p[i] = et_series_project(w->run, &all->v[i], target_of(w));
        if (strcmp(all->v[i].unit, "FLOP/s") != 0)
            snprintf(p[i].refusal, sizeof p[i].refusal,
                     "its figure is not in FLOP/s, as the target is");
    }
    for (size_t i = 0; b && i < shown; i++) {
        struct et_text numbers = {0};
        if (!p[i].refusal[0])
            say_numbers(&numbers, i, i);
        else if (!say_refused(p, i, shown, &numbers))
            continue;
        et_block_cell(b, "%s", et_text_str(&numbers));
        b->failed |= numbers.failed;
        et_text_free(&numbers);
        if (p[i].refusal[0])
            et_block_cell(b, "refused");
        else if (p[i].low < p[i].high)
            et_block_cell(b, "%.4g to %.4g", p[i].low, p[i].high);
        else
            et_block_cell(b, "%.0f", p[i].low);
        et_block_cell(b, "%s",
                      p[i].refusal[0]           ? p[i].refusal
                      : !(p[i].low < p[i].high) ? "measured, not projected"
                                                : "");
    }
    et_report_close(b, shown, all->n);
    free(p);
    return b != NULL;
}

/* Whether another backend does this case faster on its largest team. Looks
 * at the first series only, of a run that has a great many. */
static bool is_beaten(const struct et_report *w, const struct et_scaling *all,
                      const struct et_series *s,
                      const struct et_strings *varying)
{
    struct et_text mine = {0};
    bool beaten = false;
    name_of(w, s, varying, false, &mine);
    for (size_t i = 0; i < all->n && i < ET_REPORT_ROWS && !beaten; i++) {
        const struct et_series *o = &all->v[i];
        struct et_text name = {0};
        if (o->strong != s->strong ||
            o->v[o->n - 1].ranks != s->v[s->n - 1].ranks)
            continue;
        name_of(w, o, varying, false, &name);
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
                         "intervals; lines are fits, drawn where no point is "
                         "more than 10 % off; the grey line is the ideal. Of "
                         "each case the backend that is fastest on "
                         "the largest team."))
        return false;
    struct et_text *t = &b->figure.data;
    size_t drawn = 0;
    for (size_t i = 0; i < all->n && i < ET_REPORT_ROWS; i++) {
        const struct et_series *s = &all->v[i];
        if (s->strong != strong || is_beaten(w, all, s, varying))
            continue;
        if (drawn == ET_REPORT_SERIES) {
            et_block_note(b, "The first %zu series.", drawn);
            break;
        }
        struct et_text name = {0};
        name_of(w, s, varying, true, &name);
        et_report_colour(w, b, s->v[0].r->result.backend);
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
        bool good = s->n > 2 && s->line.residual_worst <= ET_SCALING_RESIDUAL;
        int steps = good ? (int)(16 * log2(last / first)) : -1;
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
    et_doc_heading(w->doc, 2, "Scaling report");
    et_doc_paragraph(
        w->doc,
        "The base case of a speed-up is the same backend on the smallest team "
        "of its series, not the best serial program; the table below gives its "
        "time and rate and marks it as reference. Efficiency is the speed-up "
        "over the smallest team, divided by the growth in ranks; its interval "
        "takes the worst ends of both times. Serial fraction: for strong "
        "scaling Amdahl's, from t(p) = a + b/p; for weak scaling Gustafson's, "
        "from the scaled speed-up. Lost per doubling is the slope of the "
        "efficiency over log2 of the ranks. Brackets hold 95 %% intervals.");
    ok = varying_of(w->run, &all, &varying) && summary(w, &all, &varying) &&
         figure(w, &all, &varying, true) && figure(w, &all, &varying, false);
    et_doc_paragraph(
        w->doc, "A projection is a range that follows from the 95 %% errors "
                "of the fit. It is refused where the data does not "
                "support it.");
    ok = ok && projections(w, &all) && points(w, &all);
out:
    et_strings_free(&varying);
    et_scaling_free(&all);
    return ok;
}
