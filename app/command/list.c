/* etalon list: benches, backends, shapes, sets, metrics, options, formats,
 * counters: what the words of plans, contracts and options can be.
 */
#include "config.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "app/command.h"
#include "app/libraries.h"
#include "harness/base/log.h"
#include "harness/config/catalog.h"
#include "harness/config/options.h"
#include "harness/counter/counter.h"
#include "results/record/metric.h"

static const struct et_manual manual = {
    .summary =
        "Name benches, backends, shapes, sets, metrics, options, formats, "
        "counters",
    .help = "The words that plans, contracts and options take, and why a "
            "backend is not available. A set is the shapes that share all of "
            "their names but the last part; its FLOP are those of all of them, "
            "each as often as its count says.",
    .examples = "  etalon list backends\n"
                "  etalon list shapes --bench gemm\n",
};

struct options {
    char *catalog, *bench;
};

static const struct et_field rows[] = {
    ET_ROW(options, bench, ET_STRING, "only of this bench", .metavar = "BENCH"),
    ET_ROW(options, catalog, ET_STRING,
           "folder of shapes; preset: as installed", .metavar = "DIR"),
    {0}};

static bool wanted(const struct options *o, const struct et_bench *b)
{
    return !o->bench || strcmp(o->bench, b->name) == 0;
}

static void list_benches(const struct options *o)
{
    for (size_t i = 0; i < et_benches.n; i++) {
        if (wanted(o, et_benches.v[i]))
            printf("%-10s %s\n", et_benches.v[i]->name,
                   et_benches.v[i]->summary);
    }
}

static enum et_status list_backends(const struct options *o)
{
    enum et_status s = et_libraries_try_alone();
    if (s != ET_OK)
        return s;
    for (size_t i = 0; i < et_benches.n; i++) {
        const struct et_bench *b = et_benches.v[i];
        const struct et_backend *backend;
        for (size_t k = 0;
             wanted(o, b) && (backend = et_backend_at(b->backends, k)); k++) {
            char text[ET_ORIGIN_SIZE];
            printf("%-10s %-20s %s\n", b->name, backend->name,
                   et_backend_describe(backend, text, sizeof text));
        }
    }
    return ET_OK;
}

static void print_shapes(const struct et_bench *b, const struct et_catalog *c)
{
    for (size_t k = 0; k < c->n; k++) {
        printf("%-10s %-44s", b->name, c->v[k].name);
        for (size_t p = 0; p < c->v[k].values.n; p++) {
            et_doc_clean(c->v[k].values.v[p].text);
            printf(" %s=%s", c->v[k].values.v[p].key, c->v[k].values.v[p].text);
        }
        putchar('\n');
    }
}

/* A number of a row; `none` where it has none. */
static double number(const struct et_shape *row, const char *key, double none)
{
    const char *text = et_pairs_get(&row->values, key);
    double v;
    return text && et_parse_real(text, &v) ? v : none;
}

/* Characters of a name before its last part. */
static size_t set_size(const char *name)
{
    const char *slash = strrchr(name, '/');
    return slash ? (size_t)(slash - name) : strlen(name);
}

/* Each set once, at its first shape. */
static void print_sets(const struct et_bench *b, const struct et_catalog *c)
{
    for (size_t k = 0; k < c->n; k++) {
        size_t size = set_size(c->v[k].name), shapes = 0;
        double times = 0, flop = 0;
        bool first = true;
        for (size_t i = 0; i < c->n; i++) {
            const struct et_shape *row = &c->v[i];
            if (set_size(row->name) != size ||
                strncmp(row->name, c->v[k].name, size) != 0)
                continue;
            first &= i >= k;
            shapes++;
            times += number(row, "count", 1);
            flop += number(row, "count", 1) * number(row, "flops", 0);
        }
        char text[ET_TEXT_NUMBER];
        if (first)
            printf("%-10s %-36.*s %4zu shapes %8.0f times  %s\n", b->name,
                   (int)size, c->v[k].name, shapes, times,
                   flop > 0 ? et_print_si(text, flop, "FLOP") : "no FLOP");
    }
}

static enum et_status list_shapes(const struct options *o,
                                  void print(const struct et_bench *,
                                             const struct et_catalog *))
{
    char buf[1024];
    const char *dir = et_catalog_dir(o->catalog, buf, sizeof buf);
    for (size_t i = 0; i < et_benches.n; i++) {
        const struct et_bench *b = et_benches.v[i];
        struct et_catalog c = {0};
        if (!wanted(o, b))
            continue;
        enum et_status s = et_catalog_read(dir, b->name, b->params, &c);
        if (s != ET_OK)
            return s;
        for (size_t k = 0; k < c.n; k++)
            et_doc_clean(c.v[k].name); /* anybody may have written it */
        print(b, &c);
        et_catalog_free(&c);
    }
    return ET_OK;
}

static void list_metrics(void)
{
    for (const struct et_metric *m = et_metrics; m->name; m++)
        printf("%-10s %-8s %-6s is better  %s\n", m->name, m->unit, m->better,
               m->formula);
}

static void print_rows(const struct et_field *r)
{
    for (; r->key; r++) {
        printf("  %-13s %-22s %s\n", r->key,
               r->type == ET_CHOICE ? r->choices
               : r->preset          ? r->preset
                                    : "-",
               r->help);
    }
}

static void list_options(const struct options *o)
{
    if (!o->bench) {
        printf("[run]: options of a run, with their presets\n");
        print_rows(et_option_rows);
    }
    for (size_t i = 0; i < et_benches.n; i++) {
        const struct et_bench *b = et_benches.v[i];
        if (!wanted(o, b))
            continue;
        printf("%s[%s]: %s\n", i && !o->bench ? "\n" : "", b->name, b->summary);
        printf("  %-13s %-22s %s\n", b->shape_key, b->shape_preset,
               b->shape_help);
        print_rows(b->params);
    }
}

static void list_formats(void)
{
    for (size_t i = 0; et_out_at(i); i++)
        printf("%-10s %s\n", et_out_at(i)->name, et_out_at(i)->summary);
}

static void list_counters(void)
{
    for (size_t i = 0; et_counter_source_at(i); i++)
        printf("%-10s %s\n", et_counter_source_at(i)->name,
               et_counter_source_at(i)->summary);
}

static enum et_status unknown_bench(const char *name)
{
    const char *words[64];
    size_t n = 0;
    for (; n < et_benches.n && n < 64; n++)
        words[n] = et_benches.v[n]->name;
    const char *near = et_nearest(name, words, n);
    return et_error(ET_USAGE,
                    "--bench: there is no bench '%s'%s; `etalon list "
                    "benches` names them",
                    name, ET_HINT("", near));
}

static enum et_status list(void *options, const struct et_call *call)
{
    static const char *const things[] = {"benches",  "backends", "shapes",
                                         "metrics",  "options",  "formats",
                                         "counters", "sets"};
    const struct options *o = options;
    const char *what = call->words.v[0];
    if (o->bench && !et_bench_find(&et_benches, o->bench))
        return unknown_bench(o->bench);
    if (strcmp(what, things[0]) == 0)
        list_benches(o);
    else if (strcmp(what, things[1]) == 0)
        return list_backends(o);
    else if (strcmp(what, things[2]) == 0)
        return list_shapes(o, print_shapes);
    else if (strcmp(what, things[3]) == 0)
        list_metrics();
    else if (strcmp(what, things[4]) == 0)
        list_options(o);
    else if (strcmp(what, things[5]) == 0)
        list_formats();
    else if (strcmp(what, things[6]) == 0)
        list_counters();
    else if (strcmp(what, things[7]) == 0)
        return list_shapes(o, print_sets);
    else {
        const char *near = et_nearest(what, things, 8);
        return et_error(ET_USAGE,
                        "list: unknown word '%s'%s; benches, "
                        "backends, shapes, sets, metrics, options, "
                        "formats or counters is right",
                        what, ET_HINT("", near));
    }
    return ET_OK;
}

const struct et_command et_command_list = ET_COMMAND_TRIES(
    list, "benches|backends|shapes|sets|metrics|options|formats|counters",
    options, rows);
