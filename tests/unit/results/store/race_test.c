/* Two runs that begin in one empty folder at once: the later one is refused,
 * and takes nothing of the other's away. Includes the source; the other one's
 * file appears just before ours is made.
 */
#include "config.h"
#include "tests/unit/results/sample.h"

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

#define openat open_late
#include "results/store/store.c"
#undef openat

static void the_later_of_two_runs_is_refused(void **state)
{
    struct et_store *s = NULL;
    char *dir = sample_folder();
    (void)state;
    sample_listen();
    enum et_status status = et_store_open(dir, false, &s);
    const char *said = sample_said();
    assert_int_equal(status, ET_INFRA);
    assert_null(s);
    assert_said(said, "records.jsonl: File exists");
    char *text = sample_read(sample_path(dir, "records.jsonl"));
    assert_string_equal(text, OTHERS);
    free(text);
    sample_remove(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_later_of_two_runs_is_refused)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
