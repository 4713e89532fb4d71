/* case: an id says all of a case and parses back, however odd its values;
 * what is no id is refused; what does not fit is too.
 */
#include "config.h"
#include "tests/unit/test_main.h"

#include <stdio.h>
#include <string.h>

#include "app/command.h"
#include "harness/base/log.h"
#include "harness/base/random.h"
#include "harness/case/case.h"
#include "tests/unit/fake_bench.h"

static void set(struct et_case *c, const char *key, const char *value)
{
    assert_int_equal(et_case_set(c, key, value, "test"), ET_OK);
}

TEST(words)
{
    struct et_case c;
    assert_int_equal(et_case_init(&fake_bench, &c), ET_OK);
    set(&c, "backend", "quick");
    assert_int_equal(et_case_name(&c), ET_OK);
    /* Shape and team always; the rest where it is not the preset. */
    assert_string_equal(c.id,
                        "mul backend=quick m=16 n=16 k=16 ranks=1 threads=1");
    set(&c, "dtype", "fp32");
    set(&c, "bytes", "64 KiB");
    set(&c, "ranks", "8");
    set(&c, "nodes", "2");
    set(&c, "label", "late");
    set(&c, "shape", "a/b");
    assert_int_equal(et_case_name(&c), ET_OK);
    assert_string_equal(c.id, "mul label=late backend=quick shape=a/b "
                              "dtype=fp32 m=16 n=16 k=16 bytes=65536 ranks=8 "
                              "nodes=2 threads=1");
    et_case_free(&c);
}

static void assert_round_trip(const struct et_case *c,
                              const struct et_benches *benches)
{
    struct et_case back;
    if (et_case_parse(c->id, benches, &back) != ET_OK)
        fail_msg("%s: %s", c->id, et_log_last_error());
    assert_string_equal(back.id, c->id);
    assert_string_equal(back.backend, c->backend);
    assert_true(back.ranks == c->ranks && back.nodes == c->nodes &&
                back.threads == c->threads && back.bench == c->bench);
    assert_true(!back.label == !c->label && !back.shape == !c->shape);
    if (c->label)
        assert_string_equal(back.label, c->label);
    for (const struct et_field *row = c->bench->params; row->key; row++) {
        struct et_text a = {0}, b = {0};
        et_field_print(row, c->params, &a);
        et_field_print(row, back.params, &b);
        assert_string_equal(et_text_str(&a), et_text_str(&b));
        et_text_free(&a);
        et_text_free(&b);
    }
    et_case_free(&back);
}

TEST(round_trips)
{
    static const char *const odd[] = {
        "plain", "two words", " edges ", "a=b",  "100%", "%20",    "%",
        "%zz",   "tab\there", "a\nb",    "=",    "\x7f", "ü/é",    "--x",
        "0",     "a,b;c",     "\"q\"",   "%%41", "a  b", "label=x"};
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
        struct et_case c;
        assert_int_equal(et_case_init(&fake_bench, &c), ET_OK);
        set(&c, "backend", "quick");
        set(&c, "label", odd[i]);
        set(&c, "shape", odd[i]);
        set(&c, "word", odd[i]);
        set(&c, "alpha", "0.1");
        assert_int_equal(et_case_name(&c), ET_OK);
        for (const char *p = c.id; *p; p++)
            assert_true((unsigned char)*p >= ' ' && *p != 0x7f);
        assert_round_trip(&c, &fake_benches);
        struct et_case back;
        assert_int_equal(et_case_parse(c.id, &fake_benches, &back), ET_OK);
        assert_string_equal(((struct fake_params *)back.params)->word, odd[i]);
        et_case_free(&back);
        et_case_free(&c);
    }
    for (uint64_t i = 0; i < 200; i++) {
        struct et_case c;
        assert_int_equal(et_case_init(&fake_bench, &c), ET_OK);
        set(&c, "backend", "reference");
        struct fake_params *p = c.params;
        p->m = (int64_t)(et_random_u64(1, i) % 1000000000000) + 1;
        p->bytes = (int64_t)(et_random_u64(2, i) >> (14 + i % 50)) + 1;
        p->alpha = et_random_unit(3, i) * 1e-7;
        p->dtype = (int)(i % 2);
        assert_int_equal(et_case_name(&c), ET_OK);
        assert_round_trip(&c, &fake_benches);
        et_case_free(&c);
    }
}

/* Every bench of the program at its presets, and each choice of each. */
TEST(all_benches)
{
    for (size_t i = 0; i < et_benches.n; i++) {
        const struct et_bench *b = et_benches.v[i];
        for (const struct et_field *row = b->params; row->key; row++) {
            char name[ET_TEXT_NUMBER];
            for (int k = 0; k == 0 || row->type == ET_CHOICE; k++) {
                struct et_case c;
                assert_int_equal(et_case_init(b, &c), ET_OK);
                if (row->type == ET_CHOICE)
                    et_choice_name(row->choices, k, name);
                if (row->type == ET_CHOICE && strcmp(name, "?") == 0) {
                    et_case_free(&c);
                    break;
                }
                set(&c, "backend", b->backends->v[0]->name);
                if (row->type == ET_CHOICE)
                    set(&c, row->key, name);
                assert_int_equal(et_case_name(&c), ET_OK);
                assert_round_trip(&c, &et_benches);
                et_case_free(&c);
            }
        }
    }
}

TEST(no_ids)
{
    static const struct {
        const char *id, *words;
    } bad[] = {{"", "no bench"},
               {"mull backend=quick", "no bench"},
               {"mul backend=quick m", "'m' is no key=value"},
               {"mul backend=quick  m=1", "is no key=value"},
               {"mul backend=quick q=1", "unknown key 'q'"},
               {"mul backend=quick m=0", "m"},
               {"mul backend=quick m=1e99", "m"},
               {"mul backend=quick ranks=0", "ranks"},
               {"mul backend=quick ranks=9999999999", "ranks"},
               {"mul m=1 n=1 k=1", "backend"},
               {"mul backend=quick dtype=fp33", "dtype"}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct et_case c = {0};
        et_log_forget();
        if (et_case_parse(bad[i].id, &fake_benches, &c) != ET_USAGE)
            fail_msg("%s was taken", bad[i].id);
        if (!strstr(et_log_last_error(), bad[i].words))
            fail_msg("'%s' has no '%s'", et_log_last_error(), bad[i].words);
        assert_null(c.bench);
    }
}

static enum et_status fits(const char *m, const char *k, const char *ranks,
                           double memory, int64_t ranks_per_node)
{
    struct et_case c;
    assert_int_equal(et_case_init(&fake_bench, &c), ET_OK);
    set(&c, "backend", "quick");
    set(&c, "m", m);
    set(&c, "k", k);
    set(&c, "ranks", ranks);
    assert_int_equal(et_case_name(&c), ET_OK);
    et_log_forget();
    enum et_status s = et_case_fits(&c, memory, ranks_per_node);
    et_case_free(&c);
    return s;
}

TEST(fitting)
{
    /* A rank needs 8 m n = 128 m bytes, and has one thread. */
    const double own = ET_CASE_OWN(1);
    assert_true(own == 24 * 0x1p20);
    assert_int_equal(fits("10", "1", "1", own + 1280, 4), ET_OK);
    assert_int_equal(fits("10", "1", "1", own + 1279, 4), ET_USAGE);
    assert_non_null(strstr(et_log_last_error(), "GiB of memory on a node"));
    /* 3 x 2^30 bytes are 3 GiB, 2 x 2^30 are free. */
    assert_int_equal(fits("25165824", "1", "1", 0x1p31, 4), ET_USAGE);
    assert_non_null(strstr(et_log_last_error(),
                           "needs 3 GiB of memory on a node, and the libraries "
                           "0.023 GiB, where 2 GiB"));
    /* Ranks of one node add up, those of others do not. */
    assert_int_equal(fits("10", "1", "4", 4 * own + 5120, 4), ET_OK);
    assert_int_equal(fits("10", "1", "4", 4 * own + 5119, 4), ET_USAGE);
    assert_int_equal(fits("10", "1", "400", 4 * own + 5120, 4), ET_OK);
    /* Where the memory is not known, it is not guessed. */
    assert_int_equal(fits("1000000000000", "1", "1", 0, 1), ET_OK);
    assert_int_equal(fits("10", "99", "1", 0, 1), ET_USAGE);
    assert_non_null(strstr(et_log_last_error(), "overflow"));
}

QUIET_TEST_MAIN(words, round_trips, all_benches, no_ids, fitting)
