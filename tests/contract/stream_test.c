/* stream: every width of vectors this processor has against the operations'
 * definition; what all iterations leave passes the check, and an iteration
 * left out, an element skipped, wrong, moved or not a number does not. latency:
 * the ring goes through every line, and loads left out are seen. Both as
 * benches: damage is found and does not outlive its check. Last, the levels.
 */
#include "config.h"
#include "tests/unit/test_main.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench/level.h"
#include "harness/base/log.h"
#include "harness/base/memory.h"
#include "harness/case/bench.h"
#include "harness/system/cgroup.h"
#include "kernels/memory_latency/chase.h"
#include "kernels/stream/stream.h"
#include "tests/unit/tree.h"

#define GUARD 64 /* elements before and after a vector */
#define CANARY (-12345.0)
#define MOST 3 /* threads */

extern const struct et_bench et_bench_stream, et_bench_memory_latency;

static double *make(size_t n, double from)
{
    double *v = et_alloc_aligned(n + 2 * GUARD, sizeof *v);
    assert_non_null(v);
    for (size_t i = 0; i < n + 2 * GUARD; i++)
        v[i] = CANARY;
    for (size_t i = 0; i < n; i++)
        v[GUARD + i] = from + (double)i;
    return v + GUARD;
}

static void drop(double *v, size_t n)
{
    for (size_t i = 0; i < GUARD; i++)
        assert_true(v[-1 - (ptrdiff_t)i] == CANARY && v[n + i] == CANARY);
    et_free_aligned(v - GUARD);
}

static double define(enum et_stream_op op, double s, double b, double q)
{
    switch (op) {
    case ET_STREAM_COPY:
        return s;
    case ET_STREAM_SCALE:
        return q * s;
    case ET_STREAM_ADD:
        return s + b;
    default:
        return s + q * b;
    }
}

static void pass_once(et_stream_loop *loop, enum et_stream_op op, size_t n)
{
    double *s = make(n, 1), *b = make(n, 7), *d = make(n, -1e9);
    double sum = loop(d, s, b, 3, n), want = 0;
    for (size_t i = 0; i < n; i++) {
        assert_true(s[i] == 1 + (double)i && b[i] == 7 + (double)i);
        want += s[i];
        if (op != ET_STREAM_READ)
            assert_true(d[i] == define(op, s[i], b[i], 3));
    }
    assert_true(sum == (op == ET_STREAM_READ ? want : 0));
    drop(s, n), drop(b, n), drop(d, n);
}

TEST(test_loops)
{
    const struct et_stream_width *w;
    size_t seen = 0;
    for (size_t i = 0; (w = et_stream_widths[i]); i++) {
        for (int op = 0; w->available() && op < ET_STREAM_OPS; op++) {
            /* With four pages side by side, and what is left of them. */
            for (size_t n = ET_STREAM_GRAIN; n <= 75 * ET_STREAM_GRAIN;
                 n += 37 * ET_STREAM_GRAIN) {
                pass_once(w->ordinary[op], (enum et_stream_op)op, n);
                if (w->nontemporal[op])
                    pass_once(w->nontemporal[op], (enum et_stream_op)op, n);
            }
            seen++;
        }
    }
    assert_true(seen >= ET_STREAM_OPS);
    assert_true(et_stream_width_best()->available());
    assert_true(et_stream_bytes(ET_STREAM_COPY, false) == 16 &&
                et_stream_bytes(ET_STREAM_COPY, true) == 24 &&
                et_stream_bytes(ET_STREAM_TRIAD, false) == 24 &&
                et_stream_bytes(ET_STREAM_TRIAD, true) == 32 &&
                et_stream_bytes(ET_STREAM_READ, true) == 8);
}

static struct et_stream begin(enum et_stream_op op, int threads,
                              const struct et_stream_width *width)
{
    struct et_stream p = {.op = op,
                          .threads = threads,
                          .n = threads * 3 * ET_STREAM_GRAIN,
                          .stream = 42,
                          .width = width};
    int vectors = et_stream_vectors(op);
    p.s = make((size_t)p.n, 0);
    p.d = vectors > 1 ? make((size_t)p.n, 0) : NULL;
    p.b = vectors > 2 ? make((size_t)p.n, 0) : NULL;
    et_stream_fill(&p);
    return p;
}

static void finish(struct et_stream *p)
{
    drop(p->s, (size_t)p->n);
    if (p->d)
        drop(p->d, (size_t)p->n);
    if (p->b)
        drop(p->b, (size_t)p->n);
}

TEST(test_clean)
{
    const struct et_stream_width *w;
    struct et_stream_fault f;
    for (size_t i = 0; (w = et_stream_widths[i]); i++) {
        for (int k = 0; w->available() && k < 2 * ET_STREAM_OPS * MOST; k++) {
            int op = k % ET_STREAM_OPS;
            bool past = k / ET_STREAM_OPS % 2;
            if (past && !w->nontemporal[op])
                continue;
            struct et_stream p =
                begin((enum et_stream_op)op, 1 + k / ET_STREAM_OPS / 2, w);
            p.nontemporal = past;
            /* More than all elements of a piece are raised. */
            static const uint64_t runs[] = {1, 2, 7, 3 * ET_STREAM_GRAIN, 1};
            for (size_t r = 0; r < 5; r++) {
                et_stream_run(&p, runs[r]);
                assert_int_equal(et_stream_check(&p, &f), 0);
            }
            finish(&p);
        }
    }
}

/* Loops that do wrong, over the right ones. */
static int countdown; /* calls until the one that is left out; -1: none */
static size_t skipped;
static double offset;
static enum et_stream_op current;

static double bad_loop(double *d, const double *s, const double *b, double q,
                       size_t n)
{
    const struct et_stream_width *w = et_stream_width_best();
    if (countdown >= 0 && countdown-- == 0)
        return 0;
    double was = skipped < n ? d[skipped] : 0;
    double sum = w->ordinary[current](d, s, b, q, n);
    if (skipped < n && current == ET_STREAM_READ)
        sum -= s[skipped];
    else if (skipped < n)
        d[skipped] = was;
    if (current == ET_STREAM_READ)
        sum += offset;
    else
        d[n / 2] += offset;
    return sum;
}

static int64_t wrong_after(enum et_stream_op op, uint64_t runs)
{
    struct et_stream_width w = {.name = "bad"};
    struct et_stream_fault f;
    w.ordinary[op] = bad_loop;
    current = op;
    struct et_stream p = begin(op, 1, &w);
    et_stream_run(&p, runs);
    int64_t wrong = et_stream_check(&p, &f);
    finish(&p);
    return wrong;
}

TEST(test_bad_loops)
{
    for (int i = 0; i < ET_STREAM_OPS; i++) {
        enum et_stream_op op = (enum et_stream_op)i;
        countdown = -1, skipped = SIZE_MAX, offset = 0;
        assert_int_equal(wrong_after(op, 12), 0);
        /* Any one iteration of twelve. */
        for (int k = 0; k < 12; k++) {
            countdown = k;
            assert_true(wrong_after(op, 12) > 0);
        }
        countdown = -1;
        for (skipped = 0; skipped < 3 * ET_STREAM_GRAIN; skipped += 47)
            assert_true(wrong_after(op, 12) > 0);
        skipped = SIZE_MAX;
        static const double offsets[] = {1, NAN, INFINITY, -INFINITY, -0x1p60};
        for (size_t k = 0; k < sizeof offsets / sizeof *offsets; k++) {
            offset = offsets[k];
            assert_true(wrong_after(op, 12) > 0);
        }
    }
}

TEST(test_bad_data)
{
    const struct et_stream_width *w = et_stream_width_best();
    struct et_stream_fault f;
    for (int op = 0; op < ET_STREAM_OPS; op++) {
        for (int kind = 0; kind < 5; kind++) {
            struct et_stream p = begin((enum et_stream_op)op, 2, w);
            et_stream_run(&p, 5);
            double *v = kind == 4 ? (p.b ? p.b : p.d ? p.d : p.s) : p.s, was;
            int64_t at = p.n - 1 - kind * 70, other = kind;
            was = v[at];
            if (kind == 0) /* the least bit */
                v[at] = nextafter(was, INFINITY);
            else if (kind == 1)
                v[at] = NAN;
            else if (kind == 2) /* sum and contents of two as they were */
                v[at] = v[other], v[other] = was;
            else
                v[at] = -was;
            int64_t wrong = et_stream_check(&p, &f);
            assert_int_equal(wrong, kind == 2 ? 2 : 1);
            assert_int_equal(f.where, kind == 2 ? other : at);
            finish(&p);
        }
    }
}

TEST(test_ring)
{
    enum { N = 1000, LINE = 64 };
    uint32_t order[N];
    unsigned char seen[N] = {0};
    char *memory = et_alloc_aligned(N, LINE);
    assert_non_null(memory);
    struct et_chase c = {
        .memory = memory, .line = LINE, .order = order, .n = N};
    et_chase_build(&c, 3);
    int near = 0; /* steps of up to 8 lines, which could be guessed */
    for (int i = 0; i < N; i++) {
        size_t line = (size_t)((char *)c.at - memory) / LINE;
        assert_true(line < N && !seen[line]);
        seen[line] = 1;
        assert_int_equal(et_chase_astray(&c), 0);
        et_chase_run(&c, 1);
        near += labs((long)(((char *)c.at - memory) / LINE) - (long)line) <= 8;
    }
    /* Of a random ring 16 in 1000, give or take 4. */
    assert_in_range(near, 1, 40);
    et_chase_run(&c, 12345);
    assert_int_equal(et_chase_astray(&c), 0);
    c.loads++; /* one was left out */
    assert_int_equal(et_chase_astray(&c), N - 1);
    c.loads -= 3; /* two too many */
    assert_int_equal(et_chase_astray(&c), 2);
    c.at = memory + 8;
    assert_int_equal(et_chase_astray(&c), N);
    et_free_aligned(memory);
}

struct at_hand {
    const struct et_bench *bench;
    void *params, *state;
    struct et_team *team;
};

static struct at_hand take(const struct et_bench *b, const char *op,
                           const char *stores, int threads)
{
    struct at_hand h = {.bench = b};
    h.params = malloc(b->params_size);
    h.state = calloc(1, b->state_size);
    assert_true(h.params && h.state);
    assert_int_equal(et_fields_init(b->params, h.params, b->params_size),
                     ET_OK);
    const char *const set[][2] = {
        {"op", op}, {"stores", stores}, {"level", "bytes"}, {"bytes", "40000"}};
    for (size_t i = op ? 0 : 2; i < 4; i++)
        assert_int_equal(et_field_parse(et_field_find(b->params, set[i][0]),
                                        h.params, set[i][1], "test"),
                         ET_OK);
    assert_int_equal(b->check(h.params, "test"), ET_OK);
    assert_int_equal(et_team_open("self", &h.team), ET_OK);
    const struct et_setting setting = {
        .team = h.team, .backend = "native", .threads = threads, .seed = 1};
    assert_int_equal(b->prepare(h.state, &setting, h.params), ET_OK);
    return h;
}

static int status_of(const struct at_hand *h)
{
    struct et_verification v;
    assert_int_equal(h->bench->verify(h->state, &v), ET_OK);
    assert_true((v.status == ET_CHECK_PASSED) == (v.error <= v.bound));
    assert_true((v.status == ET_CHECK_PASSED) == (*v.note == '\0'));
    return (int)v.status;
}

static void leave(struct at_hand *h)
{
    h->bench->release(h->state);
    et_fields_free(h->bench->params, h->params, h->bench->params_size);
    free(h->params);
    free(h->state);
    et_team_close(h->team);
}

static void spoil(const struct et_bench *b, const char *op, const char *stores)
{
    struct at_hand h = take(b, op, stores, op ? 2 : 1);
    size_t planted = 0;
    assert_int_equal(status_of(&h), ET_CHECK_FAILED); /* nothing ran */
    for (unsigned k = 0; k < 4 * 64; k++) {
        struct et_fault fault = {(enum et_fault_kind)(k % 4), 1 + 77 * k,
                                 (int)(k / 4)};
        double size;
        assert_int_equal(b->run(h.state, 3), ET_OK);
        assert_int_equal(status_of(&h), ET_CHECK_PASSED);
        assert_int_equal(b->run(h.state, 4), ET_OK);
        assert_int_equal(b->damage(h.state, &fault, &size), ET_OK);
        planted += size > 0;
        assert_int_equal(status_of(&h),
                         size > 0 ? ET_CHECK_FAILED : ET_CHECK_PASSED);
        assert_int_equal(status_of(&h), ET_CHECK_FAILED);
    }
    assert_true(planted >= 60);
    leave(&h);
}

TEST(test_benches)
{
    static const char *const ops[] = {"copy", "scale", "add", "triad"};
    for (size_t i = 0; i < 4; i++) {
        spoil(&et_bench_stream, ops[i], "ordinary");
        if (et_stream_width_best()->nontemporal[ET_STREAM_COPY])
            spoil(&et_bench_stream, ops[i], "nontemporal");
    }
    spoil(&et_bench_stream, "read", "ordinary");
    spoil(&et_bench_memory_latency, NULL, NULL);
}

TEST(test_work)
{
    struct et_work w;
    struct et_pairs facts = {0};
    struct at_hand h = take(&et_bench_stream, "triad", "ordinary", 2);
    et_bench_stream.work(h.state, &w);
    /* 40000 bytes are 3 vectors of 2 pieces of 13 grains. */
    assert_true(w.bytes == 2 * 13 * ET_STREAM_GRAIN * 24.0);
    assert_true(w.traffic == w.bytes || w.traffic == w.bytes / 24 * 32);
    assert_true(w.flop == 0 && w.accesses == 0);
    assert_int_equal(et_bench_stream.facts(h.state, &facts), ET_OK);
    assert_string_equal(et_pairs_get(&facts, "working_set"), "39936");
    assert_non_null(et_pairs_get(&facts, "fits_in"));
    static const struct et_field row[] = {{.key = "p", .type = ET_PAIRS}, {0}};
    et_fields_free(row, &facts, sizeof facts);
    leave(&h);
}

#define CPU "/sys/devices/system/cpu"

/* Two sockets of two cores of two hardware threads; L3 by socket. */
static void grow_tree(const char *root)
{
    static const char *const own[] = {"0,4", "1,5", "2,6", "3,7"};
    static const char *const socket[] = {"0-1,4-5", "2-3,6-7"};
    static const char *const sizes[] = {"48K", "32K", "2048K", "32M"};
    tree_write(root, CPU "/online", "0-7\n");
    tree_write(root, "/proc/self/status", "Cpus_allowed_list:\t0,2,4,6\n");
    for (int cpu = 0; cpu < 8; cpu++) {
        for (int i = 0; i < 4; i++) {
            char path[128], level[8];
            const char *type = i == 0   ? "Data"
                               : i == 1 ? "Instruction"
                                        : "Unified";
            const struct {
                const char *name, *text;
            } file[] = {{"level", level},
                        {"type", type},
                        {"size", sizes[i]},
                        {"coherency_line_size", "64"},
                        {"shared_cpu_list",
                         i == 3 ? socket[cpu % 4 / 2] : own[cpu % 4]}};
            snprintf(level, sizeof level, "%d", i == 0 ? 1 : i);
            for (size_t k = 0; k < sizeof file / sizeof file[0]; k++) {
                snprintf(path, sizeof path, CPU "/cpu%d/cache/index%d/%s", cpu,
                         i, file[k].name);
                tree_write(root, path, file[k].text);
            }
        }
    }
}

TEST(test_caches)
{
    char root[PATH_MAX];
    struct et_caches c;
    snprintf(root, sizeof root, "%s/etalon-tree-XXXXXX",
             getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
    assert_non_null(mkdtemp(root));
    grow_tree(root);
    et_caches_read(root, &c);
    static const struct et_cache want[] = {
        {48 << 10, 2, 2, 4}, {2 << 20, 2, 2, 4}, {32 << 20, 4, 2, 2}};
    for (int i = 0; i < 3; i++) {
        assert_int_equal(c.level[i].size, want[i].size);
        assert_int_equal(c.level[i].threads, want[i].threads);
        assert_int_equal(c.level[i].reached, want[i].reached);
        assert_int_equal(c.level[i].all, want[i].all);
    }
    assert_int_equal(c.line, 64);
    tree_remove(root);
    et_caches_read("/nonexistent", &c);
    assert_true(c.level[0].size == ET_ABSENT_INT && c.line == 64);
}

TEST(test_levels)
{
    struct et_level_params p = {.level = ET_LEVEL_BYTES};
    struct et_level_set s = {.share = {100, 1000, 5000}};
    struct et_team *t;
    et_log_level_set(ET_LOG_NONE);
    assert_int_equal(et_level_check(&p, "test"), ET_USAGE);
    p.bytes = 4096;
    assert_int_equal(et_level_check(&p, "test"), ET_OK);
    p.level = ET_LEVEL_L1;
    assert_int_equal(et_level_check(&p, "test"), ET_USAGE);
    et_log_level_set(ET_LOG_ERROR);
    assert_string_equal(et_level_holds(&s, 100), "L1");
    assert_string_equal(et_level_holds(&s, 1000), "L2");
    assert_string_equal(et_level_holds(&s, 6000), "L3");
    assert_string_equal(et_level_holds(&s, 6001), "memory");
    s.share[2] = ET_ABSENT_INT;
    assert_string_equal(et_level_holds(&s, 1001), "memory");
    assert_int_equal(et_team_open("self", &t), ET_OK);
    for (int level = ET_LEVEL_MEMORY; level <= ET_LEVEL_L1; level++) {
        p = (struct et_level_params){.level = level};
        if (et_level_why_not(&p))
            continue;
        assert_int_equal(et_level_resolve(&p, t, 1, &s), ET_OK);
        assert_true(s.bytes > 0);
        uint64_t available = et_memory_available();
        if (level != ET_LEVEL_MEMORY)
            assert_string_equal(et_level_holds(&s, s.bytes),
                                level == ET_LEVEL_L1   ? "L1"
                                : level == ET_LEVEL_L2 ? "L2"
                                                       : "L3");
        else if (available > 0) /* a little may have come free since */
            assert_true((double)s.bytes <= 0.3 * (double)available);
    }
    et_team_close(t);
}

TEST_MAIN(test_loops, test_clean, test_bad_loops, test_bad_data, test_ring,
          test_benches, test_work, test_caches, test_levels)
