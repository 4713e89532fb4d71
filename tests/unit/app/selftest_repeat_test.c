/* The part `repeat` of the selftest on machines that are steady, that drift, or
 * that measure nothing, by a clock that only the work moves.
 */
#include "config.h"
#include "tests/unit/test_main.h"

#include <string.h>

#include "app/selftest/part.h"
#include "harness/base/log.h"

/* Stands for the build's: of the part's plan it is asked for by name. */
enum how { STEADY, DRIFTING, WRONG, BROKEN, UNSUPPORTED };

static struct {
    enum how how;
    struct et_clock clock;
    int passes; /* so far: every pass prepares once */
} machine;

struct params {
    int op, level;
    int64_t bytes;
};
struct state {
    struct et_team *team;
    int64_t step; /* ns an iteration takes */
};

static const struct et_field rows[] = {
    ET_ROW(params, op, ET_CHOICE, "either", .preset = "triad",
           .choices = "triad|read"),
    ET_ROW(params, level, ET_CHOICE, "either", .preset = "l2",
           .choices = "l2|memory"),
    ET_ROW(params, bytes, ET_BYTES, "no matter", .preset = "8"),
    {0}};

static const char *unsupported(const void *params, const char *backend,
                               int ranks)
{
    (void)params;
    (void)backend;
    (void)ranks;
    return machine.how == UNSUPPORTED ? "it never is" : NULL;
}

static enum et_status prepare(void *state, const struct et_setting *setting,
                              const void *params)
{
    struct state *s = state;
    int k = machine.passes++;
    (void)params;
    s->team = setting->team;
    /* 2 % from the fastest pass to the slowest; or each a third of the first
     * slower than the one before. */
    s->step = machine.how == DRIFTING ? 1000000 + 300000 * k
                                      : 1000000 + 10000 * (k % 3);
    return machine.how == BROKEN ? et_error(ET_INFRA, "it is broken") : ET_OK;
}

static enum et_status run(void *state, uint64_t iterations)
{
    const struct state *s = state;
    machine.clock.origin_ns += s->step * (int64_t)iterations;
    return ET_OK;
}

static enum et_status verify(void *state, struct et_verification *out)
{
    (void)state;
    *out = (struct et_verification){
        .status = machine.how == WRONG ? ET_CHECK_FAILED : ET_CHECK_PASSED,
        .bound = 1};
    return ET_OK;
}

static void work(const void *state, struct et_work *out)
{
    (void)state;
    *out = (struct et_work){.flop = 1e6, .convention = "none"};
}

static void release(void *state)
{
    (void)state;
}

static const struct et_backend only = {.name = "native", .summary = "one"};
static const struct et_backend *const names[] = {&only};
static const struct et_backends backends = {.v = names, .n = 1};
static const char *const shape[] = {"bytes", NULL};

static struct et_selftest_outcome ask(const char *name, enum how how,
                                      bool quick)
{
    const struct et_bench bench = {.name = name,
                                   .merit = "flops",
                                   .params = rows,
                                   .params_size = sizeof(struct params),
                                   .shape_key = "sizes",
                                   .shape = shape,
                                   .shape_preset = "8",
                                   .backends = &backends,
                                   .state_size = sizeof(struct state),
                                   .unsupported = unsupported,
                                   .prepare = prepare,
                                   .verify = verify,
                                   ET_BENCH_RUN};
    const struct et_bench *const list[] = {&bench};
    const struct et_benches benches = {list, 1};
    struct et_doc doc = {0};
    struct et_selftest_outcome out = {.verdict = ET_OK};
    struct et_selftest t = {.quick = quick,
                            .seed = 7,
                            .clock = &machine.clock,
                            .scratch = "/nonexistent",
                            .tag = "t",
                            .benches = &benches};
    const struct et_selftest_part *p;
    size_t i = 0;
    while ((p = et_selftest_part_at(i)) && strcmp(p->name, "repeat") != 0)
        i++;
    assert_non_null(p);
    machine.how = how;
    machine.passes = 0;
    assert_int_equal(et_clock_open("fake", &machine.clock), ET_OK);
    assert_int_equal(et_team_open("self", &t.world), ET_OK);
    assert_int_equal(p->run(&t, &doc, &out), ET_OK);
    assert_true(et_doc_whole(&doc));
    assert_true((out.verdict == ET_OK) == (*out.why == '\0'));
    /* A table where there is a figure. */
    assert_true((doc.n > 0) == (*out.found != '\0'));
    et_doc_free(&doc);
    et_team_close(t.world);
    return out;
}

static void says(const char *name, enum how how, bool quick,
                 enum et_status verdict, const char *why, const char *found)
{
    struct et_selftest_outcome out = ask(name, how, quick);
    if (out.verdict != verdict || !strstr(out.why, why) ||
        !strstr(out.found, found))
        fail_msg("%s, %d: %d: %s; %s", name, (int)how, (int)out.verdict,
                 out.why, out.found);
}

/* Passes that go up and down alike in all launches. */
TEST(steady)
{
    says("stream", STEADY, true, ET_OK, "", "3 of 3 (100 %) intervals");
    says("stream", STEADY, true, ET_OK, "", "converged: 3 of 3 (100 %)");
    says("stream", STEADY, false, ET_OK, "", "16 of 16 (100 %) intervals");
}

/* No launch has the middle of the others. */
TEST(drifting)
{
    says("stream", DRIFTING, true, ET_MISSED, "0 of 3 (0 %)", "converged: no");
    says("stream", DRIFTING, false, ET_MISSED, "0 of 16 (0 %)", "of 16");
}

/* What measured nothing has shown nothing. */
TEST(nothing)
{
    says("stream", WRONG, true, ET_WRONG, "wrong", "");
    says("stream", BROKEN, true, ET_UNSURE, "it is broken", "");
    says("stream", UNSUPPORTED, true, ET_UNSURE, "no interval", "");
    says("other", STEADY, true, ET_UNSURE, "no bench of its plan", "");
}

QUIET_TEST_MAIN(steady, drifting, nothing)
