/* Reads a plan into sections and its [run] keys into the options, then has
 * each section expanded. */
#include "config.h"
#include "harness/config/plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/log.h"
#include "harness/base/memory.h"
#include "harness/config/ini.h"
#include "harness/config/section.h"

struct plan {
    const struct et_benches *benches;
    struct et_options *options;
    const struct et_strings *given; /* option keys of the command line */
    struct et_section *v;
    size_t n;
    bool in_run;
    char *run_where;            /* of the plan's [run]; NULL: none yet */
    struct et_strings run_keys; /* of the plan's own [run] */
    struct et_strings set_keys; /* of --set run.key=value */
};

static enum et_status no_memory(void)
{
    return et_error(ET_INFRA, "no memory");
}

static enum et_status unknown_section(const struct plan *p, const char *name,
                                      const char *where)
{
    const char *words[64] = {"run"};
    size_t n = 1;
    for (size_t i = 0; i < p->benches->n && n < 64; i++)
        words[n++] = p->benches->v[i]->name;
    const char *near = et_nearest(name, words, n);
    return et_error(ET_USAGE,
                    "%s: [%s]: there is no such bench%s; `etalon list "
                    "benches` names them",
                    where, name, ET_HINT("", near));
}

/* "gemm small" -> bench "gemm", label "small". */
static enum et_status begin_section(struct plan *p, const char *title,
                                    const char *where)
{
    char name[64];
    size_t n = strcspn(title, " \t");
    const char *label = title + n + strspn(title + n, " \t");
    snprintf(name, sizeof name, "%.*s", (int)n, title);
    p->in_run = strcmp(title, "run") == 0;
    if (p->in_run && p->run_where)
        return et_error(ET_USAGE, "%s: [run] stands twice, first at %s", where,
                        p->run_where);
    if (p->in_run)
        return (p->run_where = et_strdup(where)) ? ET_OK : no_memory();
    const struct et_bench *bench = et_bench_find(p->benches, name);
    if (!bench)
        return unknown_section(p, name, where);
    for (size_t i = 0; i < p->n; i++) {
        const char *other = p->v[i].label ? p->v[i].label : "";
        if (p->v[i].bench == bench && strcmp(other, label) == 0)
            return et_error(ET_USAGE,
                            "%s: [%s] stands twice, first at %s; give the "
                            "second a label, as [%s second]",
                            where, title, p->v[i].where, name);
    }
    struct et_section *v = et_grow(p->v, p->n + 1, sizeof *v);
    if (!v)
        return no_memory();
    p->v = v;
    v[p->n] = (struct et_section){
        .bench = bench,
        .title = et_strdup(title),
        .label = *label ? et_strdup(label) : NULL,
        .where = et_strdup(where),
    };
    p->n++;
    return v[p->n - 1].title && v[p->n - 1].where ? ET_OK : no_memory();
}

static enum et_status set_option(struct plan *p, const char *key,
                                 const char *value, const char *where)
{
    const struct et_field *row = et_field_find(et_option_rows, key);
    if (!row || !et_option_is_planned(row->key)) {
        const char *near = et_field_suggest(et_option_rows, key);
        if (near && !et_option_is_planned(near))
            near = NULL;
        return et_error(ET_USAGE, "%s: [run]: unknown key '%s'%s", where, key,
                        ET_HINT("", near));
    }
    /* The command line has the last word, but what it overrides must still
     * be right. */
    if (!et_strings_has(p->given, row->key))
        return et_field_parse(row, p->options, value, where);
    struct et_options other;
    enum et_status s = et_fields_init(et_option_rows, &other, sizeof other);
    if (s == ET_OK) {
        s = et_field_parse(row, &other, value, where);
        et_fields_free(et_option_rows, &other, sizeof other);
    }
    return s;
}

/* An option of the plan's own [run]. */
static enum et_status set_once(struct plan *p, const struct et_ini_entry *e)
{
    const struct et_field *row = et_field_find(et_option_rows, e->key);
    if (row && et_strings_has(&p->run_keys, row->key))
        return et_error(ET_USAGE, "%s: [run]: %s stands twice", e->where,
                        e->key);
    if (row && !et_strings_add(&p->run_keys, row->key))
        return no_memory();
    return set_option(p, e->key, e->value, e->where);
}

static enum et_status on_entry(void *user, const struct et_ini_entry *e)
{
    struct plan *p = user;
    if (!e->key)
        return begin_section(p, e->section, e->where);
    if (!*e->section)
        return et_error(ET_USAGE,
                        "%s: %s: stands before any [section]; [run] or a "
                        "bench must come first",
                        e->where, e->key);
    if (p->in_run)
        return set_once(p, e);
    return et_section_set(&p->v[p->n - 1], e->key, e->value, e->where, false);
}

/* --set section.key=value: "gemm.m=8" for every section of a bench, "gemm
 * small.m=8" for one. */
static enum et_status apply_set(struct plan *p, const char *text)
{
    static const char where[] = "--set";
    char title[128], key[64];
    const char *equals = strchr(text, '=');
    const char *dot = memchr(text, '.', equals ? (size_t)(equals - text) : 0);
    if (!dot || dot == text || equals - dot < 2 ||
        (size_t)(dot - text) >= sizeof title ||
        (size_t)(equals - dot) >= sizeof key)
        return et_error(ET_USAGE,
                        "--set: '%s' is not section.key=value, such as "
                        "gemm.dtype=fp32",
                        text);
    snprintf(title, sizeof title, "%.*s", (int)(dot - text), text);
    snprintf(key, sizeof key, "%.*s", (int)(equals - dot - 1), dot + 1);
    if (strcmp(title, "run") == 0) {
        const struct et_field *row = et_field_find(et_option_rows, key);
        if (row && !et_strings_add(&p->set_keys, row->key))
            return no_memory();
        return set_option(p, key, equals + 1, where);
    }
    bool found = false;
    for (size_t i = 0; i < p->n; i++) {
        struct et_section *s = &p->v[i];
        if (strcmp(s->title, title) != 0 && strcmp(s->bench->name, title) != 0)
            continue;
        found = true;
        enum et_status status = et_section_set(s, key, equals + 1, where, true);
        if (status != ET_OK)
            return status;
    }
    if (!found && !et_bench_find(p->benches, title))
        return unknown_section(p, title, where);
    if (!found)
        return et_error(ET_USAGE, "--set: the plan has no section [%s]", title);
    return ET_OK;
}

static bool is_named(const struct plan *p, const char *key)
{
    return et_strings_has(p->given, key) || et_strings_has(&p->run_keys, key) ||
           et_strings_has(&p->set_keys, key);
}

static enum et_status too_few(const char *most_key, int64_t most,
                              const char *few_key, int64_t few)
{
    return et_error(ET_USAGE, "%s: %lld is fewer than %s, which is %lld",
                    most_key, (long long)most, few_key, (long long)few);
}

/* A preset is no word of the user's that another could contradict. But whoever
 * limits the passes does not expect more of them. */
static enum et_status check_limits(const struct plan *p)
{
    const struct et_options *o = p->options;
    if (o->resume)
        return ET_OK; /* its presets count as given */
    if (is_named(p, "max-passes") && o->max_passes < o->passes)
        return too_few("max-passes", o->max_passes, "passes", o->passes);
    if (is_named(p, "max-samples") && is_named(p, "min-samples") &&
        o->max_samples < o->min_samples)
        return too_few("max-samples", o->max_samples, "min-samples",
                       o->min_samples);
    return ET_OK;
}

static enum et_status drop_doubles(struct et_cases *c);

enum et_status et_plan_expand(const char *name, const char *text,
                              const struct et_benches *benches,
                              struct et_options *options,
                              const struct et_strings *given,
                              const struct et_allocation *allocation,
                              struct et_cases *out)
{
    static const struct et_strings none;
    struct plan p = {
        .benches = benches, .options = options, .given = given ? given : &none};
    struct et_cases cases = {0};
    enum et_status status = et_ini_text(name, text, on_entry, &p);
    for (size_t i = 0; status == ET_OK && i < options->set.n; i++)
        status = apply_set(&p, options->set.v[i]);
    if (status == ET_OK)
        status = check_limits(&p);
    if (status == ET_OK && p.n == 0)
        status = et_error(ET_USAGE, "%s: has no bench section, such as [gemm]",
                          name);
    char buf[1024];
    const char *catalog = et_catalog_dir(options->catalog, buf, sizeof buf);
    for (size_t i = 0; status == ET_OK && i < p.n; i++)
        status = et_section_expand(&p.v[i], catalog, allocation, &cases);
    if (status == ET_OK)
        status = drop_doubles(&cases);
    for (size_t i = 0; i < p.n; i++)
        et_section_free(&p.v[i]);
    free(p.v);
    free(p.run_where);
    et_strings_free(&p.run_keys);
    et_strings_free(&p.set_keys);
    if (status != ET_OK) {
        et_cases_free(&cases);
        return status;
    }
    *out = cases;
    return ET_OK;
}

static int by_id(const void *a, const void *b)
{
    const struct et_case *const *x = a, *const *y = b;
    int order = strcmp((*x)->id, (*y)->id);
    /* The earlier of two doubles is kept: compare places in the plan. */
    return order ? order : (*x > *y) - (*x < *y);
}

/* The same point twice would be measured twice and stand once. */
static enum et_status drop_doubles(struct et_cases *c)
{
    struct et_case **sorted = et_alloc(c->n, sizeof *sorted);
    if (!sorted)
        return no_memory();
    for (size_t i = 0; i < c->n; i++)
        sorted[i] = &c->v[i];
    qsort(sorted, c->n, sizeof *sorted, by_id);
    bool *twice = et_alloc(c->n, sizeof *twice);
    if (!twice) {
        free(sorted);
        return no_memory();
    }
    for (size_t i = 1; i < c->n; i++)
        twice[sorted[i] - c->v] = strcmp(sorted[i]->id, sorted[i - 1]->id) == 0;
    size_t kept = 0;
    for (size_t i = 0; i < c->n; i++) {
        if (twice[i]) {
            et_note("%s: %s: stands in the plan already; run once",
                    c->v[i].where, c->v[i].id);
            et_case_free(&c->v[i]);
        } else {
            c->v[kept++] = c->v[i];
        }
    }
    c->n = kept;
    free(twice);
    free(sorted);
    return ET_OK;
}
