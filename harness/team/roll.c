/* The roll call. Knows sockets and the team; nothing of runs or of why one
 * asks. */
#include "config.h"
#include "harness/team/roll.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <ifaddrs.h>
#ifdef __linux__
#include <linux/errqueue.h>
#endif
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "harness/base/log.h"
#include "harness/base/memory.h"

#define ADDRESSES 3 /* of a node; more are not tried */
#define ROUND                                                                  \
    0.1 /* s that answers to one round of questions are waited for             \
         */
#define ROOM (1 << 20) /* bytes of answers that may wait to be read */

/* Where a rank listens: network byte order, 0 is none. */
struct place {
    uint32_t address[ADDRESSES];
    uint16_t port;
};

struct peer {
    struct place place;
    uint32_t answers_from; /* that it has answered from; 0: never */
    bool answered, waits;  /* in the last call */
    bool gone;             /* nobody listens there any more */
};

struct et_roll {
    int socket, rank, size;
    int local_first, local_end; /* ranks of this node */
    uint64_t key[2];
    struct peer *peers; /* rank 0: of all; else: of the lowest */
    int n_peers;
    int left; /* that the last call asked and that have not answered */
};

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static int open_socket(struct place *mine)
{
    struct sockaddr_in any = {.sin_family = AF_INET,
                              .sin_addr.s_addr = htonl(INADDR_ANY)};
    socklen_t n = sizeof any;
    int room = ROOM;
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    if (fd < 0)
        return -1;
    if (bind(fd, (struct sockaddr *)&any, n) != 0 ||
        getsockname(fd, (struct sockaddr *)&any, &n) != 0 ||
        fcntl(fd, F_SETFD, FD_CLOEXEC) != 0 ||
        fcntl(fd, F_SETFL, O_NONBLOCK) != 0) {
        close(fd);
        return -1;
    }
    /* Less than that loses answers, which are then asked for again. */
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
#ifdef IP_RECVERR
    int yes = 1;
    (void)setsockopt(fd, IPPROTO_IP, IP_RECVERR, &yes, sizeof yes);
#endif
    mine->port = any.sin_port;
    return fd;
}

/* The addresses that other nodes may reach this one by. */
static void find_addresses(struct place *mine)
{
    struct ifaddrs *all = NULL;
    size_t n = 0;
    if (getifaddrs(&all) != 0)
        return;
    for (const struct ifaddrs *i = all; i && n < ADDRESSES; i = i->ifa_next) {
        struct sockaddr_in a;
        if (!i->ifa_addr || i->ifa_addr->sa_family != AF_INET ||
            !(i->ifa_flags & IFF_UP) || (i->ifa_flags & IFF_LOOPBACK))
            continue;
        memcpy(&a, i->ifa_addr, sizeof a);
        mine->address[n++] = a.sin_addr.s_addr;
    }
    freeifaddrs(all);
}

/* On rank 0 where all listen, elsewhere where the lowest do. */
static enum et_status meet(struct et_team *t, struct et_roll *r,
                           const struct place *mine)
{
    struct place lowest[ET_ROLL_LOWEST] = {{{0}, 0}};
    void *all = NULL;
    size_t total = 0;
    int known = t->size < ET_ROLL_LOWEST ? t->size : ET_ROLL_LOWEST;
    enum et_status s = et_team_gather(t, mine, sizeof *mine, &all, &total);
    if (s == ET_OK && t->rank == 0)
        memcpy(lowest, all, (size_t)known * sizeof *lowest);
    if (s == ET_OK)
        s = et_team_broadcast(t, 0, lowest, sizeof lowest);
    if (s == ET_OK)
        s = et_team_broadcast(t, 0, r->key, sizeof r->key);
    r->n_peers = t->rank == 0 ? t->size : known;
    r->peers = et_alloc((size_t)r->n_peers, sizeof *r->peers);
    if (s == ET_OK && !r->peers)
        s = et_no_memory();
    s = et_team_agree(t, s);
    const struct place *places = t->rank == 0 ? all : lowest;
    for (int i = 0; s == ET_OK && i < r->n_peers; i++)
        r->peers[i].place = places[i];
    free(all);
    return s;
}

enum et_status et_roll_open(struct et_team *t, struct et_roll **out)
{
    struct place mine = {{0}, 0};
    *out = NULL;
    if (t->size == 1 || !t->native)
        return ET_OK;
    struct et_roll *r = et_alloc(1, sizeof *r);
    enum et_status s = et_team_agree(t, r ? ET_OK : et_no_memory());
    if (s != ET_OK) {
        free(r);
        return s;
    }
    *r = (struct et_roll){.socket = open_socket(&mine),
                          .rank = t->rank,
                          .size = t->size,
                          .local_first = t->rank - t->local_rank,
                          .local_end = t->rank - t->local_rank + t->local_size};
    find_addresses(&mine);
    /* Without one, whoever could forge it could as well do worse. */
    if (getrandom(r->key, sizeof r->key, 0) < 0)
        r->key[0] = (uint64_t)time(NULL);
    s = meet(t, r, &mine);
    if (s != ET_OK || r->socket < 0) {
        et_roll_close(r);
        return s;
    }
    *out = r;
    return ET_OK;
}

void et_roll_close(struct et_roll *r)
{
    if (!r)
        return;
    if (r->socket >= 0)
        close(r->socket);
    free(r->peers);
    free(r);
}

int et_roll_socket(const struct et_roll *r)
{
    return r->socket;
}

static bool is_local(const struct et_roll *r, int rank)
{
    return rank >= r->local_first && rank < r->local_end;
}

static void send_to(const struct et_roll *r, uint32_t address, uint16_t port,
                    const struct et_roll_message *m)
{
    struct sockaddr_in a = {
        .sin_family = AF_INET, .sin_addr.s_addr = address, .sin_port = port};
    if (address)
        (void)sendto(r->socket, m, sizeof *m, MSG_NOSIGNAL,
                     (struct sockaddr *)&a, sizeof a);
}

void et_roll_send(struct et_roll *r, int to, enum et_roll_kind kind, int number,
                  const char *words)
{
    struct et_roll_message m = {.key = {r->key[0], r->key[1]},
                                .kind = (int32_t)kind,
                                .from = r->rank,
                                .to = to,
                                .number = number};
    if (to < 0 || to >= r->n_peers)
        return;
    snprintf(m.words, sizeof m.words, "%s", words);
    const struct peer *p = &r->peers[to];
    if (is_local(r, to))
        send_to(r, htonl(INADDR_LOOPBACK), p->place.port, &m);
    else if (p->answers_from)
        send_to(r, p->answers_from, p->place.port, &m);
    else
        for (size_t i = 0; i < ADDRESSES; i++)
            send_to(r, p->place.address[i], p->place.port, &m);
}

/* A datagram was refused at the place that it went to. Of an address that a
 * rank never answered from that says nothing. */
static void note_refusal(struct et_roll *r, const struct sockaddr_in *a)
{
    for (int i = 0; i < r->n_peers; i++) {
        struct peer *p = &r->peers[i];
        if (p->place.port != a->sin_port || !p->answers_from || p->gone ||
            p->answers_from != a->sin_addr.s_addr)
            continue;
        p->gone = true;
        r->left -= !p->answered;
    }
}

/* What became of datagrams that this rank sent. */
static void read_refusals(struct et_roll *r)
{
#ifdef IP_RECVERR
    for (;;) {
        struct sockaddr_in a;
        char room[512];
        struct msghdr m = {.msg_name = &a,
                           .msg_namelen = sizeof a,
                           .msg_control = room,
                           .msg_controllen = sizeof room};
        if (recvmsg(r->socket, &m, MSG_ERRQUEUE) < 0)
            return;
        for (struct cmsghdr *c = CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c)) {
            struct sock_extended_err e;
            if (c->cmsg_level != IPPROTO_IP || c->cmsg_type != IP_RECVERR)
                continue;
            memcpy(&e, CMSG_DATA(c), sizeof e);
            if (e.ee_errno == ECONNREFUSED)
                note_refusal(r, &a);
        }
    }
#else
    (void)r, (void)note_refusal;
#endif
}

bool et_roll_take(struct et_roll *r, struct et_roll_message *m)
{
    struct sockaddr_in a;
    socklen_t n = sizeof a;
    ssize_t got;
    /* An error is what an earlier datagram met (a closed port), read once. */
    for (int tries = 0; tries < 1000; tries++) {
        got = recvfrom(r->socket, m, sizeof *m, 0, (struct sockaddr *)&a, &n);
        bool none = got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
        if (got < 0)
            read_refusals(r);
        if (none)
            return false;
        if (got != (ssize_t)sizeof *m || m->key[0] != r->key[0] ||
            m->key[1] != r->key[1] || m->to != r->rank || m->from < 0 ||
            m->from >= r->size)
            continue;
        m->words[sizeof m->words - 1] = '\0';
        if (m->from < r->n_peers)
            r->peers[m->from].answers_from = a.sin_addr.s_addr;
        if (m->kind == ET_ROLL_HERE && m->from < r->n_peers) {
            r->left -= !r->peers[m->from].answered;
            r->peers[m->from].answered = true;
            r->peers[m->from].waits = m->number != 0;
        }
        return true;
    }
    return false;
}

void et_roll_call(struct et_roll *r, int first, int last, int rounds,
                  const char *words,
                  void (*other)(void *with, const struct et_roll_message *m),
                  void *with)
{
    struct et_roll_message m;
    first = first < 0 ? 0 : first;
    last = last < r->n_peers ? last : r->n_peers - 1;
    for (int i = 0; i < r->n_peers; i++)
        r->peers[i].answered = i < first || i > last || i == r->rank;
    r->left = 0;
    for (int i = first; i <= last; i++)
        r->left += i != r->rank && !r->peers[i].gone;
    for (int round = 0; round < rounds && r->left > 0; round++) {
        for (int i = first; i <= last; i++) {
            if (!r->peers[i].answered && !r->peers[i].gone)
                et_roll_send(r, i, ET_ROLL_ASK, 0, words);
        }
        for (double end = now() + ROUND; r->left > 0 && now() < end;) {
            struct pollfd p = {.fd = r->socket, .events = POLLIN};
            (void)poll(&p, 1, (int)((end - now()) * 1e3) + 1);
            while (et_roll_take(r, &m)) {
                if (m.kind != ET_ROLL_HERE)
                    other(with, &m);
            }
        }
    }
}

bool et_roll_answered(const struct et_roll *r, int rank)
{
    return rank >= 0 && rank < r->n_peers && r->peers[rank].answered;
}

bool et_roll_waits(const struct et_roll *r, int rank)
{
    return et_roll_answered(r, rank) && r->peers[rank].waits;
}

bool et_roll_reached(const struct et_roll *r, int rank)
{
    return rank >= 0 && rank < r->n_peers && r->peers[rank].answers_from != 0;
}

bool et_roll_gone(const struct et_roll *r, int rank)
{
    return rank >= 0 && rank < r->n_peers && r->peers[rank].gone;
}
