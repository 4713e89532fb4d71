/* What differs between runs: each kind of fact, several baselines, and what
 * differs between any two runs and is not said. */
#include "config.h"
#include "tests/unit/test_main.h"
#include "tests/unit/results/sample.h"

#include <stdlib.h>
#include <string.h>

#include "results/verdict/differs.h"

static void set(char **member, const char *text)
{
    free(*member);
    *member = text ? strdup(text) : NULL;
}

static const struct et_difference *find(const struct et_list *l,
                                        const char *what)
{
    const struct et_difference *v = l->v;
    for (size_t i = 0; i < l->n; i++) {
        if (strcmp(v[i].what, what) == 0)
            return &v[i];
    }
    return NULL;
}

static void says(const struct et_list *l, const char *what, const char *before,
                 const char *now)
{
    const struct et_difference *d = find(l, what);
    if (!d)
        fail_msg("%s is not said", what);
    assert_string_equal(d->before, before);
    assert_string_equal(d->now, now);
}

TEST(each_kind_of_fact)
{
    struct et_run a = sample_run(), b = sample_run();
    const struct et_run *before[] = {&a};
    struct et_list l = {0};
    set(&a.info.environment.kernel, "5.10 x86_64");
    set(&b.info.environment.kernel, "5.11 x86_64");
    set(&b.info.environment.microcode, "0x2b");
    set(&a.info.flags, "-O2");
    set(&b.info.flags, "-O3");
    a.info.environment.load = 0.1;
    b.info.environment.load = 4.2;
    a.info.environment.memory = 64LL << 30;
    b.info.environment.memory = 32LL << 30;
    set(&a.info.environment.cpu, "EPYC 9004");
    set(&b.info.environment.cpu, "EPYC 9005");
    set(&a.info.plan_digest, "0a");
    set(&b.info.plan_digest, "0b");
    assert_true(et_pairs_set(&a.info.libraries, "blis", "0.9", false) &&
                et_pairs_set(&b.info.libraries, "blis", "1.1", false) &&
                et_pairs_set(&a.info.config, "budget", "2", true) &&
                et_pairs_set(&b.info.config, "budget", "1", true) &&
                et_pairs_set(&b.info.environment.variables, "OMP_PROC_BIND",
                             "close", false));
    sample_place(&b.info, 4, 1);
    assert_int_equal(et_differences_find(before, 1, &b, &l), ET_OK);
    says(&l, "kernel", "5.10 x86_64", "5.11 x86_64");
    says(&l, "microcode", "not known", "0x2b");
    says(&l, "cpu", "EPYC 9004", "EPYC 9005");
    says(&l, "plan_digest", "0a", "0b");
    says(&l, "flags", "-O2", "-O3");
    says(&l, "load at the start", "0.1", "4.2");
    says(&l, "memory", "64 GiB", "32 GiB");
    says(&l, "library blis", "0.9", "1.1");
    says(&l, "option budget", "2", "1");
    says(&l, "variable OMP_PROC_BIND", "not set", "close");
    says(&l, "hosts", "n1", "n[1-4]");
    et_differences_free(&l);
    et_run_free(&a);
    et_run_free(&b);
}

/* Where I/O cases wrote, each file system once. */
TEST(another_filesystem)
{
    struct et_run a = sample_run(), b = sample_run();
    const struct et_run *before[] = {&a};
    const char *const wrote[] = {"tmpfs", "ext4", "tmpfs"};
    struct et_list l = {0};
    for (int i = 0; i < 3; i++) {
        struct et_result r = sample_result("io", 0.5, 0.01, 5);
        assert_true(et_pairs_set(&r.facts, "filesystem", wrote[i], false));
        sample_add(&b, r);
    }
    sample_add(&a, sample_result("io", 0.5, 0.01, 5));
    assert_true(
        et_pairs_set(&a.records[0].result.facts, "filesystem", "nfs", false));
    assert_int_equal(et_differences_find(before, 1, &b, &l), ET_OK);
    says(&l, "filesystem", "nfs", "ext4, tmpfs");
    et_differences_free(&l);
    et_run_free(&a);
    et_run_free(&b);
}

/* A run that was carried on is one launch; --again makes one more. */
TEST(another_number_of_launches)
{
    struct et_run a = sample_run(), b = sample_run();
    const struct et_run *before[] = {&a};
    for (int again = 0; again < 2; again++) {
        struct et_list l = {0};
        struct et_run_resume *resume = et_list_add(&b.resumes, sizeof *resume);
        assert_non_null(resume);
        resume->again = again;
        assert_int_equal(et_differences_find(before, 1, &b, &l), ET_OK);
        if (again)
            says(&l, "launches", "1", "2");
        else
            assert_null(find(&l, "launches"));
        et_differences_free(&l);
    }
    et_run_free(&a);
    et_run_free(&b);
}

/* A node that is not as rank 0's, and what of it was changed. */
TEST(another_kind_of_node)
{
    struct et_run runs[2];
    const struct et_run *before[] = {&runs[0]};
    struct et_list l = {0};
    for (int i = 0; i < 2; i++) {
        runs[i] = sample_run();
        struct et_run_kind *kind =
            et_list_add(&runs[i].info.kinds, sizeof *kind);
        assert_non_null(kind);
        kind->nodes = 1;
        assert_int_equal(et_fields_init(et_environment_rows, &kind->environment,
                                        sizeof kind->environment),
                         ET_OK);
        set(&runs[i].info.environment.kernel, "6.1");
        set(&kind->environment.kernel, i ? "6.2" : "6.1");
        set(&kind->environment.governor, i ? "powersave" : "performance");
    }
    assert_int_equal(et_differences_find(before, 1, &runs[1], &l), ET_OK);
    says(&l, "nodes of kind 2: kernel", "not known", "6.2");
    says(&l, "nodes of kind 2: governor", "performance", "powersave");
    assert_null(find(&l, "kernel"));
    et_differences_free(&l);
    et_run_free(&runs[0]);
    et_run_free(&runs[1]);
}

/* Two runs of one machine differ in these always. */
TEST(what_always_differs)
{
    struct et_run a = sample_run(), b = sample_run();
    const struct et_run *before[] = {&a};
    struct et_list l = {0};
    set(&b.info.id, "another");
    set(&b.info.started, "2027-01-01T00:00:00Z");
    set(&b.info.plan_file, "/elsewhere/plan.ini");
    a.info.environment.load = 0.8;
    b.info.environment.load = 1.7;
    a.info.environment.memory = 1000LL << 20;
    b.info.environment.memory = 1001LL << 20;
    a.info.environment.clock_hz = 2.601e9;
    b.info.environment.clock_hz = 2.599e9;
    b.info.clock_overhead = a.info.clock_overhead * 1.1;
    assert_true(et_pairs_set(&b.info.config, "out", "night-2", false) &&
                et_pairs_set(&b.info.config, "scratch", "night-2", false));
    assert_int_equal(et_differences_find(before, 1, &b, &l), ET_OK);
    const struct et_difference *d = l.v;
    if (l.n)
        fail_msg("%s is said", d->what);
    et_differences_free(&l);
    et_run_free(&a);
    et_run_free(&b);
}

/* Each different value of the baselines once; said also where only one of them
 * differs. */
TEST(several_baselines)
{
    struct et_run v[4];
    const struct et_run *before[3];
    struct et_list l = {0};
    static const char *const kernels[] = {"5.11", "5.10", "5.11", "5.11"};
    for (int i = 0; i < 4; i++) {
        v[i] = sample_run();
        set(&v[i].info.environment.kernel, kernels[i]);
        if (i < 3)
            before[i] = &v[i];
    }
    assert_int_equal(et_differences_find(before, 3, &v[3], &l), ET_OK);
    assert_int_equal(l.n, 1);
    says(&l, "kernel", "5.11, 5.10", "5.11");
    et_differences_free(&l);
    for (int i = 0; i < 4; i++)
        et_run_free(&v[i]);
}

TEST_MAIN(each_kind_of_fact, another_kind_of_node, another_filesystem,
          another_number_of_launches, what_always_differs, several_baselines)
