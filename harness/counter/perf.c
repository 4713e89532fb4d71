/* perf_event_open(2), without a library. Knows Linux's generic events; never
 * PAPI. An event is there only if it could be opened, started and read, and,
 * where the exercise makes it happen for certain, did count.
 */
#include "config.h"
#include "harness/counter/perf.h"

#include <errno.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/base/log.h"
#include "harness/base/memory.h"

#ifdef __linux__
#include <linux/perf_event.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>

struct row {
    const char *name, *native;
    uint32_t type;
    uint64_t config;
    bool kernel; /* happens inside the kernel only: excluded, it stays 0 */
    bool sure;   /* the exercise makes it happen */
};

static const struct row rows[] = {
    {"cycles", "perf cycles", PERF_TYPE_HARDWARE, PERF_COUNT_HW_CPU_CYCLES,
     false, true},
    {"instructions", "perf instructions", PERF_TYPE_HARDWARE,
     PERF_COUNT_HW_INSTRUCTIONS, false, true},
    {"llc_misses", "perf cache-misses", PERF_TYPE_HARDWARE,
     PERF_COUNT_HW_CACHE_MISSES, false, false},
    {"task_clock_ns", "perf task-clock", PERF_TYPE_SOFTWARE,
     PERF_COUNT_SW_TASK_CLOCK, false, true},
    {"page_faults", "perf page-faults", PERF_TYPE_SOFTWARE,
     PERF_COUNT_SW_PAGE_FAULTS, false, true},
    {"context_switches", "perf context-switches", PERF_TYPE_SOFTWARE,
     PERF_COUNT_SW_CONTEXT_SWITCHES, true, true},
    {"cpu_migrations", "perf cpu-migrations", PERF_TYPE_SOFTWARE,
     PERF_COUNT_SW_CPU_MIGRATIONS, true, false}};
#define N_ROWS (sizeof rows / sizeof *rows)

struct et_perf {
    const struct row *used[N_ROWS];
    size_t n;
    int *fd; /* n for each of `threads` */
    size_t threads;
};

/* Layout by read_format below. */
struct reading {
    uint64_t value, enabled, running;
};

static int open_event(const struct row *r, int tid)
{
    struct perf_event_attr a = {0};
    a.size = sizeof a;
    a.type = r->type;
    a.config = r->config;
    a.disabled = 1;
    a.exclude_kernel = !r->kernel;
    a.exclude_hv = 1;
    a.read_format =
        PERF_FORMAT_TOTAL_TIME_ENABLED | PERF_FORMAT_TOTAL_TIME_RUNNING;
    return (int)syscall(SYS_perf_event_open, &a, tid, -1, -1,
                        PERF_FLAG_FD_CLOEXEC);
}

/* Where the kernel shared one counter among events, the count is scaled to
 * the whole time, as perf(1) does; NAN where it never ran. A thread that was
 * not on a processor has counted nothing, and that is a 0. */
static bool read_event(int fd, double *value)
{
    struct reading r;
    if (read(fd, &r, sizeof r) != (ssize_t)sizeof r)
        return false;
    if (r.running > 0 && r.running < r.enabled)
        *value = (double)r.value * ((double)r.enabled / (double)r.running);
    else
        *value = r.running == 0 && r.enabled > 0 ? NAN : (double)r.value;
    return true;
}

/* NULL, or what went wrong. */
static const char *probe(const struct row *r)
{
    double value = 0;
    const char *wrong = NULL;
    int fd = open_event(r, 0);
    if (fd < 0)
        return errno == ENOENT ? "does not exist here" : strerror(errno);
    if (ioctl(fd, PERF_EVENT_IOC_ENABLE, 0)) {
        wrong = strerror(errno);
    } else {
        et_tasks_exercise();
        ioctl(fd, PERF_EVENT_IOC_DISABLE, 0);
        if (!read_event(fd, &value))
            wrong = "cannot be read";
        else if (isnan(value) || (r->sure && !(value > 0)))
            wrong = "counts nothing";
    }
    close(fd);
    return wrong;
}

enum et_status et_perf_open(struct et_counters *c, bool hardware,
                            struct et_perf **out)
{
    struct et_perf *p = et_alloc(1, sizeof *p);
    if (!p)
        return et_error(ET_INFRA, "no memory for counters");
    for (size_t i = 0; i < N_ROWS; i++) {
        const struct row *r = &rows[i];
        if (r->type == PERF_TYPE_HARDWARE && !hardware)
            continue;
        char hint[160], reason[320];
        const char *wrong = probe(r);
        bool ok;
        if (!wrong) {
            p->used[p->n++] = r;
            ok = et_counters_add_event(c, r->name, r->native);
        } else {
            et_tasks_hint(r->type == PERF_TYPE_HARDWARE, hint, sizeof hint);
            snprintf(reason, sizeof reason, "%s: %s; %s", r->native, wrong,
                     hint);
            ok = et_counters_add_absent(c, r->name, reason);
        }
        if (!ok) {
            free(p);
            return et_error(ET_INFRA, "no memory for counters");
        }
    }
    *out = p;
    return ET_OK;
}

static void release(struct et_perf *p)
{
    for (size_t i = 0; i < p->threads * p->n; i++)
        close(p->fd[i]);
    free(p->fd);
    p->fd = NULL;
    p->threads = 0;
}

/* All events of one thread, or none: false with errno. */
static bool attach(struct et_perf *p, int tid, int *fd)
{
    for (size_t e = 0; e < p->n; e++) {
        fd[e] = open_event(p->used[e], tid);
        if (fd[e] >= 0)
            continue;
        int why = errno;
        while (e-- > 0)
            close(fd[e]);
        errno = why;
        return false;
    }
    return true;
}

enum et_status et_perf_start(struct et_perf *p, const struct et_tasks *tasks)
{
    release(p);
    et_tasks_files(tasks->n * p->n);
    p->fd = et_alloc(tasks->n * p->n, sizeof *p->fd);
    if (!p->fd)
        return et_error(ET_INFRA, "no memory for counters");
    for (size_t t = 0; t < tasks->n; t++) {
        if (attach(p, tasks->tid[t], p->fd + p->threads * p->n)) {
            p->threads++;
        } else if (errno != ESRCH || et_task_alive(tasks->tid[t])) {
            enum et_status s =
                et_error(ET_INFRA, "counting thread %d: perf_event_open: %s",
                         tasks->tid[t], strerror(errno));
            release(p);
            return s;
        }
    }
    for (size_t i = 0; i < p->threads * p->n; i++)
        ioctl(p->fd[i], PERF_EVENT_IOC_ENABLE, 0);
    return ET_OK;
}

enum et_status et_perf_stop(struct et_perf *p, struct et_counter_value *values,
                            int *threads)
{
    enum et_status s = ET_OK;
    for (size_t i = 0; i < p->threads * p->n; i++)
        ioctl(p->fd[i], PERF_EVENT_IOC_DISABLE, 0);
    for (size_t i = 0; i < p->threads * p->n && s == ET_OK; i++) {
        double x;
        if (read_event(p->fd[i], &x))
            et_counter_value_add(&values[i % p->n], x, i < p->n);
        else
            s = et_error(ET_INFRA, "%s: cannot be read: %s",
                         p->used[i % p->n]->native, strerror(errno));
    }
    *threads = (int)p->threads;
    release(p);
    return s;
}

void et_perf_close(struct et_perf *p)
{
    if (p)
        release(p);
    free(p);
}

static const char *why_not(void)
{
    return NULL;
}
#else
static const char *why_not(void)
{
    return "perf events are Linux's";
}

enum et_status et_perf_open(struct et_counters *c, bool hardware,
                            struct et_perf **out)
{
    static const char *const hard[] = {"cycles", "instructions", "llc_misses",
                                       NULL};
    static const char *const soft[] = {"task_clock_ns", "page_faults",
                                       "context_switches", "cpu_migrations",
                                       NULL};
    *out = NULL;
    for (size_t i = 0; hardware && hard[i]; i++) {
        if (!et_counters_add_absent(c, hard[i], why_not()))
            return et_error(ET_INFRA, "no memory for counters");
    }
    for (size_t i = 0; soft[i]; i++) {
        if (!et_counters_add_absent(c, soft[i], why_not()))
            return et_error(ET_INFRA, "no memory for counters");
    }
    return ET_OK;
}

enum et_status et_perf_start(struct et_perf *p, const struct et_tasks *tasks)
{
    (void)p;
    (void)tasks;
    return ET_OK;
}

enum et_status et_perf_stop(struct et_perf *p, struct et_counter_value *values,
                            int *threads)
{
    (void)p;
    (void)values;
    *threads = 0;
    return ET_OK;
}

void et_perf_close(struct et_perf *p)
{
    (void)p;
}
#endif

static enum et_status perf_open(struct et_counters *c)
{
    struct et_perf *p = NULL;
    enum et_status s = et_perf_open(c, true, &p);
    if (s == ET_OK)
        c->state = p;
    if (s == ET_OK &&
        !et_counters_add_absent(c, "fp_ops",
                                "perf has no event of that meaning that "
                                "every processor knows; PAPI may"))
        s = et_error(ET_INFRA, "no memory for counters");
    return s;
}

static enum et_status perf_start(struct et_counters *c)
{
    struct et_tasks tasks = {0};
    enum et_status s = et_tasks_list(&tasks);
    if (s == ET_OK)
        s = et_perf_start(c->state, &tasks);
    et_tasks_free(&tasks);
    return s;
}

static enum et_status perf_stop(struct et_counters *c,
                                struct et_counter_value *values, int *threads)
{
    return et_perf_stop(c->state, values, threads);
}

static void perf_close(struct et_counters *c)
{
    et_perf_close(c->state);
    c->state = NULL;
}

const struct et_counter_source et_counter_perf = {
    .name = "perf",
    .summary = "generic events of the Linux kernel, without a library",
    .why_not = why_not,
    .open = perf_open,
    .start = perf_start,
    .stop = perf_stop,
    .close = perf_close};
