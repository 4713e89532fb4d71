/* disturbed: the rule for a block, what becomes of marks, and a case that has
 * to share its core.
 */
#include "config.h"
#include "tests/unit/test_main.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "harness/run/disturbed.h"
#include "tests/unit/contend.h"

static bool is(enum et_busy_kind kind, double lost, double elapsed, int cpus)
{
    struct et_busy_reading r;
    for (int k = 0; k < ET_BUSY_KINDS; k++)
        r.v[k] = NAN;
    r.v[kind] = lost;
    return et_disturbance_is(&r, elapsed, cpus);
}

TEST(blocks)
{
    /* 1 % of 10 s on 2 hardware threads is 0.2 s. */
    assert_false(is(ET_BUSY_STOLEN, 0.19, 10, 2));
    assert_true(is(ET_BUSY_STOLEN, 0.21, 10, 2));
    /* Two ticks may be a matter of counting, however short the block. */
    assert_false(is(ET_BUSY_STOLEN, 0.02, 0.001, 1));
    assert_true(is(ET_BUSY_STOLEN, 0.03, 0.001, 1));
    assert_false(is(ET_BUSY_THROTTLED, 0.009, 1, 1));
    assert_true(is(ET_BUSY_THROTTLED, 0.011, 1, 8));
    assert_true(
        is(ET_BUSY_THROTTLES, 1, 1, 1)); /* for a time that is unknown */
    assert_false(is(ET_BUSY_THROTTLES, 0, 1, 1));
    assert_true(is(ET_BUSY_HOT, 1, 1, 1));
    assert_false(is(ET_BUSY_HOT, 0, 1, 1));
    /* Neither is a disturbance by itself. */
    assert_false(is(ET_BUSY_LOAD, 35, 1, 1));
    assert_false(is(ET_BUSY_USED, 2, 1, 2));
}

struct lab {
    struct et_clock clock;
    struct et_team *team;
    struct et_sampler sampler;
    struct et_disturbance d;
    struct et_busy busy;
};

static void open_lab(struct lab *l, const char *clock)
{
    struct et_cpus cpus = {{1}};
    *l = (struct lab){.d = {.absent = NULL}};
    assert_int_equal(et_clock_open(clock, &l->clock), ET_OK);
    assert_int_equal(et_team_open("self", &l->team), ET_OK);
    l->sampler = (struct et_sampler){
        .team = l->team, .clock = &l->clock, .iterations = 1};
    et_busy_open("", &cpus, &l->busy);
    et_disturbance_open(&l->busy, &l->sampler, &l->d);
}

static void close_lab(struct lab *l, struct et_result *r)
{
    et_result_free(r);
    et_disturbance_close(&l->d, &l->sampler);
    assert_null(l->sampler.waits);
    et_sampler_free(&l->sampler);
    et_team_close(l->team);
}

static void describe(struct lab *l, struct et_result *r)
{
    et_result_begin(r);
    assert_int_equal(et_disturbance_describe(&l->d, &l->sampler, &r->disturbed),
                     ET_OK);
}

/* n samples, of which the first `here` are marked as this rank's own and the
 * next `elsewhere` as another's. */
static void marked(size_t n, size_t here, size_t elsewhere, bool many)
{
    struct lab l;
    struct et_result r;
    open_lab(&l, "real");
    et_sampler_begin(&l.sampler);
    et_disturbance_begin(&l.d, &l.sampler);
    for (size_t i = 0; i < n; i++) {
        assert_true(et_reals_add(&l.sampler.disturbed, 0));
        if (i < here + elsewhere)
            et_sampler_mark(&l.sampler, 1, i < here);
    }
    describe(&l, &r);
    assert_int_equal(r.disturbed.n, here + elsewhere);
    assert_int_equal(r.disturbed.most, here);
    assert_int_equal(r.disturbed.at.n, here + elsewhere);
    for (size_t i = 0; i < r.disturbed.at.n; i++)
        assert_true(r.disturbed.at.v[i] == (double)i);
    assert_true(r.disturbed.many == many);
    close_lab(&l, &r);
}

TEST(marks)
{
    marked(20, 0, 0, false);
    marked(20, 4, 0, false);
    marked(20, 5, 0, true);
    /* The machine's noise, now here, now there. */
    marked(20, 4, 16, false);
}

TEST(marks_of_a_block)
{
    struct lab l;
    open_lab(&l, "real");
    for (int i = 0; i < 4; i++)
        assert_true(et_reals_add(&l.sampler.disturbed, 0));
    et_sampler_mark(&l.sampler, 2, true);
    et_sampler_mark(&l.sampler, 3, false); /* takes nothing back */
    const double *v = l.sampler.disturbed.v;
    assert_true(v[0] == 0 && v[1] == ET_DISTURBED);
    assert_true(v[2] == ET_DISTURBED_HERE && v[3] == ET_DISTURBED_HERE);
    et_sampler_drop(&l.sampler, 1); /* the warm-up */
    assert_int_equal(l.sampler.disturbed.n, 3);
    assert_true(l.sampler.disturbed.v[0] == ET_DISTURBED);
    struct et_result r;
    et_result_begin(&r);
    close_lab(&l, &r);
}

static enum et_status run(void *state, uint64_t iterations)
{
    volatile double x = 1;
    (void)state;
    for (uint64_t i = 0; i < 10000000 * iterations; i++)
        x = x * 1.0000001 + 1e-9;
    return ET_OK;
}

static const struct et_bench bench = {.name = "spin", .run = run};

static void sample(struct lab *l, const struct et_bench *b, size_t n)
{
    double elapsed;
    struct et_reals times = {0};
    l->sampler.bench = b;
    et_sampler_begin(&l->sampler);
    et_disturbance_begin(&l->d, &l->sampler);
    et_disturbance_before(&l->d, &l->sampler);
    assert_int_equal(et_sampler_block(&l->sampler, n, 0, &times, &elapsed),
                     ET_OK);
    assert_int_equal(et_disturbance_after(&l->d, &l->sampler, n), ET_OK);
    free(times.v);
}

/* Samples of tens of ms beside a thread that wants the same core: half of it is
 * too little for every bench. */
static void shared(const struct et_bench *b)
{
    struct lab l;
    struct et_result r;
    struct contender c;
    if (!contend_begin(&c))
        skip();
    open_lab(&l, "real");
    sample(&l, b, 5);
    contend_end(&c);
    describe(&l, &r);
    assert_true(r.disturbed.many && r.disturbed.most >= 4);
    assert_true(r.disturbed.waited > 0.01 && r.disturbed.switches > 0);
    assert_true(r.disturbed.load >= 0 && r.disturbed.stolen >= 0);
    close_lab(&l, &r);
}

TEST(shared_core)
{
    static const struct et_bench stores = {
        .name = "spin", .run = run, .role = ET_ROLE_STORAGE};
    shared(&bench);
    shared(&stores);
}

TEST(not_looked_for)
{
    struct lab l;
    struct et_result r;
    open_lab(&l, "fake");
    sample(&l, &bench, 5);
    describe(&l, &r);
    assert_int_equal(r.disturbed.n, ET_ABSENT_INT);
    assert_int_equal(r.disturbed.most, ET_ABSENT_INT);
    assert_true(!r.disturbed.many && isnan(r.disturbed.waited));
    assert_int_equal(r.disturbed.absents.n, 1);
    const struct et_result_absent *a = r.disturbed.absents.v;
    assert_string_equal(a->name, "all");
    assert_non_null(strstr(a->reason, "fake"));
    close_lab(&l, &r);
}

TEST_MAIN(blocks, marks, marks_of_a_block, shared_core, not_looked_for)
