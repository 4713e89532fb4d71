/* Ceilings beside a case: benches that fake_spin, on the real clock. Figures
 * are not judged, only what is there and what is not. */
#include "config.h"
#include "tests/unit/test_main.h"

#include <math.h>
#include <stdlib.h>

#include "harness/run/ceilings.h"
#include "harness/run/measure.h"
#include "harness/stat/stat.h"
#include "tests/unit/fake_bench.h"

static bool wrong_ceiling;
static double slow_ceiling; /* s that a run of one takes longer */
static double uneven;       /* s by which its runs differ in turn, seven ways */
static double min_time = 1e-4;
static struct et_clock *the_clock;
static struct et_visit visit; /* of the case */
/* In place of the four below, where it is not NULL. */
static const struct et_ceiling_case *ceilings;
static size_t n_ceilings;

/* About a microsecond an iteration, so that samples are soon calibrated. */
static enum et_status spin_ceiling(void *state, uint64_t iterations)
{
    static unsigned turn;
    /* Nobody waits. */
    the_clock->skew += slow_ceiling + uneven * (turn++ % 7);
    return fake_spin(state, iterations);
}

static enum et_status prepare(void *state, const struct et_setting *setting,
                              const void *params)
{
    const struct fake_params *p = params;
    (void)state, (void)setting;
    return p->k == 77 ? et_error(ET_INFRA, "77 is too much") : ET_OK;
}

static enum et_status verify(void *state, struct et_verification *out)
{
    (void)state;
    *out = (struct et_verification){.status = ET_CHECK_PASSED, .bound = 1};
    return ET_OK;
}

static enum et_status verify_ceiling(void *state, struct et_verification *out)
{
    verify(state, out);
    out->status = wrong_ceiling ? ET_CHECK_FAILED : ET_CHECK_PASSED;
    return ET_OK;
}

static void work(const void *state, struct et_work *out)
{
    (void)state;
    *out = (struct et_work){.flop = 1e3, .bytes = 64, .convention = "none"};
}

static void release(void *state)
{
    (void)state;
}

static bool ceiling(const void *params, int ranks, int threads, size_t i,
                    struct et_ceiling_case *out)
{
    static const struct et_ceiling_case all[] = {
        {.what = "compute",
         .role = ET_ROLE_COMPUTE_CEILING,
         .backend = "quick",
         .flop = true,
         .params = "k=5"},
        {.what = "memory",
         .role = ET_ROLE_COMPUTE_CEILING,
         .backend = "quick",
         .params = "k=6"},
        {.what = "none",
         .role = ET_ROLE_COMPUTE_CEILING,
         .backend = "other",
         .params = ""},
        {.what = "broken",
         .role = ET_ROLE_COMPUTE_CEILING,
         .backend = "quick",
         .params = "k=77"}};
    (void)params, (void)ranks, (void)threads;
    if (i >= (ceilings ? n_ceilings : sizeof all / sizeof *all))
        return false;
    *out = ceilings ? ceilings[i] : all[i];
    return true;
}

/* Only that it is not the host's is asked for. */
static const struct et_space far = {.name = "far"};
static const struct et_backend on_device = {.name = "quick", .space = &far};
static const struct et_backend *const device_row[] = {&on_device};
static const struct et_backends device_list = {device_row, 1, NULL};
static bool on_a_device;

static struct et_bench under, roof;
static const struct et_bench *const list[] = {&under, &roof};
static const struct et_benches benches = {list, 2};

static void measure_for(struct et_result *r, bool with_ceilings, double budget,
                        double precision)
{
    struct et_clock clock;
    struct et_counters counters;
    struct et_energy energy = {.reason = "no energy here"};
    struct et_options o;
    struct et_team *team;
    struct et_case c;
    under = roof = fake_bench;
    under.prepare = roof.prepare = prepare;
    under.run = fake_spin;
    roof.run = spin_ceiling;
    under.verify = verify;
    roof.verify = verify_ceiling;
    under.work = roof.work = work;
    under.facts = roof.facts = NULL;
    under.release = roof.release = release;
    under.ceiling = ceiling;
    if (on_a_device)
        under.backends = &device_list;
    roof.name = "roof";
    roof.role = ET_ROLE_COMPUTE_CEILING;
    assert_int_equal(et_clock_open("real", &clock), ET_OK);
    assert_int_equal(et_counters_open("none", &counters), ET_OK);
    assert_int_equal(et_fields_init(et_option_rows, &o, sizeof o), ET_OK);
    assert_int_equal(et_team_open("self", &team), ET_OK);
    o.passes = 1;
    o.min_time = min_time;
    the_clock = &clock;
    o.budget = budget;
    o.max_samples = 100000;
    o.precision = precision;
    o.ceilings = with_ceilings;
    const struct et_instruments with = {.clock = &clock,
                                        .counters = &counters,
                                        .energy = &energy,
                                        .options = &o,
                                        .tag = "t",
                                        .visit = visit,
                                        .benches = &benches};
    assert_int_equal(et_case_init(&under, &c), ET_OK);
    assert_int_equal(et_case_set(&c, "backend", "quick", "t"), ET_OK);
    assert_int_equal(et_case_name(&c), ET_OK);
    et_result_begin(r);
    assert_int_equal(et_measure(&with, &c, team, r), ET_OK);
    assert_int_equal(r->outcome, ET_MEASURED);
    et_case_free(&c);
    et_counters_close(&counters);
    et_fields_free(et_option_rows, &o, sizeof o);
    et_team_close(team);
}

static void measure(struct et_result *r, bool with_ceilings)
{
    measure_for(r, with_ceilings, 0.02, 0.02);
}

TEST(are_measured)
{
    struct et_result r;
    wrong_ceiling = false;
    measure(&r, true);
    assert_int_equal(r.ceilings.n, 4);
    const struct et_result_ceiling *v = r.ceilings.v;
    assert_string_equal(v[0].what, "compute");
    assert_string_equal(v[0].unit, "FLOP/s");
    assert_string_equal(v[1].unit, "B/s");
    assert_non_null(strstr(v[0].id, "roof backend=quick"));
    assert_non_null(strstr(v[0].id, " k=5"));
    for (int i = 0; i < 2; i++) {
        assert_null(v[i].absent);
        assert_true(v[i].samples.n >= 12);
        assert_true(v[i].rate > 0 && v[i].rate_low <= v[i].rate &&
                    v[i].rate <= v[i].rate_high);
    }
    /* The same spinning, other work: flop of one, bytes of the other. */
    assert_true(v[0].work == 1e3 && v[1].work == 64);
    et_result_free(&r);
}

TEST(say_why_not)
{
    struct et_result r;
    wrong_ceiling = false;
    measure(&r, true);
    const struct et_result_ceiling *v = r.ceilings.v;
    assert_string_equal(v[2].absent, "other does not do this");
    assert_non_null(strstr(v[3].absent, "77 is too much"));
    assert_true(isnan(v[2].rate) && isnan(v[3].rate) && isnan(v[3].work));
    et_result_free(&r);
    wrong_ceiling = true;
    measure(&r, true);
    v = r.ceilings.v;
    assert_non_null(strstr(v[0].absent, "wrong"));
    assert_true(isnan(v[0].rate));
    et_result_free(&r);
}

/* The host's processor and memory do not bound what a device does. */
TEST(are_not_a_devices)
{
    struct et_result r;
    wrong_ceiling = false;
    on_a_device = true;
    measure(&r, true);
    on_a_device = false;
    assert_int_equal(r.ceilings.n, 4);
    const struct et_result_ceiling *v = r.ceilings.v;
    for (int i = 0; i < 4; i++) {
        assert_non_null(strstr(v[i].absent, "runs on a device"));
        assert_true(isnan(v[i].rate));
    }
    assert_string_equal(et_pairs_get(&r.facts, "space"), "far");
    et_result_free(&r);
}

/* A run of a ceiling takes 20 s by the clock, and the budget is 1 s: it is the
 * case's alone, so its own samples fill most of it. They last 2 ms, far longer
 * than what is looked up around them. If the ceilings were part of the budget,
 * it would be used up at the first look at them, after 0.8 s of samples. */
TEST(cost_the_case_no_time)
{
    struct et_result r;
    double sum = 0;
    slow_ceiling = 20;
    min_time = 2e-3;
    measure_for(&r, true, 1, 1e-6);
    slow_ceiling = 0;
    min_time = 1e-4;
    for (size_t k = 0; k < r.time.samples.n; k++)
        sum += r.time.samples.v[k] * (double)r.time.iterations;
    for (size_t k = 0; k < r.time.transient.n; k++)
        sum += r.time.transient.v[k] * (double)r.time.iterations;
    et_result_free(&r);
    if (!(sum > 0.9))
        fail_msg("samples of %g s in all, of a budget of 1 s", sum);
}

static struct et_result_ceiling *add(struct et_list *to, const char *what,
                                     double work, double fastest,
                                     double slowest)
{
    struct et_result_ceiling *c = et_list_add(to, sizeof *c);
    assert_non_null(c);
    *c = (struct et_result_ceiling){
        .what = (char *)what, .work = work, .iterations = (int64_t)to->n};
    assert_true(et_reals_add(&c->samples, slowest) &&
                et_reals_add(&c->samples, fastest));
    return c;
}

/* What is far below another of its kind, in each of its samples, does not bound
 * a case. */
TEST(far_slower_ones_are_told)
{
    struct et_list all = {0};
    struct et_visit v = {.pass = 3};
    add(&all, "compute", 10, 1, 1);   /* nothing to compare it with */
    add(&all, "memory", 100, 1, 1.1); /* at least 90.9 */
    add(&all, "memory", 100, 1.2, 2); /* at most 83.3; 81.8 were far */
    add(&all, "memory", 50, 0.7, 1);  /* at most 71 */
    et_ceilings_learn(&all, &v);
    assert_true(v.pass == 3 && v.iterations == 0);
    for (uint64_t i = 0; i < 4; i++) {
        assert_int_equal(v.ceilings[i], i + 1);
        assert_int_equal(v.slower[i], i == 3);
    }
    /* One that has no figure is not slower than another; what was told before
     * stands. */
    struct et_result_ceiling *c = all.v;
    c[1].absent = (char *)"none";
    c[2].samples.v[0] = c[2].samples.v[1] = 0.1;
    c[2].iterations = 9;
    v.slower[0] = true;
    et_ceilings_learn(&all, &v);
    assert_true(v.ceilings[1] == 2 && v.ceilings[2] == 9);
    assert_true(v.slower[0] && !v.slower[1] && !v.slower[2] && v.slower[3]);
    for (size_t i = 0; i < all.n; i++)
        free(c[i].samples.v);
    free(all.v);
}

/* What a visit before has settled is taken as it is. */
TEST(settled_ones)
{
    struct et_result r;
    wrong_ceiling = false;
    visit = (struct et_visit){.pass = 1,
                              .iterations = 50,
                              .ceilings = {7, 0, 0, 0},
                              .slower = {false, true, false, false}};
    measure(&r, true);
    visit = (struct et_visit){0};
    const struct et_result_ceiling *v = r.ceilings.v;
    assert_int_equal(r.ceilings.n, 4);
    assert_null(v[0].absent);
    assert_int_equal(v[0].iterations, 7);
    assert_true(v[0].samples.n >= 12 && v[0].rate > 0);
    assert_non_null(strstr(v[1].absent, "far slower"));
    assert_int_equal(v[1].samples.n, 0);
    assert_true(v[1].iterations == ET_ABSENT_INT && isnan(v[1].rate));
    et_result_free(&r);
}

/* Two of one kind are two, whatever became of the one before. */
TEST(several_of_one_kind)
{
    static const struct et_ceiling_case all[] = {
        {.what = "compute",
         .role = ET_ROLE_COMPUTE_CEILING,
         .backend = "other",
         .flop = true},
        {.what = "compute",
         .role = ET_ROLE_COMPUTE_CEILING,
         .backend = "quick",
         .flop = true,
         .params = "k=7"},
        {.what = "compute",
         .role = ET_ROLE_COMPUTE_CEILING,
         .backend = "reference",
         .flop = true,
         .params = "k=8"}};
    struct et_result r;
    wrong_ceiling = false;
    ceilings = all;
    n_ceilings = 3;
    uneven = 2e-5; /* so that its interval has a width */
    measure(&r, true);
    uneven = 0;
    ceilings = NULL;
    assert_int_equal(r.ceilings.n, 3);
    const struct et_result_ceiling *v = r.ceilings.v;
    assert_string_equal(v[0].absent, "other does not do this");
    assert_non_null(strstr(v[1].id, "backend=quick m="));
    assert_non_null(strstr(v[2].id, "backend=reference m="));
    for (int i = 1; i < 3; i++) {
        assert_null(v[i].absent);
        assert_string_equal(v[i].what, "compute");
        assert_true(v[i].samples.n >= 12 && v[i].work == 1e3);
        /* Rates by hand, from the samples that the record has. */
        double sorted[64];
        assert_true(v[i].samples.n <= 64);
        memcpy(sorted, v[i].samples.v, v[i].samples.n * sizeof *sorted);
        et_stat_sort(sorted, v[i].samples.n);
        assert_true(v[i].rate ==
                    1e3 / et_stat_quantile(sorted, v[i].samples.n, 0.5));
        struct et_interval ci =
            et_stat_median_interval(sorted, v[i].samples.n, 0.95);
        assert_true(ci.low < ci.high);
        assert_true(v[i].rate_low == 1e3 / ci.high);
        assert_true(v[i].rate_high == 1e3 / ci.low);
    }
    et_result_free(&r);
}

/* A build without a bench of the role. */
TEST(no_such_bench)
{
    static const struct et_ceiling_case none = {
        .what = "memory", .role = ET_ROLE_MEMORY_CEILING, .backend = "quick"};
    struct et_result r;
    ceilings = &none;
    n_ceilings = 1;
    measure(&r, true);
    ceilings = NULL;
    assert_int_equal(r.ceilings.n, 1);
    const struct et_result_ceiling *v = r.ceilings.v;
    assert_non_null(strstr(v[0].absent, "no bench of this build is a memory "
                                        "ceiling"));
    et_result_free(&r);
}

/* By hand: 8 FLOP at 4 FLOP/s, and so many bytes at 8 B/s. */
TEST(limit_the_time)
{
    struct et_result_ceiling v[] = {{.what = "compute", .rate = 4},
                                    {.what = "compute", .rate = 2},
                                    {.what = "compute", .rate = 100},
                                    {.what = "memory", .rate = NAN},
                                    {.what = "memory", .rate = 8}};
    struct et_result r = {.ceilings = {v, 5}};
    v[2].absent = (char *)"not here";
    r.work.flop = 8;
    r.work.traffic = 24;
    assert_true(et_ceilings_time(&r) == 3);
    r.work.traffic = 12;
    assert_true(et_ceilings_time(&r) == 2);
    r.work.traffic = 0; /* not known */
    assert_true(et_ceilings_time(&r) == 2);
    r.work.traffic = 12;
    r.work.flop = 0;
    assert_true(et_ceilings_time(&r) == 1.5);
    r.work.flop = 8;
    r.ceilings.n = 4; /* no memory ceiling is known, */
    assert_true(et_ceilings_time(&r) == 2);
    v[0].rate = v[1].rate = NAN; /* and no compute ceiling either */
    assert_true(isnan(et_ceilings_time(&r)));
}

TEST(can_be_left_out)
{
    struct et_result r;
    measure(&r, false);
    assert_int_equal(r.ceilings.n, 0);
    et_result_free(&r);
}

TEST_MAIN(limit_the_time, are_measured, say_why_not, are_not_a_devices,
          cost_the_case_no_time, far_slower_ones_are_told, settled_ones,
          several_of_one_kind, no_such_bench, can_be_left_out)
