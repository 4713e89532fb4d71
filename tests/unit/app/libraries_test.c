/* libraries: one that crashes on some rank is used on none, and all ranks know
 * why; without OpenMP none goes on; how many threads are tried; and what is
 * warned of once. Includes the file, with benches made up, and with what broke
 * kept for each rank, as processes keep it.
 */
#include "config.h"
#include "tests/unit/test_main.h"
#include "tests/unit/launchers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/command.h"
#include "app/libraries.h"
#include "harness/team/threads.h"

static bool never_called(int threads)
{
    (void)threads;
    return false;
}

static void warns(char *text, size_t n)
{
    snprintf(text, n, "old kernels");
}

static void warns_too(char *text, size_t n)
{
    snprintf(text, n, "one thread");
}

static const struct et_backend own = {.name = "own"},
                               fast = {.name = "fast",
                                       .attempt = never_called,
                                       .caution = warns},
                               over_fast = {.name = "over-fast", .over = &fast},
                               other = {.name = "other",
                                        .attempt = never_called,
                                        .caution = warns_too};
static const struct et_backend *const of_gemm[] = {&own, &fast};
static const struct et_backend *const of_conv[] = {&over_fast, &other};
static const struct et_backends gemms = {of_gemm, 2, NULL},
                                convs = {of_conv, 2, NULL};
static const struct et_bench gemm = {.name = "gemm", .backends = &gemms},
                             conv = {.name = "conv", .backends = &convs};
static const struct et_bench *const both[] = {&gemm, &conv};
static const struct et_benches made_up = {both, 2};

/* Of this rank: what is broken, and why. */
static _Thread_local struct {
    const struct et_backend *b;
    enum et_status status;
    char why[ET_TRIAL_WHY];
} broken[4];

static void break_here(const struct et_backend *b, enum et_status status,
                       const char *why)
{
    int i = 0;
    while (broken[i].b && broken[i].b != b)
        i++;
    broken[i].b = b;
    broken[i].status = status;
    snprintf(broken[i].why, sizeof broken[i].why, "%s", why);
}

static enum et_status broken_here(const struct et_backend *b, const char **why)
{
    int i = 0;
    while (broken[i].b && broken[i].b != b)
        i++;
    if (broken[i].b && why)
        *why = broken[i].why;
    return broken[i].status;
}

#define et_benches made_up
#define et_backend_break break_here
#define et_backend_broken broken_here
#include "app/libraries.c"

#define RANKS 4

/* Rank `who` and those after it have lost `fast`, each for its own reason: the
 * first one's is heard by all, and nothing else is lost. */
static enum et_status lose_one(struct et_team *t, void *arg)
{
    const int *who = arg;
    const struct et_libraries openmp = {.status = ET_OK};
    char words[32], want[64];
    const char *why = "";
    memset(broken, 0, sizeof broken);
    snprintf(words, sizeof words, "signal %d", t->rank);
    if (t->rank >= *who)
        break_here(&fast, ET_USAGE, words);
    enum et_status s = et_libraries_agree(t, &openmp);
    if (s != ET_OK)
        return s;
    snprintf(want, sizeof want, "on rank %d: signal %d", *who, *who);
    bool right = broken_here(&fast, &why) == ET_USAGE &&
                 strcmp(why, t->rank == *who ? words : want) == 0 &&
                 broken_here(&own, NULL) == ET_OK &&
                 broken_here(&other, NULL) == ET_OK;
    return right ? ET_OK : ET_WRONG;
}

/* A bench that is not the first is agreed on as well. */
static enum et_status lose_another(struct et_team *t, void *arg)
{
    const struct et_libraries openmp = {.status = ET_OK};
    (void)arg;
    memset(broken, 0, sizeof broken);
    if (t->rank == 1)
        break_here(&other, ET_INFRA, "signal 6");
    enum et_status s = et_libraries_agree(t, &openmp);
    if (s == ET_OK && broken_here(&other, NULL) != ET_INFRA)
        s = ET_WRONG;
    return s;
}

TEST(one_is_lost)
{
    for (int who = 0; who < RANKS; who++)
        assert_int_equal(et_team_threads_run(RANKS, 0, lose_one, &who), ET_OK);
    assert_int_equal(et_team_threads_run(RANKS, 0, lose_another, NULL), ET_OK);
}

/* OpenMP fails on rank `who` alone. Rank 0 tells it, and nobody goes on. */
static enum et_status lose_openmp(struct et_team *t, void *arg)
{
    const int *who = arg;
    struct et_libraries openmp = {.status = ET_OK};
    char want[32] = "";
    et_log_forget();
    if (t->rank == *who)
        openmp = (struct et_libraries){ET_USAGE, "no threads"};
    if (t->rank == 0 && *who == 0)
        snprintf(want, sizeof want, "no threads");
    else if (t->rank == 0)
        snprintf(want, sizeof want, "rank %d: no threads", *who);
    bool right = et_libraries_agree(t, &openmp) == ET_USAGE &&
                 strcmp(et_log_last_error(), want) == 0;
    return right ? ET_OK : ET_WRONG;
}

TEST(openmp_is_lost)
{
    for (int who = 0; who < RANKS; who++)
        assert_int_equal(et_team_threads_run(RANKS, 0, lose_openmp, &who),
                         ET_OK);
}

/* Of the many ranks of a node each tries two threads, and not all cores. */
TEST(threads)
{
    int many = 1, few = 1;
#ifdef _OPENMP
    omp_set_num_threads(7);
    many = 7;
    few = 2;
#endif
    forget_launchers();
    unsetenv("OMP_NUM_THREADS");
    assert_int_equal(threads_to_try(), many);
    setenv("OMPI_COMM_WORLD_SIZE", "4", 1);
    assert_int_equal(threads_to_try(), few);
    /* Who asks for so many has them tried. */
    setenv("OMP_NUM_THREADS", "7", 1);
    assert_int_equal(threads_to_try(), many);
    unsetenv("OMP_NUM_THREADS");
    unsetenv("OMPI_COMM_WORLD_SIZE");
}

/* Two benches over one library: its text stands once. */
TEST(cautions)
{
    struct et_strings out = {0};
    for (size_t i = 0; i < made_up.n; i++)
        assert_int_equal(et_libraries_cautions(i, &out), ET_OK);
    assert_int_equal(out.n, 2);
    assert_string_equal(out.v[0], "old kernels");
    assert_string_equal(out.v[1], "one thread");
    et_strings_free(&out);
}

QUIET_TEST_MAIN(one_is_lost, openmp_is_lost, threads, cautions)
