/* Tests of harness/system/environment, topology and peak: captured machines
 * give the figures worked out by hand, what is not there stays absent, and
 * this machine's two ways to its topology agree.
 */
#include "config.h"
#include "tests/unit/test_main.h"

#include <math.h>

#include "harness/system/environment.h"
#include "harness/system/files.h"
#include "harness/system/nominal_peak.h"
#include "harness/system/topology.h"
#include "tests/unit/tree.h"

static void assert_near(double value, double want)
{
    if (!(fabs(value - want) <= 1e-9 * fabs(want)))
        fail_msg("%.17g is not %.17g", value, want);
}

static void release(struct et_environment *e)
{
    et_fields_free(et_environment_rows, e, sizeof *e);
}

static void read_tree(const char *name, struct et_environment *e)
{
    char root[PATH_MAX];
    tree_unpack(name, root);
    assert_int_equal(et_environment_read(root, e), ET_OK);
    tree_remove(root);
}

TEST(two_sockets)
{
    struct et_environment e;
    read_tree("xeon-2s.tree", &e);
    assert_string_equal(e.host, "node17");
    assert_string_equal(e.os, "Rocky Linux 9.3 (Blue Onyx)");
    assert_string_equal(e.kernel, "5.14.0-362.el9 x86_64");
    assert_string_equal(e.virtualised, "none seen");
    assert_non_null(strstr(e.cpu, "Platinum 8358"));
    assert_string_equal(e.isa, "sse2 avx fma avx2 avx512f avx512_vnni");
    assert_int_equal(e.sockets, 2);
    assert_int_equal(e.cores, 4);
    assert_int_equal(e.threads, 8);
    assert_int_equal(e.numa_nodes, 2);
    /* 2 and 6 are one core. */
    assert_string_equal(e.binding, "2-3,6");
    assert_int_equal(e.allowed, 3);
    assert_int_equal(e.allowed_cores, 2);
    assert_int_equal(e.l1d, 48 * 1024);
    assert_int_equal(e.l2, 1280 * 1024);
    assert_int_equal(e.l3, 48 * 1024 * 1024);
    assert_int_equal(e.memory, 263842560 * INT64_C(1024));
    assert_near(e.clock_hz, 2.6e9);
    assert_string_equal(e.clock_origin, "cpufreq/base_frequency");
    assert_string_equal(e.governor, "performance");
    assert_string_equal(e.turbo, "on");
    assert_string_equal(e.thp, "madvise");
    assert_string_equal(e.smt, "on");
    assert_near(e.load, 0.42);
    assert_near(e.peak_fp64, 32 * 2.6e9);
    assert_near(e.peak_fp32, 64 * 2.6e9);
    assert_string_equal(
        e.peak_origin,
        "32 flop/cycle in fp64, twice that in fp32 (AVX-512, 2 FMA pipes of "
        "512 bits, Ice Lake-SP) x 2.60 GHz (cpufreq/base_frequency)");
    assert_int_equal(e.variables.n, 0);
    release(&e);
}

TEST(arm_without_clock)
{
    struct et_environment e;
    read_tree("neoverse-vm.tree", &e);
    assert_string_equal(e.cpu, "Neoverse V1");
    assert_string_equal(e.host, "ip?[31m-10");
    assert_string_equal(e.kernel, "6.1.0-18-arm64");
    assert_string_equal(e.virtualised,
                        "virtual machine (firmware of Amazon EC2 c7g.xlarge)");
    assert_string_equal(e.isa, "asimd asimdhp asimddp sve bf16 i8mm");
    assert_int_equal(e.cores, 4);
    assert_int_equal(e.allowed_cores, 4);
    assert_string_equal(e.smt, "notsupported");
    /* Not there: absent, never 0. */
    assert_null(e.os);
    assert_null(e.governor);
    assert_null(e.turbo);
    assert_null(e.thp);
    assert_true(e.sockets == ET_ABSENT_INT);
    assert_true(e.numa_nodes == ET_ABSENT_INT);
    assert_true(e.l1d == ET_ABSENT_INT && e.l3 == ET_ABSENT_INT);
    assert_true(isnan(e.clock_hz) && isnan(e.load));
    assert_true(isnan(e.peak_fp64) && isnan(e.peak_fp32));
    assert_string_equal(
        e.peak_origin,
        "16 flop/cycle in fp64, twice that in fp32 (SVE, 2 FMA pipes of 256 "
        "bits, Neoverse V1), but no clock: neither cpufreq, acpi_cppc nor "
        "/proc/cpuinfo has a clock");
    release(&e);
}

TEST(nothing_there)
{
    struct et_environment e;
    assert_int_equal(et_environment_read("/nowhere/at/all", &e), ET_OK);
    for (const struct et_field *row = et_environment_rows; row->key; row++) {
        bool absent = et_field_is_absent(row, &e);
        bool said = strcmp(row->key, "virtualised") == 0 ||
                    strcmp(row->key, "clock_origin") == 0 ||
                    strcmp(row->key, "peak_origin") == 0 ||
                    row->type == ET_PAIRS;
        if (!absent && !said)
            fail_msg("%s is not absent", row->key);
    }
    assert_non_null(strstr(e.peak_origin, "not known"));
    release(&e);
}

TEST(this_machine)
{
    struct et_environment e, kernel;
    setenv("GOMP_DEBUG", "a\033[1mb\xff", 1);
    setenv("KMP_SETTINGS", "see ftp://me:hush@host/x", 1);
    setenv("OMP_ETALON_TEST", "hush", 1); /* in no list */
    setenv("OMP_ETALON_TOKEN", "hush", 1);
    setenv("OMP_ETALON_KEY", "hush", 1);
    setenv("UCX_JWT", "hush", 1);
    setenv("FI_PASSWORD", "hush", 1);
    setenv("SLURM_JWT", "hush", 1);
    setenv("OMPI_MCA_orte_precondition_transports", "hush", 1);
    setenv("HOMEWARD", "hush", 1);
    assert_int_equal(et_environment_read("", &e), ET_OK);
    assert_string_equal(et_pairs_get(&e.variables, "GOMP_DEBUG"), "a?[1mb?");
    assert_string_equal(et_pairs_get(&e.variables, "KMP_SETTINGS"),
                        "see ftp://*@host/x");
    for (size_t i = 0; i < e.variables.n; i++) {
        assert_string_not_equal(e.variables.v[i].text, "hush");
        assert_true(i == 0 ||
                    strcmp(e.variables.v[i - 1].key, e.variables.v[i].key) < 0);
    }
    assert_non_null(e.host);
    assert_non_null(e.kernel);
    assert_true(e.threads >= 1 && e.cores >= 1 && e.cores <= e.threads);
    assert_true(e.allowed >= 1 && e.allowed <= e.threads);
    assert_true(e.allowed_cores >= 1 && e.allowed_cores <= e.cores);
    assert_true(e.memory > 0);
    assert_true(isnan(e.peak_fp64) || e.peak_fp64 > 1e8);
    /* "/" as a captured machine goes past hwloc and the OpenMP places. */
    assert_int_equal(et_environment_read("/", &kernel), ET_OK);
    assert_int_equal(e.threads, kernel.threads);
    if (kernel.cores != ET_ABSENT_INT)
        assert_int_equal(e.cores, kernel.cores);
    if (kernel.sockets != ET_ABSENT_INT)
        assert_int_equal(e.sockets, kernel.sockets);
    if (kernel.l2 != ET_ABSENT_INT)
        assert_int_equal(e.l2, kernel.l2);
    for (const struct et_field *row = et_environment_rows; row->key; row++) {
        struct et_text t = {0};
        if (row->type != ET_PAIRS)
            et_field_print(row, &e, &t);
        print_message("  %-14s %s\n", row->key, et_text_str(&t));
        et_text_free(&t);
    }
    release(&kernel);
    release(&e);
}

TEST(cpu_lists)
{
    struct et_cpus s;
    struct et_text t = {0};
    assert_true(et_cpus_parse("0-3,8,10-11", &s));
    assert_int_equal(et_cpus_count(&s), 7);
    assert_int_equal(et_cpus_first(&s), 0);
    assert_true(et_cpus_has(&s, 8) && !et_cpus_has(&s, 9));
    et_cpus_print(&s, &t);
    assert_string_equal(et_text_str(&t), "0-3,8,10-11");
    et_text_free(&t);
    static const char *const bad[] = {"",    "a",    "3-1",   "1,",
                                      "-1",  "1-",   "99999", "0-99999",
                                      "1 2", "1,,2", "0x3",   "8192"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(et_cpus_parse(bad[i], &s));
    assert_int_equal(et_cpus_count(&s), 7);
    assert_true(et_cpus_parse("8191", &s));
    assert_int_equal(et_cpus_first(&s), 8191);
}

/* One processor each way through the table. */
struct known {
    const char *vendor, *name, *flags;
    int family, model;
    double flop; /* in fp64 a cycle; 0: not known */
    bool assumed;
};

TEST(flops_a_cycle)
{
    static const struct known v[] = {
        {"GenuineIntel", "Xeon Silver 4114", "sse2 avx fma avx2 avx512f", 6, 85,
         16, false},
        {"GenuineIntel", "Xeon Gold 6148", "sse2 avx fma avx2 avx512f", 6, 85,
         32, false},
        {"GenuineIntel", "Xeon W", "sse2 avx fma avx2 avx512f", 6, 85, 32,
         true},
        {"GenuineIntel", "Core i9-11900", "avx2 fma avx512f sse2", 6, 167, 16,
         false},
        {"GenuineIntel", "a masked Xeon", "sse2 avx512f amx_tile", 6, 167, 32,
         false},
        {"GenuineIntel", "Core i7-4770", "sse2 avx fma avx2", 6, 60, 16, false},
        {"GenuineIntel", "Xeon 6740E", "sse2 avx fma avx2", 6, 175, 8, false},
        {"GenuineIntel", "Core i7-2600", "sse2 avx", 6, 42, 8, true},
        {"AuthenticAMD", "EPYC 7601", "sse2 avx fma avx2", 23, 1, 8, false},
        {"AuthenticAMD", "EPYC 7742", "sse2 avx fma avx2", 23, 49, 16, false},
        {"AuthenticAMD", "EPYC 7763", "sse2 avx fma avx2", 25, 1, 16, false},
        {"AuthenticAMD", "EPYC 9654", "sse2 fma avx2 avx512f", 25, 17, 16,
         false},
        {"AuthenticAMD", "EPYC 9755", "sse2 fma avx2 avx512f", 26, 2, 32,
         false},
        {"AuthenticAMD", "Opteron", "sse2", 15, 33, 4, true},
        {"0x41", "", "fp asimd", -1, 0xd0c, 8, false},
        {"0x41", "", "fp asimd sve sve2", -1, 0xd4f, 16, false},
        {"0x46", "", "fp asimd sve", -1, 1, 32, false},
        {"0x51", "", "fp asimd", -1, 0x800, 8, true},
        {"riscv", "", "rv64imafdc", -1, -1, 0, false}};
    char root[PATH_MAX], text[1024];
    struct et_nominal_peak p;
    tree_unpack("neoverse-vm.tree", root);
    for (size_t i = 0; i < sizeof v / sizeof *v; i++) {
        bool arm = v[i].vendor[0] == '0';
        int n = snprintf(text, sizeof text,
                         "processor : 0\n%s : %s\n%s : %d\n%s : %s\n",
                         arm ? "CPU implementer" : "vendor_id", v[i].vendor,
                         arm ? "CPU part" : "model", v[i].model,
                         arm ? "Features" : "flags", v[i].flags);
        if (!arm)
            snprintf(text + n, sizeof text - (size_t)n,
                     "cpu family : %d\nmodel name : %s\ncpu MHz : 2000\n",
                     v[i].family, v[i].name);
        tree_write(root, "/proc/cpuinfo", text);
        et_nominal_peak_read(root, 0, &p);
        print_message("  %s\n", p.origin);
        if (v[i].flop > 0)
            assert_near(p.flop_fp64, v[i].flop);
        else
            assert_true(isnan(p.flop_fp64) && isnan(p.fp32));
        assert_int_equal(strstr(p.origin, "assumed") != NULL, v[i].assumed);
        assert_true(isnan(p.fp64) == (arm || !(v[i].flop > 0)));
    }
    tree_remove(root);
}

/* What one line of a file gives, and what of it is not for a terminal. */
TEST(lines)
{
    char root[PATH_MAX], line[16], words[] = "a\x7f~\x1f \xff";
    assert_string_equal(et_clean(words), "a?~? ?");
    tree_unpack("neoverse-vm.tree", root);
    tree_write(root, "/some", "  two words \nmore\n");
    tree_write(root, "/blank", "  \t\n");
    tree_write(root, "/empty", "");
    assert_true(et_file_line(line, sizeof line, root, "/some"));
    assert_string_equal(line, "two words");
    assert_false(et_file_line(line, sizeof line, root, "/blank"));
    assert_false(et_file_line(line, sizeof line, root, "/empty"));
    assert_false(et_file_line(line, sizeof line, root, "/nowhere"));
    assert_string_equal(line, "two words");
    tree_remove(root);
}

/* The switches and names that the captured machines do not have. */
TEST(switches)
{
    static const char boost[] = "/sys/devices/system/cpu/cpufreq/boost",
                      product[] = "/sys/class/dmi/id/product_name";
    char root[PATH_MAX];
    struct et_environment e;
    tree_unpack("neoverse-vm.tree", root);
    tree_write(root, boost, "1\n");
    tree_write(root, product, "c7g.metal\n");
    assert_int_equal(et_environment_read(root, &e), ET_OK);
    assert_string_equal(e.turbo, "on");
    assert_string_equal(e.virtualised, "none seen");
    release(&e);
    tree_write(root, boost, "0\n");
    assert_int_equal(et_environment_read(root, &e), ET_OK);
    assert_string_equal(e.turbo, "off");
    release(&e);
    tree_write(root, "/sys/devices/system/cpu/intel_pstate/no_turbo", "1\n");
    tree_write(root, boost, "1\n"); /* the driver in force says more */
    assert_int_equal(et_environment_read(root, &e), ET_OK);
    assert_string_equal(e.turbo, "off");
    release(&e);
    tree_remove(root);
}

#define CACHES "/sys/devices/system/cpu/cpu%d/cache/index%d/"

static void write_cache(const char *root, int cpu, int index, const char *file,
                        const char *text)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, CACHES "%s", cpu, index, file);
    tree_write(root, path, text);
}

/* Two sockets of two cores of two threads, threads 2, 3 and 6 allowed, which
 * are two of the four cores: the caches that they reach, of all. */
TEST(caches)
{
    char root[PATH_MAX], shared[32];
    struct et_caches c;
    tree_unpack("xeon-2s.tree", root);
    for (int cpu = 0; cpu < 8; cpu++) {
        snprintf(shared, sizeof shared, "%d,%d\n", cpu % 4, cpu % 4 + 4);
        write_cache(root, cpu, 0, "shared_cpu_list", shared);
        write_cache(root, cpu, 2, "shared_cpu_list", shared);
        write_cache(root, cpu, 3, "shared_cpu_list",
                    cpu % 4 < 2 ? "0-1,4-5\n" : "2-3,6-7\n");
    }
    write_cache(root, 2, 3, "size", "48M\n");
    write_cache(root, 2, 3, "coherency_line_size", "128\n");
    et_caches_read(root, &c);
    assert_int_equal(c.line, 128);
    static const int64_t expected[3][4] = {
        {48 << 10, 2, 2, 4}, {1280 << 10, 2, 2, 4}, {48 << 20, 4, 1, 2}};
    for (int i = 0; i < 3; i++) {
        assert_int_equal(c.level[i].size, expected[i][0]);
        assert_int_equal(c.level[i].threads, expected[i][1]);
        assert_int_equal(c.level[i].reached, expected[i][2]);
        assert_int_equal(c.level[i].all, expected[i][3]);
    }
    /* Threads that do not tell whom they share with have their own. */
    write_cache(root, 2, 0, "shared_cpu_list", "\n");
    et_caches_read(root, &c);
    assert_int_equal(c.level[0].threads, 1);
    tree_remove(root);
    et_caches_read("/nowhere/at/all", &c);
    assert_int_equal(c.line, 64);
    for (int i = 0; i < 3; i++)
        assert_true(c.level[i].size == ET_ABSENT_INT);
}

/* Each source of the clock once the better ones are gone. */
TEST(clocks)
{
    static const char cpu0[] = "/sys/devices/system/cpu/cpu0/";
    char root[PATH_MAX], path[256];
    struct et_nominal_peak p;
    tree_unpack("neoverse-vm.tree", root);
    tree_write(root, "/proc/cpuinfo",
               "processor : 0\nmodel name : X CPU\ncpu MHz : 1234.5\n");
    et_nominal_peak_read(root, 0, &p);
    assert_near(p.clock_hz, 1234.5e6);
    /* Processors of several kinds: the one that was asked for. */
    tree_write(root, "/proc/cpuinfo",
               "processor : 0\nmodel name : X CPU\ncpu MHz : 1234.5\n\n"
               "processor : 1\nmodel name : Y CPU\ncpu MHz : 2000\n");
    et_nominal_peak_read(root, 0, &p);
    assert_near(p.clock_hz, 1234.5e6);
    assert_string_equal(p.cpu, "X CPU");
    et_nominal_peak_read(root, 1, &p);
    assert_near(p.clock_hz, 2e9);
    assert_true(isnan(p.clock_max_hz));
    assert_string_equal(p.cpu, "Y CPU");
    snprintf(path, sizeof path, "%scpufreq/cpuinfo_max_freq", cpu0);
    tree_write(root, path, "3400000\n");
    et_nominal_peak_read(root, 0, &p);
    assert_near(p.clock_hz, 3.4e9);
    assert_non_null(strstr(p.clock_origin, "may be a boost clock"));
    tree_write(root, "/proc/cpuinfo",
               "processor : 0\nmodel name : X CPU @ 2.10GHz\n");
    et_nominal_peak_read(root, 0, &p);
    assert_near(p.clock_hz, 2.1e9);
    snprintf(path, sizeof path, "%sacpi_cppc/nominal_freq", cpu0);
    tree_write(root, path, "0\n"); /* firmware that does not say */
    et_nominal_peak_read(root, 0, &p);
    assert_near(p.clock_hz, 2.1e9);
    tree_write(root, path, "2450\n");
    et_nominal_peak_read(root, 0, &p);
    assert_near(p.clock_hz, 2.45e9);
    snprintf(path, sizeof path, "%scpufreq/base_frequency", cpu0);
    tree_write(root, path, "2600000\n");
    et_nominal_peak_read(root, 0, &p);
    assert_near(p.clock_hz, 2.6e9);
    assert_near(p.clock_max_hz, 3.4e9);
    tree_remove(root);
}

TEST_MAIN(two_sockets, arm_without_clock, nothing_there, this_machine,
          cpu_lists, flops_a_cycle, clocks, lines, switches, caches)
