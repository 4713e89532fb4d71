/* The environment's rows and where each fact is read. Knows /proc, /sys and
 * the process's variables; topology.c and peak.c know the processor.
 */
#include "config.h"
#include "harness/system/environment.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "harness/base/log.h"
#include "harness/base/memory.h"
#include "harness/base/variables.h"
#include "harness/system/cgroup.h"
#include "harness/system/files.h"
#include "harness/system/nominal_peak.h"
#include "harness/system/topology.h"

#define CPU "/sys/devices/system/cpu"

const struct et_field et_environment_rows[] = {
    ET_ROW(et_environment, host, ET_STRING, "the node's name"),
    ET_ROW(et_environment, os, ET_STRING, "operating system"),
    ET_ROW(et_environment, kernel, ET_STRING,
           "release of the kernel and machine type"),
    ET_ROW(et_environment, virtualised, ET_STRING,
           "signs of a virtual machine or a container, or \"none seen\""),
    ET_ROW(et_environment, cpu, ET_STRING, "processor model"),
    ET_ROW(et_environment, microcode, ET_STRING,
           "revision of the processor's microcode"),
    ET_ROW(et_environment, isa, ET_STRING, "SIMD extensions that matter here"),
    ET_ROW(et_environment, sockets, ET_INT, "processor packages of the node"),
    ET_ROW(et_environment, cores, ET_INT, "cores of the node"),
    ET_ROW(et_environment, threads, ET_INT,
           "hardware threads online on the node"),
    ET_ROW(et_environment, numa_nodes, ET_INT, "memory domains of the node"),
    ET_ROW(et_environment, allowed, ET_INT,
           "hardware threads that the process may use"),
    ET_ROW(et_environment, allowed_cores, ET_INT, "distinct cores among them"),
    ET_ROW(et_environment, binding, ET_STRING,
           "the hardware threads it may use, as a list"),
    ET_ROW(et_environment, l1d, ET_BYTES, "first-level data cache of a core",
           .unit = "B"),
    ET_ROW(et_environment, l2, ET_BYTES, "one second-level cache", .unit = "B"),
    ET_ROW(et_environment, l3, ET_BYTES, "one third-level cache", .unit = "B"),
    ET_ROW(et_environment, memory, ET_BYTES,
           "memory of the node that the kernel has", .unit = "B"),
    ET_ROW(et_environment, cpu_quota, ET_REAL,
           "processor time that the control groups allow, in cores"),
    ET_ROW(et_environment, memory_limit, ET_BYTES,
           "memory that the control groups allow", .unit = "B"),
    ET_ROW(et_environment, clock_hz, ET_REAL, "nominal clock of a core",
           .unit = "Hz"),
    ET_ROW(et_environment, clock_max_hz, ET_REAL,
           "highest clock that cpufreq allows", .unit = "Hz"),
    ET_ROW(et_environment, clock_origin, ET_STRING,
           "where the nominal clock comes from, or why there is none"),
    ET_ROW(et_environment, governor, ET_STRING, "frequency governor"),
    ET_ROW(et_environment, turbo, ET_STRING, "whether the clock may boost"),
    ET_ROW(et_environment, thp, ET_STRING, "transparent huge pages"),
    ET_ROW(et_environment, smt, ET_STRING, "simultaneous multithreading"),
    ET_ROW(et_environment, load, ET_REAL,
           "one-minute load average when the run began"),
    ET_ROW(et_environment, peak_fp64, ET_REAL,
           "nominal peak of one core in fp64", .unit = "FLOP/s"),
    ET_ROW(et_environment, peak_fp32, ET_REAL,
           "nominal peak of one core in fp32", .unit = "FLOP/s"),
    ET_ROW(et_environment, peak_origin, ET_STRING,
           "the peak's factors and where each comes from"),
    ET_ROW(et_environment, variables, ET_PAIRS,
           "environment variables that steer threads and libraries"),
    {0}};

static int compare_pairs(const void *a, const void *b)
{
    return strcmp(((const struct et_pair *)a)->key,
                  ((const struct et_pair *)b)->key);
}

static bool read_variables(struct et_pairs *out)
{
    char name[64], value[1024];
    for (size_t i = 0;
         et_variable_next(&i, name, sizeof name, value, sizeof value);) {
        if (et_variable_is_kept(name) &&
            !et_pairs_set(out, et_clean(name), et_clean(value), false))
            return false;
    }
    if (out->n > 1)
        qsort(out->v, out->n, sizeof *out->v, compare_pairs);
    return true;
}

/* false only on no memory; "" stays absent. */
static bool set(char **member, const char *text)
{
    if (!*text)
        return true;
    *member = et_strdup(text);
    return *member != NULL;
}

/* The first line of a file, if it is there. */
static bool set_line(char **member, const char *root, const char *path)
{
    char line[256];
    return !et_file_line(line, sizeof line, root, "%s", path) ||
           set(member, line);
}

static bool read_kernel(const char *root, struct et_environment *e)
{
    char release[128], machine[64], kernel[200];
    struct utsname u;
    if (!*root) {
        if (uname(&u))
            return true;
        snprintf(kernel, sizeof kernel, "%.100s %.60s", u.release, u.machine);
        return set(&e->host, et_clean(u.nodename)) &&
               set(&e->kernel, et_clean(kernel));
    }
    if (!set_line(&e->host, root, "/proc/sys/kernel/hostname"))
        return false;
    if (!et_file_line(release, sizeof release, root,
                      "/proc/sys/kernel/osrelease"))
        return true;
    bool known =
        et_file_line(machine, sizeof machine, root, "/proc/sys/kernel/arch");
    snprintf(kernel, sizeof kernel, "%s%s%s", release, known ? " " : "",
             known ? machine : "");
    return set(&e->kernel, kernel);
}

/* KEY="value" of os-release(5). */
static bool read_os(const char *root, struct et_environment *e)
{
    static const char key[] = "PRETTY_NAME=";
    char line[256];
    bool ok = true;
    FILE *f = et_file_open(root, "/etc/os-release");
    if (!f)
        f = et_file_open(root, "/usr/lib/os-release");
    while (f && ok && !e->os && fgets(line, sizeof line, f)) {
        if (strncmp(line, key, sizeof key - 1) != 0)
            continue;
        char *v = et_trim(line + sizeof key - 1);
        v += strspn(v, "\"'");
        v[strcspn(v, "\"'")] = '\0';
        ok = set(&e->os, et_clean(v));
    }
    if (f)
        fclose(f);
    return ok;
}

/* "MemTotal:  123 kB" or another key of a file of such lines. */
static bool find_number(const char *root, const char *path, const char *key,
                        long long *out)
{
    char line[256];
    bool found = false;
    FILE *f = et_file_open(root, path);
    while (f && !found && fgets(line, sizeof line, f)) {
        found = strncmp(line, key, strlen(key)) == 0 &&
                sscanf(line + strlen(key), "%lld", out) == 1;
    }
    if (f)
        fclose(f);
    return found;
}

/* x86 guests have the flag; others are told by the firmware's names. */
static bool has_hypervisor_flag(const char *root)
{
    char line[4096];
    bool found = false;
    FILE *f = et_file_open(root, "/proc/cpuinfo");
    while (f && !found && fgets(line, sizeof line, f))
        found = strncmp(line, "flags", 5) == 0 && strstr(line, " hypervisor");
    if (f)
        fclose(f);
    return found;
}

static bool read_virtual(const char *root, struct et_environment *e)
{
    static const char *const makers[] = {
        "QEMU",      "KVM",       "VMware",         "Xen",
        "innotek",   "Bochs",     "Amazon EC2",     "Google",
        "OpenStack", "Parallels", "Virtual Machine"};
    struct et_text t = {0};
    char vendor[96] = "", product[96] = "", both[200];
    if (has_hypervisor_flag(root))
        et_text_add(&t, "virtual machine (hypervisor flag of cpuinfo)");
    et_file_line(vendor, sizeof vendor, root, "/sys/class/dmi/id/sys_vendor");
    et_file_line(product, sizeof product, root,
                 "/sys/class/dmi/id/product_name");
    snprintf(both, sizeof both, "%s %s", vendor, product);
    for (size_t i = 0; i < sizeof makers / sizeof *makers; i++) {
        /* A cloud's bare metal carries the cloud's name too. */
        if (!strstr(both, makers[i]) || strstr(both, "metal"))
            continue;
        et_text_add(&t, "%svirtual machine (firmware of %s)", t.n ? ", " : "",
                    both);
        break;
    }
    if (et_file_exists(root, "/sys/hypervisor/type"))
        et_text_add(&t, "%svirtual machine (/sys/hypervisor)", t.n ? ", " : "");
    if (et_file_exists(root, "/.dockerenv"))
        et_text_add(&t, "%scontainer (/.dockerenv)", t.n ? ", " : "");
    else if (et_file_exists(root, "/run/.containerenv"))
        et_text_add(&t, "%scontainer (/run/.containerenv)", t.n ? ", " : "");
    else if (et_file_exists(root, "/run/systemd/container"))
        et_text_add(&t, "%scontainer (/run/systemd/container)",
                    t.n ? ", " : "");
    if (t.n == 0)
        et_text_add(&t, "none seen");
    bool ok = !t.failed && set(&e->virtualised, et_text_str(&t));
    et_text_free(&t);
    return ok;
}

/* Kernel switches, in the kernel's own words where it has words. */
static bool read_switches(const char *root, int cpu, struct et_environment *e)
{
    char path[96], line[128];
    int64_t v;
    snprintf(path, sizeof path, CPU "/cpu%d/cpufreq/scaling_governor", cpu);
    if (!set_line(&e->governor, root, path) ||
        !set_line(&e->smt, root, CPU "/smt/control"))
        return false;
    bool ok = true;
    if (et_file_int(&v, root, CPU "/intel_pstate/no_turbo"))
        ok = set(&e->turbo, v ? "off" : "on");
    else if (et_file_int(&v, root, CPU "/cpufreq/boost"))
        ok = set(&e->turbo, v ? "on" : "off");
    /* "always [madvise] never" */
    if (ok && et_file_line(line, sizeof line, root,
                           "/sys/kernel/mm/transparent_hugepage/enabled")) {
        char *open = strchr(line, '[');
        if (open) {
            open[strcspn(open, "]")] = '\0';
            ok = set(&e->thp, open + 1);
        }
    }
    return ok;
}

static bool read_numbers(const char *root, struct et_environment *e)
{
    long long kib;
    char line[128];
    struct et_cgroup group;
    if (find_number(root, "/proc/meminfo", "MemTotal:", &kib) && kib > 0)
        e->memory = (int64_t)kib * 1024;
    et_cgroup_read(root, &group);
    e->cpu_quota = group.cpus;
    e->memory_limit = group.memory_limit;
    if (et_file_line(line, sizeof line, root, "/proc/loadavg")) {
        line[strcspn(line, " ")] = '\0';
        et_parse_real(line, &e->load);
    }
    return true;
}

static bool read_processor(const char *root, const struct et_topology *t,
                           int cpu, struct et_environment *e)
{
    struct et_nominal_peak p;
    struct et_text list = {0};
    e->sockets = t->sockets;
    e->cores = t->cores;
    e->threads = t->threads;
    e->numa_nodes = t->numa_nodes;
    e->allowed = t->allowed_threads;
    e->allowed_cores = t->allowed_cores;
    e->l1d = t->l1d;
    e->l2 = t->l2;
    e->l3 = t->l3;
    et_cpus_print(&t->allowed, &list);
    et_nominal_peak_read(root, cpu, &p);
    e->clock_hz = p.clock_hz;
    e->clock_max_hz = p.clock_max_hz;
    e->peak_fp64 = p.fp64;
    e->peak_fp32 = p.fp32;
    bool ok = !list.failed && set(&e->binding, et_text_str(&list)) &&
              set(&e->cpu, p.cpu) && set(&e->microcode, p.microcode) &&
              set(&e->isa, p.isa) && set(&e->clock_origin, p.clock_origin) &&
              set(&e->peak_origin, p.origin);
    et_text_free(&list);
    return ok;
}

enum et_status et_environment_read(const char *root, struct et_environment *out)
{
    struct et_environment e;
    struct et_topology t;
    enum et_status s = et_fields_init(et_environment_rows, &e, sizeof e);
    if (s != ET_OK)
        return s;
    et_topology_read(root, &t);
    int first = et_cpus_first(&t.allowed), cpu = first < 0 ? 0 : first;
    if (!read_kernel(root, &e) || !read_os(root, &e) ||
        !read_virtual(root, &e) || !read_processor(root, &t, cpu, &e) ||
        !read_switches(root, cpu, &e) || !read_numbers(root, &e) ||
        (!*root && !read_variables(&e.variables))) {
        et_fields_free(et_environment_rows, &e, sizeof e);
        return et_error(ET_INFRA, "no memory to describe the machine");
    }
    *out = e;
    return ET_OK;
}

void et_environment_kind(const struct et_environment *env, struct et_text *out)
{
    static const char *const of_one_node[] = {
        "host",      "load",      "allowed",    "allowed_cores",
        "binding",   "memory",    "clock_hz",   "clock_max_hz",
        "peak_fp64", "peak_fp32", "peak_origin"};
    for (const struct et_field *row = et_environment_rows; row->key; row++) {
        size_t i = 0, n = sizeof of_one_node / sizeof *of_one_node;
        while (i < n && strcmp(row->key, of_one_node[i]) != 0)
            i++;
        if (i < n || row->type == ET_PAIRS)
            continue;
        et_field_print(row, env, out);
        et_text_put(out, "\n", 1);
    }
    /* The kernel keeps a little more or less of the memory for itself, and a
     * clock that is read off a running core is never twice the same. */
    et_text_add(out, "%.0f GiB, %.1f GHz\n",
                env->memory == ET_ABSENT_INT ? 0 : (double)env->memory / 0x1p30,
                isfinite(env->clock_hz) ? env->clock_hz / 1e9 : 0);
    for (size_t i = 0; i < env->variables.n; i++)
        et_text_add(out, "%s=%s\n", env->variables.v[i].key,
                    env->variables.v[i].text);
}
