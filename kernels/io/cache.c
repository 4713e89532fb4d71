/* What this node's memory has to do with a file: its pages in the page cache,
 * and whether its file system is memory. Linux calls; where they are missing
 * the answer is "unknown", never a guess. Never follows a symbolic link.
 */
#include "config.h"
#include "kernels/io/io.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "harness/base/log.h"
#include "harness/base/memory.h"

#define WINDOW ((off_t)1 << 30) /* bytes looked at in one mincore */

enum et_status et_io_cache_drop(const char *path)
{
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return et_error(ET_INFRA, "%s: open: %s", path, strerror(errno));
    /* Dirty pages cannot be dropped: write them first. */
    enum et_status s = ET_OK;
    if (fsync(fd))
        s = et_error(ET_INFRA, "%s: fsync: %s", path, strerror(errno));
#ifdef POSIX_FADV_DONTNEED
    /* Refusal shows in et_io_cache_share, which is asked afterwards. */
    (void)posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
#endif
    close(fd);
    return s;
}

/* Pages of [at, at+n) of the file that are in the cache; -1: not told. */
static int64_t resident(int fd, off_t at, size_t n, size_t page,
                        unsigned char *seen)
{
    int64_t pages = -1;
    void *map = mmap(NULL, n, PROT_READ, MAP_SHARED, fd, at);
    if (map == MAP_FAILED)
        return -1;
    if (mincore(map, n, seen) == 0) {
        pages = 0;
        for (size_t i = 0; i < (n + page - 1) / page; i++)
            pages += seen[i] & 1;
    }
    munmap(map, n);
    return pages;
}

double et_io_cache_share(const char *path)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    struct stat st;
    double share = NAN, total = 0, all;
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    unsigned char *seen = et_alloc((size_t)WINDOW / page, 1);

    if (fd < 0 || !seen || fstat(fd, &st) || st.st_size == 0)
        goto out;
    all = (double)((st.st_size + (off_t)page - 1) / (off_t)page);
    for (off_t at = 0; at < st.st_size; at += WINDOW) {
        off_t n = st.st_size - at < WINDOW ? st.st_size - at : WINDOW;
        int64_t pages = resident(fd, at, (size_t)n, page, seen);
        if (pages < 0)
            goto out;
        total += (double)pages;
    }
    share = total / all;
out:
    free(seen);
    if (fd >= 0)
        close(fd);
    return share;
}

bool et_io_filesystem(const char *path, char *name, size_t n)
{
    char line[4096], type[64] = "";
    unsigned want_major, want_minor;
    struct stat st;

    if (stat(path, &st))
        return false;
    want_major = major(st.st_dev);
    want_minor = minor(st.st_dev);
    FILE *f = et_noted(fopen("/proc/self/mountinfo", "re"));
    if (!f)
        return false;
    /* "36 35 98:0 /root /mount options - type source ..." (proc(5)); the
     * last mount of a device wins, they all have its type. */
    while (fgets(line, sizeof line, f)) {
        unsigned a, b;
        const char *rest = strstr(line, " - ");
        if (rest && sscanf(line, "%*u %*u %u:%u", &a, &b) == 2 &&
            a == want_major && b == want_minor)
            (void)sscanf(rest + 3, "%63s", type);
    }
    fclose(f);
    if (!type[0] || strlen(type) >= n)
        return false;
    memcpy(name, type, strlen(type) + 1);
    return true;
}

bool et_io_filesystem_is_memory(const char *name)
{
    return strcmp(name, "tmpfs") == 0 || strcmp(name, "ramfs") == 0 ||
           strcmp(name, "devtmpfs") == 0;
}
