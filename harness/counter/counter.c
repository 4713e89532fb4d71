/* The list of counter sources and what they share. Knows no event's meaning.
 */
#include "config.h"
#include "harness/counter/counter.h"

#include <stdlib.h>
#include <string.h>

#include "harness/base/log.h"
#include "harness/base/memory.h"
#include "harness/base/text.h"
#include "harness/counter/perf.h"
#include "harness/counter/several.h"

#include "lists.h"

#define DECLARE(stem) extern const struct et_counter_source et_counter_##stem;
ET_LIST_COUNTER(DECLARE)
#define ROW(stem) &et_counter_##stem,
static const struct et_counter_source *const sources[] = {ET_LIST_COUNTER(ROW)
                                                              NULL};
#define N_SOURCES (sizeof sources / sizeof *sources - 1)

const char *const et_counter_names[] = {
    "cycles",           "instructions",   "fp_ops",
    "llc_misses",       "task_clock_ns",  "page_faults",
    "context_switches", "cpu_migrations", NULL};

const struct et_counter_source *et_counter_source_at(size_t i)
{
    return i < N_SOURCES ? sources[i] : NULL;
}

static enum et_status find(const char *name,
                           const struct et_counter_source **out)
{
    const char *names[N_SOURCES + 1] = {"auto"};
    bool any = strcmp(name, "auto") == 0;
    for (size_t i = 0; i < N_SOURCES; i++) {
        names[i + 1] = sources[i]->name;
        const char *why_not =
            sources[i]->why_not ? sources[i]->why_not() : NULL;
        if (!any && strcmp(name, sources[i]->name) != 0)
            continue;
        if (any && why_not)
            continue;
        if (why_not)
            return et_error(ET_INFRA, "counters \"%s\": %s", name, why_not);
        *out = sources[i];
        return ET_OK;
    }
    const char *near = et_nearest(name, names, N_SOURCES + 1);
    return et_error(ET_USAGE, "no counter source \"%s\"%s", name,
                    ET_HINT("", near));
}

static enum et_status open_one(const char *name, struct et_counters *out)
{
    struct et_counters c = {0};
    enum et_status s = find(name, &c.source);
    if (s == ET_OK)
        s = c.source->open(&c);
    if (s == ET_OK)
        *out = c;
    else if (c.source)
        et_counters_close(&c);
    return s;
}

enum et_status et_counters_open(const char *name, struct et_counters *out)
{
    return strchr(name, ',') ? et_counters_open_several(name, open_one, out)
                             : open_one(name, out);
}

void et_counters_close(struct et_counters *c)
{
    if (c->source && c->source->close)
        c->source->close(c);
    for (size_t i = 0; i < c->n_events; i++) {
        free(c->events[i].name);
        free(c->events[i].native);
    }
    for (size_t i = 0; i < c->n_absents; i++) {
        free(c->absents[i].name);
        free(c->absents[i].reason);
    }
    free(c->events);
    free(c->absents);
    *c = (struct et_counters){0};
}

/* Copies of both, or of none. */
static bool keep(const char *name, const char *text, char **to_name,
                 char **to_text)
{
    *to_name = et_strdup(name);
    *to_text = et_strdup(text);
    if (*to_name && *to_text)
        return true;
    free(*to_name);
    free(*to_text);
    return false;
}

bool et_counters_add_event(struct et_counters *c, const char *name,
                           const char *native)
{
    struct et_counter_event *v = et_grow(c->events, c->n_events + 1, sizeof *v);
    if (!v)
        return false;
    c->events = v;
    bool ok = keep(name, native, &v[c->n_events].name, &v[c->n_events].native);
    c->n_events += ok;
    return ok;
}

bool et_counters_add_absent(struct et_counters *c, const char *name,
                            const char *reason)
{
    struct et_counter_absent *v =
        et_grow(c->absents, c->n_absents + 1, sizeof *v);
    if (!v)
        return false;
    c->absents = v;
    bool ok =
        keep(name, reason, &v[c->n_absents].name, &v[c->n_absents].reason);
    c->n_absents += ok;
    return ok;
}

void et_counter_value_add(struct et_counter_value *v, double x, bool first)
{
    if (first) {
        *v = (struct et_counter_value){x, x, x};
        return;
    }
    v->total += x;
    v->min = x < v->min ? x : v->min;
    v->max = x > v->max ? x : v->max;
}
