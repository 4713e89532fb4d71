/* Messages on standard error. File-scope state: the level and whether a
 * progress line is standing belong to the process's one standard error,
 * whatever ranks run in it; the newest error belongs to each thread. */
#include "config.h"
#include "harness/base/log.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/base/text.h"

static atomic_int level_now = ET_LOG_NOTE;
static atomic_bool progress_stands;
static _Thread_local char last_error[160];

enum et_log_level et_log_level_set(enum et_log_level level)
{
    return (enum et_log_level)atomic_exchange(&level_now, (int)level);
}

bool et_log_is_fancy(void)
{
    const char *term = getenv("TERM");
    return isatty(STDERR_FILENO) && !getenv("NO_COLOR") &&
           !(term && strcmp(term, "dumb") == 0);
}

static void clear_progress(void)
{
    if (progress_stands)
        fputs("\r\033[K", stderr);
    progress_stands = false;
}

__attribute__((format(printf, 3, 0))) static void
say(enum et_log_level level, const char *kind, const char *format, va_list args)
{
    char line[2048];
    if (level_now < (int)level)
        return;
    vsnprintf(line, sizeof line, format, args);
    for (char *p = line; *p; p++) {
        if ((unsigned char)*p < ' ' || *p == 0x7f)
            *p = '?';
    }
    et_text_clean(line);
    clear_progress();
    fprintf(stderr, "etalon: %s%s\n", kind, line);
}

void et_note(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    say(ET_LOG_NOTE, "", format, args);
    va_end(args);
}

void et_warn(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    say(ET_LOG_WARN, "warning: ", format, args);
    va_end(args);
}

enum et_status et_error(enum et_status status, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(last_error, sizeof last_error, format, args);
    va_end(args);
    va_start(args, format);
    say(ET_LOG_ERROR, "error: ", format, args);
    va_end(args);
    return status;
}

enum et_status et_no_memory(void)
{
    return et_error(ET_INFRA, "no memory");
}

const char *et_log_last_error(void)
{
    return last_error;
}

void et_log_forget(void)
{
    last_error[0] = '\0';
}

void et_log_progress(const char *line)
{
    if (level_now < ET_LOG_NOTE || !et_log_is_fancy())
        return;
    clear_progress();
    if (*line) {
        fprintf(stderr, "%s", line);
        fflush(stderr);
        progress_stands = true;
    }
}
