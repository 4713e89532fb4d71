/* A pair's line has one word: the first rank makes it odd, the second even. */
#include "config.h"
#include "harness/team/hop.h"

#include <fcntl.h>
#include <math.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#define BATCHES 16
#define TRIPS 64            /* of a batch */
#define LOOKS_A_READING 256 /* at the line, for each of the clock */

struct et_hop_line {
    _Alignas(128) atomic_uint word; /* two lines: they are fetched in pairs */
};

static void *map(int fd, size_t bytes)
{
    void *at =
        fd < 0 ? MAP_FAILED
               : mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (fd >= 0)
        close(fd);
    return at == MAP_FAILED ? NULL : at;
}

/* The node's first rank makes it, the others open it, and its name is gone
 * before anybody uses it. */
enum et_status et_hop_open(struct et_team *team, const char *tag,
                           struct et_hop *out)
{
    char name[200];
    bool first = team->local_rank == 0, alone = team->local_size < 2;
    bool made = false;
    *out = (struct et_hop){.bytes = (size_t)(team->local_size / 2) *
                                    sizeof *out->lines};
    int used = snprintf(name, sizeof name, "/etalon-%s-%d", tag, team->node);
    alone = alone || used < 0 || (size_t)used >= sizeof name;
    if (team->size < 2)
        return ET_OK;
    if (first && !alone) {
        int fd = shm_open(name, O_RDWR | O_CREAT | O_EXCL, 0600);
        /* With memory behind it: where that is full, a touch would kill. */
        made = fd >= 0;
        if (made && posix_fallocate(fd, 0, (off_t)out->bytes) != 0) {
            close(fd);
            fd = -1;
        }
        out->lines = map(fd, out->bytes);
    }
    enum et_status s = et_team_barrier(team);
    if (s == ET_OK && !first && !alone)
        out->lines = map(shm_open(name, O_RDWR, 0), out->bytes);
    if (s == ET_OK)
        s = et_team_barrier(team);
    if (made)
        shm_unlink(name);
    /* All of them, or none. */
    double there = alone || out->lines;
    if (s == ET_OK)
        s = et_team_reduce(team, ET_MIN, &there, 1);
    if (s != ET_OK || there == 0)
        et_hop_close(out);
    return s;
}

/* Until the word is even, or odd; false: not before `until`. */
static bool await(atomic_uint *word, unsigned odd, struct et_clock *clock,
                  double until)
{
    for (;;) {
        for (int i = 0; i < LOOKS_A_READING; i++) {
            if (atomic_load_explicit(word, memory_order_acquire) % 2 == odd)
                return true;
        }
        if (et_clock_now(clock) > until)
            return false;
    }
}

/* So many round trips: of the first rank of a pair, or of the second. */
static bool play(atomic_uint *word, unsigned second, struct et_clock *clock,
                 double until)
{
    for (int i = 0; i < TRIPS; i++) {
        if (!await(word, second, clock, until))
            return false;
        atomic_fetch_add_explicit(word, 1, memory_order_acq_rel);
    }
    /* The second has seen the first's last move. */
    return second || await(word, 0, clock, until);
}

enum et_status et_hop_measure(struct et_team *team, const struct et_hop *hop,
                              struct et_clock *clock, double *seconds)
{
    int partner = team->local_rank ^ 1;
    bool plays = hop->lines && partner < team->local_size;
    double best = INFINITY;
    enum et_status s = et_team_barrier(team);
    if (s == ET_OK && plays) {
        atomic_uint *word = &hop->lines[team->local_rank / 2].word;
        double now = et_clock_now(clock), until = now + ET_HOP_PATIENCE;
        unsigned second = (unsigned)team->local_rank % 2;
        for (int b = 0; b < BATCHES && best > 0; b++) {
            double start = et_clock_now(clock);
            if (!play(word, second, clock, until))
                best = 0;
            best = fmin(best, et_clock_now(clock) - start);
        }
    }
    /* The slowest pair; -1: one of them did not come to an end. */
    double v[2] = {plays ? best : -1, plays && best <= 0};
    if (s == ET_OK)
        s = et_team_reduce(team, ET_MAX, v, 2);
    if (v[1] > 0 && plays) /* whoever was late leaves an odd word behind */
        atomic_store(&hop->lines[team->local_rank / 2].word, 0);
    *seconds = v[0] > 0 && v[1] == 0 ? v[0] / TRIPS / 2 : NAN;
    return s;
}

void et_hop_close(struct et_hop *hop)
{
    if (hop->lines)
        munmap(hop->lines, hop->bytes);
    *hop = (struct et_hop){0};
}

enum et_status et_hop_look(struct et_team *team, const char *tag,
                           struct et_clock *clock, double *seconds)
{
    struct et_hop hop;
    *seconds = NAN;
    enum et_status s = et_hop_open(team, tag, &hop);
    if (s == ET_OK)
        s = et_hop_measure(team, &hop, clock, seconds);
    et_hop_close(&hop);
    return s;
}
