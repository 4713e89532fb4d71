/* delivered: threads that worked are counted by their CPU time, those that end
 * within the sample too, and idle ones that spin leave the answer open.
 */
#include "config.h"
#include "tests/unit/test_main.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "harness/run/delivered.h"

#define COUNT(asked, wall, ended, ...)                                         \
    et_delivered_count((const struct et_thread_use[]){__VA_ARGS__},            \
                       sizeof((const struct et_thread_use[]){__VA_ARGS__}) /   \
                           sizeof(struct et_thread_use),                       \
                       ended, wall, asked)

TEST(counts)
{
    assert_int_equal(COUNT(2, 1, 0, {1, false}, {1, false}), 2);
    assert_int_equal(COUNT(2, 1, 0, {1, false}, {0, false}), 1);
    /* One that shares its core with others still works; noise does not. */
    assert_int_equal(COUNT(2, 1, 0, {1, false}, {0.2, false}), 2);
    assert_int_equal(COUNT(2, 1, 0, {1, false}, {0.09, false}), 1);
    /* The first thread may be the one that waits. */
    assert_int_equal(COUNT(2, 1, 0, {0, false}, {1, false}, {1, false}), 2);
    /* Ended ones: three that worked as much; a little that is none's. */
    assert_int_equal(COUNT(4, 1, 3, {1, false}), 4);
    assert_int_equal(COUNT(4, 1, 2.5, {1, false}), 4);
    assert_int_equal(COUNT(4, 1, 0.05, {1, false}), 1);
    assert_int_equal(COUNT(4, 1, -1e-5, {1, false}), 1);
    /* More than were asked for, as far as they had cores. */
    assert_int_equal(COUNT(1, 1, 0, {1, false}, {1, false}), 2);
    assert_int_equal(COUNT(1, 2, 0, {1, false}, {1, false}), 1);
    assert_int_equal(COUNT(2, 1, 0, {1, false}, {0.5, false}, {0.5, false}), 2);
    assert_int_equal(COUNT(1, 1, 0, {1, false}, {0.5, false}, {0.5, false}), 2);
    /* Fewer are fewer, however long it took. */
    assert_int_equal(COUNT(4, 9, 0, {1, false}, {1, false}), 2);
    /* A restless one is no measure for the others, and not counted. */
    assert_int_equal(COUNT(2, 1, 0, {0.05, false}, {1, true}), 1);
    assert_int_equal(COUNT(1, 1, 0, {0, false}), 0);
}

/* Work of some 15 ms of CPU time, in the caller and in so many more threads
 * that end with it. */
struct state {
    int more;
};

static void *work(void *unused)
{
    volatile double x = 1;
    (void)unused;
    for (int i = 0; i < 5000000; i++)
        x = x * 1.0000001 + 1e-9;
    return NULL;
}

static enum et_status run(void *state, uint64_t iterations)
{
    const struct state *s = state;
    pthread_t t[4];
    (void)iterations;
    for (int i = 0; i < s->more; i++)
        assert_int_equal(pthread_create(&t[i], NULL, work, NULL), 0);
    work(NULL);
    for (int i = 0; i < s->more; i++)
        pthread_join(t[i], NULL);
    return ET_OK;
}

struct lab {
    const char *clock;
    bool serial;
    int asked, more;
};

static void look(struct lab l, struct et_result_team *out)
{
    struct state state = {.more = l.more};
    const struct et_bench bench = {
        .name = "threads", .run = run, .once = true, .serial = l.serial};
    struct et_clock clock;
    struct et_team *team;
    assert_int_equal(et_clock_open(l.clock, &clock), ET_OK);
    assert_int_equal(et_team_open("self", &team), ET_OK);
    struct et_sampler sampler = {.bench = &bench,
                                 .state = &state,
                                 .team = team,
                                 .clock = &clock,
                                 .iterations = 1};
    *out =
        (struct et_result_team){.threads = l.asked, .delivered = ET_ABSENT_INT};
    assert_int_equal(et_delivered_pass(&sampler, 0.02, out), ET_OK);
    et_sampler_free(&sampler);
    et_team_close(team);
}

static void delivers(struct lab l, int64_t delivered)
{
    struct et_result_team out;
    look(l, &out);
    assert_null(out.delivered_absent);
    assert_int_equal(out.delivered, delivered);
}

TEST(real_threads)
{
    delivers((struct lab){"real", false, 1, 0}, 1);
    delivers((struct lab){"real", false, 2, 0}, 1);
    delivers((struct lab){"real", false, 2, 1}, 2);
    delivers((struct lab){"real", false, 4, 1}, 2);
    delivers((struct lab){"real", false, 3, 2}, 3);
    /* A serial kernel's library may keep others busy. */
    delivers((struct lab){"real", true, 1, 2}, 1);
}

static void is_absent(struct lab l, const char *why)
{
    struct et_result_team out;
    look(l, &out);
    assert_int_equal(out.delivered, ET_ABSENT_INT);
    assert_non_null(out.delivered_absent);
    assert_non_null(strstr(out.delivered_absent, why));
    free(out.delivered_absent);
}

static void *spin(void *stop)
{
    while (!atomic_load((atomic_int *)stop))
        ;
    return NULL;
}

TEST(not_known)
{
    is_absent((struct lab){"fake", false, 2, 0}, "fake");
    atomic_int stop = 0;
    pthread_t spinner;
    assert_int_equal(pthread_create(&spinner, NULL, spin, &stop), 0);
    is_absent((struct lab){"real", false, 2, 0}, "do not sleep");
    /* One more cannot change an answer that is enough. */
    delivers((struct lab){"real", false, 2, 1}, 2);
    atomic_store(&stop, 1);
    pthread_join(spinner, NULL);
}

TEST_MAIN(counts, real_threads, not_known)
