/* Generic hardware and software events of Linux through perf_event_open(2),
 * one descriptor for each event and thread. A source of its own, and what the
 * PAPI source counts software events with: PAPI_attach needs a hardware PMU
 * even for them.
 */
#ifndef ET_COUNTER_PERF_H
#define ET_COUNTER_PERF_H

#include <stdbool.h>

#include "harness/counter/counter.h"
#include "harness/system/tasks.h"

struct et_perf;

/* Probe each event; add it to c's events or, with the reason, its absents. */
enum et_status et_perf_open(struct et_counters *c, bool hardware,
                            struct et_perf **out);
enum et_status et_perf_start(struct et_perf *p, const struct et_tasks *tasks);
/* values: one for each event that et_perf_open added, in that order. */
enum et_status et_perf_stop(struct et_perf *p, struct et_counter_value *values,
                            int *threads);
void et_perf_close(struct et_perf *p); /* NULL is fine */

/* Take one thread's value into the totals; the first one sets them. */
void et_counter_value_add(struct et_counter_value *v, double x, bool first);

#endif
