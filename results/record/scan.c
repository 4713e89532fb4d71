/* JSON as etalon writes it: compact, members in the order of their rows.
 * Knows rows and the JSON grammar (RFC 8259); never a record or a file. Each
 * function moves *p past what it took; a line feed or a NUL, which no token
 * takes, stops them all.
 */
#include "config.h"
#include "results/record/scan.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "harness/base/memory.h"

static bool skip(const char **p, char c)
{
    bool there = **p == c;
    *p += there;
    return there;
}

static bool skip_word(const char **p, const char *word)
{
    size_t n = strlen(word);
    bool there = strncmp(*p, word, n) == 0;
    *p += there ? n : 0;
    return there;
}

/* Owned; NULL: not a string, or no memory. Escapes and what is not ASCII are
 * jansson's to decode and to check. */
static char *scan_string(const char **p)
{
    const char *from = *p, *s = from + 1;
    bool plain = true;
    if (*from != '"')
        return NULL;
    for (; *s != '"'; s++) {
        plain = plain && *s != '\\' && (unsigned char)*s < 0x80;
        if (*s == '\\')
            s++;
        if ((unsigned char)*s < ' ')
            return NULL;
    }
    *p = s + 1;
    if (plain)
        return et_strndup(from + 1, (size_t)(s - from - 1));
    json_t *v = json_loadb(from, (size_t)(*p - from), JSON_DECODE_ANY, NULL);
    char *text = et_strdup(json_string_value(v));
    json_decref(v);
    return text;
}

struct number {
    bool whole;
    int64_t i; /* of a whole one */
    double d;
};

static bool skip_digits(const char **s)
{
    const char *from = *s;
    while (**s >= '0' && **s <= '9')
        ++*s;
    return *s > from;
}

/* The grammar is JSON's, the value libc's: the program keeps the C locale. */
static bool scan_number(const char **p, struct number *out)
{
    const char *from = *p, *s = from + (*from == '-'), *first = s;
    if (!skip_digits(&s) || (*first == '0' && s > first + 1))
        return false;
    out->whole = *s != '.' && *s != 'e' && *s != 'E';
    if (skip(&s, '.') && !skip_digits(&s))
        return false;
    if (skip(&s, 'e') || skip(&s, 'E')) {
        s += *s == '-' || *s == '+';
        if (!skip_digits(&s))
            return false;
    }
    *p = s;
    errno = 0;
    if (out->whole) {
        out->i = strtoll(from, NULL, 10);
        out->d = (double)out->i;
        return errno == 0;
    }
    out->d = strtod(from, NULL);
    return isfinite(out->d);
}

/* A pair's value as text; json.c reads it so too. */
static bool scan_plain(const char **p, struct et_pair *out)
{
    char buf[ET_TEXT_NUMBER] = "";
    struct number x;
    out->number = **p != '"';
    if (!out->number)
        out->text = scan_string(p);
    else if (skip_word(p, "true"))
        out->text = et_strdup("true");
    else if (skip_word(p, "false"))
        out->text = et_strdup("false");
    else if (skip_word(p, "null"))
        out->text = et_strdup("");
    else if (scan_number(p, &x)) {
        if (x.whole)
            snprintf(buf, sizeof buf, "%lld", (long long)x.i);
        out->text = et_strdup(x.whole ? buf : et_print_real(buf, x.d));
    }
    return out->text;
}

static bool scan_pairs(const char **p, struct et_pairs *out)
{
    if (!skip(p, '{'))
        return false;
    if (skip(p, '}'))
        return true;
    do {
        struct et_pair pair = {.key = scan_string(p)}, *v = NULL;
        if (pair.key && skip(p, ':') && scan_plain(p, &pair) &&
            !et_pairs_get(out, pair.key))
            v = et_grow(out->v, out->n + 1, sizeof *v);
        if (!v) {
            free(pair.key);
            free(pair.text);
            return false;
        }
        out->v = v;
        v[out->n++] = pair;
    } while (skip(p, ','));
    return skip(p, '}');
}

static bool scan_object(const char **p, const struct et_scan_part *part,
                        size_t n);

static bool scan_element(const char **p, const struct et_field *row,
                         void *member)
{
    struct number x = {.d = NAN};
    if (row->type == ET_REALS)
        return (skip_word(p, "null") || scan_number(p, &x)) &&
               et_reals_add(member, x.d);
    if (row->type == ET_STRINGS) {
        char *text = scan_string(p);
        bool ok = text && et_strings_add(member, text);
        free(text);
        return ok;
    }
    const struct et_scan_part part = {row->sub,
                                      et_list_add(member, row->sub_size)};
    return part.base &&
           et_fields_init(row->sub, part.base, row->sub_size) == ET_OK &&
           scan_object(p, &part, 1);
}

static bool scan_array(const char **p, const struct et_field *row, void *member)
{
    if (!skip(p, '['))
        return false;
    if (skip(p, ']'))
        return true;
    while (scan_element(p, row, member)) {
        if (!skip(p, ','))
            return skip(p, ']');
    }
    return false;
}

static bool scan_member(const char **p, const struct et_field *row,
                        void *member)
{
    struct number x;
    char *text;
    if (skip_word(p, "null"))
        return true;
    switch (row->type) {
    case ET_BOOL:
        *(bool *)member = **p == 't';
        return skip_word(p, **p == 't' ? "true" : "false");
    case ET_INT:
    case ET_BYTES:
        if (!scan_number(p, &x) || !x.whole)
            return false;
        *(int64_t *)member = x.i;
        return true;
    case ET_REAL:
    case ET_SECONDS:
        if (!scan_number(p, &x))
            return false;
        *(double *)member = x.d;
        return true;
    case ET_CHOICE:
        text = scan_string(p);
        *(int *)member = text ? et_choice_index(row->choices, text) : -1;
        free(text);
        return *(int *)member >= 0;
    case ET_STRING:
        text = scan_string(p);
        free(*(char **)member);
        *(char **)member = text;
        return text;
    case ET_STRINGS:
    case ET_REALS:
    case ET_LIST:
        return scan_array(p, row, member);
    case ET_PAIRS:
        return scan_pairs(p, member);
    case ET_OBJECT:
        return scan_object(p, &(const struct et_scan_part){row->sub, member},
                           1);
    }
    return false;
}

/* Rows are only gone through once, so that no member is taken twice. */
static bool scan_object(const char **p, const struct et_scan_part *part,
                        size_t n)
{
    const struct et_scan_part *end = part + n;
    const struct et_field *row = part->rows;
    if (!skip(p, '{'))
        return false;
    if (skip(p, '}'))
        return true;
    do {
        size_t length = 0;
        if (!skip(p, '"'))
            return false;
        for (;; row++) {
            while (!row->key) {
                if (++part == end)
                    return false;
                row = part->rows;
            }
            length = strlen(row->key);
            if (strncmp(*p, row->key, length) == 0 && (*p)[length] == '"')
                break;
        }
        *p += length + 1;
        if (!skip(p, ':') || !scan_member(p, row, (char *)part->base + row->at))
            return false;
        row++;
    } while (skip(p, ','));
    return skip(p, '}');
}

bool et_scan(const char *line, size_t n, const struct et_scan_part *parts,
             size_t n_parts)
{
    const char *p = line, *end = line + n;
    if (n == 0 || n > INT_MAX || !scan_object(&p, parts, n_parts))
        return false;
    p += p < end && *p == '\n';
    return p == end;
}
