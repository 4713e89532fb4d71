/* The clock of one process. Measures itself when it is opened; the fake one
 * measures nothing and gives the same readings in every run. Knows no rank
 * and no benchmark.
 */
#include "config.h"
#include "harness/system/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "harness/base/log.h"
#include "harness/base/random.h"
#include "harness/system/files.h"

#define BLOCKS 63   /* odd, so that the median is one of them */
#define READINGS 64 /* in a block */
#define STEPS 2000  /* positive steps to find the smallest among */
#define PATIENCE_NS 100000000

#define FAKE_STEP_NS 1000000
#define FAKE_SPREAD_NS 20000
#define FAKE_STREAM 0x636c6f636bu

static int64_t read_ns(int id)
{
    struct timespec t;
    clock_gettime((clockid_t)id, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static int compare_doubles(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Median over blocks of the mean cost within a block: a block is long enough
 * for a coarse clock, the median shrugs off an interrupt. */
static double measure_overhead(int id)
{
    double cost[BLOCKS];
    for (int b = 0; b < BLOCKS; b++) {
        int64_t first = read_ns(id), last = first;
        for (int i = 0; i < READINGS; i++)
            last = read_ns(id);
        cost[b] = (double)(last - first) * 1e-9 / READINGS;
    }
    qsort(cost, BLOCKS, sizeof *cost, compare_doubles);
    return cost[BLOCKS / 2];
}

/* Smallest positive step in ns; 0 where the clock does not move. A fine clock
 * is done in a fraction of a millisecond, a coarse one stops at PATIENCE. */
static int64_t measure_resolution(int id)
{
    int64_t least = 0, first = read_ns(id), before = first;
    long spins = 0;
    for (int steps = 0; steps < STEPS && spins < PATIENCE_NS; spins++) {
        int64_t now = read_ns(id), step = now - before;
        if (step > 0) {
            steps++;
            if (least == 0 || step < least)
                least = step;
        }
        before = now;
        if (now - first > PATIENCE_NS)
            break;
    }
    return least;
}

/* FNV-1a. */
static uint64_t mix(uint64_t h, const void *data, size_t n)
{
    const unsigned char *p = data;
    for (size_t i = 0; i < n; i++)
        h = (h ^ p[i]) * 0x100000001b3u;
    return h;
}

static uint64_t identify(int id)
{
    char boot[64];
    struct stat space;
    if (!et_file_line(boot, sizeof boot, "", "/proc/sys/kernel/random/boot_id"))
        return 0;
    uint64_t h = mix(0xcbf29ce484222325u, boot, strlen(boot));
    /* A kernel without time namespaces (before 5.6) has one time. */
    uint64_t inode =
        stat("/proc/self/ns/time", &space) == 0 ? (uint64_t)space.st_ino : 0;
    h = mix(h, &inode, sizeof inode);
    return mix(h, &id, sizeof id);
}

static enum et_status open_real(struct et_clock *out)
{
    struct et_clock c = {.name = "CLOCK_MONOTONIC", .id = CLOCK_MONOTONIC};
    c.overhead = measure_overhead(c.id);
#ifdef CLOCK_MONOTONIC_RAW
    /* Raw is not slewed by NTP, but is a system call on older kernels. */
    struct timespec t;
    if (clock_gettime(CLOCK_MONOTONIC_RAW, &t) == 0) {
        double raw = measure_overhead(CLOCK_MONOTONIC_RAW);
        if (raw < 3 * c.overhead) {
            c.name = "CLOCK_MONOTONIC_RAW";
            c.id = CLOCK_MONOTONIC_RAW;
            c.overhead = raw;
        }
    }
#endif
    int64_t step = measure_resolution(c.id);
    if (step == 0)
        return et_error(ET_INFRA, "%s does not advance", c.name);
    c.resolution = (double)step * 1e-9;
    c.identity = identify(c.id);
    c.origin_ns = read_ns(c.id);
    *out = c;
    return ET_OK;
}

enum et_status et_clock_open(const char *name, struct et_clock *out)
{
    if (strcmp(name, "real") == 0)
        return open_real(out);
    if (strcmp(name, "fake") == 0) {
        /* Fine enough that one reading's step is a valid sample. */
        *out = (struct et_clock){
            .name = "fake", .fake = true, .resolution = 1e-9, .overhead = 1e-9};
        return ET_OK;
    }
    return et_error(ET_USAGE, "no clock \"%s\": real or fake", name);
}

double et_clock_now(struct et_clock *clock)
{
    if (!clock->fake) {
        double t = (double)(read_ns(clock->id) - clock->origin_ns) * 1e-9;
        return t + (clock->skew + clock->rate * t);
    }
    uint64_t r = et_random_u64(FAKE_STREAM, clock->ticks++);
    clock->origin_ns += FAKE_STEP_NS + (int64_t)(r % FAKE_SPREAD_NS);
    return (double)clock->origin_ns * 1e-9;
}

char *et_clock_date(const struct et_clock *clock, char buf[32])
{
    time_t now = clock->fake ? 0 : time(NULL);
    struct tm utc;
    gmtime_r(&now, &utc);
    strftime(buf, 32, "%Y-%m-%dT%H:%M:%SZ", &utc);
    return buf;
}
