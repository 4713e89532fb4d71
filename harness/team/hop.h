/* hop: how long a line of memory takes from a rank's core to that of another
 * rank of its node. Two cores may share a cache or sit on two sockets, and a
 * hypervisor may move them from one run to the next: what ranks of a node send
 * each other then takes another time, though nothing of the machine or its
 * libraries has changed. Knows teams, clocks and shared memory; nothing of what
 * is timed.
 *
 * Ranks 2i and 2i + 1 of a node write to one line in turn; a rank without such
 * a partner looks on. All collective over the team.
 */
#ifndef ET_TEAM_HOP_H
#define ET_TEAM_HOP_H

#include "harness/base/status.h"
#include "harness/system/clock.h"
#include "harness/team/team.h"

struct et_hop {
    struct et_hop_line
        *lines; /* a line for each pair of the node; NULL: none */
    size_t bytes;
};

/* The memory that a node's ranks share. `tag`: as for all ranks of the run.
 * What has none (one rank, one rank a node, no shared memory) has no hops,
 * which is no error. */
enum et_status et_hop_open(struct et_team *team, const char *tag,
                           struct et_hop *out);

/* Seconds one way, of the slowest pair of all nodes: half of the shortest of
 * several round trips. NAN: there is no pair, or a rank of one had no core for
 * so long that nothing can be said. Takes under a millisecond, ET_HOP_PATIENCE
 * at most. */
#define ET_HOP_PATIENCE 0.02
enum et_status et_hop_measure(struct et_team *team, const struct et_hop *hop,
                              struct et_clock *clock, double *seconds);

void et_hop_close(struct et_hop *hop); /* local; zeroed is fine */

/* The three of them. */
enum et_status et_hop_look(struct et_team *team, const char *tag,
                           struct et_clock *clock, double *seconds);

#endif
