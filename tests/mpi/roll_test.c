/* The roll call: ranks answer from a thread of their own while they wait in the
 * transport or work; one that has left is known to be gone, and whoever has not
 * the key is not heard. Alone there is nobody to ask.
 */
#include "config.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "harness/run/silence.h"
#include "harness/team/roll.h"
#include "tests/mpi/check.h"

/* A rank that answers until it is told to leave. */
struct answering {
    struct et_roll *roll;
    atomic_bool ends;
    atomic_int failed; /* words of other ranks that came */
    bool deaf;
};

static void hear(struct answering *a)
{
    struct et_roll_message m;
    while (et_roll_take(a->roll, &m)) {
        if (m.kind == ET_ROLL_ASK && !a->deaf)
            et_roll_send(a->roll, m.from, ET_ROLL_HERE, m.to % 2, "here");
        if (m.kind == ET_ROLL_FAILED && strcmp(m.words, "I fail") == 0)
            a->failed++;
    }
}

static void *answer(void *arg)
{
    struct answering *a = arg;
    struct pollfd p = {.fd = et_roll_socket(a->roll), .events = POLLIN};
    while (!a->ends) {
        (void)poll(&p, 1, 20);
        hear(a);
    }
    return NULL;
}

static void other(void *with, const struct et_roll_message *m)
{
    struct answering *a = with;
    a->failed += m->kind == ET_ROLL_FAILED && strcmp(m->words, "I fail") == 0;
}

/* What a stranger says, to this rank's own port. */
static void disturb(struct et_roll *r)
{
    struct et_roll_message m = {.kind = ET_ROLL_END, .from = 0, .to = 0};
    struct sockaddr_in a;
    socklen_t n = sizeof a;
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    CHECK(fd >= 0);
    CHECK(getsockname(et_roll_socket(r), (struct sockaddr *)&a, &n) == 0);
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    CHECK(sendto(fd, &m, sizeof m, 0, (struct sockaddr *)&a, n) > 0);
    CHECK(sendto(fd, &m, 3, 0, (struct sockaddr *)&a, n) > 0);
    nanosleep(&(struct timespec){.tv_nsec = 50000000}, NULL);
    CHECK(!et_roll_take(r, &m));
}

static void check_words(struct answering *a, int size, const char *missing,
                        bool silent)
{
    struct et_text t = {0};
    const struct et_silence s = {.roll = a->roll, .rank = 0, .size = size};
    bool found = et_silence_missing(&s, silent, &t);
    CHECK(found == (*missing != '\0'));
    CHECK(strcmp(et_text_str(&t), missing) == 0);
    et_text_free(&t);
}

static void call_and_leave(struct et_team *t, struct answering *a)
{
    int last = t->size - 1;
    char words[200];
    pthread_t thread;
    if (t->rank > 0)
        CHECK(pthread_create(&thread, NULL, answer, a) == 0);
    else
        disturb(a->roll);
    CHECK(et_team_barrier(t) == ET_OK);
    if (t->rank == 0) {
        et_roll_call(a->roll, 1, last, 50, "rank 0", other, a);
        for (int i = 1; i <= last; i++) {
            CHECK(et_roll_answered(a->roll, i) && et_roll_reached(a->roll, i));
            CHECK(et_roll_waits(a->roll, i) == (i % 2 != 0));
        }
        check_words(a, t->size, "", true);
    } else if (t->rank == last) {
        et_roll_send(a->roll, 0, ET_ROLL_FAILED, 0, "I fail");
    }
    CHECK(et_team_barrier(t) == ET_OK);
    /* One does not answer, and still is there. */
    if (t->rank == last)
        a->deaf = true;
    CHECK(et_team_barrier(t) == ET_OK);
    if (t->rank == 0) {
        et_roll_call(a->roll, 1, last, 3, "rank 0", other, a);
        CHECK(a->failed == 1);
        CHECK(!et_roll_answered(a->roll, last) && !et_roll_gone(a->roll, last));
        snprintf(words, sizeof words,
                 "rank %d does not answer: stopped, or its node or network is "
                 "down",
                 last);
        check_words(a, t->size, words, true);
        check_words(a, t->size, "", false);
    }
    CHECK(et_team_barrier(t) == ET_OK);
    /* Now it is gone. */
    if (t->rank == last) {
        a->ends = true;
        pthread_join(thread, NULL);
        et_roll_close(a->roll);
        a->roll = NULL;
    }
    CHECK(et_team_barrier(t) == ET_OK);
    if (t->rank == 0) {
        et_roll_call(a->roll, 1, last, 50, "rank 0", other, a);
        CHECK(et_roll_gone(a->roll, last) && !et_roll_answered(a->roll, last));
        for (int i = 1; i < last; i++)
            CHECK(et_roll_answered(a->roll, i) && !et_roll_gone(a->roll, i));
        snprintf(words, sizeof words,
                 "rank %d is no more: killed, or ended by itself", last);
        check_words(a, t->size, words, false);
    }
    CHECK(et_team_barrier(t) == ET_OK);
    if (t->rank > 0 && a->roll) {
        a->ends = true;
        pthread_join(thread, NULL);
    }
}

int main(void)
{
    struct et_team *t = NULL;
    struct answering a = {0};
    CHECK(et_team_open("auto", &t) == ET_OK);
    CHECK(et_roll_open(t, &a.roll) == ET_OK);
    CHECK((a.roll == NULL) == (t->size == 1));
    if (a.roll)
        call_and_leave(t, &a);
    et_roll_close(a.roll);
    et_team_close(t);
    return 0;
}
