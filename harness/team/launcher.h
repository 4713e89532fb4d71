/* launcher: who started this process, as the environment and the other
 * processes of the node tell it, so that ranks that cannot find each other are
 * recognised. Knows the variables of launchers; no MPI.
 */
#ifndef ET_TEAM_LAUNCHER_H
#define ET_TEAM_LAUNCHER_H

#include <stdbool.h>

struct et_launcher {
    int ranks; /* that it started, at least; 0: there was none */
    /* Its name for people, and the variable that tells of it; NULL where ranks
     * is 0. */
    const char *name, *variable;
    bool mpi; /* through which an MPI library finds the other ranks */
};

/* From the environment alone. */
void et_launcher_read(struct et_launcher *out);

/* Processes with the same command line as process `pid`, itself among them,
 * that one parent started within two seconds: what a launcher that sets no
 * variable leaves. root as et_environment_read's. 1 where /proc does not
 * say. */
int et_launcher_siblings(const char *root, int pid);

#endif
