/* Collectives: every operation by every backend that serves it, on as many
 * ranks as there are, from every root, in place and out of place: outputs by
 * the definition wherever in the input a run begins, inputs left alone. Then
 * the benches over them: each kind of fault on each rank is found and said, the
 * same on all ranks, by the check and by the glances between samples; right
 * results raise no alarm, whatever the seed. Alone it tries the operations on
 * teams of threads too.
 */
/* With the benches' inside in reach, so that their data can be spoilt. */
#include "bench/collective.c"

#include "bench/check/exact.c"

#include "harness/team/threads.h"
#include "tests/contract/collective.h"
#include "tests/contract/made_up.h"
#include "tests/contract/types.h"
#include "tests/mpi/check.h"

/* All sizes up to `most` and all roots, in place where the operation has that.
 */
static void test_problems(const struct et_collective_backend *b,
                          const struct et_operation *op, enum et_dtype dtype,
                          struct et_team *t, int64_t most)
{
    static const int64_t sizes[] = {1, 2, 3, 7, 1023, 20001, 300001};
    /* The longest is for the reference, which cuts it. */
    size_t n =
        sizeof sizes / sizeof *sizes - !et_bench_is_reference(b->base.name);

    for (size_t i = 0; i < n && sizes[i] <= most; i++) {
        struct et_collective p = {
            .op = op, .dtype = dtype, .count = sizes[i], .slack = SLACK};
        check_what("%s %s, %s, %lld elements, %d ranks", op->name, b->base.name,
                   et_dtype_name(dtype), (long long)sizes[i], t->size);
        for (; p.root < (op->rooted ? t->size : 1); p.root++) {
            CHECK(!et_collective_unsupported(b, &p, t->size));
            test_backend(b, &p, t);
        }
        p.root = 0;
        p.slack = 0;
        p.in_place = true;
        CHECK(!et_collective_unsupported(b, &p, t->size) == op->in_place);
        if (op->in_place)
            test_backend(b, &p, t);
    }
}

/* A type that nobody here knows, a backend that does not serve, a root that
 * is not there: each is refused with its reason. */
static void test_refusals(const struct et_collective_backend *b,
                          const struct et_operation *op, int ranks)
{
    struct et_collective p = {.op = op, .dtype = MADE_UP, .count = 1};
    const struct et_operation other = *op;

    CHECK(strstr(et_collective_unsupported(b, &p, ranks), "type"));
    p.dtype = ET_FP32;
    CHECK(!et_collective_unsupported(b, &p, ranks));
    p.root = ranks;
    CHECK(strstr(et_collective_unsupported(b, &p, ranks), "root"));
    p = (struct et_collective){.op = &other, .dtype = ET_FP32, .count = 1};
    CHECK(strstr(et_collective_unsupported(b, &p, ranks), "does not serve"));
}

/* Each type is done right, or refused with a reason; fp64 and fp32 are done,
 * and what is moved alone, but MPI may have no type for it. */
static void test_types(const struct et_collective_backend *b,
                       const struct et_operation *op, struct et_team *t)
{
    for (int d = 0; d < ET_DTYPES; d++) {
        struct et_collective p = {
            .op = op, .dtype = (enum et_dtype)d, .count = 7, .slack = SLACK};
        const char *why = et_collective_unsupported(b, &p, t->size);
        check_what("%s %s, %s, 7 elements, %d ranks", op->name, b->base.name,
                   et_dtype_name(p.dtype), t->size);
        bool must = d == ET_FP64 || d == ET_FP32 ||
                    (!op->sums && strcmp(b->base.name, "mpi") != 0);
        CHECK(!why || !must);
        if (why)
            CHECK(strstr(why, et_dtype_name(p.dtype)) || strstr(why, "type"));
        else
            test_backend(b, &p, t);
    }
}

static struct state *begin(const struct et_operation *op,
                           const struct et_collective_backend *b,
                           struct et_team *t, int dtype, int64_t bytes,
                           int root, uint64_t seed)
{
    struct et_collective_params q = {dtype, bytes, root};
    struct state *s = et_alloc(1, sizeof *s);

    CHECK(s && check(&q, "test") == ET_OK);
    s->team = t;
    s->p = problem(op, &q);
    s->backend = b;
    s->algorithm = et_collective_algorithm(b, op);
    CHECK(open_state(s, seed) == ET_OK);
    return s;
}

static void end(struct state *s)
{
    release(s);
    free(s);
}

/* Do all ranks have the same words? */
static bool same_on_all(struct et_team *t, const char *words)
{
    double v[2] = {0};
    for (uint64_t i = 0; words[i]; i++)
        v[0] += (double)(et_random_u64((uint64_t)words[i], i) >> 20);
    v[1] = -v[0];
    CHECK(et_team_reduce(t, ET_MAX, v, 2) == ET_OK);
    return v[0] + v[1] == 0;
}

/* A run whose output the host has, to be looked at or spoilt there. */
static enum et_status run_here(struct state *s, uint64_t iterations)
{
    enum et_status status = run(s, iterations);
    return status ? status : fetch(s);
}

/* A fault on one rank: found by the check on all, unless it changed nothing;
 * and then nothing is found. */
static void test_fault(struct state *s, const struct et_fault *fault, int rank)
{
    struct et_verification v;
    size_t bytes = (size_t)s->exact.count * et_dtype_size(s->p.dtype);
    double size = -1;
    bool here = s->team->rank == rank;

    CHECK(run_here(s, 1 + fault->at % 9) == ET_OK);
    void *copy = et_alloc(1, bytes);
    CHECK(copy);
    memcpy(copy, s->out.host, bytes);
    if (here)
        CHECK(damage(s, fault, &size) == ET_OK);
    bool changed = memcmp(copy, s->out.host, bytes) != 0;
    CHECK(changed == (here && size > 0) && (!changed || isinf(size)));
    double any = changed;
    CHECK(et_team_reduce(s->team, ET_MAX, &any, 1) == ET_OK);
    CHECK(verify(s, &v) == ET_OK);
    CHECK(v.status == (any > 0 ? ET_CHECK_FAILED : ET_CHECK_PASSED));
    CHECK(v.bound == 0 && v.certain == 0);
    CHECK(any > 0 ? v.error >= 1 : v.error == 0 && !*v.note);
    CHECK(same_on_all(s->team, v.note));
    if (any > 0) {
        char want[64];
        snprintf(want, sizeof want, "rank %d: element ", rank);
        CHECK(strncmp(v.note, want, strlen(want)) == 0);
        CHECK(fault->kind != ET_FAULT_STALE ||
              strstr(v.note, "stale: right one iteration before"));
    }
    free(copy);
}

/* On every rank, rank 0 and others; faults planted. */
static int faults(struct state *s)
{
    struct et_team *t = s->team;
    int bits = (int)et_dtype_size(s->p.dtype) * 8, n = 0;
    struct et_fault f = {.kind = ET_FAULT_FLIP};
    double size = -1;

    /* Each bit has its turn in the selftest. */
    for (; f.bit < bits; f.bit += 3, n++) {
        f.at = et_random_u64(7, (uint64_t)f.bit);
        test_fault(s, &f, n % t->size);
    }
    f.bit = bits; /* no such bit, and no two blocks of one element */
    CHECK(damage(s, &f, &size) == ET_OK && isnan(size));
    f.kind = ET_FAULT_SWAP;
    CHECK(damage(s, &f, &size) == ET_OK && isnan(size) == (s->exact.count < 2));
    for (int k = ET_FAULT_RANK; k <= ET_FAULT_SWAP; k++) {
        f.kind = (enum et_fault_kind)k;
        for (int i = 0; i < 8; i++, n++) {
            f.at = et_random_u64(11, (uint64_t)(8 * k + i));
            test_fault(s, &f, i % t->size);
        }
    }
    return n;
}

/* A rank's part that is not right is said by the rank's name. */
static void test_words(struct state *s)
{
    struct et_verification v;
    char want[64];
    int last = s->team->size - 1, ways = s->p.op->sums ? 2 : 1;
    /* Wrong on the last rank that gets anything. */
    int victim = last;
    while (et_collective_output(&s->p, s->team->size, victim) == 0)
        victim--;

    for (int way = 0; way < ways; way++) {
        CHECK(run_here(s, 1) == ET_OK);
        if (s->team->rank == victim) {
            int64_t part = part_of(&s->exact, last, 0),
                    sum = expected(&s->exact, 0, 0);
            int64_t wrong = !s->p.op->sums ? part
                            : way          ? sum + part
                                           : sum - part;
            et_dtype_set(s->p.dtype, s->out.host, 0, (double)wrong);
            CHECK(giver(&s->exact, 0) != last || s->p.op->sums ||
                  holds(&s->exact, 0, sum));
        }
        double same = s->team->rank == victim &&
                      holds(&s->exact, 0, expected(&s->exact, 0, 0));
        CHECK(et_team_reduce(s->team, ET_MAX, &same, 1) == ET_OK);
        CHECK(verify(s, &v) == ET_OK);
        CHECK((v.status == ET_CHECK_FAILED) == (same == 0));
        if (same > 0)
            continue;
        snprintf(want, sizeof want, "(rank %d's part %s)", last,
                 ways == 1 ? "stands there"
                 : way     ? "is there twice"
                           : "is missing");
        CHECK(strstr(v.note, want) && same_on_all(s->team, v.note));
        snprintf(want, sizeof want, "rank %d: element 0:", victim);
        CHECK(v.error == 1 && strstr(v.note, want) == v.note);
    }
    /* The sign of a zero is a bit too. */
    CHECK(run_here(s, 1) == ET_OK);
    if (s->team->rank == victim) {
        et_dtype_set(s->p.dtype, s->out.host, 0, -0.0);
        CHECK(!holds(&s->exact, 0, 0));
        et_dtype_set(s->p.dtype, s->out.host, 0, 0);
        CHECK(holds(&s->exact, 0, 0));
        et_dtype_set(s->p.dtype, s->out.host, 0, (double)NAN);
    }
    CHECK(verify(s, &v) == ET_OK && v.status == ET_CHECK_FAILED);
}

static enum et_status do_nothing(void *setup, int64_t first)
{
    (void)setup, (void)first;
    return ET_OK;
}

/* What stood wrong after an earlier sample is said, though the last one was
 * right; and a call that left everything as it was is found as well. */
static void test_glance(struct state *s)
{
    struct et_verification v;
    bool gets = s->exact.count > 0;
    double got = gets ? s->team->rank : -1; /* the last that gets anything */

    CHECK(et_team_reduce(s->team, ET_MAX, &got, 1) == ET_OK);
    CHECK(run_here(s, 3) == ET_OK);
    glance(s);
    CHECK(!*s->exact.fault);
    if (s->team->rank == (int)got) {
        memset(s->out.host, 0x40,
               (size_t)s->exact.count * et_dtype_size(s->p.dtype));
        glance(s);
        CHECK(*s->exact.fault);
    }
    CHECK(run(s, 2) == ET_OK);
    glance(s);
    CHECK(verify(s, &v) == ET_OK && v.status == ET_CHECK_FAILED);
    CHECK(v.error >= 1 && strstr(v.note, "of run: element "));
    CHECK(strstr(v.note, "call ") > strstr(v.note, "rank "));
    CHECK(same_on_all(s->team, v.note));
    CHECK(run(s, 1) == ET_OK);
    glance(s);
    CHECK(verify(s, &v) == ET_OK && v.status == ET_CHECK_PASSED);

    /* Not one iteration more did anything, for any number of them. */
    struct et_collective_algorithm idle = *s->algorithm;
    const struct et_collective_algorithm *real = s->algorithm;
    idle.run = do_nothing;
    for (uint64_t n = 1; n <= 2 * TURNS + 1; n++) {
        CHECK(run(s, 5) == ET_OK);
        s->algorithm = &idle;
        CHECK(run(s, n) == ET_OK);
        s->algorithm = real;
        glance(s);
        CHECK(!gets || (*s->exact.fault && strstr(s->exact.fault, "stale")));
        *s->exact.fault = '\0';
        CHECK(verify(s, &v) == ET_OK && v.status == ET_CHECK_FAILED);
        CHECK(strstr(v.note, "stale"));
    }
}

static enum et_status no_fetch(void *setup, void *output, int64_t first,
                               int64_t n)
{
    (void)setup, (void)output, (void)first, (void)n;
    return ET_INFRA;
}

/* An error on the last rank alone ends the check on all, and so does one
 * before anything has run. */
static void test_one_fails(struct state *s)
{
    struct et_verification v;
    struct et_collective_backend broken = *s->backend;
    const struct et_collective_backend *real = s->backend;

    broken.base.fetch = no_fetch;
    CHECK(run(s, 1) == ET_OK);
    if (s->team->rank == s->team->size - 1)
        s->backend = &broken;
    CHECK(verify(s, &v) == ET_INFRA);
    s->backend = real;
    CHECK(run(s, 1) == ET_OK && verify(s, &v) == ET_OK);
    CHECK(v.status == ET_CHECK_PASSED);
}

/* Figures by hand: S, its factor and the additions, on 1 to 4 ranks. */
static void check_work(const struct state *s, int64_t bytes)
{
    const struct known *k = known_of(s->p.op);
    int p = s->team->size;
    double elements = (double)bytes / (double)et_dtype_size(s->p.dtype);
    struct et_work w;

    work(s, &w);
    if (!k || p > 4)
        return;
    double largest = (double)bytes * (k->parts ? p : 1);
    CHECK(w.bytes == largest && strstr(w.convention, "nccl-tests"));
    CHECK(p == 1 ? isnan(w.bus_bytes)
                 : fabs(w.bus_bytes / largest / k->factor[p - 2] - 1) < 1e-15);
    CHECK(w.flop == (s->p.op->sums ? (p - 1) * elements : 0));
}

static void test_bench(const struct et_operation *op,
                       const struct et_collective_backend *b, struct et_team *t,
                       int dtype, int64_t bytes, int root, int *planted)
{
    struct state *s = begin(op, b, t, dtype, bytes, root, 42);
    struct et_verification v;

    check_what("%s %s, %s, %lld bytes, root %d, %d ranks", op->name,
               b->base.name, et_dtype_name((enum et_dtype)dtype),
               (long long)bytes, root, t->size);
    CHECK(run(s, 3) == ET_OK);
    CHECK(verify(s, &v) == ET_OK);
    CHECK(v.status == ET_CHECK_PASSED && v.error <= v.bound);
    /* Nothing ran since: the check must not pass on what it saw before. */
    CHECK(verify(s, &v) == ET_OK);
    CHECK(v.status == ET_CHECK_FAILED && v.error > v.bound && v.note[0]);
    /* Of TURNS iterations in a row no two have an element in common. */
    CHECK(run_here(s, 1) == ET_OK);
    for (int64_t i = 0; i < s->exact.count; i += 1 + s->exact.count / 1000) {
        CHECK(holds(&s->exact, i, expected(&s->exact, i, 0)));
        for (uint64_t a = 0; a < TURNS; a++) {
            /* By construction, not by luck: their last digits differ. */
            int64_t sum = expected(&s->exact, i, a);
            const struct et_slice *f = &s->exact.from[giver(&s->exact, i)];
            CHECK((sum % TURNS + TURNS) % TURNS ==
                  (start(&s->exact, a) + f->give + i - f->get) / s->exact.line %
                      TURNS);
            CHECK(a == 0 || sum != expected(&s->exact, i, 0));
        }
    }
    *planted += faults(s);
    test_words(s);
    test_glance(s);
    test_one_fails(s);
    check_work(s, bytes);
    end(s);
}

/* Right results over many seeds: no alarm. */
static int test_clean(const struct et_operation *op,
                      const struct et_collective_backend *b, struct et_team *t,
                      int dtype)
{
    static const int64_t bytes[] = {8, 16, 1000, 8192};
    struct et_verification v;
    int n = 0;

    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct state *s = begin(op, b, t, dtype, bytes[seed % 4],
                                op->rooted ? (int)seed % t->size : 0, seed);
        for (uint64_t i = 0; i < 3; i++, n++) {
            CHECK(run(s, 1 + (seed + 3 * i) % 17) == ET_OK);
            glance(s);
            CHECK(!*s->exact.fault);
        }
        CHECK(verify(s, &v) == ET_OK);
        CHECK(v.status == ET_CHECK_PASSED && v.error == 0 && !*v.note);
        end(s);
    }
    return n;
}

/* Exact for as many ranks as can be: the largest sum, and its neighbour. */
static void test_limit(void)
{
    static const int ranks[] = {1, 2, 3, 1000, 100000, 1 << 20};
    for (size_t i = 0; i < sizeof ranks / sizeof *ranks; i++) {
        int64_t most = input_limit(ET_FP32, ranks[i]);
        CHECK(most >= 1);
        most = TURNS * most * ranks[i] + TURNS - 1;
        CHECK((int64_t)(float)most == most && most < 1 << 24);
        most = TURNS * input_limit(ET_FP64, ranks[i]) * ranks[i] + TURNS - 1;
        CHECK(most < (int64_t)1 << 53);
    }
    CHECK(input_limit(ET_FP32, 1 << 22) < 1);
    struct et_collective_params q = {ET_FP32, 4, 0};
    CHECK(!unsupported(&et_operation_allreduce, &q, "reference", 1000));
    CHECK(strstr(unsupported(&et_operation_allreduce, &q, "reference", 1 << 22),
                 "exact"));
    CHECK(!unsupported(&et_operation_allgather, &q, "reference", 1 << 22));
    CHECK(strstr(unsupported(&et_operation_broadcast, &q, "reference", 1),
                 "nobody"));
}

static double messages(const char *backend, const struct et_operation *op,
                       int64_t count, int ranks)
{
    struct et_collective p = {.op = op, .dtype = ET_FP32, .count = count};
    return et_collective_algorithm(et_collective_backend_find(backend), op)
        ->messages(&p, ranks);
}

static void test_messages(void)
{
    const struct et_operation *op = &et_operation_allreduce;
    CHECK(messages("ring", op, 1000, 4) == 24);
    CHECK(messages("ring", op, 1, 4) == 6);
    CHECK(messages("recursive-doubling", op, 1000, 4) == 8);
    CHECK(messages("recursive-doubling", op, 1000, 7) == 14);
    CHECK(messages("recursive-doubling", op, 1000, 1) == 0);
    CHECK(messages("ring", &et_operation_allgather, 1, 4) == 12);
    CHECK(messages("binomial-tree", &et_operation_broadcast, 9, 7) == 6);
}

/* Places and needs beyond 2^31 elements and beyond all bounds. */
static void test_large(void)
{
    int64_t count = (int64_t)1 << 33;
    struct et_collective p = {
        .op = &et_operation_allgather, .dtype = ET_FP32, .count = count};
    struct et_slice s = p.op->slice(&p, 1000, 999, 3);
    CHECK(s.give == 0 && s.get == 999 * count && s.n == count);
    CHECK(et_collective_output(&p, 1000, 3) == 1000 * count);
    struct et_collective_params q = {ET_FP64, (int64_t)1 << 33, 0};
    struct et_need n;
    et_bench_allgather.need(&q, 1000, 1, &n);
    CHECK(n.memory >= 1001.0 * 0x1p33 && isfinite(n.memory));
    et_bench_allreduce.need(&q, 1000, 1, &n);
    CHECK(n.memory >= 2 * 0x1p33 && n.memory < 4 * 0x1p33);
    CHECK(n.flop == 999 * 0x1p30 && n.bytes == 1000 * 0x1p33);
    q.bytes = (int64_t)1 << 50;
    et_bench_allgather.need(&q, 1 << 20, 1, &n);
    CHECK(isinf(n.memory));
}

/* The reference does what no row of the build asks of it, in place, and as a
 * device with a memory of its own that works later. */
static void test_made_up(struct et_team *t, int *planted, int *clean)
{
    const struct et_operation *const ops[] = {&scatter, &uneven};
    for (int i = 0; i < 2; i++) {
        struct et_collective_backend b = *et_collective_backend_at(0);
        struct et_collective_algorithm serves[] = {b.serves[0], {0}};
        serves[0].op = ops[i];
        b.serves = serves;
        test_problems(&b, ops[i], ET_FP32, t, INT64_MAX);
        b.base.space = &far;
        b.base.wait = far_wait;
        b.create = far_create;
        far_does = serves[0].run;
        serves[0].run = far_run;
        test_bench(ops[i], &b, t, ET_FP32, 400, 0, planted);
        *clean += test_clean(ops[i], &b, t, ET_FP32);
    }
}

#define ROW(stem) &et_operation_##stem,
static const struct et_operation *const operations[] = {ET_LIST_OPERATION(ROW)};
#define OPERATIONS (sizeof operations / sizeof *operations)

/* What needs no MPI: a build without it has no other ranks than these. */
static enum et_status on_threads(struct et_team *t, void *unused)
{
    const struct et_collective_backend *b;
    struct et_team_ops ops = *t->ops;
    (void)unused;
    ops.exchange = count_exchange;
    CHECK(et_team_barrier(t) == ET_OK);
    if (t->rank == 0)
        counted_ops = t->ops;
    CHECK(et_team_barrier(t) == ET_OK);
    t->ops = &ops;
    for (size_t i = 0; i < OPERATIONS; i++) {
        for (size_t k = 0; (b = et_collective_backend_at(k)); k++) {
            struct et_collective p = {
                .op = operations[i], .dtype = ET_FP64, .count = 1};
            if (et_collective_unsupported(b, &p, t->size))
                continue;
            test_types(b, p.op, t);
            for (int d = ET_FP64; d <= ET_FP32; d++)
                test_problems(b, p.op, (enum et_dtype)d, t, 1023);
        }
    }
    t->ops = counted_ops;
    return ET_OK;
}

int main(void)
{
    const struct et_collective_backend *b;
    struct et_team *t;
    int checked = 0, planted = 0, clean = 0;

    CHECK(et_team_open("auto", &t) == ET_OK);
    et_log_level_set(ET_LOG_ERROR);
    CHECK(strcmp(et_collective_backend_at(0)->base.name, "reference") == 0);
    for (size_t i = 0; i < OPERATIONS; i++) {
        const struct et_operation *op = operations[i];
        CHECK(et_collective_algorithm(et_collective_backend_at(0), op));
        if (!known_of(op)) {
            fprintf(stderr,
                    "%s: tests/contract/collective.h has no row of what "
                    "it is by hand\n",
                    op->name);
            return 1;
        }
        for (size_t k = 0; (b = et_collective_backend_at(k)); k++) {
            const char *name = b->base.name;
            struct et_collective p = {.op = op, .dtype = ET_FP64, .count = 1};
            if (!et_collective_algorithm(b, op))
                continue;
            const char *why = et_collective_unsupported(b, &p, t->size);
            if (why) {
                printf("%s %s: not tested: %s\n", op->name, name, why);
                continue;
            }
            test_refusals(b, op, t->size);
            test_types(b, op, t);
            for (int d = ET_FP64; d <= ET_FP32; d++) {
                struct et_collective_params q = {d, 8, 0};
                test_problems(b, op, (enum et_dtype)d, t, INT64_MAX);
                if (unsupported(op, &q, name, t->size))
                    continue;
                int root = op->rooted ? t->size - 1 : 0;
                test_bench(op, b, t, d, 8, root, &planted);
                test_bench(op, b, t, d, 40008, 0, &planted);
                clean += test_clean(op, b, t, d);
            }
            /* The check itself knows every type that the backend does. */
            for (int d = 0; d < ET_DTYPES; d++) {
                struct et_collective_params q = {d, 8, 0};
                p.dtype = (enum et_dtype)d;
                if (d != ET_FP64 && d != ET_FP32 &&
                    !unsupported(op, &q, name, t->size) &&
                    !et_collective_unsupported(b, &p, t->size))
                    clean += test_clean(op, b, t, d);
            }
            checked++;
        }
    }
    CHECK(checked >= 7);
    test_made_up(t, &planted, &clean);
    for (int ranks = 2; t->size == 1 && !t->native && ranks <= 5; ranks++)
        CHECK(et_team_threads_run(ranks, 0, on_threads, NULL) == ET_OK);
    test_limit();
    test_messages();
    test_large();
    if (t->rank == 0)
        printf("collectives: %d backends of operations, %d faults planted, all "
               "that changed a bit found; %d right samples, no alarm\n",
               checked, planted, clean);
    struct et_collective_params odd = {ET_FP64, 12, 0}, less = {ET_FP64, 4, 0};
    struct et_collective_params fine = {ET_FP32, 4, 0};
    et_log_level_set(ET_LOG_NONE);
    CHECK(check(&odd, "test") == ET_USAGE && check(&less, "test") == ET_USAGE);
    CHECK(check(&fine, "test") == ET_OK);
    CHECK(!et_collective_backend_find("semaphore"));
    et_team_close(t);
    return 0;
}
