/* A document as plain text, at most 100 columns: for terminals, mail and
 * report.txt. Knows blocks; never a run. */
#include "config.h"
#include "results/format/doc.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/log.h"
#include "harness/base/memory.h"

#define WIDTH 100
#define GAP 2
#define SHORT 24 /* columns of a text that may be wrapped to any width; */
#define LONG 40  /* a longer one is not wrapped to less than so many */

/* Long names and paths may break behind one of these; dates and other numbers
 * do not. */
static bool is_joint(const char *s)
{
    return *s && strchr("-_/,=", *s) && isalpha((unsigned char)s[1]);
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
        if (is_joint(p - 1))
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

/* How a table is set. Long texts for which there is no room stand under their
 * rows, each behind the name of its column. */
struct layout {
    const struct et_block *b;
    size_t *widths;
    size_t *cells; /* the longest cell, without its heading */
    size_t *words; /* the longest part that does not break */
    bool *under;
};

static bool is_text(const struct et_block *b, size_t column)
{
    return b->align[column] == 'l';
}

static size_t width_of(const struct layout *l)
{
    size_t total = 0;
    for (size_t i = 0; i < l->b->columns.n; i++) {
        if (!l->under[i])
            total += l->widths[i] + (total ? GAP : 0);
    }
    return total;
}

/* Narrow columns until the table fits: first those that only their heading
 * makes wide, then the widest of the texts that can break, then of all, and at
 * last the first one, whose words are broken. */
static void narrow(struct layout *l)
{
    size_t n = l->b->columns.n, which = 0;
    while (width_of(l) > WIDTH && which < n) {
        size_t spare = n, left = n, any = n;
        for (size_t i = 0; i < n; i++) {
            size_t w = l->widths[i];
            if (l->under[i])
                continue;
            if (w > l->cells[i] &&
                (spare == n ||
                 w - l->cells[i] > l->widths[spare] - l->cells[spare]))
                spare = i;
            bool breaks = w > l->words[i];
            if (breaks && is_text(l->b, i) &&
                (left == n || w > l->widths[left]))
                left = i;
            if (breaks && (any == n || w > l->widths[any]))
                any = i;
        }
        which = spare < n             ? spare
                : left < n            ? left
                : any < n             ? any
                : l->widths[0] > LONG ? 0
                                      : n;
        if (which < n)
            l->widths[which]--;
    }
}

/* The longest text that was made so narrow that it is hard to read, of equal
 * ones the last; n: none. The first of a row stays there. */
static size_t squeezed(const struct layout *l)
{
    size_t n = l->b->columns.n, which = n;
    for (size_t i = 1; i < n; i++) {
        size_t whole = l->cells[i], least = whole < LONG ? whole : LONG;
        if (!l->under[i] && is_text(l->b, i) && whole > SHORT &&
            (l->widths[i] < least || width_of(l) > WIDTH) &&
            (which == n || whole >= l->cells[which]))
            which = i;
    }
    return which;
}

/* The texts behind it as well, so that a row is read in its order. */
static void put_under(struct layout *l, size_t column)
{
    for (size_t i = column; i < l->b->columns.n && is_text(l->b, i); i++)
        l->under[i] = true;
}

static void fit(struct layout *l)
{
    size_t n = l->b->columns.n, which = n;
    do {
        if (which < n)
            put_under(l, which);
        for (size_t i = 0; i < n; i++) {
            size_t heading = et_doc_width(l->b->columns.v[i]);
            l->widths[i] = heading > l->cells[i] ? heading : l->cells[i];
        }
        narrow(l);
    } while ((which = squeezed(l)) < n);
}

/* The widest part of a text that cannot be broken. */
static size_t widest_part(const char *s, bool joints)
{
    size_t n = 0, most = 0;
    for (; *s; s++) {
        n = *s == ' ' ? 0 : n + (((unsigned char)*s & 0xc0) != 0x80);
        most = n > most ? n : most;
        n = joints && is_joint(s) ? 0 : n;
    }
    return most;
}

/* How many of a row's first texts are those of the row above: they are left
 * out, so that what belongs together is seen. */
static size_t repeated(const struct et_block *b, size_t at)
{
    size_t n = b->columns.n, i = 0;
    while (i + 1 < n && is_text(b, i) &&
           strcmp(b->cells.v[at + i], b->cells.v[at + i - n]) == 0)
        i++;
    return i;
}

/* The cells but the first `skip` and those under the row; `left` is room. */
static void row(FILE *to, const struct layout *l, char *const *cells,
                size_t skip, const char **left)
{
    size_t n = l->b->columns.n, more = n;
    for (size_t i = 0; i < n; i++)
        left[i] = i < skip || l->under[i] ? "" : cells[i];
    while (more) {
        size_t owed = 0; /* blanks before the next text: none trail a line */
        more = 0;
        for (size_t i = 0; i < n; i++) {
            const char *from;
            size_t bytes, used = 0;
            if (l->under[i])
                continue;
            next_line(&left[i], l->widths[i], &from, &bytes);
            for (size_t k = 0; k < bytes; k++)
                used += ((unsigned char)from[k] & 0xc0) != 0x80;
            size_t rest = l->widths[i] - used;
            bool text = is_text(l->b, i);
            if (bytes) {
                pad(to, owed + (text ? 0 : rest));
                fwrite(from, 1, bytes, to);
                owed = text ? rest : 0;
            } else {
                owed += l->widths[i];
            }
            owed += GAP;
            more += *left[i] != 0;
        }
        fputc('\n', to);
    }
}

static void under_row(FILE *to, const struct layout *l, char *const *cells,
                      size_t skip)
{
    for (size_t i = skip; i < l->b->columns.n; i++) {
        if (!l->under[i] || !*cells[i])
            continue;
        pad(to, 2 * GAP);
        int n = fprintf(to, "%s: ", l->b->columns.v[i]);
        wrap(to, cells[i], 2 * GAP + (n > 0 ? (size_t)n : 0), 3 * GAP);
    }
}

/* Widens a column to one more cell, or to its heading. */
static void widen(struct layout *l, size_t column, const char *text,
                  bool heading)
{
    size_t part = widest_part(text, heading || is_text(l->b, column));
    size_t whole = heading ? part : et_doc_width(text);
    if (whole > l->cells[column])
        l->cells[column] = whole;
    if (part > l->words[column])
        l->words[column] = part;
}

static enum et_status table(FILE *to, const struct et_block *b)
{
    size_t n = b->columns.n;
    struct layout l = {.b = b,
                       .widths = et_alloc(n, sizeof *l.widths),
                       .cells = et_alloc(n, sizeof *l.cells),
                       .words = et_alloc(n, sizeof *l.words),
                       .under = et_alloc(n, sizeof *l.under)};
    const char **left = et_alloc(n, sizeof *left);
    enum et_status status = ET_OK;
    if (!l.widths || !l.cells || !l.words || !l.under || !left) {
        status = et_error(ET_INFRA, "no memory for a table");
        goto out;
    }
    for (size_t i = 0; i < n; i++)
        widen(&l, i, b->columns.v[i], true);
    for (size_t i = 0; i < b->cells.n; i++)
        widen(&l, i % n, b->cells.v[i], false);
    fit(&l);
    row(to, &l, b->columns.v, 0, left);
    for (size_t i = width_of(&l); i > 0; i--)
        fputc('-', to);
    fputc('\n', to);
    for (size_t i = 0; i + n <= b->cells.n; i += n) {
        size_t skip = i ? repeated(b, i) : 0;
        row(to, &l, b->cells.v + i, skip, left);
        under_row(to, &l, b->cells.v + i, skip);
    }
    if (b->text)
        wrap(to, b->text, 0, 0);
out:
    free(l.widths);
    free(l.cells);
    free(l.words);
    free(l.under);
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
