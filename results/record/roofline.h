/* roofline: what the ceilings that were measured beside a case say of it. Takes
 * results, gives numbers; what was not measured stays absent.
 *
 * The roofline (Williams, Waterman, Patterson, CACM 52(4), 2009): a case that
 * does I = flop / traffic operations for each byte can reach
 *   attainable = min(compute ceiling, I x memory ceiling)
 * where a ceiling that was measured in several ways is the fastest of them,
 * and its share is its rate, at the median time, over that. Intervals take the
 * worst ends: share_low = rate_low / attainable_high, and the other way round.
 * A case whose rate lies above a ceiling's whole interval, however wide its
 * own, or that ceiling is wrong. Which of them is not known, so both are
 * suspect: a case that reaches its ceiling is so at times by chance alone.
 */
#ifndef ET_RESULTS_RECORD_ROOFLINE_H
#define ET_RESULTS_RECORD_ROOFLINE_H

#include "harness/case/result.h"

struct et_roofline {
    double intensity;                                   /* FLOP/B */
    double attainable, attainable_low, attainable_high; /* FLOP/s */
    double share, share_low, share_high;                /* of attainable */
    char *binds;   /* "compute", "memory"; NULL: not known */
    char *suspect; /* the ceiling that it lies above; NULL: none */
    char *absent;  /* why there is no share; NULL: there is one, or the case
                    * does no floating-point operations */
};

extern const struct et_field et_roofline_rows[];

/* Of a measured result that does flops; all absent for any other. *out is
 * et_fields_free-d by its rows. ET_INFRA on no memory. */
enum et_status et_roofline_make(const struct et_result *r,
                                struct et_roofline *out);

#endif
