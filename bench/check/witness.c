/* The kernel's counters around the samples of a transfer. */
#include "config.h"
#include "bench/check/witness.h"

#include <math.h>
#include <stdio.h>

#include "harness/base/text.h"
#include "kernels/io/io.h"

#define LEAST 0.99 /* of the payload */

void et_io_witness_before(struct et_io_witness *w)
{
    w->fetched_before = et_io_fetched();
    w->device_before = et_io_device_moved(w->path, w->writes);
    w->open = true;
}

void et_io_witness_after(struct et_io_witness *w, double bytes)
{
    if (!w->open)
        return;
    w->open = false;
    w->payload += bytes;
    w->fetched += et_io_fetched() - w->fetched_before;
    w->device += et_io_device_moved(w->path, w->writes) - w->device_before;
    if (w->writes) {
        double left = et_io_unwritten(w->path);
        w->unwritten =
            isnan(left) || isnan(w->unwritten) ? NAN : fmax(w->unwritten, left);
    }
    w->asked = true;
}

/* What all ranks add to. */
struct sums {
    double payload, fetched, device, unwritten;
    double untold_fetched, untold_device, untold_unwritten; /* ranks */
};

static double known(double v, double *untold)
{
    *untold = isnan(v);
    return isnan(v) ? 0 : v;
}

enum et_status et_io_witness_ask(const struct et_io_witness *w,
                                 struct et_team *team,
                                 struct et_io_testimony *out)
{
    struct sums s = {.payload = w->payload};
    char left[ET_TEXT_NUMBER], all[ET_TEXT_NUMBER];
    s.fetched = known(w->asked ? w->fetched : NAN, &s.untold_fetched);
    s.unwritten =
        known(w->asked && w->writes ? w->unwritten : NAN, &s.untold_unwritten);
    /* The device serves the whole node: its first rank speaks for it. */
    if (team->local_rank == 0)
        s.device = known(w->asked ? w->device : NAN, &s.untold_device);
    _Static_assert(sizeof s == 7 * sizeof(double), "no doubles");
    enum et_status status = et_team_reduce(team, ET_SUM, &s.payload, 7);
    if (status != ET_OK)
        return status;
    *out = (struct et_io_testimony){0};
    bool device =
        s.untold_device == 0 && s.payload > 0 && s.device >= LEAST * s.payload;
    bool told = w->writes ? s.untold_unwritten == 0 : s.untold_fetched == 0;
    bool own = told && s.payload > 0 &&
               (w->writes ? s.unwritten == 0 : s.fetched >= LEAST * s.payload);
    out->agrees = w->writes ? own || (!told && device) : own || device;
    if (out->agrees || !told || !(s.payload > 0))
        return ET_OK;
    if (w->writes)
        snprintf(out->doubt, sizeof out->doubt,
                 "after a write %s of the files were not on the device",
                 et_print_bytes(left, (int64_t)s.unwritten));
    else
        snprintf(out->doubt, sizeof out->doubt,
                 "the ranks fetched %s of %s from the device",
                 et_print_bytes(left, (int64_t)s.fetched),
                 et_print_bytes(all, (int64_t)s.payload));
    return ET_OK;
}
