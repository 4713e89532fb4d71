/* A comparison in the tests: made-up runs, cases with passes, and what became
 * of each. */
#ifndef ET_TESTS_COMPARED_H
#define ET_TESTS_COMPARED_H

#include "tests/unit/test_main.h"
#include "tests/unit/results/sample.h"

#include <math.h>
#include <string.h>

#include "results/verdict/compare.h"

/* A case of six passes around the result's median, the outermost `spread` away;
 * `turn` shifts the order, so that cases do not move together. */
static inline struct et_result passes(struct et_result r, double spread,
                                      unsigned turn)
{
    static const double at[] = {-1, 0.6, -0.2, 1, -0.6, 0.2};
    for (unsigned i = 0; i < 6; i++) {
        struct et_result_pass *p = et_list_add(&r.time.passes, sizeof *p);
        double median = r.time.median * (1 + spread * at[(i + turn) % 6]);
        assert_non_null(p);
        *p = (struct et_result_pass){.pass = i, .n = 5, .median = median};
    }
    return r;
}

static inline struct et_result of(const char *id, double median, double spread,
                                  unsigned turn)
{
    return passes(sample_result(id, median, 0.01, 31), spread, turn);
}

/* Runs 0 to n - 1 are the baselines, run n is compared with them. */
enum { MOST = 8 };
struct bench {
    struct et_run runs[MOST];
    size_t n;
    struct et_comparisons found;
};

static inline struct bench bench(size_t baselines)
{
    struct bench b = {.n = baselines};
    for (size_t i = 0; i <= baselines; i++) {
        b.runs[i] = sample_run();
        b.runs[i].info.environment.peak_fp32 = 1e10;
    }
    return b;
}

static inline enum et_status compare(struct bench *b, double tolerance)
{
    const struct et_run *before[MOST];
    for (size_t i = 0; i < b->n; i++)
        before[i] = &b->runs[i];
    return et_compare(before, b->n, &b->runs[b->n], tolerance, &b->found);
}

static inline enum et_status done(struct bench *b)
{
    enum et_status s = et_comparisons_status(&b->found);
    et_comparisons_free(&b->found);
    for (size_t i = 0; i <= b->n; i++)
        et_run_free(&b->runs[i]);
    return s;
}

/* The row of a case, or of a kind of work. */
static inline const struct et_comparison *row(const struct bench *b,
                                              const char *name)
{
    for (size_t i = 0; i < b->found.n; i++) {
        const struct et_comparison *c = &b->found.v[i];
        if (strcmp(c->id ? c->id : c->work, name) == 0)
            return c;
    }
    fail_msg("%s was not compared", name);
    return NULL;
}

static inline void is(const struct bench *b, const char *name,
                      enum et_change change, const char *reason)
{
    const struct et_comparison *c = row(b, name);
    if (c->change != change)
        fail_msg("%s is %s", name, et_change_name(c->change));
    if (reason ? !c->reason || !strstr(c->reason, reason) : c->reason != NULL)
        fail_msg("%s: '%s' is no reason", name, c->reason ? c->reason : "");
}

static inline void near(double a, double b)
{
    if (!(fabs(a - b) <= 1e-3 * fabs(b)))
        fail_msg("%.9g is not %.9g", a, b);
}

#endif
