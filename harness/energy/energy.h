/* energy: joules that a domain of this node has used. A source is a const
 * table in a file of its own. Absent is never zero.
 */
#ifndef ET_ENERGY_ENERGY_H
#define ET_ENERGY_ENERGY_H

#include <stdbool.h>
#include <stddef.h>

#include "harness/base/status.h"

#define ET_ENERGY_DOMAINS 16

struct et_energy {
    const struct et_energy_source *source;
    char reason[160]; /* why nothing can be read; "" when it can */
    size_t n;         /* domains */
    char names[ET_ENERGY_DOMAINS][64];  /* "package-0", "dram-0" */
    char paths[ET_ENERGY_DOMAINS][192]; /* powercap: the domain's folder */
    double range[ET_ENERGY_DOMAINS];    /* J at which a counter wraps */
};

struct et_energy_source {
    const char *name, *summary;
    void (*probe)(const char *root, struct et_energy *out);
    /* One reading a domain, in J; ET_INFRA when one is gone. */
    enum et_status (*read)(const struct et_energy *e, double *joules);
};

const struct et_energy_source *et_energy_source_at(size_t i);

/* The first source that has a domain; else `reason` says what was looked for.
 * `root` prefixes /sys ("" for this machine). */
void et_energy_open(const char *root, struct et_energy *out);
/* J between two readings of all package domains, wrap-around undone; NAN when
 * there are none. */
double et_energy_used(const struct et_energy *e, const double *before,
                      const double *after);

#endif
