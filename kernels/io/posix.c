/* I/O by open, pwrite, pread, fsync and close; with O_DIRECT where asked. A
 * file system that refuses O_DIRECT is an error, never a silent detour through
 * the page cache. Never follows a symbolic link.
 */
#include "config.h"
#include "kernels/io/io.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/base/log.h"
#include "harness/base/memory.h"

static const char *unsupported(const struct et_io *p)
{
    if (!p->direct)
        return NULL;
#ifndef O_DIRECT
    return "this system has no O_DIRECT";
#endif
    if (p->bytes % 4096 || p->block % 4096)
        return "O_DIRECT moves multiples of 4096 bytes only";
    return NULL;
}

static enum et_status failed(const struct et_io_setup *q, const char *what)
{
    int e = errno;
    if (e == EINVAL && q->p.direct)
        return et_error(ET_INFRA, "%s: %s: the file system refuses O_DIRECT",
                        q->path, what);
    return et_error(ET_INFRA, "%s: %s: %s", q->path, what, strerror(e));
}

static enum et_status open_file(const struct et_io_setup *q, int flags, int *fd)
{
    flags |= O_NOFOLLOW | O_CLOEXEC;
#ifdef O_DIRECT
    if (q->p.direct)
        flags |= O_DIRECT;
#endif
    do
        *fd = open(q->path, flags, 0600);
    while (*fd < 0 && errno == EINTR);
    return *fd < 0 ? failed(q, "open") : ET_OK;
}

static enum et_status create(const struct et_io *p, struct et_team *team,
                             const char *path, void **setup)
{
    struct et_io_setup *q;
    int fd;

    enum et_status s = et_io_setup(p, team, path, &q);
    if (s)
        return s;
    /* Now rather than in the timed part: may we, and does O_DIRECT work? */
    s = open_file(q, O_RDWR | O_CREAT, &fd);
    if (s) {
        et_io_setup_free(q);
        return s;
    }
    close(fd);
    *setup = q;
    return ET_OK;
}

/* Bytes from `at` to the end of its block, or of all. */
static size_t due(const struct et_io_setup *q, int64_t at)
{
    int64_t end = (at / q->p.block + 1) * q->p.block;
    return (size_t)((end < q->p.bytes ? end : q->p.bytes) - at);
}

static enum et_status write_all(const struct et_io_setup *q, int fd,
                                const char *data)
{
    for (int64_t at = 0; at < q->p.bytes;) {
        ssize_t n = pwrite(fd, data + at, due(q, at), (off_t)(q->first + at));
        if (n < 0 && errno == EINTR)
            continue;
        if (n == 0)
            errno = ENOSPC;
        if (n <= 0)
            return failed(q, "write");
        at += n;
    }
    return ET_OK;
}

static enum et_status write_file(void *setup, const void *data)
{
    const struct et_io_setup *q = setup;
    int fd;

    enum et_status s = open_file(q, O_WRONLY | O_CREAT, &fd);
    if (s)
        return s;
    s = write_all(q, fd, data);
    while (!s && q->p.sync && fsync(fd)) {
        if (errno != EINTR)
            s = failed(q, "fsync");
    }
    if (close(fd) && !s && errno != EINTR)
        s = failed(q, "close");
    return s;
}

static enum et_status read_all(const struct et_io_setup *q, int fd, char *data)
{
    for (int64_t at = 0; at < q->p.bytes;) {
        ssize_t n = pread(fd, data + at, due(q, at), (off_t)(q->first + at));
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return failed(q, "read");
        if (n == 0)
            return et_error(ET_INFRA,
                            "%s: ends at byte %lld, before the %lld "
                            "that are due",
                            q->path, (long long)(q->first + at),
                            (long long)(q->first + q->p.bytes));
        at += n;
    }
    return ET_OK;
}

static enum et_status read_file(void *setup, void *data)
{
    const struct et_io_setup *q = setup;
    int fd;

    enum et_status s = open_file(q, O_RDONLY, &fd);
    if (s)
        return s;
    s = read_all(q, fd, data);
    close(fd);
    return s;
}

const struct et_io_backend et_io_posix = {
    .base = {.name = "posix",
             .summary = "pwrite, pread and fsync, with or without O_DIRECT",
             .destroy = et_io_setup_free},
    .unsupported = unsupported,
    .create = create,
    .write = write_file,
    .read = read_file};
