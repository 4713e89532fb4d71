/* posix I/O where the system refuses: a full device, a size limit, short and
 * interrupted calls, an fsync or a close that fails, a file that ends early.
 * Includes the source, with its calls counted and failing on demand.
 */
#include "config.h"

#include "tests/unit/test_main.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/base/log.h"
#include "harness/team/team.h"
#include "kernels/io/io.h"

/* The next calls: `interrupt` of each kind fail with EINTR first, a write or a
 * read moves `most` bytes at most, and what has an errno fails with it. */
static struct {
    int interrupts, sync_interrupts;
    size_t most;
    bool nothing;             /* a write moves nothing, and gives no errno */
    int write, sync, close;   /* errno, or 0 */
    int writes, syncs, reads; /* calls that did something */
    off_t last;               /* where the newest write or read ended */
} calls;

static bool interrupted(int *left)
{
    if (*left <= 0)
        return false;
    --*left;
    errno = EINTR;
    return true;
}

static ssize_t count_pwrite(int fd, const void *data, size_t n, off_t at)
{
    if (interrupted(&calls.interrupts))
        return -1;
    if (calls.write) {
        errno = calls.write;
        return -1;
    }
    calls.writes++;
    if (calls.nothing) {
        errno = 0;
        return 0;
    }
    n = calls.most && n > calls.most ? calls.most : n;
    calls.last = at + (off_t)n;
    return pwrite(fd, data, n, at);
}

static ssize_t count_pread(int fd, void *data, size_t n, off_t at)
{
    if (interrupted(&calls.interrupts))
        return -1;
    calls.reads++;
    n = calls.most && n > calls.most ? calls.most : n;
    calls.last = at + (off_t)n;
    return pread(fd, data, n, at);
}

static int count_fsync(int fd)
{
    if (interrupted(&calls.sync_interrupts))
        return -1;
    if (calls.sync) {
        errno = calls.sync;
        return -1;
    }
    calls.syncs++;
    return fsync(fd);
}

static int count_close(int fd)
{
    int r = close(fd);
    if (calls.close) {
        errno = calls.close;
        return -1;
    }
    return r;
}

#define pwrite count_pwrite
#define pread count_pread
#define fsync count_fsync
#define close count_close
#include "kernels/io/posix.c"
#undef pwrite
#undef pread
#undef fsync
#undef close

#define BYTES 10000
#define BLOCK 4096

static char dir[] = "/tmp/etalon-posix-XXXXXX", path[64];
static struct et_team *team;
static unsigned char data[BYTES], back[BYTES];

static void *setup_of(const char *file, bool sync, bool shared)
{
    const struct et_io p = {
        .bytes = BYTES, .block = BLOCK, .sync = sync, .shared = shared};
    void *setup = NULL;
    memset(&calls, 0, sizeof calls);
    et_log_forget();
    assert_int_equal(et_io_posix.create(&p, team, file, &setup), ET_OK);
    memset(&calls, 0, sizeof calls);
    return setup;
}

static void fails(enum et_status s, const char *what, int why)
{
    assert_int_equal(s, ET_INFRA);
    if (!strstr(et_log_last_error(), what) ||
        !strstr(et_log_last_error(), strerror(why)))
        fail_msg("'%s' has no '%s: %s'", et_log_last_error(), what,
                 strerror(why));
}

TEST(goes_well)
{
    for (int sync = 0; sync < 2; sync++) {
        void *setup = setup_of(path, sync, false);
        assert_int_equal(et_io_posix.write(setup, data), ET_OK);
        /* Blocks of 4096: two whole ones and the rest; and fsync if asked. */
        assert_int_equal(calls.writes, 3);
        assert_int_equal(calls.syncs, sync);
        assert_int_equal(calls.last, BYTES);
        memset(back, 0, sizeof back);
        assert_int_equal(et_io_posix.read(setup, back), ET_OK);
        assert_memory_equal(back, data, BYTES);
        assert_int_equal(calls.reads, 3);
        et_io_posix.base.destroy(setup);
    }
}

TEST(short_and_interrupted)
{
    void *setup = setup_of(path, true, false);
    unlink(path);
    calls.most = 1000;
    calls.interrupts = 3;
    assert_int_equal(et_io_posix.write(setup, data), ET_OK);
    /* 4096 in five calls, twice, and 1808 in two. */
    assert_int_equal(calls.writes, 12);
    assert_int_equal(calls.syncs, 1);
    calls.interrupts = 3;
    memset(back, 0, sizeof back);
    assert_int_equal(et_io_posix.read(setup, back), ET_OK);
    assert_memory_equal(back, data, BYTES);
    /* An fsync that is interrupted is asked again. */
    calls.most = 0;
    calls.syncs = 0;
    calls.sync_interrupts = 2;
    assert_int_equal(et_io_posix.write(setup, data), ET_OK);
    assert_int_equal(calls.sync_interrupts, 0);
    assert_int_equal(calls.syncs, 1);
    et_io_posix.base.destroy(setup);
}

TEST(refused)
{
    void *setup = setup_of(path, true, false);
    calls.write = EIO;
    fails(et_io_posix.write(setup, data), "write", EIO);
    calls.write = 0;
    /* What is not taken has no room, where nothing else is said. */
    calls.nothing = true;
    fails(et_io_posix.write(setup, data), "write", ENOSPC);
    calls.nothing = false;
    calls.sync = EIO;
    fails(et_io_posix.write(setup, data), "fsync", EIO);
    calls.sync = 0;
    /* A quota may be told at the end only. */
    calls.close = EDQUOT;
    fails(et_io_posix.write(setup, data), "close", EDQUOT);
    calls.close = 0;
    assert_int_equal(et_io_posix.write(setup, data), ET_OK);
    et_io_posix.base.destroy(setup);
}

/* The kernel's own refusals. */
TEST(no_room)
{
    void *setup;
    if (access("/dev/full", W_OK) == 0) {
        setup = setup_of("/dev/full", false, false);
        fails(et_io_posix.write(setup, data), "write", ENOSPC);
        et_io_posix.base.destroy(setup);
    }
    struct rlimit before, small;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    small = before;
    small.rlim_cur = 5000;
    void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
    unlink(path);
    setup = setup_of(path, true, false);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    enum et_status s = et_io_posix.write(setup, data);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    signal(SIGXFSZ, handler);
    fails(s, "write", EFBIG);
    /* What was written of it ends early. */
    assert_int_equal(et_io_posix.read(setup, back), ET_INFRA);
    assert_non_null(strstr(et_log_last_error(), "ends at byte 5000"));
    et_io_posix.base.destroy(setup);
}

TEST(odd_places)
{
    char name[sizeof path + 8], link[sizeof path + 8];
    const struct et_io p = {.bytes = BYTES, .block = BLOCK};
    void *setup = NULL;
    snprintf(name, sizeof name, "%s/no/way", dir);
    fails(et_io_posix.create(&p, team, name, &setup), "open", ENOENT);
    snprintf(link, sizeof link, "%s/link", dir);
    assert_int_equal(symlink(path, link), 0);
    fails(et_io_posix.create(&p, team, link, &setup), "open", ELOOP);
    unlink(link);
    assert_null(setup);
    /* In a file for all, a rank's part begins after those before it. */
    struct et_team second = *team;
    second.rank = 2;
    second.size = 3;
    struct et_team *was = team;
    team = &second;
    setup = setup_of(path, false, true);
    team = was;
    assert_int_equal(et_io_posix.write(setup, data), ET_OK);
    assert_int_equal(calls.last, 3 * BYTES);
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_size, 3 * BYTES);
    assert_int_equal(st.st_mode & 0777, 0600);
    et_io_posix.base.destroy(setup);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(goes_well), cmocka_unit_test(short_and_interrupted),
        cmocka_unit_test(refused), cmocka_unit_test(no_room),
        cmocka_unit_test(odd_places)};
    et_log_level_set(ET_LOG_NONE);
    if (!mkdtemp(dir) || et_team_open("self", &team) != ET_OK)
        return 1;
    snprintf(path, sizeof path, "%s/file", dir);
    for (size_t i = 0; i < BYTES; i++)
        data[i] = (unsigned char)(i * 7 + i / 256);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    unlink(path);
    rmdir(dir);
    et_team_close(team);
    return failed;
}
