/* scratch: how the names of temporary files begin. The rest of such a name says
 * which process it belongs to (harness/system/scratch.h).
 */
#ifndef ET_BASE_SCRATCH_H
#define ET_BASE_SCRATCH_H

#define ET_SCRATCH_PREFIX "etalon-scratch-"

#endif
