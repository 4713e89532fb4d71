/* witness: did the bytes that a transfer says it moved to or from a device
 * really go there? The kernel's own counters are asked around each sample, as
 * the calls of the transfer, and the page cache's answers, may be a library's
 * that lies. Knows files and counters; never a backend.
 *
 * A read: this process, or the block device under the file, fetched at least
 * 99 % of the bytes. Those of the team count together, since one rank may read
 * for another.
 * A write: no page of the file is dirty or on its way after it, or the block
 * device wrote at least 99 % of the bytes. (What a process caused to be written
 * is counted when a page becomes dirty, and proves nothing.)
 * One of them must agree. What disagrees, and what no other confirms, is a
 * contradiction.
 */
#ifndef ET_BENCH_CHECK_WITNESS_H
#define ET_BENCH_CHECK_WITNESS_H

#include <stdbool.h>
#include <stddef.h>

#include "harness/base/status.h"
#include "harness/team/team.h"

/* Of one rank; {0} with what is the caller's. */
struct et_io_witness {
    const char *path; /* of its file; the caller's */
    bool writes;
    /* Its own. */
    double payload;                 /* bytes of all samples */
    double fetched, fetched_before; /* by this process; NAN: not told */
    double device, device_before;   /* by the device, first rank of a node */
    double unwritten;               /* bytes after a write, the worst; NAN */
    bool asked;                     /* of one sample at least */
    bool open;                      /* between before and after */
};

/* Just before a sample, and just after it, when it moved so many bytes; a
 * second `after` finds nothing. Local. */
void et_io_witness_before(struct et_io_witness *w);
void et_io_witness_after(struct et_io_witness *w, double bytes);

struct et_io_testimony {
    bool agrees;     /* the kernel confirms that the bytes met a device */
    char doubt[128]; /* what it says against it; "" */
};
/* Of the whole team; the same on all. Collective. */
enum et_status et_io_witness_ask(const struct et_io_witness *w,
                                 struct et_team *team,
                                 struct et_io_testimony *out);

#endif
