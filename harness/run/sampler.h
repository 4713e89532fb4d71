/* sampler: the samples of one prepared kernel on one team. The one timing loop
 * of the program: the cases and the ceilings beside them both go through it.
 * Knows a bench as a descriptor; never a result's meaning.
 *
 * How the ranks begin a sample together:
 *
 * "window": at a time that all know (Round-Time: Hunold and Carpen-Amarie, "MPI
 * Benchmarking Revisited", arXiv:1505.07734; Hunold et al., CLUSTER 2018).
 * Every rank says when it was ready; the start is the latest of these plus a
 * slack of three times what it last took until all knew of it. Each waits for
 * that time on the global clock, so at most the slack, 1 ms. A sample is last
 * exit minus first entry. A rank that is off its start by more than the clock's
 * error and the larger of 1 us and 1 % of the sample has missed the window: the
 * sample is marked and kept.
 *
 * "barrier": where there is no global clock, or it would spoil what is timed: a
 * node has more ranks than cores, so that a rank that waits keeps another from
 * work; the clock's error at both ends is more than a tenth of a sample; or
 * more than a quarter of the windows were missed. A sample is still last exit
 * minus first entry, after a barrier: ranks that take turns on a core are not
 * as fast as each alone. Only where the clock itself is the reason it is the
 * slowest rank's own time, on its own clock.
 *
 * "alone": a team of one.
 *
 * A clock may jump, and a span between two clocks is then not the work's time.
 * So causality is watched at no timed cost: no clock goes back from one sample
 * to the next, and when a rank has heard what time another read, its own clock
 * says no less.
 */
#ifndef ET_RUN_SAMPLER_H
#define ET_RUN_SAMPLER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/case/bench.h"
#include "harness/system/busy.h"
#include "harness/system/clock.h"
#include "harness/team/global_clock.h"
#include "harness/team/team.h"

/* Marks of a disturbed sample. */
#define ET_DISTURBED 1
#define ET_DISTURBED_HERE 2

struct et_sampler {
    /* The caller's. */
    const struct et_bench *bench;
    void *state; /* prepared */
    struct et_team *team;
    struct et_clock *clock;
    struct et_global_clock *global; /* of the team; NULL: there is none */
    const char *no_global;          /* why no windows all the same, or NULL */
    struct et_waits *waits;         /* read around each sample; NULL: not */
    /* The sampler's. */
    uint64_t iterations; /* of the work in one sample */
    /* Since et_sampler_begin: this rank's own times, s an iteration; with
     * windows its exit after the agreed start, so that a rank that comes late
     * is charged with it. */
    struct et_reals own;
    struct et_reals last; /* 1 where this rank was the last, or tied, else 0 */
    struct et_reals missed; /* 1 where a rank missed the window, else 0 */
    /* 1 where a thread of some rank waited for a core, although it had work,
     * for more than 2 % of the sample (10 % of storage); or as et_sampler_mark
     * says. */
    struct et_reals disturbed;
    struct et_reals device; /* s an iteration by this rank's device; 0: it
                             * tells none */
    double waited;   /* s, this rank's longest waits, all these samples */
    double quickest; /* the team's, s an iteration, of the newest block */
    double *message; /* of a block: what the ranks tell each other */
    size_t room;     /* for so many numbers */
    bool stopped;    /* somebody wants the run to end */
    bool windows;    /* samples begin at agreed times */
    bool spans;      /* and are, or are at least, timed by the global clock */
    double error, error_after; /* s, of the global clock; NAN: none */
    double latency;            /* s until this rank knew the newest start */
    double slack;              /* s from the latest rank's word to the start */
    double began;              /* this rank's clock at et_sampler_begin */
    double looking;            /* s of inspections since then */
    double look;               /* s of the last one; NAN: none yet */
    size_t looks;              /* likewise since et_sampler_begin */
    double past;               /* the newest reading of this rank */
    double disorder;           /* s by which a clock contradicts itself or
                                * another, ever: this rank's worst, and after
                                * et_sampler_settle the team's */
    double synchronised;       /* this rank's clock then */
    double age;                /* s since then, after et_sampler_settle */
    double first, newest;      /* starts since et_sampler_begin */
    size_t starts;             /* likewise */
    char reason[120];          /* why there are no windows */
};

/* All are collective over the team. */

/* Begins with windows, if it can; without it a sampler has barriers. */
enum et_status et_sampler_synchronise(struct et_sampler *m);

/* One sample of so many iterations: this rank's seconds. */
enum et_status et_sampler_once(struct et_sampler *m, uint64_t iterations,
                               double *seconds);

/* What is done on this rank just before the work of a sample and just after it:
 * neither what `before` prepares nor the wait for the others lies in between.
 * Where `begin` was called `end` is, too. */
struct et_around {
    void (*begin)(void *with), (*end)(void *with);
    void *with;
};
/* One sample of `iterations` with that around its work. */
enum et_status et_sampler_around(struct et_sampler *m,
                                 const struct et_around *around);

/* The bench's inspection of what the last sample left, and what it costs: from
 * here on as many samples are inspected as cost ET_SAMPLER_LOOKING of the time.
 * Local; nothing on a fake clock. */
#define ET_SAMPLER_LOOKING 0.01
void et_sampler_inspect(struct et_sampler *m);

/* n samples of `iterations`: the team's times, s an iteration, the same on all
 * ranks, are added to `into` (NULL: they are not kept). *elapsed: s since
 * `start` of this rank's clock, the longest of the ranks'. All ranks hear of
 * one that fails. */
enum et_status et_sampler_block(struct et_sampler *m, size_t n, double start,
                                struct et_reals *into, double *elapsed);

/* Adds iterations until a sample lasts `floor` seconds. */
enum et_status et_sampler_calibrate(struct et_sampler *m, double floor);

/* Samples from here on count: own, last, missed, disturbed, device and looks
 * start anew. Local. */
void et_sampler_begin(struct et_sampler *m);
/* The first n of them do not count after all. Local. */
void et_sampler_drop(struct et_sampler *m, size_t n);

/* Of those samples, the ones whose window some rank missed. Local. */
size_t et_sampler_missed(const struct et_sampler *m);
/* The newest n of them are disturbed, on some rank or on this one. Local. */
void et_sampler_mark(struct et_sampler *m, size_t n, bool here);

/* Can the samples since then, of `seconds` each, be believed? Measures the
 * global clock's error again, and takes what contradicted it for an error, too.
 * *again: no, the windows were at fault; they are
 * given up, and the samples are to be taken again. */
enum et_status et_sampler_settle(struct et_sampler *m, double seconds,
                                 bool *again);

/* Writes why the clocks cannot be believed to text[n], "" where they can: one
 * went back, or a rank read an earlier time than another had told it by more
 * than the global clock's error. Local, the same on all; after settle. */
void et_sampler_doubt(const struct et_sampler *m, char *text, size_t n);

/* How the ranks began, into the result. Local. */
enum et_status et_sampler_describe(const struct et_sampler *m,
                                   struct et_result_sync *out);

/* Untimed iterations that bring the kernel's data back into the caches after
 * another's work: until three in a row are not faster, at most 16. All ranks
 * hear of one that fails. */
enum et_status et_sampler_refresh(struct et_sampler *m);

/* Samples, added to `seen`, until they are flat within `precision` or
 * `budget` seconds have passed. */
enum et_status et_sampler_warm_up(struct et_sampler *m, double precision,
                                  double budget, struct et_reals *seen);

void et_sampler_free(struct et_sampler *m);

#endif
