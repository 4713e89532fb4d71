/* placement: the cores that the ranks of a node may use together, which node
 * has more busy threads than cores, and how run.json names the nodes.
 */
#include "config.h"
#include "tests/unit/test_main.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/run/placement.h"
#include "harness/team/threads.h"

struct machine {
    int ranks, per_node;
    /* Each rank's own: hardware threads as a list, how many, their cores. */
    const char *binding[8];
    int64_t allowed[8], allowed_cores[8];
    void (*look)(const struct et_placement *p); /* on rank 0 */
    double quota;                               /* of each node; 0: none */
};

static enum et_status gather(struct et_team *team, void *arg)
{
    const struct machine *m = arg;
    char host[16], binding[64];
    struct et_placement p;
    snprintf(host, sizeof host, "n%02d", team->node + 8);
    snprintf(binding, sizeof binding, "%s", m->binding[team->rank]);
    const struct et_environment env = {.host = host,
                                       .binding = binding,
                                       .allowed = m->allowed[team->rank],
                                       .allowed_cores =
                                           m->allowed_cores[team->rank],
                                       .cpu_quota = m->quota};
    enum et_status s = et_placement_gather(team, &env, &p);
    if (s != ET_OK)
        return s;
    if (p.nodes != team->nodes || p.ranks_upto[p.nodes - 1] != team->size ||
        p.threads < 1)
        s = ET_WRONG;
    if (team->rank == 0)
        m->look(&p);
    et_placement_free(&p);
    return s;
}

static void on(struct machine m)
{
    unsetenv("OMP_NUM_THREADS");
    assert_int_equal(et_team_threads_run(m.ranks, m.per_node, gather, &m),
                     ET_OK);
}

static void assert_cores(const struct et_placement *p, int64_t ranks,
                         int64_t threads, int64_t cores, bool oversubscribed)
{
    int64_t found;
    bool over;
    et_placement_cores(p, ranks, threads, &found, &over);
    assert_true(found == cores);
    assert_true(over == oversubscribed);
}

static void look_at_bound(const struct et_placement *p)
{
    assert_int_equal(p->n, 3);
    assert_int_equal(p->threads, 1);
    assert_string_equal(et_placement_host(p, 0), "n08");
    assert_string_equal(et_placement_host(p, 1), "n08");
    assert_string_equal(et_placement_host(p, 2), "n09");
    assert_null(et_placement_host(p, 3));
    assert_null(et_placement_host(p, -1));
    assert_cores(p, 3, 1, 3, false);
    assert_cores(p, 3, 2, 4, true); /* two threads on each one's core */
    assert_cores(p, 1, 1, 1, false);
    assert_cores(p, 1, 2, 1, true);
    struct et_run_placement where = {0};
    assert_int_equal(et_placement_describe(p, 3, &where), ET_OK);
    const struct et_run_group *g = where.groups.v;
    assert_int_equal(where.ranks, 3);
    assert_int_equal(where.groups.n, 2);
    assert_string_equal(g[0].hosts, "n08");
    assert_string_equal(g[0].binding, "0-1");
    assert_int_equal(g[0].ranks, 2);
    assert_int_equal(g[0].cores, 2); /* 4 hardware threads */
    assert_string_equal(g[1].hosts, "n09");
    assert_int_equal(g[1].ranks, 1);
    assert_int_equal(g[1].cores, 8);
    et_fields_free(et_run_placement_rows, &where, sizeof where);
}

/* Two bound ranks on the first node, with SMT; one unbound on the next. */
TEST(bound)
{
    on((struct machine){
        3, 2, {"0-1", "2-3", "0-7"}, {2, 2, 8}, {1, 1, 8}, look_at_bound, 0});
}

static void look_at_shared(const struct et_placement *p)
{
    assert_cores(p, 2, 1, 2, false);
    assert_cores(p, 3, 1, 2, true);
}

/* Unbound ranks share the same cores, which count once; and of a node's set
 * the first ranks have only what is theirs. */
TEST(shared)
{
    on((struct machine){
        3, 3, {"0-1", "0-1", "0-1"}, {2, 2, 2}, {2, 2, 2}, look_at_shared, 0});
}

static void look_at_five(const struct et_placement *p)
{
    for (int64_t ranks = 1; ranks <= 5; ranks++)
        assert_cores(p, ranks, 1, ranks, false);
    for (int64_t ranks = 1; ranks <= 5; ranks++)
        assert_cores(p, ranks, 2, ranks, true);
}

TEST(growing)
{
    on((struct machine){5,
                        5,
                        {"0", "1", "2", "3", "4"},
                        {1, 1, 1, 1, 1},
                        {1, 1, 1, 1, 1},
                        look_at_five,
                        0});
}

static void look_at_unknown(const struct et_placement *p)
{
    /* Nothing is claimed of the whole; a node that says is still judged. */
    assert_cores(p, 4, 1, ET_ABSENT_INT, false);
    assert_cores(p, 4, 64, ET_ABSENT_INT, true);
    assert_cores(p, 2, 1, 2, false);
}

TEST(unknown)
{
    on((struct machine){4,
                        2,
                        {"0", "1", "any", ""},
                        {1, 1, 0, 0},
                        {1, 1, 0, 0},
                        look_at_unknown,
                        0});
}

static void look_at_alike(const struct et_placement *p)
{
    struct et_run_placement where = {0};
    assert_int_equal(p->threads, 2);
    assert_int_equal(et_placement_describe(p, 7, &where), ET_OK);
    const struct et_run_group *g = where.groups.v;
    assert_int_equal(where.groups.n, 2);
    assert_string_equal(g[0].hosts, "n[08-10]");
    assert_int_equal(g[0].nodes, 3);
    assert_int_equal(g[0].ranks, 2);
    assert_int_equal(g[0].cores, 4);
    assert_string_equal(g[1].hosts, "n11"); /* half of the node */
    assert_int_equal(g[1].ranks, 1);
    et_fields_free(et_run_placement_rows, &where, sizeof where);
}

TEST(alike)
{
    struct machine m = {.ranks = 8, .per_node = 2, .look = look_at_alike};
    for (int i = 0; i < 8; i++) {
        m.binding[i] = "0-3";
        m.allowed[i] = m.allowed_cores[i] = 4;
    }
    on(m);
}

static void assert_threads(struct et_team *team,
                           const struct et_environment *env, int64_t threads)
{
    struct et_placement p;
    assert_int_equal(et_placement_gather(team, env, &p), ET_OK);
    assert_int_equal(p.threads, threads);
    et_placement_free(&p);
}

TEST(preset_threads)
{
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
    assert_string_equal(p.places[0].binding, "0-3");
    et_placement_free(&p);
    env.cores = 8; /* bound to a part of the node: its own */
    assert_threads(team, &env, 4);
    setenv("OMP_NUM_THREADS", "3", 1);
    assert_threads(team, &env, 3);
    /* The first level of nested teams. */
    setenv("OMP_NUM_THREADS", " 2 ,3", 1);
    assert_threads(team, &env, 2);
    setenv("OMP_NUM_THREADS", "0,3", 1);
    assert_threads(team, &env, 4);
    setenv("OMP_NUM_THREADS", "many", 1);
    env.allowed_cores = ET_ABSENT_INT;
    assert_threads(team, &env, 1);
    et_team_close(team);
}

static void look_at_quota(const struct et_placement *p)
{
    assert_int_equal(p->threads, 1); /* 2.5 for two ranks */
    assert_cores(p, 1, 1, 1, false);
    assert_cores(p, 1, 2, 2, false);
    /* Three threads are held up, and run on three cores all the same. */
    assert_cores(p, 1, 3, 3, true);
    assert_cores(p, 2, 1, 2, false);
    assert_cores(p, 2, 4, 3, true);
    struct et_run_placement where = {0};
    assert_int_equal(et_placement_describe(p, 2, &where), ET_OK);
    const struct et_run_group *g = where.groups.v;
    assert_true(g[0].quota == 2.5 && g[0].cores == 3);
    et_fields_free(et_run_placement_rows, &where, sizeof where);
}

static void look_at_fraction(const struct et_placement *p)
{
    assert_int_equal(p->threads, 1);
    assert_cores(p, 1, 1, 1, true);
}

static void look_at_one(const struct et_placement *p)
{
    assert_int_equal(p->threads, 2);
}

static void look_at_ample(const struct et_placement *p)
{
    assert_int_equal(p->threads, 4);
    assert_cores(p, 1, 4, 4, false);
    assert_cores(p, 1, 5, 4, true);
}

TEST(quota)
{
    struct machine m = {2,  2, {"0-7", "0-7"}, {8, 8}, {8, 8}, look_at_quota,
                        2.5};
    on(m);
    m = (struct machine){1, 1, {"0-3"}, {4}, {4}, look_at_fraction, 0.5};
    on(m);
    m = (struct machine){1, 1, {"0-3"}, {4}, {4}, look_at_one, 2.5};
    on(m);
    m = (struct machine){1, 1, {"0-3"}, {4}, {4}, look_at_ample, 4};
    on(m);
    m.quota = NAN;
    on(m);
}

TEST_MAIN(bound, shared, growing, unknown, alike, preset_threads, quota)
