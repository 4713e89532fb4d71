/* selftest_lab: one whole measurement, by harness/run/measure.h as in a run, of
 * a bench that the selftest makes up: of ranks that sleep, or of another
 * bench's case that goes wrong on one rank.
 */
#ifndef ET_APP_SELFTEST_LAB_H
#define ET_APP_SELFTEST_LAB_H

#include "app/selftest/part.h"
#include "harness/run/measure.h"

/* A rank's time is a sleep, so that more ranks than cores do not disturb each
 * other; `rank` sleeps `more` seconds longer. rank -1: none does. */
struct et_nap {
    int rank;
    double base, more; /* s */
};

/* Of `samples` samples; `bench` with these params on this team, with windows
 * where ranks have a core each. Collective over the team; *out, which has been
 * begun, is rank 0's. */
struct et_lab {
    const struct et_selftest *t;
    const struct et_bench *bench;
    const char *backend;
    void *params;
    int samples;
    double min_time; /* s a sample lasts at least */
};
enum et_status et_lab_measure(const struct et_lab *lab, struct et_team *team,
                              struct et_result *out);
/* The bench of a struct et_nap. */
extern const struct et_bench et_lab_nap;

#endif
