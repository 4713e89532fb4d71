/* Counter sources side by side: their events in one list. */
#include "config.h"
#include "harness/counter/several.h"

#include <stdlib.h>
#include <string.h>

#include "harness/base/log.h"
#include "harness/base/memory.h"

#define PARTS 4

/* Event e of the whole is event `event` of part `part`. */
struct origin {
    size_t part, event;
};

struct several {
    struct et_counter_source source; /* named as what was asked for */
    char *names;
    struct et_counters parts[PARTS];
    size_t n;
    struct origin *origins;
};

static bool has_event(const struct et_counters *c, const char *name)
{
    for (size_t i = 0; i < c->n_events; i++) {
        if (strcmp(c->events[i].name, name) == 0)
            return true;
    }
    return false;
}

static bool has_absent(const struct et_counters *c, const char *name)
{
    for (size_t i = 0; i < c->n_absents; i++) {
        if (strcmp(c->absents[i].name, name) == 0)
            return true;
    }
    return false;
}

static bool add_events(struct et_counters *c, struct several *s, size_t part)
{
    const struct et_counters *p = &s->parts[part];
    struct origin *v =
        et_grow(s->origins, c->n_events + p->n_events + 1, sizeof *v);
    if (!v)
        return false;
    s->origins = v;
    for (size_t i = 0; i < p->n_events; i++) {
        if (has_event(c, p->events[i].name))
            continue;
        v[c->n_events] = (struct origin){part, i};
        if (!et_counters_add_event(c, p->events[i].name, p->events[i].native))
            return false;
    }
    return true;
}

static bool add_absents(struct et_counters *c, const struct et_counters *p)
{
    for (size_t i = 0; i < p->n_absents; i++) {
        const char *name = p->absents[i].name;
        if (!has_event(c, name) && !has_absent(c, name) &&
            !et_counters_add_absent(c, name, p->absents[i].reason))
            return false;
    }
    return true;
}

/* All or none: a part that does not start stops those that did. */
static enum et_status start(struct et_counters *c)
{
    struct several *s = c->state;
    struct et_counter_value *values = NULL;
    int threads;
    for (size_t i = 0; i < s->n; i++) {
        enum et_status status = s->parts[i].source->start(&s->parts[i]);
        if (status == ET_OK)
            continue;
        while (i-- > 0) {
            values = et_alloc(s->parts[i].n_events + 1, sizeof *values);
            if (values)
                s->parts[i].source->stop(&s->parts[i], values, &threads);
            free(values);
        }
        return status;
    }
    return ET_OK;
}

static enum et_status stop_part(struct et_counters *c, size_t part,
                                struct et_counter_value *values, int *threads)
{
    struct several *s = c->state;
    struct et_counters *p = &s->parts[part];
    int counted = 0;
    struct et_counter_value *v = et_alloc(p->n_events + 1, sizeof *v);
    if (!v)
        return et_no_memory();
    enum et_status status = p->source->stop(p, v, &counted);
    for (size_t i = 0; status == ET_OK && i < c->n_events; i++) {
        if (s->origins[i].part == part)
            values[i] = v[s->origins[i].event];
    }
    *threads = counted > *threads ? counted : *threads;
    free(v);
    return status;
}

static enum et_status stop(struct et_counters *c,
                           struct et_counter_value *values, int *threads)
{
    const struct several *s = c->state;
    enum et_status first = ET_OK;
    *threads = 0;
    for (size_t i = 0; i < s->n; i++) {
        enum et_status status = stop_part(c, i, values, threads);
        first = first != ET_OK ? first : status;
    }
    return first;
}

static void close_all(struct et_counters *c)
{
    struct several *s = c->state;
    for (size_t i = 0; i < s->n; i++)
        et_counters_close(&s->parts[i]);
    free(s->origins);
    free(s->names);
    free(s);
}

enum et_status et_counters_open_several(
    const char *names,
    enum et_status (*open)(const char *name, struct et_counters *out),
    struct et_counters *out)
{
    struct et_counters c = {0};
    struct several *s = et_alloc(1, sizeof *s);
    char *words = et_strdup(names), *rest = words, *word;
    enum et_status status = s && words ? ET_OK : et_no_memory();
    if (!s)
        goto out;
    s->names = et_strdup(names);
    s->source = (struct et_counter_source){.name = s->names,
                                           .summary = "several sources",
                                           .start = start,
                                           .stop = stop,
                                           .close = close_all};
    c.source = &s->source;
    c.state = s;
    while (status == ET_OK && (word = strsep(&rest, ","))) {
        word += strspn(word, " ");
        if (s->n == PARTS)
            status =
                et_error(ET_USAGE, "counters: more than %d sources", PARTS);
        else
            status = open(word, &s->parts[s->n]);
        if (status != ET_OK)
            break;
        if (!add_events(&c, s, s->n++))
            status = et_no_memory();
    }
    for (size_t i = 0; status == ET_OK && i < s->n; i++) {
        if (!add_absents(&c, &s->parts[i]))
            status = et_no_memory();
    }
    if (status == ET_OK && !s->names)
        status = et_no_memory();
    if (status == ET_OK)
        *out = c;
    else
        et_counters_close(&c);
out:
    free(words);
    return status;
}
