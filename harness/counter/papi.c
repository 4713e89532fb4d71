/* PAPI: the only file that knows it. Counts in every thread of the process,
 * those of OpenMP and of the BLAS libraries included, by attaching an event
 * set to each; software events go through perf.h. A quantity is there only if
 * one of its candidates could be added, started and read on this machine.
 */
#include "config.h"
#include "harness/counter/counter.h"

#if HAVE_PAPI
#include <papi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/log.h"
#include "harness/base/memory.h"
#include "harness/base/text.h"
#include "harness/counter/perf.h"
#include "harness/system/tasks.h"

/* Candidates in order of preference; "A+B" is one quantity in two events, its
 * value their sum. */
#define MAX_CANDIDATES 4
static const struct quantity {
    const char *name;
    const char *candidates[MAX_CANDIDATES];
    bool sure; /* the exercise makes it happen */
} quantities[] = {
    {"cycles", {"PAPI_TOT_CYC", "perf::CYCLES"}, true},
    {"instructions", {"PAPI_TOT_INS", "perf::INSTRUCTIONS"}, true},
    {"fp_ops", {"PAPI_FP_OPS", "PAPI_SP_OPS+PAPI_DP_OPS"}, true},
    {"llc_misses",
     {"PAPI_L3_TCM", "perf::LLC-LOAD-MISSES", "perf::CACHE-MISSES",
      "PAPI_L2_TCM"},
     false}};
#define N_QUANTITIES (sizeof quantities / sizeof *quantities)
#define MAX_NATIVES (2 * N_QUANTITIES)
#define COUNTS_NOTHING 1 /* beside PAPI's codes, which are 0 or negative */

struct papi {
    /* PAPI's events, and of which of c->events each one is a part. */
    char natives[MAX_NATIVES][64];
    size_t part_of[MAX_NATIVES];
    size_t n_natives, n_events;
    int *sets; /* running event sets, one a thread */
    size_t n_sets;
    struct et_perf *perf;
};

static void drop_set(int *set)
{
    if (*set == PAPI_NULL)
        return;
    PAPI_stop(*set, NULL); /* a running set is not cleaned up */
    PAPI_cleanup_eventset(*set);
    PAPI_destroy_eventset(set);
}

/* An event set with all natives, attached to a thread; PAPI's code. */
static int make_set(const struct papi *p, int tid, int *out)
{
    int set = PAPI_NULL;
    int component = PAPI_get_component_index("perf_event");
    int rc = component < 0 ? component : PAPI_create_eventset(&set);
    if (rc == PAPI_OK)
        rc = PAPI_assign_eventset_component(set, component);
    if (rc == PAPI_OK)
        rc = PAPI_attach(set, (unsigned long)tid);
    for (size_t i = 0; i < p->n_natives && rc == PAPI_OK; i++)
        rc = PAPI_add_named_event(set, p->natives[i]);
    if (rc == PAPI_OK)
        *out = set;
    else
        drop_set(&set);
    return rc;
}

/* The events chosen so far and the new ones, counted together for a moment:
 * what conflicts is seen here, and drops only the newcomer. */
static int try_events(const struct papi *p, size_t first_new, bool sure)
{
    long long v[MAX_NATIVES] = {0};
    double sum = 0;
    int set = PAPI_NULL;
    int rc = make_set(p, et_task_self(), &set);
    if (rc == PAPI_OK)
        rc = PAPI_start(set);
    if (rc == PAPI_OK) {
        et_tasks_exercise();
        rc = PAPI_stop(set, v);
    }
    for (size_t i = first_new; i < p->n_natives; i++)
        sum += (double)v[i];
    if (rc == PAPI_OK && sure && !(sum > 0))
        rc = COUNTS_NOTHING;
    drop_set(&set);
    return rc;
}

/* Split a candidate at '+' behind the events chosen so far. */
static bool append_natives(struct papi *p, const char *candidate, size_t event)
{
    struct et_strings parts = {0};
    bool ok = et_split(candidate, '+', &parts);
    for (size_t i = 0; ok && i < parts.n; i++) {
        snprintf(p->natives[p->n_natives], sizeof *p->natives, "%s",
                 parts.v[i]);
        p->part_of[p->n_natives++] = event;
    }
    et_strings_free(&parts);
    return ok;
}

/* The first candidate that counts becomes an event, what it was made of its
 * native name; else the quantity is absent, with the reasons of all. */
static bool choose(struct et_counters *c, struct papi *p,
                   const struct quantity *q)
{
    struct et_text why = {0};
    char hint[160];
    const char *chosen = NULL;
    bool ok = true;
    for (size_t i = 0; i < MAX_CANDIDATES && q->candidates[i] && ok; i++) {
        size_t before = p->n_natives;
        ok = append_natives(p, q->candidates[i], p->n_events);
        int rc = ok ? try_events(p, before, q->sure) : PAPI_ENOMEM;
        if (rc == PAPI_OK) {
            chosen = q->candidates[i];
            break;
        }
        p->n_natives = before;
        et_text_add(&why, "%s: %s; ", q->candidates[i],
                    rc == COUNTS_NOTHING ? "counts nothing"
                                         : PAPI_strerror(rc));
    }
    if (chosen) {
        p->n_events++;
        ok = et_counters_add_event(c, q->name, chosen);
    } else if (ok) {
        /* Without a PMU no candidate's own words say more. */
        if (et_tasks_hint(true, hint, sizeof hint))
            et_text_free(&why);
        et_text_add(&why, "%s", hint);
        ok = et_counters_add_absent(c, q->name, et_text_str(&why));
    }
    et_text_free(&why);
    return ok;
}

/* NULL, or why the library is of no use. Never shut down: others in this
 * process may be using it. */
static const char *initialise(char *buf, size_t n)
{
    if (PAPI_is_initialized() != PAPI_NOT_INITED)
        return NULL;
    int version = PAPI_library_init(PAPI_VER_CURRENT);
    if (version == PAPI_VER_CURRENT)
        return NULL;
    if (version > 0)
        snprintf(buf, n, "built with PAPI %d.%d, loaded is %d.%d",
                 PAPI_VERSION_MAJOR(PAPI_VERSION),
                 PAPI_VERSION_MINOR(PAPI_VERSION), PAPI_VERSION_MAJOR(version),
                 PAPI_VERSION_MINOR(version));
    else
        snprintf(buf, n, "PAPI_library_init: %s", PAPI_strerror(version));
    return buf;
}

static enum et_status papi_open(struct et_counters *c)
{
    char buf[160];
    struct papi *p = et_alloc(1, sizeof *p);
    const char *useless = initialise(buf, sizeof buf);
    bool ok = p != NULL;
    for (size_t i = 0; i < N_QUANTITIES && ok; i++) {
        ok = useless ? et_counters_add_absent(c, quantities[i].name, useless)
                     : choose(c, p, &quantities[i]);
    }
    c->state = p;
    if (!ok)
        return et_error(ET_INFRA, "no memory for counters");
    return et_perf_open(c, false, &p->perf);
}

static void drop_sets(struct papi *p)
{
    for (size_t i = 0; i < p->n_sets; i++)
        drop_set(&p->sets[i]);
    free(p->sets);
    p->sets = NULL;
    p->n_sets = 0;
}

/* One running set for each thread; one that ended since it was listed is left
 * out. */
static enum et_status start_sets(struct papi *p, const struct et_tasks *tasks)
{
    if (p->n_natives == 0)
        return ET_OK;
    et_tasks_files(tasks->n * (p->n_natives + 8));
    p->sets = et_alloc(tasks->n, sizeof *p->sets);
    if (!p->sets)
        return et_error(ET_INFRA, "no memory for counters");
    for (size_t t = 0; t < tasks->n; t++) {
        int *set = &p->sets[p->n_sets];
        int rc = make_set(p, tasks->tid[t], set);
        if (rc == PAPI_OK) {
            rc = PAPI_start(*set);
            if (rc != PAPI_OK)
                drop_set(set);
        }
        if (rc == PAPI_OK)
            p->n_sets++;
        else if (et_task_alive(tasks->tid[t]))
            return et_error(ET_INFRA, "counting thread %d: PAPI: %s",
                            tasks->tid[t], PAPI_strerror(rc));
    }
    return ET_OK;
}

static enum et_status papi_start(struct et_counters *c)
{
    struct papi *p = c->state;
    struct et_tasks tasks = {0};
    enum et_status s = et_tasks_list(&tasks);
    drop_sets(p);
    if (s == ET_OK)
        s = start_sets(p, &tasks);
    if (s == ET_OK)
        s = et_perf_start(p->perf, &tasks);
    if (s != ET_OK)
        drop_sets(p);
    et_tasks_free(&tasks);
    return s;
}

static void add_set(const struct papi *p, const long long *v, bool first,
                    struct et_counter_value *values)
{
    double sum[N_QUANTITIES] = {0};
    for (size_t i = 0; i < p->n_natives; i++)
        sum[p->part_of[i]] += (double)v[i];
    for (size_t e = 0; e < p->n_events; e++)
        et_counter_value_add(&values[e], sum[e], first);
}

static enum et_status papi_stop(struct et_counters *c,
                                struct et_counter_value *values, int *threads)
{
    struct papi *p = c->state;
    int counted = 0;
    enum et_status s = et_perf_stop(p->perf, values + p->n_events, &counted);
    if (p->n_natives > 0)
        counted = (int)p->n_sets;
    for (size_t t = 0; t < p->n_sets && s == ET_OK; t++) {
        long long v[MAX_NATIVES] = {0};
        int rc = PAPI_stop(p->sets[t], v);
        if (rc == PAPI_OK)
            add_set(p, v, t == 0, values);
        else
            s = et_error(ET_INFRA, "PAPI_stop: %s", PAPI_strerror(rc));
    }
    drop_sets(p);
    if (s == ET_OK)
        *threads = counted;
    return s;
}

static void papi_close(struct et_counters *c)
{
    struct papi *p = c->state;
    if (!p)
        return;
    drop_sets(p);
    et_perf_close(p->perf);
    free(p);
    c->state = NULL;
}

static const char *why_not(void)
{
    return NULL;
}

#else
static const char *why_not(void)
{
    return "not built in (configure --with-papi)";
}
#endif

const struct et_counter_source et_counter_papi = {
    .name = "papi",
    .summary = "hardware events through PAPI, software events through perf",
    .why_not = why_not,
#if HAVE_PAPI
    .open = papi_open,
    .start = papi_start,
    .stop = papi_stop,
    .close = papi_close
#endif
};
