/* The global clock's arithmetic with made-up delays: what a ping-pong makes of
 * known ways there and back, models told for another origin, errors that add up
 * along the tree, clocks without an identity. Includes the source, with the
 * clock's reading and the messages replaced.
 */
#include "config.h"
#include "tests/unit/test_main.h"

#include <math.h>
#include <string.h>

#include "harness/system/clock.h"
#include "harness/team/team.h"

static double scripted_now(void);
static enum et_status scripted_exchange(void *receive, size_t n);
#define et_clock_now(clock) ((void)(clock), scripted_now())
#define et_team_exchange(t, send, ns, to, receive, nr, from)                   \
    ((void)(t), (void)(send), (void)(to), (void)(from),                        \
     scripted_exchange(receive, nr))
#include "harness/team/global_clock.c"
#undef et_clock_now
#undef et_team_exchange

/* True time; the pupil's clock shows it less 7 s, the teacher's global time is
 * the true one. Each message takes its way's delay, of which the fifth pair is
 * the quickest; a reading costs nothing but moves time on a little, so that a
 * burst ends. */
static double truth;
static int messages;
static struct hello teacher;

static double scripted_now(void)
{
    truth += 1e-9;
    return truth - 7;
}

static enum et_status scripted_exchange(void *receive, size_t n)
{
    if (n == sizeof(struct hello)) {
        memcpy(receive, &teacher, n);
        return ET_OK;
    }
    double there = messages == 4 ? 3e-6 : 50e-6,
           back = messages == 4 ? 1e-6 : 20e-6;
    messages++;
    truth += there;
    if (n == sizeof(double))
        memcpy(receive, &truth, n);
    truth += back;
    return ET_OK;
}

static void assert_near(double v, double expected, double most)
{
    if (!(fabs(v - expected) <= most))
        fail_msg("%.12g, not %.12g", v, expected);
}

static struct et_global_clock pupil(struct et_clock *clock)
{
    *clock = (struct et_clock){.resolution = 1e-9, .overhead = 2e-9};
    truth = 100;
    messages = 0;
    return (struct et_global_clock){.clock = clock, .teacher = 0};
}

/* The best round trip was 4 us, 3 there and 1 back: the middle is 1 us off,
 * within half the trip. */
TEST(a_ping_pong)
{
    struct et_clock clock;
    struct et_global_clock g = pupil(&clock);
    struct offset best;
    assert_int_equal(ask(&g, false, &best), ET_OK);
    assert_true(messages >= LEAST && truth > 100 + BURST);
    assert_near(best.half, 2e-6, 5e-9);
    assert_near(best.by, 7 + 1e-6, 5e-9);
    /* At the middle of the fifth trip, after four of 70 us. */
    assert_near(best.at, 100 - 7 + 4 * 70e-6 + 2e-6, 1e-7);
}

TEST(along_the_tree)
{
    struct et_clock clock;
    struct et_global_clock g = pupil(&clock);
    const struct hello h = {.residual = 1e-3, .doubt = 1e-4};
    g.model.offset = 7.5; /* half a second too much */
    assert_int_equal(look(&g, &h), ET_OK);
    assert_near(g.residual, 1e-3 + 0.5 - 1e-6, 1e-8);
    assert_near(g.doubt, 1e-4 + 2e-6 + 2e-9, 1e-8);
    assert_int_equal(g.n_kept, 1);
}

/* Read at one instant, two clocks of one kind that were opened 5 s apart. */
TEST(another_origin)
{
    const struct model m = {.offset = 3, .drift = 0.25, .pivot = 10};
    struct model s = shifted(&m, 5);
    for (double local = 0; local < 100; local += 7)
        assert_near(modelled(&s, local - 5), modelled(&m, local), 1e-12);
    assert_near(modelled(&m, 14), 14 + 3 + 1, 1e-12);
}

TEST(identities)
{
    static const struct {
        uint64_t mine, theirs;
        bool measured;
    } v[] = {{5, 5, false}, {5, 6, true}, {0, 0, true}, {5, 0, true}};
    for (size_t i = 0; i < sizeof v / sizeof *v; i++) {
        struct et_clock clock;
        struct et_global_clock g = pupil(&clock);
        struct hello mine = {.identity = v[i].mine, .origin_ns = 4000000000};
        teacher = (struct hello){.identity = v[i].theirs,
                                 .origin_ns = 1000000000,
                                 .model = {.offset = 1},
                                 .residual = 2,
                                 .doubt = 3};
        assert_int_equal(meet_teacher(&g, true, &mine), ET_OK);
        assert_int_equal(g.measured, v[i].measured);
        if (v[i].measured)
            continue;
        /* Opened 3 s later: its readings are 3 s less. */
        assert_near(modelled(&g.model, 10), 10 + 3 + 1, 1e-12);
        assert_true(g.residual == 2 && g.doubt == 3);
    }
}

/* A line through offsets that drift by 1 ms/s; at rest there is none. */
TEST(fits)
{
    struct et_clock clock;
    struct et_global_clock g = pupil(&clock);
    struct offset o = {0};
    for (int i = 0; i < 20; i++) {
        o = (struct offset){i, 2 + 1e-3 * i, 1e-6};
        keep(&g, &o);
    }
    fit(&g, &o);
    assert_near(g.model.drift, 1e-3, 1e-9);
    assert_near(modelled(&g.model, 25), 25 + 2 + 0.025, 2e-6);
    g = pupil(&clock);
    for (int i = 0; i < 20; i++) {
        o = (struct offset){i, 2 + (i % 2 ? 1e-7 : -1e-7), 1e-6};
        keep(&g, &o);
    }
    fit(&g, &o);
    assert_true(g.model.drift == 0 && g.model.offset == o.by);
    /* One that was off by far, and says so, weighs little. */
    g = pupil(&clock);
    for (int i = 0; i < 20; i++) {
        o = (struct offset){i, 2 + 1e-3 * i, 1e-6};
        if (i == 3)
            o = (struct offset){i, 2.5, 0.5};
        keep(&g, &o);
    }
    fit(&g, &o);
    assert_near(g.model.drift, 1e-3, 1e-6);
}

QUIET_TEST_MAIN(a_ping_pong, along_the_tree, another_origin, identities, fits)
