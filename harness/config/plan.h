/* plan: an INI file to a list of cases.
 *
 * [run]            options of the run, as on the command line
 * [gemm]           a bench; [gemm LABEL] for a second section of it
 * dtype = fp32, fp64          a comma list sweeps; sections multiply out
 * shapes = 1024x512x256, 2048^3, llama3-8b/fwd     numbers or catalog names
 * sizes = 8..256MiB*8         a range: from, to, factor (preset 2)
 * backend = blis, cblas       preset: all that are here but the reference
 * ranks = 1, 2 | powers | all     preset powers: 1, 2, 4, ... and all; of a
 *                                 collective from 2 on
 * nodes = 1, 2 | powers | all     instead of ranks: whole nodes
 * threads = 4                     of each rank; preset: its share of cores
 */
#ifndef ET_CONFIG_PLAN_H
#define ET_CONFIG_PLAN_H

#include "harness/case/case.h"
#include "harness/config/options.h"

/* What teams there can be: ranks on the first 1, 2, ... nodes. */
struct et_allocation {
    int64_t ranks, nodes;
    const int64_t *ranks_upto; /* nodes entries: ranks on the first i+1 */
    int64_t threads;           /* preset threads of a rank */
};

/* Reads text of a plan, [run] keys into `options` (where the command line,
 * `given`, has not set them), applies --set, and expands. Every error is
 * ET_USAGE naming file, line and key. */
enum et_status et_plan_expand(const char *name, const char *text,
                              const struct et_benches *benches,
                              struct et_options *options,
                              const struct et_strings *given,
                              const struct et_allocation *allocation,
                              struct et_cases *out);

#endif
