/* The two ceilings. */
#include "config.h"
#include "bench/ceilings.h"

#include <math.h>
#include <stdio.h>

#include "kernels/peak/peak.h"

/* Less than a page is nobody's working set. */
#define LEAST 4096.0

bool et_bench_ceilings(enum et_dtype dtype, double bytes, size_t i,
                       struct et_ceiling_case *out)
{
    /* Loads alone are fastest where stores cost; in L1 they cost nothing, and
     * past the caches non-temporal ones cost least. */
    static const char *const patterns[] = {"op=read", "op=triad",
                                           "op=triad stores=nontemporal"};
    const struct et_peak_backend *widest = et_peak_widest(dtype);
    if (i == 0) {
        *out = (struct et_ceiling_case){.what = "compute",
                                        .role = ET_ROLE_COMPUTE_CEILING,
                                        .backend = widest ? widest->base.name
                                                          : "portable",
                                        .flop = true};
        snprintf(out->params, sizeof out->params, "dtype=%s",
                 et_dtype_name(dtype));
        return true;
    }
    if (i > sizeof patterns / sizeof *patterns)
        return false;
    *out = (struct et_ceiling_case){
        .what = "memory", .role = ET_ROLE_MEMORY_CEILING, .backend = "native"};
    if (bytes == INFINITY)
        snprintf(out->params, sizeof out->params, "%s level=memory",
                 patterns[i - 1]);
    else
        snprintf(out->params, sizeof out->params, "%s level=bytes bytes=%.0f",
                 patterns[i - 1], ceil(fmax(bytes, LEAST) / LEAST) * LEAST);
    return true;
}
