/* The report and the plots of a run, made anew in another place and compared
 * with those in its directory, byte by byte.
 */
#include "config.h"
#include "app/derived.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/command.h"
#include "harness/base/log.h"
#include "harness/base/memory.h"
#include "harness/base/regular.h"

#define MOST (256 << 20) /* bytes of a page */

struct comparison {
    const struct et_run *run;
    const char *fresh; /* the directory of what was made anew */
    bool same_build;   /* as made the run: every byte must be the same */
    enum et_status status;
};

static bool slurp(const char *dir, const char *name, struct et_text *out,
                  char why[ET_REGULAR_WHY])
{
    struct et_text path = {0};
    et_text_add(&path, "%s/%s", dir, name);
    bool ok = !path.failed && et_regular_slurp(path.s, MOST, out, why);
    et_text_free(&path);
    return ok;
}

/* gnuplot's name stands in the second line of what it draws: another one may
 * draw otherwise. */
static bool same_gnuplot(const char *a, const char *b)
{
    const char *x = strstr(a, "Produced by "), *y = strstr(b, "Produced by ");
    size_t n = x ? strcspn(x, "\n") : 0;
    return x && y && strncmp(x, y, n + 1) == 0;
}

static void compare(struct comparison *c, const char *name)
{
    char why[ET_REGULAR_WHY] = "out of memory";
    struct et_text have = {0}, want = {0};
    size_t length = strlen(name);
    bool svg = length > 4 && strcmp(name + length - 4, ".svg") == 0;
    if (!slurp(c->fresh, name, &want, why)) {
        c->status = et_error(ET_INFRA, "%s/%s: %s", c->fresh, name, why);
    } else if (!slurp(c->run->dir, name, &have, why)) {
        /* Where the run had no gnuplot, it has no drawing. */
        if (!svg || errno != ENOENT)
            c->status = et_error(ET_INFRA, "%s/%s: %s", c->run->dir, name, why);
    } else if (have.n != want.n ||
               (have.n && memcmp(have.s, want.s, have.n) != 0)) {
        if (svg && !same_gnuplot(et_text_str(&have), et_text_str(&want)))
            ; /* not to be compared */
        else if (c->same_build)
            c->status = et_error(ET_INFRA,
                                 "%s/%s: is not what the records give; `etalon "
                                 "report %s --update` makes it anew",
                                 c->run->dir, name, c->run->dir);
        else
            et_warn("%s/%s: is not what this build makes of the records; "
                    "another build made the run, which may be why",
                    c->run->dir, name);
    }
    et_text_free(&have);
    et_text_free(&want);
}

/* Each file of a folder below it, to `each`; then it is taken away. */
static void empty_folder(struct comparison *c, const char *below,
                         bool comparing)
{
    struct et_text path = {0};
    et_text_add(&path, "%s%s%s", c->fresh, *below ? "/" : "", below);
    DIR *d = path.failed ? NULL : et_noted(opendir(path.s));
    for (struct dirent *e; d && (e = readdir(d));) {
        struct et_text name = {0};
        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
            continue;
        et_text_add(&name, "%s%s%s", below, *below ? "/" : "", e->d_name);
        if (name.failed)
            c->status = et_no_memory();
        else if (!*below && strcmp(e->d_name, "plots") == 0)
            empty_folder(c, "plots", comparing);
        else {
            if (comparing)
                compare(c, name.s);
            unlinkat(dirfd(d), e->d_name, 0);
        }
        et_text_free(&name);
    }
    if (d)
        closedir(d);
    if (!path.failed)
        rmdir(path.s);
    et_text_free(&path);
}

enum et_status et_derived_check_report(const struct et_run *run)
{
    char folder[1024];
    const char *tmp = getenv("TMPDIR");
    snprintf(folder, sizeof folder, "%s/etalon-verify-XXXXXX",
             tmp && *tmp ? tmp : "/tmp");
    if (!mkdtemp(folder))
        return et_error(ET_INFRA, "%s: %s: no place to make its report anew",
                        folder, strerror(errno));
    struct comparison c = {.run = run,
                           .fresh = folder,
                           .same_build = et_derived_by_this_build(run)};
    /* That gnuplot is missing here is no news of the run. */
    enum et_log_level level = et_log_level_set(ET_LOG_ERROR);
    enum et_status s = et_publish_to(run, folder, NULL);
    et_log_level_set(level);
    empty_folder(&c, "", s == ET_OK);
    return et_status_worse(s, c.status);
}
