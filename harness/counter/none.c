/* The counter source that counts nothing, and says so of every event.
 */
#include "config.h"
#include "harness/counter/counter.h"

#include "harness/base/log.h"

static enum et_status none_open(struct et_counters *c)
{
    for (size_t i = 0; et_counter_names[i]; i++) {
        if (!et_counters_add_absent(c, et_counter_names[i],
                                    "counters are off: the source is none"))
            return et_error(ET_INFRA, "no memory for counters");
    }
    return ET_OK;
}

static enum et_status none_start(struct et_counters *c)
{
    (void)c;
    return ET_OK;
}

static enum et_status none_stop(struct et_counters *c,
                                struct et_counter_value *values, int *threads)
{
    (void)c;
    (void)values;
    *threads = 0;
    return ET_OK;
}

const struct et_counter_source et_counter_none = {.name = "none",
                                                  .summary = "counts nothing",
                                                  .open = none_open,
                                                  .start = none_start,
                                                  .stop = none_stop};
