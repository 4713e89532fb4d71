/* Grouping by sorted keys, and what a record is called. */
#include "config.h"
#include "results/reading/group.h"

#include <stdlib.h>
#include <string.h>

#include "harness/base/dtype.h"
#include "harness/base/memory.h"

bool et_picks_take(struct et_picks *out, const struct et_run *run,
                   et_pick_test *test)
{
    size_t *v = et_alloc(run->n, sizeof *v);
    if (!v)
        return false;
    *out = (struct et_picks){.v = v};
    for (size_t i = 0; i < run->n; i++) {
        if (test(&run->records[i]))
            v[out->n++] = i;
    }
    return true;
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
        if (key & (p->number ? ET_KEY_NUMBERS : ET_KEY_WORDS)) {
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

const char *et_param(const struct et_record *r, const char *key)
{
    return et_pairs_get(&r->result.params, key);
}

const char *et_record_dtype(const struct et_record *r)
{
    const char *s = et_param(r, "dtype");
    return s ? s : "";
}

/* Keys seen so far with the first record's text; NULL once they differ. */
struct seen {
    const char *key, *text;
    size_t count;
};

static bool has(const struct et_strings *l, const char *s)
{
    for (size_t i = 0; i < l->n; i++) {
        if (strcmp(l->v[i], s) == 0)
            return true;
    }
    return false;
}

/* Adds the keys of words, or of numbers, that vary among these. */
static bool vary(const struct et_run *run, const struct et_picks *among,
                 bool numbers, struct et_strings *keys)
{
    struct seen *seen = NULL;
    size_t n = 0;
    bool ok = true;
    for (size_t i = 0; ok && i < among->n; i++) {
        const struct et_pairs *p = &run->records[among->v[i]].result.params;
        for (size_t k = 0; ok && k < p->n; k++) {
            size_t at = 0;
            if (p->v[k].number != numbers)
                continue;
            while (at < n && strcmp(seen[at].key, p->v[k].key) != 0)
                at++;
            if (at == n) {
                struct seen *more = et_grow(seen, n + 1, sizeof *seen);
                ok = more != NULL;
                if (!ok)
                    break;
                seen = more;
                seen[n++] = (struct seen){p->v[k].key, p->v[k].text, 0};
            }
            seen[at].count++;
            if (seen[at].text && strcmp(seen[at].text, p->v[k].text) != 0)
                seen[at].text = NULL;
        }
    }
    for (size_t k = 0; ok && k < n; k++) {
        bool varies = !seen[k].text || seen[k].count < among->n;
        if (varies && !has(keys, seen[k].key))
            ok = et_strings_add(keys, seen[k].key);
    }
    free(seen);
    return ok;
}

bool et_varying(const struct et_run *run, const struct et_picks *among,
                struct et_strings *keys)
{
    bool ok = true;
    for (int numbers = 0; ok && numbers < 2; numbers++) {
        struct et_groups g;
        ok = et_groups_make(&g, run, among,
                            ET_KEY_BENCH | (numbers ? ET_KEY_SHAPE : 0));
        for (size_t i = 0; ok && i < g.n; i++)
            ok = vary(run, &g.v[i], numbers, keys);
        et_groups_free(&g);
    }
    return ok;
}

/* How the sizes of known kinds of problem are written; a record that has all
 * the keys of a row is written by it, whatever its bench. */
#define SHAPE_KEYS 7
static const struct {
    const char *before[SHAPE_KEYS], *key[SHAPE_KEYS];
} shapes[] = {
    {{"n", " c", " ", "x", " k", " ", "x"},
     {"n", "c", "h", "w", "k", "r", "s"}},
    {{"", "x", "x"}, {"m", "n", "k"}},
};

/* Said elsewhere in every table: the dtype, the kind of scaling, the bytes. */
static const char *const said[] = {"dtype", "shape", "backend",
                                   "size",  "bytes", "count"};

static bool has_all(const struct et_record *r, const char *const *keys)
{
    for (size_t i = 0; i < SHAPE_KEYS && keys[i]; i++) {
        if (!et_param(r, keys[i]))
            return false;
    }
    return true;
}

static bool among_words(const char *const *words, size_t n, const char *word)
{
    for (size_t i = 0; i < n && words[i]; i++) {
        if (strcmp(words[i], word) == 0)
            return true;
    }
    return false;
}

/* A word speaks for itself, a number needs its key, and of a switch the key
 * says that it is on. */
static void say_pair(struct et_text *out, const char *before, const char *key,
                     const char *text)
{
    double number;
    bool yes;
    if (et_parse_real(text, &number))
        et_text_add(out, "%s%s=%s", before, key, text);
    else if (!et_parse_bool(text, &yes))
        et_text_add(out, "%s%s", before, text);
    else if (yes)
        et_text_add(out, "%s%s", before, key);
}

void et_shape_say(const struct et_record *r, const struct et_strings *varying,
                  bool brief, struct et_text *out)
{
    size_t n_shapes = sizeof shapes / sizeof *shapes, shape = 0;
    size_t from = out->n;
    const char *name = et_param(r, "shape");
    bool named = name && *name;
    while (shape < n_shapes && !has_all(r, shapes[shape].key))
        shape++;
    bool sized = shape < n_shapes;
    if (named)
        et_text_add(out, "%s%s", name, sized && !brief ? ": " : "");
    for (size_t i = 0; sized && !(named && brief) && i < SHAPE_KEYS; i++) {
        const char *key = shapes[shape].key[i];
        if (key)
            et_text_add(out, "%s%s", shapes[shape].before[i], et_param(r, key));
    }
    for (size_t i = 0; i < varying->n; i++) {
        const char *key = varying->v[i], *text = et_param(r, key);
        if (text && *text &&
            !among_words(said, sizeof said / sizeof *said, key) &&
            !(sized && among_words(shapes[shape].key, SHAPE_KEYS, key)))
            say_pair(out, out->n > from ? " " : "", key, text);
    }
    char buf[ET_TEXT_NUMBER];
    double bytes = r->result.work.bytes;
    if (out->n == from && bytes > 0 && bytes < 9e18)
        et_text_add(out, "%s", et_print_bytes(buf, (int64_t)bytes));
    if (out->n == from)
        et_text_add(out, "%s", r->result.label ? r->result.label : "-");
}

void et_kind_say(const struct et_record *r, struct et_text *out)
{
    const char *op = et_param(r, "op"), *dtype = et_record_dtype(r);
    const char *medium = et_record_medium(r);
    bool from = et_pairs_get(&r->result.facts, "source") != NULL;
    et_text_add(out, "%s%s%s%s%s", r->result.bench, *dtype ? " " : "", dtype,
                op ? " " : "", op ? op : "");
    if (medium)
        et_text_add(out, ", %s %s",
                    from                 ? "from"
                    : et_record_level(r) ? "in"
                                         : "to",
                    medium);
}

const char *et_record_operation(const struct et_record *r)
{
    enum et_dtype type = et_dtype_find(et_record_dtype(r));
    return et_dtype_is_integer(type) ? "OP" : "FLOP";
}

const char *et_record_medium(const struct et_record *r)
{
    const char *from = et_pairs_get(&r->result.facts, "source");
    const char *to = et_pairs_get(&r->result.facts, "target");
    return from ? from : to ? to : et_record_level(r);
}

const char *et_record_level(const struct et_record *r)
{
    return et_pairs_get(&r->result.facts, "fits_in");
}

bool et_record_checked(const struct et_record *r)
{
    return r->result.verification.status == ET_CHECK_PASSED;
}

bool et_record_measured(const struct et_record *r)
{
    const struct et_result *s = &r->result;
    return s->outcome == ET_MEASURED &&
           s->verification.status != ET_CHECK_FAILED && s->time.median > 0 &&
           isfinite(s->time.median);
}

enum et_flaw et_record_flaw(const struct et_record *r)
{
    const struct et_result *s = &r->result;
    if (!et_record_measured(r))
        return ET_FLAW_WRONG;
    if (!et_record_checked(r))
        return ET_FLAW_UNCHECKED;
    if (s->verification.odd.n)
        return ET_FLAW_ODD;
    if (r->roofline.suspect)
        return ET_FLAW_SUSPECT;
    if (!s->time.converged)
        return ET_FLAW_UNCONVERGED;
    if (!isfinite(s->time.ci_low) || !isfinite(s->time.ci_high))
        return ET_FLAW_NO_INTERVAL;
    return s->time.drifts ? ET_FLAW_DRIFTS : ET_FLAW_NONE;
}

const char *et_flaw_name(enum et_flaw f)
{
    static const char *const names[] = {
        "",        "wrong",         "not checked", "odd outputs",
        "suspect", "not converged", "no interval", "drifts"};
    return (size_t)f < sizeof names / sizeof *names ? names[f] : "?";
}

bool et_record_sound(const struct et_record *r)
{
    return et_record_flaw(r) == ET_FLAW_NONE;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

bool et_accused_find(const struct et_run *run, struct et_strings *out)
{
    struct et_strings l = {0};
    for (size_t i = 0; i < run->n; i++) {
        const char *id = run->records[i].roofline.suspect;
        if (id && !et_strings_add(&l, id)) {
            et_strings_free(&l);
            return false;
        }
    }
    if (l.n)
        qsort(l.v, l.n, sizeof *l.v, by_text);
    *out = l;
    return true;
}

bool et_accused_has(const struct et_strings *accused, const char *id)
{
    char *key = (char *)id;
    return accused->n &&
           bsearch(&key, accused->v, accused->n, sizeof *accused->v, by_text);
}

const struct et_metric_value *et_record_merit(const struct et_record *r)
{
    const struct et_metric_value *m = r->metrics.v;
    return r->metrics.n && et_record_measured(r) ? m : NULL;
}
