/* Energy counters of the Linux powercap framework (RAPL of Intel and AMD).
 * Knows the layout below /sys/class/powercap; never who asks.
 *
 * A domain is a folder intel-rapl:<n> (a package) or intel-rapl:<n>:<m> (a
 * part of it: core, uncore, dram) with name, energy_uj and
 * max_energy_range_uj, the value at which energy_uj starts again at 0
 * (Documentation/power/powercap/powercap.rst of Linux).
 */
#include "config.h"
#include "harness/energy/energy.h"

#include <dirent.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/log.h"
#include "harness/base/memory.h"
#include "harness/system/files.h"

#define FOLDER "/sys/class/powercap"
#define PREFIX "intel-rapl:"

static int is_domain(const struct dirent *d)
{
    return strncmp(d->d_name, PREFIX, strlen(PREFIX)) == 0;
}

/* "intel-rapl:1:0" gives 1: the package it belongs to. */
static int package_of(const char *folder)
{
    return atoi(folder + strlen(PREFIX));
}

static bool is_part(const char *folder)
{
    return strchr(folder + strlen(PREFIX), ':') != NULL;
}

/* uJ to J; NAN, with errno, where it cannot be read. */
static double read_joules(const char *folder, const char *file)
{
    char line[32], *end;
    errno = 0;
    if (!et_file_line(line, sizeof line, "", "%s/%s", folder, file))
        return NAN;
    unsigned long long uj = strtoull(line, &end, 10);
    if (end == line || *end) {
        errno = EINVAL;
        return NAN;
    }
    return (double)uj * 1e-6;
}

/* Add one domain; false, with the reason, where it cannot be read. */
static bool add(struct et_energy *e, const char *root, const char *folder)
{
    char path[sizeof *e->paths], name[32];
    int n = snprintf(path, sizeof path, "%s" FOLDER "/%s", root, folder);
    if (n < 0 || (size_t)n >= sizeof path) {
        snprintf(e->reason, sizeof e->reason, "a path below %.80s is too long",
                 root);
        return false;
    }
    if (e->n == ET_ENERGY_DOMAINS) {
        snprintf(e->reason, sizeof e->reason, "more than %d powercap domains",
                 ET_ENERGY_DOMAINS);
        return false;
    }
    if (!et_file_line(name, sizeof name, "", "%s/name", path))
        snprintf(name, sizeof name, "unnamed");
    double now = read_joules(path, "energy_uj");
    if (isnan(now)) {
        int why = errno;
        snprintf(e->reason, sizeof e->reason, "%s/energy_uj: %s%s", folder,
                 strerror(why),
                 why == EACCES ? " (most systems let only root read it)" : "");
        return false;
    }
    double range = read_joules(path, "max_energy_range_uj");
    if (!(range > 0)) {
        snprintf(e->reason, sizeof e->reason,
                 "%s/max_energy_range_uj: cannot be read", folder);
        return false;
    }
    if (is_part(folder))
        snprintf(e->names[e->n], sizeof *e->names, "%s-%d", name,
                 package_of(folder));
    else
        snprintf(e->names[e->n], sizeof *e->names, "%s", name);
    memcpy(e->paths[e->n], path, sizeof path);
    e->range[e->n] = range;
    /* Of the others dram lies beside the package, psys around it. */
    e->part[e->n] = strncmp(name, "package", strlen("package")) != 0;
    e->n++;
    return true;
}

/* Packages first and all or none: a sum that lacks one is no sum. Their parts
 * may be missing. */
static void probe(const char *root, struct et_energy *out)
{
    struct dirent **found = NULL;
    char folder[256];
    snprintf(folder, sizeof folder, "%s" FOLDER, root);
    int n = scandir(folder, &found, is_domain, alphasort);
    if (n < 0)
        et_noted(NULL);
    if (n <= 0)
        snprintf(out->reason, sizeof out->reason,
                 "no " FOLDER "/" PREFIX "*: no RAPL, its driver not loaded, "
                 "or a virtual machine");
    bool whole = n > 0;
    for (int i = 0; i < n && whole; i++) {
        if (!is_part(found[i]->d_name))
            whole = add(out, root, found[i]->d_name);
    }
    if (!whole)
        out->n = 0;
    for (int i = 0; i < n && whole; i++) {
        if (is_part(found[i]->d_name) && out->n < ET_ENERGY_DOMAINS)
            add(out, root, found[i]->d_name);
    }
    if (out->n > 0)
        out->reason[0] = '\0';
    for (int i = 0; i < n; i++)
        free(found[i]);
    free(found);
}

static enum et_status read_all(const struct et_energy *e, double *joules)
{
    double v[ET_ENERGY_DOMAINS];
    for (size_t i = 0; i < e->n; i++) {
        v[i] = read_joules(e->paths[i], "energy_uj");
        if (isnan(v[i]))
            return et_error(ET_INFRA, "%s/energy_uj: %s", e->paths[i],
                            strerror(errno));
    }
    memcpy(joules, v, e->n * sizeof *v);
    return ET_OK;
}

const struct et_energy_source et_energy_powercap = {
    .name = "powercap",
    .summary = "RAPL counters of the processor packages, from " FOLDER,
    .probe = probe,
    .read = read_all};
