/* io_check: whether what the last sample of io wrote, or read, is right: all
 * of it when asked, a part after every sample; and faults planted in it.
 * Knows contents and files, not the bench's parameters.
 */
#ifndef ET_BENCH_CHECK_IO_H
#define ET_BENCH_CHECK_IO_H

#include "bench/check/blame.h"
#include "harness/case/bench.h"
#include "kernels/io/keyed.h"

struct et_io_check {
    struct et_team *team;
    struct et_io_contents contents;
    uint64_t epoch;            /* of what is right now */
    uint64_t samples;          /* taken so far */
    const char *path;          /* this rank's file, its owner's to free */
    unsigned char *data;       /* what was read; NULL: look at the file */
    unsigned char *got, *want; /* room for a chunk */
    char fault[ET_BLAME];      /* what a glance found; "" */
    enum et_status failed;     /* a glance could not read; ET_OK */
};

/* path, data and the numbers are set by the caller. Local. */
enum et_status et_io_check_open(struct et_io_check *c);
void et_io_check_close(struct et_io_check *c);

/* Contents of this rank's part at this epoch into `out`. */
void et_io_check_fill(const struct et_io_check *c, unsigned char *out);

/* As bench.h has them. Each byte of the last sample is compared by verify: a
 * file's past the page cache where that can be, else after it was dropped. A
 * glance reads every header and some whole blocks of what was read, which
 * between two samples costs nothing and among the reads would add a tenth to
 * those from the page cache (tests/speed/keyed.c); of what was written, it
 * reads some blocks back. A fault's element is a byte, its bit modulo 8; its
 * block is ET_IO_BLOCK bytes. That a glance could not read is no fault of the
 * data: the next verify returns its status. */
enum et_status et_io_check_verify(struct et_io_check *c,
                                  struct et_verification *out);
void et_io_check_glance(struct et_io_check *c);
enum et_status et_io_check_damage(struct et_io_check *c,
                                  const struct et_fault *fault, double *size);

#endif
