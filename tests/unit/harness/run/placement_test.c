/* placement: unions of bindings, and which host has more busy threads than
 * cores.
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "harness/run/placement.h"

static int union_of(const char *a, const char *b)
{
    const char *const lists[] = {a, b};
    return et_placement_union(lists, b ? 2 : 1);
}

static void unions(void **state)
{
    (void)state;
    assert_int_equal(union_of("0-3,8", NULL), 5);
    assert_int_equal(union_of("0", "0"), 1);
    assert_int_equal(union_of("0-3", "2-5"), 6);
    assert_int_equal(union_of("0-3", "4-7"), 8);
    assert_int_equal(union_of("5,5,5-5", NULL), 1);
    assert_int_equal(union_of("", NULL), 0);
    assert_int_equal(union_of("", "1"), 1);
    assert_int_equal(union_of("any", "0-1"), 2);
    assert_int_equal(union_of("3-1", NULL), 0);
    assert_int_equal(union_of("-2", NULL), 0);
    assert_int_equal(union_of("8000-9000", NULL), 192);
    assert_int_equal(union_of("1000000000000", NULL), 0);
    assert_int_equal(et_placement_union(NULL, 0), 0);
}

static struct et_place place(int node, const char *host, const char *binding,
                             int allowed, int cores)
{
    struct et_place p = {
        .node = node, .allowed = allowed, .allowed_cores = cores};
    strcpy(p.host, host);
    strcpy(p.binding, binding);
    return p;
}

static struct et_result describe(struct et_place *ranks, int n, int first,
                                 int64_t threads)
{
    const struct et_placement p = {.ranks = ranks, .n = n};
    struct et_result r = {0};
    assert_int_equal(et_placement_describe(&p, first, threads, &r.placement),
                     ET_OK);
    return r;
}

static const struct et_result_host *host(const struct et_result *r, size_t i)
{
    assert_true(i < r->placement.hosts.n);
    return &((const struct et_result_host *)r->placement.hosts.v)[i];
}

static void hosts(void **state)
{
    (void)state;
    /* Two bound ranks on n0, with SMT; one unbound rank on n1. */
    struct et_place ranks[] = {place(0, "n0", "0-1", 2, 1),
                               place(0, "n0", "2-3", 2, 1),
                               place(1, "n1", "0-7", 8, 8)};
    struct et_result r = describe(ranks, 3, 3, 1);
    assert_int_equal(r.placement.hosts.n, 2);
    assert_false(r.placement.oversubscribed);
    assert_string_equal(host(&r, 0)->host, "n0");
    assert_string_equal(host(&r, 0)->binding, "0-1");
    assert_int_equal(host(&r, 0)->ranks, 2);
    assert_int_equal(host(&r, 0)->cores, 2); /* 4 hardware threads */
    assert_int_equal(host(&r, 1)->busy_threads, 1);
    et_result_free(&r);
    r = describe(ranks, 3, 3, 2); /* two threads on each rank's one core */
    assert_true(r.placement.oversubscribed);
    assert_int_equal(host(&r, 0)->busy_threads, 4);
    et_result_free(&r);
    r = describe(ranks, 3, 1, 1); /* the team is the first rank alone */
    assert_int_equal(r.placement.hosts.n, 1);
    assert_int_equal(host(&r, 0)->ranks, 1);
    assert_int_equal(host(&r, 0)->cores, 1);
    assert_false(r.placement.oversubscribed);
    et_result_free(&r);
}

static void shared_cores(void **state)
{
    (void)state;
    /* Unbound ranks share the same cores: the union counts them once. */
    struct et_place ranks[] = {place(0, "n", "0-1", 2, 2),
                               place(0, "n", "0-1", 2, 2),
                               place(0, "n", "0-1", 2, 2)};
    struct et_result r = describe(ranks, 3, 2, 1);
    assert_int_equal(host(&r, 0)->cores, 2);
    assert_false(r.placement.oversubscribed);
    et_result_free(&r);
    r = describe(ranks, 3, 3, 1);
    assert_true(r.placement.oversubscribed);
    et_result_free(&r);
    /* Where the binding is not known nothing is claimed. */
    struct et_place unknown[] = {place(0, "n", "", 0, 0)};
    r = describe(unknown, 1, 1, 64);
    assert_true(host(&r, 0)->cores == ET_ABSENT_INT);
    assert_false(r.placement.oversubscribed);
    et_result_free(&r);
}

static void preset_threads(void **state)
{
    (void)state;
    struct et_team *team = NULL;
    struct et_environment env = {.host = (char[]){"h"},
                                 .binding = (char[]){"0-3"},
                                 .cores = 4,
                                 .allowed = 4,
                                 .allowed_cores = 4};
    struct et_placement p;
    unsetenv("OMP_NUM_THREADS");
    assert_int_equal(et_team_open("self", &team), ET_OK);
    assert_int_equal(et_placement_gather(team, &env, &p), ET_OK);
    assert_int_equal(p.threads, 4);
    assert_int_equal(p.n, 1);
    assert_int_equal(p.ranks_upto[0], 1);
    assert_string_equal(p.ranks[0].binding, "0-3");
    et_placement_free(&p);
    env.cores = 8; /* bound to a part of the node: its own */
    assert_int_equal(et_placement_gather(team, &env, &p), ET_OK);
    assert_int_equal(p.threads, 4);
    et_placement_free(&p);
    setenv("OMP_NUM_THREADS", "3", 1);
    assert_int_equal(et_placement_gather(team, &env, &p), ET_OK);
    assert_int_equal(p.threads, 3);
    et_placement_free(&p);
    setenv("OMP_NUM_THREADS", "many", 1);
    env.allowed_cores = ET_ABSENT_INT;
    assert_int_equal(et_placement_gather(team, &env, &p), ET_OK);
    assert_int_equal(p.threads, 1);
    et_placement_free(&p);
    et_team_close(team);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(unions),
        cmocka_unit_test(hosts),
        cmocka_unit_test(shared_cores),
        cmocka_unit_test(preset_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
