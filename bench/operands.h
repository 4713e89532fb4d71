/* operands: what a bench whose work is a product (bench/check/product.h) has on
 * each rank: two inputs and an output in its backend's memory space, the inputs
 * with room to move from one iteration to the next (turn.h), and the product
 * that is made of them. Knows streams of random numbers; never a bench's
 * parameters or a clock.
 */
#ifndef ET_BENCH_OPERANDS_H
#define ET_BENCH_OPERANDS_H

#include <stdbool.h>
#include <stdint.h>

#include "bench/check/product.h"
#include "harness/case/bench.h"

struct et_operands {
    struct et_product product; /* first: its functions are hooks of the bench */
    struct et_buffer in[2], out; /* of types.a, types.b and types.out */
    struct et_turn turn[2];      /* set by the bench: how the inputs move */
    char cold[320], groups[160]; /* set by the bench: what is told of cold
                                  * inputs, and of groups */
    uint64_t stream[2];          /* of the inputs */
    struct et_work work;
};

/* Elements from one place of in[which] to the next, with the factor beta: C
 * that is added to is checked by how often it was, so its inputs stay. */
int64_t et_operands_turn(const struct et_types *types, int which, double beta);
/* Cold inputs of so many elements: gives both so many copies that about `bytes`
 * are read before one of them is read again. */
void et_operands_cold(const struct et_types *types, const int64_t n[2],
                      double bytes, struct et_turn turn[2]);
/* Bytes of the copies besides the first. */
double et_operands_others(const struct et_types *types,
                          const struct et_turn turn[2]);
/* Of operands of so many elements; beside them lies the room, in bytes, that
 * the inputs move in. */
#define ET_OPERANDS_ROOM (2.0 * ET_TURNS * ET_TURN_LINE)
double et_operands_bytes(const struct et_types *types, int64_t in_0,
                         int64_t in_1, int64_t out);

/* How the ranks of a team come by their inputs. Ranks that do the same problem
 * have the same, so that their outputs tell one another wrong. */
enum et_operands_of {
    ET_OPERANDS_SAME,
    ET_OPERANDS_SPLIT,      /* they share a problem: each has a part of both */
    ET_OPERANDS_SPLIT_FIRST /* a part of in[0], and the same in[1] */
};

/* Takes operands of n[0], n[1] and n[2] elements, the inputs with the room that
 * they move in, and opens the product. The bench has set `turn`, and of the
 * product what it is, `ops`, `of`, `alike` and `backend`. `bench`: for
 * messages. */
enum et_status et_operands_open(struct et_operands *o, const char *bench,
                                const struct et_setting *setting,
                                const int64_t n[3], enum et_operands_of of);

/* For et_product_ops; the bench's state begins with its operands. */
enum et_status et_operands_fill(void *state,
                                const struct et_product_fill *fill);

/* Hooks of et_bench, for such a state. */
void et_operands_work(const void *state, struct et_work *out);
void et_operands_close(void *state);
/* Those of the product, "cold" and "groups". */
enum et_status et_operands_facts(void *state, struct et_pairs *out);
/* The rest of the table, after ET_BENCH: how a case's sizes are written, and as
 * for ET_BENCH_SHAPES. */
#define ET_OPERANDS_BENCH(op, written, least, preset, help)                    \
    .sizes = written, ET_BENCH_SHAPES("shapes", least, preset, help),          \
    .backends = &et_##op##_backends, .check = check, .ceiling = ceiling,       \
    .work = et_operands_work, .work_of = work_of,                              \
    .release = et_operands_close, .facts = et_operands_facts, ET_PRODUCT_HOOKS

#endif
