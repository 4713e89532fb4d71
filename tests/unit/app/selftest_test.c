/* The parts of the selftest put to benches whose checks are good, blind,
 * nervous or broken: each must be told from the others, since a selftest that
 * cannot fail shows nothing.
 */
#include "config.h"
#include "tests/unit/test_main.h"

#include <math.h>
#include <string.h>

#include "app/selftest/part.h"
#include "harness/base/log.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))
#define N 32

/* What is wrong with the check of a bench of N numbers. */
enum how { GOOD, BLIND, DULL, NERVOUS, JUMPY, BROKEN };
#define HOW "good|blind|dull|nervous|jumpy|broken"

struct params {
    int how;
};
struct state {
    enum how how;
    struct et_team *team;
    int runs;
    double v[N];
};

static const struct et_field rows[] = {ET_ROW(params, how, ET_CHOICE,
                                              "the check", .preset = "good",
                                              .choices = HOW),
                                       {0}};

static const struct et_backend reference = {.name = "reference",
                                            .summary = "right"};
static const struct et_backend gone = {
    .name = "gone", .summary = "absent", .absent = "not built in"};
static const struct et_backend *const names[] = {&reference, &gone};
static const struct et_backends backends = {.v = names, .n = COUNT(names)};

static enum et_status prepare(void *state, const struct et_setting *setting,
                              const void *params)
{
    struct state *s = state;
    s->how = (enum how)((const struct params *)params)->how;
    s->team = setting->team;
    return s->how == BROKEN ? et_error(ET_INFRA, "it is broken") : ET_OK;
}

static enum et_status run(void *state, uint64_t iterations)
{
    struct state *s = state;
    (void)iterations;
    s->runs++;
    for (int i = 0; i < N; i++)
        s->v[i] = i + 1;
    return ET_OK;
}

/* Off by more than 0.001 is found; by the dull one, more than 1. */
static enum et_status verify(void *state, struct et_verification *out)
{
    struct state *s = state;
    double worst = 0, bound = s->how == DULL ? 1 : 1e-3;
    for (int i = 0; i < N; i++) {
        double off = fabs(s->v[i] - (i + 1));
        worst = off <= bound ? fmax(worst, off) : INFINITY;
        if (worst > bound)
            break;
    }
    if (s->how == NERVOUS || (s->how == JUMPY && s->runs > 1))
        worst = INFINITY;
    if (s->how == BLIND)
        worst = 0;
    worst = worst > bound;
    enum et_status status = et_team_reduce(s->team, ET_MAX, &worst, 1);
    *out = (struct et_verification){.status = worst > 0 ? ET_CHECK_FAILED
                                                        : ET_CHECK_PASSED,
                                    .bound = bound,
                                    .certain = 1e-3};
    return status;
}

static enum et_status damage(void *state, const struct et_fault *f,
                             double *size)
{
    struct state *s = state;
    size_t at = f->at % N;
    double was = s->v[at];
    uint64_t bits;
    *size = NAN;
    if (f->kind != ET_FAULT_FLIP)
        return ET_OK;
    memcpy(&bits, &was, sizeof bits);
    bits ^= UINT64_C(1) << f->bit;
    memcpy(&s->v[at], &bits, sizeof bits);
    *size = isfinite(s->v[at]) ? fabs(s->v[at] - was) : (double)INFINITY;
    return ET_OK;
}

static void output(const void *state, struct et_output *out)
{
    const struct state *s = state;
    /* The jumpy one does not say what it has. */
    *out = (struct et_output){s->v, sizeof s->v, s->how != JUMPY};
}

static void work(const void *state, struct et_work *out)
{
    (void)state;
    *out = (struct et_work){.flop = N, .convention = "none"};
}

static void release(void *state)
{
    (void)state;
}

static const char *const shape[] = {NULL};
static const struct et_bench whole = {.name = "vec",
                                      .params = rows,
                                      .params_size = sizeof(struct params),
                                      .shape = shape,
                                      .backends = &backends,
                                      .state_size = sizeof(struct state),
                                      .prepare = prepare,
                                      .verify = verify,
                                      .output = output,
                                      .damage = damage,
                                      ET_BENCH_RUN};

/* What a part says of one bench with one case of `ranks`. */
static struct et_selftest_outcome ask(const char *part, struct et_bench bench,
                                      const char *params, int ranks)
{
    const struct et_bench *const list[] = {&bench};
    const struct et_benches benches = {list, 1};
    const struct et_selftest_case cases[] = {
        {params ? bench.name : "other", params, ranks, "fp64", 8}, {0}};
    struct et_clock clock;
    struct et_doc doc = {0};
    struct et_selftest_outcome out = {.verdict = ET_OK};
    struct et_selftest t = {.quick = true,
                            .seed = 7,
                            .clock = &clock,
                            .scratch = "/nonexistent",
                            .tag = "t",
                            .stage = "",
                            .benches = &benches,
                            .cases = cases};
    const struct et_selftest_part *p = et_selftest_part_of(part);
    assert_non_null(p);
    assert_int_equal(et_clock_open("real", &clock), ET_OK);
    assert_int_equal(et_team_open("self", &t.world), ET_OK);
    assert_int_equal(p->run(&t, &doc, &out), ET_OK);
    assert_true(et_doc_whole(&doc));
    assert_true((out.verdict == ET_OK) == (*out.why == '\0'));
    et_doc_free(&doc);
    et_team_close(t.world);
    return out;
}

static void says(const char *part, struct et_bench bench, const char *params,
                 int ranks, enum et_status verdict, const char *words)
{
    struct et_selftest_outcome out = ask(part, bench, params, ranks);
    if (out.verdict != verdict || !strstr(out.why, words))
        fail_msg("%s, %s: %d: %s", part, params ? params : "no case",
                 (int)out.verdict, out.why);
}

TEST(faults)
{
    struct et_bench unhurt = whole;
    unhurt.damage = NULL;
    for (int ranks = 1; ranks <= 4; ranks += 3) {
        says("faults", whole, "how=good", ranks, ET_OK, "");
        says("faults", whole, "how=blind", ranks, ET_WRONG, "missed: vec");
        says("faults", whole, "how=dull", ranks, ET_WRONG, "missed: vec");
        says("faults", whole, "how=nervous", ranks, ET_WRONG, "false alarm");
        says("faults", whole, "how=jumpy", ranks, ET_WRONG, "false alarm");
        says("faults", whole, "how=broken", ranks, ET_UNSURE, "it is broken");
    }
    says("faults", unhurt, "how=good", 1, ET_UNSURE, "no fault");
    says("faults", whole, NULL, 1, ET_UNSURE, "no small case");
    /* Every place is drawn from the seed. */
    struct et_selftest_outcome a = ask("faults", whole, "how=good", 4),
                               b = ask("faults", whole, "how=good", 4);
    assert_string_equal(a.tried, b.tried);
    assert_string_equal(a.found, b.found);
    assert_non_null(strstr(a.tried, "128 faults planted"));
}

TEST(clean)
{
    says("clean", whole, "how=good", 1, ET_OK, "");
    says("clean", whole, "how=blind", 1, ET_OK, "");
    says("clean", whole, "how=good", 4, ET_OK, "");
    says("clean", whole, "how=nervous", 4, ET_WRONG, "false alarm: vec");
    says("clean", whole, "how=broken", 4, ET_UNSURE, "it is broken");
    says("clean", whole, NULL, 1, ET_UNSURE, "no case");
}

/* The part takes the gemm of the list; here none has the rows of one. */
TEST(silent)
{
    struct et_bench mute = whole;
    says("silent", whole, "how=good", 4, ET_UNSURE, "gemm");
    mute.name = "gemm";
    mute.output = NULL;
    says("silent", mute, "how=good", 4, ET_UNSURE, "does not show");
}

TEST(findings)
{
    struct et_selftest_outcome out = {.verdict = ET_OK};
    et_selftest_find(&out, ET_UNSURE, "one");
    et_selftest_find(&out, ET_UNSURE, "two");
    assert_string_equal(out.why, "one");
    et_selftest_find(&out, ET_WRONG, "three");
    et_selftest_find(&out, ET_MISSED, "four");
    assert_int_equal(out.verdict, ET_WRONG);
    assert_string_equal(out.why, "three");
}

/* All parts say what they are. */
TEST(parts)
{
    const struct et_selftest_part *p;
    size_t i = 0;
    for (; (p = et_selftest_part_at(i)); i++) {
        assert_true(*p->name && *p->title && *p->done && *p->failure);
        assert_non_null(p->run);
    }
    assert_true(i >= 6);
}

QUIET_TEST_MAIN(faults, clean, silent, findings, parts)
