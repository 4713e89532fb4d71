/* What the sections of a report build their blocks with: names of cases,
 * remarks, the ends of tables, and the .dat blocks of figures. Knows records
 * and blocks; no section. */
#include "config.h"
#include "results/report/parts.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/log.h"
#include "harness/base/memory.h"

struct et_said et_say_doubts(const struct et_run *run,
                             const struct et_record *r)
{
    struct et_said out;
    const struct et_result_team *team = &r->result.team;
    bool fake = run->info.clock_fake;
    snprintf(out.s, sizeof out.s, "%s", fake ? "fake clock" : "");
    for (int i = ET_FLAW_WRONG + 1; i < ET_FLAWS; i++) {
        enum et_flaw f = (enum et_flaw)i;
        size_t n = strlen(out.s);
        /* The figures show what has no interval; on a fake clock nobody counts
         * threads or looks for disturbances. */
        bool idle = f == ET_FLAW_UNCOUNTED || f == ET_FLAW_UNWATCHED;
        if (f == ET_FLAW_NO_INTERVAL || (idle && fake) ||
            !et_flaw_is(f, r, NULL))
            continue;
        snprintf(out.s + n, sizeof out.s - n, "%s%s", n ? ", " : "",
                 et_flaw_name(f));
        n = strlen(out.s);
        if (f == ET_FLAW_THREADS)
            snprintf(out.s + n, sizeof out.s - n, " (%lld of %lld)",
                     (long long)team->delivered, (long long)team->threads);
    }
    return out;
}

void et_say_case(const struct et_run *run, const struct et_record *r,
                 const struct et_strings *varying, struct et_text *out)
{
    struct et_text shape = {0};
    et_bench_say(r, out);
    et_text_add(out, " %s", r->result.backend);
    et_shape_say(run, r, varying, true, &shape);
    if (strcmp(et_text_str(&shape), "-") != 0)
        et_text_add(out, " %s", et_text_str(&shape));
    out->failed |= shape.failed;
    et_text_free(&shape);
}

bool et_same_but_numbers(const char *a, const char *b)
{
    const char *digits = "0123456789";
    while (*a && *b) {
        size_t n = strspn(a, digits), m = strspn(b, digits);
        if (!n != !m || (!n && *a != *b))
            return false;
        a += n ? n : 1;
        b += n ? m : 1;
    }
    return !*a && !*b;
}

bool et_report_bench_heading(struct et_report *w, const struct et_record *r)
{
    const struct et_run_bench *b = et_run_bench(w->run, r);
    struct et_text name = {0};
    et_bench_say(r, &name);
    if (b && b->title)
        et_text_add(&name, ": %s", b->title);
    bool ok = et_doc_heading(w->doc, 3, et_text_str(&name)) && !name.failed;
    et_text_free(&name);
    return ok;
}

bool et_report_kinds(struct et_report *w, et_pick_run_test *test,
                     const char *heading, const char *text,
                     bool (*part)(struct et_report *, struct et_picks *, bool))
{
    struct et_picks picks;
    struct et_groups kinds = {0};
    if (!et_picks_take_by(&picks, w->run, test))
        return false;
    bool ok =
        et_groups_make(&kinds, w->run, &picks, ET_KEY_BENCH | ET_KEY_DTYPE);
    if (ok && picks.n) {
        et_doc_heading(w->doc, 2, heading);
        et_doc_paragraph(w->doc, "%s", text);
    }
    for (size_t i = 0; ok && i < kinds.n; i++)
        ok = part(w, &kinds.v[i], i < ET_REPORT_FIGURES);
    et_groups_free(&kinds);
    et_picks_free(&picks);
    return ok;
}

/* Take the last column away if none of its cells says anything. */
static void drop_empty(struct et_block *b)
{
    size_t n = b->columns.n, to = 0;
    for (size_t i = n - 1; i < b->cells.n; i += n) {
        if (*b->cells.v[i])
            return;
    }
    if (n < 2 || b->cells.n % n)
        return;
    for (size_t i = 0; i < b->cells.n; i++) {
        if (i % n == n - 1)
            free(b->cells.v[i]);
        else
            b->cells.v[to++] = b->cells.v[i];
    }
    b->cells.n = to;
    free(b->columns.v[--b->columns.n]);
}

size_t et_report_shown(size_t rows)
{
    return rows < ET_REPORT_ROWS ? rows : ET_REPORT_ROWS;
}

void et_report_close(struct et_block *b, size_t shown, size_t all)
{
    if (b && !b->failed)
        drop_empty(b);
    if (shown < all)
        et_block_note(b,
                      "The first %zu of %zu rows; all of them are in the CSV "
                      "report.",
                      shown, all);
}

struct et_said et_report_stem(const char *a, const char *b, const char *c)
{
    struct et_said out;
    const char *words[] = {a, b, c};
    size_t n = 0;
    for (size_t i = 0; i < 3; i++) {
        if (n && words[i] && *words[i] && n < 60 && out.s[n - 1] != '-')
            out.s[n++] = '-';
        for (const char *p = words[i]; p && *p && n < 60; p++) {
            if (isalnum((unsigned char)*p) && (unsigned char)*p < 0x80)
                out.s[n++] = (char)tolower((unsigned char)*p);
            else if (n && out.s[n - 1] != '-')
                out.s[n++] = '-';
        }
    }
    while (n && out.s[n - 1] == '-')
        n--;
    out.s[n] = 0;
    return out;
}

/* No quote and no backslash, so that gnuplot reads it back as one text. */
void et_data_text(struct et_text *t, const char *s)
{
    char *copy = et_strdup(s);
    if (!copy) {
        t->failed = true;
        return;
    }
    et_doc_clean(copy);
    for (char *p = copy; *p; p++) {
        if (strchr("\"\\`", *p))
            *p = '\'';
    }
    et_text_add(t, "\"%s\"", copy);
    free(copy);
}

void et_data_real(struct et_text *t, double v)
{
    if (isfinite(v))
        et_text_add(t, " %.10g", v);
    else
        et_text_add(t, " NaN");
}

void et_data_next(struct et_text *t)
{
    if (t->n)
        et_text_add(t, "\n\n");
}

bool et_figure_words(struct et_block *b, const char *x, const char *y,
                     const char *caption)
{
    if (!b)
        return false;
    struct et_figure *f = &b->figure;
    f->xlabel = et_strdup(x);
    f->ylabel = et_strdup(y);
    f->caption = et_strdup(caption);
    b->failed |= !f->xlabel || !f->ylabel || !f->caption;
    return !b->failed;
}

enum et_status et_report_finish(struct et_doc *doc, struct et_doc *out)
{
    if (!doc->title || !et_doc_whole(doc)) {
        et_doc_free(doc);
        return et_error(ET_INFRA, "no memory for the report");
    }
    et_doc_clean(doc->title);
    *out = *doc;
    return ET_OK;
}

const char *et_report_run_name(const struct et_run *r)
{
    return r->dir ? r->dir : "run";
}
