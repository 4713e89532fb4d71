/* The document of a run beside its baselines: what is worse and by how much,
 * who is slow, what differs besides, and every case. */
#include "config.h"
#include "results/report/report.h"

#include <math.h>
#include <string.h>

#include "harness/base/memory.h"
#include "results/reading/slow.h"
#include "results/report/parts.h"
#include "results/verdict/differs.h"

#define NAMED 12 /* cases that the first lines name */

/* What asks for attention first. */
static const struct {
    enum et_change change;
    const char *verdict; /* of the whole, where this is the gravest;
                          * NULL: it is none */
} order[] = {{ET_CHANGE_WRONG, "WRONG"},     {ET_CHANGE_WORSE, "WORSE"},
             {ET_CHANGE_MISSING, "MISSING"}, {ET_CHANGE_UNSURE, "UNSURE"},
             {ET_CHANGE_BETTER, "BETTER"},   {ET_CHANGE_NEW, NULL},
             {ET_CHANGE_SAME, "SAME"}};
#define N_ORDER (sizeof order / sizeof *order)

/* The document of one run and what was found. */
struct comparison {
    const struct et_run *const *baselines;
    size_t n;
    const struct et_run *now;
    const struct et_comparisons *found;
    double tolerance;
    struct et_list differences; /* of et_difference */
    struct et_doc *doc;
    struct et_block *head; /* the first lines; good until they are full */
};

/* "9.1 % slower"; a ratio is a speed over that of the baselines. */
static struct et_said say_ratio(double ratio)
{
    struct et_said out;
    double by = 100 * fabs(ratio - 1);
    if (by < 0.05)
        snprintf(out.s, sizeof out.s, "as fast as before");
    else
        snprintf(out.s, sizeof out.s, "%.3g %% %s", by,
                 ratio < 1 ? "slower" : "faster");
    return out;
}

/* "9.1 % slower [7.0, 11]". */
static struct et_said say_speed(const struct et_speed *s)
{
    struct et_said out;
    bool slower = s->ratio < 1;
    double low = 100 * (slower ? 1 - s->high : s->low - 1);
    double high = 100 * (slower ? 1 - s->low : s->high - 1);
    int n = snprintf(out.s, sizeof out.s, "%s", say_ratio(s->ratio).s);
    if (isfinite(low) && isfinite(high) && n > 0 && (size_t)n < sizeof out.s)
        snprintf(out.s + n, sizeof out.s - (size_t)n, " [%.3g, %.3g]", low,
                 high);
    return out;
}

/* What a common change of a kind can come from. A ceiling calls no library:
 * that it changed as much as the cases, or hardly, tells the machine from what
 * the cases share. */
static const char *cause_of(const struct et_comparison *kind)
{
    static const struct {
        const char *work, *cause;
    } causes[] = {
        {"compute", "clock, power or other load, or a library that they share"},
        {"memory", "memory or its clock, or other load, not one case"},
        {"network", "the network, its library or other load, not one case"},
        {"storage", "the storage or other load, not one case"}};
    double part = log(kind->ceilings) / log(kind->all.ratio);
    if (part > 0.75) /* NAN: not known */
        return "clock, power or other load, not one library";
    if (part < 0.25)
        return "a library that they share, its settings or the build, not "
               "clock or power";
    for (size_t i = 0; i < sizeof causes / sizeof *causes; i++) {
        if (strcmp(causes[i].work, kind->work) == 0)
            return causes[i].cause;
    }
    return "what they share, not one case";
}

/* "6 % slower [5, 7], all 15 compute cases, their ceilings 6 % slower: ..." */
static void name_kind(struct comparison *w, const struct et_comparison *kind)
{
    bool bounded = isfinite(kind->ceilings);
    et_block_fact(w->head, et_change_name(kind->change),
                  "%s, all %zu %s cases%s%s: %s", say_speed(&kind->all).s,
                  kind->cases, kind->work, bounded ? ", their ceilings " : "",
                  bounded ? say_ratio(kind->ceilings).s : "", cause_of(kind));
}

static void name_one(struct comparison *w, const struct et_comparison *c)
{
    const char *name = et_change_name(c->change);
    if (!c->id)
        name_kind(w, c);
    else if (c->change == ET_CHANGE_WORSE && isfinite(c->own.ratio))
        et_block_fact(w->head, name, "%s, %s", say_speed(&c->own).s, c->id);
    else
        et_block_fact(w->head, name, "%s%s%s", c->id, c->reason ? ": " : "",
                      c->reason ? c->reason : "");
}

/* The gravest, each whole. */
static void name_gravest(struct comparison *w)
{
    static const enum et_change grave[] = {ET_CHANGE_WRONG, ET_CHANGE_WORSE,
                                           ET_CHANGE_MISSING};
    size_t named = 0;
    for (size_t k = 0; k < sizeof grave / sizeof *grave; k++) {
        for (size_t i = 0; i < w->found->n; i++) {
            if (w->found->v[i].change != grave[k])
                continue;
            if (named < NAMED)
                name_one(w, &w->found->v[i]);
            named++;
        }
    }
    if (named > NAMED)
        et_block_fact(w->head, "and", "%zu more, in the table of cases",
                      named - NAMED);
}

/* Nodes that computed slowly in this run, whatever the baselines say. */
static void name_slow(struct comparison *w)
{
    struct et_slows slow;
    et_slows_find(w->now, &slow);
    for (size_t i = 0; i < slow.n; i++) {
        const struct et_slow *s = &slow.v[i];
        double by = 100 * (s->median / s->others - 1);
        if (s->host)
            et_block_fact(w->head, "Slow node",
                          "%s, up to %.3g %% longer than the others, in %zu "
                          "of %zu compute cases",
                          s->host, by, s->cases, slow.tested);
        else
            et_block_fact(w->head, "Slow rank",
                          "%lld, up to %.3g %% longer than the others, in %zu "
                          "of %zu compute cases",
                          (long long)s->rank, by, s->cases, slow.tested);
    }
}

static void name_differences(struct comparison *w)
{
    const struct et_difference *d = w->differences.v;
    struct et_text names = {0};
    for (size_t i = 0; i < w->differences.n; i++)
        et_text_add(&names, "%s%s", i ? ", " : "", d[i].what);
    et_block_fact(w->head, "Differs", "%s",
                  names.n ? et_text_str(&names)
                          : "nothing that run.json keeps");
    et_text_free(&names);
}

/* What a reader who reads no further must know. */
static void first_lines(struct comparison *w)
{
    size_t counts[N_ORDER] = {0}, gravest = N_ORDER;
    const struct et_comparisons *c = w->found;
    struct et_text text = {0};
    for (size_t i = 0; i < c->n; i++) {
        for (size_t k = 0; k < N_ORDER; k++) {
            bool here = c->v[i].change == order[k].change;
            counts[k] += here && c->v[i].id;
            /* A case more is no verdict. */
            if (here && k < gravest && order[k].verdict)
                gravest = k;
        }
    }
    for (size_t k = 0; k < N_ORDER; k++)
        et_text_add(&text, "%s%zu %s", k ? ", " : "", counts[k],
                    et_change_name(order[k].change));
    w->head = et_doc_facts(w->doc);
    if (w->head)
        w->head->level = 1;
    et_block_fact(w->head, "Verdict", "%s, of %s: %s",
                  gravest < N_ORDER ? order[gravest].verdict : "UNSURE",
                  et_say_count(c->n - c->kinds, "case", "cases").s,
                  et_text_str(&text));
    et_text_free(&text);
    name_gravest(w);
    name_slow(w);
    name_differences(w);
}

static void list_runs(struct comparison *w)
{
    et_doc_heading(w->doc, 2, "Runs");
    struct et_block *b = et_doc_facts(w->doc);
    for (size_t i = 0; i <= w->n; i++) {
        const struct et_run *run = i < w->n ? w->baselines[i] : w->now;
        const char *host = run->info.environment.host;
        et_block_fact(b, i < w->n ? "Baseline" : "This run",
                      "%s: %s, %s, %s%s%s%s%s%s", et_report_run_name(run),
                      host ? host : "unnamed host",
                      run->info.started ? run->info.started : "no date",
                      run->outcome, run->reason ? " (" : "",
                      run->reason ? run->reason : "", run->reason ? ")" : "",
                      ", ", et_say_count(run->n, "case", "cases").s);
    }
}

static void list_differences(struct comparison *w)
{
    static const char *const columns[] = {"What", "Baselines", "This run",
                                          NULL};
    const struct et_difference *d = w->differences.v;
    if (!w->differences.n)
        return;
    et_doc_heading(w->doc, 2, "What differs");
    struct et_block *b = et_doc_table(w->doc, "lll", columns);
    for (size_t i = 0; i < w->differences.n; i++) {
        et_block_cell(b, "%s", d[i].what);
        et_block_cell(b, "%s", d[i].before);
        et_block_cell(b, "%s", d[i].now);
    }
}

static void speed_cell(struct et_block *b, const struct et_speed *s)
{
    bool whole = isfinite(s->low) && isfinite(s->high);
    et_block_cell(b, "%s%s%s", et_say_real(s->ratio).s, whole ? " " : "",
                  whole ? et_say_interval(s->ratio, s->low, s->high).s : "");
}

static void list_kinds(struct comparison *w)
{
    static const char *const columns[] = {
        "Change", "Kind of work", "Cases", "Speed", "Ceilings",
        "p",      "Reason",       NULL};
    if (!w->found->kinds)
        return;
    et_doc_heading(w->doc, 2, "Kinds of work");
    et_doc_paragraph(w->doc,
                     "What all cases of a kind share, and the speed of the "
                     "compute ceilings that limit them, which call no "
                     "library.");
    struct et_block *b = et_doc_table(w->doc, "llrrrrl", columns);
    for (size_t i = 0; i < w->found->kinds; i++) {
        const struct et_comparison *c = &w->found->v[i];
        et_block_cell(b, "%s", et_change_name(c->change));
        et_block_cell(b, "%s", c->work);
        et_block_cell(b, "%zu", c->cases);
        speed_cell(b, &c->all);
        et_block_cell(b, "%s", et_say_real(c->ceilings).s);
        et_block_cell(b, "%s", et_say_real(c->all.p).s);
        et_block_cell(b, "%s", c->reason ? c->reason : "");
    }
}

static void row_of(struct et_block *b, const struct et_comparison *c)
{
    const char *unit = c->unit ? c->unit : "";
    et_block_cell(b, "%s", et_change_name(c->change));
    et_block_cell(b, "%s", c->id);
    et_block_cell(b, "%s %s", et_say_real(c->base).s,
                  isnan(c->base) ? "" : unit);
    et_block_cell(b, "%s %s", et_say_real(c->value).s,
                  isnan(c->value) ? "" : unit);
    et_block_cell(b, "%s", et_say_real(c->all.ratio).s);
    speed_cell(b, &c->own);
    et_block_cell(b, "%s", et_say_real(c->own.p).s);
    et_block_cell(b, "%s", c->reason ? c->reason : "");
}

static void list_cases(struct comparison *w)
{
    static const char *const columns[] = {"Change", "Case",   "Baseline",
                                          "Value",  "Speed",  "Own",
                                          "p",      "Reason", NULL};
    const struct et_comparisons *c = w->found;
    et_doc_heading(w->doc, 2, "Cases");
    struct et_block *b = et_doc_table(w->doc, "llrrrrrl", columns);
    size_t shown = 0;
    for (size_t k = 0; k < N_ORDER; k++) {
        for (size_t i = c->kinds; i < c->n && shown < ET_REPORT_ROWS; i++) {
            if (c->v[i].change != order[k].change)
                continue;
            shown++;
            row_of(b, &c->v[i]);
        }
    }
    et_report_close(b, shown, c->n - c->kinds);
}

static void explain(struct comparison *w)
{
    et_doc_paragraph(
        w->doc,
        "Speed: the figure over that of the baselines (their median), or the "
        "reverse where less is better: 0.9 is a tenth slower. Own: the same, "
        "against what all cases of the kind share. Its 95 %% interval, and p, "
        "rest on how much the case differs between the baselines and between "
        "the passes of each run. p: the chance that a machine that has not "
        "changed shows so much, adjusted for all kinds and cases compared here "
        "(Holm).");
    et_doc_paragraph(
        w->doc,
        "A kind or a case is worse or better if its speed changed by more "
        "than the tolerance (%.3g %%) and p is below %g. It is unsure if the "
        "speed changed by more than that and p is not below, or if the case "
        "may not be relied on, or fewer than half of the kind, for the reason "
        "given.",
        100 * w->tolerance, ET_COMPARE_ALPHA);
    if (w->n == 1)
        et_doc_paragraph(
            w->doc,
            "With one baseline alone nothing shows how much this machine "
            "differs from one run to the next; that is taken from the spread "
            "of the passes. More baselines find smaller changes: "
            "`etalon compare good-1 good-2 good-3 -- tonight`.");
}

enum et_status et_report_comparison(const struct et_run *const *baselines,
                                    size_t n, const struct et_run *now,
                                    double tolerance,
                                    const struct et_comparisons *found,
                                    struct et_doc *out)
{
    struct et_doc doc = {.title = et_strdup("etalon comparison")};
    struct comparison w = {.baselines = baselines,
                           .n = n,
                           .now = now,
                           .found = found,
                           .tolerance = tolerance,
                           .doc = &doc};
    enum et_status s = et_differences_find(baselines, n, now, &w.differences);
    if (s == ET_OK) {
        first_lines(&w);
        list_runs(&w);
        list_differences(&w);
        list_kinds(&w);
        list_cases(&w);
        explain(&w);
        s = et_report_finish(&doc, out);
    } else {
        et_doc_free(&doc);
    }
    et_differences_free(&w.differences);
    return s;
}
