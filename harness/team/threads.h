/* threads: a team whose ranks are threads of this process, for what must see
 * several ranks without a launcher: `etalon selftest` and tests. Not for
 * measuring: its messages go through one lock.
 *
 * What of the program belongs to the process, not to a rank: standard error,
 * the wish to stop and the watchdog (harness/run/stop.h: one for all, fed by
 * whoever fed it last). The last error is each thread's own. Counters that
 * follow a process count all ranks at once. A library that a kernel calls must
 * itself allow calls from several threads.
 */
#ifndef ET_TEAM_THREADS_H
#define ET_TEAM_THREADS_H

#include "harness/team/team.h"

/* fn on each of `ranks` threads, rank 0's being the caller's, as one team of
 * nodes of `per_node` ranks (the last may have fewer); 0: all on one node. The
 * team ends with fn; teams made of it by et_team_first are closed before. A
 * rank whose fn returns an error leaves nobody waiting: calls that need it give
 * ET_INFRA. Returns the gravest status of all ranks. */
enum et_status et_team_threads_run(int ranks, int per_node,
                                   enum et_status (*fn)(struct et_team *t,
                                                        void *arg),
                                   void *arg);

#endif
