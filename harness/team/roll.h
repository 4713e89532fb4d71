/* roll: who of a team still answers, asked beside the team's own transport,
 * which waits for the one that does not. Datagrams between the processes
 * (UDP over IPv4; within a node over loopback), each with a key that only the
 * team has. Needs nothing of the transport once it is open, so another thread
 * than the one that talks to the team may use it: one thread receives, any may
 * send. Nothing is sent but what is asked for. A datagram may be lost, so
 * silence means something only of a rank that has answered before.
 */
#ifndef ET_TEAM_ROLL_H
#define ET_TEAM_ROLL_H

#include "harness/base/text.h"
#include "harness/team/team.h"

enum et_roll_kind {
    ET_ROLL_ASK,    /* "are you there?"; words: the asker's host */
    ET_ROLL_HERE,   /* its answer; number: 1 where the rank waits for others;
                     * words: its host */
    ET_ROLL_STOP,   /* number: the signal that told the sender to stop */
    ET_ROLL_FAILED, /* words: why all must end; number: 1 where the sender has
                     * told the user */
    ET_ROLL_END     /* end at once, with exit code `number` */
};

#define ET_ROLL_WORDS 240
struct et_roll_message {
    uint64_t key[2];
    int32_t kind, from, to, number;
    char words[ET_ROLL_WORDS];
};

/* The lowest ranks, whom every rank can ask. */
#define ET_ROLL_LOWEST 16

struct et_roll;

/* Collective. *out is NULL where there is nobody to ask: one rank, ranks that
 * are threads, or a machine without sockets. */
enum et_status et_roll_open(struct et_team *t, struct et_roll **out);
void et_roll_close(struct et_roll *r); /* NULL is fine */

/* To wait at with poll(2). */
int et_roll_socket(const struct et_roll *r);
/* A message for this rank, if one is there. */
bool et_roll_take(struct et_roll *r, struct et_roll_message *m);
/* Rank 0 may send to all, others to the lowest. */
void et_roll_send(struct et_roll *r, int to, enum et_roll_kind kind, int number,
                  const char *words);

/* Ask ranks first to last and wait for their answers, `rounds` times 0.1 s at
 * most. What else comes goes to `other`. Whether a rank answered:
 * et_roll_answered. */
void et_roll_call(struct et_roll *r, int first, int last, int rounds,
                  const char *words,
                  void (*other)(void *with, const struct et_roll_message *m),
                  void *with);
/* Of the last call, for ranks that were asked in it. */
bool et_roll_answered(const struct et_roll *r, int rank);
bool et_roll_waits(const struct et_roll *r, int rank);
/* Has it ever answered? */
bool et_roll_reached(const struct et_roll *r, int rank);
/* Is its process known to be no more? A stopped one is only silent. */
bool et_roll_gone(const struct et_roll *r, int rank);

#endif
