/* Faults in the output of a batch of products, to try the check with
 * (product.h). Knows what the check does not look at: where a fault was put.
 */
#include "config.h"
#include "bench/check/product.h"

#include <math.h>

#include "harness/base/random.h"

/* A block of C that is damaged as one: wide enough that its wrong elements do
 * not all hide from two sign vectors. */
#define BLOCK_ROWS 8
#define BLOCK_COLUMNS 16

/* Sets an element; *size grows to its change. */
static void put(struct et_product *p, size_t at, double v, double *size)
{
    double before = et_dtype_get(p->types.out.dtype, p->c->host, at);
    et_dtype_set(p->types.out.dtype, p->c->host, at, v);
    double change =
        fabs(et_dtype_get(p->types.out.dtype, p->c->host, at) - before);
    *size = isfinite(change) ? fmax(*size, change) : INFINITY;
}

static void flip(struct et_product *p, const struct et_fault *f, double *size)
{
    uint64_t at =
        f->at % ((uint64_t)et_product_first(p, p->count) * (uint64_t)p->n);
    size_t bytes = et_dtype_size(p->types.out.dtype);
    size_t where =
        et_product_place(p, 0, (int64_t)at / p->n, (int64_t)at % p->n);
    double before = et_dtype_get(p->types.out.dtype, p->c->host, where);
    et_dtype_flip(p->types.out.dtype, p->c->host, where,
                  (size_t)f->bit % (8 * bytes));
    double change =
        fabs(et_dtype_get(p->types.out.dtype, p->c->host, where) - before);
    *size = isfinite(change) ? change : INFINITY;
}

/* C is cut into blocks; the rest at its edges belongs to none. Grouped ones are
 * cut as one. */
struct blocks {
    int64_t count, m;      /* products that are cut, and their rows */
    int64_t rows, columns; /* of one */
    int64_t down, across;  /* so many in a product */
};

static struct blocks blocks_of(const struct et_product *p)
{
    struct blocks b = {.count = p->first ? 1 : p->count,
                       .m = p->first ? p->first[p->count] : p->m};
    b.rows = b.m < BLOCK_ROWS ? b.m : BLOCK_ROWS;
    b.columns = p->n < BLOCK_COLUMNS ? p->n : BLOCK_COLUMNS;
    if (b.count * (b.m / b.rows) * (p->n / b.columns) < 2)
        b.rows = b.columns = 1;
    b.down = b.m / b.rows;
    b.across = p->n / b.columns;
    return b;
}

/* Element e of a block, as an index of C's. */
static size_t in_block(const struct et_product *p, const struct blocks *b,
                       int64_t block, int64_t e)
{
    int64_t i = block / b->across % b->down * b->rows + e / b->columns;
    int64_t j = block % b->across * b->columns + e % b->columns;
    return (size_t)((block / b->across / b->down * b->m + i) * p->ldc + j);
}

static void swap(struct et_product *p, uint64_t at, double *size)
{
    struct blocks b = blocks_of(p);
    uint64_t all = (uint64_t)(b.count * b.down * b.across);
    if (all < 2) {
        *size = NAN;
        return;
    }
    uint64_t one = at % all;
    uint64_t other = (one + 1 + et_random_mix(at) % (all - 1)) % all;
    for (int64_t e = 0; e < b.rows * b.columns; e++) {
        size_t x = in_block(p, &b, (int64_t)one, e);
        size_t y = in_block(p, &b, (int64_t)other, e);
        double v = et_dtype_get(p->types.out.dtype, p->c->host, x);
        put(p, x, et_dtype_get(p->types.out.dtype, p->c->host, y), size);
        put(p, y, v, size);
    }
}

/* With beta a block lacks the last product; else it was never written since
 * the last check, as every iteration leaves the same. */
static void make_stale(struct et_product *p, uint64_t at, double *size)
{
    struct blocks b = blocks_of(p);
    int64_t block = (int64_t)(at % (uint64_t)(b.count * b.down * b.across));
    for (int64_t e = 0; e < b.rows * b.columns; e++) {
        size_t where = in_block(p, &b, block, e);
        int64_t row = (int64_t)where / p->ldc, g = et_product_of_row(p, row);
        double unused;
        if (p->beta == 0) {
            et_check_spoil(p->types.out.dtype, p->c->host, (int64_t)where, 1);
            *size = INFINITY;
            continue;
        }
        double v =
            et_dtype_get(p->types.out.dtype, p->c->host, where) -
            p->alpha * p->ops->element(p->of, g, row - et_product_first(p, g),
                                       (int64_t)where % p->ldc, &unused);
        put(p, where, v / p->beta, size);
    }
}

enum et_status et_product_damage(void *product, const struct et_fault *fault,
                                 double *size)
{
    struct et_product *p = product;
    enum et_status status = et_product_fetch(p);
    if (status != ET_OK)
        return status;
    *size = 0;
    switch (fault->kind) {
    case ET_FAULT_FLIP:
        flip(p, fault, size);
        break;
    case ET_FAULT_STALE:
        make_stale(p, fault->at, size);
        break;
    case ET_FAULT_SWAP:
        swap(p, fault->at, size);
        break;
    default: /* each rank checks what is its own */
        *size = NAN;
    }
    return ET_OK; /* the host's copy is what is checked, until the next run */
}
