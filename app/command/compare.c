/* etalon compare: runs side by side, the first the baseline. */
#include "config.h"

#include <stddef.h>

#include "app/command.h"
#include "app/evidence.h"
#include "harness/base/log.h"
#include "harness/base/memory.h"
#include "results/verdict/compare.h"
#include "results/report/report.h"

#include <stdlib.h>

static const struct et_manual manual = {
    .summary = "Compare runs with the first of them, case by case",
    .help = "A case is better or worse when the ratio of its medians is beyond "
            "the tolerance, its samples have shifted the same way, and a rank "
            "test, adjusted for all compared cases, says that chance is "
            "unlikely (p below 0.05). It is unsure if the change is beyond "
            "the tolerance without that, or if a side did not converge or "
            "has no interval, or if the case failed and the first run has no "
            "figure of it. A case that only the first run measured is missing. "
            "Exit code 3 if a case is wrong, 1 if one is worse or missing, 5 "
            "if one is unsure; 4 if a run directory differs from its "
            "manifest, as `etalon verify` checks.",
    .examples = "  etalon compare last-night tonight\n",
};

struct options {
    struct et_destination to;
    double tolerance;
};

static const struct et_field rows[] = {
    ET_ROW(options, tolerance, ET_REAL,
           "a change up to this share does not count", .preset = "0.05",
           .min = 0, .max = 1),
    ET_DESTINATION_ROWS(options, to)};

static enum et_status compare(void *options, const struct et_call *call)
{
    const struct options *o = options;
    struct et_run *runs = et_alloc(call->words.n, sizeof *runs);
    struct et_comparisons found = {0};
    struct et_doc doc = {0};
    size_t n = 0;
    enum et_status s = ET_OK;
    if (!runs)
        return et_error(ET_INFRA, "no memory");
    while (s == ET_OK && n < call->words.n) {
        s = et_evidence_load(call->words.v[n], &runs[n]);
        n += s == ET_OK || s == ET_UNSURE;
    }
    if (s == ET_OK)
        s = et_compare(runs, n, o->tolerance, &found);
    if (s == ET_OK)
        s = et_report_comparison(runs, n, &found, &doc);
    if (s == ET_OK)
        s = et_doc_print(&doc, NULL, call->words.v[0], o->to.format, o->to.out);
    if (s == ET_OK)
        s = et_comparisons_status(&found);
    et_doc_free(&doc);
    et_comparisons_free(&found);
    for (size_t i = 0; i < n; i++)
        et_run_free(&runs[i]);
    free(runs);
    return s;
}

const struct et_command et_command_compare =
    ET_COMMAND(compare, "DIR DIR...", options, rows);
