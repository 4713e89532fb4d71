/* scratch: how the names begin of files that no run keeps. Whose such a file
 * is, its name says (harness/system/scratch.h).
 */
#ifndef ET_BASE_SCRATCH_H
#define ET_BASE_SCRATCH_H

#define ET_SCRATCH_PREFIX "etalon-scratch-"

#endif
