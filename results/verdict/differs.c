/* A run becomes pairs of words; pairs are compared. */
#include "config.h"
#include "results/verdict/differs.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/log.h"
#include "harness/base/memory.h"

/* Members of run.json that differ between any two runs, that follow from
 * others, or that are taken below by a way of their own. */
static bool is_left_out(const char *key)
{
    static const char *const keys[] = {
        /* of the head */
        "id", "command", "plan_file", "started", "cautions", "clock_resolution",
        "clock_overhead", "alike", "busy",
        /* of the environment */
        "load", "memory", "clock_hz", "clock_max_hz", "clock_origin",
        "peak_fp64", "peak_fp32", "peak_origin", "binding",
        /* of the options */
        "plan", "out", "scratch", "quiet", "launches"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        if (strcmp(key, keys[i]) == 0)
            return true;
    }
    return false;
}

static bool add(struct et_pairs *to, const char *kind, const char *key,
                const char *text)
{
    struct et_text name = {0};
    et_text_add(&name, "%s%s%s", kind, *kind ? " " : "", key);
    bool ok = !name.failed && et_pairs_set(to, et_text_str(&name), text, false);
    et_text_free(&name);
    return ok;
}

static bool add_fields(struct et_pairs *to, const struct et_field *rows,
                       const void *base)
{
    bool ok = true;
    for (const struct et_field *row = rows; ok && row->key; row++) {
        struct et_text text = {0};
        if (is_left_out(row->key) || row->type == ET_PAIRS ||
            row->type == ET_LIST || row->type == ET_OBJECT ||
            et_field_is_absent(row, base))
            continue;
        et_field_print(row, base, &text);
        ok = !text.failed && add(to, "", row->key, et_text_str(&text));
        et_text_free(&text);
    }
    return ok;
}

static bool add_pairs(struct et_pairs *to, const char *kind,
                      const struct et_pairs *from)
{
    bool ok = true;
    for (size_t i = 0; ok && i < from->n; i++) {
        if (!is_left_out(from->v[i].key))
            ok = add(to, kind, from->v[i].key, from->v[i].text);
    }
    return ok;
}

/* As coarse as two runs of one machine have it. */
static bool add_coarse(struct et_pairs *to, const struct et_environment *e)
{
    char text[64];
    bool ok = true;
    if (e->memory != ET_ABSENT_INT) {
        snprintf(text, sizeof text, "%.0f GiB", (double)e->memory / 0x1p30);
        ok = add(to, "", "memory", text);
    }
    if (ok && isfinite(e->clock_hz)) {
        snprintf(text, sizeof text, "%.1f GHz", e->clock_hz / 1e9);
        ok = add(to, "", "nominal clock", text);
    }
    return ok;
}

/* The nodes that all its ranks together were on. */
static bool add_nodes(struct et_pairs *to, const struct et_run_info *i)
{
    const struct et_run_placement *p = i->placement.v, *most = p;
    struct et_text hosts = {0};
    for (size_t k = 1; k < i->placement.n; k++)
        most = p[k].ranks > most->ranks ? &p[k] : most;
    const struct et_run_group *g = most ? most->groups.v : NULL;
    for (size_t k = 0; g && k < most->groups.n; k++)
        et_text_add(&hosts, "%s%s", k ? "," : "",
                    g[k].hosts ? g[k].hosts : "unnamed");
    bool ok = !hosts.failed &&
              (!hosts.n || add(to, "", "hosts", et_text_str(&hosts)));
    et_text_free(&hosts);
    return ok;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Where its I/O cases wrote: the path says little, the records know. */
static bool add_filesystems(struct et_pairs *to, const struct et_run *run)
{
    struct et_strings found = {0};
    struct et_text all = {0};
    bool ok = true;
    for (size_t i = 0; ok && i < run->n; i++) {
        const char *one =
            et_pairs_get(&run->records[i].result.facts, "filesystem");
        if (one && !et_strings_has(&found, one))
            ok = et_strings_add(&found, one);
    }
    if (found.n)
        qsort(found.v, found.n, sizeof *found.v, by_text);
    for (size_t i = 0; i < found.n; i++)
        et_text_add(&all, "%s%s", i ? ", " : "", found.v[i]);
    ok = ok && !all.failed &&
         add(to, "", "filesystem", found.n ? all.s : "no file was written");
    et_strings_free(&found);
    et_text_free(&all);
    return ok;
}

/* What differs from launch to launch counts the less, the more there are. */
static bool add_launches(struct et_pairs *to, const struct et_run *run)
{
    char text[ET_TEXT_NUMBER];
    int64_t newest;
    snprintf(text, sizeof text, "%lld",
             (long long)et_run_launches(run, &newest));
    return add(to, "", "launches", text);
}

static bool add_environment(struct et_pairs *to, const struct et_environment *e)
{
    return add_fields(to, et_environment_rows, e) && add_coarse(to, e) &&
           add_pairs(to, "variable", &e->variables);
}

/* Nodes that are not as rank 0's: what of them is not as there. */
static bool add_kinds(struct et_pairs *to, const struct et_run_info *i)
{
    const struct et_run_kind *kinds = i->kinds.v;
    bool ok = true;
    for (size_t k = 0; ok && k < i->kinds.n; k++) {
        struct et_pairs other = {0};
        ok = add_environment(&other, &kinds[k].environment);
        for (size_t j = 0; ok && j < other.n; j++) {
            const struct et_pair *p = &other.v[j];
            const char *usual = et_pairs_get(to, p->key);
            char which[64];
            snprintf(which, sizeof which, "nodes of kind %zu:", k + 2);
            if (!usual || strcmp(usual, p->text) != 0)
                ok = add(to, which, p->key, p->text);
        }
        et_pairs_free(&other);
    }
    return ok;
}

static bool describe(const struct et_run *run, struct et_pairs *out)
{
    const struct et_run_info *i = &run->info;
    return add_environment(out, &i->environment) && add_kinds(out, i) &&
           add_fields(out, et_run_info_rows, i) && add_nodes(out, i) &&
           add_filesystems(out, run) && add_launches(out, run) &&
           add_pairs(out, "library", &i->libraries) &&
           add_pairs(out, "option", &i->config);
}

static const char *value_of(const struct et_pairs *p, const char *key)
{
    const char *text = et_pairs_get(p, key);
    bool may_be_set = strncmp(key, "option ", strlen("option ")) == 0 ||
                      strncmp(key, "variable ", strlen("variable ")) == 0;
    return text ? text : may_be_set ? "not set" : "not known";
}

static bool add_difference(struct et_list *out, const char *what,
                           const char *before, const char *now)
{
    struct et_difference *d = et_list_add(out, sizeof *d);
    if (d)
        *d = (struct et_difference){et_strdup(what), et_strdup(before),
                                    et_strdup(now)};
    return d && d->what && d->before && d->now;
}

/* Adds a difference in `key`, if there is one. */
static bool compare_key(const struct et_pairs *baselines, size_t n,
                        const struct et_pairs *now, const char *key,
                        struct et_list *out)
{
    const char *here = value_of(now, key);
    struct et_text before = {0};
    bool differs = false;
    for (size_t i = 0; i < n; i++) {
        const char *there = value_of(&baselines[i], key);
        bool said = false;
        for (size_t k = 0; k < i && !said; k++)
            said = strcmp(value_of(&baselines[k], key), there) == 0;
        differs = differs || strcmp(there, here) != 0;
        if (!said)
            et_text_add(&before, "%s%s", before.n ? ", " : "", there);
    }
    bool ok = !before.failed;
    if (ok && differs)
        ok = add_difference(out, key, et_text_str(&before), here);
    et_text_free(&before);
    return ok;
}

/* A load further from that of every baseline than one busy thread. */
static bool compare_load(const struct et_run *const *baselines, size_t n,
                         const struct et_run *now, struct et_list *out)
{
    struct et_text before = {0};
    char here[32];
    double load = now->info.environment.load;
    bool far = isfinite(load);
    for (size_t i = 0; i < n; i++) {
        double there = baselines[i]->info.environment.load;
        far = far && fabs(load - there) > 1;
        et_text_add(&before, "%s%.1f", i ? ", " : "", there);
    }
    snprintf(here, sizeof here, "%.1f", load);
    bool ok =
        !before.failed && (!far || add_difference(out, "load at the start",
                                                  et_text_str(&before), here));
    et_text_free(&before);
    return ok;
}

/* The keys of run k that no run before it has. */
static bool compare_keys(const struct et_pairs *all, size_t n, size_t k,
                         struct et_list *out)
{
    bool ok = true;
    for (size_t i = 0; ok && i < all[k].n; i++) {
        const char *key = all[k].v[i].key;
        bool known = false;
        for (size_t before = 0; before < k && !known; before++)
            known = et_pairs_get(&all[before], key) != NULL;
        if (!known)
            ok = compare_key(all, n, &all[n], key, out);
    }
    return ok;
}

enum et_status et_differences_find(const struct et_run *const *baselines,
                                   size_t n, const struct et_run *now,
                                   struct et_list *out)
{
    struct et_list found = {0};
    struct et_pairs *all = et_alloc(n + 1, sizeof *all); /* the last: now */
    bool ok = all != NULL;
    for (size_t i = 0; ok && i <= n; i++)
        ok = describe(i < n ? baselines[i] : now, &all[i]);
    for (size_t k = 0; ok && k <= n; k++)
        ok = compare_keys(all, n, k, &found);
    ok = ok && compare_load(baselines, n, now, &found);
    for (size_t i = 0; all && i <= n; i++)
        et_pairs_free(&all[i]);
    free(all);
    if (!ok) {
        et_differences_free(&found);
        return et_no_memory();
    }
    *out = found;
    return ET_OK;
}

void et_differences_free(struct et_list *l)
{
    struct et_difference *v = l->v;
    for (size_t i = 0; i < l->n; i++) {
        free(v[i].what);
        free(v[i].before);
        free(v[i].now);
    }
    free(v);
    memset(l, 0, sizeof *l);
}
