/* The ceilings and the spreads of a case's passes. Knows results; draws
 * nothing. */
#include "config.h"
#include "results/reading/merge_parts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/memory.h"
#include "harness/stat/passes.h"
#include "harness/stat/spread.h"

static struct et_result_ceiling *same_ceiling(const struct et_record *r,
                                              const struct et_result_ceiling *c)
{
    struct et_result_ceiling *v = r->result.ceilings.v;
    for (size_t i = 0; i < r->result.ceilings.n; i++) {
        if (v[i].what && v[i].id && strcmp(v[i].what, c->what) == 0 &&
            strcmp(v[i].id, c->id) == 0)
            return &v[i];
    }
    return NULL;
}

/* `room` and `launches`: for n. */
static bool merge_ceiling(struct et_record *const *v, size_t n,
                          const int64_t *launch, struct et_result_ceiling *c,
                          double *room, int64_t *launches)
{
    size_t many = 0;
    struct et_reals all = {0};
    bool ok = true;
    for (size_t i = 0; ok && i < n; i++) {
        struct et_result_ceiling *own = same_ceiling(v[i], c);
        if (!own || own->absent || own->samples.n == 0)
            continue;
        room[many] = et_stat_median(own->samples.v, own->samples.n);
        launches[many++] = launch[i];
        if (isnan(c->work))
            c->work = own->work;
        for (size_t k = 0; ok && k < own->samples.n; k++)
            ok = et_reals_add(&all, own->samples.v[k]);
    }
    struct et_passes p;
    ok =
        ok && et_passes_summarise(room, launches, many, ET_STAT_CONFIDENCE, &p);
    if (!ok || many == 0) {
        free(all.v);
        return ok; /* absent in all, with the first one's reason */
    }
    free(c->absent);
    c->absent = NULL;
    free(c->samples.v);
    c->samples = all;
    c->rate = c->work / p.median;
    c->rate_low = c->work / p.interval.high;
    c->rate_high = c->work / p.interval.low;
    return true;
}

bool et_merge_ceilings(struct et_record *const *v, size_t n,
                       const int64_t *launch)
{
    struct et_list *into = &v[0]->result.ceilings;
    struct et_result_ceiling *c = into->v;
    double *room = et_alloc(n, sizeof *room);
    int64_t *launches = et_alloc(n, sizeof *launches);
    bool ok = room && launches;
    for (size_t i = 0; ok && i < into->n; i++) {
        if (c[i].what && c[i].id)
            ok = merge_ceiling(v, n, launch, &c[i], room, launches);
    }
    free(room);
    free(launches);
    return ok;
}

/* One of a result's two spreads. */
static struct et_result_spread *spread_of(const struct et_record *r, bool nodes)
{
    struct et_result_time *t = (struct et_result_time *)&r->result.time;
    return nodes ? &t->nodes : &t->ranks;
}

static const struct et_result_part *find_part(const struct et_result_spread *s,
                                              int64_t rank)
{
    const struct et_list *const lists[] = {&s->worst, &s->last};
    for (size_t l = 0; l < 2; l++) {
        const struct et_result_part *part = lists[l]->v;
        for (size_t i = 0; i < lists[l]->n; i++) {
            if (part[i].rank == rank)
                return &part[i];
        }
    }
    return NULL;
}

/* A part as all passes that list it say together; its host is borrowed.
 * `room`: for 2 n. */
static struct et_result_part sum_up(struct et_record *const *v, size_t n,
                                    bool nodes, int64_t rank, double *room)
{
    struct et_result_part sum = {.rank = rank};
    size_t many = 0;
    for (size_t i = 0; i < n; i++) {
        const struct et_result_part *p =
            find_part(spread_of(v[i], nodes), rank);
        if (!p)
            continue;
        sum.ranks = p->ranks;
        sum.host = sum.host ? sum.host : p->host;
        sum.last += p->last;
        room[many] = p->median;
        room[n + many++] = p->others;
    }
    sum.median = et_stat_median(room, many);
    sum.others = et_stat_median(room + n, many);
    return sum;
}

static bool gather_parts(struct et_record *const *v, size_t n, bool nodes,
                         struct et_list *out, double *room)
{
    for (size_t i = 0; i < n; i++) {
        const struct et_result_spread *s = spread_of(v[i], nodes);
        const struct et_list *const lists[] = {&s->worst, &s->last};
        for (size_t k = 0; k < s->worst.n + s->last.n; k++) {
            const struct et_list *l = lists[k >= s->worst.n];
            const struct et_result_part *part = l->v;
            part += k < s->worst.n ? k : k - s->worst.n;
            const struct et_result_part *have = out->v;
            size_t at = 0;
            while (at < out->n && have[at].rank != part->rank)
                at++;
            if (at < out->n)
                continue;
            struct et_result_part *new = et_list_add(out, sizeof *new);
            if (!new)
                return false;
            *new = sum_up(v, n, nodes, part->rank, room);
        }
    }
    return true;
}

static int by_median(const void *a, const void *b)
{
    const struct et_result_part *x = a, *y = b;
    int falling = (x->median < y->median) - (x->median > y->median);
    return falling ? falling : (x->rank > y->rank) - (x->rank < y->rank);
}

static int by_last(const void *a, const void *b)
{
    const struct et_result_part *x = a, *y = b;
    return x->last != y->last ? (x->last < y->last) - (x->last > y->last)
                              : (x->rank > y->rank) - (x->rank < y->rank);
}

/* The first few of them, sorted, with hosts of their own. */
static bool take_few(const struct et_list *parts, bool last,
                     struct et_list *out)
{
    const struct et_result_part *v = parts->v;
    for (size_t i = 0; i < parts->n && i < ET_SPREAD_FEW; i++) {
        if (last && v[i].last == 0)
            break;
        struct et_result_part *p = et_list_add(out, sizeof *p);
        if (!p)
            return false;
        *p = v[i];
        p->host = et_strdup(v[i].host);
        if (v[i].host && !p->host)
            return false;
    }
    return true;
}

static void free_parts(struct et_list *l)
{
    struct et_result_part *v = l->v;
    for (size_t i = 0; i < l->n; i++)
        free(v[i].host);
    free(l->v);
    *l = (struct et_list){0};
}

static void merge_quantiles(struct et_record *const *v, size_t n, bool nodes,
                            double *room)
{
    struct et_result_spread *into = spread_of(v[0], nodes);
    double *const members[] = {&into->min,    &into->p5,  &into->p25,
                               &into->median, &into->p75, &into->p95,
                               &into->max};
    for (size_t m = 0; m < sizeof members / sizeof *members; m++) {
        size_t at = (size_t)((char *)members[m] - (char *)into);
        for (size_t i = 0; i < n; i++)
            memcpy(&room[i], (char *)spread_of(v[i], nodes) + at, sizeof *room);
        *members[m] = et_stat_median(room, n);
    }
    for (size_t i = 1; i < n; i++) {
        const struct et_reals *h = &spread_of(v[i], nodes)->histogram;
        for (size_t k = 0; k < h->n && k < into->histogram.n; k++)
            into->histogram.v[k] += h->v[k];
    }
}

static bool merge_spread(struct et_record *const *v, size_t n, bool nodes,
                         double *room)
{
    struct et_result_spread *into = spread_of(v[0], nodes);
    struct et_list parts = {0}, worst = {0}, last = {0};
    if (into->n == ET_ABSENT_INT)
        return true;
    bool ok = gather_parts(v, n, nodes, &parts, room);
    if (ok && parts.n > 1)
        qsort(parts.v, parts.n, sizeof(struct et_result_part), by_median);
    ok = ok && take_few(&parts, false, &worst);
    if (ok && parts.n > 1)
        qsort(parts.v, parts.n, sizeof(struct et_result_part), by_last);
    ok = ok && take_few(&parts, true, &last);
    free(parts.v);
    if (!ok) {
        free_parts(&worst);
        free_parts(&last);
        return false;
    }
    merge_quantiles(v, n, nodes, room);
    free_parts(&into->worst);
    free_parts(&into->last);
    into->worst = worst;
    into->last = last;
    return true;
}

/* The slowest rank is the first of the worst. */
static bool name_slowest(struct et_result_time *t)
{
    const struct et_result_part *worst = t->ranks.worst.v;
    if (t->ranks.worst.n == 0)
        return true;
    char *host = et_strdup(worst->host);
    if (worst->host && !host)
        return false;
    free(t->slowest_host);
    t->slowest_host = host;
    t->slowest_rank = worst->rank;
    t->imbalance = worst->median / worst->others;
    return true;
}

bool et_merge_spreads(struct et_record *const *v, size_t n)
{
    double *room = et_alloc(2 * n, sizeof *room);
    bool ok = room && merge_spread(v, n, false, room) &&
              merge_spread(v, n, true, room) &&
              name_slowest(&v[0]->result.time);
    free(room);
    return ok;
}
