/* stop: a wish to end, from SIGINT or SIGTERM, that the loop sees between
 * samples; and watchdogs, which end a process that hangs. Signals belong to the
 * process: what handles them is there once, and the wish is one for all ranks
 * that are in it. A watchdog belongs to whoever opened it, so ranks that are
 * threads of one process each have their own.
 */
#ifndef ET_RUN_STOP_H
#define ET_RUN_STOP_H

#include <stdbool.h>

/* SIGINT and SIGTERM raise the wish; a second one kills at once. SIGPIPE and
 * SIGXFSZ are ignored, so that a write returns its error. */
void et_stop_install(void);
/* The signal, or 0. */
int et_stop_wanted(void);

struct et_watchdog;

/* NULL, with a warning, where there is no timer to be had: a run does without,
 * and the others of these then do nothing. Takes SIGALRM for the process. */
struct et_watchdog *et_watchdog_open(void);
/* End the process with exit code 4 and a line on standard error unless fed
 * again within `seconds`. `what` is what would have hung. 0 calls it off. */
void et_watchdog_feed(struct et_watchdog *w, double seconds, const char *what);
void et_watchdog_close(struct et_watchdog *w);

#endif
