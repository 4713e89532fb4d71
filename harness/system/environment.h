/* The machine as this process finds it: one struct, one table of rows. What
 * cannot be found is absent (NULL, ET_ABSENT_INT, NAN), never zero. Knows no
 * benchmark. Sources: /proc, /sys, uname(2), hwloc where built in.
 */
#ifndef ET_SYSTEM_ENVIRONMENT_H
#define ET_SYSTEM_ENVIRONMENT_H

#include <stdint.h>

#include "harness/base/field.h"

struct et_environment {
    char *host;        /* uname nodename */
    char *os;          /* PRETTY_NAME of os-release */
    char *kernel;      /* uname release and machine */
    char *virtualised; /* hypervisor or container seen, "none seen" */
    char *cpu;         /* model name */
    char *microcode;   /* its revision; NULL: the kernel does not say */
    char *isa;         /* SIMD found that matters to the peak */
    int64_t sockets, cores, threads; /* online, whole node */
    int64_t numa_nodes;
    int64_t allowed;       /* hardware threads this process may use */
    int64_t allowed_cores; /* distinct cores among them */
    char *binding;         /* the allowed set as a list "0-3,8" */
    int64_t l1d, l2, l3;   /* bytes, one instance */
    int64_t memory;        /* bytes that the kernel has */
    /* Of the control groups: cores' worth of time, bytes; NAN and
     * ET_ABSENT_INT: no limit. */
    double cpu_quota;
    int64_t memory_limit;
    double clock_hz;     /* nominal, not boost (peak.h); NAN if unknown */
    double clock_max_hz; /* highest that cpufreq allows; NAN: not told */
    char *clock_origin;  /* where clock_hz comes from, or why there is none */
    char *governor;      /* cpufreq governor of the first allowed cpu */
    char *turbo, *thp, *smt; /* as the kernel says; NULL: does not say */
    double load;             /* 1-minute load average at start */
    /* Nominal peak of one core, FLOP/s; NAN where a factor is unknown. */
    double peak_fp64, peak_fp32;
    char *peak_origin; /* the factors in words, with each one's source */
    struct et_pairs variables; /* OMP_*, BLIS_*, OPENBLAS_*, MKL_*, SLURM_*,
                                * OMPI_MCA_*, ... as set: never secrets */
};

extern const struct et_field et_environment_rows[];

/* Fill `out` (uninitialised); only memory can fail. `root` prefixes /proc and
 * /sys, for captured machines in tests: then nothing outside it is read, and
 * no variables; "" for this machine. */
enum et_status et_environment_read(const char *root,
                                   struct et_environment *out);

/* Nodes of one kind have the same text: all of the environment but the host's
 * name, the load and what a process was bound to, with memory and clock as
 * coarse as like nodes differ in them. */
void et_environment_kind(const struct et_environment *env, struct et_text *out);

#endif
