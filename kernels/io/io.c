/* The build's list of I/O backends, made from Makefile.am's, and what they
 * begin with. */
#include "config.h"
#include "kernels/io/io.h"

#include <stdlib.h>

#include "harness/base/log.h"
#include "harness/base/memory.h"
#include "lists.h"

ET_BACKENDS(io, ET_LIST_IO);

enum et_status et_io_setup(const struct et_io *p, struct et_team *team,
                           const char *path, struct et_io_setup **out)
{
    int64_t first = 0;
    if (p->shared && !et_mul(p->bytes, team->rank, &first))
        return et_error(ET_USAGE,
                        "%s: %d ranks of %lld bytes are too much "
                        "for one file",
                        path, team->size, (long long)p->bytes);
    struct et_io_setup *q = et_alloc(1, sizeof *q);
    if (q)
        q->path = et_strdup(path);
    if (!q || !q->path) {
        et_io_setup_free(q);
        return et_error(ET_INFRA, "%s: no memory", path);
    }
    q->p = *p;
    q->team = team;
    q->first = first;
    *out = q;
    return ET_OK;
}

void et_io_setup_free(void *setup)
{
    struct et_io_setup *q = setup;
    if (q)
        free(q->path);
    free(q);
}
