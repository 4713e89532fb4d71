/* turn: which inputs an iteration has. The inputs lie in buffers that are a
 * little longer than they, and each iteration reads them some cache lines
 * further on: other numbers in the same place in the caches, at no cost that
 * can be seen. So a library that gives its last answer again gives a wrong one.
 * Knows numbers alone.
 *
 * A product has two inputs, as A and B of a matrix product. Both move in each
 * iteration, and no pair of places comes again within ET_TURNS * ET_TURNS
 * iterations; before that there are other numbers in them
 * (bench/check/product.h).
 *
 * Cold inputs lie in several copies of the buffer, all with the same numbers,
 * and each iteration takes the next copy: so many that a copy has left the
 * caches before its turn comes again.
 */
#ifndef ET_BASE_TURN_H
#define ET_BASE_TURN_H

#include <stddef.h>
#include <stdint.h>

#define ET_TURNS 64     /* places of an input */
#define ET_TURN_LINE 64 /* bytes */

/* Elements from one place to the next: whole cache lines. */
static inline int64_t et_turn_step(size_t size)
{
    return ET_TURN_LINE % size ? ET_TURN_LINE : ET_TURN_LINE / (int64_t)size;
}

/* How an input moves; {0}: it stays at the beginning of its one buffer. */
struct et_turn {
    int64_t step;   /* elements from one place to the next */
    int64_t others; /* copies besides the first, */
    int64_t apart;  /* each so many elements after the one before */
};

/* Elements that the buffer of an input is longer. */
static inline int64_t et_turn_slack(int64_t step)
{
    return (ET_TURNS - 1) * step;
}

/* Where the copy of iteration i begins, and where in it the inputs do, in
 * elements. */
static inline int64_t et_turn_copy(const struct et_turn *t, uint64_t i)
{
    return t->apart * (int64_t)(i % (uint64_t)(t->others + 1));
}
static inline int64_t et_turn_a(const struct et_turn *t, uint64_t i)
{
    return et_turn_copy(t, i) + t->step * (int64_t)(i % ET_TURNS);
}
static inline int64_t et_turn_b(const struct et_turn *t, uint64_t i)
{
    return et_turn_copy(t, i) +
           t->step * (int64_t)((i + i / ET_TURNS) % ET_TURNS);
}

#endif
