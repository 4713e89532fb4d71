/* allreduce: every listed backend, on as many ranks as there are: sums by the
 * definition, `in` left alone, runs that can be repeated; then the bench over
 * it, whose check must pass on a right result and catch a wrong one.
 */
/* With the bench's inside in reach, so that its data can be spoilt. */
#include "bench/bench_allreduce.c"

#include "tests/mpi/check.h"

static double value(int rank, int64_t i)
{
    return (double)((i * 31 + rank * 1009) % 4001) - 2000;
}

static void test_backend(const struct et_allreduce_backend *b,
                         struct et_team *t, enum et_dtype dtype, int64_t n)
{
    struct et_allreduce p = {dtype, n};
    size_t size = et_dtype_size(dtype);
    /* One more element: nobody may write beyond the end. */
    void *in = et_alloc_aligned((size_t)n, size);
    void *out = et_alloc_aligned((size_t)n + 1, size);
    void *plan = NULL;

    CHECK(in && out);
    for (int64_t i = 0; i < n; i++)
        et_dtype_set(dtype, in, (size_t)i, value(t->rank, i));
    CHECK(b->create(&p, t, in, out, &plan) == ET_OK);
    for (int again = 0; again < 2; again++) {
        memset(out, 0xff, ((size_t)n + 1) * size);
        CHECK(b->run(plan) == ET_OK);
        CHECK(b->fetch(plan) == ET_OK);
        for (int64_t i = 0; i < n; i++) {
            double want = 0;
            for (int r = 0; r < t->size; r++)
                want += value(r, i);
            CHECK(et_dtype_get(dtype, out, (size_t)i) == want);
            CHECK(et_dtype_get(dtype, in, (size_t)i) == value(t->rank, i));
        }
        CHECK(isnan(et_dtype_get(dtype, out, (size_t)n)));
    }
    b->destroy(plan);
    et_free_aligned(in);
    et_free_aligned(out);
}

/* Run, spoil, verify: the check must fail, and say where. */
static void test_spoilt(struct state *s, int spoil)
{
    struct et_verification v;
    size_t last = (size_t)s->p.count - 1;
    struct et_team *t = s->team;

    CHECK(run(s, 1) == ET_OK);
    double was = et_dtype_get(s->p.dtype, s->out, last);
    if (spoil == 0 && t->rank == t->size - 1)
        /* Off by the least: one, on one rank, the last element. */
        et_dtype_set(s->p.dtype, s->out, last, was + 1);
    if (spoil == 1)
        /* Every rank agrees on what is wrong. */
        et_dtype_set(s->p.dtype, s->out, 0, was + 3e6);
    if (spoil == 2 && t->rank == 0)
        et_dtype_set(s->p.dtype, s->out, last / 2, (double)NAN);
    if (spoil == 3)
        /* One contribution is missing: rank 0's. */
        for (size_t i = 0; i <= last; i++)
            et_dtype_set(s->p.dtype, s->out, i,
                         et_dtype_get(s->p.dtype, s->out, i) -
                             (double)input(stream_of(s->seed, 0), (int64_t)i,
                                           input_limit(s->p.dtype, t->size)));
    CHECK(verify(s, &v) == ET_OK);
    CHECK(v.status == ET_CHECK_FAILED && v.error >= 1 && v.bound == 0);
    CHECK(strstr(v.note, "element"));
    if (spoil == 0) {
        char want[64];
        snprintf(want, sizeof want, "rank %d, element %zu:", t->size - 1, last);
        CHECK(v.error == 1 && strncmp(v.note, want, strlen(want)) == 0);
    }
}

static void test_bench(const char *backend, struct et_team *t, int dtype,
                       int64_t bytes)
{
    const struct et_bench *b = &et_bench_allreduce;
    struct params q = {dtype, bytes};
    struct et_setting setting = {
        .team = t, .backend = backend, .threads = 1, .seed = 42};
    struct et_verification v;
    struct et_work w;
    void *state = et_alloc(1, b->state_size);

    CHECK(state && b->check(&q, "test") == ET_OK);
    CHECK(b->prepare(state, &setting, &q) == ET_OK);
    CHECK(b->run(state, 3) == ET_OK);
    CHECK(b->verify(state, &v) == ET_OK);
    CHECK(v.status == ET_CHECK_PASSED && v.error <= v.bound);
    /* Nothing ran since: the check must not pass on what it saw before. */
    CHECK(b->verify(state, &v) == ET_OK);
    CHECK(v.status == ET_CHECK_FAILED && v.error > v.bound && v.note[0]);
    for (int spoil = 0; spoil < 4; spoil++)
        test_spoilt(state, spoil);
    CHECK(b->run(state, 1) == ET_OK && b->verify(state, &v) == ET_OK);
    CHECK(v.status == ET_CHECK_PASSED);
    b->work(state, &w);
    CHECK(w.bytes == (double)bytes);
    double bus = (double)bytes * 2 * (t->size - 1) / t->size;
    CHECK(t->size > 1 ? w.bus_bytes == bus : isnan(w.bus_bytes));
    b->release(state);
    free(state);
}

int main(void)
{
    static const int64_t sizes[] = {1, 2, 3, 5, 7, 1023, 70001};
    const struct et_allreduce_backend *b;
    struct et_team *t;
    int checked = 0;

    CHECK(et_team_open("auto", &t) == ET_OK);
    et_log_level_set(ET_LOG_ERROR);
    CHECK(strcmp(et_allreduce_backend_at(0)->name, "reference") == 0);
    for (size_t k = 0; (b = et_allreduce_backend_at(k)); k++) {
        CHECK(et_allreduce_backend_find(b->name) == b);
        struct et_allreduce p = {ET_FP64, 1};
        const char *why = b->why_not();
        if (!why)
            why = b->unsupported(&p, t->size);
        if (why) {
            printf("allreduce %s: not tested: %s\n", b->name, why);
            continue;
        }
        for (int d = ET_FP64; d <= ET_FP32; d++) {
            for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
                test_backend(b, t, (enum et_dtype)d, sizes[i]);
            test_bench(b->name, t, d, 8);
            test_bench(b->name, t, d, 800008);
        }
        checked++;
    }
    CHECK(checked >= 3);
    struct et_allreduce one = {ET_FP32, 1}, many = {ET_FP32, 1000};
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
