/* A document as one HTML file that needs nothing else: its own style for
 * light, dark, phone and paper, figures inline, no script and no address.
 * Knows blocks and the SVG files that were drawn; never a run. */
#include "config.h"
#include "results/format/doc.h"

#include <stdlib.h>
#include <string.h>

#include "results/format/svg.h"

static const char style[] =
    ":root{--ink:#1c2530;--soft:#5a6675;--line:#dfe4ea;--paper:#fff;"
    "--wash:#f5f7f9;--accent:#00639c;--alarm:#a33c00;--alarmwash:#fff3ea}\n"
    "@media(prefers-color-scheme:dark){:root{--ink:#e4e9ef;--soft:#9caab9;"
    "--line:#2e3a46;--paper:#12181f;--wash:#1a222b;--accent:#7cc0ee;"
    "--alarm:#ffb084;--alarmwash:#36231a}}\n"
    "*{box-sizing:border-box}\n"
    "html{-webkit-text-size-adjust:100%;scroll-behavior:smooth}\n"
    "body{margin:0 auto;max-width:72rem;padding:2rem 1.25rem 4rem;"
    "background:var(--paper);color:var(--ink);font:1rem/1.55 system-ui,"
    "-apple-system,\"Segoe UI\",Roboto,\"Helvetica Neue\",sans-serif;"
    "overflow-wrap:anywhere}\n"
    "h1{font-size:1.55rem;line-height:1.25;margin:0 0 1.25rem;"
    "font-weight:650}\n"
    "h2{font-size:1.25rem;margin:3rem 0 .75rem;padding-bottom:.3rem;"
    "border-bottom:1px solid var(--line);font-weight:650}\n"
    "h3{font-size:1.05rem;margin:2rem 0 .6rem;font-weight:650}\n"
    "p{max-width:46rem;margin:.6rem 0}\n"
    ".note{color:var(--soft);font-size:.875rem}\n"
    "nav{margin:1rem 0 1.75rem;font-size:.925rem}\n"
    "nav ul{display:flex;flex-wrap:wrap;gap:.3rem 1.4rem;margin:0;padding:0;"
    "list-style:none}\n"
    "a{color:var(--accent);text-decoration:none}"
    "a:hover,a:focus{text-decoration:underline}\n"
    ".cards{display:grid;gap:.9rem;grid-template-columns:"
    "repeat(auto-fill,minmax(min(100%,17rem),1fr));margin:1rem 0;padding:0}\n"
    ".card{background:var(--wash);border:1px solid var(--line);"
    "border-radius:.6rem;padding:.9rem 1.1rem}\n"
    ".card dt{color:var(--soft);font-size:.875rem}\n"
    ".card dd{margin:0;font-size:.875rem;color:var(--soft)}\n"
    ".card strong{display:block;font-size:1.5rem;line-height:1.35;"
    "color:var(--ink);font-weight:650;font-variant-numeric:tabular-nums}\n"
    ".warning{background:var(--alarmwash);border-left:.3rem solid "
    "var(--alarm);border-radius:.3rem;padding:.7rem 1rem;margin:.7rem 0}\n"
    ".warning strong{color:var(--alarm);margin-right:.3rem}\n"
    ".scroll{overflow-x:auto;margin:.9rem 0;border:1px solid var(--line);"
    "border-radius:.5rem;overflow-wrap:normal}\n"
    "table{border-collapse:collapse;width:100%;font-size:.875rem;"
    "font-variant-numeric:tabular-nums;line-height:1.4}\n"
    "th,td{padding:.42rem .75rem;text-align:left;vertical-align:top}\n"
    "td{min-width:4rem;max-width:26rem}\n"
    "th{background:var(--wash);color:var(--soft);font-weight:600;"
    "vertical-align:bottom}\n"
    "td{border-top:1px solid var(--line)}\n"
    "td:first-child:not(.r){min-width:11rem}.same{opacity:.6}.k{white-space:"
    "nowrap}\n"
    ".r{text-align:right;white-space:nowrap}th.r{white-space:normal}\n"
    ".facts{display:grid;grid-template-columns:minmax(7rem,max-content) 1fr;"
    "gap:.25rem 1.5rem;font-size:.9rem;margin:.9rem 0}\n"
    ".facts dt{color:var(--soft)}.facts dd{margin:0}\n"
    "figure{margin:1.2rem 0}\n"
    "figure svg{display:block;width:100%;height:auto;max-width:56rem;"
    "background:#fff;border:1px solid var(--line);border-radius:.5rem}\n"
    "figcaption{color:var(--soft);font-size:.875rem;margin-top:.4rem;"
    "max-width:46rem}\n"
    "@media(max-width:40rem){body{padding:1.25rem .9rem 3rem}"
    ".facts{grid-template-columns:1fr;gap:0}.facts dd{margin-bottom:.6rem}"
    "figure{overflow-x:auto}figure svg{min-width:34rem}"
    "th,td{padding:.4rem .55rem}}\n"
    "@media print{nav{display:none}body{max-width:none;padding:0}"
    ".scroll{overflow:visible}h2,h3{break-after:avoid}"
    "figure,tr,.card{break-inside:avoid}}\n";

static void put_n(FILE *to, const char *s, size_t n)
{
    for (size_t i = 0; i < n && s[i]; i++) {
        switch (s[i]) {
        case '<':
            fputs("&lt;", to);
            break;
        case '>':
            fputs("&gt;", to);
            break;
        case '&':
            fputs("&amp;", to);
            break;
        case '"':
            fputs("&quot;", to);
            break;
        case '\'':
            fputs("&#39;", to);
            break;
        default:
            fputc(s[i], to);
        }
    }
}

static void put(FILE *to, const char *s)
{
    put_n(to, s, strlen(s));
}

static void element(FILE *to, const char *tag, const char *text)
{
    fprintf(to, "<%s>", tag);
    put(to, text);
    fprintf(to, "</%s>\n", tag);
}

/* A figure or a word in capitals that opens the value is shown large: what
 * stands before the interval or the first comma. */
static void card(FILE *to, const char *name, const char *value)
{
    size_t n = 0;
    if (strcspn(value, "0123456789") == 0 ||
        strspn(value, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == strcspn(value, ", ")) {
        const char *bracket = strstr(value, " ["), *comma = strstr(value, ", ");
        n = bracket && (!comma || bracket < comma) ? (size_t)(bracket - value)
            : comma                                ? (size_t)(comma - value)
                                                   : strlen(value);
    }
    fputs("<div class=\"card\">", to);
    element(to, "dt", name);
    fputs("<dd>", to);
    if (n) {
        fputs("<strong>", to);
        put_n(to, value, n);
        fputs("</strong>", to);
        value += n;
        value += strspn(value, ", ");
    }
    put(to, value);
    fputs("</dd></div>\n", to);
}

static void facts(FILE *to, const struct et_block *b)
{
    bool cards = b->level == 1;
    fprintf(to, "<dl class=\"%s\">\n", cards ? "cards" : "facts");
    for (size_t i = 0; i + 1 < b->cells.n; i += 2) {
        if (cards) {
            card(to, b->cells.v[i], b->cells.v[i + 1]);
        } else {
            element(to, "dt", b->cells.v[i]);
            element(to, "dd", b->cells.v[i + 1]);
        }
    }
    fputs("</dl>\n", to);
}

static void table(FILE *to, const struct et_block *b)
{
    size_t n = b->columns.n;
    fputs("<div class=\"scroll\" tabindex=\"0\"><table>\n<thead><tr>", to);
    for (size_t i = 0; i < n; i++) {
        fprintf(to, "<th scope=\"col\"%s>",
                b->align[i] == 'r' ? " class=\"r\"" : "");
        put(to, b->columns.v[i]);
        fputs("</th>", to);
    }
    bool same = false; /* this cell and those before it as in the row above */
    fputs("</tr></thead>\n<tbody>\n", to);
    for (size_t i = 0; i < b->cells.n; i++) {
        if (i % n == 0)
            fputs("<tr>", to);
        bool right = b->align[i % n] == 'r';
        if (i % n == 0)
            same = i > 0;
        same = same && !right && i % n + 1 < n &&
               strcmp(b->cells.v[i], b->cells.v[i - n]) == 0;
        bool brief = et_doc_width(b->cells.v[i]) <= 20;
        fprintf(to, "<td class=\"%s%s\">",
                right  ? "r"
                : same ? "same"
                       : "",
                brief ? " k" : "");
        put(to, b->cells.v[i]);
        fputs(i % n == n - 1 ? "</td></tr>\n" : "</td>", to);
    }
    fputs("</tbody></table></div>\n", to);
    if (b->text) {
        fputs("<p class=\"note\">", to);
        put(to, b->text);
        fputs("</p>\n", to);
    }
}

static void figure(FILE *to, const struct et_block *b, const char *dir,
                   size_t number)
{
    const struct et_figure *f = &b->figure;
    fputs("<figure role=\"group\" aria-label=\"", to);
    put(to, f->title);
    fputs("\">\n", to);
    bool drawn = et_svg_inline(dir, f->name, number, to);
    if (!drawn) {
        fputs("<p class=\"note\">Not drawn; its data: plots/", to);
        put(to, f->name);
        fputs(".dat</p>\n", to);
    }
    fputs("<figcaption>", to);
    if (!drawn) {
        put(to, f->title);
        fputs(". ", to);
    }
    put(to, f->caption ? f->caption : "");
    if (b->text) {
        fputs(" ", to);
        put(to, b->text);
    }
    fputs("</figcaption></figure>\n", to);
}

static void contents(FILE *to, const struct et_doc *doc)
{
    size_t n = 0;
    fputs("<nav aria-label=\"Contents\"><ul>\n", to);
    for (size_t i = 0; i < doc->n; i++) {
        const struct et_block *b = &doc->blocks[i];
        if (b->kind != ET_BLOCK_HEADING || b->level != 2)
            continue;
        fprintf(to, "<li><a href=\"#s%zu\">", ++n);
        put(to, b->text);
        fputs("</a></li>\n", to);
    }
    fputs("</ul></nav>\n", to);
}

static enum et_status write_html(const struct et_doc *doc,
                                 const struct et_run *run, const char *dir,
                                 FILE *to)
{
    (void)run;
    size_t section = 0, drawn = 0;
    fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n"
          "<meta charset=\"utf-8\">\n"
          "<meta name=\"viewport\" "
          "content=\"width=device-width,initial-scale=1\">\n"
          "<meta name=\"color-scheme\" content=\"light dark\">\n",
          to);
    element(to, "title", doc->title);
    fprintf(to, "<style>\n%s</style>\n</head>\n<body>\n", style);
    element(to, "h1", doc->title);
    contents(to, doc);
    for (size_t i = 0; i < doc->n; i++) {
        const struct et_block *b = &doc->blocks[i];
        switch (b->kind) {
        case ET_BLOCK_HEADING:
            if (b->level == 2)
                fprintf(to, "<h2 id=\"s%zu\">", ++section);
            else
                fputs("<h3>", to);
            put(to, b->text);
            fprintf(to, "</h%d>\n", b->level == 2 ? 2 : 3);
            break;
        case ET_BLOCK_PARAGRAPH:
            element(to, "p", b->text);
            break;
        case ET_BLOCK_WARNING:
            fputs("<div class=\"warning\"><strong>Warning:</strong>", to);
            put(to, b->text);
            fputs("</div>\n", to);
            break;
        case ET_BLOCK_FACTS:
            facts(to, b);
            break;
        case ET_BLOCK_TABLE:
            table(to, b);
            break;
        case ET_BLOCK_FIGURE:
            figure(to, b, dir, ++drawn);
            break;
        }
    }
    fputs("</body>\n</html>\n", to);
    return ET_OK;
}

const struct et_out et_out_html = {
    .name = "html",
    .suffix = "html",
    .summary = "one self-contained page, figures inside",
    .write = write_html};
