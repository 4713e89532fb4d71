/* delivered: how many threads of a rank really work on a case, whatever it was
 * asked to use. A library may be built for one thread, the OpenMP runtime may
 * give fewer than it is asked for (OMP_THREAD_LIMIT, OMP_DYNAMIC), and another
 * library takes more. Knows no library; asks the kernel.
 *
 * The rule. In one untimed sample of at least 10 ms the CPU time of each thread
 * of the process is read. A thread worked if it used at least a tenth of what
 * the busiest one did: one that shares its core with another process still has
 * half or a third, and one that is idle has nothing, since the sample does not
 * begin before all the others sleep. Threads that ended within the sample, as
 * those of a library that starts them anew in each call, are as many as the
 * busiest one's time goes into what is left of the process's. More threads than
 * were asked for count only as far as they had cores: a library's idle threads
 * may spin beside those of another.
 *
 * A thread that is idle and does not sleep (OMP_WAIT_POLICY=active) looks as if
 * it worked. If that can change the answer there is none, and the record says
 * why. One that is idle in a part of each iteration only, and spins there until
 * the next part that it has a share in, cannot be told from one that works.
 */
#ifndef ET_RUN_DELIVERED_H
#define ET_RUN_DELIVERED_H

#include "harness/case/result.h"
#include "harness/run/sampler.h"

/* A thread that lives when the sample ends. */
struct et_thread_use {
    double seconds; /* of CPU time within the sample */
    bool restless;  /* it did not sleep before the sample */
};
/* Threads that worked of those `asked` for, restless ones not counted. `ended`:
 * CPU time of threads that are no longer there; `wall`: how long it took, s. */
int64_t et_delivered_count(const struct et_thread_use *v, size_t n,
                           double ended, double wall, int64_t asked);

/* Collective over the sampler's team, `seconds` a sample of its iterations
 * lasts. Into delivered or delivered_absent of *out, on all ranks. */
enum et_status et_delivered_pass(struct et_sampler *m, double seconds,
                                 struct et_result_team *out);

#endif
