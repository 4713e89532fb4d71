/* Contracts by themselves: the example that is shipped is sound, what a
 * pattern of `where` matches, and the page's list of reasons. What is wrong in
 * one stands in judge_test.c. */
#include "config.h"
#include "tests/unit/results/sample.h"
#include "tests/unit/test_main.h"

#include <stdlib.h>
#include <string.h>

#include "paths.h"
#include "results/verdict/contract.h"
#include "results/verdict/judge.h"

TEST(the_example_is_sound)
{
    struct et_contract c;
    assert_int_equal(
        et_contract_read(SRCDIR "/catalog/contracts/example.ini", &c), ET_OK);
    assert_true(c.n > 1);
    assert_string_equal(c.name, "example");
    et_contract_free(&c);
}

TEST(patterns)
{
    assert_true(et_where_matches("im2col-*", "im2col-blis"));
    assert_true(et_where_matches("*", ""));
    assert_true(et_where_matches("a?c*e", "abcde"));
    assert_true(et_where_matches("*ab", "aab"));
    assert_false(et_where_matches("blis", "blis2"));
    assert_false(et_where_matches("a?", "a"));
    assert_false(et_where_matches("[ab]", "a"));
}

/* docs/contracts.md has every cause, in this order, and no other. */
TEST(the_page_has_every_cause)
{
#define ROW(cause, verdict, record) {record, ET_VERDICT_##verdict},
    static const struct {
        const char *record;
        enum et_verdict verdict;
    } rows[] = {ET_JUDGE_CAUSES(ROW)};
#undef ROW
    char *page = sample_read(SRCDIR "/docs/contracts.md");
    const char *at = strstr(page, "| The record | The verdict |\n");
    assert_non_null(at);
    at = strchr(strchr(at, '\n') + 1, '\n') + 1; /* below the dashes */
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char want[400];
        int n = snprintf(want, sizeof want, "| %s | %s |\n", rows[i].record,
                         et_verdict_name(rows[i].verdict));
        if (strncmp(at, want, (size_t)n) != 0)
            fail_msg("docs/contracts.md has not, in its place: %s", want);
        at += n;
    }
    assert_int_not_equal(*at, '|');
    free(page);
}

TEST_MAIN(the_example_is_sound, patterns, the_page_has_every_cause)
