/* The parts of the selftest that go through the lab: put to a lab that names
 * the wrong rank, or none, or two, or that is not content with right ones. And
 * the bench that sleeps: which rank sleeps for how long. Includes lab.c, with
 * its sleep noted and its measurement replaced.
 */
#include "config.h"
#include "tests/unit/test_main.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "app/command.h"
#include "app/selftest/lab.h"
#include "harness/base/memory.h"
#include "harness/run/digest.h"

#define RANKS 4

static double slept; /* s, since it was set to 0 */

static int note_sleep(const struct timespec *t, struct timespec *rest)
{
    (void)rest;
    slept += (double)t->tv_sec + (double)t->tv_nsec * 1e-9;
    return 0;
}

static enum et_status measure_for_real(const struct et_lab *lab,
                                       struct et_team *team,
                                       struct et_result *out)
    __attribute__((unused));

#define nanosleep note_sleep
#define et_lab_measure measure_for_real
#include "app/selftest/lab.c"
#undef nanosleep
#undef et_lab_measure

/* What the lab answers. */
enum way {
    RIGHT,
    NEXT,   /* the rank after the right one */
    TWO,    /* the right one, and another */
    NOBODY, /* measured, and no rank is named */
    UNMEASURED,
    NO_DIGEST, /* nothing could be compared */
    BROKEN     /* an error */
};
static struct {
    enum way wrong; /* of the first so many runs */
    int first, runs;
    bool spare_planted, spare_clean; /* but not of those */
    uint64_t digests[RANKS];
} lab_says;

/* The rank whose output is not the others'; -1: none. */
static enum et_status find_odd(const struct et_lab *lab, struct et_team *team,
                               int *out)
{
    const struct et_bench *b = lab->bench;
    const struct et_setting setting = {.team = team,
                                       .backend = lab->backend,
                                       .threads = 1,
                                       .seed = 1,
                                       .scratch = "/nonexistent",
                                       .tag = "t"};
    struct et_output o = {0};
    /* The one bit is too little for the check; once is enough to see that. */
    bool checks = lab_says.wrong == RIGHT;
    struct et_verification v = {.status = ET_CHECK_PASSED};
    void *state = calloc(1, b->state_size);
    enum et_status s = b->prepare(state, &setting, lab->params);
    if (s == ET_OK)
        s = b->run(state, 1);
    if (s == ET_OK) {
        b->output(state, &o);
        lab_says.digests[team->rank] = et_digest(o.data, o.bytes);
        s = checks ? b->verify(state, &v) : ET_OK;
    }
    s = et_team_agree(team, s);
    b->release(state);
    free(state);
    if (s == ET_OK && v.status != ET_CHECK_PASSED)
        s = ET_WRONG;
    const uint64_t *d = lab_says.digests;
    *out = -1;
    for (int i = 0; i < RANKS; i++) {
        if (d[i] != d[(i + 1) % RANKS] && d[i] != d[(i + 2) % RANKS])
            *out = i;
    }
    return s;
}

static void name(struct et_result *out, int rank)
{
    char text[32];
    snprintf(text, sizeof text, "rank %d", rank);
    assert_true(et_strings_add(&out->verification.odd, text));
}

static enum et_status answer_compared(const struct et_lab *lab,
                                      struct et_team *team,
                                      struct et_result *out)
{
    int odd;
    enum et_status s = find_odd(lab, team, &odd);
    if (s != ET_OK || team->rank != 0)
        return s;
    bool spared = odd >= 0 ? lab_says.spare_planted : lab_says.spare_clean;
    enum way way = spared ? RIGHT : lab_says.wrong;
    bool names = way != NOBODY && way != NO_DIGEST;
    if (odd < 0)
        names = way == NEXT || way == TWO;
    out->outcome = names ? ET_WRONG_DATA : ET_MEASURED;
    if (way == UNMEASURED)
        out->outcome = ET_UNMEASURED;
    if (names)
        name(out, way == NEXT ? (odd + 1) % RANKS : odd);
    if (way == TWO)
        name(out, (odd + 1) % RANKS);
    if (way != NO_DIGEST)
        out->verification.digest = et_strdup("0123");
    return ET_OK;
}

static enum et_status answer_slow(const struct et_lab *lab,
                                  struct et_team *team, struct et_result *out)
{
    const struct et_nap *nap = lab->params;
    if (team->rank != 0)
        return ET_OK;
    enum way way = lab_says.runs++ < lab_says.first ? lab_says.wrong : RIGHT;
    if (way == BROKEN)
        return et_error(ET_INFRA, "it is broken");
    out->outcome = way == UNMEASURED ? ET_UNMEASURED : ET_MEASURED;
    out->time.slowest_rank = way == NEXT     ? (nap->rank + 1) % RANKS
                             : way == NOBODY ? ET_ABSENT_INT
                                             : nap->rank;
    out->time.imbalance = 2;
    return ET_OK;
}

enum et_status et_lab_measure(const struct et_lab *lab, struct et_team *team,
                              struct et_result *out)
{
    return lab->bench == &et_lab_nap ? answer_slow(lab, team, out)
                                     : answer_compared(lab, team, out);
}

static void says(const char *part, bool quick, enum et_status verdict,
                 const char *why, const char *found)
{
    struct et_clock clock;
    struct et_doc doc = {0};
    struct et_selftest_outcome out = {.verdict = ET_OK};
    const struct et_selftest_part *p = et_selftest_part_of(part);
    assert_non_null(p);
    assert_int_equal(et_clock_open("real", &clock), ET_OK);
    struct et_selftest t = {
        .quick = quick, .seed = 7, .clock = &clock, .benches = &et_benches};
    assert_int_equal(et_team_open("self", &t.world), ET_OK);
    lab_says.runs = 0;
    assert_int_equal(p->run(&t, &doc, &out), ET_OK);
    if (out.verdict != verdict || !strstr(out.why, why) ||
        !strstr(out.found, found))
        fail_msg("%s: %d: %s; %s", part, (int)out.verdict, out.why, out.found);
    et_doc_free(&doc);
    et_team_close(t.world);
}

/* Quick: two of ten may fail; else one of a hundred. */
TEST(slow)
{
    static const enum way ways[] = {NEXT, NOBODY, UNMEASURED};
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        lab_says.wrong = ways[i];
        lab_says.first = 0;
        says("slow", true, ET_OK, "", "named in 10");
        lab_says.first = 2;
        says("slow", true, ET_OK, "", "named in 8");
        lab_says.first = 3;
        says("slow", true, ET_WRONG, "in only 7 of 10 runs", "named in 7");
    }
    lab_says.first = 1;
    says("slow", false, ET_OK, "", "named in 99");
    lab_says.first = 2;
    says("slow", false, ET_WRONG, "in only 98 of 100 runs", "named in 98");
    lab_says.wrong = BROKEN;
    says("slow", true, ET_UNSURE, "it is broken", "named in 0");
}

/* Ten runs with one bit wrong, two without: each must be told rightly. */
TEST(silent)
{
    lab_says.wrong = RIGHT;
    says("silent", true, ET_OK, "", "named in 10; measured in 2");
    lab_says.wrong = NEXT;
    lab_says.spare_clean = true;
    says("silent", true, ET_WRONG, "one bit wrong on rank", "named in 0;");
    lab_says.wrong = TWO;
    says("silent", true, ET_WRONG, "one bit wrong on rank", "named in 0;");
    lab_says.wrong = NOBODY;
    says("silent", true, ET_WRONG, "the run said: right", "named in 0;");
    lab_says.spare_clean = false;
    lab_says.spare_planted = true;
    lab_says.wrong = NEXT;
    says("silent", true, ET_WRONG, "no rank wrong", "measured in 0");
    lab_says.wrong = UNMEASURED;
    says("silent", true, ET_WRONG, "no rank wrong", "measured in 0");
    lab_says.wrong = NO_DIGEST;
    says("silent", true, ET_WRONG, "no rank wrong", "measured in 0");
}

/* Of three ranks the second sleeps longer, twice a run of two. */
TEST(naps)
{
    static const double want[] = {2.5, 4.5, 2.5};
    struct et_nap nap = {.rank = 1, .base = 1.25, .more = 1};
    for (int rank = 0; rank < 3; rank++) {
        struct et_team team = {.rank = rank, .size = 3};
        const struct et_setting setting = {.team = &team};
        void *napping = calloc(1, et_lab_nap.state_size);
        assert_non_null(napping);
        assert_int_equal(et_lab_nap.prepare(napping, &setting, &nap), ET_OK);
        slept = 0;
        assert_int_equal(et_lab_nap.run(napping, 2), ET_OK);
        assert_true(slept == want[rank]);
        free(napping);
    }
}

QUIET_TEST_MAIN(naps, slow, silent)
