/* What all commands ask of a run directory before they believe it. */
#include "config.h"
#include "app/evidence.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/derived.h"
#include "harness/base/log.h"
#include "harness/base/regular.h"
#include "results/reading/merge.h"
#include "results/store/manifest.h"
#include "results/store/verify.h"

/* What can be worked out from the run alone. */
static enum et_status work_out(const struct et_run *run)
{
    enum et_status s =
        et_status_worse(et_verify_ranks(run), et_verify_figures(run));
    return et_status_worse(s, et_derived_check(run, true));
}

/* A run that was ended before its report has none; of any other it must be
 * there. */
static bool has_report(const struct et_run *run)
{
    struct et_text path = {0};
    et_text_add(&path, "%s/report.txt", run->dir);
    bool none = !path.failed && access(path.s, F_OK) != 0;
    et_text_free(&path);
    return strcmp(run->outcome, "complete") == 0 || !none;
}

/* There is no manifest: of a run, or a report, that did not come to its end. */
static enum et_status say_unsigned(const struct et_run *run)
{
    const char *dir = run->dir, *reason = run->reason;
    if (strcmp(run->outcome, "complete") == 0)
        return et_error(ET_UNSURE,
                        "%s: inconclusive: it has no manifest.sha256, so "
                        "changes of its records could "
                        "not be found: its report was cut short, or the "
                        "manifest was removed; `etalon report "
                        "--update %s` makes both",
                        dir, dir);
    return et_error(ET_UNSURE,
                    "%s: inconclusive: %s%s%s%s, and nothing signs for its "
                    "records; `etalon run --resume %s` continues it",
                    dir, run->outcome, reason ? " (" : "", reason ? reason : "",
                    reason ? ")" : "", dir);
}

enum et_status et_evidence_load(const char *dir, struct et_run *out)
{
    struct et_run run;
    enum et_status s = et_run_load_passes(dir, &run);
    if (s != ET_OK)
        return s;
    s = et_manifest_exists(dir) ? et_manifest_check(dir) : say_unsigned(&run);
    if (s != ET_USAGE)
        s = et_status_worse(s, work_out(&run));
    if (s == ET_OK || s == ET_UNSURE)
        s = et_status_worse(s, et_run_merge(&run));
    if (s == ET_OK || s == ET_UNSURE)
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
    bool there = stat(dir, &st) == 0 && S_ISDIR(st.st_mode);
    bool signs = there && et_manifest_exists(dir);
    enum et_status manifest = signs ? et_manifest_check(dir) : ET_OK;
    if (manifest == ET_USAGE)
        return manifest;
    enum et_status s = et_run_load_passes(dir, &run);
    if (s == ET_OK) {
        *n = run.n;
        s = signs ? ET_OK : say_unsigned(&run);
        s = et_status_worse(s, work_out(&run));
        s = et_status_worse(s, et_run_merge(&run));
        if (signs && has_report(&run))
            s = et_status_worse(s, et_derived_check_report(&run));
        et_run_free(&run);
    }
    return et_status_worse(manifest, s);
}

enum et_status et_evidence_measured(const struct et_run *run)
{
    enum et_status s = et_manifest_check_measured(run->dir);
    if (s == ET_OK)
        s = et_status_worse(et_verify_figures(run),
                            et_derived_check(run, false));
    return s == ET_OK || s == ET_UNSURE ? ET_OK : ET_INFRA;
}

void et_evidence_warn(const char *dir)
{
    if (!et_manifest_exists(dir))
        return;
    enum et_log_level level = et_log_level_set(ET_LOG_NONE);
    enum et_status s = et_manifest_check_measured(dir);
    et_log_level_set(level);
    if (s != ET_OK)
        et_warn(
            "%s: is not as it was measured, or cannot be read: do not trust "
            "its figures; `etalon verify %s` says why",
            dir, dir);
}

enum et_status et_evidence_digest(const char *dir, char hex[ET_SHA256_HEX + 1])
{
    char why[ET_REGULAR_WHY] = "out of memory";
    struct et_text path = {0};
    et_text_add(&path, "%s/manifest.sha256", dir);
    int fd = path.failed ? -1 : et_regular_open(path.s, 0, why);
    bool ok = fd >= 0 && et_sha256_file(fd, hex);
    if (fd >= 0)
        close(fd);
    et_text_free(&path);
    return ok ? ET_OK
              : et_error(ET_INFRA, "%s/manifest.sha256: %s", dir,
                         fd < 0 ? why : "cannot be digested");
}
