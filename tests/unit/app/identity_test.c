/* identity: a run's id is random in each digit; ranks of another program than
 * rank 0's are counted and named, by rank 0 alone, and end the run on all.
 * Includes the file, with what a rank finds of its program replaced.
 */
#include "config.h"
#include "tests/unit/results/sample.h"

#include <stdio.h>
#include <string.h>

#include "app/identity.h"
#include "harness/team/threads.h"

/* Of this rank; NULL: its program cannot be read. */
static _Thread_local const char *program, *flags;

static bool read_program(int fd, char hex[ET_SHA256_HEX + 1])
{
    (void)fd;
    snprintf(hex, ET_SHA256_HEX + 1, "%s", program ? program : "half");
    return program;
}

static bool read_build(const void *data, size_t n, char hex[ET_SHA256_HEX + 1])
{
    (void)data, (void)n;
    snprintf(hex, ET_SHA256_HEX + 1, "%s", flags);
    return true;
}

#define et_sha256_file read_program
#define et_sha256_bytes read_build
#include "app/identity.c"

#define MOST 12

/* A letter for each rank: what it runs, '-' where that cannot be read, and what
 * it was built from. */
struct team {
    const char *programs, *builds;
    enum et_status status[MOST];
    char binary[MOST][ET_SHA256_HEX + 1];
};

static enum et_status agree(struct et_team *t, void *arg)
{
    struct team *team = arg;
    char its[2][2] = {{team->programs[t->rank]}, {team->builds[t->rank]}};
    program = its[0][0] == '-' ? NULL : its[0];
    flags = its[1];
    strcpy(team->binary[t->rank], "none");
    return team->status[t->rank] = et_identity_agree(t, team->binary[t->rank]);
}

/* What rank 0 said. */
static const char *agreed(struct team *team, enum et_status want)
{
    int ranks = (int)strlen(team->programs);
    sample_listen();
    enum et_status s = et_team_threads_run(ranks, 0, agree, team);
    const char *said = sample_said();
    assert_int_equal(s, want);
    for (int r = 0; r < ranks; r++)
        assert_int_equal(team->status[r], want);
    return said;
}

TEST(one_program)
{
    for (int ranks = 1; ranks <= MOST; ranks++) {
        char p[MOST + 1] = "", none[MOST + 1] = "";
        memset(p, 'p', (size_t)ranks);
        memset(none, '-', (size_t)ranks);
        struct team team = {p, p, {0}, {{0}}};
        assert_string_equal(agreed(&team, ET_OK), "");
        for (int r = 0; r < ranks; r++)
            assert_string_equal(team.binary[r], "p");
        /* Where no rank can read it, the builds tell. */
        team.programs = none;
        assert_string_equal(agreed(&team, ET_OK), "");
        for (int r = 0; r < ranks; r++)
            assert_string_equal(team.binary[r], "");
    }
}

/* How often `part` is in the text. */
static int times(const char *text, const char *part)
{
    int n = 0;
    for (; (text = strstr(text, part)); text++)
        n++;
    return n;
}

TEST(another_program)
{
    struct team team = {"pppq", "bbbb", {0}, {{0}}};
    const char *said = agreed(&team, ET_INFRA);
    assert_said(said, "1 of 4 ranks run another build of etalon than rank 0 (");
    assert_said(said, "): rank 3 on ");
    assert_int_equal(times(said, "rank 3 on "), 1);
    assert_int_equal(times(said, "error"), 1);
    assert_int_equal(times(said, "..."), 0);
    /* Rank 0 is right, whoever is alone. */
    team = (struct team){"pqq", "bbb", {0}, {{0}}};
    assert_said(agreed(&team, ET_INFRA), "): rank 1 on ");
    /* One that cannot be read, or another build of what cannot be read. */
    team = (struct team){"p-p", "bbb", {0}, {{0}}};
    assert_said(agreed(&team, ET_INFRA), "): rank 1 on ");
    team = (struct team){"---", "bbc", {0}, {{0}}};
    assert_said(agreed(&team, ET_INFRA), "): rank 2 on ");
}

/* The first eight have names. */
TEST(many)
{
    struct team team = {"pqqqqpqqqq", "bbbbbbbbbb", {0}, {{0}}};
    const char *said = agreed(&team, ET_INFRA);
    assert_said(said, "8 of 10 ranks");
    assert_int_equal(times(said, " on "), NAMED + 1); /* ... on every node */
    assert_int_equal(times(said, "rank 9 on "), 1);
    assert_int_equal(times(said, "rank 5 on "), 0);
    assert_int_equal(times(said, "..."), 0);
    team = (struct team){"pqqqqqqqqqqq", "bbbbbbbbbbbb", {0}, {{0}}};
    said = agreed(&team, ET_INFRA);
    assert_said(said, "11 of 12 ranks");
    assert_int_equal(times(said, " on "), NAMED + 1);
    assert_int_equal(times(said, "rank 8 on "), 1);
    assert_int_equal(times(said, ", ...;"), 1);
}

TEST(ids)
{
    char first[ET_RUN_ID + 1], id[ET_RUN_ID + 1];
    bool moved[ET_RUN_ID] = {false};
    assert_int_equal(et_identity_draw(first), ET_OK);
    for (int i = 0; i < 32; i++) { /* 1 in 16^32 that a digit stays */
        assert_int_equal(et_identity_draw(id), ET_OK);
        assert_int_equal(strspn(id, "0123456789abcdef"), ET_RUN_ID);
        assert_int_equal(strlen(id), ET_RUN_ID);
        for (int k = 0; k < ET_RUN_ID; k++)
            moved[k] |= id[k] != first[k];
    }
    for (int k = 0; k < ET_RUN_ID; k++)
        assert_true(moved[k]);
}

TEST_MAIN(one_program, another_program, many, ids)
