/* The distribution of single times, where they matter more than rates: the
 * smallest messages, storage, and every bench that is judged by a time. Shown
 * as the raw samples, for a median alone hides the tail. Chooses by roles and
 * metrics, not by name. */
#include "config.h"
#include "results/report/parts.h"

#include <stdlib.h>
#include <string.h>

#include "harness/base/memory.h"
#include "harness/stat/stat.h"

#define P95_FLOOR 20  /* samples below which a p95 is the maximum */
#define P99_FLOOR 100 /* the same of a p99 */

static bool matters(const struct et_run *run, const struct et_record *r)
{
    const struct et_metric_value *m = et_run_merit(run, r);
    enum et_role role = et_run_role(run, r);
    return m && r->result.time.samples.n > 0 &&
           (role == ET_ROLE_STORAGE || et_metric_is_time(m) ||
            (role == ET_ROLE_COLLECTIVE && r->result.team.ranks > 1));
}

/* Of a group those of the largest team and, where messages are sent, of the
 * smallest size; of more than a figure holds every so-manieth. */
static void choose(const struct et_run *run, struct et_picks *g)
{
    int64_t ranks = 0;
    double least = INFINITY;
    for (size_t i = 0; i < g->n; i++) {
        const struct et_result *s = &run->records[g->v[i]].result;
        ranks = s->team.ranks > ranks ? s->team.ranks : ranks;
    }
    for (size_t i = 0; i < g->n; i++) {
        const struct et_record *r = &run->records[g->v[i]];
        if (r->result.team.ranks == ranks && et_record_metric(r, "algbw"))
            least = fmin(least, r->result.work.bytes);
    }
    size_t n = 0;
    for (size_t i = 0; i < g->n; i++) {
        const struct et_record *r = &run->records[g->v[i]];
        if (r->result.team.ranks == ranks &&
            (!et_record_metric(r, "algbw") || r->result.work.bytes <= least))
            g->v[n++] = g->v[i];
    }
    size_t step = (n + ET_REPORT_SERIES - 1) / ET_REPORT_SERIES;
    g->n = 0;
    for (size_t i = 0; i < n; i += step)
        g->v[g->n++] = g->v[i];
}

static void name_of(const struct et_run *run, const struct et_record *r,
                    const struct et_strings *varying, struct et_text *t)
{
    const char *medium = et_record_medium(r);
    et_text_add(t, "%s, ", r->result.backend);
    et_shape_say(run, r, varying, true, t);
    if (medium)
        et_text_add(t, " (%s)", medium);
}

/* A series: time, share of the samples that took no longer. */
static void curve(struct et_text *t, const double *sorted, size_t n)
{
    for (size_t i = 0; i < n; i++)
        et_text_add(t, "%.6g %.5g\n", sorted[i], (double)(i + 1) / (double)n);
}

static void row(struct et_block *b, const struct et_record *r, const char *name,
                const double *sorted, size_t n)
{
    const struct et_result_time *s = &r->result.time;
    et_block_cell(b, "%s", name);
    et_block_cell(b, "%zu", n);
    et_block_cell(b, "%s", et_say_seconds(s->median).s);
    et_block_cell(b, "%s", et_say_time_interval(s->ci_low, s->ci_high).s);
    /* Of an older run the record has none. */
    double p95 = isnan(s->p95) ? et_stat_quantile(sorted, n, 0.95) : s->p95;
    double p99 = isnan(s->p99) ? et_stat_quantile(sorted, n, 0.99) : s->p99;
    et_block_cell(b, "%s", n < P95_FLOOR ? "-" : et_say_seconds(p95).s);
    et_block_cell(b, "%s", n < P99_FLOOR ? "-" : et_say_seconds(p99).s);
    et_block_cell(b, "%s", et_say_seconds(sorted[n - 1]).s);
}

static double *sorted_of(const struct et_record *r, size_t *n)
{
    const struct et_reals *s = &r->result.time.samples;
    double *v = et_alloc(s->n, sizeof *v);
    *n = 0;
    for (size_t i = 0; v && i < s->n; i++) {
        if (s->v[i] > 0)
            v[(*n)++] = s->v[i];
    }
    if (v)
        et_stat_sort(v, *n);
    return v;
}

static bool kind(struct et_report *w, struct et_picks *g, bool with_figure)
{
    static const char *const columns[] = {
        "Case", "n", "Median", "95 % interval", "p95", "p99", "Longest", NULL};
    struct et_text what = {0}, title = {0};
    struct et_strings varying = {0};
    choose(w->run, g);
    const struct et_record *first = &w->run->records[g->v[0]];
    bool ok = et_varying(w->run, g, &varying);
    et_bench_say(first, &what);
    et_text_add(
        &title, "%s on %s: distribution of single times", et_text_str(&what),
        et_say_count((size_t)first->result.team.ranks, "rank", "ranks").s);
    ok = et_report_bench_heading(w, first) && ok;
    struct et_text data = {0};
    if (with_figure) {
        struct et_block *b = et_doc_figure(
            w->doc, et_report_stem("ecdf", et_text_str(&what), "").s, "ecdf",
            et_text_str(&title));
        ok = ok && et_figure_words(
                       b, "time of one operation", "share of the samples",
                       "Each step is a sample: the share of all samples that "
                       "took no longer. Nothing is fitted or smoothed.");
        for (size_t i = 0; ok && i < g->n; i++)
            et_report_colour(w, b, w->run->records[g->v[i]].result.backend);
    }
    size_t figure = w->doc->n - 1;
    struct et_block *b = et_doc_table(w->doc, "lrrrrrr", columns);
    for (size_t i = 0; ok && b && i < g->n; i++) {
        const struct et_record *r = &w->run->records[g->v[i]];
        struct et_text name = {0};
        size_t n;
        double *v = sorted_of(r, &n);
        ok = v != NULL;
        name_of(w->run, r, &varying, &name);
        if (ok && n) {
            et_data_next(&data);
            et_data_text(&data, et_text_str(&name));
            et_text_add(&data, " share\n");
            curve(&data, v, n);
            row(b, r, et_text_str(&name), v, n);
        }
        free(v);
        et_text_free(&name);
    }
    if (with_figure && w->doc->blocks[figure].kind == ET_BLOCK_FIGURE) {
        w->doc->blocks[figure].figure.data = data;
        data = (struct et_text){0};
    }
    et_text_free(&data);
    et_text_free(&what);
    et_text_free(&title);
    et_strings_free(&varying);
    return ok;
}

bool et_report_times(struct et_report *w)
{
    return et_report_kinds(
        w, matters, "Distribution of single times",
        "Raw samples of the largest team; of collectives, of the smallest "
        "size. A sample of several iterations is their mean. p95 needs 20 "
        "samples and p99 100; with fewer, they would be the longest sample.",
        kind);
}
