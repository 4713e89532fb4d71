/* scale: shapes of the catalog fitted to a machine, on the real catalog and the
 * real gemm; sizes worked out by hand.
 */
#include "config.h"
#include "tests/unit/test_main.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/command.h"
#include "harness/base/log.h"
#include "harness/config/plan.h"
#include "harness/config/scale.h"

static const int64_t only[] = {1};
static const struct et_allocation one = {
    .ranks = 1, .nodes = 1, .ranks_upto = only, .threads = 1};

/* The ids of the plan's cases, or what was said of it; free. */
static char *expand(const char *keys, enum et_status want)
{
    struct et_options o;
    struct et_cases cases = {0};
    struct et_strings words = {0};
    struct et_text ids = {0}, plan = {0};
    et_log_forget();
    et_text_add(&plan, "[gemm]\nbackend=reference\nranks=1\n%s", keys);
    assert_int_equal(et_fields_init(et_option_rows, &o, sizeof o), ET_OK);
    enum et_status s = et_plan_expand("p", et_text_str(&plan), &et_benches, &o,
                                      &words, &one, &cases);
    if (s != want)
        fail_msg("%s: %s", keys, et_log_last_error());
    for (size_t i = 0; i < cases.n; i++)
        et_text_add(&ids, "%s\n", cases.v[i].id);
    if (s != ET_OK)
        et_text_add(&ids, "%s", et_log_last_error());
    char *out = strdup(et_text_str(&ids));
    et_cases_free(&cases);
    et_text_free(&ids);
    et_text_free(&plan);
    et_fields_free(et_option_rows, &o, sizeof o);
    return out;
}

static void check(const char *keys, const char *part, const char *more)
{
    char *ids = expand(keys, ET_OK);
    if (!strstr(ids, part) || !strstr(ids, more))
        fail_msg("%s: '%s', '%s' are not in: %s", keys, part, more, ids);
    free(ids);
}

#define QKV "shapes=llama3-8b/fwd/tp1-s8192-mb1/qkv\n"

TEST(tokens_are_set)
{
    check("tokens=512\n" QKV,
          "shape=llama3-8b/fwd/tp1-s8192-mb1/qkv/tokens-512",
          " m=512 n=6144 k=4096 ");
    check("tokens=100\nshapes=llama3-8b/wgrad/*/qkv\n", "qkv/tokens-100",
          " m=4096 n=6144 k=100 ");
    /* A sequence of attention: each token with each. */
    check("tokens=1024\nshapes=llama3-8b/fwd/*/attn-qk\n", "tokens-1024",
          " m=1024 n=1024 k=128 batch=32 ");
    check("tokens=1024\nshapes=llama3-8b/fwd/*/attn-pv\n", "tokens-1024",
          " m=1024 n=128 k=1024 batch=32 ");
    /* 64 sequences of 128 tokens, of which 2 are left. */
    check("tokens=128\nshapes=bert-large/fwd/tp1-s128-mb64/attn-qk\n",
          "tokens-128", " m=2 n=2 k=64 batch=1024 ");
    /* As it is: no other name. */
    check("tokens=8192\n" QKV, "/qkv ", " m=8192 n=6144 k=4096 ");
    check("tokens=1\nshapes=bert-large/fwd/tp1-s128-mb64/attn-qk\n", "tokens-1",
          " m=1 n=1 k=64 batch=1024 ");
    /* A step of inference has no tokens besides its sequences'. */
    check("tokens=16\nshapes=llama3-8b/decode/tp1-s1-mb4/qkv, "
          "llama3-8b/fwd/tp1-s8192-mb1/qkv\n",
          "mb4/qkv ", " m=4 n=6144 k=4096 ");
}

TEST(microbatches_are_set)
{
    check("microbatch=2\nshapes=bert-large/fwd/tp1-s128-mb64/qkv\n",
          "qkv/microbatch-2", " m=256 n=3072 k=1024 ");
    check("microbatch=2\nshapes=bert-large/fwd/tp1-s128-mb64/attn-qk\n",
          "attn-qk/microbatch-2", " m=128 n=128 k=64 batch=32 ");
    check("microbatch=3\nshapes=llama3-8b/decode/tp1-s1-mb4/qkv\n",
          "qkv/microbatch-3", " m=3 n=6144 k=4096 ");
}

/* 8192 tokens have (8192 x 4096 + 4096 x 6144 + 8192 x 6144) x 4 B = 416 MiB,
 * half of them 256 MiB. */
TEST(tokens_are_halved_until_they_fit)
{
    check("dtype=fp32\nfit=256MiB\n" QKV, "qkv/tokens-4096", " m=4096 n=6144 ");
    check("dtype=fp32\nfit=268435455\n" QKV, "qkv/tokens-2048", " m=2048 ");
    check("dtype=fp32\nfit=416MiB\n" QKV, "qkv dtype", " m=8192 ");
    /* The weights alone, and a row of A and C: 96 MiB + 40 KiB. */
    check("dtype=fp32\nfit=100704256\n" QKV, "qkv/tokens-1 ", " m=1 ");
    char *none = expand("dtype=fp32\nfit=100704255\n" QKV, ET_OK);
    assert_string_equal(none, "");
    free(none);
    /* Where there are no tokens, the microbatch. */
    check("dtype=fp32\nfit=102MB\nshapes=llama3-8b/decode/tp1-s1-mb256/qkv\n",
          "qkv/microbatch-32", " m=32 n=6144 k=4096 ");
    /* Both: first what was asked for. */
    check("dtype=fp32\nfit=256MiB\ntokens=6000\n" QKV, "qkv/tokens-3000",
          " m=3000 ");
}

/* 2 x 100^3 are 2e6. */
TEST(large_ones_are_left_out)
{
    char *ids = expand("flop_most=2e6\nshapes=100^3, 101^3, 4x5x6\n", ET_OK);
    assert_non_null(strstr(ids, "m=100 "));
    assert_non_null(strstr(ids, "m=4 "));
    assert_null(strstr(ids, "m=101 "));
    free(ids);
    ids = expand("fit=240000\nshapes=100^3, 101^3\n", ET_OK);
    assert_non_null(strstr(ids, "m=100 "));
    assert_null(strstr(ids, "m=101 "));
    free(ids);
}

TEST(what_is_wrong_is_named)
{
    static const struct {
        const char *keys, *words;
    } bad[] = {
        {"tokens=0\n" QKV, "p:4: tokens: '0' is not a number from 1"},
        {"microbatch=x\n" QKV, "p:4: microbatch: 'x' is not a number from 1"},
        {"fit=1 LB\n" QKV, "p:4: fit: '1 LB' is not a size, such as 2GiB"},
        {"flop_most=-1\n" QKV, "p:4: flop_most: '-1' is not a number above 0"},
        {"tokens=1\nmicrobatch=1\n" QKV,
         "p:5: microbatch: tokens is given too, at p:4"},
        {"tokens=5\nshapes=square\n",
         "p:4: tokens: none of the section's shapes has any to scale"},
        {"microbatch=5\nshapes=4^3\n", "p:4: microbatch: none of the"}};
    et_log_level_set(ET_LOG_NONE);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char *said = expand(bad[i].keys, ET_USAGE);
        if (!strstr(said, bad[i].words))
            fail_msg("'%s' has no '%s'", said, bad[i].words);
        free(said);
    }
    et_log_level_set(ET_LOG_NOTE);
}

TEST(notes_are_checked)
{
    static const char *const wrong[] = {"8192", "0:m", "x:m", "4:q", "4:dtype"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct et_shape row = {.name = (char[]){"a"}, .where = (char[]){"f:1"}};
        struct et_case c;
        const struct et_scale s = {.tokens = 2};
        bool out;
        et_log_level_set(ET_LOG_NONE);
        assert_true(et_pairs_set(&row.values, "tokens", wrong[i], false));
        assert_int_equal(et_case_init(et_benches.v[0], &c), ET_OK);
        assert_int_equal(et_case_set(&c, "shape", "a", "t"), ET_OK);
        assert_string_equal(c.bench->name, "gemm");
        assert_int_equal(et_scale_case(&s, &row, &c, "here", &out), ET_USAGE);
        et_log_level_set(ET_LOG_NOTE);
        et_pairs_free(&row.values);
        et_case_free(&c);
    }
}

TEST_MAIN(tokens_are_set, microbatches_are_set,
          tokens_are_halved_until_they_fit, large_ones_are_left_out,
          what_is_wrong_is_named, notes_are_checked)
