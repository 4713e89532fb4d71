/* etalon verify: is a run directory what the run left? */
#include "config.h"

#include <stdio.h>

#include "app/command.h"
#include "app/evidence.h"

static const struct et_manual manual = {
    .summary = "Detect a run directory that was changed after its run",
    .help = "Checks every file against manifest.sha256, then recomputes "
            "medians, intervals, metrics and verdicts from the raw samples. "
            "Exit code 4 if anything differs.",
    .examples = "  etalon verify night-1\n",
};

static enum et_status verify(void *options, const struct et_call *call)
{
    size_t n = 0;
    (void)options;
    enum et_status s = et_evidence_check(call->words.v[0], &n);
    if (s == ET_OK)
        printf("%s: untouched; %zu record%s recomputed, all agree\n",
               call->words.v[0], n, n == 1 ? "" : "s");
    return s;
}

const struct et_command et_command_verify =
    ET_COMMAND(verify, "DIR", et_no_options, et_no_options);
