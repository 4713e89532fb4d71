/* case: one point of a plan: what is run, and on which team. Its id says all
 * of it in one line and parses back.
 */
#ifndef ET_CASE_CASE_H
#define ET_CASE_CASE_H

#include "harness/case/bench.h"

struct et_case {
    const struct et_bench *bench;
    char *label;   /* of its section, or NULL */
    char *shape;   /* catalog name, or NULL */
    char *backend; /* always set */
    int64_t ranks, nodes, threads;
    void *params; /* the bench's struct */
    char *id;     /* "gemm backend=blis dtype=fp32 m=..": parses back */
    char *where;  /* "plan.ini:12", for messages; NULL after parsing back */
};

struct et_cases {
    struct et_case *v;
    size_t n;
};

/* Parameters at their presets; no backend and no id yet. */
enum et_status et_case_init(const struct et_bench *bench, struct et_case *out);
/* A parameter, or label, backend, shape, ranks, nodes, threads. */
enum et_status et_case_set(struct et_case *c, const char *key,
                           const char *value, const char *where);
/* Make the id from all else. */
enum et_status et_case_name(struct et_case *c);
/* The id back into a case, for the ranks that did not read the plan. */
enum et_status et_case_parse(const char *id, const struct et_benches *benches,
                             struct et_case *out);
void et_case_free(struct et_case *c);
void et_cases_free(struct et_cases *c);

/* Bytes that a rank's libraries take beside a case's data: 4 to 12 MiB a thread
 * were seen of BLIS and OpenBLAS, and less than 16 of the rest. A process that
 * a control group limits is killed without a word where they are forgotten. */
#define ET_CASE_OWN(threads) (0x1p24 + 0x1p23 * (double)(threads))

/* Refuse, with its place in the plan, a case whose memory exceeds `memory`
 * bytes on a node or whose numbers overflow. memory 0: not known. */
enum et_status et_case_fits(const struct et_case *c, double memory,
                            int64_t ranks_per_node);

#endif
