/* Opening a team, and what every transport shares. Knows no transport's inside.
 */
#include "config.h"
#include "harness/team/team.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "harness/base/log.h"
#include "harness/base/memory.h"
#include "harness/team/launcher.h"
#include "harness/team/transport.h"

/* Each rank alone would take itself for the whole run. */
static enum et_status refuse(const struct et_launcher *l)
{
    const char *none = et_team_mpi_why_not();
    char cause[320];
    if (none)
        snprintf(cause, sizeof cause,
                 "MPI is %s; build etalon with the MPI of that launcher", none);
    else if (!l->mpi)
        snprintf(cause, sizeof cause,
                 "it gave them no PMI; use srun --mpi=pmix (srun --mpi=list "
                 "names what there is), or mpirun");
    else
        snprintf(cause, sizeof cause,
                 "the MPI of this build, %.100s, does not know that launcher; "
                 "use the mpirun of this MPI, srun --mpi=pmix, or build etalon "
                 "with the launcher's MPI (configure MPICC=...)",
                 et_team_mpi_version());
    return et_error(ET_USAGE,
                    "%s started %d processes or more (%s), which cannot find "
                    "each other, so that each would be a run of its own: %s",
                    l->name, l->ranks, l->variable, cause);
}

static enum et_status open_mpi(const struct et_launcher *l,
                               struct et_team **out)
{
    struct et_team *t;
    enum et_status s = et_team_mpi_open(&t);
    if (s != ET_OK)
        return s;
    if (t->size == 1 && l->ranks > 1) {
        t->ops->close(t);
        return refuse(l);
    }
    *out = t;
    return ET_OK;
}

/* A launcher of which no variable tells. It stays a second, so that the others
 * find it too. */
static enum et_status refuse_siblings(int siblings)
{
    const struct timespec second = {.tv_sec = 1};
    const char *none = et_team_mpi_why_not();
    nanosleep(&second, NULL);
    return et_error(ET_USAGE,
                    "%d processes were started at once with this command line, "
                    "and each is rank 0 of 1, so that each would be a run of "
                    "its own: their launcher is none that etalon knows%s%s; "
                    "for one process each say --team self, with an --out of "
                    "its own",
                    siblings, none ? ", and MPI is " : "", none ? none : "");
}

static enum et_status open_auto(struct et_team **out)
{
    struct et_launcher l;
    et_launcher_read(&l);
    if (l.mpi && !et_team_mpi_why_not())
        return open_mpi(&l, out);
    if (l.ranks > 1)
        return refuse(&l);
    int siblings = et_launcher_siblings("", (int)getpid());
    if (siblings > 1)
        return refuse_siblings(siblings);
    return et_team_self_open(out);
}

enum et_status et_team_open(const char *name, struct et_team **out)
{
    struct et_launcher l;
    if (strcmp(name, "auto") == 0)
        return open_auto(out);
    if (strcmp(name, "self") == 0)
        return et_team_self_open(out);
    et_launcher_read(&l);
    if (strcmp(name, "mpi") == 0)
        return open_mpi(&l, out);
    return et_error(ET_USAGE, "team '%s': there is auto, mpi and self", name);
}

void et_team_close(struct et_team *t)
{
    if (t)
        t->ops->close(t);
}

const char *et_team_why_not(const char *name)
{
    if (strcmp(name, "self") == 0)
        return NULL;
    return strcmp(name, "mpi") == 0 ? et_team_mpi_why_not() : "no such team";
}

const char *et_team_version(void)
{
    return et_team_mpi_version();
}

/* A call in which this rank may wait for others. */
static void enter(const struct et_team *t)
{
    if (t->waits)
        ++*t->waits;
}

static enum et_status left(const struct et_team *t, enum et_status s)
{
    if (t->waits)
        --*t->waits;
    return s;
}

enum et_status et_team_barrier(struct et_team *t)
{
    enter(t);
    return left(t, t->ops->barrier(t));
}

enum et_status et_team_broadcast(struct et_team *t, int root, void *data,
                                 size_t n)
{
    enter(t);
    return left(t, t->ops->broadcast(t, root, data, n));
}

enum et_status et_team_reduce(struct et_team *t, enum et_reduce op, double *v,
                              size_t n)
{
    enter(t);
    return left(t, t->ops->reduce(t, op, v, n));
}

enum et_status et_team_exchange(struct et_team *t, const void *send, size_t ns,
                                int to, void *receive, size_t nr, int from)
{
    enter(t);
    return left(t, t->ops->exchange(t, send, ns, to, receive, nr, from));
}

enum et_status et_team_first(struct et_team *t, int ranks, struct et_team **out)
{
    if (ranks < 1 || ranks > t->size)
        return et_error(ET_INFRA, "a team of %d ranks does not fit in %d",
                        ranks, t->size);
    struct et_team *made = NULL;
    enter(t);
    enum et_status s = left(t, t->ops->first(t, ranks, &made));
    enum et_status all = et_team_agree(t, s);
    if (all != ET_OK) {
        if (s == ET_OK)
            et_team_close(made);
        return all;
    }
    if (made)
        made->waits = t->waits;
    *out = made;
    return ET_OK;
}

enum et_status et_team_rest(struct et_team *t)
{
    enter(t);
    return left(t, t->ops->rest(t));
}

/* --- on broadcast, reduce and exchange -------------------------------------
 */

enum et_status et_team_agree(struct et_team *t, enum et_status mine)
{
    double worst = et_status_gravity(mine);
    enum et_status s = et_team_reduce(t, ET_MAX, &worst, 1);
    return s != ET_OK ? et_status_worse(mine, s)
                      : et_status_of_gravity((int)worst);
}

enum et_status et_team_agree_why(struct et_team *t, enum et_status mine,
                                 const char *words, struct et_agreement *out)
{
    /* The lowest rank is the one with most ranks from it on; 0: none. */
    double from = mine != ET_OK ? t->size - t->rank : 0;
    double said[3] = {et_status_gravity(mine), *words ? from : 0, from};
    struct et_agreement a = {.status = mine, .rank = -1};
    snprintf(a.words, sizeof a.words, "%s", mine != ET_OK ? words : "");
    *out = a;
    enum et_status s = et_team_reduce(t, ET_MAX, said, 3);
    if (s != ET_OK)
        return s;
    a.status = et_status_of_gravity((int)said[0]);
    if (a.status != ET_OK) {
        a.rank = t->size - (int)(said[1] > 0 ? said[1] : said[2]);
        s = et_team_broadcast(t, a.rank, a.words, sizeof a.words);
    }
    if (s == ET_OK)
        *out = a;
    return s;
}

enum et_status et_team_same(struct et_team *t, const void *data, size_t n,
                            bool *same)
{
    /* Rank 0's, piece by piece, the length with each of them. */
    struct {
        uint64_t n;
        char data[248];
    } piece;
    double differs = 0;
    size_t at = 0, all;
    do {
        size_t rest = at < n ? n - at : 0;
        size_t mine = rest < sizeof piece.data ? rest : sizeof piece.data;
        memset(&piece, 0, sizeof piece);
        piece.n = n;
        if (t->rank == 0 && mine > 0)
            memcpy(piece.data, (const char *)data + at, mine);
        enum et_status s = et_team_broadcast(t, 0, &piece, sizeof piece);
        if (s != ET_OK)
            return s;
        all = (size_t)piece.n;
        if (all != n ||
            (mine > 0 && memcmp(piece.data, (const char *)data + at, mine)))
            differs = 1;
        at += sizeof piece.data;
    } while (at < all);
    enum et_status s = et_team_reduce(t, ET_MAX, &differs, 1);
    if (s == ET_OK)
        *same = differs == 0;
    return s;
}

enum et_status et_team_lowest(struct et_team *t, bool mine, int *rank)
{
    double lowest = mine ? t->rank : t->size;
    enum et_status s = et_team_reduce(t, ET_MIN, &lowest, 1);
    if (s == ET_OK)
        *rank = lowest < t->size ? (int)lowest : -1;
    return s;
}

enum et_status et_team_largest(struct et_team *t, double *v, int *rank)
{
    double most = *v;
    enum et_status s = et_team_reduce(t, ET_MAX, &most, 1);
    if (s == ET_OK)
        s = et_team_lowest(t, *v == most, rank);
    if (s == ET_OK)
        *v = most;
    return s;
}

/* The binomial tree: with b the largest power of two that divides the rank r,
 * its parent is r - b, and below it stand the ranks up to r + b. Rank 0 is the
 * root. */
static int parent_of(const struct et_team *t)
{
    return t->rank - (t->rank & -t->rank);
}

/* The rank itself and those below it. */
static int ranks_from(const struct et_team *t)
{
    int span = t->rank & -t->rank, left = t->size - t->rank;
    return t->rank == 0 || left < span ? left : span;
}

enum et_status et_team_merge(struct et_team *t, void *mine, size_t n,
                             void (*merge)(void *into, const void *from))
{
    _Alignas(max_align_t) char theirs[ET_TEAM_MERGE];
    enum et_status s = ET_OK;
    if (n > sizeof theirs)
        return et_error(ET_INFRA, "%zu bytes a rank are too many to merge", n);
    for (int bit = 1, span = ranks_from(t); s == ET_OK && bit < span;
         bit *= 2) {
        s = et_team_exchange(t, NULL, 0, 0, theirs, n, t->rank + bit);
        if (s == ET_OK)
            merge(mine, theirs);
    }
    if (s == ET_OK && t->rank > 0)
        s = et_team_exchange(t, mine, n, parent_of(t), NULL, 0, 0);
    return s;
}

/* What a rank holds so far: its own bytes, and behind them those of the ranks
 * below it. */
struct heap {
    char *bytes;
    size_t n;
};

/* What rank `from` holds, behind what is here. *whole: nothing was lost. A rank
 * without memory says so before the bytes are sent, so that none waits. */
static enum et_status take(struct et_team *t, int from, struct heap *h,
                           bool *whole)
{
    uint64_t n;
    enum et_status s = et_team_exchange(t, NULL, 0, 0, &n, sizeof n, from);
    if (s != ET_OK || n == 0)
        return s;
    char *bytes = n <= SIZE_MAX - h->n ? et_grow(h->bytes, h->n + n, 1) : NULL;
    char ready = bytes != NULL;
    h->bytes = bytes ? bytes : h->bytes;
    s = et_team_exchange(t, &ready, 1, from, NULL, 0, 0);
    if (s == ET_OK && ready)
        s = et_team_exchange(t, NULL, 0, 0, bytes + h->n, n, from);
    if (s == ET_OK && ready)
        h->n += n;
    *whole = *whole && ready;
    return s;
}

static enum et_status hand_on(struct et_team *t, int to, const struct heap *h,
                              bool *whole)
{
    uint64_t n = h->n;
    char ready;
    enum et_status s = et_team_exchange(t, &n, sizeof n, to, NULL, 0, 0);
    if (s != ET_OK || n == 0)
        return s;
    s = et_team_exchange(t, NULL, 0, 0, &ready, 1, to);
    if (s == ET_OK && ready)
        s = et_team_exchange(t, h->bytes, h->n, to, NULL, 0, 0);
    *whole = *whole && ready;
    return s;
}

enum et_status et_team_gather(struct et_team *t, const void *mine, size_t n,
                              void **all, size_t *total)
{
    struct heap h = {et_alloc(n ? n : 1, 1), n};
    bool whole = h.bytes;
    enum et_status s = ET_OK;
    if (h.bytes && n > 0)
        memcpy(h.bytes, mine, n);
    if (!h.bytes)
        h.n = 0;
    /* The children, nearest first: each brings all that stands below it. */
    for (int bit = 1, span = ranks_from(t); s == ET_OK && bit < span; bit *= 2)
        s = take(t, t->rank + bit, &h, &whole);
    if (s == ET_OK && t->rank > 0)
        s = hand_on(t, parent_of(t), &h, &whole);
    if (s == ET_OK)
        s = et_team_agree(t, whole ? ET_OK : et_no_memory());
    if (s == ET_OK && t->rank == 0) {
        *all = h.bytes;
        *total = h.n;
        h.bytes = NULL;
    }
    free(h.bytes);
    return s;
}

enum et_status et_team_broadcast_text(struct et_team *t, char **s)
{
    int64_t n = t->rank == 0 && *s ? (int64_t)strlen(*s) : -1;
    char *copy = NULL;

    enum et_status status = et_team_broadcast(t, 0, &n, sizeof n);
    if (status)
        return status;
    if (n < 0) {
        *s = NULL;
        return ET_OK;
    }
    if (t->rank == 0) {
        copy = *s;
    } else {
        copy = et_alloc((size_t)n + 1, 1);
        if (!copy)
            status = et_error(ET_INFRA, "no memory for a text of %lld bytes",
                              (long long)n);
    }
    status = et_team_agree(t, status);
    if (!status)
        status = et_team_broadcast(t, 0, copy, (size_t)n);
    if (status && t->rank != 0)
        free(copy);
    if (!status)
        *s = copy;
    return status;
}

void et_team_share(int64_t total, int rank, int size, int64_t *first,
                   int64_t *count)
{
    int64_t each = total / size, longer = total % size;
    *first = each * rank + (rank < longer ? rank : longer);
    *count = each + (rank < longer);
}
