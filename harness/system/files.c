/* Reading below a root. */
#include "config.h"
#include "harness/system/files.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include "harness/base/memory.h"
#include "harness/base/text.h"

char *et_clean(char *s)
{
    for (char *p = s; *p; p++) {
        if (*p < ' ' || *p > '~')
            *p = '?';
    }
    return s;
}

FILE *et_file_open(const char *root, const char *path)
{
    char full[PATH_MAX];
    int n = snprintf(full, sizeof full, "%s%s", root, path);
    if (n < 0 || (size_t)n >= sizeof full) {
        errno = ENAMETOOLONG;
        return NULL;
    }
    return et_noted(fopen(full, "re"));
}

bool et_file_exists(const char *root, const char *path)
{
    char full[PATH_MAX];
    int n = snprintf(full, sizeof full, "%s%s", root, path);
    return n > 0 && (size_t)n < sizeof full && access(full, F_OK) == 0;
}

static bool read_line(char *buf, size_t n, const char *root, const char *format,
                      va_list args) __attribute__((format(printf, 4, 0)));

static bool read_line(char *buf, size_t n, const char *root, const char *format,
                      va_list args)
{
    char path[PATH_MAX], line[4096];
    int length = vsnprintf(path, sizeof path, format, args);
    if (length < 0 || (size_t)length >= sizeof path) {
        errno = ENAMETOOLONG;
        return false;
    }
    FILE *f = et_file_open(root, path);
    if (!f)
        return false;
    errno = 0;
    bool got = fgets(line, sizeof line, f) != NULL;
    int why = errno ? errno : ENODATA;
    fclose(f);
    char *start = got ? et_trim(line) : line;
    if (!got || !*start) {
        errno = why;
        return false;
    }
    snprintf(buf, n, "%s", et_clean(start));
    return true;
}

bool et_file_line(char *buf, size_t n, const char *root, const char *format,
                  ...)
{
    va_list args;
    va_start(args, format);
    bool ok = read_line(buf, n, root, format, args);
    va_end(args);
    return ok;
}

bool et_file_int(int64_t *out, const char *root, const char *format, ...)
{
    char line[64];
    va_list args;
    va_start(args, format);
    bool ok = read_line(line, sizeof line, root, format, args);
    va_end(args);
    return ok && et_parse_int(line, out);
}
