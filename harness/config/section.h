/* section: one bench section of a plan, its keys, and their product. For
 * plan.c alone.
 */
#ifndef ET_CONFIG_SECTION_H
#define ET_CONFIG_SECTION_H

#include "harness/config/catalog.h"
#include "harness/config/plan.h"

struct et_section_entry {
    char *key, *value, *where;
};

struct et_section {
    const struct et_bench *bench;
    char *title, *label, *where; /* label: NULL if none */
    struct et_section_entry *v;
    size_t n;
};

/* Unknown keys and, unless `replace`, keys given twice are ET_USAGE. */
enum et_status et_section_set(struct et_section *s, const char *key,
                              const char *value, const char *where,
                              bool replace);
/* Append the section's cases. */
enum et_status et_section_expand(const struct et_section *s,
                                 const char *catalog_dir,
                                 const struct et_allocation *allocation,
                                 struct et_cases *out);
void et_section_free(struct et_section *s);

#endif
