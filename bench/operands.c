/* The operands of a product: memory and random numbers. */
#include "config.h"
#include "bench/operands.h"

#include <math.h>
#include <string.h>

#include "harness/base/log.h"
#include "harness/base/memory.h"
#include "harness/base/random.h"

static size_t input_size(const struct et_types *types, int i)
{
    return et_dtype_size(i ? types->b.dtype : types->a.dtype);
}

int64_t et_operands_turn(const struct et_types *types, int which, double beta)
{
    return beta != 0 ? 0 : et_turn_step(input_size(types, which));
}

void et_operands_cold(const struct et_types *types, const int64_t n[2],
                      double bytes, struct et_turn turn[2])
{
    double once = et_operands_bytes(types, n[0], n[1], 0);
    for (int i = 0; i < 2 && once < bytes; i++) {
        int64_t line = et_turn_step(input_size(types, i));
        turn[i].others = (int64_t)ceil(bytes / once) - 1;
        turn[i].apart =
            (n[i] + et_turn_slack(turn[i].step) + line - 1) / line * line;
    }
}

double et_operands_others(const struct et_types *types,
                          const struct et_turn turn[2])
{
    double bytes = 0;
    for (int i = 0; i < 2; i++)
        bytes += (double)turn[i].others * (double)turn[i].apart *
                 (double)input_size(types, i);
    return bytes;
}

double et_operands_bytes(const struct et_types *types, int64_t in_0,
                         int64_t in_1, int64_t out)
{
    return (double)in_0 * (double)et_dtype_size(types->a.dtype) +
           (double)in_1 * (double)et_dtype_size(types->b.dtype) +
           (double)out * (double)et_dtype_size(types->out.dtype);
}

enum et_status et_operands_open(struct et_operands *o, const char *bench,
                                const struct et_setting *setting,
                                const int64_t n[3], enum et_operands_of of)
{
    struct et_product *p = &o->product;
    const struct et_types *types = &p->types;
    int rank = setting->team->rank;
    const char *why = et_backend_why_not(p->backend);
    if (why)
        return et_error(ET_USAGE, "%s: backend %s: %s", bench, setting->backend,
                        why);
    const struct et_space *space = p->backend->space;
    int64_t in[2] = {0};
    for (int i = 0; i < 2; i++) {
        const struct et_turn *t = &o->turn[i];
        if (!et_add(n[i], et_turn_slack(t->step) + t->others * t->apart,
                    &in[i]))
            return et_error(ET_USAGE, "%s: the operands exceed 2^63 elements",
                            bench);
    }
    if (et_buffer_open(&o->in[0], space, (size_t)in[0],
                       et_dtype_size(types->a.dtype)) != ET_OK ||
        et_buffer_open(&o->in[1], space, (size_t)in[1],
                       et_dtype_size(types->b.dtype)) != ET_OK ||
        et_buffer_open(&o->out, space, (size_t)n[2],
                       et_dtype_size(types->out.dtype)) != ET_OK)
        return et_error(ET_INFRA,
                        "%s: rank %d: the %s has no memory for operands of "
                        "%.3g GB",
                        bench, rank, space ? space->name : et_space_host.name,
                        (et_operands_bytes(types, n[0], n[1], n[2]) +
                         et_operands_others(types, o->turn)) /
                            1e9);
    uint64_t first = et_random_stream(setting->seed, 0), mine = first;
    if (of != ET_OPERANDS_SAME)
        mine = et_random_stream(setting->seed, (uint64_t)rank);
    o->stream[0] = et_random_stream(mine, 1);
    o->stream[1] =
        et_random_stream(of == ET_OPERANDS_SPLIT_FIRST ? first : mine, 2);
    p->stream = et_random_stream(mine, 3);
    p->team = setting->team;
    p->settled = setting->settled;
    p->threads = setting->threads;
    p->c = &o->out;
    return et_product_open(p);
}

/* Of each row of A so many elements stay that are not 0, if it has them. */
static void thin(const struct et_product *p, void *data, int64_t terms,
                 uint64_t stream)
{
    for (int64_t g = 0; g < p->count; g++) {
        struct et_check_matrix a = p->ops->a(p->of, g);
#pragma omp parallel for schedule(static) num_threads(p->threads)
        for (int64_t i = 0; i < a.rows; i++) {
            uint64_t from = et_random_u64(stream, (uint64_t)i);
            int64_t kept = 0;
            for (int64_t l = 0; l < a.cols; l++) {
                int64_t column =
                    (int64_t)((from + (uint64_t)l) % (uint64_t)a.cols);
                size_t at = (size_t)(a.first + i * a.rs + column * a.cs);
                bool here = et_dtype_get(a.dtype, data, at) != 0;
                if (here && kept >= terms)
                    et_dtype_set(a.dtype, data, at, 0);
                kept += here;
            }
        }
    }
}

/* The copy at `first`, of so many elements, to all others. A block is written
 * by the thread that filled it in the first, so that pages lie where they would
 * without copies. */
static void copy(const struct et_buffer *in, const struct et_turn *t,
                 int64_t first, size_t n, int threads)
{
    const char *of = (const char *)in->host + (size_t)first * in->size;
    size_t bytes = n * in->size, block = 1 << 16;
    int64_t blocks = (int64_t)((bytes + block - 1) / block);
    (void)threads; /* where there is no OpenMP */
#pragma omp parallel for schedule(static) num_threads(threads)
    for (int64_t b = 0; b < blocks; b++) {
        size_t from = (size_t)b * block;
        size_t some = bytes - from < block ? bytes - from : block;
        for (int64_t i = 0; i <= t->others; i++) {
            char *to = (char *)in->host + (size_t)(i * t->apart) * in->size;
            if (to != of)
                memcpy(to + from, of + from, some);
        }
    }
}

enum et_status et_operands_fill(void *state, const struct et_product_fill *fill)
{
    struct et_operands *o = state;
    const struct et_product *p = &o->product;
    const enum et_dtype dtype[2] = {p->types.a.dtype, p->types.b.dtype};
    /* Which of the two is A of the product: a convolution's are turned round.
     */
    int first = p->ops->a(p->of, 0).data == o->in[0].host ? 0 : 1;
    enum et_status status = ET_OK;
    for (int i = 0; i < 2 && status == ET_OK; i++) {
        struct et_buffer *in = &o->in[i];
        const struct et_turn *t = &o->turn[i];
        uint64_t stream = et_random_stream(o->stream[i], fill->epoch);
        int64_t at = et_turn_copy(t, p->done);
        size_t one = in->n - (size_t)(t->others * t->apart);
        et_check_fill(dtype[i], (char *)in->host + (size_t)at * in->size, one,
                      stream, 0, i == first ? fill->a : fill->b);
        if (fill->terms && i == first)
            thin(p, in->host, fill->terms, stream);
        if (t->others)
            copy(in, t, at, one, p->threads);
        status = et_buffer_send(in, 0, in->n);
    }
    return status;
}

void et_operands_work(const void *state, struct et_work *out)
{
    *out = ((const struct et_operands *)state)->work;
}

enum et_status et_operands_facts(void *state, struct et_pairs *out)
{
    const struct et_operands *o = state;
    enum et_status status = et_product_facts(state, out);
    bool whole = (!*o->cold || et_pairs_set(out, "cold", o->cold, false)) &&
                 (!*o->groups || et_pairs_set(out, "groups", o->groups, false));
    return status != ET_OK || whole ? status : et_no_memory();
}

void et_operands_close(void *state)
{
    struct et_operands *o = state;
    et_product_close(&o->product);
    et_buffer_close(&o->in[0]);
    et_buffer_close(&o->in[1]);
    et_buffer_close(&o->out);
}
