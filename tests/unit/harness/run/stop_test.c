/* Watchdogs, in a process of their own each time: one a rank, though ranks are
 * threads of one process.
 */
#include "config.h"
#include "tests/unit/test_main.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/base/log.h"
#include "harness/run/stop.h"
#include "harness/team/threads.h"
#include "tests/unit/child.h"

static int (*the_fn)(int);
static int the_arg;

static void call(void)
{
    _exit(the_fn(the_arg));
}

/* The exit code of fn in a process of its own. */
static int in_process(int (*fn)(int), int arg)
{
    the_fn = fn;
    the_arg = arg;
    return child_outcome(call);
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
        child_nap(0.05);
    }
    et_watchdog_feed(w, 0, "");
    et_watchdog_close(w);
    return ET_OK;
}

static int run_ranks(int hangs)
{
    return et_team_threads_run(3, 0, feed, &hangs);
}

TEST(each_rank_has_its_own)
{
    char want[80];
    assert_int_equal(in_process(run_ranks, -1), 0);
    assert_string_equal(child_said, "");
    for (int hangs = 0; hangs < 3; hangs++) {
        assert_int_equal(in_process(run_ranks, hangs), ET_INFRA);
        snprintf(want, sizeof want,
                 "etalon: error: rank %d: no progress for 0.3 s", hangs);
        assert_non_null(strstr(child_said, want));
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
    child_nap(0.2);
    et_watchdog_feed(NULL, 0.05, "nobody");
    child_nap(0.2);
    et_watchdog_close(NULL);
    return 0;
}

TEST(closed)
{
    assert_int_equal(in_process(close_it, 0), 0);
    assert_string_equal(child_said, "");
    assert_int_equal(in_process(close_it, 1), ET_INFRA);
    assert_string_equal(child_said, "etalon: error: ended by SIGALRM\n");
}

static int signalled(int number)
{
    et_stop_install();
    if (et_stop_wanted() != 0)
        return 1;
    raise(number);
    if (et_stop_wanted() != number)
        return 2;
    child_nap(1.5 * ET_STOP_TWICE * 1e-9);
    raise(number); /* the second one kills at once */
    return 3;
}

/* By one who sends it twice. */
static int signalled_at_once(int number)
{
    et_stop_install();
    raise(number);
    raise(number);
    return et_stop_wanted() == number ? 0 : 3;
}

/* Another signal is another wish, however soon. */
static int signalled_otherwise(int number)
{
    et_stop_install();
    raise(number);
    raise(SIGHUP);
    return 3;
}

/* The wish came another way before: the first signal is no second one. */
static int asked_before(int why)
{
    et_stop_install();
    et_stop_ask(why);
    raise(SIGTERM);
    if (et_stop_wanted() != why)
        return 2;
    raise(SIGHUP);
    return 3;
}

TEST(wishes)
{
    assert_int_equal(in_process(signalled, SIGTERM), 128 + SIGTERM);
    assert_int_equal(in_process(signalled, SIGINT), 128 + SIGINT);
    assert_int_equal(in_process(signalled_at_once, SIGTERM), 0);
    assert_int_equal(in_process(signalled_otherwise, SIGINT), 128 + SIGHUP);
    assert_int_equal(in_process(asked_before, SIGTERM), 128 + SIGHUP);
    assert_int_equal(in_process(asked_before, ET_STOP_TIME_LIMIT),
                     128 + SIGHUP);
}

TEST_MAIN(each_rank_has_its_own, closed, wishes)
