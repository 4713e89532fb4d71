/* One kind after the other: the lowest node that has none yet gives its key. */
#include "config.h"
#include "harness/run/kinds.h"

#include <math.h>
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

/* Ranks of the kind of rank `first`, itself among them; *mine: this is one. */
static enum et_status count_alike(struct et_team *team, int first, uint64_t key,
                                  bool waits, bool *mine, double *count)
{
    /* A double holds 53 bits, so a key goes in halves. */
    double halves[2] = {0, 0};
    if (team->rank == first) {
        halves[0] = (double)(key >> 32);
        halves[1] = (double)(key & 0xffffffff);
    }
    enum et_status s = et_team_reduce(team, ET_SUM, halves, 2);
    *mine = waits && halves[0] == (double)(key >> 32) &&
            halves[1] == (double)(key & 0xffffffff);
    *count = *mine;
    return s == ET_OK ? et_team_reduce(team, ET_SUM, count, 1) : s;
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
        bool mine;
        double count, first = waits ? team->rank : INFINITY;
        s = et_team_reduce(team, ET_MIN, &first, 1);
        if (s != ET_OK || !(first < team->size))
            break;
        s = count_alike(team, (int)first, key, waits, &mine, &count);
        waits = waits && !mine;
        if (s == ET_OK)
            s = bring(team, (int)first, text, &first_text);
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
