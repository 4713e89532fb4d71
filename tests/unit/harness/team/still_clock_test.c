/* Time that is simulated: a clock that stands still, and one that moves only
 * when the team communicates. Nothing that waits for the time may hang, and
 * where time can be made to go on the wait is kept.
 */
#include "config.h"
#include "tests/unit/test_main.h"

#include <stdlib.h>
#include <unistd.h>

#include "harness/base/log.h"
#include "harness/run/sampler.h"
#include "harness/team/threads.h"
#include "tests/unit/fake_bench.h"

#define RANKS 3
#define STEP 1e-6 /* s that a call of the team takes */

/* Of this rank: where its time comes from, and the transport under it. */
static _Thread_local struct et_clock *mine;
static _Thread_local const struct et_team_ops *under;
static _Thread_local double step;

static enum et_status later(enum et_status s)
{
    mine->skew += step;
    return s;
}

static enum et_status slow_barrier(struct et_team *t)
{
    return later(under->barrier(t));
}

static enum et_status slow_broadcast(struct et_team *t, int root, void *data,
                                     size_t n)
{
    return later(under->broadcast(t, root, data, n));
}

static enum et_status slow_reduce(struct et_team *t, enum et_reduce op,
                                  double *v, size_t n)
{
    return later(under->reduce(t, op, v, n));
}

static enum et_status slow_exchange(struct et_team *t, const void *send,
                                    size_t ns, int to, void *receive, size_t nr,
                                    int from)
{
    return later(under->exchange(t, send, ns, to, receive, nr, from));
}

/* Stands still but for what the team adds: real time takes itself away. */
static void stop_time(struct et_team *t, struct et_clock *clock,
                      struct et_team_ops *ops, double each)
{
    assert_int_equal(et_clock_open("real", clock), ET_OK);
    clock->rate = -1;
    clock->identity = 0; /* so that each rank is measured */
    mine = clock;
    under = t->ops;
    step = each;
    *ops = *t->ops;
    ops->barrier = slow_barrier;
    ops->broadcast = slow_broadcast;
    ops->reduce = slow_reduce;
    ops->exchange = slow_exchange;
    t->ops = ops;
}

static enum et_status wait_and_sample(struct et_team *t, void *arg)
{
    double each = *(const double *)arg, elapsed = 0;
    const struct et_team_ops *right = t->ops;
    struct et_team_ops ops;
    struct et_clock clock;
    struct fake fake = {0};
    struct fake_state state = {&fake};
    struct et_reals times = {0};
    struct et_sampler m = {.bench = &fake_bench,
                           .state = &state,
                           .team = t,
                           .clock = &clock,
                           .iterations = 1};
    stop_time(t, &clock, &ops, each);
    bool good = et_global_clock_open(t, &clock, &m.global) == ET_OK;
    if (good) {
        double now = et_global_clock_now(m.global), until = now + 5 * STEP;
        double end = et_global_clock_wait(m.global, until, 1);
        good = each > 0 ? end >= until && end < until + 3 * STEP : end == now;
        /* Never longer than it may. */
        end = et_global_clock_wait(m.global, end + 1, 4 * STEP);
        good = good && end < until + 10 * STEP;
    }
    good = good && et_sampler_synchronise(&m) == ET_OK &&
           et_sampler_block(&m, 3, 0, &times, &elapsed) == ET_OK &&
           times.n == 3 && et_sampler_calibrate(&m, 1e-3) == ET_OK;
    et_global_clock_close(m.global);
    et_sampler_free(&m);
    free(times.v);
    t->ops = right;
    return good ? ET_OK : ET_WRONG;
}

static void check(double each)
{
    alarm(60); /* a wait that does not end ends the test */
    for (int ranks = 1; ranks <= RANKS; ranks++)
        assert_int_equal(et_team_threads_run(ranks, 0, wait_and_sample, &each),
                         ET_OK);
    alarm(0);
}

TEST(stands_still)
{
    check(0);
}

TEST(moves_by_messages)
{
    check(STEP);
}

QUIET_TEST_MAIN(stands_still, moves_by_messages)
