/* scratch: whose a file is. What a killed process left goes, what a living one,
 * another host, another boot that may be another machine's, or the user has
 * stays.
 */
#include "config.h"
#include "tests/unit/test_main.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/system/scratch.h"

static char folder[] = "/tmp/etalon-scratch_test-XXXXXX";

static void make(const char *name)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    int fd = open(path, O_WRONLY | O_CREAT, 0600);
    assert_true(fd >= 0);
    close(fd);
}

static bool is_there(const char *name)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return access(path, F_OK) == 0;
}

static void drop(const char *name)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    unlink(path);
}

/* A process id of this boot and namespace that is no more. */
static long dead_pid(void)
{
    pid_t child = fork();
    if (child == 0)
        _exit(0);
    waitpid(child, NULL, 0);
    return (long)child;
}

/* A name with one word of the owner replaced: 0 host, 1 boot, 2 namespace, 3
 * process; -1: none. */
static const char *name_of(int which, const char *word, const char *pid)
{
    static char names[8][256];
    static int turn;
    char owner[ET_SCRATCH_OWNER], *at = owner, *name = names[turn++ % 8];
    et_scratch_owner("", owner);
    int n = snprintf(name, 256, "%s", ET_SCRATCH_PREFIX);
    for (int i = 0; i < 4; i++) {
        char *part = strsep(&at, "-");
        assert_non_null(part);
        n += snprintf(name + n, (size_t)(256 - n), "%s-",
                      i == which ? word
                      : i == 3   ? pid
                                 : part);
    }
    assert_null(at); /* four words, no more */
    snprintf(name + n, (size_t)(256 - n), "0");
    return name;
}

TEST(the_dead_leave_nothing)
{
    char dead[32], mine[32], parent[32];
    assert_non_null(mkdtemp(folder));
    snprintf(dead, sizeof dead, "%ld", dead_pid());
    snprintf(mine, sizeof mine, "%ld", (long)getpid());
    snprintf(parent, sizeof parent, "%ld", (long)getppid());
    const char *gone[] = {name_of(-1, NULL, dead),
                          /* an earlier boot of this host */
                          name_of(1, "0123abcd4567", mine),
                          /* the number of what is no etalon (1 is init) */
                          name_of(-1, NULL, "1")};
    const char *stay[] = {name_of(-1, NULL, mine),
                          name_of(0, "elsewhere", dead),
                          name_of(1, "0", dead),
                          name_of(2, "77", dead),
                          "etalon-scratch-mine",
                          "etalon-scratch-a-b-c-0-0",
                          "notes"};
    for (size_t i = 0; i < 3; i++)
        make(gone[i]);
    for (size_t i = 0; i < 7; i++)
        make(stay[i]);
    assert_int_equal(et_scratch_sweep("", folder, ET_SCRATCH_DEAD), 3);
    for (size_t i = 0; i < 3; i++)
        assert_false(is_there(gone[i]));
    for (size_t i = 0; i < 7; i++)
        assert_true(is_there(stay[i]));
    /* Before it ends, a process takes its own. */
    assert_int_equal(et_scratch_sweep("", folder, ET_SCRATCH_OWN), 1);
    assert_false(is_there(stay[0]));
    /* Where nobody else can be at work, all that is scratch goes. */
    assert_int_equal(et_scratch_sweep("", folder, ET_SCRATCH_ALL), 3);
    for (size_t i = 4; i < 7; i++) {
        assert_true(is_there(stay[i]));
        drop(stay[i]);
    }
    assert_int_equal(rmdir(folder), 0);
    assert_int_equal(et_scratch_sweep("", folder, ET_SCRATCH_ALL), 0);
}

TEST_MAIN(the_dead_leave_nothing)
