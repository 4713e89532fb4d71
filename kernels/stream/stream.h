/* stream: long vectors of fp64 read and written as fast as the memory, or the
 * cache that holds them, lets the cores. Knows vectors and threads; never the
 * harness's loop, a clock or how large a cache is.
 *
 * The operations are those of STREAM (McCalpin, "Memory bandwidth and machine
 * balance in current high performance computers", IEEE TCCA Newsletter, 1995)
 * and a read of one vector:
 *
 *   op     one iteration      bytes an element   with write-allocate
 *   copy   d = s                     16                  24
 *   scale  d = q s                   16                  24
 *   add    d = s + b                 24                  32
 *   triad  d = s + q b               24                  32
 *   read   sum of s                   8                   8
 *
 * Write-allocate: an ordinary store into a line that is not in the cache reads
 * it first. STREAM does not count that; non-temporal stores do not do it. Some
 * processors spare it by themselves when they see a whole line written (Arm's
 * write streaming, Intel's SpecI2M): for them the right column is a bound.
 *
 * So that every iteration can be told from the result, s and d change places
 * after each (d is the next one's s), and a single element of s, another each
 * time, is raised by one unit before it. All values are whole numbers far
 * below 2^53, so every result is exact in any order, fused or not:
 *
 *   copy   x_n = x_0 + raised
 *   scale  the same, times 2 after an odd number (q is 2 and 1/2 in turn)
 *   add    x_n = x_0 + n b + raised
 *   triad  x_n = x_0 + 3 n b + raised
 *   read   the sums of all iterations, added modulo 2^64
 *
 * An iteration that was left out, at any place in the chain, is missing in the
 * end: by its raised element at least, in add and triad by every one.
 *
 * Threads: each has a contiguous piece of every vector (STREAM's static
 * schedule), which it wrote first, so that the pages are near it. It goes
 * through all iterations of a call on its own; they meet at the end of the
 * call. STREAM meets after every iteration: where that costs anything, in a
 * cache, one would time the meeting and not the memory; from memory a sample
 * is one iteration, and both are the same.
 */
#ifndef ET_STREAM_STREAM_H
#define ET_STREAM_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/base/status.h"

enum et_stream_op {
    ET_STREAM_TRIAD,
    ET_STREAM_COPY,
    ET_STREAM_SCALE,
    ET_STREAM_ADD,
    ET_STREAM_READ,
    ET_STREAM_OPS
};
#define ET_STREAM_OP_CHOICES "triad|copy|scale|add|read"

/* Elements that a thread's piece of a vector is a multiple of: eight vectors
 * of the widest unit, so that no loop has a rest. */
#define ET_STREAM_GRAIN 64

/* One pass over n elements; n is a multiple of the grain, the pointers are
 * aligned to 64 bytes. Returns the sum for read, else 0. */
typedef double et_stream_loop(double *d, const double *s, const double *b,
                              double q, size_t n);

/* The loops for one width of vectors. */
struct et_stream_width {
    const char *name;        /* "AVX-512" */
    bool (*available)(void); /* on the processor that runs this */
    et_stream_loop *ordinary[ET_STREAM_OPS];
    et_stream_loop *nontemporal[ET_STREAM_OPS]; /* NULL: there is none */
};

/* What is compiled in, the widest first; NULL ends. The last of them runs on
 * every processor the build is for. */
extern const struct et_stream_width *const et_stream_widths[];
/* The widest that this processor has. */
const struct et_stream_width *et_stream_width_best(void);

/* Vectors that an operation has: 1, 2 or 3. */
int et_stream_vectors(enum et_stream_op op);
/* Bytes of one iteration over one element, by the table above. */
double et_stream_bytes(enum et_stream_op op, bool write_allocate);

struct et_stream {
    enum et_stream_op op;
    bool nontemporal;
    int threads;
    int64_t n;         /* elements of a vector: threads * a multiple of the
                        * grain, and below 2^36 */
    double *s, *d, *b; /* memory of the caller, of et_stream_vectors vectors
                        * the first ones; the others NULL */
    uint64_t stream;   /* of the random contents */
    uint64_t count;    /* iterations since et_stream_fill */
    uint64_t sum;      /* read: of all iterations */
    const struct et_stream_width *width;
};

/* Contents, each piece by its own thread: the first touch of the pages. */
void et_stream_fill(struct et_stream *p);
/* The timed work; complete on return. */
void et_stream_run(struct et_stream *p, uint64_t iterations);

/* Every element of all vectors against what `count` iterations give: d, too,
 * which the last one read; for read the sum. Returns how many are wrong;
 * *first tells the first, if there is one. Spoils d, so that an element that
 * no later run writes shows up in s or d. */
struct et_stream_fault {
    int64_t where; /* element; -1: the sum */
    double got, want;
};
int64_t et_stream_check(struct et_stream *p, struct et_stream_fault *first);

#endif
