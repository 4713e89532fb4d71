/* disturbed: which samples of a case something else on the machine disturbed.
 * Marks them; they are kept, as late ones are. Reads between samples and blocks
 * of samples, so that nothing that is timed pays for it.
 *
 * The rule. A sample is disturbed if on some rank
 * - a thread was ready to run and had no core for more than 2 % of the sample,
 *   the precision that is asked for if nobody asks for another. On two cores of
 *   a virtual machine that happened to 0 to 5 % of the samples without other
 *   work, and to 26 to 100 % beside a process that never sleeps, which has the
 *   core for a slice of the kernel's scheduler, some ms. Of storage 10 %: there
 *   the kernel works for the case itself on the same cores, and two ranks that
 *   wrote to a disk of two idle cores lost 2 to 5 % to it;
 * - a hypervisor gave the rank's hardware threads to others for more than 1 %
 *   of the time of its block of samples, and for at least 3 ticks of 10 ms, in
 *   which the kernel counts it;
 * - the quota of a cgroup stopped the process for more than 1 % of that time;
 * - a core was slowed for its heat in that time.
 * A case is disturbed if more than a fifth of the samples are on one and the
 * same rank: where at most a fifth is longer than it should be, the median is
 * at most the 63 % quantile of the others, which is within what they vary. Some
 * sample of some rank among thousands is always interrupted; that is the
 * machine's own noise, and marks no case.
 */
#ifndef ET_RUN_DISTURBED_H
#define ET_RUN_DISTURBED_H

#include "harness/case/result.h"
#include "harness/run/sampler.h"
#include "harness/system/busy.h"

struct et_disturbance {
    const struct et_busy *busy; /* NULL: nothing is read */
    const char *absent;         /* why not */
    struct et_waits waits;
    struct et_busy_reading before; /* the newest block */
    double began;                  /* s, likewise */
    double switches;               /* involuntary ones, likewise */
    double sum[ET_BUSY_KINDS];     /* of the blocks; the load: the largest */
    double switched;               /* of the blocks */
};

/* For the samples of `m`, which has its clock and team; busy: of this process,
 * or NULL. Local. */
void et_disturbance_open(const struct et_busy *busy, struct et_sampler *m,
                         struct et_disturbance *out);
/* Samples from here on count. Local. */
void et_disturbance_begin(struct et_disturbance *d, struct et_sampler *m);
/* Just before and just after a block of n samples, which `after` marks where
 * the second to fourth rule say so; it is collective. */
void et_disturbance_before(struct et_disturbance *d, struct et_sampler *m);
enum et_status et_disturbance_after(struct et_disturbance *d,
                                    struct et_sampler *m, size_t n);
/* What came of it, on all ranks. Collective. */
enum et_status et_disturbance_describe(const struct et_disturbance *d,
                                       struct et_sampler *m,
                                       struct et_result_disturbed *out);
void et_disturbance_close(struct et_disturbance *d, struct et_sampler *m);

/* Do the rules for a block say that it was disturbed? `lost`: what happened in
 * its `elapsed` seconds, to a process with so many hardware threads. Pure. */
bool et_disturbance_is(const struct et_busy_reading *lost, double elapsed,
                       int cpus);

#endif
