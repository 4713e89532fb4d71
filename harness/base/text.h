/* Growing strings and the parsing and printing of quantities with units.
 * Knows nothing of plans or records. GB = 10^9 bytes, GiB = 2^30 bytes.
 */
#ifndef ET_BASE_TEXT_H
#define ET_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A string that grows; start from {0}. After a failed allocation `failed` is
 * set, `s` is left valid, and further appends do nothing. */
struct et_text {
    char *s;
    size_t n, room;
    bool failed;
};

void et_text_add(struct et_text *t, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void et_text_put(struct et_text *t, const char *s, size_t n);
const char *et_text_str(const struct et_text *t); /* never NULL */
void et_text_free(struct et_text *t);

/* Whole-string parsers; false (and *out untouched) on junk, overflow, nan. */
bool et_parse_int(const char *s, int64_t *out);
bool et_parse_real(const char *s, double *out);
bool et_parse_bool(const char *s, bool *out);
/* The decimal number that s begins with: what is behind it, or NULL (and *out
 * untouched) where it begins with none. */
const char *et_parse_decimal(const char *s, double *out);
/* "4096", "8 B", "64KiB", "256 MiB", "1.5 GiB", "4 GB"; a whole number. */
bool et_parse_bytes(const char *s, int64_t *out);
/* "2", "2 s", "150ms", "3 min", "1 h", "20 us" -> seconds. */
bool et_parse_seconds(const char *s, double *out);
/* "85", "1.2 GFLOP/s", "30 GB/s": a number, an SI prefix (k M G T P E Z) and
 * the unit as named; the bare unit is required when a prefix is given.
 * Returns the value in the bare unit ("FLOP/s", "B/s"). */
bool et_parse_quantity(const char *s, const char *unit, double *out);

/* Print into a caller's buffer and return it. */
#define ET_TEXT_NUMBER 40
char *et_print_bytes(char buf[ET_TEXT_NUMBER], int64_t v);  /* "64 KiB" */
char *et_print_seconds(char buf[ET_TEXT_NUMBER], double v); /* "1.25 ms" */
char *et_print_si(char buf[ET_TEXT_NUMBER], double v, const char *unit);
char *et_print_real(char buf[ET_TEXT_NUMBER], double v); /* round trip */
/* v to 15 digits, as a record has it: printed so, it reads back the same. */
double et_round_digits(double v);

/* Trim blanks at both ends, in place; returns the first kept character. */
char *et_trim(char *s);

/* For people and files, in place: control characters, what is no UTF-8, and
 * marks that are not seen (of direction, of no width) become '?'; line breaks
 * and tabs become a blank, several of them one. */
void et_text_clean(char *s);
/* In place: the user and password of each URL become '*', and so do the values
 * of a query whose names say that they are secret ("?token="). */
void et_text_redact(char *s);

/* Split on a separator into trimmed, owned parts: an empty part is kept.
 * Returns the count, or -1 on no memory. */
struct et_strings {
    char **v;
    size_t n;
};
bool et_strings_add(struct et_strings *l, const char *s);
/* Where it stands; l->n: nowhere. */
size_t et_strings_find(const struct et_strings *l, const char *s);
bool et_strings_has(const struct et_strings *l, const char *s);
void et_strings_free(struct et_strings *l);
bool et_split(const char *s, char separator, struct et_strings *out);
/* Is `word`, which is not empty, one of a list with commas? No blanks, and
 * large letters are others than small ones. */
bool et_list_has(const char *list, const char *word);

/* The nearest of `words` to `word` by edit distance, or NULL where none is
 * near enough (one more than a third of its length) to be meant. */
const char *et_nearest(const char *word, const char *const *words, size_t n);
/* "; did you mean '<mark><near>'?" for the end of a message, "" where near is
 * NULL; the text lives as long as the block that the macro stands in. */
#define ET_HINT(mark, near) et_hint((char[ET_HINT_SIZE]){0}, mark, near)
#define ET_HINT_SIZE 120
const char *et_hint(char text[ET_HINT_SIZE], const char *mark,
                    const char *near);

#endif
