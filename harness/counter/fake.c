/* A counter source for tests whose output must be the same every time: fixed
 * figures, and one event absent. Measures nothing, and its name says so.
 */
#include "config.h"
#include "harness/counter/counter.h"

#include <string.h>

#include "harness/base/log.h"

#define ABSENT "llc_misses"
#define THREADS 2

static enum et_status fake_open(struct et_counters *c)
{
    for (size_t i = 0; et_counter_names[i]; i++) {
        const char *name = et_counter_names[i];
        bool ok = strcmp(name, ABSENT) == 0
                      ? et_counters_add_absent(c, name, "the fake has none")
                      : et_counters_add_event(c, name, "fake");
        if (!ok)
            return et_error(ET_INFRA, "no memory for counters");
    }
    return ET_OK;
}

static enum et_status fake_start(struct et_counters *c)
{
    (void)c;
    return ET_OK;
}

/* The i-th event counts 1000 (i + 1) on one thread and half of it on the
 * other. */
static enum et_status fake_stop(struct et_counters *c,
                                struct et_counter_value *values, int *threads)
{
    for (size_t i = 0; i < c->n_events; i++) {
        double most = 1000.0 * (double)(i + 1);
        values[i] = (struct et_counter_value){1.5 * most, 0.5 * most, most};
    }
    *threads = THREADS;
    return ET_OK;
}

const struct et_counter_source et_counter_fake = {
    .name = "fake",
    .summary = "fixed figures, for tests: no measurement",
    .open = fake_open,
    .start = fake_start,
    .stop = fake_stop};
