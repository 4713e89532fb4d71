/* doc: a report as blocks, before it has a format. Builders fill it, each
 * format writes it. Texts are plain: every writer escapes for itself.
 */
#ifndef ET_RESULTS_FORMAT_DOC_H
#define ET_RESULTS_FORMAT_DOC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "harness/base/status.h"
#include "harness/base/text.h"
#include "results/reading/run.h"

enum et_block_kind {
    ET_BLOCK_HEADING, /* level 1..3 */
    ET_BLOCK_PARAGRAPH,
    ET_BLOCK_WARNING, /* must not be overlooked */
    ET_BLOCK_FACTS,   /* two columns: name, value; level 1: a headline */
    ET_BLOCK_TABLE,
    ET_BLOCK_FIGURE
};

/* A figure: a table of numbers that a gnuplot template of plots/ draws. */
struct et_figure {
    char *name;     /* file stem: plots/<name>.dat, .gp, .svg */
    char *template; /* plots/<template>.gp */
    char *title, *caption, *xlabel, *ylabel;
    struct et_text colours; /* of the series, 1..8, blanks between; empty: in
                             * their order */
    struct et_text marks;   /* the same of their points: gnuplot's types */
    struct et_text data;    /* the .dat file: gnuplot blocks, one a series, its
                             * name in the column header, quoted */
};

struct et_block {
    enum et_block_kind kind;
    int level;
    char *text;                /* heading, paragraph, warning, table's note */
    struct et_strings columns; /* table: headings */
    char *align;               /* table: one of 'l', 'r' a column */
    struct et_strings cells;   /* table, facts: row by row */
    struct et_figure figure;
    bool failed; /* memory ran out in it */
};

struct et_doc {
    char *title;
    struct et_block *blocks;
    size_t n;
    bool failed; /* memory ran out: a block is missing */
};

/* Appenders; false (NULL) on no memory, which also sticks, so that a builder
 * may ask et_doc_whole once at its end; a NULL block is passed on. A block
 * returned is good until the next one is appended. What enters is cleaned
 * (et_doc_clean), so that no writer has to think of a terminal. */
bool et_doc_heading(struct et_doc *d, int level, const char *text);
bool et_doc_paragraph(struct et_doc *d, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
bool et_doc_warning(struct et_doc *d, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* NULL-terminated headings; then cells row by row into block->cells. */
struct et_block *et_doc_table(struct et_doc *d, const char *align,
                              const char *const *columns);
struct et_block *et_doc_facts(struct et_doc *d);
struct et_block *et_doc_figure(struct et_doc *d, const char *name,
                               const char *template, const char *title);
bool et_block_cell(struct et_block *b, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
bool et_block_note(struct et_block *b, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Name and value of a facts block. */
bool et_block_fact(struct et_block *b, const char *name, const char *format,
                   ...) __attribute__((format(printf, 3, 4)));
bool et_doc_whole(const struct et_doc *d);
void et_doc_free(struct et_doc *d);

/* Makes valid UTF-8 of it, in place, without control characters and marks that
 * turn the direction of text: line ends and tabs become one blank, and each of
 * the others a '?'. */
void et_doc_clean(char *s);
/* Columns that a cleaned text takes: its code points. */
size_t et_doc_width(const char *s);

/* An output format: a const table et_out_<name> in <name>.c. */
struct et_out {
    const char *name, *suffix, *summary;
    bool records_only; /* of a run: asks nothing of its document */
    /* dir: of the run, for the SVG files of figures that were drawn. `run` is
     * for the formats that write records (csv, json); NULL for documents that
     * are not of one run. */
    enum et_status (*write)(const struct et_doc *doc, const struct et_run *run,
                            const char *dir, FILE *to);
};
/* A text as a cell of CSV: quoted where it must be, and no spreadsheet takes it
 * for a formula. */
void et_csv_put(FILE *to, const char *s);
const struct et_out *et_out_at(size_t i); /* the build's list */
/* Every rank's own median as CSV, one line a case and rank. Of a run alone, and
 * so in no list. */
extern const struct et_out et_out_ranks;
const struct et_out *et_out_find(const char *name);

#endif
