/* Starts and stops the counters around one sample, and merges the ranks'. */
#include "config.h"
#include "harness/run/counted.h"

#include <stdlib.h>
#include <string.h>

#include "harness/base/log.h"
#include "harness/base/memory.h"

/* Sum, min and max of each event over ranks, into the result. `room`: for
 * 3 * n_events + 1 numbers. */
static enum et_status merge_counts(const struct et_counters *c,
                                   struct et_sampler *m,
                                   struct et_result_counters *out,
                                   const struct et_counter_value *values,
                                   int threads, double *room)
{
    size_t n = c->n_events;
    double *sum = room, *low = sum + n + 1, *high = low + n;
    for (size_t i = 0; i < n; i++) {
        sum[i] = values[i].total;
        low[i] = values[i].min;
        high[i] = values[i].max;
    }
    sum[n] = threads;
    enum et_status s = et_team_reduce(m->team, ET_SUM, sum, n + 1);
    if (s == ET_OK)
        s = et_team_reduce(m->team, ET_MIN, low, n);
    if (s == ET_OK)
        s = et_team_reduce(m->team, ET_MAX, high, n);
    for (size_t i = 0; s == ET_OK && i < n; i++) {
        struct et_result_count *e = et_list_add(&out->values, sizeof *e);
        if (!e) {
            s = et_no_memory();
            break;
        }
        *e = (struct et_result_count){et_strdup(c->events[i].name),
                                      et_strdup(c->events[i].native), sum[i],
                                      low[i], high[i]};
        if (!e->name)
            s = et_no_memory();
    }
    out->threads = (int64_t)sum[n];
    out->iterations = (int64_t)m->iterations;
    return s;
}

static enum et_status add_absent(struct et_result_counters *out,
                                 const char *name, const char *reason)
{
    struct et_result_absent *a = et_list_add(&out->absents, sizeof *a);
    if (!a)
        return et_no_memory();
    a->name = et_strdup(name);
    a->reason = et_strdup(reason);
    return a->name && a->reason ? ET_OK : et_no_memory();
}

struct counting {
    struct et_counters *c;
    struct et_counter_value *values;
    int threads;
    enum et_status status;
    bool on;
};

static void begin(void *with)
{
    struct counting *n = with;
    n->status = n->c->source->start(n->c);
    n->on = n->status == ET_OK;
}

static void end(void *with)
{
    struct counting *n = with;
    if (n->on)
        n->status = n->c->source->stop(n->c, n->values, &n->threads);
}

/* Starting and stopping them costs system calls on every thread, so they are
 * never on while a sample is timed. */
enum et_status et_counted_pass(struct et_counters *c, struct et_sampler *m,
                               struct et_result_counters *out)
{
    struct et_counter_value *values = NULL;
    double *room = NULL;
    struct et_text names = {0};
    bool same = false;
    out->source = et_strdup(c->source->name);
    enum et_status s = ET_OK;
    for (size_t i = 0; s == ET_OK && i < c->n_absents; i++)
        s = add_absent(out, c->absents[i].name, c->absents[i].reason);
    if (c->n_events > 0) {
        values = et_alloc(c->n_events, sizeof *values);
        room = et_alloc(3 * c->n_events + 1, sizeof *room);
        for (size_t i = 0; i < c->n_events; i++)
            et_text_add(&names, "%s ", c->events[i].name);
        if (s == ET_OK && (!values || !room || names.failed))
            s = et_no_memory();
    }
    s = et_team_agree(m->team, s);
    if (s == ET_OK)
        s = et_team_same(m->team, et_text_str(&names),
                         strlen(et_text_str(&names)), &same);
    if (s == ET_OK && !same)
        s = add_absent(out, "all",
                       "the ranks' nodes do not offer the same events");
    if (s != ET_OK || !same || c->n_events == 0)
        goto out;
    struct counting counting = {.c = c, .values = values};
    const struct et_around around = {begin, end, &counting};
    s = et_sampler_around(m, &around);
    /* The measurement stands whatever became of the counts. */
    s = et_team_agree(m->team, s == ET_OK ? counting.status : s) == ET_OK
            ? merge_counts(c, m, out, values, counting.threads, room)
            : add_absent(out, "all", "counting failed on a rank");
out:
    et_text_free(&names);
    free(room);
    free(values);
    return s;
}
