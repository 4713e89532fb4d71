/* A library that stands before libc (LD_PRELOAD) and notes what a program does
 * to files, in order; it can make one of these calls fail. For tests of what is
 * on the disk at which time. Knows libc alone.
 *
 *   SHIM_LOG=FILE  a line a call that went well: `write PATH`, `fsync PATH`,
 *                  `rename OLD NEW`; clock readings in a row are one `clock`
 *   SHIM_FAIL=CALL:NAME:N[+]:HOW   the N-th CALL on a file of this name, with
 *                  `+` all from there on, fails: enospc, eio or eintr; short:
 * it writes half. NAME is the last part of the path, or, where it ends in `-`,
 * the beginning of it.
 */
#include "config.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define FDS 256
#define PATH 512

static char paths[FDS][PATH];
static bool ticking; /* the last line says `clock` */
static int failures;

/* The call as libc has it. */
#define REAL(type, name, ...)                                                  \
    type (*real)(__VA_ARGS__) = (type(*)(__VA_ARGS__))dlsym(RTLD_NEXT, #name)

static const char *path_of(int fd)
{
    return fd >= 0 && fd < FDS ? paths[fd] : "";
}

static void keep(int fd, const char *path)
{
    if (fd >= 0 && fd < FDS)
        snprintf(paths[fd], PATH, "%s", path);
}

static void join(char *out, int at, const char *name)
{
    const char *dir = at == AT_FDCWD || *name == '/' ? "" : path_of(at);
    snprintf(out, PATH, "%s%s%s", dir, *dir ? "/" : "", name);
}

static void note(const char *call, const char *path, const char *more)
{
    static int log = -2;
    char line[2 * PATH + 64];
    int error = errno;
    if (!*path)
        return;
    if (log == -2) {
        const char *name = getenv("SHIM_LOG");
        log =
            name ? (int)syscall(SYS_openat, AT_FDCWD, name,
                                O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666)
                 : -1;
    }
    ticking = false;
    int n = snprintf(line, sizeof line, "%s %s%s%s\n", call, path,
                     *more ? " " : "", more);
    if (log >= 0)
        syscall(SYS_write, log, line, (size_t)n);
    errno = error;
}

/* 0: go on; -1: fail with errno; 1: write half. */
static int fails(const char *call, const char *path)
{
    char kind[32], name[64], many = 0, how[16];
    const char *plan = getenv("SHIM_FAIL"), *slash = strrchr(path, '/');
    int n;
    if (!plan || !*path)
        return 0;
    if (sscanf(plan, "%31[^:]:%63[^:]:%d%c", kind, name, &n, &many) != 4 ||
        sscanf(strrchr(plan, ':') + 1, "%15s", how) != 1)
        abort();
    slash = slash ? slash + 1 : path;
    /* A name that ends in `-` stands for all that begin with it. */
    size_t length = strlen(name);
    bool open_ended = name[length - 1] == '-';
    if (strcmp(kind, call) != 0 ||
        strncmp(name, slash, open_ended ? length : length + 1) != 0)
        return 0;
    failures++;
    if (failures != n && !(many == '+' && failures > n))
        return 0;
    errno = strcmp(how, "enospc") == 0  ? ENOSPC
            : strcmp(how, "eintr") == 0 ? EINTR
                                        : EIO;
    return strcmp(how, "short") == 0 ? 1 : -1;
}

static int opened(int fd, const char *path, int flags)
{
    keep(fd, path);
    if (fd >= 0)
        note(flags & O_CREAT ? "create" : "open", path, "");
    return fd;
}

int openat(int at, const char *name, int flags, ...)
{
    REAL(int, openat, int, const char *, int, ...);
    char path[PATH];
    va_list more;
    va_start(more, flags);
    int mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(more, int) : 0;
    va_end(more);
    join(path, at, name);
    if (fails("open", path))
        return -1;
    return opened(real(at, name, flags, mode), path, flags);
}

int open(const char *name, int flags, ...)
{
    va_list more;
    va_start(more, flags);
    int mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(more, int) : 0;
    va_end(more);
    return openat(AT_FDCWD, name, flags, mode);
}

int close(int fd)
{
    REAL(int, close, int);
    int failed = fails("close", path_of(fd)), error = errno;
    note("close", path_of(fd), "");
    keep(fd, "");
    int result = real(fd);
    errno = failed ? error : errno;
    return failed ? -1 : result;
}

ssize_t write(int fd, const void *data, size_t n)
{
    REAL(ssize_t, write, int, const void *, size_t);
    int failed = fails("write", path_of(fd));
    if (failed < 0)
        return -1;
    note("write", path_of(fd), "");
    return real(fd, data, failed ? n / 2 : n);
}

ssize_t pwrite(int fd, const void *data, size_t n, off_t at)
{
    REAL(ssize_t, pwrite, int, const void *, size_t, off_t);
    int failed = fails("pwrite", path_of(fd));
    if (failed < 0)
        return -1;
    note("pwrite", path_of(fd), "");
    return real(fd, data, failed ? n / 2 : n, at);
}

ssize_t pread(int fd, void *data, size_t n, off_t at)
{
    REAL(ssize_t, pread, int, void *, size_t, off_t);
    int failed = fails("pread", path_of(fd));
    if (failed < 0)
        return -1;
    note("pread", path_of(fd), "");
    return real(fd, data, failed ? n / 2 : n, at);
}

#define ON_FD(name)                                                            \
    int name(int fd)                                                           \
    {                                                                          \
        REAL(int, name, int);                                                  \
        if (fails(#name, path_of(fd)))                                         \
            return -1;                                                         \
        note(#name, path_of(fd), "");                                          \
        return real(fd);                                                       \
    }
ON_FD(fsync)
ON_FD(fdatasync)

int ftruncate(int fd, off_t size)
{
    REAL(int, ftruncate, int, off_t);
    if (fails("ftruncate", path_of(fd)))
        return -1;
    note("ftruncate", path_of(fd), "");
    return real(fd, size);
}

int renameat(int from, const char *a, int to, const char *b)
{
    REAL(int, renameat, int, const char *, int, const char *);
    char old[PATH], new[PATH];
    join(old, from, a);
    join(new, to, b);
    if (fails("rename", new))
        return -1;
    note("rename", old, new);
    return real(from, a, to, b);
}

int rename(const char *a, const char *b)
{
    return renameat(AT_FDCWD, a, AT_FDCWD, b);
}

int unlinkat(int at, const char *name, int flags)
{
    REAL(int, unlinkat, int, const char *, int);
    char path[PATH];
    join(path, at, name);
    note("unlink", path, "");
    return real(at, name, flags);
}

int unlink(const char *name)
{
    return unlinkat(AT_FDCWD, name, 0);
}

int mkdir(const char *name, mode_t mode)
{
    REAL(int, mkdir, const char *, mode_t);
    int result = real(name, mode);
    if (result == 0)
        note("mkdir", name, "");
    return result;
}

/* Streams write inside libc, unseen; what they flush and close is seen. */
FILE *fopen(const char *name, const char *mode)
{
    REAL(FILE *, fopen, const char *, const char *);
    if (fails("fopen", name))
        return NULL;
    FILE *f = real(name, mode);
    if (f)
        opened(fileno(f), name, *mode == 'r' ? 0 : O_CREAT);
    return f;
}

DIR *opendir(const char *name)
{
    REAL(DIR *, opendir, const char *);
    DIR *d = real(name);
    if (d)
        opened(dirfd(d), name, 0);
    return d;
}

int fflush(FILE *f)
{
    REAL(int, fflush, FILE *);
    const char *path = f ? path_of(fileno(f)) : "";
    if (fails("fflush", path))
        return EOF;
    note("fflush", path, "");
    return real(f);
}

int fclose(FILE *f)
{
    REAL(int, fclose, FILE *);
    int fd = fileno(f), failed = fails("fclose", path_of(fd)), error = errno;
    note("close", path_of(fd), "");
    keep(fd, "");
    int result = real(f);
    errno = failed ? error : errno;
    return failed ? EOF : result;
}

int clock_gettime(clockid_t id, struct timespec *out)
{
    static int (*real)(clockid_t, struct timespec *);
    if (!real)
        real = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT,
                                                            "clock_gettime");
    if (!ticking)
        note("clock", "read", "");
    ticking = true;
    return real(id, out);
}
