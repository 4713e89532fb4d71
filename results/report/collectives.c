/* Collectives: the rates of the algorithm and of the bus at each size, and the
 * model of latency and bandwidth. Speaks of every bench that has these metrics
 * and knows none by name. */
#include "config.h"
#include "results/report/parts.h"

#include <string.h>

#include "results/reading/scaling.h"

#define POOR 0.30 /* a worst residual beyond which a model is called poor */

static bool has_algbw(const struct et_run *run, const struct et_record *r)
{
    (void)run;
    const struct et_metric_value *m = et_record_metric(r, "algbw");
    return m && et_record_measured(r) && m->value > 0;
}

static void rate_cells(struct et_block *b, const struct et_metric_value *m)
{
    et_block_cell(b, "%s", et_say_real(m ? m->value : NAN).s);
    if (m)
        et_block_cell(b, "%s",
                      et_say_interval(m->value, m->ci_low, m->ci_high).s);
    else
        et_block_cell(b, "-");
}

static void backend_cell(struct et_block *b, const struct et_record *r,
                         const struct et_strings *varying)
{
    struct et_text t = {0};
    et_backend_say(r, varying, &t);
    et_block_cell(b, "%s", et_text_str(&t));
    b->failed |= t.failed;
    et_text_free(&t);
}

static void collective_table(struct et_report *w, const struct et_picks *g,
                             const struct et_strings *varying)
{
    static const char *const columns[] = {
        "Size",       "Ranks",      "Backend",       "Time", "95 % interval",
        "algbw GB/s", "busbw GB/s", "95 % interval", "n",    "Remarks",
        NULL};
    struct et_block *b = et_doc_table(w->doc, "rrlrrrrrrl", columns);
    size_t shown = et_report_shown(g->n);
    for (size_t i = 0; b && i < shown; i++) {
        const struct et_record *r = &w->run->records[g->v[i]];
        const struct et_result_time *t = &r->result.time;
        et_block_cell(b, "%s", et_say_size(r->result.work.bytes).s);
        et_block_cell(b, "%lld", (long long)r->result.team.ranks);
        backend_cell(b, r, varying);
        et_block_cell(b, "%s", et_say_seconds(t->median).s);
        et_block_cell(b, "%s", et_say_time_interval(t->ci_low, t->ci_high).s);
        et_block_cell(b, "%s",
                      et_say_real(et_record_metric(r, "algbw")->value).s);
        rate_cells(b, et_record_metric(r, "busbw"));
        et_block_cell(b, "%lld", (long long)t->n);
        et_block_cell(b, "%s", et_say_doubts(w->run, r).s);
    }
    et_report_close(b, shown, g->n);
}

static bool is_good(const struct et_latency_fit *f)
{
    return f->line.ok && f->line.residual_worst <= POOR && f->alpha > 0 &&
           f->rate > 0;
}

static void fit_table(struct et_report *w, const struct et_groups *lines,
                      const struct et_strings *varying)
{
    static const char *const columns[] = {"Backend",       "Ranks",
                                          "Sizes",         "Latency alpha",
                                          "95 % interval", "Bandwidth GB/s",
                                          "95 % interval", "Worst residual",
                                          "Remarks",       NULL};
    struct et_block *b = et_doc_table(w->doc, "lrrrrrrrl", columns);
    size_t shown = et_report_shown(lines->n);
    for (size_t i = 0; b && i < shown; i++) {
        const struct et_record *r = &w->run->records[lines->v[i].v[0]];
        if (r->result.team.ranks < 2) /* nobody to send to */
            continue;
        struct et_latency_fit f = et_latency_fit(w->run, &lines->v[i]);
        bool open = isinf(f.rate_high) && isfinite(f.rate_low);
        backend_cell(b, r, varying);
        et_block_cell(b, "%lld", (long long)r->result.team.ranks);
        et_block_cell(b, "%zu", f.line.n);
        et_block_cell(b, "%s", et_say_seconds(f.alpha).s);
        et_block_cell(b, "%s",
                      et_say_time_interval(f.alpha_low, f.alpha_high).s);
        et_block_cell(b, "%s", et_say_real(f.rate / 1e9).s);
        if (open)
            et_block_cell(b, "at least %s", et_say_real(f.rate_low / 1e9).s);
        else
            et_block_cell(b, "%s",
                          et_say_interval(f.rate / 1e9, f.rate_low / 1e9,
                                          f.rate_high / 1e9)
                              .s);
        et_block_cell(b, "%s",
                      f.line.n > 2 ? et_say_percent(f.line.residual_worst).s
                                   : "-");
        if (!f.line.ok)
            et_block_cell(b, "no fit: too few sizes");
        else if (f.line.n < 3)
            et_block_cell(b, "two sizes lie on any line");
        else if (!is_good(&f))
            et_block_cell(b, "poor model: do not rely on it");
        else
            et_block_cell(b, "%s", "");
    }
    et_report_close(b, shown, lines->n);
}

/* Columns: bytes, value, low, high, fit; one series a fitted line. */
static void series(struct et_report *w, struct et_text *t,
                   const struct et_picks *line,
                   const struct et_strings *varying, bool time)
{
    const struct et_run *run = w->run;
    struct et_latency_fit f = et_latency_fit(run, line);
    bool fitted = f.line.n > 2 && is_good(&f);
    double least = INFINITY, most = 0;
    const struct et_result_work *work = &run->records[line->v[0]].result.work;
    double scale = et_metric_find("busbw")->scale;
    double factor = work->bus_bytes / work->bytes;
    struct et_text name = {0};
    et_backend_say(&run->records[line->v[0]], varying, &name);
    et_data_next(t);
    et_data_text(t, et_text_str(&name));
    t->failed |= name.failed;
    et_text_free(&name);
    et_text_add(t, " value low high fit\n");
    for (size_t i = 0; i < line->n; i++) {
        const struct et_record *r = &run->records[line->v[i]];
        const struct et_result_time *s = &r->result.time;
        const struct et_metric_value *m = et_record_metric(r, "busbw");
        double bytes = r->result.work.bytes;
        least = fmin(least, bytes);
        most = fmax(most, bytes);
        et_text_add(t, "%.0f", bytes);
        et_data_real(t, time ? s->median : m ? m->value * scale : NAN);
        et_data_real(t, time ? s->ci_low : m ? m->ci_low * scale : NAN);
        et_data_real(t, time ? s->ci_high : m ? m->ci_high * scale : NAN);
        et_text_add(t, " NaN\n");
    }
    int steps = fitted && most > least ? (int)(8 * log2(most / least)) : -1;
    for (int k = 0; k <= steps && k < 1000; k++) {
        double bytes = least * exp2(k / 8.0);
        double at = f.alpha + bytes / f.rate;
        et_text_add(t, "%.10g NaN NaN NaN", bytes);
        et_data_real(t, time ? at : bytes / at * factor);
        et_text_add(t, "\n");
    }
}

static int64_t largest_team(const struct et_run *run,
                            const struct et_groups *lines)
{
    int64_t largest = 0;
    for (size_t i = 0; i < lines->n; i++) {
        int64_t ranks = run->records[lines->v[i].v[0]].result.team.ranks;
        largest = ranks > largest ? ranks : largest;
    }
    return largest;
}

/* Time, or bus bandwidth, over size, of the largest team. */
static bool collective_figure(struct et_report *w,
                              const struct et_groups *lines,
                              const struct et_strings *varying, bool time)
{
    const struct et_run *run = w->run;
    struct et_text kind = {0}, title = {0};
    int64_t largest = largest_team(run, lines);
    size_t drawn = 0;
    et_kind_say(&run->records[lines->v[0].v[0]], &kind);
    et_text_add(&title, "%s on %lld ranks: %s over size", et_text_str(&kind),
                (long long)largest, time ? "time" : "bus bandwidth");
    struct et_block *b = et_doc_figure(
        w->doc,
        et_report_stem(time ? "time" : "busbw", et_text_str(&kind), "").s,
        "loglog", et_text_str(&title));
    bool ok = et_figure_words(
        b, "size of the largest input or output of a rank",
        time ? "time of one operation, s" : "bus bandwidth, B/s",
        "Points are medians with their 95 % intervals, not joined; lines are "
        "the fit t(S) = alpha + S/B, drawn where no point is more than 30 % "
        "off it.");
    for (size_t i = 0; ok && i < lines->n; i++) {
        if (run->records[lines->v[i].v[0]].result.team.ranks != largest)
            continue;
        if (drawn == ET_REPORT_SERIES) {
            et_block_note(b, "The first %zu series.", drawn);
            break;
        }
        et_report_colour(w, b, run->records[lines->v[i].v[0]].result.backend);
        series(w, &b->figure.data, &lines->v[i], varying, time);
        drawn++;
    }
    ok = ok && !kind.failed && !title.failed;
    et_text_free(&kind);
    et_text_free(&title);
    return ok;
}

static bool collective(struct et_report *w, struct et_picks *g,
                       bool with_figure)
{
    enum {
        LINE = ET_KEY_BACKEND | ET_KEY_TEAM | ET_KEY_THREADS | ET_KEY_LABEL |
               ET_KEY_WORDS | ET_KEY_OTHERS
    };
    struct et_groups lines;
    struct et_strings varying = {0};
    if (!et_varying(w->run, g, &varying) ||
        !et_groups_make(&lines, w->run, g, LINE)) {
        et_strings_free(&varying);
        return false;
    }
    /* A rank alone uses no link: there is nothing to draw or to fit. */
    bool alone = largest_team(w->run, &lines) < 2;
    bool ok = et_report_bench_heading(w, &w->run->records[g->v[0]]);
    if (ok && with_figure && !alone)
        ok = collective_figure(w, &lines, &varying, true) &&
             collective_figure(w, &lines, &varying, false);
    collective_table(w, g, &varying);
    if (!alone) {
        et_doc_paragraph(
            w->doc,
            "Latency alpha and bandwidth B of t(S) = alpha + S/B, fitted to "
            "the "
            "relative residuals. A model that misses a point by more than "
            "30 %% is called poor: algorithms change with the size.");
        fit_table(w, &lines, &varying);
    }
    et_groups_free(&lines);
    et_strings_free(&varying);
    return ok;
}

bool et_report_collectives(struct et_report *w)
{
    return et_report_kinds(
        w, has_algbw, "Collectives",
        "Size is that of the largest input or output of a rank. algbw is the "
        "size over the time; busbw is what the slowest link must carry, "
        "whatever the algorithm, so it can be compared with the link's rate.",
        collective);
}
