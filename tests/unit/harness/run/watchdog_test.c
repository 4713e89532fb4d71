/* stop: the watchdog ends a process that makes no progress, in time, with its
 * words, and none that does; signals are wishes, a second one is an order.
 * Each trial is a process of its own, whose end is looked at.
 */
#include "config.h"

#include "tests/unit/test_main.h"

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
#include "tests/unit/child.h"

/* Should the watchdog not bark, the trial ends by itself after 20 s. */
static void hangs(double seconds)
{
    struct et_watchdog *w = et_watchdog_open();
    et_watchdog_feed(w, seconds, "rank 3, sampling");
    child_nap(20);
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
        child_nap(0.1);
    }
    et_watchdog_feed(w, 0, ""); /* called off */
    child_nap(0.6);
    et_watchdog_feed(w, 0.2, "closed");
    et_watchdog_close(w);
    child_nap(0.4);
}

static void foreign_alarm(void)
{
    struct et_watchdog *w = et_watchdog_open();
    et_watchdog_feed(w, 10, "rank 3, sampling");
    raise(SIGALRM);
}

TEST(barks)
{
    assert_int_equal(child_outcome(hangs_short), ET_INFRA);
    assert_true(child_took >= 0.24 && child_took < 15);
    assert_non_null(
        strstr(child_said, "rank 3, sampling: no progress for 0.25 s"));
    assert_int_equal(child_said[strlen(child_said) - 1], '\n');
    assert_int_equal(child_outcome(hangs_longer), ET_INFRA);
    assert_true(child_took >= 1.04 && child_took < 15);
    assert_int_equal(child_outcome(foreign_alarm), ET_INFRA);
    assert_string_equal(child_said, "etalon: error: ended by SIGALRM\n");
}

TEST(is_quiet)
{
    assert_int_equal(child_outcome(fed), CHILD_FINE);
    assert_string_equal(child_said, "");
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

TEST(signals)
{
    assert_int_equal(child_outcome(one_signal), CHILD_FINE);
    assert_int_equal(child_outcome(other_signal), CHILD_FINE);
    assert_int_equal(child_outcome(two_signals), 128 + SIGTERM);
    assert_int_equal(child_outcome(refused_writes), CHILD_FINE);
}

TEST_MAIN(barks, is_quiet, signals)
