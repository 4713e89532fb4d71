/* The choice: what the processor has, what the types and the shape want. */
#include "config.h"
#include "kernels/gemm/native/way.h"

#include <math.h>

#include "kernels/gemm/native/pack.h"
#include "lists.h"

/* A block is long along k, so that sums are seldom taken up again; some panels
 * of A and one of B stay in the second cache. Bytes, of a thread's L2: */
#define BLOCK_K_OF(l2) ((l2) / 128)    /* of one line along k */
#define BLOCK_A_OF(l2) ((l2) / 16 * 3) /* of A's panels that pass one of B */
#define BLOCK_N 2048
/* Where A is narrow: less along k, so that what a thread has of it stays in its
 * second cache, too; and what it packs of B at once. */
#define NARROW_M 128
#define NARROW_K_OF(l2) ((l2) / 1024)
#define NARROW_B_OF(l2) ((l2) / 2)
/* Of L2: where it is not known, and what is made use of. */
#define L2_USUAL (1024 * 1024L)
#define L2_LEAST (256 * 1024L)
#define L2_MOST (2 * L2_USUAL)
/* A is read as it lies for so many columns, or where a tile's rows take so many
 * bytes in all, and do not push each other from the first cache. */
#define LINES_N 128
#define LINES_BYTES (16 * 1024)
/* Bytes between lines that are worked on together, so that those of a length
 * that is a power of two do not meet in the same lines of the first cache. */
#define APART 64
#define SPARED 0.02    /* of the sums, for which another tile is taken */
#define DOT_LINES 2    /* the most of which dot products are faster */
#define TURNED_LINES 8 /* the most for which turned sweeps are, but cold */
#define NARROW_K 64    /* the least k for dot products and sweeps */

#define DECLARE(stem) extern const struct et_gemm_tiles et_gemm_tiles_##stem;
ET_LIST_GEMM_TILES(DECLARE)
#define LISTED(stem) &et_gemm_tiles_##stem,
static const struct et_gemm_tiles *const all[] = {ET_LIST_GEMM_TILES(LISTED)};
enum { ALL = sizeof all / sizeof *all };

const struct et_gemm_tiles *et_gemm_tiles_at(size_t i)
{
    return i < ALL ? all[i] : NULL;
}

static size_t aligned(size_t n)
{
    return (n + ET_GEMM_TILE_ALIGN - 1) / ET_GEMM_TILE_ALIGN *
           ET_GEMM_TILE_ALIGN;
}

/* BYTES have a sign in B. */
static bool fits(const struct et_gemm_tile *v, const struct et_types *t)
{
    return et_gemm_panel_sum(v->panel) == t->sum &&
           et_gemm_packs(v->panel_a, t->a.dtype) &&
           et_gemm_packs(v->panel, t->b.dtype) &&
           (v->panel != ET_GEMM_BYTES || t->b.dtype == ET_INT8) &&
           (!v->here || v->here());
}

const struct et_gemm_tile *et_gemm_tile_for(const struct et_types *t)
{
    for (size_t f = 0; f < ALL; f++) {
        for (size_t i = 0; i < all[f]->n_tiles; i++) {
            if (fits(&all[f]->tiles[i], t))
                return &all[f]->tiles[i];
        }
    }
    return NULL;
}

/* Of that file's tiles with the same instruction the one that leaves the least
 * of its sums unused. */
static const struct et_gemm_tile *shape_tile(const struct et_gemm *p)
{
    const struct et_gemm_tile *best = et_gemm_tile_for(&p->types);
    double least = INFINITY;
    for (size_t f = 0; best && f < ALL; f++) {
        for (size_t i = 0; i < all[f]->n_tiles; i++) {
            const struct et_gemm_tile *v = &all[f]->tiles[i];
            double sums = (double)et_gemm_pieces(p->m, v->rows) * v->rows *
                          (double)et_gemm_pieces(p->n, v->columns) * v->columns;
            if (fits(v, &p->types) && v->name == best->name && sums < least) {
                best = v;
                least = sums * (1 - SPARED);
            }
        }
    }
    return best;
}

/* Of those that are here the first for such operands; small: what is packed. */
#define FIND(kind, list, small, large, its_sum, and)                           \
    for (size_t f = 0; f < ALL; f++) {                                         \
        for (size_t i = 0; i < all[f]->n_##list; i++) {                        \
            const struct kind *v = &all[f]->list[i];                           \
            if (v->dtype == (large) &&                                         \
                et_gemm_panel_sum(v->panel) == (its_sum) && (and) &&           \
                et_gemm_packs(v->panel, small) && (!v->here || v->here()))     \
                return v;                                                      \
        }                                                                      \
    }                                                                          \
    return NULL

static const struct et_gemm_dot *
find_dot(enum et_dtype small, enum et_dtype large, enum et_dtype sum)
{
    FIND(et_gemm_dot, dots, small, large, sum, true);
}

static const struct et_gemm_sweep *find_sweep(enum et_dtype small,
                                              enum et_dtype large,
                                              enum et_dtype sum, bool turned)
{
    FIND(et_gemm_sweep, sweeps, small, large, sum, v->turned == turned);
}

/* Does it not pay to pack A, which lies along k? It is read too seldom, or lies
 * together as a panel would. */
static bool spares_panels(const struct et_gemm *p, const struct et_gemm_tile *t)
{
    int64_t size = (int64_t)et_gemm_panel_size(t->panel_a);
    return p->n <= LINES_N ||
           (p->m > NARROW_M && p->lda <= LINES_BYTES / size / t->rows);
}

/* May A be read as it lies? */
static bool reads_lines(const struct et_gemm *p, const struct et_gemm_tile *t)
{
    return t && t->multiply_lines && !p->trans_a && spares_panels(p, t) &&
           p->m >= t->rows && p->k % et_gemm_panel_group(t->panel) == 0 &&
           et_gemm_packs_as_stored(t->panel_a, p->types.a.dtype) &&
           (t->panel_a != ET_GEMM_BYTES || p->types.a.dtype == ET_UINT8);
}

/* C = op(A) op(B) as C^T = op(B)^T op(A)^T. */
static struct et_gemm turned(const struct et_gemm *p)
{
    struct et_gemm q = *p;
    q.m = p->n;
    q.n = p->m;
    q.trans_a = !p->trans_b;
    q.trans_b = !p->trans_a;
    q.lda = p->ldb;
    q.ldb = p->lda;
    q.types.a = p->types.b;
    q.types.b = p->types.a;
    q.turn_a = p->turn_b;
    q.turn_b = p->turn_a;
    return q;
}

/* Is A of these lines narrow? Then B is read once. Where its elements lie
 * together along k: by dot products of very few lines, by turned sweeps of a
 * few, by tiles that read it as it lies of more. Else by sweeps, of which each
 * thread of a team must have a block. */
static bool choose_narrow(struct et_gemm_way *w)
{
    const struct et_gemm *p = &w->p;
    enum et_dtype packed = p->types.a.dtype, read = p->types.b.dtype;
    const struct et_gemm q = turned(p);
    /* Sweeps fetch ahead what comes from memory. */
    int64_t turns = p->turn_b.others > 0 ? ET_GEMM_NARROW : TURNED_LINES;
    if (p->m > ET_GEMM_NARROW || p->k < NARROW_K ||
        (p->m > turns && reads_lines(&q, shape_tile(&q))))
        return false;
    if (!p->trans_b || p->m > DOT_LINES)
        w->sweep = find_sweep(packed, read, p->types.sum, p->trans_b);
    if (w->sweep && p->n < w->sweep->columns * w->of)
        w->sweep = NULL;
    if (p->trans_b && !w->sweep && p->n >= ET_GEMM_DOT_COLUMNS)
        w->dot = find_dot(packed, read, p->types.sum);
    return w->dot || w->sweep;
}

static void lay_out_narrow(struct et_gemm_way *w)
{
    const struct et_gemm *p = &w->p;
    enum et_gemm_panel panel = w->dot ? w->dot->panel : w->sweep->panel;
    int64_t columns = w->dot ? 1 : w->sweep->columns;
    w->moved = panel == ET_GEMM_BYTES && p->types.a.dtype == ET_INT8;
    w->panel_a = aligned((size_t)p->k * et_gemm_panel_size(panel)) + APART;
    w->nc = et_gemm_pieces(p->n, columns) * columns + APART / 4;
    w->at_sums = (size_t)(p->m + w->moved) * w->panel_a;
    w->room = w->at_sums + aligned((size_t)((p->m + w->moved) * w->nc) *
                                   et_dtype_size(p->types.sum));
}

/* Panels of which operand have A's part? Lines that are read as they lie have
 * it. Else, if one is narrow, so has that: the other's columns, of which a
 * panel has more, are packed faster. */
static void choose_panels(struct et_gemm_way *w)
{
    const struct et_gemm *p = &w->p;
    const struct et_gemm q = turned(p);
    const struct et_gemm_tile *t = shape_tile(p), *u = shape_tile(&q);
    bool same = u && u->name == t->name;
    if (!reads_lines(p, t) && same &&
        (reads_lines(&q, u) ||
         (p->n <= LINES_N && p->n < p->m && p->trans_a))) {
        w->p = q;
        w->turned = true;
        t = u;
    }
    w->tile = t;
    w->lines_a = reads_lines(&w->p, t);
    w->columns =
        !w->lines_a && w->p.m <= NARROW_M && w->p.n >= t->columns * w->of;
}

static int64_t l2_of(const struct et_gemm *p)
{
    int64_t l2 = p->l2 > 0 ? p->l2 : L2_USUAL;
    return l2 < L2_LEAST ? L2_LEAST : et_gemm_least(l2, L2_MOST);
}

static void lay_out_panels(struct et_gemm_way *w)
{
    const struct et_gemm *p = &w->p;
    const int64_t l2 = l2_of(p);
    const struct et_gemm_tile *t = w->tile;
    size_t size = et_gemm_panel_size(t->panel);
    /* One group is a multiple of the other. */
    int64_t group_a = et_gemm_panel_group(t->panel_a);
    w->deep = et_gemm_panel_group(t->panel);
    w->deep = group_a > w->deep ? group_a : w->deep;
    w->moved = t->panel == ET_GEMM_BYTES && p->types.a.dtype == ET_INT8;
    int64_t deepest = (w->columns ? NARROW_K_OF(l2) : BLOCK_K_OF(l2)) /
                      (int64_t)size / w->deep * w->deep;
    /* Blocks of a length. */
    w->kc = et_gemm_pieces(et_gemm_pieces(p->k, et_gemm_pieces(p->k, deepest)),
                           w->deep) *
            w->deep;
    int64_t panels =
        w->columns ? NARROW_B_OF(l2) / (w->kc * (int64_t)size) : BLOCK_N;
    panels = panels > t->columns ? panels / t->columns : 1;
    w->nc =
        et_gemm_least(panels, et_gemm_pieces(p->n, t->columns)) * t->columns;
    size_t line = (size_t)(et_gemm_pieces(w->kc, w->deep) * w->deep) * size;
    w->panel_a = aligned(line * (size_t)t->rows);
    int64_t rows = et_gemm_pieces(p->m, t->rows);
    w->some = et_gemm_least(BLOCK_A_OF(l2) / (int64_t)w->panel_a, rows);
    if (w->columns)
        w->some = rows;
    if (w->some < 1)
        w->some = 1;
    w->start_b = aligned(line * (size_t)t->columns);
    w->panel_b = w->start_b + (w->moved ? aligned((size_t)t->columns * 4) : 0);
    w->at_b = (size_t)(w->of * w->some) * w->panel_a;
    int64_t rooms = w->columns ? w->of : 1;
    w->at_sums = w->at_b + (size_t)(rooms * w->nc / t->columns) * w->panel_b;
    w->room = w->at_sums;
    w->ld = w->columns ? et_gemm_pieces(p->n, t->columns) * t->columns : w->nc;
    if (!w->direct && p->k > w->kc)
        w->room +=
            aligned((size_t)(p->m * w->ld) * et_dtype_size(p->types.sum));
}

struct et_gemm_way et_gemm_way_of(const struct et_gemm *p, int threads)
{
    struct et_gemm_way w = {.p = *p, .tile = et_gemm_tile_for(&p->types)};
    if (!w.tile)
        return w;
    w.teams = p->batch >= threads ? threads : 1;
    w.of = p->batch >= threads ? 1 : threads;
    bool narrow = choose_narrow(&w);
    if (!narrow) {
        w.p = turned(p);
        w.turned = narrow = choose_narrow(&w);
    }
    if (narrow) {
        lay_out_narrow(&w);
        return w;
    }
    w.p = *p;
    choose_panels(&w);
    w.direct = !w.turned && p->types.out.dtype == p->types.sum &&
               p->alpha == 1 && (p->beta == 0 || p->beta == 1);
    lay_out_panels(&w);
    return w;
}
