/* stop: the watchdog ends a process that makes no progress, in time, with its
 * words, and none that does; signals are wishes, a second one is an order.
 * Each trial is a process of its own, whose end is looked at.
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "harness/base/log.h"
#include "harness/base/status.h"
#include "harness/run/stop.h"

#define FINE 42 /* a trial's exit code where nothing ended it */

static void nap(double seconds)
{
    struct timespec t = {(time_t)seconds,
                         (long)((seconds - (double)(time_t)seconds) * 1e9)};
    while (nanosleep(&t, &t) && errno == EINTR)
        ;
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* How a process ends that does `trial`, after how long, and what it said. */
static int outcome(void (*trial)(void), double *took, char said[1000])
{
    int fd[2], status = 0;
    assert_int_equal(pipe(fd), 0);
    double begin = now();
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        dup2(fd[1], STDERR_FILENO);
        close(fd[0]);
        close(fd[1]);
        trial();
        _exit(FINE);
    }
    close(fd[1]);
    size_t n = 0;
    for (ssize_t got; (got = read(fd[0], said + n, 999 - n)) > 0;)
        n += (size_t)got;
    said[n] = '\0';
    close(fd[0]);
    assert_int_equal(waitpid(child, &status, 0), child);
    *took = now() - begin;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

/* Should the watchdog not bark, the trial ends by itself after 20 s. */
static void hangs(double seconds)
{
    struct et_watchdog *w = et_watchdog_open();
    et_watchdog_feed(w, seconds, "rank 3, sampling");
    nap(20);
}

static void hangs_short(void)
{
    hangs(0.25);
}

static void hangs_longer(void)
{
    hangs(1.05);
}

static void fed(void)
{
    struct et_watchdog *w = et_watchdog_open();
    for (int i = 0; i < 8; i++) {
        et_watchdog_feed(w, 0.4, "again");
        nap(0.1);
    }
    et_watchdog_feed(w, 0, ""); /* called off */
    nap(0.6);
    et_watchdog_feed(w, 0.2, "closed");
    et_watchdog_close(w);
    nap(0.4);
}

static void foreign_alarm(void)
{
    struct et_watchdog *w = et_watchdog_open();
    et_watchdog_feed(w, 10, "rank 3, sampling");
    raise(SIGALRM);
}

static void barks(void **state)
{
    char said[1000];
    double took;
    (void)state;
    assert_int_equal(outcome(hangs_short, &took, said), ET_INFRA);
    assert_true(took >= 0.24 && took < 15);
    assert_non_null(strstr(said, "rank 3, sampling: no progress for 0.25 s"));
    assert_int_equal(said[strlen(said) - 1], '\n');
    assert_int_equal(outcome(hangs_longer, &took, said), ET_INFRA);
    assert_true(took >= 1.04 && took < 15);
    assert_int_equal(outcome(foreign_alarm, &took, said), ET_INFRA);
    assert_string_equal(said, "etalon: error: ended by SIGALRM\n");
}

static void is_quiet(void **state)
{
    char said[1000];
    double took;
    (void)state;
    assert_int_equal(outcome(fed, &took, said), FINE);
    assert_string_equal(said, "");
    /* Without one, nothing happens. */
    et_watchdog_feed(NULL, 1, "no dog");
    et_watchdog_close(NULL);
}

static void one_signal(void)
{
    et_stop_install();
    if (et_stop_wanted() != 0)
        _exit(1);
    raise(SIGTERM);
    if (et_stop_wanted() != SIGTERM)
        _exit(2);
}

static void other_signal(void)
{
    et_stop_install();
    raise(SIGINT);
    if (et_stop_wanted() != SIGINT)
        _exit(1);
}

static void two_signals(void)
{
    et_stop_install();
    raise(SIGINT);
    raise(SIGTERM);
}

/* A full disk or a reader that left: an error of write, not a death. */
static void refused_writes(void)
{
    char name[] = "/tmp/etalon-stop-XXXXXX";
    struct rlimit none = {0, 0};
    int fd[2], file = mkstemp(name);
    et_stop_install();
    unlink(name);
    if (file < 0 || pipe(fd) || setrlimit(RLIMIT_FSIZE, &none))
        _exit(1);
    close(fd[0]);
    if (write(fd[1], "x", 1) >= 0 || errno != EPIPE)
        _exit(2);
    if (write(file, "x", 1) >= 0 || errno != EFBIG)
        _exit(3);
}

static void signals(void **state)
{
    char said[1000];
    double took;
    (void)state;
    assert_int_equal(outcome(one_signal, &took, said), FINE);
    assert_int_equal(outcome(other_signal, &took, said), FINE);
    assert_int_equal(outcome(two_signals, &took, said), 128 + SIGTERM);
    assert_int_equal(outcome(refused_writes, &took, said), FINE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(barks),
                                       cmocka_unit_test(is_quiet),
                                       cmocka_unit_test(signals)};
    et_log_level_set(ET_LOG_NOTE);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
