/* The check of a batch of products; what it rests on stands in freivalds.h, how
 * it goes in product.h.
 */
#include "config.h"
#include "bench/check/product.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/log.h"
#include "harness/base/memory.h"
#include "harness/base/random.h"

enum stream { STREAM_C = 1, STREAM_SIGNS, STREAM_SAMPLES, STREAM_MARKS };

static uint64_t stream_of(const struct et_product *p, enum stream which)
{
    return et_random_stream(p->stream, which);
}

static int64_t rows_of(const struct et_product *p)
{
    return et_product_first(p, p->count);
}

int64_t et_product_of_row(const struct et_product *p, int64_t row)
{
    int64_t low = 0, high = p->count; /* first of low <= row < of high */
    if (!p->first)
        return row / p->m;
    while (high - low > 1) {
        int64_t middle = low + (high - low) / 2;
        if (p->first[middle] <= row)
            low = middle;
        else
            high = middle;
    }
    return low;
}

uint64_t et_product_kept(enum et_dtype out)
{
    double most = et_dtype_exact(out) / 8;
    return most < ET_PRODUCT_KEPT ? (uint64_t)fmax(1, most) : ET_PRODUCT_KEPT;
}

static double initial(const struct et_product *p, size_t at)
{
    char cell[sizeof(double)];
    if (p->beta == 0)
        return 0;
    et_check_fill(p->types.out.dtype, cell, 1, stream_of(p, STREAM_C), at,
                  p->integers);
    return et_dtype_get(p->types.out.dtype, cell, 0);
}

/* Doubles of the check by rows. */
static double room_of(const struct et_product *p)
{
    double rows =
        p->first ? (double)rows_of(p) : (double)p->count * (double)p->m;
    double kept = p->beta != 0 ? ET_CHECK_VECTORS + 1 : 0;
    return ET_CHECK_VECTORS *
               ((double)p->n + (double)p->k + (double)p->m + rows) +
           (1 + kept) * rows + (double)p->count + (double)p->k;
}

double et_product_memory(const struct et_product *p)
{
    return room_of(p) * sizeof(double);
}

static double *carve(double **room, int64_t n)
{
    double *v = *room;
    *room += n;
    return v;
}

static enum et_status take_room(struct et_product *p)
{
    double size = room_of(p);
    double *room = size < (double)(SIZE_MAX / sizeof *room)
                       ? et_alloc((size_t)size, sizeof *room)
                       : NULL;
    if (!room)
        return et_error(ET_INFRA, "no memory for a check of %.3g GB",
                        size * sizeof *room / 1e9);
    p->room = room;
    for (int t = 0; t < ET_CHECK_VECTORS; t++) {
        p->x[t] = carve(&room, p->n);
        p->bx[t] = carve(&room, p->k);
        p->cx[t] = carve(&room, p->m);
        p->abx[t] = carve(&room, rows_of(p));
        if (p->beta != 0)
            p->c0x[t] = carve(&room, rows_of(p));
    }
    p->norm_a = carve(&room, rows_of(p));
    if (p->beta != 0)
        p->norm_c0 = carve(&room, rows_of(p));
    p->norm_b = carve(&room, p->count);
    p->square = carve(&room, p->k);
    return ET_OK;
}

/* Factors of the exact pass. */
static double sign(double factor)
{
    return factor > 0 ? 1 : factor < 0 ? -1 : 0;
}

static size_t elements_of(const struct et_product *p)
{
    return et_product_place(p, p->count, 0, 0);
}

/* C with its first contents, as if no iteration had been done. */
static enum et_status refill(struct et_product *p)
{
    et_check_fill(p->types.out.dtype, p->c->host, elements_of(p),
                  stream_of(p, STREAM_C), 0, p->integers);
    p->iterations = 0;
    return et_buffer_send(p->c, 0, elements_of(p));
}

/* The first `n` elements from the first to the host's copy of C. */
static enum et_status bring(const struct et_product *p, size_t first, size_t n)
{
    return p->fetched ? ET_OK
                      : et_backend_fetch(p->backend, p->setup, p->c, first, n);
}

enum et_status et_product_fetch(struct et_product *p)
{
    enum et_status status = bring(p, 0, elements_of(p));
    p->fetched = status == ET_OK;
    return status;
}

static void destroy(struct et_product *p)
{
    if (p->setup)
        p->backend->destroy(p->setup);
    p->setup = NULL;
}

void et_product_close(struct et_product *p)
{
    destroy(p);
    free(p->room);
    p->room = NULL;
}

static struct et_check_matrix matrix_c(const struct et_product *p, int64_t g)
{
    return (struct et_check_matrix){
        .dtype = p->types.out.dtype,
        .data = p->c->host,
        .first = (int64_t)et_product_place(p, g, 0, 0),
        .rows = et_product_first(p, g + 1) - et_product_first(p, g),
        .cols = p->n,
        .rs = p->ldc,
        .cs = 1};
}

/* Where the marked element stands in C. */
static size_t marked_place(const struct et_product *p)
{
    return (size_t)(p->mark / p->n * p->ldc + p->mark % p->n);
}

static void roots(double *v, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        v[i] = sqrt(v[i]);
}

/* The signs, and what rests on C0 while it stands in C. */
static void learn_first(struct et_product *p)
{
    bool whole = p->integers && !p->stands.terms;
    int64_t most = whole ? et_check_weights(p->k, p->n, p->integers) : 1;
    for (int t = 0; t < ET_CHECK_VECTORS; t++)
        et_check_signs(p->x[t], p->n, most,
                       et_random_stream(stream_of(p, STREAM_SIGNS),
                                        (uint64_t)(2 * t + (p->integers > 0))));
    for (int64_t g = 0; g < p->count && p->beta != 0; g++) {
        struct et_check_matrix c = matrix_c(p, g);
        double *c0x[ET_CHECK_VECTORS];
        for (int t = 0; t < ET_CHECK_VECTORS; t++)
            c0x[t] = p->c0x[t] + et_product_first(p, g);
        et_check_times(&c, p->x, c0x, p->norm_c0 + et_product_first(p, g),
                       p->threads);
    }
    if (p->beta != 0)
        roots(p->norm_c0, rows_of(p));
}

/* What rests on the inputs of the last iteration. */
static void learn(struct et_product *p)
{
    for (int64_t g = 0; g < p->count; g++) {
        struct et_check_matrix a = p->ops->a(p->of, g);
        double *abx[ET_CHECK_VECTORS], sum = 0;
        for (int t = 0; t < ET_CHECK_VECTORS; t++)
            abx[t] = p->abx[t] + et_product_first(p, g);
        p->ops->times_b(p->of, g, p->x, p->bx, p->square);
        et_check_times(&a, p->bx, abx, p->norm_a + et_product_first(p, g),
                       p->threads);
        for (int64_t l = 0; l < p->k; l++)
            sum += p->square[l];
        p->norm_b[g] = sqrt(sum);
    }
    roots(p->norm_a, rows_of(p));
}

/* How far off C may be: nothing has grown where integers are added. */
struct limits {
    struct et_check_growth worst, typical;
    bool exact;
};

static struct limits limits_of(const struct et_product *p)
{
    if (p->integers) {
        struct et_check_growth g = {.value = sign(p->alpha),
                                    .keep = sign(p->beta)};
        return (struct limits){g, g, true};
    }
    struct et_check_rounding unit = et_check_rounding_of(&p->types);
    return (struct limits){
        et_check_grow_worst(p->alpha, p->beta, p->iterations, p->k, &unit),
        et_check_grow_typical(p->alpha, p->beta, p->iterations, p->k, &unit),
        false};
}

static void take_element(const struct et_product *p, const struct limits *l,
                         int64_t g, int64_t i, int64_t j,
                         struct et_check_worst *w)
{
    const struct et_check_growth *grown = &l->worst;
    size_t at = et_product_place(p, g, i, j);
    double size, sum = p->ops->element(p->of, g, i, j, &size);
    double c0 = initial(p, at), want = grown->value * sum + grown->keep * c0;
    double bound =
        l->exact ? 0 : et_check_element_bound(grown, size, c0, want, p->k);
    et_check_take(w, et_dtype_get(p->types.out.dtype, p->c->host, at), want,
                  bound, g, i, j);
    if (p->small)
        w->certain = fmax(w->certain, 2 * bound);
}

static void take_row(const struct et_product *p, const struct limits *l,
                     int64_t g, int64_t i, struct et_check_worst *w)
{
    const struct et_check_growth *grown = &l->typical;
    int64_t row = et_product_first(p, g) + i;
    double norm_c0 = p->beta != 0 ? p->norm_c0[row] : 0;
    double bound = l->exact
                       ? 0
                       : et_check_row_bound(grown, p->norm_a[row], p->norm_b[g],
                                            norm_c0, p->k, p->n);
    w->certain = fmax(w->certain, 2 * bound);
    for (int t = 0; t < ET_CHECK_VECTORS; t++) {
        double want = grown->value * p->abx[t][row];
        if (p->beta != 0)
            want += grown->keep * p->c0x[t][row];
        if (l->exact && p->cx[t][i] != want && w->error < INFINITY) {
            /* The first such row says which element. */
            for (int64_t j = 0; j < p->n; j++)
                take_element(p, l, g, i, j, w);
        }
        et_check_take(w, p->cx[t][i], want, bound, g, i, -1);
    }
}

/* Element `at` of those of C, without the gaps between its rows. */
static void take_at(const struct et_product *p, const struct limits *l,
                    int64_t at, struct et_check_worst *w)
{
    int64_t row = at / p->n, g = et_product_of_row(p, row);
    take_element(p, l, g, row - et_product_first(p, g), at % p->n, w);
}

static void take_samples(const struct et_product *p, const struct limits *l,
                         struct et_check_worst *w)
{
    uint64_t stream = et_random_stream(stream_of(p, STREAM_SAMPLES), p->checks);
    uint64_t all = (uint64_t)rows_of(p) * (uint64_t)p->n;
    for (uint64_t s = 0; s < (uint64_t)p->samples; s++) {
        take_at(p, l, (int64_t)(et_random_u64(stream, s) % all), w);
    }
}

/* Waits for all that was enqueued, and adds the time that it took. */
static enum et_status wait_for_all(struct et_product *p)
{
    enum et_status status = et_backend_wait(p->backend, p->setup);
    if (p->backend->elapsed)
        p->elapsed += p->backend->elapsed(p->setup);
    return status;
}

/* An element of C becomes what no result is, between two iterations. */
static enum et_status mark(struct et_product *p)
{
    uint64_t r = et_random_u64(stream_of(p, STREAM_MARKS), p->marks++);
    p->mark = (int64_t)(r % ((uint64_t)rows_of(p) * (uint64_t)p->n));
    p->marked = true;
    return et_buffer_fill(p->c, marked_place(p), 1,
                          et_dtype_spoilt(p->types.out.dtype));
}

static enum et_status enqueue(struct et_product *p, uint64_t iterations)
{
    if (iterations == 0)
        return ET_OK;
    enum et_status status = p->backend->run(p->setup, p->turn, iterations);
    p->turn += iterations;
    p->done = p->turn - 1;
    p->iterations += iterations;
    p->fetched = false;
    /* What the host writes to a device's memory takes its turn; its own is
     * written to at once. */
    enum et_status done = p->c->space->is_host ? wait_for_all(p) : ET_OK;
    return status != ET_OK ? status : done;
}

/* With beta, so many at most are added to one C. */
static enum et_status enqueue_sums(struct et_product *p, uint64_t iterations)
{
    enum et_status status = ET_OK;
    while (iterations > 0 && status == ET_OK) {
        uint64_t kept = et_product_kept(p->types.out.dtype);
        if (p->iterations >= kept)
            status = refill(p);
        uint64_t room = kept - p->iterations;
        uint64_t now = iterations < room ? iterations : room;
        if (status == ET_OK)
            status = enqueue(p, now);
        iterations -= now;
    }
    return status;
}

static enum et_status renew(struct et_product *p, uint64_t epoch)
{
    p->stands.epoch = epoch;
    p->fresh = p->turn;
    return p->filled = p->ops->fill(p->of, &p->stands);
}

enum et_status et_product_before(void *product)
{
    struct et_product *p = product;
    uint64_t used = p->turn - p->fresh;
    /* A sample as long as those before it would come to the first again. */
    return p->beta == 0 && used >= ET_TURNS * ET_TURNS / 2
               ? renew(p, p->stands.epoch + 1)
               : ET_OK;
}

enum et_status et_product_run(void *product, uint64_t iterations)
{
    struct et_product *p = product;
    enum et_status status;
    if (p->filled != ET_OK)
        return p->filled;
    if (iterations == 0)
        return ET_OK;
    p->elapsed = 0;
    if (p->beta != 0) {
        status = enqueue_sums(p, iterations);
    } else {
        status = enqueue(p, iterations - 1);
        if (status == ET_OK)
            status = mark(p);
        if (status == ET_OK)
            status = enqueue(p, 1);
    }
    enum et_status done = p->c->space->is_host ? ET_OK : wait_for_all(p);
    p->elapsed /= (double)iterations;
    return status != ET_OK ? status : done;
}

void et_product_glance(void *product)
{
    struct et_product *p = product;
    if (!p->marked || bring(p, marked_place(p), 1) != ET_OK)
        return; /* the next check fetches again */
    struct limits l = limits_of(p);
    take_at(p, &l, p->mark, &p->glanced);
    p->marked = false;
}

void et_product_rewind(void *product)
{
    struct et_product *p = product;
    p->turn = p->fresh = 0;
    if (p->stands.epoch != 0)
        (void)renew(p, 0); /* the next run returns it */
}

static void spoil(struct et_product *p)
{
#pragma omp parallel for schedule(static) num_threads(p->threads)
    for (int64_t row = 0; row < rows_of(p); row++)
        et_check_spoil(p->types.out.dtype, p->c->host, row * p->ldc, p->n);
}

/* C is read once: where it shall be NaN, it is so in the same pass. */
static void take_rows(struct et_product *p, const struct limits *l, bool spoils,
                      struct et_check_worst *w)
{
    learn(p);
    for (int64_t g = 0; g < p->count; g++) {
        struct et_check_matrix c = matrix_c(p, g);
        c.spoil = spoils ? p->c->host : NULL;
        et_check_times(&c, p->x, p->cx, NULL, p->threads);
        for (int64_t i = 0; i < c.rows; i++)
            take_row(p, l, g, i, w);
    }
}

static enum et_status take_all(struct et_product *p, struct et_check_worst *w)
{
    struct limits l = limits_of(p);
    for (int64_t at = 0; p->small && at < rows_of(p) * p->n; at++)
        take_at(p, &l, at, w);
    if (!p->small && !l.exact)
        take_samples(p, &l, w);
    if (!p->small)
        take_rows(p, &l, p->beta == 0 && !l.exact, w);
    if (p->beta != 0)
        return refill(p);
    if (p->small)
        spoil(p);
    p->iterations = 0;
    return et_buffer_send(p->c, 0, elements_of(p));
}

static void take_worse(struct et_check_worst *w,
                       const struct et_check_worst *other)
{
    double certain = w->certain;
    if (other->error > w->error)
        *w = *other;
    w->certain = certain;
}

/* Only what is wrong: a row's share of its bound is no element's. */
void et_product_inspect(void *product)
{
    struct et_product *p = product;
    struct et_check_worst now = {0};
    struct limits l = limits_of(p);
    if (p->iterations == 0 || et_product_fetch(p) != ET_OK)
        return; /* the next check fetches again */
    take_rows(p, &l, false, &now);
    if (now.error > 1)
        take_worse(&p->glanced, &now);
}

double et_product_usual(const struct et_product *p)
{
    double element = fmin(1, ET_PRODUCT_USUAL / (double)p->k);
    /* With beta errors are added up, and the bounds are the errors' own. */
    return p->beta != 0 || et_check_rounding_of(&p->types).out > 0 ? NAN
           : p->small                                              ? element
                      : fmax(element, ET_PRODUCT_USUAL_ROW);
}

enum et_status et_product_check(struct et_product *p, struct et_check_worst *w)
{
    struct et_check_worst now = {0};
    enum et_status status = et_product_fetch(p);
    if (status != ET_OK)
        return status;
    if (p->iterations == 0) /* nothing ran since the last check */
        now.error = INFINITY;
    status = take_all(p, &now);
    if (status != ET_OK)
        return status;
    p->checks++;
    take_worse(&now, &p->exact);
    take_worse(&now, &p->glanced);
    p->glanced = (struct et_check_worst){0};
    p->marked = false;
    *w = now;
    return ET_OK;
}

/* Fills the operands, sets up the problem on them and learns from them. */
static enum et_status begin(struct et_product *p,
                            const struct et_product_fill *fill)
{
    int64_t integers = fill->a < fill->b ? fill->a : fill->b;
    p->integers = integers;
    p->stands = *fill;
    p->turn = 0;
    enum et_status status = renew(p, 0);
    if (status == ET_OK)
        status = refill(p);
    if (status != ET_OK)
        return status;
    learn_first(p);
    if (p->beta == 0) {
        spoil(p); /* C must be written */
        status = et_buffer_send(p->c, 0, elements_of(p));
    }
    if (status != ET_OK)
        return status;
    return integers
               ? p->ops->create(p->of, sign(p->alpha), sign(p->beta), &p->setup)
               : p->ops->create(p->of, p->alpha, p->beta, &p->setup);
}

/* One run on integers. */
static enum et_status exact_run(struct et_product *p,
                                const struct et_product_fill *fill)
{
    enum et_status status = begin(p, fill);
    if (status == ET_OK)
        status = enqueue(p, 1);
    if (status == ET_OK)
        status = et_backend_wait(p->backend, p->setup);
    if (status == ET_OK)
        status = et_product_fetch(p);
    if (status == ET_OK) {
        status = take_all(p, &p->exact);
        p->exact.exact = true;
    }
    destroy(p);
    return status;
}

static enum et_status exact_pass(struct et_product *p)
{
    struct et_check_rounding unit = et_check_rounding_of(&p->types);
    int64_t small = et_check_integers(p->k, p->n, &unit),
            wide = et_check_wide(p->n, &unit);
    struct et_product_fill fills[] = {{.a = small, .b = small},
                                      {.a = wide, .b = 1, .terms = 1},
                                      {.a = 1, .b = wide, .terms = 1}};
    if (small < 1) /* terms of 1 each, and C's */
        fills[0] = (struct et_product_fill){
            .a = 1, .b = 1, .terms = (int64_t)unit.exact - 1};
    enum et_status status = ET_OK;
    for (int i = 0; status == ET_OK && i < (wide > small ? 3 : 1); i++)
        status = exact_run(p, &fills[i]);
    return status;
}

enum et_status et_product_open(struct et_product *p)
{
    const struct et_product_fill reals = {0};
    enum et_status status = take_room(p);
    if (status == ET_OK && !p->settled)
        status = exact_pass(p);
    return status == ET_OK ? begin(p, &reals) : status;
}

void et_product_output(const void *product, struct et_output *out)
{
    const struct et_product *p = product;
    *out = (struct et_output){0};
    if (bring(p, 0, elements_of(p)) == ET_OK)
        *out = (struct et_output){p->c->host, elements_of(p) * p->c->size,
                                  p->alike};
}

double et_product_elapsed(const void *product)
{
    return ((const struct et_product *)product)->elapsed;
}

enum et_status et_product_facts(void *product, struct et_pairs *out)
{
    const struct et_product *p = product;
    char types[ET_TYPES_SIZE];
    et_types_say(&p->types, types);
    return et_types_single(&p->types) != ET_DTYPES ||
                   et_pairs_set(out, "types", types, false)
               ? ET_OK
               : et_no_memory();
}
