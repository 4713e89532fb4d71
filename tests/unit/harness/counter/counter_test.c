/* Tests of harness/counter: every listed source keeps the same promises, and
 * what can be counted here is counted right in every thread. Checks work that
 * was counted, never how long it took.
 */
#include "config.h"
#include "tests/unit/test_main.h"

#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>
#ifdef __linux__
#include <linux/perf_event.h>
#include <sys/syscall.h>
#endif

#include "harness/base/log.h"
#include "harness/counter/counter.h"
#include "harness/system/tasks.h"

#define MAX_EVENTS 16
#define PAGES 1000 /* fresh ones that worker 1 touches; worker 2 twice it */
#define SLACK (PAGES / 2) /* faults besides: stacks, a sanitizer's shadow */
#define BURN_NS 10000000

/* Workers wait, already listed, until told to work, and end when done. */
struct worker {
    pthread_t thread;
    sem_t go, done, leave;
    int pages;
};

static void touch(int pages)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE), n = page * (size_t)pages;
    volatile char *p = mmap(NULL, n, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_true(p != MAP_FAILED);
    madvise((void *)p, n, MADV_NOHUGEPAGE);
    for (int i = 0; i < pages; i++)
        p[page * (size_t)i] = 1;
    munmap((void *)p, n);
}

static void burn(void)
{
    struct timespec a, b;
    volatile double x = 1;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &a);
    do {
        for (int i = 0; i < 1000; i++)
            x = x * 1.0000001;
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &b);
    } while ((b.tv_sec - a.tv_sec) * 1000000000 + b.tv_nsec - a.tv_nsec <
             BURN_NS);
}

static void *work(void *argument)
{
    struct worker *w = argument;
    sem_wait(&w->go);
    touch(w->pages);
    burn();
    for (int i = 0; i < 20; i++)
        nanosleep(&(struct timespec){.tv_nsec = 100000}, NULL);
    sem_post(&w->done);
    sem_wait(&w->leave);
    return NULL;
}

/* Asked of the kernel directly: what it gives must not be called absent. */
#ifdef __linux__
static bool kernel_gives(uint64_t config, bool kernel)
{
    struct perf_event_attr a = {0};
    a.size = sizeof a;
    a.type = PERF_TYPE_SOFTWARE;
    a.config = config;
    a.exclude_kernel = !kernel;
    a.exclude_hv = 1;
    int fd = (int)syscall(SYS_perf_event_open, &a, 0, -1, -1, 0);
    if (fd >= 0)
        close(fd);
    return fd >= 0;
}
#endif

static size_t find(const struct et_counters *c, const char *name)
{
    for (size_t i = 0; i < c->n_events; i++) {
        if (strcmp(c->events[i].name, name) == 0)
            return i;
    }
    return SIZE_MAX;
}

static int times_named(const struct et_counters *c, const char *name)
{
    int n = 0;
    for (size_t i = 0; i < c->n_events; i++)
        n += strcmp(c->events[i].name, name) == 0;
    for (size_t i = 0; i < c->n_absents; i++)
        n += strcmp(c->absents[i].name, name) == 0;
    return n;
}

/* Every source says of every event of the default set that it is there or
 * why not, and counts or refuses without falling over. */
TEST(every_source_keeps_its_word)
{
    size_t n = 0;
    for (; et_counter_source_at(n); n++) {
        const struct et_counter_source *s = et_counter_source_at(n);
        struct et_counters c;
        assert_true(*s->name && *s->summary);
        if (s->why_not && s->why_not()) {
            et_log_level_set(ET_LOG_NONE);
            assert_int_equal(et_counters_open(s->name, &c), ET_INFRA);
            et_log_level_set(ET_LOG_NOTE);
            continue;
        }
        assert_int_equal(et_counters_open(s->name, &c), ET_OK);
        assert_ptr_equal(c.source, s);
        size_t names = 0;
        for (; et_counter_names[names]; names++)
            assert_int_equal(times_named(&c, et_counter_names[names]), 1);
        assert_int_equal(c.n_events + c.n_absents, names);
        assert_true(c.n_events <= MAX_EVENTS);
        for (size_t i = 0; i < c.n_absents; i++)
            assert_true(strlen(c.absents[i].reason) > 8);
        for (int round = 0; round < 2; round++) {
            struct et_counter_value v[MAX_EVENTS];
            int threads = -1;
            assert_int_equal(s->start(&c), ET_OK);
            touch(10);
            assert_int_equal(s->stop(&c, v, &threads), ET_OK);
            assert_true(c.n_events == 0 || threads >= 1);
            for (size_t i = 0; i < c.n_events; i++) {
                assert_true(v[i].min >= 0 && v[i].min <= v[i].max);
                assert_true(v[i].max <= v[i].total);
            }
        }
        et_counters_close(&c);
        assert_null(c.source);
    }
    assert_true(n >= 3);
}

TEST(auto_measures)
{
    struct et_counters c;
    assert_int_equal(et_counters_open("auto", &c), ET_OK);
    assert_string_not_equal(c.source->name, "fake");
    assert_string_not_equal(c.source->name, "none");
    et_counters_close(&c);
}

TEST(unknown_source)
{
    struct et_counters c;
    et_log_level_set(ET_LOG_NONE);
    assert_int_equal(et_counters_open("papy", &c), ET_USAGE);
    et_log_level_set(ET_LOG_NOTE);
}

TEST(none_and_fake)
{
    struct et_counters c;
    struct et_counter_value v[MAX_EVENTS];
    int threads;
    assert_int_equal(et_counters_open("none", &c), ET_OK);
    assert_int_equal(c.n_events, 0);
    et_counters_close(&c);
    assert_int_equal(et_counters_open("fake", &c), ET_OK);
    assert_int_equal(c.source->start(&c), ET_OK);
    assert_int_equal(c.source->stop(&c, v, &threads), ET_OK);
    assert_int_equal(threads, 2);
    assert_true(c.n_events > 1 && c.n_absents == 1);
    assert_true(v[0].total == 1500 && v[0].min == 500 && v[0].max == 1000);
    assert_true(v[1].total == 3000);
    et_counters_close(&c);
}

/* Two workers do known work while this thread waits. One ends before the
 * counting does. `source` may be one that counts the process as a whole, one
 * thread. False: it counts nothing here. */
static bool counts_known_work(const char *source)
{
    struct et_counters c;
    struct et_counter_value v[MAX_EVENTS];
    struct worker w[2] = {{.pages = PAGES}, {.pages = 2 * PAGES}};
    int threads = 0;
    assert_int_equal(et_counters_open(source, &c), ET_OK);
    size_t faults = find(&c, "page_faults"), clock = find(&c, "task_clock_ns"),
           switches = find(&c, "context_switches"), cycles = find(&c, "cycles");
    for (int i = 0; i < 2; i++) {
        sem_init(&w[i].go, 0, 0);
        sem_init(&w[i].done, 0, 0);
        sem_init(&w[i].leave, 0, 0);
        assert_int_equal(pthread_create(&w[i].thread, NULL, work, &w[i]), 0);
    }
    assert_int_equal(c.source->start(&c), ET_OK);
    for (int i = 0; i < 2; i++)
        sem_post(&w[i].go);
    for (int i = 0; i < 2; i++)
        sem_wait(&w[i].done);
    sem_post(&w[0].leave);
    pthread_join(w[0].thread, NULL);
    assert_int_equal(c.source->stop(&c, v, &threads), ET_OK);
    sem_post(&w[1].leave);
    pthread_join(w[1].thread, NULL);
    print_message("%s: %d threads\n", source, threads);
    for (size_t i = 0; i < c.n_events; i++)
        print_message("  %-16s %-24s %.0f, a thread %.0f to %.0f\n",
                      c.events[i].name, c.events[i].native, v[i].total,
                      v[i].min, v[i].max);
    for (size_t i = 0; i < c.n_absents; i++)
        print_message("  %-16s absent: %s\n", c.absents[i].name,
                      c.absents[i].reason);
    bool any = c.n_events > 0, whole = threads == 1;
    bool each = strcmp(source, "perf") == 0 || strcmp(source, "papi") == 0;
    assert_false(any && each && whole);
#ifdef __linux__
    if (strcmp(source, "perf") == 0 || strcmp(source, "auto") == 0) {
        if (kernel_gives(PERF_COUNT_SW_PAGE_FAULTS, false))
            assert_true(faults != SIZE_MAX && clock != SIZE_MAX);
        if (kernel_gives(PERF_COUNT_SW_CONTEXT_SWITCHES, true))
            assert_true(switches != SIZE_MAX);
    }
#endif
    if (any && !whole)
        assert_true(threads >= 3);
    if (faults != SIZE_MAX) {
        assert_true(v[faults].total >= 3 * PAGES);
        assert_true(v[faults].total < 3 * PAGES + SLACK);
    }
    if (faults != SIZE_MAX && !whole) {
        assert_true(v[faults].max >= 2 * PAGES);
        assert_true(v[faults].max < 2 * PAGES + SLACK);
        assert_true(v[faults].min < SLACK);
    }
    if (clock != SIZE_MAX) {
        assert_true(v[clock].total >= 2 * 0.95 * BURN_NS);
        assert_true(v[clock].max >= 0.95 * BURN_NS);
        assert_true(whole || v[clock].max < 0.95 * v[clock].total);
    }
    if (switches != SIZE_MAX)
        assert_true(v[switches].total >= 40);
    if (cycles != SIZE_MAX)
        assert_true(v[cycles].total > 2e6 && v[cycles].max > 1e6);
    et_counters_close(&c);
    return any;
}

TEST(every_source_counts_known_work)
{
    bool any = false;
    for (size_t n = 0; et_counter_source_at(n); n++) {
        const struct et_counter_source *s = et_counter_source_at(n);
        if (strcmp(s->name, "fake") != 0 && !(s->why_not && s->why_not()))
            any = counts_known_work(s->name) || any;
    }
    any = counts_known_work("auto") || any;
    if (!any)
        skip();
}

TEST(tasks)
{
    struct et_tasks t;
    assert_int_equal(et_tasks_list(&t), ET_OK);
    assert_true(t.n >= 1);
    bool found = false;
    for (size_t i = 0; i < t.n; i++)
        assert_true(et_task_alive(t.tid[i]) && t.tid[i] > 0);
    for (size_t i = 0; i < t.n; i++)
        found = found || t.tid[i] == et_task_self();
    assert_true(found);
    et_tasks_free(&t);
    assert_true(et_task_alive(et_task_self()));
    assert_false(et_task_alive(1 << 29));
    assert_true(et_tasks_files(10));
}

/* The soft limit is raised to what is needed: 256 besides what is asked for. */
TEST(files)
{
    struct rlimit before, now;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    if (before.rlim_max != RLIM_INFINITY && before.rlim_max < 2000)
        skip();
    now = before;
    now.rlim_cur = 1100; /* enough for 1000, not for them and the others */
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &now), 0);
    assert_true(et_tasks_files(1000));
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &now), 0);
    assert_true(now.rlim_cur >= 1256);
    now.rlim_cur = 1300; /* enough: it stays */
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &now), 0);
    assert_true(et_tasks_files(1000));
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &now), 0);
    assert_int_equal(now.rlim_cur, 1300);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
}

TEST_MAIN(every_source_keeps_its_word, auto_measures, unknown_source,
          none_and_fake, every_source_counts_known_work, tasks, files)
