/* level: how large a working set must be to lie in a level of the memory, on
 * the machine at hand; and the memory it lies in, with what is known of its
 * pages. Shared by the benches that measure the memory. Knows the caches'
 * sizes and /proc; never a kernel.
 *
 * A rank's set, s for its share of a cache:
 *
 *   l1      half of L1d for each thread
 *   l2      half of L2 for each thread; where cores share one, of its part
 *   l3      half of the rank's share of L3, and over it what its threads' L2
 *           hold: an L3 that keeps only what L2 has dropped would otherwise
 *           not be needed
 *   memory  its share of 4 times the last level of the node, a quarter of the
 *           free memory at most: 4 times is STREAM's own rule
 *   bytes   what the plan says
 *
 * A thread counts as one on a core of its own. A rank's share of L3 is the
 * node's over the node's ranks, but no more than the caches it can reach and
 * no more than one for each of its threads. All ranks of a team have sets of
 * one size: of l1, l2 and l3 the smallest that any of them would take, of
 * memory the largest, then capped by the node that has least.
 */
#ifndef ET_BENCH_LEVEL_H
#define ET_BENCH_LEVEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/base/backend.h"
#include "harness/base/field.h"
#include "harness/system/topology.h"
#include "harness/team/team.h"

/* The one backend of such a bench: this build's own loops, over the host's
 * memory, which is what they measure. */
extern const struct et_backends et_level_backends;

/* In the table of such a bench, after ET_BENCH. */
#define ET_LEVEL_BENCH                                                         \
    ET_BENCH_SHAPES("sizes", 0, "0",                                           \
                    "bytes of a rank's working set, with level = bytes"),      \
        .backends = &et_level_backends

enum et_level {
    ET_LEVEL_MEMORY,
    ET_LEVEL_L3,
    ET_LEVEL_L2,
    ET_LEVEL_L1,
    ET_LEVEL_BYTES
};
#define ET_LEVEL_CHOICES "memory|l3|l2|l1|bytes"

/* What such a bench's parameters have in common; its rows name them so. */
struct et_level_params {
    int level;     /* enum et_level */
    int64_t bytes; /* of a rank, with ET_LEVEL_BYTES; else 0 */
    int pages;     /* enum et_level_pages */
};
enum et_level_pages { ET_PAGES_SYSTEM, ET_PAGES_HUGE };
#define ET_LEVEL_ROWS(owner, part)                                             \
    ET_ROW_AS("level", owner, part.level, ET_CHOICE,                           \
              "where the working set lies; bytes: as large as "                \
              "`bytes` says",                                                  \
              .preset = "memory", .choices = ET_LEVEL_CHOICES),                \
        ET_ROW_AS("bytes", owner, part.bytes, ET_BYTES,                        \
                  "working set of a rank, with level = bytes; "                \
                  "else 0",                                                    \
                  .preset = "0", .min = 0, .max = 0x1p40),                     \
        ET_ROW_AS("pages", owner, part.pages, ET_CHOICE,                       \
                  "as the system gives them, or huge ones asked for",          \
                  .preset = "system", .choices = "system|huge")

/* level = bytes goes with bytes > 0, another with 0; else ET_USAGE. */
enum et_status et_level_check(const struct et_level_params *p,
                              const char *where);

/* Why this machine has no such level, or NULL. */
const char *et_level_why_not(const struct et_level_params *p);

/* What a rank's set would be on this machine, were all ranks on it: for plans.
 * 0 where it is not known. */
double et_level_estimate(const struct et_level_params *p, int ranks,
                         int threads);

/* Bytes of L2 that a thread on a core of its own has; 0: not told. */
int64_t et_level_l2(void);

struct et_level_set {
    int64_t bytes;    /* of this rank's set */
    bool capped;      /* memory: less than 4 times the last level */
    bool unknown;     /* memory: the last level's size is not told */
    double wanted;    /* before the cap */
    int64_t share[3]; /* of L1d, L2, L3: this rank's, its threads together;
                       * ET_ABSENT_INT */
};

/* Collective: the same `bytes` on all ranks. */
enum et_status et_level_resolve(const struct et_level_params *p,
                                struct et_team *team, int threads,
                                struct et_level_set *out);
/* The smallest level that holds them: "L1", "L2", "L3", "memory". */
const char *et_level_holds(const struct et_level_set *s, int64_t bytes);

/* Untouched memory, page-aligned, so that whoever uses a page may be the first
 * to touch it. */
struct et_level_memory {
    void *data, *base; /* base: what is mapped */
    size_t mapped;
};
enum et_status et_level_reserve(size_t bytes, int pages,
                                struct et_level_memory *out);
void et_level_release(struct et_level_memory *m);

/* What was taken, and why not what was to be taken. */
void et_level_rule(const struct et_level_params *p,
                   const struct et_level_set *s, char text[160]);

/* level_bytes, level_holds, level_note, caches, huge pages: of this rank. */
enum et_status et_level_facts(const struct et_level_params *p,
                              const struct et_level_set *s, int64_t bytes,
                              const struct et_level_memory *m,
                              struct et_pairs *out);

#endif
