/* scratch: names of files that must not outlive the process that makes them.
 * A name says whose it is: host, boot, process-id namespace, process id. So
 * what a killed process left is known for what it is, and a living one's is
 * left alone.
 */
#ifndef ET_SYSTEM_SCRATCH_H
#define ET_SYSTEM_SCRATCH_H

#include <stddef.h>

#include "harness/base/scratch.h"

#define ET_SCRATCH_OWNER 128

/* "HOST-BOOT-NAMESPACE-PID" of this process; what does not say is "0". A name
 * is ET_SCRATCH_PREFIX, that, '-', and what tells it from its owner's others.
 * root: "" or the folder that stands for / (tests). */
void et_scratch_owner(const char *root, char owner[ET_SCRATCH_OWNER]);

enum et_scratch_whose {
    ET_SCRATCH_DEAD, /* of processes of this host that are no more */
    ET_SCRATCH_OWN,  /* of this process, and those */
    ET_SCRATCH_ALL   /* of anybody: only where nobody else can be at work */
};
/* Remove them from dir; how many were. What cannot be removed stays. */
size_t et_scratch_sweep(const char *root, const char *dir,
                        enum et_scratch_whose whose);

#endif
