/* Ranks that say nothing, named. Knows the roll call and the placement; decides
 * nothing. */
#include "config.h"
#include "harness/run/silence.h"

#define NAMED 4 /* ranks that a sentence names */

void et_silence_name(const struct et_silence *s, int rank, struct et_text *out)
{
    const char *host =
        s->placement ? et_placement_host(s->placement, rank) : NULL;
    et_text_add(out, "rank %d%s%s", rank, host ? " on " : "", host ? host : "");
}

static bool is_gone(const struct et_silence *s, int rank)
{
    return et_roll_gone(s->roll, rank);
}

/* One that never answered is not called silent. */
static bool is_silent(const struct et_silence *s, int rank)
{
    return rank != s->rank && et_roll_reached(s->roll, rank) &&
           !et_roll_answered(s->roll, rank);
}

static bool is_busy(const struct et_silence *s, int rank)
{
    return rank == s->rank ? !s->waits
                           : et_roll_answered(s->roll, rank) &&
                                 !et_roll_waits(s->roll, rank);
}

/* Those for which `test` holds, as "rank 1 on a, rank 3 on b and 2 more". */
static int name_all(const struct et_silence *s, struct et_text *out,
                    bool (*test)(const struct et_silence *s, int rank))
{
    int n = 0;
    for (int i = 0; i < s->size; i++) {
        if (!test(s, i))
            continue;
        if (n < NAMED) {
            et_text_add(out, "%s", n ? ", " : "");
            et_silence_name(s, i, out);
        }
        n++;
    }
    if (n > NAMED)
        et_text_add(out, " and %d more", n - NAMED);
    return n;
}

bool et_silence_missing(const struct et_silence *s, bool silent,
                        struct et_text *out)
{
    int n = name_all(s, out, is_gone);
    if (n > 0) {
        et_text_add(out, " %s no more: killed, or ended by %s",
                    n == 1 ? "is" : "are", n == 1 ? "itself" : "themselves");
        return true;
    }
    n = silent ? name_all(s, out, is_silent) : 0;
    if (n > 0)
        et_text_add(out,
                    " %s not answer: stopped, or its node or network is "
                    "down",
                    n == 1 ? "does" : "do");
    return n > 0;
}

/* Where none is missing: ranks that do not wait for others. */
static bool say_busy(const struct et_silence *s, struct et_text *out)
{
    struct et_text names = {0};
    int n = name_all(s, &names, is_busy);
    if (n == s->size)
        et_text_add(out, "no rank waits for another: a library, the disk or "
                         "the network hangs");
    else if (n > 0)
        et_text_add(out,
                    "all others wait for %s: a library, the disk or the "
                    "network hangs there",
                    et_text_str(&names));
    et_text_free(&names);
    return n > 0;
}

void et_silence_explain(const struct et_silence *s, bool called,
                        const char *missing, struct et_text *out)
{
    if (*missing)
        et_text_add(out, "%s", missing);
    else if (s->size == 1)
        et_text_add(out, "a library or the disk hangs");
    else if (!s->roll || !called)
        et_text_add(out, "a rank, a node or the disk hangs");
    else if (!say_busy(s, out))
        et_text_add(out, "all ranks answer, and wait for each other: the "
                         "network or the MPI library hangs");
}
