/* directory: a run directory before anything is in it: made with its parents,
 * taken over from a run that ended before it had begun, or refused.
 */
#ifndef ET_RESULTS_STORE_DIRECTORY_H
#define ET_RESULTS_STORE_DIRECTORY_H

#include <stdbool.h>
#include <stddef.h>

#include "harness/base/status.h"

/* Of an errno: what the user can mend is ET_USAGE, the rest ET_INFRA. */
enum et_status et_directory_status(int error);
/* "`dir`/`name`: what errno says", logged; name may be NULL. */
enum et_status et_directory_failed(const char *dir, const char *name);

/* With all parents that are missing. *made: characters of `dir` that name the
 * first of those that were made; 0: it was all there. */
enum et_status et_directory_make(const char *dir, size_t *made);
/* Take away again what was made, as far as it is empty. */
void et_directory_unmake(const char *dir, size_t made);

/* ET_OK where it is empty, or holds nothing but what a run makes before its
 * run.json (*begun: such a run was here; whoever has locked its records may
 * clear it). ET_USAGE else: two runs never share one. */
enum et_status et_directory_check(const char *dir, int fd, bool *begun);
void et_directory_clear(int fd);

#endif
