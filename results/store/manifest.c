/* The manifest of a run directory: SHA-256 of each file, in the format of
 * sha256sum(1). Knows files and digests; never what is in them.
 */
#include "config.h"
#include "results/store/manifest.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/base/regular.h"
#include "harness/base/log.h"
#include "harness/base/memory.h"
#include "harness/base/scratch.h"
#include "harness/base/text.h"
#include "results/store/sha256.h"

#define NAME "manifest.sha256"
#define HEX ET_SHA256_HEX

#define MOST (16 << 20) /* bytes of a manifest */

struct entry {
    char *path; /* below the directory */
    char hex[HEX + 1];
};

struct entries {
    struct entry *v;
    size_t n;
};

static enum et_status no_memory(const char *dir)
{
    return et_error(ET_INFRA, "%s: out of memory", dir);
}

static void entries_free(struct entries *l)
{
    for (size_t i = 0; i < l->n; i++)
        free(l->v[i].path);
    free(l->v);
}

static int by_path(const void *a, const void *b)
{
    return strcmp(((const struct entry *)a)->path,
                  ((const struct entry *)b)->path);
}

static bool add(struct entries *l, const char *path, const char *hex)
{
    char *copy = et_strdup(path);
    struct entry *v = copy ? et_grow(l->v, l->n + 1, sizeof *v) : NULL;
    if (!v) {
        free(copy);
        return false;
    }
    l->v = v;
    v[l->n].path = copy;
    snprintf(v[l->n].hex, sizeof v->hex, "%s", hex);
    l->n++;
    return true;
}

/* The digest of a file; `settle`: what is digested is on the disk then. */
static enum et_status digest(const char *dir, const char *path, bool settle,
                             char hex[HEX + 1])
{
    char why[ET_REGULAR_WHY] = "out of memory";
    struct et_text full = {0};
    et_text_add(&full, "%s/%s", dir, path);
    int fd = full.failed ? -1 : et_regular_open(full.s, O_NOFOLLOW, why);
    bool ok = fd >= 0;
    if (ok && ((settle && fsync(fd) != 0) || !et_sha256_file(fd, hex))) {
        snprintf(why, sizeof why, "cannot be digested: %s",
                 errno ? strerror(errno) : "libcrypto refuses SHA-256");
        ok = false;
    }
    if (fd >= 0)
        close(fd);
    enum et_status s =
        ok ? ET_OK : et_error(ET_INFRA, "%s: %s", et_text_str(&full), why);
    et_text_free(&full);
    return s;
}

static enum et_status walk(const char *dir, const char *below, bool settle,
                           struct entries *out);

/* One directory entry: a link could point out of the run, and anything else
 * that is no file has no contents to vouch for. */
static enum et_status visit(const char *dir, const char *path, bool settle,
                            struct entries *out)
{
    struct et_text full = {0};
    struct stat st;
    enum et_status s = ET_OK;
    et_text_add(&full, "%s/%s", dir, path);
    if (full.failed) {
        et_text_free(&full);
        return no_memory(dir);
    }
    if (strpbrk(path, "\n\r\\"))
        s = et_error(ET_INFRA, "%s: a file name that a manifest cannot hold",
                     full.s);
    else if (lstat(full.s, &st) != 0)
        s = et_error(ET_INFRA, "%s: %s", full.s, strerror(errno));
    else if (S_ISDIR(st.st_mode))
        s = walk(dir, path, settle, out);
    else if (!S_ISREG(st.st_mode))
        s = et_error(ET_INFRA, "%s: is %s, not a file of its own", full.s,
                     S_ISLNK(st.st_mode) ? "a symbolic link" : "special");
    else if (!add(out, path, ""))
        s = no_memory(dir);
    et_text_free(&full);
    return s;
}

/* The manifest itself, and what does not stay: a half of it, scratch. */
static bool is_left_out(const char *name)
{
    return strcmp(name, NAME) == 0 || strcmp(name, NAME ".new") == 0 ||
           strncmp(name, ET_SCRATCH_PREFIX, strlen(ET_SCRATCH_PREFIX)) == 0;
}

/* below: "" for the run directory itself. */
static enum et_status walk(const char *dir, const char *below, bool settle,
                           struct entries *out)
{
    struct et_text at = {0};
    enum et_status s = ET_OK;
    et_text_add(&at, "%s%s%s", dir, *below ? "/" : "", below);
    DIR *d = at.failed ? NULL : et_noted(opendir(at.s));
    if (!d)
        s = et_error(errno == ENOENT || errno == ENOTDIR ? ET_USAGE : ET_INFRA,
                     "%s: %s", et_text_str(&at), strerror(errno));
    else if (settle && fsync(dirfd(d)) != 0)
        s = et_error(ET_INFRA, "%s: %s", at.s, strerror(errno));
    for (struct dirent *e; s == ET_OK && (e = readdir(d));) {
        struct et_text path = {0};
        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0 ||
            (!*below && is_left_out(e->d_name)))
            continue;
        et_text_add(&path, "%s%s%s", below, *below ? "/" : "", e->d_name);
        s = path.failed ? no_memory(dir) : visit(dir, path.s, settle, out);
        et_text_free(&path);
    }
    if (d)
        closedir(d);
    et_text_free(&at);
    return s;
}

/* The files below the directory, without their digests, sorted. */
static enum et_status scan(const char *dir, bool settle, struct entries *out)
{
    enum et_status s = walk(dir, "", settle, out);
    if (s == ET_OK && out->n > 1)
        qsort(out->v, out->n, sizeof *out->v, by_path);
    return s;
}

enum et_status et_manifest_write(const char *dir)
{
    char why[ET_REGULAR_WHY], hex[HEX + 1];
    struct entries l = {0};
    struct et_text text = {0};
    enum et_status s = scan(dir, true, &l);
    for (size_t i = 0; s == ET_OK && i < l.n; i++) {
        s = digest(dir, l.v[i].path, true, hex);
        if (s == ET_OK)
            et_text_add(&text, "%s  %s\n", hex, l.v[i].path);
    }
    if (s == ET_OK && text.failed)
        s = no_memory(dir);
    int fd = s == ET_OK ? et_directory_open(dir, why) : -1;
    if (s == ET_OK &&
        (fd < 0 || !et_regular_put(fd, NAME, et_text_str(&text), text.n, why)))
        s = et_error(ET_INFRA, "%s/" NAME ": %s", dir, why);
    if (fd >= 0)
        close(fd);
    et_text_free(&text);
    entries_free(&l);
    return s;
}

static enum et_status read_manifest(const char *path, struct entries *out)
{
    char why[ET_REGULAR_WHY];
    struct et_text text = {0};
    size_t number = 0;
    enum et_status s = ET_OK;
    if (!et_regular_slurp(path, MOST, &text, why)) {
        bool none = errno == ENOENT || errno == ENOTDIR;
        et_text_free(&text);
        return et_error(none ? ET_USAGE : ET_INFRA, "%s: %s", path, why);
    }
    for (char *line = text.s, *end = text.s + text.n;
         s == ET_OK && line && line < end;) {
        char *stop = memchr(line, '\n', (size_t)(end - line));
        number++;
        if (!stop || stop - line < HEX + 3 ||
            memchr(line, '\0', (size_t)(stop - line)) || line[HEX] != ' ' ||
            (line[HEX + 1] != ' ' && line[HEX + 1] != '*') ||
            strspn(line, "0123456789abcdef") != HEX) {
            s = et_error(ET_INFRA, "%s:%zu: not a line of sha256sum", path,
                         number);
            break;
        }
        *stop = line[HEX] = '\0';
        if (!add(out, line + HEX + 2, line))
            s = no_memory(path);
        line = stop + 1;
    }
    et_text_free(&text);
    if (s == ET_OK && out->n == 0)
        s = et_error(ET_INFRA, "%s: lists nothing", path);
    if (s == ET_OK)
        qsort(out->v, out->n, sizeof *out->v, by_path);
    return s;
}

/* What a report makes of the run, and can make again. */
static bool is_derived(const char *path)
{
    return strcmp(path, "report.txt") == 0 ||
           strcmp(path, "report.html") == 0 || strncmp(path, "plots/", 6) == 0;
}

/* Both lists are sorted: walk them side by side. */
static enum et_status differ(const char *dir, const struct entries *listed,
                             const struct entries *found, bool all)
{
    char hex[HEX + 1];
    enum et_status s = ET_OK;
    for (size_t i = 0, j = 0; i < listed->n || j < found->n;) {
        const struct entry *a = i < listed->n ? &listed->v[i] : NULL;
        const struct entry *b = j < found->n ? &found->v[j] : NULL;
        int c = !a ? 1 : !b ? -1 : strcmp(a->path, b->path);
        i += c <= 0;
        j += c >= 0;
        if (!all && is_derived(c <= 0 ? a->path : b->path))
            continue;
        if (c < 0)
            s = et_error(ET_INFRA, "%s/%s: listed in " NAME ", but gone", dir,
                         a->path);
        else if (c > 0)
            s = et_error(ET_INFRA, "%s/%s: not listed in " NAME, dir, b->path);
        else if (digest(dir, b->path, false, hex) != ET_OK)
            s = ET_INFRA;
        else if (strcmp(a->hex, hex) != 0)
            s = et_error(ET_INFRA, "%s/%s: changed since " NAME " was written",
                         dir, a->path);
    }
    return s;
}

static enum et_status check(const char *dir, bool all)
{
    struct entries listed = {0}, found = {0};
    struct et_text path = {0};
    et_text_add(&path, "%s/" NAME, dir);
    enum et_status s =
        path.failed ? no_memory(dir) : read_manifest(path.s, &listed);
    if (s == ET_OK)
        s = scan(dir, false, &found);
    if (s == ET_OK)
        s = differ(dir, &listed, &found, all);
    entries_free(&listed);
    entries_free(&found);
    et_text_free(&path);
    return s;
}

enum et_status et_manifest_check(const char *dir)
{
    return check(dir, true);
}

bool et_manifest_exists(const char *dir)
{
    struct et_text path = {0};
    struct stat st;
    et_text_add(&path, "%s/" NAME, dir);
    bool none = !path.failed && lstat(path.s, &st) != 0 && errno == ENOENT;
    et_text_free(&path);
    return !none;
}

enum et_status et_manifest_check_measured(const char *dir)
{
    struct entries found = {0};
    if (et_manifest_exists(dir))
        return check(dir, false);
    /* Also a run that was killed has no link in its directory. */
    enum et_status s = scan(dir, false, &found);
    entries_free(&found);
    return s;
}
