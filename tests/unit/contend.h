/* A thread that keeps one hardware thread busy, and the caller on the same one:
 * they take turns, so each waits for half of the time. */
#ifndef ET_TESTS_CONTEND_H
#define ET_TESTS_CONTEND_H

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

struct contender {
    pthread_t thread;
    atomic_int stop;
    cpu_set_t before;
};

static inline void *contend_spin(void *stop)
{
    while (!atomic_load((atomic_int *)stop))
        ;
    return NULL;
}

/* false where the kernel lets nobody choose his hardware thread. */
static inline bool contend_begin(struct contender *c)
{
    cpu_set_t one;
    int cpu = 0;
    if (sched_getaffinity(0, sizeof c->before, &c->before))
        return false;
    while (cpu < CPU_SETSIZE && !CPU_ISSET(cpu, &c->before))
        cpu++;
    CPU_ZERO(&one);
    CPU_SET(cpu, &one);
    if (sched_setaffinity(0, sizeof one, &one))
        return false;
    atomic_init(&c->stop, 0);
    /* It inherits the place. */
    return pthread_create(&c->thread, NULL, contend_spin, &c->stop) == 0;
}

static inline void contend_end(struct contender *c)
{
    atomic_store(&c->stop, 1);
    pthread_join(c->thread, NULL);
    sched_setaffinity(0, sizeof c->before, &c->before);
}

#endif
