/* Ends of a run, as its guard's thread has them kept. Knows the store and the
 * manifest; decides nothing. */
#include "config.h"
#include "app/ending.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/base/log.h"
#include "harness/run/stop.h"
#include "harness/system/scratch.h"
#include "results/store/manifest.h"
#include "results/store/sha256.h"

/* Rank 0 has a store of its own; of its run directory, once it is begun, all
 * ranks know the name. */
static struct et_sink *find_sink(void *with)
{
    struct et_ending *e = with;
    if (!e->store && e->dir)
        e->store = et_store_take_over(e->dir);
    return e->store ? et_store_sink(e->store) : NULL;
}

static void note(void *with, const char *outcome, const char *reason, bool last)
{
    struct et_ending *e = with;
    char date[32];
    if (!e->store)
        return;
    struct et_sink *sink = et_store_sink(e->store);
    enum et_status s =
        sink->end(sink, outcome, reason, et_clock_date(e->clock, date));
    if (!last)
        return;
    if (s == ET_OK)
        (void)et_manifest_write(e->dir);
    et_warn("cut short; `etalon run --resume %s` continues it", e->dir);
}

static void leave(void *with)
{
    const struct et_ending *e = with;
    if (e->scratch)
        (void)et_scratch_sweep("", e->scratch, ET_SCRATCH_OWN);
}

struct et_guard_duties et_ending_duties(struct et_ending *e,
                                        const struct et_placement *placement)
{
    /* libcrypto cleans up at exit(3): begun before the guard is, it does so
     * after it, which may have a manifest to write. */
    char hex[ET_SHA256_HEX + 1];
    (void)et_sha256_bytes("", 0, hex);
    return (struct et_guard_duties){.with = e,
                                    .sink = find_sink,
                                    .note = note,
                                    .leave = leave,
                                    .placement = placement};
}

enum et_status et_scratch_check(const char *scratch)
{
    struct stat st;
    if (stat(scratch, &st) == 0 && S_ISDIR(st.st_mode) &&
        access(scratch, W_OK) == 0)
        return ET_OK;
    return et_error(ET_USAGE,
                    "--scratch: %s is no directory that can be written to",
                    scratch);
}

void et_ending_sweep(const char *scratch, const struct et_team *world,
                     bool own_directory)
{
    size_t n = 0;
    if (own_directory && world->rank == 0)
        n = et_scratch_sweep("", scratch, ET_SCRATCH_ALL);
    else if (!own_directory && world->local_rank == 0)
        n = et_scratch_sweep("", scratch, ET_SCRATCH_DEAD);
    if (n)
        et_note("%s: %zu scratch file%s of a run that was killed %s removed",
                scratch, n, n == 1 ? "" : "s", n == 1 ? "is" : "are");
}

enum et_status et_ending_end(struct et_ending *e, struct et_guard *guard,
                             const struct et_drive_outcome *o)
{
    char date[32], missing[1000] = "", last[200];
    struct et_sink *sink = et_store_sink(e->store);
    snprintf(last, sizeof last, "%s", et_log_last_error());
    if (o->broken)
        et_guard_missing(guard, missing, sizeof missing);
    if (*missing)
        (void)et_error(ET_INFRA, "%s", missing);
    /* Why it broke off was told, and is why its end cannot be noted either. */
    if (o->broken)
        et_log_level_set(ET_LOG_NONE);
    et_guard_hold(guard);
    enum et_status ended = sink->end(sink,
                                     o->broken   ? "failed"
                                     : o->signal ? "interrupted"
                                                 : "complete",
                                     *missing    ? missing
                                     : o->broken ? last
                                     : o->signal ? et_stop_say(o->signal)
                                                 : NULL,
                                     et_clock_date(e->clock, date));
    et_store_close(e->store);
    e->store = NULL;
    et_guard_release(guard);
    return ended;
}
