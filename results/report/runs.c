/* Documents that are not of one run's measurement: a judgement against a
 * contract, and runs side by side. */
#include "config.h"
#include "results/report/report.h"

#include <string.h>

#include "harness/base/log.h"
#include "harness/base/memory.h"
#include "results/report/parts.h"

static enum et_status finish(struct et_doc *doc, struct et_doc *out)
{
    if (!doc->title || !et_doc_whole(doc)) {
        et_doc_free(doc);
        return et_error(ET_INFRA, "no memory for the report");
    }
    et_doc_clean(doc->title);
    *out = *doc;
    return ET_OK;
}

static void upper(char *s)
{
    for (; *s; s++)
        *s = *s >= 'a' && *s <= 'z' ? (char)(*s - 'a' + 'A') : *s;
}

static const char *run_name(const struct et_run *r)
{
    return r->dir ? r->dir : "run";
}

/* What was judged, so that the verdict stands by itself. */
static void judged(struct et_doc *doc, const struct et_run *run)
{
    const struct et_run_info *i = &run->info;
    const char *precision = et_pairs_get(&i->config, "precision");
    et_doc_heading(doc, 2, "Judged");
    struct et_block *b = et_doc_facts(doc);
    et_block_fact(b, "Run", "%s, %s", run_name(run),
                  run->outcome ? run->outcome : "unknown outcome");
    et_block_fact(b, "Machine", "%s, %s on %s",
                  i->environment.host ? i->environment.host : "unnamed host",
                  et_say_count((size_t)i->ranks, "rank", "ranks").s,
                  et_say_count((size_t)i->nodes, "node", "nodes").s);
    et_block_fact(b, "Measured", "%s, %zu of %lld cases",
                  i->started ? i->started : "no date", run->n,
                  (long long)i->cases);
    et_block_fact(
        b, "Converged means",
        "95 %% interval, from the medians of the passes, no wider than %s of "
        "the median",
        precision ? precision : "an unknown share");
    et_block_fact(b, "Etalon", "%s, commit %s", i->version ? i->version : "?",
                  i->commit ? i->commit : "unknown");
}

/* A value with its unit; times in the unit that suits them. */
static void value_cell(struct et_block *b, double v, const char *unit)
{
    char buf[ET_TEXT_NUMBER];
    if (isfinite(v) && strcmp(unit, "s") == 0)
        et_block_cell(b, "%s", et_print_seconds(buf, v));
    else
        et_block_cell(b, "%s%s%s", et_say_real(v).s, isnan(v) ? "" : " ",
                      isnan(v) ? "" : unit);
}

enum et_status et_report_judgement(const struct et_judgement *j,
                                   const struct et_run *run, struct et_doc *out)
{
    static const char *const columns[] = {
        "Clause",    "Verdict", "Records", "Metric", "Value", "95 % interval",
        "Threshold", "Limit",   "Case",    "Reason", NULL};
    struct et_doc doc = {0};
    struct et_text title = {0};
    size_t n[3] = {0};
    for (size_t i = 0; i < j->n; i++)
        n[j->clauses[i].verdict]++;
    et_text_add(&title, "etalon verdict: %s", j->contract);
    doc.title = et_strdup(et_text_str(&title));
    et_text_free(&title);
    char verdict[ET_TEXT_NUMBER];
    snprintf(verdict, sizeof verdict, "%s", et_verdict_name(j->verdict));
    upper(verdict);
    struct et_block *b = et_doc_facts(&doc);
    if (b)
        b->level = 1;
    et_block_fact(b, "Verdict",
                  "%s, %zu of %zu clauses passed, %zu failed, %zu inconclusive",
                  verdict, n[ET_VERDICT_PASS], j->n, n[ET_VERDICT_FAIL],
                  n[ET_VERDICT_INCONCLUSIVE]);
    if (j->peak)
        et_block_fact(b, "Nominal peak",
                      "%s (of one core, as the contract "
                      "gives it)",
                      j->peak);
    for (size_t i = 0; i < j->n && i < ET_REPORT_ROWS; i++) {
        const struct et_clause_verdict *c = &j->clauses[i];
        if (c->verdict != ET_VERDICT_PASS)
            et_doc_warning(&doc, "%s: %s. %s", c->clause,
                           et_verdict_name(c->verdict),
                           c->reason ? c->reason : "");
    }
    et_doc_heading(&doc, 2, "Clauses");
    b = et_doc_table(&doc, "llrlrrlrll", columns);
    for (size_t i = 0; i < j->n; i++) {
        const struct et_clause_verdict *c = &j->clauses[i];
        const char *unit = c->unit ? c->unit : "";
        et_block_cell(b, "%s", c->clause);
        et_block_cell(b, "%s", et_verdict_name(c->verdict));
        et_block_cell(b, "%zu", c->picked);
        et_block_cell(b, "%s", c->metric);
        value_cell(b, c->value, unit);
        bool seconds = strcmp(unit, "s") == 0;
        et_block_cell(b, "%s",
                      seconds
                          ? et_say_time_interval(c->ci_low, c->ci_high).s
                          : et_say_interval(c->value, c->ci_low, c->ci_high).s);
        et_block_cell(b, "%s", c->threshold ? c->threshold : "");
        value_cell(b, c->limit, unit);
        et_block_cell(b, "%s", c->id ? c->id : "none");
        et_block_cell(b, "%s", c->reason ? c->reason : "");
    }
    et_doc_paragraph(&doc,
                     "Pass: the worse end of the interval meets the threshold. "
                     "Fail: even the better end misses it. Anything else is "
                     "inconclusive, and so is missing data. Records: how many "
                     "the clause picked.");
    judged(&doc, run);
    return finish(&doc, out);
}

/* What asks for attention first. */
static const enum et_change order[] = {
    ET_CHANGE_WRONG,  ET_CHANGE_WORSE, ET_CHANGE_MISSING, ET_CHANGE_UNSURE,
    ET_CHANGE_BETTER, ET_CHANGE_NEW,   ET_CHANGE_SAME};

enum et_status et_report_comparison(const struct et_run *runs, size_t n,
                                    const struct et_comparisons *c,
                                    struct et_doc *out)
{
    static const char *const columns[] = {
        "Change", "Case",  "Run",           "Metric", "Baseline", "Value",
        "Ratio",  "Shift", "95 % interval", "p",      "Ahead",    NULL};
    struct et_doc doc = {.title = et_strdup("etalon comparison")};
    size_t counts[sizeof order / sizeof *order] = {0};
    for (size_t i = 0; i < c->n; i++)
        counts[c->v[i].change]++;
    struct et_text text = {0};
    for (size_t k = 0; k < sizeof order / sizeof *order; k++)
        et_text_add(&text, "%s%zu %s", k ? ", " : "", counts[order[k]],
                    et_change_name(order[k]));
    struct et_block *b = et_doc_facts(&doc);
    if (b)
        b->level = 1;
    et_block_fact(b, "Changes", "%s", et_text_str(&text));
    et_text_free(&text);
    if (counts[ET_CHANGE_WRONG])
        et_doc_warning(
            &doc, "%s wrong: none of their figures counts.",
            et_say_count(counts[ET_CHANGE_WRONG], "case is", "cases are").s);
    if (counts[ET_CHANGE_WORSE] || counts[ET_CHANGE_MISSING])
        et_doc_warning(
            &doc, "%s worse, %s missing against the baseline.",
            et_say_count(counts[ET_CHANGE_WORSE], "case is", "cases are").s,
            et_say_count(counts[ET_CHANGE_MISSING], "case is", "cases are").s);
    et_doc_heading(&doc, 2, "Runs");
    b = et_doc_facts(&doc);
    for (size_t i = 0; i < n; i++) {
        const char *host = runs[i].info.environment.host;
        char name[32];
        snprintf(name, sizeof name, i ? "run %zu" : "baseline", i);
        et_block_fact(b, name, "%s: %s, %s, %zu records", run_name(&runs[i]),
                      host ? host : "unnamed host",
                      runs[i].info.started ? runs[i].info.started : "no date",
                      runs[i].n);
    }
    et_doc_heading(&doc, 2, "Cases");
    b = et_doc_table(&doc, "lllrrrrrrrr", columns);
    size_t shown = 0;
    for (size_t k = 0; k < sizeof order / sizeof *order; k++) {
        for (size_t i = 0; i < c->n && shown < ET_REPORT_ROWS; i++) {
            const struct et_comparison *v = &c->v[i];
            const char *unit = v->unit ? v->unit : "";
            if (v->change != order[k])
                continue;
            shown++;
            et_block_cell(b, "%s", et_change_name(v->change));
            et_block_cell(b, "%s", v->id);
            et_block_cell(b, "%zu", v->run);
            et_block_cell(b, "%s", v->metric ? v->metric : "");
            et_block_cell(b, "%s %s", et_say_real(v->base).s,
                          isnan(v->base) ? "" : unit);
            et_block_cell(b, "%s %s", et_say_real(v->value).s,
                          isnan(v->value) ? "" : unit);
            et_block_cell(b, "%s", et_say_real(v->ratio).s);
            et_block_cell(b, "%s", et_say_real(v->shift).s);
            et_block_cell(b, "%s",
                          et_say_interval(v->shift, v->low, v->high).s);
            et_block_cell(b, "%s", et_say_real(v->p).s);
            et_block_cell(b, "%s", et_say_percent(v->ahead).s);
        }
    }
    if (b && shown < c->n)
        et_block_note(b, "The first %zu of %zu rows.", shown, c->n);
    et_doc_paragraph(&doc,
                     "Ratio: value over baseline, of the medians. Shift: the "
                     "typical ratio of two samples (Hodges and Lehmann), with "
                     "its interval. p: from Mann and Whitney's rank test of "
                     "the samples, with the dependence of neighbouring samples "
                     "taken into account, adjusted for all cases compared here "
                     "(Holm). Ahead: how often a sample is better than a "
                     "sample of the baseline.");
    et_doc_paragraph(&doc,
                     "A case is worse or better if the ratio is beyond the "
                     "tolerance, the shift goes the same way and p is below "
                     "0.05. It is unsure if only the ratio is beyond the "
                     "tolerance, or if it is within the tolerance but did not "
                     "converge. The test covers chance within these runs; the "
                     "tolerance is for all else that differs from one run to "
                     "the next.");
    return finish(&doc, out);
}
