/* result: what the measuring of one case leaves, before anyone interprets it.
 * Owned by whoever calls et_result_free. Knows no file format.
 */
#ifndef ET_CASE_RESULT_H
#define ET_CASE_RESULT_H

#include <stdbool.h>
#include <stdint.h>

#include "harness/base/field.h"

/* Six words that never stand for each other. */
enum et_outcome {
    ET_MEASURED,    /* timed, and the timed data was right */
    ET_WRONG_DATA,  /* timed, but the data was wrong: no figure counts */
    ET_UNSUPPORTED, /* the backend does not do this, or is not there */
    ET_SKIPPED,     /* not tried: does not fit */
    ET_FAILED,      /* an error while preparing, running or checking */
    ET_UNMEASURED   /* no valid timing came of it, or a stop cut it short */
};
#define ET_OUTCOME_CHOICES                                                     \
    "measured|wrong|unsupported|skipped|failed|unmeasured"

/* What a bench is to those who read its figures. */
enum et_role {
    ET_ROLE_NONE,            /* nothing but its figure of merit */
    ET_ROLE_COMPUTE_CEILING, /* its rate of operations bounds other benches */
    ET_ROLE_MEMORY_CEILING,  /* the same of its rate of bytes */
    ET_ROLE_COLLECTIVE,      /* all ranks exchange data */
    ET_ROLE_STORAGE          /* files are written or read */
};
#define ET_ROLE_CHOICES "none|compute ceiling|memory ceiling|collective|storage"

struct et_result_team {
    int64_t ranks, nodes, threads; /* threads: asked of each rank */
    /* That really worked: the fewest of a rank, or, where no rank had fewer
     * than asked, the most (harness/run/delivered.h). */
    int64_t delivered;
    char *delivered_absent; /* why that is not known; NULL */
    char *transport;        /* "self", "mpi" */
    int64_t cores;          /* that its threads kept busy; absent: not known */
    bool oversubscribed;    /* a node had more busy threads than cores */
};

/* One of the ranks of a case, or one of its nodes. */
struct et_result_part {
    int64_t rank;  /* of a node: its first one */
    int64_t ranks; /* 1; of a node: its ranks in the team */
    char *host;
    double median; /* s per iteration; of a node: of its ranks' medians */
    double others; /* s per iteration: the median of the other parts' */
    int64_t last;  /* samples in which it, or one of its ranks, was the last */
};

/* How the medians of the ranks, or of the nodes, are spread: as much for
 * 100,000 ranks as for four (harness/stat/spread.h). Every rank's own median
 * stands in the file beside the records. */
struct et_result_spread {
    int64_t n; /* parts; ET_ABSENT_INT: fewer than two, and nothing below */
    double min, p5, p25, median, p75, p95, max; /* s per iteration */
    struct et_reals edges; /* of the histogram, as shares of the median */
    struct et_reals histogram;
    struct et_list worst; /* of et_result_part: largest medians, falling */
    struct et_list last;  /* last in the most samples, falling */
};

/* A pass, in a result that several passes were merged into. */
struct et_result_pass {
    int64_t pass, launch; /* which, and of which start of the run */
    int64_t n;            /* samples */
    double median;        /* s per iteration */
    double within;        /* the middle half of its samples, as a share of it */
    double hop;           /* s; as et_result_sync has it */
};

struct et_result_time {
    struct et_reals samples;   /* s per iteration; last exit - first entry */
    struct et_reals transient; /* the warm-up before them, found and kept */
    int64_t n;                 /* of samples */
    int64_t iterations;        /* of the work in one sample */
    int64_t warmup;            /* of transient */
    double median, ci_low, ci_high, min, max; /* s per iteration */
    double mean, p95, p99;
    double confidence;  /* of the interval: 0.95 */
    double n_effective; /* independent samples that n are worth */
    double drift;       /* change from first to last, share of the median */
    double drift_p;     /* that as much comes without a trend */
    bool drifts;
    bool converged;
    int64_t slowest_rank; /* with the largest median of its own samples */
    char *slowest_host;   /* its node */
    double imbalance;     /* its median over the other ranks' */
    struct et_result_spread ranks, nodes; /* of the parts' own medians */
    char *method;                         /* how the samples were taken */
    /* Of a result that the passes were merged into (results/reading/merge.h):
     * each of them, how far apart their medians are, largest less smallest, as
     * a share of the figure, and how far a pass's own samples are, the median
     * of `within`. In no record: they follow from the passes' records. */
    struct et_list passes; /* of et_result_pass */
    double between, within;
};

/* How the ranks began a sample together, and how well they knew the time. */
struct et_result_sync {
    char *start;        /* "alone", "window", "barrier" */
    char *reason;       /* why no window; NULL */
    double error;       /* s: of the global clock when the case began */
    double error_after; /* s: when it had ended */
    double window;      /* s: from one window to the next */
    double hop;     /* s: a line of memory between the cores of two ranks of a
                     * node, beside the samples (harness/team/hop.h) */
    int64_t missed; /* windows that some rank missed */
    struct et_reals late; /* indices of those samples */
};

/* What else the machine did while the case was sampled
 * (harness/run/disturbed.h); each figure is that of the rank, or its node, with
 * the largest. */
struct et_result_disturbed {
    int64_t n;          /* disturbed samples; absent: not looked for */
    int64_t most;       /* on one rank; likewise */
    bool many;          /* so many that the case is disturbed */
    struct et_reals at; /* indices of these samples */
    double waited;      /* s: for a core, all samples */
    double switches;    /* involuntary ones */
    double stolen, throttled, hot; /* s, s, times */
    double load;                   /* one-minute average, the largest */
    struct et_list absents;        /* of et_result_absent */
};

/* What bounds the case, measured beside its own samples. */
struct et_result_ceiling {
    char *what;                       /* "compute", "memory" */
    char *id;                         /* of the case that was measured */
    char *unit;                       /* "FLOP/s", "B/s" */
    struct et_reals samples;          /* s per iteration */
    int64_t iterations;               /* of a sample */
    double work;                      /* of an iteration, whole team */
    double rate, rate_low, rate_high; /* unit; whole team; of the median */
    char *absent;                     /* why there is none */
};

struct et_result_work {
    /* One iteration, whole team; as struct et_work. */
    double flop, bytes, bus_bytes, messages, traffic, accesses;
    char *convention;
};

enum et_check { ET_CHECK_NONE, ET_CHECK_PASSED, ET_CHECK_FAILED };
#define ET_CHECK_CHOICES "none|passed|failed"

struct et_result_verification {
    int status; /* enum et_check */
    double error, bound, certain;
    double usual;    /* share of the bound that such a computation uses at
                      * most; NAN: no precision to tell by */
    int64_t sampled; /* outputs checked whole between the samples, besides the
                      * first and the last; absent: it has no such check */
    double spent;    /* s, all checks of the case, of rank 0 */
    char *method, *note;
    char *digest;          /* of the outputs of most ranks; NULL: none */
    char *digest_absent;   /* why there is none */
    struct et_strings odd; /* "rank 3 on n7": another digest */
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
    int64_t iterations;    /* that were counted, which are not the timed ones */
    int64_t threads;       /* counted, whole team */
    struct et_list values; /* of et_result_count */
    struct et_list absents; /* of et_result_absent */
};

struct et_result_energy {
    char *source;      /* NULL: none */
    double joules;     /* over the timed samples, whole team; NAN: absent */
    double iterations; /* that those joules paid for */
    char *absent;      /* why there is none */
};

struct et_result {
    char *bench, *id, *backend, *origin; /* origin: library behind backend */
    char *label;                         /* the plan section's label, or NULL */
    struct et_pairs params;
    int outcome;   /* enum et_outcome */
    char *reason;  /* why not measured; NULL when it was */
    char *started; /* UTC date */
    double spent;  /* s, of all of it */
    int64_t pass;  /* of its case in the run directory, from 0 */
    struct et_result_team team;
    struct et_result_time time;
    struct et_result_sync sync;
    struct et_result_disturbed disturbed;
    struct et_result_work work;
    struct et_result_verification verification;
    struct et_result_counters counters;
    struct et_result_energy energy;
    struct et_list ceilings; /* of et_result_ceiling */
    struct et_pairs facts;   /* what the bench adds */
    /* Of each rank, in order of rank: its own median (s per iteration), and the
     * samples in which it was the last. Empty for one rank. In no record: they
     * go to the file beside the records. */
    struct et_reals rank_medians, rank_last;
};

/* Do so many disturbed samples of `n`, on one rank, put the case in doubt? More
 * than a fifth do (harness/run/disturbed.h). */
bool et_disturbed_many(int64_t most, double n);
/* The share of a sample that a thread may have no core for, though it has work,
 * before the sample counts as disturbed (harness/run/disturbed.h). */
double et_disturbed_share(enum et_role role);

/* Rows of the whole tree: the record's schema stands on them. */
extern const struct et_field et_result_rows[];

/* The fastest of the ceilings that bound it in this way, "compute" or "memory";
 * NULL: none has a rate. */
const struct et_result_ceiling *et_result_ceiling_of(const struct et_result *r,
                                                     const char *what);

/* Threads of a rank that need a core: those that worked, or, where that was not
 * counted, those that were asked for. */
int64_t et_result_busy_threads(const struct et_result_team *t);

/* Zeroed, with every figure that is not yet known absent. */
void et_result_begin(struct et_result *r);
void et_result_free(struct et_result *r);
/* A deep copy of what a record has of it, without the ranks' own medians and
 * merged passes, into uninitialised `to`. ET_INFRA on no memory, logged. */
enum et_status et_result_copy(struct et_result *to,
                              const struct et_result *from);

#endif
