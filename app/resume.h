/* resume: a run that goes on in the directory of one that was begun before,
 * with what that lacks (--resume) or with the whole plan once more (--again):
 * the options and the passes that it takes over. Rank 0 alone.
 */
#ifndef ET_APP_RESUME_H
#define ET_APP_RESUME_H

#include "harness/config/options.h"
#include "harness/run/drive.h"
#include "results/reading/run.h"

struct et_resume {
    struct et_run had; /* a record a pass; of a new run none */
    struct et_histories histories;
    int64_t launches; /* whole ones: a resume belongs to the one before */
    bool again;       /* this is one more */
    bool wrong_kept;  /* it has a wrong case already */
};

/* A resumed run is one run: what would change its figures or its cases cannot
 * change half way. */
bool et_resume_may_change(const char *option);

/* Sets o->resume for --again; for a run that goes on, what options it was begun
 * with, where `given` does not name them; they are added to it. ET_USAGE or
 * ET_INFRA, logged, where the run cannot go on. */
enum et_status et_resume_options(struct et_resume *r, struct et_options *o,
                                 struct et_strings *given);

/* What the run has of each case, and its launches; of a new run nothing, and
 * one. ET_USAGE, logged, where it has other cases: its ranks or threads were
 * others. */
enum et_status et_resume_cases(struct et_resume *r, const char *dir,
                               const struct et_cases *cases);

void et_resume_free(struct et_resume *r);

#endif
