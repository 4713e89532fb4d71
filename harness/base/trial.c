/* A child does it, and its output is read to the end. */
#include "config.h"
#include "harness/base/trial.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#ifdef _OPENMP
#include <omp.h>
#endif

#include "harness/base/memory.h"
#include "harness/base/text.h"
#include "harness/base/variables.h"

#define LIMIT 60   /* seconds that a child may take */
#define WORDS 240  /* of its output that are told */
#define VALUE 60   /* of a variable's value that are told */
#define DONE "\n." /* its last word where it came back */
#define DONE_SIZE (sizeof DONE - 1)
/* Exit codes of a child whose attempt returned false. */
#define FAILED 3
#define NO_MEMORY 4

__attribute__((noreturn)) static void be_child(bool (*attempt)(void *),
                                               void *arg, int out)
{
    const struct rlimit no_core = {0, 0};
    setrlimit(RLIMIT_CORE, &no_core);
    signal(SIGALRM, SIG_DFL);
    signal(SIGINT, SIG_DFL);
    signal(SIGTERM, SIG_DFL);
    alarm(LIMIT);
    if (dup2(out, STDOUT_FILENO) < 0 || dup2(out, STDERR_FILENO) < 0)
        _exit(2);
    bool good = attempt(arg);
    if (good && write(out, DONE, DONE_SIZE) == (ssize_t)DONE_SIZE)
        _exit(0);
    _exit(et_memory_ran_out() ? NO_MEMORY : FAILED);
}

struct heard {
    char first[WORDS + 1], last[DONE_SIZE];
    size_t n;
};

/* All that comes, of which the beginning and the very end are kept. */
static void listen(int in, struct heard *h)
{
    char c[512];
    ssize_t n;
    while ((n = read(in, c, sizeof c)) > 0 || (n < 0 && errno == EINTR)) {
        for (ssize_t i = 0; i < n; i++) {
            if (h->n < WORDS)
                h->first[h->n] = c[i];
            memmove(h->last, h->last + 1, DONE_SIZE - 1);
            h->last[DONE_SIZE - 1] = c[i];
            h->n++;
        }
    }
    h->first[h->n < WORDS ? h->n : WORDS] = '\0';
    for (char *p = h->first; *p; p++) {
        if (*p < ' ' || *p > '~')
            *p = ' ';
    }
}

/* "NAME=VALUE, ..." of the variables that steer a library of mathematics or
 * OpenMP. */
static void list_variables(struct et_text *out)
{
    char name[64], value[VALUE + 1];
    for (size_t i = 0;
         et_variable_next(&i, name, sizeof name, value, sizeof value);) {
        if (et_variable_steers(name))
            et_text_add(out, "%s%s=%s", out->n ? ", " : "", name, value);
    }
}

static enum et_status tell(int status, const struct heard *h, const char *what,
                           char *why, size_t n)
{
    struct et_text variables = {0};
    char end[80], words[WORDS + 1];
    bool killed = WIFSIGNALED(status);
    int code = killed ? WTERMSIG(status) : WEXITSTATUS(status);
    if (killed && code == SIGALRM)
        snprintf(end, sizeof end, "does not come back within %d s", LIMIT);
    else if (killed)
        snprintf(end, sizeof end, "ends with signal %d (%s)", code,
                 strsignal(code));
    else if (code == NO_MEMORY)
        snprintf(end, sizeof end, "has no memory");
    else if (code == FAILED)
        snprintf(end, sizeof end, "fails");
    else
        snprintf(end, sizeof end, "ends the process with exit code %d", code);
    memcpy(words, h->first, sizeof words);
    const char *said = et_trim(words);
    list_variables(&variables);
    enum et_status s =
        variables.n && (killed || code != NO_MEMORY) ? ET_USAGE : ET_INFRA;
    snprintf(why, n, "%s%s%s%s %s%s%s", s == ET_USAGE ? "with " : "",
             s == ET_USAGE ? et_text_str(&variables) : "",
             s == ET_USAGE ? " in the environment " : "", what, end,
             *said ? ": " : "", said);
    et_text_free(&variables);
    return s;
}

static enum et_status cannot(const char *what, int cause, char *why, size_t n)
{
    snprintf(why, n, "%s cannot be tried: %s", what, strerror(cause));
    return ET_INFRA;
}

enum et_status et_trial(bool (*attempt)(void *arg), void *arg, const char *what,
                        char *why, size_t n)
{
    int ends[2], status = 0;
    struct heard h = {.n = 0};
    if (pipe(ends) != 0)
        return cannot(what, errno, why, n);
    fflush(NULL); /* what a child would write once more */
    pid_t ended, child = fork();
    int cause = errno;
    if (child == 0) {
        close(ends[0]);
        be_child(attempt, arg, ends[1]);
    }
    close(ends[1]);
    if (child > 0)
        listen(ends[0], &h);
    close(ends[0]);
    if (child < 0)
        return cannot(what, cause, why, n);
    while ((ended = waitpid(child, &status, 0)) < 0 && errno == EINTR)
        ;
    /* < 0: SIGCHLD is ignored, so that only its last word is known. */
    bool done = h.n >= DONE_SIZE && memcmp(h.last, DONE, DONE_SIZE) == 0;
    if (done && (ended < 0 || status == 0))
        return ET_OK;
    return tell(status, &h, what, why, n);
}

static bool parallel_region(void *threads)
{
    int n = 0;
#ifdef _OPENMP
#pragma omp parallel num_threads(*(const int *)threads) reduction(+ : n)
#else
    (void)threads;
#endif
    n += 1;
    return n > 0;
}

enum et_status et_trial_openmp(int threads, char *why, size_t n)
{
    return et_trial(parallel_region, &threads, "OpenMP", why, n);
}
