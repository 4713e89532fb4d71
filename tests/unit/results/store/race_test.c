/* What another does between two steps. A run that begins in the same empty
 * folder: the later one is refused, and takes nothing of the other's away. A
 * file that becomes a link once it was looked at: nothing is signed for that
 * lies elsewhere. Includes the source that opens files for both; the other
 * comes just before a call.
 */
#include "config.h"
#include "tests/unit/results/sample.h"
#include "results/store/manifest.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define OTHERS "another run's record\n"

static int open_late(int dir, const char *name, int flags, mode_t mode)
{
    if (strcmp(name, "records.jsonl") == 0) {
        int fd = openat(dir, name, O_WRONLY | O_CREAT, 0600);
        assert_true(fd >= 0);
        assert_int_equal(write(fd, OTHERS, strlen(OTHERS)), strlen(OTHERS));
        close(fd);
    }
    return openat(dir, name, flags, mode);
}

static const char *elsewhere; /* what the file is linked to; NULL: it is not */

static int open_linked(const char *path, int flags)
{
    if (elsewhere && strstr(path, "report.txt")) {
        assert_int_equal(unlink(path), 0);
        assert_int_equal(symlink(elsewhere, path), 0);
    }
    return open(path, flags);
}

#define openat open_late
#define open open_linked
#include "harness/base/regular.c"
#undef openat
#undef open

TEST(the_later_of_two_runs_is_refused)
{
    struct et_store *s = NULL;
    char *dir = sample_folder();
    sample_listen();
    enum et_status status = et_store_open(dir, ET_STORE_NEW, &s);
    const char *said = sample_said();
    assert_int_equal(status, ET_INFRA);
    assert_null(s);
    assert_said(said, "records.jsonl: File exists");
    char *text = sample_read(sample_path(dir, "records.jsonl"));
    assert_string_equal(text, OTHERS);
    free(text);
    sample_remove(dir);
}

TEST(a_late_link_is_not_followed)
{
    char *dir = sample_folder();
    sample_write(sample_path(dir, "report.txt"), "here");
    assert_int_equal(et_manifest_write(dir), ET_OK);
    elsewhere = "/etc/passwd";
    sample_listen();
    enum et_status checked = et_manifest_check(dir);
    const char *said = sample_said();
    assert_int_equal(checked, ET_INFRA);
    assert_said(said, strerror(ELOOP));
    sample_remove(dir);
}

TEST_MAIN(the_later_of_two_runs_is_refused, a_late_link_is_not_followed)
