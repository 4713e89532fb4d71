/* A product with guards around its operands and between their rows, run by a
 * backend in its own memory and held to the definition. After test_main.h.
 */
#ifndef ET_TESTS_GEMM_H
#define ET_TESTS_GEMM_H

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/random.h"
#include "kernels/gemm/gemm.h"

#define GUARD 32 /* elements before and after an operand */

/* An operand with guards around it and between its rows. */
struct operand {
    enum et_dtype dtype;
    int64_t n, row, ld; /* elements; of a row, from row to row */
    char *all, *before; /* before: a copy, to compare with */
};

static void *elements(const struct operand *o)
{
    return o->all + GUARD * et_dtype_size(o->dtype);
}

static bool is_inside(const struct operand *o, int64_t i)
{
    return i >= 0 && i < o->n && i % o->ld < o->row;
}

static struct operand make(enum et_dtype dtype, int64_t n, int64_t row,
                           int64_t ld, uint64_t stream)
{
    struct operand o = {.dtype = dtype, .n = n, .row = row, .ld = ld};
    size_t size = et_dtype_size(dtype), bytes = ((size_t)n + 2 * GUARD) * size;
    o.all = malloc(bytes);
    o.before = malloc(bytes);
    assert_true(o.all && o.before);
    memset(o.all, 0xa5, bytes);
    for (int64_t i = 0; i < n; i++) {
        double v = et_random_unit(stream, (uint64_t)i);
        if (is_inside(&o, i)) /* of an integer type all that it has */
            et_dtype_set(dtype, elements(&o), (size_t)i,
                         !et_dtype_is_integer(dtype) ? v
                         : et_dtype_least(dtype) < 0 ? v * 128
                                                     : (v + 1) * 128);
    }
    memcpy(o.before, o.all, bytes);
    return o;
}

static void keep(struct operand *o)
{
    memcpy(o->before, o->all,
           ((size_t)o->n + 2 * GUARD) * et_dtype_size(o->dtype));
}

/* All of it as it was; `but_rows`: what belongs to C may differ. */
static void assert_kept(const struct operand *o, bool but_rows)
{
    size_t size = et_dtype_size(o->dtype);
    for (int64_t i = -GUARD; i < o->n + GUARD; i++) {
        size_t at = (size_t)(i + GUARD) * size;
        if (!but_rows || !is_inside(o, i))
            assert_memory_equal(o->all + at, o->before + at, size);
    }
}

static void drop(struct operand *o)
{
    free(o->all);
    free(o->before);
}

/* All that an operand holds, gaps and all, or held; free. */
static double *numbers_of(const struct operand *o, const char *base)
{
    double *v = malloc((size_t)o->n * sizeof *v);
    assert_non_null(v);
    et_dtype_load(o->dtype, base + GUARD * et_dtype_size(o->dtype), 0,
                  (size_t)o->n, v);
    return v;
}

static double at(const struct operand *o, const double *v, int64_t matrix,
                 int64_t rows, int64_t i, int64_t j)
{
    return v[(matrix * rows + i) * o->ld + j];
}

static void assert_product(const struct et_gemm *p, const struct operand *a,
                           const struct operand *b, const struct operand *c)
{
    double u = et_dtype_epsilon(p->types.sum);
    double stored = p->types.out.dtype == p->types.sum
                        ? 0
                        : et_dtype_epsilon(p->types.out.dtype);
    int64_t ra = p->trans_a ? p->k : p->m, rb = p->trans_b ? p->n : p->k;
    double *va = numbers_of(a, a->all), *vb = numbers_of(b, b->all);
    double *is = numbers_of(c, c->all), *was = numbers_of(c, c->before);
    for (int64_t r = 0; r < p->batch * p->m * p->n; r++) {
        int64_t j = r % p->n, i = r / p->n % p->m, g = r / p->n / p->m;
        double sum = 0, size = 0;
        for (int64_t l = 0; l < p->k; l++) {
            double v =
                (p->trans_a ? at(a, va, g, ra, l, i) : at(a, va, g, ra, i, l)) *
                (p->trans_b ? at(b, vb, g, rb, j, l) : at(b, vb, g, rb, l, j));
            sum += v;
            size += fabs(v);
        }
        double c0 = p->beta != 0 ? at(c, was, g, p->m, i, j) : 0;
        double want = p->alpha * sum + p->beta * c0;
        double bound = 2 * ((double)p->k + 4) * u *
                       (fabs(p->alpha) * size + fabs(p->beta * c0));
        if (stored > 0)
            bound += stored * (fabs(want) + bound) +
                     et_dtype_step(p->types.out.dtype) / 2;
        double got = at(c, is, g, p->m, i, j);
        if (!(fabs(got - want) <= bound))
            fail_msg("%s %lldx%lldx%lld %d%d alpha %g beta %g: "
                     "C[%lld][%lld][%lld] = %g, not %g",
                     et_dtype_name(p->types.sum), (long long)p->m,
                     (long long)p->n, (long long)p->k, p->trans_a, p->trans_b,
                     p->alpha, p->beta, (long long)g, (long long)i,
                     (long long)j, got, want);
    }
    free(va);
    free(vb);
    free(is);
    free(was);
}

static void spoil(struct operand *c)
{
    size_t size = et_dtype_size(c->dtype);
    for (int64_t i = 0; i < c->n; i++) {
        if (is_inside(c, i))
            memset((char *)elements(c) + (size_t)i * size,
                   et_dtype_spoilt(c->dtype), size);
    }
    keep(c);
}

/* The operand with its guards in the backend's memory. */
static struct et_buffer lend(const struct et_gemm_backend *b,
                             const struct operand *o)
{
    struct et_buffer at;
    size_t n = (size_t)o->n + 2 * GUARD, size = et_dtype_size(o->dtype);
    assert_int_equal(et_buffer_open(&at, b->base.space, n, size), ET_OK);
    memcpy(at.host, o->all, n * size);
    assert_int_equal(et_buffer_send(&at, 0, n), ET_OK);
    return at;
}

static void *lent(const struct et_buffer *b)
{
    return (char *)b->at + GUARD * b->size;
}

/* What stands there now. */
static void take_back(const struct et_buffer *b, const struct operand *o)
{
    assert_int_equal(et_buffer_bring(b, 0, b->n), ET_OK);
    memcpy(o->all, b->host, b->n * b->size);
}

/* A product, waited for and brought to C; and once more by et_backend_fetch. */
static void run_once(const struct et_gemm_backend *b, void *setup,
                     const struct et_buffer *at, const struct operand *c)
{
    struct et_buffer result = *at;
    result.at = lent(at);
    result.host = (char *)at->host + GUARD * at->size;
    result.n = (size_t)c->n;
    assert_int_equal(b->base.run(setup, 0, 1), ET_OK);
    assert_int_equal(et_backend_wait(&b->base, setup), ET_OK);
    take_back(at, c);
    assert_int_equal(et_backend_fetch(&b->base, setup, &result, 0, result.n),
                     ET_OK);
    assert_memory_equal(result.host, elements(c), result.n * at->size);
}

static void try_one(const struct et_gemm_backend *backend, struct et_gemm p,
                    int threads, int64_t slack)
{
    int64_t row_a = p.trans_a ? p.m : p.k, row_b = p.trans_b ? p.k : p.n;
    p.lda = row_a + slack;
    p.ldb = row_b + (slack ? slack + 2 : 0);
    p.ldc = p.n + (slack ? slack + 4 : 0);
    int64_t na, nb, nc;
    assert_true(et_gemm_elements(&p, &na, &nb, &nc));
    struct operand a = make(p.types.a.dtype, na, row_a, p.lda, 1);
    struct operand b = make(p.types.b.dtype, nb, row_b, p.ldb, 2);
    struct operand c = make(p.types.out.dtype, nc, p.n, p.ldc, 3);
    if (p.beta == 0)
        spoil(&c);
    struct et_buffer at_a = lend(backend, &a), at_b = lend(backend, &b),
                     at_c = lend(backend, &c);
    void *setup = NULL;
    assert_null(et_gemm_unsupported(backend, &p));
    assert_int_equal(backend->create(&p, threads, lent(&at_a), lent(&at_b),
                                     lent(&at_c), &setup),
                     ET_OK);
    run_once(backend, setup, &at_c, &c);
    assert_product(&p, &a, &b, &c);
    keep(&c); /* a setup runs again, on what C is now */
    run_once(backend, setup, &at_c, &c);
    assert_product(&p, &a, &b, &c);
    backend->base.destroy(setup);
    take_back(&at_a, &a);
    take_back(&at_b, &b);
    et_buffer_close(&at_a);
    et_buffer_close(&at_b);
    et_buffer_close(&at_c);
    assert_kept(&a, false);
    assert_kept(&b, false);
    assert_kept(&c, true);
    drop(&a);
    drop(&b);
    drop(&c);
}

#endif
