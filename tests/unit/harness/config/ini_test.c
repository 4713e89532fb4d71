/* ini: entries in order with their lines, continued values, and one clear
 * refusal, naming the line, for what is no INI file.
 */
#include "config.h"
#include "tests/unit/test_main.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/base/log.h"
#include "harness/base/text.h"
#include "harness/config/ini.h"

/* "where [section] key=value|" for each entry, "where [section]|" for a
 * section's beginning. */
static enum et_status note(void *user, const struct et_ini_entry *e)
{
    struct et_text *t = user;
    et_text_add(t, "%s [%s]", e->where, e->section);
    if (e->key)
        et_text_add(t, " %s=%s", e->key, e->value);
    et_text_add(t, "|");
    return e->key && strcmp(e->key, "stop") == 0 ? ET_MISSED : ET_OK;
}

static void assert_reads(const char *text, const char *expected)
{
    struct et_text t = {0};
    et_log_forget();
    enum et_status s = et_ini_text("p", text, note, &t);
    if (s != ET_OK)
        fail_msg("refused: %s", et_log_last_error());
    assert_string_equal(et_text_str(&t), expected);
    et_text_free(&t);
}

static void assert_refuses(const char *text, const char *words)
{
    struct et_text t = {0};
    et_log_forget();
    assert_int_equal(et_ini_text("p", text, note, &t), ET_USAGE);
    if (!strstr(et_log_last_error(), words))
        fail_msg("'%s' has no '%s'", et_log_last_error(), words);
    et_text_free(&t);
}

TEST(lines)
{
    assert_reads("", "");
    assert_reads("; a comment\n\n[a]\n# another\nk = v\n",
                 "p:3 [a]|p:5 [a] k=v|");
    assert_reads("x=1\n[a]", "p:1 [] x=1|p:2 [a]|");
    assert_reads("[a]\nk: v\nl =\n", "p:1 [a]|p:2 [a] k=v|p:3 [a] l=|");
    assert_reads("[ a b ]\nk = v = w", "p:1 [a b]|p:2 [a b] k=v = w|");
}

TEST(continued)
{
    assert_reads("[a]\nk = 1,\n  2,\n\t3\nl = 4\n",
                 "p:1 [a]|p:2 [a] k=1, 2, 3|p:5 [a] l=4|");
    /* A comment or an empty line in between ends nothing. */
    assert_reads("[a]\nk = 1,\n  ; why\n\n  2\n", "p:1 [a]|p:2 [a] k=1, 2|");
    assert_reads("[a]\nk = 1\n  l = 2\n", "p:1 [a]|p:2 [a] k=1 l = 2|");
    /* With nothing to continue an indented line stands for itself. */
    assert_reads("  [a]\n  k = 1\n", "p:1 [a]|p:2 [a] k=1|");
    /* The same key again is two entries, for the reader to refuse. */
    assert_reads("[a]\nk=1\nk=2\n", "p:1 [a]|p:2 [a] k=1|p:3 [a] k=2|");
}

TEST(comments)
{
    assert_reads("[a] ; first\nk = v ; a note\nl = v;w\n",
                 "p:1 [a]|p:2 [a] k=v|p:3 [a] l=v;w|");
    assert_reads("[a]\nk = 1, ; one\n  2 ; two\n", "p:1 [a]|p:2 [a] k=1, 2|");
    assert_reads("[a]\nk = 1, # one\n  2\t# two\nl = v#w ; # x\nm = # y\n",
                 "p:1 [a]|p:2 [a] k=1, 2|p:4 [a] l=v#w|p:5 [a] m=|");
}

TEST(sections_twice)
{
    assert_reads("[a]\nk=1\n[a]\nk=2\n",
                 "p:1 [a]|p:2 [a] k=1|p:3 [a]|p:4 [a] k=2|");
    assert_reads("[a]\n[b]\n", "p:1 [a]|p:2 [b]|");
}

TEST(line_ends)
{
    assert_reads("[a]\r\nk = 1,\r\n 2\r\nl = x\r\n",
                 "p:1 [a]|p:2 [a] k=1, 2|p:4 [a] l=x|");
    assert_reads("\xEF\xBB\xBF[a]\nk = v\n", "p:1 [a]|p:2 [a] k=v|");
}

TEST(refusals)
{
    assert_refuses("[a]\nk = v\nnothing\n", "p:3: neither");
    assert_refuses("[a]\nk = v\n[b\nl = w\n", "p:3: '[' without");
    char longer[600] = "[a]\nk = ";
    memset(longer + strlen(longer), 'x', 300);
    assert_refuses(longer, "p:2: line of 304 characters");
    /* 190 characters fit, 191 do not, whatever inih's buffer would hold. */
    longer[4 + 190] = '\0';
    assert_int_equal(strlen(longer), 194);
    struct et_text fits = {0};
    assert_int_equal(et_ini_text("p", longer, note, &fits), ET_OK);
    et_text_free(&fits);
    strcat(longer, "x");
    assert_refuses(longer, "p:2: line of 191 characters");
    /* The reader's own refusal comes back as it is, and ends the reading. */
    struct et_text t = {0};
    assert_int_equal(et_ini_text("p", "[a]\nstop=1\nk=2\n", note, &t),
                     ET_MISSED);
    assert_string_equal(et_text_str(&t), "p:1 [a]|p:2 [a] stop=1|");
    et_text_free(&t);
}

static void assert_file_refused(const char *path, const char *words)
{
    char *text = NULL;
    et_log_forget();
    assert_int_equal(et_ini_slurp(path, &text), ET_USAGE);
    assert_null(text);
    if (!strstr(et_log_last_error(), words))
        fail_msg("'%s' has no '%s'", et_log_last_error(), words);
}

TEST(files)
{
    char dir[] = "/tmp/etalon-ini-XXXXXX", path[64];
    assert_non_null(mkdtemp(dir));
    snprintf(path, sizeof path, "%s/plan", dir);
    assert_file_refused(path, "No such file");
    assert_file_refused(dir, "is a directory");
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fwrite("[a]\nk=\0v\n", 1, 9, f);
    fclose(f);
    assert_file_refused(path, "is binary");
    f = fopen(path, "w");
    assert_non_null(f);
    for (int i = 0; i < (4 << 20) / 8 + 1; i++)
        fputs("; 34567\n", f);
    fclose(f);
    assert_file_refused(path, "has more than 4194304 bytes");
    f = fopen(path, "w");
    assert_non_null(f);
    fputs("[a]\nk=v", f);
    fclose(f);
    struct et_text t = {0}, expected = {0};
    assert_int_equal(et_ini_file(path, note, &t), ET_OK);
    et_text_add(&expected, "%s:1 [a]|%s:2 [a] k=v|", path, path);
    assert_string_equal(et_text_str(&t), et_text_str(&expected));
    et_text_free(&t);
    et_text_free(&expected);
    unlink(path);
    rmdir(dir);
}

QUIET_TEST_MAIN(lines, continued, comments, sections_twice, line_ends, refusals,
                files)
