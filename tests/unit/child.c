/* Trials in processes of their own. */
#include "config.h"
#include "tests/unit/child.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/unit/test_main.h"

void child_nap(double seconds)
{
    struct timespec t = {(time_t)seconds,
                         (long)((seconds - (double)(time_t)seconds) * 1e9)};
    while (nanosleep(&t, &t) && errno == EINTR)
        ;
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

double child_took;
char child_said[CHILD_SAID];

int child_outcome(void (*trial)(void))
{
    int fd[2], status = 0;
    assert_int_equal(pipe(fd), 0);
    double begin = now();
    fflush(stdout);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        dup2(fd[1], STDERR_FILENO);
        close(fd[0]);
        close(fd[1]);
        signal(SIGHUP, SIG_DFL); /* the tests may run under nohup */
        trial();
        _exit(CHILD_FINE);
    }
    close(fd[1]);
    size_t n = 0;
    for (ssize_t got;
         (got = read(fd[0], child_said + n, CHILD_SAID - 1 - n)) > 0;)
        n += (size_t)got;
    child_said[n] = '\0';
    close(fd[0]);
    assert_int_equal(waitpid(child, &status, 0), child);
    child_took = now() - begin;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}
