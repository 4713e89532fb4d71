/* A run as CSV (RFC 4180), one line a record: the scalar rows of a result,
 * its parameters and facts, and each metric with its interval. A document
 * that is not of a run gives its tables. A text that a spreadsheet would take
 * for a formula is led by an apostrophe. */
#include "config.h"
#include "results/format/doc.h"

#include <string.h>

#include "harness/base/log.h"
#include "results/record/metric.h"

/* Quoted whenever it is not plain. */
static void put(FILE *to, const char *s)
{
    if (!s[strcspn(s, ",\"\r\n")]) {
        fputs(s, to);
        return;
    }
    fputc('"', to);
    for (; *s; s++) {
        if (*s == '"')
            fputc('"', to);
        fputc(*s, to);
    }
    fputc('"', to);
}

/* Text from outside: cleaned, and no formula. A plain number is let be. */
static void put_text(FILE *to, struct et_text *t, const char *s)
{
    double number;
    if (!s || !*s)
        return;
    t->n = 0;
    bool formula = strchr("=+-@\t\r", *s) && !et_parse_real(s, &number);
    et_text_add(t, "%s%s", formula ? "'" : "", s);
    if (!t->failed) {
        et_doc_clean(t->s);
        put(to, t->s);
    }
}

void et_csv_put(FILE *to, const char *s)
{
    struct et_text guarded = {0};
    put_text(to, &guarded, s);
    et_text_free(&guarded);
}

/* Scalars of a row table, objects gone into: their names or their values.
 * base is NULL for the names. */
static void put_rows(FILE *to, const struct et_field *rows, const void *base,
                     const char *prefix, struct et_text *t, bool *first)
{
    for (const struct et_field *row = rows; row->key; row++) {
        char key[160] = "";
        if (!base)
            snprintf(key, sizeof key, "%s%s%s", prefix, *prefix ? "." : "",
                     row->key);
        if (row->type == ET_OBJECT) {
            put_rows(to, row->sub, base ? (const char *)base + row->at : NULL,
                     key, t, first);
            continue;
        }
        if (row->type >= ET_STRINGS)
            continue;
        if (!*first)
            fputc(',', to);
        *first = false;
        if (!base) {
            put(to, key);
        } else if (row->type == ET_BYTES) {
            int64_t v;
            memcpy(&v, (const char *)base + row->at, sizeof v);
            if (v != ET_ABSENT_INT)
                fprintf(to, "%lld", (long long)v);
        } else if (row->type == ET_SECONDS || row->type == ET_REAL) {
            double v;
            char buf[ET_TEXT_NUMBER];
            memcpy(&v, (const char *)base + row->at, sizeof v);
            if (isfinite(v))
                fputs(et_print_real(buf, v), to);
        } else if (row->type == ET_STRING) {
            const char *s;
            memcpy(&s, (const char *)base + row->at, sizeof s);
            put_text(to, t, s);
        } else {
            t->n = 0;
            et_field_print(row, base, t);
            put(to, t->n ? et_text_str(t) : "");
        }
    }
}

/* Unless it is there. */
static bool add_key(struct et_strings *keys, const char *key)
{
    return et_strings_has(keys, key) || et_strings_add(keys, key);
}

static bool add_keys(struct et_strings *keys, const struct et_pairs *p)
{
    bool ok = true;
    for (size_t i = 0; ok && i < p->n; i++)
        ok = add_key(keys, p->v[i].key);
    return ok;
}

static void put_pairs(FILE *to, const struct et_strings *keys,
                      const struct et_pairs *p, struct et_text *t)
{
    for (size_t i = 0; i < keys->n; i++) {
        fputc(',', to);
        put_text(to, t, et_pairs_get(p, keys->v[i]));
    }
}

static void put_heads(FILE *to, const char *prefix,
                      const struct et_strings *keys, struct et_text *t)
{
    for (size_t i = 0; i < keys->n; i++) {
        struct et_text name = {0};
        et_text_add(&name, "%s.%s", prefix, keys->v[i]);
        fputc(',', to);
        put_text(to, t, et_text_str(&name));
        t->failed |= name.failed;
        et_text_free(&name);
    }
}

/* This build's metrics, then those that only the records know. */
static bool metric_names(const struct et_run *run, struct et_strings *names)
{
    bool ok = true;
    for (const struct et_metric *m = et_metrics; ok && m->name; m++)
        ok = et_strings_add(names, m->name);
    for (size_t i = 0; ok && i < run->n; i++) {
        const struct et_metric_value *v = run->records[i].metrics.v;
        for (size_t k = 0; ok && k < run->records[i].metrics.n; k++)
            ok = !v[k].name || add_key(names, v[k].name);
    }
    return ok;
}

static void put_metrics(FILE *to, const struct et_strings *names,
                        const struct et_record *r, struct et_text *t)
{
    for (size_t k = 0; k < names->n; k++) {
        const struct et_metric_value *v = et_record_metric(r, names->v[k]);
        double numbers[] = {v ? v->value : NAN, v ? v->ci_low : NAN,
                            v ? v->ci_high : NAN};
        char buf[ET_TEXT_NUMBER];
        for (size_t i = 0; i < 3; i++)
            fprintf(to, ",%s",
                    isfinite(numbers[i]) ? et_print_real(buf, numbers[i]) : "");
        fputc(',', to);
        put_text(to, t, v ? v->unit : NULL);
    }
}

static void put_metric_heads(FILE *to, const struct et_strings *names,
                             struct et_text *t)
{
    static const char *const ends[] = {"", "_ci_low", "_ci_high", "_unit"};
    for (size_t i = 0; i < names->n; i++) {
        for (size_t k = 0; k < sizeof ends / sizeof *ends; k++) {
            struct et_text name = {0};
            et_text_add(&name, "%s%s", names->v[i], ends[k]);
            fputc(',', to);
            put_text(to, t, et_text_str(&name));
            t->failed |= name.failed;
            et_text_free(&name);
        }
    }
}

static enum et_status write_records(const struct et_run *run, FILE *to)
{
    struct et_strings params = {0}, facts = {0}, metrics = {0};
    struct et_text t = {0};
    bool ok = true, first = true;
    for (size_t i = 0; ok && i < run->n; i++)
        ok = add_keys(&params, &run->records[i].result.params) &&
             add_keys(&facts, &run->records[i].result.facts);
    ok = ok && metric_names(run, &metrics);
    if (!ok)
        goto out;
    put_rows(to, et_result_rows, NULL, "", &t, &first);
    put_heads(to, "params", &params, &t);
    put_heads(to, "facts", &facts, &t);
    put_metric_heads(to, &metrics, &t);
    fputs("\r\n", to);
    for (size_t i = 0; i < run->n; i++) {
        const struct et_record *r = &run->records[i];
        first = true;
        put_rows(to, et_result_rows, &r->result, "", &t, &first);
        put_pairs(to, &params, &r->result.params, &t);
        put_pairs(to, &facts, &r->result.facts, &t);
        put_metrics(to, &metrics, r, &t);
        fputs("\r\n", to);
    }
out:
    ok = ok && !t.failed;
    et_text_free(&t);
    et_strings_free(&params);
    et_strings_free(&facts);
    et_strings_free(&metrics);
    return ok ? ET_OK : et_error(ET_INFRA, "no memory for the CSV");
}

static enum et_status write_tables(const struct et_doc *doc, FILE *to)
{
    struct et_text t = {0};
    for (size_t i = 0; i < doc->n; i++) {
        const struct et_block *b = &doc->blocks[i];
        size_t n = b->columns.n;
        if (b->kind != ET_BLOCK_TABLE)
            continue;
        for (size_t k = 0; k < n; k++) {
            fputs(k ? "," : "", to);
            put_text(to, &t, b->columns.v[k]);
        }
        fputs("\r\n", to);
        for (size_t k = 0; k < b->cells.n; k++) {
            put_text(to, &t, b->cells.v[k]);
            fputs(k % n == n - 1 ? "\r\n" : ",", to);
        }
    }
    bool ok = !t.failed;
    et_text_free(&t);
    return ok ? ET_OK : et_error(ET_INFRA, "no memory for the CSV");
}

static enum et_status write_csv(const struct et_doc *doc,
                                const struct et_run *run, const char *dir,
                                FILE *to)
{
    (void)dir;
    return run ? write_records(run, to) : write_tables(doc, to);
}

const struct et_out et_out_csv = {.name = "csv",
                                  .suffix = "csv",
                                  .summary = "one line a record, every figure",
                                  .records_only = true,
                                  .write = write_csv};
