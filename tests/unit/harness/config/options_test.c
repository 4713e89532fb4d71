/* options: the command line in all its spellings, its refusals, and the way
 * to the ranks that did not read the plan and back.
 */
#include "config.h"
#include "tests/unit/test_main.h"

#include <string.h>

#include "harness/base/log.h"
#include "harness/config/options.h"

#define MOST 8

static enum et_status parse(struct et_options *o, struct et_strings *words,
                            bool *help, const char *const *line)
{
    char *argv[MOST];
    int n = 0;
    for (; line[n]; n++)
        argv[n] = (char *)line[n];
    et_log_forget();
    assert_int_equal(et_fields_init(et_option_rows, o, sizeof *o), ET_OK);
    *words = (struct et_strings){0};
    *help = false;
    return et_arguments_parse(et_option_rows, o, n, argv, words, help);
}

static void release(struct et_options *o, struct et_strings *words)
{
    et_fields_free(et_option_rows, o, sizeof *o);
    et_strings_free(words);
}

TEST(spellings)
{
    struct et_options o;
    struct et_strings words;
    bool help;
    const char *const a[] = {"--seed", "7",       "--budget=150 ms",
                             "dir",    "--quiet", "--set=gemm.m=8",
                             NULL};
    assert_int_equal(parse(&o, &words, &help, a), ET_OK);
    assert_int_equal(o.seed, 7);
    assert_true(o.budget == 0.15 && o.quiet && !help);
    assert_int_equal(o.set.n, 1);
    assert_string_equal(o.set.v[0], "gemm.m=8");
    assert_int_equal(words.n, 1);
    assert_string_equal(words.v[0], "dir");
    release(&o, &words);
    const char *const b[] = {"--min_samples", "9", "--no-quiet", "-h", "--",
                             "--out",         "-", NULL};
    assert_int_equal(parse(&o, &words, &help, b), ET_OK);
    assert_int_equal(o.min_samples, 9);
    assert_true(!o.quiet && help && !o.out);
    assert_int_equal(words.n, 2);
    assert_string_equal(words.v[0], "--out");
    release(&o, &words);
    const char *const several[] = {"--counters", "perf, fake", NULL};
    assert_int_equal(parse(&o, &words, &help, several), ET_OK);
    assert_string_equal(o.counters, "perf, fake");
    release(&o, &words);
    const char *const c[] = {"--set",      "a.b=1",     "--set", "c.d=2",
                             "--quiet=no", "--seed=-0", NULL};
    assert_int_equal(parse(&o, &words, &help, c), ET_OK);
    assert_int_equal(o.set.n, 2);
    assert_true(!o.quiet && o.seed == 0);
    release(&o, &words);
}

/* What docs/plans.md and docs/commands.md promise where nothing is said. */
TEST(presets)
{
    struct et_options o;
    struct et_strings words;
    bool help;
    const char *const none[] = {NULL};
    assert_int_equal(parse(&o, &words, &help, none), ET_OK);
    assert_true(o.seed == 1 && o.budget == 2 && o.precision == 0.05);
    assert_true(o.passes == 6 && o.max_passes == 12);
    assert_true(o.min_samples == 12 && o.max_samples == 1000);
    assert_true(o.min_time == 1e-3 && o.timeout == 600 && o.target == 1e18);
    assert_true(o.ceilings && !o.quiet && !o.peak && !o.scratch);
    assert_string_equal(o.clock, "real");
    assert_string_equal(o.team, "auto");
    assert_string_equal(o.counters, "auto");
    release(&o, &words);
}

TEST(refusals)
{
    static const struct {
        const char *line[MOST], *words;
    } bad[] = {{{"--bugdet", "1"}, "did you mean"},
               {{"--bugdet=1"}, "--budget"},
               {{"--counters", "fake,pref"}, "'pref'"},
               {{"--counters", "fake,"}, "''"},
               {{"--clock", "fake,real"}, "'fake,real'"},
               {{"--zzzzzzzz"}, "zzzzzzzz"},
               {{"-x"}, "'-x'"},
               {{"--no-seed"}, "no-seed"},
               {{"--no-quiet=yes"}, "no-quiet"},
               {{"--seed"}, "needs a value"},
               {{"--seed", "x"}, "seed"},
               {{"--seed", "-1"}, "seed"},
               {{"--seed="}, "seed"},
               {{"--out="}, "--out: needs a value"},
               {{"--out", ""}, "--out: needs a value"},
               {{"--budget", "1e308 h"}, "budget"},
               {{"--precision", "2"}, "precision"},
               {{"--min-samples", "5"}, "min-samples"},
               {{"--quiet=maybe"}, "quiet"}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct et_options o;
        struct et_strings words;
        bool help;
        assert_int_equal(parse(&o, &words, &help, bad[i].line), ET_USAGE);
        if (!strstr(et_log_last_error(), bad[i].words))
            fail_msg("'%s' has no '%s'", et_log_last_error(), bad[i].words);
        release(&o, &words);
    }
}

TEST(round_trip)
{
    struct et_options o, back;
    struct et_strings words;
    bool help;
    struct et_text text = {0}, again = {0};
    const char *const line[] = {"--scratch=/a b/c=d",
                                "--precision=0.1",
                                "--target=1.5e21",
                                "--quiet",
                                "--budget=1ns",
                                "--peak=fp64=1GFLOP/s",
                                NULL};
    /* 1 ns is below the least budget: refused, so nothing is half set. */
    assert_int_equal(parse(&o, &words, &help, line), ET_USAGE);
    release(&o, &words);
    const char *const right[] = {"--scratch=/a b/c=d",
                                 "--precision=0.1",
                                 "--target=1.5e21",
                                 "--quiet",
                                 "--budget=1.7 ms",
                                 "--peak=fp64=1GFLOP/s",
                                 NULL};
    assert_int_equal(parse(&o, &words, &help, right), ET_OK);
    assert_int_equal(et_options_pack(&o, &text), ET_OK);
    assert_int_equal(et_fields_init(et_option_rows, &back, sizeof back), ET_OK);
    assert_int_equal(et_options_unpack(et_text_str(&text), &back), ET_OK);
    assert_string_equal(back.scratch, "/a b/c=d");
    assert_string_equal(back.peak, "fp64=1GFLOP/s");
    assert_true(back.precision == 0.1 && back.target == 1.5e21);
    assert_true(back.budget == o.budget && back.quiet && !back.out);
    /* All of it: packed again it is the same text. */
    assert_int_equal(et_options_pack(&back, &again), ET_OK);
    assert_string_equal(et_text_str(&text), et_text_str(&again));
    et_text_free(&text);
    et_text_free(&again);
    et_fields_free(et_option_rows, &back, sizeof back);
    release(&o, &words);
}

TEST(planned)
{
    static const char *const not_planned[] = {
        "plan", "out", "resume", "again", "launches", "launcher", "set"};
    for (size_t i = 0; i < sizeof not_planned / sizeof *not_planned; i++)
        assert_false(et_option_is_planned(not_planned[i]));
    assert_true(et_option_is_planned("budget"));
    assert_true(et_option_is_planned("scratch"));
}

QUIET_TEST_MAIN(spellings, presets, refusals, round_trip, planned)
