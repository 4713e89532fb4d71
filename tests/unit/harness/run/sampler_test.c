/* The sampler's own rules, on figures put into it: when windows are given up,
 * how starts and misses are told, what is dropped with the warm-up.
 */
#include "config.h"
#include "tests/unit/test_main.h"

#include <stdlib.h>
#include <string.h>

#include "harness/base/log.h"
#include "harness/run/sampler.h"
#include "harness/team/global_clock.h"
#include "harness/team/threads.h"

static enum et_status own_rules(struct et_team *team, void *arg)
{
    struct et_clock clock;
    struct et_result_sync out = {0};
    double own[] = {1, 2, 3, 4}, missed[] = {0, 1, 1, 0};
    bool again[2] = {false, false}, *good = arg;
    if (et_clock_open("real", &clock) != ET_OK)
        return ET_INFRA;
    struct et_sampler m = {.team = team, .clock = &clock, .iterations = 2};
    if (et_global_clock_open(team, &clock, &m.global) != ET_OK)
        return ET_INFRA;
    /* Twice an error of 1 s is a tenth of 20 s, and more of 19 s: two
     * iterations of so much each. */
    for (int i = 0; i < 2; i++) {
        m.error = 1;
        m.windows = m.spans = true;
        if (et_sampler_settle(&m, i ? 9.5 : 10, &again[i]) != ET_OK)
            return ET_INFRA;
        *good = *good && again[i] == i && m.spans == !i;
    }
    *good = *good && strstr(m.reason, "error of 1 s") &&
            strstr(m.reason, "tenth of a sample's 19 s");
    et_global_clock_close(m.global);
    /* Five starts from 1 to 9 s are 2 s apart. */
    m.windows = true;
    m.first = 1;
    m.newest = 9;
    m.starts = 5;
    m.error = 0.25;
    m.error_after = 0.5;
    m.own = (struct et_reals){own, 4};
    m.last = m.missed = (struct et_reals){missed, 4};
    if (et_sampler_describe(&m, &out) != ET_OK)
        return ET_INFRA;
    *good = *good && out.window == 2 && out.missed == 2 && out.late.n == 2 &&
            out.late.v[0] == 1 && out.late.v[1] == 2 && out.error == 0.25 &&
            out.error_after == 0.5;
    free(out.start);
    free(out.late.v);
    /* The first two do not count. */
    m.last.v = (double[]){1, 1, 0, 0};
    m.device = (struct et_reals){(double[]){5, 6, 7, 8}, 4};
    et_sampler_drop(&m, 2);
    *good = *good && m.own.n == 2 && m.last.n == 2 && m.missed.n == 2 &&
            m.own.v[0] == 3 && m.last.v[0] == 0 && m.missed.v[0] == 1 &&
            m.device.n == 2 && m.device.v[0] == 7 && m.starts == 3;
    return ET_OK;
}

static bool rules_good[2];

static enum et_status each_own_rules(struct et_team *team, void *arg)
{
    (void)arg;
    rules_good[team->rank] = true;
    return own_rules(team, &rules_good[team->rank]);
}

#define JUMP 0.1 /* s: no rank waits so long for its turn on a core */
enum lie { HONEST, STEPS, JUMPS, GOES_BACK };

/* Both ranks begin with one clock; that of rank 1, or of all, then lies. */
struct jumpy {
    enum lie lie;
    struct et_clock clock;
    int calls;
    bool liar;
};

static enum et_status jump(void *state, uint64_t iterations)
{
    struct jumpy *j = state;
    (void)iterations;
    j->calls++;
    if (j->liar && j->lie == STEPS && j->calls == 3)
        j->clock.skew = JUMP;
    if (j->liar && j->lie == JUMPS)
        j->clock.skew = j->calls % 4 / 2 * JUMP;
    if (j->liar && j->lie == GOES_BACK && j->calls == 3)
        j->clock.skew = -JUMP;
    return ET_OK;
}

struct lying {
    enum lie lie;
    bool spans[2], again[2];
    char doubt[2][160];
};

static enum et_status under_lies(struct et_team *team, void *arg)
{
    struct lying *l = arg;
    const struct et_bench bench = {.name = "jumpy", .run = jump};
    struct jumpy j = {.lie = l->lie, .liar = team->rank == team->size - 1};
    double elapsed;
    if (et_clock_open("real", &j.clock) != ET_OK)
        return ET_INFRA;
    struct et_sampler m = {.bench = &bench,
                           .state = &j,
                           .team = team,
                           .clock = &j.clock,
                           .iterations = 1};
    enum et_status s = ET_OK;
    if (team->size > 1)
        s = et_global_clock_open(team, &j.clock, &m.global);
    if (s == ET_OK)
        s = et_sampler_synchronise(&m);
    if (s == ET_OK)
        s = et_sampler_block(&m, 12, 0, NULL, &elapsed);
    if (s == ET_OK)
        s = et_sampler_settle(&m, 1e-3, &l->again[team->rank]);
    l->spans[team->rank] = m.spans;
    et_sampler_doubt(&m, l->doubt[team->rank], sizeof l->doubt[0]);
    et_global_clock_close(m.global);
    et_sampler_free(&m);
    return s;
}

/* A clock that jumps is not believed, and every rank says so; not even if it is
 * right again when the error is measured. */
TEST(clocks_that_lie)
{
    for (enum lie lie = HONEST; lie <= GOES_BACK; lie++) {
        for (int ranks = 1; ranks <= 2; ranks++) {
            struct lying l = {.lie = lie};
            assert_int_equal(et_team_threads_run(ranks, 0, under_lies, &l),
                             ET_OK);
            /* Alone, a clock that jumps ahead is not seen to. */
            bool seen = ranks == 2 ? lie != HONEST : lie >= JUMPS;
            for (int i = 0; i < ranks; i++) {
                if (seen)
                    assert_non_null(
                        strstr(l.doubt[i], ranks == 2 ? "contradict each other"
                                                      : "contradicts itself"));
                else
                    assert_string_equal(l.doubt[i], "");
                assert_true(l.spans[i] == (ranks == 2 && !seen));
                /* A busy machine misses windows, and that is no lie. */
                assert_true(l.again[i] || ranks == 1 || !seen);
            }
        }
    }
}

static double pause; /* s of an inspection */
static int looked;

static void wait_for(double seconds)
{
    struct et_clock clock;
    assert_int_equal(et_clock_open("real", &clock), ET_OK);
    while (et_clock_now(&clock) < seconds)
        ;
}

static enum et_status work_a_while(void *state, uint64_t iterations)
{
    (void)state, (void)iterations;
    wait_for(1e-3);
    return ET_OK;
}

static void no_glance(void *state)
{
    (void)state;
}

static void look_a_while(void *state)
{
    (void)state;
    looked++;
    if (pause > 0)
        wait_for(pause);
}

/* As many samples are inspected as cost a hundredth of the time. */
TEST(inspections)
{
    const struct et_bench bench = {.name = "a while",
                                   .run = work_a_while,
                                   .glance = no_glance,
                                   .inspect = look_a_while};
    struct et_clock clock;
    struct et_team *team;
    double elapsed;
    assert_int_equal(et_team_open("self", &team), ET_OK);
    assert_int_equal(et_clock_open("real", &clock), ET_OK);
    for (int dear = 0; dear < 2; dear++) {
        struct et_sampler m = {
            .bench = &bench, .team = team, .clock = &clock, .iterations = 1};
        pause = dear ? 1 : 0;
        looked = 0;
        assert_int_equal(et_sampler_synchronise(&m), ET_OK);
        et_sampler_inspect(&m);
        et_sampler_begin(&m);
        assert_int_equal(et_sampler_block(&m, 20, 0, NULL, &elapsed), ET_OK);
        /* A second's look would need a hundred seconds. */
        assert_int_equal(looked - 1, m.looks);
        assert_true(dear ? m.looks == 0 : m.looks > 0);
        assert_true(m.look >= pause);
        et_sampler_free(&m);
    }
    et_team_close(team);
}

TEST(samplers_rules)
{
    assert_int_equal(et_team_threads_run(2, 0, each_own_rules, NULL), ET_OK);
    assert_true(rules_good[0] && rules_good[1]);
}

QUIET_TEST_MAIN(clocks_that_lie, inspections, samplers_rules)
