/* group: records that share a key, found by sorting, so that 100,000 of them
 * are no trouble. Also what a record is worth: whether it may be quoted, and
 * why not. Knows records; never a document.
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
    ET_KEY_WORDS = 16,   /* parameters that are no numbers */
    ET_KEY_NUMBERS = 32, /* parameters that are */
    ET_KEY_LABEL = 64,
    ET_KEY_DTYPE = 128,
    ET_KEY_OUTCOME = 256, /* and its reason */
    ET_KEY_OP = 512,      /* write or read, to or from which medium */
    ET_KEY_SHAPE = 1024,  /* its name in the catalog */
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

/* Timed, checked and right: its figures may be shown. */
bool et_record_measured(const struct et_record *r);
bool et_record_checked(const struct et_record *r); /* the check passed */
/* Why a measured record may not be quoted, the gravest first; NULL: it may. */
enum et_flaw {
    ET_FLAW_NONE,
    ET_FLAW_WRONG,       /* or never measured */
    ET_FLAW_UNCHECKED,   /* nobody looked at the data */
    ET_FLAW_ODD,         /* a host's outputs differ from the others' */
    ET_FLAW_SUSPECT,     /* faster than what bounds it */
    ET_FLAW_DOUBTFUL,    /* has a fact "doubt", which says why */
    ET_FLAW_NO_INTERVAL, /* too few passes */
    ET_FLAW_UNCONVERGED, /* interval wider than requested */
    ET_FLAW_DRIFTS       /* a trend: the median is of no one state */
};
enum et_flaw et_record_flaw(const struct et_record *r);
const char *et_flaw_name(enum et_flaw f);
/* Sure enough to be quoted: without a flaw. */
bool et_record_sound(const struct et_record *r);
/* Cases that were the ceiling of one that lies above it: as suspect as that
 * one. Sorted; false on no memory. */
bool et_accused_find(const struct et_run *run, struct et_strings *out);
bool et_accused_has(const struct et_strings *accused, const char *id);

#endif
