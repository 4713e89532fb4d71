/* Grouping by sorted keys. */
#include "config.h"
#include "results/reading/group.h"

#include <stdlib.h>
#include <string.h>

#include "harness/base/memory.h"
#include "results/reading/name.h"

static bool take(struct et_picks *out, const struct et_run *run,
                 et_pick_test *test, et_pick_run_test *by)
{
    size_t *v = et_alloc(run->n, sizeof *v);
    if (!v)
        return false;
    *out = (struct et_picks){.v = v};
    for (size_t i = 0; i < run->n; i++) {
        const struct et_record *r = &run->records[i];
        if (by ? by(run, r) : !test || test(r))
            v[out->n++] = i;
    }
    return true;
}

bool et_picks_take(struct et_picks *out, const struct et_run *run,
                   et_pick_test *test)
{
    return take(out, run, test, NULL);
}

bool et_picks_take_by(struct et_picks *out, const struct et_run *run,
                      et_pick_run_test *test)
{
    return take(out, run, NULL, test);
}

void et_picks_free(struct et_picks *p)
{
    free(p->v);
    *p = (struct et_picks){0};
}

static void put(struct et_text *t, const char *s)
{
    if (s)
        et_text_put(t, s, strlen(s));
    et_text_put(t, "\x1f", 1);
}

static void put_int(struct et_text *t, int64_t v)
{
    et_text_add(t, "%lld\x1f", (long long)v);
}

static void put_key(struct et_text *t, const struct et_record *r, int key)
{
    const struct et_result *s = &r->result;
    if (key & ET_KEY_CASE)
        put(t, s->id);
    if (key & ET_KEY_BENCH)
        put(t, s->bench);
    if (key & ET_KEY_DTYPE)
        put(t, et_record_dtype(r));
    if (key & ET_KEY_SHAPE)
        put(t, et_param(r, "shape"));
    if (key & ET_KEY_OP)
        put(t, et_param(r, "op"));
    if (key & ET_KEY_OP)
        put(t, et_record_medium(r));
    if (key & ET_KEY_BACKEND)
        put(t, s->backend);
    if (key & ET_KEY_LABEL)
        put(t, s->label);
    if (key & ET_KEY_TEAM) {
        put_int(t, s->team.ranks);
        put_int(t, s->team.nodes);
    }
    if (key & ET_KEY_THREADS)
        put_int(t, s->team.threads);
    if (key & ET_KEY_OUTCOME) {
        put_int(t, s->outcome);
        put(t, s->reason);
    }
    for (size_t i = 0; i < s->params.n; i++) {
        const struct et_pair *p = &s->params.v[i];
        bool other = p->number && !et_param_is_said(p->key);
        if (key & (p->number ? ET_KEY_NUMBERS : ET_KEY_WORDS) ||
            (other && key & ET_KEY_OTHERS)) {
            put(t, p->key);
            put(t, p->text);
        }
    }
}

struct entry {
    const char *key;
    size_t index;
};

static int by_key(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;
    int d = strcmp(x->key, y->key);
    return d ? d : (x->index > y->index) - (x->index < y->index);
}

static int by_first(const void *a, const void *b)
{
    const struct et_picks *x = a, *y = b;
    return (x->v[0] > y->v[0]) - (x->v[0] < y->v[0]);
}

bool et_groups_make(struct et_groups *out, const struct et_run *run,
                    const struct et_picks *among, int key)
{
    struct et_text keys = {0};
    size_t n = among->n;
    struct entry *e = et_alloc(n, sizeof *e);
    size_t *at = et_alloc(n, sizeof *at);
    struct et_groups g = {.v = et_alloc(n, sizeof *g.v),
                          .order = et_alloc(n, sizeof *g.order)};
    bool ok = false;
    *out = (struct et_groups){0};
    if (!e || !at || !g.v || !g.order)
        goto out;
    for (size_t i = 0; i < n; i++) {
        at[i] = keys.n;
        put_key(&keys, &run->records[among->v[i]], key);
        et_text_put(&keys, "", 1);
    }
    if (keys.failed)
        goto out;
    for (size_t i = 0; i < n; i++)
        e[i] = (struct entry){keys.s + at[i], among->v[i]};
    if (n)
        qsort(e, n, sizeof *e, by_key);
    for (size_t i = 0; i < n; i++) {
        g.order[i] = e[i].index;
        if (i == 0 || strcmp(e[i].key, e[i - 1].key) != 0)
            g.v[g.n++] = (struct et_picks){.v = &g.order[i]};
        g.v[g.n - 1].n++;
    }
    if (g.n)
        qsort(g.v, g.n, sizeof *g.v, by_first);
    *out = g;
    g = (struct et_groups){0};
    ok = true;
out:
    et_text_free(&keys);
    free(e);
    free(at);
    et_groups_free(&g);
    return ok;
}

void et_groups_free(struct et_groups *g)
{
    free(g->v);
    free(g->order);
    *g = (struct et_groups){0};
}
