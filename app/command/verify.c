/* etalon verify: is a run directory what the run left? */
#include "config.h"

#include <stdio.h>

#include "app/command.h"
#include "results/store/manifest.h"

static enum et_status verify(void *options, const struct et_strings *words,
                             int argc, char **argv)
{
    size_t n = 0;
    (void)options, (void)argc, (void)argv;
    enum et_status s = et_verify_run(words->v[0], &n);
    if (s == ET_OK)
        printf("%s: untouched; %zu record%s recomputed, all agree\n",
               words->v[0], n, n == 1 ? "" : "s");
    return s;
}

const struct et_command et_command_verify = {
    ET_COMMAND("verify", "DIR",
               "Detect a run directory that was changed after its run", verify,
               et_no_options, et_no_options),
    .help = "Checks every file against manifest.sha256, then recomputes "
            "medians, intervals, metrics and verdicts from the raw samples. "
            "Exit code 4 if anything differs.",
    .examples = "  etalon verify night-1\n",
};
