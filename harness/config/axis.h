/* axis: one key of a section, or its sizes, as the points that its cases take.
 * For section.c alone.
 */
#ifndef ET_CONFIG_AXIS_H
#define ET_CONFIG_AXIS_H

#include "harness/base/field.h"
#include "harness/config/section.h"

struct et_axis {
    struct et_pairs *points; /* keys set at each point */
    size_t n;
    const char *where;
};

/* A new point that sets one key (NULL: none yet); NULL on no memory. */
struct et_pairs *et_axis_add_point(struct et_axis *a, const char *key,
                                   const char *value);
/* The points of one item of a parameter's list: itself, or of a range. */
enum et_status et_axis_add_item(struct et_axis *a, const struct et_field *row,
                                const char *item, const char *where);
/* A list's items; one that is empty is a slip of the hand, ET_USAGE. */
enum et_status et_axis_split(const char *value, const char *key,
                             const char *where, struct et_strings *out);
/* The points of a parameter's whole list. */
enum et_status et_axis_list(const struct et_section_entry *e,
                            const struct et_field *row, struct et_axis *a);

#endif
