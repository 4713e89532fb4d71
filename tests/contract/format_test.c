/* Every listed format against hostile texts, at each place that a text from
 * outside can take: a host name, a path, a library's message. Knows no format:
 * what ends a text is found in what the format writes, and must not come out of
 * a text itself. Formats that get this wrong are made here and must be found.
 */
#include "config.h"
#include "tests/unit/test_main.h"
#include "results/format/doc.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/results/sample.h"

#define MARK "zqzq" /* a harmless text that stands nowhere else */

/* Where a text can stand. */
enum place {
    TITLE,
    HEADING,
    SMALL_HEADING,
    PARAGRAPH,
    WARNING,
    NAME,
    VALUE,
    HEADLINE,
    COLUMN,
    FIRST_CELL,
    LAST_CELL,
    NOTE,
    FIGURE,
    CAPTION,
    CASE,
    BACKEND,
    LABEL,
    REASON,
    PARAM,
    FACT,
    FACT_KEY,
    METRIC,
    PLACES
};

static const char *at(enum place here, enum place place, const char *text)
{
    return here == place ? text : "plain";
}

static struct et_doc make_doc(enum place p, const char *s)
{
    const char *columns[] = {at(COLUMN, p, s), "second", NULL};
    struct et_doc d = {.title = strdup(at(TITLE, p, s))};
    et_doc_clean(d.title);
    et_doc_heading(&d, 2, at(HEADING, p, s));
    et_doc_heading(&d, 3, at(SMALL_HEADING, p, s));
    et_doc_paragraph(&d, "%s", at(PARAGRAPH, p, s));
    et_doc_warning(&d, "%s", at(WARNING, p, s));
    struct et_block *b = et_doc_facts(&d);
    et_block_fact(b, at(NAME, p, s), "%s", at(VALUE, p, s));
    b = et_doc_facts(&d);
    b->level = 1;
    et_block_fact(b, "fact", "%s", at(HEADLINE, p, s));
    b = et_doc_table(&d, "ll", columns);
    et_block_cell(b, "%s", at(FIRST_CELL, p, s));
    et_block_cell(b, "%s", at(LAST_CELL, p, s));
    et_block_note(b, "%s", at(NOTE, p, s));
    b = et_doc_figure(&d, "f", "bars", at(FIGURE, p, s));
    b->figure.caption = strdup(at(CAPTION, p, s));
    et_doc_clean(b->figure.caption);
    assert_true(et_doc_whole(&d));
    return d;
}

static void set(char **member, const char *text)
{
    free(*member);
    *member = strdup(text);
}

static struct et_run make_run(enum place p, const char *s)
{
    struct et_run run = sample_run();
    struct et_result r = sample_result(at(CASE, p, s), 0.01, 0.001, 9);
    set(&r.backend, at(BACKEND, p, s));
    set(&r.label, at(LABEL, p, s));
    set(&r.reason, at(REASON, p, s));
    assert_true(et_pairs_set(&r.params, "p", at(PARAM, p, s), false) &&
                et_pairs_set(&r.facts, "f", at(FACT, p, s), false) &&
                et_pairs_set(&r.facts, at(FACT_KEY, p, s), "x", false));
    sample_add(&run, r);
    struct et_metric_value *m = et_list_add(&run.records[0].metrics, sizeof *m);
    *m = (struct et_metric_value){.name = strdup(at(METRIC, p, s)),
                                  .value = 1,
                                  .ci_low = 1,
                                  .ci_high = 1,
                                  .unit = strdup(at(METRIC, p, s)),
                                  .better = strdup("higher")};
    return run;
}

static char *print(const struct et_out *f, enum place p, const char *s,
                   bool with_run)
{
    struct et_doc d = make_doc(p, s);
    struct et_run run = make_run(p, s);
    char *text = NULL;
    size_t n = 0;
    FILE *to = open_memstream(&text, &n);
    assert_non_null(to);
    assert_int_equal(f->write(&d, with_run ? &run : NULL, NULL, to), ET_OK);
    fclose(to);
    assert_int_equal(strlen(text), n);
    et_run_free(&run);
    et_doc_free(&d);
    return text;
}

/* --- what a format must keep: each says what is wrong, or "" ---------------
 */

/* The bytes of a character that a terminal or an editor shows as it is. */
static size_t shown(const unsigned char *s)
{
    char copy[5] = {0};
    size_t n = s[0] < 0x80 ? 1 : s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : 4;
    /* Those of the layout: find_broken tells them from a text's own. */
    if (*s == '\n' || *s == '\t' || (*s == '\r' && s[1] == '\n'))
        return 1;
    memcpy(copy, s, strnlen((const char *)s, n));
    et_doc_clean(copy);
    return memcmp(copy, s, n) == 0 ? n : 0;
}

static void find_raw(const char *text, char fault[200])
{
    for (const char *p = text; *p && !*fault;) {
        size_t n = shown((const unsigned char *)p);
        if (!n)
            snprintf(fault, 200, "byte %02x comes through after '%.20s'",
                     (unsigned char)*p, p - text > 20 ? p - 20 : text);
        p += n;
    }
}

static bool is_word(char c)
{
    return isalnum((unsigned char)c) || (c && strchr("._", c));
}

/* The character that ends the text at p, blanks left out; 0: the line ends, or
 * a word follows. */
static char end_of(const char *p)
{
    while (is_word(*p))
        p++;
    p += strspn(p, " ");
    return ispunct((unsigned char)*p) ? *p : 0;
}

/* A text that holds `end` either has it changed or stands in quotes that a
 * harmless text does not need; *quote gets them. */
static void find_ended(const struct et_out *f, enum place p, bool with_run,
                       char end, char *quote, char fault[200])
{
    char text[] = {'z', 'q', end, 'z', 'q', 0};
    char *out = print(f, p, text, with_run);
    for (const char *s = out; (s = strstr(s, text)) && !*fault; s++) {
        const char *from = s, *to = s + strlen(text);
        while (from > out && is_word(from[-1]))
            from--;
        while (is_word(*to))
            to++;
        char before = from > out ? from[-1] : 0;
        bool quoted = before && before == *to && before != end &&
                      ispunct((unsigned char)before);
        if (quoted)
            *quote = before;
        else
            snprintf(fault, 200,
                     "place %d: '%c' ends a text, and '%s' comes "
                     "through as it is",
                     (int)p, end, text);
    }
    free(out);
}

static size_t find_ends(const struct et_out *f, enum place p, bool with_run,
                        char fault[200])
{
    char ends[32] = "", *plain = print(f, p, MARK, with_run);
    size_t n = 0, seen = 0;
    for (const char *s = plain; (s = strstr(s, MARK)); s += strlen(MARK)) {
        char c = end_of(s + strlen(MARK));
        seen++;
        if (c && !strchr(ends, c) && n + 2 < sizeof ends)
            ends[n++] = c;
    }
    for (size_t i = 0; i < n && !*fault; i++) {
        char quote = 0;
        find_ended(f, p, with_run, ends[i], &quote, fault);
        if (quote && !strchr(ends, quote) && n + 2 < sizeof ends)
            ends[n++] = quote;
    }
    free(plain);
    return seen;
}

/* What stands for `c` in the output, where it is not itself; or NULL. */
static char *stand_in(const struct et_out *f, enum place p, bool with_run,
                      char c)
{
    char text[] = {'z', 'q', c, 'q', 'z', 0};
    char *out = print(f, p, text, with_run), *found = NULL;
    char *from = strstr(out, "zq");
    char *to = from ? strstr(from + 2, "qz") : NULL;
    if (to && (to - from != 3 || from[2] != c))
        found = strndup(from + 2, (size_t)(to - from - 2));
    free(out);
    return found;
}

/* Two texts that differ never come out alike: what stands for a character must
 * itself be changed, and so must the character that it begins with. */
static void find_alike(const struct et_out *f, enum place p, bool with_run,
                       char fault[200])
{
    for (char c = '!'; c <= '~' && !*fault; c++) {
        char *other =
            isalnum((unsigned char)c) ? NULL : stand_in(f, p, with_run, c);
        if (!other)
            continue;
        char one[] = {'z', 'q', c, 'q', 'z', 0}, two[64];
        snprintf(two, sizeof two, "zq%sqz", other);
        char *a = print(f, p, one, with_run), *b = print(f, p, two, with_run);
        char *first = stand_in(f, p, with_run, other[0]);
        if (strcmp(a, b) == 0)
            snprintf(fault, 200, "place %d: '%s' and '%s' come out alike",
                     (int)p, one, two);
        else if (!first)
            snprintf(fault, 200,
                     "place %d: '%c' escapes '%c' and is not "
                     "escaped itself",
                     (int)p, other[0], c);
        free(first);
        free(a);
        free(b);
        free(other);
    }
}

/* Nor do two characters, whatever stands for them. */
static void find_twins(const struct et_out *f, enum place p, bool with_run,
                       char fault[200])
{
    enum { FIRST = '!', LAST = '~' };
    char *out[LAST + 1] = {NULL};
    for (char c = FIRST; c <= LAST; c++) {
        char text[] = {'z', 'q', c, 'q', 'z', 0};
        out[(size_t)c] = print(f, p, text, with_run);
        for (char d = FIRST; d < c && !*fault; d++) {
            if (strstr(out[(size_t)c], "zq") &&
                strcmp(out[(size_t)c], out[(size_t)d]) == 0)
                snprintf(fault, 200, "place %d: '%c' and '%c' come out alike",
                         (int)p, d, c);
        }
    }
    for (size_t c = 0; c <= LAST; c++)
        free(out[c]);
}

static size_t count(const char *s, char c)
{
    size_t n = 0;
    for (; *s; s++)
        n += *s == c;
    return n;
}

/* A line end or a tab in a text is a blank, whatever stands around it. */
static void find_broken(const struct et_out *f, enum place p, bool with_run,
                        char fault[200])
{
    char *a = print(f, p, "zq zq", with_run);
    char *b = print(f, p, "zq\r\n\tzq", with_run);
    if (count(a, '\n') != count(b, '\n'))
        snprintf(fault, 200, "place %d: a line end in a text ends a line",
                 (int)p);
    else if (count(a, '\t') != count(b, '\t'))
        snprintf(fault, 200, "place %d: a tab in a text comes through", (int)p);
    free(a);
    free(b);
}

#define HOSTILE                                                                \
    "=1+1 <b>&amp;\"q\" 'a' x|y,z `id` $(id) \\ [z](u) # * _ ~ {} %n\n"        \
    "\x1b[2J\x1b]0;t\x07 \x7f \xc2\x9b \xff \xc3 \xed\xa0\x80 "                \
    "\xe2\x80\xae"                                                             \
    "drow\xe2\x81\xa9 \xe2\x80\xa8 \xd8\x9c \r next"

/* The first fault, or "". *places: at how many the format writes a text. */
static void judge(const struct et_out *f, size_t *places, char fault[200])
{
    *fault = 0;
    *places = 0;
    for (int with_run = 0; with_run < 2; with_run++) {
        for (int p = 0; p < PLACES && !*fault; p++) {
            char *text = print(f, (enum place)p, HOSTILE, with_run);
            find_raw(text, fault);
            free(text);
            *places += find_ends(f, (enum place)p, with_run, fault) > 0;
            if (!*fault)
                find_broken(f, (enum place)p, with_run, fault);
            if (!*fault)
                find_alike(f, (enum place)p, with_run, fault);
            if (!*fault)
                find_twins(f, (enum place)p, with_run, fault);
        }
    }
}

TEST(test_listed)
{
    size_t n = 0;
    for (; et_out_at(n); n++) {
        const struct et_out *f = et_out_at(n);
        char fault[200];
        size_t places;
        judge(f, &places, fault);
        if (*fault)
            fail_msg("%s: %s", f->name, fault);
        if (places < 3)
            fail_msg("%s: writes texts at %zu places only", f->name, places);
    }
    assert_true(n >= 5);
}

/* --- formats that are wrong ------------------------------------------------
 */

/* Writes every text of the document: `head`, the text with each character of
 * `from` as `as`, `foot`. */
static void pour(const struct et_doc *d, FILE *to, const char *head,
                 const char *foot, char from, const char *as)
{
    for (size_t i = 0; i < d->n; i++) {
        const struct et_block *b = &d->blocks[i];
        for (size_t k = 0; k < b->cells.n + 1; k++) {
            const char *s = k < b->cells.n ? b->cells.v[k] : b->text;
            if (!s)
                continue;
            fputs(head, to);
            for (; *s; s++) {
                if (*s == from)
                    fputs(as, to);
                else
                    fputc(*s, to);
            }
            fputs(foot, to);
        }
    }
}

#define WRONG(name, head, foot, from, as)                                      \
    static enum et_status write_##name(const struct et_doc *d,                 \
                                       const struct et_run *run,               \
                                       const char *dir, FILE *to)              \
    {                                                                          \
        (void)run, (void)dir;                                                  \
        pour(d, to, head, foot, from, as);                                     \
        return ET_OK;                                                          \
    }
WRONG(tags, "<t>", "</t>\n", 0, "")       /* escapes nothing */
WRONG(bars, "| ", " |\n", 0, "")          /* nor this */
WRONG(commas, "", ",x\n", 0, "")          /* nor this */
WRONG(half, "<t>", "</t>\n", '<', "&lt;") /* "&lt;" is not told from "<" */
WRONG(slash, "<t>", "</t>\n", '<', "\\<") /* a slash is not told apart */
WRONG(twins, "", "\n", 'A', "B")          /* two letters are one */
WRONG(quotes, "\"", "\"\n", '\\', "\\\\") /* a quote ends the text */

WRONG(escapes, "", "\n", 'q', "\x1b[1mq") /* speaks to the terminal */

static enum et_status write_raw(const struct et_doc *d,
                                const struct et_run *run, const char *dir,
                                FILE *to)
{
    (void)d, (void)dir;
    fprintf(to, "%s\n", run ? run->records[0].result.backend : "");
    return ET_OK;
}

/* Cleans the text of a record, but for its tabs. */
static enum et_status write_tabs(const struct et_doc *d,
                                 const struct et_run *run, const char *dir,
                                 FILE *to)
{
    (void)d, (void)dir;
    for (const char *s = run ? run->records[0].result.backend : ""; *s; s++)
        fputc(*s == '\t' || (*s >= ' ' && *s < 0x7f) ? *s : ' ', to);
    fputs("\tplain\n", to);
    return ET_OK;
}

TEST(test_wrong)
{
    static const struct {
        struct et_out out;
        const char *fault;
    } all[] = {{{.name = "tags", .write = write_tags}, "'<' ends a text"},
               {{.name = "bars", .write = write_bars}, "'|' ends a text"},
               {{.name = "commas", .write = write_commas}, "',' ends a text"},
               {{.name = "half", .write = write_half}, "come out alike"},
               {{.name = "twins", .write = write_twins}, "'A' and 'B' come"},
               {{.name = "slash", .write = write_slash}, "'\\' escapes '<'"},
               {{.name = "quotes", .write = write_quotes}, "'\"' ends a text"},
               {{.name = "escapes", .write = write_escapes}, "byte 1b"},
               {{.name = "raw", .write = write_raw}, "byte 1b"},
               {{.name = "tabs", .write = write_tabs}, "a tab in a text"}};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        char fault[200];
        size_t places;
        judge(&all[i].out, &places, fault);
        if (!strstr(fault, all[i].fault))
            fail_msg("%s: found '%s', not '%s'", all[i].out.name, fault,
                     all[i].fault);
    }
}

TEST_MAIN(test_listed, test_wrong)
