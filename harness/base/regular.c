/* Files, opened for what they are. */
#include "config.h"
#include "harness/base/regular.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/base/memory.h"

/* What errno says, and errno as it was. */
static void say(char why[ET_REGULAR_WHY])
{
    int error = errno;
    snprintf(why, ET_REGULAR_WHY, "%s", strerror(error));
    errno = error;
}

/* False, with errno and words, where it is no regular file. */
static bool is_regular(const struct stat *st, char why[ET_REGULAR_WHY])
{
    const char *kind = S_ISDIR(st->st_mode)    ? "a directory"
                       : S_ISLNK(st->st_mode)  ? "a symbolic link"
                       : S_ISFIFO(st->st_mode) ? "a FIFO"
                       : S_ISSOCK(st->st_mode) ? "a socket"
                                               : "a device";
    if (S_ISREG(st->st_mode))
        return true;
    snprintf(why, ET_REGULAR_WHY, "is %s, not a file", kind);
    errno = S_ISDIR(st->st_mode) ? EISDIR : ELOOP;
    return false;
}

/* fd, or -1 where it is no regular file. */
static int regular(int fd, struct stat *st, char why[ET_REGULAR_WHY])
{
    bool ok = fd >= 0 && fstat(fd, st) == 0;
    if (!ok)
        say(why);
    if (ok && is_regular(st, why))
        return fd;
    int error = errno;
    if (fd >= 0)
        close(fd);
    errno = error;
    return -1;
}

int et_regular_open(const char *path, int flags, char why[ET_REGULAR_WHY])
{
    struct stat st;
    return regular(open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | flags), &st,
                   why);
}

FILE *et_regular_read(const char *path, char why[ET_REGULAR_WHY])
{
    int fd = et_regular_open(path, 0, why);
    FILE *f = fd < 0 ? NULL : et_noted(fdopen(fd, "r"));
    if (fd >= 0 && !f) {
        say(why);
        close(fd);
    }
    return f;
}

bool et_regular_slurp(const char *path, size_t most, struct et_text *out,
                      char why[ET_REGULAR_WHY])
{
    char block[8192];
    size_t before = out->n;
    FILE *f = et_regular_read(path, why);
    if (!f)
        return false;
    for (size_t n; out->n - before <= most && !out->failed &&
                   (n = fread(block, 1, sizeof block, f)) > 0;)
        et_text_put(out, block, n);
    bool bad = ferror(f) != 0;
    int error = errno;
    fclose(f);
    errno = out->failed ? ENOMEM : bad ? error : EFBIG;
    say(why);
    if (!out->failed && !bad && out->n - before <= most)
        return true;
    if (!out->failed && !bad)
        snprintf(why, ET_REGULAR_WHY, "has more than %zu bytes", most);
    return false;
}

enum et_line_read et_regular_line(FILE *f, size_t most, struct et_text *out)
{
    char block[4096];
    size_t length = 0;
    for (int c = 0; c != '\n';) {
        size_t n = 0;
        while (n < sizeof block && c != '\n' && (c = getc_unlocked(f)) != EOF)
            block[n++] = (char)c;
        et_text_put(out, block, n);
        length += n;
        if (out->failed) {
            errno = ENOMEM;
            return ET_LINE_FAILED;
        }
        if (length > most)
            return ET_LINE_LONG;
        if (c == EOF)
            return ferror(f) ? ET_LINE_FAILED
                   : length  ? ET_LINE_TORN
                             : ET_LINE_END;
    }
    return ET_LINE_WHOLE;
}

int et_directory_open(const char *path, char why[ET_REGULAR_WHY])
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        say(why);
    return fd;
}

int et_regular_create(int dir, const char *name, int flags,
                      char why[ET_REGULAR_WHY])
{
    int fd = openat(dir, name,
                    O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC | flags,
                    0666);
    if (fd < 0)
        say(why);
    return fd;
}

int et_regular_append(int dir, const char *name, char why[ET_REGULAR_WHY])
{
    struct stat st;
    int fd = openat(dir, name,
                    O_RDWR | O_APPEND | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC, 0);
    fd = regular(fd, &st, why);
    if (fd < 0 || st.st_nlink == 1)
        return fd;
    close(fd);
    snprintf(why, ET_REGULAR_WHY,
             "has another name too (a hard link), so it is not written to");
    errno = ELOOP;
    return -1;
}

bool et_regular_write(int fd, const void *data, size_t n)
{
    const char *from = data;
    while (n > 0) {
        ssize_t w = write(fd, from, n);
        if (w < 0 && errno == EINTR)
            continue;
        if (w < 0)
            return false;
        from += w;
        n -= (size_t)w;
    }
    return true;
}

/* The new file's descriptor, or -1. */
static int begin(struct et_new_file *f, int dir, const char *name,
                 char why[ET_REGULAR_WHY])
{
    struct stat st;
    *f = (struct et_new_file){.dir = dir};
    if (strlen(name) >= sizeof f->name) {
        errno = ENAMETOOLONG;
        say(why);
        return -1;
    }
    snprintf(f->name, sizeof f->name, "%s", name);
    snprintf(f->temporary, sizeof f->temporary, ".%s.new", name);
    if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
        !is_regular(&st, why))
        return -1;
    int fd = et_regular_create(dir, f->temporary, 0, why);
    if (fd >= 0 || errno != EEXIST)
        return fd;
    unlinkat(dir, f->temporary, 0); /* of a writer that was killed */
    return et_regular_create(dir, f->temporary, 0, why);
}

/* good: everything went well so far; else errno says what did not. */
static bool end(const struct et_new_file *f, bool good,
                char why[ET_REGULAR_WHY])
{
    good = good && renameat(f->dir, f->temporary, f->dir, f->name) == 0 &&
           fsync(f->dir) == 0;
    if (!good) {
        say(why);
        int error = errno;
        unlinkat(f->dir, f->temporary, 0);
        errno = error;
    }
    return good;
}

bool et_regular_put(int dir, const char *name, const char *text, size_t n,
                    char why[ET_REGULAR_WHY])
{
    struct et_new_file f;
    int fd = begin(&f, dir, name, why);
    if (fd < 0)
        return false;
    bool good = et_regular_write(fd, text, n) && fsync(fd) == 0;
    int error = errno;
    if (close(fd) != 0 && good) {
        error = errno;
        good = false;
    }
    errno = error;
    return end(&f, good, why);
}

bool et_regular_begin(struct et_new_file *f, int dir, const char *name,
                      char why[ET_REGULAR_WHY])
{
    int fd = begin(f, dir, name, why);
    f->to = fd < 0 ? NULL : et_noted(fdopen(fd, "w"));
    if (fd >= 0 && !f->to) {
        int error = errno;
        close(fd);
        errno = error;
        end(f, false, why);
    }
    return f->to;
}

bool et_regular_end(struct et_new_file *f, bool good, char why[ET_REGULAR_WHY])
{
    int error = errno ? errno : EIO; /* of a write that failed before */
    good = good && !ferror(f->to);
    if (good && (fflush(f->to) != 0 || fsync(fileno(f->to)) != 0)) {
        error = errno;
        good = false;
    }
    if (fclose(f->to) != 0 && good) {
        error = errno;
        good = false;
    }
    errno = error;
    return end(f, good, why);
}
