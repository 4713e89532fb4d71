/* Ranges of host names, written and read. */
#include "config.h"
#include "harness/base/hosts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DIGITS "0123456789"
#define WIDEST 15 /* digits that a long long surely holds */

/* The last run of digits in a name; *width 0 where there is none to count. */
static void find_number(const char *name, size_t *at, size_t *width)
{
    size_t end = strlen(name);
    while (end > 0 && !strchr(DIGITS, name[end - 1]))
        end--;
    size_t begin = end;
    while (begin > 0 && strchr(DIGITS, name[begin - 1]))
        begin--;
    *at = begin;
    *width = end - begin <= WIDEST ? end - begin : 0;
}

/* Is `name` the one that comes after the item at hand? */
static bool is_next(const struct et_hosts *h, const char *name)
{
    size_t at, width;
    if (!*h->name || h->width == 0)
        return false;
    find_number(name, &at, &width);
    /* Digits of one width; or none has zeros before it. */
    bool alike = width == h->width ||
                 (width > h->width && h->name[at] != '0' && name[at] != '0');
    return alike && at == h->at && strncmp(name, h->name, at) == 0 &&
           strcmp(name + at + width, h->name + h->at + h->width) == 0 &&
           strtoll(name + at, NULL, 10) == h->to + 1;
}

static void put_item(struct et_hosts *h)
{
    if (!*h->name)
        return;
    const char *comma = h->text.n ? "," : "";
    if (h->to == h->from)
        et_text_add(&h->text, "%s%s", comma, h->name);
    else
        et_text_add(&h->text, "%s%.*s[%.*s-%0*lld]%s", comma, (int)h->at,
                    h->name, (int)h->width, h->name + h->at, (int)h->width,
                    h->to, h->name + h->at + h->width);
}

void et_hosts_add(struct et_hosts *h, const char *name)
{
    char clean[sizeof h->name];
    snprintf(clean, sizeof clean, "%s", *name ? name : "?");
    for (char *p = clean; (p = strpbrk(p, ",[]"));)
        *p = '?';
    if (is_next(h, clean)) {
        h->to++;
        return;
    }
    put_item(h);
    memcpy(h->name, clean, sizeof clean);
    find_number(clean, &h->at, &h->width);
    h->from = h->to = h->width ? strtoll(clean + h->at, NULL, 10) : 0;
}

char *et_hosts_end(struct et_hosts *h)
{
    put_item(h);
    if (h->text.failed)
        et_text_free(&h->text);
    char *text = h->text.s;
    *h = (struct et_hosts){0};
    return text;
}

bool et_hosts_at(const char *text, size_t i, char *buf, size_t n)
{
    for (const char *s = text; *s;) {
        size_t length = strcspn(s, ",");
        size_t head = strcspn(s, "[,");
        long long from, to;
        int width = 0, tail = 0;
        if (head == length) {
            if (i == 0) {
                snprintf(buf, n, "%.*s", (int)length, s);
                return true;
            }
            i--;
        } else {
            if (sscanf(s + head, "[%lld%n-%lld]%n", &from, &width, &to, &tail) <
                    2 ||
                !tail || from < 0 || to < from)
                return false;
            size_t count = (size_t)(to - from) + 1;
            const char *rest = s + head + tail;
            if (i < count) {
                snprintf(buf, n, "%.*s%0*lld%.*s", (int)head, s, width - 1,
                         from + (long long)i, (int)(length - head) - tail,
                         rest);
                return true;
            }
            i -= count;
        }
        s += length + (s[length] == ',');
    }
    return false;
}
