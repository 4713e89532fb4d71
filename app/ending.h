/* ending: what `run` does for its guard (harness/run/guard.h): how a run ends
 * that does not end by itself stands in its directory, and no scratch file
 * stays.
 */
#ifndef ET_APP_ENDING_H
#define ET_APP_ENDING_H

#include "harness/run/drive.h"
#include "results/store/store.h"

struct et_ending {
    struct et_store *store; /* NULL: nothing is begun, all is ended, or this is
                             * not rank 0 */
    const char *dir;        /* the run's; NULL: not begun yet */
    const char *scratch;    /* likewise */
    const struct et_clock *clock;
};

/* The duties, of a struct et_ending that lives as long as the guard; called
 * before that is opened. */
struct et_guard_duties et_ending_duties(struct et_ending *e,
                                        const struct et_placement *placement);

/* ET_USAGE, logged, unless scratch files can be written there. */
enum et_status et_scratch_check(const char *scratch);

/* Scratch files that killed runs left are removed, with a note: in the run's
 * own directory, which it has locked, whoever left them; else by one rank of
 * each node what processes of that node left. Local. */
void et_ending_sweep(const char *scratch, const struct et_team *world,
                     bool own_directory);

/* Rank 0, after the drive: how the run ended is kept, and the store closed. Of
 * a broken run nothing more is said than which ranks do not answer. */
enum et_status et_ending_end(struct et_ending *e, struct et_guard *guard,
                             const struct et_drive_outcome *o);

#endif
