/* What was read stands in memory; what was written is read back. Nothing here
 * is timed.
 */
#include "config.h"
#include "bench/check/io.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "harness/base/log.h"
#include "harness/base/memory.h"
#include "harness/base/random.h"
#include "harness/base/text.h"
#include "kernels/io/io.h"

#define CHUNK ((int64_t)1 << 20) /* bytes compared at once; whole blocks */
#define GLANCES 16               /* whole blocks looked at after a sample */

enum et_status et_io_check_open(struct et_io_check *c)
{
    c->got = et_alloc_aligned((size_t)CHUNK, 1);
    c->want = et_alloc_aligned((size_t)CHUNK, 1);
    return c->got && c->want ? ET_OK
                             : et_error(ET_INFRA, "io: no memory to verify");
}

void et_io_check_close(struct et_io_check *c)
{
    et_free_aligned(c->got);
    et_free_aligned(c->want);
}

static struct et_io_place place(const struct et_io_check *c, int64_t at)
{
    return (struct et_io_place){c->team->rank, at, c->epoch};
}

void et_io_check_fill(const struct et_io_check *c, unsigned char *out)
{
    struct et_io_place p = place(c, 0);
    et_io_fill(&c->contents, &p, out, c->contents.bytes);
}

static int64_t at_most(int64_t n, int64_t most)
{
    return n < most ? n : most;
}

static off_t offset(const struct et_io_check *c, int64_t at)
{
    int64_t part = c->contents.shared ? c->team->rank : 0;
    return (off_t)(part * c->contents.bytes + at);
}

/* How this rank's bytes can be fetched for checking: past the page cache where
 * they are aligned and the file system lets us. */
static enum et_status open_written(const struct et_io_check *c, int *fd)
{
    int flags = O_RDONLY | O_NOFOLLOW | O_CLOEXEC;
    *fd = -1;
#ifdef O_DIRECT
    if (c->contents.bytes % ET_IO_BLOCK == 0)
        *fd = open(c->path, flags | O_DIRECT);
#endif
    if (*fd < 0)
        *fd = open(c->path, flags);
    return *fd < 0 ? et_error(ET_INFRA, "%s: %s", c->path, strerror(errno))
                   : ET_OK;
}

static bool is_direct(int fd)
{
#ifdef O_DIRECT
    int flags = fcntl(fd, F_GETFL);
    return flags >= 0 && flags & O_DIRECT;
#else
    (void)fd;
    return false;
#endif
}

/* A file system may open with O_DIRECT and then refuse to read so. False: it
 * was not open so, or stays so. */
static bool leave_direct(int fd)
{
#ifdef O_DIRECT
    int flags = fcntl(fd, F_GETFL);
    return flags >= 0 && flags & O_DIRECT &&
           fcntl(fd, F_SETFL, flags & ~O_DIRECT) == 0;
#else
    (void)fd;
    return false;
#endif
}

/* n bytes at `at` of this rank's part: where they were read to, or from the
 * file into c->got; a file that ends early leaves zeros. */
static enum et_status fetch(const struct et_io_check *c, int fd, int64_t at,
                            int64_t n, const unsigned char **out)
{
    int64_t done = 0;

    *out = c->data ? c->data + at : c->got;
    if (c->data)
        return ET_OK;
    memset(c->got, 0, (size_t)n);
    while (done < n) {
        ssize_t r =
            pread(fd, c->got + done, (size_t)(n - done), offset(c, at + done));
        if (r < 0 && errno == EINTR)
            continue;
        int why = r < 0 ? errno : 0;
        if (why == EINVAL && leave_direct(fd))
            continue;
        if (r < 0)
            return et_error(ET_INFRA, "%s: reading back: %s", c->path,
                            strerror(why));
        if (r == 0)
            break;
        done += r;
    }
    return ET_OK;
}

/* Did the two change places? Then this rank's block over there is ours. */
static bool swapped(const struct et_io_check *c, int fd, int64_t at,
                    int64_t with)
{
    const unsigned char *there;
    struct et_io_place here = place(c, at);
    int64_t n = at_most(c->contents.bytes - with, ET_IO_BLOCK);
    return n >= ET_IO_HEADER && fetch(c, fd, with, n, &there) == ET_OK &&
           et_io_header_is(&c->contents, &here, there);
}

/* In an operator's words, what happened first: a note may be cut off. c->got
 * is used up. */
static void describe(const struct et_io_check *c, int fd, int64_t at,
                     const struct et_io_finding *f, char text[ET_BLAME])
{
    struct et_io_place p = place(c, at);
    struct et_io_key here = et_io_key_of(&c->contents, &p);
    struct et_io_key from = et_io_key_of(&c->contents, &f->from);
    unsigned long long offset_here = here.offset, offset_from = from.offset;
    const char *slash = strrchr(c->path, '/'), *why;
    bool torn =
        f->first > 0 || f->end < at_most(c->contents.bytes - at, ET_IO_BLOCK);
    struct et_text t = {0}, where = {0};

    if (f->state == ET_IO_FLIPPED)
        et_text_add(&where, "byte %lld of ", (long long)f->first);
    else if (torn)
        et_text_add(&where, "bytes %lld to %lld of ", (long long)f->first,
                    (long long)f->end - 1);
    et_text_add(&where, "block at offset %llu of %s", offset_here,
                slash ? slash + 1 : c->path);
    /* What was read may have been written rightly. */
    why = c->data ? "misplaced block" : "misdirected write";
    if (f->state == ET_IO_STALE)
        why = c->data ? "stale block" : "lost write";
    else if (f->state == ET_IO_BLANK)
        why = c->data ? "nothing read" : "nothing written";
    else if (f->state == ET_IO_JUNK)
        why = "unknown bytes";
    if (torn && f->state != ET_IO_JUNK)
        why = "torn block";
    switch (f->state) {
    case ET_IO_FLIPPED:
        et_text_add(&t, "bit flip: %lld bit%s from %s on", (long long)f->bits,
                    f->bits == 1 ? "" : "s", et_text_str(&where));
        break;
    case ET_IO_STALE:
        et_text_add(&t, "%s: %s holds epoch %llu where %llu is right", why,
                    et_text_str(&where), (unsigned long long)from.epoch,
                    (unsigned long long)c->epoch);
        break;
    case ET_IO_MISPLACED:
        if (!torn && from.epoch == c->epoch && swapped(c, fd, at, f->from.at))
            why = "swapped blocks";
        et_text_add(&t, "%s: %s holds offset %llu, epoch %llu", why,
                    et_text_str(&where), offset_from,
                    (unsigned long long)from.epoch);
        break;
    case ET_IO_FOREIGN:
        et_text_add(&t, "%s: %s holds rank %d's offset %llu, epoch %llu", why,
                    et_text_str(&where), f->from.rank, offset_from,
                    (unsigned long long)from.epoch);
        break;
    case ET_IO_BLANK:
        et_text_add(&t, "%s: %s is 0x%02x throughout", why, et_text_str(&where),
                    (unsigned)f->byte);
        break;
    case ET_IO_RIGHT:
    case ET_IO_JUNK:
        et_text_add(&t, "%s: %s is nothing of this run", why,
                    et_text_str(&where));
        break;
    }
    snprintf(text, ET_BLAME, "%s", et_text_str(&t));
    et_text_free(&t);
    et_text_free(&where);
}

/* Compare n bytes from the block at `at` on, which `got` holds. The first
 * fault goes to `text` unless it has one. */
static double compare(const struct et_io_check *c, int fd,
                      const unsigned char *got, int64_t at, int64_t n,
                      char text[ET_BLAME])
{
    struct et_io_place p = place(c, at);
    struct et_io_finding f, first;
    double wrong = 0;

    et_io_fill(&c->contents, &p, c->want, n);
    if (memcmp(got, c->want, (size_t)n) == 0)
        return 0;
    for (int64_t i = 0; i < n; i += ET_IO_BLOCK) {
        int64_t size = at_most(n - i, ET_IO_BLOCK);
        if (memcmp(got + i, c->want + i, (size_t)size) == 0)
            continue;
        struct et_io_place here = place(c, at + i);
        et_io_judge(&c->contents, &here, got + i, size, &f);
        if (wrong == 0) {
            first = f;
            p = here;
        }
        wrong += (double)f.wrong;
    }
    if (!*text)
        describe(c, fd, p.at, &first, text);
    return wrong;
}

static enum et_status compare_all(const struct et_io_check *c, double *wrong,
                                  char text[ET_BLAME], const char **how)
{
    enum et_status status = ET_OK;
    const unsigned char *got;
    int fd = -1;

    *how = "contents of the buffer read into";
    if (!c->data) {
        status = et_io_cache_drop(c->path);
        if (!status)
            status = open_written(c, &fd);
    }
    for (int64_t at = 0; at < c->contents.bytes && !status; at += CHUNK) {
        int64_t n = at_most(c->contents.bytes - at, CHUNK);
        status = fetch(c, fd, at, n, &got);
        if (!status)
            *wrong += compare(c, fd, got, at, n, text);
    }
    if (fd >= 0) /* after the reads: they may have left O_DIRECT */
        *how = is_direct(fd) ? "contents read back with O_DIRECT"
                             : "contents read back, cache dropped before";
    if (fd >= 0)
        close(fd);
    return status;
}

enum et_status et_io_check_verify(struct et_io_check *c,
                                  struct et_verification *out)
{
    double v[2] = {0, *c->fault != '\0'};
    const char *how = "";

    enum et_status status = compare_all(c, &v[0], c->fault, &how);
    status = et_team_agree(c->team, et_status_worse(c->failed, status));
    c->failed = ET_OK;
    if (!status)
        status = et_team_reduce(c->team, ET_SUM, v, 2);
    if (status)
        return status;
    bool bad = v[0] > 0 || v[1] > 0;
    struct et_verification found = {.status =
                                        bad ? ET_CHECK_FAILED : ET_CHECK_PASSED,
                                    .error = bad && v[0] == 0 ? 1 : v[0]};
    snprintf(found.method, sizeof found.method,
             "wrong bytes, all compared, whole team: %s; blocks keyed by file, "
             "offset and epoch",
             how);
    if (bad)
        status = et_blame(c->team, c->fault, found.note);
    *c->fault = '\0';
    if (!status)
        *out = found;
    return status;
}

void et_io_check_glance(struct et_io_check *c)
{
    int64_t bytes = c->contents.bytes;
    uint64_t blocks = (uint64_t)(bytes + ET_IO_BLOCK - 1) / ET_IO_BLOCK;
    char text[ET_BLAME] = "";
    const unsigned char *got;
    int fd = -1;

    if (*c->fault || c->failed)
        return;
    enum et_status status = c->data ? ET_OK : open_written(c, &fd);
    for (uint64_t i = 0; c->data && i < blocks && !*text; i++) {
        struct et_io_place p = place(c, (int64_t)i * ET_IO_BLOCK);
        int64_t n = at_most(bytes - p.at, ET_IO_BLOCK);
        if (n < ET_IO_HEADER ||
            !et_io_header_is(&c->contents, &p, c->data + p.at))
            (void)compare(c, fd, c->data + p.at, p.at, n, text);
    }
    for (uint64_t k = 0; k < GLANCES && !status && !*text; k++) {
        uint64_t random = et_random_u64(c->contents.seed + c->samples, k);
        int64_t at = (int64_t)(random % blocks) * ET_IO_BLOCK;
        int64_t n = at_most(bytes - at, ET_IO_BLOCK);
        status = fetch(c, fd, at, n, &got);
        if (!status)
            (void)compare(c, fd, got, at, n, text);
    }
    c->failed = status;
    if (*text)
        snprintf(c->fault, sizeof c->fault, "sample %llu: %.140s",
                 (unsigned long long)c->samples, text);
    if (fd >= 0)
        close(fd);
}

/* n bytes at `at` of the part, from or to where the last sample left them. */
static enum et_status move(const struct et_io_check *c, bool puts, int64_t at,
                           unsigned char *bytes, int64_t n)
{
    if (c->data && puts)
        memcpy(c->data + at, bytes, (size_t)n);
    else if (c->data)
        memcpy(bytes, c->data + at, (size_t)n);
    if (c->data)
        return ET_OK;
    int fd = open(c->path, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
    ssize_t done = -1;
    if (fd >= 0 && puts)
        done = pwrite(fd, bytes, (size_t)n, offset(c, at));
    else if (fd >= 0)
        done = pread(fd, bytes, (size_t)n, offset(c, at));
    bool moved = done == n && (!puts || fsync(fd) == 0);
    enum et_status status =
        moved ? ET_OK
              : et_error(ET_INFRA, "%s: a fault cannot be planted: %s", c->path,
                         strerror(errno));
    if (fd >= 0)
        close(fd);
    return status;
}

enum et_status et_io_check_damage(struct et_io_check *c,
                                  const struct et_fault *fault, double *size)
{
    int64_t bytes = c->contents.bytes, n = ET_IO_BLOCK;
    uint64_t whole = (uint64_t)(bytes / n);
    unsigned char was[ET_IO_BLOCK], is[ET_IO_BLOCK];

    *size = NAN;
    if (fault->kind == ET_FAULT_SWAP && whole < 2)
        return ET_OK;
    uint64_t blocks =
        fault->kind == ET_FAULT_SWAP ? whole : whole + (bytes % n > 0);
    int64_t at = (int64_t)(fault->at % blocks) * n;
    if (fault->kind == ET_FAULT_FLIP)
        at = (int64_t)(fault->at % (uint64_t)bytes) / n * n;
    n = at_most(bytes - at, n);
    enum et_status status = move(c, false, at, was, n);
    if (status)
        return status;
    struct et_io_place from = place(c, at);
    memcpy(is, was, (size_t)n);
    switch (fault->kind) {
    case ET_FAULT_FLIP:
        is[(int64_t)(fault->at % (uint64_t)bytes) - at] ^=
            (unsigned char)(1 << (fault->bit & 7));
        break;
    case ET_FAULT_STALE:
        from.epoch--;
        et_io_fill(&c->contents, &from, is, n);
        break;
    case ET_FAULT_RANK: /* the next rank's; of one rank, of one there is not */
        from.rank = c->team->size > 1 ? (from.rank + 1) % c->team->size : 1;
        et_io_fill(&c->contents, &from, is, n);
        break;
    case ET_FAULT_SWAP:
        from.at = (at / n + 1) % (int64_t)whole * n;
        status = move(c, false, from.at, is, n);
        if (!status)
            status = move(c, true, from.at, was, n);
        break;
    }
    if (!status)
        status = move(c, true, at, is, n);
    if (!status)
        *size = memcmp(was, is, (size_t)n) ? (double)INFINITY : 0;
    return status;
}
