/* stop: a wish to end, from SIGINT, SIGTERM or SIGHUP, that the loop sees
 * between samples; and watchdogs, which end a process that hangs, or tell who
 * listens (harness/run/guard.h). Signals belong to the
 * process: what handles them is there once, and the wish is one for all ranks
 * that are in it. A watchdog belongs to whoever opened it, so ranks that are
 * threads of one process each have their own.
 */
#ifndef ET_RUN_STOP_H
#define ET_RUN_STOP_H

#include <stdbool.h>

/* SIGINT, SIGTERM and, unless it was ignored, SIGHUP raise the wish; a second
 * one kills at once, but the same one within ET_STOP_TWICE counts once. SIGPIPE
 * and SIGXFSZ are ignored, so that a write returns its error. */
#define ET_STOP_TWICE 300000000LL /* ns */
void et_stop_install(void);
/* Why: a signal's number, ET_STOP_TIME_LIMIT, or 0: not wanted. */
int et_stop_wanted(void);
#define ET_STOP_TIME_LIMIT 1000 /* no signal has that number */
/* Raise the wish without a signal; the next signal is the first. */
void et_stop_ask(int why);
/* The process ends so many seconds from now with that exit code, whatever it is
 * at. */
void et_stop_within(unsigned seconds, int code);
/* "SIGINT", ..., "time limit". */
const char *et_stop_say(int why);

/* What a listener is told, by one write each. */
#define ET_STOP_WORDS 400
enum et_stop_kind {
    ET_STOP_SIGNAL, /* the first one; its number in `why` */
    ET_STOP_AWAKE,  /* SIGCONT */
    ET_STOP_STILL,  /* a watchdog was not fed in time; the rest is of this */
    ET_STOP_KINDS   /* on: the listener's own */
};
struct et_stop_event {
    int kind, why;
    unsigned fed;             /* et_watchdogs_fed() at that time */
    double seconds;           /* that it was not fed */
    char what[ET_STOP_WORDS]; /* it was fed with */
};
/* Events go to this file descriptor; -1: to nobody, as at first. Takes SIGCONT
 * for the process. While someone listens, a watchdog ends nothing and tells
 * again each time that so many seconds have passed. */
void et_stop_tell(int fd);
/* How often any watchdog of the process was fed. */
unsigned et_watchdogs_fed(void);

struct et_watchdog;

/* NULL, with a warning, where there is no timer to be had: a run does without,
 * and the others of these then do nothing. Takes SIGALRM for the process. */
struct et_watchdog *et_watchdog_open(void);
/* End the process with exit code 4 and a line on standard error unless fed
 * again within `seconds`. `what` is what would have hung. 0 calls it off. */
void et_watchdog_feed(struct et_watchdog *w, double seconds, const char *what);
void et_watchdog_close(struct et_watchdog *w);

#endif
