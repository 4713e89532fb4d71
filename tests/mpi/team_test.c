/* team: what every transport must do, on as many ranks as it is started with.
 * ET_TEST_RANKS, set by run.sh, says how many it must find. Alone it tries the
 * team of threads too.
 */
#include "config.h"
#include "harness/team/team.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "harness/base/log.h"
#include "harness/team/hop.h"
#include "harness/team/threads.h"
#include "tests/mpi/check.h"

/* Of this thread: a library's own threads may spin beside it. */
static double cpu_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void test_collectives(struct et_team *t)
{
    int p = t->size, sum = p * (p - 1) / 2;
    double v[3] = {t->rank, t->rank, 1};
    long mine[2] = {t->rank, 7};
    const long *all;
    void *gathered = NULL;
    size_t n = 0;
    char text[] = "none";

    CHECK(et_team_barrier(t) == ET_OK);
    CHECK(et_team_reduce(t, ET_SUM, v, 3) == ET_OK);
    CHECK(v[0] == sum && v[1] == sum && v[2] == p);
    v[0] = t->rank;
    CHECK(et_team_reduce(t, ET_MAX, v, 1) == ET_OK && v[0] == p - 1);
    /* More than a transport may take at once. */
    double many[1000];
    for (int i = 0; i < 1000; i++)
        many[i] = t->rank + i;
    CHECK(et_team_reduce(t, ET_SUM, many, 1000) == ET_OK);
    for (int i = 0; i < 1000; i++)
        CHECK(many[i] == sum + p * i);
    v[0] = t->rank + 3;
    CHECK(et_team_reduce(t, ET_MIN, v, 1) == ET_OK && v[0] == 3);
    for (int root = 0; root < p; root++) {
        memset(text, t->rank == root ? 'a' + root : '?', 4);
        CHECK(et_team_broadcast(t, root, text, sizeof text) == ET_OK);
        CHECK(text[0] == 'a' + root && text[3] == 'a' + root && !text[4]);
    }
    CHECK(et_team_gather(t, mine, sizeof mine, &gathered, &n) == ET_OK);
    CHECK(t->rank == 0 ? n == (size_t)p * sizeof mine : !gathered);
    all = gathered;
    for (int r = 0; t->rank == 0 && r < p; r++)
        CHECK(all[2 * r] == r && all[2 * r + 1] == 7);
    free(gathered);
}

static void test_exchange(struct et_team *t)
{
    int p = t->size, right = (t->rank + 1) % p, left = (t->rank + p - 1) % p;
    size_t n = 100000;
    unsigned char *a = malloc(n), *b = malloc(n);

    CHECK(a && b);
    memset(a, t->rank + 1, n);
    memset(b, 0, n);
    CHECK(et_team_exchange(t, a, n, right, b, n, left) == ET_OK);
    for (size_t i = 0; i < n; i++)
        CHECK(b[i] == left + 1);
    /* One way only: from the last rank to the first. */
    memset(b, 0, n);
    if (p > 1 && t->rank == p - 1)
        CHECK(et_team_exchange(t, a, 5, 0, NULL, 0, 0) == ET_OK);
    if (p > 1 && t->rank == 0) {
        CHECK(et_team_exchange(t, NULL, 0, 0, b, 5, p - 1) == ET_OK);
        CHECK(b[0] == p && b[4] == p && b[5] == 0);
    }
    CHECK(et_team_exchange(t, NULL, 0, right, NULL, 0, left) == ET_OK);
    /* Fewer bytes than were due are no transfer. */
    et_log_level_set(ET_LOG_NONE);
    if (p > 1 && t->rank == p - 1)
        et_team_exchange(t, a, 5, 0, NULL, 0, 0);
    if (p > 1 && t->rank == 0)
        CHECK(et_team_exchange(t, NULL, 0, 0, b, 9, p - 1) == ET_INFRA);
    CHECK(et_team_barrier(t) == ET_OK);
    et_log_level_set(ET_LOG_NOTE);
    free(a);
    free(b);
}

/* Words that were longer: as many of them as there is room for. */
static bool is_cut(const char words[ET_TEAM_WORDS], int first)
{
    return words[0] == first && strlen(words) == ET_TEAM_WORDS - 1;
}

/* Whichever rank it is that differs, all ranks hear the same of it. */
static void test_agree(struct et_team *t)
{
    struct et_agreement a;
    CHECK(et_team_agree(t, ET_OK) == ET_OK);
    CHECK(et_team_agree_why(t, ET_OK, "", &a) == ET_OK);
    CHECK(a.status == ET_OK && a.rank == -1 && !*a.words);
    for (int who = 0; who < t->size; who++) {
        bool me = t->rank == who;
        char mine[ET_TEAM_WORDS + 40];
        CHECK(et_team_agree(t, me ? ET_INFRA : ET_OK) == ET_INFRA);
        /* Graver by meaning, not by number. */
        CHECK(et_team_agree(t, me ? ET_MISSED : ET_UNSURE) ==
              (t->size > 1 || me ? ET_MISSED : ET_UNSURE));
        CHECK(et_team_agree(t, me ? ET_USAGE : ET_INFRA) == ET_USAGE);
        /* The lowest that failed and has words, or the lowest that failed;
         * words that are too long are cut. */
        memset(mine, '.', sizeof mine);
        mine[sizeof mine - 1] = '\0';
        mine[0] = (char)('a' + t->rank);
        bool failed = t->rank >= who;
        CHECK(et_team_agree_why(t, failed ? ET_INFRA : ET_OK, mine, &a) ==
              ET_OK);
        CHECK(a.status == ET_INFRA && a.rank == who);
        CHECK(is_cut(a.words, 'a' + who));
        CHECK(et_team_agree_why(t, ET_WRONG, me ? mine : "", &a) == ET_OK);
        CHECK(a.status == ET_WRONG && a.rank == who);
        CHECK(is_cut(a.words, 'a' + who));
        CHECK(et_team_agree_why(t, failed ? ET_INFRA : ET_OK, "", &a) == ET_OK);
        CHECK(a.status == ET_INFRA && a.rank == who && !*a.words);
    }
}

static void test_same(struct et_team *t)
{
    static const size_t sizes[] = {0, 1, 247, 248, 249, 1000};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        size_t n = sizes[i];
        char data[1000];
        bool same = false;
        memset(data, 'x', sizeof data);
        CHECK(et_team_same(t, data, n, &same) == ET_OK && same);
        for (int who = 0; who < t->size; who++) {
            bool me = t->rank == who, alone = t->size == 1;
            /* Another length, at the same beginning. */
            CHECK(et_team_same(t, data, n - (me && n > 0), &same) == ET_OK);
            CHECK(same == (alone || n == 0));
            /* Another byte, the last. */
            if (n > 0 && me)
                data[n - 1] = 'y';
            CHECK(et_team_same(t, data, n, &same) == ET_OK);
            CHECK(same == (alone || n == 0));
            memset(data, 'x', sizeof data);
        }
    }
}

static void test_lowest(struct et_team *t)
{
    int p = t->size, rank = -2;
    CHECK(et_team_lowest(t, false, &rank) == ET_OK && rank == -1);
    for (int who = 0; who < p; who++) {
        double v = t->rank == who ? 7 : -1;
        CHECK(et_team_lowest(t, t->rank >= who, &rank) == ET_OK);
        CHECK(rank == who);
        CHECK(et_team_largest(t, &v, &rank) == ET_OK);
        CHECK(v == 7 && rank == who);
        v = t->rank >= who ? 7 : -1;
        CHECK(et_team_largest(t, &v, &rank) == ET_OK);
        CHECK(v == 7 && rank == who);
    }
}

/* In rank order: the ranks' numbers one after the other. */
struct series {
    int n, v[16];
};

static void append(void *into, const void *from)
{
    struct series *a = into;
    const struct series *b = from;
    CHECK(a->n + b->n <= 16);
    for (int i = 0; i < b->n; i++)
        a->v[a->n++] = b->v[i];
}

static void test_merge(struct et_team *t)
{
    struct series s = {1, {t->rank}};
    char large[ET_TEAM_MERGE + 1];
    CHECK(et_team_merge(t, &s, sizeof s, append) == ET_OK);
    CHECK(t->rank > 0 || s.n == t->size);
    for (int i = 0; t->rank == 0 && i < s.n; i++)
        CHECK(s.v[i] == i);
    et_log_level_set(ET_LOG_NONE);
    CHECK(et_team_merge(t, large, sizeof large, append) == ET_INFRA);
    et_log_level_set(ET_LOG_NOTE);
}

static void test_text(struct et_team *t)
{
    char *s = t->rank == 0 ? strdup("what rank 0 says") : NULL;
    CHECK(et_team_broadcast_text(t, &s) == ET_OK);
    CHECK(s && strcmp(s, "what rank 0 says") == 0);
    free(s);
    s = t->rank == 0 ? strdup("") : NULL;
    CHECK(et_team_broadcast_text(t, &s) == ET_OK && s && !*s);
    free(s);
    s = NULL;
    CHECK(et_team_broadcast_text(t, &s) == ET_OK && !s);
}

/* Two ranks of a node find out how far apart they are, as all others hear, and
 * leave no name behind. */
static void test_hop(struct et_team *t)
{
    struct et_clock clock;
    struct et_hop hop;
    /* Another test may run at the same time. */
    char tag[40], name[60];
    long pid = (long)getpid();
    CHECK(et_team_broadcast(t, 0, &pid, sizeof pid) == ET_OK);
    snprintf(tag, sizeof tag, "team-test-%ld", pid);
    snprintf(name, sizeof name, "/etalon-%s-%d", tag, t->node);
    CHECK(et_clock_open("real", &clock) == ET_OK);
    /* A name that somebody has taken is not used, by any rank. */
    int taken =
        t->local_rank == 0 ? shm_open(name, O_RDWR | O_CREAT, 0600) : -1;
    CHECK(et_team_barrier(t) == ET_OK);
    CHECK(et_hop_open(t, tag, &hop) == ET_OK && !hop.lines);
    if (t->local_rank == 0)
        CHECK(taken >= 0 && close(taken) == 0 && shm_unlink(name) == 0);
    CHECK(et_team_barrier(t) == ET_OK);
    CHECK(et_hop_open(t, tag, &hop) == ET_OK);
    CHECK(!hop.lines == (t->local_size < 2));
    CHECK(shm_open(name, O_RDONLY, 0) < 0 && errno == ENOENT);
    /* Ranks that share a core may not meet in time; two are given other ones
     * when they wake. */
    double seconds = NAN, same[2];
    const struct timespec nap = {.tv_nsec = 5000000};
    for (int i = 0; i < (t->local_size == 2 && t->size == 2 ? 200 : 1) &&
                    !isfinite(seconds);
         i++) {
        nanosleep(&nap, NULL);
        CHECK(et_hop_measure(t, &hop, &clock, &seconds) == ET_OK);
    }
    if (t->size == 1)
        CHECK(isnan(seconds));
    if (t->size == 2 && t->local_size == 2)
        CHECK(seconds > 1e-9 && seconds < 1e-3);
    same[0] = isfinite(seconds) ? seconds : -1;
    same[1] = -same[0];
    CHECK(et_team_reduce(t, ET_MAX, same, 2) == ET_OK);
    CHECK(same[0] == -same[1]);
    et_hop_close(&hop);
    CHECK(!hop.lines);
    et_hop_close(&hop);
}

static void test_first(struct et_team *t)
{
    for (int n = 1; n <= t->size; n++) {
        struct et_team *sub = NULL;
        CHECK(et_team_first(t, n, &sub) == ET_OK);
        CHECK((sub != NULL) == (t->rank < n));
        if (sub) {
            CHECK(sub->size == n && sub->rank == t->rank);
            CHECK(sub->nodes >= 1 && sub->node < sub->nodes);
            test_collectives(sub);
            test_exchange(sub);
            test_agree(sub);
            test_hop(sub);
            et_team_close(sub);
        }
        CHECK(et_team_rest(t) == ET_OK);
    }
}

/* Rank 0 comes 100 ms late: nobody leaves before, and nobody spins. */
static void test_rest(struct et_team *t)
{
    struct timespec late = {0, 100000000}, a, b;

    CHECK(et_team_barrier(t) == ET_OK);
    double used = cpu_seconds();
    clock_gettime(CLOCK_MONOTONIC, &a);
    if (t->rank == 0)
        nanosleep(&late, NULL);
    CHECK(et_team_rest(t) == ET_OK);
    clock_gettime(CLOCK_MONOTONIC, &b);
    double waited =
        (double)(b.tv_sec - a.tv_sec) + 1e-9 * (double)(b.tv_nsec - a.tv_nsec);
    used = cpu_seconds() - used;
    CHECK(waited > 0.05);
    CHECK(used < waited / 2);
}

static enum et_status all(struct et_team *t, void *arg)
{
    const int *per_node = arg;
    CHECK(t->nodes == (t->size - 1) / *per_node + 1);
    CHECK(t->node == t->rank / *per_node);
    CHECK(t->local_rank == t->rank % *per_node);
    test_collectives(t);
    test_exchange(t);
    test_agree(t);
    test_same(t);
    test_lowest(t);
    test_merge(t);
    test_text(t);
    test_first(t);
    test_rest(t);
    return ET_OK;
}

/* A rank that leaves early: the others are told, and do not wait. */
static enum et_status leave_early(struct et_team *t, void *arg)
{
    (void)arg;
    if (t->rank == 1)
        return ET_MISSED;
    CHECK(et_team_barrier(t) == ET_INFRA);
    CHECK(et_team_exchange(t, NULL, 0, 0, &(char){0}, 1, 1) == ET_INFRA);
    return ET_OK;
}

static void test_threads(void)
{
    for (int ranks = 1; ranks <= 9; ranks += ranks < 5 ? 1 : 2) {
        for (int per_node = 1; per_node <= ranks; per_node++)
            CHECK(et_team_threads_run(ranks, per_node, all, &per_node) ==
                  ET_OK);
    }
    et_log_level_set(ET_LOG_NONE);
    CHECK(et_team_threads_run(3, 0, leave_early, NULL) == ET_MISSED);
}

int main(void)
{
    const char *want = getenv("ET_TEST_RANKS");
    struct et_team *t;

    CHECK(et_team_open("auto", &t) == ET_OK);
    CHECK(!want || t->size == atoi(want));
    CHECK(!want || strcmp(t->ops->name, "mpi") == 0);
    CHECK((t->native != NULL) == (strcmp(t->ops->name, "mpi") == 0));
    /* One machine, so one node. */
    CHECK(t->nodes == 1 && t->node == 0);
    CHECK(t->local_rank == t->rank && t->local_size == t->size);
    int per_node = t->size;
    CHECK(all(t, &per_node) == ET_OK);
    if (t->size == 1)
        test_threads();
    et_team_close(t);
    return 0;
}
