/* The global clock against the truth: all ranks of a test read one clock, so
 * each can be given a wrong one and the right time is still known. Alone, the
 * ranks are threads; under run.sh they are processes.
 */
#include "config.h"

#include <math.h>
#include <string.h>
#include <time.h>

#include "harness/team/global_clock.c"
#include "harness/team/threads.h"
#include "tests/mpi/check.h"

/* A rank's clock: what the program reads, and what is right. */
struct pair {
    struct et_clock clock, truth;
    int64_t origin; /* of the root's */
};

static void open_pair(struct et_team *t, struct pair *p)
{
    CHECK(et_clock_open("real", &p->clock) == ET_OK);
    CHECK(p->clock.identity != 0);
    /* Ranks of one machine may take different clocks of it; not here. */
    p->clock.id = CLOCK_MONOTONIC;
    p->clock.identity = 77;
    p->truth = p->clock;
    p->origin = p->clock.origin_ns;
    CHECK(et_team_broadcast(t, 0, &p->origin, sizeof p->origin) == ET_OK);
    p->truth.origin_ns = p->origin;
}

/* Clock number i, for the root's 0: wrong by an offset and a drift. */
static void go_wrong(struct pair *p, int i)
{
    p->clock.identity = 1000 + (uint64_t)i;
    if (i > 0) {
        p->clock.skew = (i % 2 ? 1 : -1) * (0.25 + i);
        p->clock.rate = (i % 2 ? -1 : 1) * 1e-3 * i;
    }
}

/* The node's clock, but opened some time later than its first rank did. */
static void share(struct et_team *t, struct pair *p)
{
    double later = t->local_rank;
    go_wrong(p, t->node);
    p->clock.origin_ns = p->origin + (int64_t)1000000000 * t->local_rank;
    /* Readings are the first rank's less `later`, drift and all. */
    p->clock.skew += p->clock.rate * later;
}

/* How far the global time is off at least: both readings around it are. */
static double off(struct et_global_clock *g, struct pair *p)
{
    double before = et_clock_now(&p->truth), now = et_global_clock_now(g),
           after = et_clock_now(&p->truth);
    return now < before ? before - now : now > after ? now - after : 0;
}

static void nap(long ms)
{
    struct timespec t = {0, ms * 1000000};
    nanosleep(&t, NULL);
}

static void holds(struct et_team *t, struct et_global_clock *g, struct pair *p,
                  double most)
{
    double wrong = off(g, p);
    if (!(wrong <= most))
        fprintf(stderr, "rank %d of %d: off by %g s, more than %g s\n", t->rank,
                t->size, wrong, most);
    CHECK(wrong <= most);
}

static void test_shared(struct et_team *t)
{
    struct et_global_clock *g = NULL;
    struct pair p;
    double error = NAN;
    open_pair(t, &p);
    CHECK(et_global_clock_open(t, &p.clock, &g) == ET_OK);
    CHECK(et_global_clock_is_shared(g));
    CHECK(et_global_clock_error(g, &error) == ET_OK);
    double most = fmax(p.clock.overhead, p.clock.resolution);
    CHECK(et_team_reduce(t, ET_MAX, &most, 1) == ET_OK);
    CHECK(error == most);
    /* Exact, but for the rounding of a double. */
    CHECK(off(g, &p) < 2e-9);
    et_global_clock_close(g);
}

/* Every rank's clock is its own; or every node's. */
static void test_wrong(struct et_team *t, bool nodes)
{
    struct et_global_clock *g = NULL;
    struct pair p;
    double error = NAN, drift = 1e-3 * (nodes ? t->nodes - 1 : t->size - 1);
    open_pair(t, &p);
    if (nodes)
        share(t, &p);
    else
        go_wrong(&p, t->rank);
    CHECK(et_global_clock_open(t, &p.clock, &g) == ET_OK);
    CHECK(et_global_clock_is_shared(g) == (drift == 0));
    CHECK(g->measured ==
          (nodes ? t->node > 0 && t->local_rank == 0 : t->rank > 0));
    /* An error is one at the time when it is asked for: what was measured
     * first has drifted since, by no more than the worst clock does. */
    double first = et_clock_now(&p.truth), began = first;
    for (int i = 0; i < 4; i++) {
        began = et_clock_now(&p.truth);
        CHECK((i ? et_global_clock_renew : et_global_clock_error)(g, &error) ==
              ET_OK);
        CHECK(error > 0);
        holds(t, g, &p, error + drift * (et_clock_now(&p.truth) - began));
        nap(60);
    }
    /* By now the drift is known over 180 ms or more, so the 60 ms since then
     * add a part of the error, and more if they lasted longer; a drift of
     * 1 ms/s that is not known would add 60 us. */
    double since = (et_clock_now(&p.truth) - began) / (began - first);
    holds(t, g, &p, (3 + 3 * since) * error);
    /* A clock that leaps is learnt anew, by a renewal and by nothing else. */
    if (t->rank == t->size - 1 && t->size > 1 && !nodes)
        p.clock.skew += 5;
    CHECK(et_global_clock_error(g, &error) == ET_OK);
    CHECK(error > 4.9 || nodes || t->size == 1);
    CHECK(et_global_clock_renew(g, &error) == ET_OK);
    CHECK(error < 0.5);
    holds(t, g, &p, error + drift * 0.1);
    et_global_clock_close(g);
}

/* Clocks that say they are one, and are not. */
static void test_liar(struct et_team *t)
{
    struct et_global_clock *g = NULL;
    struct pair p;
    double error = NAN;
    open_pair(t, &p);
    if (t->rank == t->size - 1 && t->rank > 0)
        p.clock.skew = -3;
    CHECK(et_global_clock_open(t, &p.clock, &g) == ET_OK);
    CHECK(et_global_clock_is_shared(g) == (t->size == 1));
    CHECK(et_global_clock_error(g, &error) == ET_OK);
    holds(t, g, &p, 2 * error);
    et_global_clock_close(g);
}

static void test_fake(struct et_team *t)
{
    struct et_global_clock *g = NULL;
    struct et_clock c;
    CHECK(et_clock_open("fake", &c) == ET_OK && c.identity == 0);
    CHECK(et_global_clock_open(t, &c, &g) == ET_USAGE && !g);
}

static enum et_status all(struct et_team *t, void *arg)
{
    (void)arg;
    test_shared(t);
    test_wrong(t, false);
    test_wrong(t, true);
    test_liar(t);
    test_fake(t);
    return ET_OK;
}

int main(void)
{
    struct et_team *t;
    et_log_level_set(ET_LOG_ERROR);
    CHECK(et_team_open("auto", &t) == ET_OK);
    CHECK(all(t, NULL) == ET_OK);
    if (t->size == 1) {
        static const int layouts[][2] = {
            {2, 0}, {4, 1}, {7, 2}, {8, 1}, {8, 3}};
        for (size_t i = 0; i < sizeof layouts / sizeof *layouts; i++)
            CHECK(et_team_threads_run(layouts[i][0], layouts[i][1], all,
                                      NULL) == ET_OK);
    }
    et_team_close(t);
    return 0;
}
