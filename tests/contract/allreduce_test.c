/* allreduce: every listed backend, on as many ranks as there are: sums by the
 * definition wherever in `in` they begin, `in` left alone; then the bench over
 * it: each kind of fault is caught and said, by the check and by the glances
 * between samples, and over many seeds a right result raises no alarm.
 */
/* With the bench's inside in reach, so that its data can be spoilt. */
#include "bench/allreduce.c"

#include "tests/mpi/check.h"

static double value(int rank, int64_t i)
{
    return (double)((i * 31 + rank * 1009) % 4001) - 2000;
}

#define SLACK 33

static void test_backend(const struct et_allreduce_backend *b,
                         struct et_team *t, enum et_dtype dtype, int64_t n)
{
    static const int64_t begins[] = {0, 16, SLACK, 1};
    struct et_allreduce p = {dtype, n, SLACK};
    size_t size = et_dtype_size(dtype);
    /* One more element: nobody may write beyond the end. */
    void *in = et_alloc_aligned((size_t)n + SLACK, size);
    void *out = et_alloc_aligned((size_t)n + 1, size);
    void *plan = NULL;

    CHECK(in && out);
    for (int64_t i = 0; i < n + SLACK; i++)
        et_dtype_set(dtype, in, (size_t)i, value(t->rank, i));
    CHECK(b->create(&p, t, in, out, &plan) == ET_OK);
    for (size_t k = 0; k < sizeof begins / sizeof *begins; k++) {
        memset(out, 0xff, ((size_t)n + 1) * size);
        CHECK(b->run(plan, begins[k]) == ET_OK);
        CHECK(b->fetch(plan, out, 0, n) == ET_OK);
        for (int64_t i = 0; i < n; i++) {
            double want = 0;
            for (int r = 0; r < t->size; r++)
                want += value(r, begins[k] + i);
            CHECK(et_dtype_get(dtype, out, (size_t)i) == want);
        }
        CHECK(isnan(et_dtype_get(dtype, out, (size_t)n)));
        for (int64_t i = 0; i < n + SLACK; i++)
            CHECK(et_dtype_get(dtype, in, (size_t)i) == value(t->rank, i));
    }
    b->destroy(plan);
    et_free_aligned(in);
    et_free_aligned(out);
}

static struct state *begin(const char *backend, struct et_team *t, int dtype,
                           int64_t bytes, uint64_t seed)
{
    struct params q = {dtype, bytes};
    struct et_setting setting = {
        .team = t, .backend = backend, .threads = 1, .seed = seed};
    struct state *s = et_alloc(1, sizeof *s);

    CHECK(s && check(&q, "test") == ET_OK);
    CHECK(prepare(s, &setting, &q) == ET_OK);
    return s;
}

static void end(struct state *s)
{
    release(s);
    free(s);
}

/* A fault on one rank: found by the check, unless it changed nothing; and
 * then nothing is found. */
static void test_fault(struct state *s, const struct et_fault *fault, int rank)
{
    struct et_verification v;
    size_t bytes = (size_t)s->p.count * et_dtype_size(s->p.dtype);
    double size = -1;
    bool here = s->team->rank == rank;

    CHECK(run(s, 1 + fault->at % 9) == ET_OK);
    void *copy = et_alloc(1, bytes);
    CHECK(copy);
    memcpy(copy, s->out, bytes);
    if (here)
        CHECK(damage(s, fault, &size) == ET_OK);
    bool changed = memcmp(copy, s->out, bytes) != 0;
    CHECK(changed == (here && size > 0) && (!changed || isinf(size)));
    double any = changed;
    CHECK(et_team_reduce(s->team, ET_MAX, &any, 1) == ET_OK);
    CHECK(verify(s, &v) == ET_OK);
    CHECK(v.status == (any > 0 ? ET_CHECK_FAILED : ET_CHECK_PASSED));
    CHECK(v.bound == 0 && v.certain == 0);
    CHECK(any > 0 ? v.error >= 1 : v.error == 0 && !*v.note);
    if (any > 0) {
        char want[64];
        snprintf(want, sizeof want, "rank %d: element ", rank);
        CHECK(strncmp(v.note, want, strlen(want)) == 0);
        CHECK(fault->kind != ET_FAULT_STALE ||
              strstr(v.note, "stale: right one iteration before"));
    }
    free(copy);
}

static int faults(struct state *s)
{
    struct et_team *t = s->team;
    int bits = (int)et_dtype_size(s->p.dtype) * 8, n = 0;
    struct et_fault f = {.kind = ET_FAULT_FLIP};
    double size = -1;

    for (; f.bit < bits; f.bit++, n++) {
        f.at = et_random_u64(7, (uint64_t)f.bit);
        test_fault(s, &f, f.bit % t->size);
    }
    /* No such bit, and no two blocks of one element. */
    CHECK(damage(s, &f, &size) == ET_OK && isnan(size));
    f.kind = ET_FAULT_SWAP;
    CHECK(damage(s, &f, &size) == ET_OK && isnan(size) == (s->p.count < 2));
    for (int k = ET_FAULT_RANK; k <= ET_FAULT_SWAP; k++) {
        f.kind = (enum et_fault_kind)k;
        if (k == ET_FAULT_SWAP && s->p.count < 2)
            continue;
        for (int i = 0; i < 12; i++, n++) {
            f.at = et_random_u64(11, (uint64_t)(12 * k + i));
            test_fault(s, &f, i % t->size);
        }
    }
    return n;
}

/* One rank's part left out or doubled is said by the rank's name. */
static void test_words(struct state *s)
{
    struct et_verification v;
    char want[64];
    int last = s->team->size - 1;

    for (int twice = 0; twice < 2; twice++) {
        CHECK(run(s, 1) == ET_OK);
        int64_t part = input(s, last, start(s, 0));
        if (s->team->rank == 0)
            et_dtype_set(s->p.dtype, s->out, 0,
                         (double)(expected(s, 0, 0) + (twice ? part : -part)));
        CHECK(verify(s, &v) == ET_OK && v.status == ET_CHECK_FAILED);
        snprintf(want, sizeof want, "(rank %d's part is %s)", last,
                 twice ? "there twice" : "missing");
        CHECK(v.error == 1 && strstr(v.note, "rank 0: element 0:"));
        CHECK(strstr(v.note, want));
    }
    /* The sign of a zero is a bit too. */
    CHECK(run(s, 1) == ET_OK);
    double zero = -0.0;
    et_dtype_set(s->p.dtype, s->out, 0, zero);
    CHECK(!holds(s, 0, 0));
    et_dtype_set(s->p.dtype, s->out, 0, 0);
    CHECK(holds(s, 0, 0));
    et_dtype_set(s->p.dtype, s->out, 0, (double)NAN);
    CHECK(verify(s, &v) == ET_OK && v.status == ET_CHECK_FAILED);
}

static enum et_status do_nothing(void *plan, int64_t first)
{
    (void)plan, (void)first;
    return ET_OK;
}

/* What stood wrong after an earlier sample is said, though the last one was
 * right; and a call that left everything as it was is found as well. */
static void test_glance(struct state *s)
{
    struct et_verification v;

    CHECK(run(s, 3) == ET_OK);
    glance(s);
    CHECK(!*s->fault);
    if (s->team->rank == s->team->size - 1) {
        memset(s->out, 0x40, (size_t)s->p.count * et_dtype_size(s->p.dtype));
        glance(s);
        CHECK(*s->fault);
    }
    CHECK(run(s, 2) == ET_OK);
    glance(s);
    CHECK(verify(s, &v) == ET_OK && v.status == ET_CHECK_FAILED);
    CHECK(v.error >= 1 && strstr(v.note, "of run: element "));
    CHECK(strstr(v.note, "call ") > strstr(v.note, "rank "));
    CHECK(run(s, 1) == ET_OK);
    glance(s);
    CHECK(verify(s, &v) == ET_OK && v.status == ET_CHECK_PASSED);

    /* Not one iteration more did anything, for any number of them. */
    struct et_allreduce_backend idle = *s->backend;
    const struct et_allreduce_backend *real = s->backend;
    idle.run = do_nothing;
    for (uint64_t n = 1; n <= 2 * TURNS + 1; n++) {
        CHECK(run(s, 5) == ET_OK);
        s->backend = &idle;
        CHECK(run(s, n) == ET_OK);
        s->backend = real;
        glance(s);
        CHECK(*s->fault && strstr(s->fault, "stale"));
        *s->fault = '\0';
        CHECK(verify(s, &v) == ET_OK && v.status == ET_CHECK_FAILED);
        CHECK(strstr(v.note, "stale"));
    }
}

static void test_bench(const char *backend, struct et_team *t, int dtype,
                       int64_t bytes, int *planted)
{
    struct state *s = begin(backend, t, dtype, bytes, 42);
    struct et_verification v;
    struct et_work w;

    CHECK(run(s, 3) == ET_OK);
    CHECK(verify(s, &v) == ET_OK);
    CHECK(v.status == ET_CHECK_PASSED && v.error <= v.bound);
    /* Nothing ran since: the check must not pass on what it saw before. */
    CHECK(verify(s, &v) == ET_OK);
    CHECK(v.status == ET_CHECK_FAILED && v.error > v.bound && v.note[0]);
    /* Of TURNS iterations in a row no two have an element in common. */
    CHECK(run(s, 1) == ET_OK);
    for (int64_t i = 0; i < s->p.count; i += 1 + s->p.count / 1000) {
        CHECK(holds(s, i, expected(s, i, 0)));
        for (uint64_t a = 0; a < TURNS; a++) {
            /* By construction, not by luck: their last digits differ. */
            int64_t sum = expected(s, i, a);
            CHECK((sum % TURNS + TURNS) % TURNS ==
                  (start(s, a) + i) / s->line % TURNS);
            CHECK(a == 0 || sum != expected(s, i, 0));
        }
    }
    *planted += faults(s);
    test_words(s);
    test_glance(s);
    CHECK(run(s, 1) == ET_OK && verify(s, &v) == ET_OK);
    CHECK(v.status == ET_CHECK_PASSED);
    work(s, &w);
    CHECK(w.bytes == (double)bytes);
    double bus = (double)bytes * 2 * (t->size - 1) / t->size;
    CHECK(t->size > 1 ? w.bus_bytes == bus : isnan(w.bus_bytes));
    end(s);
}

/* Right results over many seeds: no alarm. */
static int test_clean(const char *backend, struct et_team *t, int dtype)
{
    static const int64_t bytes[] = {8, 16, 1000, 8192};
    struct et_verification v;
    int n = 0;

    for (uint64_t seed = 1; seed <= 100; seed++) {
        struct state *s = begin(backend, t, dtype, bytes[seed % 4], seed);
        for (uint64_t i = 0; i < 3; i++, n++) {
            CHECK(run(s, 1 + (seed + 3 * i) % 17) == ET_OK);
            glance(s);
            CHECK(!*s->fault);
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
}

int main(void)
{
    static const int64_t sizes[] = {1, 2, 3, 5, 7, 1023, 70001};
    const struct et_allreduce_backend *b;
    struct et_team *t;
    int checked = 0, planted = 0, clean = 0;

    CHECK(et_team_open("auto", &t) == ET_OK);
    et_log_level_set(ET_LOG_ERROR);
    CHECK(strcmp(et_allreduce_backend_at(0)->base.name, "reference") == 0);
    for (size_t k = 0; (b = et_allreduce_backend_at(k)); k++) {
        CHECK(et_allreduce_backend_find(b->base.name) == b);
        struct et_allreduce p = {ET_FP64, 1, 0};
        const char *why = et_backend_why_not(&b->base);
        if (!why && b->unsupported)
            why = b->unsupported(&p, t->size);
        if (why) {
            printf("allreduce %s: not tested: %s\n", b->base.name, why);
            continue;
        }
        for (int d = ET_FP64; d <= ET_FP32; d++) {
            for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
                test_backend(b, t, (enum et_dtype)d, sizes[i]);
            test_bench(b->base.name, t, d, 8, &planted);
            test_bench(b->base.name, t, d, 80008, &planted);
            clean += test_clean(b->base.name, t, d);
        }
        checked++;
    }
    CHECK(checked >= 3);
    test_limit();
    if (t->rank == 0)
        printf("allreduce: %d faults planted, all that changed a bit found; "
               "%d right samples, no alarm\n",
               planted, clean);
    struct et_allreduce one = {ET_FP32, 1, 0}, many = {ET_FP32, 1000, 0};
    b = et_allreduce_backend_find("ring");
    CHECK(b->messages(&many, 4) == 24 && b->messages(&one, 4) == 6);
    b = et_allreduce_backend_find("recursive-doubling");
    CHECK(b->messages(&many, 4) == 8 && b->messages(&many, 7) == 14);
    CHECK(b->messages(&many, 1) == 0);
    struct params odd = {ET_FP64, 12}, less = {ET_FP64, 4}, fine = {ET_FP32, 4};
    et_log_level_set(ET_LOG_NONE);
    CHECK(et_bench_allreduce.check(&odd, "test") == ET_USAGE);
    CHECK(et_bench_allreduce.check(&less, "test") == ET_USAGE);
    CHECK(et_bench_allreduce.check(&fine, "test") == ET_OK);
    CHECK(!et_allreduce_backend_find("semaphore"));
    et_team_close(t);
    return 0;
}
