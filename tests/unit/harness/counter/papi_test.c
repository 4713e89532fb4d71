/* papi on a made-up PAPI: events that do not exist, that count nothing, that
 * conflict, quantities made of two, threads that add up. Includes the source,
 * with the library's calls replaced. 77 (a skip) without PAPI.
 */
#include "config.h"
#include "tests/unit/test_main.h"

#include <stdbool.h>
#include <string.h>

#if HAVE_PAPI
#include <papi.h>

/* The events of this PAPI: what each counts in one thread of number 1. */
static struct {
    const char *name;
    long long count;
} events[8];

enum { SETS = 64 };
static struct {
    int tid, events[8], n;
    bool used, running;
} sets[SETS];
static int failing_stop; /* PAPI's code for it */

static int fake_create(int *set)
{
    for (int i = 0; i < SETS; i++) {
        if (!sets[i].used) {
            memset(&sets[i], 0, sizeof sets[i]);
            sets[i].used = true;
            *set = i;
            return PAPI_OK;
        }
    }
    return PAPI_ENOMEM;
}

static int fake_attach(int set, unsigned long tid)
{
    sets[set].tid = (int)tid;
    return PAPI_OK;
}

static int fake_add(int set, const char *name)
{
    for (int i = 0; i < 8 && events[i].name; i++) {
        if (strcmp(events[i].name, name) == 0) {
            sets[set].events[sets[set].n++] = i;
            return PAPI_OK;
        }
    }
    return PAPI_ENOEVNT;
}

static int fake_start(int set)
{
    sets[set].running = true;
    return PAPI_OK;
}

static int fake_stop(int set, long long *v)
{
    if (!sets[set].running)
        return PAPI_ENOTRUN;
    sets[set].running = false;
    if (v && failing_stop)
        return failing_stop;
    for (int i = 0; v && i < sets[set].n; i++)
        v[i] =
            events[sets[set].events[i]].count * (sets[set].tid == 2 ? 10 : 1);
    return PAPI_OK;
}

static int fake_destroy(int *set)
{
    sets[*set].used = false;
    *set = PAPI_NULL;
    return PAPI_OK;
}

#define PAPI_is_initialized() (PAPI_NOT_INITED + 1)
#define PAPI_get_component_index(name) 0
#define PAPI_create_eventset(set) fake_create(set)
#define PAPI_assign_eventset_component(set, component) PAPI_OK
#define PAPI_attach(set, tid) fake_attach(set, tid)
#define PAPI_add_named_event(set, name) fake_add(set, name)
#define PAPI_start(set) fake_start(set)
#define PAPI_stop(set, v) fake_stop(set, v)
#define PAPI_cleanup_eventset(set) PAPI_OK
#define PAPI_destroy_eventset(set) fake_destroy(set)
#define PAPI_strerror(code) "no such event"
#include "harness/counter/papi.c"

static size_t left_over(void)
{
    size_t n = 0;
    for (int i = 0; i < SETS; i++)
        n += sets[i].used;
    return n;
}

static const char *native(const struct et_counters *c, const char *name)
{
    for (size_t i = 0; i < c->n_events; i++) {
        if (strcmp(c->events[i].name, name) == 0)
            return c->events[i].native;
    }
    return "absent";
}

/* The preset of cycles counts nothing here, so the second candidate is taken;
 * operations are the sum of two events; misses may well be 0. */
TEST(chosen_and_added)
{
    struct et_counters c = {.source = &et_counter_papi};
    struct et_counter_value v[16];
    int tids[] = {1, 2};
    const struct et_tasks tasks = {tids, 2};
    memset(events, 0, sizeof events);
    events[0].name = "PAPI_TOT_CYC";
    events[1].name = "perf::CYCLES", events[1].count = 1000;
    events[2].name = "PAPI_SP_OPS", events[2].count = 30;
    events[3].name = "PAPI_DP_OPS", events[3].count = 4;
    events[4].name = "PAPI_L3_TCM";
    assert_int_equal(papi_open(&c), ET_OK);
    assert_string_equal(native(&c, "cycles"), "perf::CYCLES");
    assert_string_equal(native(&c, "instructions"), "absent");
    assert_string_equal(native(&c, "fp_ops"), "PAPI_SP_OPS+PAPI_DP_OPS");
    assert_string_equal(native(&c, "llc_misses"), "PAPI_L3_TCM");
    assert_int_equal(left_over(), 0);
    struct papi *p = c.state;
    assert_int_equal(p->n_natives, 4);
    assert_int_equal(p->n_events, 3);
    for (size_t i = 0; i < 16; i++)
        v[i] = (struct et_counter_value){-1, -1, -1};
    /* Threads 1 and 2, and of the kernel's events this one. */
    int threads = 0, self = et_task_self();
    const struct et_tasks own = {&self, 1};
    assert_int_equal(start_sets(p, &tasks), ET_OK);
    assert_int_equal(et_perf_start(p->perf, &own), ET_OK);
    et_tasks_exercise();
    assert_int_equal(papi_stop(&c, v, &threads), ET_OK);
    assert_int_equal(threads, 2);
    assert_true(v[0].total == 11000 && v[0].min == 1000 && v[0].max == 10000);
    assert_true(v[1].total == 374 && v[1].min == 34 && v[1].max == 340);
    assert_true(v[2].total == 0 && v[2].min == 0 && v[2].max == 0);
    for (size_t i = 3; i < c.n_events; i++)
        assert_true(v[i].total >= 0);
    assert_true(v[c.n_events].total == -1);
    assert_int_equal(left_over(), 0);
    papi_close(&c);
    c.source = NULL;
    et_counters_close(&c);
}

TEST(reasons)
{
    struct et_counters c = {0};
    memset(events, 0, sizeof events);
    events[0].name = "PAPI_TOT_INS"; /* counts 0 */
    assert_int_equal(papi_open(&c), ET_OK);
    char hint[160];
    bool all = et_tasks_hint(true, hint, sizeof hint);
    for (size_t i = 0; i < c.n_absents; i++) {
        if (strcmp(c.absents[i].name, "instructions") != 0)
            continue;
        assert_non_null(strstr(c.absents[i].reason, hint));
        /* Where the kernel has no PMU, that says it all. */
        if (!all)
            assert_non_null(strstr(c.absents[i].reason,
                                   "PAPI_TOT_INS: counts nothing; "
                                   "perf::INSTRUCTIONS: no such event"));
    }
    assert_int_equal(left_over(), 0);
    papi_close(&c);
    et_counters_close(&c);
}

TEST(a_failing_read)
{
    struct et_counters c = {0};
    struct et_counter_value v[16];
    int threads = 42;
    memset(events, 0, sizeof events);
    events[0].name = "PAPI_TOT_CYC", events[0].count = 5;
    assert_int_equal(papi_open(&c), ET_OK);
    assert_int_equal(papi_start(&c), ET_OK);
    failing_stop = PAPI_ESYS;
    assert_int_equal(papi_stop(&c, v, &threads), ET_INFRA);
    failing_stop = 0;
    assert_int_equal(threads, 42);
    assert_int_equal(left_over(), 0);
    papi_close(&c);
    et_counters_close(&c);
}

QUIET_TEST_MAIN(chosen_and_added, reasons, a_failing_read)
#else
int main(void)
{
    return 77; /* not built in */
}
#endif
