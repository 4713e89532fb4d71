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
    return op == ET_STREAM_READ                            ? 1
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

/* What an element starts from. x: from 1 to 2^16, so that none is missed in a
 * sum, and sums of 2^36 stay below 2^53. b: the same, half of them negative;
 * what add and triad add up stays exact for 2^35 iterations. */
struct start {
    double x, b;
};

static struct start start_of(const struct et_stream *p, int64_t i)
{
    uint64_t r = et_random_u64(p->stream, (uint64_t)i);
    double b = (double)((r >> 32 & 0xffff) + 1);
    return (struct start){(double)((r & 0xffff) + 1), r >> 63 ? -b : b};
}

void et_stream_fill(struct et_stream *p)
{
    int64_t m = p->n / p->threads;
#pragma omp parallel num_threads(p->threads)
    for (int t = first_piece(); t < p->threads; t += next_piece()) {
        for (int64_t i = t * m; i < (t + 1) * m; i++) {
            struct start e = start_of(p, i);
            p->s[i] = e.x;
            if (p->d)
                p->d[i] = NAN;
            if (p->b)
                p->b[i] = e.b;
        }
    }
    p->count = 0;
    p->sum = 0;
}

/* A sum as it is counted. What no right sum is, NaN among them, is defined too
 * and makes the count wrong: right ones are whole and below 2^53, and the bits
 * of all ones are none. */
static uint64_t counted(double sum)
{
    return sum >= 0 && sum < 0x1p63 ? (uint64_t)sum : UINT64_MAX;
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
            sum += counted(got);
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
static uint64_t raised(uint64_t n, int64_t m, int64_t j)
{
    return n > (uint64_t)j ? (n - 1 - (uint64_t)j) / (uint64_t)m + 1 : 0;
}

/* Element j of a piece that started as e, after n iterations: p->count, or one
 * less: the s of the last iteration, after its element was raised. */
static double expected(const struct et_stream *p, struct start e, int64_t j,
                       uint64_t done)
{
    double n = (double)done;
    double x = e.x + (double)raised(p->count, p->n / p->threads, j);
    switch (p->op) {
    case ET_STREAM_ADD:
        return x + n * e.b;
    case ET_STREAM_TRIAD:
        return x + FACTOR * n * e.b;
    case ET_STREAM_SCALE:
        return done % 2 ? 2 * x : x;
    default:
        return x;
    }
}

/* Of the sums of count iterations: iteration k, from 0, sees a piece's start
 * and k + 1 raised. */
static uint64_t expected_sum(const struct et_stream *p, uint64_t start)
{
    uint64_t n = p->count;
    /* n (n+1) / 2 modulo 2^64: the even one is halved first. */
    uint64_t all = n % 2 ? (n + 1) / 2 * n : n / 2 * (n + 1);
    return start * n + (uint64_t)p->threads * all;
}

static void spoil(struct et_stream *p)
{
    int64_t m = p->n / p->threads;
    if (!p->d)
        return;
#pragma omp parallel num_threads(p->threads)
    for (int t = first_piece(); t < p->threads; t += next_piece()) {
        for (int64_t i = t * m; i < (t + 1) * m; i++)
            p->d[i] = NAN;
    }
}

/* Is element i right in all vectors? A store that went astray must not stay
 * unseen in b. Not `!=`: a NaN must count as wrong. */
static bool is_right(const struct et_stream *p, struct start e, int64_t i,
                     int64_t j)
{
    uint64_t n = p->count;
    return p->s[i] == expected(p, e, j, n) && (!p->b || p->b[i] == e.b) &&
           (!p->d || (n > 0 && p->d[i] == expected(p, e, j, n - 1)));
}

/* Which vector is wrong there: s, else d, else b. */
static struct et_stream_fault fault_at(const struct et_stream *p, int64_t i)
{
    struct start e = start_of(p, i);
    int64_t j = i % (p->n / p->threads);
    double s = expected(p, e, j, p->count), d = expected(p, e, j, p->count - 1);
    if (p->s[i] != s || !p->d)
        return (struct et_stream_fault){i, p->s[i], s};
    if (!(p->d[i] == d) || !p->b)
        return (struct et_stream_fault){i, p->d[i], d};
    return (struct et_stream_fault){i, p->b[i], e.b};
}

int64_t et_stream_check(struct et_stream *p, struct et_stream_fault *first)
{
    int64_t m = p->n / p->threads, wrong = 0, lowest = INT64_MAX;
    uint64_t start = 0;
    struct et_stream_fault f = {-1, 0, 0};
#pragma omp parallel num_threads(p->threads) reduction(+ : wrong, start)       \
    reduction(min : lowest)
    for (int t = first_piece(); t < p->threads; t += next_piece()) {
        for (int64_t j = 0; j < m; j++) {
            int64_t i = t * m + j;
            struct start e = start_of(p, i);
            if (!is_right(p, e, i, j)) {
                wrong++;
                lowest = i < lowest ? i : lowest;
            }
            start += (uint64_t)e.x;
        }
    }
    if (wrong)
        f = fault_at(p, lowest);
    uint64_t want = expected_sum(p, start);
    if (!p->d && p->sum != want) {
        if (!wrong)
            f = (struct et_stream_fault){-1, (double)p->sum, (double)want};
        wrong++;
    }
    spoil(p);
    if (wrong)
        *first = f;
    return wrong;
}
