/* The report of a run: its parts in their order. Knows the parts; each part
 * knows one subject. */
#include "config.h"
#include "results/report.h"

#include "harness/base/log.h"
#include "harness/base/memory.h"
#include "results/report_parts.h"

enum et_status et_report_build(const struct et_run *run,
                               const struct et_report_options *options,
                               struct et_doc *out)
{
    static bool (*const parts[])(struct et_report *) = {
        et_report_headline, et_report_warnings,    et_report_flops,
        et_report_scaling,  et_report_collectives, et_report_transfers,
        et_report_counters, et_report_spread,      et_report_missing,
        et_report_method};
    static const struct et_report_options presets = {.target = 1e18};
    struct et_doc doc = {0};
    struct et_text title = {0};
    const char *host = run->info.environment.host;
    et_text_add(&title, "etalon: %s", host ? host : "unnamed host");
    if (run->info.started)
        et_text_add(&title, ", %s", run->info.started);
    doc.title = et_strdup(et_text_str(&title));
    et_text_free(&title);
    struct et_report w = {run, options ? options : &presets, &doc};
    bool ok = doc.title != NULL;
    if (ok)
        et_doc_clean(doc.title);
    for (size_t i = 0; ok && i < sizeof parts / sizeof *parts; i++)
        ok = parts[i](&w);
    if (!ok || !et_doc_whole(&doc)) {
        et_doc_free(&doc);
        return et_error(ET_INFRA, "%s: no memory for the report",
                        run->dir ? run->dir : "run");
    }
    *out = doc;
    return ET_OK;
}
