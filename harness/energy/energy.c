/* The list of energy sources, and joules from two readings. Knows no source's
 * files.
 */
#include "config.h"
#include "harness/energy/energy.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "lists.h"

#define DECLARE(stem) extern const struct et_energy_source et_energy_##stem;
ET_LIST_ENERGY(DECLARE)
#define ROW(stem) &et_energy_##stem,
static const struct et_energy_source *const sources[] = {ET_LIST_ENERGY(ROW)
                                                             NULL};

const struct et_energy_source *et_energy_source_at(size_t i)
{
    return i < sizeof sources / sizeof *sources ? sources[i] : NULL;
}

void et_energy_open(const char *root, struct et_energy *out)
{
    struct et_energy e, none = {.reason = ""};
    for (size_t i = 0; sources[i]; i++) {
        memset(&e, 0, sizeof e);
        sources[i]->probe(root, &e);
        e.source = sources[i];
        if (e.n > 0) {
            *out = e;
            return;
        }
        size_t used = strlen(none.reason);
        snprintf(none.reason + used, sizeof none.reason - used, "%s%s",
                 used ? "; " : "", e.reason);
    }
    *out = none;
}

double et_energy_used(const struct et_energy *e, const double *before,
                      const double *after)
{
    double sum = 0;
    size_t packages = 0;
    for (size_t i = 0; i < e->n; i++) {
        if (strncmp(e->names[i], "package", 7) != 0)
            continue;
        double used = after[i] - before[i];
        if (used < 0)
            used += e->range[i];
        if (!(used >= 0))
            return NAN;
        sum += used;
        packages++;
    }
    return packages ? sum : NAN;
}
