/* Sockets, cores, caches and what of them this process may use. Knows /proc,
 * /sys and, where built in, hwloc; never a benchmark.
 */
#ifndef ET_SYSTEM_TOPOLOGY_H
#define ET_SYSTEM_TOPOLOGY_H

#include <stdbool.h>
#include <stdint.h>

#include "harness/base/text.h"

/* A set of hardware threads by the kernel's numbers. */
#define ET_CPUS 8192
struct et_cpus {
    uint64_t bits[ET_CPUS / 64];
};

/* "0-3,8,10-11"; false, *out untouched, on anything else. */
bool et_cpus_parse(const char *list, struct et_cpus *out);
void et_cpus_print(const struct et_cpus *s, struct et_text *out);
bool et_cpus_has(const struct et_cpus *s, int cpu);
void et_cpus_add(struct et_cpus *s, int cpu);
void et_cpus_merge(struct et_cpus *s, const struct et_cpus *other);
int et_cpus_count(const struct et_cpus *s);
int et_cpus_first(const struct et_cpus *s); /* -1: empty */

/* Counts and bytes; ET_ABSENT_INT where not known. */
struct et_topology {
    int64_t sockets, cores, threads, numa_nodes;
    int64_t l1d, l2, l3;
    int64_t allowed_threads, allowed_cores;
    struct et_cpus allowed; /* empty where not known */
};

/* root as et_environment_read's. */
void et_topology_read(const char *root, struct et_topology *out);

/* One level of the caches that hold data, as the kernel tells of the first
 * hardware thread this process may use; counts over those that are alike. */
struct et_cache {
    int64_t size;    /* bytes of one; ET_ABSENT_INT: no such level, not told */
    int64_t threads; /* hardware threads that share one */
    int64_t reached; /* of them, by the threads this process may use */
    int64_t all;     /* of them, on the node */
};
struct et_caches {
    struct et_cache level[3]; /* L1d, L2, L3 */
    int64_t line;             /* bytes; 64 where it is not told */
};
/* From /sys alone, so cheap enough for every case of a plan. */
void et_caches_read(const char *root, struct et_caches *out);

#endif
