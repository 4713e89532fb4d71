/* gemm by etalon's own kernels: all loops around the tiles, dot products and
 * sweeps of kernels/gemm/native. Threads share a product, or take one each of a
 * batch; groups come one after the other. Knows no processor.
 */
#include "config.h"
#include "kernels/gemm/native/share.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#ifdef _OPENMP
#include <omp.h>
#endif

#include "harness/base/log.h"
#include "harness/base/memory.h"

extern const struct et_gemm_backend et_gemm_native;

struct setup {
    struct et_gemm_setup setup;
    struct et_gemm_way *ways; /* of each group, or of all; m = 0: no rows */
    int64_t n;                /* of them */
    size_t room;              /* of a team, in bytes: that of any way */
    char *memory;
    char *ones; /* a panel of A of nothing but 1, where a way is moved */
};

static const char *unsupported(const struct et_gemm *p)
{
    const struct et_types *t = &p->types;
    if (!et_types_are_floats(t) && !et_types_are_integers(t))
        return "the native kernels multiply unscaled types alone, integers and "
               "types with fractions apart";
    if (!et_gemm_tile_for(t))
        return "the native kernels sum in fp64 or fp32, bytes in int32; not in "
               "these types";
    if (t->sum == ET_INT32 && (p->alpha != 1 || p->beta != 0))
        return "the native kernels have no alpha or beta for integers";
    return NULL;
}

/* The problem of way i, and where its operands begin. */
static struct et_gemm problem(const struct et_gemm *p, int64_t i, int64_t at[3])
{
    at[0] = at[1] = at[2] = 0;
    return p->groups ? et_gemm_group(p, i, &at[0], &at[1], &at[2]) : *p;
}

static struct et_gemm_way way_of(const struct et_gemm *p, int threads,
                                 int64_t i)
{
    int64_t at[3];
    const struct et_gemm one = problem(p, i, at);
    return one.m ? et_gemm_way_of(&one, threads) : (struct et_gemm_way){0};
}

static double workspace(const struct et_gemm *p, int threads)
{
    double most = 0;
    for (int64_t i = 0; i < (p->groups ? p->groups : 1); i++) {
        const struct et_gemm_way w = way_of(p, threads, i);
        most = fmax(most, (double)w.teams * (double)w.room);
    }
    return most;
}

/* What ran: of each type that is usual. */
static void origin(char *text, size_t n)
{
    static const enum et_dtype types[] = {ET_FP64, ET_FP32, ET_BF16, ET_INT8};
    int used = snprintf(text, n, "etalon's own:");
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        const struct et_types t = et_types_usual(types[i]);
        const struct et_gemm_tile *v = et_gemm_tile_for(&t);
        if (used > 0 && (size_t)used < n)
            used +=
                snprintf(text + used, n - (size_t)used, "%s %s by %s, %d x %d",
                         i ? "," : "", et_dtype_name(types[i]), v->name,
                         v->rows, v->columns);
    }
}

static void destroy(void *setup)
{
    struct setup *q = setup;
    et_free_aligned(q->memory);
    et_free_aligned(q->ones);
    free(q->ways);
    free(q);
}

static enum et_status create(const struct et_gemm *p, int threads,
                             const void *a, const void *b, void *c, void **out)
{
    struct setup *q = et_gemm_setup_new(sizeof *q, p, threads, a, b, c);
    int64_t teams = 1;
    size_t ones = 0;
    if (!q)
        return ET_INFRA;
    q->n = p->groups ? p->groups : 1;
    q->ways = et_alloc((size_t)q->n, sizeof *q->ways);
    for (int64_t i = 0; i < q->n && q->ways; i++) {
        struct et_gemm_way *w = &q->ways[i];
        *w = way_of(&q->setup.p, threads, i);
        q->room = w->room > q->room ? w->room : q->room;
        teams = w->teams > teams ? w->teams : teams;
        if (w->moved && !w->dot && !w->sweep && w->panel_a > ones)
            ones = w->panel_a;
    }
    q->memory = et_alloc_aligned((size_t)teams, q->room);
    q->ones = ones ? et_alloc_aligned(1, ones) : NULL;
    if (!q->ways || !q->memory || (ones && !q->ones)) {
        destroy(q);
        return et_error(ET_INFRA, "gemm: native: no memory for panels");
    }
    if (ones)
        memset(q->ones, 1, ones);
    *out = q;
    return ET_OK;
}

/* All products of way i in one iteration, by thread `me` of `threads`. */
static void iterate(const struct setup *q, struct et_gemm_setup at, int64_t i,
                    int64_t me, int64_t threads, bool *begun)
{
    const struct et_gemm_way *w = &q->ways[i];
    bool alone = w->of == 1;
    int64_t team = alone ? me : 0, end = w->p.batch, offset[3];
    const struct et_types *t = &at.p.types;
    (void)problem(&q->setup.p, i, offset);
    at.a = et_dtype_at(t->a.dtype, at.a, offset[0]);
    at.b = et_dtype_at(t->b.dtype, at.b, offset[1]);
    at.c = (char *)at.c + offset[2] * (int64_t)et_dtype_size(t->out.dtype);
    struct et_gemm_share s = {.w = w,
                              .q = &at,
                              .me = alone ? 0 : me,
                              .of = alone ? 1 : threads,
                              .memory = q->memory + (size_t)team * q->room,
                              .begun = begun,
                              .ones = q->ones};
    s.g = alone ? et_gemm_part_from(end, me, threads) : 0;
    if (alone)
        end = et_gemm_part_from(end, me + 1, threads);
    for (; s.g < end; s.g++) {
        if (w->dot || w->sweep)
            et_gemm_by_lines(&s);
        else
            et_gemm_by_panels(&s);
    }
}

static void iterate_all(const struct setup *q, uint64_t turn, int64_t me,
                        int64_t threads)
{
    const struct et_gemm_setup at = et_gemm_setup_at(&q->setup, turn);
    bool begun = false;
    for (int64_t i = 0; i < q->n; i++) {
        if (q->ways[i].tile)
            iterate(q, at, i, me, threads, &begun);
    }
}

static enum et_status run(void *setup, uint64_t first, uint64_t n)
{
    const struct setup *q = setup;
    for (uint64_t i = 0; i < n; i++) {
#ifdef _OPENMP
#pragma omp parallel num_threads(q->setup.threads)
        iterate_all(q, first + i, omp_get_thread_num(), omp_get_num_threads());
#else
        iterate_all(q, first + i, 0, 1);
#endif
    }
    return ET_OK;
}

const struct et_gemm_backend et_gemm_native = {
    .base = {.name = "native",
             .summary = "etalon's own kernels, made for each kind of processor",
             .origin = origin,
             .run = run,
             .destroy = destroy},
    .groups = true,
    .unsupported = unsupported,
    .workspace = workspace,
    .create = create,
};
