/* device: whose memory a case used and the device's own time, of the samples
 * that the host timed and of no other run; nothing of what ran on the host.
 */
#include "config.h"
#include "tests/unit/test_main.h"

#include <stdio.h>
#include <stdlib.h>

#include "harness/run/device.h"
#include "harness/run/measure.h"
#include "tests/unit/fake_bench.h"

/* Only its name and that it is not the host's are asked for. */
static const struct et_space far = {.name = "far"};
static const struct et_backend on_device = {.name = "quick", .space = &far},
                               on_host = {.name = "quick",
                                          .space = &et_space_host};
static const struct et_backend *const device_row[] = {&on_device},
                                      *const host_row[] = {&on_host};
static const struct et_backends device_list = {device_row, 1, NULL},
                                host_list = {host_row, 1, NULL};

static struct et_pairs facts_of(const struct et_backends *list,
                                const double *times, size_t n)
{
    struct et_bench bench = fake_bench;
    struct et_case c = {.bench = &bench, .backend = (char *)"quick"};
    struct et_sampler m = {.bench = &bench};
    struct et_pairs out = {0};
    bench.backends = list;
    assert_int_equal(et_team_open("self", &m.team), ET_OK);
    for (size_t i = 0; i < n; i++)
        assert_true(et_reals_add(&m.device, times[i]));
    assert_int_equal(et_device_facts(&c, &m, &out), ET_OK);
    et_team_close(m.team);
    et_sampler_free(&m);
    return out;
}

TEST(by_hand)
{
    const double times[] = {4, 0.25, 3, 0.125, 0.5}, none[] = {0, 0, 0};
    struct et_pairs f = facts_of(&device_list, times, 5);
    assert_int_equal(f.n, 2);
    assert_string_equal(et_pairs_get(&f, "space"), "far");
    assert_string_equal(et_pairs_get(&f, "device_time"), "0.5");
    assert_true(f.v[1].number && !f.v[0].number);
    et_pairs_free(&f);
    /* A device in the host's own memory, and one that tells no time. */
    f = facts_of(&host_list, times, 4);
    assert_int_equal(f.n, 1);
    assert_string_equal(et_pairs_get(&f, "device_time"), "1.625");
    et_pairs_free(&f);
    f = facts_of(&device_list, none, 3);
    assert_int_equal(f.n, 1);
    et_pairs_free(&f);
    f = facts_of(&host_list, none, 0);
    assert_int_equal(f.n, 0);
    f = facts_of(NULL, none, 0);
    assert_int_equal(f.n, 0);
}

static double told; /* by the device, ever more */
static double elapsed(const void *state)
{
    (void)state;
    return ++told;
}

/* The time is that of the samples that count: neither of the first run and the
 * warm-up, nor of what runs after them. */
TEST(of_the_samples)
{
    struct fake f = {0};
    struct et_bench bench = fake_bench;
    struct et_clock clock;
    struct et_counters counters;
    struct et_energy energy = {.reason = "no energy here"};
    struct et_options options;
    struct et_team *team;
    struct et_case c;
    struct et_result r;
    char tag[32], want[32];
    bench.elapsed = elapsed;
    assert_int_equal(et_clock_open("fake", &clock), ET_OK);
    assert_int_equal(et_counters_open("none", &counters), ET_OK);
    assert_int_equal(et_fields_init(et_option_rows, &options, sizeof options),
                     ET_OK);
    assert_int_equal(et_team_open("self", &team), ET_OK);
    options.passes = 1;
    fake_tag(&f, tag);
    const struct et_instruments with = {.clock = &clock,
                                        .counters = &counters,
                                        .energy = &energy,
                                        .options = &options,
                                        .tag = tag};
    assert_int_equal(et_case_init(&bench, &c), ET_OK);
    assert_int_equal(et_case_set(&c, "backend", "quick", "t"), ET_OK);
    assert_int_equal(et_case_name(&c), ET_OK);
    et_result_begin(&r);
    assert_int_equal(et_measure(&with, &c, team, &r), ET_OK);
    assert_int_equal(r.outcome, ET_MEASURED);
    assert_true(r.time.n >= 6 && told >= (double)r.time.n);
    snprintf(want, sizeof want, "%.6g", told - (double)(r.time.n - 1) / 2);
    assert_string_equal(et_pairs_get(&r.facts, "device_time"), want);
    assert_null(et_pairs_get(&r.facts, "space"));
    et_result_free(&r);
    et_case_free(&c);
    et_counters_close(&counters);
    et_fields_free(et_option_rows, &options, sizeof options);
    et_team_close(team);
}

TEST_MAIN(by_hand, of_the_samples)
