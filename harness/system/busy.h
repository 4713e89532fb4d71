/* busy: what else keeps a machine busy, and what this process loses by it. All
 * readings but the load grow for as long as the machine is up, so that two of
 * them say what happened in between. What cannot be read is NAN, with the
 * reason. Sources: /proc/stat, /proc/loadavg, cpu.stat of the process's
 * cgroups, the thermal_throttle counts of /sys, /proc/self/task, getrusage(2).
 * Knows no case and decides nothing.
 */
#ifndef ET_SYSTEM_BUSY_H
#define ET_SYSTEM_BUSY_H

#include <limits.h>
#include <stddef.h>

#include "harness/system/topology.h"

enum et_busy_kind {
    ET_BUSY_LOAD,      /* one-minute load average of the node */
    ET_BUSY_USED,      /* s that all hardware threads of the node worked */
    ET_BUSY_STOLEN,    /* s that a hypervisor gave the allowed ones to others */
    ET_BUSY_THROTTLED, /* s that a cgroup's quota stopped its processes */
    ET_BUSY_THROTTLES, /* periods in which it did */
    ET_BUSY_HOT,       /* times that an allowed core was slowed for its heat */
    ET_BUSY_KINDS
};

/* Of a machine that was opened. */
struct et_busy {
    const char *root;
    struct et_cpus allowed; /* hardware threads of this process */
    int cpus;               /* how many they are */
    char cpu_stat[8][256];  /* of its cgroup and those around it */
    size_t n;
    const char *absent[ET_BUSY_KINDS]; /* why it cannot be read; NULL */
};
struct et_busy_reading {
    double v[ET_BUSY_KINDS];
};

/* "load", "used", ...: a word for a record. */
const char *et_busy_name(enum et_busy_kind k);

/* root as et_environment_read's; it must live as long as *out. allowed: the
 * hardware threads of this process. */
void et_busy_open(const char *root, const struct et_cpus *allowed,
                  struct et_busy *out);
/* Some 0.1 ms: not for within a sample. */
void et_busy_read(const struct et_busy *b, struct et_busy_reading *out);

/* What this process's threads waited for a core although they had work: the
 * kernel's run_delay, kept for each thread (schedstats, as /proc/self/task/N/
 * schedstat). Cheap enough to be read before and after each sample: a system
 * call a thread. */
struct et_waits {
    int *fd;       /* of each thread's schedstat */
    double *begun; /* s that it had waited at et_waits_begin */
    size_t n;
    double switches;    /* of the process, then */
    const char *absent; /* why there is no schedstat; NULL */
};
/* Of the threads that there are now; closed before it is opened again. */
void et_waits_open(struct et_waits *w);
void et_waits_begin(struct et_waits *w);
/* s since et_waits_begin that the thread that waited longest waited. Without
 * schedstat each involuntary context switch of the process counts as 1 ms: the
 * kernel's shortest time slices are of that order. */
double et_waits_end(const struct et_waits *w);
void et_waits_close(struct et_waits *w);

/* Involuntary context switches of the process so far. */
double et_busy_switches(void);

#endif
