/* quiet: what is busy, by work or else by load, and that all ranks hear of the
 * busiest node. Nodes are captured machines, on which nothing moves.
 */
#include "config.h"
#include "tests/unit/test_main.h"

#include <math.h>
#include <pthread.h>
#include <string.h>
#include <time.h>

#include "harness/run/quiet.h"
#include "harness/run/stop.h"
#include "harness/team/threads.h"
#include "tests/unit/tree.h"

TEST(rule)
{
    assert_false(et_quiet_is_busy(0, 35, 2)); /* it was, a minute ago */
    assert_false(et_quiet_is_busy(-0.01, 0, 2));
    assert_false(et_quiet_is_busy(0.2, 0, 2));
    assert_true(et_quiet_is_busy(0.21, 0, 2));
    assert_false(et_quiet_is_busy(0.3, 0, 128));
    assert_true(et_quiet_is_busy(1, 0, 128)); /* a process on one of them */
    assert_false(et_quiet_is_busy(NAN, 0.9, 2));
    assert_true(et_quiet_is_busy(NAN, 1.1, 2));
    assert_true(et_quiet_is_busy(NAN, NAN, 2));
    assert_true(et_quiet_is_busy(NAN, 0.6, ET_ABSENT_INT));
}

struct nodes {
    const char *clock;
    char root[2][PATH_MAX]; /* of each node */
    double patience;
    struct et_quiet found[4]; /* by each rank */
};

static enum et_status look(struct et_team *team, void *arg)
{
    struct nodes *n = arg;
    struct et_busy busy;
    struct et_clock clock;
    struct et_cpus cpus = {{1}};
    et_busy_open(n->root[team->node], &cpus, &busy);
    if (et_clock_open(n->clock, &clock) != ET_OK)
        return ET_INFRA;
    return et_quiet_wait(team, &clock, &busy, 2 + team->node, n->patience,
                         &n->found[team->rank]);
}

static void ask(struct nodes *n)
{
    assert_int_equal(et_team_threads_run(4, 2, look, n), ET_OK);
    for (int i = 1; i < 4; i++) {
        assert_true(n->found[i].busy == n->found[0].busy);
        assert_int_equal(n->found[i].rank, n->found[0].rank);
        if (strcmp(n->clock, "fake") != 0)
            assert_int_equal(n->found[i].threads, n->found[0].threads);
    }
}

TEST(busiest_node)
{
    struct nodes n = {.clock = "real", .patience = 0};
    tree_unpack("busy.tree", n.root[0]);
    tree_unpack("busy.tree", n.root[1]);
    ask(&n); /* a load of 35, but nothing works */
    assert_true(!n.found[0].busy && n.found[0].other < 0.2);
    /* The second node tells its load alone. */
    char path[PATH_MAX + 16];
    snprintf(path, sizeof path, "%s/proc/stat", n.root[1]);
    assert_int_equal(remove(path), 0);
    ask(&n);
    assert_true(n.found[0].busy && isnan(n.found[0].other));
    assert_int_equal(n.found[0].rank, 2);
    assert_int_equal(n.found[0].threads, 3);
    struct et_text t = {0};
    et_quiet_say(&n.found[0], &t);
    assert_string_equal(et_text_str(&t), "3 hardware threads, load 35.2");
    et_text_free(&t);
    /* On a fake clock nothing is asked. */
    n.clock = "fake";
    ask(&n);
    assert_true(!n.found[0].busy && isnan(n.found[0].load));
    tree_remove(n.root[0]);
    tree_remove(n.root[1]);
}

static double seconds(struct et_clock *c, struct nodes *n)
{
    double start = et_clock_now(c);
    ask(n);
    return et_clock_now(c) - start;
}

TEST(patience)
{
    struct nodes n = {.clock = "real", .root = {"/nowhere", "/nowhere"}};
    struct et_clock clock;
    assert_int_equal(et_clock_open("real", &clock), ET_OK);
    n.patience = 1.5;
    assert_true(seconds(&clock, &n) >= 2); /* three looks */
    assert_true(n.found[0].busy);
    struct et_text t = {0};
    et_quiet_say(&n.found[0], &t);
    assert_non_null(strstr(et_text_str(&t), "cannot be told"));
    et_text_free(&t);
}

/* The path of loadavg; NULL: it is written. */
static void *calm_down(void *path)
{
    const struct timespec moment = {.tv_sec = 1, .tv_nsec = 500000000};
    nanosleep(&moment, NULL);
    FILE *f = fopen(path, "w");
    bool ok = f && fputs("0.10 12.00 3.10 1/144 4660\n", f) > 0;
    return f && fclose(f) == 0 && ok ? NULL : path;
}

/* It waits no longer than the machine is busy. */
TEST(until_it_is_quiet)
{
    struct nodes n = {.clock = "real", .patience = 60};
    struct et_clock clock;
    pthread_t other;
    char path[PATH_MAX + 16];
    assert_int_equal(et_clock_open("real", &clock), ET_OK);
    for (int i = 0; i < 2; i++) {
        tree_unpack("busy.tree", n.root[i]);
        snprintf(path, sizeof path, "%s/proc/stat", n.root[i]);
        assert_int_equal(remove(path), 0);
    }
    tree_write(n.root[1], "/proc/loadavg", "0.10 12.00 3.10 1/144 4660\n");
    void *bad = NULL;
    snprintf(path, sizeof path, "%s/proc/loadavg", n.root[0]);
    double start = et_clock_now(&clock);
    assert_int_equal(pthread_create(&other, NULL, calm_down, path), 0);
    ask(&n);
    double took = et_clock_now(&clock) - start;
    assert_int_equal(pthread_join(other, &bad), 0);
    assert_null(bad);
    assert_false(n.found[0].busy || n.found[0].stopped);
    assert_true(took >= 1.4 && took < 30);
    tree_remove(n.root[0]);
    tree_remove(n.root[1]);
}

QUIET_TEST_MAIN(rule, busiest_node, patience, until_it_is_quiet)
