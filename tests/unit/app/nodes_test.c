/* nodes: which teams run.json places where, and which kinds of node it tells
 * apart.
 */
#include "config.h"
#include "tests/unit/test_main.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/nodes.h"
#include "harness/team/threads.h"

/* Two ranks on the first node and one on the second, of four cores each. */
TEST(each_size_of_team_once)
{
    struct et_place places[] = {{"n1", "0-3", 4, 4, INFINITY},
                                {"n2", "0-3", 4, 4, INFINITY}};
    int32_t hardware[] = {4, 4, 4};
    int64_t upto[] = {2, 3};
    const struct et_placement placement = {.places = places,
                                           .hardware = hardware,
                                           .n = 3,
                                           .nodes = 2,
                                           .ranks_upto = upto,
                                           .threads = 1};
    /* Four ranks are more than there are: such a case is skipped. */
    struct et_case v[] = {{.ranks = 3}, {.ranks = 1}, {.ranks = 3},
                          {.ranks = 4}, {.ranks = 2}, {.ranks = 1}};
    const struct et_cases cases = {.v = v, .n = sizeof v / sizeof *v};
    struct et_run_info info;
    assert_int_equal(et_fields_init(et_run_info_rows, &info, sizeof info),
                     ET_OK);
    assert_int_equal(et_nodes_place(&placement, &cases, &info.placement),
                     ET_OK);
    const struct et_run_placement *p = info.placement.v;
    assert_int_equal(info.placement.n, 3);
    for (size_t i = 0; i < 3; i++) {
        const struct et_run_group *last = p[i].groups.v;
        assert_int_equal(p[i].ranks, i + 1);
        assert_int_equal(p[i].groups.n, i < 2 ? 1 : 2);
        last += p[i].groups.n - 1;
        assert_string_equal(last->hosts, i < 2 ? "n1" : "n2");
        assert_int_equal(last->ranks, i == 1 ? 2 : 1);
    }
    et_fields_free(et_run_info_rows, &info, sizeof info);
    /* A plan of no case places nobody. */
    struct et_list none = {0};
    assert_int_equal(
        et_nodes_place(&placement, &(struct et_cases){.n = 0}, &none), ET_OK);
    assert_int_equal(none.n, 0);
}

/* The processor of each node, by a letter. */
static const char nodes[] = "abbca";

/* Rank 0 has all kinds but its own in order, the others nothing. */
static enum et_status find(struct et_team *team, void *unused)
{
    struct et_environment env;
    struct et_run_info info;
    char name[16];
    (void)unused;
    enum et_status s =
        et_fields_init(et_environment_rows, &env, sizeof env) == ET_OK &&
                et_fields_init(et_run_info_rows, &info, sizeof info) == ET_OK
            ? ET_OK
            : ET_INFRA;
    snprintf(name, sizeof name, "n%d", team->node);
    env.host = strdup(name);
    snprintf(name, sizeof name, "%c", nodes[team->node]);
    env.cpu = strdup(name);
    env.load = team->rank; /* which makes no other kind */
    env.cores = nodes[team->node] == 'b' ? 8 : 4;
    if (s == ET_OK)
        s = et_nodes_find_kinds(team, &env, &info);
    const struct et_run_kind *k = info.kinds.v;
    bool right = team->rank ? info.kinds.n == 0 && info.alike == ET_ABSENT_INT
                            : info.kinds.n == 2 && info.alike == 2 &&
                                  k[0].nodes == 2 && k[1].nodes == 1;
    for (size_t i = 0; right && i < info.kinds.n; i++) {
        const struct et_environment *e = &k[i].environment;
        right = strcmp(e->cpu, i ? "c" : "b") == 0 &&
                strcmp(e->host, i ? "n3" : "n1") == 0 &&
                e->cores == (i ? 4 : 8) && e->memory == ET_ABSENT_INT;
    }
    et_fields_free(et_environment_rows, &env, sizeof env);
    et_fields_free(et_run_info_rows, &info, sizeof info);
    return s == ET_OK && !right ? ET_WRONG : s;
}

TEST(kinds)
{
    for (int per_node = 1; per_node <= 2; per_node++)
        assert_int_equal(et_team_threads_run(per_node * (int)strlen(nodes),
                                             per_node, find, NULL),
                         ET_OK);
}

TEST_MAIN(each_size_of_team_once, kinds)
