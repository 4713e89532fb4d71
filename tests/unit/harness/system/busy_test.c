/* busy: a captured machine gives the figures worked out by hand, what is not
 * there is absent with the reason, and a thread that must share its core is
 * seen to wait.
 */
#include "config.h"
#include "tests/unit/test_main.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "harness/system/busy.h"
#include "tests/unit/contend.h"
#include "tests/unit/tree.h"

static void assert_near(double value, double want)
{
    if (!(fabs(value - want) <= 1e-9 * fabs(want)))
        fail_msg("%.17g is not %.17g", value, want);
}

static struct et_cpus allowed(const char *list)
{
    struct et_cpus s = {{0}};
    assert_true(!*list || et_cpus_parse(list, &s));
    return s;
}

TEST(captured)
{
    char root[PATH_MAX];
    struct et_busy b;
    struct et_busy_reading r;
    struct et_cpus some = allowed("1-2");
    double tick = 1.0 / (double)sysconf(_SC_CLK_TCK);
    tree_unpack("busy.tree", root);
    et_busy_open(root, &some, &b);
    et_busy_read(&b, &r);
    for (int k = 0; k < ET_BUSY_KINDS; k++)
        assert_null(b.absent[k]);
    assert_int_equal(b.cpus, 2);
    assert_near(r.v[ET_BUSY_LOAD], 35.2);
    /* Neither idle nor iowait nor a guest's share of user time. */
    assert_near(r.v[ET_BUSY_USED], 1550 * tick);
    assert_near(r.v[ET_BUSY_STOLEN], 60 * tick); /* of 1 and 2 */
    /* Its groups and those around them, of both versions; not of cpuset. */
    assert_near(r.v[ET_BUSY_THROTTLED], 0.3 + 0.2 + 1.5);
    assert_near(r.v[ET_BUSY_THROTTLES], 2 + 1 + 4);
    assert_near(r.v[ET_BUSY_HOT], 3 + 7 + 0 + 7);
    /* What grows is seen to. */
    tree_write(root, "/sys/fs/cgroup/user.slice/cpu.stat",
               "nr_throttled 5\nthrottled_usec 1750000\n");
    et_busy_read(&b, &r);
    assert_near(r.v[ET_BUSY_THROTTLED], 0.3 + 0.2 + 1.75);
    assert_near(r.v[ET_BUSY_THROTTLES], 2 + 1 + 5);
    tree_remove(root);
}

TEST(absent)
{
    struct et_busy b;
    struct et_busy_reading r;
    struct et_cpus none = allowed("");
    et_busy_open("/nowhere", &none, &b);
    et_busy_read(&b, &r);
    for (int k = 0; k < ET_BUSY_KINDS; k++) {
        assert_true(isnan(r.v[k]));
        assert_non_null(b.absent[k]);
        assert_true(strlen(et_busy_name((enum et_busy_kind)k)) > 2);
    }
}

static void work(double seconds)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    double end = (double)t.tv_sec + 1e-9 * (double)t.tv_nsec + seconds;
    do
        clock_gettime(CLOCK_MONOTONIC, &t);
    while ((double)t.tv_sec + 1e-9 * (double)t.tv_nsec < end);
}

TEST(waits)
{
    struct contender c;
    struct et_waits w, blind = {.absent = "a test"};
    if (!contend_begin(&c))
        skip();
    et_waits_open(&w);
    et_waits_begin(&w);
    et_waits_begin(&blind);
    work(0.2);
    double waited = et_waits_end(&w), by_switches = et_waits_end(&blind);
    contend_end(&c);
    if (w.absent)
        print_message("%s\n", w.absent);
    else
        assert_true(w.n >= 2);
    /* Half of the time in turns of a few ms; a crowd takes more of it. */
    assert_true(waited > 0.04 && waited < 60);
    assert_true(by_switches >= 1e-3);
    /* Since the beginning, not since ever. */
    et_waits_begin(&w);
    assert_true(et_waits_end(&w) < waited);
    et_waits_close(&w);
    assert_true(w.absent && w.n == 0);
}

TEST_MAIN(captured, absent, waits)
