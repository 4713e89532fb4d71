/* CHECK for tests that run on several ranks: says what failed and leaves the
 * process at once, so that the launcher ends the others instead of letting
 * them wait in a collective call for ever.
 *
 * Where run.sh gives a limit (ET_TEST_LIMIT, in seconds), a rank that is not
 * done by then says where it was: the newest CHECK that it began.
 */
#ifndef ET_TESTS_MPI_CHECK_H
#define ET_TESTS_MPI_CHECK_H

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CHECK_TEXT_OF(line) #line
#define CHECK_TEXT(line) CHECK_TEXT_OF(line)
#define CHECK(condition)                                                       \
    do {                                                                       \
        check_at = __FILE__ ":" CHECK_TEXT(__LINE__) ": " #condition;          \
        if (!(condition)) {                                                    \
            fprintf(stderr, "%s:%d: failed: %s%s%s\n", __FILE__, __LINE__,     \
                    #condition, *check_case ? ": " : "", check_case);          \
            _Exit(1);                                                          \
        }                                                                      \
    } while (0)

static const char *volatile check_at = "before its first check";
/* What is tried, for a CHECK that fails, where a test says it: of each thread.
 */
static _Thread_local char check_case[160];
#define check_what(...) snprintf(check_case, sizeof check_case, __VA_ARGS__)
static char check_late[200];

/* In one write, so that the ranks' words do not mix. */
static void check_on_alarm(int number)
{
    char line[500];
    size_t n = strlen(check_late), more = strlen(check_at);
    size_t room = sizeof line - 1 - n;
    (void)number;
    more = more < room ? more : room;
    memcpy(line, check_late, n);
    memcpy(line + n, check_at, more);
    line[n + more] = '\n';
    if (write(STDERR_FILENO, line, n + more + 1) < 0)
        _Exit(124);
    _Exit(124);
}

/* Before main: the environment says limit and rank. */
__attribute__((constructor)) static void check_begin(void)
{
    static const char *const names[] = {"OMPI_COMM_WORLD_RANK", "PMI_RANK",
                                        "PMIX_RANK"};
    const char *limit = getenv("ET_TEST_LIMIT"), *rank = NULL;
    for (size_t i = 0; !rank && i < sizeof names / sizeof *names; i++)
        rank = getenv(names[i]);
    if (!limit || atoi(limit) < 1)
        return;
    snprintf(check_late, sizeof check_late,
             "rank %s is not done after the %s s that it may take; it was at ",
             rank ? rank : "0", limit);
    signal(SIGALRM, check_on_alarm);
    alarm((unsigned)atoi(limit));
}

#endif
