/* global clock: seconds that mean the same instant on every rank of a team,
 * and how far they may be off. Knows clocks and teams; nothing of what is
 * timed with them.
 *
 * HCA3 (Hunold and Carpen-Amarie, "Hierarchical Clock Synchronization in MPI",
 * IEEE CLUSTER 2018): from the root down a binomial tree, in O(log p) rounds, a
 * rank that knows the time teaches one that does not. The pupil learns a linear
 * model of its own clock against the teacher's *global* readings, so models
 * need not be merged. The tree goes over the nodes' first ranks, then over the
 * ranks of each node.
 *
 * One model per clock, not per rank: where teacher and pupil read the very same
 * clock (et_clock.identity) the pupil takes the teacher's model over, shifted
 * by the exact difference of their origins. That the readings then agree with
 * causality is checked: nobody may see a time, after a reduction, that is
 * earlier than one that somebody put into it. Where that fails, identities are
 * not believed and every rank is measured.
 *
 * An offset is the best of a burst of ping-pongs: the teacher's reading against
 * the middle of the pupil's two (Cristian, "Probabilistic clock
 * synchronization", Distributed Computing 3, 1989: it is off by at most half
 * the round trip, whatever the two ways took). The drift is the slope of the
 * offsets over time by least squares, each weighted with its half round trip as
 * if that were its standard error (it is more); it is used where it exceeds two
 * of its own. Offsets of earlier measurements are kept, so the longer a clock
 * is held, the better its drift is known; the model never leaves the bounds of
 * the newest offset.
 *
 * Cost: where all share a clock, a message each way along each edge of the tree
 * when it is learnt, and a few reductions; else some 10 ms, 40 ms at most, for
 * each level of the tree.
 */
#ifndef ET_TEAM_GLOBAL_CLOCK_H
#define ET_TEAM_GLOBAL_CLOCK_H

#include <stdbool.h>

#include "harness/base/status.h"
#include "harness/system/clock.h"
#include "harness/team/team.h"

struct et_global_clock;

/* Collective. The clock and the team stay the caller's and must outlive it. A
 * fake clock has no global time: ET_USAGE, without a message. */
enum et_status et_global_clock_open(struct et_team *team,
                                    struct et_clock *clock,
                                    struct et_global_clock **out);
void et_global_clock_close(struct et_global_clock *g); /* local; NULL is fine */

/* Seconds since the root opened its clock. Local; costs a clock reading. */
double et_global_clock_now(const struct et_global_clock *g);

/* Waits until it is `until`, but for `most` seconds at most: should the clock
 * be far off, the wait ends all the same. Returns the reading that ended it.
 * Local. Where time is simulated it may stand still until something is sent or
 * slept through: this is noticed, and a clock that never moves ends the wait.
 */
double et_global_clock_wait(const struct et_global_clock *g, double until,
                            double most);

/* How far the readings of any rank are from the root's at most, now, in
 * seconds: the residual of the models measured anew, summed along the tree from
 * the root, plus half of each best round trip on the way, plus a clock's
 * reading; the worst rank's, the same on all. Drift that the models do not know
 * adds to it as time goes on. Where all share one clock: by how much a rank
 * reads less after a reduction than another read before it. Collective. */
enum et_status et_global_clock_error(struct et_global_clock *g,
                                     double *seconds);

/* The same, but where the error has doubled since the models were learnt they
 * are learnt again first, and a shared clock is no longer believed to be one.
 * Collective. */
enum et_status et_global_clock_renew(struct et_global_clock *g,
                                     double *seconds);

/* Does the whole team read one clock? Local. */
bool et_global_clock_is_shared(const struct et_global_clock *g);

#endif
