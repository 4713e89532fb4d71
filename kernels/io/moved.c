/* What the kernel counted of bytes that went to or from a device: by process,
 * by block device, by file. Linux; where it does not tell the answer is NAN,
 * never a guess. Asks the kernel itself and no library, which may lie.
 */
#include "config.h"
#include "kernels/io/io.h"

#include <fcntl.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "harness/base/memory.h"

#define SECTOR 512.0 /* bytes, whatever the device's own are */

/* Newer than many a libc: the number is the same on all but Alpha. */
#if defined(SYS_cachestat)
#define CACHESTAT SYS_cachestat
#elif defined(__linux__) && !defined(__alpha__)
#define CACHESTAT 451
#endif

double et_io_unwritten(const char *path)
{
    double bytes = NAN;
#ifdef CACHESTAT
    /* cachestat(2), from Linux 6.5 on: pages of the whole file. */
    struct {
        uint64_t first, n;
    } range = {0, 0};
    struct {
        uint64_t cached, dirty, leaving, evicted, lately;
    } pages = {0};
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (fd >= 0 && syscall(CACHESTAT, fd, &range, &pages, 0u) == 0)
        bytes = (double)(pages.dirty + pages.leaving) *
                (double)sysconf(_SC_PAGESIZE);
    if (fd >= 0)
        close(fd);
#else
    (void)path;
#endif
    return bytes;
}

double et_io_fetched(void)
{
    char line[128];
    uint64_t bytes;
    double found = NAN;
    FILE *f = et_noted(fopen("/proc/self/io", "re"));
    while (f && fgets(line, sizeof line, f)) {
        if (sscanf(line, "read_bytes: %" SCNu64, &bytes) == 1)
            found = (double)bytes;
    }
    if (f)
        fclose(f);
    return found;
}

double et_io_device_moved(const char *path, bool written)
{
    struct stat st;
    char name[64];
    uint64_t sectors[7];
    double found = NAN;
    if (stat(path, &st))
        return NAN;
    /* The kernel's Documentation/block/stat.rst. A file system that is no
     * block device's has a device of its own, which is not there. */
    snprintf(name, sizeof name, "/sys/dev/block/%u:%u/stat",
             (unsigned)major(st.st_dev), (unsigned)minor(st.st_dev));
    FILE *f = et_noted(fopen(name, "re"));
    if (f && fscanf(f,
                    "%" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64
                    " %" SCNu64 " %" SCNu64,
                    &sectors[0], &sectors[1], &sectors[2], &sectors[3],
                    &sectors[4], &sectors[5], &sectors[6]) == 7)
        found = SECTOR * (double)sectors[written ? 6 : 2];
    if (f)
        fclose(f);
    return found;
}
