/* ceilings: what bounds a case, measured beside its own samples by the same
 * ranks on the same cores, so that both saw the same machine. A ceiling is a
 * case of another bench, whose role the case's bench names (et_bench.ceiling).
 * What could not be measured says why; it never costs the case itself.
 */
#ifndef ET_RUN_CEILINGS_H
#define ET_RUN_CEILINGS_H

#include "harness/case/case.h"
#include "harness/run/measure.h"
#include "harness/run/sampler.h"

/* Samples of each at least, in all passes of the case; of a pass its share, and
 * two at least. */
#define ET_CEILING_SAMPLES 12
/* s that the case's samples last between two of a ceiling's, at least: a
 * shorter pass has its ceilings before and after them. */
#define ET_CEILING_APART 0.5

struct et_ceiling {
    struct et_case c;
    const char *what;
    bool flop;
    void *state;
    struct et_sampler sampler;
    struct et_reals samples; /* s an iteration, the team's */
    double work;             /* of an iteration, whole team */
    char absent[200];        /* why it is not measured; "" when it is */
};

struct et_ceilings {
    const struct et_instruments *with;
    struct et_team *team;
    double floor; /* s a sample lasts */
    struct et_ceiling v[ET_CEILINGS];
    size_t n;
    size_t looks; /* samples of each so far */
};

/* All are collective over the case's team; an error means that the team no
 * longer works, or at the end that a rank had no memory. Prepares what bounds
 * the case `c`, and calibrates it to samples of `floor` seconds, the same on
 * all ranks. */
enum et_status et_ceilings_open(const struct et_instruments *with,
                                const struct et_case *c, struct et_team *team,
                                double floor, struct et_ceilings *out);
/* One more sample of each, after as many untimed iterations as bring its data
 * back to where they belong. */
enum et_status et_ceilings_sample(struct et_ceilings *a);
/* Samples up to the least number, checks what they computed, and writes the
 * list of et_result_ceiling. */
enum et_status et_ceilings_finish(struct et_ceilings *a, struct et_list *out);
/* Rank 0: what that list, of a pass, settles for those after it. A ceiling is
 * slower if its fastest sample has less than 0.9 of the rate of the slowest
 * sample of another of its kind. */
void et_ceilings_learn(const struct et_list *of, struct et_visit *settled);
/* Ceiling b of a case, measured by this backend, as a case of `out`'s own:
 * et_case_free. ET_USAGE, logged: no bench of that role, or no such case. */
enum et_status et_ceiling_make_case(const struct et_ceiling_case *b,
                                    const char *backend,
                                    const struct et_case *of,
                                    const struct et_benches *benches,
                                    struct et_case *out);
/* s that an iteration of the result's work takes at its fastest ceilings: its
 * FLOP at the compute ceiling or its traffic at the memory ceiling, whichever
 * is longer; where one alone is known, that one; NAN where none is. */
double et_ceilings_time(const struct et_result *r);
void et_ceilings_close(struct et_ceilings *a);

#endif
