/* etalon runs: which runs lie in these directories, from run.json alone, so
 * that the nights of years are listed in seconds.
 */
#include "config.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "app/command.h"
#include "app/identity.h"
#include "harness/base/memory.h"

#define SHORT_ID 12 /* digits: enough to tell runs apart */

static const struct et_manual manual = {
    .summary = "List runs: when, where, how they ended",
    .help = "One line a run directory, from its run.json alone: no record is "
            "read, so thousands of runs are listed in seconds. Planned: the "
            "cases of its plan. Id: the run's own, which it keeps when it is "
            "resumed; as text its first digits. A directory that holds "
            "no run is an error; the others are listed all the same.",
    .examples = "  etalon runs night-*\n"
                "  etalon runs night-* --format json\n",
};

static void add_number(struct et_block *b, int64_t v)
{
    if (v == ET_ABSENT_INT)
        et_block_cell(b, "-");
    else
        et_block_cell(b, "%lld", (long long)v);
}

static void add_text(struct et_block *b, const char *s)
{
    et_block_cell(b, "%s", s ? s : "-");
}

/* digits: of the id. */
static void add_run(struct et_block *b, const struct et_run *run, int digits)
{
    const struct et_run_info *i = &run->info;
    add_text(b, run->dir);
    add_text(b, i->started);
    add_text(b, run->outcome);
    add_text(b, i->environment.host);
    add_number(b, i->nodes);
    add_number(b, i->ranks);
    add_number(b, i->cases);
    et_block_cell(b, "%.*s", digits, i->id ? i->id : "-");
    et_block_cell(b, "%s", run->reason ? run->reason : "");
}

static enum et_status runs(void *options, const struct et_call *call)
{
    static const char *const columns[] = {
        "Run",   "Started", "Outcome", "Host",   "Nodes",
        "Ranks", "Planned", "Id",      "Reason", NULL};
    const struct et_to_options *o = options;
    struct et_doc doc = {.title = et_strdup("Runs")};
    bool text = strcmp(o->to.format, "text") == 0;
    int digits = text ? SHORT_ID : ET_RUN_ID;
    struct et_block *b = et_doc_table(&doc, "llllrrrll", columns);
    enum et_status s = ET_OK;
    for (size_t i = 0; i < call->words.n; i++) {
        struct et_run run;
        enum et_status one = et_run_load_head(call->words.v[i], &run);
        s = et_status_worse(s, one);
        if (one != ET_OK)
            continue;
        if (b)
            add_run(b, &run, digits);
        et_run_free(&run);
    }
    s = et_status_worse(s,
                        et_doc_print(&doc, NULL, ".", o->to.format, o->to.out));
    et_doc_free(&doc);
    return s;
}

const struct et_command et_command_runs =
    ET_COMMAND(runs, "DIR...", et_to_options, et_to_options);
