/* The digest of outputs, and the vote among ranks. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#ifdef _OPENMP
#include <omp.h>
#endif

#include "harness/run/digest.h"

static void every_bit_counts(void **state)
{
    (void)state;
    unsigned char data[100];
    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (unsigned char)(i * 37);
    uint64_t whole = et_digest(data, sizeof data);
    for (size_t bit = 0; bit < 8 * sizeof data; bit++) {
        data[bit / 8] ^= (unsigned char)(1u << bit % 8);
        assert_true(et_digest(data, sizeof data) != whole);
        data[bit / 8] ^= (unsigned char)(1u << bit % 8);
    }
    assert_true(et_digest(data, sizeof data) == whole);
    assert_true(et_digest(data, sizeof data - 1) != whole);
    /* Places count: what was swapped is seen. */
    unsigned char swapped[100];
    memcpy(swapped, data, sizeof data);
    memcpy(swapped, data + 8, 8);
    memcpy(swapped + 8, data, 8);
    assert_true(et_digest(swapped, sizeof data) != whole);
}

static void threads_do_not_count(void **state)
{
    (void)state;
    size_t n = 1 << 20;
    unsigned char *data = malloc(n);
    assert_non_null(data);
    for (size_t i = 0; i < n; i++)
        data[i] = (unsigned char)(i * i >> 7);
    uint64_t some = et_digest(data, n);
#ifdef _OPENMP
    int threads = omp_get_max_threads();
    omp_set_num_threads(3);
    assert_true(et_digest(data, n) == some);
    omp_set_num_threads(threads);
#endif
    free(data);
    assert_true(some != 0);
}

#define N 5
static const char *judge(const struct et_digests *v, size_t p,
                         enum et_oddness *odd, uint64_t *digest)
{
    memset(odd, 0, N * sizeof *odd);
    *digest = 0;
    return et_digests_judge(v, p, odd, digest);
}

static void one_against_most(void **state)
{
    (void)state;
    enum et_oddness odd[N];
    uint64_t digest;
    struct et_digests v[N];
    for (int i = 0; i < N; i++)
        v[i] = (struct et_digests){.kind = 1, .first = 7, .last = 7};
    assert_null(judge(v, N, odd, &digest));
    assert_true(digest == 7);
    for (int i = 0; i < N; i++)
        assert_false(odd[i]);
    v[3].first = v[3].last = 8; /* always wrong */
    assert_null(judge(v, N, odd, &digest));
    assert_true(digest == 7);
    for (int i = 0; i < N; i++)
        assert_true(odd[i] == (i == 3 ? ET_ODD_OTHER : ET_ODD_NOT));
    v[3].first = 7; /* wrong at the end only */
    assert_null(judge(v, N, odd, &digest));
    assert_true(odd[3] == ET_ODD_UNSTEADY && !odd[0]);
}

static void kinds_stand_apart(void **state)
{
    (void)state;
    enum et_oddness odd[N];
    uint64_t digest;
    struct et_digests v[N] = {
        {1, 7, 7}, {2, 9, 9}, {1, 7, 7}, {2, 9, 9}, {1, 7, 7}};
    assert_null(judge(v, N, odd, &digest));
    assert_true(digest == 7); /* of the larger kind */
    for (int i = 0; i < N; i++)
        assert_false(odd[i]);
}

static void no_majority(void **state)
{
    (void)state;
    enum et_oddness odd[N];
    uint64_t digest;
    struct et_digests two[] = {{1, 7, 7}, {1, 8, 8}};
    assert_non_null(judge(two, 2, odd, &digest));
    assert_true(odd[0] && odd[1]);
    /* A kernel that never gives the same bits cannot be judged. */
    struct et_digests loose[] = {{1, 7, 8}, {1, 9, 7}, {1, 7, 7}};
    assert_non_null(judge(loose, 3, odd, &digest));
    assert_false(odd[0] || odd[1] || odd[2]);
    /* Alone there is nobody to differ from. */
    assert_null(judge(two, 1, odd, &digest));
    assert_false(odd[0]);
    assert_non_null(judge(loose, 1, odd, &digest));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_bit_counts),
                                       cmocka_unit_test(threads_do_not_count),
                                       cmocka_unit_test(one_against_most),
                                       cmocka_unit_test(kinds_stand_apart),
                                       cmocka_unit_test(no_majority)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
