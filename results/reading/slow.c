/* Who was the last, and whether that is chance. */
#include "config.h"
#include "results/reading/slow.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "results/reading/name.h"

#define SLOWER 1.02  /* median over the others' that is worth a name */
#define CHANCE 0.001 /* that any innocent one of a case is named */

/* P(X >= k), X ~ binomial(n, q). */
static double tail(double k, double n, double q)
{
    double sum = 0;
    for (double i = ceil(k); i <= n; i++)
        sum += exp(lgamma(n + 1) - lgamma(i + 1) - lgamma(n - i + 1) +
                   i * log(q) + (n - i) * log1p(-q));
    return sum;
}

static void name_slow(struct et_slows *l, const struct et_slow *s)
{
    size_t i = 0;
    while (i < l->n &&
           (l->v[i].rank != s->rank ||
            (s->host && strcmp(l->v[i].host ? l->v[i].host : "", s->host))))
        i++;
    l->more |= i == ET_SLOWS;
    if (i == ET_SLOWS)
        return;
    size_t cases = i < l->n ? l->v[i].cases : 0;
    if (i == l->n || s->median / s->others > l->v[i].median / l->v[i].others)
        l->v[i] = *s;
    l->n += i == l->n;
    l->v[i].cases = cases + 1;
}

/* One of the `n` nodes or ranks of a case, which was last in `k` samples; q:
 * the share of them that chance gives it. Is it slow? */
static bool is_slow(const struct et_record *r, struct et_slow *s, size_t n,
                    double k, double q)
{
    const struct et_result_time *t = &r->result.time;
    double samples = (double)t->n, worth = t->n_effective;
    if (!(worth > 0 && worth < samples))
        worth = samples;
    s->worst = r;
    s->share = k / samples;
    s->expected = q;
    if (!(s->share > q) || !(q > 0 && q < 1) ||
        tail(s->share * worth, round(worth), q) > CHANCE / (double)n)
        return false;
    return s->median > SLOWER * s->others;
}

/* The largest lag of all cases that accuse nobody. */
static void note_somewhere(struct et_slows *l, const struct et_slow *s)
{
    const struct et_slow *worst = &l->somewhere;
    if (!worst->worst || s->median / s->others > worst->median / worst->others)
        l->somewhere = *s;
}

/* Who is named has a count that chance does not explain, so it is among those
 * that were the last most often. */
static void slowest_of(struct et_slows *l, const struct et_run *run,
                       const struct et_record *r)
{
    const struct et_result_time *t = &r->result.time;
    bool nodes = t->nodes.n > 1;
    const struct et_result_spread *parts = nodes ? &t->nodes : &t->ranks;
    const struct et_result_part *v = parts->last.v;
    double ranks = (double)r->result.team.ranks;
    if (parts->n < 2 || t->n < 1 || !et_record_measured(r))
        return;
    bool accuses = et_run_accuses(run, r), waited = false;
    *(accuses ? &l->tested : &l->shared) += 1;
    for (size_t i = 0; i < parts->last.n; i++) {
        struct et_slow s = {.host = nodes ? v[i].host : NULL,
                            .rank = nodes ? -1 : v[i].rank,
                            .median = v[i].median,
                            .others = v[i].others};
        double share = (double)v[i].ranks / ranks;
        if (!is_slow(r, &s, (size_t)parts->n, (double)v[i].last, share))
            continue;
        waited = !accuses;
        if (accuses)
            name_slow(l, &s);
        else
            note_somewhere(l, &s);
    }
    l->waited += waited;
}

static int by_cases(const void *a, const void *b)
{
    const struct et_slow *x = a, *y = b;
    return (x->cases < y->cases) - (x->cases > y->cases);
}

void et_slows_find(const struct et_run *run, struct et_slows *out)
{
    struct et_slows l = {.n = 0};
    for (size_t i = 0; i < run->n; i++)
        slowest_of(&l, run, &run->records[i]);
    if (l.n)
        qsort(l.v, l.n, sizeof *l.v, by_cases);
    *out = l;
}
