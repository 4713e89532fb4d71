/* The digest of outputs, and the vote among ranks. */
#include "config.h"
#include "tests/unit/test_main.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef _OPENMP
#include <omp.h>
#endif

#include "harness/base/text.h"
#include "harness/run/digest.h"
#include "harness/team/threads.h"

TEST(every_bit_counts)
{
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
    /* And the length, where what is missing would be zeros. */
    assert_true(et_digest("ab", 2) != et_digest("ab\0", 3));
    /* Places count: what was swapped is seen. */
    unsigned char swapped[100];
    memcpy(swapped, data, sizeof data);
    memcpy(swapped, data + 8, 8);
    memcpy(swapped + 8, data, 8);
    assert_true(et_digest(swapped, sizeof data) != whole);
}

TEST(threads_do_not_count)
{
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

/* A vote among as many ranks as there are digests, each a thread. */
struct ballot {
    const struct et_digests *v;
    const char *odd;    /* expected: ranks by number, "+" a steady one */
    const char *digest; /* expected on rank 0; NULL: why not is told */
};

static enum et_status vote(struct et_team *t, void *arg)
{
    const struct ballot *b = arg;
    struct et_result_verification out = {0};
    struct et_text odd = {0};
    int n = -1, others = 0;
    for (const char *p = b->odd; *p; p++)
        others += *p == '+';
    if (et_digests_compare(t, &b->v[t->rank], NULL, &out, &n) != ET_OK)
        return ET_INFRA;
    for (size_t i = 0; i < out.odd.n; i++)
        et_text_add(&odd, "%d%s ", atoi(out.odd.v[i] + 5),
                    strchr(out.odd.v[i], '(') ? "" : "+");
    bool root = t->rank == 0;
    bool good =
        n == others && strcmp(et_text_str(&odd), root ? b->odd : "") == 0;
    if (root && b->digest)
        good = good && out.digest && !out.digest_absent &&
               strcmp(out.digest, b->digest) == 0;
    else if (root)
        good = good && !out.digest && out.digest_absent;
    et_text_free(&odd);
    et_strings_free(&out.odd);
    free(out.digest);
    free(out.digest_absent);
    return good ? ET_OK : ET_WRONG;
}

#define SEVEN "0000000000000007"
static void check_vote(const struct et_digests *v, int p, const char *odd,
                       const char *digest)
{
    struct ballot b = {v, odd, digest};
    assert_int_equal(et_team_threads_run(p, 0, vote, &b), ET_OK);
}

TEST(one_against_most)
{
    enum { N = 7 };
    struct et_digests v[N];
    for (int p = 3; p <= N; p++) {
        for (int i = 0; i < N; i++)
            v[i] = (struct et_digests){.kind = 1, .first = 7, .last = 7};
        check_vote(v, p, "", SEVEN);
        for (int bad = 0; bad < p; bad++) {
            char name[8];
            v[bad].first = v[bad].last = 8; /* always wrong */
            snprintf(name, sizeof name, "%d+ ", bad);
            check_vote(v, p, name, SEVEN);
            v[bad].first = 7; /* wrong at the end only */
            snprintf(name, sizeof name, "%d ", bad);
            check_vote(v, p, name, SEVEN);
            v[bad].last = 7;
            v[bad].timed = 9; /* in what was timed */
            snprintf(name, sizeof name, "%d+ ", bad);
            check_vote(v, p, name, SEVEN);
            v[bad].timed = 0;
        }
    }
}

/* Exactly half is no majority, whichever half it is and whatever it does. */
TEST(exactly_half)
{
    struct et_digests v[] = {
        {1, 7, 7, 0}, {1, 7, 7, 0}, {1, 8, 8, 0}, {1, 8, 8, 0}};
    check_vote(v, 4, "0+ 1+ 2+ 3+ ", NULL);
    check_vote(v + 1, 2, "0+ 1+ ", NULL);
    struct et_digests w[] = {
        {1, 7, 7, 0}, {1, 7, 7, 0}, {1, 7, 8, 0}, {1, 7, 9, 0}};
    check_vote(w, 4, "", NULL); /* half are unsteady: none is named */
    check_vote(w, 3, "2 ", SEVEN);
    /* A majority of nine that loses every part but its last. */
    static const char order[] = "ABAABBBAA";
    struct et_digests nine[9];
    for (int i = 0; i < 9; i++) {
        uint64_t d = order[i] == 'A' ? 7 : 8;
        nine[i] = (struct et_digests){1, d, d, 0};
    }
    check_vote(nine, 9, "1+ 4+ 5+ 6+ ", SEVEN);
}

TEST(kinds_stand_apart)
{
    struct et_digests v[] = {
        {1, 7, 7, 0}, {2, 9, 9, 0}, {1, 7, 7, 0}, {2, 9, 9, 0}, {1, 7, 7, 0}};
    check_vote(v, 5, "", SEVEN); /* of the larger kind */
    struct et_digests w[] = {
        {2, 9, 9, 0}, {1, 7, 7, 0}, {1, 7, 7, 0}, {1, 8, 8, 0}};
    check_vote(w, 4, "3+ ", SEVEN);
    /* As many kinds as there is room for, and one more. */
    struct et_digests many[18];
    for (uint64_t i = 0; i < 18; i++)
        many[i] = (struct et_digests){i % 17, i % 17 + 7, i % 17 + 7, 0};
    check_vote(many + 1, 16, "", "0000000000000008");
    check_vote(many, 18, "", NULL);
    /* Then nobody is named, even of a kind whose ranks differ. */
    many[17].first = many[17].last = 9;
    check_vote(many, 18, "", NULL);
}

/* Five against four, dealt so that no part of the tree may forget by how much
 * it leads. */
TEST(a_lead_counts)
{
    static const uint64_t outputs[] = {7, 7, 7, 7, 7, 8, 8, 8, 8};
    struct et_digests v[9];
    for (int i = 0; i < 9; i++)
        v[i] = (struct et_digests){1, outputs[i], outputs[i], 0};
    check_vote(v, 9, "5+ 6+ 7+ 8+ ", SEVEN);
}

/* Exactly half is no majority; one more is. */
TEST(no_majority)
{
    struct et_digests v[] = {
        {1, 8, 8, 0}, {1, 7, 7, 0}, {1, 8, 8, 0}, {1, 7, 7, 0}, {1, 7, 7, 0}};
    check_vote(v, 2, "0+ 1+ ", NULL);
    check_vote(v, 4, "0+ 1+ 2+ 3+ ", NULL);
    check_vote(v, 5, "0+ 2+ ", SEVEN);
    struct et_digests three[] = {{1, 7, 7, 0}, {1, 8, 8, 0}, {1, 9, 9, 0},
                                 {1, 7, 7, 0}, {1, 8, 8, 0}, {1, 7, 7, 0},
                                 {1, 7, 7, 0}};
    check_vote(three, 6, "0+ 1+ 2+ 3+ 4+ 5+ ", NULL);
    check_vote(three, 7, "1+ 2+ 4+ ", SEVEN);
    /* A kernel that never gives the same bits cannot be judged. */
    struct et_digests loose[] = {
        {1, 7, 8, 0}, {1, 9, 7, 0}, {1, 7, 7, 0}, {1, 7, 7, 0}};
    check_vote(loose, 3, "", NULL);
    check_vote(loose, 4, "", NULL); /* half of them are enough to say so */
    check_vote(loose + 1, 3, "0 ", SEVEN);
    /* So that a kind with a majority is not judged either. */
    struct et_digests mixed[] = {
        {1, 7, 7, 0}, {1, 7, 7, 0}, {1, 7, 8, 0}, {2, 9, 8, 0}};
    check_vote(mixed, 4, "", NULL);
    check_vote(mixed, 3, "2 ", SEVEN);
    /* Alone there is nobody to differ from. */
    check_vote(loose + 2, 1, "", SEVEN);
    check_vote(loose, 1, "", NULL);
}

TEST_MAIN(every_bit_counts, threads_do_not_count, exactly_half,
          one_against_most, kinds_stand_apart, a_lead_counts, no_majority)
