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

/* Domains [first, end) of one source, as if they were all there are. */
static struct et_energy view(const struct et_energy *e, size_t first,
                             size_t end)
{
    struct et_energy v = {.source = e->of[first], .n = end - first};
    memcpy(v.names, e->names + first, v.n * sizeof *v.names);
    memcpy(v.paths, e->paths + first, v.n * sizeof *v.paths);
    memcpy(v.range, e->range + first, v.n * sizeof *v.range);
    return v;
}

static enum et_status read_several(const struct et_energy *e, double *joules)
{
    double all[ET_ENERGY_DOMAINS];
    for (size_t i = 0, end; i < e->n; i = end) {
        for (end = i + 1; end < e->n && e->of[end] == e->of[i];)
            end++;
        struct et_energy v = view(e, i, end);
        enum et_status s = v.source->read(&v, all + i);
        if (s != ET_OK)
            return s;
    }
    memcpy(joules, all, e->n * sizeof *all);
    return ET_OK;
}

static const struct et_energy_source several = {
    .name = "several",
    .summary = "the domains of several sources",
    .read = read_several};

/* False: there is no room for all of its domains, and so for none. */
static bool append(struct et_energy *e, const struct et_energy *more,
                   const struct et_energy_source *source)
{
    if (e->n + more->n > ET_ENERGY_DOMAINS)
        return false;
    for (size_t i = 0; i < more->n; i++, e->n++) {
        memcpy(e->names[e->n], more->names[i], sizeof *e->names);
        memcpy(e->paths[e->n], more->paths[i], sizeof *e->paths);
        e->range[e->n] = more->range[i];
        e->part[e->n] = more->part[i];
        e->of[e->n] = source;
    }
    return true;
}

void et_energy_open_from(const struct et_energy_source *const *list,
                         const char *root, struct et_energy *out)
{
    struct et_energy all = {.reason = ""};
    for (; *list; list++) {
        struct et_energy e = {.reason = ""};
        (*list)->probe(root, &e);
        if (e.n > 0 && append(&all, &e, *list)) {
            all.source = all.source ? &several : *list;
            continue;
        }
        size_t used = strlen(all.reason);
        snprintf(all.reason + used, sizeof all.reason - used, "%s%s",
                 used ? "; " : "", e.n > 0 ? "too many domains" : e.reason);
    }
    if (all.n > 0)
        all.reason[0] = '\0';
    *out = all;
}

void et_energy_open(const char *root, struct et_energy *out)
{
    et_energy_open_from(sources, root, out);
}

const char *et_energy_sources(const struct et_energy *e, char *text, size_t n)
{
    size_t used = 0;
    text[0] = '\0';
    if (e->source != &several)
        snprintf(text, n, "%s", e->source ? e->source->name : "");
    for (size_t i = 0; e->source == &several && i < e->n && used < n; i++) {
        if (i == 0 || e->of[i] != e->of[i - 1])
            used += (size_t)snprintf(text + used, n - used, "%s%s",
                                     used ? ", " : "", e->of[i]->name);
    }
    return text;
}

double et_energy_used(const struct et_energy *e, const double *before,
                      const double *after)
{
    double sum = 0;
    size_t whole = 0;
    for (size_t i = 0; i < e->n; i++) {
        if (e->part[i])
            continue;
        double used = after[i] - before[i];
        if (used < 0)
            used += e->range[i];
        if (!(used >= 0))
            return NAN;
        sum += used;
        whole++;
    }
    return whole ? sum : NAN;
}
