/* The steps of a pass, each with the longest that it takes. */
#include "config.h"
#include "harness/run/bound.h"

#include <math.h>

#include "harness/run/ceilings.h"
#include "harness/stat/passes.h"

#define REFERENCE 1e9 /* FLOP/s of a thread: it is slow by design */
#define FILLED 0.2e9  /* B/s a rank: memory got, filled and checked */
#define UNTIMED 3.0   /* iterations of a pass: the first, the last, the like */
#define FIRST 3.0     /* more in the first pass: integers, counts, */
#define EXACT 2.0     /* and, of what is calibrated, wide integers */
#define CALIBRATED 12.0 /* samples that it takes to calibrate one */
#define REFRESHED 8.0   /* iterations until a ceiling is steady */
#define PATTERNS 3.0    /* ceilings that move memory */
#define STEP 10e-6      /* s a message, of which a ring has 2 (p - 1) in turn */
#define FIXED 0.05      /* s a pass: agreement, files, the record on disk */

/* s of one iteration. */
static double iteration(const struct et_case *c, const struct et_need *need,
                        double flops)
{
    double nodes = (double)c->nodes;
    double one = et_bench_is_reference(c->backend) ? REFERENCE : flops;
    double steps =
        c->bench->role == ET_ROLE_COLLECTIVE ? 2 * (double)(c->ranks - 1) : 0;
    return steps * STEP + need->flop / (one * (double)(c->ranks * c->threads)) +
           (need->disk > 0 ? need->bytes / nodes / ET_ASSUMED_DISK
                           : need->bytes / nodes / ET_ASSUMED_BYTES);
}

/* s of the ceilings of a pass whose samples last `budget`. */
static double ceilings(const struct et_case *c, const struct et_options *o,
                       const struct et_need *need, double one, double budget)
{
    if (!c->bench->ceiling || !o->ceilings)
        return 0;
    double between = floor(budget / ET_CEILING_APART);
    double looks =
        fmax(2, ceil((double)ET_CEILING_SAMPLES / (double)o->passes));
    double moved = need->bytes / (double)c->nodes / ET_ASSUMED_BYTES;
    return PATTERNS * (looks + between) *
               ((1 + REFRESHED) * moved + 2 * o->min_time) +
           between * REFRESHED * one;
}

/* Passes at most, where a pass samples for `least` s at least: after the first
 * ones they go on while the budget is not used up. */
static double visits(const struct et_options *o, double least)
{
    double left = o->budget - (double)o->passes * least;
    double more = (double)(o->max_passes - o->passes);
    if (o->passes < ET_PASSES_LEAST || !(left > 0 && more > 0))
        return (double)o->passes;
    return (double)o->passes + fmin(more, ceil(left / least));
}

/* s of all passes where an iteration takes between half of `share` and `share`
 * of the longest that it may: long ones make long passes, short ones many. */
static double all_passes(const struct et_case *c, const struct et_options *o,
                         const struct et_need *need, double share,
                         double longest)
{
    double passes = (double)o->passes, one = share * longest;
    double budget = o->budget / passes;
    double n = (double)et_passes_share(o->min_samples, o->passes);
    /* What must be prepared before each sample takes about as long again, on
     * either side of it. */
    double sample = c->bench->once ? 3 * one : one + 2 * o->min_time;
    double shortest = c->bench->once ? one / 2 : fmax(one / 2, o->min_time);
    double sampled =
        fmin(fmax(budget, n * sample), ET_PATIENCE * budget) + 2 * sample;
    double pass = FIXED + need->memory / FILLED + UNTIMED * one + sample +
                  budget / 4 + sampled + ceilings(c, o, need, one, budget);
    double fewest = n * sample < ET_PATIENCE * budget ? n : 1;
    return visits(o, fewest * shortest) * pass + FIRST * one +
           (c->bench->once ? 0 : CALIBRATED * sample + EXACT * one);
}

double et_bound_case(const struct et_case *c, const struct et_options *o,
                     double flops)
{
    struct et_need need = {0};
    c->bench->need(c->params, (int)c->ranks, (int)c->threads, &need);
    double longest = iteration(c, &need, flops), worst = 0;
    for (double share = 1; share > 1e-9; share /= 2)
        worst = fmax(worst, all_passes(c, o, &need, share, longest));
    return worst;
}
