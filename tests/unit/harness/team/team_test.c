/* team: the team of one, shares, and what the environment tells of a
 * launcher. What needs several processes stands in tests/mpi.
 */
#include "config.h"

#include "tests/unit/test_main.h"

#include <stdlib.h>
#include <string.h>

#include "harness/base/log.h"
#include "harness/team/team.h"
#include "harness/team/threads.h"
#include "harness/team/transport.h"

static const char *const variables[] = {"OMPI_COMM_WORLD_SIZE",
                                        "PMI_SIZE",
                                        "PMI_RANK",
                                        "PMIX_RANK",
                                        "MPI_LOCALNRANKS",
                                        "SLURM_PROCID",
                                        "SLURM_STEP_NUM_TASKS"};

static int no_launcher(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof variables / sizeof *variables; i++)
        unsetenv(variables[i]);
    return 0;
}

TEST(test_share)
{
    for (int64_t total = 0; total < 40; total++) {
        for (int p = 1; p < 12; p++) {
            int64_t next = 0, first, n, longest = 0, least = INT64_MAX;
            for (int r = 0; r < p; r++) {
                et_team_share(total, r, p, &first, &n);
                assert_int_equal(first, next);
                next += n;
                longest = n > longest ? n : longest;
                least = n < least ? n : least;
            }
            assert_int_equal(next, total);
            assert_true(longest - least <= 1);
        }
    }
    int64_t first, n;
    et_team_share(INT64_MAX, 6, 7, &first, &n);
    assert_true(first + n == INT64_MAX);
}

/* Rank r brings r % 4 bytes 'a' + r. */
static enum et_status gathers(struct et_team *team, void *arg)
{
    char mine[4], want[64];
    void *all = NULL;
    size_t n = (size_t)(team->rank % 4), total = 0, at = 0;
    (void)arg;
    memset(mine, 'a' + team->rank, sizeof mine);
    enum et_status s = et_team_gather(team, mine, n, &all, &total);
    if (s != ET_OK)
        return s;
    if (team->rank != 0)
        return all || total ? ET_WRONG : ET_OK;
    for (int r = 0; r < team->size; r++) {
        for (int i = 0; i < r % 4; i++)
            want[at++] = (char)('a' + r);
    }
    bool right = total == at && memcmp(all, want, at) == 0;
    free(all);
    return right ? ET_OK : ET_WRONG;
}

TEST(test_gather)
{
    for (int ranks = 1; ranks <= 17; ranks++)
        assert_int_equal(et_team_threads_run(ranks, 3, gathers, NULL), ET_OK);
}

TEST(test_self)
{
    struct et_team *t, *sub = NULL;
    double v = 5;
    char a[4] = "abc", b[4] = "xyz", *s = (char[]){"text"};
    void *all = NULL;
    size_t n = 0;

    assert_int_equal(et_team_open("self", &t), ET_OK);
    assert_string_equal(t->ops->name, "self");
    assert_true(t->rank == 0 && t->size == 1 && t->node == 0 && t->nodes == 1);
    assert_true(t->local_rank == 0 && t->local_size == 1 && !t->native);
    assert_int_equal(et_team_barrier(t), ET_OK);
    assert_int_equal(et_team_rest(t), ET_OK);
    assert_int_equal(et_team_reduce(t, ET_SUM, &v, 1), ET_OK);
    assert_true(v == 5);
    assert_int_equal(et_team_gather(t, a, 4, &all, &n), ET_OK);
    assert_int_equal(n, 4);
    assert_string_equal(all, "abc");
    free(all);
    assert_int_equal(et_team_exchange(t, a, 4, 0, b, 4, 0), ET_OK);
    assert_string_equal(b, "abc");
    /* To a rank that is not there, or a half without its other. */
    assert_int_equal(et_team_exchange(t, a, 4, 1, b, 4, 1), ET_INFRA);
    assert_int_equal(et_team_exchange(t, a, 4, 0, NULL, 0, 0), ET_INFRA);
    assert_int_equal(et_team_agree(t, ET_UNSURE), ET_UNSURE);
    assert_int_equal(et_team_agree(t, ET_OK), ET_OK);
    assert_int_equal(et_team_broadcast_text(t, &s), ET_OK);
    assert_string_equal(s, "text");
    assert_int_equal(et_team_first(t, 1, &sub), ET_OK);
    assert_true(sub && sub->size == 1);
    et_team_close(sub);
    assert_int_equal(et_team_first(t, 2, &sub), ET_INFRA);
    assert_int_equal(et_team_first(t, 0, &sub), ET_INFRA);
    et_team_close(t);
    et_team_close(NULL);
}

TEST(test_open)
{
    struct et_team *t = NULL;

    assert_int_equal(et_team_open("auto", &t), ET_OK);
    assert_string_equal(t->ops->name, "self");
    et_team_close(t);
    t = NULL;
    assert_int_equal(et_team_open("carrier-pigeon", &t), ET_USAGE);
    assert_null(t);
    assert_null(et_team_why_not("self"));
    assert_non_null(et_team_why_not("carrier-pigeon"));
    /* srun without PMI: every task would be its own run. */
    setenv("SLURM_STEP_NUM_TASKS", "4", 1);
    assert_int_equal(et_team_open("auto", &t), ET_USAGE);
    assert_null(t);
    no_launcher(NULL);
    setenv("SLURM_STEP_NUM_TASKS", "1", 1);
    assert_int_equal(et_team_open("auto", &t), ET_OK);
    et_team_close(t);
    no_launcher(NULL);
#if HAVE_MPI
    assert_null(et_team_why_not("mpi"));
    assert_non_null(et_team_version());
    assert_null(strpbrk(et_team_version(), "\n\t"));
    assert_non_null(et_team_mpi_idle());
#else
    t = NULL;
    assert_non_null(et_team_why_not("mpi"));
    assert_null(et_team_version());
    assert_int_equal(et_team_open("mpi", &t), ET_INFRA);
    /* Under mpirun each rank would take itself for the whole. */
    setenv("OMPI_COMM_WORLD_SIZE", "2", 1);
    assert_int_equal(et_team_open("auto", &t), ET_USAGE);
    assert_null(t);
    setenv("OMPI_COMM_WORLD_SIZE", "1", 1);
    assert_int_equal(et_team_open("auto", &t), ET_OK);
    et_team_close(t);
    no_launcher(NULL);
#endif
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_share), cmocka_unit_test(test_self),
        cmocka_unit_test(test_gather), cmocka_unit_test(test_open)};
    et_log_level_set(ET_LOG_NONE);
    return cmocka_run_group_tests(tests, no_launcher, NULL);
}
