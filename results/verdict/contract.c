/* Contract files. Knows INI entries, the clause's rows, the metrics and how a
 * peak is written; never looks at a run.
 */
#include "config.h"
#include "results/verdict/contract.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/log.h"
#include "harness/base/memory.h"
#include "harness/config/ini.h"
#include "results/reading/run.h"

const struct et_field et_clause_rows[] = {
    ET_ROW(et_clause, where, ET_STRING,
           "records it applies to: words like bench=gemm dtype=fp32"),
    ET_ROW_AS("metric", et_clause, metric_name, ET_STRING,
              "figure it limits: flops, busbw, bandwidth, time, ..."),
    ET_ROW(et_clause, at_least, ET_STRING,
           "least that passes: 150 GFLOP/s, or 85 % of peak"),
    ET_ROW(et_clause, at_most, ET_STRING, "most that passes: 20 us"),
    ET_ROW(et_clause, take, ET_CHOICE, "which of the records must meet it",
           .preset = "every", .choices = "every|best"),
    ET_ROW(et_clause, allow_oversubscribed, ET_BOOL,
           "judge cases with more busy threads than cores too", .preset = "no"),
    {0}};

static const struct et_field contract_rows[] = {
    ET_ROW(et_contract, name, ET_STRING, "name of the contract"),
    ET_ROW(et_contract, peak, ET_STRING,
           "nominal peak of one core: fp64: 64 GFLOP/s, fp32: 128 GFLOP/s"),
    {0}};

#define KEYS (sizeof et_clause_rows / sizeof *et_clause_rows)
#define HEAD_KEYS (sizeof contract_rows / sizeof *contract_rows)

struct reader {
    struct et_contract *out;
    struct et_clause *clause;  /* the one being read, or NULL */
    bool in_head;              /* within [contract] */
    int head_lines[HEAD_KEYS]; /* of its keys; 0: not given */
    int lines[KEYS];           /* of the clause's keys */
    char *begun;               /* "file:line" of its section */
    const char *file;
};

bool et_where_matches(const char *pattern, const char *text)
{
    const char *star = NULL, *retry = NULL;
    while (*text) {
        if (*pattern == '*') {
            star = pattern++;
            retry = text;
        } else if (*pattern == '?' || *pattern == *text) {
            pattern++;
            text++;
        } else if (star) {
            pattern = star + 1;
            text = ++retry;
        } else
            return false;
    }
    while (*pattern == '*')
        pattern++;
    return !*pattern;
}

static enum et_status no_memory(void)
{
    return et_error(ET_INFRA, "out of memory while reading a contract");
}

/* Errors of a clause are told at the line of the key that has them. */
static enum et_status at_key(const struct reader *r, const char *key,
                             const char *value, const char *what)
{
    const struct et_field *row = et_field_find(et_clause_rows, key);
    return et_error(ET_USAGE, "%s:%d: [%s] %s: '%s' %s", r->file,
                    r->lines[row - et_clause_rows], r->clause->name, key, value,
                    what);
}

static enum et_status missing(const struct reader *r, const char *what)
{
    return et_error(ET_USAGE, "%s: [%s] has no %s", r->begun, r->clause->name,
                    what);
}

static enum et_status read_where(const struct reader *r)
{
    struct et_clause *c = r->clause;
    const char *p = c->where;
    for (;;) {
        while (isspace((unsigned char)*p))
            p++;
        if (!*p)
            break;
        size_t n = 0;
        while (p[n] && !isspace((unsigned char)p[n]))
            n++;
        const char *equals = memchr(p, '=', n);
        if (!equals || equals == p || equals + 1 == p + n)
            return at_key(r, "where", c->where,
                          "is not made of words like bench=gemm");
        struct et_where *v = et_grow(c->words, c->n_words + 1, sizeof *v);
        if (!v)
            return no_memory();
        c->words = v;
        v += c->n_words++;
        v->key = et_strndup(p, (size_t)(equals - p));
        v->pattern = et_strndup(equals + 1, (size_t)(p + n - equals - 1));
        if (!v->key || !v->pattern)
            return no_memory();
        p += n;
    }
    if (c->n_words == 0)
        return at_key(r, "where", c->where,
                      "picks nothing; write bench=* to mean every record");
    return ET_OK;
}

static enum et_status read_metric(const struct reader *r)
{
    struct et_clause *c = r->clause;
    const char *names[32], *near;
    size_t n = 0;
    c->metric = et_metric_find(c->metric_name);
    if (c->metric)
        return ET_OK;
    for (const struct et_metric *m = et_metrics; m->name && n < 32; m++)
        names[n++] = m->name;
    near = et_nearest(c->metric_name, names, n);
    struct et_text what = {0};
    et_text_add(&what, "is not a metric%s", ET_HINT("", near));
    enum et_status s = at_key(r, "metric", c->metric_name, et_text_str(&what));
    et_text_free(&what);
    return s;
}

/* "85 % of peak" gives 0.85; NAN where the text is not of that form. */
static double share_of_peak(const char *text)
{
    double v;
    const char *end = et_parse_decimal(text, &v);
    if (!end)
        return NAN;
    end += strspn(end, " \t");
    if (*end++ != '%')
        return NAN;
    for (const char *const *w = (const char *const[]){"of", "peak", NULL}; *w;
         w++) {
        size_t blanks = strspn(end, " \t");
        if (blanks == 0 || strncmp(end + blanks, *w, strlen(*w)) != 0)
            return NAN;
        end += blanks + strlen(*w);
    }
    return *end ? NAN : v / 100;
}

static enum et_status read_threshold(const struct reader *r)
{
    struct et_clause *c = r->clause;
    const struct et_metric *m = c->metric;
    if (c->at_least && c->at_most)
        return at_key(r, "at_most", c->at_most,
                      "is a second threshold; a band is two clauses");
    if (!c->at_least && !c->at_most)
        return missing(r, "threshold: write at_least or at_most");
    const char *key = c->at_least ? "at_least" : "at_most";
    const char *text = c->at_least ? c->at_least : c->at_most;
    double bare, v = share_of_peak(text);
    struct et_text what = {0};
    c->of_peak = !isnan(v);
    if (c->of_peak && strcmp(m->name, "flops") != 0)
        et_text_add(&what, "is for the metric flops; %s has no peak", m->name);
    else if (!c->of_peak && et_parse_real(text, &bare))
        et_text_add(&what, "has no unit; %s is in %s", m->name, m->unit);
    else if (!c->of_peak && !et_parse_quantity(text, m->base, &v))
        et_text_add(&what, "is not a quantity in %s%s", m->unit,
                    strcmp(m->name, "flops") == 0 ? " and not a share like "
                                                    "85 % of peak"
                                                  : "");
    else if (!(v > 0))
        et_text_add(&what, "is not above zero, so it would decide nothing");
    else if (c->take == ET_TAKE_BEST &&
             (strcmp(m->better, "higher") == 0) != (c->at_least != NULL))
        et_text_add(&what,
                    "bounds the best of a metric of which %s is "
                    "better; take = every",
                    m->better);
    enum et_status s =
        what.n ? at_key(r, key, text, et_text_str(&what)) : ET_OK;
    et_text_free(&what);
    c->limit = c->of_peak ? v : v / m->scale;
    return s;
}

static enum et_status finish_clause(struct reader *r)
{
    enum et_status s;
    if (!r->clause)
        return ET_OK;
    if (!r->clause->where)
        return missing(r, "`where`; write bench=* to mean every record");
    if (!r->clause->metric_name)
        return missing(r, "`metric`");
    if ((s = read_where(r)) || (s = read_metric(r)) || (s = read_threshold(r)))
        return s;
    r->clause = NULL;
    return ET_OK;
}

static enum et_status begin_section(struct reader *r,
                                    const struct et_ini_entry *e)
{
    enum et_status s = finish_clause(r);
    if (s)
        return s;
    r->in_head = strcmp(e->section, "contract") == 0;
    if (r->in_head)
        return ET_OK;
    if (!*e->section)
        return et_error(ET_USAGE, "%s: a clause needs a name: [name]",
                        e->where);
    for (size_t i = 0; i < r->out->n; i++) {
        if (strcmp(r->out->clauses[i].name, e->section) == 0)
            return et_error(ET_USAGE, "%s: there is already a clause [%s]",
                            e->where, e->section);
    }
    struct et_clause *v = et_grow(r->out->clauses, r->out->n + 1, sizeof *v);
    if (!v)
        return no_memory();
    r->out->clauses = v;
    v += r->out->n;
    if ((s = et_fields_init(et_clause_rows, v, sizeof *v)))
        return s;
    r->out->n++;
    r->clause = v;
    memset(r->lines, 0, sizeof r->lines);
    free(r->begun);
    r->begun = et_strdup(e->where);
    v->name = et_strdup(e->section);
    return v->name && r->begun ? ET_OK : no_memory();
}

static enum et_status on_entry(void *user, const struct et_ini_entry *e)
{
    struct reader *r = user;
    struct et_text where = {0};
    r->file = e->file;
    if (!e->key)
        return begin_section(r, e);
    if (!r->clause && !r->in_head)
        return et_error(ET_USAGE, "%s: `%s` is before the first [section]",
                        e->where, e->key);
    const struct et_field *rows = r->in_head ? contract_rows : et_clause_rows;
    const struct et_field *row = et_field_find(rows, e->key);
    const char *near = row ? NULL : et_field_suggest(rows, e->key);
    if (!row)
        return et_error(ET_USAGE, "%s: [%s] %s: unknown key%s", e->where,
                        e->section, e->key, ET_HINT("", near));
    int *line = (r->in_head ? r->head_lines : r->lines) + (row - rows);
    if (*line)
        return et_error(ET_USAGE, "%s: [%s] %s: given twice", e->where,
                        e->section, e->key);
    *line = e->line;
    et_text_add(&where, "%s: [%s]", e->where, e->section);
    enum et_status s =
        where.failed
            ? no_memory()
            : et_field_parse(row,
                             r->in_head ? (void *)r->out : (void *)r->clause,
                             e->value, where.s);
    if (s == ET_OK && r->in_head && strcmp(row->key, "peak") == 0) {
        et_text_add(&where, " peak");
        s = where.failed ? no_memory()
                         : et_run_peak_check(r->out->peak, where.s);
    }
    et_text_free(&where);
    return s;
}

enum et_status et_contract_read(const char *path, struct et_contract *out)
{
    struct et_contract c = {0};
    struct reader r = {.out = &c, .file = path};
    enum et_status s = et_ini_file(path, on_entry, &r);
    if (s == ET_OK)
        s = finish_clause(&r);
    if (s == ET_OK && c.n == 0)
        s = et_error(ET_USAGE,
                     "%s: has no clause, so there is nothing to judge", path);
    free(r.begun);
    if (s) {
        et_contract_free(&c);
        return s;
    }
    *out = c;
    return ET_OK;
}

void et_contract_free(struct et_contract *c)
{
    for (size_t i = 0; i < c->n; i++) {
        struct et_clause *k = &c->clauses[i];
        for (size_t j = 0; j < k->n_words; j++) {
            free(k->words[j].key);
            free(k->words[j].pattern);
        }
        free(k->words);
        free(k->name);
        et_fields_free(et_clause_rows, k, sizeof *k);
    }
    free(c->clauses);
    free(c->name);
    free(c->peak);
    memset(c, 0, sizeof *c);
}
