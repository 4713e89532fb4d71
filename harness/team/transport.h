/* The doors between team.c and its transports, and what the MPI-using kernels
 * need of them. Knows no MPI type, so that anyone may include it; not for
 * callers of team.h.
 */
#ifndef ET_TEAM_TRANSPORT_H
#define ET_TEAM_TRANSPORT_H

#include <stdbool.h>

#include "harness/team/team.h"

enum et_status et_team_self_open(struct et_team **out);
enum et_status et_team_mpi_open(struct et_team **out);
const char *et_team_mpi_why_not(void);
const char *et_team_mpi_version(void);

/* NULL once MPI runs in this process, else why kernels cannot call it. */
const char *et_team_mpi_idle(void);

/* ET_OK for success; else logs "`what` failed: the library's words" and
 * returns ET_INFRA. Only in a build with MPI. */
enum et_status et_team_mpi_check(int code, const char *what);

#endif
