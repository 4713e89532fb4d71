/* Draws figures through gnuplot, run without a shell. What the data says
 * stands in .dat files, as data; the few texts that become part of a script
 * are cut to harmless characters. */
#include "config.h"
#include "plots/plot.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/base/regular.h"
#include "harness/base/log.h"
#include "harness/base/memory.h"

extern char **environ;

#define MOST (1 << 20) /* bytes of a template */

/* The folder that is drawn in. */
struct folder {
    const char *path;
    int fd;
};

static enum et_status write_file(const struct folder *there, const char *name,
                                 const char *head, const char *body)
{
    struct et_text text = {0};
    char why[ET_REGULAR_WHY] = "out of memory";
    et_text_add(&text, "%s%s", head, body);
    bool ok = !text.failed &&
              et_regular_put(there->fd, name, et_text_str(&text), text.n, why);
    et_text_free(&text);
    return ok ? ET_OK : et_error(ET_INFRA, "%s/%s: %s", there->path, name, why);
}

/* NAME = 'text', of characters that mean nothing inside the quotes. */
static void define(struct et_text *t, const char *name, const char *value)
{
    et_text_add(t, "%s = '", name);
    for (const char *p = value ? value : ""; *p; p++) {
        bool fine = isalnum((unsigned char)*p) || strchr(" .,:;()/+-=_%^*", *p);
        et_text_put(t, fine ? p : "?", 1);
    }
    et_text_add(t, "'\n");
}

/* A file stem that is nothing but one. */
static bool is_stem(const char *s)
{
    size_t n = strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789-");
    return n > 0 && n < 100 && s[n] == 0 && *s != '-';
}

static bool read_template(const char *templates, const char *name,
                          struct et_text *out)
{
    struct et_text path = {0};
    char why[ET_REGULAR_WHY] = "out of memory";
    et_text_add(&path, "%s/%s.gp", templates, name);
    bool ok =
        !path.failed && et_regular_slurp(path.s, MOST, out, why) && out->n > 0;
    if (!ok)
        et_warn("%s: cannot be read, so its figures are not drawn",
                et_text_str(&path));
    et_text_free(&path);
    return ok;
}

/* gnuplot's exit status for `script`, in the working directory; -1 with errno
 * where it cannot be started. */
static int run_gnuplot(const char *script)
{
    char name[128];
    snprintf(name, sizeof name, "%s", script);
    char program[] = "gnuplot";
    char *const argv[] = {program, name, NULL};
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none, ignored;
    pid_t child;
    int status = 0;
    sigemptyset(&none);
    sigemptyset(&ignored);
    sigaddset(&ignored, SIGPIPE);
    sigaddset(&ignored, SIGXFSZ);
    int error = posix_spawn_file_actions_init(&actions);
    if (error) {
        errno = error;
        return -1;
    }
    error = posix_spawnattr_init(&attributes);
    if (error) {
        posix_spawn_file_actions_destroy(&actions);
        errno = error;
        return -1;
    }
    /* What this process blocks or ignores is not gnuplot's; and a signal of the
     * terminal, which this process answers, leaves no figure out. */
    error = posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK |
                                                      POSIX_SPAWN_SETSIGDEF |
                                                      POSIX_SPAWN_SETPGROUP);
    error = error ? error : posix_spawnattr_setsigmask(&attributes, &none);
    error =
        error ? error : posix_spawnattr_setsigdefault(&attributes, &ignored);
    for (int fd = 0; fd < 3 && !error; fd++)
        error = posix_spawn_file_actions_addopen(&actions, fd, "/dev/null",
                                                 O_RDWR, 0);
    if (!error)
        error =
            posix_spawnp(&child, program, &actions, &attributes, argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    if (error) {
        errno = error;
        return -1;
    }
    while (waitpid(child, &status, 0) < 0) {
        if (errno != EINTR)
            return -1;
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

/* The same in another directory: gnuplot finds its files by bare names, so
 * that a person in that directory can repeat it. Not for threads: it moves
 * the process there and back. */
static int run_there(const struct folder *there, const char *script)
{
    int here = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (here < 0)
        return -1;
    int status = fchdir(there->fd) ? -1 : run_gnuplot(script);
    int error = errno;
    if (fchdir(here))
        status = -1;
    close(here);
    errno = error;
    return status;
}

static bool is_drawn(const struct folder *there, const char *svg)
{
    struct stat s;
    return fstatat(there->fd, svg, &s, AT_SYMLINK_NOFOLLOW) == 0 &&
           S_ISREG(s.st_mode) && s.st_size > 0;
}

/* Sets *can to false once gnuplot is known to be missing. */
static enum et_status draw(const struct et_figure *f, const char *templates,
                           const struct folder *there, bool *can)
{
    struct et_text head = {0}, body = {0};
    char dat[128], gp[128], svg[128];
    enum et_status status = ET_OK;
    if (!is_stem(f->name) || !is_stem(f->template))
        return et_error(ET_INFRA, "figure `%s` of template `%s`: no file name",
                        f->name, f->template);
    snprintf(dat, sizeof dat, "%s.dat", f->name);
    snprintf(gp, sizeof gp, "%s.gp", f->name);
    snprintf(svg, sizeof svg, "%s.svg", f->name);
    if (!read_template(templates, f->template, &body))
        goto out;
    et_text_add(&head, "# Draw it again, in this directory: gnuplot %s\n", gp);
    define(&head, "DATA", dat);
    define(&head, "OUT", svg);
    define(&head, "TITLE", f->title);
    define(&head, "XLABEL", f->xlabel);
    define(&head, "YLABEL", f->ylabel);
    define(&head, "COLOURS",
           f->colours.n ? et_text_str(&f->colours) : "1 2 3 4 5 6 7 8");
    define(&head, "MARKS", et_text_str(&f->marks));
    if (head.failed) {
        status = et_error(ET_INFRA, "no memory for a figure");
        goto out;
    }
    status = write_file(there, dat, "", et_text_str(&f->data));
    if (!status)
        status = write_file(there, gp, et_text_str(&head), et_text_str(&body));
    /* gnuplot would write through a link that stands there. */
    if (!status && unlinkat(there->fd, svg, 0) != 0 && errno != ENOENT)
        status =
            et_error(ET_INFRA, "%s/%s: %s", there->path, svg, strerror(errno));
    if (status || !*can)
        goto out;
    int code = run_there(there, gp);
    if (code < 0 || code == 127) {
        *can = false;
        et_warn("gnuplot cannot be run, so figures are not drawn; their data "
                "is in %s",
                there->path);
    } else if (code > 0 || !is_drawn(there, svg)) {
        et_warn("gnuplot did not draw %s (exit status %d); `gnuplot %s` in %s "
                "says why",
                f->name, code, gp, there->path);
    }
out:
    et_text_free(&head);
    et_text_free(&body);
    return status;
}

/* The folder itself is no link, either. */
static enum et_status open_folder(const char *path, struct folder *out)
{
    int fd = -1;
    if (mkdir(path, 0777) == 0 || errno == EEXIST)
        fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    *out = (struct folder){path, fd};
    return fd >= 0 ? ET_OK
                   : et_error(ET_INFRA, "%s: %s", path, strerror(errno));
}

enum et_status et_plot_draw(const struct et_doc *doc, const char *templates,
                            const char *dir)
{
    struct et_text path = {0};
    struct folder there = {.fd = -1};
    bool can = true, any = false;
    for (size_t i = 0; i < doc->n; i++)
        any |= doc->blocks[i].kind == ET_BLOCK_FIGURE;
    if (!any)
        return ET_OK;
    et_text_add(&path, "%s/plots", dir);
    enum et_status status =
        path.failed ? et_no_memory() : open_folder(path.s, &there);
    for (size_t i = 0; i < doc->n && !status; i++) {
        if (doc->blocks[i].kind == ET_BLOCK_FIGURE)
            status = draw(&doc->blocks[i].figure, templates, &there, &can);
    }
    if (there.fd >= 0)
        close(there.fd);
    et_text_free(&path);
    return status;
}
