/* The metrics, a row each: adding one takes a row and its function. A metric
 * applies by what a result's work holds, never by a bench's name.
 */
#include "config.h"
#include "results/record/metric.h"

#include <math.h>
#include <string.h>

static double rate(double amount, double t)
{
    return amount > 0 && t > 0 ? amount / t : NAN;
}

/* A lone rank's collective sends nothing: it says so by bus_bytes = NAN. */
static bool is_collective(const struct et_result *r)
{
    return isnan(r->work.bus_bytes) || r->work.bus_bytes > 0 ||
           r->work.messages > 0;
}

static double time_value(const struct et_result *r, double t)
{
    (void)r;
    return t;
}

static double flops_value(const struct et_result *r, double t)
{
    return is_collective(r) ? NAN : rate(r->work.flop, t);
}

static double busbw_value(const struct et_result *r, double t)
{
    return rate(r->work.bus_bytes, t);
}

static double algbw_value(const struct et_result *r, double t)
{
    return is_collective(r) ? rate(r->work.bytes, t) : NAN;
}

static double bandwidth_value(const struct et_result *r, double t)
{
    return is_collective(r) ? NAN : rate(r->work.bytes, t);
}

static double traffic_value(const struct et_result *r, double t)
{
    return is_collective(r) || r->work.flop > 0 ? NAN
                                                : rate(r->work.traffic, t);
}

static double access_value(const struct et_result *r, double t)
{
    return r->work.accesses > 0 ? t / r->work.accesses : NAN;
}

const struct et_metric et_metrics[] = {
    {"flops", "GFLOP/s", "FLOP/s", 1e9, "higher",
     "floating-point operations of the team over the median time", flops_value},
    {"busbw", "GB/s", "B/s", 1e9, "higher",
     "bytes that the slowest link must carry over the median time",
     busbw_value},
    {"algbw", "GB/s", "B/s", 1e9, "higher",
     "bytes of a collective's vector, as each operation counts them, over its "
     "median time",
     algbw_value},
    {"bandwidth", "GB/s", "B/s", 1e9, "higher",
     "payload bytes of the team over the median time; of a product with few "
     "rows "
     "or columns those of its large operand",
     bandwidth_value},
    {"traffic_rate", "GB/s", "B/s", 1e9, "higher",
     "bytes between cores and memory, write-allocate among them, over the "
     "median time",
     traffic_value},
    {"access_time", "ns", "s", 1e-9, "lower",
     "median time of a load that needs the one before", access_value},
    {"time", "s", "s", 1, "lower", "median time of one iteration", time_value},
    {0}};

const struct et_metric *et_metric_find(const char *name)
{
    for (const struct et_metric *m = et_metrics; m->name; m++) {
        if (strcmp(m->name, name) == 0)
            return m;
    }
    return NULL;
}
