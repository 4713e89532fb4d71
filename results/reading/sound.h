/* sound: may a record's figures be relied on, and why not. One list of reasons
 * for the headline, scaling, judge and compare. (compare adds passes that jump:
 * all passes of the next run may be like the one that did.) Knows records;
 * never a document and no contract.
 */
#ifndef ET_RESULTS_READING_SOUND_H
#define ET_RESULTS_READING_SOUND_H

#include "results/reading/run.h"

/* Timed, checked and right: its figures may be shown. */
bool et_record_measured(const struct et_record *r);
bool et_record_checked(const struct et_record *r); /* the check passed */

/* Why a record may not be relied on, the gravest first. */
enum et_flaw {
    ET_FLAW_NONE,
    ET_FLAW_WRONG,          /* or never measured */
    ET_FLAW_ODD,            /* a host's outputs differ from the others' */
    ET_FLAW_UNCHECKED,      /* nobody looked at the data */
    ET_FLAW_SUSPECT,        /* faster than what bounds it, or that ceiling */
    ET_FLAW_DOUBTFUL,       /* has a fact "doubt", which says why */
    ET_FLAW_OVERSUBSCRIBED, /* more busy threads than cores */
    ET_FLAW_THREADS,        /* fewer threads worked than were asked for */
    ET_FLAW_UNCOUNTED,      /* how many worked is not known */
    ET_FLAW_DISTURBED,      /* something else had the cores too often */
    ET_FLAW_UNWATCHED,      /* nobody looked whether something else did */
    ET_FLAW_NO_INTERVAL,    /* too few passes */
    ET_FLAW_UNCONVERGED,    /* interval wider than requested */
    ET_FLAW_DRIFTS,         /* a trend: the median is of no one state */
    ET_FLAWS
};

/* Cases that were the ceiling of one that lies above it: as suspect as that
 * one. Sorted; false on no memory. */
bool et_accused_find(const struct et_run *run, struct et_strings *out);
bool et_accused_has(const struct et_strings *accused, const char *id);

/* Has it this flaw? `accused`: of its run; NULL: nobody is accused. */
bool et_flaw_is(enum et_flaw f, const struct et_record *r,
                const struct et_strings *accused);
/* The gravest that it has. */
enum et_flaw et_record_flaw(const struct et_record *r,
                            const struct et_strings *accused);
/* The same of a record of `run`: suspect, too, where no clock explains its rate
 * (et_run_above_boost; peak: as there). */
enum et_flaw et_run_flaw(const struct et_run *run, const struct et_record *r,
                         const struct et_strings *accused, const char *peak);
const char *et_flaw_name(enum et_flaw f); /* "not converged": for a column */
/* In words, with the record's figures. */
void et_flaw_say(enum et_flaw f, const struct et_record *r,
                 struct et_text *out);

/* Without a flaw; else *why (NULL: not wanted) says the gravest. */
bool et_sound(const struct et_record *r, const struct et_strings *accused,
              struct et_text *why);

#endif
