/* libraries: OpenMP and the libraries behind the backends are used for the
 * first time in a child process, so that a crash of theirs is told in words.
 */
#ifndef ET_APP_LIBRARIES_H
#define ET_APP_LIBRARIES_H

#include "harness/base/trial.h"
#include "harness/run/sink.h"
#include "harness/team/team.h"

struct et_libraries {
    enum et_status status; /* of OpenMP, without which nothing goes */
    char why[ET_TRIAL_WHY];
};

/* OpenMP alone, for a process without other ranks. Logged. */
enum et_status et_libraries_try_openmp(void);
/* All of them. A backend that fails is broken (et_backend_break). Local; before
 * the team is opened. */
void et_libraries_try(struct et_libraries *out);
/* The same for a process without other ranks; as et_libraries_try_openmp. */
enum et_status et_libraries_try_alone(void);
/* Collective. ET_OK where OpenMP works on all ranks; else logged by rank 0. A
 * backend that is broken on one rank is broken on all. */
enum et_status et_libraries_agree(struct et_team *team,
                                  const struct et_libraries *mine);

/* Adds what the backends of bench `i` of the build warn of, each text once. */
enum et_status et_libraries_cautions(size_t i, struct et_strings *out);

#endif
