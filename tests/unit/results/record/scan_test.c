/* The quick reader against jansson: it takes what the store writes, and
 * whatever it takes, jansson takes too and reads the same. */
#include "config.h"
#include "tests/unit/test_main.h"
#include "tests/unit/results/sample.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/log.h"
#include "results/record/record.h"

static char *text_of(const struct et_record *r)
{
    json_t *o = et_record_to_json(r);
    char *text = json_dumps(o, JSON_COMPACT | JSON_REAL_PRECISION(17));
    assert_non_null(text);
    json_decref(o);
    return text;
}

/* The members as jansson reads them; NULL: it refuses the line. */
static char *judged(const char *line, size_t n)
{
    struct et_record r;
    json_t *o = json_loadb(line, n, JSON_REJECT_DUPLICATES, NULL);
    char *text = NULL;
    if (o && et_record_from_json(o, &r, "here") == ET_OK) {
        text = text_of(&r);
        et_record_free(&r);
    }
    json_decref(o);
    return text;
}

/* Whether the quick reader takes the line; fails where jansson differs. */
static bool taken(const char *line, size_t n)
{
    struct et_record r;
    if (!et_record_scan(line, n, &r))
        return false;
    char *got = text_of(&r), *wanted = judged(line, n);
    if (!wanted || strcmp(got, wanted) != 0)
        fail_msg("%s\nis read as\n%s\nand should be\n%s", line, got,
                 wanted ? wanted : "refused");
    free(got);
    free(wanted);
    et_record_free(&r);
    return true;
}

/* As the store writes it, with something in every kind of member. */
static char *written(void)
{
    struct et_record r;
    struct et_result x = sample_result("a", 1.0 / 3, 0.1, 7);
    sample_ceiling(&x, "compute", "peak", 5e9);
    x.label = strdup("caf\xc3\xa9");
    x.origin = strdup("a \"quoted\" \\ path\n");
    et_pairs_set(&x.facts, "large", "9007199254740993", true);
    et_pairs_set(&x.facts, "small", "1e-300", true);
    et_pairs_set(&x.facts, "yes", "true", true);
    et_pairs_set(&x.facts, "none", "", true);
    et_strings_add(&x.verification.odd, "node-1");
    et_strings_add(&x.verification.odd, "node-2");
    et_reals_add(&x.sync.late, 3);
    et_reals_add(&x.sync.late, NAN);
    assert_int_equal(et_record_make(&x, &r), ET_OK);
    json_t *o = et_record_to_json(&r);
    char *line = json_dumps(o, JSON_COMPACT | JSON_REAL_PRECISION(15));
    assert_non_null(line);
    json_decref(o);
    et_record_free(&r);
    return line;
}

TEST(what_is_written_is_taken)
{
    char *line = written();
    size_t n = strlen(line);
    assert_true(taken(line, n));
    line[n] = '\n'; /* not a string from here on */
    assert_true(taken(line, n + 1));
    line[n] = '\0';
    free(line);
}

/* Each character another one, left out, or the last. */
TEST(no_damage_is_taken_otherwise)
{
    static const char others[] = "\"\\{}[],:0-.eEn \n\x80\xc3";
    char *line = written();
    size_t n = strlen(line), took = 0, left = 0;
    et_log_level_set(ET_LOG_NONE);
    for (size_t i = 0; i < n; i++) {
        char c = line[i];
        for (const char *o = others; o < others + sizeof others; o++) {
            line[i] = *o;
            *(taken(line, n) ? &took : &left) += 1;
        }
        line[i] = c;
        char *less = strdup(line);
        assert_non_null(less);
        memmove(less + i, less + i + 1, n - i);
        *(taken(less, n - 1) ? &took : &left) += 1;
        free(less);
        less = strndup(line, i);
        assert_non_null(less);
        assert_false(taken(less, i));
        free(less);
    }
    et_log_level_set(ET_LOG_NOTE);
    assert_true(took > n && left > n);
    free(line);
}

/* `members` follow upon a whole record's head. */
static void member(const char *members, bool expected)
{
    char line[512];
    int n = snprintf(line, sizeof line,
                     "{\"schema_version\":3,\"bench\":\"b\",\"case\":\"c\","
                     "\"backend\":\"x\",%s}\n",
                     members);
    et_log_level_set(ET_LOG_NONE);
    bool got = taken(line, (size_t)n);
    et_log_level_set(ET_LOG_NOTE);
    if (got != expected)
        fail_msg("%s: is%s taken", members, got ? "" : " not");
}

TEST(numbers)
{
    static const char *const good[] = {"0",
                                       "-0",
                                       "-0.0",
                                       "1e5",
                                       "1E+05",
                                       "2.5e-7",
                                       "4.9e-324",
                                       "1e-400",
                                       "0.1000000000000000055511151231257827",
                                       "123456789012345678901.5"};
    static const char *const bad[] = {
        "01",    "-",   "+1",  ".5",    "1.",
        "1e",    "1e+", "0x1", "",      "nan",
        "1e400", "- 1", "1 ",  "1.5.5", "9223372036854775808"};
    char text[128];
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        snprintf(text, sizeof text, "\"spent\":%s,\"facts\":{\"a\":%s}",
                 good[i], good[i]);
        member(text, true);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        snprintf(text, sizeof text, "\"spent\":%s", bad[i]);
        member(text, false);
    }
    member("\"team\":{\"ranks\":9223372036854775807}", true);
    member("\"team\":{\"ranks\":1.0}", false);
    member("\"sync\":{\"late\":[1,null,2.5]}", true);
    member("\"sync\":{\"late\":[1,]}", false);
    member("\"sync\":{\"late\":[1,\"2\"]}", false);
}

TEST(strings)
{
    member("\"label\":\"\"", true);
    member("\"label\":\"\\u00e9\\t\\\"\\ud83d\\ude00\"", true);
    member("\"label\":\"\xf0\x9f\x98\x80\x7f\"", true);
    member("\"label\":\"\\ud83d\"", false);
    member("\"label\":\"\\u0000\"", false);
    member("\"label\":\"\\x\"", false);
    member("\"label\":\"\xc3\"", false);
    member("\"label\":\"\t\"", false);
    member("\"label\":\"open", false);
    member("\"label\":\"open\\", false);
    member("\"label\":true", false);
    member("\"status\":\"wrong\"", true);
    member("\"status\":\"fine\"", false);
    member("\"verification\":{\"odd\":[null]}", false);
}

TEST(members)
{
    member("\"label\":null,\"spent\":null,\"status\":null,\"facts\":null",
           false);
    member("\"label\":null,\"status\":null,\"spent\":null,\"facts\":null",
           true);
    member("\"label\":\"a\",\"label\":\"b\"", false);
    member("\"metrics\":[],\"facts\":{}", false);
    member("\"from_later\":1", false);
    member("\"label \":\"a\"", false);
    member("\"label\" :\"a\"", false);
    member("\"team\":{},\"ceilings\":[{}]", true);
    member("\"ceilings\":[null]", false);
    member("\"ceilings\":{}", false);
    member("\"team\":{\"oversubscribed\":true}", true);
    member("\"team\":{\"oversubscribed\":truer}", false);
    member("\"params\":{\"a\":1,\"b\":true,\"c\":\"x\",\"d\":null}", true);
    member("\"params\":{\"a\":1,\"a\":2}", false);
    member("\"params\":{\"a\":[1]}", false);
    member("\"params\":{\"a\":1},", false);
    member("\"params\":{\"a\":1}}", false);
}

TEST_MAIN(what_is_written_is_taken, no_damage_is_taken_otherwise, numbers,
          strings, members)
