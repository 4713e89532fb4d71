/* The folder of a run that is about to begin. Knows names and folders; no
 * record. */
#include "config.h"
#include "results/store/directory.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/base/log.h"
#include "harness/base/memory.h"
#include "harness/base/text.h"
#include "results/record/ranks.h"

enum et_status et_directory_status(int error)
{
    switch (error) {
    case EACCES:
    case EPERM:
    case EROFS:
    case ENOTDIR:
    case ENOENT:
    case ELOOP:
    case ENAMETOOLONG:
    case EINVAL:
        return ET_USAGE;
    default:
        return ET_INFRA;
    }
}

enum et_status et_directory_failed(const char *dir, const char *name)
{
    int error = errno;
    return et_error(et_directory_status(error), "%s%s%s: %s", dir,
                    name ? "/" : "", name ? name : "", strerror(error));
}

/* A new directory is safe once its name is, which stands in its parent; one
 * that may be written to but not read cannot be told to write. */
static enum et_status settle_name(const char *path)
{
    struct et_text parent = {0};
    et_text_add(&parent, "%s/..", path);
    int fd = open(et_text_str(&parent), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool ok = fd >= 0 ? fsync(fd) == 0 : errno == EACCES;
    enum et_status s =
        ok ? ET_OK : et_error(ET_INFRA, "%s: %s", path, strerror(errno));
    if (fd >= 0)
        close(fd);
    et_text_free(&parent);
    return s;
}

enum et_status et_directory_make(const char *dir, size_t *made)
{
    char *path = et_strdup(dir);
    struct stat st;
    enum et_status s = ET_OK;
    *made = 0;
    if (!path)
        return et_error(ET_INFRA, "out of memory");
    for (char *p = path + 1; s == ET_OK && *path; p++) {
        char c = *p;
        if (c && c != '/')
            continue;
        *p = '\0';
        if (mkdir(path, 0777) == 0) {
            *made = *made ? *made : (size_t)(p - path);
            s = settle_name(path);
        } else {
            int error = errno;
            if (stat(path, &st) != 0)
                s = et_error(et_directory_status(error),
                             "%s: cannot be made: %s", path, strerror(error));
            else if (!S_ISDIR(st.st_mode))
                s = et_error(ET_USAGE, "%s: is a file, not a directory", path);
        }
        *p = c;
        if (!c)
            break;
    }
    if (s != ET_OK)
        et_directory_unmake(dir, *made);
    free(path);
    return s;
}

void et_directory_unmake(const char *dir, size_t made)
{
    char *path = made ? et_strdup(dir) : NULL;
    for (size_t n = path ? strlen(path) : 0; n >= made && path; n--) {
        if (path[n] != '/' && path[n] != '\0')
            continue;
        path[n] = '\0';
        /* ENOENT: the last of a failed call was not made. */
        if (rmdir(path) != 0 && errno != ENOENT)
            break;
    }
    free(path);
}

/* What a run makes before its run.json, the records first of all. */
static bool is_early(const char *name)
{
    static const char *const early[] = {"records.jsonl", "plan.ini",
                                        ET_RANKS_FILE, ".plan.ini.new",
                                        ".run.json.new"};
    for (size_t i = 0; i < sizeof early / sizeof *early; i++) {
        if (strcmp(name, early[i]) == 0)
            return true;
    }
    return false;
}

enum et_status et_directory_check(const char *dir, int fd, bool *begun)
{
    struct stat st;
    int copy = dup(fd);
    DIR *d = copy < 0 ? NULL : et_noted(fdopendir(copy));
    enum et_status status = ET_OK;
    *begun = false;
    if (!d) {
        if (copy >= 0)
            close(copy);
        return et_directory_failed(dir, NULL);
    }
    bool early = fstatat(fd, "records.jsonl", &st, AT_SYMLINK_NOFOLLOW) == 0 &&
                 S_ISREG(st.st_mode) && st.st_size == 0;
    rewinddir(d);
    for (struct dirent *e; status == ET_OK && (e = readdir(d));) {
        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
            continue;
        *begun = early;
        if (faccessat(fd, "run.json", F_OK, 0) == 0)
            status = et_error(ET_USAGE,
                              "%s: already holds a run; choose another --out, "
                              "or --resume it",
                              dir);
        else if (!early || !is_early(e->d_name))
            status = et_error(ET_USAGE,
                              "%s: is not empty (`%s`); choose another --out",
                              dir, e->d_name);
    }
    closedir(d);
    return status;
}

void et_directory_clear(int fd)
{
    static const char *const names[] = {"plan.ini", ET_RANKS_FILE,
                                        ".plan.ini.new", ".run.json.new"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        (void)unlinkat(fd, names[i], 0);
}
