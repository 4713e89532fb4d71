/* counter: hardware and kernel event counts of this process, over all its
 * threads. A source is a const table in a file of its own; several may be open
 * at once, and count together. Absent is never zero: what cannot be counted is
 * named with the reason.
 */
#ifndef ET_COUNTER_COUNTER_H
#define ET_COUNTER_COUNTER_H

#include <stdbool.h>
#include <stddef.h>

#include "harness/base/status.h"

/* One event that the source can count here and now. */
struct et_counter_event {
    char *name;   /* etalon's word: "cycles", "instructions", "fp_ops", ... */
    char *native; /* the source's word: "PAPI_TOT_CYC", ... */
};
/* One that it cannot. */
struct et_counter_absent {
    char *name, *reason;
};
/* Total over the threads of this process between start and stop. NAN where
 * the event was never on the hardware (it had to share and got no turn). */
struct et_counter_value {
    double total, min, max; /* min and max over threads */
};

struct et_counters {
    const struct et_counter_source *source;
    struct et_counter_event *events;
    size_t n_events;
    struct et_counter_absent *absents;
    size_t n_absents;
    void *state;
};

struct et_counter_source {
    const char *name, *summary;
    /* Why it cannot be used in this build; NULL, or no such function: it can.
     */
    const char *(*why_not)(void);
    /* Fill events and absents; with nothing countable, still ET_OK. */
    enum et_status (*open)(struct et_counters *c);
    /* Attach to every thread the process has now, and count. */
    enum et_status (*start)(struct et_counters *c);
    /* values: n_events; *threads: how many threads were counted. */
    enum et_status (*stop)(struct et_counters *c,
                           struct et_counter_value *values, int *threads);
    void (*close)(struct et_counters *c); /* NULL: nothing to close */
};

/* The build's list, in its order; NULL past the end. */
const struct et_counter_source *et_counter_source_at(size_t i);

/* Names of the default set: every source has each either among its events or
 * among its absents. Ends with NULL. A name that ends in _ns counts
 * nanoseconds, the others count occurrences. */
extern const char *const et_counter_names[];

/* name: as above, or "auto": the first that is built in. Several, with a comma
 * between: an event that two of them have is the first one's, and one is absent
 * that none has. An unknown name is ET_USAGE, one that is not built in
 * ET_INFRA. */
enum et_status et_counters_open(const char *name, struct et_counters *out);
void et_counters_close(struct et_counters *c);
/* For sources: add to the lists (copies); false on no memory. */
bool et_counters_add_event(struct et_counters *c, const char *name,
                           const char *native);
bool et_counters_add_absent(struct et_counters *c, const char *name,
                            const char *reason);

#endif
