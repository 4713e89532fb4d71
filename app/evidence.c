/* What all commands ask of a run directory before they believe it. */
#include "config.h"
#include "app/evidence.h"

#include <sys/stat.h>

#include "results/store/manifest.h"
#include "results/store/verify.h"

/* What can be worked out from the run alone. */
static enum et_status work_out(const struct et_run *run)
{
    return et_status_worse(et_verify_ranks(run), et_verify_figures(run));
}

enum et_status et_evidence_load(const char *dir, struct et_run *out)
{
    struct et_run run;
    enum et_status s = et_run_load(dir, &run);
    if (s != ET_OK)
        return s;
    s = et_manifest_check(dir);
    if (s != ET_USAGE)
        s = et_status_worse(s, work_out(&run));
    if (s == ET_OK)
        *out = run;
    else
        et_run_free(&run);
    return s;
}

enum et_status et_evidence_check(const char *dir, size_t *n)
{
    struct et_run run;
    struct stat st;
    /* Where there is no directory, one line is enough. */
    enum et_status manifest = stat(dir, &st) == 0 && S_ISDIR(st.st_mode)
                                  ? et_manifest_check(dir)
                                  : ET_OK;
    if (manifest == ET_USAGE)
        return manifest;
    enum et_status s = et_run_load(dir, &run);
    if (s == ET_OK) {
        s = work_out(&run);
        *n = run.n;
        et_run_free(&run);
    }
    return et_status_worse(manifest, s);
}

enum et_status et_evidence_measured(const struct et_run *run)
{
    enum et_status s = et_manifest_check_measured(run->dir);
    if (s == ET_OK)
        s = et_verify_figures(run);
    return s == ET_OK ? ET_OK : ET_INFRA;
}
