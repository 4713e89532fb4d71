/* The team of one: this process. Needs no library; every collective is done
 * when it is called.
 */
#include "config.h"
#include "harness/team/transport.h"

#include <stdlib.h>
#include <string.h>

#include "harness/base/log.h"
#include "harness/base/memory.h"

static enum et_status nothing(struct et_team *t)
{
    (void)t;
    return ET_OK;
}

static enum et_status broadcast(struct et_team *t, int root, void *data,
                                size_t n)
{
    (void)t, (void)root, (void)data, (void)n;
    return ET_OK;
}

static enum et_status reduce(struct et_team *t, enum et_reduce op, double *v,
                             size_t n)
{
    (void)t, (void)op, (void)v, (void)n;
    return ET_OK;
}

static enum et_status exchange(struct et_team *t, const void *send, size_t ns,
                               int to, void *receive, size_t nr, int from)
{
    (void)t;
    if ((ns && to != 0) || (nr && from != 0) || ns != nr)
        return et_error(ET_INFRA,
                        "team self: %zu bytes to rank %d against %zu from "
                        "rank %d",
                        ns, to, nr, from);
    if (ns > 0)
        memmove(receive, send, ns);
    return ET_OK;
}

static enum et_status first(struct et_team *t, int ranks, struct et_team **out)
{
    (void)t, (void)ranks;
    return et_team_self_open(out);
}

static void close_self(struct et_team *t)
{
    free(t);
}

static const struct et_team_ops ops =
    ET_TEAM_OPS("self", nothing, nothing, close_self);

enum et_status et_team_self_open(struct et_team **out)
{
    struct et_team *t = et_alloc(1, sizeof *t);
    if (!t)
        return et_error(ET_INFRA, "no memory for a team");
    *t = (struct et_team){.ops = &ops, .size = 1, .nodes = 1, .local_size = 1};
    *out = t;
    return ET_OK;
}
