/* surroundings: what else keeps the machine of a run busy: looked for before
 * the first case, refused where a quiet machine is required, and said first and
 * last.
 */
#ifndef ET_APP_SURROUNDINGS_H
#define ET_APP_SURROUNDINGS_H

#include "harness/run/drive.h"
#include "harness/run/quiet.h"

struct et_surroundings {
    struct et_busy busy;
    double patience; /* s to wait for a quiet machine; NAN: any will do */
    int64_t cores;   /* of this node */
    char *words;     /* rank 0: what else runs; NULL: nothing was seen */
};

/* Collective over the whole team. Busy for longer than `patience`: ET_INFRA. */
enum et_status et_surroundings_look(struct et_team *world,
                                    struct et_clock *clock,
                                    const struct et_environment *e,
                                    const struct et_placement *placement,
                                    double patience,
                                    struct et_surroundings *out);
void et_surroundings_warn(const struct et_surroundings *s);
/* After the last case; ET_UNSURE: a quiet machine was required, and some case
 * was disturbed all the same. */
enum et_status et_surroundings_conclude(const struct et_surroundings *s,
                                        const struct et_drive_outcome *o);

#endif
