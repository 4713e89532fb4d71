/* The same command line in one process after another. */
#include "config.h"
#include "app/launches.h"

#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "harness/base/log.h"
#include "harness/base/memory.h"
#include "harness/run/stop.h"
#include "harness/team/launcher.h"

enum et_status et_launches_name(struct et_options *o)
{
    char name[64];
    time_t now = time(NULL);
    struct tm tm;
    if (o->out || o->resume || o->again)
        return ET_OK;
    size_t n = strftime(name, sizeof name, "etalon-run-%Y%m%d-%H%M%S",
                        gmtime_r(&now, &tm));
    /* Another run may have begun in the same second. */
    for (int k = 2; access(name, F_OK) == 0 && k < 100; k++)
        snprintf(name + n, sizeof name - n, "-%d", k);
    o->out = et_strdup(name);
    return o->out ? ET_OK : et_no_memory();
}

static volatile sig_atomic_t stopped;
static volatile pid_t at_work; /* 0: none */

/* What a terminal sends it sends to the whole group. */
static void pass_on(int number, siginfo_t *info, void *context)
{
    (void)context;
    stopped = number;
    if (at_work > 0 && info->si_code != SI_KERNEL)
        kill(at_work, number);
}

/* What was ignored stays so. */
static void handle_signals(const struct sigaction *how)
{
    static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
    struct sigaction had;
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        if (sigaction(numbers[i], NULL, &had) == 0 && had.sa_handler != SIG_IGN)
            (void)sigaction(numbers[i], how, NULL);
    }
}

/* The signals wait until at_work is known. */
static pid_t start(char *const *argv)
{
    sigset_t all, before;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, &before);
    pid_t pid = stopped ? 0 : fork();
    if (pid == 0 && !stopped) {
        const struct sigaction usual = {.sa_handler = SIG_DFL};
        handle_signals(&usual);
        sigprocmask(SIG_SETMASK, &before, NULL);
        execv("/proc/self/exe", argv);
        (void)et_error(ET_INFRA, "cannot start etalon again: %s",
                       strerror(errno));
        _exit(ET_INFRA);
    }
    at_work = pid > 0 ? pid : 0;
    sigprocmask(SIG_SETMASK, &before, NULL);
    return pid;
}

static enum et_status launch(char *const *argv)
{
    int state;
    fflush(NULL);
    pid_t pid = start(argv);
    if (pid == 0)
        return ET_OK; /* stopped before it began */
    if (pid < 0)
        return et_error(ET_INFRA, "cannot start etalon again: %s",
                        strerror(errno));
    while (waitpid(pid, &state, 0) < 0 && errno == EINTR)
        ;
    at_work = 0;
    if (WIFEXITED(state))
        return (enum et_status)WEXITSTATUS(state);
    /* What it was sent before its own handlers stood. */
    if (stopped && WTERMSIG(state) == stopped)
        return ET_OK;
    stopped = SIGKILL;
    return et_error(ET_INFRA, "a launch was ended by signal %d",
                    WTERMSIG(state));
}

static bool add(struct et_strings *to, const char *a, const char *b)
{
    return et_strings_add(to, a) && et_strings_add(to, b);
}

static double seconds(void)
{
    struct timespec t = {0};
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* The command line of the next launch; the last word for an option counts.
 * left: s of --time-limit; NAN: there is none. */
static bool make_line(const struct et_options *o, const struct et_strings *line,
                      int64_t k, double left, struct et_strings *out)
{
    char limit[64];
    bool ok = true;
    snprintf(limit, sizeof limit, "%.3fs", fmax(left, 1e-3));
    if (k == 0) {
        for (size_t i = 0; ok && i < line->n; i++)
            ok = et_strings_add(out, line->v[i]);
        if (ok && !o->again)
            ok = add(out, "--out", o->out);
    } else {
        ok = add(out, line->v[0], "run") &&
             add(out, "--again", o->again ? o->again : o->out) &&
             (!o->quiet || et_strings_add(out, "--quiet"));
    }
    if (ok && !isnan(left))
        ok = add(out, "--time-limit", limit);
    return ok && add(out, "--launches", "1");
}

static enum et_status check(const struct et_options *o)
{
    struct et_launcher l;
    et_launcher_read(&l);
    if (o->resume)
        return et_error(ET_USAGE, "--launches: --resume cannot be given too; "
                                  "--again can");
    if (l.ranks > 0)
        return et_error(ET_USAGE,
                        "--launches: etalon does not start %s (%s is set); "
                        "start it once as now, without --launches, and then "
                        "again with `etalon run --again DIR`",
                        l.name, l.variable);
    return ET_OK;
}

enum et_status et_launches_run(struct et_options *o,
                               const struct et_strings *line)
{
    const struct sigaction taken = {.sa_sigaction = pass_on,
                                    .sa_flags = SA_SIGINFO};
    enum et_status s = check(o);
    if (s == ET_OK)
        s = et_launches_name(o);
    if (s != ET_OK)
        return s;
    handle_signals(&taken);
    double began = seconds();
    int64_t k = 0;
    for (; k < o->launches && !stopped; k++) {
        struct et_strings argv = {0};
        double left = o->time_limit - (seconds() - began);
        if (left <= 0)
            break;
        if (!o->quiet)
            et_note("launch %lld of %lld", (long long)k + 1,
                    (long long)o->launches);
        /* argv ends with a NULL of its own. */
        bool ok =
            make_line(o, line, k, left, &argv) && et_strings_add(&argv, "");
        if (ok) {
            free(argv.v[argv.n - 1]);
            argv.v[argv.n - 1] = NULL;
        }
        enum et_status here = ok ? launch(argv.v) : et_no_memory();
        s = et_status_worse(s, here);
        et_strings_free(&argv);
        if (here == ET_USAGE || here == ET_INFRA)
            return s;
    }
    if (k < o->launches)
        s = et_status_worse(
            s, et_error(ET_UNSURE,
                        "%lld of %lld launches were not begun: %s; `etalon run "
                        "--again %s` makes one",
                        (long long)(o->launches - k), (long long)o->launches,
                        stopped ? et_stop_say(stopped) : "time limit",
                        o->again ? o->again : o->out));
    return s;
}
