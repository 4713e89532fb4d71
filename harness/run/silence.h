/* silence: which ranks are no more, do not answer, or keep the others waiting,
 * in words, from a roll call (harness/team/roll.h). Rank 0's.
 */
#ifndef ET_RUN_SILENCE_H
#define ET_RUN_SILENCE_H

#include "harness/run/placement.h"
#include "harness/team/roll.h"

struct et_silence {
    struct et_roll *roll;
    int rank, size;
    bool waits;                           /* this rank, for others */
    const struct et_placement *placement; /* for host names; NULL: none */
};

/* "rank 3 on n2". */
void et_silence_name(const struct et_silence *s, int rank, struct et_text *out);

/* After a call of all. Ranks whose process is no more; else, if `silent`,
 * ranks that answered once and do not now. False where there is none. */
bool et_silence_missing(const struct et_silence *s, bool silent,
                        struct et_text *out);
/* Where nothing moves: why. called: all were; missing: what
 * et_silence_missing said. */
void et_silence_explain(const struct et_silence *s, bool called,
                        const char *missing, struct et_text *out);

#endif
