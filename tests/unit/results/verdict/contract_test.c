/* Contracts by themselves: the example that is shipped is sound, and what a
 * pattern of `where` matches. What is wrong in one stands in judge_test.c. */
#include "config.h"
#include "tests/unit/test_main.h"

#include "paths.h"
#include "results/verdict/contract.h"

static void the_example_is_sound(void **state)
{
    (void)state;
    struct et_contract c;
    assert_int_equal(
        et_contract_read(SRCDIR "/catalog/contracts/example.ini", &c), ET_OK);
    assert_true(c.n > 1);
    assert_string_equal(c.name, "example");
    et_contract_free(&c);
}

static void patterns(void **state)
{
    (void)state;
    assert_true(et_where_matches("im2col-*", "im2col-blis"));
    assert_true(et_where_matches("*", ""));
    assert_true(et_where_matches("a?c*e", "abcde"));
    assert_true(et_where_matches("*ab", "aab"));
    assert_false(et_where_matches("blis", "blis2"));
    assert_false(et_where_matches("a?", "a"));
    assert_false(et_where_matches("[ab]", "a"));
}

TEST_MAIN(the_example_is_sound, patterns)
