/* Drawn figures for pages: read, refused or made fit. */
#include "config.h"
#include "results/format/svg.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "harness/base/regular.h"
#include "harness/base/log.h"
#include "harness/base/memory.h"
#include "harness/base/text.h"

#define MOST (8 << 20) /* bytes of an SVG that a page takes in */

static char *slurp(const char *path)
{
    char why[ET_REGULAR_WHY];
    struct et_text t = {0};
    if (et_regular_slurp(path, MOST, &t, why) && t.n > 0 && strlen(t.s) == t.n)
        return t.s;
    et_text_free(&t);
    return NULL;
}

/* What gnuplot's SVG is made of; an element that is not here stays out. */
static const char *const elements[] = {
    "svg",      "title",  "desc",    "defs",       "g",    "path",
    "circle",   "use",    "text",    "tspan",      "rect", "polygon",
    "polyline", "line",   "pattern", "clipPath",   "mask", "linearGradient",
    "stop",     "filter", "feFlood", "feComposite"};

static bool is_known(const char *name, size_t n)
{
    for (size_t i = 0; i < sizeof elements / sizeof *elements; i++) {
        if (strlen(elements[i]) == n && strncmp(name, elements[i], n) == 0)
            return true;
    }
    return false;
}

/* A tag's attributes, from after its name; the end of the tag, or NULL where
 * one of them could do more than draw. */
static const char *attributes(const char *p)
{
    while (*p && *p != '>') {
        if (isspace((unsigned char)*p) || *p == '/') {
            p++;
            continue;
        }
        const char *name = p;
        p += strcspn(p, "= \t\r\n>/\"'");
        size_t n = (size_t)(p - name);
        p += strspn(p, " \t\r\n");
        if (!n || *p++ != '=')
            return NULL;
        p += strspn(p, " \t\r\n");
        char quote = *p++;
        if (quote != '"' && quote != '\'')
            return NULL;
        const char *value = p;
        p = strchr(p, quote);
        if (!p)
            return NULL;
        bool link = n >= 4 && strncasecmp(name + n - 4, "href", 4) == 0;
        bool handler = strncasecmp(name, "on", 2) == 0;
        if (handler || (link && *value != '#'))
            return NULL;
        for (const char *u = value; u < p; u++) {
            if (strncasecmp(u, "url(", 4) == 0 && u[4] != '#')
                return NULL;
            if (*u == '&' || *u == '<' || *u == '\\')
                return NULL; /* nothing hidden from these checks */
        }
        p++;
    }
    return *p ? p + 1 : NULL;
}

static bool is_plain(const char *s)
{
    while ((s = strchr(s, '<'))) {
        s++;
        bool closing = *s == '/';
        s += closing;
        if (strncmp(s, "!--", 3) == 0) {
            if (!(s = strstr(s, "-->")))
                return false;
            continue;
        }
        size_t n = strcspn(s, " \t\r\n/>");
        if (!is_known(s, n))
            return false;
        s += n;
        if (closing) {
            s += strspn(s, " \t\r\n");
            if (*s != '>')
                return false;
        } else if (!(s = attributes(s))) {
            return false;
        }
    }
    return true;
}

bool et_svg_inline(const char *dir, const char *name, size_t figure, FILE *to)
{
    static const char *const marks[] = {" id=\"", " id='", "href=\"#",
                                        "href='#", "url(#"};
    struct et_text path = {0};
    if (!dir)
        return false;
    et_text_add(&path, "%s/plots/%s.svg", dir, name);
    char *svg = path.failed ? NULL : slurp(et_text_str(&path));
    const char *s = svg ? strstr(svg, "<svg") : NULL;
    bool ok = s && is_plain(s);
    if (svg && !ok)
        et_warn("%s: not taken into the page: it is no plain drawing",
                et_text_str(&path));
    while (ok && *s) {
        size_t n = 0;
        for (size_t i = 0; !n && i < sizeof marks / sizeof *marks; i++) {
            if (strncmp(s, marks[i], strlen(marks[i])) == 0)
                n = strlen(marks[i]);
        }
        if (n) {
            fwrite(s, 1, n, to);
            fprintf(to, "f%zu-", figure);
        } else {
            fputc(*s, to);
            n = 1;
        }
        s += n;
    }
    et_text_free(&path);
    free(svg);
    return ok;
}
