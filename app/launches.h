/* launches: a run that starts itself again, each time as a new process, so that
 * its passes see other places in memory and another state of the clocks. With
 * --launcher each has the ranks that this program starts (mpirun, srun).
 */
#ifndef ET_APP_LAUNCHES_H
#define ET_APP_LAUNCHES_H

#include "harness/base/text.h"
#include "harness/config/options.h"

/* How many launches this command line is to make: --launches, or, of a run that
 * is resumed without it, the one that was interrupted and those that the run
 * was begun for and that were not begun. 1 without a launcher: this process
 * makes it. */
int64_t et_launches_wanted(const struct et_options *o,
                           const struct et_strings *line);

/* Makes n launches, each in a process of its own: the first has the command
 * line, and each other adds to its run. Ends after one that was interrupted or
 * could not run. The worst status of all; ET_USAGE, logged, where a launcher
 * started this process, or where launches are asked for of a run that is
 * resumed. */
enum et_status et_launches_run(struct et_options *o, int64_t n,
                               const struct et_strings *line);

/* Of a run that was begun for more launches than were begun, where this process
 * is not one of several: says how to make the others. */
void et_launches_remind(const struct et_options *o, int64_t begun);

/* Names the new run's directory where no option does. */
enum et_status et_launches_name(struct et_options *o);

#endif
