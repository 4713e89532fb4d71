/* A trial in a process of its own: how it ends, after how long, and what it
 * said on standard error. */
#ifndef ET_TESTS_CHILD_H
#define ET_TESTS_CHILD_H

#define CHILD_FINE 42   /* exit code of a trial that returns */
#define CHILD_SAID 4000 /* bytes that are kept of its words */

/* Exit code; of a trial that a signal ended, minus the signal. */
int child_outcome(void (*trial)(void));
/* How long the last trial took, in seconds, and what it said. */
extern double child_took;
extern char child_said[CHILD_SAID];

/* Sleeps so many seconds, whatever signals come. */
void child_nap(double seconds);

#endif
