/* A document, and the metrics of each record, as one JSON object. Records are
 * written one by one, so that 100,000 of them need no second copy. */
#include "config.h"
#include "results/format/doc.h"

#include <jansson.h>
#include <stdlib.h>

#include "harness/base/log.h"
#include "harness/base/memory.h"

#define FLAGS (JSON_COMPACT | JSON_ENSURE_ASCII)

static const char *const kinds[] = {
    [ET_BLOCK_HEADING] = "heading", [ET_BLOCK_PARAGRAPH] = "paragraph",
    [ET_BLOCK_WARNING] = "warning", [ET_BLOCK_FACTS] = "facts",
    [ET_BLOCK_TABLE] = "table",     [ET_BLOCK_FIGURE] = "figure"};

static json_t *text_or_null(const char *s)
{
    return s ? json_string(s) : json_null();
}

static json_t *list(char *const *v, size_t n)
{
    json_t *a = json_array();
    for (size_t i = 0; i < n; i++) {
        if (json_array_append_new(a, json_string(v[i]))) {
            json_decref(a);
            return NULL;
        }
    }
    return a;
}

/* Rows of `n` cells. */
static json_t *rows(const struct et_strings *cells, size_t n)
{
    json_t *a = json_array();
    for (size_t i = 0; n && i + n <= cells->n; i += n) {
        if (json_array_append_new(a, list(cells->v + i, n))) {
            json_decref(a);
            return NULL;
        }
    }
    return a;
}

static json_t *block(const struct et_block *b)
{
    const struct et_figure *f = &b->figure;
    const char *kind = kinds[b->kind];
    switch (b->kind) {
    case ET_BLOCK_HEADING:
        return json_pack("{s:s,s:i,s:o}", "kind", kind, "level", b->level,
                         "text", text_or_null(b->text));
    case ET_BLOCK_FACTS:
        return json_pack("{s:s,s:o}", "kind", kind, "rows", rows(&b->cells, 2));
    case ET_BLOCK_TABLE:
        return json_pack("{s:s,s:o,s:o,s:o}", "kind", kind, "columns",
                         list(b->columns.v, b->columns.n), "rows",
                         rows(&b->cells, b->columns.n), "note",
                         text_or_null(b->text));
    case ET_BLOCK_FIGURE:
        return json_pack("{s:s,s:o,s:o,s:o,s:o,s:o}", "kind", kind, "name",
                         text_or_null(f->name), "title", text_or_null(f->title),
                         "caption", text_or_null(f->caption), "xlabel",
                         text_or_null(f->xlabel), "ylabel",
                         text_or_null(f->ylabel));
    default:
        return json_pack("{s:s,s:o}", "kind", kind, "text",
                         text_or_null(b->text));
    }
}

static json_t *real_or_null(double v)
{
    return isfinite(v) ? json_real(v) : json_null();
}

/* A record's text, which no document has cleaned. */
static json_t *cleaned(const char *s)
{
    char *copy = et_strdup(s);
    if (!copy)
        return s ? NULL : json_null();
    et_doc_clean(copy);
    json_t *v = json_string(copy);
    free(copy);
    return v;
}

static json_t *record(const struct et_record *r)
{
    const struct et_result *s = &r->result;
    const struct et_metric_value *m = r->metrics.v;
    char status[ET_TEXT_NUMBER];
    json_t *metrics = json_array();
    for (size_t i = 0; i < r->metrics.n; i++)
        json_array_append_new(
            metrics,
            json_pack("{s:o,s:o,s:o,s:o,s:o,s:o}", "name", cleaned(m[i].name),
                      "value", real_or_null(m[i].value), "ci_low",
                      real_or_null(m[i].ci_low), "ci_high",
                      real_or_null(m[i].ci_high), "unit", cleaned(m[i].unit),
                      "better", cleaned(m[i].better)));
    if (json_array_size(metrics) != r->metrics.n) {
        json_decref(metrics);
        return NULL;
    }
    et_choice_name(ET_OUTCOME_CHOICES, s->outcome, status);
    return json_pack("{s:o,s:o,s:o,s:s,s:o,s:b,s:{s:I,s:I,s:I},s:o}", "bench",
                     cleaned(s->bench), "case", cleaned(s->id), "backend",
                     cleaned(s->backend), "status", status, "reason",
                     cleaned(s->reason), "converged", (int)s->time.converged,
                     "team", "ranks", (json_int_t)s->team.ranks, "nodes",
                     (json_int_t)s->team.nodes, "threads",
                     (json_int_t)s->team.threads, "metrics", metrics);
}

/* Writes and releases. */
static enum et_status dump(json_t *j, FILE *to)
{
    if (!j)
        return et_error(ET_INFRA, "the report does not become JSON: no "
                                  "memory, or a text that is not UTF-8");
    int failed = json_dumpf(j, to, FLAGS | JSON_ENCODE_ANY);
    json_decref(j);
    return failed ? et_error(ET_INFRA, "the report as JSON: cannot be written")
                  : ET_OK;
}

static enum et_status write_json(const struct et_doc *doc,
                                 const struct et_run *run, const char *dir,
                                 FILE *to)
{
    (void)dir;
    enum et_status status;
    fputs("{\"title\":", to);
    if ((status = dump(json_string(doc->title), to)))
        return status;
    fputs(",\n\"blocks\":[", to);
    for (size_t i = 0; i < doc->n; i++) {
        fputs(i ? ",\n" : "\n", to);
        if ((status = dump(block(&doc->blocks[i]), to)))
            return status;
    }
    fputs("]", to);
    for (size_t i = 0; run && i < run->n; i++) {
        fputs(i ? ",\n" : ",\n\"records\":[\n", to);
        if ((status = dump(record(&run->records[i]), to)))
            return status;
    }
    fputs(run && run->n ? "]}\n" : run ? ",\n\"records\":[]}\n" : "}\n", to);
    return ET_OK;
}

const struct et_out et_out_json = {
    .name = "json",
    .suffix = "json",
    .summary = "the report's blocks and every record's metrics",
    .write = write_json};
