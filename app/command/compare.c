/* etalon compare: a run against one or several baselines. */
#include "config.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "app/command.h"
#include "app/evidence.h"
#include "harness/base/log.h"
#include "harness/base/memory.h"
#include "results/report/report.h"
#include "results/verdict/compare.h"

static const struct et_manual manual = {
    .summary = "Compare a run with one or several baselines, case by case",
    .help =
        "The last directory is the run, those before it are the baselines; "
        "`--` may stand between. Give several baselines, best three or more: "
        "from them it is known how much this machine differs from one run to "
        "the next. With one alone, only a change that is large beside the "
        "spread of the passes is found.\n\nIt first judges what all cases of "
        "a kind of work (compute, memory, network, storage) share, then each "
        "case against that. A kind or a case is better or worse if its speed "
        "changed by more than the tolerance and chance is unlikely (p below "
        "0.05, adjusted for all of them). It is unsure if chance may do it, "
        "or if the case may not be relied on: it did not converge, drifts, "
        "was disturbed or oversubscribed, is faster than its ceiling, or "
        "jumps: one pass took over a third more time than the median of all, "
        "or over a quarter less. A kind is unsure, too, if fewer than half of "
        "its cases can be relied on. A case that only a baseline measured is "
        "missing, but unsure if the run was ended before its end. The same run "
        "twice is refused.\n\nExit code 3 if a "
        "case is wrong, 1 if a kind or a case is worse or missing, 5 if one is "
        "unsure; 4 if a run directory differs from its manifest, as `etalon "
        "verify` checks.",
    .examples = "  etalon compare good-1 good-2 good-3 -- tonight\n"
                "  etalon compare last-night tonight\n",
};

struct options {
    struct et_destination to;
    double tolerance;
    bool quiet;
};

static const struct et_field rows[] = {
    ET_ROW(options, tolerance, ET_REAL,
           "a change up to this share does not count", .preset = "0.03",
           .min = 0, .max = 1),
    ET_ROW(options, quiet, ET_BOOL,
           "print nothing if the exit code is 0; a file of --out is written",
           .preset = "no"),
    ET_DESTINATION_ROWS(options, to)};

/* Where `--` stands, the run alone stands behind it. */
static enum et_status check_words(const struct et_call *call)
{
    size_t behind = 0;
    bool divided = false;
    for (size_t i = 2; i < call->line.n; i++) {
        behind += divided;
        divided = divided || strcmp(call->line.v[i], "--") == 0;
    }
    if (!divided || behind == call->words.n || behind == 1)
        return ET_OK;
    return et_error(ET_USAGE,
                    "compare: one run stands behind `--`, and %zu do: etalon "
                    "compare good-1 good-2 good-3 -- tonight",
                    behind);
}

/* A run is no evidence on itself, and twice it is still one. */
static enum et_status check_once(const struct et_run *const *all, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        for (size_t k = 0; k < i; k++) {
            const char *a = all[k]->info.id, *b = all[i]->info.id;
            if (a && b && strcmp(a, b) == 0)
                return et_error(ET_USAGE,
                                "compare: %s and %s are the same run (id %s)",
                                all[k]->dir, all[i]->dir, a);
        }
    }
    return ET_OK;
}

static enum et_status report(const struct options *o,
                             const struct et_run *const *baselines, size_t n,
                             const struct et_run *now)
{
    struct et_comparisons found = {0};
    struct et_doc doc = {0};
    enum et_status verdict = ET_OK;
    enum et_status s = et_compare(baselines, n, now, o->tolerance, &found);
    if (s == ET_OK)
        verdict = et_comparisons_status(&found);
    bool silent = o->quiet && verdict == ET_OK && !o->to.out;
    if (s == ET_OK && !silent) {
        s = et_report_comparison(baselines, n, now, o->tolerance, &found, &doc);
        if (s == ET_OK)
            s = et_doc_print(&doc, NULL, now->dir, o->to.format, o->to.out);
    }
    et_doc_free(&doc);
    et_comparisons_free(&found);
    return s == ET_OK ? verdict : s;
}

static enum et_status compare(void *options, const struct et_call *call)
{
    const size_t words = call->words.n;
    struct et_run *runs = et_alloc(words, sizeof *runs);
    const struct et_run **all = et_alloc(words, sizeof *all);
    size_t n = 0;
    enum et_status s = check_words(call);
    if (s == ET_OK && (!runs || !all))
        s = et_no_memory();
    while (s == ET_OK && n < words) {
        s = et_evidence_load(call->words.v[n], &runs[n]);
        if (s == ET_OK || s == ET_UNSURE) {
            all[n] = &runs[n];
            n++;
        }
    }
    if (s == ET_OK)
        s = check_once(all, n);
    if (s == ET_OK)
        s = report(options, all, n - 1, all[n - 1]);
    for (size_t i = 0; i < n; i++)
        et_run_free(&runs[i]);
    free(runs);
    free(all);
    return s;
}

const struct et_command et_command_compare =
    ET_COMMAND(compare, "DIR DIR...", options, rows);
