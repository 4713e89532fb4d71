/* Reads the CPU time of each thread around one sample, and merges the ranks'.
 */
#include "config.h"
#include "harness/run/delivered.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "harness/base/log.h"
#include "harness/base/memory.h"
#include "harness/system/tasks.h"
#include "harness/system/files.h"

#define SHARE 0.1    /* of the busiest thread's time: it worked */
#define LONG 0.01    /* s: a sample whose CPU times are believed */
#define PATIENCE 400 /* looks, 1 ms apart, until the others sleep */
#define MOST 1000    /* times the iterations of a sample */

int64_t et_delivered_count(const struct et_thread_use *v, size_t n,
                           double ended, double wall, int64_t asked)
{
    double busiest = 0, all = ended;
    int64_t worked = 0;
    for (size_t i = 0; i < n; i++) {
        if (!v[i].restless)
            busiest = fmax(busiest, v[i].seconds);
    }
    if (!(busiest > 0))
        return 0;
    for (size_t i = 0; i < n; i++) {
        worked += !v[i].restless && v[i].seconds >= SHARE * busiest;
        all += v[i].restless ? 0 : v[i].seconds;
    }
    worked += (int64_t)fmax(ceil(ended / busiest - SHARE), 0);
    int64_t cores = (int64_t)ceil(all / wall - SHARE);
    return worked <= asked  ? worked
           : cores <= asked ? asked
           : cores < worked ? cores
                            : worked;
}

struct reading {
    struct et_clock *clock;
    struct et_tasks before;
    double *cpu; /* of each of them, s */
    bool *restless;
    double process; /* CPU time of the process, s */
    double began;   /* s */
    enum et_status status;
    int64_t asked, delivered, restless_n;
};

/* Waits until all other threads sleep, or for as long as a runtime lets idle
 * ones spin: 200 ms with LLVM's, some ms with GNU's. */
static void settle(const struct et_tasks *t)
{
    int self = et_task_self();
    for (int look = 0; look < PATIENCE; look++) {
        bool asleep = true;
        for (size_t i = 0; asleep && i < t->n; i++)
            asleep = t->tid[i] == self || et_task_sleeps(t->tid[i]);
        if (asleep)
            return;
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    }
}

static void begin(void *with)
{
    struct reading *r = with;
    int self = et_task_self();
    r->status = et_tasks_list(&r->before);
    if (r->status != ET_OK)
        return;
    size_t n = r->before.n;
    r->cpu = et_alloc(n, sizeof *r->cpu);
    r->restless = et_alloc(n, sizeof *r->restless);
    if (!r->cpu || !r->restless) {
        r->status = et_no_memory();
        return;
    }
    settle(&r->before);
    for (size_t i = 0; i < n; i++) {
        int tid = r->before.tid[i];
        r->restless[i] = tid != self && !et_task_sleeps(tid);
        r->restless_n += r->restless[i];
        if (!et_task_cpu(tid, &r->cpu[i]))
            r->cpu[i] = 0;
    }
    r->process = et_tasks_cpu();
    r->began = et_clock_now(r->clock);
}

static void end(void *with)
{
    struct reading *r = with;
    struct et_tasks now = {0};
    double wall = et_clock_now(r->clock) - r->began;
    if (r->status != ET_OK || (r->status = et_tasks_list(&now)) != ET_OK)
        return;
    struct et_thread_use *use = et_alloc(now.n, sizeof *use);
    double all = 0;
    if (!use)
        r->status = et_no_memory();
    for (size_t i = 0; use && i < now.n; i++) {
        size_t k = 0;
        while (k < r->before.n && r->before.tid[k] != now.tid[i])
            k++;
        double used = 0;
        if (!et_task_cpu(now.tid[i], &used))
            continue;
        if (k < r->before.n)
            used -= r->cpu[k];
        use[i].seconds = used;
        use[i].restless = k < r->before.n && r->restless[k];
        all += used;
    }
    if (use)
        r->delivered = et_delivered_count(
            use, now.n, et_tasks_cpu() - r->process - all, wall, r->asked);
    free(use);
    et_tasks_free(&now);
}

/* Why not, by number, so that all ranks can say it. */
enum { KNOWN, SPIN, NOTHING, THREADS, UNLISTED, FAKE };
static const char *const why[] = {
    [SPIN] = "idle threads do not sleep, so that their CPU time does not tell "
             "who worked; unset OMP_WAIT_POLICY, GOMP_SPINCOUNT, KMP_BLOCKTIME",
    [NOTHING] = "no thread of a rank used CPU time",
    [THREADS] = "the ranks are threads of one process",
    [UNLISTED] = "/proc/self/task does not list the threads",
    [FAKE] = "the clock is a fake"};

/* What speaks against it before anything is run. The same on all ranks, but
 * for UNLISTED. */
static int obstacle(const struct et_sampler *m)
{
    return m->clock->fake                               ? FAKE
           : strcmp(m->team->ops->name, "threads") == 0 ? THREADS
           : !et_file_exists("", "/proc/self/task")     ? UNLISTED
                                                        : KNOWN;
}

static enum et_status around_one(struct et_sampler *m, double seconds,
                                 struct reading *r)
{
    const struct et_around around = {begin, end, r};
    uint64_t iterations = m->iterations;
    if (!m->bench->once && seconds > 0)
        m->iterations *= (uint64_t)fmin(fmax(ceil(LONG / seconds), 1), MOST);
    enum et_status s = et_sampler_around(m, &around);
    m->iterations = iterations;
    s = s == ET_OK ? r->status : s;
    et_tasks_free(&r->before);
    free(r->cpu);
    free(r->restless);
    return s;
}

enum et_status et_delivered_pass(struct et_sampler *m, double seconds,
                                 struct et_result_team *out)
{
    struct reading r = {.clock = m->clock, .asked = out->threads};
    double obstacles = obstacle(m);
    enum et_status s = et_team_reduce(m->team, ET_MAX, &obstacles, 1);
    if (s != ET_OK)
        return s;
    /* The fewest and the most of the ranks, and why there is no number. */
    double said[3] = {0, 0, obstacles};
    if (obstacles == KNOWN) {
        s = et_team_agree(m->team, around_one(m, seconds, &r));
        if (s != ET_OK)
            return s;
        said[0] = -(double)r.delivered;
        said[1] = (double)r.delivered;
        said[2] = r.restless_n && r.delivered < out->threads ? SPIN
                  : r.delivered == 0                         ? NOTHING
                                                             : KNOWN;
        s = et_team_reduce(m->team, ET_MAX, said, 3);
        if (s != ET_OK)
            return s;
    }
    int reason = (int)said[2];
    if (reason != KNOWN) {
        out->delivered_absent = et_strdup(why[reason]);
        return out->delivered_absent ? ET_OK : et_no_memory();
    }
    int64_t fewest = (int64_t)-said[0], most = (int64_t)said[1];
    /* What else a serial kernel's library keeps busy, as one of MPI's may, is
     * not the case's. */
    if (m->bench->serial && most > out->threads)
        most = out->threads;
    out->delivered = fewest < out->threads ? fewest : most;
    return ET_OK;
}
