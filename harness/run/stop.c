/* Signals. The wish to stop is file-scope state, as a signal handler can reach
 * nothing else; a watchdog's handler is told its watchdog by the timer. */
#include "config.h"
#include "harness/run/stop.h"

#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "harness/base/log.h"
#include "harness/base/memory.h"
#include "harness/base/status.h"

static volatile sig_atomic_t wanted;

struct et_watchdog {
    timer_t timer;
    char last_words[800];
};

static void on_stop(int number)
{
    if (wanted)
        _exit(128 + number);
    wanted = number;
}

static void on_alarm(int number, siginfo_t *info, void *context)
{
    static const char foreign[] = "etalon: error: ended by SIGALRM\n";
    const char *words = foreign;
    (void)number, (void)context;
    if (info->si_code == SI_TIMER) {
        const struct et_watchdog *w = info->si_value.sival_ptr;
        words = w->last_words;
    }
    if (write(STDERR_FILENO, words, strlen(words)) < 0)
        _exit(ET_INFRA);
    _exit(ET_INFRA);
}

void et_stop_install(void)
{
    struct sigaction a = {.sa_handler = on_stop, .sa_flags = SA_RESTART};
    sigemptyset(&a.sa_mask);
    sigaction(SIGINT, &a, NULL);
    sigaction(SIGTERM, &a, NULL);
    a.sa_handler = SIG_IGN;
    sigaction(SIGPIPE, &a, NULL);
    sigaction(SIGXFSZ, &a, NULL);
}

int et_stop_wanted(void)
{
    return wanted;
}

struct et_watchdog *et_watchdog_open(void)
{
    struct sigaction a = {.sa_sigaction = on_alarm,
                          .sa_flags = SA_RESTART | SA_SIGINFO};
    struct et_watchdog *w = et_alloc(1, sizeof *w);
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL,
                             .sigev_signo = SIGALRM,
                             .sigev_value = {.sival_ptr = w}};
    sigemptyset(&a.sa_mask);
    if (w && sigaction(SIGALRM, &a, NULL) == 0 &&
        timer_create(CLOCK_MONOTONIC, &event, &w->timer) == 0)
        return w;
    et_warn("no watchdog: %s; a run that hangs will not end by itself",
            w ? strerror(errno) : "no memory");
    free(w);
    return NULL;
}

void et_watchdog_feed(struct et_watchdog *w, double seconds, const char *what)
{
    struct itimerspec off = {0}, due = {0};
    if (!w)
        return;
    /* Off first: it must not go off with half of the new words. */
    timer_settime(w->timer, 0, &off, NULL);
    if (!(seconds > 0))
        return;
    snprintf(w->last_words, sizeof w->last_words,
             "etalon: error: %.300s: no progress for %.3g s; a rank, a node or "
             "the disk hangs. What is finished is on disk\n",
             what, seconds);
    due.it_value.tv_sec = (time_t)seconds;
    due.it_value.tv_nsec = (long)((seconds - floor(seconds)) * 1e9);
    timer_settime(w->timer, 0, &due, NULL);
}

void et_watchdog_close(struct et_watchdog *w)
{
    if (w)
        timer_delete(w->timer);
    free(w);
}
