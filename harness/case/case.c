/* A case and its id: the id holds the shape's parameters, those that differ
 * from their preset, and the team, so that it parses back and means the same
 * in every run. */
#include "config.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/log.h"
#include "harness/base/memory.h"
#include "harness/case/case.h"

/* Blanks, '%', '=' and control characters as %XX, so that words split. */
static void put_escaped(struct et_text *t, const char *s)
{
    for (; *s; s++) {
        unsigned char c = (unsigned char)*s;
        if (c <= ' ' || c == '%' || c == '=' || c == 0x7f)
            et_text_add(t, "%%%02X", c);
        else
            et_text_put(t, s, 1);
    }
}

static void unescape(char *s)
{
    char *to = s;
    for (; *s; s++) {
        unsigned c;
        if (*s == '%' && sscanf(s + 1, "%2X", &c) == 1) {
            *to++ = (char)c;
            s += 2;
        } else {
            *to++ = *s;
        }
    }
    *to = '\0';
}

static void put_word(struct et_text *t, const char *key, const char *value)
{
    et_text_add(t, " %s=", key);
    put_escaped(t, value);
}

static bool is_shape_key(const struct et_bench *b, const char *key)
{
    for (size_t i = 0; b->shape[i]; i++) {
        if (strcmp(b->shape[i], key) == 0)
            return true;
    }
    return false;
}

static bool is_preset(const struct et_field *row, const char *text,
                      const void *presets)
{
    struct et_text preset = {0};
    et_field_print(row, presets, &preset);
    bool same = strcmp(et_text_str(&preset), text) == 0;
    et_text_free(&preset);
    return same;
}

enum et_status et_case_name(struct et_case *c)
{
    struct et_text id = {0};
    void *presets = et_alloc(1, c->bench->params_size);
    if (!presets || et_fields_init(c->bench->params, presets,
                                   c->bench->params_size) != ET_OK) {
        free(presets);
        return et_error(ET_INFRA, "no memory");
    }
    et_text_add(&id, "%s", c->bench->name);
    if (c->label)
        put_word(&id, "label", c->label);
    put_word(&id, "backend", c->backend);
    if (c->shape)
        put_word(&id, "shape", c->shape);
    for (const struct et_field *row = c->bench->params; row->key; row++) {
        struct et_text value = {0};
        et_field_print(row, c->params, &value);
        if (is_shape_key(c->bench, row->key) ||
            !is_preset(row, et_text_str(&value), presets))
            put_word(&id, row->key, et_text_str(&value));
        et_text_free(&value);
    }
    et_text_add(&id, " ranks=%lld", (long long)c->ranks);
    if (c->nodes > 1)
        et_text_add(&id, " nodes=%lld", (long long)c->nodes);
    et_text_add(&id, " threads=%lld", (long long)c->threads);
    et_fields_free(c->bench->params, presets, c->bench->params_size);
    free(presets);
    if (id.failed) {
        et_text_free(&id);
        return et_error(ET_INFRA, "no memory");
    }
    free(c->id);
    c->id = id.s;
    return ET_OK;
}

/* Rows of the words an id has besides the bench's parameters. */
static const struct et_field case_rows[] = {
    ET_ROW(et_case, label, ET_STRING, NULL),
    ET_ROW(et_case, backend, ET_STRING, NULL),
    ET_ROW(et_case, shape, ET_STRING, NULL),
    ET_ROW(et_case, ranks, ET_INT, NULL, .min = 1, .max = 1e9),
    ET_ROW(et_case, nodes, ET_INT, NULL, .min = 1, .max = 1e9),
    ET_ROW(et_case, threads, ET_INT, NULL, .min = 1, .max = 1e6),
    {0}};

enum et_status et_case_init(const struct et_bench *bench, struct et_case *out)
{
    struct et_case c = {.bench = bench, .ranks = 1, .nodes = 1, .threads = 1};
    c.params = et_alloc(1, bench->params_size);
    if (!c.params)
        return et_error(ET_INFRA, "no memory");
    enum et_status s =
        et_fields_init(bench->params, c.params, bench->params_size);
    if (s != ET_OK) {
        free(c.params);
        return s;
    }
    *out = c;
    return ET_OK;
}

enum et_status et_case_set(struct et_case *c, const char *key,
                           const char *value, const char *where)
{
    const struct et_field *row = et_field_find(c->bench->params, key);
    if (row)
        return et_field_parse(row, c->params, value, where);
    row = et_field_find(case_rows, key);
    if (row)
        return et_field_parse(row, c, value, where);
    return et_error(ET_USAGE, "%s: unknown key '%s'", where, key);
}

enum et_status et_case_parse(const char *id, const struct et_benches *benches,
                             struct et_case *out)
{
    struct et_strings words = {0};
    struct et_case c = {0};
    enum et_status status = ET_INFRA;
    if (!et_split(id, ' ', &words))
        return et_error(ET_INFRA, "no memory");
    const struct et_bench *bench = et_bench_find(benches, words.v[0]);
    if (!bench) {
        status = et_error(ET_USAGE, "case '%s': no bench of this name", id);
        goto out;
    }
    status = et_case_init(bench, &c);
    for (size_t i = 1; status == ET_OK && i < words.n; i++) {
        char *equals = strchr(words.v[i], '=');
        if (!equals) {
            status = et_error(ET_USAGE, "case '%s': '%s' is no key=value", id,
                              words.v[i]);
            break;
        }
        *equals = '\0';
        unescape(equals + 1);
        status = et_case_set(&c, words.v[i], equals + 1, "case");
    }
    if (status == ET_OK && !c.backend)
        status = et_error(ET_USAGE, "case '%s': names no backend", id);
    if (status == ET_OK)
        status = et_case_name(&c);
out:
    et_strings_free(&words);
    if (status != ET_OK) {
        et_case_free(&c);
        return status;
    }
    *out = c;
    return ET_OK;
}

void et_case_free(struct et_case *c)
{
    if (c->params) {
        et_fields_free(c->bench->params, c->params, c->bench->params_size);
        free(c->params);
    }
    free(c->id);
    free(c->where);
    et_fields_free(case_rows, c, sizeof *c);
}

void et_cases_free(struct et_cases *c)
{
    for (size_t i = 0; i < c->n; i++)
        et_case_free(&c->v[i]);
    free(c->v);
    *c = (struct et_cases){0};
}

enum et_status et_case_fits(const struct et_case *c, double memory,
                            int64_t ranks_per_node)
{
    struct et_need need = {0};
    c->bench->need(c->params, (int)c->ranks, (int)c->threads, &need);
    int64_t here = c->ranks < ranks_per_node ? c->ranks : ranks_per_node;
    double total = need.memory * (double)here;
    if (!isfinite(total) || !isfinite(need.flop) || !isfinite(need.bytes))
        return et_error(ET_USAGE, "%s: %s: sizes overflow; make them smaller",
                        c->where ? c->where : "case", c->id);
    double own = ET_CASE_OWN(c->threads) * (double)here;
    if (memory > 0 && total + own > memory)
        return et_error(
            ET_USAGE,
            "%s: %s: needs %.3g GiB of memory on a node, and the libraries "
            "%.2g GiB, where %.3g GiB are free",
            c->where ? c->where : "case", c->id, total / 0x1p30, own / 0x1p30,
            memory / 0x1p30);
    return ET_OK;
}
