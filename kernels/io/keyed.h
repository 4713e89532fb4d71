/* keyed: contents of files that say where and when they belong, so that of a
 * wrong block it can be told what happened to it. Pure; knows no file.
 *
 * Each rank's part is cut in blocks of ET_IO_BLOCK bytes, the last one may be
 * shorter. A block begins with a header of ET_IO_HEADER bytes, for which a
 * shorter one has no room; all else is random, from the seed, the rank, the
 * epoch and the place. The header is five 64-bit words:
 *     w0         random, as the rest
 *     w1 w2 w3   the key: file, offset in it, epoch; each xor a mask
 *     w4         a check of the key
 * The masks and the check come from w0 and the seed: whoever knows the seed
 * reads the header, for anybody else and for a device that compresses it is
 * as random as the rest. A block of another seed has a wrong check.
 *
 * That a block carries its own address so that a write to a wrong one shows is
 * the reference tag of T10's protection information (SBC-4, 4.22), and fio has
 * headers by block for `verify`. The epoch is what shows a lost write.
 */
#ifndef ET_IO_KEYED_H
#define ET_IO_KEYED_H

#include <stdbool.h>
#include <stdint.h>

#define ET_IO_BLOCK 4096
#define ET_IO_HEADER 40

struct et_io_contents {
    uint64_t seed;
    bool shared;   /* one file: rank r's part begins at r * bytes */
    int64_t bytes; /* of a part */
};

/* A place in the files at a time. */
struct et_io_place {
    int rank;       /* whose part */
    int64_t at;     /* offset in the part */
    uint64_t epoch; /* of its writing */
};

struct et_io_key {
    uint64_t file;   /* the rank's number; 0 where there is one file */
    uint64_t offset; /* in the file */
    uint64_t epoch;
};

enum et_io_state {
    ET_IO_RIGHT,
    ET_IO_FLIPPED,   /* at most ET_IO_FLIPS bits differ */
    ET_IO_STALE,     /* the same place's contents of another epoch */
    ET_IO_MISPLACED, /* another place's of the same part */
    ET_IO_FOREIGN,   /* another rank's */
    ET_IO_BLANK,     /* one byte, over and over */
    ET_IO_JUNK       /* none of these */
};
#define ET_IO_FLIPS 8

struct et_io_finding {
    enum et_io_state state;
    int64_t first, end; /* bytes [first, end) of the block hold all that differ;
                         * not the whole block, then it is torn */
    int64_t wrong, bits;     /* bytes and bits that differ */
    struct et_io_place from; /* stale, misplaced, foreign: whence it is */
    unsigned char byte;      /* blank: which */
};

struct et_io_key et_io_key_of(const struct et_io_contents *c,
                              const struct et_io_place *p);

/* n bytes of a part from p->at on, which is the beginning of a block. */
void et_io_fill(const struct et_io_contents *c, const struct et_io_place *p,
                void *out, int64_t n);

/* What is in the header, false where that is none of this seed's. */
bool et_io_header(const struct et_io_contents *c, const void *block,
                  struct et_io_key *out);
/* Is it the header of the block at p? */
bool et_io_header_is(const struct et_io_contents *c,
                     const struct et_io_place *p, const void *block);

/* n: the block's bytes, ET_IO_BLOCK or what is left of the part. */
void et_io_judge(const struct et_io_contents *c, const struct et_io_place *p,
                 const void *block, int64_t n, struct et_io_finding *out);

#endif
