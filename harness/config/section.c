/* A section's keys become axes, an axis a list of points, a point the keys it
 * sets; the cases are the product of the axes. */
#include "config.h"
#include "harness/config/axis.h"
#include "harness/config/scale.h"
#include "harness/config/section.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/log.h"
#include "harness/base/memory.h"

#define MAX_CASES 1000000

/* Keys every section has, besides its bench's; the last of them are not axes.
 */
static const char *const common_keys[] = {"backend", "ranks", "nodes",
                                          "threads", ET_SCALE_KEYS};
enum { COMMON = sizeof common_keys / sizeof *common_keys, AXES = 4 };

/* How the section's shapes are fitted to the machine. */
struct fitting {
    struct et_scale scale;
    struct et_catalog catalog;
    bool asked, applied;
    size_t left_out; /* cases */
};

static bool is_common(const char *key)
{
    for (size_t i = 0; i < COMMON; i++) {
        if (strcmp(common_keys[i], key) == 0)
            return true;
    }
    return false;
}

enum et_status et_section_set(struct et_section *s, const char *key,
                              const char *value, const char *where,
                              bool replace)
{
    const struct et_field *row = et_field_find(s->bench->params, key);
    if (row)
        key = row->key;
    if (!row && !is_common(key) && strcmp(key, s->bench->shape_key) != 0) {
        const char *words[160];
        size_t n = 0;
        for (; n < COMMON; n++)
            words[n] = common_keys[n];
        words[n++] = s->bench->shape_key;
        for (row = s->bench->params; row->key && n < 160; row++)
            words[n++] = row->key;
        const char *near = et_nearest(key, words, n);
        return et_error(ET_USAGE, "%s: [%s]: unknown key '%s'%s", where,
                        s->title, key, ET_HINT("", near));
    }
    if (!*value)
        return et_error(ET_USAGE, "%s: [%s]: %s has no value", where, s->title,
                        key);
    size_t i = 0;
    while (i < s->n && strcmp(s->v[i].key, key) != 0)
        i++;
    if (i < s->n && !replace)
        return et_error(ET_USAGE, "%s: [%s]: %s stands twice, first at %s",
                        where, s->title, key, s->v[i].where);
    if (i == s->n) {
        struct et_section_entry *v = et_grow(s->v, s->n + 1, sizeof *v);
        if (!v)
            return et_no_memory();
        s->v = v;
        v[s->n++] = (struct et_section_entry){.key = et_strdup(key)};
    }
    struct et_section_entry *e = &s->v[i];
    free(e->value);
    free(e->where);
    e->value = et_strdup(value);
    e->where = et_strdup(where);
    return e->key && e->value && e->where ? ET_OK : et_no_memory();
}

void et_section_free(struct et_section *s)
{
    for (size_t i = 0; i < s->n; i++) {
        free(s->v[i].key);
        free(s->v[i].value);
        free(s->v[i].where);
    }
    free(s->v);
    free(s->title);
    free(s->label);
    free(s->where);
    *s = (struct et_section){0};
}

static const struct et_section_entry *entry_of(const struct et_section *s,
                                               const char *key)
{
    for (size_t i = 0; i < s->n; i++) {
        if (strcmp(s->v[i].key, key) == 0)
            return &s->v[i];
    }
    return NULL;
}

/* "1024x512x256" or "2048^3" fills the bench's shape keys in order; a lone
 * key takes the item as it is. */
static enum et_status add_numeric(struct et_axis *a, const struct et_bench *b,
                                  const char *item, const char *where)
{
    struct et_strings parts = {0};
    enum et_status status = ET_OK;
    const char *power = strchr(item, '^');
    size_t keys = 0;
    while (b->shape[keys])
        keys++;
    if (keys == 1)
        return et_axis_add_item(a, et_field_find(b->params, b->shape[0]), item,
                                where);
    if (power) {
        int64_t times = 0;
        char base[32];
        snprintf(base, sizeof base, "%.*s", (int)(power - item), item);
        if (!et_parse_int(power + 1, &times) || times < 1 ||
            times > (int64_t)keys)
            return et_error(ET_USAGE,
                            "%s: %s: '%s': the power must be 1 to %zu", where,
                            b->shape_key, item, keys);
        for (int64_t i = 0; i < times; i++) {
            if (!et_strings_add(&parts, et_trim(base)))
                return et_no_memory();
        }
    } else if (!et_split(item, 'x', &parts)) {
        return et_no_memory();
    }
    struct et_pairs *p = NULL;
    if (parts.n > keys || parts.n < b->shape_least)
        status = et_error(ET_USAGE, "%s: %s: '%s' has %zu number%s; write %s",
                          where, b->shape_key, item, parts.n,
                          parts.n == 1 ? "" : "s", b->shape_help);
    else if (!(p = et_axis_add_point(a, NULL, NULL)))
        status = et_no_memory();
    for (size_t i = 0; status == ET_OK && i < parts.n; i++) {
        if (!et_pairs_set(p, b->shape[i], parts.v[i], true))
            status = et_no_memory();
    }
    et_strings_free(&parts);
    return status;
}

static enum et_status add_named(struct et_axis *a, const struct et_bench *b,
                                const struct et_catalog *catalog,
                                const char *pattern, const char *where)
{
    size_t found = 0;
    for (size_t i = 0; i < catalog->n; i++) {
        const struct et_shape *shape = &catalog->v[i];
        if (!et_catalog_selects(pattern, shape->name))
            continue;
        struct et_pairs *p = et_axis_add_point(a, "shape", shape->name);
        if (!p)
            return et_no_memory();
        found++;
        for (size_t k = 0; k < shape->values.n; k++) {
            const char *key = shape->values.v[k].key;
            /* `count` and `flops` are notes, not parameters. */
            if (et_field_find(b->params, key) &&
                !et_pairs_set(p, key, shape->values.v[k].text, true))
                return et_no_memory();
        }
    }
    if (found)
        return ET_OK;
    const char **names = et_alloc(2 * catalog->n + 1, sizeof *names);
    char *heads = et_alloc(catalog->n + 1, 64);
    if (!names || !heads) {
        free(names);
        free(heads);
        return et_no_memory();
    }
    /* Offer the nearest first part as well as the nearest whole name. */
    for (size_t i = 0; i < catalog->n; i++) {
        const char *name = catalog->v[i].name;
        snprintf(heads + 64 * i, 64, "%.*s", (int)strcspn(name, "/"), name);
        names[2 * i] = heads + 64 * i;
        names[2 * i + 1] = name;
    }
    const char *near = et_nearest(pattern, names, 2 * catalog->n);
    et_error(ET_USAGE,
             "%s: %s: no shape '%s'%s; `etalon list shapes` "
             "names them",
             where, b->shape_key, pattern, ET_HINT("", near));
    free(heads);
    free(names);
    return ET_USAGE;
}

static enum et_status shape_axis(const struct et_section *s,
                                 const char *catalog_dir,
                                 struct et_catalog *catalog, struct et_axis *a)
{
    const struct et_bench *b = s->bench;
    const struct et_section_entry *e = entry_of(s, b->shape_key);
    struct et_strings items = {0};
    enum et_status status = ET_OK;
    bool by_hand = false;
    /* Words that are not of the catalog: peak's sizes are element types. */
    bool words = et_field_find(b->params, b->shape[0])->type == ET_CHOICE;
    for (size_t i = 0; b->shape[i]; i++)
        by_hand = by_hand || entry_of(s, b->shape[i]);
    if (!e && by_hand)
        return ET_OK;
    a->where = e ? e->where : s->where;
    status = et_axis_split(e ? e->value : b->shape_preset, b->shape_key,
                           a->where, &items);
    for (size_t i = 0; status == ET_OK && i < items.n; i++) {
        const char *item = items.v[i];
        bool number = words || isdigit((unsigned char)*item) || *item == '-';
        if (number && by_hand)
            status = et_error(ET_USAGE,
                              "%s: %s: '%s' sets what another key of the "
                              "section sets too",
                              a->where, b->shape_key, item);
        else if (number)
            status = add_numeric(a, b, item, a->where);
        else {
            if (catalog->n == 0)
                status =
                    et_catalog_read(catalog_dir, b->name, b->params, catalog);
            if (status == ET_OK)
                status = add_named(a, b, catalog, item, a->where);
        }
    }
    et_strings_free(&items);
    return status;
}

static enum et_status unknown_backend(const struct et_bench *b,
                                      const char *name, const char *where)
{
    const char *words[66] = {"all", "fast"};
    size_t n = 2;
    const struct et_backend *backend;
    for (size_t i = 0; n < 66 && (backend = et_backend_at(b->backends, i)); i++)
        words[n++] = backend->name;
    const char *near = et_nearest(name, words, n);
    return et_error(ET_USAGE,
                    "%s: backend: %s has no backend '%s'%s; `etalon list "
                    "backends` names them",
                    where, b->name, name, ET_HINT("", near));
}

/* "all": every backend that is here; "fast", the preset: all of those that are
 * no reference, or where there is none such, the reference. Of two that are one
 * library the first is enough. */
static enum et_status add_backends(struct et_axis *a, const struct et_bench *b,
                                   bool all)
{
    size_t before = a->n;
    const struct et_backend *backend;
    for (size_t i = 0; (backend = et_backend_at(b->backends, i)); i++) {
        const char *why = NULL;
        if (!all && et_bench_is_reference(backend->name))
            continue;
        enum et_status status = et_backend_broken(backend, &why);
        if (status != ET_OK)
            return et_error(status,
                            "%s: [%s]: backend: %s: %s. Correct that, or name "
                            "the backends to be run",
                            a->where, b->name, backend->name, why);
        if (!et_backend_why_not(backend) &&
            !et_backend_twin(b->backends, backend) &&
            !et_axis_add_point(a, "backend", backend->name))
            return et_no_memory();
    }
    if (a->n == before &&
        !et_axis_add_point(a, "backend", et_backend_at(b->backends, 0)->name))
        return et_no_memory();
    return ET_OK;
}

static enum et_status backend_axis(const struct et_section *s,
                                   struct et_axis *a)
{
    const struct et_section_entry *e = entry_of(s, "backend");
    struct et_strings items = {0};
    enum et_status status = ET_OK;
    if (!e)
        return add_backends(a, s->bench, false);
    a->where = e->where;
    status = et_axis_split(e->value, "backend", e->where, &items);
    for (size_t i = 0; status == ET_OK && i < items.n; i++) {
        const char *name = items.v[i];
        bool listed = et_backend_find(s->bench->backends, name);
        const char *why = et_bench_why_not(s->bench, name);
        if (strcmp(name, "all") == 0 || strcmp(name, "fast") == 0)
            status = add_backends(a, s->bench, *name == 'a');
        else if (!listed)
            status = unknown_backend(s->bench, name, e->where);
        else if (why)
            status = et_error(
                et_backend_broken(et_backend_find(s->bench->backends, name),
                                  NULL) == ET_INFRA
                    ? ET_INFRA
                    : ET_USAGE,
                "%s: backend: %s: %s", e->where, name, why);
        else if (!et_axis_add_point(a, "backend", name))
            status = et_no_memory();
    }
    et_strings_free(&items);
    return status;
}

/* A point of the team axis: `size` ranks or nodes. */
static enum et_status add_team(struct et_axis *a,
                               const struct et_allocation *allocation,
                               bool by_node, int64_t size)
{
    char ranks[32], nodes[32];
    int64_t n = 1, p = size;
    if (by_node) {
        n = size;
        p = size <= allocation->nodes
                ? allocation->ranks_upto[size - 1]
                : allocation->ranks + size; /* will be skipped */
    } else {
        while (n < allocation->nodes && allocation->ranks_upto[n - 1] < p)
            n++;
    }
    snprintf(ranks, sizeof ranks, "%lld", (long long)p);
    snprintf(nodes, sizeof nodes, "%lld", (long long)n);
    struct et_pairs *point = et_axis_add_point(a, "ranks", ranks);
    return point && et_pairs_set(point, "nodes", nodes, true) ? ET_OK
                                                              : et_no_memory();
}

/* 1, 2, 4, ... and `most`, ranks or nodes. One rank alone sends nothing to
 * anybody: a collective has no such team. */
static enum et_status add_powers(struct et_axis *a, const struct et_bench *b,
                                 const struct et_allocation *allocation,
                                 bool by_node, int64_t most)
{
    bool alone = b->role == ET_ROLE_COLLECTIVE &&
                 (!by_node || allocation->ranks_upto[0] == 1);
    enum et_status status = ET_OK;
    for (int64_t size = alone ? 2 : 1; status == ET_OK && size < most;
         size *= 2)
        status = add_team(a, allocation, by_node, size);
    if (status == ET_OK && !(alone && most == 1))
        status = add_team(a, allocation, by_node, most);
    return status;
}

static enum et_status team_axis(const struct et_section *s,
                                const struct et_allocation *allocation,
                                struct et_axis *a)
{
    const struct et_section_entry *e = entry_of(s, "ranks");
    const struct et_section_entry *by_node = entry_of(s, "nodes");
    struct et_strings items = {0};
    enum et_status status = ET_OK;
    if (e && by_node)
        return et_error(ET_USAGE,
                        "%s: nodes: ranks is given too, at %s; give one",
                        by_node->where, e->where);
    if (by_node)
        e = by_node;
    int64_t most = by_node ? allocation->nodes : allocation->ranks;
    const char *key = by_node ? "nodes" : "ranks";
    a->where = e ? e->where : s->where;
    status = et_axis_split(e ? e->value : "powers", key, a->where, &items);
    for (size_t i = 0; status == ET_OK && i < items.n; i++) {
        int64_t size;
        if (strcmp(items.v[i], "all") == 0) {
            status = add_team(a, allocation, by_node, most);
        } else if (strcmp(items.v[i], "powers") == 0) {
            status = add_powers(a, s->bench, allocation, by_node, most);
        } else if (!et_parse_int(items.v[i], &size) || size < 1 ||
                   size > 1000000000) {
            status = et_error(ET_USAGE,
                              "%s: %s: '%s' is not a number from 1, 'powers' "
                              "or 'all'",
                              a->where, key, items.v[i]);
        } else {
            if (size > most)
                et_warn("%s: %s: %lld are asked for, %lld are here; such "
                        "cases are skipped",
                        a->where, key, (long long)size, (long long)most);
            status = add_team(a, allocation, by_node, size);
        }
    }
    et_strings_free(&items);
    return status;
}

static enum et_status read_scale(const struct et_section *s,
                                 struct fitting *fit)
{
    enum et_status status = ET_OK;
    for (size_t i = AXES; i < COMMON && status == ET_OK; i++) {
        const struct et_section_entry *e = entry_of(s, common_keys[i]);
        if (!e)
            continue;
        fit->asked = true;
        status = et_scale_set(&fit->scale, e->key, e->value, e->where);
    }
    const struct et_section_entry *both = entry_of(s, "microbatch");
    if (status == ET_OK && both && entry_of(s, "tokens"))
        return et_error(ET_USAGE,
                        "%s: microbatch: tokens is given too, at %s; give one",
                        both->where, entry_of(s, "tokens")->where);
    return status;
}

static enum et_status scale(struct fitting *fit, struct et_case *c,
                            const char *where, bool *left_out)
{
    const struct et_shape *row = NULL;
    for (size_t i = 0; c->shape && i < fit->catalog.n && !row; i++) {
        if (strcmp(fit->catalog.v[i].name, c->shape) == 0)
            row = &fit->catalog.v[i];
    }
    fit->applied |= row && et_scale_applies(&fit->scale, row);
    return et_scale_case(&fit->scale, row, c, where, left_out);
}

/* What was asked for and did not come to pass. */
static enum et_status check_scale(const struct et_section *s,
                                  const struct fitting *fit)
{
    const struct et_section_entry *e = entry_of(s, "tokens");
    if (!e)
        e = entry_of(s, "microbatch");
    if (e && !fit->applied)
        return et_error(ET_USAGE,
                        "%s: %s: none of the section's shapes has any to "
                        "scale; `etalon list shapes` names those of the "
                        "catalog",
                        e->where, e->key);
    if (fit->left_out)
        et_note("%s: [%s]: %zu case%s left out by fit or flop_most", s->where,
                s->title, fit->left_out, fit->left_out == 1 ? " is" : "s are");
    return ET_OK;
}

/* One combination of points to a case. */
static enum et_status make_case(const struct et_section *s,
                                const struct et_axis *axes, const size_t *at,
                                size_t n_axes, struct fitting *fit,
                                struct et_cases *out)
{
    struct et_case c = {0};
    char where[600];
    bool left_out = false;
    enum et_status status = et_case_init(s->bench, &c);
    for (size_t i = 0; status == ET_OK && i < n_axes; i++) {
        const struct et_pairs *p =
            axes[i].n ? &axes[i].points[at[i]] : &(struct et_pairs){0};
        snprintf(where, sizeof where, "%s: [%s]", axes[i].where, s->title);
        for (size_t k = 0; status == ET_OK && k < p->n; k++)
            status = et_case_set(&c, p->v[k].key, p->v[k].text, where);
    }
    /* The sizes' place: most of what is wrong together, or too large, is. */
    snprintf(where, sizeof where, "%s: [%s]", axes[0].where, s->title);
    if (status == ET_OK && fit->asked)
        status = scale(fit, &c, where, &left_out);
    if (status == ET_OK && s->bench->check)
        status = s->bench->check(c.params, where);
    c.where = et_strdup(where);
    c.label = et_strdup(s->label);
    if (status == ET_OK)
        status = et_case_name(&c);
    if (status == ET_OK && left_out) {
        fit->left_out++;
        et_case_free(&c);
        return ET_OK;
    }
    if (status == ET_OK && (out->n & (out->n - 1)) == 0) {
        struct et_case *v = et_grow(out->v, out->n ? 2 * out->n : 1, sizeof *v);
        if (!v)
            status = et_no_memory();
        else
            out->v = v;
    }
    if (status != ET_OK) {
        if (c.bench)
            et_case_free(&c);
        return status;
    }
    out->v[out->n++] = c;
    return ET_OK;
}

static enum et_status multiply(const struct et_section *s,
                               const struct et_axis *axes, size_t n_axes,
                               struct fitting *fit, struct et_cases *out)
{
    size_t at[64] = {0};
    double total = 1;
    for (size_t i = 0; i < n_axes; i++)
        total *= axes[i].n ? (double)axes[i].n : 1;
    if (total + (double)out->n > MAX_CASES)
        return et_error(ET_USAGE,
                        "%s: [%s]: %.0f cases; at most %d are run at once",
                        s->where, s->title, total, MAX_CASES);
    for (;;) {
        enum et_status status = make_case(s, axes, at, n_axes, fit, out);
        if (status != ET_OK)
            return status;
        size_t i = n_axes;
        while (i > 0 && ++at[i - 1] >= axes[i - 1].n)
            at[--i] = 0;
        if (i == 0)
            return ET_OK;
    }
}

enum et_status et_section_expand(const struct et_section *s,
                                 const char *catalog_dir,
                                 const struct et_allocation *allocation,
                                 struct et_cases *out)
{
    static const struct et_field threads_row = {.key = "threads",
                                                .type = ET_INT};
    struct et_axis axes[64] = {0};
    struct fitting fit = {0};
    size_t n = 0;
    char preset[32];
    for (size_t i = 0; i < 64; i++)
        axes[i].where = s->where;
    /* The last axis turns fastest: backends side by side, then teams. */
    enum et_status status = read_scale(s, &fit);
    if (status == ET_OK)
        status = shape_axis(s, catalog_dir, &fit.catalog, &axes[n++]);
    for (const struct et_field *row = s->bench->params;
         status == ET_OK && row->key && n < 60; row++) {
        const struct et_section_entry *e = entry_of(s, row->key);
        if (e)
            status = et_axis_list(e, row, &axes[n++]);
    }
    const struct et_section_entry *threads = entry_of(s, "threads");
    if (status == ET_OK && threads)
        status = et_axis_list(threads, &threads_row, &axes[n++]);
    else if (status == ET_OK) {
        long long share = allocation->threads;
        snprintf(preset, sizeof preset, "%lld", s->bench->serial ? 1 : share);
        if (!et_axis_add_point(&axes[n++], "threads", preset))
            status = et_no_memory();
    }
    size_t before = out->n, team = n;
    if (status == ET_OK)
        status = team_axis(s, allocation, &axes[n++]);
    /* No team: its cases are made of one rank all the same, so that whatever is
     * wrong in the section is told, and then dropped. */
    bool alone = status == ET_OK && axes[team].n == 0;
    if (alone)
        status = add_team(&axes[team], allocation, false, 1);
    if (status == ET_OK)
        status = backend_axis(s, &axes[n++]);
    if (status == ET_OK)
        status = multiply(s, axes, n, &fit, out);
    if (status == ET_OK)
        status = check_scale(s, &fit);
    et_catalog_free(&fit.catalog);
    if (alone && status == ET_OK)
        et_note("%s: [%s]: one rank alone sends nothing to anybody: no case; "
                "start more ranks, or ask for ranks = 1",
                s->where, s->title);
    while (alone && out->n > before)
        et_case_free(&out->v[--out->n]);
    for (size_t i = 0; i < 64; i++) {
        for (size_t k = 0; k < axes[i].n; k++)
            et_pairs_free(&axes[i].points[k]);
        free(axes[i].points);
    }
    return status;
}
