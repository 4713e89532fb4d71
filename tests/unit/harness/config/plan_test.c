/* plan and section: sweeps and their order, ranges, shapes by number and by
 * name, teams of an uneven allocation, and who has the last word.
 */
#include "config.h"
#include "tests/unit/test_main.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/command.h"
#include "harness/base/dtype.h"
#include "harness/base/log.h"
#include "harness/config/plan.h"
#include "tests/unit/fake_bench.h"
#include "paths.h"

/* Three nodes with two, three and one rank. */
static const int64_t upto[] = {2, 5, 6};
static const struct et_allocation three = {
    .ranks = 6, .nodes = 3, .ranks_upto = upto, .threads = 4};
static const int64_t only[] = {1};
static const struct et_allocation one = {
    .ranks = 1, .nodes = 1, .ranks_upto = only, .threads = 2};

struct expanded {
    struct et_options o;
    struct et_cases cases;
    struct et_text ids; /* one a line */
    enum et_status status;
};

static void expand(struct expanded *x, const char *text,
                   const struct et_benches *benches,
                   const struct et_allocation *allocation, const char *set,
                   const char *given)
{
    struct et_strings words = {0};
    *x = (struct expanded){0};
    et_log_forget();
    assert_int_equal(et_fields_init(et_option_rows, &x->o, sizeof x->o), ET_OK);
    if (set)
        assert_true(et_split(set, '\n', &x->o.set));
    if (given)
        assert_true(et_strings_add(&words, given));
    x->status = et_plan_expand("p", text, benches, &x->o, &words, allocation,
                               &x->cases);
    for (size_t i = 0; i < x->cases.n; i++)
        et_text_add(&x->ids, "%s\n", x->cases.v[i].id);
    et_strings_free(&words);
}

static void release(struct expanded *x)
{
    et_cases_free(&x->cases);
    et_text_free(&x->ids);
    et_fields_free(et_option_rows, &x->o, sizeof x->o);
}

static void assert_plan(const char *text, const struct et_allocation *a,
                        const char *set, const char *ids)
{
    struct expanded x;
    expand(&x, text, &fake_benches, a, set, NULL);
    if (x.status != ET_OK)
        fail_msg("%s", et_log_last_error());
    assert_string_equal(et_text_str(&x.ids), ids);
    release(&x);
}

static void assert_refused(const char *text, const char *set, const char *words)
{
    struct expanded x;
    expand(&x, text, &fake_benches, &three, set, NULL);
    if (x.status != ET_USAGE)
        fail_msg("%s: status %d", text, (int)x.status);
    if (!strstr(et_log_last_error(), words))
        fail_msg("'%s' has no '%s'", et_log_last_error(), words);
    assert_int_equal(x.cases.n, 0);
    release(&x);
}

TEST(presets)
{
    /* Every fast backend that is here, every power of two and all ranks, its
     * share of threads, the bench's own shape. */
    assert_plan("[mul]\nranks = 1\n", &three, NULL,
                "mul backend=quick m=4 n=4 k=4 ranks=1 threads=4\n"
                "mul backend=other m=4 n=4 k=4 ranks=1 threads=4\n");
    assert_plan("[sum late]\nbackend = quick\n", &one, NULL,
                "sum label=late backend=quick bytes=8 ranks=1 threads=1\n");
    assert_plan("[mul]\nbackend = all\nranks = 1\n", &one, NULL,
                "mul backend=reference m=4 n=4 k=4 ranks=1 threads=2\n"
                "mul backend=quick m=4 n=4 k=4 ranks=1 threads=2\n"
                "mul backend=other m=4 n=4 k=4 ranks=1 threads=2\n");
}

TEST(sweeps)
{
    /* Shapes turn slowest, then the parameters in the bench's order, threads,
     * teams, and backends fastest. */
    assert_plan("[mul]\nbackend = quick, reference\nranks = 1, 2\n"
                "dtype = fp32, fp64\nshapes = 2048^3, 1x2x3\nthreads = 3\n",
                &three, NULL,
                "mul backend=quick dtype=fp32 m=2048 n=2048 k=2048 ranks=1 "
                "threads=3\n"
                "mul backend=reference dtype=fp32 m=2048 n=2048 k=2048 "
                "ranks=1 threads=3\n"
                "mul backend=quick dtype=fp32 m=2048 n=2048 k=2048 ranks=2 "
                "threads=3\n"
                "mul backend=reference dtype=fp32 m=2048 n=2048 k=2048 "
                "ranks=2 threads=3\n"
                "mul backend=quick m=2048 n=2048 k=2048 ranks=1 threads=3\n"
                "mul backend=reference m=2048 n=2048 k=2048 ranks=1 "
                "threads=3\n"
                "mul backend=quick m=2048 n=2048 k=2048 ranks=2 threads=3\n"
                "mul backend=reference m=2048 n=2048 k=2048 ranks=2 "
                "threads=3\n"
                "mul backend=quick dtype=fp32 m=1 n=2 k=3 ranks=1 threads=3\n"
                "mul backend=reference dtype=fp32 m=1 n=2 k=3 ranks=1 "
                "threads=3\n"
                "mul backend=quick dtype=fp32 m=1 n=2 k=3 ranks=2 threads=3\n"
                "mul backend=reference dtype=fp32 m=1 n=2 k=3 ranks=2 "
                "threads=3\n"
                "mul backend=quick m=1 n=2 k=3 ranks=1 threads=3\n"
                "mul backend=reference m=1 n=2 k=3 ranks=1 threads=3\n"
                "mul backend=quick m=1 n=2 k=3 ranks=2 threads=3\n"
                "mul backend=reference m=1 n=2 k=3 ranks=2 threads=3\n");
}

TEST(ranges)
{
#define SUM(bytes) "sum backend=quick bytes=" #bytes " ranks=1 threads=1\n"
    assert_plan("[sum]\nbackend=quick\nsizes = 8..128*4, 1 KiB\n", &one, NULL,
                SUM(8) SUM(32) SUM(128) SUM(1024));
    assert_plan("[sum]\nbackend=quick\nsizes = 3..20\n", &one, NULL,
                SUM(3) SUM(6) SUM(12));
    assert_plan("[sum]\nbackend=quick\nsizes = 64KiB .. 64 KiB * 2\n", &one,
                NULL, SUM(65536));
    /* A shape's key may sweep by itself; the others stay at their presets. */
    assert_plan("[mul]\nbackend=quick\nm=1..100*10\n", &one, NULL,
                "mul backend=quick m=1 n=16 k=16 ranks=1 threads=2\n"
                "mul backend=quick m=10 n=16 k=16 ranks=1 threads=2\n"
                "mul backend=quick m=100 n=16 k=16 ranks=1 threads=2\n");
}

TEST(doubles)
{
    assert_plan("[sum]\nbackend=quick\nsizes = 8, 16, 8, 8..16, 8 B\n", &one,
                NULL, SUM(8) SUM(16));
    /* A label makes it another point. */
    assert_plan("[sum]\nbackend=quick\n[sum b]\nbackend=quick\n", &one, NULL,
                SUM(8) "sum label=b backend=quick bytes=8 ranks=1 threads=1\n");
}

TEST(teams)
{
#define MUL(team) "mul backend=quick m=4 n=4 k=4 " team " threads=4\n"
    assert_plan("[mul]\nbackend=quick\n", &three, NULL,
                MUL("ranks=1") MUL("ranks=2") MUL("ranks=4 nodes=2")
                    MUL("ranks=6 nodes=3"));
    assert_plan("[mul]\nbackend=quick\nranks=all, 3\n", &three, NULL,
                MUL("ranks=6 nodes=3") MUL("ranks=3 nodes=2"));
    assert_plan("[mul]\nbackend=quick\nnodes=powers\n", &three, NULL,
                MUL("ranks=2") MUL("ranks=5 nodes=2") MUL("ranks=6 nodes=3"));
    assert_plan("[mul]\nbackend=quick\nnodes=all, 2\n", &three, NULL,
                MUL("ranks=6 nodes=3") MUL("ranks=5 nodes=2"));
    assert_plan("[sum]\nbackend=quick\nnodes=2\nthreads=9\n", &three, NULL,
                "sum backend=quick bytes=8 ranks=5 nodes=2 threads=9\n");
}

/* One rank alone sends nothing: no team of a collective, unless asked for. */
TEST(collectives)
{
    struct et_bench all = fake_serial;
    const struct et_bench *const list[] = {&all};
    const struct et_benches benches = {list, 1};
    static const int64_t thin[] = {1, 2, 4};
    static const struct et_allocation spread = {
        .ranks = 4, .nodes = 3, .ranks_upto = thin, .threads = 1};
    static const struct {
        const char *plan;
        const struct et_allocation *on;
        const char *ids;
    } t[] = {
#define ALL(team) "sum backend=quick bytes=8 " team " threads=1\n"
        {"", &three,
         ALL("ranks=2") ALL("ranks=4 nodes=2") ALL("ranks=6 nodes=3")},
        {"ranks = powers\n", &spread,
         ALL("ranks=2 nodes=2") ALL("ranks=4 nodes=3")},
        /* Whole nodes: the first has several ranks, or it has one. */
        {"nodes = powers\n", &three,
         ALL("ranks=2") ALL("ranks=5 nodes=2") ALL("ranks=6 nodes=3")},
        {"nodes = powers\n", &spread,
         ALL("ranks=2 nodes=2") ALL("ranks=4 nodes=3")},
        {"ranks = 1\n", &one, ALL("ranks=1")},
        {"ranks = all\n", &one, ALL("ranks=1")},
        {"ranks = 1, powers\n", &three,
         ALL("ranks=1") ALL("ranks=2") ALL("ranks=4 nodes=2")
             ALL("ranks=6 nodes=3")},
        {"", &one, ""},
        {"nodes = powers\n", &one, ""},
    };
    all.role = ET_ROLE_COLLECTIVE;
    for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
        char text[128];
        struct expanded x;
        snprintf(text, sizeof text, "[sum]\nbackend=quick\n%s", t[i].plan);
        expand(&x, text, &benches, t[i].on, NULL, NULL);
        assert_int_equal(x.status, ET_OK);
        assert_string_equal(et_text_str(&x.ids), t[i].ids);
        release(&x);
    }
    /* A section without a case is read all the same. */
    struct expanded x;
    expand(&x, "[sum]\nbackend=quick\nbytes=x\n", &benches, &one, NULL, NULL);
    assert_int_equal(x.status, ET_USAGE);
    assert_int_equal(x.cases.n, 0);
    release(&x);
}

/* More than there is: a case that will be skipped, never one that fits by
 * accident because the nodes are uneven. */
TEST(too_large_teams)
{
    static const int64_t thin_first[] = {1, 5, 6};
    static const struct et_allocation a = {
        .ranks = 6, .nodes = 3, .ranks_upto = thin_first, .threads = 1};
    struct expanded x;
    expand(&x, "[mul]\nbackend=quick\nnodes=4\n", &fake_benches, &a, NULL,
           NULL);
    assert_int_equal(x.status, ET_OK);
    assert_int_equal(x.cases.n, 1);
    assert_true(x.cases.v[0].ranks > a.ranks);
    assert_int_equal(x.cases.v[0].nodes, 4);
    release(&x);
    expand(&x, "[mul]\nbackend=quick\nranks=7\n", &fake_benches, &a, NULL,
           NULL);
    assert_int_equal(x.cases.v[0].ranks, 7);
    release(&x);
}

TEST(named_shapes)
{
    struct expanded x;
    expand(&x,
           "[run]\ncatalog = " SRCDIR "/catalog\n"
           "[conv]\nbackend=reference\nshapes = resnet50\nn = 4\nranks=1\n",
           &et_benches, &one, NULL, NULL);
    assert_int_equal(x.status, ET_OK);
    assert_true(x.cases.n > 10);
    for (size_t i = 0; i < x.cases.n; i++) {
        assert_non_null(strstr(x.cases.v[i].id, " n=4 "));
        assert_non_null(strstr(x.cases.v[i].id, " shape=resnet50/"));
    }
    release(&x);
    expand(&x,
           "[run]\ncatalog = " SRCDIR "/catalog\n"
           "[gemm]\nbackend=reference\nshapes = square/512, "
           "llama3-8b/fwd/*/qkv, 8^3\nranks=1\n",
           &et_benches, &one, NULL, NULL);
    assert_int_equal(x.status, ET_OK);
    assert_non_null(strstr(et_text_str(&x.ids), "shape=square/512 m=512"));
    assert_non_null(strstr(et_text_str(&x.ids), "shape=llama3-8b/fwd/"));
    assert_non_null(strstr(et_text_str(&x.ids), "backend=reference m=8 n=8"));
    release(&x);
}

TEST(set_from_outside)
{
    static const char plan[] = "[sum]\nbackend=quick\nsizes=8\n"
                               "[sum b]\nbackend=quick\nsizes=16\n";
#define SUM_B(bytes)                                                           \
    "sum label=b backend=quick bytes=" #bytes " ranks=1 threads=1\n"
    assert_plan(plan, &one, "sum b.sizes=32,64", SUM(8) SUM_B(32) SUM_B(64));
    assert_plan(plan, &one, "sum.sizes=32", SUM(32) SUM_B(32));
    assert_plan(plan, &one, "sum.sizes=32\nsum.sizes=64", SUM(64) SUM_B(64));
    assert_plan(plan, &one, "sum.word=a.b=c",
                "sum backend=quick bytes=8 word=a.b%3Dc ranks=1 threads=1\n"
                "sum label=b backend=quick bytes=16 word=a.b%3Dc ranks=1 "
                "threads=1\n");
    assert_refused(plan, "sum.size=3", "--set: [sum]: unknown key 'size'");
    assert_refused(plan, "summ.sizes=3", "did you mean 'sum'");
    assert_refused(plan, "mul.m=3", "the plan has no section [mul]");
    assert_refused(plan, "sizes=3", "is not section.key=value");
    assert_refused(plan, "sum.sizes", "is not section.key=value");
    assert_refused(plan, "run.bugdet=3", "did you mean 'budget'");
    assert_refused(plan, "run.out=x", "unknown key 'out'");
}

TEST(last_word)
{
    struct expanded x;
    static const char plan[] =
        "[run]\nbudget = 3 s\nseed = 9\n[sum]\nbackend=quick\n";
    expand(&x, plan, &fake_benches, &one, NULL, NULL);
    assert_true(x.status == ET_OK && x.o.budget == 3 && x.o.seed == 9);
    release(&x);
    /* Given on the command line: kept, here at its preset of 2 s. */
    expand(&x, plan, &fake_benches, &one, NULL, "budget");
    assert_true(x.status == ET_OK && x.o.budget == 2 && x.o.seed == 9);
    release(&x);
    expand(&x, plan, &fake_benches, &one, "run.seed=4", NULL);
    assert_true(x.status == ET_OK && x.o.seed == 4);
    release(&x);
    /* A preset contradicts nothing, and an option of any origin does. */
    expand(&x, "[run]\npasses = 20\nmax-samples = 6\n[sum]\n", &fake_benches,
           &one, NULL, NULL);
    assert_int_equal(x.status, ET_OK);
    release(&x);
    assert_refused("[run]\nmax-samples = 6\n[sum]\n", "run.min-samples=7",
                   "max-samples: 6 is fewer than min-samples, which is 7");
    /* What it overrides must be right all the same. */
    expand(&x, "[run]\nbudget = soon\n[sum]\n", &fake_benches, &one, NULL,
           "budget");
    assert_int_equal(x.status, ET_USAGE);
    assert_non_null(strstr(et_log_last_error(), "p:2: budget"));
    release(&x);
}

TEST(refusals)
{
    static const struct {
        const char *text, *words;
    } bad[] = {
        {"", "p: has no bench section"},
        {"[run]\n", "p: has no bench section"},
        {"m = 1\n[mul]\n", "p:1: m: stands before any [section]"},
        {"[mull]\n", "p:1: [mull]: there is no such bench; did you mean"},
        {"[run fast]\n", "did you mean 'run'"},
        {"[run]\nseed=1\nseed=2\n[mul]\n", "p:3: [run]: seed stands twice"},
        {"[run]\n[mul]\n[run]\n", "p:3: [run] stands twice, first at p:1"},
        {"[mul]\nm=1\n\n[mul]\n", "p:4: [mul] stands twice, first at p:1"},
        {"[mul]\nm=1\nm=2\n", "p:3: [mul]: m stands twice, first at p:2"},
        {"[mul]\ndtyp=fp32\n", "p:2: [mul]: unknown key 'dtyp'; did you mean"},
        {"[mul]\nm=\n", "p:2: [mul]: m has no value"},
        {"[mul]\nm=0\n", "p:2: [mul]: m"},
        {"[mul]\nm=1,,2\n", "p:2: m: an item of the list is empty"},
        {"[mul]\nm=1,99999999999999999999\n", "p:2: [mul]: m"},
        {"[mul]\nshapes=2^4\n", "the power must be 1 to 3"},
        {"[mul]\nshapes=1x2x3x4\n", "has 4 numbers; write MxNxK"},
        {"[mul]\nshapes=1x2x\n", "p:2: [mul]: k"},
        {"[mul]\nshapes=-1x2x3\n", "p:2: [mul]: m"},
        {"[mul]\nshapes=2^3\nm=4\n", "sets what another key"},
        {"[mul]\nshapes=nowhere\n", "p:2: shapes: no shape 'nowhere'"},
        {"[mul]\nk=13\n", "p:1: [mul]: k: 13 is not lucky"},
        {"[mul]\nbackend=gone\n", "p:2: backend: gone: not built in"},
        {"[mul]\nbackend=quik\n", "mul has no backend 'quik'; did you mean"},
        {"[mul]\nbackend=\n", "backend has no value"},
        {"[mul]\nranks=0\n", "p:2: ranks: '0' is not a number from 1"},
        {"[mul]\nranks=some\n", "p:2: ranks: 'some'"},
        {"[mul]\nranks=1\nnodes=1\n", "p:3: nodes: ranks is given too, at p:2"},
        {"[mul]\nthreads=0\n", "threads"},
        {"[sum]\nsizes=8..4\n", "p:2: bytes: '8..4' is not from..to*factor"},
        {"[sum]\nsizes=8..64*1\n", "is not from..to*factor"},
        {"[sum]\nsizes=0..64\n", "is not from..to*factor"},
        {"[sum]\nsizes=8..64*x\n", "is not from..to*factor"},
        {"[sum]\nsizes=2*8..64\n", "is not from..to*factor"},
        {"[run]\nbugdet=1\n[mul]\n", "p:2: [run]: unknown key 'bugdet'; did"},
        {"[run]\nmax-passes=3\n[mul]\n",
         "max-passes: 3 is fewer than passes, which is 6"},
        {"[run]\nmax-samples=9\nmin-samples=10\n[mul]\n",
         "max-samples: 9 is fewer than min-samples, which is 10"},
        {"[run]\nset=a.b=c\n[mul]\n", "p:2: [run]: unknown key 'set'"},
        {"[mul]\nm=1..4503599627370496\nn=1..4503599627370496\n"
         "k=1..4503599627370496\nbytes=1..4503599627370496\n",
         "p:1: [mul]: "}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_refused(bad[i].text, NULL, bad[i].words);
}

/* What is swept over teams has the same cases on each, from `least` ranks to
 * 64. */
static void assert_swept(const int *cases_of_ranks, int least)
{
    for (int ranks = 1; ranks <= 64; ranks++) {
        bool team = ranks >= least && (ranks & (ranks - 1)) == 0;
        assert_int_equal(cases_of_ranks[ranks], team ? cases_of_ranks[64] : 0);
    }
    assert_true(cases_of_ranks[64] > 0);
}

/* The plan that everyone starts with: on one rank, and on 64, where a shared
 * product and the all-reduce are on teams of all sizes and the rest on all. */
TEST(default_plan)
{
    static const int64_t many[] = {8, 16, 24, 32, 40, 48, 56, 64};
    static const struct et_allocation eight = {
        .ranks = 64, .nodes = 8, .ranks_upto = many, .threads = 2};
    char text[8192];
    FILE *f = fopen(SRCDIR "/catalog/plans/default.ini", "r");
    assert_non_null(f);
    text[fread(text, 1, sizeof text - 1, f)] = '\0';
    fclose(f);
    int shared[65] = {0}, reduced[65] = {0};
    for (int i = 0; i < 2; i++) {
        struct expanded x;
        expand(&x, text, &et_benches, i ? &eight : &one,
               i ? "run.catalog=" SRCDIR "/catalog" : NULL, NULL);
        if (x.status != ET_OK)
            fail_msg("%s", et_log_last_error());
        assert_true(x.cases.n > 10);
        for (size_t k = 0; i == 1 && k < x.cases.n; k++) {
            const struct et_case *c = &x.cases.v[k];
            assert_in_range(c->ranks, 1, 64);
            if (c->label && strcmp(c->label, "strong") == 0)
                shared[c->ranks]++;
            else if (strcmp(c->bench->name, "allreduce") == 0)
                reduced[c->ranks]++;
            else
                assert_int_equal(
                    c->ranks,
                    strcmp(c->bench->name, "memory_latency") == 0 ? 1 : 64);
        }
        release(&x);
    }
    assert_swept(shared, 1);
    assert_swept(reduced, 2);
}

/* Sizes that are words: peak's element types; without any, those that there are
 * units for. */
TEST(words_for_sizes)
{
    static const enum et_dtype preset[] = {ET_FP64, ET_FP32, ET_FP16, ET_BF16,
                                           ET_INT8};
    char all[1000] = "";
    for (size_t t = 0; t < sizeof preset / sizeof *preset; t++)
        snprintf(all + strlen(all), sizeof all - strlen(all),
                 "peak backend=portable dtype=%s ranks=1 threads=2\n",
                 et_dtype_name(preset[t]));
    const struct {
        const char *keys, *ids;
    } plans[] = {{"dtypes = bf16,fp32\n",
                  "peak backend=portable dtype=bf16 ranks=1 threads=2\n"
                  "peak backend=portable dtype=fp32 ranks=1 threads=2\n"},
                 {"dtype = int8\n",
                  "peak backend=portable dtype=int8 ranks=1 threads=2\n"},
                 {"", all}};
    struct expanded x;
    char text[256];
    for (size_t i = 0; i < sizeof plans / sizeof *plans; i++) {
        snprintf(text, sizeof text, "[peak]\nbackend = portable\n%s",
                 plans[i].keys);
        expand(&x, text, &et_benches, &one, NULL, NULL);
        assert_int_equal(x.status, ET_OK);
        assert_string_equal(et_text_str(&x.ids), plans[i].ids);
        release(&x);
    }
    expand(&x, "[peak]\ndtypes = fp33\n", &et_benches, &one, NULL, NULL);
    assert_int_equal(x.status, ET_USAGE);
    assert_non_null(strstr(et_log_last_error(), "p:2: [peak]: dtype: 'fp33'"));
    release(&x);
    expand(&x, "[peak]\ndtypes = fp32\ndtype = fp64\n", &et_benches, &one, NULL,
           NULL);
    assert_int_equal(x.status, ET_USAGE);
    release(&x);
}

QUIET_TEST_MAIN(presets, sweeps, ranges, doubles, teams, collectives,
                too_large_teams, named_shapes, set_from_outside, last_word,
                refusals, default_plan, words_for_sizes)
