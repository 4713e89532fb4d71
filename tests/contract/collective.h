/* What the operations of a collective leave by their definitions, worked out
 * apart from their slices, and a backend held to that; for tests that run on
 * several ranks.
 */
#ifndef ET_TESTS_COLLECTIVE_H
#define ET_TESTS_COLLECTIVE_H

#include <math.h>
#include <stdatomic.h>
#include <string.h>

#include "harness/base/memory.h"
#include "kernels/collective/collective.h"
#include "tests/mpi/check.h"

/* A whole number that the type holds, and the sum of eight such ones too. */
static double value(enum et_dtype t, int rank, int64_t i)
{
    double quarter = et_dtype_exact(t) / 4;
    int64_t n = quarter < 4000 ? (int64_t)quarter | 1 : 4001;
    int64_t v = (i * 31 + rank * 1009) % n;
    return (double)(et_dtype_least(t) < 0 ? v - n / 2 : v / 2);
}

/* --- what each operation of the build is, by hand ----------------------------
 * Worked out apart from its slices and its factor, so that a wrong one is seen.
 * An operation without a row fails the test. */

/* Element i of a rank's output when all inputs begin at `first`. */
typedef double element_of(const struct et_collective *p, int ranks, int rank,
                          int64_t i, int64_t first);
/* Elements of a rank's input and output. */
typedef void sizes_of(const struct et_collective *p, int ranks, int rank,
                      int64_t *in, int64_t *out);

static double sum_of_all(const struct et_collective *p, int ranks, int rank,
                         int64_t i, int64_t first)
{
    double sum = 0;
    (void)rank;
    for (int r = 0; r < ranks; r++)
        sum += value(p->dtype, r, first + i);
    return sum;
}

static double of_root(const struct et_collective *p, int ranks, int rank,
                      int64_t i, int64_t first)
{
    (void)ranks, (void)rank;
    return value(p->dtype, p->root, first + i);
}

static double of_each(const struct et_collective *p, int ranks, int rank,
                      int64_t i, int64_t first)
{
    (void)ranks, (void)rank;
    return value(p->dtype, (int)(i / p->count), first + i % p->count);
}

static void alike(const struct et_collective *p, int ranks, int rank,
                  int64_t *in, int64_t *out)
{
    (void)ranks, (void)rank;
    *in = *out = p->count;
}

static void gathered(const struct et_collective *p, int ranks, int rank,
                     int64_t *in, int64_t *out)
{
    (void)rank;
    *in = p->count;
    *out = ranks * p->count;
}

static void from_root(const struct et_collective *p, int ranks, int rank,
                      int64_t *in, int64_t *out)
{
    bool root = rank == p->root;
    *in = root && ranks > 1 ? p->count : 0;
    *out = root ? 0 : p->count;
}

struct known {
    const struct et_operation *op;
    element_of *element;
    sizes_of *sizes;
    bool parts; /* S, the `bytes` of figures, is that of all ranks' parts */
    double factor[3]; /* busbw over algbw on 2, 3 and 4 ranks */
};
static const struct known known[] = {
    {&et_operation_allreduce, sum_of_all, alike, false, {1, 4.0 / 3, 1.5}},
    {&et_operation_allgather, of_each, gathered, true, {0.5, 2.0 / 3, 0.75}},
    {&et_operation_broadcast, of_root, from_root, false, {1, 1, 1}}};

/* NULL: it has no row, as one that a test made up. */
static const struct known *known_of(const struct et_operation *op)
{
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (known[i].op == op)
            return &known[i];
    }
    return NULL;
}

/* As its row has it; without one, by its slices. */
static double by_definition(const struct et_collective *p, int ranks, int rank,
                            int64_t i, int64_t first)
{
    const struct known *k = known_of(p->op);
    double sum = 0;
    if (k)
        return k->element(p, ranks, rank, i, first);
    for (int r = 0; r < ranks; r++) {
        struct et_slice s = p->op->slice(p, ranks, r, rank);
        if (i >= s.get && i < s.get + s.n)
            sum += value(p->dtype, r, first + s.give + i - s.get);
    }
    return sum;
}

/* Slices make up the output; sizes and busbw's factor as the operation's row
 * has them. */
static void check_size(const struct et_collective *p, int ranks, int rank)
{
    int64_t in = et_collective_input(p, ranks, rank);
    int64_t out = et_collective_output(p, ranks, rank);
    const struct known *k = known_of(p->op);
    int64_t got = 0, want_in = in, want_out = out;

    for (int r = 0; r < ranks; r++) {
        struct et_slice s = p->op->slice(p, ranks, r, rank);
        CHECK(!p->op->sums || s.n == 0 || (s.get == 0 && s.n == out));
        got += s.n;
    }
    CHECK(got == (p->op->sums ? ranks * out : out));
    CHECK(in <= et_collective_largest(p, ranks) &&
          out <= et_collective_largest(p, ranks));
    if (k)
        k->sizes(p, ranks, rank, &want_in, &want_out);
    CHECK(!k || ranks < 2 || ranks > 4 ||
          fabs(p->op->bus(ranks) / k->factor[ranks - 2] - 1) < 1e-15);
    CHECK(in == want_in && out == want_out);
}

#define SLACK 33

/* The messages that a team on threads sends, all its ranks together. */
static const struct et_team_ops *counted_ops; /* NULL: nobody counts */
static atomic_long counted;

static enum et_status count_exchange(struct et_team *t, const void *send,
                                     size_t ns, int to, void *receive,
                                     size_t nr, int from)
{
    counted += ns > 0;
    return counted_ops->exchange(t, send, ns, to, receive, nr, from);
}

/* One call of run by all ranks, which sends as many messages as it says. */
static void run_counted(const struct et_collective_algorithm *a,
                        const struct et_collective *p, struct et_team *t,
                        void *setup, int64_t first)
{
    bool counts = counted_ops && a->messages;
    CHECK(!counts || et_team_barrier(t) == ET_OK);
    if (counts && t->rank == 0)
        counted = 0;
    CHECK(!counts || et_team_barrier(t) == ET_OK);
    CHECK(a->run(setup, first) == ET_OK);
    CHECK(!counts || et_team_barrier(t) == ET_OK);
    CHECK(!counts || (double)counted == a->messages(p, t->size));
    CHECK(!counts || et_team_barrier(t) == ET_OK);
}

/* One problem, wherever in the input a run begins. */
static void test_backend(const struct et_collective_backend *b,
                         const struct et_collective *p, struct et_team *t)
{
    static const int64_t begins[] = {0, 16, SLACK, 1};
    size_t size = et_dtype_size(p->dtype), runs = p->in_place ? 1 : 4;
    const struct et_collective_algorithm *a = et_collective_algorithm(b, p->op);
    int64_t in_n = et_collective_input(p, t->size, t->rank);
    int64_t out_n = et_collective_output(p, t->size, t->rank);
    struct et_slice own = p->op->slice(p, t->size, t->rank, t->rank);
    /* In place the longer of the two holds the other; and one more element
     * each: nobody may write beyond the end. */
    int64_t before = own.give > own.get ? own.give - own.get : 0;
    int64_t out_room = before + in_n + out_n;
    char *in = et_alloc_aligned((size_t)in_n + SLACK, size);
    char *out = et_alloc_aligned((size_t)out_room + 1, size);
    char *place = out + (size_t)before * size;
    struct et_buffer result = {&et_space_host, place, place, (size_t)out_n,
                               size};
    void *setup = NULL;

    CHECK(in && out);
    check_size(p, t->size, t->rank);
    for (int64_t i = 0; i < in_n + SLACK; i++)
        et_dtype_set(p->dtype, in, (size_t)i, value(p->dtype, t->rank, i));
    CHECK(et_collective_create(b, p, t, p->in_place ? NULL : in, place,
                               &setup) == ET_OK);
    for (size_t k = 0; k < runs; k++) {
        memset(out, 0xff, ((size_t)out_room + 1) * size);
        if (p->in_place)
            memcpy(out + (size_t)(before + own.get - own.give) * size, in,
                   (size_t)in_n * size);
        run_counted(a, p, t, setup, begins[k]);
        CHECK(et_backend_wait(&b->base, setup) == ET_OK);
        CHECK(et_backend_fetch(&b->base, setup, &result, 0, (size_t)out_n) ==
              ET_OK);
        for (int64_t i = 0; i < out_n; i++)
            CHECK(et_dtype_get(p->dtype, out, (size_t)(before + i)) ==
                  by_definition(p, t->size, t->rank, i, begins[k]));
        for (size_t i = (size_t)(before + out_n) * size;
             !p->in_place && i < ((size_t)out_room + 1) * size; i++)
            CHECK(out[i] == '\xff');
        for (int64_t i = 0; i < in_n + SLACK; i++)
            CHECK(et_dtype_get(p->dtype, in, (size_t)i) ==
                  value(p->dtype, t->rank, i));
    }
    et_collective_destroy(b, setup);
    et_free_aligned(in);
    et_free_aligned(out);
}

#endif
