/* chase: loads of which each needs the one before, round a cycle through all
 * lines of a piece of memory in random order, so that neither a prefetcher
 * nor the core can run ahead: what a load costs is all there is to see. Knows
 * memory; never a clock or how large a cache is.
 *
 * The method is lmbench's lat_mem_rd (McVoy and Staelin, "lmbench: portable
 * tools for performance analysis", USENIX 1996), over a random cycle instead
 * of a stride. The order is a random one of all lines (Fisher and Yates, as
 * Durstenfeld has it, CACM 7(7), 1964), closed to a ring: each of the (n-1)!
 * cycles is as likely, as with Sattolo's algorithm, and where the ring stands
 * after any number of loads is known at once.
 *
 * One word of each line is read. The time of a load has in it what it takes
 * to find the page: beyond the reach of the TLB a walk of the page table too,
 * unless the pages are huge ones.
 */
#ifndef ET_MEMORY_LATENCY_CHASE_H
#define ET_MEMORY_LATENCY_CHASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct et_chase {
    void *memory;    /* n * line bytes of the caller's, page-aligned */
    size_t line;     /* bytes from one to the next, a multiple of 8 */
    uint32_t *order; /* room for n, of the caller's: the ring, line by line */
    int64_t n;       /* 2 to 2^32 */
    void *at;        /* where the last load led */
    uint64_t loads;  /* since the start */
};

/* Draw the ring and lay it through the memory; start at its first line. */
void et_chase_build(struct et_chase *p, uint64_t seed);
void et_chase_start(struct et_chase *p);
/* The timed work: so many loads, one after the other. */
void et_chase_run(struct et_chase *p, uint64_t loads);

/* How far the last load led past the line that `loads` of them lead to, in
 * lines along the ring, from 0 to n-1; n where it led to no line at all. A
 * load too few or too many is seen, unless n of them are. */
int64_t et_chase_astray(const struct et_chase *p);

#endif
