/* ranks: the file beside the records, ranks.bin, that holds every rank's own
 * median: a block for each record of several ranks. docs/records.md has its
 * layout. Knows bytes; never a run directory or what the figures mean.
 */
#ifndef ET_RESULTS_RECORD_RANKS_H
#define ET_RESULTS_RECORD_RANKS_H

#include <stdio.h>

#include "harness/base/field.h"

#define ET_RANKS_FILE "ranks.bin"
#define ET_RANKS_VERSION 1

struct et_ranks {
    uint64_t record; /* line of records.jsonl, from 0 */
    char *id;        /* of the case */
    /* In order of rank: its own median, s per iteration, and the samples in
     * which it was the last. */
    struct et_reals medians, last;
};

/* The bytes that the file begins with, and those of a block, `size` of them,
 * owned by the caller; NULL: no memory. */
#define ET_RANKS_HEAD 16
void et_ranks_begin(unsigned char head[ET_RANKS_HEAD]);
unsigned char *et_ranks_pack(const struct et_ranks *r, size_t *size);
void et_ranks_free(struct et_ranks *r);

enum et_ranks_found {
    ET_RANKS_BLOCK,
    ET_RANKS_END,     /* of the file, after a whole block */
    ET_RANKS_TORN,    /* the file ends within a block or its head */
    ET_RANKS_DAMAGED, /* bytes that no etalon wrote so */
    ET_RANKS_NEWER,   /* a version that this etalon does not read */
    ET_RANKS_NO_READ  /* the system's error (errno), or no memory */
};

/* A pass over a file that is open for reading at its start. */
struct et_ranks_reader {
    FILE *file;
    long whole; /* bytes up to the end of the last whole block */
};

/* The next block into *out, owned by the caller, where it is a whole one. The
 * first call reads the head as well. Once it was none, it stays so. */
enum et_ranks_found et_ranks_next(struct et_ranks_reader *reader,
                                  struct et_ranks *out);
/* What was found, in words that go after "PATH: ". */
const char *et_ranks_say(enum et_ranks_found found);

#endif
