/* command: a subcommand of etalon as a const table: its words, option rows
 * and help, from which --help and the man page come. One file each,
 * app/command/<name>.c.
 */
#ifndef ET_APP_COMMAND_H
#define ET_APP_COMMAND_H

#include <stdbool.h>
#include <stddef.h>

#include "harness/base/field.h"
#include "harness/case/bench.h"
#include "results/format/doc.h"

/* How it was called: its words, and the whole command line. */
struct et_call {
    struct et_strings words, line;
};

/* What users read of it: --help and the man page say this and the rows. */
struct et_manual {
    const char *summary;
    const char *help; /* paragraphs */
    const char *examples;
};

/* Does a command line have an option of this key, as --key or --no-key? An
 * option's value does not say, since it may be the preset. */
bool et_line_gives(const struct et_strings *line, const char *key);

struct et_command {
    const char *name;
    const char *words; /* the arguments: "", "CONTRACT DIR"; "DIR DIR..." takes
                        * two or more */
    const struct et_manual *manual;
    const struct et_field *rows;
    size_t size; /* of the struct the rows describe */
    enum et_status (*run)(void *options, const struct et_call *call);
    bool tries; /* the libraries, by itself (app/libraries.h) */
};

/* A command's table. Its function bears its name, what users read of it stands
 * in `manual`, and its rows describe a `struct owner`. */
#define ET_COMMAND(its_name, takes, owner, its_rows)                           \
    ET_COMMAND_OF(its_name, takes, owner, its_rows, false)
/* One that uses more libraries than OpenMP. */
#define ET_COMMAND_TRIES(its_name, takes, owner, its_rows)                     \
    ET_COMMAND_OF(its_name, takes, owner, its_rows, true)
#define ET_COMMAND_OF(its_name, takes, owner, its_rows, its_tries)             \
    {                                                                          \
        .name = #its_name, .words = takes, .manual = &manual,                  \
        .rows = its_rows, .size = sizeof(struct owner), .run = its_name,       \
        .tries = its_tries                                                     \
    }

/* Of a command that has none. */
struct et_no_options {
    char none;
};
extern const struct et_field et_no_options[];

extern const struct et_command *const et_commands[]; /* ends with NULL */
const struct et_command *et_command_find(const char *name);

/* The build's benches. */
extern const struct et_benches et_benches;

/* Where a command's document goes: its last two options, --format and --out. */
struct et_destination {
    char *format, *out;
};
#define ET_DESTINATION_ROWS(owner, member)                                     \
    ET_ROW_AS("format", owner, member.format, ET_STRING,                       \
              "one of `etalon list formats`", .preset = "text",                \
              .metavar = "FORMAT"),                                            \
        ET_ROW_AS("out", owner, member.out, ET_STRING,                         \
                  "write there; preset: standard output", .metavar = "FILE"),  \
    {                                                                          \
        0                                                                      \
    }
/* Of a command that has no other. */
struct et_to_options {
    struct et_destination to;
};
extern const struct et_field et_to_options[];

/* Print a command's help, or the program's (NULL). */
void et_help_print(const struct et_command *c);

/* The format of that name; `records`: there is a run whose records it can
 * write. ET_USAGE, logged, where there is none. */
enum et_status et_format_find(const char *name, bool records,
                              const struct et_out **out);
/* Write a doc to a file or, with path NULL, to standard output. */
enum et_status et_out_print(const struct et_out *out, const struct et_doc *doc,
                            const struct et_run *run, const char *dir,
                            const char *path);
/* The same by the name of a format, which may be wrong. */
enum et_status et_doc_print(const struct et_doc *doc, const struct et_run *run,
                            const char *dir, const char *format,
                            const char *path);

/* report.txt, report.html, plots/ and manifest.sha256 of a run directory, and
 * the headline on standard output unless quiet. They follow from the run
 * alone, so that `etalon verify` can make them again. */
enum et_status et_publish(const char *dir, bool quiet);
/* The report and plots/ alone, into another directory; the page has the
 * drawings that the run's own directory has. out: the document; NULL: not
 * wanted. */
enum et_status et_publish_to(const struct et_run *run, const char *to,
                             struct et_doc *out);

#endif
