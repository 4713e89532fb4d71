/* judge: a run against a contract, clause by clause, three-valued. Missing
 * data never passes.
 *
 * A contract is an INI file. [contract] may have `name`, and `peak`, the
 * nominal peak of one core, which then counts alone. Every other section is a
 * clause: where     = bench=gemm dtype=fp32     words of et_record_word, '*'
 * and '?' metric    = flops at_least  = 85 % of peak | 150 GFLOP/s     or
 * at_most = 20 us take      = every (preset) | best     over the records that
 * `where` picks allow_oversubscribed = no (preset) | yes
 *
 * A clause has one threshold, in a unit; a band is two clauses. `best` needs
 * the threshold on the side that the metric gets worse to.
 *
 * ET_JUDGE_CAUSES says how one record is judged. Under `every` the worst record
 * decides; under `best` one that passes, else the one with the best value. Of a
 * run that is not complete no `every` passes and no `best` fails; of one on a
 * fake clock nothing is decided.
 */
#ifndef ET_RESULTS_VERDICT_JUDGE_H
#define ET_RESULTS_VERDICT_JUDGE_H

#include "harness/base/status.h"
#include "results/reading/run.h"

enum et_verdict { ET_VERDICT_PASS, ET_VERDICT_FAIL, ET_VERDICT_INCONCLUSIVE };
const char *et_verdict_name(enum et_verdict v);

/* Why a record is judged as it is: a name, a verdict, and what is true of the
 * record, as docs/contracts.md has it. The first that applies decides. */
/* clang-format off */
#define ET_JUDGE_CAUSES(row)                                                   \
    row(BAD, FAIL,                                                             \
        "is wrong or failed, or its check failed, or ranks of it have other "  \
        "outputs than most")                                                   \
    row(NOT_MEASURED, INCONCLUSIVE, "is unsupported, skipped or unmeasured")   \
    row(UNVERIFIED, INCONCLUSIVE, "was not verified")                          \
    row(NO_METRIC, INCONCLUSIVE, "has no such metric")                         \
    row(NO_PEAK, INCONCLUSIVE,                                                 \
        "has no nominal peak, and the threshold "                              \
        "is a share of the peak")                                              \
    row(SUSPECT, INCONCLUSIVE,                                                 \
        "lies above a ceiling that was measured with it, or is such a "        \
        "ceiling of another record")                                           \
    row(ABOVE_BOOST, INCONCLUSIVE,                                             \
        "does more operations a second than the nominal peak of its cores at " \
        "their highest clock")                                                 \
    row(DOUBTFUL, INCONCLUSIVE,                                                \
        "has a fact `doubt`: a cold read that may have come from memory, "     \
        "clocks that contradict each other, errors too large for the type")    \
    row(NO_INTERVAL, INCONCLUSIVE,                                             \
        "has no valid interval (fewer than 6 passes)")                        \
    row(NO_CEILING, INCONCLUSIVE,                                              \
        "meets the threshold and does floating-point operations, and no " \
        "compute ceiling was measured with it, and it is not a ceiling itself")        \
    row(OVERSUBSCRIBED, INCONCLUSIVE,                                          \
        "was oversubscribed, and the clause does not allow that")              \
    row(THREADS, INCONCLUSIVE,                                                 \
        "had fewer threads at work than it was asked to use, or it is not "    \
        "known how many worked")                                               \
    row(DISTURBED, INCONCLUSIVE,                                               \
        "was disturbed: on one rank other work had the cores in more than a " \
        "fifth of the samples, or that was not watched; a clause that " \
        "allows oversubscription allows what its own threads did")     \
    row(UNCONVERGED, INCONCLUSIVE, "did not converge")                         \
    row(DRIFTING, INCONCLUSIVE, "has samples that drift")                      \
    row(UNPLACED, INCONCLUSIVE,                                                \
        "may have been oversubscribed, because its cores are not known, "      \
        "and the clause does not allow that")                                  \
    row(MEETS, PASS,                                                           \
        "meets the threshold with the worse end of its 95 % interval")         \
    row(MISSES, FAIL,                                                          \
        "misses the threshold with the better end of its interval")            \
    row(BETWEEN, INCONCLUSIVE, "has the threshold inside its interval")
/* clang-format on */

struct et_clause_verdict {
    char *clause, *where, *metric;
    char *threshold; /* as written */
    double limit;    /* in `unit`; NAN if it could not be worked out */
    double value, ci_low, ci_high; /* of the deciding record; NAN: none */
    char *unit;
    char *id;      /* the deciding case, or NULL */
    size_t picked; /* records that `where` matches */
    enum et_verdict verdict;
    char *reason; /* one sentence */
};

struct et_judgement {
    char *contract;
    char *peak; /* that the contract gives, as written; NULL: none */
    struct et_clause_verdict *clauses;
    size_t n;
    enum et_verdict verdict; /* fail if any fails, else the worst */
};

/* Contract errors: ET_USAGE, naming file, line and key. */
enum et_status et_judge(const char *contract, const struct et_run *run,
                        struct et_judgement *out);
/* Whatever was found counts for nothing, and why: every clause becomes
 * inconclusive. ET_INFRA on no memory, logged. */
enum et_status et_judgement_take_back(struct et_judgement *j, const char *why);
void et_judgement_free(struct et_judgement *j);
/* ET_OK, ET_MISSED or ET_UNSURE. */
enum et_status et_judgement_status(const struct et_judgement *j);

#endif
