/* field: one row says all about a fact, and a null-terminated array of rows
 * describes a struct. The same rows serve options, plan parameters, record
 * members and environment facts; from them come parsing, validation, --help,
 * the JSON and CSV writers, the JSON Schema and the reference pages.
 * Knows C structs and text; never JSON, INI or a benchmark.
 *
 * A row binds to a member by its offset:
 *
 *   struct gemm { int64_t m; int dtype; };
 *   static const struct et_field rows[] = {
 *       ET_ROW(gemm, m, ET_INT, "rows of A and C", .preset = "1024",
 *              .min = 1, .max = 1e9),
 *       ET_ROW(gemm, dtype, ET_CHOICE, "element type", .preset = "fp64",
 *              .choices = ET_DTYPE_CHOICES),
 *       {0}};
 */
#ifndef ET_BASE_FIELD_H
#define ET_BASE_FIELD_H

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/base/status.h"
#include "harness/base/text.h"

enum et_type {
    ET_BOOL,    /* bool */
    ET_INT,     /* int64_t; ET_ABSENT_INT: not known */
    ET_REAL,    /* double; NAN: not known */
    ET_BYTES,   /* int64_t, written with units; ET_ABSENT_INT: not known */
    ET_SECONDS, /* double, written with units; NAN: not known */
    ET_CHOICE,  /* int, the index into `choices` */
    ET_STRING,  /* char *, owned; NULL: not known */
    ET_STRINGS, /* struct et_strings; as an option: repeatable */
    ET_REALS,   /* struct et_reals */
    ET_PAIRS,   /* struct et_pairs: keys known only at run time */
    ET_OBJECT,  /* a struct in place; its rows in `sub` */
    ET_LIST     /* struct et_list of structs; rows in `sub`, size `sub_size` */
};

#define ET_ABSENT_INT INT64_MIN
#define ET_ABSENT_REAL NAN

struct et_reals {
    double *v;
    size_t n;
};

struct et_list {
    void *v;
    size_t n;
};

/* Ordered key and value texts; `number` says that JSON shows it bare. */
struct et_pair {
    char *key, *text;
    bool number;
};
struct et_pairs {
    struct et_pair *v;
    size_t n;
};

struct et_field {
    const char *key;
    enum et_type type;
    size_t at;           /* offsetof the member */
    const char *unit;    /* "s", "FLOP/s", ...; NULL: none */
    const char *preset;  /* default, as a user would write it; NULL: absent */
    double min, max;     /* inclusive, for numbers; both 0: no bound */
    const char *choices; /* "a|b|c" for ET_CHOICE; ET_STRING may too */
    bool several;        /* ET_STRING: any number of them, commas between */
    const char *help;    /* one line, no full stop */
    const struct et_field *sub;
    size_t sub_size;
    const char *metavar; /* for --help: "DIR", "N"; NULL: from the type */
};

/* A row of a `struct owner`, named as its member; ET_ROW_AS: that has a name of
 * its own. What else it says follows the help: .unit = "s", ... */
#define ET_ROW(owner, member, kind, text, ...)                                 \
    ET_ROW_AS(#member, owner, member, kind, text, __VA_ARGS__)
#define ET_ROW_AS(name, owner, member, kind, text, ...)                        \
    {                                                                          \
        .key = name, .type = kind, .at = offsetof(struct owner, member),       \
        .help = text, __VA_ARGS__                                              \
    }
/* What an ET_OBJECT or ET_LIST holds: a `struct owner`, described by rows. */
#define ET_ROWS_OF(owner, rows) .sub = rows, .sub_size = sizeof(struct owner)

/* NULL where there is none. '-' and '_' are the same in a key. */
const struct et_field *et_field_find(const struct et_field *rows,
                                     const char *key);
/* The nearest key, for "did you mean"; NULL where none is near. */
const char *et_field_suggest(const struct et_field *rows, const char *key);

/* Scalars, choices and strings from text. On error logs "`where`: `key`: what
 * is wrong and what would be right" and returns ET_USAGE, the member as it
 * was. ET_STRINGS appends. */
enum et_status et_field_parse(const struct et_field *row, void *base,
                              const char *text, const char *where);

/* The member as text that et_field_parse takes back; "" when absent.
 * Scalars, choices, strings; a list of strings one a line. Appends. */
void et_field_print(const struct et_field *row, const void *base,
                    struct et_text *out);
bool et_field_is_absent(const struct et_field *row, const void *base);
bool et_field_is_number(const struct et_field *row); /* bare in JSON */

/* Choice name for an index, "?" out of range; index for a name, -1 if none.
 * The name is copied into buf. */
char *et_choice_name(const char *choices, int i, char buf[ET_TEXT_NUMBER]);
int et_choice_index(const char *choices, const char *name);

/* Zero the struct, then set every member to its preset or to absent. Returns
 * ET_INFRA on no memory; a preset that does not parse is a programmer's error
 * and is caught by the unit test that walks all rows. */
enum et_status et_fields_init(const struct et_field *rows, void *base,
                              size_t size);
/* Free what the members own and leave the struct zeroed. */
void et_fields_free(const struct et_field *rows, void *base, size_t size);
/* Deep copy into uninitialised `to`. */
enum et_status et_fields_copy(const struct et_field *rows, void *to,
                              const void *from, size_t size);

bool et_reals_add(struct et_reals *a, double v);
/* A zeroed new last element, or NULL. */
void *et_list_add(struct et_list *l, size_t size);
bool et_pairs_set(struct et_pairs *p, const char *key, const char *text,
                  bool number);
void et_pairs_free(struct et_pairs *p); /* leaves it empty */
const char *et_pairs_get(const struct et_pairs *p, const char *key);
/* Every scalar row of a struct as a pair. */
bool et_pairs_from_fields(struct et_pairs *p, const struct et_field *rows,
                          const void *base);

#endif
