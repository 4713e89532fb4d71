/* Signals. The wish to stop is file-scope state, as a signal handler can reach
 * nothing else, and so is whom it tells; a watchdog's handler is told its
 * watchdog by the timer. */
#include "config.h"
#include "harness/run/stop.h"

#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "harness/base/log.h"
#include "harness/base/memory.h"
#include "harness/base/status.h"

static volatile sig_atomic_t wanted;
static volatile sig_atomic_t came; /* the signal that came first; 0: none */
static _Atomic(long long) since;   /* ns: when */
static atomic_int listener = -1;   /* a pipe's end; -1: nobody listens */
static atomic_int last_code = -1;  /* of et_stop_within; -1: was not called */
static atomic_uint fed;            /* times that any watchdog was */

struct et_watchdog {
    timer_t timer;
    double seconds;
    char what[ET_STOP_WORDS];
    char last_words[800];
};

static bool tell(const struct et_stop_event *event)
{
    int error = errno;
    bool told = listener >= 0 &&
                write(listener, event, sizeof *event) == (ssize_t)sizeof *event;
    errno = error;
    return told;
}

/* ns of a clock that only counts up. */
static long long tick(void)
{
    struct timespec t = {0};
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000LL + t.tv_nsec;
}

/* timeout(1) signals its child and then the child's group, and a launcher
 * passes on what the terminal has sent already: the same signal at once is no
 * second one. Nor is the first one where the wish came another way before it: a
 * launcher signals all ranks, and the word of another rank may be faster. */
static void on_stop(int number)
{
    const struct et_stop_event event = {.kind = ET_STOP_SIGNAL, .why = number};
    if (came == number && tick() - since < ET_STOP_TWICE)
        return;
    if (came)
        _exit(128 + number);
    since = tick();
    came = number;
    et_stop_ask(number);
    tell(&event);
}

static void on_continue(int number)
{
    const struct et_stop_event event = {.kind = ET_STOP_AWAKE};
    (void)number;
    tell(&event);
}

static void on_alarm(int number, siginfo_t *info, void *context)
{
    static const char foreign[] = "etalon: error: ended by SIGALRM\n";
    const char *words = foreign;
    (void)number, (void)context;
    if (last_code >= 0 && info->si_code != SI_TIMER)
        _exit(last_code);
    if (info->si_code == SI_TIMER) {
        const struct et_watchdog *w = info->si_value.sival_ptr;
        struct et_stop_event event = {
            .kind = ET_STOP_STILL, .fed = fed, .seconds = w->seconds};
        memcpy(event.what, w->what, sizeof event.what);
        if (tell(&event))
            return;
        words = w->last_words;
    }
    if (write(STDERR_FILENO, words, strlen(words)) < 0)
        _exit(ET_INFRA);
    _exit(ET_INFRA);
}

void et_stop_install(void)
{
    struct sigaction a = {.sa_handler = on_stop, .sa_flags = SA_RESTART};
    struct sigaction before;
    sigemptyset(&a.sa_mask);
    sigaction(SIGINT, &a, NULL);
    sigaction(SIGTERM, &a, NULL);
    /* A run under nohup outlives its terminal. */
    if (sigaction(SIGHUP, NULL, &before) != 0 || before.sa_handler != SIG_IGN)
        sigaction(SIGHUP, &a, NULL);
    a.sa_handler = SIG_IGN;
    sigaction(SIGPIPE, &a, NULL);
    sigaction(SIGXFSZ, &a, NULL);
}

int et_stop_wanted(void)
{
    return wanted;
}

void et_stop_ask(int why)
{
    if (!wanted)
        wanted = why;
}

void et_stop_within(unsigned seconds, int code)
{
    struct sigaction a = {.sa_sigaction = on_alarm, .sa_flags = SA_SIGINFO};
    sigemptyset(&a.sa_mask);
    last_code = code;
    sigaction(SIGALRM, &a, NULL);
    alarm(seconds);
}

const char *et_stop_say(int why)
{
    return why == SIGINT               ? "SIGINT"
           : why == SIGTERM            ? "SIGTERM"
           : why == SIGHUP             ? "SIGHUP"
           : why == ET_STOP_TIME_LIMIT ? "time limit"
                                       : "another signal";
}

void et_stop_tell(int fd)
{
    struct sigaction a = {.sa_handler = fd < 0 ? SIG_DFL : on_continue,
                          .sa_flags = SA_RESTART};
    sigemptyset(&a.sa_mask);
    listener = fd;
    sigaction(SIGCONT, &a, NULL);
}

unsigned et_watchdogs_fed(void)
{
    return fed;
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
    fed++;
    /* Off first: it must not go off with half of the new words. */
    timer_settime(w->timer, 0, &off, NULL);
    if (!(seconds > 0))
        return;
    w->seconds = seconds;
    snprintf(w->what, sizeof w->what, "%s", what);
    snprintf(w->last_words, sizeof w->last_words,
             "etalon: error: %.300s: no progress for %.3g s; a rank, a node or "
             "the disk hangs. What is finished is on disk\n",
             what, seconds);
    due.it_value.tv_sec = (time_t)seconds;
    due.it_value.tv_nsec = (long)((seconds - floor(seconds)) * 1e9);
    due.it_interval = due.it_value; /* whoever listens may wait for another */
    timer_settime(w->timer, 0, &due, NULL);
}

void et_watchdog_close(struct et_watchdog *w)
{
    if (w)
        timer_delete(w->timer);
    free(w);
}
