/* Signals. The file-scope state is what a signal handler can reach. */
#include "config.h"
#include "harness/run/stop.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "harness/base/status.h"

static volatile sig_atomic_t wanted;
static char last_words[800];
static pthread_mutex_t feeding = PTHREAD_MUTEX_INITIALIZER;

static void on_stop(int number)
{
    if (wanted)
        _exit(128 + number);
    wanted = number;
}

static void on_alarm(int number)
{
    (void)number;
    if (write(STDERR_FILENO, last_words, strlen(last_words)) < 0)
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
    a.sa_handler = on_alarm;
    sigaction(SIGALRM, &a, NULL);
}

int et_stop_wanted(void)
{
    return wanted;
}

void et_watchdog_feed(double seconds, const char *what)
{
    pthread_mutex_lock(&feeding);
    alarm(0);
    if (seconds > 0) {
        snprintf(
            last_words, sizeof last_words,
            "etalon: error: %.300s: no progress for %.0f s; a rank, a node "
            "or the disk hangs. What is finished is on disk\n",
            what, seconds);
        alarm(seconds < 1 ? 1u : (unsigned)seconds);
    }
    pthread_mutex_unlock(&feeding);
}
