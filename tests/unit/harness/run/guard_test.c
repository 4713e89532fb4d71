/* guard: whatever ends a run is noted, in time and with its reason. Each trial
 * is a process of its own, a run of one rank, whose end is looked at.
 */
#include "config.h"
#include "tests/unit/test_main.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "harness/base/log.h"
#include "harness/run/guard.h"
#include "harness/run/stop.h"
#include "tests/unit/child.h"

/* The duties, which say what they were asked. */
static void note(void *with, const char *outcome, const char *reason, bool last)
{
    fprintf(stderr, "%s note %s: %s%s\n", (const char *)with, outcome, reason,
            last ? ", last" : "");
}

static struct et_sink nowhere;

static struct et_sink *find_sink(void *with)
{
    (void)with;
    return &nowhere;
}

static void leave(void *with)
{
    fprintf(stderr, "%s leave\n", (const char *)with);
}

static void end_case(void *with, struct et_sink *sink, enum et_status code,
                     const char *reason)
{
    if (sink != &nowhere)
        _exit(98);
    fprintf(stderr, "%s %s: %s\n", (const char *)with,
            code == ET_INFRA    ? "failed"
            : code == ET_UNSURE ? "interrupted"
                                : "?",
            reason);
}

/* The child's whole team, which lasts as long as the child. */
static struct et_team *team;

static struct et_guard *guard(void)
{
    static char name[] = "run";
    struct et_guard_duties duties = {name, find_sink, note, leave, NULL};
    struct et_guard *g = NULL;
    if (et_team_open("self", &team) != ET_OK ||
        et_guard_open(team, &g) != ET_OK)
        _exit(99);
    et_guard_set(g, &duties);
    return g;
}

static void at_hand(struct et_guard *g)
{
    static char name[] = "case";
    et_guard_hold(g);
    et_guard_at_hand(g, end_case, name);
    et_guard_release(g);
}

static void (*the_trial)(void);

static void under_guard(void)
{
    et_stop_install();
    the_trial();
}

static int outcome(void (*trial)(void))
{
    the_trial = trial;
    return child_outcome(under_guard);
}

static void hangs_when_told_to_stop(void)
{
    at_hand(guard());
    kill(getpid(), SIGINT);
    child_nap(20);
}

static void stops_when_told(void)
{
    struct et_guard *g = guard();
    /* As timeout(1) does, to its child and then to the group. */
    kill(getpid(), SIGHUP);
    kill(getpid(), SIGHUP);
    for (int i = 0; i < 1500 && !et_stop_wanted(); i++)
        child_nap(0.01);
    if (et_stop_wanted() != SIGHUP)
        _exit(1);
    child_nap(0.2); /* the last sample */
    et_guard_close(g);
}

static void is_told_twice(void)
{
    guard();
    kill(getpid(), SIGINT);
    for (int i = 0; i < 1500 && !et_stop_wanted(); i++)
        child_nap(0.01);
    child_nap(1.5 * ET_STOP_TWICE * 1e-9);
    kill(getpid(), SIGINT);
    child_nap(20);
}

/* As nohup(1) starts it. */
static void outlives_its_terminal(void)
{
    signal(SIGHUP, SIG_IGN);
    et_stop_install();
    struct et_guard *g = guard();
    kill(getpid(), SIGHUP);
    child_nap(0.2);
    if (et_stop_wanted())
        _exit(1);
    et_guard_close(g);
}

TEST(asked_to_stop)
{
    assert_int_equal(outcome(hangs_when_told_to_stop), ET_UNSURE);
    assert_true(child_took >= 1.4 && child_took < 2 + 5); /* a busy machine */
    const char *first = strstr(child_said, "run note interrupted: SIGINT\n");
    const char *words =
        strstr(child_said, "SIGINT: the run ends after this sample");
    const char *last =
        strstr(child_said, "run note interrupted: SIGINT, last\n");
    assert_non_null(first);
    assert_true(words > first);
    assert_true(last > words);
    assert_non_null(strstr(last, "run leave\n"));
    const char *cut = strstr(child_said, "case interrupted: SIGINT\n");
    assert_true(cut && cut < last);
    assert_int_equal(outcome(stops_when_told), CHILD_FINE);
    assert_non_null(strstr(child_said, "run note interrupted: SIGHUP\n"));
    assert_null(strstr(child_said, "last"));
    assert_int_equal(outcome(is_told_twice), 128 + SIGINT);
    assert_int_equal(outcome(outlives_its_terminal), CHILD_FINE);
    assert_string_equal(child_said, "");
}

static void hangs(void)
{
    at_hand(guard());
    et_watchdog_feed(et_watchdog_open(), 0.3, "sampling");
    child_nap(20);
}

static void is_fed(void)
{
    struct et_guard *g = guard();
    struct et_watchdog *w = et_watchdog_open();
    for (int i = 0; i < 32; i++) {
        et_watchdog_feed(w, 1.2, "sampling");
        child_nap(0.05);
    }
    et_watchdog_close(w);
    et_guard_close(g);
}

TEST(without_progress)
{
    assert_int_equal(outcome(hangs), ET_INFRA);
    assert_true(child_took >= 0.29 && child_took < 15);
    assert_non_null(strstr(child_said,
                           "etalon: error: a library or the disk hangs; "
                           "no progress for 0.3 s (sampling)\n"));
    assert_non_null(
        strstr(child_said, "case failed: a library or the disk hangs"));
    assert_non_null(
        strstr(child_said, "run note failed: a library or the disk"));
    assert_non_null(strstr(child_said, "run leave\n"));
    assert_int_equal(outcome(is_fed), CHILD_FINE);
    assert_string_equal(child_said, "");
}

/* As libgomp does where the system gives it no thread. */
static void library_gives_up(void)
{
    at_hand(guard());
    exit(1);
}

static void main_ends(void)
{
    et_guard_close(guard());
    exit(1);
}

TEST(exits_unasked)
{
    assert_int_equal(outcome(library_gives_up), ET_INFRA);
    assert_non_null(
        strstr(child_said, "case failed: a library ended the program"));
    assert_non_null(strstr(child_said, "run note failed: a library ended"));
    /* Once it is closed, exit is main's. */
    assert_int_equal(outcome(main_ends), 1);
    assert_string_equal(child_said, "");
}

static void lasts_too_long(void)
{
    struct et_guard *g = guard();
    et_guard_limit(g, 0.2);
    for (int i = 0; i < 1500 && !et_stop_wanted(); i++)
        child_nap(0.01);
    if (et_stop_wanted() != ET_STOP_TIME_LIMIT)
        _exit(1);
    et_guard_close(g);
}

static void lasts_and_hangs(void)
{
    et_guard_limit(guard(), 0.2);
    child_nap(20);
}

static void has_no_limit(void)
{
    struct et_guard *g = guard();
    et_guard_limit(g, NAN);
    child_nap(0.3);
    if (et_stop_wanted())
        _exit(1);
    et_guard_close(g);
}

TEST(time_limit)
{
    assert_int_equal(outcome(lasts_too_long), CHILD_FINE);
    assert_true(child_took >= 0.19);
    assert_non_null(strstr(child_said, "run note interrupted: time limit\n"));
    assert_int_equal(outcome(lasts_and_hangs), ET_UNSURE);
    assert_non_null(
        strstr(child_said, "run note interrupted: time limit, last\n"));
    assert_int_equal(outcome(has_no_limit), CHILD_FINE);
    assert_string_equal(child_said, "");
}

/* The report is no part of what was measured: its end by force is no failure
 * of the run, and nothing is noted of it. */
static void reports(void)
{
    struct et_guard *g = guard();
    et_guard_over(g, ET_WRONG, "; do it again");
    kill(getpid(), SIGTERM);
    child_nap(20);
}

static void reports_well(void)
{
    struct et_guard *g = guard();
    et_guard_over(g, ET_OK, "");
    kill(getpid(), SIGTERM);
    child_nap(20);
}

TEST(after_the_run)
{
    assert_int_equal(outcome(reports), ET_WRONG);
    assert_non_null(
        strstr(child_said, "SIGTERM: the report is cut short; do it again\n"));
    assert_null(strstr(child_said, "note"));
    assert_int_equal(outcome(reports_well), ET_UNSURE);
}

/* Whoever holds the run keeps the guard from writing, but not for ever. */
static void holds_and_hangs(void)
{
    struct et_guard *g = guard();
    et_guard_hold(g);
    kill(getpid(), SIGINT);
    child_nap(20);
}

/* A disk that hangs keeps nobody's end. */
static void hang(void *with, const char *outcome, const char *reason, bool last)
{
    (void)with, (void)outcome, (void)reason;
    if (last)
        child_nap(30);
}

static void disk_hangs(void)
{
    struct et_guard_duties duties = {.sink = find_sink, .note = hang};
    et_guard_set(guard(), &duties);
    kill(getpid(), SIGINT);
    child_nap(30);
}

TEST(held)
{
    assert_int_equal(outcome(holds_and_hangs), ET_UNSURE);
    assert_true(child_took < 15);
    assert_null(strstr(child_said, "note"));
    assert_int_equal(outcome(disk_hangs), ET_UNSURE);
    assert_true(child_took < 20);
    /* Without a guard nothing happens. */
    et_guard_hold(NULL);
    et_guard_release(NULL);
    et_guard_limit(NULL, 1);
    et_guard_over(NULL, ET_OK, "");
    et_guard_close(NULL);
}

TEST_MAIN(asked_to_stop, without_progress, exits_unasked, time_limit,
          after_the_run, held)
