/* selftest_cases: small problems of each bench whose checks `etalon selftest`
 * puts to the proof, and one of them prepared: run, check, damage. Knows
 * benches as descriptors.
 */
#ifndef ET_APP_SELFTEST_CASES_H
#define ET_APP_SELFTEST_CASES_H

#include <stdint.h>

#include "harness/case/case.h"
#include "harness/case/bench.h"

struct et_selftest;

struct et_selftest_case {
    const char *bench;
    const char *params; /* "m=28 n=24", as in a case's id */
    int ranks;
    /* What ET_FAULT_FLIP turns bits of over: a row of `layouts` in faults.c;
     * NULL: it cannot be planted. */
    const char *type;
    int weight; /* its share of faults and clean runs; dear ones have less */
};
/* Ends with {0}. */
extern const struct et_selftest_case et_selftest_cases[];

/* NULL, or why the case cannot be tried with this backend. Local. */
const char *et_selftest_case_why_not(const struct et_selftest *t,
                                     const struct et_selftest_case *k,
                                     const char *backend);

/* A prepared case. Start from {0}. */
struct et_subject {
    struct et_case c;
    struct et_team *team;
    void *state;
};
/* All collective over the team, the same status on all ranks; close gets it
 * in any state. */
enum et_status et_subject_open(const struct et_selftest *t,
                               const struct et_selftest_case *k,
                               const char *backend, uint64_t seed,
                               struct et_team *team, struct et_subject *out);
enum et_status et_subject_run(struct et_subject *s, uint64_t iterations);
enum et_status et_subject_verify(struct et_subject *s,
                                 struct et_verification *out);
void et_subject_close(struct et_subject *s);

#endif
