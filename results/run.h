/* run: a run directory read back, whole. Offline: needs no machine but the
 * one it is read on. What is torn or does not parse is said, never guessed.
 */
#ifndef ET_RESULTS_RUN_H
#define ET_RESULTS_RUN_H

#include <stdbool.h>

#include "harness/run/sink.h"
#include "results/record.h"

struct et_run {
    char *dir;
    struct et_run_info info;
    char *outcome;  /* "complete", "interrupted", "failed", "running" */
    char *finished; /* UTC date, or NULL */
    struct et_record *records; /* as written; a case run again stands once,
                                * its last record */
    size_t n;
    struct et_strings warnings; /* what was wrong with the directory */
};

/* ET_USAGE: no such directory or not a run's. ET_INFRA: run.json or a record
 * in the middle does not parse. A torn last line is a warning. */
enum et_status et_run_load(const char *dir, struct et_run *out);
void et_run_free(struct et_run *r);

/* Nominal peak for a record's dtype over the cores it used, FLOP/s, and where
 * it comes from: the run's `peak` option if set ("fp64=64 GFLOP/s,
 * fp32=128 GFLOP/s", of one core), else the environment's. `override` (same
 * form, may be NULL) wins. NAN where unknown, the reason in *origin. */
double et_run_peak(const struct et_run *run, const struct et_record *r,
                   const char *override, const char **origin);

#endif
