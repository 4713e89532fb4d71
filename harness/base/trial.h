/* trial: what may crash is done in a child process first, so that its end can
 * be told in words. Knows processes; knows no library.
 */
#ifndef ET_BASE_TRIAL_H
#define ET_BASE_TRIAL_H

#include <stdbool.h>
#include <stddef.h>

#include "harness/base/status.h"

/* Calls attempt(arg) in a child process. ET_OK where it returned true. Else
 * why[n] says what happened ("with BLIS_ARCH_TYPE=99 in the environment BLIS
 * ends with signal 6 (Aborted): ..."), with the first of what it wrote to
 * standard output and error, which nobody else sees; the status is ET_USAGE
 * where a variable of the environment steers such libraries and may be the
 * cause, else ET_INFRA. what: its subject. Not logged.
 *
 * To be called before MPI begins, and before this process has had a parallel
 * region: a child has none of its parent's threads. */
enum et_status et_trial(bool (*attempt)(void *arg), void *arg, const char *what,
                        char *why, size_t n);
#define ET_TRIAL_WHY 512

/* A parallel region of so many threads, tried as above. */
enum et_status et_trial_openmp(int threads, char *why, size_t n);

#endif
