/* The variables by which launchers tell a process of its ranks. */
#ifndef ET_TESTS_LAUNCHERS_H
#define ET_TESTS_LAUNCHERS_H

#include <stdlib.h>

/* As if no launcher had started the test. */
static inline void forget_launchers(void)
{
    static const char *const all[] = {"OMPI_COMM_WORLD_SIZE",
                                      "MV2_COMM_WORLD_SIZE",
                                      "PMI_SIZE",
                                      "MPI_LOCALNRANKS",
                                      "JSM_NAMESPACE_SIZE",
                                      "FLUX_JOB_SIZE",
                                      "PMIX_RANK",
                                      "PMI_RANK",
                                      "PALS_RANKID",
                                      "SLURM_STEP_NUM_TASKS",
                                      "SLURM_PROCID",
                                      "SLURM_NTASKS"};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        unsetenv(all[i]);
}

#endif
