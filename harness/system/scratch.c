/* Scratch files and their owners. Knows /proc and names; nothing of what is in
 * the files. */
#include "config.h"
#include "harness/system/scratch.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/base/memory.h"
#include "harness/system/files.h"

/* Who owns a file; each a word without '-'. */
struct owner {
    char host[48], boot[16], space[16];
    long pid;
};

/* A word of a name: letters and digits alone, so that '-' parts words. */
static void keep_word(char *out, size_t room, const char *text)
{
    size_t n = 0;
    for (; *text && n + 1 < room; text++) {
        char c = *text;
        if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
            (c >= 'A' && c <= 'Z'))
            out[n++] = c;
        else if (c == '.' || c == '_')
            out[n++] = '_';
    }
    if (n == 0)
        out[n++] = '0';
    out[n] = '\0';
}

static void find_self(const char *root, struct owner *o)
{
    char text[256] = "", path[512];
    (void)gethostname(text, sizeof text - 1);
    keep_word(o->host, sizeof o->host, text);
    if (!et_file_line(text, sizeof text, root,
                      "/proc/sys/kernel/random/boot_id"))
        text[0] = '\0';
    text[13] = '\0'; /* 48 of its bits */
    keep_word(o->boot, sizeof o->boot, text);
    snprintf(path, sizeof path, "%s/proc/self/ns/pid", root);
    ssize_t n = readlink(path, text, sizeof text - 1);
    text[n > 0 ? n : 0] = '\0';
    const char *number = strchr(text, '[');
    keep_word(o->space, sizeof o->space, number ? number : "");
    o->pid = (long)getpid();
}

void et_scratch_owner(const char *root, char owner[ET_SCRATCH_OWNER])
{
    struct owner o;
    find_self(root, &o);
    snprintf(owner, ET_SCRATCH_OWNER, "%s-%s-%s-%ld", o.host, o.boot, o.space,
             o.pid);
}

/* False where the name is none of ours. */
static bool read_owner(const char *name, struct owner *o)
{
    int used = 0;
    if (strncmp(name, ET_SCRATCH_PREFIX, strlen(ET_SCRATCH_PREFIX)) != 0)
        return false;
    name += strlen(ET_SCRATCH_PREFIX);
    return sscanf(name, "%47[^-]-%15[^-]-%15[^-]-%ld-%n", o->host, o->boot,
                  o->space, &o->pid, &used) == 4 &&
           used > 0 && name[used] && o->pid > 0;
}

/* A process of that number that is no etalon has the number of one that was. */
static bool is_alive(const char *root, long pid)
{
    char its[64], mine[64];
    if (kill((pid_t)pid, 0) != 0 && errno == ESRCH)
        return false;
    return !et_file_line(its, sizeof its, root, "/proc/%ld/comm", pid) ||
           !et_file_line(mine, sizeof mine, root, "/proc/self/comm") ||
           strcmp(its, mine) == 0;
}

static bool is_left(const char *root, const struct owner *o,
                    const struct owner *self, enum et_scratch_whose whose)
{
    if (whose == ET_SCRATCH_ALL)
        return true;
    if (strcmp(o->host, self->host) != 0)
        return false;
    /* An earlier boot's processes are all gone; but where the boot is not
     * known, it is not known either whether it is this one. */
    if (strcmp(o->boot, self->boot) != 0)
        return strcmp(o->boot, "0") != 0 && strcmp(self->boot, "0") != 0;
    if (strcmp(o->space, self->space) != 0)
        return false;
    if (o->pid == self->pid)
        return whose == ET_SCRATCH_OWN;
    return !is_alive(root, o->pid);
}

size_t et_scratch_sweep(const char *root, const char *dir,
                        enum et_scratch_whose whose)
{
    struct owner self, o;
    size_t n = 0;
    DIR *d = et_noted(opendir(dir));
    if (!d)
        return 0;
    find_self(root, &self);
    for (const struct dirent *e; (e = readdir(d));) {
        struct stat st;
        if (read_owner(e->d_name, &o) && is_left(root, &o, &self, whose) &&
            fstatat(dirfd(d), e->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
            S_ISREG(st.st_mode))
            n += unlinkat(dirfd(d), e->d_name, 0) == 0;
    }
    closedir(d);
    return n;
}
