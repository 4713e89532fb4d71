/* The files that say what else a machine does. Knows their formats. */
#include "config.h"
#include "harness/system/busy.h"

#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "harness/base/memory.h"
#include "harness/system/files.h"
#include "harness/system/tasks.h"

#define SLICE 1e-3 /* s that an involuntary switch costs, at least */

const char *et_busy_name(enum et_busy_kind k)
{
    static const char *const names[ET_BUSY_KINDS] = {
        [ET_BUSY_LOAD] = "load",           [ET_BUSY_USED] = "used",
        [ET_BUSY_STOLEN] = "stolen",       [ET_BUSY_THROTTLED] = "throttled",
        [ET_BUSY_THROTTLES] = "throttles", [ET_BUSY_HOT] = "hot"};
    return (size_t)k < ET_BUSY_KINDS ? names[k] : "?";
}

static void keep_level(struct et_busy *b, const char *mount, const char *path)
{
    char file[sizeof b->cpu_stat[0]];
    int n = snprintf(file, sizeof file, "%s%s/cpu.stat", mount, path);
    bool fits = n > 0 && (size_t)n < sizeof file &&
                b->n < sizeof b->cpu_stat / sizeof *b->cpu_stat;
    if (fits && et_file_exists(b->root, file))
        memcpy(b->cpu_stat[b->n++], file, (size_t)n + 1);
}

/* The group and all around it: a quota of each of them stops the process. */
static void keep_levels(struct et_busy *b, const char *mount, char *path)
{
    if (!et_file_exists(b->root, mount))
        return;
    for (;;) {
        char *slash = strrchr(path, '/');
        if (slash && !slash[1])
            *slash = '\0'; /* the root's name is "/" */
        keep_level(b, mount, path);
        slash = strrchr(path, '/');
        if (!slash)
            return;
        *slash = '\0';
    }
}

/* Lines "5:cpu,cpuacct:/a/b" of version 1, "0::/a/b" of version 2. */
static void find_groups(struct et_busy *b)
{
    char line[512], mount[300];
    FILE *f = et_file_open(b->root, "/proc/self/cgroup");
    while (f && fgets(line, sizeof line, f)) {
        line[strcspn(line, "\n")] = '\0';
        char *controllers = strchr(line, ':');
        char *path = controllers ? strchr(controllers + 1, ':') : NULL;
        if (!path)
            continue;
        *path++ = '\0';
        controllers++;
        bool second = !*controllers;
        if (!second && !et_list_has(controllers, "cpu"))
            continue;
        snprintf(mount, sizeof mount, "/sys/fs/cgroup%s%s", second ? "" : "/",
                 controllers);
        keep_levels(b, mount, path);
    }
    if (f)
        fclose(f);
}

void et_busy_open(const char *root, const struct et_cpus *allowed,
                  struct et_busy *out)
{
    struct et_busy_reading r;
    *out = (struct et_busy){
        .root = root, .allowed = *allowed, .cpus = et_cpus_count(allowed)};
    find_groups(out);
    et_busy_read(out, &r);
    static const char *const why[ET_BUSY_KINDS] = {
        [ET_BUSY_LOAD] = "no /proc/loadavg",
        [ET_BUSY_USED] = "no /proc/stat",
        [ET_BUSY_STOLEN] = "/proc/stat does not say it of these cores",
        [ET_BUSY_THROTTLED] = "no cpu.stat of a cgroup says it",
        [ET_BUSY_THROTTLES] = "no cpu.stat of a cgroup says it",
        [ET_BUSY_HOT] = "no thermal_throttle in /sys"};
    for (int k = 0; k < ET_BUSY_KINDS; k++)
        out->absent[k] = isnan(r.v[k]) ? why[k] : NULL;
}

static double add(double sum, double more)
{
    return isnan(sum) ? more : sum + more;
}

/* "cpu3 user nice system idle iowait irq softirq steal ...", in ticks; guests'
 * time is part of user's. */
static void read_stat(const struct et_busy *b, struct et_busy_reading *out)
{
    char line[512];
    double tick = 1.0 / (double)sysconf(_SC_CLK_TCK);
    FILE *f = et_file_open(b->root, "/proc/stat");
    while (f && fgets(line, sizeof line, f) && strncmp(line, "cpu", 3) == 0) {
        long long v[8];
        char *p = line + 3;
        long cpu = *p == ' ' ? -1 : strtol(p, &p, 10);
        if (sscanf(p, "%lld %lld %lld %lld %lld %lld %lld %lld", &v[0], &v[1],
                   &v[2], &v[3], &v[4], &v[5], &v[6], &v[7]) != 8)
            continue;
        long long used = v[0] + v[1] + v[2] + v[5] + v[6];
        if (cpu < 0)
            out->v[ET_BUSY_USED] = tick * (double)used;
        else if (cpu < ET_CPUS && et_cpus_has(&b->allowed, (int)cpu))
            out->v[ET_BUSY_STOLEN] =
                add(out->v[ET_BUSY_STOLEN], tick * (double)v[7]);
    }
    if (f)
        fclose(f);
}

/* "nr_throttled 3", and "throttled_usec 9" of version 2 or "throttled_time 9"
 * in ns of version 1. */
static void read_groups(const struct et_busy *b, struct et_busy_reading *out)
{
    char line[128];
    double *s = &out->v[ET_BUSY_THROTTLED], *n = &out->v[ET_BUSY_THROTTLES];
    for (size_t i = 0; i < b->n; i++) {
        FILE *f = et_file_open(b->root, b->cpu_stat[i]);
        while (f && fgets(line, sizeof line, f)) {
            long long v;
            if (sscanf(line, "nr_throttled %lld", &v) == 1)
                *n = add(*n, (double)v);
            else if (sscanf(line, "throttled_usec %lld", &v) == 1)
                *s = add(*s, 1e-6 * (double)v);
            else if (sscanf(line, "throttled_time %lld", &v) == 1)
                *s = add(*s, 1e-9 * (double)v);
        }
        if (f)
            fclose(f);
    }
}

static void read_heat(const struct et_busy *b, struct et_busy_reading *out)
{
    static const char *const counts[] = {"core", "package"};
    if (b->absent[ET_BUSY_HOT])
        return;
    for (int cpu = 0; cpu < ET_CPUS; cpu++) {
        int64_t v;
        for (size_t i = 0; et_cpus_has(&b->allowed, cpu) && i < 2; i++) {
            if (!et_file_int(&v, b->root,
                             "/sys/devices/system/cpu/cpu%d/thermal_throttle/"
                             "%s_throttle_count",
                             cpu, counts[i]))
                break;
            out->v[ET_BUSY_HOT] = add(out->v[ET_BUSY_HOT], (double)v);
        }
    }
}

void et_busy_read(const struct et_busy *b, struct et_busy_reading *out)
{
    char line[128];
    for (int k = 0; k < ET_BUSY_KINDS; k++)
        out->v[k] = NAN;
    if (et_file_line(line, sizeof line, b->root, "/proc/loadavg"))
        sscanf(line, "%lf", &out->v[ET_BUSY_LOAD]);
    read_stat(b, out);
    read_groups(b, out);
    read_heat(b, out);
}

void et_waits_open(struct et_waits *w)
{
    struct et_tasks t = {0};
    *w = (struct et_waits){.absent = "no /proc/self/task/N/schedstat"};
    if (access("/proc/self/schedstat", R_OK) != 0 || et_tasks_list(&t) != ET_OK)
        return;
    w->fd = et_alloc(t.n, sizeof *w->fd);
    w->begun = et_alloc(t.n, sizeof *w->begun);
    et_tasks_files(t.n);
    for (size_t i = 0; w->fd && w->begun && i < t.n; i++) {
        char path[64];
        snprintf(path, sizeof path, "/proc/self/task/%d/schedstat", t.tid[i]);
        int fd = open(path, O_RDONLY | O_CLOEXEC);
        if (fd >= 0)
            w->fd[w->n++] = fd;
    }
    if (w->n)
        w->absent = NULL;
    et_tasks_free(&t);
}

double et_busy_switches(void)
{
    struct rusage u;
    return getrusage(RUSAGE_SELF, &u) ? NAN : (double)u.ru_nivcsw;
}

/* Of one thread so far, s; NAN where it has ended. */
static double waited(int fd)
{
    char line[96];
    unsigned long long ran, waited;
    ssize_t n = pread(fd, line, sizeof line - 1, 0);
    if (n <= 0)
        return NAN;
    line[n] = '\0';
    return sscanf(line, "%llu %llu", &ran, &waited) == 2 ? 1e-9 * (double)waited
                                                         : NAN;
}

void et_waits_begin(struct et_waits *w)
{
    w->switches = et_busy_switches();
    for (size_t i = 0; i < w->n; i++)
        w->begun[i] = waited(w->fd[i]);
}

double et_waits_end(const struct et_waits *w)
{
    double most = 0;
    if (w->absent)
        return SLICE * (et_busy_switches() - w->switches);
    for (size_t i = 0; i < w->n; i++)
        most = fmax(most, waited(w->fd[i]) - w->begun[i]);
    return most;
}

void et_waits_close(struct et_waits *w)
{
    for (size_t i = 0; i < w->n; i++)
        close(w->fd[i]);
    free(w->fd);
    free(w->begun);
    *w = (struct et_waits){.absent = "not opened"};
}
