/* gemm on oneDNN's matmul primitive, of version 2 or 3: strided, batched, in
 * the types of neural networks. The primitive is made once; an iteration only
 * moves its inputs.
 */
#include "config.h"
#include "kernels/gemm/setup.h"

extern const struct et_gemm_backend et_gemm_onednn;

#define SUMMARY "oneDNN, matmul primitive"

#if HAVE_ONEDNN

#include <dnnl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#ifdef _OPENMP
#include <omp.h>
#endif

#include "harness/base/log.h"

/* Version 3 has opaque handles where version 2 has structs, and no descriptor
 * of an operation. */
#define V3 (DNNL_VERSION_MAJOR >= 3)

struct setup {
    struct et_gemm_setup setup;
    dnnl_engine_t engine;
    dnnl_stream_t stream;
    dnnl_primitive_t primitive;
    dnnl_memory_t memory[3]; /* A, B, C */
};

/* Where oneDNN has no such type: dnnl_data_type_undef. */
static dnnl_data_type_t type_of(enum et_dtype t)
{
    switch (t) {
    case ET_FP32:
        return dnnl_f32;
    case ET_BF16:
        return dnnl_bf16;
    case ET_FP16:
        return dnnl_f16;
    case ET_INT8:
        return dnnl_s8;
    case ET_UINT8:
        return dnnl_u8;
    case ET_INT32:
        return dnnl_s32;
    default:
        return dnnl_data_type_undef;
    }
}

/* As oneDNN takes them; returns how many it would have taken. */
static int set_threads(int threads)
{
#ifdef _OPENMP
    int before = omp_get_max_threads();
    omp_set_num_threads(threads);
    return before;
#else
    return threads;
#endif
}

/* batch x rows x columns, with these distances in elements. */
struct layout {
    dnnl_dims_t dims, strides;
    dnnl_data_type_t type;
};

static struct layout layout_of(enum et_dtype dtype, int64_t batch, int64_t rows,
                               int64_t columns, int64_t step, int64_t rs,
                               int64_t cs)
{
    return (struct layout){
        .dims = {batch, rows, columns},
        /* Of one row or column the distance to the next means nothing; where
         * its elements have gaps, version 3 must not take it for dense. */
        .strides = {step, rows == 1 && cs != 1 ? columns * cs : rs,
                    columns == 1 && rs != 1 ? rows * rs : cs},
        .type = type_of(dtype)};
}

static void layouts(const struct et_gemm_setup *q, struct layout out[3])
{
    const struct et_gemm *p = &q->p;
    out[0] = layout_of(p->types.a.dtype, p->batch, p->m, p->k, q->step_a,
                       q->rs_a, q->cs_a);
    out[1] = layout_of(p->types.b.dtype, p->batch, p->k, p->n, q->step_b,
                       q->rs_b, q->cs_b);
    out[2] = layout_of(p->types.out.dtype, p->batch, p->m, p->n, q->step_c,
                       p->ldc, 1);
}

/* alpha as a linear function of each sum, beta as a sum with what C was. */
static dnnl_status_t make_attributes(const struct et_gemm *p,
                                     dnnl_primitive_attr_t *out)
{
    dnnl_post_ops_t post = NULL;
    dnnl_status_t s = dnnl_primitive_attr_create(out);
    if (s == dnnl_success)
        s = dnnl_post_ops_create(&post);
#if V3
    if (s == dnnl_success && p->alpha != 1)
        s = dnnl_post_ops_append_eltwise(post, dnnl_eltwise_linear,
                                         (float)p->alpha, 0);
    if (s == dnnl_success && p->beta != 0)
        s = dnnl_post_ops_append_sum(post, (float)p->beta, 0,
                                     dnnl_data_type_undef);
#else
    if (s == dnnl_success && p->alpha != 1)
        s = dnnl_post_ops_append_eltwise(post, 1, dnnl_eltwise_linear,
                                         (float)p->alpha, 0);
    if (s == dnnl_success && p->beta != 0)
        s = dnnl_post_ops_append_sum(post, (float)p->beta);
#endif
    if (s == dnnl_success)
        s = dnnl_primitive_attr_set_post_ops(*out, post);
    if (post)
        dnnl_post_ops_destroy(post);
    return s;
}

/* The implementation that oneDNN takes first. */
static dnnl_status_t find(const struct et_gemm_setup *q, dnnl_engine_t engine,
                          dnnl_primitive_desc_t *out)
{
    struct layout l[3];
    dnnl_primitive_attr_t attributes = NULL;
    dnnl_status_t s = make_attributes(&q->p, &attributes);
    layouts(q, l);
#if V3
    dnnl_memory_desc_t d[3] = {NULL, NULL, NULL};
    for (int i = 0; i < 3 && s == dnnl_success; i++)
        s = dnnl_memory_desc_create_with_strides(&d[i], 3, l[i].dims, l[i].type,
                                                 l[i].strides);
    if (s == dnnl_success)
        s = dnnl_matmul_primitive_desc_create(out, engine, d[0], d[1], NULL,
                                              d[2], attributes);
    for (int i = 0; i < 3; i++) {
        if (d[i])
            dnnl_memory_desc_destroy(d[i]);
    }
#else
    dnnl_memory_desc_t d[3];
    dnnl_matmul_desc_t product;
    for (int i = 0; i < 3 && s == dnnl_success; i++)
        s = dnnl_memory_desc_init_by_strides(&d[i], 3, l[i].dims, l[i].type,
                                             l[i].strides);
    if (s == dnnl_success)
        s = dnnl_matmul_desc_init(&product, &d[0], &d[1], NULL, &d[2]);
    if (s == dnnl_success)
        s = dnnl_primitive_desc_create(out, &product, attributes, engine, NULL);
#endif
    if (attributes)
        dnnl_primitive_attr_destroy(attributes);
    return s;
}

static dnnl_status_t make_memory(dnnl_primitive_desc_t of, int which,
                                 dnnl_engine_t engine, const void *data,
                                 dnnl_memory_t *out)
{
    static const dnnl_query_t queries[] = {
        dnnl_query_src_md, dnnl_query_weights_md, dnnl_query_dst_md};
    return dnnl_memory_create(
        out, dnnl_primitive_desc_query_md(of, queries[which], 0), engine,
        (void *)(uintptr_t)data);
}

/* What multiplies such a product ("brg:avx512_core_amx"). */
static const char *implementation(const struct et_gemm *p, char *text, size_t n)
{
    const struct et_gemm_setup q = et_gemm_setup_of(p, 1, NULL, NULL, NULL);
    dnnl_engine_t engine = NULL;
    dnnl_primitive_desc_t d = NULL;
    const char *name = NULL;
    int before = set_threads(1);
    if (dnnl_engine_create(&engine, dnnl_cpu, 0) == dnnl_success &&
        find(&q, engine, &d) == dnnl_success)
        (void)dnnl_primitive_desc_query(d, dnnl_query_impl_info_str, 0, &name);
    snprintf(text, n, "%s", name ? name : "");
    if (d)
        dnnl_primitive_desc_destroy(d);
    if (engine)
        dnnl_engine_destroy(engine);
    (void)set_threads(before);
    return text;
}

static void origin(char *text, size_t n)
{
    static const enum et_dtype types[] = {ET_FP32, ET_BF16, ET_INT8};
    const dnnl_version_t *v = dnnl_version();
    int used =
        snprintf(text, n, "oneDNN %d.%d.%d", v->major, v->minor, v->patch);
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        char name[80];
        const struct et_gemm p =
            et_gemm_dense(et_types_usual(types[i]), 512, 512, 512);
        if (used > 0 && (size_t)used < n)
            used += snprintf(text + used, n - (size_t)used, ", %s by %s",
                             et_dtype_name(types[i]),
                             implementation(&p, name, sizeof name));
    }
}

static bool attempt(int threads)
{
    return et_gemm_setup_attempt(&et_gemm_onednn, threads);
}

static bool is_by_loops(const struct et_gemm *p)
{
    char name[80];
    return strncmp(implementation(p, name, sizeof name), "ref", 3) == 0;
}

/* Vectors with gaps may be done by loops where their types are not. */
static bool is_slow(const struct et_gemm *p)
{
    const struct et_gemm usual = et_gemm_dense(p->types, 64, 64, 64);
    bool is_vector = p->m == 1 || p->n == 1 || p->k == 1;
    return is_by_loops(&usual) || (!is_vector && is_by_loops(p));
}

/* oneDNN itself says what it can do; what it does by plain loops it cannot. */
static const char *unsupported(const struct et_gemm *p)
{
    const struct et_types *t = &p->types;
    char name[80];
    if (!et_types_are_floats(t) && !et_types_are_integers(t))
        return "oneDNN multiplies unscaled types alone, integers and types "
               "with fractions apart";
    if (t->sum != ET_FP32 && t->sum != ET_INT32)
        return "oneDNN sums in fp32, or int32 for integers";
    if (type_of(t->a.dtype) == dnnl_data_type_undef ||
        type_of(t->b.dtype) == dnnl_data_type_undef ||
        type_of(t->out.dtype) == dnnl_data_type_undef)
        return "oneDNN has no such type";
    if (t->sum == ET_INT32 && (p->alpha != 1 || p->beta != 0))
        return "oneDNN scales integer sums in fp32, which is not exact";
    if (!*implementation(p, name, sizeof name))
        return "oneDNN does not multiply these types on this processor";
    return is_slow(p) ? "oneDNN has nothing but plain loops for this product "
                        "on this processor"
                      : NULL;
}

static void destroy(void *setup)
{
    struct setup *q = setup;
    for (int i = 0; i < 3; i++) {
        if (q->memory[i])
            dnnl_memory_destroy(q->memory[i]);
    }
    if (q->primitive)
        dnnl_primitive_destroy(q->primitive);
    if (q->stream)
        dnnl_stream_destroy(q->stream);
    if (q->engine)
        dnnl_engine_destroy(q->engine);
    free(q);
}

static enum et_status create(const struct et_gemm *p, int threads,
                             const void *a, const void *b, void *c, void **out)
{
    struct setup *q = et_gemm_setup_new(sizeof *q, p, threads, a, b, c);
    if (!q)
        return ET_INFRA;
    const void *data[] = {a, b, c};
    dnnl_primitive_desc_t d = NULL;
    (void)set_threads(threads); /* an implementation is made for so many */
    dnnl_status_t s = dnnl_engine_create(&q->engine, dnnl_cpu, 0);
    if (s == dnnl_success)
        s = dnnl_stream_create(&q->stream, q->engine,
                               dnnl_stream_default_flags);
    if (s == dnnl_success)
        s = find(&q->setup, q->engine, &d);
    if (s == dnnl_success)
        s = dnnl_primitive_create(&q->primitive, d);
    for (int i = 0; i < 3 && s == dnnl_success; i++)
        s = make_memory(d, i, q->engine, data[i], &q->memory[i]);
    if (d)
        dnnl_primitive_desc_destroy(d);
    if (s == dnnl_success) {
        *out = q;
        return ET_OK;
    }
    destroy(q);
    return s == dnnl_out_of_memory
               ? et_no_memory()
               : et_error(ET_INFRA, "gemm: onednn: error %d", (int)s);
}

static enum et_status run(void *setup, uint64_t first, uint64_t n)
{
    struct setup *q = setup;
    const dnnl_exec_arg_t arguments[] = {{DNNL_ARG_SRC, q->memory[0]},
                                         {DNNL_ARG_WEIGHTS, q->memory[1]},
                                         {DNNL_ARG_DST, q->memory[2]}};
    dnnl_status_t s = dnnl_success;
    (void)set_threads(q->setup.threads);
    for (uint64_t i = 0; i < n && s == dnnl_success; i++) {
        const struct et_gemm_setup at = et_gemm_setup_at(&q->setup, first + i);
        s = dnnl_memory_set_data_handle(q->memory[0], (void *)(uintptr_t)at.a);
        if (s == dnnl_success)
            s = dnnl_memory_set_data_handle(q->memory[1],
                                            (void *)(uintptr_t)at.b);
        if (s == dnnl_success)
            s = dnnl_primitive_execute(q->primitive, q->stream, 3, arguments);
    }
    if (s == dnnl_success)
        s = dnnl_stream_wait(q->stream);
    return s == dnnl_success
               ? ET_OK
               : et_error(ET_INFRA, "gemm: onednn: error %d", (int)s);
}

ET_GEMM_LIBRARY(onednn, SUMMARY, create, destroy, .caution = NULL);

#else

const struct et_gemm_backend et_gemm_onednn = ET_BACKEND_ABSENT(
    "onednn", SUMMARY, "not built in (configure --with-onednn)");

#endif
