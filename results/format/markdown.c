/* A document as GitHub-flavoured Markdown. Knows blocks; never a run. */
#include "config.h"
#include "results/format/doc.h"

#include <string.h>

/* What Markdown or HTML would take for more than text. */
static void put(FILE *to, const char *s)
{
    for (; *s; s++) {
        if (*s == '<')
            fputs("&lt;", to);
        else if (*s == '>')
            fputs("&gt;", to);
        else if (*s == '&')
            fputs("&amp;", to);
        else if (strchr("\\`*_[]|~#!$", *s))
            fprintf(to, "\\%c", *s);
        else
            fputc(*s, to);
    }
}

static void table(FILE *to, const struct et_block *b)
{
    size_t n = b->columns.n;
    for (size_t i = 0; i < n; i++) {
        fputs("| ", to);
        put(to, b->columns.v[i]);
        fputc(' ', to);
    }
    fputs("|\n", to);
    for (size_t i = 0; i < n; i++)
        fputs(b->align[i] == 'r' ? "| ---: " : "| --- ", to);
    fputs("|\n", to);
    for (size_t i = 0; i < b->cells.n; i++) {
        fputs("| ", to);
        put(to, b->cells.v[i]);
        fputs(i % n == n - 1 ? " |\n" : " ", to);
    }
    if (b->text) {
        fputc('\n', to);
        put(to, b->text);
        fputc('\n', to);
    }
}

static void facts(FILE *to, const struct et_block *b)
{
    fputs("| | |\n| --- | --- |\n", to);
    for (size_t i = 0; i + 1 < b->cells.n; i += 2) {
        fputs("| **", to);
        put(to, b->cells.v[i]);
        fputs("** | ", to);
        put(to, b->cells.v[i + 1]);
        fputs(" |\n", to);
    }
}

static void figure(FILE *to, const struct et_figure *f)
{
    fputs("![", to);
    put(to, f->title);
    fprintf(to, "](plots/%s.svg)\n", f->name);
    if (f->caption) {
        fputc('\n', to);
        put(to, f->caption);
        fputc('\n', to);
    }
}

static enum et_status write_markdown(const struct et_doc *doc,
                                     const struct et_run *run, const char *dir,
                                     FILE *to)
{
    (void)run;
    (void)dir;
    fputs("# ", to);
    put(to, doc->title);
    fputc('\n', to);
    for (size_t i = 0; i < doc->n; i++) {
        const struct et_block *b = &doc->blocks[i];
        fputc('\n', to);
        switch (b->kind) {
        case ET_BLOCK_HEADING:
            fprintf(to, "%.*s ", b->level, "######");
            put(to, b->text);
            fputc('\n', to);
            break;
        case ET_BLOCK_PARAGRAPH:
            put(to, b->text);
            fputc('\n', to);
            break;
        case ET_BLOCK_WARNING:
            fputs("> **Warning:** ", to);
            put(to, b->text);
            fputc('\n', to);
            break;
        case ET_BLOCK_FACTS:
            facts(to, b);
            break;
        case ET_BLOCK_TABLE:
            table(to, b);
            break;
        case ET_BLOCK_FIGURE:
            figure(to, &b->figure);
            break;
        }
    }
    return ET_OK;
}

const struct et_out et_out_markdown = {
    .name = "markdown",
    .suffix = "md",
    .summary = "GitHub-flavoured Markdown, figures by link",
    .write = write_markdown};
