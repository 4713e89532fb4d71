/* Grouped products of the gemm bench: which group has how many rows, what is
 * counted, and that a wrong group is found. The bench's file is taken in whole,
 * to reach the operands of its state.
 */
#include "config.h"

#include "tests/unit/test_main.h"

#include <string.h>

#include "bench/gemm.c"
#include "harness/base/random.h"
#include "tests/unit/bench/kit.h"

static int64_t first[MOST_GROUPS + 1];

static struct params preset(void)
{
    struct params p;
    assert_int_equal(et_fields_init(rows, &p, sizeof p), ET_OK);
    p.m = 300, p.n = 40, p.k = 50, p.groups = 9, p.dtype = ET_FP32;
    return p;
}

TEST(rows_follow_the_law)
{
    struct params p = preset();
    int64_t other[MOST_GROUPS + 1];
    for (int routing = 1; routing < 40; routing++) {
        p.routing = routing;
        p.skew = routing % 4;
        p.groups = 1 + routing * 7 % 60;
        route(&p, first);
        double all = 0;
        for (int64_t g = 0; g < p.groups; g++)
            all += pow((double)(g + 1), -p.skew);
        bool taken[MOST_GROUPS] = {false};
        assert_true(first[0] == 0 && first[p.groups] == p.m);
        /* Each share once, rounded up or down. */
        for (int64_t g = 0; g < p.groups; g++) {
            int64_t n = first[g + 1] - first[g], r = 0;
            while (r < p.groups &&
                   (taken[r] ||
                    fabs(pow((double)(r + 1), -p.skew) / all * (double)p.m -
                         (double)n) >= 1))
                r++;
            assert_true(n >= 0);
            if (p.skew != 0 && p.groups < 9)
                assert_true(r < p.groups);
            if (r < p.groups)
                taken[r] = true;
        }
        route(&p, other);
        assert_memory_equal(first, other, sizeof *first * (size_t)p.groups);
    }
    /* All the same; and far fewer rows than groups. */
    p = preset();
    p.skew = 0, p.m = 90;
    route(&p, first);
    for (int64_t g = 0; g < 9; g++)
        assert_int_equal(first[g + 1] - first[g], 10);
    p.groups = 1000, p.skew = 1;
    assert_true(groups_with_rows(&p) < 90 && groups_with_rows(&p) > 9);
    /* Another seed, other groups. */
    p = preset();
    route(&p, first);
    p.routing = 2;
    route(&p, other);
    assert_memory_not_equal(first, other, sizeof *first * 9);
}

/* A and C as without groups; B of each group that has rows. */
TEST(figures_are_counted)
{
    struct params p = preset();
    p.m = 20, p.skew = 0, p.groups = 40; /* half of them have a row */
    assert_int_equal(groups_with_rows(&p), 20);
    assert_true(flop(&p, 1) == 2.0 * 20 * 40 * 50);
    assert_true(traffic(&p, 3) == 3 * 4.0 * (20 * 50 + 20 * 40 * 50 + 20 * 40));
    p.n = 300;
    assert_true(weights(&p, 1) == 4.0 * 20 * 300 * 50);
    struct et_need all, n;
    need(&p, 1, 1, &all);
    p.groups = 0;
    need(&p, 1, 1, &n);
    assert_true(all.bytes - n.bytes == 4.0 * 39 * 300 * 50);
    p = preset();
    p.batch = 2;
    et_log_level_set(ET_LOG_NONE);
    assert_int_equal(check(&p, "t"), ET_USAGE);
    assert_non_null(strstr(et_log_last_error(), "groups: 9 with batch"));
    p.batch = 1, p.scaling = STRONG;
    assert_int_equal(check(&p, "t"), ET_USAGE);
    et_log_level_set(ET_LOG_NOTE);
}

static void passes(struct kit *kit, uint64_t n, bool want)
{
    assert_int_equal(et_product_run(&kit->s, n), ET_OK);
    assert_true((verified(kit).status == ET_CHECK_PASSED) == want);
}

/* Small and large ones, by a backend that knows groups and one that does not;
 * a B of another group is found, and every fault. */
TEST(wrong_groups_are_found)
{
    static const char *const backends[] = {"reference", "native"};
    for (int way = 0; way < 16; way++) {
        struct kit kit;
        struct params p = preset();
        p.trans_a = way >> 1 & 1;
        p.beta = way >> 2 & 1;
        if (way >> 3)
            p.m = 700, p.n = 90, p.k = 90; /* by rows */
        open_kit(&kit, &et_bench_gemm, backends[way & 1], 2, &p);
        assert_int_equal(kit.s.operands.product.small, !(way >> 3));
        passes(&kit, 1, true);
        passes(&kit, 3, true);
        for (int f = 0; f < 12; f++) {
            struct et_fault fault = {f % 3 == 0   ? ET_FAULT_FLIP
                                     : f % 3 == 1 ? ET_FAULT_STALE
                                                  : ET_FAULT_SWAP,
                                     et_random_u64(7, (uint64_t)f), 30};
            double size = 0;
            assert_int_equal(et_product_run(&kit.s, 1), ET_OK);
            struct et_verification v = {0};
            assert_int_equal(et_bench_gemm.damage(&kit.s, &fault, &size),
                             ET_OK);
            assert_int_equal(et_bench_gemm.verify(&kit.s, &v), ET_OK);
            assert_true(v.status == ET_CHECK_FAILED || size <= v.certain);
            passes(&kit, 1, true);
        }
        /* The check looks at other groups than were computed. */
        int64_t moved = 1;
        while (kit.s.first[moved] == kit.s.first[moved + 1])
            moved++;
        assert_int_equal(et_product_run(&kit.s, 1), ET_OK);
        kit.s.first[moved]++;
        struct et_verification v = {0};
        assert_int_equal(et_bench_gemm.verify(&kit.s, &v), ET_OK);
        assert_int_equal(v.status, ET_CHECK_FAILED);
        kit.s.first[moved]--;
        struct et_pairs facts = {0};
        assert_int_equal(et_bench_gemm.facts(&kit.s, &facts), ET_OK);
        assert_non_null(
            strstr(et_pairs_get(&facts, "groups"), "9 of 9 groups have rows"));
        et_pairs_free(&facts);
        close_case(&kit);
    }
}

TEST_MAIN(rows_follow_the_law, figures_are_counted, wrong_groups_are_found)
