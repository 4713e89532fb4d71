/* Each rank takes in what the ranks after it hold, then hands all of it on. A
 * rank without memory says so before the bytes are sent, so that none waits.
 */
#include "config.h"
#include "harness/run/collect.h"

#include <stdlib.h>
#include <string.h>

#include "harness/base/log.h"
#include "harness/base/memory.h"

struct heap {
    char *bytes;
    size_t n;
};

/* What rank `from` holds, behind what is here. *whole: nothing was lost. */
static enum et_status take(struct et_team *team, int from, struct heap *h,
                           bool *whole)
{
    uint64_t n;
    enum et_status s =
        et_team_exchange(team, NULL, 0, from, &n, sizeof n, from);
    if (s != ET_OK || n == 0)
        return s;
    char *bytes = n <= SIZE_MAX - h->n ? et_grow(h->bytes, h->n + n, 1) : NULL;
    char ready = bytes != NULL;
    h->bytes = bytes ? bytes : h->bytes;
    s = et_team_exchange(team, &ready, 1, from, NULL, 0, from);
    if (s == ET_OK && ready)
        s = et_team_exchange(team, NULL, 0, from, bytes + h->n, n, from);
    if (s == ET_OK && ready)
        h->n += n;
    *whole = *whole && ready;
    return s;
}

static enum et_status hand_on(struct et_team *team, int to,
                              const struct heap *h, bool *whole)
{
    uint64_t n = h->n;
    char ready;
    enum et_status s = et_team_exchange(team, &n, sizeof n, to, NULL, 0, to);
    if (s != ET_OK || n == 0)
        return s;
    s = et_team_exchange(team, NULL, 0, to, &ready, 1, to);
    if (s == ET_OK && ready)
        s = et_team_exchange(team, h->bytes, h->n, to, NULL, 0, to);
    *whole = *whole && ready;
    return s;
}

enum et_status et_collect(struct et_team *team, const void *mine, size_t n,
                          void **all, size_t *total)
{
    struct heap h = {et_alloc(n ? n : 1, 1), n};
    bool whole = h.bytes;
    enum et_status s = ET_OK;
    if (h.bytes && n)
        memcpy(h.bytes, mine, n);
    if (!h.bytes)
        h.n = 0;
    for (int step = 1; step < team->size && s == ET_OK; step *= 2) {
        if (team->rank & step) {
            s = hand_on(team, team->rank - step, &h, &whole);
            break;
        }
        if (team->rank + step < team->size)
            s = take(team, team->rank + step, &h, &whole);
        if (step > team->size / 2)
            break; /* twice the step might not fit */
    }
    if (s == ET_OK)
        s = et_team_agree(team, whole ? ET_OK : et_no_memory());
    if (s == ET_OK && team->rank == 0) {
        *all = h.bytes;
        *total = h.n;
        h.bytes = NULL;
    }
    free(h.bytes);
    return s;
}
