/* Speed: McCalpin's STREAM against etalon's stream, the same vectors and
 * threads, iteration by iteration in turn in one process. Prints the ratio of
 * the rates; asserts nothing. The peer is no part of this tree: its stream.c
 * makes a library of which the four loops are called by name,
 *   cc -O3 -march=native -mprefer-vector-width=512 -fopenmp -DTUNED \
 *      -Dmain=peer_main -fPIC -shared \
 *      -DSTREAM_ARRAY_SIZE=60000000 stream.c -o libstream.so
 * (gcc takes vectors of half the width without that option, and is slower).
 * Usage: stream LIBRARY ELEMENTS [THREADS [PAIRS]]; ELEMENTS as above. A
 * compiler may make memcpy of STREAM's Copy, whose stores are non-temporal:
 * so etalon's are shown with both kinds of stores.
 */
#include "config.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#ifdef _OPENMP
#include <omp.h>
#endif

#include "bench/level.h"
#include "harness/stat/stat.h"
#include "harness/system/clock.h"
#include "kernels/stream/stream.h"

struct peer {
    void (*copy)(void), (*add)(void);
    void (*scale)(double), (*triad)(double);
};

static void look_up(void *library, const char *name, void *function)
{
    void *found = dlsym(library, name);
    if (!found) {
        fprintf(stderr, "stream: the library has no %s\n", name);
        exit(4);
    }
    memcpy(function, &found, sizeof found);
}

static double theirs(struct et_clock *clock, const struct peer *p,
                     enum et_stream_op op)
{
    double start = et_clock_now(clock);
    if (op == ET_STREAM_COPY)
        p->copy();
    else if (op == ET_STREAM_SCALE)
        p->scale(3);
    else if (op == ET_STREAM_ADD)
        p->add();
    else
        p->triad(3);
    return et_clock_now(clock) - start;
}

static double ours(struct et_clock *clock, struct et_stream *w)
{
    double start = et_clock_now(clock);
    et_stream_run(w, 1);
    return et_clock_now(clock) - start;
}

static void compare(struct et_clock *clock, const struct peer *peer,
                    struct et_stream *w, size_t pairs)
{
    static const char *const names[] = {"triad", "copy", "scale", "add"};
    double *t = calloc(3 * pairs, sizeof *t);
    if (!t)
        exit(4);
    et_stream_fill(w);
    et_stream_run(w, 1);
    for (size_t i = 0; i < pairs; i++) {
        /* Who goes first changes, so that drift favours neither. */
        double a = 0, b;
        if (i % 2)
            a = theirs(clock, peer, w->op);
        b = ours(clock, w);
        if (i % 2 == 0)
            a = theirs(clock, peer, w->op);
        t[i] = a;
        t[pairs + i] = b;
        t[2 * pairs + i] = a / b;
    }
    et_stat_sort(t, pairs);
    et_stat_sort(t + pairs, pairs);
    double bytes = et_stream_bytes(w->op, false) * (double)w->n;
    printf("%-5s %-11s %.3f (median of %zu pairs); medians: STREAM %.2f GB/s, "
           "etalon %.2f; best: %.2f, %.2f\n",
           names[w->op], w->nontemporal ? "nontemporal" : "ordinary",
           et_stat_median(t + 2 * pairs, pairs), pairs,
           bytes / et_stat_median(t, pairs) * 1e-9,
           bytes / et_stat_median(t + pairs, pairs) * 1e-9, bytes / t[0] * 1e-9,
           bytes / t[pairs] * 1e-9);
    free(t);
}

int main(int argc, char **argv)
{
    struct et_clock clock;
    struct et_level_memory m;
    struct peer peer;
    if (argc < 3) {
        puts("stream: no STREAM to compare with: stream LIBRARY ELEMENTS");
        return 0;
    }
    int threads = argc > 3 ? atoi(argv[3]) : 1;
    size_t pairs = argc > 4 ? (size_t)atoll(argv[4]) : 15;
    int64_t n =
        atoll(argv[2]) / ET_STREAM_GRAIN / threads * threads * ET_STREAM_GRAIN;
    void *library = dlopen(argv[1], RTLD_NOW);
    if (!library) {
        fprintf(stderr, "stream: %s\n", dlerror());
        return 4;
    }
    look_up(library, "tuned_STREAM_Copy", &peer.copy);
    look_up(library, "tuned_STREAM_Scale", &peer.scale);
    look_up(library, "tuned_STREAM_Add", &peer.add);
    look_up(library, "tuned_STREAM_Triad", &peer.triad);
#ifdef _OPENMP
    omp_set_num_threads(threads);
#endif
    if (et_clock_open("real", &clock) != ET_OK ||
        et_level_reserve(3 * sizeof(double) * (size_t)n, ET_PAGES_SYSTEM, &m) !=
            ET_OK)
        return 4;
    /* All three of its vectors are written, so none is the zero page. */
    for (int op = 0; op < ET_STREAM_READ; op++)
        theirs(&clock, &peer, (enum et_stream_op)(ET_STREAM_ADD - op));
    theirs(&clock, &peer, ET_STREAM_TRIAD);
    printf("stream: %lld elements a vector, %d thread%s; etalon's rate over "
           "STREAM's\n",
           (long long)n, threads, threads == 1 ? "" : "s");
    for (int i = 0; i < 2 * ET_STREAM_READ; i++) {
        struct et_stream w = {.op = i / 2,
                              .nontemporal = i % 2,
                              .threads = threads,
                              .n = n,
                              .s = m.data,
                              .width = et_stream_width_best()};
        w.d = w.s + n;
        w.b = et_stream_vectors(w.op) > 2 ? w.d + n : NULL;
        compare(&clock, &peer, &w, pairs);
    }
    et_level_release(&m);
    return 0;
}
