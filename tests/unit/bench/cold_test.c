/* Cold operands of the gemm bench: how many copies there are, that they have
 * the same numbers and are gone through, and what is counted as weights. The
 * bench's file is taken in whole, to reach the operands of its state.
 */
#include "config.h"

#include "tests/unit/test_main.h"

#include <string.h>

#include "bench/level.h"

/* What cold operands go through: so much that a test has no time for the caches
 * of this machine. */
#define SET 100000
static enum et_status small_set(const struct et_level_params *p,
                                struct et_team *team, int threads,
                                struct et_level_set *out)
{
    *out = (struct et_level_set){.bytes = SET};
    return p->level == ET_LEVEL_MEMORY && team && threads ? ET_OK : ET_INFRA;
}
#define et_level_resolve small_set
#include "bench/gemm.c"
#undef et_level_resolve
#include "tests/unit/bench/kit.h"

static int64_t first_rows[MOST_GROUPS + 1]; /* of groups: there are none */

static struct params preset(void)
{
    struct params p;
    assert_int_equal(et_fields_init(rows, &p, sizeof p), ET_OK);
    return p;
}

/* Every iteration has the same numbers, in the next of as many copies as it
 * takes to read so much; the record says so. */
TEST(cold_operands_have_copies)
{
    struct params p = preset();
    struct kit kit;
    p.dtype = ET_BF16, p.m = 20, p.n = 30, p.k = 50, p.batch = 2;
    p.operands = COLD;
    for (int way = 0; way < 4; way++) {
        struct et_pairs facts = {0};
        p.beta = way & 1;
        p.trans_a = way >> 1;
        open_kit(&kit, &et_bench_gemm, "native", 2, &p);
        const struct et_gemm *g = &kit.s.local;
        /* A and B have 1000 and 1500 elements of each of two products. */
        int64_t room = p.beta ? 0 : 63 * 32;
        assert_int_equal(g->turn_a.others + 1, SET / (2 * 5000));
        assert_int_equal(g->turn_b.others, g->turn_a.others);
        assert_true(g->turn_a.apart >= 2000 + room &&
                    g->turn_a.apart < 2000 + room + 32);
        assert_true(g->turn_b.apart >= 3000 + room &&
                    g->turn_b.apart < 3000 + room + 32);
        for (int i = 0; i < 2; i++) {
            const struct et_buffer *in = &kit.s.operands.in[i];
            const struct et_turn *t = i ? &g->turn_b : &g->turn_a;
            size_t size = (size_t)(i ? 3000 : 2000) + (size_t)room;
            assert_int_equal(in->n, size + (size_t)(t->others * t->apart));
            for (int64_t c = 1; c <= t->others; c++)
                assert_memory_equal(
                    in->host, (char *)in->host + c * t->apart * 2, size * 2);
        }
        /* New numbers where the last iteration had the last copy: that one is
         * filled, and not a byte beyond it is read. */
        struct et_product_fill fill = {.epoch = 5};
        kit.s.operands.product.done = (uint64_t)g->turn_a.others;
        assert_int_equal(et_operands_fill(&kit.s, &fill), ET_OK);
        for (int i = 0; i < 2; i++) {
            const char *in = kit.s.operands.in[i].host;
            const struct et_turn *t = i ? &g->turn_b : &g->turn_a;
            size_t size = (size_t)(i ? 3000 : 2000) + (size_t)room;
            for (int64_t c = 1; c <= t->others; c++)
                assert_memory_equal(in, in + c * t->apart * 2, size * 2);
        }
        for (uint64_t n = 1; n < 30; n += 7) {
            assert_int_equal(et_product_run(&kit.s, n), ET_OK);
            assert_int_equal(verified(&kit).status, ET_CHECK_PASSED);
        }
        assert_int_equal(et_bench_gemm.facts(&kit.s, &facts), ET_OK);
        assert_non_null(
            strstr(et_pairs_get(&facts, "cold"), "10 copies of A and B"));
        et_pairs_free(&facts);
        close_case(&kit);
    }
    p.operands = HOT;
    struct et_need hot, cold;
    need(&p, 1, 1, &hot);
    p.operands = COLD;
    need(&p, 1, 1, &cold);
    assert_true(cold.memory >
                hot.memory + 0.9 * et_level_estimate(&beyond_caches, 1, 1));
}

/* More than the set is cold as it is. */
TEST(large_operands_have_no_copies)
{
    struct params p = preset();
    struct et_gemm g;
    p.m = 100, p.n = 100, p.k = 1000, p.operands = COLD;
    g = local(&p, 0, 1, first_rows);
    rotate(&p, 1.6e6, &g);
    assert_int_equal(g.turn_a.others, 0);
    assert_int_equal(g.turn_b.apart, 0);
    rotate(&p, 1.7e6, &g);
    assert_int_equal(g.turn_a.others, 1);
    assert_int_equal(g.turn_b.others, 1);
    p.operands = HOT;
    g = local(&p, 0, 1, first_rows);
    rotate(&p, 1.7e6, &g);
    assert_int_equal(g.turn_a.others, 0);
}

/* Of the larger operand, where C is skinny. */
TEST(weights_are_counted)
{
    struct params p = preset();
    p.dtype = ET_BF16, p.m = 256, p.n = 257, p.k = 10;
    assert_true(weights(&p, 1) == 2 * 257 * 10);
    assert_true(weights(&p, 3) == 3 * 2 * 257 * 10);
    p.m = 300, p.n = 1;
    assert_true(weights(&p, 1) == 2 * 300 * 10);
    p.n = 257;
    assert_true(weights(&p, 1) == 0);
    p.m = p.n = 256;
    assert_true(weights(&p, 1) == 0);
}

TEST_MAIN(cold_operands_have_copies, large_operands_have_no_copies,
          weights_are_counted)
