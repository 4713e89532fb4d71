/* Regular files: what is none is refused at once, what is written is new and
 * whole, and a line is read no further than it may be long. */
#include "config.h"
#include "tests/unit/test_main.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/base/regular.h"

/* A fresh folder, in which a test works. */
static int enter(void **state)
{
    static char folder[32];
    snprintf(folder, sizeof folder, "/tmp/etalon-regular-XXXXXX");
    *state = mkdtemp(folder);
    return *state && chdir(folder) == 0 ? 0 : -1;
}

static int remove_one(const char *path, const struct stat *st, int kind,
                      struct FTW *at)
{
    (void)st, (void)kind, (void)at;
    return remove(path);
}

static int leave(void **state)
{
    return chdir("/") == 0 ? nftw(*state, remove_one, 8, FTW_DEPTH | FTW_PHYS)
                           : -1;
}

static void make(const char *name, const char *text)
{
    int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
}

static void holds(const char *name, const char *text)
{
    struct et_text t = {0};
    char why[ET_REGULAR_WHY];
    assert_true(et_regular_slurp(name, 1000, &t, why));
    assert_string_equal(et_text_str(&t), text);
    et_text_free(&t);
}

TEST(what_is_no_regular_file)
{
    char why[ET_REGULAR_WHY];
    assert_int_equal(mkdir("d", 0700), 0);
    assert_int_equal(mkfifo("f", 0600), 0);
    make("r", "text");
    assert_int_equal(symlink("r", "l"), 0);
    static const struct {
        const char *name, *why;
        int error;
    } none[] = {{"d", "is a directory, not a file", EISDIR},
                {"f", "is a FIFO, not a file", ELOOP},
                {"/dev/null", "is a device, not a file", ELOOP},
                {"x", "No such file or directory", ENOENT}};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
        assert_null(et_regular_read(none[i].name, why));
        assert_int_equal(errno, none[i].error);
        assert_string_equal(why, none[i].why);
    }
    holds("l", "text");
    assert_int_equal(et_regular_open("l", O_NOFOLLOW, why), -1);
    assert_int_equal(errno, ELOOP);
}

TEST(no_more_is_read_than_allowed)
{
    char why[ET_REGULAR_WHY];
    struct et_text t = {0};
    make("r", "12345");
    assert_true(et_regular_slurp("r", 5, &t, why));
    assert_int_equal(t.n, 5);
    assert_false(et_regular_slurp("r", 4, &t, why));
    assert_int_equal(errno, EFBIG);
    assert_string_equal(why, "has more than 4 bytes");
    et_text_free(&t);
    /* And no more than a block beyond it. */
    assert_int_equal(truncate("r", 1 << 28), 0);
    assert_false(et_regular_slurp("r", 4, &t, why));
    assert_true(t.n <= 4 + 8192);
    et_text_free(&t);
}

TEST(lines)
{
    char why[ET_REGULAR_WHY];
    struct et_text t = {0};
    make("r", "one\n\ntwo\nlonger\ntorn");
    FILE *f = et_regular_read("r", why);
    assert_non_null(f);
    assert_int_equal(et_regular_line(f, 4, &t), ET_LINE_WHOLE);
    assert_int_equal(et_regular_line(f, 4, &t), ET_LINE_WHOLE);
    assert_int_equal(et_regular_line(f, 4, &t), ET_LINE_WHOLE);
    assert_string_equal(t.s, "one\n\ntwo\n");
    assert_int_equal(et_regular_line(f, 4, &t), ET_LINE_LONG);
    fclose(f);
    f = et_regular_read("r", why);
    for (int i = 0; i < 4; i++)
        assert_int_equal(et_regular_line(f, 7, &t), ET_LINE_WHOLE);
    assert_int_equal(et_regular_line(f, 7, &t), ET_LINE_TORN);
    assert_int_equal(et_regular_line(f, 7, &t), ET_LINE_END);
    fclose(f);
    et_text_free(&t);
    /* Of a line without an end no more is taken than allowed and a block. */
    make("r", "");
    assert_int_equal(truncate("r", 1 << 30), 0);
    f = et_regular_read("r", why);
    assert_int_equal(et_regular_line(f, 1 << 16, &t), ET_LINE_LONG);
    assert_true(t.n <= (1 << 16) + 4096);
    fclose(f);
    et_text_free(&t);
}

/* What stands there already is neither written to nor through. */
TEST(what_is_new_is_new)
{
    char why[ET_REGULAR_WHY];
    make("mine", "mine");
    assert_int_equal(symlink("mine", "link"), 0);
    assert_int_equal(symlink("absent", "dangling"), 0);
    assert_int_equal(link("mine", "hard"), 0);
    assert_int_equal(mkfifo("fifo", 0600), 0);
    int dir = et_directory_open(".", why);
    static const char *const there[] = {"mine", "link", "dangling", "fifo"};
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(et_regular_create(dir, there[i], 0, why), -1);
        assert_int_equal(errno, EEXIST);
        assert_int_equal(et_regular_append(dir, there[i], why), -1);
    }
    make("alone", "mine");
    assert_int_equal(symlink("alone", "to-alone"), 0);
    assert_int_equal(et_regular_append(dir, "to-alone", why), -1);
    assert_int_equal(et_regular_append(dir, "hard", why), -1);
    assert_non_null(strstr(why, "hard link"));
    assert_int_equal(et_regular_append(dir, "x", why), -1);
    assert_int_equal(errno, ENOENT);
    /* A file takes the place of a name, not of what is behind it. */
    assert_true(et_regular_put(dir, "hard", "new", 3, why));
    holds("hard", "new");
    assert_false(et_regular_put(dir, "link", "new", 3, why));
    assert_string_equal(why, "is a symbolic link, not a file");
    assert_false(et_regular_put(dir, "fifo", "new", 3, why));
    assert_false(et_regular_put(dir, "dangling", "new", 3, why));
    holds("mine", "mine");
    assert_int_equal(access("absent", F_OK), -1);
    /* Nor is the other name one to be written through. */
    assert_int_equal(symlink("mine", ".a.new"), 0);
    assert_true(et_regular_put(dir, "a", "new", 3, why));
    holds("a", "new");
    holds("mine", "mine");
    assert_int_equal(access(".a.new", F_OK), -1);
    int fd = et_regular_append(dir, "a", why);
    assert_true(fd >= 0 && et_regular_write(fd, "er", 2));
    close(fd);
    holds("a", "newer");
    close(dir);
}

TEST(what_fails_leaves_what_was_there)
{
    char why[ET_REGULAR_WHY], name[300];
    struct et_new_file f;
    int dir = et_directory_open(".", why);
    make("a", "old");
    assert_true(et_regular_begin(&f, dir, "a", why));
    fputs("half", f.to);
    errno = ENOSPC;
    assert_false(et_regular_end(&f, false, why));
    assert_string_equal(why, strerror(ENOSPC));
    holds("a", "old");
    assert_int_equal(access(".a.new", F_OK), -1);
    assert_true(et_regular_begin(&f, dir, "a", why));
    fputs("whole", f.to);
    assert_true(et_regular_end(&f, true, why));
    holds("a", "whole");
    memset(name, 'n', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    assert_false(et_regular_begin(&f, dir, name, why));
    assert_int_equal(errno, ENAMETOOLONG);
    close(dir);
    assert_int_equal(et_directory_open("a", why), -1);
    assert_int_equal(errno, ENOTDIR);
}

FRESH_TEST_MAIN(enter, leave, what_is_no_regular_file,
                no_more_is_read_than_allowed, lines, what_is_new_is_new,
                what_fails_leaves_what_was_there)
