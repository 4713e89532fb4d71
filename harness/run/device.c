/* Of the samples that count, as the sampler kept them. */
#include "config.h"
#include "harness/run/device.h"

#include <stdio.h>

#include "harness/base/log.h"
#include "harness/base/text.h"
#include "harness/stat/stat.h"

const char *et_device_space(const struct et_case *c)
{
    const struct et_backend *b =
        c->bench->backends ? et_backend_find(c->bench->backends, c->backend)
                           : NULL;
    return b && b->space && !b->space->is_host ? b->space->name : NULL;
}

enum et_status et_device_facts(const struct et_case *c,
                               const struct et_sampler *m,
                               struct et_pairs *facts)
{
    char text[ET_TEXT_NUMBER];
    const char *space = et_device_space(c);
    double most =
        m->device.n > 0 ? et_stat_median(m->device.v, m->device.n) : 0;
    /* First what all ranks do: none may fail alone before it. */
    enum et_status s = et_team_reduce(m->team, ET_MAX, &most, 1);
    if (s != ET_OK)
        return s;
    if (space && !et_pairs_set(facts, "space", space, false))
        return et_no_memory();
    if (!(most > 0))
        return ET_OK;
    snprintf(text, sizeof text, "%.6g", most);
    return et_pairs_set(facts, "device_time", text, true) ? ET_OK
                                                          : et_no_memory();
}
