/* The guard's thread. Knows how a process ends and who of the team answers;
 * neither files nor records. File-scope state: the process's one guard, for
 * exit(3) called by a library. */
#include "config.h"
#include "harness/run/guard.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "harness/base/log.h"
#include "harness/base/memory.h"
#include "harness/run/silence.h"
#include "harness/run/stop.h"
#include "harness/team/roll.h"

#define PROMISED 2.0 /* s from the wish to stop to the end, */
#define GRACE 1.5    /* of which this until it comes by force */
#define ALONE 4.0    /* s likewise, where rank 0 has not ended this rank */
#define ROUNDS 3     /* of 0.1 s, until a rank counts as silent */
#define PATIENT 20   /* rounds for rank 0, by those who would end without it */
#define LAST_WORDS 2 /* s that the last duties may take, on a bad disk */
#define STACK ((size_t)1 << 20)
#define WORDS 1200

/* What this process's other threads ask of the guard's. */
enum { CALL = ET_STOP_KINDS, MISSING, WAKE, QUIT };

struct et_guard {
    int rank, size;
    struct et_roll *roll; /* NULL: nobody to ask */
    bool called;          /* rank 0: the first call is over */
    bool accused;         /* rank 0: another has told the user of it */
    char host[64], root_host[64];
    atomic_int waits; /* calls of the team that this rank is in */
    pthread_t thread;
    bool runs;
    int pipe[2];
    sigset_t before; /* signals that were blocked */
    pthread_mutex_t lock;
    struct et_guard_duties duties;
    et_guard_case *at_hand;
    void *at_hand_with;
    double limit, force; /* on now()'s clock; INFINITY: none */
    int why;             /* that it was asked to stop; 0: was not */
    atomic_int over;     /* exit code of a run that is over; -1: is not */
    const char *remedy;
    /* et_guard_missing asks the thread. */
    pthread_cond_t told;
    bool asked;
    char missing[WORDS];
};

static struct et_guard *the_guard;

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* A thread that hangs may hold it for ever. */
static bool try_hold(struct et_guard *g)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec++;
    return pthread_mutex_timedlock(&g->lock, &until) == 0;
}

static void on_message(void *with, const struct et_roll_message *m);

/* Rank 0: all are asked. */
static void call_all(struct et_guard *g)
{
    if (g->roll)
        et_roll_call(g->roll, 1, g->size - 1, ROUNDS, g->host, on_message, g);
}

static struct et_silence silence(const struct et_guard *g)
{
    return (struct et_silence){.roll = g->roll,
                               .rank = g->rank,
                               .size = g->size,
                               .waits = g->waits > 0,
                               .placement = g->duties.placement};
}

/* True where some rank is no more or, if `silent` counts, does not answer any
 * more; the words name it. */
static bool find_missing(struct et_guard *g, bool silent, char *words, size_t n)
{
    struct et_text t = {0};
    const struct et_silence s = silence(g);
    *words = '\0';
    if (!g->roll || !g->called)
        return false;
    call_all(g);
    bool found = et_silence_missing(&s, silent, &t);
    snprintf(words, n, "%s", found ? et_text_str(&t) : "");
    et_text_free(&t);
    return found;
}

/* The end of this process, by its guard. */
static _Noreturn void leave(struct et_guard *g, int code)
{
    et_stop_within(LAST_WORDS, code);
    if (g->duties.leave)
        g->duties.leave(g->duties.with);
    _exit(code);
}

static int end_code(const struct et_guard *g, enum et_status code)
{
    return g->over >= 0 ? (int)et_status_worse((enum et_status)g->over, code)
                        : (int)code;
}

/* By who holds the run: the record of the case at hand, and the end. False:
 * there is nowhere to keep them. */
static bool keep_end(struct et_guard *g, enum et_status code,
                     const char *outcome, const char *reason)
{
    void *with = g->duties.with;
    struct et_sink *sink = g->duties.sink ? g->duties.sink(with) : NULL;
    if (sink && g->at_hand)
        g->at_hand(g->at_hand_with, sink, code, reason);
    if (sink)
        g->duties.note(with, outcome, reason, true);
    return sink != NULL;
}

/* Rank 0 ends the run: what is kept of its end, the other ranks, itself. Must
 * not be called twice: holds the run for good. */
static _Noreturn void end_run(struct et_guard *g, enum et_status code,
                              const char *outcome, const char *reason)
{
    bool held = try_hold(g);
    et_stop_within(LAST_WORDS, end_code(g, code)); /* on a disk that hangs */
    if (g->over >= 0)
        et_warn("%s: the report is cut short%s", reason, g->remedy);
    else if (code == ET_INFRA && !g->accused)
        (void)et_error(code, "%s", reason);
    if (g->over < 0 && held)
        (void)keep_end(g, code, outcome, reason);
    for (int i = 1; g->roll && i < g->size; i++)
        et_roll_send(g->roll, i, ET_ROLL_END, code, "");
    leave(g, end_code(g, code));
}

/* Any other rank, where rank 0 does not answer: if rank 0 is no more, the first
 * that asks keeps the end in its place. */
static bool keep_for_root(struct et_guard *g, const char *reason)
{
    bool held = try_hold(g);
    bool kept = held && keep_end(g, ET_INFRA, "failed", reason);
    if (held)
        et_guard_release(g);
    return kept;
}

static bool root_answers(struct et_guard *g, int rounds)
{
    if (g->roll)
        et_roll_call(g->roll, 0, 0, rounds, g->host, on_message, g);
    return g->roll && et_roll_answered(g->roll, 0);
}

/* Any other rank is asked to stop: by a launcher, perhaps, because rank 0 was
 * killed. */
static void stop_other(struct et_guard *g, int why)
{
    char reason[160];
    g->force = now() + ALONE;
    if (g->roll)
        et_roll_send(g->roll, 0, ET_ROLL_STOP, why, "");
    snprintf(reason, sizeof reason,
             "rank 0 on %s is no more: killed, or ended by itself",
             g->root_host);
    if (root_answers(g, ROUNDS) || !keep_for_root(g, reason))
        return;
    (void)et_error(ET_INFRA, "%s", reason);
    leave(g, ET_INFRA);
}

/* Asked to stop. Kept at once: a launcher that passed a signal on soon kills
 * what does not end. */
static void on_stop(struct et_guard *g, int why)
{
    char missing[WORDS];
    et_stop_ask(why);
    if (g->why)
        return;
    g->why = why;
    if (g->rank != 0) {
        stop_other(g, why);
        return;
    }
    g->force = now() + GRACE;
    if (g->over >= 0) {
        et_warn("%s: the report has %g s more", et_stop_say(why), PROMISED);
        return;
    }
    if (try_hold(g)) {
        if (g->duties.note)
            g->duties.note(g->duties.with, "interrupted", et_stop_say(why),
                           false);
        et_guard_release(g);
    }
    et_warn("%s: the run ends after this sample, in %g s at the latest%s",
            et_stop_say(why), PROMISED,
            why == ET_STOP_TIME_LIMIT ? ""
                                      : "; a second signal ends it at once");
    /* A launcher ends all where one rank has died. */
    if (why != ET_STOP_TIME_LIMIT &&
        find_missing(g, true, missing, sizeof missing))
        end_run(g, ET_INFRA, "failed", missing);
}

static void on_message(void *with, const struct et_roll_message *m)
{
    struct et_guard *g = with;
    struct et_text t = {0};
    switch ((enum et_roll_kind)m->kind) {
    case ET_ROLL_ASK:
        if (m->from == 0)
            snprintf(g->root_host, sizeof g->root_host, "%.63s", m->words);
        et_roll_send(g->roll, m->from, ET_ROLL_HERE, g->waits > 0, g->host);
        break;
    case ET_ROLL_HERE:
        break;
    case ET_ROLL_STOP:
        if (g->rank == 0)
            on_stop(g, m->number);
        break;
    case ET_ROLL_FAILED:
        if (g->rank != 0)
            break;
        g->accused = m->number != 0;
        if (!g->accused) {
            const struct et_silence s = silence(g);
            et_silence_name(&s, m->from, &t);
            et_text_add(&t, ": ");
        }
        et_text_add(&t, "%s", m->words);
        end_run(g, ET_INFRA, "failed", et_text_str(&t));
    case ET_ROLL_END:
        if (m->from == 0)
            leave(g, m->number);
        break;
    }
}

/* Nothing but answer, for so many seconds. */
static void answer_for(struct et_guard *g, double seconds)
{
    struct et_roll_message m;
    struct pollfd p = {.fd = et_roll_socket(g->roll), .events = POLLIN};
    for (double end = now() + seconds; now() < end;) {
        (void)poll(&p, 1, 100);
        while (et_roll_take(g->roll, &m))
            on_message(g, &m);
    }
}

/* Any other rank: rank 0 sees to it, if it answers. Else the lowest that does
 * says so, once. */
static void without_root(struct et_guard *g, const struct et_stop_event *e)
{
    struct et_text words = {0};
    bool could = g->roll && et_roll_reached(g->roll, 0);
    if ((could && root_answers(g, PATIENT)) || et_watchdogs_fed() != e->fed)
        return;
    if (could)
        et_text_add(&words,
                    "rank 0 on %s does not answer: stopped, killed, or its "
                    "node or network is down",
                    g->root_host);
    else
        et_text_add(&words, "a rank, a node or the disk hangs");
    et_text_add(&words, "; no progress for %.3g s (%s)", e->seconds, e->what);
    bool first = true;
    if (could && g->rank > 1) {
        int last = g->rank < ET_ROLL_LOWEST ? g->rank - 1 : ET_ROLL_LOWEST - 1;
        et_roll_call(g->roll, 1, last, ROUNDS, g->host, on_message, g);
        for (int i = 1; i <= last; i++)
            first = first && !et_roll_answered(g->roll, i);
    }
    if (!first) {
        answer_for(g, 2 * ALONE);
        leave(g, ET_INFRA);
    }
    /* It will read this, should a launcher wake it to end it. */
    if (could)
        et_roll_send(g->roll, 0, ET_ROLL_FAILED, 1, et_text_str(&words));
    (void)et_error(ET_INFRA, "%s. What is finished is on disk",
                   et_text_str(&words));
    (void)keep_for_root(g, et_text_str(&words));
    /* Those that find out a little later must hear that it is told. */
    if (could)
        answer_for(g, ALONE);
    leave(g, ET_INFRA);
}

/* et_guard_missing waits for it. */
static void tell_missing(struct et_guard *g)
{
    char words[WORDS];
    find_missing(g, true, words, sizeof words);
    et_guard_hold(g);
    memcpy(g->missing, words, sizeof g->missing);
    g->asked = false;
    pthread_cond_signal(&g->told);
    et_guard_release(g);
}

static void on_still(struct et_guard *g, const struct et_stop_event *e)
{
    struct et_text reason = {0};
    char missing[WORDS];
    const struct et_silence s = silence(g);
    if (g->rank != 0) {
        without_root(g, e);
        return;
    }
    find_missing(g, true, missing, sizeof missing);
    et_silence_explain(&s, g->called, missing, &reason);
    et_text_add(&reason, "; no progress for %.3g s (%s)", e->seconds, e->what);
    /* After a stop of the whole machine, all go on. */
    if (et_watchdogs_fed() == e->fed)
        end_run(g, ET_INFRA, "failed", et_text_str(&reason));
    et_text_free(&reason);
}

/* A launcher that ends all ranks, since one has died, wakes them first; it soon
 * kills. Who was only stopped may come back later than this rank. */
static void on_awake(struct et_guard *g)
{
    char missing[WORDS];
    if (g->rank == 0 && g->over < 0 &&
        find_missing(g, false, missing, sizeof missing))
        end_run(g, ET_INFRA, "failed", missing);
}

static void on_event(struct et_guard *g, const struct et_stop_event *e)
{
    switch (e->kind) {
    case ET_STOP_SIGNAL:
        on_stop(g, e->why);
        break;
    case ET_STOP_AWAKE:
        on_awake(g);
        break;
    case ET_STOP_STILL:
        on_still(g, e);
        break;
    case CALL:
        call_all(g);
        g->called = true;
        break;
    case MISSING:
        tell_missing(g);
        break;
    default: /* WAKE: to look at the clock */
        break;
    }
}

static void force(struct et_guard *g)
{
    if (g->rank != 0)
        leave(g, ET_UNSURE);
    end_run(g, ET_UNSURE, "interrupted", et_stop_say(g->why));
}

/* False: the event that says so has come. */
static bool wait_for_news(struct et_guard *g)
{
    struct et_stop_event e;
    struct et_roll_message m;
    struct pollfd p[2] = {
        {.fd = g->pipe[0], .events = POLLIN},
        {.fd = g->roll ? et_roll_socket(g->roll) : -1, .events = POLLIN}};
    double due = fmin(g->limit, g->force) - now();
    int ms = due > 1e6 ? -1 : due > 0 ? (int)(due * 1e3) + 1 : 0;
    (void)poll(p, 2, ms);
    /* What others say of this rank comes before what it hears itself. */
    while (g->roll && et_roll_take(g->roll, &m))
        on_message(g, &m);
    if (read(g->pipe[0], &e, sizeof e) == (ssize_t)sizeof e) {
        if (e.kind == QUIT)
            return false;
        on_event(g, &e);
    }
    if (now() >= g->limit) {
        g->limit = INFINITY;
        on_stop(g, ET_STOP_TIME_LIMIT);
    }
    if (now() >= g->force)
        force(g);
    return true;
}

static void *stand_guard(void *arg)
{
    struct et_guard *g = arg;
    sigset_t mine;
    sigemptyset(&mine);
    pthread_sigmask(SIG_SETMASK, &mine, NULL);
    while (wait_for_news(g))
        ;
    return NULL;
}

/* exit(3) that main did not call: a library gave up. */
static void on_exit_unasked(void)
{
    static const char words[] =
        "a library ended the program; its own words stand above";
    const struct timespec moment = {.tv_nsec = 500000000};
    struct et_guard *g = the_guard;
    if (!g)
        return;
    fflush(NULL);
    if (g->rank == 0)
        end_run(g, ET_INFRA, "failed", words);
    if (g->roll)
        et_roll_send(g->roll, 0, ET_ROLL_FAILED, 0, words);
    else
        (void)et_error(ET_INFRA, "rank %d: %s", g->rank, words);
    /* Rank 0 says it, before a launcher sees this one end. */
    nanosleep(&moment, NULL);
    leave(g, ET_INFRA);
}

static void tell_thread(struct et_guard *g, int kind)
{
    const struct et_stop_event e = {.kind = kind};
    if (write(g->pipe[1], &e, sizeof e) < 0)
        et_warn("guard: %s", strerror(errno));
}

/* Signals go to the guard's thread: what is measured is not interrupted, and a
 * thread that hangs in a system call does not keep them. */
static void start(struct et_guard *g)
{
    pthread_attr_t attr;
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGALRM, SIGCONT};
    sigset_t ours;
    sigemptyset(&ours);
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
        sigaddset(&ours, signals[i]);
    pthread_sigmask(SIG_BLOCK, &ours, &g->before);
    int error = pthread_attr_init(&attr);
    if (!error) {
        (void)pthread_attr_setstacksize(&attr, STACK);
        error = pthread_create(&g->thread, &attr, stand_guard, g);
        pthread_attr_destroy(&attr);
    }
    g->runs = !error;
    if (g->runs) {
        et_stop_tell(g->pipe[1]);
        return;
    }
    pthread_sigmask(SIG_SETMASK, &g->before, NULL);
    et_warn("no thread for the guard (%s): a signal is seen between samples "
            "only, and --time-limit not at all",
            strerror(error));
}

enum et_status et_guard_open(struct et_team *world, struct et_guard **out)
{
    struct et_guard *g = et_alloc(1, sizeof *g);
    enum et_status s = g ? ET_OK : et_no_memory();
    if (g)
        *g = (struct et_guard){.rank = world->rank,
                               .size = world->size,
                               .pipe = {-1, -1},
                               .lock = PTHREAD_MUTEX_INITIALIZER,
                               .told = PTHREAD_COND_INITIALIZER,
                               .limit = INFINITY,
                               .force = INFINITY,
                               .over = -1,
                               .remedy = "",
                               .root_host = "its node"};
    if (g && pipe2(g->pipe, O_NONBLOCK | O_CLOEXEC) != 0)
        s = et_error(ET_INFRA, "guard: %s", strerror(errno));
    s = et_team_agree(world, s);
    if (s == ET_OK)
        s = et_roll_open(world, &g->roll);
    if (s != ET_OK) {
        et_guard_close(g);
        return s;
    }
    gethostname(g->host, sizeof g->host - 1);
    start(g);
    world->waits = &g->waits;
    the_guard = g;
    if (atexit(on_exit_unasked) != 0)
        et_warn("guard: no place for what exit(3) calls");
    /* All threads that will ever answer are there. */
    s = et_team_barrier(world);
    if (g->runs && g->rank == 0)
        tell_thread(g, CALL);
    *out = g;
    return s;
}

void et_guard_close(struct et_guard *g)
{
    if (!g)
        return;
    if (g->runs) {
        et_stop_tell(-1);
        tell_thread(g, QUIT);
        pthread_join(g->thread, NULL);
        pthread_sigmask(SIG_SETMASK, &g->before, NULL);
    }
    the_guard = NULL;
    et_roll_close(g->roll);
    for (int i = 0; i < 2; i++) {
        if (g->pipe[i] >= 0)
            close(g->pipe[i]);
    }
    free(g);
}

void et_guard_set(struct et_guard *g, const struct et_guard_duties *duties)
{
    et_guard_hold(g);
    if (g)
        g->duties = *duties;
    et_guard_release(g);
}

void et_guard_limit(struct et_guard *g, double seconds)
{
    if (g && g->runs && isfinite(seconds))
        g->limit = now() + seconds;
    if (g && g->runs)
        tell_thread(g, WAKE);
}

void et_guard_hold(struct et_guard *g)
{
    if (g)
        pthread_mutex_lock(&g->lock);
}

void et_guard_release(struct et_guard *g)
{
    if (g)
        pthread_mutex_unlock(&g->lock);
}

void et_guard_at_hand(struct et_guard *g, et_guard_case *end, void *with)
{
    if (g) {
        g->at_hand = end;
        g->at_hand_with = with;
    }
}

void et_guard_over(struct et_guard *g, enum et_status code, const char *remedy)
{
    if (!g)
        return;
    et_guard_hold(g);
    g->over = (int)code;
    g->remedy = remedy;
    et_guard_release(g);
}

void et_guard_missing(struct et_guard *g, char *words, size_t n)
{
    struct timespec until;
    *words = '\0';
    if (!g || !g->runs)
        return;
    et_guard_hold(g);
    g->asked = true;
    tell_thread(g, MISSING);
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += 2;
    while (g->asked && pthread_cond_timedwait(&g->told, &g->lock, &until) == 0)
        ;
    snprintf(words, n, "%s", g->asked ? "" : g->missing);
    et_guard_release(g);
}
