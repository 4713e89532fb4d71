/* result: what the measuring of one case leaves, before anyone interprets it.
 * Owned by whoever calls et_result_free. Knows no file format.
 */
#ifndef ET_RUN_RESULT_H
#define ET_RUN_RESULT_H

#include <stdbool.h>
#include <stdint.h>

#include "harness/base/field.h"

/* Six words that never stand for each other. */
enum et_outcome {
    ET_MEASURED,    /* timed, and the timed data was right */
    ET_WRONG_DATA,  /* timed, but the data was wrong: no figure counts */
    ET_UNSUPPORTED, /* the backend does not do this, or is not there */
    ET_SKIPPED,     /* not tried: does not fit, interrupted before */
    ET_FAILED,      /* an error while preparing, running or checking */
    ET_UNMEASURED   /* ran, but no valid timing came of it */
};
#define ET_OUTCOME_CHOICES                                                     \
    "measured|wrong|unsupported|skipped|failed|unmeasured"

struct et_result_team {
    int64_t ranks, nodes, threads; /* threads: of each rank */
    char *transport;               /* "self", "mpi" */
};

struct et_result_time {
    struct et_reals samples; /* s per iteration; the slowest rank's each */
    int64_t n;               /* of samples */
    int64_t iterations;      /* of the work in one sample */
    int64_t warmup;          /* samples before the first kept one */
    double median, ci_low, ci_high, min, max; /* s per iteration */
    double confidence;                        /* of the interval: 0.95 */
    bool converged;
    int64_t slowest_rank; /* with the largest median of its own samples */
    char *slowest_host;   /* its node */
    double imbalance;     /* its median over the other ranks' */
    char *method;         /* how the samples were taken */
};

struct et_result_work {
    double flop, bytes, bus_bytes, messages; /* one iteration, whole team; as
                                              * struct et_work */
    char *convention;
};

enum et_check { ET_CHECK_NONE, ET_CHECK_PASSED, ET_CHECK_FAILED };
#define ET_CHECK_CHOICES "none|passed|failed"

struct et_result_verification {
    int status; /* enum et_check */
    double error, bound;
    char *method, *note;
};

struct et_result_count {
    char *name, *native;
    double total;    /* whole team, `iterations` iterations */
    double min, max; /* over the threads of all ranks */
};
struct et_result_absent {
    char *name, *reason;
};
struct et_result_counters {
    char *source;
    int64_t iterations;     /* of the counted pass, which is not a timed one */
    int64_t threads;        /* counted, whole team */
    struct et_list values;  /* of et_result_count */
    struct et_list absents; /* of et_result_absent */
};

struct et_result_energy {
    char *source;      /* NULL: none */
    double joules;     /* over the timed samples, whole team; NAN: absent */
    double iterations; /* that those joules paid for */
    char *absent;      /* why there is none */
};

struct et_result_host {
    char *host;
    int64_t ranks;
    int64_t cores;        /* cores its ranks may use together */
    int64_t busy_threads; /* ranks times threads there */
    char *binding;        /* its first rank's allowed set */
};
struct et_result_placement {
    bool oversubscribed;  /* somewhere busy_threads > cores */
    struct et_list hosts; /* of et_result_host; nodes of the team */
};

struct et_result {
    char *bench, *id, *backend, *origin; /* origin: library behind backend */
    char *label;                         /* the plan section's label, or NULL */
    struct et_pairs params;
    int outcome;   /* enum et_outcome */
    char *reason;  /* why not measured; NULL when it was */
    char *started; /* UTC date */
    double spent;  /* s, all told */
    struct et_result_team team;
    struct et_result_time time;
    struct et_result_work work;
    struct et_result_verification verification;
    struct et_result_counters counters;
    struct et_result_energy energy;
    struct et_result_placement placement;
    struct et_pairs facts; /* what the bench adds */
};

/* Rows of the whole tree: the record's schema stands on them. */
extern const struct et_field et_result_rows[];

void et_result_free(struct et_result *r);

#endif
