/* Threads of this process, from /proc.
 */
#include "config.h"
#include "harness/system/tasks.h"

#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "harness/base/log.h"
#include "harness/base/memory.h"
#include "harness/system/files.h"

#define PMU_FOLDER "/sys/bus/event_source/devices"

enum et_status et_tasks_list(struct et_tasks *out)
{
    struct et_tasks t = {0};
    DIR *d = et_noted(opendir("/proc/self/task"));
    if (!d)
        return et_error(ET_INFRA, "/proc/self/task: %s", strerror(errno));
    for (const struct dirent *e; (e = readdir(d));) {
        int tid = atoi(e->d_name);
        if (tid <= 0)
            continue;
        int *grown = et_grow(t.tid, t.n + 1, sizeof *t.tid);
        if (!grown) {
            closedir(d);
            et_tasks_free(&t);
            return et_error(ET_INFRA, "no memory to list threads");
        }
        t.tid = grown;
        t.tid[t.n++] = tid;
    }
    closedir(d);
    *out = t;
    return ET_OK;
}

void et_tasks_free(struct et_tasks *t)
{
    free(t->tid);
    *t = (struct et_tasks){0};
}

bool et_task_alive(int tid)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/self/task/%d", tid);
    return access(path, F_OK) == 0;
}

int et_task_self(void)
{
    return (int)syscall(SYS_gettid);
}

static double seconds_of(const struct timespec *t)
{
    return (double)t->tv_sec + 1e-9 * (double)t->tv_nsec;
}

bool et_task_cpu(int tid, double *seconds)
{
    /* The kernel's number of a thread's clock: pthread_getcpuclockid(3) gives
     * it for threads of its own alone, and libraries start others. */
    clockid_t id = (clockid_t)(~(unsigned)tid << 3 | 6);
    struct timespec t;
    if (clock_gettime(id, &t))
        return false;
    *seconds = seconds_of(&t);
    return true;
}

double et_tasks_cpu(void)
{
    struct timespec t = {0};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return seconds_of(&t);
}

bool et_task_sleeps(int tid)
{
    char line[256];
    if (!et_file_line(line, sizeof line, "", "/proc/self/task/%d/stat", tid))
        return true;
    /* "tid (name) S ...", and a name may have brackets of its own. */
    const char *end = strrchr(line, ')');
    return !end || end[1] != ' ' || end[2] != 'R';
}

void et_tasks_exercise(void)
{
    volatile double x = 1;
    for (int i = 0; i < 100000; i++)
        x = x * 1.0000001 + 1e-9;
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    volatile char *p = mmap(NULL, page, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p != MAP_FAILED) {
        p[0] = 1;
        munmap((void *)p, page);
    }
    nanosleep(&(struct timespec){.tv_nsec = 200000}, NULL);
}

bool et_tasks_files(size_t n)
{
    struct rlimit limit;
    size_t need = n + 256; /* what the process has open besides */
    if (getrlimit(RLIMIT_NOFILE, &limit))
        return false;
    if (limit.rlim_cur == RLIM_INFINITY || limit.rlim_cur >= need)
        return true;
    limit.rlim_cur = limit.rlim_max;
    return (limit.rlim_max == RLIM_INFINITY || limit.rlim_max >= need) &&
           setrlimit(RLIMIT_NOFILE, &limit) == 0;
}

/* x86 has "cpu" or "cpu_core" and "cpu_atom", Arm "armv8_...". */
static bool has_pmu(void)
{
    DIR *d = et_noted(opendir(PMU_FOLDER));
    if (!d)
        return false;
    bool found = false;
    for (const struct dirent *e; (e = readdir(d)) && !found;)
        found = strncmp(e->d_name, "cpu", 3) == 0 ||
                strncmp(e->d_name, "arm", 3) == 0;
    closedir(d);
    return found;
}

bool et_tasks_hint(bool hardware, char *buf, size_t n)
{
    int64_t paranoid;
    bool all = hardware && !has_pmu();
    if (all)
        snprintf(buf, n,
                 "the kernel has no processor PMU here (" PMU_FOLDER
                 "), as in most virtual machines");
    else if (et_file_int(&paranoid, "", "/proc/sys/kernel/perf_event_paranoid"))
        snprintf(buf, n,
                 "kernel.perf_event_paranoid is %d, user code needs 2 at most, "
                 "kernel events 1",
                 (int)paranoid);
    else
        snprintf(buf, n, "the kernel has no perf events");
    return all;
}
