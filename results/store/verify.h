/* verify: a run recomputed from its own samples, by verify.c and, for every
 * rank's own medians, verify_ranks.c.
 */
#ifndef ET_RESULTS_STORE_VERIFY_H
#define ET_RESULTS_STORE_VERIFY_H

#include "results/reading/run.h"

/* The case at hand, and the gravest of what was found in it. */
struct et_check_case {
    const char *dir, *id;
    size_t line; /* of its record in records.jsonl, from 1; 0: of no one */
    enum et_status status;
};
/* The record's, or, of NULL, a whole case's. */
struct et_check_case et_check_case_of(const struct et_run *run,
                                      const struct et_record *r);

/* Log a difference, and remember it. */
void et_check_says(struct et_check_case *c, const char *what);
/* Nothing is said where both are absent, or the same but for the last digits:
 * another machine's libm may round a product differently. */
void et_check_same(struct et_check_case *c, const char *what, double recorded,
                   double recomputed);

/* Medians, intervals, metrics and verification verdicts of every record, from
 * its own samples; the passes of each case, none missing; the plan's digest,
 * and what run.json says twice. ET_INFRA, each difference logged. */
enum et_status et_verify_figures(const struct et_run *run);

/* What the records say of their ranks and nodes, from ranks.bin and from the
 * placement in run.json. */
enum et_status et_verify_ranks(const struct et_run *run);

#endif
