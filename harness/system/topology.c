/* The topology as the kernel shows it below /sys, and over that what hwloc
 * knows, where it is built in: it reads more kinds of machines.
 */
#include "config.h"
#include "harness/system/topology.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#ifdef _OPENMP
#include <omp.h>
#endif
#if HAVE_HWLOC
#include <hwloc.h>
#endif

#include "harness/base/field.h"
#include "harness/base/memory.h"
#include "harness/system/files.h"

#define CPU "/sys/devices/system/cpu"

bool et_cpus_has(const struct et_cpus *s, int cpu)
{
    return cpu >= 0 && cpu < ET_CPUS && (s->bits[cpu / 64] >> cpu % 64 & 1);
}

void et_cpus_add(struct et_cpus *s, int cpu)
{
    if (cpu >= 0 && cpu < ET_CPUS)
        s->bits[cpu / 64] |= (uint64_t)1 << cpu % 64;
}

void et_cpus_merge(struct et_cpus *s, const struct et_cpus *other)
{
    for (int i = 0; i < ET_CPUS / 64; i++)
        s->bits[i] |= other->bits[i];
}

int et_cpus_count(const struct et_cpus *s)
{
    int n = 0;
    for (int i = 0; i < ET_CPUS / 64; i++)
        n += __builtin_popcountll(s->bits[i]);
    return n;
}

int et_cpus_first(const struct et_cpus *s)
{
    for (int i = 0; i < ET_CPUS; i++) {
        if (et_cpus_has(s, i))
            return i;
    }
    return -1;
}

static bool parse_cpu(const char **at, long *out)
{
    char *end;
    if (!isdigit((unsigned char)**at))
        return false;
    long v = strtol(*at, &end, 10);
    if (v >= ET_CPUS)
        return false;
    *at = end;
    *out = v;
    return true;
}

bool et_cpus_parse(const char *list, struct et_cpus *out)
{
    struct et_cpus s = {{0}};
    for (const char *at = list;;) {
        long first, last;
        if (!parse_cpu(&at, &first))
            return false;
        last = first;
        if (*at == '-') {
            at++;
            if (!parse_cpu(&at, &last) || last < first)
                return false;
        }
        for (long i = first; i <= last; i++)
            et_cpus_add(&s, (int)i);
        if (*at == '\0')
            break;
        if (*at++ != ',')
            return false;
    }
    *out = s;
    return true;
}

void et_cpus_print(const struct et_cpus *s, struct et_text *out)
{
    const char *comma = "";
    for (int i = 0; i < ET_CPUS; i++) {
        if (!et_cpus_has(s, i))
            continue;
        int first = i;
        while (et_cpus_has(s, i + 1))
            i++;
        if (i > first)
            et_text_add(out, "%s%d-%d", comma, first, i);
        else
            et_text_add(out, "%s%d", comma, first);
        comma = ",";
    }
}

static bool read_list(struct et_cpus *out, const char *root, const char *path)
{
    char line[4096];
    return et_file_line(line, sizeof line, root, "%s", path) &&
           et_cpus_parse(line, out);
}

/* /proc/self/status, not sched_getaffinity(2): no limit on the set's size, and
 * a captured machine has it too. */
static bool read_allowed(struct et_cpus *out, const char *root)
{
    static const char key[] = "Cpus_allowed_list:";
    char line[4096];
    bool found = false;
    FILE *f = et_file_open(root, "/proc/self/status");
    while (f && !found && fgets(line, sizeof line, f)) {
        if (strncmp(line, key, sizeof key - 1) == 0)
            found = et_cpus_parse(et_trim(line + sizeof key - 1), out);
    }
    if (f)
        fclose(f);
    return found;
}

/* With OMP_PROC_BIND set the runtime has already bound this first thread to
 * its own place; the process may use the places of the others too. */
static void add_places(struct et_cpus *out)
{
#ifdef _OPENMP
    for (int i = 0; i < omp_get_num_places(); i++) {
        int n = omp_get_place_num_procs(i);
        int *cpu = n > 0 ? et_alloc((size_t)n, sizeof *cpu) : NULL;
        if (!cpu)
            continue;
        omp_get_place_proc_ids(i, cpu);
        for (int k = 0; k < n; k++)
            et_cpus_add(out, cpu[k]);
        free(cpu);
    }
#else
    (void)out;
#endif
}

/* A core is known by the first of its hardware threads. -1: not known. */
static int core_of(const char *root, int cpu)
{
    char path[128];
    struct et_cpus siblings;
    snprintf(path, sizeof path, CPU "/cpu%d/topology/thread_siblings_list",
             cpu);
    if (!read_list(&siblings, root, path))
        return -1;
    return et_cpus_first(&siblings);
}

static int64_t count_or_absent(const struct et_cpus *s, bool known)
{
    return known ? et_cpus_count(s) : ET_ABSENT_INT;
}

static void count_cores(const char *root, const struct et_cpus *online,
                        struct et_topology *t)
{
    struct et_cpus cores = {{0}}, allowed = {{0}}, sockets = {{0}};
    bool cores_known = true, sockets_known = true;
    for (int i = 0; i < ET_CPUS; i++) {
        int64_t package = -1;
        if (!et_cpus_has(online, i))
            continue;
        int core = core_of(root, i);
        cores_known = cores_known && core >= 0;
        et_cpus_add(&cores, core);
        if (et_cpus_has(&t->allowed, i))
            et_cpus_add(&allowed, core);
        /* -1: some firmware does not say. */
        sockets_known =
            sockets_known &&
            et_file_int(&package, root,
                        CPU "/cpu%d/topology/physical_package_id", i) &&
            package >= 0 && package < ET_CPUS;
        if (sockets_known)
            et_cpus_add(&sockets, (int)package);
    }
    t->cores = count_or_absent(&cores, cores_known);
    t->sockets = count_or_absent(&sockets, sockets_known);
    t->allowed_cores =
        count_or_absent(&allowed, cores_known && et_cpus_count(&allowed) > 0);
}

/* "48K" -> 49152. */
static int64_t parse_size(const char *s)
{
    char *end;
    long long v = strtoll(s, &end, 10);
    int shift = *end == 'K' ? 10 : *end == 'M' ? 20 : *end == 'G' ? 30 : 0;
    return end == s || v <= 0 ? ET_ABSENT_INT : (int64_t)v << shift;
}

static void read_caches(const char *root, int cpu, struct et_topology *t)
{
    for (int i = 0; i < 8; i++) {
        int64_t level;
        char type[32], size[32];
        if (!et_file_int(&level, root, CPU "/cpu%d/cache/index%d/level", cpu,
                         i) ||
            !et_file_line(type, sizeof type, root,
                          CPU "/cpu%d/cache/index%d/type", cpu, i) ||
            !et_file_line(size, sizeof size, root,
                          CPU "/cpu%d/cache/index%d/size", cpu, i) ||
            strcmp(type, "Instruction") == 0)
            continue;
        if (level == 1)
            t->l1d = parse_size(size);
        else if (level == 2)
            t->l2 = parse_size(size);
        else if (level == 3)
            t->l3 = parse_size(size);
    }
}

#if HAVE_HWLOC
static void fill(int64_t *member, int64_t v)
{
    if (v > 0)
        *member = v;
}

static int64_t cache_size(hwloc_topology_t h, hwloc_obj_type_t type)
{
    hwloc_obj_t o = hwloc_get_obj_by_type(h, type, 0);
    return o && o->attr ? (int64_t)o->attr->cache.size : 0;
}

static int64_t count_allowed(hwloc_topology_t h, const struct et_cpus *allowed)
{
    int64_t n = 0;
    for (hwloc_obj_t o = NULL;
         (o = hwloc_get_next_obj_by_type(h, HWLOC_OBJ_CORE, o));) {
        int cpu = hwloc_bitmap_first(o->cpuset);
        while (cpu >= 0 && !et_cpus_has(allowed, cpu))
            cpu = hwloc_bitmap_next(o->cpuset, cpu);
        n += cpu >= 0;
    }
    return n;
}

/* What hwloc knows stands over what /sys said. */
static void ask_hwloc(struct et_topology *t)
{
    hwloc_topology_t h;
    if (hwloc_topology_init(&h))
        return;
    hwloc_topology_set_flags(h, HWLOC_TOPOLOGY_FLAG_INCLUDE_DISALLOWED);
    if (hwloc_topology_load(h) == 0) {
        fill(&t->sockets, hwloc_get_nbobjs_by_type(h, HWLOC_OBJ_PACKAGE));
        fill(&t->cores, hwloc_get_nbobjs_by_type(h, HWLOC_OBJ_CORE));
        fill(&t->threads, hwloc_get_nbobjs_by_type(h, HWLOC_OBJ_PU));
        fill(&t->numa_nodes, hwloc_get_nbobjs_by_type(h, HWLOC_OBJ_NUMANODE));
        fill(&t->l1d, cache_size(h, HWLOC_OBJ_L1CACHE));
        fill(&t->l2, cache_size(h, HWLOC_OBJ_L2CACHE));
        fill(&t->l3, cache_size(h, HWLOC_OBJ_L3CACHE));
        fill(&t->allowed_cores, count_allowed(h, &t->allowed));
    }
    hwloc_topology_destroy(h);
}
#endif

void et_topology_read(const char *root, struct et_topology *out)
{
    struct et_topology t = {
        .sockets = ET_ABSENT_INT,
        .cores = ET_ABSENT_INT,
        .threads = ET_ABSENT_INT,
        .numa_nodes = ET_ABSENT_INT,
        .l1d = ET_ABSENT_INT,
        .l2 = ET_ABSENT_INT,
        .l3 = ET_ABSENT_INT,
        .allowed_threads = ET_ABSENT_INT,
        .allowed_cores = ET_ABSENT_INT,
    };
    struct et_cpus online = {{0}}, nodes;
    if (read_allowed(&t.allowed, root)) {
        if (!*root)
            add_places(&t.allowed);
        t.allowed_threads = et_cpus_count(&t.allowed);
    }
    if (read_list(&online, root, CPU "/online")) {
        t.threads = et_cpus_count(&online);
        count_cores(root, &online, &t);
    }
    if (read_list(&nodes, root, "/sys/devices/system/node/online"))
        t.numa_nodes = et_cpus_count(&nodes);
    int first = et_cpus_first(&t.allowed);
    read_caches(root, first < 0 ? 0 : first, &t);
#if HAVE_HWLOC
    if (!*root)
        ask_hwloc(&t);
#endif
    *out = t;
}

/* Which of cpu's caches is of this level and holds data; -1: none. */
static int index_of_level(const char *root, int cpu, int level)
{
    for (int i = 0; i < 8; i++) {
        int64_t l;
        char type[32];
        if (et_file_int(&l, root, CPU "/cpu%d/cache/index%d/level", cpu, i) &&
            et_file_line(type, sizeof type, root,
                         CPU "/cpu%d/cache/index%d/type", cpu, i) &&
            l == level && strcmp(type, "Instruction") != 0)
            return i;
    }
    return -1;
}

/* A cache is known by the first hardware thread that shares it; a kernel that
 * does not tell who shares it leaves each thread its own. */
static void count_caches(const char *root, int index,
                         const struct et_cpus *online,
                         const struct et_cpus *allowed, struct et_cache *c)
{
    struct et_cpus all = {{0}}, reached = {{0}};
    for (int i = 0; i < ET_CPUS; i++) {
        char path[128];
        struct et_cpus sharers = {{0}};
        if (!et_cpus_has(online, i))
            continue;
        snprintf(path, sizeof path, CPU "/cpu%d/cache/index%d/shared_cpu_list",
                 i, index);
        if (!read_list(&sharers, root, path))
            et_cpus_add(&sharers, i);
        et_cpus_add(&all, et_cpus_first(&sharers));
        if (!et_cpus_has(allowed, i))
            continue;
        if (et_cpus_count(&reached) == 0)
            c->threads = et_cpus_count(&sharers);
        et_cpus_add(&reached, et_cpus_first(&sharers));
    }
    c->all = et_cpus_count(&all);
    c->reached = et_cpus_count(&reached);
}

void et_caches_read(const char *root, struct et_caches *out)
{
    struct et_caches c = {.line = 64};
    struct et_cpus online = {{0}}, allowed = {{0}};
    char text[32];
    read_list(&online, root, CPU "/online");
    if (read_allowed(&allowed, root) && !*root)
        add_places(&allowed);
    if (et_cpus_count(&allowed) == 0)
        allowed = online;
    int cpu = et_cpus_first(&allowed);
    for (int i = 0; i < 3; i++) {
        struct et_cache *l = &c.level[i];
        int index = index_of_level(root, cpu < 0 ? 0 : cpu, i + 1);
        *l = (struct et_cache){ET_ABSENT_INT, 1, 1, 1};
        if (index < 0 ||
            !et_file_line(text, sizeof text, root,
                          CPU "/cpu%d/cache/index%d/size", cpu, index))
            continue;
        l->size = parse_size(text);
        et_file_int(&c.line, root,
                    CPU "/cpu%d/cache/index%d/coherency_line_size", cpu, index);
        count_caches(root, index, &online, &allowed, l);
    }
    *out = c;
}
