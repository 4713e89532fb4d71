/* several: counter sources that are open at once, as one source. Knows what a
 * source is, and none by name.
 */
#ifndef ET_COUNTER_SEVERAL_H
#define ET_COUNTER_SEVERAL_H

#include "harness/counter/counter.h"

/* names: with commas between; open: opens one of them. */
enum et_status et_counters_open_several(
    const char *names,
    enum et_status (*open)(const char *name, struct et_counters *out),
    struct et_counters *out);

#endif
