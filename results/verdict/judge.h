/* judge: a run against a contract, clause by clause, three-valued. Missing
 * data never passes.
 *
 * A contract is an INI file. [contract] may have `name`. Every other section
 * is a clause:
 *   where     = bench=gemm dtype=fp32     words of et_record_word, '*' and '?'
 *   metric    = flops
 *   at_least  = 85 % of peak | 150 GFLOP/s     or   at_most = 20 us
 *   take      = every (preset) | best     over the records that `where` picks
 *   allow_oversubscribed = no (preset) | yes
 *
 * A clause has one threshold, in a unit; a band is two clauses. `best` needs
 * the threshold on the side that the metric gets worse to.
 *
 * pass: the interval's worse end meets the threshold; fail: its better end
 * misses it; inconclusive: between, or no interval, or not converged, or
 * oversubscribed or its cores unknown, or the samples drift, or the case and a
 * ceiling contradict each other, or its rate of operations is above what the
 * nominal peak at the highest clock explains, or the metric is that rate and no
 * compute ceiling was measured with it, or the record has a fact `doubt` (a
 * cold read that may have come from memory), or no record, or none valid. Under
 * `every` a wrong or failed record, or one with odd outputs, fails and one not
 * measured is inconclusive; under `best` a record that passes decides, else the
 * one with the best value. Of a run that is not complete no `every` passes and
 * no `best` fails; of one on a fake clock nothing is decided.
 */
#ifndef ET_RESULTS_VERDICT_JUDGE_H
#define ET_RESULTS_VERDICT_JUDGE_H

#include "harness/base/status.h"
#include "results/reading/run.h"

enum et_verdict { ET_VERDICT_PASS, ET_VERDICT_FAIL, ET_VERDICT_INCONCLUSIVE };
const char *et_verdict_name(enum et_verdict v);

struct et_clause_verdict {
    char *clause, *where, *metric;
    char *threshold; /* as written */
    double limit;    /* in `unit`; NAN if it could not be worked out */
    double value, ci_low, ci_high; /* of the deciding record; NAN: none */
    char *unit;
    char *id; /* the deciding case, or NULL */
    size_t picked;
    enum et_verdict verdict;
    char *reason; /* one sentence */
};

struct et_judgement {
    char *contract;
    struct et_clause_verdict *clauses;
    size_t n;
    enum et_verdict verdict; /* fail if any fails, else the worst */
};

/* Contract errors: ET_USAGE, naming file, line and key. */
enum et_status et_judge(const char *contract, const struct et_run *run,
                        struct et_judgement *out);
void et_judgement_free(struct et_judgement *j);
/* ET_OK, ET_MISSED or ET_UNSURE. */
enum et_status et_judgement_status(const struct et_judgement *j);

#endif
