/* etalon verify: is a run directory what the run left? */
#include "config.h"

#include <stdio.h>

#include "app/command.h"
#include "app/evidence.h"
#include "results/store/sha256.h"

static const struct et_manual manual = {
    .summary = "Detect a run directory that was changed after its run",
    .help = "Checks every file against manifest.sha256, and then all that can "
            "be worked out: the cases from the plan, their parameters, teams "
            "and work from their ids, medians, intervals, metrics and verdicts "
            "from the raw samples, the report and the plots from the records. "
            "Exit code 4 if anything differs. What cannot be worked out from "
            "anything else, such as the samples and the names of machines, "
            "could be changed together with all that follows from it. "
            "Against that it prints the digest of the manifest, as "
            "sha256sum does: note it when the run ends, and compare.",
    .examples = "  etalon verify night-1\n",
};

static enum et_status verify(void *options, const struct et_call *call)
{
    char digest[ET_SHA256_HEX + 1];
    size_t n = 0;
    (void)options;
    enum et_status s = et_evidence_check(call->words.v[0], &n);
    if (s == ET_OK)
        s = et_evidence_digest(call->words.v[0], digest);
    if (s == ET_OK)
        printf(
            "%s: consistent; not signed. %zu record%s recomputed, all "
            "agree.\nIf you noted this when the run ended and it is the same, "
            "nothing was changed since:\n%s  manifest.sha256\n",
            call->words.v[0], n, n == 1 ? "" : "s", digest);
    return s;
}

const struct et_command et_command_verify =
    ET_COMMAND(verify, "DIR", et_no_options, et_no_options);
