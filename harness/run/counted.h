/* counted: one pass of a kernel with the counters on, apart from the timed
 * ones. What cannot be counted is named with the reason.
 */
#ifndef ET_RUN_COUNTED_H
#define ET_RUN_COUNTED_H

#include "harness/counter/counter.h"
#include "harness/case/result.h"
#include "harness/run/sampler.h"

/* Collective over the sampler's team; one sample of its iterations. A pass
 * that failed is an absence, not an error. */
enum et_status et_counted_pass(struct et_counters *c, struct et_sampler *m,
                               struct et_result_counters *out);

#endif
