/* /proc/self/cgroup says which group, mountinfo where the groups are mounted.
 * A group's limit holds for all below it, so each level up is read. */
#include "config.h"
#include "harness/system/cgroup.h"

#include <limits.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/field.h"
#include "harness/system/files.h"

#define NO_LIMIT                                                               \
    (INT64_C(1) << 60) /* version 1 writes no limit as 2^63 - 4096 */

/* The files of a version. */
struct names {
    const char *limits[2], *used; /* the least of the limits counts */
    const char *cache[2];         /* lines of memory.stat */
};
static const struct names version_1 = {
    {"memory.limit_in_bytes", NULL},
    "memory.usage_in_bytes",
    {"total_inactive_file ", "total_active_file "}};
static const struct names version_2 = {{"memory.max", "memory.high"},
                                       "memory.current",
                                       {"inactive_file ", "active_file "}};

static void lower(int64_t *least, int64_t v)
{
    if (*least == ET_ABSENT_INT || v < *least)
        *least = v;
}

/* "key 123" of a file of such lines; 0 where it is not there. */
static int64_t find(const char *root, const char *path, const char *key)
{
    char line[128];
    long long v = 0;
    FILE *f = et_file_open(root, path);
    while (f && fgets(line, sizeof line, f)) {
        if (strncmp(line, key, strlen(key)) == 0 &&
            sscanf(line + strlen(key), "%lld", &v) == 1)
            break;
        v = 0;
    }
    if (f)
        fclose(f);
    return v;
}

static void read_memory(const char *root, const char *dir,
                        const struct names *names, struct et_cgroup *g)
{
    char path[PATH_MAX];
    int64_t limit = ET_ABSENT_INT, v, used, cache = 0;
    for (int i = 0; i < 2 && names->limits[i]; i++) {
        if (et_file_int(&v, root, "%s/%s", dir, names->limits[i]) && v >= 0 &&
            v < NO_LIMIT)
            lower(&limit, v);
    }
    if (limit == ET_ABSENT_INT)
        return;
    lower(&g->memory_limit, limit);
    if (!et_file_int(&used, root, "%s/%s", dir, names->used))
        used = 0;
    int n = snprintf(path, sizeof path, "%s/memory.stat", dir);
    for (int i = 0; i < 2 && n > 0 && (size_t)n < sizeof path; i++)
        cache += find(root, path, names->cache[i]);
    used = used > cache ? used - cache : 0;
    lower(&g->memory_free, limit > used ? limit - used : 0);
}

static void read_quota(const char *root, const char *dir, bool version_one,
                       struct et_cgroup *g)
{
    char line[64];
    double quota = 0, period = 0;
    int64_t q, p;
    if (version_one) {
        if (et_file_int(&q, root, "%s/cpu.cfs_quota_us", dir) &&
            et_file_int(&p, root, "%s/cpu.cfs_period_us", dir)) {
            quota = (double)q; /* -1: none */
            period = (double)p;
        }
    } else if (et_file_line(line, sizeof line, root, "%s/cpu.max", dir) &&
               sscanf(line, "%lf %lf", &quota, &period) != 2) {
        quota = 0; /* "max 100000" */
    }
    if (quota > 0 && period > 0)
        g->cpus = fmin(g->cpus, quota / period); /* fmin leaves out NAN */
}

/* The group's path below a mounted group; "" where it is that one, or lies
 * elsewhere, as a container's own view may have it. */
static const char *below(const char *mounted, const char *group)
{
    size_t n = strcmp(mounted, "/") == 0 ? 0 : strlen(mounted);
    if (strncmp(group, mounted, n) != 0 || (group[n] && group[n] != '/') ||
        strstr(group, "/.."))
        return "";
    return strcmp(group + n, "/") == 0 ? "" : group + n;
}

/* This process's group of a controller; of version 2 with controller "". */
static bool find_group(const char *root, const char *controller, char *out,
                       size_t n)
{
    char line[PATH_MAX];
    bool found = false;
    FILE *f = et_file_open(root, "/proc/self/cgroup");
    while (f && !found && fgets(line, sizeof line, f)) {
        line[strcspn(line, "\n")] = '\0';
        char *list = strchr(line, ':'),
             *path = list ? strchr(list + 1, ':') : NULL;
        if (!path)
            continue;
        *path = '\0';
        found = *controller ? et_list_has(list + 1, controller) : !list[1];
        if (found)
            snprintf(out, n, "%s", path + 1);
    }
    if (f)
        fclose(f);
    return found;
}

/* One mounted hierarchy: every level from the process's group up. */
static void climb(const char *root, const char *at, const char *mounted,
                  const char *controllers, struct et_cgroup *g)
{
    bool one = *controllers;
    bool memory = !one || et_list_has(controllers, "memory");
    bool cpu = !one || et_list_has(controllers, "cpu");
    char group[PATH_MAX], dir[2 * PATH_MAX];
    if ((!memory && !cpu) ||
        !find_group(root, one ? (memory ? "memory" : "cpu") : "", group,
                    sizeof group))
        return;
    snprintf(dir, sizeof dir, "%s%s", at, below(mounted, group));
    size_t top = strlen(at);
    for (;;) {
        if (memory)
            read_memory(root, dir, one ? &version_1 : &version_2, g);
        if (cpu)
            read_quota(root, dir, one, g);
        if (strlen(dir) <= top)
            break;
        *strrchr(dir, '/') = '\0';
    }
}

void et_cgroup_read(const char *root, struct et_cgroup *out)
{
    struct et_cgroup g = {NAN, ET_ABSENT_INT, ET_ABSENT_INT};
    char line[2 * PATH_MAX];
    FILE *f = et_file_open(root, "/proc/self/mountinfo");
    /* "36 31 0:33 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory" */
    while (f && fgets(line, sizeof line, f)) {
        char mounted[PATH_MAX], at[PATH_MAX], type[32], options[512];
        const char *rest = strstr(line, " - cgroup");
        if (!rest ||
            sscanf(line, "%*s %*s %*s %4095s %4095s", mounted, at) != 2 ||
            sscanf(rest, " - %31s %*s %511s", type, options) != 2)
            continue;
        if (strcmp(type, "cgroup2") == 0)
            climb(root, at, mounted, "", &g);
        else if (strcmp(type, "cgroup") == 0)
            climb(root, at, mounted, options, &g);
    }
    if (f)
        fclose(f);
    *out = g;
}

uint64_t et_memory_available_below(const char *root)
{
    struct et_cgroup g;
    int64_t kib = find(root, "/proc/meminfo", "MemAvailable:");
    uint64_t free_bytes = kib > 0 ? (uint64_t)kib * 1024 : 0;
    et_cgroup_read(root, &g);
    if (g.memory_free == ET_ABSENT_INT)
        return free_bytes;
    uint64_t left = (uint64_t)g.memory_free;
    /* 0 means unknown, and nothing is left of a group that is full. */
    left = left ? left : 1;
    return free_bytes == 0 || left < free_bytes ? left : free_bytes;
}

uint64_t et_memory_available(void)
{
    return et_memory_available_below("");
}
