/* contract: the clauses of a contract file, read and checked as far as that
 * can be done without a run. The file's form is told in judge.h.
 */
#ifndef ET_RESULTS_VERDICT_CONTRACT_H
#define ET_RESULTS_VERDICT_CONTRACT_H

#include "harness/base/field.h"
#include "results/record/metric.h"

enum et_take { ET_TAKE_EVERY, ET_TAKE_BEST };

/* A word of `where`: the record's fact must match the pattern. */
struct et_where {
    char *key, *pattern; /* '*': any text, '?': any one character */
};

struct et_clause {
    /* As written. */
    char *where, *metric_name, *at_least, *at_most;
    int take; /* enum et_take */
    bool allow_oversubscribed;
    /* Worked out. */
    char *name;
    struct et_where *words;
    size_t n_words;
    const struct et_metric *metric;
    bool of_peak; /* limit is a share of the nominal peak */
    double limit; /* else in the metric's unit */
};

struct et_contract {
    /* NULL: the file says none. */
    char *name;
    char *peak; /* of one core, as et_run_peak_agreed takes it */
    struct et_clause *clauses;
    size_t n;
};

/* The keys of a clause, for reading and for the docs. */
extern const struct et_field et_clause_rows[];

/* ET_USAGE, logged with file and line, for anything that is not right; a
 * contract without a clause is not. */
enum et_status et_contract_read(const char *path, struct et_contract *out);
void et_contract_free(struct et_contract *c);

bool et_where_matches(const char *pattern, const char *text);

#endif
