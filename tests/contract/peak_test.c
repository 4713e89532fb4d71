/* peak: every listed backend and element type that is here does all of its
 * multiply-adds, on one thread and on two, and the check sees each one that is
 * missing, on whatever lane. The bench's file is taken in whole, to reach its
 * state.
 */
#include "config.h"
#include "tests/unit/test_main.h"

#include <stdlib.h>
#include <string.h>

#include "bench/peak.c"
#include "kernels/gemm/native/tile.h"
#include "harness/base/random.h"
#include "tests/unit/bench/kit.h"

static void open_case(struct kit *kit, const struct et_peak_backend *b,
                      enum et_dtype dtype, int threads)
{
    struct params p = {(int)dtype};
    open_kit(kit, &et_bench_peak, b->base.name, threads, &p);
}

static void assert_passes(struct kit *kit)
{
    struct et_verification v = verified(kit);
    if (v.status != ET_CHECK_PASSED)
        fail_msg("%s %s", kit->s.backend->base.name, v.note);
}

static void assert_fails(struct kit *kit, const char *note)
{
    struct et_verification v = verified(kit);
    if (v.status != ET_CHECK_FAILED)
        fail_msg("%s: passed, but %s", kit->s.backend->base.name, note);
    if (!strstr(v.note, note))
        fail_msg("%s: '%s' does not say '%s'", kit->s.backend->base.name,
                 v.note, note);
}

/* f(kit) for every backend and type that is here. */
static void each_case(int threads, void (*f)(struct kit *kit))
{
    const struct et_peak_backend *b;
    for (size_t i = 0; (b = et_peak_backend_at(i)); i++) {
        for (int d = 0; d < ET_DTYPES; d++) {
            struct kit kit;
            if (et_peak_unsupported(b, (enum et_dtype)d))
                continue;
            open_case(&kit, b, (enum et_dtype)d, threads);
            f(&kit);
            close_case(&kit);
        }
    }
}

TEST(listed)
{
    const struct et_peak_backend *b;
    int here = 0;
    assert_string_equal(et_peak_backend_at(0)->base.name, "portable");
    assert_null(et_backend_why_not(&et_peak_backend_at(0)->base));
    assert_null(et_peak_backend_find("none"));
    for (size_t i = 0; (b = et_peak_backend_at(i)); i++) {
        assert_ptr_equal(et_peak_backend_find(b->base.name), b);
        assert_true(*b->base.name && *b->base.summary);
        assert_false(et_bench_is_reference(b->base.name));
        int types = 0;
        for (int d = 0; d < ET_DTYPES; d++) {
            const char *why = et_peak_unsupported(b, (enum et_dtype)d);
            struct et_peak_setup *setup = NULL;
            types += !why;
            here += !why;
            if (!why)
                continue;
            print_message("peak %s %s: %s\n", b->base.name,
                          et_dtype_name((enum et_dtype)d), why);
            assert_true(*why);
            et_log_level_set(ET_LOG_NONE);
            assert_int_equal(et_peak_create(b, (enum et_dtype)d, 1, 1, &setup),
                             ET_USAGE);
            et_log_level_set(ET_LOG_NOTE);
            assert_null(setup);
        }
        assert_true(et_backend_why_not(&b->base) ? types == 0 : types > 0);
    }
    assert_true(here >= 3);
}

TEST(made_up_types_are_refused)
{
    const enum et_dtype made_up = (enum et_dtype)ET_DTYPES;
    const struct et_peak_backend *b;
    for (size_t i = 0; (b = et_peak_backend_at(i)); i++) {
        const char *why = et_peak_unsupported(b, made_up);
        assert_true(why && *why);
    }
    assert_null(et_peak_widest(made_up));
}

TEST(operands_of_another_memory_are_refused)
{
    static const struct et_space away = {.name = "away"};
    struct et_peak_backend b = *et_peak_backend_at(0);
    struct et_peak_setup *setup = NULL;
    b.base.space = &et_space_host;
    assert_null(et_peak_unsupported(&b, ET_FP64));
    b.base.space = &away;
    assert_string_equal(et_peak_unsupported(&b, ET_FP64),
                        "its operands would not lie in the host's memory");
    et_log_level_set(ET_LOG_NONE);
    assert_int_equal(et_peak_create(&b, ET_FP64, 1, 1, &setup), ET_USAGE);
    et_log_level_set(ET_LOG_NOTE);
    assert_null(setup);
}

TEST(widest)
{
    assert_non_null(et_peak_widest(ET_FP64));
    for (int d = 0; d < ET_DTYPES; d++) {
        const struct et_peak_backend *b, *w = et_peak_widest((enum et_dtype)d);
        bool past = !w;
        for (size_t i = 0; (b = et_peak_backend_at(i)); i++) {
            bool does = !et_peak_unsupported(b, (enum et_dtype)d);
            assert_false(past && does && !b->fed);
            assert_true(b != w || (does && !b->fed));
            past = past || b == w;
        }
    }
}

/* What an instruction does, by its maker's manual, times the accumulators. */
TEST(operations)
{
    static const struct {
        const char *backend;
        enum et_dtype dtype;
        double step;
    } want[] = {{"portable", ET_FP64, 8 * 4},  {"portable", ET_FP32, 8 * 8},
                {"portable", ET_INT8, 8 * 8},  {"avx2", ET_FP64, 12 * 8},
                {"avx2", ET_FP32, 12 * 16},    {"avx2", ET_INT8, 12 * 64},
                {"avx512", ET_FP64, 20 * 16},  {"avx512", ET_FP32, 20 * 32},
                {"avx512", ET_FP16, 20 * 64},  {"avx512", ET_BF16, 20 * 64},
                {"avx512", ET_INT8, 20 * 128}, {"amx", ET_BF16, 4 * 16384},
                {"amx", ET_INT8, 4 * 32768},   {"neon", ET_FP64, 20 * 4},
                {"neon", ET_FP32, 20 * 8},     {"neon", ET_FP16, 20 * 16},
                {"neon", ET_BF16, 20 * 32}};
    for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
        const struct et_peak_backend *b = et_peak_backend_find(want[i].backend);
        struct kit kit;
        struct et_work w;
        assert_non_null(b);
        if (et_peak_unsupported(b, want[i].dtype))
            continue;
        open_case(&kit, b, want[i].dtype, 2);
        work(&kit.s, &w);
        assert_true(w.flop ==
                    2 * want[i].step * (double)kit.s.setup->kernel.steps);
        assert_true(w.bytes == 0 && w.traffic == 0 && w.messages == 0);
        close_case(&kit);
    }
}

/* Every lane counts, and operands are of more than one pattern. */
static void operands(struct kit *kit)
{
    const struct et_peak_setup *p = kit->s.setup;
    const struct et_peak_kernel *k = &p->kernel;
    size_t sums = (size_t)k->accumulators * p->lanes, other = 0;
    assert_true(p->most > 1000 && k->steps > 0 && k->range > 1);
    for (size_t i = 0; i < sums; i++) {
        assert_true(p->each[i] != 0);
        other += p->each[i] != p->each[0];
    }
    assert_true(other > sums / 4);
}

TEST(all_operands)
{
    each_case(1, operands);
}

static void counts(struct kit *kit)
{
    static const uint64_t runs[] = {1, 2, 3, 7};
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(run(&kit->s, runs[i]), ET_OK);
    assert_int_equal(kit->s.count, 13);
    assert_passes(kit);
    /* The check begins anew, and does not pass on what it saw before. */
    assert_fails(kit, "rank 0");
    /* Sums are taken out of the accumulators in time, in odd places. */
    kit->s.setup->most = 37;
    assert_int_equal(run(&kit->s, 2), ET_OK);
    assert_true(kit->s.setup->thread[0].since < 37);
    assert_passes(kit);
    assert_int_equal(run(&kit->s, 0), ET_OK);
    assert_fails(kit, "rank 0");
}

TEST(all_counts)
{
    each_case(1, counts);
    each_case(2, counts);
}

/* A run that is longer than the accumulators are exact for. */
static void long_run(struct kit *kit)
{
    const struct et_peak_kernel *k = &kit->s.setup->kernel;
    if (k->sum == ET_PEAK_F64 || kit->s.setup->most > 100000)
        return;
    assert_int_equal(run(&kit->s, 2 * kit->s.setup->most / k->steps + 1),
                     ET_OK);
    assert_passes(kit);
}

TEST(all_long_runs)
{
    each_case(1, long_run);
}

static void (*whole)(void *c, const void *a, const void *b, uint64_t steps);

static void one_less(void *c, const void *a, const void *b, uint64_t steps)
{
    whole(c, a, b, steps - 1);
}

/* The same of a tile: the first call of a thread is left out. */
static const struct et_gemm_tile *whole_tile;
static _Thread_local bool left_out;

static void one_tile_less(int64_t groups, const void *a, const void *b,
                          const void *start, void *c, int64_t ldc, bool add)
{
    if (left_out)
        whole_tile->multiply(groups, a, b, start, c, ldc, add);
    left_out = true;
}

static void faults(struct kit *kit)
{
    struct state *s = &kit->s;
    struct et_peak_setup *p = s->setup;
    size_t sums = (size_t)p->kernel.accumulators * p->lanes;
    /* One iteration less and one more than was asked for. */
    assert_int_equal(run(s, 3), ET_OK);
    s->count++;
    assert_fails(kit, "rank 0, thread 0, accumulator ");
    assert_int_equal(run(s, 3), ET_OK);
    s->count--;
    assert_fails(kit, "rank 0, thread 0, accumulator ");
    /* One step less of all. */
    whole = p->kernel.run;
    whole_tile = p->kernel.tile;
    const struct et_gemm_tile less = {.multiply = one_tile_less};
    p->kernel.run = one_less;
    p->kernel.tile = whole_tile ? &less : NULL;
    left_out = false;
    assert_int_equal(run(s, 3), ET_OK);
    p->kernel.run = whole;
    p->kernel.tile = whole_tile;
    assert_fails(kit, "thread ");
    /* A thread that did nothing. */
    assert_int_equal(run(s, 3), ET_OK);
    et_peak_collect(p);
    memset(p->thread[p->threads - 1].sums, 0, sums * sizeof(int64_t));
    assert_fails(kit, p->threads == 2 ? "thread 1" : "thread 0");
    /* A bit, one iteration and the place of a lane's sum. */
    static const enum et_fault_kind kinds[] = {ET_FAULT_FLIP, ET_FAULT_STALE,
                                               ET_FAULT_SWAP};
    int planted = 0;
    for (int i = 0; i < 90; i++) {
        struct et_fault fault = {kinds[i % 3], et_random_u64(5, (uint64_t)i),
                                 i / 3};
        double size = NAN;
        assert_int_equal(run(s, 2), ET_OK);
        assert_int_equal(damage(s, &fault, &size), ET_OK);
        assert_true(size == 0 || isinf(size));
        if (size == 0)
            assert_passes(kit);
        else
            assert_fails(kit, "lane ");
        planted += size != 0;
    }
    assert_true(planted > 60);
    assert_int_equal(run(s, 2), ET_OK);
    assert_passes(kit);
}

TEST(all_faults)
{
    each_case(1, faults);
    each_case(2, faults);
}

/* A run of hours: one unit shows where doubles no longer tell it. */
static void hours(struct kit *kit)
{
    struct et_peak_setup *p = kit->s.setup;
    size_t sums = (size_t)p->kernel.accumulators * p->lanes;
    for (int64_t off = -1; off < 2; off++) {
        assert_int_equal(run(&kit->s, 1), ET_OK);
        et_peak_collect(p);
        kit->s.count = (UINT64_C(1) << 62) / 65536 / p->kernel.steps;
        for (int t = 0; t < p->threads; t++) {
            for (size_t i = 0; i < sums; i++)
                p->thread[t].sums[i] = expected(&kit->s, i);
        }
        p->thread[p->threads - 1].sums[sums - 1] += off;
        if (off == 0)
            assert_passes(kit);
        else
            assert_fails(kit, "thread");
    }
}

TEST(all_hours)
{
    each_case(2, hours);
}

TEST(facts_name_the_instruction)
{
    static const struct et_field row[] = {{.key = "p", .type = ET_PAIRS}, {0}};
    struct et_pairs p = {0};
    struct kit kit;
    open_case(&kit, et_peak_widest(ET_FP32), ET_FP32, 1);
    assert_int_equal(facts(&kit.s, &p), ET_OK);
    assert_string_equal(et_pairs_get(&p, "instruction"),
                        kit.s.setup->kernel.instruction);
    et_fields_free(row, &p, sizeof p);
    close_case(&kit);
}

/* What a record is held to is what was counted, or nothing; in reach where the
 * processor alone is in the way. */
TEST(work_follows)
{
    const struct et_peak_backend *b;
    for (size_t i = 0; (b = et_peak_backend_at(i)); i++) {
        for (int d = 0; d < ET_DTYPES; d++) {
            struct kit kit;
            struct params p = {d};
            struct et_work counted = {0}, follows = {0};
            bool known = work_of(&p, b->base.name, 1, 2, NULL, &follows);
            assert_true(known == (follows.flop > 0));
            if (et_peak_unsupported(b, (enum et_dtype)d))
                continue;
            open_case(&kit, b, (enum et_dtype)d, 2);
            work(&kit.s, &counted);
            assert_true(known == !kit.s.setup->kernel.varies);
            assert_true(!known || follows.flop == counted.flop);
            close_case(&kit);
        }
    }
    /* Whatever this processor has. */
    static const struct {
        const char *name;
        enum et_dtype dtype;
    } anywhere[] = {{"avx512", ET_FP64}, {"avx512", ET_BF16},
                    {"avx512", ET_INT8}, {"amx", ET_BF16},
                    {"amx", ET_INT8},    {"neon", ET_BF16}};
    for (size_t i = 0; i < sizeof anywhere / sizeof *anywhere; i++) {
        b = et_peak_backend_find(anywhere[i].name);
        if (!b || !b->kernel) /* of another architecture */
            continue;
        struct params p = {(int)anywhere[i].dtype};
        struct et_work follows = {0};
        assert_true(work_of(&p, b->base.name, 1, 2, NULL, &follows));
    }
    assert_false(work_of(&(struct params){ET_FP64}, "none", 1, 2, NULL,
                         &(struct et_work){0}));
}

TEST_MAIN(listed, made_up_types_are_refused,
          operands_of_another_memory_are_refused, widest, operations,
          all_operands, all_counts, all_long_runs, all_faults, all_hours,
          facts_name_the_instruction, work_follows)
