/* The field rows at work: find, parse, print, copy, free. */
#include "config.h"
#include "harness/base/field.h"

#include <stdlib.h>
#include <string.h>

#include "harness/base/log.h"
#include "harness/base/memory.h"

/* The member of a struct that a row is about, as the given type. */
#define AT(type, base, row) ((type *)(void *)((char *)(base) + (row)->at))
#define AT_CONST(type, base, row)                                              \
    ((const type *)(const void *)((const char *)(base) + (row)->at))

static bool same_key(const char *a, const char *b)
{
    for (; *a && *b; a++, b++) {
        if (*a != *b && !((*a == '-' || *a == '_') && (*b == '-' || *b == '_')))
            return false;
    }
    return *a == *b;
}

const struct et_field *et_field_find(const struct et_field *rows,
                                     const char *key)
{
    for (; rows->key; rows++) {
        if (same_key(rows->key, key))
            return rows;
    }
    return NULL;
}

const char *et_field_suggest(const struct et_field *rows, const char *key)
{
    const char *words[128];
    size_t n = 0;
    for (; rows->key && n < 128; rows++)
        words[n++] = rows->key;
    return et_nearest(key, words, n);
}

bool et_field_is_number(const struct et_field *row)
{
    return row->type == ET_INT || row->type == ET_REAL ||
           row->type == ET_BYTES || row->type == ET_SECONDS;
}

char *et_choice_name(const char *choices, int i, char buf[ET_TEXT_NUMBER])
{
    const char *p = choices;
    while (i > 0 && p) {
        p = strchr(p, '|');
        p = p ? p + 1 : NULL;
        i--;
    }
    size_t n = p && i == 0 ? strcspn(p, "|") : 0;
    if (n == 0 || n >= ET_TEXT_NUMBER) {
        p = "?";
        n = 1;
    }
    memcpy(buf, p, n);
    buf[n] = '\0';
    return buf;
}

int et_choice_index(const char *choices, const char *name)
{
    size_t length = strlen(name);
    int i = 0;
    for (const char *p = choices;; i++) {
        size_t n = strcspn(p, "|");
        if (n == length && strncmp(p, name, n) == 0)
            return i;
        if (!p[n])
            return -1;
        p += n + 1;
    }
}

static enum et_status bad_choice(const struct et_field *row, const char *text,
                                 const char *where)
{
    struct et_strings words = {0};
    const char *near = NULL;
    if (et_split(row->choices, '|', &words))
        near = et_nearest(text, (const char *const *)words.v, words.n);
    et_error(ET_USAGE, "%s: %s: '%s' is none of %s%s%s%s", where, row->key,
             text, row->choices, near ? " (did you mean '" : "",
             near ? near : "", near ? "'?)" : "");
    et_strings_free(&words);
    return ET_USAGE;
}

static enum et_status out_of_range(const struct et_field *row, const char *text,
                                   const char *where)
{
    char low[ET_TEXT_NUMBER], high[ET_TEXT_NUMBER];
    if (row->type == ET_BYTES) {
        et_print_bytes(low, (int64_t)row->min);
        et_print_bytes(high, (int64_t)row->max);
    } else {
        et_print_real(low, row->min);
        et_print_real(high, row->max);
    }
    return et_error(ET_USAGE, "%s: %s: %s is out of range, %s to %s is right",
                    where, row->key, text, low, high);
}

static bool in_range(const struct et_field *row, double v)
{
    return (row->min == 0 && row->max == 0) || (v >= row->min && v <= row->max);
}

static enum et_status not_a(const struct et_field *row, const char *text,
                            const char *where, const char *what)
{
    return et_error(ET_USAGE, "%s: %s: '%s' is not %s", where, row->key, text,
                    what);
}

static enum et_status parse_whole(const struct et_field *row, void *base,
                                  const char *text, const char *where)
{
    int64_t v;
    bool bytes = row->type == ET_BYTES;
    if (!(bytes ? et_parse_bytes(text, &v) : et_parse_int(text, &v)))
        return not_a(row, text, where,
                     bytes ? "a size, or is beyond 64 bits; write it like "
                             "4096, 64 KiB or 2 GiB"
                           : "a whole number that fits in 64 bits");
    if (!in_range(row, (double)v))
        return out_of_range(row, text, where);
    *AT(int64_t, base, row) = v;
    return ET_OK;
}

static enum et_status parse_real(const struct et_field *row, void *base,
                                 const char *text, const char *where)
{
    double v;
    bool seconds = row->type == ET_SECONDS;
    if (!(seconds ? et_parse_seconds(text, &v) : et_parse_real(text, &v)))
        return not_a(row, text, where,
                     seconds ? "a time; write it like 2, 150 ms or 1 min"
                             : "a number");
    if (!in_range(row, v))
        return out_of_range(row, text, where);
    *AT(double, base, row) = v;
    return ET_OK;
}

/* A string of choices: one, or where the row allows it several. */
static enum et_status check_words(const struct et_field *row, const char *text,
                                  const char *where)
{
    struct et_strings words = {0};
    enum et_status status = ET_OK;
    if (!row->several)
        return et_choice_index(row->choices, text) < 0
                   ? bad_choice(row, text, where)
                   : ET_OK;
    if (!et_split(text, ',', &words))
        return et_error(ET_INFRA, "no memory");
    for (size_t i = 0; status == ET_OK && i < words.n; i++) {
        if (et_choice_index(row->choices, words.v[i]) < 0)
            status = bad_choice(row, words.v[i], where);
    }
    et_strings_free(&words);
    return status;
}

enum et_status et_field_parse(const struct et_field *row, void *base,
                              const char *text, const char *where)
{
    switch (row->type) {
    case ET_BOOL:
        if (!et_parse_bool(text, AT(bool, base, row)))
            return not_a(row, text, where, "yes or no");
        return ET_OK;
    case ET_INT:
    case ET_BYTES:
        return parse_whole(row, base, text, where);
    case ET_REAL:
    case ET_SECONDS:
        return parse_real(row, base, text, where);
    case ET_CHOICE: {
        int i = et_choice_index(row->choices, text);
        if (i < 0)
            return bad_choice(row, text, where);
        *AT(int, base, row) = i;
        return ET_OK;
    }
    case ET_STRING: {
        if (row->choices) {
            enum et_status status = check_words(row, text, where);
            if (status != ET_OK)
                return status;
        }
        char *s = et_strdup(text);
        if (!s)
            return et_error(ET_INFRA, "no memory");
        free(*AT(char *, base, row));
        *AT(char *, base, row) = s;
        return ET_OK;
    }
    case ET_STRINGS:
        if (!et_strings_add(AT(struct et_strings, base, row), text))
            return et_error(ET_INFRA, "no memory");
        return ET_OK;
    default:
        return not_a(row, text, where, "something that text can set");
    }
}

bool et_field_is_absent(const struct et_field *row, const void *base)
{
    switch (row->type) {
    case ET_INT:
    case ET_BYTES:
        return *AT_CONST(int64_t, base, row) == ET_ABSENT_INT;
    case ET_REAL:
    case ET_SECONDS:
        return !isfinite(*AT_CONST(double, base, row));
    case ET_STRING:
        return *AT_CONST(char *, base, row) == NULL;
    default:
        return false;
    }
}

void et_field_print(const struct et_field *row, const void *base,
                    struct et_text *out)
{
    char buf[ET_TEXT_NUMBER];
    if (et_field_is_absent(row, base))
        return;
    switch (row->type) {
    case ET_BOOL:
        et_text_add(out, "%s", *AT_CONST(bool, base, row) ? "yes" : "no");
        break;
    case ET_INT:
    case ET_BYTES:
        et_text_add(out, "%lld", (long long)*AT_CONST(int64_t, base, row));
        break;
    case ET_REAL:
    case ET_SECONDS:
        et_text_add(out, "%s",
                    et_print_real(buf, *AT_CONST(double, base, row)));
        break;
    case ET_CHOICE:
        et_text_add(
            out, "%s",
            et_choice_name(row->choices, *AT_CONST(int, base, row), buf));
        break;
    case ET_STRING:
        et_text_add(out, "%s", *AT_CONST(char *, base, row));
        break;
    case ET_STRINGS: {
        const struct et_strings *l = AT_CONST(struct et_strings, base, row);
        for (size_t i = 0; i < l->n; i++)
            et_text_add(out, "%s%s", i ? "\n" : "", l->v[i]);
        break;
    }
    default:
        break;
    }
}

enum et_status et_fields_init(const struct et_field *rows, void *base,
                              size_t size)
{
    memset(base, 0, size);
    for (const struct et_field *row = rows; row->key; row++) {
        if (row->type == ET_INT || row->type == ET_BYTES)
            *AT(int64_t, base, row) = ET_ABSENT_INT;
        if (row->type == ET_REAL || row->type == ET_SECONDS)
            *AT(double, base, row) = ET_ABSENT_REAL;
        enum et_status s = ET_OK;
        if (row->type == ET_OBJECT)
            s = et_fields_init(row->sub, AT(char, base, row), row->sub_size);
        else if (row->preset)
            s = et_field_parse(row, base, row->preset, "preset");
        if (s != ET_OK) {
            et_fields_free(rows, base, size);
            return s;
        }
    }
    return ET_OK;
}

static void free_list(const struct et_field *row, struct et_list *l)
{
    for (size_t i = 0; i < l->n; i++)
        et_fields_free(row->sub, (char *)l->v + i * row->sub_size,
                       row->sub_size);
    free(l->v);
}

void et_pairs_free(struct et_pairs *p)
{
    for (size_t i = 0; i < p->n; i++) {
        free(p->v[i].key);
        free(p->v[i].text);
    }
    free(p->v);
    *p = (struct et_pairs){0};
}

void et_fields_free(const struct et_field *rows, void *base, size_t size)
{
    for (const struct et_field *row = rows; row->key; row++) {
        switch (row->type) {
        case ET_STRING:
            free(*AT(char *, base, row));
            break;
        case ET_STRINGS:
            et_strings_free(AT(struct et_strings, base, row));
            break;
        case ET_REALS:
            free(AT(struct et_reals, base, row)->v);
            break;
        case ET_PAIRS:
            et_pairs_free(AT(struct et_pairs, base, row));
            break;
        case ET_OBJECT:
            et_fields_free(row->sub, AT(char, base, row), row->sub_size);
            break;
        case ET_LIST:
            free_list(row, AT(struct et_list, base, row));
            break;
        default:
            break;
        }
    }
    memset(base, 0, size);
}

/* Copies what one row's member owns; `to` holds a bitwise copy of `from` with
 * owning members zeroed. */
static bool copy_owned(const struct et_field *row, void *to, const void *from)
{
    switch (row->type) {
    case ET_STRING: {
        const char *s = *AT_CONST(char *, from, row);
        *AT(char *, to, row) = et_strdup(s);
        return !s || *AT(char *, to, row);
    }
    case ET_STRINGS: {
        const struct et_strings *l = AT_CONST(struct et_strings, from, row);
        for (size_t i = 0; i < l->n; i++) {
            if (!et_strings_add(AT(struct et_strings, to, row), l->v[i]))
                return false;
        }
        return true;
    }
    case ET_REALS: {
        const struct et_reals *a = AT_CONST(struct et_reals, from, row);
        for (size_t i = 0; i < a->n; i++) {
            if (!et_reals_add(AT(struct et_reals, to, row), a->v[i]))
                return false;
        }
        return true;
    }
    case ET_PAIRS: {
        const struct et_pairs *p = AT_CONST(struct et_pairs, from, row);
        for (size_t i = 0; i < p->n; i++) {
            if (!et_pairs_set(AT(struct et_pairs, to, row), p->v[i].key,
                              p->v[i].text, p->v[i].number))
                return false;
        }
        return true;
    }
    case ET_OBJECT:
        return et_fields_copy(row->sub, AT(char, to, row),
                              AT_CONST(char, from, row),
                              row->sub_size) == ET_OK;
    case ET_LIST: {
        const struct et_list *l = AT_CONST(struct et_list, from, row);
        for (size_t i = 0; i < l->n; i++) {
            void *e = et_list_add(AT(struct et_list, to, row), row->sub_size);
            if (!e ||
                et_fields_copy(row->sub, e, (char *)l->v + i * row->sub_size,
                               row->sub_size) != ET_OK)
                return false;
        }
        return true;
    }
    default:
        return true;
    }
}

static size_t owned_size(enum et_type type)
{
    switch (type) {
    case ET_STRING:
        return sizeof(char *);
    case ET_STRINGS:
        return sizeof(struct et_strings);
    case ET_REALS:
        return sizeof(struct et_reals);
    case ET_PAIRS:
        return sizeof(struct et_pairs);
    case ET_LIST:
        return sizeof(struct et_list);
    default:
        return 0;
    }
}

enum et_status et_fields_copy(const struct et_field *rows, void *to,
                              const void *from, size_t size)
{
    memcpy(to, from, size);
    for (const struct et_field *row = rows; row->key; row++) {
        if (row->type == ET_OBJECT)
            memset(AT(char, to, row), 0, row->sub_size);
        else
            memset(AT(char, to, row), 0, owned_size(row->type));
    }
    for (const struct et_field *row = rows; row->key; row++) {
        if (!copy_owned(row, to, from)) {
            et_fields_free(rows, to, size);
            return et_error(ET_INFRA, "no memory");
        }
    }
    return ET_OK;
}

bool et_reals_add(struct et_reals *a, double v)
{
    /* Room doubles: it is the next power of two from 16 on. */
    if (a->n == 0 || (a->n >= 16 && (a->n & (a->n - 1)) == 0)) {
        double *p = et_grow(a->v, a->n ? 2 * a->n : 16, sizeof *p);
        if (!p)
            return false;
        a->v = p;
    }
    a->v[a->n++] = v;
    return true;
}

void *et_list_add(struct et_list *l, size_t size)
{
    char *v = et_grow(l->v, l->n + 1, size);
    if (!v)
        return NULL;
    l->v = v;
    memset(v + l->n * size, 0, size);
    return v + size * l->n++;
}

bool et_pairs_set(struct et_pairs *p, const char *key, const char *text,
                  bool number)
{
    char *copy = et_strdup(text);
    if (!copy)
        return false;
    for (size_t i = 0; i < p->n; i++) {
        if (strcmp(p->v[i].key, key) == 0) {
            free(p->v[i].text);
            p->v[i].text = copy;
            p->v[i].number = number;
            return true;
        }
    }
    char *name = et_strdup(key);
    struct et_pair *v = et_grow(p->v, p->n + 1, sizeof *v);
    if (v)
        p->v = v;
    if (!v || !name) {
        free(copy);
        free(name);
        return false;
    }
    v[p->n++] = (struct et_pair){name, copy, number};
    return true;
}

const char *et_pairs_get(const struct et_pairs *p, const char *key)
{
    for (size_t i = 0; i < p->n; i++) {
        if (same_key(p->v[i].key, key))
            return p->v[i].text;
    }
    return NULL;
}

bool et_pairs_from_fields(struct et_pairs *p, const struct et_field *rows,
                          const void *base)
{
    bool ok = true;
    for (const struct et_field *row = rows; ok && row->key; row++) {
        struct et_text t = {0};
        if (row->type > ET_STRINGS || et_field_is_absent(row, base))
            continue;
        et_field_print(row, base, &t);
        ok = !t.failed && et_pairs_set(p, row->key, et_text_str(&t),
                                       et_field_is_number(row));
        et_text_free(&t);
    }
    return ok;
}
