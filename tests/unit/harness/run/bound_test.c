/* How long a case may take: by hand, and how it follows the plan. A bench that
 * needs what it is told to.
 */
#include "config.h"
#include "tests/unit/test_main.h"

#include <math.h>

#include "harness/run/bound.h"
#include "tests/unit/fake_bench.h"

static struct et_need of_rank; /* flop and bytes of each rank */

static void need(const void *params, int ranks, int threads,
                 struct et_need *out)
{
    (void)params, (void)threads;
    *out = of_rank;
    out->flop *= ranks;
    out->bytes *= ranks;
    out->disk *= ranks;
}

static bool ceiling(const void *params, int ranks, int threads, size_t i,
                    struct et_ceiling_case *out)
{
    (void)params, (void)ranks, (void)threads, (void)i, (void)out;
    return false;
}

struct trial {
    const char *backend;
    int64_t ranks, nodes, threads;
    int64_t passes, max_passes, min_samples;
    double budget, min_time;
    bool once, bounded, ceilings;
    enum et_role role;
};
static const struct trial plain = {.backend = "quick",
                                   .ranks = 1,
                                   .nodes = 1,
                                   .threads = 1,
                                   .passes = 1,
                                   .max_passes = 1,
                                   .min_samples = 6,
                                   .budget = 1};

static double bound(const struct trial *t)
{
    struct et_bench bench = fake_bench;
    struct et_options o;
    bench.need = need;
    bench.once = t->once;
    bench.role = t->role;
    bench.ceiling = t->bounded ? ceiling : NULL;
    const struct et_case c = {.bench = &bench,
                              .backend = (char *)t->backend,
                              .ranks = t->ranks,
                              .nodes = t->nodes,
                              .threads = t->threads};
    assert_int_equal(et_fields_init(et_option_rows, &o, sizeof o), ET_OK);
    o.passes = t->passes;
    o.max_passes = t->max_passes;
    o.min_samples = t->min_samples;
    o.budget = t->budget;
    o.min_time = t->min_time;
    o.ceilings = t->ceilings;
    double s = et_bound_case(&c, &o, 10e9);
    et_fields_free(et_option_rows, &o, sizeof o);
    return s;
}

static bool near(double a, double b)
{
    return fabs(a - b) < 1e-9 * b;
}

/* An iteration takes 0.1 s, memory 1 s. In the only pass: three iterations and
 * a sample untimed, a quarter of the budget of warm-up, the budget of 1 s and
 * two samples; five iterations and twelve samples more as it is the first. */
TEST(by_hand)
{
    struct trial t = plain;
    of_rank = (struct et_need){.flop = 1e9, .memory = 0.2e9};
    assert_true(near(bound(&t), 0.05 + 1 + 0.3 + 0.1 + 0.25 + 1.2 + 0.5 + 1.2));
    /* Bytes take their time; and 0.2 s a sample makes six of them longer than
     * the budget. */
    of_rank = (struct et_need){.bytes = 0.8e9, .memory = 0.2e9};
    assert_true(near(bound(&t), 0.05 + 1 + 0.6 + 0.2 + 0.25 + 1.6 + 1.0 + 2.4));
    /* Storage; a sample has its preparation with it, and is not calibrated. */
    of_rank = (struct et_need){.bytes = 40e6, .disk = 40e6, .memory = 0.2e9};
    t.once = true;
    assert_true(near(bound(&t), 0.05 + 1 + 0.3 + 0.3 + 0.25 + 2.4 + 0.3));
    /* Not more than five budgets. */
    t.budget = 0.1;
    assert_true(near(bound(&t), 0.05 + 1 + 0.3 + 0.3 + 0.025 + 1.1 + 0.3));
}

/* A ring's messages go one after the other: 0.1 s in a team of 5001. */
TEST(long_rings)
{
    struct trial t = plain;
    of_rank = (struct et_need){.memory = 0.2e9};
    t.ranks = 5001;
    double without = bound(&t);
    t.role = ET_ROLE_COLLECTIVE;
    assert_true(near(bound(&t), 0.05 + 1 + 0.3 + 0.1 + 0.25 + 1.2 + 0.5 + 1.2));
    assert_true(without < bound(&t));
}

/* What lies on each node is moved by each node, and computed by each rank: a
 * thousand times as many take as long. */
TEST(large_machines)
{
    struct trial one = plain, many = plain;
    of_rank = (struct et_need){.flop = 1e9, .bytes = 1e6, .memory = 1e6};
    one.ranks = 100;
    many.ranks = 100000;
    many.nodes = 1000;
    assert_true(near(bound(&many), bound(&one)));
    assert_true(bound(&one) < 10);
    of_rank.disk = 1;
    assert_true(near(bound(&many), bound(&one)));
    of_rank = (struct et_need){.flop = 1e12};
    one.threads = 4;
    assert_true(bound(&one) < bound(&plain));
    one.backend = "reference";
    assert_true(bound(&one) > 2 * bound(&many));
}

TEST(passes)
{
    struct trial t = plain;
    of_rank = (struct et_need){.flop = 1e6, .memory = 0.1e9};
    double once = bound(&t);
    t.passes = t.max_passes = 6;
    double six = bound(&t);
    assert_true(six > 6 * 0.5 + 1 && six > once + 5 * 0.5);
    t.max_passes = 12;
    assert_true(near(bound(&t) / six, 2) || bound(&t) > 1.9 * six);
    /* Fewer than six have no interval, and none follows them. */
    t.passes = 5;
    double five = bound(&t);
    t.max_passes = 5;
    assert_true(bound(&t) == five);
    /* Samples so long that six passes have the budget already. */
    t = plain;
    t.passes = 6;
    t.max_passes = 1000;
    t.min_samples = 12;
    of_rank = (struct et_need){.flop = 1e9, .memory = 0.1e9};
    assert_true(bound(&t) > 6 * (0.5 + 0.6) && bound(&t) < 1000 * 0.5 * 2);
}

TEST(ceilings)
{
    struct trial t = plain;
    of_rank = (struct et_need){.flop = 1e6, .bytes = 1e9};
    double without = bound(&t);
    t.ceilings = true; /* but none bounds it */
    assert_true(bound(&t) == without);
    t.bounded = true;
    /* Three move 1 GB at 4 GB/s, twelve times and two between, each nine. */
    assert_true(bound(&t) > without + 3 * 14 * 9 * 0.25);
    t.ceilings = false;
    assert_true(bound(&t) == without);
}

TEST_MAIN(by_hand, long_rings, large_machines, passes, ceilings)
