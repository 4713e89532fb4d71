/* Parameters times what was asked for over what the row has. */
#include "config.h"
#include "harness/config/scale.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/log.h"

/* A note of a row: how many, and which parameters grow with them. */
struct note {
    const char *key;
    int64_t count; /* 0: the row has none */
    const char *parameters;
    bool changed;
};

static enum et_status read_note(const struct et_shape *row, const char *key,
                                struct note *out)
{
    char count[32];
    const char *text = row ? et_pairs_get(&row->values, key) : NULL;
    const char *colon = text ? strchr(text, ':') : NULL;
    *out = (struct note){.key = key};
    if (!text || strcmp(text, "-") == 0)
        return ET_OK;
    snprintf(count, sizeof count, "%.*s", colon ? (int)(colon - text) : 0,
             text);
    if (!et_parse_int(count, &out->count) || out->count < 1)
        return et_error(ET_USAGE,
                        "%s: %s: '%s' is not a number from 1, ':' and what "
                        "grows with it, such as 8192:m, or '-'",
                        row->where, key, text);
    out->parameters = colon + 1;
    return ET_OK;
}

enum et_status et_scale_set(struct et_scale *s, const char *key,
                            const char *value, const char *where)
{
    bool bytes = strcmp(key, "fit") == 0;
    int64_t *to = bytes                        ? &s->fit
                  : strcmp(key, "tokens") == 0 ? &s->tokens
                                               : &s->microbatch;
    if (strcmp(key, "flop_most") == 0) {
        if (et_parse_real(value, &s->flop_most) && s->flop_most > 0)
            return ET_OK;
        return et_error(ET_USAGE,
                        "%s: %s: '%s' is not a number above 0, such as 4e9",
                        where, key, value);
    }
    if ((bytes ? et_parse_bytes(value, to) : et_parse_int(value, to)) &&
        *to >= 1)
        return ET_OK;
    return et_error(ET_USAGE, "%s: %s: '%s' is not %s", where, key, value,
                    bytes ? "a size, such as 2GiB" : "a number from 1");
}

/* A parameter times count / old, at least 1. */
static enum et_status grow(struct et_case *c, const char *key, int64_t count,
                           int64_t old, const char *where)
{
    const struct et_field *row = et_field_find(c->bench->params, key);
    char text[32];
    if (!row || row->type != ET_INT)
        return et_error(ET_USAGE,
                        "%s: the shape's notes name '%s', which is no whole "
                        "number of %s",
                        where, key, c->bench->name);
    int64_t v =
        *(const int64_t *)(const void *)((const char *)c->params + row->at);
    double grown = floor((double)v * (double)count / (double)old);
    snprintf(text, sizeof text, "%.0f", fmax(1, grown));
    return et_case_set(c, row->key, text, where);
}

static enum et_status resize(struct et_case *c, struct note *n, int64_t count,
                             const char *where)
{
    struct et_strings keys = {0};
    if (!et_split(n->parameters, '+', &keys))
        return et_no_memory();
    enum et_status status = ET_OK;
    for (size_t i = 0; status == ET_OK && i < keys.n; i++)
        status = grow(c, keys.v[i], count, n->count, where);
    et_strings_free(&keys);
    n->changed |= n->count != count;
    n->count = count;
    return status;
}

/* Of a rank that does it alone. */
static struct et_need need_of(const struct et_case *c)
{
    struct et_need need = {0};
    c->bench->need(c->params, 1, (int)c->threads, &need);
    return need;
}

/* What became of it, at the end of its name. */
static enum et_status name(struct et_case *c, const struct note *n,
                           const char *where)
{
    char text[512];
    if (!n->changed)
        return ET_OK;
    snprintf(text, sizeof text, "%s/%s-%lld", c->shape, n->key,
             (long long)n->count);
    return et_case_set(c, "shape", text, where);
}

bool et_scale_applies(const struct et_scale *s, const struct et_shape *row)
{
    struct note n = {0};
    return (s->tokens && read_note(row, "tokens", &n) == ET_OK && n.count) ||
           (s->microbatch && read_note(row, "microbatch", &n) == ET_OK &&
            n.count);
}

enum et_status et_scale_case(const struct et_scale *s,
                             const struct et_shape *row, struct et_case *c,
                             const char *where, bool *out)
{
    struct note tokens, microbatch;
    enum et_status status = read_note(row, "tokens", &tokens);
    if (status == ET_OK)
        status = read_note(row, "microbatch", &microbatch);
    if (status == ET_OK && s->tokens && tokens.count)
        status = resize(c, &tokens, s->tokens, where);
    if (status == ET_OK && s->microbatch && microbatch.count)
        status = resize(c, &microbatch, s->microbatch, where);
    struct note *less = tokens.count ? &tokens : &microbatch;
    while (status == ET_OK && s->fit && less->count > 1 &&
           need_of(c).bytes > (double)s->fit)
        status = resize(c, less, less->count / 2, where);
    if (status != ET_OK)
        return status;
    struct et_need need = need_of(c);
    *out = (s->fit && need.bytes > (double)s->fit) ||
           (s->flop_most > 0 && need.flop > s->flop_most);
    status = name(c, &tokens, where);
    return status == ET_OK ? name(c, &microbatch, where) : status;
}
