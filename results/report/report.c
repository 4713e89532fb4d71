/* The report of a run: its parts in their order. Knows the parts; each part
 * knows one subject. */
#include "config.h"
#include "results/report/report.h"

#include <stdlib.h>
#include <string.h>

#include "harness/base/log.h"
#include "harness/base/memory.h"
#include "results/report/parts.h"

/* A backend's colour. No two of a bench share one while they last; a name
 * keeps its own over the benches. */
struct shade {
    const char *bench, *name;
    size_t colour; /* from 0 */
};

static bool find_backends(const struct et_run *run, struct et_strings *l)
{
    bool ok = true;
    for (size_t i = 0; ok && i < run->n; i++) {
        const char *name = run->records[i].result.backend;
        ok = et_strings_has(l, name) || et_strings_add(l, name);
    }
    return ok;
}

/* A backend named after another of the run, as im2col-blis is after blis, has
 * the other's colour. */
static const char *bare(const struct et_strings *backends, const char *backend)
{
    const char *dash = strchr(backend, '-');
    return dash && et_strings_has(backends, dash + 1) ? dash + 1 : backend;
}

static bool has_colour(const struct et_list *l, const char *bench, size_t c)
{
    const struct shade *v = l->v;
    for (size_t i = 0; i < l->n; i++) {
        if (v[i].colour == c && strcmp(v[i].bench, bench) == 0)
            return true;
    }
    return false;
}

static bool find_shades(const struct et_run *run,
                        const struct et_strings *backends, struct et_list *l)
{
    for (size_t k = 0; k < run->n; k++) {
        const char *bench = run->records[k].result.bench;
        const char *name = bare(backends, run->records[k].result.backend);
        const struct shade *v = l->v;
        size_t c = 0, i = 0;
        for (; i < l->n; i++) {
            if (strcmp(v[i].name, name) != 0)
                continue;
            c = v[i].colour;
            if (strcmp(v[i].bench, bench) == 0)
                break;
        }
        if (i < l->n)
            continue;
        while (has_colour(l, bench, c % ET_REPORT_SERIES) && i-- > 0)
            c++;
        struct shade *s = et_list_add(l, sizeof *s);
        if (!s)
            return false;
        *s = (struct shade){bench, name, c % ET_REPORT_SERIES};
    }
    return true;
}

static size_t colour_of(const struct et_report *w, const char *backend)
{
    const struct shade *v = w->shades.v;
    const char *name = bare(&w->backends, backend);
    for (size_t i = 0; i < w->shades.n; i++) {
        if (strcmp(v[i].name, name) == 0)
            return v[i].colour;
    }
    return 0;
}

enum et_flaw et_report_flaw(const struct et_report *w,
                            const struct et_record *r)
{
    return et_run_flaw(w->run, r, &w->accused, w->options->peak);
}

void et_report_colour(const struct et_report *w, struct et_block *b,
                      const char *backend)
{
    struct et_text *t = &b->figure.colours;
    size_t c = colour_of(w, backend);
    bool taken = true;
    for (size_t tries = 0; taken && tries < ET_REPORT_SERIES; tries++) {
        taken = strchr(et_text_str(t), '1' + (int)c) != NULL;
        if (taken)
            c = (c + 1) % ET_REPORT_SERIES;
    }
    et_text_add(t, "%s%zu", t->n ? " " : "", c + 1);
}

void et_report_shared_colour(const struct et_report *w, struct et_block *b,
                             const char *backend)
{
    struct et_text *t = &b->figure.colours;
    size_t c = colour_of(w, backend);
    et_text_add(t, "%s%zu", t->n ? " " : "", c + 1);
}

enum et_status et_report_build(const struct et_run *run,
                               const struct et_report_options *options,
                               struct et_doc *out)
{
    static bool (*const parts[])(struct et_report *) = {
        et_report_headline,    et_report_warnings,  et_report_roofline,
        et_report_flops,       et_report_libraries, et_report_scaling,
        et_report_collectives, et_report_transfers, et_report_others,
        et_report_times,       et_report_caveats,   et_report_spread,
        et_report_counters,    et_report_missing,   et_report_repeat,
        et_report_method};
    static const struct et_report_options presets = {.target = 1e18};
    struct et_doc doc = {0};
    struct et_text title = {0};
    const char *host = run->info.environment.host;
    et_text_add(&title, "etalon: %s", host ? host : "unnamed host");
    if (run->info.started)
        et_text_add(&title, ", %s", run->info.started);
    doc.title = et_strdup(et_text_str(&title));
    et_text_free(&title);
    struct et_report w = {
        .run = run, .options = options ? options : &presets, .doc = &doc};
    bool ok = doc.title != NULL && et_accused_find(run, &w.accused) &&
              find_backends(run, &w.backends) &&
              find_shades(run, &w.backends, &w.shades);
    if (ok)
        et_doc_clean(doc.title);
    for (size_t i = 0; ok && i < sizeof parts / sizeof *parts; i++)
        ok = parts[i](&w);
    et_strings_free(&w.accused);
    et_strings_free(&w.backends);
    free(w.shades.v);
    if (!ok || !et_doc_whole(&doc)) {
        et_doc_free(&doc);
        return et_error(ET_INFRA, "%s: no memory for the report",
                        run->dir ? run->dir : "run");
    }
    *out = doc;
    return ET_OK;
}
