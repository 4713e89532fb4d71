/* bound: how long a case may take, at most, before anything is measured: all
 * its passes, each with memory prepared anew, a first run, warm-up, samples,
 * checks and ceilings. It holds on a quiet machine that is at least as fast as
 * the rates below; for a certain end there is --time-limit. Knows a
 * case's needs and the options; measures nothing.
 *
 * What is counted follows harness/run/measure.c: samples last the pass's share
 * of the budget, or the least number of them, and five shares at most.
 */
#ifndef ET_RUN_BOUND_H
#define ET_RUN_BOUND_H

#include "harness/case/case.h"
#include "harness/config/options.h"

/* Of each node, whose ranks share them: what memory, caches and network move in
 * an iteration, and what storage does. */
#define ET_ASSUMED_BYTES 4e9  /* B/s */
#define ET_ASSUMED_DISK 0.4e9 /* B/s */

/* s. `flops`: what one thread reaches at least, FLOP/s. */
double et_bound_case(const struct et_case *c, const struct et_options *o,
                     double flops);

#endif
