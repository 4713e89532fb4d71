/* perf on a made-up kernel: counters that are shared, that never run or count
 * nothing, threads that end, readings that fail. Includes the source, with the
 * system calls replaced: a descriptor is a pipe that holds one reading.
 */
#include "config.h"
#include "tests/unit/test_main.h"

#include <errno.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

#ifdef __linux__
#include <linux/perf_event.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>

static int fake_open(const struct perf_event_attr *a, int tid);
static int fake_ioctl(int fd, unsigned long what);
#define syscall(number, a, tid, cpu, group, flags) fake_open(a, tid)
#define ioctl(fd, what, argument) fake_ioctl(fd, what)
#include "harness/counter/perf.c"
#undef syscall
#undef ioctl

/* What the kernel gives: of each type and number of an event, scaled by the
 * thread's place; `enabled` and `running` of all. */
static struct {
    uint64_t value[2][16], enabled, running;
    int error[2][16]; /* errno of opening it */
    int gone;         /* a thread whose events cannot be opened: ESRCH */
    bool short_read;
    int kernel_asked; /* events that count inside the kernel */
} kernel;

enum { ALIVE = 1, OTHER = 2 };

static int fake_open(const struct perf_event_attr *a, int tid)
{
    int fd[2], type = a->type == PERF_TYPE_SOFTWARE;
    struct reading r = {kernel.value[type][a->config], kernel.enabled,
                        kernel.running};
    assert_true(a->disabled && a->config < 16);
    kernel.kernel_asked += !a->exclude_kernel;
    if (kernel.error[type][a->config] || (tid && tid == kernel.gone)) {
        errno =
            tid && tid == kernel.gone ? ESRCH : kernel.error[type][a->config];
        return -1;
    }
    if (tid == OTHER)
        r.value *= 3;
    assert_int_equal(pipe(fd), 0);
    assert_true(write(fd[1], &r, kernel.short_read ? 8 : sizeof r) > 0);
    close(fd[1]);
    return fd[0];
}

static int fake_ioctl(int fd, unsigned long what)
{
    (void)fd;
    assert_true(what == PERF_EVENT_IOC_ENABLE ||
                what == PERF_EVENT_IOC_DISABLE);
    return 0;
}

static void begin(void)
{
    memset(&kernel, 0, sizeof kernel);
    for (int t = 0; t < 2; t++) {
        for (uint64_t i = 0; i < 16; i++)
            kernel.value[t][i] = 100 + i;
    }
    kernel.enabled = kernel.running = 50;
}

static const char *absent(const struct et_counters *c, const char *name)
{
    for (size_t i = 0; i < c->n_absents; i++) {
        if (strcmp(c->absents[i].name, name) == 0)
            return c->absents[i].reason;
    }
    return NULL;
}

static double value_of(uint64_t value, uint64_t enabled, uint64_t running)
{
    struct reading r = {value, enabled, running};
    double v = -1;
    int fd[2];
    assert_int_equal(pipe(fd), 0);
    assert_true(write(fd[1], &r, sizeof r) == sizeof r);
    assert_true(read_event(fd[0], &v));
    close(fd[0]);
    close(fd[1]);
    return v;
}

/* 300 counted in 30 of 90 ns stand for 900; what never ran is no count, what
 * was never on a processor is 0. */
TEST(shared_counters)
{
    assert_true(value_of(300, 90, 90) == 300);
    assert_true(value_of(300, 90, 30) == 900);
    assert_true(value_of(0, 90, 30) == 0);
    assert_true(isnan(value_of(0, 90, 0)));
    assert_true(value_of(0, 0, 0) == 0);
    int fd[2];
    double v = 7;
    assert_int_equal(pipe(fd), 0);
    assert_true(write(fd[1], "short", 5) == 5);
    assert_false(read_event(fd[0], &v));
    assert_true(v == 7);
    close(fd[0]);
    close(fd[1]);
}

/* Two threads, the second counting three times as much; one that has ended. */
TEST(threads_add_up)
{
    struct et_counters c = {0};
    struct et_counter_value v[N_ROWS];
    struct et_perf *p;
    int threads = 0, tids[] = {ALIVE, 1 << 29, OTHER};
    const struct et_tasks tasks = {tids, 3};
    begin();
    kernel.gone = 1 << 29;
    kernel.running = 25; /* half the time: all counts double */
    assert_int_equal(et_perf_open(&c, true, &p), ET_OK);
    assert_int_equal(c.n_events, N_ROWS);
    assert_int_equal(c.n_absents, 0);
    /* Switches and migrations happen in the kernel only. */
    assert_int_equal(kernel.kernel_asked, 2);
    assert_int_equal(et_perf_start(p, &tasks), ET_OK);
    assert_int_equal(et_perf_stop(p, v, &threads), ET_OK);
    assert_int_equal(threads, 2);
    for (size_t i = 0; i < N_ROWS; i++) {
        double one = 2 * (100 + (double)rows[i].config);
        assert_string_equal(c.events[i].name, rows[i].name);
        assert_true(v[i].total == 4 * one);
        assert_true(v[i].min == one && v[i].max == 3 * one);
    }
    et_perf_close(p);
    et_counters_close(&c);
}

/* A thread that lives and cannot be counted is an error, as is a reading. */
TEST(failures)
{
    struct et_counters c = {0};
    struct et_counter_value v[N_ROWS];
    struct et_perf *p;
    int threads = 42, self = et_task_self();
    const struct et_tasks tasks = {&self, 1};
    begin();
    assert_int_equal(et_perf_open(&c, true, &p), ET_OK);
    kernel.gone = self;
    assert_int_equal(et_perf_start(p, &tasks), ET_INFRA);
    assert_non_null(strstr(et_log_last_error(), "perf_event_open"));
    kernel.gone = 0;
    kernel.error[0][PERF_COUNT_HW_INSTRUCTIONS] = EMFILE;
    assert_int_equal(et_perf_start(p, &tasks), ET_INFRA);
    begin();
    kernel.short_read = true;
    assert_int_equal(et_perf_start(p, &tasks), ET_OK);
    assert_int_equal(et_perf_stop(p, v, &threads), ET_INFRA);
    assert_non_null(strstr(et_log_last_error(), "cannot be read"));
    et_perf_close(p);
    et_counters_close(&c);
}

TEST(why_absent)
{
    struct et_counters c = {0};
    struct et_perf *p;
    begin();
    kernel.error[0][PERF_COUNT_HW_CPU_CYCLES] = ENOENT;
    kernel.error[0][PERF_COUNT_HW_INSTRUCTIONS] = EACCES;
    kernel.value[0][PERF_COUNT_HW_CACHE_MISSES] = 0;
    kernel.value[1][PERF_COUNT_SW_PAGE_FAULTS] = 0;
    assert_int_equal(et_perf_open(&c, true, &p), ET_OK);
    assert_non_null(strstr(absent(&c, "cycles"), "does not exist here"));
    assert_non_null(strstr(absent(&c, "instructions"), strerror(EACCES)));
    /* The exercise has a page fault for certain, but maybe no cache miss. */
    assert_non_null(strstr(absent(&c, "page_faults"), "counts nothing"));
    assert_null(absent(&c, "llc_misses"));
    assert_int_equal(c.n_events + c.n_absents, N_ROWS);
    et_perf_close(p);
    et_counters_close(&c);
    c = (struct et_counters){0};
    begin();
    kernel.running = 0; /* no turn at all */
    assert_int_equal(et_perf_open(&c, true, &p), ET_OK);
    assert_int_equal(c.n_events, 0);
    assert_non_null(strstr(absent(&c, "llc_misses"), "counts nothing"));
    et_perf_close(p);
    et_counters_close(&c);
}

TEST(totals)
{
    struct et_counter_value v = {-1, -1, -1};
    et_counter_value_add(&v, 7, true);
    assert_true(v.total == 7 && v.min == 7 && v.max == 7);
    et_counter_value_add(&v, 9, false);
    et_counter_value_add(&v, 5, false);
    assert_true(v.total == 21 && v.min == 5 && v.max == 9);
}

QUIET_TEST_MAIN(shared_counters, threads_add_up, failures, why_absent, totals)
#else
int main(void)
{
    return 77; /* perf events are Linux's */
}
#endif
