/* Freivalds' test, rounding bounds and agreement; the sources and formulas
 * stand in freivalds.h.
 */
#include "config.h"
#include "bench/check/freivalds.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "harness/base/random.h"

/* Elements converted to fp64 at a time. */
#define CHUNK 256
/* The test's own sums are exact up to here. */
#define EXACT 0x1p53
/* Integers and weights that are varied enough. */
#define ENOUGH 1024

double et_check_gamma(double n, double u)
{
    return n * u < 1 ? n * u / (1 - n * u) : INFINITY;
}

void et_check_take(struct et_check_worst *w, double got, double want,
                   double bound, int64_t at0, int64_t at1, int64_t at2)
{
    double difference = fabs(got - want), error;
    if (!isfinite(got) || !isfinite(want) || !isfinite(bound))
        error = INFINITY;
    else if (difference == 0)
        error = 0;
    else
        error = bound > 0 ? difference / bound : INFINITY;
    if (error > w->error)
        *w = (struct et_check_worst){
            .error = error,
            .got = got,
            .want = want,
            .bound = bound,
            .at = {(double)at0, (double)at1, (double)at2},
            .certain = w->certain};
}

static void describe(const struct et_check_worst *w, int rank,
                     const char *const axes[3], char *out, size_t room)
{
    size_t n = (size_t)snprintf(out, room, "%srank %d",
                                w->exact ? "exact integers, " : "", rank);
    for (int i = 0; i < 3 && n < room; i++) {
        if (w->at[i] >= 0)
            n += (size_t)snprintf(out + n, room - n, ", %s %.0f", axes[i],
                                  w->at[i]);
    }
    if (n < room)
        snprintf(out + n, room - n, ": %.9g, expected %.9g +- %.2g", w->got,
                 w->want, w->bound);
}

enum et_status et_check_agree(struct et_team *team, enum et_status mine,
                              const struct et_check_worst *w,
                              const char *const axes[3], const char *method,
                              struct et_verification *out)
{
    struct et_check_worst worst = *w;
    double error = w->error, certain = w->certain;
    int owner = 0;
    enum et_status status = et_team_agree(team, mine);
    if (status == ET_OK)
        status = et_team_reduce(team, ET_MAX, &certain, 1);
    if (status == ET_OK)
        status = et_team_largest(team, &error, &owner);
    if (status == ET_OK)
        status = et_team_broadcast(team, owner, &worst, sizeof worst);
    if (status != ET_OK)
        return status;
    struct et_verification done = {
        .error = error, .bound = 1, .certain = certain, .usual = NAN};
    done.status = done.error <= 1 ? ET_CHECK_PASSED : ET_CHECK_FAILED;
    snprintf(done.method, sizeof done.method, "%s", method);
    if (done.status == ET_CHECK_FAILED)
        describe(&worst, owner, axes, done.note, sizeof done.note);
    *out = done;
    return ET_OK;
}

void et_check_signs(double *x, int64_t n, int64_t most, uint64_t stream)
{
    for (int64_t i = 0; i < n; i++) {
        uint64_t r = et_random_u64(stream, (uint64_t)i);
        double size = 1 + (double)((r & INT64_MAX) % (uint64_t)most);
        x[i] = r >> 63 ? size : -size;
    }
}

struct et_check_rounding et_check_rounding_of(const struct et_types *t)
{
    enum et_dtype out = t->out.dtype;
    return (struct et_check_rounding){
        .sum = et_dtype_epsilon(t->sum),
        .out = out == t->sum ? 0 : et_dtype_epsilon(out),
        .half = out == t->sum ? 0 : et_dtype_step(out) / 2,
        .operand = fmin(et_dtype_exact(t->a.dtype), et_dtype_exact(t->b.dtype)),
        .exact = fmin(et_dtype_exact(t->sum), et_dtype_exact(out))};
}

int64_t et_check_integers(int64_t k, int64_t n,
                          const struct et_check_rounding *unit)
{
    double depth = (double)k;
    int64_t q = (int64_t)fmin(ENOUGH, unit->operand);
    while (q > 0 && ((double)q * ((double)q * depth + 1) > unit->exact ||
                     et_check_weights(k, n, q) < 1))
        q--;
    return q;
}

int64_t et_check_wide(int64_t n, const struct et_check_rounding *unit)
{
    double most =
        fmin(unit->operand, fmin(unit->exact / 16, 0x1p52 / (double)n));
    return most >= 1 ? (int64_t)most : 0;
}

int64_t et_check_weights(int64_t k, int64_t n, int64_t q)
{
    double most = EXACT / ((double)n * (double)q * ((double)q * (double)k + 1));
    return most < ENOUGH ? (int64_t)most : ENOUGH;
}

void et_check_fill(enum et_dtype dtype, void *out, size_t n, uint64_t stream,
                   uint64_t first, int64_t q)
{
    if (q == 0) {
        et_random_fill(dtype, out, n, stream, first);
        return;
    }
    double least = fmax(-(double)q, et_dtype_least(dtype));
#pragma omp parallel for schedule(static) if (n > 65536)
    for (size_t i = 0; i < n; i++) {
        uint64_t r = et_random_u64(stream, first + i) >> 1;
        et_dtype_set(dtype, out, i,
                     (double)(r % (uint64_t)((double)q - least + 1)) + least);
    }
}

static void load(enum et_dtype t, const void *data, int64_t first, int n,
                 double *out)
{
    switch (t) {
    case ET_FP64:
        memcpy(out, (const double *)data + first, (size_t)n * sizeof *out);
        break;
    case ET_FP32:
        for (int i = 0; i < n; i++)
            out[i] = (double)((const float *)data)[first + i];
        break;
    default:
        et_dtype_load(t, data, (size_t)first, (size_t)n, out);
    }
}

static int chunk(int64_t first, int64_t end)
{
    return end - first < CHUNK ? (int)(end - first) : CHUNK;
}

/* ROWS rows at once: their sums do not wait for each other, and a sign is
 * read once for all. Memory sets the pace, not the adders. */
#define ROWS 4
#define SUMS _Pragma("omp simd reduction(+ : p0, q0, r0, s0, p1, q1, r1, s1)")
#define TIMES_ROWS(name, type)                                                 \
    static void name(const void *const *row, const double *x0,                 \
                     const double *x1, int64_t n, double y[][ROWS])            \
    {                                                                          \
        const type *p = row[0], *q = row[1], *r = row[2], *s = row[3];         \
        double p0 = 0, q0 = 0, r0 = 0, s0 = 0, p1 = 0, q1 = 0, r1 = 0, s1 = 0; \
        SUMS for (int64_t j = 0; j < n; j++)                                   \
        {                                                                      \
            p0 += (double)p[j] * x0[j], p1 += (double)p[j] * x1[j];            \
            q0 += (double)q[j] * x0[j], q1 += (double)q[j] * x1[j];            \
            r0 += (double)r[j] * x0[j], r1 += (double)r[j] * x1[j];            \
            s0 += (double)s[j] * x0[j], s1 += (double)s[j] * x1[j];            \
        }                                                                      \
        y[0][0] = p0, y[0][1] = q0, y[0][2] = r0, y[0][3] = s0;                \
        y[1][0] = p1, y[1][1] = q1, y[1][2] = r1, y[1][3] = s1;                \
    }
TIMES_ROWS(times_fp64, double)
TIMES_ROWS(times_fp32, float)

/* Of any other type, widened a part of a row at a time. */
static void times_any(enum et_dtype type, const void *const *row,
                      const double *x0, const double *x1, int64_t n,
                      double y[][ROWS])
{
    double buffer[ROWS][CHUNK], part[ET_CHECK_VECTORS][ROWS];
    const void *wide[ROWS];
    memset(y, 0, sizeof part);
    for (int64_t j = 0; j < n; j += CHUNK) {
        for (int r = 0; r < ROWS; r++) {
            load(type, row[r], j, chunk(j, n), buffer[r]);
            wide[r] = buffer[r];
        }
        times_fp64(wide, x0 + j, x1 + j, chunk(j, n), part);
        for (int r = 0; r < ROWS; r++) {
            y[0][r] += part[0][r];
            y[1][r] += part[1][r];
        }
    }
}

void et_check_spoil(enum et_dtype dtype, void *data, int64_t first, int64_t n)
{
    size_t size = et_dtype_size(dtype);
    memset((char *)data + (size_t)first * size, et_dtype_spoilt(dtype),
           (size_t)n * size);
}

static void times_rows(const struct et_check_matrix *m, int64_t i,
                       double *const x[], double *const y[])
{
    const void *row[ROWS];
    double out[ET_CHECK_VECTORS][ROWS];
    int64_t n = m->rows - i < ROWS ? m->rows - i : ROWS;
    for (int64_t r = 0; r < ROWS; r++) { /* the last again, where none is */
        int64_t at = m->first + (i + (r < n ? r : n - 1)) * m->rs;
        row[r] = (const char *)m->data + (size_t)at * et_dtype_size(m->dtype);
    }
    switch (m->dtype) {
    case ET_FP64:
        times_fp64(row, x[0], x[1], m->cols, out);
        break;
    case ET_FP32:
        times_fp32(row, x[0], x[1], m->cols, out);
        break;
    default:
        times_any(m->dtype, row, x[0], x[1], m->cols, out);
    }
    for (int t = 0; t < ET_CHECK_VECTORS; t++)
        memcpy(y[t] + i, out[t], (size_t)n * sizeof **y);
    for (int64_t r = 0; m->spoil && r < n; r++)
        et_check_spoil(m->dtype, m->spoil, m->first + (i + r) * m->rs, m->cols);
}

static double square_row(const struct et_check_matrix *m, int64_t i)
{
    double buffer[CHUNK], q = 0;
    for (int64_t j = 0; j < m->cols; j += CHUNK) {
        int n = chunk(j, m->cols);
        load(m->dtype, m->data, m->first + i * m->rs + j, n, buffer);
#pragma omp simd reduction(+ : q)
        for (int l = 0; l < n; l++)
            q += buffer[l] * buffer[l];
    }
    return q;
}

/* Rows from i on, where a column's elements are neighbours. */
static void times_columns(const struct et_check_matrix *m, int64_t i,
                          double *const x[], double *const y[], double *square)
{
    double buffer[CHUNK], y0[CHUNK] = {0}, y1[CHUNK] = {0}, q[CHUNK] = {0};
    int n = chunk(i, m->rows);
    for (int64_t j = 0; j < m->cols; j++) {
        double x0 = x[0][j], x1 = x[1][j];
        load(m->dtype, m->data, m->first + i + j * m->cs, n, buffer);
        for (int l = 0; l < n; l++) {
            y0[l] += buffer[l] * x0;
            y1[l] += buffer[l] * x1;
            q[l] += buffer[l] * buffer[l];
        }
    }
    memcpy(y[0] + i, y0, (size_t)n * sizeof *y0);
    memcpy(y[1] + i, y1, (size_t)n * sizeof *y1);
    if (square)
        memcpy(square + i, q, (size_t)n * sizeof *q);
}

void et_check_times(const struct et_check_matrix *m,
                    double *const x[ET_CHECK_VECTORS],
                    double *const y[ET_CHECK_VECTORS], double *square,
                    int threads)
{
    (void)threads; /* without OpenMP */
    if (m->cs == 1) {
#pragma omp parallel for schedule(static) num_threads(threads)
        for (int64_t i = 0; i < m->rows; i += ROWS) {
            for (int64_t r = i; square && r < i + ROWS && r < m->rows; r++)
                square[r] = square_row(m, r);
            times_rows(m, i, x, y);
        }
    } else {
#pragma omp parallel for schedule(static) num_threads(threads)
        for (int64_t i = 0; i < m->rows; i += CHUNK)
            times_columns(m, i, x, y, square);
    }
}

/* The error of C after n iterations of C = alpha A B + beta C, step by step.
 * Let P be |A||B|. Iteration i computes
 *
 *   C_i = alpha (A B)(1 + d) + beta C_(i-1), then rounds,  |d| <= each
 *
 * and is off by three things: what C_(i-1) was off by, times |beta|; the new
 * product, |alpha| each P; and the rounding of beta C_(i-1) and of the sum, as
 * carry times the size of |beta C_(i-1)|. That size is at most
 *
 *   |C_i|  <= size_i P + kept_i |C_0|
 *   size_i  = |beta| size_(i-1) + |alpha|,   size_0 = 0
 *   kept_i  = |beta| kept_(i-1),             kept_0 = 1
 *
 * and in the typical case |A B| is only `typical` times P, so size_i counts
 * for as much less. The error itself is rounded along. With P and |C_0| kept
 * apart, |C_i - right| <= product_i P + carried_i |C_0|, where
 *
 *   product_i = |beta| product_(i-1) + |alpha| each
 *               + |beta| carry (typical size_(i-1) + product_(i-1))
 *   carried_i = |beta| carried_(i-1)
 *               + |beta| carry (kept_(i-1) + carried_(i-1))
 *
 * and what C should be is value_i A B + keep_i C_0, where
 *
 *   value_i = beta value_(i-1) + alpha,   keep_i = beta keep_(i-1). */
static struct et_check_growth grow(double alpha, double beta, uint64_t n,
                                   double each, double carry, double typical)
{
    struct et_check_growth g = {.keep = 1};
    double a = fabs(alpha), b = fabs(beta), size = 0, kept = 1;
    for (uint64_t i = 0; i < n; i++) {
        double carries = b * carry; /* all at i - 1 until the last two lines */
        g.product =
            b * g.product + a * each + carries * (typical * size + g.product);
        g.carried = b * g.carried + carries * (kept + g.carried);
        g.value = beta * g.value + alpha;
        g.keep = beta * g.keep;
        size = b * size + a;
        kept = b * kept;
        if (beta == 0)
            break; /* C_i is the same for every i */
    }
    return g;
}

/* How many such errors have come together: one of each store, the older ones
 * times beta. */
static double steps(double beta, uint64_t n)
{
    double sum = 0;
    for (uint64_t i = 0; i < n && (i == 0 || beta != 0); i++)
        sum = 1 + fabs(beta) * sum;
    return sum;
}

struct et_check_growth et_check_grow_worst(double alpha, double beta,
                                           uint64_t n, int64_t k,
                                           const struct et_check_rounding *u)
{
    struct et_check_growth g =
        grow(alpha, beta, n, et_check_gamma((double)k + 3, u->sum),
             et_check_gamma(2, u->sum) + u->out, 1);
    g.stored = u->out;
    g.half = u->half * steps(beta, n);
    return g;
}

struct et_check_growth et_check_grow_typical(double alpha, double beta,
                                             uint64_t n, int64_t k,
                                             const struct et_check_rounding *u)
{
    struct et_check_growth g =
        grow(alpha, beta, n, u->sum, 2 * u->sum + u->out, 1 / sqrt((double)k));
    g.stored = u->out;
    g.half = u->half * steps(beta, n);
    return g;
}

double et_check_element_bound(const struct et_check_growth *worst, double size,
                              double c0, double c, int64_t k)
{
    double own = et_check_gamma((double)k + 3, et_dtype_epsilon(ET_FP64));
    double sums = worst->product * size + worst->carried * fabs(c0);
    return sums + worst->stored * (fabs(c) + sums) + worst->half +
           own * (fabs(worst->value) * size + fabs(worst->keep * c0));
}

double et_check_row_bound(const struct et_check_growth *typical, double a,
                          double b, double c0, int64_t k, int64_t n)
{
    double u = et_dtype_epsilon(ET_FP64);
    double rn = sqrt((double)n), rk = sqrt((double)k), ab = a * b;
    double c = fabs(typical->value) * ab / rk + fabs(typical->keep) * c0;
    double sums = typical->product * ab + typical->carried * c0;
    double own = 2 * rn * c + fabs(typical->value) * ab;
    return ET_CHECK_LAMBDA *
           (sums + typical->stored * c + typical->half * rn + u * own);
}
