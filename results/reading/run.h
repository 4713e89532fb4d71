/* run: a run directory read back, whole or its head alone. Offline: needs no
 * machine but the one it is read on. What is torn or does not parse is said,
 * never guessed.
 */
#ifndef ET_RESULTS_READING_RUN_H
#define ET_RESULTS_READING_RUN_H

#include <stdbool.h>

#include "harness/run/sink.h"
#include "results/reading/repeat.h"
#include "results/record/record.h"

/* A run that was carried on: when, where and by which command. */
struct et_run_resume {
    bool again; /* the whole plan once more, not what was missing */
    char *started, *host, *commit, *binary_digest;
    struct et_strings command;
    struct et_list placement; /* of et_run_placement: where it went on */
};

/* No run.json is larger, and no line of records.jsonl is longer; what is, is
 * refused and not read. */
#define ET_RUN_HEAD_MOST (8 << 20)
#define ET_RUN_LINE_MOST (64 << 20)

/* Where the time of all passes went, s. */
struct et_run_times {
    double passes;   /* in all: prepared, sampled, checked */
    double samples;  /* timed, of the cases; warm-up is none */
    double ceilings; /* timed, of their ceilings */
};

struct et_run {
    char *dir;
    int64_t schema_version;
    struct et_run_info info; /* as the run was first begun */
    struct et_list resumes;  /* of et_run_resume */
    char *outcome;  /* "complete", "interrupted", "failed", "running"; "cut
                     * short": it says running, and nobody runs it */
    char *reason;   /* of an end before its end, or NULL */
    char *finished; /* UTC date, or NULL */
    /* One a case, its passes merged (results/reading/merge.h); of
     * et_run_load_passes one a pass, in the order of their lines. */
    struct et_record *records;
    size_t n;
    struct et_run_times times; /* 0 of et_run_load_passes */
    size_t lines; /* whole ones of records.jsonl, repeated passes among them */
    struct et_repeat repeat;    /* its launches set against each other; of
                                 * et_run_load_passes: empty */
    struct et_strings warnings; /* what was wrong with the directory */
};

/* run.json's members besides the info's: rows of et_run and of a resume. */
extern const struct et_field et_run_rows[];
extern const struct et_field et_run_resume_rows[];

/* ET_USAGE: no such directory, not a run's, or another schema's. ET_INFRA:
 * run.json or a record in the middle does not parse. A torn last line is a
 * warning. */
enum et_status et_run_load(const char *dir, struct et_run *out);
/* The same, the records as they were written: one for each pass of a case. Of a
 * pass that was done again only the last stands. */
enum et_status et_run_load_passes(const char *dir, struct et_run *out);
/* run.json alone: no record and no plan_text. What a list of many runs needs;
 * reads at most ET_RUN_HEAD_MOST bytes, however long the run is. */
enum et_status et_run_load_head(const char *dir, struct et_run *out);
void et_run_free(struct et_run *r);

/* What a run asked of each case by its options, as run.json has them; NAN or 0
 * where it does not say. */
struct et_run_asked {
    double precision; /* width of the interval, a share of the median */
    int64_t passes;   /* of each launch, at least */
    int64_t samples;  /* of each pass, at least */
    int64_t launches; /* that the run was begun for */
};
struct et_run_asked et_run_asked(const struct et_run *run);

/* How many times the whole plan was begun (--again), 1 at least; *newest:
 * records of the last time have this `launch` or a later one. */
int64_t et_run_launches(const struct et_run *run, int64_t *newest);

/* Where the team of a record ran; NULL where run.json does not say. */
const struct et_run_placement *et_run_placed(const struct et_run *run,
                                             const struct et_record *r);

/* Nominal peak for a record's dtype over the cores it used, FLOP/s, and where
 * it comes from: the run's `peak` option if set ("fp64=64 GFLOP/s,
 * fp32=128 GFLOP/s", of one core; ':' does for '='), else the environment's.
 * `override` (same form, may be NULL) wins. NAN where unknown, or where the
 * run's kinds of node differ in it and the record's team is on several; the
 * reason in *origin. */
double et_run_peak(const struct et_run *run, const struct et_record *r,
                   const char *override, const char **origin);
/* The same by a contract's `peak`, of the same form, which alone counts then;
 * NULL: the contract has none. */
double et_run_peak_agreed(const struct et_run *run, const struct et_record *r,
                          const char *contract, const char **origin);
/* Is the record's rate of operations above what that peak explains? A core may
 * run above the nominal clock: up to ET_RUN_BOOST times, or up to the highest
 * clock that cpufreq allows where that is more. If the rate is above that,
 * either was the work not done or the peak is not this
 * machine's. *most, if not NULL: the most in FLOP/s, NAN where the peak is
 * unknown; then the answer is no. */
#define ET_RUN_BOOST 2.0
bool et_run_above_boost(const struct et_run *run, const struct et_record *r,
                        const char *override, double *most);
/* ET_USAGE, logged with `where`, unless `text` can be used as `override`. */
enum et_status et_run_peak_check(const char *text, const char *where);

#endif
