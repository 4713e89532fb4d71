/* manifest: manifest.sha256 of a run directory, in sha256sum(1)'s format, so
 * that `sha256sum -c manifest.sha256` checks it too.
 */
#ifndef ET_RESULTS_STORE_MANIFEST_H
#define ET_RESULTS_STORE_MANIFEST_H

#include <stdbool.h>

#include "harness/base/status.h"

/* Of every regular file below dir but itself and scratch files
 * (harness/base/scratch.h), which do not stay; sorted by path. What it lists is
 * on the disk before it is, so that no crash makes a sound run look changed. */
enum et_status et_manifest_write(const char *dir);
/* ET_INFRA, each difference logged, where a file changed, is gone or is not
 * listed; ET_USAGE where there is no manifest. */
enum et_status et_manifest_check(const char *dir);
bool et_manifest_exists(const char *dir); /* true where it is not known */
/* The same, but for the report and the plots, which can be made again. Where
 * there is no manifest, as of a run that was killed, only what is no file of
 * its own, such as a link, is a difference. */
enum et_status et_manifest_check_measured(const char *dir);

#endif
