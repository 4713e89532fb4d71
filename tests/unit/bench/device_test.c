/* A stand-in device under gemm's bench: memory of its own, whose pointers
 * fault when the host follows them, and a thread that works off what was
 * enqueued after run has returned. Whoever in bench/ or bench/check/ takes a
 * device's pointer for the host's, or reads before it has waited, is seen.
 */
#include "config.h"

#include "tests/unit/test_main.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "harness/base/memory.h"
#include "kernels/gemm/gemm.h"

extern const struct et_gemm_backend et_gemm_reference;

/* --- the device ---------------------------------------------------------- */

#define AREAS 16
#define JOBS 64

/* What the host is given, where nobody may look, and what the device has. */
struct area {
    char *outside, *inside;
    size_t bytes;
};

struct job {
    void *setup; /* a product, n times; NULL: fill */
    uint64_t first, n;
    char *at;
    int byte;
    size_t bytes;
};

static struct {
    pthread_mutex_t lock;
    pthread_cond_t change;
    pthread_t thread;
    struct area areas[AREAS];
    struct job jobs[JOBS];
    uint64_t enqueued, done; /* jobs */
    uint64_t brought, sent;  /* bytes, ever */
    bool ends, lazy, fails;  /* lazy: leaves the last iteration out */
    bool held;               /* begins nothing, so that nobody wins by luck */
} device = {.lock = PTHREAD_MUTEX_INITIALIZER,
            .change = PTHREAD_COND_INITIALIZER};

static char *inside(const void *outside, size_t first, size_t bytes)
{
    for (int i = 0; i < AREAS; i++) {
        const struct area *a = &device.areas[i];
        if (a->outside && a->outside == outside) {
            assert_true(first + bytes <= a->bytes);
            return a->inside + first;
        }
    }
    fail_msg("%p is no pointer of the device", outside);
    return NULL;
}

static void do_job(const struct job *j)
{
    if (j->setup)
        et_gemm_reference.base.run(j->setup, j->first, j->n - device.lazy);
    else
        memset(j->at, j->byte, j->bytes);
}

static void *work_off(void *unused)
{
    (void)unused;
    pthread_mutex_lock(&device.lock);
    while (!device.ends) {
        if (device.held || device.done == device.enqueued) {
            pthread_cond_wait(&device.change, &device.lock);
            continue;
        }
        struct job j = device.jobs[device.done % JOBS];
        pthread_mutex_unlock(&device.lock);
        do_job(&j);
        pthread_mutex_lock(&device.lock);
        device.done++;
        pthread_cond_broadcast(&device.change);
    }
    pthread_mutex_unlock(&device.lock);
    return NULL;
}

static void enqueue(struct job j)
{
    pthread_mutex_lock(&device.lock);
    assert_true(device.enqueued - device.done < JOBS);
    device.jobs[device.enqueued++ % JOBS] = j;
    pthread_cond_broadcast(&device.change);
    pthread_mutex_unlock(&device.lock);
}

static void wait_for_all(void)
{
    pthread_mutex_lock(&device.lock);
    device.held = false;
    pthread_cond_broadcast(&device.change);
    while (device.done < device.enqueued)
        pthread_cond_wait(&device.change, &device.lock);
    pthread_mutex_unlock(&device.lock);
}

/* --- its memory ---------------------------------------------------------- */

static void *take(size_t n, size_t size)
{
    for (int i = 0; i < AREAS; i++) {
        struct area *a = &device.areas[i];
        if (a->outside)
            continue;
        a->bytes = n * size;
        a->outside =
            mmap(NULL, a->bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        assert_true(a->outside != MAP_FAILED);
        a->inside = et_alloc_aligned(n, size);
        assert_non_null(a->inside);
        return a->outside;
    }
    return NULL;
}

static void give(void *at)
{
    for (int i = 0; at && i < AREAS; i++) {
        struct area *a = &device.areas[i];
        if (a->outside != at)
            continue;
        munmap(a->outside, a->bytes);
        et_free_aligned(a->inside);
        *a = (struct area){0};
    }
}

static enum et_status fill_memory(void *at, size_t first, int byte,
                                  size_t bytes)
{
    enqueue((struct job){
        .at = inside(at, first, bytes), .byte = byte, .bytes = bytes});
    return ET_OK;
}

static enum et_status send(void *at, size_t first, const void *host,
                           size_t bytes)
{
    wait_for_all();
    memcpy(inside(at, first, bytes), host, bytes);
    device.sent += bytes;
    return ET_OK;
}

static enum et_status bring(void *host, const void *at, size_t first,
                            size_t bytes)
{
    wait_for_all();
    memcpy(host, inside(at, first, bytes), bytes);
    device.brought += bytes;
    return ET_OK;
}

static const struct et_space memory = {.name = "stand-in",
                                       .alloc = take,
                                       .free = give,
                                       .fill = fill_memory,
                                       .send = send,
                                       .bring = bring};

/* --- its gemm ------------------------------------------------------------ */

static enum et_status create_there(const struct et_gemm *p, int threads,
                                   const void *a, const void *b, void *c,
                                   void **setup)
{
    (void)threads; /* the device's are its own */
    return et_gemm_reference.create(p, 1, inside(a, 0, 0), inside(b, 0, 0),
                                    inside(c, 0, 0), setup);
}

static enum et_status create_here(const struct et_gemm *p, int threads,
                                  const void *a, const void *b, void *c,
                                  void **setup)
{
    (void)threads;
    return et_gemm_reference.create(p, 1, a, b, c, setup);
}

static enum et_status run_there(void *setup, uint64_t first, uint64_t n)
{
    assert_true(n > 0);
    device.held = true; /* until it is waited for: run returns before */
    enqueue((struct job){.setup = setup, .first = first, .n = n});
    return ET_OK;
}

static enum et_status wait_there(void *setup)
{
    (void)setup;
    wait_for_all();
    return device.fails ? ET_INFRA : ET_OK;
}

static double elapsed_there(void *setup)
{
    (void)setup;
    assert_int_equal(device.done, device.enqueued);
    return 0.5;
}

static void destroy_there(void *setup)
{
    assert_int_equal(device.done, device.enqueued);
    et_gemm_reference.base.destroy(setup);
}

static const struct et_gemm_backend stand_in = {
    .base = {.name = "stand-in",
             .summary = "a thread with memory of its own",
             .space = &memory,
             .run = run_there,
             .wait = wait_there,
             .elapsed = elapsed_there,
             .destroy = destroy_there},
    .create = create_there};

/* The same in the host's own memory, as where device and host share one. */
static const struct et_gemm_backend shared = {
    .base = {.name = "shared",
             .summary = "a thread in the host's memory",
             .run = run_there,
             .wait = wait_there,
             .elapsed = elapsed_there,
             .destroy = destroy_there},
    .create = create_here};

static const struct et_gemm_backend *chosen = &stand_in;
static const struct et_backend *const list[] = {&stand_in.base, &shared.base};
static const struct et_backends stand_ins = {.v = list, .n = 2};

/* --- the bench, which knows no other backend ----------------------------- */

#define et_gemm_backends stand_ins
#define et_gemm_backend_find(name) ((void)(name), chosen)
#include "bench/gemm.c"

#include "kernels/gemm/setup.h"
#include "tests/contract/faults.h"

/* By every element and by rows; C kept, scaled, added to; gaps in its rows. */
static const char *const problems[] = {
    "m=17 n=13 k=29 batch=2 ldc=15", "m=20 n=21 k=30 dtype=fp32 beta=0.5",
    "m=140 n=150 k=130 dtype=fp32 ldc=155",
    "m=150 n=140 k=130 trans_b=yes beta=-1 batch=2", NULL};

TEST(right_products_pass)
{
    clean_runs_pass(&et_bench_gemm, problems, 2);
}

/* A library's first use is in its own memory, two products of each type, and
 * waited for. */
TEST(the_first_use_is_on_the_device)
{
    size_t before = (size_t)device.enqueued;
    assert_true(et_gemm_setup_attempt(&stand_in, 1));
    assert_false(device.held);
    assert_true((size_t)device.enqueued >= before + 2 * ET_DTYPES);
    assert_true(et_gemm_setup_attempt(&shared, 1));
    assert_false(device.held);
}

TEST(every_fault_is_found)
{
    static const char *const some[] = {"m=20 n=21 k=30 dtype=fp32 beta=0.5",
                                       "m=140 n=150 k=130 dtype=fp32 ldc=155",
                                       NULL};
    faults_are_found(&et_bench_gemm, some);
}

TEST(the_same_seed_leaves_the_same)
{
    outputs_are_alike(&et_bench_gemm, problems[2]);
}

static struct trial opened(const char *problem)
{
    struct trial t;
    open_trial(&t, &et_bench_gemm, "stand-in", problem, 3);
    return t;
}

static enum et_check checked(const struct trial *t)
{
    struct et_verification v = {0};
    assert_int_equal(t->bench->verify(t->state, &v), ET_OK);
    return v.status;
}

/* A check leaves NaN behind, so that the next cannot pass on what it saw. */
TEST(a_check_spoils)
{
    for (int i = 0; i < 3; i += 2) {
        struct trial t = opened(problems[i]);
        const struct state *s = t.state;
        const struct et_gemm *p = &s->local;
        assert_int_equal(t.bench->run(t.state, 1), ET_OK);
        assert_int_equal(checked(&t), ET_CHECK_PASSED);
        const char *c = inside(s->operands.out.at, 0,
                               s->operands.out.n * s->operands.out.size);
        for (int64_t row = 0; row < p->batch * p->m; row++)
            for (int64_t j = 0; j < p->n; j++)
                assert_true(isnan(et_dtype_get(p->types.out.dtype, c,
                                               (size_t)(row * p->ldc + j))));
        close_trial(&t);
    }
}

/* A run is done when it returns, sends nothing, and brings nothing; a glance
 * brings one element, and a check all of C. */
TEST(little_is_moved)
{
    for (int i = 0; i < 3; i += 2) {
        struct trial t = opened(problems[i]);
        const struct state *s = t.state;
        uint64_t brought = device.brought, sent = device.sent;
        uint64_t jobs = device.enqueued;
        assert_int_equal(t.bench->run(t.state, 5), ET_OK);
        assert_int_equal(device.enqueued, jobs + 3); /* 4, the mark, 1 */
        assert_int_equal(device.done, device.enqueued);
        assert_int_equal(device.brought, brought);
        assert_int_equal(device.sent, sent);
        t.bench->glance(t.state);
        assert_int_equal(device.brought, brought + s->operands.out.size);
        assert_int_equal(checked(&t), ET_CHECK_PASSED);
        assert_int_equal(device.brought, brought + s->operands.out.size *
                                                       (s->operands.out.n + 1));
        close_trial(&t);
    }
}

/* An iteration that was enqueued and left out, alone or as the last of many,
 * shows: to the glance, though all is right again at the check. */
TEST(left_out_iterations_show)
{
    for (uint64_t n = 1; n < 4; n++) {
        for (int i = 0; problems[i]; i++) {
            struct trial t = opened(problems[i]);
            bool sums = ((const struct state *)t.state)->p.beta != 0;
            device.lazy = true;
            assert_int_equal(t.bench->run(t.state, n), ET_OK);
            device.lazy = false;
            t.bench->glance(t.state);
            if (!sums)
                assert_int_equal(t.bench->run(t.state, n), ET_OK);
            assert_int_equal(checked(&t), ET_CHECK_FAILED);
            assert_int_equal(t.bench->run(t.state, n), ET_OK);
            assert_int_equal(checked(&t), ET_CHECK_PASSED);
            close_trial(&t);
        }
    }
}

/* With beta, C is sent anew in time. */
TEST(sums_begin_anew)
{
    struct trial t = opened("m=3 n=2 k=4 beta=-1");
    assert_int_equal(t.bench->run(t.state, 2 * ET_PRODUCT_KEPT + 7), ET_OK);
    assert_int_equal(
        ((const struct state *)t.state)->operands.product.iterations, 7);
    assert_int_equal(checked(&t), ET_CHECK_PASSED);
    close_trial(&t);
}

TEST(errors_of_wait_are_passed_on)
{
    struct trial t = opened(problems[0]);
    device.fails = true;
    assert_int_equal(t.bench->run(t.state, 2), ET_INFRA);
    device.fails = false;
    close_trial(&t);
}

TEST(the_device_tells_its_time)
{
    struct trial t = opened(problems[0]);
    assert_int_equal(t.bench->run(t.state, 5), ET_OK);
    assert_true(t.bench->elapsed(t.state) == 0.1);
    close_trial(&t);
}

/* What the host writes to C while a run is under way must wait for its turn. */
static void in_shared_memory(void **unused)
{
    chosen = &shared;
    right_products_pass(unused);
    left_out_iterations_show(unused);
    sums_begin_anew(unused);
    chosen = &stand_in;
}

static int begin(void **unused)
{
    (void)unused;
    return pthread_create(&device.thread, NULL, work_off, NULL);
}

static int end(void **unused)
{
    (void)unused;
    wait_for_all();
    pthread_mutex_lock(&device.lock);
    device.ends = true;
    pthread_cond_broadcast(&device.change);
    pthread_mutex_unlock(&device.lock);
    for (int i = 0; i < AREAS; i++)
        assert_null(device.areas[i].outside); /* all was given back */
    return pthread_join(device.thread, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(right_products_pass),
        cmocka_unit_test(the_first_use_is_on_the_device),
        cmocka_unit_test(every_fault_is_found),
        cmocka_unit_test(the_same_seed_leaves_the_same),
        cmocka_unit_test(a_check_spoils),
        cmocka_unit_test(little_is_moved),
        cmocka_unit_test(left_out_iterations_show),
        cmocka_unit_test(sums_begin_anew),
        cmocka_unit_test(errors_of_wait_are_passed_on),
        cmocka_unit_test(the_device_tells_its_time),
        cmocka_unit_test(in_shared_memory),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
