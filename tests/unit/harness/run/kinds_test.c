/* kinds: which nodes are alike, for teams of every shape. */
#include "config.h"
#include "tests/unit/test_main.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/run/kinds.h"
#include "harness/team/threads.h"

struct machine {
    const char *kinds; /* a letter a node */
    const char *want;  /* letter and count of each kind, in order */
};

/* Only a node's first rank counts: the second has its key but not its text, the
 * third another one. */
static enum et_status finds(struct et_team *team, void *arg)
{
    const struct machine *m = arg;
    struct et_list kinds = {0};
    struct et_text found = {0};
    char text[32];
    /* Keys that differ in their upper, or their lower half alone. */
    uint64_t letter = (uint64_t)m->kinds[team->node] - 'a';
    uint64_t key = (letter & 1) << 63 | (letter & 2) << 60 | letter >> 2;
    snprintf(text, sizeof text, "%c", m->kinds[team->node]);
    if (team->local_rank != 0) {
        key = team->local_rank == 1 ? key : 99;
        strcpy(text, "wrong");
    }
    enum et_status s = et_kinds_find(team, key, text, &kinds);
    if (s != ET_OK)
        return s;
    const struct et_kind *k = kinds.v;
    if (team->rank != 0)
        return kinds.n ? ET_WRONG : ET_OK;
    for (size_t i = 0; i < kinds.n; i++)
        et_text_add(&found, "%s%d", k[i].text, (int)k[i].nodes);
    if (strcmp(et_text_str(&found), m->want) != 0) {
        fprintf(stderr, "%s: found %s, not %s\n", m->kinds, et_text_str(&found),
                m->want);
        s = ET_WRONG;
    }
    et_text_free(&found);
    et_kinds_free(&kinds);
    return s;
}

TEST(told_apart)
{
    const struct machine machines[] = {
        {"a", "a1"},         {"aaaa", "a4"},
        {"aab", "a2b1"},     {"abab", "a2b2"},
        {"cbabc", "c2b2a1"}, {"abcdefgh", "a1b1c1d1e1f1g1h1"}};
    for (size_t i = 0; i < sizeof machines / sizeof *machines; i++) {
        struct machine m = machines[i];
        int nodes = (int)strlen(m.kinds);
        for (int per_node = 1; per_node <= 3; per_node++)
            assert_int_equal(
                et_team_threads_run(nodes * per_node, per_node, finds, &m),
                ET_OK);
    }
}

TEST_MAIN(told_apart)
