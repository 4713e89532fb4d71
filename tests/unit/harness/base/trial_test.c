/* trial: every way to end in the child is told, with what it wrote and the
 * variables that may be the cause, and this process lives on. A backend that
 * fails its trial cannot be used, nor what stands over it.
 */
#include "config.h"
#include "tests/unit/test_main.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "harness/base/backend.h"
#include "harness/base/trial.h"
#include "harness/base/variables.h"

static bool come_back(void *arg)
{
    fputs("nobody sees this\n", stderr);
    return arg;
}

static bool die(void *arg)
{
    fputs("library: a\tvalue\nis wrong\n", stderr);
    signal(SIGABRT, SIG_DFL);
    raise(*(int *)arg);
    return true;
}

static bool leave(void *arg)
{
    puts("no threads");
    exit(*(int *)arg);
}

/* It says what the parent waits for, and ends otherwise. */
static bool lie(void *arg)
{
    (void)arg;
    fputs("\n.", stderr);
    fflush(stderr);
    raise(SIGKILL);
    return true;
}

static bool write_much(void *arg)
{
    for (int i = 0; i < 300000; i++)
        fputc(i % 64 ? 'x' : '\n', stderr);
    return arg;
}

/* Whatever this test was started with: what steers a library is told as the
 * cause of its end. */
static void without_variables(void)
{
    char name[64], value[2];
    for (size_t i = 0;
         et_variable_next(&i, name, sizeof name, value, sizeof value);) {
        if (et_variable_steers(name)) {
            unsetenv(name);
            i = 0; /* the others have moved */
        }
    }
}

TEST(good)
{
    char why[ET_TRIAL_WHY] = "as it was";
    int yes = 1;
    without_variables();
    assert_int_equal(et_trial(come_back, &yes, "it", why, sizeof why), ET_OK);
    assert_int_equal(et_trial(write_much, &yes, "it", why, sizeof why), ET_OK);
    assert_string_equal(why, "as it was");
    assert_int_equal(et_trial_openmp(2, why, sizeof why), ET_OK);
    signal(SIGCHLD, SIG_IGN);
    assert_int_equal(et_trial(come_back, &yes, "it", why, sizeof why), ET_OK);
    assert_int_equal(et_trial(come_back, NULL, "it", why, sizeof why),
                     ET_INFRA);
    signal(SIGCHLD, SIG_DFL);
}

TEST(bad)
{
    char why[ET_TRIAL_WHY];
    int v = SIGABRT;
    without_variables();
    assert_int_equal(et_trial(die, &v, "it", why, sizeof why), ET_INFRA);
    assert_non_null(strstr(why, "it ends with signal 6 ("));
    assert_non_null(strstr(why, "): library: a value is wrong"));
    assert_null(strpbrk(why, "\t\n"));
    v = SIGALRM;
    assert_int_equal(et_trial(die, &v, "it", why, sizeof why), ET_INFRA);
    assert_non_null(strstr(why, "it does not come back within"));
    v = 1;
    assert_int_equal(et_trial(leave, &v, "it", why, sizeof why), ET_INFRA);
    assert_string_equal(why,
                        "it ends the process with exit code 1: no threads");
    v = 0; /* an end with 0 is one, too */
    assert_int_equal(et_trial(leave, &v, "it", why, sizeof why), ET_INFRA);
    assert_int_equal(et_trial(lie, NULL, "it", why, sizeof why), ET_INFRA);
    assert_int_equal(et_trial(come_back, NULL, "it", why, sizeof why),
                     ET_INFRA);
    assert_string_equal(why, "it fails: nobody sees this");
    assert_int_equal(et_trial(write_much, NULL, "it", why, sizeof why),
                     ET_INFRA);
    assert_true(strlen(why) > 200 && strlen(why) < 300);
}

TEST(variables)
{
    char why[ET_TRIAL_WHY], value[4000];
    int v = SIGABRT;
    without_variables();
    setenv("OMPI_NO_SUCH", "1", 1);
    setenv("A_BLIS_X", "1", 1);
    assert_int_equal(et_trial(die, &v, "it", why, sizeof why), ET_INFRA);
    setenv("BLIS_ARCH_TYPE", "99", 1);
    assert_int_equal(et_trial(die, &v, "it", why, sizeof why), ET_USAGE);
    assert_int_equal(strncmp(why,
                             "with BLIS_ARCH_TYPE=99 in the environment it "
                             "ends with signal 6",
                             60),
                     0);
    memset(value, 'x', sizeof value - 1);
    value[sizeof value - 1] = '\0';
    setenv("OMP_WAIT_POLICY", value, 1);
    assert_int_equal(et_trial(die, &v, "it", why, sizeof why), ET_USAGE);
    assert_non_null(strstr(why, "BLIS_ARCH_TYPE=99"));
    assert_non_null(strstr(why, "signal 6"));
    without_variables();
    int yes = 1;
    setenv("BLIS_ARCH_TYPE", "99", 1);
    assert_int_equal(et_trial(come_back, &yes, "it", why, sizeof why), ET_OK);
    without_variables();
}

/* --- backends -------------------------------------------------------------
 */

static bool crash(int threads)
{
    assert_int_equal(threads, 3);
    int v = SIGABRT;
    return die(&v);
}

static bool work(int threads)
{
    return threads == 3;
}

static const char *no_device(void)
{
    return "there is no device";
}

static const struct et_backend *its_twin(void);

static void warns(char *text, size_t n)
{
    snprintf(text, n, "old kernels");
}

static const struct et_backend
    crashes = {.name = "crashes", .attempt = crash, .caution = warns},
    works = {.name = "works", .attempt = work, .caution = warns},
    over_crashes = {.name = "over-crashes", .over = &crashes},
    over_works = {.name = "over-works", .over = &works},
    idle = {.name = "idle", .why_not = no_device, .attempt = crash},
    same = {.name = "same", .twin = its_twin},
    over_same = {.name = "over-same", .over = &same},
    absent = {.name = "absent", .absent = "not built in", .attempt = crash};

static const struct et_backend *its_twin(void)
{
    return &works;
}

static const struct et_backend *const rows[] = {&crashes, &works, &same,
                                                &absent, &idle};
static const struct et_backend *const over_rows[] = {&over_crashes, &over_works,
                                                     &over_same};
static const struct et_backends list = {rows, 5, NULL},
                                over_list = {over_rows, 3, NULL};

TEST(backends)
{
    char text[64];
    const char *why = NULL;
    without_variables();
    assert_null(et_backend_why_not(&crashes)); /* not tried yet */
    et_backends_try(&list, 3);
    et_backends_try(&over_list, 3);
    assert_int_equal(et_backend_broken(&crashes, &why), ET_INFRA);
    assert_non_null(strstr(why, "its library ends with signal 6"));
    assert_string_equal(et_backend_why_not(&crashes), why);
    assert_string_equal(et_backend_why_not(&over_crashes), why);
    assert_int_equal(et_backend_broken(&over_crashes, NULL), ET_INFRA);
    assert_int_equal(et_backend_broken(&absent, NULL), ET_OK);
    /* Its own reason stands; its library was not used. */
    assert_string_equal(et_backend_why_not(&idle), "there is no device");
    assert_int_equal(et_backend_broken(&idle, NULL), ET_OK);
    assert_int_equal(et_backend_broken(&works, NULL), ET_OK);
    assert_null(et_backend_why_not(&over_works));
    et_backend_caution(&over_works, text, sizeof text);
    assert_string_equal(text, "old kernels");
    et_backend_caution(&over_crashes, text, sizeof text);
    assert_string_equal(text, "");

    assert_ptr_equal(et_backend_twin(&list, &same), &works);
    assert_ptr_equal(et_backend_twin(&over_list, &over_same), &over_works);
    assert_null(et_backend_twin(&list, &works));
    et_backend_break(&works, ET_USAGE, "as another rank said");
    assert_string_equal(et_backend_why_not(&works), "as another rank said");
    /* The other one has gone, so this one is needed. */
    assert_null(et_backend_twin(&list, &same));
    assert_null(et_backend_twin(&over_list, &over_same));
}

QUIET_TEST_MAIN(good, bad, variables, backends)
