/* From a run directory to its report: text, HTML, plots, manifest. */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/command.h"
#include "harness/base/log.h"
#include "harness/base/memory.h"
#include "harness/config/catalog.h"
#include "harness/config/options.h"
#include "plots/plot.h"
#include "results/store/manifest.h"
#include "results/report/report.h"

enum et_status et_format_find(const char *name, bool records,
                              const struct et_out **out)
{
    const char *words[32];
    size_t n = 0;
    const struct et_out *found = et_out_find(name);
    if (found && found->records_only && !records)
        return et_error(ET_USAGE,
                        "--format: %s is for records: `etalon report`", name);
    if (!found) {
        for (; n < 32 && et_out_at(n); n++)
            words[n] = et_out_at(n)->name;
        return et_error(ET_USAGE, "--format: unknown format '%s'%s", name,
                        ET_HINT("", et_nearest(name, words, n)));
    }
    *out = found;
    return ET_OK;
}

enum et_status et_out_print(const struct et_out *out, const struct et_doc *doc,
                            const struct et_run *run, const char *dir,
                            const char *path)
{
    if (!out->records_only && (!doc->title || !et_doc_whole(doc)))
        return et_no_memory();
    FILE *f = path ? et_noted(fopen(path, "w")) : stdout;
    if (!f)
        return et_error(ET_INFRA, "%s: %s", path, strerror(errno));
    enum et_status s = out->write(doc, run, dir, f);
    bool bad = ferror(f) || fflush(f) != 0;
    if (path && (fclose(f) != 0 || bad))
        return et_error(ET_INFRA, "%s: %s", path, strerror(errno));
    return s;
}

enum et_status et_doc_print(const struct et_doc *doc, const struct et_run *run,
                            const char *dir, const char *format,
                            const char *path)
{
    const struct et_out *out = NULL;
    enum et_status s = et_format_find(format, run != NULL, &out);
    return s == ET_OK ? et_out_print(out, doc, run, dir, path) : s;
}

/* The report up to its second section: what a person wants to see first. */
static enum et_status print_headline(const struct et_doc *doc,
                                     const struct et_run *run, const char *dir)
{
    struct et_doc head = *doc;
    size_t headings = 0;
    head.n = 0;
    for (; head.n < doc->n; head.n++) {
        const struct et_block *b = &doc->blocks[head.n];
        headings += b->kind == ET_BLOCK_HEADING && b->level <= 2;
        if (headings == 2)
            break;
    }
    return et_doc_print(&head, run, dir, "text", NULL);
}

/* The folder of gnuplot templates, beside the catalog's. */
static const char *plot_templates(char *buf, size_t n)
{
    char catalog[1024];
    const char *dir = et_catalog_dir(NULL, catalog, sizeof catalog);
    snprintf(buf, n, "%.*s/plots", (int)(strlen(dir) - strlen("/catalog")),
             dir);
    return buf;
}

/* What the run's own report is made with, by the options that it kept. */
static enum et_status own_options(const struct et_run *run,
                                  struct et_report_options *out)
{
    struct et_options o;
    const struct et_field *row = et_field_find(et_option_rows, "target");
    const char *target = et_pairs_get(&run->info.config, row->key);
    enum et_status s = et_fields_init(et_option_rows, &o, sizeof o);
    if (s == ET_OK && target)
        s = et_field_parse(row, &o, target, "run.json: config");
    if (s == ET_OK)
        *out = (struct et_report_options){.target = o.target};
    et_fields_free(et_option_rows, &o, sizeof o);
    return s;
}

enum et_status et_publish(const char *dir, bool quiet)
{
    struct et_report_options options;
    struct et_run run;
    struct et_doc doc = {0};
    char path[1200], templates[1200];
    enum et_status s = et_run_load(dir, &run);
    if (s != ET_OK)
        return s;
    s = own_options(&run, &options);
    if (s == ET_OK)
        s = et_report_build(&run, &options, &doc);
    if (s == ET_OK)
        s = et_plot_draw(&doc, plot_templates(templates, sizeof templates),
                         dir);
    for (size_t i = 0; s == ET_OK && i < 2; i++) {
        snprintf(path, sizeof path, "%s/report.%s", dir, i ? "html" : "txt");
        s = et_doc_print(&doc, &run, dir, i ? "html" : "text", path);
    }
    if (s == ET_OK)
        s = et_manifest_write(dir);
    if (s == ET_OK && !quiet)
        s = print_headline(&doc, &run, dir);
    et_doc_free(&doc);
    et_run_free(&run);
    return s;
}
