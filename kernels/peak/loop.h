/* The loop of a peak backend, written once: accumulators and operands in
 * variables of their own, so that the compiler keeps each in a register.
 * For the backends' files alone.
 *
 * 20 accumulators on 32 registers: two pipes of latency 9 (A64FX) or four of
 * latency 4 (Neoverse V2) need 16 to 18. 12 on 16 registers: two pipes of
 * latency 5 (Haswell) need 10.
 */
#ifndef ET_PEAK_LOOP_H
#define ET_PEAK_LOOP_H

#include <stdint.h>

/* ET_PEAK_<n>(X, f): X(f, t, i, j), a statement, for each accumulator t, which
 * takes A register i and B register j. */
#define ET_PEAK_20(X, f)                                                       \
    X(f, 0, 0, 0);                                                             \
    X(f, 1, 1, 0);                                                             \
    X(f, 2, 2, 0);                                                             \
    X(f, 3, 3, 0);                                                             \
    X(f, 4, 0, 1);                                                             \
    X(f, 5, 1, 1);                                                             \
    X(f, 6, 2, 1);                                                             \
    X(f, 7, 3, 1);                                                             \
    X(f, 8, 0, 2);                                                             \
    X(f, 9, 1, 2);                                                             \
    X(f, 10, 2, 2);                                                            \
    X(f, 11, 3, 2);                                                            \
    X(f, 12, 0, 3);                                                            \
    X(f, 13, 1, 3);                                                            \
    X(f, 14, 2, 3);                                                            \
    X(f, 15, 3, 3);                                                            \
    X(f, 16, 0, 4);                                                            \
    X(f, 17, 1, 4);                                                            \
    X(f, 18, 2, 4);                                                            \
    X(f, 19, 3, 4)
#define ET_PEAK_20_OPERANDS(vector)                                            \
    const vector a0 = ((const vector *)a)[0], a1 = ((const vector *)a)[1],     \
                 a2 = ((const vector *)a)[2], a3 = ((const vector *)a)[3],     \
                 b0 = ((const vector *)b)[0], b1 = ((const vector *)b)[1],     \
                 b2 = ((const vector *)b)[2], b3 = ((const vector *)b)[3],     \
                 b4 = ((const vector *)b)[4]
#define ET_PEAK_20_SHAPE                                                       \
    .accumulators = 20, .a_registers = 4, .b_registers = 5, .steps = 4096

#define ET_PEAK_12(X, f)                                                       \
    X(f, 0, 0, 0);                                                             \
    X(f, 1, 1, 0);                                                             \
    X(f, 2, 0, 1);                                                             \
    X(f, 3, 1, 1);                                                             \
    X(f, 4, 0, 0);                                                             \
    X(f, 5, 1, 0);                                                             \
    X(f, 6, 0, 1);                                                             \
    X(f, 7, 1, 1);                                                             \
    X(f, 8, 0, 0);                                                             \
    X(f, 9, 1, 0);                                                             \
    X(f, 10, 0, 1);                                                            \
    X(f, 11, 1, 1)
#define ET_PEAK_12_OPERANDS(vector)                                            \
    const vector a0 = ((const vector *)a)[0], a1 = ((const vector *)a)[1],     \
                 b0 = ((const vector *)b)[0], b1 = ((const vector *)b)[1]
#define ET_PEAK_12_SHAPE                                                       \
    .accumulators = 12, .a_registers = 2, .b_registers = 2, .steps = 8192

#define ET_PEAK_LOAD(vector, t, i, j) vector c##t = ((const vector *)c)[t]
#define ET_PEAK_STEP(f, t, i, j) c##t = f(c##t, a##i, b##j)
#define ET_PEAK_STORE(vector, t, i, j) ((vector *)c)[t] = c##t

/* A kernel's `run`: f(c, a, b) gives c + a * b; `list` is one of the above.
 * The accumulators come from memory, or the compiler would see that some are
 * equal and keep but one of them. */
#define ET_PEAK_LOOP(name, isa, list, sum, vector, f)                          \
    __attribute__((target(isa))) static void name(                             \
        void *c, const void *a, const void *b, uint64_t steps)                 \
    {                                                                          \
        list##_OPERANDS(vector);                                               \
        list(ET_PEAK_LOAD, sum);                                               \
        for (uint64_t s = 0; s < steps; s++) {                                 \
            list(ET_PEAK_STEP, f);                                             \
        }                                                                      \
        list(ET_PEAK_STORE, sum);                                              \
    }

/* For sums in fp16, which has 11 digits only: accumulators begin at zero, and
 * are put away into the 32-bit integers of c in time. Products are powers of
 * two, so that 2^11 times one is exact. */
#define ET_PEAK_FP16_RANGE 2
#define ET_PEAK_FP16_STEPS 2048
#define ET_PEAK_20_FP16(zero, step, f, put_away)                               \
    while (steps > 0) {                                                        \
        uint64_t now =                                                         \
            steps < ET_PEAK_FP16_STEPS ? steps : ET_PEAK_FP16_STEPS;           \
        ET_PEAK_20(zero, );                                                    \
        for (uint64_t s = 0; s < now; s++) {                                   \
            ET_PEAK_20(step, f);                                               \
        }                                                                      \
        ET_PEAK_20(put_away, );                                                \
        steps -= now;                                                          \
    }

#endif
