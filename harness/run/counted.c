/* Starts and stops the counters around one sample, and merges the ranks'. */
#include "config.h"
#include "harness/run/counted.h"

#include <stdlib.h>

#include "harness/base/log.h"
#include "harness/base/memory.h"

/* Sum, min and max of each event over ranks, into the result. */
static enum et_status merge_counts(const struct et_counters *c,
                                   struct et_sampler *m,
                                   struct et_result_counters *out,
                                   const struct et_counter_value *values,
                                   int threads)
{
    size_t n = c->n_events;
    double *sum = et_alloc(3 * n + 1, sizeof *sum);
    if (!sum)
        return et_no_memory();
    double *low = sum + n + 1, *high = low + n;
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
    }
    out->threads = (int64_t)sum[n];
    out->iterations = (int64_t)m->iterations;
    free(sum);
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
    return ET_OK;
}

/* Starting and stopping them costs system calls on every thread, so they are
 * never on while a sample is timed. */
enum et_status et_counted_pass(struct et_counters *c, struct et_sampler *m,
                               struct et_result_counters *out)
{
    double events[2] = {(double)c->n_events, -(double)c->n_events};
    struct et_counter_value *values = NULL;
    int threads = 0;
    double t;
    out->source = et_strdup(c->source->name);
    enum et_status s = et_team_reduce(m->team, ET_MAX, events, 2);
    for (size_t i = 0; s == ET_OK && i < c->n_absents; i++)
        s = add_absent(out, c->absents[i].name, c->absents[i].reason);
    if (s != ET_OK || c->n_events == 0)
        return s;
    if (events[0] != -events[1])
        return add_absent(out, "all",
                          "the ranks' nodes do not offer the same events");
    values = et_alloc(c->n_events, sizeof *values);
    if (!values)
        return et_no_memory();
    enum et_status mine = c->source->start(c);
    bool started = mine == ET_OK;
    enum et_status ran = et_sampler_once(m, m->iterations, &t);
    if (started)
        mine = c->source->stop(c, values, &threads);
    /* The measurement stands whatever became of the counts. */
    s = et_team_agree(m->team, ran == ET_OK ? mine : ran) == ET_OK
            ? merge_counts(c, m, out, values, threads)
            : add_absent(out, "all", "the counted pass failed on a rank");
    free(values);
    return s;
}
