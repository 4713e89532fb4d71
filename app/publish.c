/* From a run directory to its report: text, HTML, plots, manifest. */
#include "config.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/command.h"
#include "harness/base/regular.h"
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

/* Into a file of a directory; shown: its path, for messages. */
static enum et_status print_at(int fd, const char *name, const char *shown,
                               const struct et_out *out,
                               const struct et_doc *doc,
                               const struct et_run *run, const char *dir)
{
    char why[ET_REGULAR_WHY];
    struct et_new_file f;
    if (!et_regular_begin(&f, fd, name, why))
        return et_error(ET_INFRA, "%s: %s", shown, why);
    enum et_status s = out->write(doc, run, dir, f.to);
    if (!et_regular_end(&f, s == ET_OK, why) && s == ET_OK)
        s = et_error(ET_INFRA, "%s: %s", shown, why);
    return s;
}

/* Is the folder a run directory, or in one, as plots is? What stands there is
 * signed for, and what is added is found by verify. */
static bool is_evidence(int fd)
{
    return faccessat(fd, "run.json", F_OK, AT_SYMLINK_NOFOLLOW) == 0 ||
           faccessat(fd, "../run.json", F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

enum et_status et_out_print(const struct et_out *out, const struct et_doc *doc,
                            const struct et_run *run, const char *dir,
                            const char *path)
{
    char why[ET_REGULAR_WHY];
    if (!out->records_only && (!doc->title || !et_doc_whole(doc)))
        return et_no_memory();
    if (!path) /* main tells whether standard output took it */
        return out->write(doc, run, dir, stdout);
    const char *slash = strrchr(path, '/');
    char *folder =
        slash ? et_strndup(path, (size_t)(slash - path) + 1) : et_strdup(".");
    if (!folder)
        return et_no_memory();
    int fd = et_directory_open(folder, why);
    enum et_status s;
    if (fd < 0)
        s = et_error(ET_INFRA, "%s: %s", path, why);
    else if (is_evidence(fd))
        s = et_error(ET_USAGE,
                     "--out: %s lies in a run directory, which holds what its "
                     "run left and nothing else; take another folder",
                     path);
    else
        s = print_at(fd, slash ? slash + 1 : path, path, out, doc, run, dir);
    if (fd >= 0)
        close(fd);
    free(folder);
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

/* dir: whose drawings the page takes in. */
static enum et_status write_reports(const struct et_doc *doc,
                                    const struct et_run *run, const char *dir,
                                    const char *to)
{
    static const struct {
        const char *name, *format;
    } reports[] = {{"report.txt", "text"}, {"report.html", "html"}};
    char why[ET_REGULAR_WHY], shown[1200];
    int fd = et_directory_open(to, why);
    if (fd < 0)
        return et_error(ET_INFRA, "%s: %s", to, why);
    enum et_status s = doc->title && et_doc_whole(doc) ? ET_OK : et_no_memory();
    for (size_t i = 0; s == ET_OK && i < sizeof reports / sizeof *reports;
         i++) {
        snprintf(shown, sizeof shown, "%s/%s", to, reports[i].name);
        s = print_at(fd, reports[i].name, shown, et_out_find(reports[i].format),
                     doc, run, dir);
    }
    close(fd);
    return s;
}

enum et_status et_publish_to(const struct et_run *run, const char *to,
                             struct et_doc *out)
{
    struct et_report_options options;
    struct et_doc doc = {0};
    char templates[1200];
    enum et_status s = own_options(run, &options);
    if (s == ET_OK)
        s = et_report_build(run, &options, &doc);
    if (s == ET_OK)
        s = et_plot_draw(&doc, plot_templates(templates, sizeof templates), to);
    if (s == ET_OK)
        s = write_reports(&doc, run, run->dir, to);
    if (s == ET_OK && out)
        *out = doc;
    else
        et_doc_free(&doc);
    return s;
}

enum et_status et_publish(const char *dir, bool quiet)
{
    struct et_run run;
    struct et_doc doc = {0};
    enum et_status s = et_run_load(dir, &run);
    if (s != ET_OK)
        return s;
    s = et_publish_to(&run, dir, &doc);
    if (s == ET_OK)
        s = et_manifest_write(dir);
    if (s == ET_OK && !quiet)
        s = print_headline(&doc, &run, dir);
    et_doc_free(&doc);
    et_run_free(&run);
    return s;
}
