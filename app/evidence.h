/* evidence: may a run directory be believed? What its manifest says, and what
 * follows from its own samples, plan and parameters.
 */
#ifndef ET_APP_EVIDENCE_H
#define ET_APP_EVIDENCE_H

#include "results/reading/run.h"
#include "results/store/sha256.h"

/* A run that a verdict may rest on: read, and as it was when it ended. Nothing
 * is loaded otherwise. ET_INFRA where it was changed since, ET_USAGE where
 * there is no run; each difference is logged. ET_UNSURE, logged, where it
 * agrees with its samples and has no manifest, as one that was cut short: it is
 * loaded, and no verdict may rest on it. */
enum et_status et_evidence_load(const char *dir, struct et_run *out);

/* Logs every difference that there is, also where the run cannot be read. n:
 * records worked out anew. */
enum et_status et_evidence_check(const char *dir, size_t *n);

/* The manifest's own digest. */
enum et_status et_evidence_digest(const char *dir, char hex[ET_SHA256_HEX + 1]);

/* May a run be gone on with, or its report be made and signed anew? The report
 * and the plots may differ, a run that was killed has no manifest, and the end
 * of its files may be torn; what was measured must be as it was. The run as
 * et_run_load_passes reads it. */
enum et_status et_evidence_measured(const struct et_run *run);

/* Warns where what was measured is not as the manifest has it; says nothing of
 * a run without one. For what only shows a run. */
void et_evidence_warn(const char *dir);

#endif
