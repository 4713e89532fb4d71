/* Digests of outputs, and the majority among them. */
#include "config.h"
#include "harness/run/digest.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/log.h"
#include "harness/base/memory.h"
#include "harness/base/random.h"

#define KINDS 16 /* of processors in one team */

/* A sum over words, each mixed with its place: any order gives the same. */
uint64_t et_digest(const void *data, size_t n)
{
    const unsigned char *bytes = data;
    int64_t words = (int64_t)(n / 8);
    uint64_t sum = n, tail = 0;
#pragma omp parallel for schedule(static) reduction(+ : sum) if (n > 65536)
    for (int64_t i = 0; i < words; i++) {
        uint64_t w;
        memcpy(&w, bytes + 8 * i, sizeof w);
        sum += et_random_u64(w, (uint64_t)i);
    }
    memcpy(&tail, bytes + 8 * words, n % 8);
    return sum + et_random_u64(tail, (uint64_t)words);
}

/* How a rank stands to most of its kind. */
enum oddness {
    NOT_ODD,
    OTHER,   /* always the same outputs, and other ones */
    UNSTEADY /* its own outputs differ */
};

/* What some ranks make of one kind of processor: the only outputs that most of
 * them can have, and how many more ranks have these than have others (at least,
 * if they are most). */
struct vote {
    uint64_t kind, first, last, timed;
    int64_t lead;
};

struct votes {
    struct vote v[KINDS];
    int64_t n; /* kinds; KINDS + 1: there are more */
};

_Static_assert(sizeof(struct votes) <= ET_TEAM_MERGE, "too large to merge");

static struct vote *vote_of(struct votes *a, uint64_t kind)
{
    for (int64_t i = 0; i < a->n && i < KINDS; i++) {
        if (a->v[i].kind == kind)
            return &a->v[i];
    }
    return NULL;
}

static bool same(const struct vote *a, const struct vote *b)
{
    return a->first == b->first && a->last == b->last && a->timed == b->timed;
}

/* The vote of Boyer and Moore, for parts of an electorate (Agarwal et al.,
 * "Mergeable summaries", PODS 2012): what is in the majority of the whole
 * survives, as others can only take as many votes from it as they have. */
static void add_vote(struct vote *into, const struct vote *from)
{
    if (same(into, from)) {
        into->lead += from->lead;
    } else if (into->lead >= from->lead) {
        into->lead -= from->lead;
    } else {
        int64_t left = from->lead - into->lead;
        *into = *from;
        into->lead = left;
    }
}

static void merge_votes(void *into, const void *from)
{
    struct votes *a = into;
    const struct votes *b = from;
    if (b->n > KINDS)
        a->n = b->n;
    for (int64_t i = 0; i < b->n && a->n <= KINDS; i++) {
        struct vote *mine = vote_of(a, b->v[i].kind);
        if (mine)
            add_vote(mine, &b->v[i]);
        else if (a->n++ < KINDS)
            a->v[a->n - 1] = b->v[i];
    }
}

/* Each kind's ranks, and those of them with its candidate's outputs; summed
 * over the ranks. */
struct count {
    double ranks[KINDS], like[KINDS], unsteady;
};

/* Same on all ranks. NULL, or why nothing can be said. */
static const char *judge(const struct votes *votes, const struct count *c,
                         int p, uint64_t *digest)
{
    double largest = 0;
    if (2 * c->unsteady >= p && c->unsteady > 0)
        return "its results differ from run to run";
    if (votes->n > KINDS)
        return "the processors are of too many kinds";
    for (int64_t i = 0; i < votes->n; i++) {
        /* Without a majority nobody is right. */
        if (2 * c->like[i] > c->ranks[i] && c->ranks[i] > largest) {
            largest = c->ranks[i];
            *digest = votes->v[i].last;
        }
    }
    return largest > 0 ? NULL : "no two ranks agree";
}

static bool add_name(const struct et_placement *placement, size_t rank,
                     enum oddness odd, struct et_strings *out)
{
    struct et_text t = {0};
    et_text_add(&t, "rank %zu", rank);
    const char *host =
        placement ? et_placement_host(placement, (int64_t)rank) : NULL;
    if (host)
        et_text_add(&t, " on %s", host);
    if (odd == UNSTEADY)
        et_text_add(&t, " (differs from run to run)");
    bool ok = !t.failed && et_strings_add(out, t.s);
    et_text_free(&t);
    return ok;
}

/* Rank 0 names all that are odd. */
static enum et_status name_all(struct et_team *team, unsigned char odd,
                               const struct et_placement *placement,
                               struct et_strings *out)
{
    void *all = NULL;
    size_t n = 0;
    enum et_status s = et_team_gather(team, &odd, 1, &all, &n);
    for (size_t i = 0; s == ET_OK && i < n; i++) {
        unsigned char its = ((const unsigned char *)all)[i];
        if (its && !add_name(placement, i, its, out))
            s = et_no_memory();
    }
    free(all);
    return s;
}

enum et_status et_digests_compare(struct et_team *team,
                                  const struct et_digests *mine,
                                  const struct et_placement *placement,
                                  struct et_result_verification *out,
                                  int *n_odd)
{
    struct vote own = {mine->kind, mine->first, mine->last, mine->timed, 1};
    struct votes votes = {.v = {own}, .n = 1};
    struct count c = {.unsteady = mine->first != mine->last};
    uint64_t digest = 0;
    enum oddness odd = NOT_ODD;
    enum et_status s = et_team_merge(team, &votes, sizeof votes, merge_votes);
    if (s == ET_OK)
        s = et_team_broadcast(team, 0, &votes, sizeof votes);
    if (s != ET_OK)
        return s;
    struct vote *most = vote_of(&votes, mine->kind);
    if (most) {
        c.ranks[most - votes.v] = 1;
        c.like[most - votes.v] = same(most, &own);
    }
    _Static_assert(sizeof c == (2 * KINDS + 1) * sizeof(double), "no doubles");
    s = et_team_reduce(team, ET_SUM, c.ranks, sizeof c / sizeof(double));
    if (s != ET_OK)
        return s;
    const char *why = judge(&votes, &c, team->size, &digest);
    bool judged = most && votes.n <= KINDS && 2 * c.unsteady < team->size;
    if (judged && !(same(most, &own) &&
                    2 * c.like[most - votes.v] > c.ranks[most - votes.v]))
        odd = mine->first == mine->last ? OTHER : UNSTEADY;
    double odds[2] = {odd == OTHER, odd != NOT_ODD};
    s = et_team_reduce(team, ET_SUM, odds, 2);
    if (s == ET_OK && odds[1] > 0)
        s = name_all(team, (unsigned char)odd, placement, &out->odd);
    if (team->rank == 0) {
        char hex[17];
        snprintf(hex, sizeof hex, "%016" PRIx64, digest);
        out->digest = why ? NULL : et_strdup(hex);
        out->digest_absent = et_strdup(why);
        if (s == ET_OK && !out->digest && !out->digest_absent)
            s = et_no_memory();
    }
    *n_odd = (int)odds[0];
    return et_team_agree(team, s);
}
