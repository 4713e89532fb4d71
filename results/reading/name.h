/* name: what a record is called in a report: its bench, which shape, which
 * medium; and what its bench is, as run.json says. Knows no bench by name: one
 * that this build has not, and a run whose run.json does not tell, get what can
 * be read off the record. Never a document.
 */
#ifndef ET_RESULTS_READING_NAME_H
#define ET_RESULTS_READING_NAME_H

#include "results/reading/group.h"
#include "results/reading/sound.h"
#include "results/record/metric.h"

/* What run.json says of the record's bench; NULL: nothing. */
const struct et_run_bench *et_run_bench(const struct et_run *run,
                                        const struct et_record *r);
/* As run.json says; where it does not, what the record's metrics and facts
 * show: collective, storage or none. */
enum et_role et_run_role(const struct et_run *run, const struct et_record *r);
/* The kind of work that its figure rests on: "compute", "memory", "network",
 * "storage", or "other" where neither its role nor its metric tells. */
const char *et_run_work(const struct et_run *run, const struct et_record *r);
/* Does a rank that took longer than the others in this case accuse its node?
 * Only where each rank works by itself. In a collective the wait for a slow
 * link shows at the rank that receives, and storage serves several nodes: there
 * something is slow somewhere, and nobody can be named. */
bool et_run_accuses(const struct et_run *run, const struct et_record *r);
/* The metric that its bench is judged by, else the record's first. NULL where
 * nothing was measured. */
const struct et_metric_value *et_run_merit(const struct et_run *run,
                                           const struct et_record *r);

/* Of integers "GOP/s" and "OP/s" in place of "GFLOP/s" and "FLOP/s". A metric
 * that this build does not know has its own unit for both. */
struct et_unit {
    const char *name, *base;
    double scale; /* base units in one of `name` */
};
struct et_unit et_metric_unit(const struct et_record *r,
                              const struct et_metric_value *m);
bool et_metric_is_time(const struct et_metric_value *m);
bool et_metric_is_higher(const struct et_metric_value *m); /* is better */

/* Keys of the parameters that are not the same in all records of a bench; of
 * those that are numbers, not in all of one shape of the catalog. */
bool et_varying(const struct et_run *run, const struct et_picks *among,
                struct et_strings *keys);

/* The record's problem: "square/2048: 2048x2048x2048 trans_a"; `varying` are
 * the keys worth naming besides the shape's own. Brief: its name in the
 * catalog, if it has one, instead of its sizes. Never empty. */
void et_shape_say(const struct et_run *run, const struct et_record *r,
                  const struct et_strings *varying, bool brief,
                  struct et_text *out);

/* "ring root=3": its backend, and what varies besides the size. */
void et_backend_say(const struct et_record *r, const struct et_strings *varying,
                    struct et_text *out);
/* Is this parameter said in a table of its own right: dtype, bytes, ...? */
bool et_param_is_said(const char *key);

/* "gemm fp64", "memory latency": bench and dtype. */
void et_bench_say(const struct et_record *r, struct et_text *out);
/* "gemm fp64", "io read, from device": bench, dtype, operation, medium. */
void et_kind_say(const struct et_record *r, struct et_text *out);
/* Where the data of a transfer came from or went to ("device", "page
 * cache"), by the bench's own fact; NULL where it says none. */
const char *et_record_medium(const struct et_record *r);
/* The level of the memory that holds its data ("L1", "memory"), likewise. */
const char *et_record_level(const struct et_record *r);

const char *et_param(const struct et_record *r, const char *key);
/* "" where the record has no dtype. */
const char *et_record_dtype(const struct et_record *r);

#endif
