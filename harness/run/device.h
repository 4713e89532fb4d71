/* device: what a record says of a device that did the work of its case, among
 * its facts: in whose memory the operands lay ("space"), and the device's own
 * time ("device_time", s an iteration: the median of the very samples that the
 * host timed, the slowest rank's). Knows samples and spaces; no device.
 */
#ifndef ET_RUN_DEVICE_H
#define ET_RUN_DEVICE_H

#include "harness/case/case.h"
#include "harness/run/sampler.h"

/* The memory space of a case's backend; NULL: the host's, or no such backend.
 */
const char *et_device_space(const struct et_case *c);

/* Adds them; nothing of what ran on the host. Collective. */
enum et_status et_device_facts(const struct et_case *c,
                               const struct et_sampler *m,
                               struct et_pairs *facts);

#endif
