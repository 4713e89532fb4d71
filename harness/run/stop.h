/* stop: a wish to end, from SIGINT or SIGTERM, that the loop sees between
 * samples; and the watchdog, which ends a process that hangs. Both belong to
 * the process, so there is one of each: ranks that are threads share them, and
 * the watchdog then minds whatever was fed last, by any of them.
 */
#ifndef ET_RUN_STOP_H
#define ET_RUN_STOP_H

#include <stdbool.h>

/* SIGINT and SIGTERM raise the wish; a second one kills at once. SIGPIPE and
 * SIGXFSZ are ignored, so that a write returns its error. */
void et_stop_install(void);
/* The signal, or 0. */
int et_stop_wanted(void);

/* End the process with exit code 4 and a line on standard error unless fed
 * again within `seconds`. `what` is what would have hung. 0 calls it off. */
void et_watchdog_feed(double seconds, const char *what);

#endif
