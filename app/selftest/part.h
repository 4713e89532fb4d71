/* selftest: what the parts of `etalon selftest` share. A part is a const
 * table in app/selftest/<name>.c: it tries something on this machine, writes
 * what it saw into a document, and says in one line what it found. Parts know
 * benches, teams and statistics; never standard output or the exit code.
 */
#ifndef ET_APP_SELFTEST_PART_H
#define ET_APP_SELFTEST_PART_H

#include <stdbool.h>
#include <stdint.h>

#include "app/selftest/cases.h"
#include "harness/case/bench.h"
#include "harness/system/clock.h"
#include "harness/team/team.h"
#include "results/format/doc.h"

struct et_selftest {
    bool quick;
    uint64_t seed; /* of all that is random: the same seed, the same figures */
    struct et_team *world;  /* the launcher's ranks, or this process */
    struct et_clock *clock; /* this process's, real */
    const char *scratch;    /* a directory of rank 0's, for files */
    const char *tag;        /* unique per run */
    char stage[64];         /* for the progress line: "[2/6] faults" */
    const struct et_benches *benches;
    const struct et_selftest_case *cases; /* small ones; ends with {0} */
};

/* What a part found: rank 0's word alone counts. */
struct et_selftest_outcome {
    /* ET_OK, or: ET_WRONG, a check missed a fault or raised a false
     * alarm; ET_MISSED, a figure is out of its limits; ET_UNSURE, it or a
     * piece of it could not run. */
    enum et_status verdict;
    char tried[120], found[200];
    char why[240]; /* the gravest finding, or why it could not run; "" */
};

struct et_selftest_part {
    const char *name, *title;
    const char *done;    /* what is done, in one sentence */
    const char *failure; /* what would be a failure, in one sentence */
    /* Collective over the world. Writes its tables into `doc`, which only
     * rank 0's caller prints. An error is one of the machinery alone, logged:
     * what was found stands in `out`. */
    enum et_status (*run)(const struct et_selftest *t, struct et_doc *doc,
                          struct et_selftest_outcome *out);
};
/* The beginning of a part's table; each file calls its function `run`. */
#define ET_SELFTEST_PART(its_name, its_title)                                  \
    .name = its_name, .title = its_title, .run = run
/* The build's list, in order; NULL past its end. */
const struct et_selftest_part *et_selftest_part_at(size_t i);
/* By its name; NULL: there is none. */
const struct et_selftest_part *et_selftest_part_of(const char *name);

/* A finding: the gravest is kept, of several as grave the first. */
void et_selftest_find(struct et_selftest_outcome *out, enum et_status verdict,
                      const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* "[2/6] faults  34 %  about 12 s": `done` of `all` since `began`. */
void et_selftest_progress(const struct et_selftest *t, double began,
                          double done, double all);

/* --- on ranks ----------------------------------------------------------------
 */

/* NULL, or why there is no team of `ranks` ranks: a launcher started some, but
 * fewer. Without a launcher the ranks are threads of this process. The same on
 * all ranks. */
const char *et_selftest_why_not(const struct et_selftest *t, int ranks);
/* "4 threads of this process", "4 ranks of mpi on 2 nodes". */
void et_selftest_describe(const struct et_selftest *t, int ranks, char *text,
                          size_t n);
/* fn on each of the first `ranks` ranks, or threads, as a team; the others
 * rest. Collective over the world; the gravest status of all, on all. Ends
 * with ET_UNSURE, logged, where somebody wants the program to stop. */
enum et_status et_selftest_on(const struct et_selftest *t, int ranks,
                              enum et_status (*fn)(struct et_team *team,
                                                   void *arg),
                              void *arg);

#endif
