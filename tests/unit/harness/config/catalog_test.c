/* catalog: what a pattern selects, what a file holds, and the refusal of a
 * header or a row that does not fit, with file and line.
 */
#include "config.h"

#include "tests/unit/test_main.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/base/log.h"
#include "harness/config/catalog.h"
#include "tests/unit/fake_bench.h"
#include "paths.h"

TEST(selects)
{
    static const struct {
        const char *pattern, *name;
        bool yes;
    } table[] = {{"a", "a", true},         {"a", "a/b/c", true},
                 {"a/b", "a/b/c", true},   {"a/b/c", "a/b", false},
                 {"a/*/c", "a/b/c", true}, {"a/*", "a/b/c", true},
                 {"a/*", "a", false},      {"*", "a/b", true},
                 {"*/c", "a/b/c", false},  {"a?", "ab/c", true},
                 {"a?", "a", false},       {"a", "ab", false},
                 {"A", "a", false},        {"a/", "a/b", false},
                 {"a/", "a", false},       {"[ab]/x", "b/x", true},
                 {"", "a", false}};
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        if (et_catalog_selects(table[i].pattern, table[i].name) != table[i].yes)
            fail_msg("%s, %s", table[i].pattern, table[i].name);
    }
    char longer[400];
    memset(longer, 'a', sizeof longer - 1);
    longer[sizeof longer - 1] = '\0';
    assert_false(et_catalog_selects(longer, longer));
}

static char dir[] = "/tmp/etalon-catalog-XXXXXX";

static int make_dir(void **state)
{
    char path[128];
    (void)state;
    if (!mkdtemp(dir))
        return 1;
    snprintf(path, sizeof path, "%s/mul", dir);
    return mkdir(path, 0700);
}

static int remove_dir(void **state)
{
    char path[128];
    (void)state;
    snprintf(path, sizeof path, "%s/mul/b.csv", dir);
    unlink(path);
    snprintf(path, sizeof path, "%s/mul/a.csv", dir);
    unlink(path);
    snprintf(path, sizeof path, "%s/mul", dir);
    rmdir(path);
    return rmdir(dir);
}

static void put(const char *name, const char *text)
{
    char path[128];
    snprintf(path, sizeof path, "%s/mul/%s", dir, name);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

TEST(reads)
{
    struct et_catalog c;
    char where[128];
    put("b.csv", "name,m\nz,9\n");
    put("a.csv", "# a comment\nname, m, k, count,flops\n\nx/1,1,2,5,7\r\n"
                 "# between\nx/2, 3 ,4,5,8\n");
    assert_int_equal(et_catalog_read(dir, "mul", fake_rows, &c), ET_OK);
    assert_int_equal(c.n, 3); /* files in order of their names */
    assert_string_equal(c.v[0].name, "x/1");
    assert_string_equal(c.v[2].name, "z");
    assert_string_equal(et_pairs_get(&c.v[1].values, "m"), "3");
    assert_string_equal(et_pairs_get(&c.v[1].values, "flops"), "8");
    assert_null(et_pairs_get(&c.v[1].values, "n"));
    snprintf(where, sizeof where, "%s/mul/a.csv:6", dir);
    assert_string_equal(c.v[1].where, where);
    et_catalog_free(&c);
    assert_int_equal(et_catalog_read(dir, "none", fake_rows, &c), ET_OK);
    assert_int_equal(c.n, 0);
    et_catalog_free(&c);
}

TEST(refuses)
{
    static const struct {
        const char *text, *words;
    } bad[] = {{"m,name\n", "a.csv:1: the first column"},
               {"# c\nname,mm\n", "a.csv:2: unknown column 'mm'"},
               {"name,m\nx,1,2\n", "a.csv:2: 3 cells"},
               {"name,m\nx\n", "a.csv:2: 1 cells"},
               {"name,m\n,1\n", "a.csv:2: "}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct et_catalog c = {0};
        put("a.csv", bad[i].text);
        et_log_forget();
        assert_int_equal(et_catalog_read(dir, "mul", fake_rows, &c), ET_USAGE);
        if (!strstr(et_log_last_error(), bad[i].words))
            fail_msg("'%s' has no '%s'", et_log_last_error(), bad[i].words);
        assert_int_equal(c.n, 0);
    }
}

TEST(where_it_is)
{
    char buf[1024];
    assert_string_equal(et_catalog_dir("/given", buf, sizeof buf), "/given");
    /* A program run from its build tree takes its source tree's. */
    assert_string_equal(et_catalog_dir(NULL, buf, sizeof buf),
                        SRCDIR "/catalog");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(selects),
        cmocka_unit_test(reads),
        cmocka_unit_test(refuses),
        cmocka_unit_test(where_it_is),
    };
    et_log_level_set(ET_LOG_NONE);
    return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
