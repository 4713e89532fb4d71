/* Captured machines: a .tree file of tests/unit/data holds the files of one,
 * each after a line "@ /path"; a test unpacks it and gives its folder as the
 * root. To capture: for f in FILES; do echo "@ $f"; cat "$f"; done
 */
#ifndef TESTS_UNIT_TREE_H
#define TESTS_UNIT_TREE_H

#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "paths.h"

/* Write a file below root, its folders made on the way. */
static inline FILE *tree_create(const char *root, const char *path)
{
    char full[2 * PATH_MAX];
    int n = snprintf(full, sizeof full, "%s%s", root, path);
    assert_true(n > 0 && n < PATH_MAX);
    for (char *p = full + strlen(root) + 1; *p; p++) {
        if (*p != '/')
            continue;
        *p = '\0';
        mkdir(full, 0700);
        *p = '/';
    }
    return fopen(full, "w");
}

static inline void tree_write(const char *root, const char *path,
                              const char *text)
{
    FILE *f = tree_create(root, path);
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

/* Unpack into a new folder below TMPDIR, its name into root. */
static inline void tree_unpack(const char *name, char root[PATH_MAX])
{
    char from[PATH_MAX], line[4096];
    const char *tmp = getenv("TMPDIR");
    FILE *in, *out = NULL;
    snprintf(from, sizeof from, "%s/tests/unit/data/%s", SRCDIR, name);
    snprintf(root, PATH_MAX, "%s/etalon-tree-XXXXXX", tmp ? tmp : "/tmp");
    in = fopen(from, "r");
    assert_non_null(in);
    assert_non_null(mkdtemp(root));
    while (fgets(line, sizeof line, in)) {
        if (strncmp(line, "@ ", 2) != 0) {
            assert_non_null(out);
            fputs(line, out);
            continue;
        }
        line[strcspn(line, "\n")] = '\0';
        if (out)
            fclose(out);
        out = tree_create(root, line + 2);
        assert_non_null(out);
    }
    if (out)
        fclose(out);
    fclose(in);
}

static inline int tree_remove_one(const char *path, const struct stat *s,
                                  int kind, struct FTW *f)
{
    (void)s;
    (void)kind;
    (void)f;
    return remove(path);
}

static inline void tree_remove(const char *root)
{
    nftw(root, tree_remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

#endif
