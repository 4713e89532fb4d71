/* Structs to JSON, back, and to their schema, driven by field rows. Knows
 * rows and jansson; never a record, a run or a file.
 */
#include "config.h"
#include "results/record/json.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/log.h"
#include "harness/base/memory.h"

static enum et_status no_memory(void)
{
    return et_error(ET_INFRA, "out of memory while writing JSON");
}

/* JSON is UTF-8, but argv, host names and variables are bytes: those that are
 * not UTF-8 are shown as '?', rather than lost with the whole record. */
static char *utf8_twin(const char *s)
{
    char *t = et_strdup(s);
    for (char *p = t; p && *p; p++) {
        if ((unsigned char)*p >= 0x80)
            *p = '?';
    }
    return t;
}

static json_t *text_value(const char *s)
{
    json_t *v = json_string(s);
    if (v)
        return v;
    char *t = utf8_twin(s);
    v = t ? json_string(t) : NULL;
    free(t);
    return v;
}

json_t *et_json_text(const char *s)
{
    return s ? text_value(s) : json_null();
}

static json_t *real_value(double v)
{
    return isfinite(v) ? json_real(v) : json_null();
}

/* A pair that is a number stays one: an integer as an integer, else a real;
 * an integer too large for JSON's readers keeps its digits as a string. */
static json_t *pair_value(const struct et_pair *p)
{
    int64_t i;
    double d;
    if (!p->number)
        return text_value(p->text ? p->text : "");
    if (!p->text || !*p->text)
        return json_null();
    if (strcmp(p->text, "true") == 0 || strcmp(p->text, "false") == 0)
        return json_boolean(*p->text == 't');
    if (et_parse_int(p->text, &i))
        return json_integer(i);
    if (strspn(p->text, "+-0123456789") < strlen(p->text) &&
        et_parse_real(p->text, &d))
        return real_value(d);
    return text_value(p->text);
}

/* Takes `v` over; false on no memory, which a NULL `v` stands for too. */
static bool set(json_t *object, const char *key, json_t *v)
{
    if (v && json_object_set(object, key, v) != 0) {
        char *t = utf8_twin(key);
        if (!t || json_object_set(object, t, v) != 0) {
            json_decref(v);
            v = NULL;
        }
        free(t);
    }
    json_decref(v);
    return v;
}

static json_t *pairs_value(const struct et_pairs *p)
{
    json_t *o = json_object();
    for (size_t i = 0; o && i < p->n; i++) {
        if (!set(o, p->v[i].key, pair_value(&p->v[i]))) {
            json_decref(o);
            return NULL;
        }
    }
    return o;
}

static json_t *object_value(const struct et_field *rows, const void *base);

static json_t *array_value(const struct et_field *row, const void *member)
{
    json_t *a = json_array();
    const struct et_reals *reals = member;
    const struct et_strings *strings = member;
    const struct et_list *list = member;
    size_t n = row->type == ET_REALS     ? reals->n
               : row->type == ET_STRINGS ? strings->n
                                         : list->n;
    for (size_t i = 0; a && i < n; i++) {
        json_t *v;
        if (row->type == ET_REALS)
            v = real_value(reals->v[i]);
        else if (row->type == ET_STRINGS)
            v = text_value(strings->v[i]);
        else
            v = object_value(row->sub,
                             (const char *)list->v + i * row->sub_size);
        if (!v || json_array_append_new(a, v) != 0) {
            json_decref(a);
            return NULL;
        }
    }
    return a;
}

static json_t *member_value(const struct et_field *row, const void *member)
{
    char name[ET_TEXT_NUMBER];
    int64_t i;
    switch (row->type) {
    case ET_BOOL:
        return json_boolean(*(const bool *)member);
    case ET_INT:
    case ET_BYTES:
        i = *(const int64_t *)member;
        return i == ET_ABSENT_INT ? json_null() : json_integer(i);
    case ET_REAL:
    case ET_SECONDS:
        return real_value(*(const double *)member);
    case ET_CHOICE:
        et_choice_name(row->choices, *(const int *)member, name);
        return et_choice_index(row->choices, name) < 0 ? json_null()
                                                       : json_string(name);
    case ET_STRING:
        return *(char *const *)member ? text_value(*(char *const *)member)
                                      : json_null();
    case ET_STRINGS:
    case ET_REALS:
    case ET_LIST:
        return array_value(row, member);
    case ET_PAIRS:
        return pairs_value(member);
    case ET_OBJECT:
        return object_value(row->sub, member);
    }
    return NULL;
}

/* False on no memory, unlogged. */
static bool put_rows(json_t *object, const struct et_field *rows,
                     const void *base)
{
    for (const struct et_field *row = rows; row->key; row++) {
        if (!set(object, row->key,
                 member_value(row, (const char *)base + row->at)))
            return false;
    }
    return true;
}

static json_t *object_value(const struct et_field *rows, const void *base)
{
    json_t *o = json_object();
    if (o && !put_rows(o, rows, base)) {
        json_decref(o);
        o = NULL;
    }
    return o;
}

enum et_status et_json_put(json_t *object, const struct et_field *rows,
                           const void *base)
{
    return put_rows(object, rows, base) ? ET_OK : no_memory();
}

/* --- reading -------------------------------------------------------------- */

static enum et_status wrong(const struct et_field *row, const char *where,
                            const char *wanted)
{
    return et_error(ET_INFRA, "%s: `%s`: not %s", where, row->key, wanted);
}

static enum et_status no_memory_at(const char *where)
{
    return et_error(ET_INFRA, "%s: out of memory", where);
}

static enum et_status get_pairs(const json_t *v, const struct et_field *row,
                                struct et_pairs *out, const char *where)
{
    const char *key;
    json_t *item;
    if (!json_is_object(v))
        return wrong(row, where, "an object");
    json_object_foreach((json_t *)v, key, item)
    {
        char buf[ET_TEXT_NUMBER];
        const char *text = "";
        if (json_is_string(item))
            text = json_string_value(item);
        else if (json_is_boolean(item))
            text = json_is_true(item) ? "true" : "false";
        else if (json_is_integer(item)) {
            snprintf(buf, sizeof buf, "%lld",
                     (long long)json_integer_value(item));
            text = buf;
        } else if (json_is_real(item))
            text = et_print_real(buf, json_real_value(item));
        else if (!json_is_null(item))
            return et_error(ET_INFRA, "%s: `%s.%s`: not a plain value", where,
                            row->key, key);
        if (!et_pairs_set(out, key, text, !json_is_string(item)))
            return no_memory_at(where);
    }
    return ET_OK;
}

static enum et_status get_array(const json_t *v, const struct et_field *row,
                                void *member, const char *where)
{
    struct et_reals *reals = member;
    if (!json_is_array(v))
        return wrong(row, where, "an array");
    size_t n = json_array_size(v);
    if (row->type == ET_REALS && n > 0)
        reals->n = 0;
    for (size_t i = 0; i < n; i++) {
        const json_t *item = json_array_get(v, i);
        if (row->type == ET_REALS) {
            if (!json_is_number(item) && !json_is_null(item))
                return wrong(row, where, "an array of numbers");
            if (!et_reals_add(
                    reals, json_is_null(item) ? NAN : json_number_value(item)))
                return no_memory_at(where);
        } else if (row->type == ET_STRINGS) {
            if (!json_is_string(item))
                return wrong(row, where, "an array of strings");
            if (!et_strings_add(member, json_string_value(item)))
                return no_memory_at(where);
        } else {
            void *element = et_list_add(member, row->sub_size);
            enum et_status s;
            if (!element)
                return no_memory_at(where);
            if ((s = et_fields_init(row->sub, element, row->sub_size)) ||
                (s = et_json_get(item, row->sub, element, where)))
                return s;
        }
    }
    return ET_OK;
}

static enum et_status get_member(const json_t *v, const struct et_field *row,
                                 void *member, const char *where)
{
    int choice;
    char *text;
    switch (row->type) {
    case ET_BOOL:
        if (!json_is_boolean(v))
            return wrong(row, where, "true or false");
        *(bool *)member = json_is_true(v);
        return ET_OK;
    case ET_INT:
    case ET_BYTES:
        if (!json_is_integer(v))
            return wrong(row, where, "a whole number");
        *(int64_t *)member = json_integer_value(v);
        return ET_OK;
    case ET_REAL:
    case ET_SECONDS:
        if (!json_is_number(v))
            return wrong(row, where, "a number");
        *(double *)member = json_number_value(v);
        return ET_OK;
    case ET_CHOICE:
        if (!json_is_string(v))
            return wrong(row, where, "a string");
        choice = et_choice_index(row->choices, json_string_value(v));
        if (choice < 0)
            return et_error(ET_INFRA, "%s: `%s`: `%s` is not one of %s", where,
                            row->key, json_string_value(v), row->choices);
        *(int *)member = choice;
        return ET_OK;
    case ET_STRING:
        if (!json_is_string(v))
            return wrong(row, where, "a string");
        text = et_strdup(json_string_value(v));
        if (!text)
            return no_memory_at(where);
        free(*(char **)member);
        *(char **)member = text;
        return ET_OK;
    case ET_STRINGS:
    case ET_REALS:
    case ET_LIST:
        return get_array(v, row, member, where);
    case ET_PAIRS:
        return get_pairs(v, row, member, where);
    case ET_OBJECT:
        return et_json_get(v, row->sub, member, where);
    }
    return ET_OK;
}

enum et_status et_json_get(const json_t *object, const struct et_field *rows,
                           void *base, const char *where)
{
    if (!json_is_object(object))
        return et_error(ET_INFRA, "%s: not a JSON object", where);
    for (const struct et_field *row = rows; row->key; row++) {
        const json_t *v = json_object_get(object, row->key);
        if (!v || json_is_null(v))
            continue;
        enum et_status s = get_member(v, row, (char *)base + row->at, where);
        if (s)
            return s;
    }
    return ET_OK;
}

/* --- the schema -------------------------------------------------------------
 */

static json_t *nullable(const char *type)
{
    return json_pack("{s:[s,s]}", "type", type, "null");
}

static json_t *choice_schema(const char *choices)
{
    char name[ET_TEXT_NUMBER];
    json_t *words = json_array();
    for (int i = 0; words; i++) {
        et_choice_name(choices, i, name);
        if (et_choice_index(choices, name) != i)
            break;
        json_array_append_new(words, json_string(name));
    }
    return json_pack("{s:o}", "enum", words);
}

static json_t *member_schema(const struct et_field *row)
{
    switch (row->type) {
    case ET_BOOL:
        return json_pack("{s:s}", "type", "boolean");
    case ET_INT:
    case ET_BYTES:
        return nullable("integer");
    case ET_REAL:
    case ET_SECONDS:
        return nullable("number");
    case ET_CHOICE:
        return choice_schema(row->choices);
    case ET_STRING:
        return nullable("string");
    case ET_STRINGS:
        return json_pack("{s:s,s:{s:s}}", "type", "array", "items", "type",
                         "string");
    case ET_REALS:
        return json_pack("{s:s,s:{s:s}}", "type", "array", "items", "type",
                         "number");
    case ET_PAIRS:
        return json_pack("{s:s,s:{s:[s,s,s,s]}}", "type", "object",
                         "additionalProperties", "type", "string", "number",
                         "boolean", "null");
    case ET_OBJECT:
        return et_json_schema(row->sub);
    case ET_LIST:
        return json_pack("{s:s,s:o}", "type", "array", "items",
                         et_json_schema(row->sub));
    }
    return NULL;
}

static bool annotate(json_t *s, const struct et_field *row)
{
    const char *unit = row->unit;
    if (!unit && row->type == ET_BYTES)
        unit = "B";
    if (!unit && row->type == ET_SECONDS)
        unit = "s";
    if (row->help && !set(s, "description", json_string(row->help)))
        return false;
    if (unit && !set(s, "x-unit", json_string(unit)))
        return false;
    if (row->min < row->max && et_field_is_number(row) &&
        (!set(s, "minimum", json_real(row->min)) ||
         !set(s, "maximum", json_real(row->max))))
        return false;
    return true;
}

json_t *et_json_schema(const struct et_field *rows)
{
    json_t *properties = json_object(), *required = json_array();
    for (const struct et_field *row = rows; row->key; row++) {
        json_t *s = member_schema(row);
        if (!s || !annotate(s, row) ||
            json_array_append_new(required, json_string(row->key)) != 0 ||
            json_object_set(properties, row->key, s) != 0) {
            json_decref(s);
            json_decref(properties);
            json_decref(required);
            return NULL;
        }
        json_decref(s);
    }
    return json_pack("{s:s,s:o,s:o,s:b}", "type", "object", "properties",
                     properties, "required", required, "additionalProperties",
                     0);
}
