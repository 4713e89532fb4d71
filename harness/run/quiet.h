/* quiet: does the machine do other work before the first case? Asked while all
 * ranks sleep, so that what still runs is not the run's own.
 *
 * The rule. For 0.2 s each node counts the CPU time of all its hardware
 * threads, less what the run's own ranks use. It is busy if that is more than a
 * fifth of a core, and a thousandth of each hardware thread for what a kernel
 * does by itself: a process that works all the time has a whole core. Where
 * /proc/stat cannot be read, the one-minute load average decides, which must
 * stay below half a process for each hardware thread.
 */
#ifndef ET_RUN_QUIET_H
#define ET_RUN_QUIET_H

#include "harness/base/status.h"
#include "harness/run/placement.h"
#include "harness/system/busy.h"
#include "harness/system/clock.h"

/* Of the busiest node. */
struct et_quiet {
    bool busy;
    double other;    /* cores that other work kept busy; NAN: not known */
    double load;     /* one-minute load average; NAN: not known */
    int64_t threads; /* hardware threads of a node: of rank 0's */
    int rank;        /* of the node's first rank */
    bool stopped;    /* a rank was asked to stop: nobody waits any longer */
};

/* Is a node with so many hardware threads busy? Pure. */
bool et_quiet_is_busy(double other, double load, int64_t threads);

/* Collective over the whole team; threads: of this rank's node. On a fake clock
 * nothing is busy. */
enum et_status et_quiet_look(struct et_team *team, struct et_clock *clock,
                             const struct et_busy *busy, int64_t threads,
                             struct et_quiet *out);
/* The same again and again, a second apart, until it is quiet, `patience`
 * seconds have passed, or the run is to stop. */
enum et_status et_quiet_wait(struct et_team *team, struct et_clock *clock,
                             const struct et_busy *busy, int64_t threads,
                             double patience, struct et_quiet *out);
/* "1.8 cores busy with other work, 2 hardware threads, load 35". */
void et_quiet_say(const struct et_quiet *q, struct et_text *out);

#endif
