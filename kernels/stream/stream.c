/* The iterations of stream over the threads' pieces, the contents they start
 * from and the contents they must leave. Knows no instruction set.
 */
#include "config.h"
#include "kernels/stream/stream.h"

#include <math.h>
#include <string.h>

#ifdef _OPENMP
#include <omp.h>
#endif

#include "harness/base/random.h"

#define FACTOR 3 /* triad's q; STREAM's own */

int et_stream_vectors(enum et_stream_op op)
{
    return op == ET_STREAM_READ                              ? 1
           : op == ET_STREAM_COPY || op == ET_STREAM_SCALE ? 2
                                                             : 3;
}

double et_stream_bytes(enum et_stream_op op, bool write_allocate)
{
    int moved = et_stream_vectors(op);
    if (write_allocate && op != ET_STREAM_READ)
        moved++;
    return moved * (double)sizeof(double);
}

/* This thread's first piece and how far the next one is: all pieces are done
 * whatever number of threads the runtime gives. */
static int first_piece(void)
{
#ifdef _OPENMP
    return omp_get_thread_num();
#else
    return 0;
#endif
}

static int next_piece(void)
{
#ifdef _OPENMP
    return omp_get_num_threads();
#else
    return 1;
#endif
}

/* x_0: from 1 to 2^16, so that no element is missed in a sum, and sums of 2^36
 * stay below 2^53. b: the same with half of them negative; what add and triad
 * add up stays exact for 2^35 iterations. */
static double start_of(const struct et_stream *p, int64_t i)
{
    return (double)((et_random_u64(p->stream, (uint64_t)i) & 0xffff) + 1);
}

static double addend_of(const struct et_stream *p, int64_t i)
{
    uint64_t r = et_random_u64(~p->stream, (uint64_t)i);
    double v = (double)((r & 0xffff) + 1);
    return r >> 63 ? -v : v;
}

void et_stream_fill(struct et_stream *p)
{
    int64_t m = p->n / p->threads;
#pragma omp parallel num_threads(p->threads)
    for (int t = first_piece(); t < p->threads; t += next_piece()) {
        for (int64_t i = t * m; i < (t + 1) * m; i++) {
            p->s[i] = start_of(p, i);
            if (p->d)
                p->d[i] = NAN;
            if (p->b)
                p->b[i] = addend_of(p, i);
        }
    }
    p->count = 0;
    p->sum = 0;
}

/* One thread's piece, all iterations. Returns read's sums. */
static uint64_t run_piece(const struct et_stream *p, int64_t from, int64_t m,
                          uint64_t iterations)
{
    et_stream_loop *loop =
        (p->nontemporal ? p->width->nontemporal : p->width->ordinary)[p->op];
    double *s = p->s + from, *d = p->d ? p->d + from : s;
    const double *b = p->b ? p->b + from : s;
    bool scales = p->op == ET_STREAM_SCALE;
    /* What is raised is a whole unit of x_0 even while all is doubled. */
    bool doubled = scales && p->count % 2;
    uint64_t at = p->count % (uint64_t)m, sum = 0;
    for (uint64_t k = 0; k < iterations; k++) {
        double q = !scales ? FACTOR : doubled ? 0.5 : 2;
        s[at] += doubled ? 2 : 1;
        double got = loop(d, s, b, q, (size_t)m);
        if (p->d) {
            double *was = s;
            s = d;
            d = was;
        } else {
            sum += (uint64_t)got;
        }
        doubled = scales && !doubled;
        if (++at == (uint64_t)m)
            at = 0;
    }
    return sum;
}

void et_stream_run(struct et_stream *p, uint64_t iterations)
{
    int64_t m = p->n / p->threads;
    uint64_t sum = 0;
#pragma omp parallel num_threads(p->threads) reduction(+ : sum)
    for (int t = first_piece(); t < p->threads; t += next_piece())
        sum += run_piece(p, t * m, m, iterations);
    p->sum += sum;
    p->count += iterations;
    if (p->d && iterations % 2) {
        double *was = p->s;
        p->s = p->d;
        p->d = was;
    }
}

/* How often element j of a piece of m was raised in n iterations. */
static uint64_t raised(uint64_t n, uint64_t m, uint64_t j)
{
    return n > j ? (n - 1 - j) / m + 1 : 0;
}

static double expected(const struct et_stream *p, int64_t i, int64_t m)
{
    double n = (double)p->count;
    double x = start_of(p, i) +
               (double)raised(p->count, (uint64_t)m, (uint64_t)(i % m));
    switch (p->op) {
    case ET_STREAM_ADD:
        return x + n * addend_of(p, i);
    case ET_STREAM_TRIAD:
        return x + FACTOR * n * addend_of(p, i);
    case ET_STREAM_SCALE:
        return p->count % 2 ? 2 * x : x;
    default:
        return x;
    }
}

/* Iteration k, from 0, sees the contents of the start and k+1 raised. */
static uint64_t expected_sum(const struct et_stream *p)
{
    uint64_t start = 0, n = p->count, pieces = (uint64_t)p->threads;
#pragma omp parallel for schedule(static) num_threads(p->threads)              \
    reduction(+ : start)
    for (int64_t i = 0; i < p->n; i++)
        start += (uint64_t)start_of(p, i);
    /* n (n+1) / 2 modulo 2^64: the even one is halved first. */
    uint64_t all = n % 2 ? (n + 1) / 2 * n : n / 2 * (n + 1);
    return start * n + pieces * all;
}

int64_t et_stream_check(struct et_stream *p, struct et_stream_fault *first)
{
    int64_t m = p->n / p->threads, wrong = 0, lowest = INT64_MAX;
#pragma omp parallel for schedule(static) num_threads(p->threads)              \
    reduction(+ : wrong) reduction(min : lowest)
    for (int64_t i = 0; i < p->n; i++) {
        /* Not `!=`: a NaN must count as wrong. The addends too: a store that
         * went astray must not stay unseen. */
        bool right = p->s[i] == expected(p, i, m) &&
                     (!p->b || p->b[i] == addend_of(p, i));
        if (!right) {
            wrong++;
            lowest = i < lowest ? i : lowest;
        }
        if (p->d)
            p->d[i] = NAN;
    }
    if (wrong)
        *first = (struct et_stream_fault){lowest, p->s[lowest],
                                          expected(p, lowest, m)};
    uint64_t want = p->d ? 0 : expected_sum(p);
    if (!p->d && p->sum != want) {
        if (!wrong)
            *first = (struct et_stream_fault){-1, (double)p->sum, (double)want};
        wrong++;
    }
    return wrong;
}
