/* way: how backend native does a problem: by which tile or dot product, in
 * blocks of which size, by whom, and where everything stands in its memory. All
 * of it follows from the problem, the threads and the processor. Multiplies
 * nothing.
 */
#ifndef ET_GEMM_NATIVE_WAY_H
#define ET_GEMM_NATIVE_WAY_H

#include "kernels/gemm/gemm.h"
#include "kernels/gemm/native/tile.h"

/* The greatest tile's sums, in bytes. */
#define ET_GEMM_EDGE_BYTES 4096
/* The most lines of A of dot products, and of sweeps. */
#define ET_GEMM_NARROW 16

struct et_gemm_way {
    struct et_gemm p;                  /* as it is done: perhaps turned */
    const struct et_gemm_tile *tile;   /* NULL: by none */
    const struct et_gemm_dot *dot;     /* not NULL: dot products */
    const struct et_gemm_sweep *sweep; /* not NULL: sweeps */
    bool turned;                       /* C^T = B^T A^T is done */
    bool moved;        /* of BYTES: A is, or the small operand */
    bool direct;       /* sums are C */
    bool lines_a;      /* A is no panels: it is read as it lies */
    bool columns;      /* each thread packs B for itself, for columns of C */
    int64_t kc, nc;    /* of a block */
    int64_t ld;        /* of sums that are not C */
    int64_t deep;      /* k of a panel is whole groups of A and B: of so many */
    int64_t some;      /* panels of A that a thread packs at once */
    int64_t teams, of; /* of threads; of a team */
    /* Bytes: of a panel; where it has what its sums start with; where a team's
     * memory has B and sums; all of it. */
    size_t panel_a, panel_b, start_b, at_b, at_sums, room;
};

/* The build's list of tiles; NULL: there are no more. */
const struct et_gemm_tiles *et_gemm_tiles_at(size_t i);
/* The tile for such operands here; NULL: there is none. */
const struct et_gemm_tile *et_gemm_tile_for(const struct et_types *t);
struct et_gemm_way et_gemm_way_of(const struct et_gemm *p, int threads);

static inline int64_t et_gemm_least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* Of so many each, the last perhaps less. */
static inline int64_t et_gemm_pieces(int64_t n, int64_t of)
{
    return (n + of - 1) / of;
}

#endif
