/* Asks the nodes how busy they are without the run's ranks. */
#include "config.h"
#include "harness/run/quiet.h"

#include <math.h>
#include <stdlib.h>
#include <time.h>

#include "harness/base/log.h"
#include "harness/base/memory.h"
#include "harness/run/stop.h"
#include "harness/system/tasks.h"

#define LOOK 0.2  /* s */
#define PAUSE 0.8 /* s between two looks */

bool et_quiet_is_busy(double other, double load, int64_t threads)
{
    double n = threads > 0 ? (double)threads : 1;
    /* What is not known is not quiet. */
    return isnan(other) ? !(load <= 0.5 * n) : other > 0.2 + 0.001 * n;
}

static void sleep_for(double seconds)
{
    nanosleep(&(struct timespec){.tv_sec = (time_t)seconds,
                                 .tv_nsec = (long)(1e9 * fmod(seconds, 1))},
              NULL);
}

/* Cores that the node kept busy; of this rank alone, less those of its own. The
 * sum over the node's ranks is what others did. */
static double share_of_work(struct et_team *team, struct et_clock *clock,
                            const struct et_busy *busy, double *load)
{
    struct et_busy_reading before = {{0}}, after = {{0}};
    bool reader = team->local_rank == 0;
    double own = et_tasks_cpu(), start = et_clock_now(clock);
    if (reader)
        et_busy_read(busy, &before);
    sleep_for(LOOK);
    if (reader)
        et_busy_read(busy, &after);
    double elapsed = et_clock_now(clock) - start;
    own = et_tasks_cpu() - own;
    *load = reader ? after.v[ET_BUSY_LOAD] : NAN;
    double used = after.v[ET_BUSY_USED] - before.v[ET_BUSY_USED];
    return ((reader ? used : 0) - own) / elapsed;
}

enum et_status et_quiet_look(struct et_team *team, struct et_clock *clock,
                             const struct et_busy *busy, int64_t threads,
                             struct et_quiet *out)
{
    double load = NAN;
    *out = (struct et_quiet){.other = NAN, .load = NAN, .threads = threads};
    if (clock->fake)
        return ET_OK;
    double *work = et_alloc((size_t)team->nodes, sizeof *work);
    enum et_status s = et_team_agree(team, work ? ET_OK : et_no_memory());
    if (s == ET_OK)
        s = et_team_rest(team);
    if (s == ET_OK) {
        work[team->node] = share_of_work(team, clock, busy, &load);
        s = et_team_rest(team);
    }
    if (s == ET_OK)
        s = et_team_reduce(team, ET_SUM, work, (size_t)team->nodes);
    if (s != ET_OK)
        goto out;
    double here = work[team->node];
    bool reader = team->local_rank == 0;
    /* The busiest node; by its load where work cannot be told. */
    double most = !reader       ? -1
                  : isnan(here) ? (isnan(load) ? HUGE_VAL : load)
                                : fmax(here, 0);
    s = et_team_largest(team, &most, &out->rank);
    double said[4] = {here, load, (double)threads,
                      et_quiet_is_busy(here, load, threads)};
    if (s == ET_OK)
        s = et_team_broadcast(team, out->rank, said, sizeof said);
    out->other = said[0];
    out->load = said[1];
    out->threads = (int64_t)said[2];
    out->busy = said[3] > 0;
out:
    free(work);
    return s;
}

enum et_status et_quiet_wait(struct et_team *team, struct et_clock *clock,
                             const struct et_busy *busy, int64_t threads,
                             double patience, struct et_quiet *out)
{
    double waited = 0;
    for (;;) {
        enum et_status s = et_quiet_look(team, clock, busy, threads, out);
        double stop = et_stop_wanted();
        if (s == ET_OK)
            s = et_team_reduce(team, ET_MAX, &stop, 1);
        out->stopped = stop > 0;
        if (s != ET_OK || !out->busy || stop > 0 || waited >= patience)
            return s;
        if (team->rank == 0 && waited <= 0)
            et_note("waiting until nothing else keeps the machine busy");
        sleep_for(PAUSE);
        waited += LOOK + PAUSE;
    }
}

void et_quiet_say(const struct et_quiet *q, struct et_text *out)
{
    size_t from = out->n;
    if (isnan(q->other) && isnan(q->load))
        et_text_add(out, "it cannot be told what else it does");
    if (!isnan(q->other))
        et_text_add(out, "%.2g cores busy with other work", fmax(q->other, 0));
    if (q->threads > 0)
        et_text_add(out, "%s%lld hardware threads", out->n > from ? ", " : "",
                    (long long)q->threads);
    if (!isnan(q->load))
        et_text_add(out, "%sload %.3g", out->n > from ? ", " : "", q->load);
}
