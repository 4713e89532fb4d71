/* Messages to people, on standard error, one line each: "etalon: error: ...".
 * The first function that decides an error logs it; those above pass the
 * status on in silence. Never writes to stdout, never exits.
 */
#ifndef ET_BASE_LOG_H
#define ET_BASE_LOG_H

#include <stdbool.h>

#include "harness/base/status.h"

/* Which messages reach standard error: a setting of the process, the same for
 * all ranks in it. Notes and warnings are for rank 0 to say: where all ranks
 * come by, the caller asks for the rank. An error is told by whoever has it. */
enum et_log_level { ET_LOG_NONE, ET_LOG_ERROR, ET_LOG_WARN, ET_LOG_NOTE };

/* Returns the level that it was before. */
enum et_log_level et_log_level_set(enum et_log_level level);

/* Control characters and marks of direction in the finished line are shown as
 * '?': what comes from a file or a host name must not drive the terminal. */
void et_note(const char *format, ...) __attribute__((format(printf, 1, 2)));
void et_warn(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Logs and returns `status`, so that a caller may write
 * `return et_error(ET_USAGE, "%s: ...", path);` */
enum et_status et_error(enum et_status status, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* ET_INFRA, with the words for it. */
enum et_status et_no_memory(void);

/* The newest error of this thread, for a record's reason; "" if none since the
 * last et_log_forget. To be read before ranks talk again: where several share a
 * thread, another's error may follow. */
const char *et_log_last_error(void);
void et_log_forget(void);

/* True where standard error is a terminal and NO_COLOR and TERM=dumb are not
 * set: colour and a moving progress line are welcome. */
bool et_log_is_fancy(void);

/* A progress line that replaces itself on a terminal and is not shown
 * elsewhere; messages clear it first. "" takes it away. */
void et_log_progress(const char *line);

#endif
