/* Reads the catalog's CSV files: plain, no quoting, one header line. */
#include "config.h"
#include "harness/config/catalog.h"

#include <dirent.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/base/regular.h"
#include "harness/base/log.h"
#include "harness/base/memory.h"
#include "paths.h"

#define MOST (4 << 20) /* bytes of a file of shapes */

static bool is_note(const char *column)
{
    static const char *const notes[] = {"count", "flops", "tokens",
                                        "microbatch"};
    for (size_t i = 0; i < sizeof notes / sizeof *notes; i++) {
        if (strcmp(column, notes[i]) == 0)
            return true;
    }
    return false;
}

static enum et_status check_header(const struct et_strings *header,
                                   const struct et_field *columns,
                                   const char *where)
{
    if (strcmp(header->v[0], "name") != 0)
        return et_error(ET_USAGE, "%s: the first column must be 'name'", where);
    for (size_t i = 1; i < header->n; i++) {
        if (is_note(header->v[i]) || et_field_find(columns, header->v[i]))
            continue;
        const char *near = et_field_suggest(columns, header->v[i]);
        return et_error(ET_USAGE, "%s: unknown column '%s'%s", where,
                        header->v[i], ET_HINT("", near));
    }
    return ET_OK;
}

static void free_shape(struct et_shape *shape)
{
    static const struct et_field pairs[] = {
        ET_ROW(et_shape, values, ET_PAIRS, NULL), {0}};
    free(shape->name);
    free(shape->where);
    et_fields_free(pairs, shape, sizeof *shape);
}

static enum et_status add_row(struct et_catalog *c,
                              const struct et_strings *header, const char *line,
                              const char *where)
{
    enum et_status status = ET_INFRA;
    struct et_strings cells = {0};
    struct et_shape shape = {0};
    if (!et_split(line, ',', &cells))
        goto out;
    if (cells.n != header->n || !*cells.v[0]) {
        status = et_error(ET_USAGE, "%s: %zu cells, where the header has %zu",
                          where, cells.n, header->n);
        goto out;
    }
    shape.name = et_strdup(cells.v[0]);
    shape.where = et_strdup(where);
    for (size_t i = 1; i < cells.n; i++) {
        if (!et_pairs_set(&shape.values, header->v[i], cells.v[i], true))
            goto out;
    }
    if (!shape.name || !shape.where)
        goto out;
    if ((c->n & (c->n - 1)) == 0) {
        struct et_shape *v = et_grow(c->v, c->n ? 2 * c->n : 1, sizeof *v);
        if (!v)
            goto out;
        c->v = v;
    }
    c->v[c->n++] = shape;
    shape = (struct et_shape){0};
    status = ET_OK;
out:
    et_strings_free(&cells);
    if (status != ET_OK)
        free_shape(&shape);
    return status;
}

static enum et_status read_file(const char *path,
                                const struct et_field *columns,
                                struct et_catalog *c)
{
    char why[ET_REGULAR_WHY];
    enum et_status status = ET_OK;
    struct et_strings header = {0};
    struct et_text all = {0};
    int number = 0;
    if (!et_regular_slurp(path, MOST, &all, why))
        status = et_error(ET_USAGE, "%s: %s", path, why);
    for (char *line = all.s, *next; status == ET_OK && line; line = next) {
        char where[1100];
        next = strchr(line, '\n');
        if (next)
            *next++ = '\0';
        snprintf(where, sizeof where, "%s:%d", path, ++number);
        char *text = et_trim(line);
        if (!*text || *text == '#')
            continue;
        if (header.n)
            status = add_row(c, &header, text, where);
        else if (!et_split(text, ',', &header))
            status = ET_INFRA;
        else
            status = check_header(&header, columns, where);
    }
    et_strings_free(&header);
    et_text_free(&all);
    return status;
}

static int only_csv(const struct dirent *e)
{
    size_t n = strlen(e->d_name);
    return n > 4 && e->d_name[0] != '.' &&
           strcmp(e->d_name + n - 4, ".csv") == 0;
}

enum et_status et_catalog_read(const char *dir, const char *bench,
                               const struct et_field *columns,
                               struct et_catalog *out)
{
    enum et_status status = ET_OK;
    struct et_catalog c = {0};
    struct dirent **names = NULL;
    char path[1024];
    snprintf(path, sizeof path, "%s/%s", dir, bench);
    int n = scandir(path, &names, only_csv, alphasort);
    if (n < 0)
        et_noted(NULL);
    for (int i = 0; i < n; i++) {
        snprintf(path, sizeof path, "%s/%s/%s", dir, bench, names[i]->d_name);
        if (status == ET_OK)
            status = read_file(path, columns, &c);
        free(names[i]);
    }
    free(names);
    if (status != ET_OK) {
        et_catalog_free(&c);
        return status;
    }
    *out = c;
    return ET_OK;
}

void et_catalog_free(struct et_catalog *c)
{
    for (size_t i = 0; i < c->n; i++)
        free_shape(&c->v[i]);
    free(c->v);
    *c = (struct et_catalog){0};
}

bool et_catalog_selects(const char *pattern, const char *name)
{
    char part[256], word[256];
    for (;;) {
        size_t np = strcspn(pattern, "/"), nn = strcspn(name, "/");
        if (np >= sizeof part || nn >= sizeof word)
            return false;
        snprintf(part, sizeof part, "%.*s", (int)np, pattern);
        snprintf(word, sizeof word, "%.*s", (int)nn, name);
        if (fnmatch(part, word, 0) != 0)
            return false;
        if (!pattern[np])
            return true;
        if (!name[nn])
            return false;
        pattern += np + 1;
        name += nn + 1;
    }
}

const char *et_catalog_dir(const char *given, char *buf, size_t n)
{
    char exe[1024];
    if (given)
        return given;
    /* An installed program uses what was installed with it; one run from a
     * build tree must not pick up an older installation. */
    ssize_t length = readlink("/proc/self/exe", exe, sizeof exe - 1);
    exe[length > 0 ? length : 0] = '\0';
    bool installed =
        length <= 0 || strncmp(exe, BINDIR "/", sizeof BINDIR) == 0;
    snprintf(buf, n, "%s/catalog", installed ? PKGDATADIR : SRCDIR);
    return buf;
}
