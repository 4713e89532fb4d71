/* The words of a busy machine, before and after the cases. */
#include "config.h"
#include "app/surroundings.h"

#include <math.h>

#include "harness/base/log.h"
#include "harness/base/memory.h"

enum et_status et_surroundings_look(struct et_team *world,
                                    struct et_clock *clock,
                                    const struct et_environment *e,
                                    const struct et_placement *placement,
                                    double patience,
                                    struct et_surroundings *out)
{
    struct et_cpus allowed = {{0}};
    struct et_quiet quiet;
    *out = (struct et_surroundings){.patience = patience, .cores = e->cores};
    if (e->binding)
        et_cpus_parse(e->binding, &allowed);
    et_busy_open("", &allowed, &out->busy);
    enum et_status status =
        et_quiet_wait(world, clock, &out->busy, e->threads,
                      isnan(patience) ? 0 : patience, &quiet);
    if (status != ET_OK || !quiet.busy || world->rank != 0)
        return status;
    struct et_text t = {0};
    et_text_add(&t, "host %s: ", et_placement_host(placement, quiet.rank));
    et_quiet_say(&quiet, &t);
    if (t.failed)
        status = et_no_memory();
    else if (!isnan(patience) && quiet.stopped)
        status = et_error(ET_UNSURE,
                          "stopped while it waited for a quiet machine; "
                          "nothing was measured: %s",
                          t.s);
    else if (!isnan(patience))
        status = et_error(ET_INFRA,
                          "--require-quiet: nothing was measured, since in "
                          "%.4g s it was not quiet: %s; end the other work, or "
                          "wait longer",
                          patience, t.s);
    out->words = t.s;
    return status;
}

void et_surroundings_warn(const struct et_surroundings *s)
{
    if (s->words)
        et_warn("BUSY MACHINE: %s: these figures are not the machine's",
                s->words);
}

enum et_status et_surroundings_conclude(const struct et_surroundings *s,
                                        const struct et_drive_outcome *o)
{
    if (!o->disturbed) {
        et_surroundings_warn(s);
        return ET_OK;
    }
    et_warn("BUSY MACHINE: %zu of %zu measured cases were disturbed by "
            "something else (%lld cores, load %.3g): these figures are not the "
            "machine's",
            o->disturbed, o->measured, (long long)s->cores, o->load);
    return isnan(s->patience) ? ET_OK : ET_UNSURE;
}
