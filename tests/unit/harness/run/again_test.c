/* Samples that are taken a second time: nothing of the first time is left in
 * the figures. Includes the source; the sampler is made to ask for it once.
 */
#include "config.h"
#include "tests/unit/test_main.h"

#include "harness/run/measure.h"
#include "harness/run/sampler.h"
#include "tests/unit/fake_bench.h"

static struct et_result result;
static int asked;
static int64_t first_warmup, first_n;

static enum et_status settle_once_more(struct et_sampler *m, double seconds,
                                       bool *again)
{
    enum et_status s = et_sampler_settle(m, seconds, again);
    if (asked++ == 0) {
        first_warmup = result.time.warmup;
        first_n = result.time.n;
        *again = true;
    }
    return s;
}

#define et_sampler_settle settle_once_more
#include "harness/run/measure.c"
#undef et_sampler_settle

static struct et_clock fake_clock;

enum { COLD = 40 };

/* Cold runs take nine readings of the fake clock, of 1 to 1.02 ms each; the
 * others two. */
static enum et_status warming(void *state, uint64_t iterations)
{
    const struct fake *f = ((struct fake_state *)state)->f;
    enum et_status s = fake_run(state, iterations);
    for (int i = f->ran <= COLD ? 9 : 2; i > 0; i--)
        et_clock_now(&fake_clock);
    return s;
}

TEST(a_second_time_begins_anew)
{
    struct et_bench bench = fake_bench;
    struct fake fake = {.prepare = ET_OK};
    struct et_team *team;
    struct et_counters counters;
    struct et_energy energy = {.reason = "none"};
    struct et_options o;
    struct et_case c;
    char tag[32];
    bench.run = warming;
    fake_tag(&fake, tag);
    assert_int_equal(et_team_open("self", &team), ET_OK);
    assert_int_equal(et_clock_open("fake", &fake_clock), ET_OK);
    assert_int_equal(et_counters_open("none", &counters), ET_OK);
    assert_int_equal(et_fields_init(et_option_rows, &o, sizeof o), ET_OK);
    assert_int_equal(et_case_init(&bench, &c), ET_OK);
    assert_int_equal(et_case_set(&c, "backend", "quick", "t"), ET_OK);
    assert_int_equal(et_case_set(&c, "threads", "1", "t"), ET_OK);
    assert_int_equal(et_case_name(&c), ET_OK);
    c.ranks = 1;
    o.passes = 1;
    o.budget = 2;
    o.precision = 0.03;
    o.min_samples = 100;
    o.max_samples = 120;
    o.ceilings = false;
    const struct et_instruments with = {.clock = &fake_clock,
                                        .counters = &counters,
                                        .energy = &energy,
                                        .options = &o,
                                        .kind = 1,
                                        .tag = tag};
    et_result_begin(&result);
    assert_int_equal(et_measure(&with, &c, team, &result), ET_OK);
    const struct et_result_time *time = &result.time;
    assert_int_equal(result.outcome, ET_MEASURED);
    assert_int_equal(asked, 2);
    /* The warm-up proper sees no sample better than those before and ends; the
     * first samples are cold ones, and those of the second time are not. */
    assert_true(first_warmup > 30 && first_n > 60);
    assert_true(time->warmup > 0 && time->warmup < 10);
    assert_int_equal(time->transient.n, time->warmup);
    assert_true(time->max < 4e-3 && time->n >= 100 && time->n <= 120);
    /* All that ran: the check's, the warm-up, both times. */
    assert_int_equal(fake.ran, 1 + first_warmup + first_n + time->n);
    et_result_free(&result);
    et_fields_free(et_option_rows, &o, sizeof o);
    et_case_free(&c);
    et_counters_close(&counters);
    et_team_close(team);
}

QUIET_TEST_MAIN(a_second_time_begins_anew)
