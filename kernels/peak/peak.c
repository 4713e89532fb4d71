/* peak's list of backends, and all that their loops share: operands, threads,
 * sums and their increments. Knows no instruction.
 */
#include "config.h"
#include "kernels/peak/peak.h"

#include <stdlib.h>
#include <string.h>

#include "harness/base/log.h"
#include "harness/base/memory.h"
#include "harness/base/random.h"
#include "kernels/gemm/native/tile.h"
#include "lists.h"

ET_BACKENDS(peak, ET_LIST_PEAK);

/* Up to where sums are exact, of each kind of accumulator. */
static int64_t exact(enum et_peak_sum sum)
{
    switch (sum) {
    case ET_PEAK_F64:
        return (int64_t)et_dtype_exact(ET_FP64);
    case ET_PEAK_F32:
        return (int64_t)et_dtype_exact(ET_FP32);
    case ET_PEAK_I32:
        return INT32_MAX;
    }
    return 0;
}

static const size_t sum_size[] = {
    [ET_PEAK_F64] = 8, [ET_PEAK_F32] = 4, [ET_PEAK_I32] = 4};

const char *et_peak_unsupported(const struct et_peak_backend *b,
                                enum et_dtype dtype)
{
    struct et_peak_kernel kernel = {0};
    const char *why = et_backend_why_not(&b->base);
    if (!why && b->base.space && !b->base.space->is_host)
        why = "its operands would not lie in the host's memory";
    if (!why && !et_dtype_is_known(dtype))
        why = "this is no element type";
    if (!why)
        why = b->kernel(dtype, &kernel);
    return why || kernel.run || kernel.tile ? why
                                            : "it has no loop for this type";
}

const struct et_peak_backend *et_peak_widest(enum et_dtype dtype)
{
    const struct et_peak_backend *b, *last = NULL;
    for (size_t i = 0; (b = et_peak_backend_at(i)); i++) {
        if (!b->fed && !et_peak_unsupported(b, dtype))
            last = b;
    }
    return last;
}

/* Magnitudes are drawn for each element, signs for each row of A and column
 * of B: the products of a sum have one sign, so none is 0. */
static void fill(enum et_dtype dtype, void *out, size_t i, int range,
                 bool negative, uint64_t stream)
{
    double v = 1 + (double)(et_random_u64(stream, i) % (uint64_t)range);
    et_dtype_set(dtype, out, i, negative ? -v : v);
}

static void fill_operands(struct et_peak_setup *p, enum et_dtype dtype,
                          uint64_t seed)
{
    const struct et_peak_kernel *q = &p->kernel;
    uint64_t stream = et_random_stream(seed, 1);
    uint64_t signs = et_random_stream(seed, 2);
    size_t n = (size_t)(q->a_registers * q->blocks * q->m * q->k);
    for (size_t i = 0; i < n; i++) {
        size_t row = q->a_group ? i / (size_t)q->a_group % (size_t)q->m
                                : i / (size_t)q->k;
        fill(dtype, p->a, i, q->range,
             !q->a_positive && et_random_u64(signs, row) >> 63, stream);
    }
    stream = et_random_stream(seed, 3);
    signs = et_random_stream(seed, 4);
    n = (size_t)(q->b_registers * q->blocks * q->n * q->k);
    for (size_t i = 0; i < n; i++) {
        size_t block = i / (size_t)(q->n * q->k);
        size_t column = i / (size_t)q->group % (size_t)q->n;
        fill(dtype, p->b, i, q->range,
             et_random_u64(signs, block * (size_t)q->n + column) >> 63, stream);
    }
}

/* What a step adds to C[i][j] of a block, by the definition. */
static int64_t increment(const struct et_peak_setup *p, enum et_dtype dtype,
                         int a, int b, int block, int i, int j)
{
    const struct et_peak_kernel *q = &p->kernel;
    int at_a = (a * q->blocks + block) * q->m * q->k;
    int at_b = (b * q->blocks + block) * q->n * q->k;
    double sum = 0;
    for (int l = 0; l < q->k; l++) {
        int row = l / q->group, in = l % q->group;
        int of_a = i * q->k + l;
        if (q->a_group)
            of_a = (l / q->a_group * q->m + i) * q->a_group + l % q->a_group;
        sum += et_dtype_get(dtype, p->a, (size_t)(at_a + of_a)) *
               et_dtype_get(dtype, p->b,
                            (size_t)(at_b + (row * q->n + j) * q->group + in));
    }
    return (int64_t)sum;
}

static void find_increments(struct et_peak_setup *p, enum et_dtype dtype)
{
    const struct et_peak_kernel *q = &p->kernel;
    int64_t greatest = 1;
    size_t at = 0;
    for (int t = 0; t < q->accumulators; t++) {
        for (int lane = 0; lane < (int)p->lanes; lane++, at++) {
            int64_t v = increment(p, dtype, t % q->a_registers,
                                  t / q->a_registers % q->b_registers,
                                  lane / (q->m * q->n), lane / q->n % q->m,
                                  lane % q->n);
            p->each[at] = v;
            greatest = llabs(v) > greatest ? llabs(v) : greatest;
        }
    }
    p->most = (uint64_t)(exact(q->sum) / greatest);
}

enum et_status et_peak_create(const struct et_peak_backend *b,
                              enum et_dtype dtype, int threads, uint64_t seed,
                              struct et_peak_setup **out)
{
    const char *why = et_peak_unsupported(b, dtype);
    if (why)
        return et_error(ET_USAGE, "peak: %s: %s: %s", b->base.name,
                        et_dtype_name(dtype), why);
    struct et_peak_setup *p = et_alloc(1, sizeof *p);
    if (!p)
        return et_error(ET_INFRA, "peak: no memory");
    struct et_peak_kernel *q = &p->kernel;
    b->kernel(dtype, q);
    size_t size = et_dtype_size(dtype);
    p->threads = threads;
    p->lanes = (size_t)(q->blocks * q->m * q->n);
    size_t sums = (size_t)q->accumulators * p->lanes;
    p->a = et_alloc_aligned((size_t)(q->a_registers * q->blocks * q->m * q->k),
                            size);
    p->b = et_alloc_aligned((size_t)(q->b_registers * q->blocks * q->n * q->k),
                            size);
    p->each = et_alloc(sums, sizeof *p->each);
    p->thread = et_alloc((size_t)threads, sizeof *p->thread);
    bool whole = p->a && p->b && p->each && p->thread;
    for (int t = 0; whole && t < threads; t++) {
        struct et_peak_thread *th = &p->thread[t];
        th->c = et_alloc_aligned(sums, sum_size[q->sum]);
        th->sums = et_alloc_aligned(sums, sizeof *th->sums);
        whole = th->c && th->sums;
    }
    if (!whole) {
        et_peak_destroy(p);
        return et_error(ET_INFRA, "peak: no memory");
    }
    fill_operands(p, dtype, seed);
    find_increments(p, dtype);
    *out = p;
    return ET_OK;
}

static void take_out(const struct et_peak_setup *p, struct et_peak_thread *th)
{
    size_t n = (size_t)p->kernel.accumulators * p->lanes;
    switch (p->kernel.sum) {
    case ET_PEAK_F64:
        for (size_t i = 0; i < n; i++)
            th->sums[i] += (int64_t)((const double *)th->c)[i];
        break;
    case ET_PEAK_F32:
        for (size_t i = 0; i < n; i++)
            th->sums[i] += (int64_t)((const float *)th->c)[i];
        break;
    case ET_PEAK_I32:
        for (size_t i = 0; i < n; i++)
            th->sums[i] += ((const int32_t *)th->c)[i];
    }
    memset(th->c, 0, n * sum_size[p->kernel.sum]);
    th->since = 0;
}

static void multiply(const struct et_peak_kernel *q, void *c, const void *a,
                     const void *b, uint64_t steps)
{
    for (uint64_t s = 0; s < steps; s++)
        q->tile->multiply(q->k / q->group, a, b, NULL, c, q->n, true);
}

static void run_thread(const struct et_peak_setup *p, struct et_peak_thread *th,
                       uint64_t steps)
{
    while (steps > 0) {
        uint64_t room = p->most - th->since;
        uint64_t now = steps < room ? steps : room;
        if (p->kernel.tile)
            multiply(&p->kernel, th->c, p->a, p->b, now);
        else
            p->kernel.run(th->c, p->a, p->b, now);
        steps -= now;
        th->since += now;
        if (th->since == p->most)
            take_out(p, th);
    }
}

void et_peak_run(struct et_peak_setup *p, uint64_t iterations)
{
    uint64_t steps = iterations * p->kernel.steps;
    /* A team smaller than asked for takes longer, and leaves nothing out. */
#pragma omp parallel for schedule(static, 1) num_threads(p->threads)
    for (int t = 0; t < p->threads; t++)
        run_thread(p, &p->thread[t], steps);
}

static double operations(const struct et_peak_kernel *q, int threads)
{
    return 2.0 * q->accumulators * q->blocks * q->m * q->n * q->k *
           (double)q->steps * threads;
}

double et_peak_operations(const struct et_peak_setup *p)
{
    return operations(&p->kernel, p->threads);
}

double et_peak_operations_of(const struct et_peak_backend *b,
                             enum et_dtype dtype, int threads)
{
    struct et_peak_kernel kernel = {0};
    if (b->kernel && et_dtype_is_known(dtype))
        b->kernel(dtype, &kernel);
    return kernel.varies ? 0 : operations(&kernel, threads);
}

void et_peak_collect(struct et_peak_setup *p)
{
    for (int t = 0; t < p->threads; t++)
        take_out(p, &p->thread[t]);
}

void et_peak_forget(struct et_peak_setup *p)
{
    et_peak_collect(p);
    for (int t = 0; t < p->threads; t++)
        memset(p->thread[t].sums, 0,
               (size_t)p->kernel.accumulators * p->lanes * sizeof(int64_t));
}

void et_peak_destroy(struct et_peak_setup *p)
{
    if (!p)
        return;
    for (int t = 0; p->thread && t < p->threads; t++) {
        et_free_aligned(p->thread[t].c);
        et_free_aligned(p->thread[t].sums);
    }
    et_free_aligned(p->a);
    et_free_aligned(p->b);
    free(p->each);
    free(p->thread);
    free(p);
}
