/* judge: a run against a contract, clause by clause, three-valued. Missing
 * data never passes.
 *
 * A contract is an INI file. [contract] may have `name`. Every other section
 * is a clause:
 *   where     = bench=gemm dtype=fp32     words of et_record_word, '*' and '?'
 *   metric    = flops
 *   at_least  = 85 % of peak | 150 GFLOP/s     or   at_most = 20 us
 *   take      = every (preset) | best     over the records that `where` picks
 *
 * pass: the interval's worse end meets the threshold; fail: its better end
 * misses it; inconclusive: between, or no interval, or not converged, or no
 * record, or none valid. A wrong or failed record fails under `every`.
 */
#ifndef ET_RESULTS_JUDGE_H
#define ET_RESULTS_JUDGE_H

#include "harness/base/status.h"
#include "results/run.h"

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
