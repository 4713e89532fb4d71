/* log: what reaches standard error at each level, that no text steers the
 * terminal, and that the newest error of a thread can be asked for.
 */
#include "config.h"
#include "tests/unit/test_main.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "harness/base/log.h"

static void say_all(void)
{
    et_note("a %s", "note");
    et_warn("a %s", "warning");
    (void)et_error(ET_MISSED, "an %s", "error");
}

/* What `say` writes to standard error; buf of 4096. */
static const char *heard(void (*say)(void), char *buf)
{
    FILE *f = tmpfile();
    assert_non_null(f);
    fflush(stderr);
    int kept = dup(STDERR_FILENO);
    assert_true(kept >= 0 && dup2(fileno(f), STDERR_FILENO) >= 0);
    say();
    fflush(stderr);
    assert_true(dup2(kept, STDERR_FILENO) >= 0);
    close(kept);
    rewind(f);
    buf[fread(buf, 1, 4095, f)] = '\0';
    fclose(f);
    return buf;
}

TEST(levels)
{
    static const struct {
        enum et_log_level level;
        const char *words;
    } v[] = {{ET_LOG_NONE, ""},
             {ET_LOG_ERROR, "etalon: error: an error\n"},
             {ET_LOG_WARN, "etalon: warning: a warning\n"
                           "etalon: error: an error\n"},
             {ET_LOG_NOTE, "etalon: a note\netalon: warning: a warning\n"
                           "etalon: error: an error\n"}};
    char buf[4096];
    for (size_t i = 0; i < sizeof v / sizeof *v; i++) {
        et_log_level_set(v[i].level);
        assert_string_equal(heard(say_all, buf), v[i].words);
    }
}

static void say_rude(void)
{
    et_warn("%s", "a\033[31mb\nc\td\x7f \xc3\xa9");
}

/* One line, whatever stands in it; letters beyond ASCII stay. */
TEST(no_steering)
{
    char buf[4096];
    et_log_level_set(ET_LOG_NOTE);
    assert_string_equal(heard(say_rude, buf),
                        "etalon: warning: a?[31mb?c?d? \xc3\xa9\n");
}

TEST(newest)
{
    et_log_level_set(ET_LOG_NONE);
    et_log_forget();
    assert_string_equal(et_log_last_error(), "");
    assert_int_equal(et_error(ET_USAGE, "%d of them", 3), ET_USAGE);
    assert_string_equal(et_log_last_error(), "3 of them");
    et_warn("a warning");
    assert_string_equal(et_log_last_error(), "3 of them");
    assert_int_equal(et_no_memory(), ET_INFRA);
    assert_string_equal(et_log_last_error(), "no memory");
    et_log_forget();
    assert_string_equal(et_log_last_error(), "");
}

TEST_MAIN(levels, no_steering, newest)
