/* A document as plain text, at most 100 columns: for terminals, mail and
 * report.txt. Knows blocks; never a run. */
#include "config.h"
#include "results/format/doc.h"

#include <stdlib.h>
#include <string.h>

#include "harness/base/log.h"
#include "harness/base/memory.h"

#define WIDTH 100
#define GAP 2
#define NARROWEST 10 /* that a column is wrapped to */

/* Long names and paths may break after one of these. */
static bool is_joint(char c)
{
    return c && strchr("-_/,=", c);
}

/* One line's worth of a cell: at most `width` columns, broken at a blank if
 * there is one, else after a joint. Advances *s past it and the blanks that
 * follow. */
static void next_line(const char **s, size_t width, const char **from,
                      size_t *bytes)
{
    const char *p = *s, *blank = NULL, *joint = NULL;
    size_t n = 0;
    while (*p && n < width) {
        if (*p == ' ' && p > *s)
            blank = p;
        p++;
        if (is_joint(p[-1]))
            joint = p;
        while (((unsigned char)*p & 0xc0) == 0x80)
            p++;
        n++;
    }
    if (*p && *p != ' ' && (blank || joint))
        p = blank ? blank : joint;
    *from = *s;
    *bytes = (size_t)(p - *s);
    while (*p == ' ')
        p++;
    *s = p;
}

static void pad(FILE *to, size_t n)
{
    for (size_t i = 0; i < n; i++)
        fputc(' ', to);
}

/* Text wrapped to the width, each line after the first set in by `in`. */
static void wrap(FILE *to, const char *s, size_t first, size_t in)
{
    bool begun = false;
    do {
        const char *from;
        size_t bytes, at = begun ? in : first;
        if (begun)
            pad(to, in);
        next_line(&s, WIDTH - at, &from, &bytes);
        fprintf(to, "%.*s\n", (int)bytes, from);
        begun = true;
    } while (*s);
}

static void heading(FILE *to, const struct et_block *b)
{
    fprintf(to, "\n%s\n", b->text);
    char line = b->level <= 1 ? '=' : b->level == 2 ? '-' : 0;
    for (size_t n = line ? et_doc_width(b->text) : 0; n > 0; n--)
        fputc(line, to);
    if (line)
        fputc('\n', to);
}

static void facts(FILE *to, const struct et_block *b)
{
    size_t widest = 0;
    for (size_t i = 0; i + 1 < b->cells.n; i += 2) {
        size_t n = et_doc_width(b->cells.v[i]);
        widest = n > widest ? n : widest;
    }
    if (widest > WIDTH / 3)
        widest = WIDTH / 3;
    for (size_t i = 0; i + 1 < b->cells.n; i += 2) {
        size_t n = et_doc_width(b->cells.v[i]);
        fprintf(to, "%s", b->cells.v[i]);
        pad(to, n < widest ? widest - n : 0);
        pad(to, GAP);
        wrap(to, b->cells.v[i + 1], (n > widest ? n : widest) + GAP,
             widest + GAP);
    }
}

/* Narrow columns until the table fits: first those that only their heading
 * makes wide, then the widest left-aligned ones whose cells can break at a
 * blank, then any such, and at last the widest left-aligned ones. */
static void fit(size_t *widths, const size_t *least, const size_t *words,
                const struct et_block *b)
{
    size_t n = b->columns.n;
    for (;;) {
        size_t total = (n - 1) * GAP, spare = n, left = n, any = n, word = n;
        for (size_t i = 0; i < n; i++) {
            total += widths[i];
            if (widths[i] > least[i] &&
                (spare == n ||
                 widths[i] - least[i] > widths[spare] - least[spare]))
                spare = i;
            bool breaks = widths[i] > words[i], text = b->align[i] == 'l';
            if (text && breaks && (left == n || widths[i] > widths[left]))
                left = i;
            if (breaks && (any == n || widths[i] > widths[any]))
                any = i;
            if (text && widths[i] > NARROWEST &&
                (word == n || widths[i] > widths[word]))
                word = i;
        }
        size_t which = spare < n  ? spare
                       : left < n ? left
                       : any < n  ? any
                                  : word;
        if (total <= WIDTH || which == n)
            return;
        widths[which]--;
    }
}

/* The widest part of a text that cannot be broken. */
static size_t widest_part(const char *s, bool joints)
{
    size_t n = 0, most = 0;
    for (; *s; s++) {
        n = *s == ' ' ? 0 : n + (((unsigned char)*s & 0xc0) != 0x80);
        most = n > most ? n : most;
        n = joints && strchr("-_=", *s) ? 0 : n; /* a number stays whole */
    }
    return most;
}

/* How many of a row's first texts are those of the row above: they are left
 * out, so that what belongs together is seen. */
static size_t repeated(const struct et_block *b, size_t at)
{
    size_t n = b->columns.n, i = 0;
    while (i + 1 < n && b->align[i] == 'l' &&
           strcmp(b->cells.v[at + i], b->cells.v[at + i - n]) == 0)
        i++;
    return i;
}

static void row(FILE *to, char *const *cells, size_t skip, const size_t *widths,
                const struct et_block *b, const char **left)
{
    size_t n = b->columns.n, more = n;
    for (size_t i = 0; i < n; i++)
        left[i] = i < skip ? "" : cells[i];
    while (more) {
        size_t owed = 0; /* blanks before the next text: none trail a line */
        more = 0;
        for (size_t i = 0; i < n; i++) {
            const char *from;
            size_t bytes, used = 0;
            next_line(&left[i], widths[i], &from, &bytes);
            for (size_t k = 0; k < bytes; k++)
                used += ((unsigned char)from[k] & 0xc0) != 0x80;
            size_t rest = widths[i] - used;
            if (bytes) {
                pad(to, owed + (b->align[i] == 'r' ? rest : 0));
                fwrite(from, 1, bytes, to);
                owed = b->align[i] == 'r' ? 0 : rest;
            } else {
                owed += widths[i];
            }
            owed += GAP;
            more += *left[i] != 0;
        }
        fputc('\n', to);
    }
}

static enum et_status table(FILE *to, const struct et_block *b)
{
    size_t n = b->columns.n;
    size_t *widths = et_alloc(n, sizeof *widths);
    size_t *least = et_alloc(n, sizeof *least);
    size_t *words = et_alloc(n, sizeof *words);
    const char **left = et_alloc(n, sizeof *left);
    enum et_status status = ET_OK;
    if (!widths || !least || !words || !left) {
        status = et_error(ET_INFRA, "no memory for a table");
        goto out;
    }
    for (size_t i = 0; i < n; i++)
        least[i] = words[i] = widest_part(b->columns.v[i], true);
    for (size_t i = 0; i < b->cells.n; i++) {
        size_t w = et_doc_width(b->cells.v[i]), k = i % n;
        size_t part = widest_part(b->cells.v[i], b->align[k] == 'l');
        least[k] = w > least[k] ? w : least[k];
        words[k] = part > words[k] ? part : words[k];
    }
    for (size_t i = 0; i < n; i++) {
        size_t w = et_doc_width(b->columns.v[i]);
        widths[i] = w > least[i] ? w : least[i];
    }
    fit(widths, least, words, b);
    row(to, b->columns.v, 0, widths, b, left);
    size_t total = (n - 1) * GAP;
    for (size_t i = 0; i < n; i++)
        total += widths[i];
    for (size_t i = 0; i < total; i++)
        fputc('-', to);
    fputc('\n', to);
    for (size_t i = 0; i + n <= b->cells.n; i += n) {
        row(to, b->cells.v + i, i ? repeated(b, i) : 0, widths, b, left);
    }
    if (b->text)
        wrap(to, b->text, 0, 0);
out:
    free(widths);
    free(least);
    free(words);
    free(left);
    return status;
}

static enum et_status write_text(const struct et_doc *doc,
                                 const struct et_run *run, const char *dir,
                                 FILE *to)
{
    (void)run;
    (void)dir;
    struct et_block title = {.level = 1, .text = doc->title};
    heading(to, &title);
    for (size_t i = 0; i < doc->n; i++) {
        const struct et_block *b = &doc->blocks[i];
        enum et_status status = ET_OK;
        if (b->kind != ET_BLOCK_HEADING)
            fputc('\n', to);
        switch (b->kind) {
        case ET_BLOCK_HEADING:
            heading(to, b);
            break;
        case ET_BLOCK_PARAGRAPH:
            wrap(to, b->text, 0, 0);
            break;
        case ET_BLOCK_WARNING:
            fprintf(to, "WARNING: ");
            wrap(to, b->text, 9, 9);
            break;
        case ET_BLOCK_FACTS:
            facts(to, b);
            break;
        case ET_BLOCK_TABLE:
            status = table(to, b);
            break;
        case ET_BLOCK_FIGURE:
            fprintf(to, "Figure: ");
            wrap(to, b->figure.title, 8, 8);
            fprintf(to, "        plots/%s.svg\n", b->figure.name);
            break;
        }
        if (status)
            return status;
    }
    return ET_OK;
}

const struct et_out et_out_text = {.name = "text",
                                   .suffix = "txt",
                                   .summary = "plain text, 100 columns",
                                   .write = write_text};
