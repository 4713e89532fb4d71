/* The choice: what the processor has, what the types and the shape want. */
#include "config.h"
#include "kernels/gemm/native/way.h"

#include "kernels/gemm/native/pack.h"
#include "lists.h"

/* A block is long along k, so that sums are seldom taken up again; some panels
 * of A and one of B stay in the second cache. */
#define BLOCK_K_BYTES 8192          /* of one line along k */
#define BLOCK_A_BYTES (192 * 1024L) /* of A's panels that pass one of B */
#define BLOCK_N 2048
/* Bytes between lines that are worked on together, so that those of a length
 * that is a power of two do not meet in the same lines of the first cache. */
#define APART 64
#define DOT_LINES 2 /* the most of which dot products are faster */
#define NARROW_K 64 /* the least k for dot products and sweeps */

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

const struct et_gemm_tile *et_gemm_tile_for(const struct et_types *t)
{
    for (size_t f = 0; f < ALL; f++) {
        for (size_t i = 0; i < all[f]->n_tiles; i++) {
            const struct et_gemm_tile *v = &all[f]->tiles[i];
            /* BYTES have a sign in B. */
            if (et_gemm_panel_sum(v->panel) == t->sum &&
                et_gemm_packs(v->panel_a, t->a.dtype) &&
                et_gemm_packs(v->panel, t->b.dtype) &&
                (v->panel != ET_GEMM_BYTES || t->b.dtype == ET_INT8) &&
                (!v->here || v->here()))
                return v;
        }
    }
    return NULL;
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

/* Is the small operand of these lines narrow? Then the other is read once, by
 * dot products where its elements lie together along k and the lines are very
 * few, else by sweeps, of which each thread of a team must have a block. */
static bool choose_narrow(struct et_gemm_way *w, bool turned)
{
    const struct et_gemm *p = &w->p;
    int64_t small = turned ? p->n : p->m, large = turned ? p->m : p->n;
    enum et_dtype a = p->types.a.dtype, b = p->types.b.dtype;
    enum et_dtype packed = turned ? b : a, read = turned ? a : b;
    bool along_k = turned ? !p->trans_a : p->trans_b;
    if (small > ET_GEMM_SWEEP_LINES || p->k < NARROW_K)
        return false;
    if (!along_k || small > DOT_LINES)
        w->sweep = find_sweep(packed, read, p->types.sum, along_k);
    if (w->sweep && large < w->sweep->columns * w->of)
        w->sweep = NULL;
    if (along_k && !w->sweep && small <= ET_GEMM_NARROW &&
        large >= ET_GEMM_DOT_COLUMNS)
        w->dot = find_dot(packed, read, p->types.sum);
    w->turned = turned && (w->dot || w->sweep);
    return w->dot || w->sweep;
}

static void lay_out_narrow(struct et_gemm_way *w)
{
    const struct et_gemm *p = &w->p;
    int64_t small = w->turned ? p->n : p->m, large = w->turned ? p->m : p->n;
    enum et_dtype type = w->turned ? p->types.b.dtype : p->types.a.dtype;
    enum et_gemm_panel panel = w->dot ? w->dot->panel : w->sweep->panel;
    int64_t columns = w->dot ? 1 : w->sweep->columns;
    w->moved = panel == ET_GEMM_BYTES && type == ET_INT8;
    w->panel_a = aligned((size_t)p->k * et_gemm_panel_size(panel)) + APART;
    w->nc = et_gemm_pieces(large, columns) * columns + APART / 4;
    w->at_sums = (size_t)(small + w->moved) * w->panel_a;
    w->room = w->at_sums + aligned((size_t)((small + w->moved) * w->nc) *
                                   et_dtype_size(p->types.sum));
}

static void lay_out_panels(struct et_gemm_way *w)
{
    const struct et_gemm *p = &w->p;
    const struct et_gemm_tile *t = w->tile;
    size_t size = et_gemm_panel_size(t->panel);
    /* One group is a multiple of the other. */
    int64_t group_a = et_gemm_panel_group(t->panel_a);
    w->deep = et_gemm_panel_group(t->panel);
    w->deep = group_a > w->deep ? group_a : w->deep;
    w->moved = t->panel == ET_GEMM_BYTES && p->types.a.dtype == ET_INT8;
    w->kc = et_gemm_least(BLOCK_K_BYTES / (int64_t)size,
                          et_gemm_pieces(p->k, w->deep) * w->deep);
    w->nc =
        et_gemm_least(BLOCK_N / t->columns, et_gemm_pieces(p->n, t->columns)) *
        t->columns;
    size_t line = (size_t)(et_gemm_pieces(w->kc, w->deep) * w->deep) * size;
    w->panel_a = aligned(line * (size_t)t->rows);
    w->some = BLOCK_A_BYTES / (int64_t)w->panel_a;
    if (w->some < 1)
        w->some = 1;
    w->start_b = aligned(line * (size_t)t->columns);
    w->panel_b = w->start_b + (w->moved ? aligned((size_t)t->columns * 4) : 0);
    w->at_b = (size_t)et_gemm_pieces(p->m, t->rows) * w->panel_a;
    w->at_sums = w->at_b + (size_t)(w->nc / t->columns) * w->panel_b;
    w->room = w->at_sums;
    if (!w->direct && p->k > w->kc)
        w->room +=
            aligned((size_t)(p->m * w->nc) * et_dtype_size(p->types.sum));
}

struct et_gemm_way et_gemm_way_of(const struct et_gemm *p, int threads)
{
    struct et_gemm_way w = {.p = *p, .tile = et_gemm_tile_for(&p->types)};
    if (!w.tile)
        return w;
    w.direct = p->types.out.dtype == p->types.sum && p->alpha == 1 &&
               (p->beta == 0 || p->beta == 1);
    w.teams = p->batch >= threads ? threads : 1;
    w.of = p->batch >= threads ? 1 : threads;
    if (choose_narrow(&w, false) || choose_narrow(&w, true))
        lay_out_narrow(&w);
    else
        lay_out_panels(&w);
    return w;
}
