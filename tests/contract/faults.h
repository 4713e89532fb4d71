/* Faults planted in what a bench's run left, through its table alone: those
 * greater than `certain` must be found, on every backend; clean runs must
 * pass, whatever the seed. For the tests of gemm and conv.
 */
#ifndef ET_TESTS_FAULTS_H
#define ET_TESTS_FAULTS_H

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/field.h"
#include "harness/base/random.h"
#include "harness/case/bench.h"

struct trial {
    const struct et_bench *bench;
    const char *problem;
    struct et_team *team;
    void *params, *state;
};

/* problem: "key=value key=value ..."; the rest is preset. */
static void *read_problem(const struct et_bench *bench, const char *problem)
{
    char words[200], *rest = words, *word;
    assert_true(strlen(problem) < sizeof words);
    strcpy(words, problem);
    void *params = calloc(1, bench->params_size);
    assert_non_null(params);
    assert_int_equal(et_fields_init(bench->params, params, bench->params_size),
                     ET_OK);
    while ((word = strsep(&rest, " "))) {
        char *value = strchr(word, '=');
        assert_non_null(value);
        *value = '\0';
        assert_int_equal(et_field_parse(et_field_find(bench->params, word),
                                        params, value + 1, problem),
                         ET_OK);
    }
    assert_int_equal(bench->check(params, problem), ET_OK);
    return params;
}

static void drop_problem(const struct et_bench *bench, void *params)
{
    et_fields_free(bench->params, params, bench->params_size);
    free(params);
}

/* A backend may refuse a problem's type, and says so. */
static bool does(const struct et_bench *bench, const char *backend,
                 const char *problem)
{
    void *params = read_problem(bench, problem);
    const char *why = bench->unsupported(params, backend, 1);
    assert_true(!why || *why);
    drop_problem(bench, params);
    return !why;
}

static void open_trial(struct trial *t, const struct et_bench *bench,
                       const char *backend, const char *problem, uint64_t seed)
{
    *t = (struct trial){.bench = bench, .problem = problem};
    t->params = read_problem(bench, problem);
    t->state = calloc(1, bench->state_size);
    assert_non_null(t->state);
    assert_null(bench->unsupported(t->params, backend, 1));
    assert_int_equal(et_team_open("self", &t->team), ET_OK);
    struct et_setting setting = {
        .team = t->team, .backend = backend, .threads = 1, .seed = seed};
    assert_int_equal(bench->prepare(t->state, &setting, t->params), ET_OK);
}

static void close_trial(struct trial *t)
{
    t->bench->release(t->state);
    et_team_close(t->team);
    drop_problem(t->bench, t->params);
    free(t->state);
}

/* One run, perhaps one fault, one check. The fault's size. */
static double try_fault(struct trial *t, const struct et_fault *fault,
                        struct et_verification *v)
{
    double size = 0;
    assert_int_equal(t->bench->run(t->state, 2), ET_OK);
    if (fault)
        assert_int_equal(t->bench->damage(t->state, fault, &size), ET_OK);
    assert_int_equal(t->bench->verify(t->state, v), ET_OK);
    assert_true(isfinite(v->certain) && v->certain >= 0);
    return size;
}

struct tally {
    int caught, passed, below; /* found; not found; those of no great size */
};

static void plant(struct trial *t, enum et_fault_kind kind, int n,
                  uint64_t stream, struct tally *sum)
{
    for (int i = 0; i < n; i++) {
        struct et_fault fault = {
            .kind = kind, .at = et_random_u64(stream, (uint64_t)i), .bit = i};
        struct et_verification v = {0};
        double size = try_fault(t, &fault, &v);
        bool found = v.status == ET_CHECK_FAILED;
        if (isnan(size))
            continue;
        if (size > v.certain && !found)
            fail_msg("%s %s: fault %d, bit %d, of %g passed, %g is certain",
                     t->bench->name, t->problem, (int)kind, i, size, v.certain);
        if (size == 0 && found)
            fail_msg("%s %s: nothing was changed: %s", t->bench->name,
                     t->problem, v.note);
        sum->below += size <= v.certain;
        sum->caught += found;
        sum->passed += !found;
    }
}

static void faults_are_found(const struct et_bench *bench,
                             const char *const *problems)
{
    static const struct {
        enum et_fault_kind kind;
        const char *what;
        int n; /* of bits: of the widest type, twice a narrower one's */
    } kinds[] = {{ET_FAULT_FLIP, "bit flips", 64},
                 {ET_FAULT_SWAP, "swapped blocks", 12},
                 {ET_FAULT_STALE, "stale blocks", 12}};
    for (size_t b = 0; b < bench->backends->n; b++) {
        const char *backend = bench->backends->v[b]->name;
        if (et_bench_why_not(bench, backend))
            continue;
        struct tally sum[3] = {0};
        for (size_t i = 0; problems[i]; i++) {
            struct trial t;
            struct et_verification v = {0};
            if (!does(bench, backend, problems[i]))
                continue;
            open_trial(&t, bench, backend, problems[i], 7 + b);
            for (size_t k = 0; k < 3; k++)
                plant(&t, kinds[k].kind, kinds[k].n, 100 * b + 10 * i + k,
                      &sum[k]);
            try_fault(&t, NULL, &v); /* and none of it stays */
            assert_int_equal(v.status, ET_CHECK_PASSED);
            close_trial(&t);
        }
        for (size_t k = 0; k < 3; k++) {
            assert_true(sum[k].caught > 0);
            print_message("[          ] %s: %s: %d found, %d passed; %d "
                          "were below `certain`\n",
                          backend, kinds[k].what, sum[k].caught, sum[k].passed,
                          sum[k].below);
        }
    }
}

static void clean_runs_pass(const struct et_bench *bench,
                            const char *const *problems, uint64_t seeds)
{
    double worst = 0, most = 0;
    const char *coarsest = "-";
    size_t n = 0, cases = 0, usable = 0;
    const char *backends[32];
    for (size_t b = 0; usable < 32 && b < bench->backends->n; b++) {
        if (!et_backend_why_not(bench->backends->v[b]))
            backends[usable++] = bench->backends->v[b]->name;
    }
    for (size_t i = 0; problems[i]; i++) {
        for (uint64_t seed = 0; seed < seeds; seed++) {
            struct trial t;
            while (!does(bench, backends[n % usable], problems[i]))
                n++; /* the reference does it */
            open_trial(&t, bench, backends[n++ % usable], problems[i], seed);
            cases++;
            for (int again = 0; again < 2; again++) {
                struct et_verification v = {0};
                try_fault(&t, NULL, &v);
                if (v.status != ET_CHECK_PASSED)
                    fail_msg("%s %s, seed %llu: %g: %s", bench->name,
                             problems[i], (unsigned long long)seed, v.error,
                             v.note);
                worst = fmax(worst, v.error);
                /* Nor said to be of fewer bits. */
                double share = isfinite(v.usual) ? v.error / v.usual : 0;
                if (share > most)
                    coarsest = problems[i];
                most = fmax(most, share);
                if (share > 1)
                    fail_msg("%s %s, seed %llu: %g of the bound, usual %g",
                             bench->name, problems[i], (unsigned long long)seed,
                             v.error, v.usual);
            }
            close_trial(&t);
        }
    }
    print_message("[          ] %zu clean cases, none of them refused; worst "
                  "error %.3g of its bound, %.3g of what is usual (%s)\n",
                  cases, worst, most, coarsest);
    assert_true(worst > 0);
}

/* Two cases of the same seed leave the same bytes, of another seed others. */
static void outputs_are_alike(const struct et_bench *bench, const char *problem)
{
    const char *backend = bench->backends->v[0]->name;
    struct trial t[3];
    struct et_output out[3];
    for (uint64_t i = 0; i < 3; i++) {
        open_trial(&t[i], bench, backend, problem, i < 2 ? 5 : 6);
        assert_int_equal(bench->run(t[i].state, 1), ET_OK);
        bench->output(t[i].state, &out[i]);
        assert_true(out[i].alike && out[i].bytes > 0);
    }
    assert_int_equal(out[0].bytes, out[1].bytes);
    assert_memory_equal(out[0].data, out[1].data, out[0].bytes);
    assert_memory_not_equal(out[0].data, out[2].data, out[0].bytes);
    for (int i = 0; i < 3; i++)
        close_trial(&t[i]);
}

#endif
