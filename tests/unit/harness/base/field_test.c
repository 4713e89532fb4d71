/* field: presets, parsing, printing, copies, errors that change nothing. */
#include "config.h"
#include "tests/unit/test_main.h"

#include <string.h>

#include "harness/base/field.h"
#include "harness/base/log.h"

struct inner {
    int64_t ranks;
    char *host;
};

struct thing {
    bool on;
    int64_t m, size;
    double alpha, budget;
    int dtype;
    char *name;
    struct et_strings set;
    struct et_reals samples;
    struct et_pairs params;
    struct inner inner;
    struct et_list hosts;
};

static const struct et_field inner_rows[] = {
    ET_ROW(inner, ranks, ET_INT, NULL),
    ET_ROW(inner, host, ET_STRING, NULL),
    {0}};

static const struct et_field rows[] = {
    ET_ROW(thing, on, ET_BOOL, NULL, .preset = "yes"),
    ET_ROW(thing, m, ET_INT, NULL, .preset = "7", .min = 1, .max = 100),
    ET_ROW_AS("block_size", thing, size, ET_BYTES, NULL, .preset = "64 KiB",
              .min = 1, .max = 0x1p40),
    ET_ROW(thing, alpha, ET_REAL, NULL),
    ET_ROW(thing, budget, ET_SECONDS, NULL, .preset = "150 ms"),
    ET_ROW(thing, dtype, ET_CHOICE, NULL, .preset = "fp32",
           .choices = "fp64|fp32"),
    ET_ROW(thing, name, ET_STRING, NULL),
    ET_ROW(thing, set, ET_STRINGS, NULL),
    ET_ROW(thing, samples, ET_REALS, NULL),
    ET_ROW(thing, params, ET_PAIRS, NULL),
    ET_ROW(thing, inner, ET_OBJECT, NULL, ET_ROWS_OF(inner, inner_rows)),
    ET_ROW(thing, hosts, ET_LIST, NULL, ET_ROWS_OF(inner, inner_rows)),
    {0}};

TEST(presets_and_absence)
{
    struct thing t;
    assert_int_equal(et_fields_init(rows, &t, sizeof t), ET_OK);
    assert_true(t.on);
    assert_int_equal(t.m, 7);
    assert_int_equal(t.size, 65536);
    assert_true(et_field_is_absent(et_field_find(rows, "alpha"), &t));
    assert_true(t.budget == 0.15);
    assert_int_equal(t.dtype, 1);
    assert_null(t.name);
    assert_int_equal(t.inner.ranks, ET_ABSENT_INT);
    et_fields_free(rows, &t, sizeof t);
}

TEST(errors_leave_the_member)
{
    struct thing t;
    static const char *const bad[][2] = {
        {"m", "0"},
        {"m", "101"},
        {"m", "7x"},
        {"m", ""},
        {"m", "99999999999999999999"},
        {"m", " 3"},
        {"block-size", "4 mib"},
        {"block-size", "0.3 B"},
        {"alpha", "nan"},
        {"alpha", "inf"},
        {"budget", "3 weeks"},
        {"dtype", "fp23"},
        {"on", "perhaps"},
    };
    assert_int_equal(et_fields_init(rows, &t, sizeof t), ET_OK);
    et_log_level_set(ET_LOG_NONE);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        const struct et_field *row = et_field_find(rows, bad[i][0]);
        assert_non_null(row);
        assert_int_equal(et_field_parse(row, &t, bad[i][1], "t"), ET_USAGE);
    }
    et_log_level_set(ET_LOG_NOTE);
    assert_int_equal(t.m, 7);
    assert_int_equal(t.size, 65536);
    assert_int_equal(t.dtype, 1);
    assert_true(t.on);
    et_fields_free(rows, &t, sizeof t);
}

TEST(copies_are_deep)
{
    struct thing t, u;
    assert_int_equal(et_fields_init(rows, &t, sizeof t), ET_OK);
    assert_int_equal(et_field_parse(et_field_find(rows, "name"), &t, "kl", "t"),
                     ET_OK);
    assert_int_equal(et_field_parse(et_field_find(rows, "set"), &t, "a=b", "t"),
                     ET_OK);
    for (int i = 0; i < 100; i++)
        assert_true(et_reals_add(&t.samples, i));
    assert_true(et_pairs_set(&t.params, "k", "1", true));
    assert_true(et_pairs_set(&t.params, "k", "2", true));
    struct inner *host = et_list_add(&t.hosts, sizeof *host);
    assert_non_null(host);
    host->host = strdup("n1");
    t.inner.host = strdup("n0");
    assert_int_equal(et_fields_copy(rows, &u, &t, sizeof t), ET_OK);
    et_fields_free(rows, &t, sizeof t);
    assert_string_equal(u.name, "kl");
    assert_string_equal(u.set.v[0], "a=b");
    assert_int_equal(u.samples.n, 100);
    assert_true(u.samples.v[99] == 99);
    assert_string_equal(et_pairs_get(&u.params, "k"), "2");
    assert_string_equal(((struct inner *)u.hosts.v)->host, "n1");
    assert_string_equal(u.inner.host, "n0");
    et_fields_free(rows, &u, sizeof u);
}

TEST(text_round_trip)
{
    struct thing t, u;
    assert_int_equal(et_fields_init(rows, &t, sizeof t), ET_OK);
    t.alpha = 1.0 / 3;
    assert_int_equal(et_fields_init(rows, &u, sizeof u), ET_OK);
    for (const struct et_field *row = rows; row->type <= ET_CHOICE; row++) {
        struct et_text text = {0};
        et_field_print(row, &t, &text);
        assert_int_equal(et_field_parse(row, &u, text.s, "t"), ET_OK);
        et_text_free(&text);
    }
    assert_true(u.alpha == t.alpha && u.budget == t.budget);
    assert_int_equal(u.size, t.size);
    et_fields_free(rows, &t, sizeof t);
    et_fields_free(rows, &u, sizeof u);
}

TEST(lists_print)
{
    struct thing t;
    struct et_text text = {0};
    const struct et_field *row = et_field_find(rows, "set");
    assert_int_equal(et_fields_init(rows, &t, sizeof t), ET_OK);
    assert_int_equal(et_field_parse(row, &t, "a=b", "t"), ET_OK);
    assert_int_equal(et_field_parse(row, &t, "c=d", "t"), ET_OK);
    et_field_print(row, &t, &text);
    assert_string_equal(et_text_str(&text), "a=b\nc=d");
    et_text_free(&text);
    et_fields_free(rows, &t, sizeof t);
}

/* The ends of a range belong to it. */
TEST(ranges)
{
    struct thing t;
    const struct et_field *row = et_field_find(rows, "m");
    assert_int_equal(et_fields_init(rows, &t, sizeof t), ET_OK);
    assert_int_equal(et_field_parse(row, &t, "1", "t"), ET_OK);
    assert_int_equal(t.m, 1);
    assert_int_equal(et_field_parse(row, &t, "100", "t"), ET_OK);
    assert_int_equal(t.m, 100);
    et_fields_free(rows, &t, sizeof t);
}

TEST(choices)
{
    char name[ET_TEXT_NUMBER];
    assert_int_equal(et_choice_index("fp64|fp32", "fp32"), 1);
    assert_int_equal(et_choice_index("fp64|fp32", "fp3"), -1);
    assert_int_equal(et_choice_index("fp64|fp32", "fp321"), -1);
    assert_int_equal(et_choice_index("fp64|fp32", ""), -1);
    assert_string_equal(et_choice_name("fp64|fp32", 1, name), "fp32");
    assert_string_equal(et_choice_name("fp64|fp32", 2, name), "?");
}

TEST(suggestions)
{
    assert_string_equal(et_field_suggest(rows, "dtyp"), "dtype");
    assert_string_equal(et_field_suggest(rows, "blocksize"), "block_size");
    assert_null(et_field_suggest(rows, "entirely-else"));
}

TEST_MAIN(presets_and_absence, errors_leave_the_member, copies_are_deep,
          text_round_trip, lists_print, ranges, choices, suggestions)
