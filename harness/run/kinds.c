/* One kind after the other: the lowest node that has none yet gives its key. */
#include "config.h"
#include "harness/run/kinds.h"

#include <stdlib.h>
#include <string.h>

#include "harness/base/log.h"
#include "harness/base/memory.h"

/* The text of rank `first`, to rank 0. Who has no memory says so before the
 * text is sent. */
static enum et_status bring(struct et_team *team, int first, const char *text,
                            char **out)
{
    uint64_t n = strlen(text) + 1;
    char ready = 0, *copy = NULL;
    enum et_status s = ET_OK;
    if (first == 0) {
        if (team->rank == 0)
            *out = et_strdup(text);
        return team->rank == 0 && !*out ? et_no_memory() : ET_OK;
    }
    if (team->rank == first) {
        s = et_team_exchange(team, &n, sizeof n, 0, NULL, 0, 0);
        if (s == ET_OK)
            s = et_team_exchange(team, NULL, 0, 0, &ready, 1, 0);
        if (s == ET_OK && ready)
            s = et_team_exchange(team, text, (size_t)n, 0, NULL, 0, 0);
    } else if (team->rank == 0) {
        s = et_team_exchange(team, NULL, 0, first, &n, sizeof n, first);
        copy = s == ET_OK ? et_alloc((size_t)n, 1) : NULL;
        ready = copy != NULL;
        if (s == ET_OK)
            s = et_team_exchange(team, &ready, 1, first, NULL, 0, first);
        if (s == ET_OK && ready)
            s = et_team_exchange(team, NULL, 0, first, copy, (size_t)n, first);
        if (s == ET_OK && !ready)
            s = et_no_memory();
        if (s != ET_OK)
            free(copy);
        else
            *out = copy;
    }
    return s;
}

enum et_status et_kinds_find(struct et_team *team, uint64_t key,
                             const char *text, struct et_list *out)
{
    struct et_list kinds = {0};
    enum et_status s = ET_OK;
    bool waits = team->local_rank == 0;
    for (int i = 0; s == ET_OK && i < ET_KINDS_MOST; i++) {
        struct et_kind *k = NULL;
        char *first_text = NULL;
        uint64_t its = key;
        int first;
        s = et_team_lowest(team, waits, &first);
        if (s != ET_OK || first < 0)
            break;
        s = et_team_broadcast(team, first, &its, sizeof its);
        bool mine = s == ET_OK && waits && its == key;
        double count = mine;
        waits = waits && !mine;
        if (s == ET_OK)
            s = et_team_reduce(team, ET_SUM, &count, 1);
        if (s == ET_OK)
            s = bring(team, first, text, &first_text);
        if (s == ET_OK && team->rank == 0) {
            k = et_list_add(&kinds, sizeof *k);
            s = k ? ET_OK : et_no_memory();
        }
        if (k)
            *k = (struct et_kind){(int64_t)count, first_text};
        else
            free(first_text);
        s = et_team_agree(team, s);
    }
    if (s == ET_OK && team->rank == 0)
        *out = kinds;
    else
        et_kinds_free(&kinds);
    return s;
}

void et_kinds_free(struct et_list *kinds)
{
    struct et_kind *k = kinds->v;
    for (size_t i = 0; i < kinds->n; i++)
        free(k[i].text);
    free(kinds->v);
    *kinds = (struct et_list){0};
}
