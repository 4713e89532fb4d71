/* group: records that share a key, found by sorting, so that 100,000 of them
 * are no trouble. Knows records; never a document.
 */
#ifndef ET_RESULTS_READING_GROUP_H
#define ET_RESULTS_READING_GROUP_H

#include "results/reading/run.h"

/* Indices into run->records. */
struct et_picks {
    size_t *v;
    size_t n;
};
typedef bool et_pick_test(const struct et_record *r);
/* Those for which the test is true; NULL: all. */
bool et_picks_take(struct et_picks *out, const struct et_run *run,
                   et_pick_test *test);
/* The same by a test that asks the run too: of a record's bench, say. */
typedef bool et_pick_run_test(const struct et_run *run,
                              const struct et_record *r);
bool et_picks_take_by(struct et_picks *out, const struct et_run *run,
                      et_pick_run_test *test);
void et_picks_free(struct et_picks *p);

/* What a key is made of. */
enum {
    ET_KEY_BENCH = 1,
    ET_KEY_BACKEND = 2,
    ET_KEY_TEAM = 4, /* ranks and nodes */
    ET_KEY_THREADS = 8,
    ET_KEY_WORDS = 16,    /* parameters that are no numbers */
    ET_KEY_NUMBERS = 32,  /* parameters that are */
    ET_KEY_OTHERS = 4096, /* of these, all but the bytes: the root, say */
    ET_KEY_LABEL = 64,
    ET_KEY_DTYPE = 128,
    ET_KEY_OUTCOME = 256, /* and its reason */
    ET_KEY_OP = 512,      /* write or read, to or from which medium */
    ET_KEY_SHAPE = 1024,  /* its name in the catalog */
    ET_KEY_CASE = 2048,   /* its identity, which holds all parameters */
    ET_KEY_KIND = ET_KEY_BENCH | ET_KEY_DTYPE | ET_KEY_OP,
    ET_KEY_SERIES = ET_KEY_BENCH | ET_KEY_BACKEND | ET_KEY_THREADS |
                    ET_KEY_WORDS | ET_KEY_NUMBERS | ET_KEY_LABEL
};

/* Groups in the order of their first record, records in theirs. */
struct et_groups {
    struct et_picks *v; /* into `order` */
    size_t n;
    size_t *order;
};
bool et_groups_make(struct et_groups *out, const struct et_run *run,
                    const struct et_picks *among, int key);
void et_groups_free(struct et_groups *g);

#endif
