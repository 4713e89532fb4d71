/* inih behind a reader that counts lines and joins continued ones, since inih
 * alone tells neither. */
#include "config.h"
#include "harness/config/ini.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <ini.h>

#include "harness/base/regular.h"
#include "harness/base/log.h"
#include "harness/base/memory.h"
#include "harness/base/text.h"

#define MAX_LINE 190 /* inih's own buffer is 200 unless built otherwise */

struct reader {
    const char *name;
    const char *next; /* of the text still unread */
    int line;         /* last line handed to inih */
    bool indented;    /* it continues the entry before it */
    et_ini_fn fn;
    void *user;
    enum et_status status;
    /* The entry that may still be continued. */
    char section[MAX_LINE + 10];
    char key[MAX_LINE + 10];
    struct et_text value;
    int entry_line;
};

static enum et_status emit(struct reader *r, int line, const char *section,
                           const char *key, const char *value)
{
    char where[512];
    snprintf(where, sizeof where, "%s:%d", r->name, line);
    struct et_ini_entry e = {r->name, line, section, key, value, where};
    return r->fn(r->user, &e);
}

static void finish_entry(struct reader *r)
{
    if (r->entry_line && r->status == ET_OK)
        r->status =
            emit(r, r->entry_line, r->section, r->key, et_text_str(&r->value));
    et_text_free(&r->value);
    r->entry_line = 0;
}

/* A section header gets an entry of its own, so that an empty section and a
 * section given twice are seen. Indented, it is one only where there is no
 * entry that it could continue. */
static void note_section(struct reader *r, const char *line, size_t n)
{
    while (!r->entry_line && n > 0 && isblank((unsigned char)*line)) {
        line++;
        n--;
    }
    if (n == 0 || *line != '[')
        return;
    finish_entry(r);
    const char *end = memchr(line, ']', n);
    if (!end) {
        if (r->status == ET_OK)
            r->status = et_error(ET_USAGE, "%s:%d: '[' without a ']'", r->name,
                                 r->line);
        return;
    }
    char name[MAX_LINE + 10];
    snprintf(name, sizeof name, "%.*s", (int)(end - line - 1), line + 1);
    snprintf(r->section, sizeof r->section, "%s", et_trim(name));
    if (r->status == ET_OK)
        r->status = emit(r, r->line, r->section, NULL, NULL);
}

/* inih tells of the first line it cannot read only at the end, when another
 * line may have failed for want of it. */
static bool is_readable(const struct reader *r, const char *line, size_t n)
{
    while (n > 0 && isspace((unsigned char)line[n - 1]))
        n--;
    size_t blanks = 0;
    while (blanks < n && isspace((unsigned char)line[blanks]))
        blanks++;
    if (blanks == n || strchr(";#", line[blanks]) ||
        (blanks > 0 && r->entry_line))
        return true;
    if (line[blanks] == '[')
        return true; /* note_section says what is wrong with it */
    return memchr(line, '=', n) || memchr(line, ':', n);
}

/* fgets over the text, for ini_parse_stream. */
static char *next_line(char *buf, int size, void *stream)
{
    struct reader *r = stream;
    if (!*r->next || r->status != ET_OK)
        return NULL;
    size_t n = strcspn(r->next, "\n");
    size_t take = n + (r->next[n] == '\n');
    r->line++;
    if (n > MAX_LINE || take + 1 > (size_t)size) {
        r->status = et_error(ET_USAGE,
                             "%s:%d: line of %zu characters; at most %d fit. "
                             "Continue a list on a next line that begins with "
                             "a blank",
                             r->name, r->line, n, MAX_LINE);
        return NULL;
    }
    if (!is_readable(r, r->next, n)) {
        r->status =
            et_error(ET_USAGE, "%s:%d: neither '[section]' nor 'key = value'",
                     r->name, r->line);
        return NULL;
    }
    r->indented = isblank((unsigned char)*r->next);
    note_section(r, r->next, n);
    memcpy(buf, r->next, take);
    buf[take] = '\0';
    r->next += take;
    return buf;
}

/* A value without the comment behind it, which inih leaves there if it begins
 * with '#' or, before r56, in a continued line. */
static void add_value(struct et_text *to, const char *value)
{
    size_t n = 0;
    while (value[n] && !(strchr(";#", value[n]) &&
                         (n == 0 || isblank((unsigned char)value[n - 1]))))
        n++;
    while (n > 0 && isblank((unsigned char)value[n - 1]))
        n--;
    et_text_add(to, "%.*s", (int)n, value);
}

static int on_pair(void *user, const char *section, const char *key,
                   const char *value)
{
    struct reader *r = user;
    (void)section; /* inih cuts long ones; note_section has it whole */
    if (r->indented && r->entry_line && strcmp(key, r->key) == 0) {
        et_text_add(&r->value, " ");
        add_value(&r->value, value);
        return 1;
    }
    finish_entry(r);
    snprintf(r->key, sizeof r->key, "%s", key);
    add_value(&r->value, value);
    r->entry_line = r->line;
    return 1;
}

enum et_status et_ini_text(const char *name, const char *text, et_ini_fn fn,
                           void *user)
{
    struct reader r = {.name = name, .next = text, .fn = fn, .user = user};
    if (strncmp(text, "\xEF\xBB\xBF", 3) == 0)
        r.next += 3; /* a byte order mark */
    int bad = ini_parse_stream(next_line, &r, on_pair, &r);
    finish_entry(&r);
    if (r.status != ET_OK)
        return r.status;
    if (bad > 0)
        return et_error(ET_USAGE,
                        "%s:%d: neither '[section]' nor 'key = value'", name,
                        bad);
    if (bad < 0)
        return et_error(ET_INFRA, "%s: no memory to read it", name);
    return ET_OK;
}

enum et_status et_ini_slurp(const char *path, char **out)
{
    char why[ET_REGULAR_WHY];
    struct et_text t = {0};
    enum et_status status = ET_OK;
    if (!et_regular_slurp(path, ET_INI_MOST, &t, why))
        status = et_error(errno == ENOMEM ? ET_INFRA : ET_USAGE, "%s: %s", path,
                          why);
    else if (t.n && memchr(t.s, 0, t.n))
        status = et_error(ET_USAGE, "%s: is binary, not text", path);
    char *text = status != ET_OK ? NULL : t.s ? t.s : et_strdup("");
    if (!text) {
        et_text_free(&t);
        return status != ET_OK ? status : et_no_memory();
    }
    *out = text;
    return ET_OK;
}

enum et_status et_ini_file(const char *path, et_ini_fn fn, void *user)
{
    char *text = NULL;
    enum et_status status = et_ini_slurp(path, &text);
    if (status == ET_OK)
        status = et_ini_text(path, text, fn, user);
    free(text);
    return status;
}
