/* launches: a run that starts itself again, each time as a new process, so that
 * its passes see other places in memory and another state of the clocks. Only
 * where etalon is its own launcher: it starts no mpirun and no srun.
 */
#ifndef ET_APP_LAUNCHES_H
#define ET_APP_LAUNCHES_H

#include "harness/base/text.h"
#include "harness/config/options.h"

/* How many launches this command line is to make: o->launches, or of a run that
 * is resumed those that it was begun for and has not finished. 1: this process
 * is the one. */
int64_t et_launches_wanted(const struct et_options *o);

/* Runs the command line as many times: the first begins the run, resumes it or
 * adds to that of o->again, and each other adds to it. Stops early after one
 * that was stopped or could not run. The worst status of all; ET_USAGE, logged,
 * where a launcher started this process, or where launches are asked for of a
 * run that is resumed. */
enum et_status et_launches_run(struct et_options *o,
                               const struct et_strings *line);

/* Names the new run's directory where no option does. */
enum et_status et_launches_name(struct et_options *o);

#endif
