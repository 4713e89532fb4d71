/* cgroup: the least limit and quota of every level, in both versions, as Slurm,
 * containers and systemd leave them; the page cache counts as free.
 */
#include "config.h"
#include "tests/unit/test_main.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/field.h"
#include "harness/system/cgroup.h"
#include "tests/unit/tree.h"

#define MIB INT64_C(1048576)

/* A folder with these files; "path", "text", ..., NULL. */
static void make(char root[PATH_MAX], const char *const *files)
{
    snprintf(root, PATH_MAX, "/tmp/etalon-cgroup-XXXXXX");
    assert_non_null(mkdtemp(root));
    for (; *files; files += 2)
        tree_write(root, files[0], files[1]);
}

static struct et_cgroup of(const char *const *files)
{
    struct et_cgroup g;
    char root[PATH_MAX];
    make(root, files);
    et_cgroup_read(root, &g);
    tree_remove(root);
    return g;
}

static void assert_group(const char *const *files, int64_t limit, int64_t free,
                         double cpus)
{
    struct et_cgroup g = of(files);
    assert_true(g.memory_limit == limit && g.memory_free == free);
    assert_true(g.cpus == cpus || (isnan(g.cpus) && isnan(cpus)));
}

#define MOUNTS "/proc/self/mountinfo"
#define OWN "/proc/self/cgroup"
#define V1 "/sys/fs/cgroup/"
#define V1_MOUNTS                                                              \
    "22 1 8:1 / / rw - ext4 /dev/sda1 rw\n"                                    \
    "33 31 0:30 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup "              \
    "rw,cpu,cpuacct\n"                                                         \
    "34 31 0:31 / /sys/fs/cgroup/cpuset rw - cgroup cgroup rw,cpuset\n"        \
    "35 31 0:32 / /sys/fs/cgroup/memory rw shared:9 - cgroup cgroup "          \
    "rw,memory\n"                                                              \
    "41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n"
#define NONE_V1 "9223372036854771712\n"

/* The job has the limit, the task of it none; the quota stands higher up. */
TEST(slurm)
{
    static const char *const files[] = {
        MOUNTS,
        V1_MOUNTS,
        OWN,
        "9:memory:/slurm/uid_0/job_3/step_0/task_0\n"
        "5:cpuset:/slurm/uid_0/job_3\n"
        "4:cpu,cpuacct:/slurm/uid_0/job_3/step_0\n"
        "0::/system.slice/slurmd.service\n",
        V1 "memory/memory.limit_in_bytes",
        NONE_V1,
        V1 "memory/slurm/uid_0/memory.limit_in_bytes",
        "1073741824\n",
        V1 "memory/slurm/uid_0/memory.usage_in_bytes",
        "1063256064\n",
        V1 "memory/slurm/uid_0/memory.stat",
        "cache 1\ninactive_file 1\ntotal_inactive_file 524288000\n"
        "total_active_file 10485760\n",
        V1 "memory/slurm/uid_0/job_3/memory.limit_in_bytes",
        "209715200\n",
        V1 "memory/slurm/uid_0/job_3/memory.usage_in_bytes",
        "52428800\n",
        V1 "memory/slurm/uid_0/job_3/step_0/task_0/memory.limit_in_bytes",
        NONE_V1,
        V1 "cpu,cpuacct/slurm/uid_0/cpu.cfs_quota_us",
        "150000\n",
        V1 "cpu,cpuacct/slurm/uid_0/cpu.cfs_period_us",
        "100000\n",
        V1 "cpu,cpuacct/slurm/uid_0/job_3/cpu.cfs_quota_us",
        "-1\n",
        V1 "cpu,cpuacct/slurm/uid_0/job_3/cpu.cfs_period_us",
        "100000\n",
        V1 "cpu,cpuacct/slurm/uid_0/job_3/step_0/cpu.cfs_quota_us",
        "800000\n",
        V1 "cpu,cpuacct/slurm/uid_0/job_3/step_0/cpu.cfs_period_us",
        "200000\n",
        NULL};
    assert_group(files, 200 * MIB, 150 * MIB, 1.5);
}

/* A level above, which others fill, may leave less than the own one. */
TEST(neighbours)
{
    static const char *const files[] = {MOUNTS,
                                        V1_MOUNTS,
                                        OWN,
                                        "9:memory:/a/b\n",
                                        V1 "memory/a/memory.limit_in_bytes",
                                        "1048576000\n",
                                        V1 "memory/a/memory.usage_in_bytes",
                                        "1043333120\n",
                                        V1 "memory/a/b/memory.limit_in_bytes",
                                        "104857600\n",
                                        V1 "memory/a/b/memory.usage_in_bytes",
                                        "1048576\n",
                                        NULL};
    assert_group(files, 100 * MIB, 5 * MIB, NAN);
}

#define V2_MOUNT "41 31 0:38 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n"

TEST(version_2)
{
    static const char *const files[] = {
        MOUNTS,
        V2_MOUNT,
        OWN,
        "0::/system.slice/slurmstepd.scope/job_7/step\n",
        V1 "system.slice/slurmstepd.scope/job_7/memory.max",
        "209715200\n",
        V1 "system.slice/slurmstepd.scope/job_7/memory.high",
        "199229440\n",
        V1 "system.slice/slurmstepd.scope/job_7/memory.current",
        "94371840\n",
        V1 "system.slice/slurmstepd.scope/job_7/memory.stat",
        "anon 1\nfile 2\nactive_file 41943040\ninactive_file 10485760\n",
        V1 "system.slice/slurmstepd.scope/job_7/step/memory.max",
        "max\n",
        V1 "system.slice/slurmstepd.scope/job_7/step/cpu.max",
        "max 100000\n",
        V1 "system.slice/slurmstepd.scope/cpu.max",
        "25000 100000\n",
        V1 "system.slice/cpu.max",
        "50000 100000\n",
        NULL};
    assert_group(files, 190 * MIB, 150 * MIB, 0.25);
}

/* A container's mount begins at its group; what it sees of its path may be the
 * host's, its own, or lead out of it. */
TEST(containers)
{
    static const char *const own[] = {
        "0::/docker/abc/job\n", "0::/\n", "0::/../../elsewhere\n",
        "0::/docker/abcdef\n", "0::/docker/abc\n"};
    for (size_t i = 0; i < sizeof own / sizeof *own; i++) {
        const char *const files[] = {
            MOUNTS,
            "41 31 0:38 /docker/abc /sys/fs/cgroup ro - cgroup2 cgroup2 rw\n",
            OWN, own[i], V1 "memory.max", "104857600\n", V1 "memory.current",
            "0\n", V1 "cpu.max", "200000 100000\n", V1 "job/memory.max",
            "52428800\n", V1 "job/memory.current", "0\n",
            /* Not this process's. */
            V1 "docker/abc/memory.max", "1\n", V1 "def/memory.max", "1\n",
            V1 "elsewhere/memory.max", "1\n", NULL};
        struct et_cgroup g = of(files);
        assert_true(g.memory_limit == (i == 0 ? 50 : 100) * MIB);
        assert_true(g.cpus == 2);
    }
}

TEST(none)
{
    static const char *const unlimited[] = {
        MOUNTS,
        V1_MOUNTS,
        OWN,
        "9:memory:/\n4:cpu,cpuacct:/\n0::/\n",
        V1 "memory/memory.limit_in_bytes",
        NONE_V1,
        V1 "cpu,cpuacct/cpu.cfs_quota_us",
        "-1\n",
        V1 "cpu,cpuacct/cpu.cfs_period_us",
        "100000\n",
        NULL};
    static const char *const nothing[] = {"/proc/self/status", "x\n", NULL};
    static const char *const odd[] = {
        MOUNTS,
        "\n - cgroup\n41 31 - cgroup2 x\n" V2_MOUNT,
        OWN,
        "\n0:\n::\n0::\n",
        V1 "memory.max",
        "-5\n",
        V1 "cpu.max",
        "1\n",
        NULL};
    const char *const *all[] = {unlimited, nothing, odd};
    for (size_t i = 0; i < 3; i++) {
        assert_group(all[i], ET_ABSENT_INT, ET_ABSENT_INT, NAN);
    }
}

static uint64_t available_in(const char *meminfo, const char *max,
                             const char *used)
{
    char root[PATH_MAX];
    const char *const files[] = {"/proc/meminfo",
                                 meminfo,
                                 MOUNTS,
                                 V2_MOUNT,
                                 OWN,
                                 "0::/\n",
                                 V1 "memory.max",
                                 max,
                                 V1 "memory.current",
                                 used,
                                 NULL};
    make(root, files);
    uint64_t v = et_memory_available_below(root);
    tree_remove(root);
    return v;
}

#define FREE_1GIB "MemTotal: 4194304 kB\nMemAvailable: 1048576 kB\n"

TEST(least)
{
    assert_int_equal(available_in(FREE_1GIB, "max\n", "5\n"), 1024 * MIB);
    assert_int_equal(available_in(FREE_1GIB, "209715200\n", "104857600\n"),
                     100 * MIB);
    assert_int_equal(available_in(FREE_1GIB, "9999999999\n", "5\n"),
                     1024 * MIB);
    assert_int_equal(available_in("x\n", "209715200\n", "104857600\n"),
                     100 * MIB);
    /* Full, which is not unknown. */
    assert_int_equal(available_in(FREE_1GIB, "1048576\n", "1048577\n"), 1);
    assert_int_equal(available_in("x\n", "max\n", "5\n"), 0);
}

static double kernel_says(const char *path, const char *key)
{
    char line[256];
    double v = 0;
    FILE *f = fopen(path, "r");
    while (f && v == 0 && fgets(line, sizeof line, f)) {
        if (strncmp(line, key, strlen(key)) == 0)
            v = strtod(line + strlen(key), NULL);
    }
    if (f)
        fclose(f);
    return v;
}

/* Memory comes and goes: a reading between two of the kernel's that are alike.
 * A group's limit below it counts. */
TEST(available)
{
    for (int i = 0; i < 1000; i++) {
        double before = kernel_says("/proc/meminfo", "MemAvailable:"),
               seen = (double)et_memory_available(),
               after = kernel_says("/proc/meminfo", "MemAvailable:");
        struct et_cgroup g;
        et_cgroup_read("", &g);
        if (before == 0 || (g.memory_free != ET_ABSENT_INT &&
                            (double)g.memory_free < 2048 * before)) {
            assert_true(seen <= 1024 * before * 1.1 || before == 0);
            skip();
        }
        if (before / after > 1.002 || after / before > 1.002)
            continue;
        assert_true(seen > 1024 * before * 0.99 && seen < 1024 * after * 1.01);
        return;
    }
    skip(); /* never still for so long */
}

TEST_MAIN(slurm, neighbours, version_2, containers, none, least, available)
