/* Watchdogs, in a process of their own each time: one a rank, though ranks are
 * threads of one process.
 */
#include "config.h"
#include "tests/unit/test_main.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "harness/base/log.h"
#include "harness/run/stop.h"
#include "harness/team/threads.h"

/* The exit code of fn in a process of its own, and what it said. */
static int in_process(int (*fn)(int), int arg, char *said, size_t room)
{
    int ends[2], status;
    size_t n = 0;
    ssize_t got;
    assert_int_equal(pipe(ends), 0);
    fflush(stdout);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        dup2(ends[1], STDERR_FILENO);
        close(ends[0]);
        close(ends[1]);
        _exit(fn(arg));
    }
    close(ends[1]);
    while ((got = read(ends[0], said + n, room - 1 - n)) > 0)
        n += (size_t)got;
    said[n] = '\0';
    close(ends[0]);
    assert_true(waitpid(child, &status, 0) == child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void nap(double seconds)
{
    struct timespec t = {(time_t)seconds, 0};
    t.tv_nsec = (long)((seconds - (double)t.tv_sec) * 1e9);
    while (nanosleep(&t, &t) != 0)
        ;
}

/* All ranks feed theirs for 0.6 s, but for the rank that hangs (-1: none). */
static enum et_status feed(struct et_team *t, void *arg)
{
    int hangs = *(const int *)arg;
    struct et_watchdog *w = et_watchdog_open();
    char who[32];
    snprintf(who, sizeof who, "rank %d", t->rank);
    if (!w)
        return ET_INFRA;
    for (int i = 0; i < 12; i++) {
        if (i == 0 || t->rank != hangs)
            et_watchdog_feed(w, 0.3, who);
        nap(0.05);
    }
    et_watchdog_feed(w, 0, "");
    et_watchdog_close(w);
    return ET_OK;
}

static int run_ranks(int hangs)
{
    return et_team_threads_run(3, 0, feed, &hangs);
}

static void each_rank_has_its_own(void **state)
{
    char said[2000], want[80];
    (void)state;
    assert_int_equal(in_process(run_ranks, -1, said, sizeof said), 0);
    assert_string_equal(said, "");
    for (int hangs = 0; hangs < 3; hangs++) {
        assert_int_equal(in_process(run_ranks, hangs, said, sizeof said),
                         ET_INFRA);
        snprintf(want, sizeof want,
                 "etalon: error: rank %d: no progress for 0.3 s", hangs);
        assert_non_null(strstr(said, want));
    }
}

/* A closed one no longer bites; SIGALRM from elsewhere has no words of one. */
static int close_it(int foreign)
{
    struct et_watchdog *w = et_watchdog_open();
    et_watchdog_feed(w, 0.05, "nobody");
    if (foreign)
        raise(SIGALRM);
    et_watchdog_close(w);
    nap(0.2);
    et_watchdog_feed(NULL, 0.05, "nobody");
    nap(0.2);
    et_watchdog_close(NULL);
    return 0;
}

static void closed(void **state)
{
    char said[2000];
    (void)state;
    assert_int_equal(in_process(close_it, 0, said, sizeof said), 0);
    assert_string_equal(said, "");
    assert_int_equal(in_process(close_it, 1, said, sizeof said), ET_INFRA);
    assert_string_equal(said, "etalon: error: ended by SIGALRM\n");
}

static int signalled(int number)
{
    et_stop_install();
    if (et_stop_wanted() != 0)
        return 1;
    raise(number);
    if (et_stop_wanted() != number)
        return 2;
    raise(number); /* the second one kills at once */
    return 3;
}

static void wishes(void **state)
{
    char said[2000];
    (void)state;
    assert_int_equal(in_process(signalled, SIGTERM, said, sizeof said),
                     128 + SIGTERM);
    assert_int_equal(in_process(signalled, SIGINT, said, sizeof said),
                     128 + SIGINT);
}

TEST_MAIN(each_rank_has_its_own, closed, wishes)
