/* cache: pages and mounts as a made-up kernel has them: what is written before
 * it is dropped, which pages count, and whose file system it is. Includes the
 * source, with its calls replaced.
 */
#include "config.h"
#include "tests/unit/test_main.h"

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

/* What the calls have done so far, a letter each: s for a sync, d for a
 * drop. A call that has an errno fails with it. */
static char done[8];
static int sync_errno, mincore_errno;
static dev_t device;
static char mounts[500];

static int note_fsync(int fd)
{
    (void)fd;
    strcat(done, "s");
    errno = sync_errno;
    return sync_errno ? -1 : 0;
}

static int note_fadvise(int fd, off_t at, off_t n, int advice)
{
    (void)fd;
    /* From the beginning to the end, wherever that is. */
    if (at == 0 && n == 0 && advice == POSIX_FADV_DONTNEED)
        strcat(done, "d");
    return 0;
}

/* Every fourth page of a call is there. The kernel may use the other bits. */
static int every_fourth(void *map, size_t n, unsigned char *seen)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    (void)map;
    for (size_t i = 0; i < (n + page - 1) / page; i++)
        seen[i] = i % 4 == 0 ? 0xff : 0xfe;
    errno = mincore_errno;
    return mincore_errno ? -1 : 0;
}

static int stat_there(const char *path, struct stat *st)
{
    (void)path;
    *st = (struct stat){.st_dev = device};
    return 0;
}

static FILE *open_mounts(const char *path, const char *mode)
{
    (void)mode;
    assert_string_equal(path, "/proc/self/mountinfo");
    return fmemopen(mounts, strlen(mounts), "r");
}

#define fsync note_fsync
#define posix_fadvise note_fadvise
#define mincore every_fourth
#define stat(path, st) stat_there(path, st)
#define fopen open_mounts
#include "kernels/io/cache.c"
#undef fsync
#undef posix_fadvise
#undef mincore
#undef stat
#undef fopen

static char path[] = "/tmp/etalon-cache-XXXXXX";

static int set_up(void **state)
{
    (void)state;
    strcpy(path + strlen(path) - 6, "XXXXXX");
    int fd = mkstemp(path);
    close(fd);
    done[0] = '\0';
    sync_errno = mincore_errno = 0;
    et_log_level_set(ET_LOG_NONE);
    return fd < 0;
}

static int tear_down(void **state)
{
    (void)state;
    return unlink(path);
}

TEST(dirty_pages_are_written_first)
{
    assert_int_equal(et_io_cache_drop(path), ET_OK);
    assert_string_equal(done, "sd");
}

TEST(a_sync_that_fails_is_told)
{
    sync_errno = EIO;
    assert_int_equal(et_io_cache_drop(path), ET_INFRA);
    assert_non_null(strstr(et_log_last_error(), "fsync"));
    assert_non_null(strstr(et_log_last_error(), strerror(EIO)));
}

TEST(resident_pages_are_counted)
{
    off_t page = sysconf(_SC_PAGESIZE);
    /* Ten pages and a bit: of eleven the first, the fifth and the ninth. */
    assert_int_equal(truncate(path, 10 * page + 100), 0);
    assert_true(et_io_cache_share(path) == 3.0 / 11);
    /* More than is looked at in one go: each go begins with one. */
    assert_int_equal(truncate(path, WINDOW + page), 0);
    double n = (double)(WINDOW / page);
    assert_true(et_io_cache_share(path) == (n / 4 + 1) / (n + 1));
}

TEST(an_untold_share_is_none)
{
    assert_true(isnan(et_io_cache_share(path))); /* it has no pages */
    assert_int_equal(truncate(path, 100), 0);
    assert_true(et_io_cache_share(path) == 1);
    mincore_errno = EPERM;
    assert_true(isnan(et_io_cache_share(path)));
}

TEST(no_link_is_followed)
{
    char link[sizeof path + 8];
    assert_int_equal(truncate(path, 100), 0);
    snprintf(link, sizeof link, "%s-link", path);
    assert_int_equal(symlink(path, link), 0);
    double share = et_io_cache_share(link);
    enum et_status dropped = et_io_cache_drop(link);
    assert_int_equal(unlink(link), 0);
    assert_true(isnan(share));
    assert_int_equal(dropped, ET_INFRA);
    assert_string_equal(done, "");
}

static const char *type_of(unsigned major, unsigned minor)
{
    static char name[8];
    device = makedev(major, minor);
    strcpy(name, "-");
    bool known = et_io_filesystem(path, name, sizeof name);
    assert_true(known == (strcmp(name, "-") != 0));
    return name;
}

/* Both numbers tell a device; a name that has no room is not cut off. */
TEST(a_device_has_the_type_of_its_mount)
{
    strcpy(mounts, "22 1 8:1 / / rw - ext4 /dev/sda1 rw\n"
                   "23 22 8:2 / /home rw shared:1 - xfs /dev/sda2 rw\n"
                   "24 22 9:2 / /data rw - btrfs /dev/md2 rw\n"
                   "25 22 0:5 / /tmp rw - tmpfs tmpfs rw\n"
                   "26 22 0:6 / /net rw - fuse.too-long server rw\n"
                   "27 22 0:7 / /odd rw nothing follows\n");
    assert_string_equal(type_of(8, 1), "ext4");
    assert_string_equal(type_of(8, 2), "xfs");
    assert_string_equal(type_of(9, 2), "btrfs");
    assert_string_equal(type_of(0, 5), "tmpfs");
    assert_string_equal(type_of(0, 6), "-");
    assert_string_equal(type_of(0, 7), "-");
    assert_string_equal(type_of(9, 1), "-");
}

TEST(memory_is_no_device)
{
    assert_true(et_io_filesystem_is_memory("tmpfs"));
    assert_true(et_io_filesystem_is_memory("ramfs"));
    assert_true(et_io_filesystem_is_memory("devtmpfs"));
    assert_false(et_io_filesystem_is_memory("ext4"));
    assert_false(et_io_filesystem_is_memory(""));
}

FRESH_TEST_MAIN(set_up, tear_down, dirty_pages_are_written_first,
                a_sync_that_fails_is_told, resident_pages_are_counted,
                an_untold_share_is_none, no_link_is_followed,
                a_device_has_the_type_of_its_mount, memory_is_no_device)
