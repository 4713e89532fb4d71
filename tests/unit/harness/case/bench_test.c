/* bench: found by its name or its role, and what its backends are. */
#include "config.h"
#include "tests/unit/test_main.h"

#include <stdbool.h>
#include <string.h>

#include "tests/unit/fake_bench.h"

static const struct et_bench plain = {.name = "mul",
                                      .role = ET_ROLE_NONE,
                                      .backends = &fake_backends},
                             disk = {.name = "mull", .role = ET_ROLE_STORAGE},
                             first = {.name = "roof",
                                      .role = ET_ROLE_COMPUTE_CEILING},
                             second = {.name = "top",
                                       .role = ET_ROLE_COMPUTE_CEILING};
static const struct et_bench *const rows[] = {&plain, &disk, &first, &second};
static const struct et_benches list = {rows, 4};

TEST(by_name)
{
    assert_ptr_equal(et_bench_find(&list, "mul"), &plain);
    assert_ptr_equal(et_bench_find(&list, "mull"), &disk);
    /* Half of a name is none. */
    assert_null(et_bench_find(&list, "to"));
    assert_null(et_bench_find(&list, "mulll"));
}

/* A case's ceiling is of the first bench with the role. */
TEST(by_role)
{
    assert_ptr_equal(et_bench_of_role(&list, ET_ROLE_COMPUTE_CEILING), &first);
    assert_ptr_equal(et_bench_of_role(&list, ET_ROLE_STORAGE), &disk);
    assert_null(et_bench_of_role(&list, ET_ROLE_MEMORY_CEILING));
}

TEST(backends)
{
    assert_null(et_bench_why_not(&plain, "quick"));
    assert_string_equal(et_bench_why_not(&plain, "gone"), "not built in");
    assert_string_equal(et_bench_why_not(&plain, "quic"),
                        "there is no such backend");
}

static const char *at_most_two(const void *params, const char *backend,
                               int ranks)
{
    return params && strcmp(backend, "quick") == 0 && ranks > 2 ? "too many"
                                                                : NULL;
}

/* The bench is asked of this backend and this team; one without the hook does
 * it all. */
TEST(unsupported)
{
    struct et_bench asked = plain;
    assert_null(et_bench_unsupported(&plain, &list, "quick", 3));
    asked.unsupported = at_most_two;
    assert_string_equal(et_bench_unsupported(&asked, &list, "quick", 3),
                        "too many");
    assert_null(et_bench_unsupported(&asked, &list, "quick", 2));
    assert_null(et_bench_unsupported(&asked, &list, "other", 3));
}

/* A plan that names no backend leaves these out. */
TEST(references)
{
    static const char *const others[] = {"",           "ref",
                                         "erence",     "quick",
                                         "references", "reference-blis",
                                         "preference", "reference2"};
    assert_true(et_bench_is_reference("reference"));
    assert_true(et_bench_is_reference("im2col-reference"));
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        assert_false(et_bench_is_reference(others[i]));
}

TEST_MAIN(by_name, by_role, backends, unsupported, references)
