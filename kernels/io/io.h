/* io: checkpoint-like writing and reading of a file per rank, or of one
 * shared file in which rank r owns the stripe [r*bytes, (r+1)*bytes).
 * GB/s = 10^9 bytes/s of payload, all ranks, over the time of a sample.
 * A write is over when the data is durable (fsync), unless sync is off.
 */
#ifndef ET_IO_IO_H
#define ET_IO_IO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/base/backend.h"
#include "harness/base/status.h"
#include "harness/team/team.h"

struct et_io {
    bool shared;   /* one file for the team, else one a rank */
    bool direct;   /* O_DIRECT */
    bool sync;     /* fsync is part of the write */
    int64_t bytes; /* of each rank */
    int64_t block; /* bytes a call moves; a multiple of 4096 if direct */
};

/* A write or a read is the iteration: base.run is left out. */
struct et_io_backend {
    struct et_backend base;
    /* NULL, or why it does not do this problem. */
    const char *(*unsupported)(const struct et_io *p);
    /* path: the file; the same on all ranks when shared. Collective. */
    enum et_status (*create)(const struct et_io *p, struct et_team *team,
                             const char *path, void **setup);
    /* open, move `bytes` in blocks, sync, close; complete on return. data lies
     * in base.space and is page-aligned. */
    enum et_status (*write)(void *setup, const void *data);
    enum et_status (*read)(void *setup, void *data);
};

ET_BACKENDS_OF(io)

/* A setup, as most backends have it. */
struct et_io_setup {
    struct et_io p;
    struct et_team *team;
    char *path;
    int64_t first; /* of this rank's bytes in the file */
};
/* Local: touches no file. */
enum et_status et_io_setup(const struct et_io *p, struct et_team *team,
                           const char *path, struct et_io_setup **out);
void et_io_setup_free(void *setup); /* as a backend's destroy; NULL is fine */

/* Ask the kernel to drop a file's pages (fsync, then POSIX_FADV_DONTNEED),
 * and what share of [0, bytes) is in the page cache now, by mincore(2); NAN
 * where the system does not tell. Untimed. */
enum et_status et_io_cache_drop(const char *path);
double et_io_cache_share(const char *path);

/* What the kernel itself counted, in bytes; NAN where it does not tell.
 * Untimed. Of the file: not yet on the device (cachestat(2)). */
double et_io_unwritten(const char *path);
/* This process: fetched from storage, ever (/proc/self/io). */
double et_io_fetched(void);
/* The block device under the file: written or read, ever, by whomever. */
double et_io_device_moved(const char *path, bool written);

/* Type of the file system that holds the path ("ext4", "lustre", "tmpfs"),
 * from /proc; false and `name` untouched where it is not known. */
bool et_io_filesystem(const char *path, char *name, size_t n);
/* Is that type memory, so that no read or write meets a device? */
bool et_io_filesystem_is_memory(const char *name);

#endif
