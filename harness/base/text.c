/* Growing strings, quantities with units, nearest words. */
#include "config.h"
#include "harness/base/text.h"

#include <ctype.h>
#include <errno.h>
#include <float.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "harness/base/memory.h"

static bool reserve(struct et_text *t, size_t more)
{
    if (t->failed)
        return false;
    size_t need = t->n + more + 1;
    if (need <= t->room)
        return true;
    size_t room = t->room ? t->room : 64;
    while (room < need)
        room *= 2;
    char *s = et_grow(t->s, room, 1);
    if (!s) {
        t->failed = true;
        return false;
    }
    t->s = s;
    t->room = room;
    return true;
}

void et_text_put(struct et_text *t, const char *s, size_t n)
{
    if (!reserve(t, n))
        return;
    memcpy(t->s + t->n, s, n);
    t->n += n;
    t->s[t->n] = '\0';
}

void et_text_add(struct et_text *t, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, format, args);
    if (n >= 0 && reserve(t, (size_t)n)) {
        vsnprintf(t->s + t->n, (size_t)n + 1, format, again);
        t->n += (size_t)n;
    }
    va_end(again);
    va_end(args);
}

const char *et_text_str(const struct et_text *t)
{
    return t->s ? t->s : "";
}

void et_text_free(struct et_text *t)
{
    free(t->s);
    *t = (struct et_text){0};
}

bool et_parse_int(const char *s, int64_t *out)
{
    char *end;
    errno = 0;
    long long v = strtoll(s, &end, 10);
    if (end == s || *end || errno || isspace((unsigned char)*s))
        return false;
    *out = v;
    return true;
}

const char *et_parse_decimal(const char *s, double *out)
{
    size_t sign = *s == '-' || *s == '+';
    const char *digits = s + sign;
    bool hex = digits[0] == '0' && (digits[1] == 'x' || digits[1] == 'X');
    char *end;
    double v = strtod(s, &end);
    /* strtod takes blanks before a number, inf and nan too. */
    if (hex || !*digits || !strchr("0123456789.", *digits) || end == s ||
        !isfinite(v))
        return NULL;
    *out = v;
    return end;
}

bool et_parse_real(const char *s, double *out)
{
    double v;
    const char *end = et_parse_decimal(s, &v);
    if (!end || *end)
        return false;
    *out = v;
    return true;
}

bool et_parse_bool(const char *s, bool *out)
{
    static const char *const yes[] = {"yes", "true", "on", "1"};
    static const char *const no[] = {"no", "false", "off", "0"};
    for (size_t i = 0; i < 4; i++) {
        if (strcasecmp(s, yes[i]) == 0)
            return *out = true, true;
        if (strcasecmp(s, no[i]) == 0)
            return *out = false, true;
    }
    return false;
}

static const char *skip_blanks(const char *s)
{
    return s + strspn(s, " \t");
}

/* A number, then what follows it with blanks skipped; NULL if no number. */
static const char *number_and_rest(const char *s, double *v)
{
    const char *end = et_parse_decimal(s, v);
    return end ? skip_blanks(end) : NULL;
}

bool et_parse_bytes(const char *s, int64_t *out)
{
    static const struct {
        const char *name;
        int64_t scale;
    } units[] = {
        {"", 1},
        {"B", 1},
        {"KiB", INT64_C(1) << 10},
        {"MiB", INT64_C(1) << 20},
        {"GiB", INT64_C(1) << 30},
        {"TiB", INT64_C(1) << 40},
        {"PiB", INT64_C(1) << 50},
        {"EiB", INT64_C(1) << 60},
        {"kB", 1000},
        {"MB", 1000000},
        {"GB", 1000000000},
        {"TB", 1000000000000},
        {"PB", 1000000000000000},
        {"EB", 1000000000000000000},
    };
    double v;
    char *end;
    errno = 0;
    long long whole = strtoll(s, &end, 10);
    bool fits = errno == 0;
    const char *unit = number_and_rest(s, &v);
    for (size_t i = 0; unit && i < sizeof units / sizeof *units; i++) {
        int64_t product;
        if (strcmp(unit, units[i].name) != 0)
            continue;
        /* A whole number stays exact: a double holds 2^53. */
        if (fits && skip_blanks(end) == unit) {
            if (__builtin_mul_overflow(whole, units[i].scale, &product))
                return false;
            return *out = product, true;
        }
        v *= (double)units[i].scale;
        if (v != floor(v) || fabs(v) >= 0x1p63)
            return false;
        return *out = (int64_t)v, true;
    }
    return false;
}

bool et_parse_seconds(const char *s, double *out)
{
    static const struct {
        const char *name;
        double scale;
    } units[] = {
        {"", 1},      {"s", 1},    {"ms", 1e-3}, {"us", 1e-6},
        {"ns", 1e-9}, {"min", 60}, {"h", 3600},
    };
    double v;
    const char *unit = number_and_rest(s, &v);
    for (size_t i = 0; unit && i < sizeof units / sizeof *units; i++) {
        if (strcmp(unit, units[i].name) == 0 && isfinite(v * units[i].scale))
            return *out = v * units[i].scale, true;
    }
    return false;
}

bool et_parse_quantity(const char *s, const char *unit, double *out)
{
    static const char prefixes[] = "kMGTPEZ";
    double v, scale = 1;
    const char *rest = number_and_rest(s, &v);
    if (!rest)
        return false;
    if (!*rest)
        return *out = v, true;
    const char *p = strchr(prefixes, *rest);
    if (p && strcmp(rest + 1, unit) == 0) {
        scale = pow(10, 3 * (double)(p - prefixes + 1));
        rest++;
    } else if (strcmp(unit, "s") == 0) {
        return et_parse_seconds(s, out);
    }
    if (strcmp(rest, unit) != 0 || !isfinite(v * scale))
        return false;
    *out = v * scale;
    return true;
}

char *et_print_bytes(char buf[ET_TEXT_NUMBER], int64_t v)
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB"};
    int u = 0;
    while (u < 5 && v != 0 && v % 1024 == 0) {
        v /= 1024;
        u++;
    }
    snprintf(buf, ET_TEXT_NUMBER, "%lld %s", (long long)v, units[u]);
    return buf;
}

char *et_print_seconds(char buf[ET_TEXT_NUMBER], double v)
{
    double a = fabs(v);
    if (!isfinite(v))
        snprintf(buf, ET_TEXT_NUMBER, "-");
    else if (a >= 1 || a == 0)
        snprintf(buf, ET_TEXT_NUMBER, "%.4g s", v);
    else if (a >= 1e-3)
        snprintf(buf, ET_TEXT_NUMBER, "%.4g ms", v * 1e3);
    else if (a >= 1e-6)
        snprintf(buf, ET_TEXT_NUMBER, "%.4g us", v * 1e6);
    else
        snprintf(buf, ET_TEXT_NUMBER, "%.4g ns", v * 1e9);
    return buf;
}

char *et_print_si(char buf[ET_TEXT_NUMBER], double v, const char *unit)
{
    static const char *const prefixes[] = {"",  "k", "M", "G",
                                           "T", "P", "E", "Z"};
    int p = 0;
    if (!isfinite(v)) {
        snprintf(buf, ET_TEXT_NUMBER, "-");
        return buf;
    }
    while (p < 7 && fabs(v) >= 1000) {
        v /= 1000;
        p++;
    }
    snprintf(buf, ET_TEXT_NUMBER, "%.4g %s%s", v, prefixes[p], unit);
    return buf;
}

char *et_print_real(char buf[ET_TEXT_NUMBER], double v)
{
    /* The shortest of %.15g and %.17g that reads back the same. */
    snprintf(buf, ET_TEXT_NUMBER, "%.15g", v);
    if (strtod(buf, NULL) != v)
        snprintf(buf, ET_TEXT_NUMBER, "%.17g", v);
    return buf;
}

double et_round_digits(double v)
{
    char buf[ET_TEXT_NUMBER];
    snprintf(buf, sizeof buf, "%.*g", DBL_DIG, v);
    return strtod(buf, NULL);
}

char *et_trim(char *s)
{
    while (isspace((unsigned char)*s))
        s++;
    size_t n = strlen(s);
    while (n > 0 && isspace((unsigned char)s[n - 1]))
        s[--n] = '\0';
    return s;
}

bool et_strings_add(struct et_strings *l, const char *s)
{
    char **v = et_grow(l->v, l->n + 1, sizeof *v);
    if (!v)
        return false;
    l->v = v;
    v[l->n] = et_strdup(s);
    if (!v[l->n])
        return false;
    l->n++;
    return true;
}

size_t et_strings_find(const struct et_strings *l, const char *s)
{
    size_t i = 0;
    while (i < l->n && strcmp(l->v[i], s) != 0)
        i++;
    return i;
}

bool et_strings_has(const struct et_strings *l, const char *s)
{
    return et_strings_find(l, s) < l->n;
}

void et_strings_free(struct et_strings *l)
{
    for (size_t i = 0; i < l->n; i++)
        free(l->v[i]);
    free(l->v);
    *l = (struct et_strings){0};
}

bool et_list_has(const char *list, const char *word)
{
    size_t n = strlen(word);
    for (const char *p = list; n > 0 && (p = strstr(p, word)); p += n) {
        bool begins = p == list || p[-1] == ',';
        if (begins && (p[n] == ',' || p[n] == '\0'))
            return true;
    }
    return false;
}

bool et_split(const char *s, char separator, struct et_strings *out)
{
    struct et_strings parts = {0};
    for (;;) {
        const char *end = strchr(s, separator);
        char *part = et_strndup(s, end ? (size_t)(end - s) : strlen(s));
        bool ok = part && et_strings_add(&parts, et_trim(part));
        free(part);
        if (!ok) {
            et_strings_free(&parts);
            return false;
        }
        if (!end)
            break;
        s = end + 1;
    }
    *out = parts;
    return true;
}

/* Levenshtein distance, letters' case ignored; words over 63 letters are cut,
 * which no key reaches. */
static size_t distance(const char *a, const char *b)
{
    size_t row[64];
    size_t na = strnlen(a, 63), nb = strnlen(b, 63);
    for (size_t j = 0; j <= nb; j++)
        row[j] = j;
    for (size_t i = 1; i <= na; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= nb; j++) {
            bool same = tolower((unsigned char)a[i - 1]) ==
                        tolower((unsigned char)b[j - 1]);
            size_t best = diagonal + (same ? 0 : 1);
            diagonal = row[j];
            if (row[j] + 1 < best)
                best = row[j] + 1;
            if (row[j - 1] + 1 < best)
                best = row[j - 1] + 1;
            row[j] = best;
        }
    }
    return row[nb];
}

const char *et_nearest(const char *word, const char *const *words, size_t n)
{
    const char *best = NULL;
    size_t best_distance = strlen(word) / 3 + 2;
    for (size_t i = 0; i < n; i++) {
        size_t d = distance(word, words[i]);
        if (d < best_distance) {
            best_distance = d;
            best = words[i];
        }
    }
    return best;
}

const char *et_hint(char text[ET_HINT_SIZE], const char *mark, const char *near)
{
    if (near)
        snprintf(text, ET_HINT_SIZE, "; did you mean '%s%s'?", mark, near);
    return text;
}

/* Bytes of the UTF-8 character at s, 0 where there is none that may stand in
 * a document: overlong, surrogate, out of range, C0 or C1 control. */
static size_t character(const unsigned char *s)
{
    if (s[0] < 0x80)
        return s[0] >= 0x20 && s[0] != 0x7f;
    size_t n = s[0] >= 0xf0 ? 4 : s[0] >= 0xe0 ? 3 : 2;
    if (s[0] < 0xc2 || s[0] > 0xf4)
        return 0;
    for (size_t i = 1; i < n; i++) {
        if ((s[i] & 0xc0) != 0x80)
            return 0;
    }
    bool bad = (s[0] == 0xc2 && s[1] < 0xa0) || (s[0] == 0xe0 && s[1] < 0xa0) ||
               (s[0] == 0xed && s[1] >= 0xa0) ||
               (s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] >= 0x90);
    return bad ? 0 : n;
}

/* Bytes of a mark that turns the direction of text, ends a line or parts a word
 * without being seen, so that what is read is not what is written; 0: it is
 * none. */
static size_t unseen(const unsigned char *s)
{
    static const struct {
        const char *first, *last; /* UTF-8, of one length */
    } marks[] = {
        {"\u00ad", "\u00ad"},         /* soft hyphen */
        {"\u061c", "\u061c"},         /* Arabic letter mark */
        {"\u200b", "\u200f"},         /* zero width; left, right */
        {"\u2028", "\u202e"},         /* lines; embeddings, overrides */
        {"\u2060", "\u206f"},         /* joiners; isolates */
        {"\ufeff", "\ufeff"},         /* byte order */
        {"\ufff9", "\ufffb"},         /* annotations */
        {"\U000e0000", "\U000e007f"}, /* tags */
    };
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
        size_t n = strlen(marks[i].first);
        if (strncmp((const char *)s, marks[i].first, n) >= 0 &&
            strncmp((const char *)s, marks[i].last, n) <= 0)
            return n;
    }
    return 0;
}

void et_text_clean(char *s)
{
    char *to = s;
    const char *first = s;
    while (*s) {
        size_t n = character((const unsigned char *)s);
        size_t mark = unseen((const unsigned char *)s);
        if (*s == '\n' || *s == '\t' || *s == '\r') {
            if (to == first || to[-1] != ' ')
                *to++ = ' ';
            s++;
        } else if (n == 0 || mark) {
            *to++ = '?';
            s += mark ? mark : 1;
        } else {
            memmove(to, s, n);
            to += n;
            s += n;
        }
    }
    *to = 0;
}

/* Words of a query that a secret stands behind. */
static bool is_secret_word(const char *s, size_t n)
{
    static const char *const words[] = {"pass", "pwd",  "token", "secret",
                                        "key",  "auth", "sig",   "cred"};
    char word[64];
    snprintf(word, sizeof word, "%.*s", (int)(n < 63 ? n : 63), s);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (strcasestr(word, words[i]))
            return true;
    }
    return false;
}

/* Takes [from, to) out and leaves a '*'. Returns where the text goes on. */
static char *cut(char *from, char *to)
{
    if (from == to)
        return to;
    *from = '*';
    memmove(from + 1, to, strlen(to) + 1);
    return from + 1;
}

void et_text_redact(char *s)
{
    for (char *p = s; (p = strstr(p, "://"));) {
        p += 3;
        /* The last @ of the authority: a password may hold one. */
        char *end = p + strcspn(p, "/?# \t\r\n\"'<>,");
        char *at = end;
        while (at > p && *at != '@')
            at--;
        p = *at == '@' ? cut(p, at) : end;
        while (*p && !strchr(" \t\r\n\"'<>,", *p)) {
            char *word = p + strspn(p, "?&;#");
            char *equals = word + strcspn(word, "=&;# \t\r\n\"'<>,");
            if (word > p && *equals == '=' &&
                is_secret_word(word, (size_t)(equals - word)))
                p = cut(equals + 1,
                        equals + 1 + strcspn(equals + 1, "&;# \t\r\n\"'<>,"));
            else
                p = word > p ? word : p + 1;
        }
    }
}
