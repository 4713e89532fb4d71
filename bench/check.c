/* Freivalds' test, rounding bounds and agreement; the sources and formulas
 * stand in check.h.
 */
#include "config.h"
#include "bench/check.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "harness/base/random.h"

/* Elements converted to fp64 at a time. */
#define CHUNK 256

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
            .at = {(double)at0, (double)at1, (double)at2}};
}

static void describe(const double v[6], int rank, const char *const axes[3],
                     char *out, size_t room)
{
    size_t n = (size_t)snprintf(out, room, "rank %d", rank);
    for (int i = 0; i < 3 && n < room; i++) {
        if (v[3 + i] >= 0)
            n += (size_t)snprintf(out + n, room - n, ", %s %.0f", axes[i],
                                  v[3 + i]);
    }
    if (n < room)
        snprintf(out + n, room - n, ": %.9g, expected %.9g +- %.2g", v[0], v[1],
                 v[2]);
}

enum et_status et_check_agree(struct et_team *team, enum et_status mine,
                              const struct et_check_worst *w,
                              const char *const axes[3], const char *method,
                              struct et_verification *out)
{
    enum et_status status = et_team_agree(team, mine);
    if (status != ET_OK)
        return status;
    double error = w->error;
    status = et_team_reduce(team, ET_MAX, &error, 1);
    if (status != ET_OK)
        return status;
    double owner = w->error == error ? team->rank : INFINITY;
    status = et_team_reduce(team, ET_MIN, &owner, 1);
    if (status != ET_OK)
        return status;
    double v[6] = {0}; /* the owner's; the sum brings it to all */
    if (owner == team->rank)
        memcpy(
            v,
            (double[]){w->got, w->want, w->bound, w->at[0], w->at[1], w->at[2]},
            sizeof v);
    status = et_team_reduce(team, ET_SUM, v, 6);
    if (status != ET_OK)
        return status;
    struct et_verification done = {.error = error, .bound = 1};
    done.status = error <= 1 ? ET_CHECK_PASSED : ET_CHECK_FAILED;
    snprintf(done.method, sizeof done.method, "%s", method);
    if (done.status == ET_CHECK_FAILED)
        describe(v, (int)owner, axes, done.note, sizeof done.note);
    *out = done;
    return ET_OK;
}

void et_check_signs(double *x, int64_t n, uint64_t stream)
{
    for (int64_t i = 0; i < n; i++)
        x[i] = et_random_u64(stream, (uint64_t)i) >> 63 ? 1 : -1;
}

static void load(enum et_dtype t, const void *data, int64_t first, int n,
                 double *out)
{
    if (t == ET_FP64)
        memcpy(out, (const double *)data + first, (size_t)n * sizeof *out);
    else
        for (int i = 0; i < n; i++)
            out[i] = ((const float *)data)[first + i];
}

static int chunk(int64_t first, int64_t end)
{
    return end - first < CHUNK ? (int)(end - first) : CHUNK;
}

static void times_row(const struct et_check_matrix *m, int64_t i,
                      double *const x[], double *const y[], double *square)
{
    double buffer[CHUNK], y0 = 0, y1 = 0, q = 0;
    for (int64_t j = 0; j < m->cols; j += CHUNK) {
        int n = chunk(j, m->cols);
        const double *x0 = x[0] + j, *x1 = x[1] + j;
        load(m->dtype, m->data, m->first + i * m->rs + j, n, buffer);
#pragma omp simd reduction(+ : y0, y1, q)
        for (int l = 0; l < n; l++) {
            y0 += buffer[l] * x0[l];
            y1 += buffer[l] * x1[l];
            q += buffer[l] * buffer[l];
        }
    }
    y[0][i] = y0;
    y[1][i] = y1;
    square[i] = q;
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
    memcpy(square + i, q, (size_t)n * sizeof *q);
}

void et_check_times(const struct et_check_matrix *m,
                    double *const x[ET_CHECK_VECTORS],
                    double *const y[ET_CHECK_VECTORS], double *square,
                    int threads)
{
    if (m->cs == 1) {
#pragma omp parallel for schedule(static) num_threads(threads)
        for (int64_t i = 0; i < m->rows; i++)
            times_row(m, i, x, y, square);
    } else {
#pragma omp parallel for schedule(static) num_threads(threads)
        for (int64_t i = 0; i < m->rows; i += CHUNK)
            times_columns(m, i, x, y, square);
    }
}

struct et_check_growth et_check_grow(double alpha, double beta, uint64_t n,
                                     double each, double carry, double typical)
{
    struct et_check_growth g = {.keep = 1};
    double a = fabs(alpha), b = fabs(beta);
    double size = 0, kept = 1; /* |C| <= size |A||B| + kept |C0| */
    for (uint64_t i = 0; i < n; i++) {
        g.product =
            b * g.product + a * each + b * carry * (size * typical + g.product);
        g.carried = b * g.carried + b * carry * (kept + g.carried);
        g.value = beta * g.value + alpha;
        g.keep *= beta;
        size = b * size + a;
        kept *= b;
        if (beta == 0)
            break; /* one iteration says it all */
    }
    return g;
}

double et_check_row_bound(const struct et_check_growth *g, double a, double b,
                          double c, double c0, int64_t k, int64_t n)
{
    double u = et_dtype_epsilon(ET_FP64);
    double rn = sqrt((double)n), rk = sqrt((double)k);
    double own = rn * c + rn * fabs(g->keep) * c0 +
                 (1 + rn / rk) * fabs(g->value) * a * b;
    return ET_CHECK_LAMBDA * (g->product * a * b + g->carried * c0 + u * own);
}
