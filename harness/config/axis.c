/* Points of an axis, and items of a list in a plan. */
#include "config.h"
#include "harness/config/axis.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/log.h"
#include "harness/base/memory.h"

/* A new point that sets one key; NULL on no memory. */
struct et_pairs *et_axis_add_point(struct et_axis *a, const char *key,
                                   const char *value)
{
    if ((a->n & (a->n - 1)) == 0) {
        struct et_pairs *v = et_grow(a->points, a->n ? 2 * a->n : 1, sizeof *v);
        if (!v)
            return NULL;
        a->points = v;
    }
    struct et_pairs *p = &a->points[a->n];
    *p = (struct et_pairs){0};
    if (key && !et_pairs_set(p, key, value, false))
        return NULL;
    a->n++;
    return p;
}

/* "8..256MiB*8": from, to, factor. The points are from, from*f, ... <= to. */
static enum et_status add_range(struct et_axis *a, const struct et_field *row,
                                const char *item, const char *where)
{
    char from[64], to[64];
    int64_t low, high, factor = 2;
    const char *dots = strstr(item, ".."), *times = strchr(item, '*');
    snprintf(from, sizeof from, "%.*s", (int)(dots - item), item);
    snprintf(to, sizeof to, "%.*s",
             times ? (int)(times - dots - 2) : (int)sizeof to - 1, dots + 2);
    bool ok =
        et_parse_bytes(et_trim(from), &low) &&
        et_parse_bytes(et_trim(to), &high) &&
        (!times || et_parse_int(times + 1 + strspn(times + 1, " \t"), &factor));
    if (!ok || low < 1 || high < low || factor < 2)
        return et_error(ET_USAGE,
                        "%s: %s: '%s' is not from..to*factor, such as "
                        "8..256MiB*8",
                        where, row->key, item);
    for (int64_t v = low; v <= high;) {
        char text[32];
        snprintf(text, sizeof text, "%lld", (long long)v);
        if (!et_axis_add_point(a, row->key, text))
            return et_no_memory();
        if (!et_mul(v, factor, &v))
            break;
    }
    return ET_OK;
}

/* One item of a parameter's list. */
enum et_status et_axis_add_item(struct et_axis *a, const struct et_field *row,
                                const char *item, const char *where)
{
    bool whole = row->type == ET_INT || row->type == ET_BYTES;
    if (whole && strstr(item, ".."))
        return add_range(a, row, item, where);
    return et_axis_add_point(a, row->key, item) ? ET_OK : et_no_memory();
}

/* A list's items; one that is empty is a slip of the hand. */
enum et_status et_axis_split(const char *value, const char *key,
                             const char *where, struct et_strings *out)
{
    if (!et_split(value, ',', out))
        return et_no_memory();
    for (size_t i = 0; i < out->n; i++) {
        if (!*out->v[i])
            return et_error(ET_USAGE, "%s: %s: an item of the list is empty",
                            where, key);
    }
    return ET_OK;
}

enum et_status et_axis_list(const struct et_section_entry *e,
                            const struct et_field *row, struct et_axis *a)
{
    struct et_strings items = {0};
    a->where = e->where;
    enum et_status status = et_axis_split(e->value, row->key, e->where, &items);
    for (size_t i = 0; status == ET_OK && i < items.n; i++)
        status = et_axis_add_item(a, row, items.v[i], e->where);
    et_strings_free(&items);
    return status;
}
