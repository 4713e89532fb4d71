/* etalon report: a run directory as text, HTML, Markdown, CSV or JSON. */
#include "config.h"

#include <stddef.h>
#include <string.h>
#include <stdio.h>

#include "app/command.h"
#include "app/evidence.h"
#include "harness/base/log.h"
#include "harness/config/options.h"
#include "results/report/report.h"

static const struct et_manual manual = {
    .summary = "Say what a run found, in the format you need",
    .help = "Computed from the run directory alone, on any machine: headline, "
            "warnings, FLOPS and scaling reports, collectives, I/O, "
            "counters, what was not measured and why, and how it was measured.",
    .examples = "  etalon report night-1\n"
                "  etalon report night-1 --format csv --out night-1.csv\n"
                "  etalon report night-1 --ranks\n"
                "  etalon report night-1 --update\n",
};

struct options {
    struct et_destination to;
    char *peak;
    double target;
    bool ranks, update;
};

static const struct et_field rows[] = {
    ET_PEAK_ROW(options, "as the run has it"), ET_TARGET_ROW(options),
    ET_ROW(options, ranks, ET_BOOL,
           "every rank's own median instead, as CSV: case, rank, host, "
           "median_s, and the samples in which it was the last",
           .preset = "no"),
    ET_ROW(options, update, ET_BOOL,
           "write the run directory's own report, plots and manifest again, as "
           "after an interrupted run",
           .preset = "no"),
    ET_DESTINATION_ROWS(options, to)};

/* No word on the command line is without effect. */
static enum et_status check_words(const struct options *o,
                                  const struct et_strings *line)
{
    static const struct {
        const char *key, *what; /* what it does, so that the others do not go */
        const char *others[6];
    } alone[] = {
        {"update",
         "writes the run directory's own report, with the options of the run",
         {"ranks", "format", "out", "peak", "target"}},
        {"ranks", "prints CSV of the ranks", {"format", "peak", "target"}},
        {"format", "this format has the records alone", {"peak", "target"}}};
    const struct et_out *out = et_out_find(o->to.format);
    const bool is_alone[] = {o->update, o->ranks, out && out->records_only};
    for (size_t i = 0; i < sizeof alone / sizeof *alone; i++) {
        for (size_t k = 0; is_alone[i] && alone[i].others[k]; k++) {
            if (et_line_gives(line, alone[i].others[k]))
                return et_error(ET_USAGE, "--%s: %s; --%s cannot be given too",
                                alone[i].key, alone[i].what,
                                alone[i].others[k]);
        }
    }
    return ET_OK;
}

static enum et_status report(void *options, const struct et_call *call)
{
    const struct options *o = options;
    const struct et_report_options how = {.peak = o->peak, .target = o->target};
    struct et_run run;
    struct et_doc doc = {0};
    enum et_status s = check_words(o, &call->line);
    if (s == ET_OK && o->peak)
        s = et_run_peak_check(o->peak, "--peak");
    if (s != ET_OK)
        return s;
    s = o->ranks || o->update ? et_run_load_passes(call->words.v[0], &run)
                              : et_run_load(call->words.v[0], &run);
    if (s != ET_OK)
        return s;
    if (o->update && strcmp(run.outcome, "running") == 0) {
        et_run_free(&run);
        return et_error(ET_USAGE,
                        "%s: another etalon is writing to it, or its file "
                        "system has no locks; its report comes when the run "
                        "ends, or is resumed",
                        call->words.v[0]);
    }
    if (o->update) {
        /* What was changed since is not to be signed again. */
        s = et_evidence_measured(&run);
        et_run_free(&run);
        return s == ET_OK ? et_publish(call->words.v[0], false) : s;
    }
    if (o->ranks) {
        s = et_out_print(&et_out_ranks, NULL, &run, call->words.v[0],
                         o->to.out);
    } else {
        const struct et_out *out = et_out_find(o->to.format);
        if (!out || !out->records_only)
            s = et_report_build(&run, &how, &doc);
        if (s == ET_OK)
            s = et_doc_print(&doc, &run, call->words.v[0], o->to.format,
                             o->to.out);
    }
    if (s == ET_OK)
        et_evidence_warn(call->words.v[0]);
    et_doc_free(&doc);
    et_run_free(&run);
    return s;
}

const struct et_command et_command_report =
    ET_COMMAND(report, "DIR", options, rows);
