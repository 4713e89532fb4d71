/* cgroup: what the control groups of this process leave it, of processor time
 * and memory. Versions 1 and 2, also side by side, and every level from the
 * process's own group up to the mounted root, as under Slurm or in a container.
 * Sources: Linux, Documentation/admin-guide/cgroup-v1/memory.rst,
 * scheduler/sched-bwc.rst and admin-guide/cgroup-v2.rst.
 */
#ifndef ET_SYSTEM_CGROUP_H
#define ET_SYSTEM_CGROUP_H

#include <stdint.h>

struct et_cgroup {
    /* Cores' worth of processor time; NAN: no level has a quota. */
    double cpus;
    /* Bytes: the least limit of any level, and the least that any level still
     * has, where the page cache counts as free. ET_ABSENT_INT: no limit. */
    int64_t memory_limit, memory_free;
};

/* root as et_environment_read's. */
void et_cgroup_read(const char *root, struct et_cgroup *out);

/* Bytes that the node can give without swapping, and that the groups allow this
 * process; 0: unknown. */
uint64_t et_memory_available(void);
uint64_t et_memory_available_below(const char *root);

#endif
