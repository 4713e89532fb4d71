/* guard: a thread beside a run that sees to its end. It sleeps until there is
 * something to do: a signal, a watchdog that was not fed, the time limit, or a
 * word of another rank's guard (harness/team/roll.h). On rank 0 it writes down
 * how the run ends, by the duties it is given, and ends all ranks; the others
 * answer it, tell it what they hear, and end by themselves only where rank 0
 * does not answer; of a rank 0 that is no more, one of them writes it down. One
 * a process; it calls nothing of the team's transport.
 */
#ifndef ET_RUN_GUARD_H
#define ET_RUN_GUARD_H

#include "harness/run/placement.h"
#include "harness/run/sink.h"
#include "harness/team/team.h"

struct et_guard;

/* What the run does for its guard, in the guard's thread, while the guard holds
 * the run (et_guard_hold). */
struct et_guard_duties {
    void *with;
    /* Where the record of the case at hand goes; NULL: nowhere. Rank 0's own;
     * on another rank, the run's where its writer is no more and it has no end
     * yet: that rank keeps the end in its place. */
    struct et_sink *(*sink)(void *with);
    /* Who has the sink: keep how the run ends. `last`: the process ends after
     * this; else the run goes on for a moment, and may still end better. */
    void (*note)(void *with, const char *outcome, const char *reason,
                 bool last);
    /* Any rank, before its process ends: what must not stay. */
    void (*leave)(void *with);
    const struct et_placement *placement; /* rank 0: for host names */
};

/* Collective. Without a thread or sockets the guard does less, with a warning.
 * The process's signals go to its thread from now on. */
enum et_status et_guard_open(struct et_team *world, struct et_guard **out);
void et_guard_close(struct et_guard *g);

/* NULL for `g` is fine below: nothing happens. */

void et_guard_set(struct et_guard *g, const struct et_guard_duties *duties);
/* Rank 0: ask for the end so many seconds from now. */
void et_guard_limit(struct et_guard *g, double seconds);

/* While one thread holds the run, the guard notes nothing: for what the guard
 * would write, too. */
void et_guard_hold(struct et_guard *g);
void et_guard_release(struct et_guard *g);

/* What gives the case that is measured now its record, where the guard ends the
 * run: ET_INFRA, it failed; ET_UNSURE, it was interrupted. Called as a duty is.
 */
typedef void et_guard_case(void *with, struct et_sink *sink,
                           enum et_status code, const char *reason);
/* While this thread holds the run. NULL: no case is measured now. */
void et_guard_at_hand(struct et_guard *g, et_guard_case *end, void *with);

/* The run is over but for its report, with `code`: an end by force costs the
 * report and is noted no more. remedy: what the user is told then; kept by the
 * caller. */
void et_guard_over(struct et_guard *g, enum et_status code, const char *remedy);

/* Rank 0: the ranks that do not answer any more, in words; "" where all do or
 * nobody can be asked. For a team that broke. */
void et_guard_missing(struct et_guard *g, char *words, size_t n);

#endif
