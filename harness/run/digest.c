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

static bool steady(const struct et_digests *d)
{
    return d->first == d->last;
}

/* Ranks of the kind of v[i] whose outputs are as its own. */
static size_t like(const struct et_digests *v, size_t p, size_t i)
{
    size_t n = 0;
    for (size_t j = 0; j < p; j++)
        n += v[j].kind == v[i].kind && v[j].first == v[i].first &&
             v[j].last == v[i].last;
    return n;
}

/* Boyer and Moore's vote: the only rank that can stand for a majority of its
 * kind, in one pass. */
static size_t candidate(const struct et_digests *v, size_t p, uint64_t kind)
{
    size_t who = p, votes = 0;
    for (size_t i = 0; i < p; i++) {
        if (v[i].kind != kind)
            continue;
        if (votes == 0)
            who = i;
        bool same = v[i].first == v[who].first && v[i].last == v[who].last;
        votes = same ? votes + 1 : votes - 1;
    }
    return who;
}

const char *et_digests_judge(const struct et_digests *v, size_t p,
                             enum et_oddness *odd, uint64_t *digest)
{
    uint64_t kinds[KINDS];
    size_t unsteady = 0, largest = 0, n_kinds = 0;
    for (size_t i = 0; i < p; i++)
        unsteady += !steady(&v[i]);
    if (2 * unsteady >= p && unsteady > 0)
        return "its results differ from run to run";
    for (size_t i = 0; i < p; i++) {
        size_t n = 0, before = 0;
        while (before < n_kinds && kinds[before] != v[i].kind)
            before++;
        if (before < n_kinds)
            continue; /* its kind was judged */
        if (n_kinds == KINDS)
            return "the processors are of too many kinds";
        kinds[n_kinds++] = v[i].kind;
        for (size_t j = 0; j < p; j++)
            n += v[j].kind == v[i].kind;
        size_t who = candidate(v, p, v[i].kind);
        /* Without a majority nobody is right. */
        bool most = 2 * like(v, p, who) > n;
        for (size_t j = 0; j < p; j++) {
            bool same = v[j].first == v[who].first && v[j].last == v[who].last;
            if (v[j].kind == v[i].kind && (!most || !same))
                odd[j] = steady(&v[j]) ? ET_ODD_OTHER : ET_ODD_UNSTEADY;
        }
        if (most && n > largest) {
            largest = n;
            *digest = v[who].last;
        }
    }
    return largest ? NULL : "no two ranks agree";
}

static bool name(const struct et_placement *placement, size_t rank,
                 enum et_oddness odd, struct et_strings *out)
{
    struct et_text t = {0};
    et_text_add(&t, "rank %zu", rank);
    const char *host =
        placement ? et_placement_host(placement, (int64_t)rank) : NULL;
    if (host)
        et_text_add(&t, " on %s", host);
    if (odd == ET_ODD_UNSTEADY)
        et_text_add(&t, " (differs from run to run)");
    bool ok = !t.failed && et_strings_add(out, t.s);
    et_text_free(&t);
    return ok;
}

enum et_status et_digests_compare(struct et_team *team,
                                  const struct et_digests *mine,
                                  const struct et_placement *placement,
                                  struct et_result_verification *out,
                                  int *n_odd)
{
    struct et_digests *all = NULL;
    enum et_oddness *odd = NULL;
    double count = 0;
    enum et_status s = ET_OK;
    if (team->rank == 0) {
        all = et_alloc((size_t)team->size, sizeof *all);
        odd = et_alloc((size_t)team->size, sizeof *odd);
        if (!all || !odd)
            s = et_no_memory();
    }
    s = et_team_agree(team, s);
    if (s == ET_OK)
        s = et_team_gather(team, mine, sizeof *mine, all);
    if (s == ET_OK && team->rank == 0) {
        char hex[17];
        uint64_t digest = 0;
        const char *why =
            et_digests_judge(all, (size_t)team->size, odd, &digest);
        snprintf(hex, sizeof hex, "%016" PRIx64, digest);
        out->digest = why ? NULL : et_strdup(hex);
        out->digest_absent = et_strdup(why);
        for (int i = 0; s == ET_OK && i < team->size; i++) {
            count += odd[i] == ET_ODD_OTHER;
            if (odd[i] && !name(placement, (size_t)i, odd[i], &out->odd))
                s = et_no_memory();
        }
    }
    s = et_team_agree(team, s);
    if (s == ET_OK)
        s = et_team_reduce(team, ET_MAX, &count, 1);
    *n_odd = (int)count;
    free(all);
    free(odd);
    return s;
}
