/* The clock of one process: monotonic, in seconds since it was opened.
 * Real (CLOCK_MONOTONIC_RAW where there is one) or fake, for tests that need
 * the same figures every time. Knows nothing of ranks.
 */
#ifndef ET_SYSTEM_CLOCK_H
#define ET_SYSTEM_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "harness/base/status.h"

struct et_clock {
    const char *name;  /* "CLOCK_MONOTONIC_RAW", "fake" */
    bool fake;         /* figures are no measurement */
    double resolution; /* s: smallest step seen between two readings */
    double overhead;   /* s: median cost of one reading */
    int id;            /* real: the clockid_t behind the name */
    int64_t origin_ns; /* real: when it was opened; fake: the time now */
    uint64_t ticks;    /* fake: readings so far */
    /* Which clock of which machine: processes of one identity read the very
     * same clock, so their raw readings compare. Made of the kernel's boot_id
     * (random(4): drawn anew at each boot), the time namespace
     * (time_namespaces(7): shifts the monotonic clocks) and the clock's id, so
     * that containers of one kernel share it. 0: not known; equals no other. */
    uint64_t identity;
    /* Tests alone: a real clock that reads `skew` s too much and gains `rate`
     * s a second, as another node's would. */
    double skew, rate;
};

/* name: "real" or "fake". Measures resolution and overhead (about 1 ms; up
 * to 0.1 s where the clock is coarse). A clock that stands still: ET_INFRA.
 * The fake clock advances a fixed, slightly uneven step at each reading. */
enum et_status et_clock_open(const char *name, struct et_clock *out);

double et_clock_now(struct et_clock *clock);

/* Wall-clock time as "2026-11-22T16:08:00Z"; buf of 32. Fake: the epoch. */
char *et_clock_date(const struct et_clock *clock, char buf[32]);

#endif
