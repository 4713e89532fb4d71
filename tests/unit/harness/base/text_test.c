/* text: parsers take what they name and refuse junk and overflow with the
 * result untouched; what is printed reads back; words near and far.
 */
#include "config.h"
#include "tests/unit/test_main.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "harness/base/random.h"
#include "harness/base/text.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

TEST(integers)
{
    static const struct {
        const char *s;
        int64_t v;
    } good[] = {{"0", 0},
                {"-5", -5},
                {"+7", 7},
                {"9223372036854775807", INT64_MAX},
                {"-9223372036854775808", INT64_MIN}};
    static const char *const bad[] = {
        "",    " 1",    "1 ", "1.0", "0x10",
        "1e3", "seven", "-",  "--1", "9223372036854775808"};
    int64_t v;
    for (size_t i = 0; i < COUNT(good); i++) {
        assert_true(et_parse_int(good[i].s, &v));
        assert_true(v == good[i].v);
    }
    for (size_t i = 0; i < COUNT(bad); i++) {
        v = 42;
        assert_false(et_parse_int(bad[i], &v));
        assert_int_equal(v, 42);
    }
}

TEST(reals)
{
    static const char *const bad[] = {"",     " 1",     "1 ",    "1,5", "1e309",
                                      "inf",  "nan",    "1.2.3", "-",   "x1",
                                      "0x10", "-0X1p3", "+-1",   "e5"};
    double v;
    assert_true(et_parse_real("-0.125", &v) && v == -0.125);
    assert_true(et_parse_real("1e308", &v) && v == 1e308);
    for (size_t i = 0; i < COUNT(bad); i++) {
        v = 42;
        assert_false(et_parse_real(bad[i], &v));
        assert_true(v == 42);
    }
}

TEST(booleans)
{
    bool v = false;
    assert_true(et_parse_bool("Yes", &v) && v);
    assert_true(et_parse_bool("off", &v) && !v);
    assert_true(et_parse_bool("1", &v) && v);
    assert_false(et_parse_bool("", &v));
    assert_false(et_parse_bool("2", &v));
    assert_false(et_parse_bool("yes ", &v));
    assert_true(v);
}

/* None is taken, and what stood there stays. */
#define ASSERT_REFUSED(parse, bad, v)                                          \
    for (size_t i = 0; i < COUNT(bad); i++) {                                  \
        v = 42;                                                                \
        if (parse(bad[i], &v) || v != 42)                                      \
            fail_msg("%s was taken", bad[i]);                                  \
    }

TEST(bytes)
{
    static const struct {
        const char *s;
        int64_t v;
    } good[] = {{"4096", 4096},
                {"8 B", 8},
                {"64KiB", 65536},
                {"256\tMiB", 268435456},
                {"1.5 GiB", 1610612736},
                {"4 GB", 4000000000},
                {"2 kB", 2000},
                {"1e3", 1000},
                {"7 EiB", INT64_C(7) << 60},
                {"9223372036854775807", INT64_MAX}};
    static const char *const bad[] = {
        "",        "KiB",   "1.5",  "1.0001 KiB", "4 kb",
        "4 GiB/s", "1 ZB",  "1 Ki", "1 KiB x",    "9223372036854775808",
        "1e19",    "8 EiB", "nan",  "inf",        "10 EB"};
    int64_t v;
    for (size_t i = 0; i < COUNT(good); i++) {
        if (!et_parse_bytes(good[i].s, &v) || v != good[i].v)
            fail_msg("%s", good[i].s);
    }
    ASSERT_REFUSED(et_parse_bytes, bad, v);
}

TEST(seconds)
{
    static const struct {
        const char *s;
        double v;
    } good[] = {{"2", 2},       {"2 s", 2},     {"150ms", 0.15},
                {"3 min", 180}, {"1 h", 3600},  {"20 us", 2e-5},
                {"5ns", 5e-9},  {"0.5 h", 1800}};
    static const char *const bad[] = {"",      "s",      "1 d", "1 m",
                                      "1 S",   "nan",    "inf", "1e309 s",
                                      "1 s s", "1e308 h"};
    double v;
    for (size_t i = 0; i < COUNT(good); i++) {
        if (!et_parse_seconds(good[i].s, &v) || fabs(v - good[i].v) > 1e-15 * v)
            fail_msg("%s", good[i].s);
    }
    ASSERT_REFUSED(et_parse_seconds, bad, v);
}

TEST(quantities)
{
    static const struct {
        const char *s, *unit;
        double v;
    } good[] = {{"85", "FLOP/s", 85},         {"1.2 GFLOP/s", "FLOP/s", 1.2e9},
                {"7 FLOP/s", "FLOP/s", 7},    {"30 GB/s", "B/s", 30e9},
                {"2 kB/s", "B/s", 2e3},       {"1 EFLOP/s", "FLOP/s", 1e18},
                {"1ZFLOP/s", "FLOP/s", 1e21}, {"20 us", "s", 2e-5},
                {"3 min", "s", 180},          {"4 s", "s", 4}};
    static const struct {
        const char *s, *unit;
    } bad[] = {{"", "B/s"},
               {"G", "B/s"},
               {"1.2 G", "FLOP/s"},
               {"1 GB/s", "FLOP/s"},
               {"1 gB/s", "B/s"},
               {"1 GGB/s", "B/s"},
               {"85 %", "FLOP/s"},
               {"1 GiB/s", "B/s"},
               {"1 mFLOP/s", "FLOP/s"},
               {"nan FLOP/s", "FLOP/s"},
               {"1e300 ZFLOP/s", "FLOP/s"}};
    double v;
    for (size_t i = 0; i < COUNT(good); i++) {
        if (!et_parse_quantity(good[i].s, good[i].unit, &v) ||
            fabs(v - good[i].v) > 1e-15 * v)
            fail_msg("%s", good[i].s);
    }
    for (size_t i = 0; i < COUNT(bad); i++) {
        v = 42;
        if (et_parse_quantity(bad[i].s, bad[i].unit, &v) || v != 42)
            fail_msg("%s was taken for %s", bad[i].s, bad[i].unit);
    }
}

TEST(printed_bytes)
{
    char buf[ET_TEXT_NUMBER];
    assert_string_equal(et_print_bytes(buf, 0), "0 B");
    assert_string_equal(et_print_bytes(buf, 1023), "1023 B");
    assert_string_equal(et_print_bytes(buf, 65536), "64 KiB");
    assert_string_equal(et_print_bytes(buf, 1025 * 1024), "1025 KiB");
    for (uint64_t i = 0; i < 2000; i++) {
        int64_t v = (int64_t)(et_random_u64(1, i) >> (1 + i % 62)), back = -1;
        v &= ~(((int64_t)1 << i % 40) - 1); /* often whole units */
        assert_true(et_parse_bytes(et_print_bytes(buf, v), &back));
        assert_true(back == v);
    }
}

TEST(printed_numbers)
{
    char buf[ET_TEXT_NUMBER];
    assert_string_equal(et_print_seconds(buf, 0), "0 s");
    assert_string_equal(et_print_seconds(buf, 1.25e-3), "1.25 ms");
    assert_string_equal(et_print_seconds(buf, 20e-6), "20 us");
    assert_string_equal(et_print_seconds(buf, 1e-6), "1 us");
    assert_string_equal(et_print_seconds(buf, 1e-3), "1 ms");
    assert_string_equal(et_print_seconds(buf, 1), "1 s");
    assert_string_equal(et_print_seconds(buf, 3e-9), "3 ns");
    assert_string_equal(et_print_seconds(buf, 90), "90 s");
    assert_string_equal(et_print_seconds(buf, -0.5), "-500 ms");
    assert_string_equal(et_print_seconds(buf, NAN), "-");
    assert_string_equal(et_print_si(buf, 1.5e12, "FLOP/s"), "1.5 TFLOP/s");
    assert_string_equal(et_print_si(buf, 999, "B/s"), "999 B/s");
    assert_string_equal(et_print_si(buf, 1000, "B/s"), "1 kB/s");
    assert_string_equal(et_print_si(buf, 1023, "B/s"), "1.023 kB/s");
    assert_string_equal(et_print_si(buf, 0, "B"), "0 B");
    assert_string_equal(et_print_si(buf, -2e3, "B"), "-2 kB");
    assert_string_equal(et_print_si(buf, INFINITY, "B"), "-");
    assert_string_equal(et_print_real(buf, 0.1), "0.1");
    for (uint64_t i = 0; i < 5000; i++) {
        uint64_t bits = et_random_u64(2, i);
        double v, back = 0;
        memcpy(&v, &bits, sizeof v);
        if (!isfinite(v))
            continue;
        assert_true(et_parse_real(et_print_real(buf, v), &back));
        assert_true(back == v);
    }
}

TEST(parts)
{
    struct et_strings l = {0};
    assert_true(et_split(" a , b b,, c\t", ',', &l));
    assert_int_equal(l.n, 4);
    assert_string_equal(l.v[0], "a");
    assert_string_equal(l.v[1], "b b");
    assert_string_equal(l.v[2], "");
    assert_string_equal(l.v[3], "c");
    et_strings_free(&l);
    assert_null(l.v);
    assert_true(et_split("", ',', &l));
    assert_int_equal(l.n, 1);
    assert_string_equal(l.v[0], "");
    et_strings_free(&l);
    char s[] = " \t x y \r\n";
    assert_string_equal(et_trim(s), "x y");
    char blank[] = "  ";
    assert_string_equal(et_trim(blank), "");
}

TEST(growing)
{
    struct et_text t = {0};
    assert_string_equal(et_text_str(&t), "");
    for (int i = 0; i < 1000; i++)
        et_text_add(&t, "%d,", i % 10);
    et_text_put(&t, "end of it", 3);
    assert_false(t.failed);
    assert_int_equal(t.n, 2003);
    assert_string_equal(t.s + 2000, "end");
    et_text_free(&t);
    assert_null(t.s);
}

TEST(near_words)
{
    static const char *const words[] = {"gemm", "conv", "allreduce", "io",
                                        "min-samples"};
    size_t n = COUNT(words);
    assert_string_equal(et_nearest("gem", words, n), "gemm");
    assert_string_equal(et_nearest("GEMM", words, n), "gemm");
    assert_string_equal(et_nearest("cnov", words, n), "conv");
    assert_string_equal(et_nearest("all_reduce", words, n), "allreduce");
    assert_string_equal(et_nearest("min-smaples", words, n), "min-samples");
    assert_null(et_nearest("stencil", words, n));
    assert_null(et_nearest("", words, 0));
    char longer[300];
    memset(longer, 'x', sizeof longer - 1);
    longer[sizeof longer - 1] = '\0';
    et_nearest(longer, words, n); /* must only not overflow */
}

TEST(cleaned)
{
    static const char *const rows[][2] = {
        {"plain \u00e9 \u4f60 \U0001f600", "plain \u00e9 \u4f60 \U0001f600"},
        {"a\033[1mb\x7f", "a?[1mb?"},
        {"a\n\t\r b", "a  b"},
        {"\xc2\x9b"
         "31m",
         "??31m"},                           /* C1: a terminal's CSI */
        {"\xff\xc3", "??"},                  /* no UTF-8 */
        {"a\u202eb\u2066c\u061c", "a?b?c?"}, /* direction */
        {"a\u200bb\ufeffc\u00ad", "a?b?c?"}, /* no width */
        {"a\u2010\u2027\u2030\u2070", "a\u2010\u2027\u2030\u2070"},
        {"\U000e0041\U000e0080", "?\U000e0080"},
        {"", ""}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        char s[64];
        snprintf(s, sizeof s, "%s", rows[i][0]);
        et_text_clean(s);
        assert_string_equal(s, rows[i][1]);
    }
}

TEST(redacted)
{
    static const char *const rows[][2] = {
        {"", ""},
        {"no url, me@host:22", "no url, me@host:22"},
        {"http://host/a@b", "http://host/a@b"},
        {"http://me:pw@host:80/x", "http://*@host:80/x"},
        {"http://token@host", "http://*@host"},
        {"http://me:p@w@host/", "http://*@host/"},
        {"a=ftp://u:p@h b=s3://k:s@h/c", "a=ftp://*@h b=s3://*@h/c"},
        {"\"x://u:p@h\" me@host", "\"x://*@h\" me@host"},
        {"x://u:@h x://:p@h x://@h", "x://*@h x://*@h x://@h"},
        {"x://h?a=1&Token=abc&b=2#k", "x://h?a=1&Token=*&b=2#k"},
        {"x://h/?api_key=abc;sig=d#auth=e f=g",
         "x://h/?api_key=*;sig=*#auth=* f=g"},
        {"x://h?password=", "x://h?password="},
        {"x://h?=&&#??", "x://h?=&&#??"},
        {"://", "://"},
        {"x://u:p@", "x://*@"}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        char s[64];
        snprintf(s, sizeof s, "%s", rows[i][0]);
        et_text_redact(s);
        assert_string_equal(s, rows[i][1]);
    }
}

TEST(words_of_a_list)
{
    assert_true(et_list_has("cpu,cpuacct", "cpu"));
    assert_true(et_list_has("cpu,cpuacct", "cpuacct"));
    assert_true(et_list_has("a,cpu", "cpu"));
    assert_false(et_list_has("cpuset,mycpu", "cpu"));
    assert_false(et_list_has("", "cpu"));
    assert_false(et_list_has("cpu", ""));
}

TEST_MAIN(words_of_a_list, cleaned, redacted, integers, reals, booleans, bytes,
          seconds, quantities, printed_bytes, printed_numbers, parts, growing,
          near_words)
