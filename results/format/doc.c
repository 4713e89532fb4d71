/* The block model, and the registry of the formats that write it. Knows
 * nothing of runs and of any one format. */
#include "config.h"
#include "results/format/doc.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/memory.h"
#include "lists.h"

void et_doc_clean(char *s)
{
    et_text_clean(s);
}

size_t et_doc_width(const char *s)
{
    size_t n = 0;
    for (; *s; s++)
        n += ((unsigned char)*s & 0xc0) != 0x80;
    return n;
}

static char *clean_copy(const char *s)
{
    char *copy = et_strdup(s ? s : "");
    if (copy)
        et_doc_clean(copy);
    return copy;
}

static char *clean_format(const char *format, va_list args)
    __attribute__((format(printf, 1, 0)));
static char *clean_format(const char *format, va_list args)
{
    char *s = NULL;
    if (vasprintf(&s, format, args) < 0)
        return et_noted(NULL);
    et_doc_clean(s);
    return s;
}

static struct et_block *add(struct et_doc *d, enum et_block_kind kind)
{
    struct et_block *v = et_grow(d->blocks, d->n + 1, sizeof *v);
    if (!v) {
        d->failed = true;
        return NULL;
    }
    d->blocks = v;
    v += d->n++;
    *v = (struct et_block){.kind = kind};
    return v;
}

bool et_doc_heading(struct et_doc *d, int level, const char *text)
{
    struct et_block *b = add(d, ET_BLOCK_HEADING);
    if (!b)
        return false;
    b->level = level;
    b->text = clean_copy(text);
    b->failed = !b->text;
    return !b->failed;
}

static bool add_text(struct et_doc *d, enum et_block_kind kind,
                     const char *format, va_list args)
    __attribute__((format(printf, 3, 0)));
static bool add_text(struct et_doc *d, enum et_block_kind kind,
                     const char *format, va_list args)
{
    struct et_block *b = add(d, kind);
    if (!b)
        return false;
    b->text = clean_format(format, args);
    b->failed = !b->text;
    return !b->failed;
}

bool et_doc_paragraph(struct et_doc *d, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    bool ok = add_text(d, ET_BLOCK_PARAGRAPH, format, args);
    va_end(args);
    return ok;
}

bool et_doc_warning(struct et_doc *d, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    bool ok = add_text(d, ET_BLOCK_WARNING, format, args);
    va_end(args);
    return ok;
}

struct et_block *et_doc_table(struct et_doc *d, const char *align,
                              const char *const *columns)
{
    struct et_block *b = add(d, ET_BLOCK_TABLE);
    if (!b)
        return NULL;
    b->align = et_strdup(align);
    b->failed = !b->align;
    for (; *columns; columns++) {
        char *s = clean_copy(*columns);
        if (!s || !et_strings_add(&b->columns, s))
            b->failed = true;
        free(s);
    }
    return b;
}

struct et_block *et_doc_facts(struct et_doc *d)
{
    return add(d, ET_BLOCK_FACTS);
}

static bool has_figure(const struct et_doc *d, const char *name)
{
    for (size_t i = 0; i < d->n; i++) {
        const struct et_block *b = &d->blocks[i];
        if (b->kind == ET_BLOCK_FIGURE && strcmp(b->figure.name, name) == 0)
            return true;
    }
    return false;
}

struct et_block *et_doc_figure(struct et_doc *d, const char *name,
                               const char *template, const char *title)
{
    /* Two figures never share a file. */
    struct et_text stem = {0};
    et_text_add(&stem, "%s", name);
    for (size_t n = 2; !stem.failed && has_figure(d, et_text_str(&stem)); n++) {
        stem.n = 0;
        et_text_add(&stem, "%s-%zu", name, n);
    }
    struct et_block *b = add(d, ET_BLOCK_FIGURE);
    if (!b) {
        et_text_free(&stem);
        return NULL;
    }
    b->figure.name = clean_copy(et_text_str(&stem));
    b->failed = stem.failed;
    et_text_free(&stem);
    b->figure.template = clean_copy(template);
    b->figure.title = clean_copy(title);
    b->failed |= !b->figure.name || !b->figure.template || !b->figure.title;
    return b;
}

static bool cell(struct et_block *b, char *s)
{
    bool ok = b && s && et_strings_add(&b->cells, s);
    if (b && !ok)
        b->failed = true;
    free(s);
    return ok;
}

bool et_block_cell(struct et_block *b, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *s = clean_format(format, args);
    va_end(args);
    return cell(b, s);
}

bool et_block_fact(struct et_block *b, const char *name, const char *format,
                   ...)
{
    va_list args;
    va_start(args, format);
    char *s = clean_format(format, args);
    va_end(args);
    bool named = cell(b, clean_copy(name));
    return cell(b, s) && named;
}

bool et_block_note(struct et_block *b, const char *format, ...)
{
    if (!b)
        return false;
    va_list args;
    va_start(args, format);
    free(b->text);
    b->text = clean_format(format, args);
    va_end(args);
    b->failed |= !b->text;
    return b->text != NULL;
}

bool et_doc_whole(const struct et_doc *d)
{
    if (d->failed)
        return false;
    for (size_t i = 0; i < d->n; i++) {
        const struct et_figure *f = &d->blocks[i].figure;
        if (d->blocks[i].failed || f->data.failed || f->colours.failed ||
            f->marks.failed)
            return false;
    }
    return true;
}

void et_doc_free(struct et_doc *d)
{
    for (size_t i = 0; i < d->n; i++) {
        struct et_block *b = &d->blocks[i];
        struct et_figure *f = &b->figure;
        free(b->text);
        free(b->align);
        et_strings_free(&b->columns);
        et_strings_free(&b->cells);
        free(f->name);
        free(f->template);
        free(f->title);
        free(f->caption);
        free(f->xlabel);
        free(f->ylabel);
        et_text_free(&f->colours);
        et_text_free(&f->marks);
        et_text_free(&f->data);
    }
    free(d->blocks);
    free(d->title);
    *d = (struct et_doc){0};
}

#define DECLARE(stem) extern const struct et_out et_out_##stem;
ET_LIST_OUT(DECLARE)
#define POINTER(stem) &et_out_##stem,
static const struct et_out *const formats[] = {ET_LIST_OUT(POINTER) NULL};

const struct et_out *et_out_at(size_t i)
{
    for (size_t k = 0; k < i; k++) {
        if (!formats[k])
            return NULL;
    }
    return formats[i];
}

const struct et_out *et_out_find(const char *name)
{
    for (size_t i = 0; formats[i]; i++) {
        if (strcmp(formats[i]->name, name) == 0)
            return formats[i];
    }
    return NULL;
}
