/* setup: what the algorithms of CPU backends begin with: the problem, the
 * team, where the vectors are, and memory of their own. Knows memory; does no
 * communication.
 */
#ifndef ET_COLLECTIVE_SETUP_H
#define ET_COLLECTIVE_SETUP_H

#include "kernels/collective/collective.h"
#include "kernels/collective/sum.h"

struct et_collective_setup {
    struct et_collective p;
    struct et_team *team;
    size_t size;    /* bytes of an element */
    const char *in; /* also where it is part of out */
    char *out;
    char *room;  /* the algorithm's own; NULL: it asked for none */
    et_sum *sum; /* of the problem's type; NULL: it has none */
};

/* As a backend's create; ET_INFRA when there is no memory. */
enum et_status et_collective_setup(const struct et_collective *p,
                                   const struct et_collective_algorithm *a,
                                   struct et_team *team, const void *input,
                                   void *output, void **setup);
void et_collective_setdown(void *setup); /* NULL is fine */

#endif
