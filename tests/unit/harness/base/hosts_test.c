/* hosts: ranges written and read back, whatever the names. */
#include "config.h"
#include "tests/unit/test_main.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/hosts.h"

/* The names make this text, and it gives them back. */
static void both_ways(const char *const *names, size_t n, const char *want)
{
    struct et_hosts h = {.from = 0};
    char name[256];
    for (size_t i = 0; i < n; i++)
        et_hosts_add(&h, names[i]);
    char *text = et_hosts_end(&h);
    assert_non_null(text);
    assert_string_equal(text, want);
    for (size_t i = 0; i < n; i++) {
        assert_true(et_hosts_at(text, i, name, sizeof name));
        assert_string_equal(name, names[i]);
    }
    assert_false(et_hosts_at(text, n, name, sizeof name));
    free(text);
}
#define BOTH_WAYS(want, ...)                                                   \
    both_ways((const char *const[]){__VA_ARGS__},                              \
              sizeof(const char *const[]){__VA_ARGS__} / sizeof(char *), want)

TEST(ranges)
{
    BOTH_WAYS("n1", "n1");
    BOTH_WAYS("n[1-3]", "n1", "n2", "n3");
    BOTH_WAYS("n[8-11]", "n8", "n9", "n10", "n11");
    BOTH_WAYS("n[08-11]", "n08", "n09", "n10", "n11");
    BOTH_WAYS("n[0099-0101],n103", "n0099", "n0100", "n0101", "n103");
    BOTH_WAYS("n[1-2].site", "n1.site", "n2.site");
    BOTH_WAYS("login,n[1-2],login", "login", "n1", "n2", "login");
    BOTH_WAYS("x1n[0-1],x2n0", "x1n0", "x1n1", "x2n0");
    BOTH_WAYS("n09,n10x", "n09", "n10x");
    BOTH_WAYS("n2,n1", "n2", "n1");
    BOTH_WAYS("n1,n1", "n1", "n1");
    BOTH_WAYS("n09,n010", "n09", "n010");
    BOTH_WAYS("n99999999999999999999", "n99999999999999999999");
    BOTH_WAYS("7,9", "7", "9");
    BOTH_WAYS("[7-8]", "7", "8");
}

TEST(odd_names)
{
    struct et_hosts h = {.from = 0};
    char long_name[400], name[256];
    memset(long_name, 'a', sizeof long_name);
    long_name[sizeof long_name - 1] = '\0';
    et_hosts_add(&h, "a,b[1]");
    et_hosts_add(&h, "");
    et_hosts_add(&h, long_name);
    char *text = et_hosts_end(&h);
    assert_true(et_hosts_at(text, 0, name, sizeof name));
    assert_string_equal(name, "a?b?1?");
    assert_true(et_hosts_at(text, 1, name, sizeof name));
    assert_string_equal(name, "?");
    assert_true(et_hosts_at(text, 2, name, sizeof name));
    assert_int_equal(strlen(name), 255);
    free(text);
    assert_null(et_hosts_end(&h));
    /* What no etalon wrote names nobody. */
    const char *const bad[] = {"",      "n[",     "n[1",    "n[1-",
                               "n[1-2", "n[2-1]", "n[a-b]", "n[-1-2]"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(et_hosts_at(bad[i], 0, name, sizeof name));
}

TEST(many)
{
    struct et_hosts h = {.from = 0};
    char name[32];
    for (int i = 1; i <= 12500; i++) {
        snprintf(name, sizeof name, "n%05d", i);
        et_hosts_add(&h, name);
    }
    char *text = et_hosts_end(&h);
    assert_string_equal(text, "n[00001-12500]");
    assert_true(et_hosts_at(text, 12499, name, sizeof name));
    assert_string_equal(name, "n12500");
    free(text);
}

TEST_MAIN(ranges, odd_names, many)
