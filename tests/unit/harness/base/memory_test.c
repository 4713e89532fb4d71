/* memory: sizes that overflow give nothing, and what is given is zeroed and on
 * a page.
 */
#include "config.h"
#include "tests/unit/test_main.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/memory.h"

TEST(sums)
{
    int64_t v = 42;
    assert_false(et_mul(INT64_MAX, 2, &v));
    assert_false(et_mul(INT64_C(1) << 32, INT64_C(1) << 31, &v));
    assert_false(et_add(INT64_MAX, 1, &v));
    assert_int_equal(v, 42);
    assert_true(et_mul(INT64_C(1) << 31, INT64_C(1) << 31, &v));
    assert_true(v == INT64_C(1) << 62);
    assert_true(et_add(INT64_MAX - 1, 1, &v) && v == INT64_MAX);
}

TEST(overflows)
{
    /* 2^63 + 2 elements of 2 bytes would be 4 bytes. */
    size_t many = SIZE_MAX / 2 + 3;
    char *kept = malloc(8);
    assert_non_null(kept);
    assert_null(et_alloc_aligned(many, 2));
    assert_null(et_alloc_aligned(SIZE_MAX / 2 + 1, 1));
    assert_null(et_alloc(many, 2));
    assert_null(et_grow(kept, many, 2));
    memset(kept, 1, 8); /* still the caller's */
    free(kept);
}

TEST(given)
{
    for (size_t n = 0; n < 5000; n += 499) {
        unsigned char *p = et_alloc_aligned(n, 3), *q = et_alloc(n, 3);
        assert_true(p && q);
        assert_int_equal((uintptr_t)p % ET_ALIGN, 0);
        for (size_t i = 0; i < 3 * n; i++)
            assert_true(p[i] == 0 && q[i] == 0);
        et_free_aligned(p);
        q = et_grow(q, n + 1, 3);
        assert_non_null(q);
        q[3 * n + 2] = 1;
        free(q);
    }
    et_free_aligned(NULL);
    assert_null(et_strdup(NULL));
}

/* Runs first: nothing has failed yet. A file that is not there is no want of
 * memory. What ran out stays so. */
TEST(remembered)
{
    assert_null(et_noted(fopen("/nowhere/to/be/found", "r")));
    free(et_strndup("abc", 2));
    assert_false(et_memory_ran_out());
    errno = ENOMEM;
    assert_null(et_noted(NULL));
    assert_true(et_memory_ran_out());
}

TEST_MAIN(remembered, sums, overflows, given)
