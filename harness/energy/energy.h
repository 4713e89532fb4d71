/* energy: joules that the domains of this node have used: packages, and what
 * else has a meter. A source is a const table in a file of its own; all that
 * have a domain are read together. Absent is never zero.
 */
#ifndef ET_ENERGY_ENERGY_H
#define ET_ENERGY_ENERGY_H

#include <stdbool.h>
#include <stddef.h>

#include "harness/base/status.h"

#define ET_ENERGY_DOMAINS 32

struct et_energy {
    const struct et_energy_source *source; /* reads all domains */
    char reason[160]; /* why nothing can be read; "" when it can */
    size_t n;         /* domains */
    char names[ET_ENERGY_DOMAINS][64];  /* "package-0", "dram-0" */
    char paths[ET_ENERGY_DOMAINS][192]; /* powercap: the domain's folder */
    double range[ET_ENERGY_DOMAINS];    /* J at which a counter wraps */
    bool part[ET_ENERGY_DOMAINS]; /* counted in another, or beside the sum */
    const struct et_energy_source *of[ET_ENERGY_DOMAINS]; /* whose it is */
};

struct et_energy_source {
    const char *name, *summary;
    void (*probe)(const char *root, struct et_energy *out);
    /* One reading a domain, in J; ET_INFRA when one is gone. */
    enum et_status (*read)(const struct et_energy *e, double *joules);
};

/* The domains of all sources that have any; where none has, `reason` says what
 * was looked for. `root` prefixes /sys ("" for this machine). */
void et_energy_open(const char *root, struct et_energy *out);
/* The same of these sources; NULL ends. */
void et_energy_open_from(const struct et_energy_source *const *list,
                         const char *root, struct et_energy *out);
/* Names of the sources that are read: "powercap, nvml". Returns text. */
const char *et_energy_sources(const struct et_energy *e, char *text, size_t n);
/* J between two readings of all domains that are no parts, wrap-around undone;
 * NAN when there are none. */
double et_energy_used(const struct et_energy *e, const double *before,
                      const double *after);

#endif
