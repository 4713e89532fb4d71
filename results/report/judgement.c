/* The document of a judgement against a contract. */
#include "config.h"
#include "results/report/report.h"

#include <math.h>
#include <string.h>

#include "harness/base/log.h"
#include "harness/base/memory.h"
#include "results/report/parts.h"

static void upper(char *s)
{
    for (; *s; s++)
        *s = *s >= 'a' && *s <= 'z' ? (char)(*s - 'a' + 'A') : *s;
}

/* What was judged, so that the verdict stands by itself. */
static void judged(struct et_doc *doc, const struct et_run *run)
{
    const struct et_run_info *i = &run->info;
    double precision = et_run_asked(run).precision;
    et_doc_heading(doc, 2, "Judged");
    struct et_block *b = et_doc_facts(doc);
    et_block_fact(b, "Run", "%s, %s", et_report_run_name(run),
                  run->outcome ? run->outcome : "unknown outcome");
    et_block_fact(b, "Machine", "%s, %s on %s",
                  i->environment.host ? i->environment.host : "unnamed host",
                  et_say_count((size_t)i->ranks, "rank", "ranks").s,
                  et_say_count((size_t)i->nodes, "node", "nodes").s);
    size_t measured = 0;
    for (size_t k = 0; k < run->n; k++)
        measured += run->records[k].result.outcome == ET_MEASURED;
    et_block_fact(b, "Measured", "%s, %zu of %lld cases",
                  i->started ? i->started : "no date", measured,
                  (long long)i->cases);
    et_block_fact(
        b, "Converged means",
        "95 %% interval, from the medians of the passes, no wider than %s of "
        "the median",
        isnan(precision) ? "an unknown share" : et_say_percent(precision).s);
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

/* As the contract has it, and what a share of the peak comes to. */
static void limit_cell(struct et_block *b, const struct et_clause_verdict *c,
                       const char *unit)
{
    const char *threshold = c->threshold ? c->threshold : "";
    if (strchr(threshold, '%') && isfinite(c->limit))
        et_block_cell(b, "%s: %s %s", threshold, et_say_real(c->limit).s, unit);
    else
        et_block_cell(b, "%s", threshold);
}

enum et_status et_report_judgement(const struct et_judgement *j,
                                   const struct et_run *run, struct et_doc *out)
{
    static const char *const columns[] = {
        "Clause",        "Verdict", "Records", "Metric", "Value",
        "95 % interval", "Limit",   "Case",    "Reason", NULL};
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
            et_doc_warning(&doc, "%s: %s: %s", c->clause,
                           et_verdict_name(c->verdict),
                           c->reason ? c->reason : "");
    }
    et_doc_heading(&doc, 2, "Clauses");
    b = et_doc_table(&doc, "llrlrrlll", columns);
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
        limit_cell(b, c, unit);
        et_block_cell(b, "%s", c->id ? c->id : "none");
        et_block_cell(b, "%s", c->reason ? c->reason : "");
    }
    et_doc_paragraph(&doc,
                     "Pass: the worse end of the interval meets the threshold. "
                     "Fail: even the better end misses it. Anything else is "
                     "inconclusive, and so is missing data. Records: how many "
                     "the clause picked.");
    judged(&doc, run);
    return et_report_finish(&doc, out);
}
