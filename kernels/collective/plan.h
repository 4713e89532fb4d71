/* plan: what the CPU backends of a collective have alike: where the vectors
 * are, room of their own, and the answers of a backend that needs nothing.
 * Knows the team and memory; does no communication.
 */
#ifndef ET_COLLECTIVE_PLAN_H
#define ET_COLLECTIVE_PLAN_H

#include "kernels/collective/allreduce.h"

struct et_collective_plan {
    struct et_allreduce p;
    struct et_team *team;
    const char *in;
    char *out, *room; /* room: the backend's own; NULL: it asked for none */
    int64_t block;    /* elements of the room, or of a rank's part of it */
};

/* parts * block elements of room; ET_INFRA when there is no memory. `name` is
 * the backend's, for that message. */
enum et_status et_collective_create(const char *name,
                                    const struct et_allreduce *p,
                                    struct et_team *team, const void *in,
                                    void *out, int parts, int64_t block,
                                    void **plan);
void et_collective_destroy(void *plan); /* NULL is fine */

/* For the tables of backends that leave `out` where the host reads it. */
double et_collective_untold(const struct et_allreduce *p, int ranks);
enum et_status et_collective_fetched(void *plan, void *output, int64_t first,
                                     int64_t n);

#endif
