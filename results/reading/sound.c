/* The flaws of a record, each with its test, its name and its words. */
#include "config.h"
#include "results/reading/sound.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/memory.h"

bool et_record_checked(const struct et_record *r)
{
    return r->result.verification.status == ET_CHECK_PASSED;
}

bool et_record_measured(const struct et_record *r)
{
    const struct et_result *s = &r->result;
    return s->outcome == ET_MEASURED &&
           s->verification.status != ET_CHECK_FAILED && s->time.median > 0 &&
           isfinite(s->time.median);
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

bool et_accused_find(const struct et_run *run, struct et_strings *out)
{
    struct et_strings l = {0};
    for (size_t i = 0; i < run->n; i++) {
        const char *id = run->records[i].roofline.suspect;
        if (id && !et_strings_add(&l, id)) {
            et_strings_free(&l);
            return false;
        }
    }
    if (l.n)
        qsort(l.v, l.n, sizeof *l.v, by_text);
    *out = l;
    return true;
}

bool et_accused_has(const struct et_strings *accused, const char *id)
{
    char *key = (char *)id;
    return accused->n &&
           bsearch(&key, accused->v, accused->n, sizeof *accused->v, by_text);
}

bool et_flaw_is(enum et_flaw f, const struct et_record *r,
                const struct et_strings *accused)
{
    const struct et_result *s = &r->result;
    const struct et_result_team *t = &s->team;
    switch (f) {
    case ET_FLAW_WRONG:
        return !et_record_measured(r);
    case ET_FLAW_UNCHECKED:
        return !et_record_checked(r);
    case ET_FLAW_ODD:
        return s->verification.odd.n > 0;
    case ET_FLAW_SUSPECT:
        return r->roofline.suspect ||
               (accused && et_accused_has(accused, s->id));
    case ET_FLAW_DOUBTFUL:
        return et_pairs_get(&s->facts, "doubt") != NULL;
    case ET_FLAW_OVERSUBSCRIBED:
        return t->oversubscribed;
    case ET_FLAW_THREADS:
        return t->delivered != ET_ABSENT_INT && t->delivered < t->threads;
    case ET_FLAW_UNCOUNTED:
        return t->delivered == ET_ABSENT_INT;
    case ET_FLAW_DISTURBED:
        return s->disturbed.many;
    case ET_FLAW_UNWATCHED:
        return s->disturbed.n == ET_ABSENT_INT;
    case ET_FLAW_UNCONVERGED:
        return !s->time.converged;
    case ET_FLAW_NO_INTERVAL:
        return !isfinite(s->time.ci_low) || !isfinite(s->time.ci_high);
    case ET_FLAW_DRIFTS:
        return s->time.drifts;
    case ET_FLAW_NONE:
    case ET_FLAWS:
        break;
    }
    return false;
}

enum et_flaw et_record_flaw(const struct et_record *r,
                            const struct et_strings *accused)
{
    for (int f = ET_FLAW_NONE + 1; f < ET_FLAWS; f++) {
        if (et_flaw_is((enum et_flaw)f, r, accused))
            return (enum et_flaw)f;
    }
    return ET_FLAW_NONE;
}

enum et_flaw et_run_flaw(const struct et_run *run, const struct et_record *r,
                         const struct et_strings *accused, const char *peak)
{
    enum et_flaw f = et_record_flaw(r, accused);
    bool above = et_run_above_boost(run, r, peak, NULL);
    return above && (!f || f > ET_FLAW_SUSPECT) ? ET_FLAW_SUSPECT : f;
}

const char *et_flaw_name(enum et_flaw f)
{
    static const char *const names[ET_FLAWS] = {
        [ET_FLAW_NONE] = "",
        [ET_FLAW_WRONG] = "wrong",
        [ET_FLAW_UNCHECKED] = "not checked",
        [ET_FLAW_ODD] = "odd outputs",
        [ET_FLAW_SUSPECT] = "suspect",
        [ET_FLAW_DOUBTFUL] = "doubtful",
        [ET_FLAW_OVERSUBSCRIBED] = "oversubscribed",
        [ET_FLAW_THREADS] = "fewer threads",
        [ET_FLAW_UNCOUNTED] = "threads not counted",
        [ET_FLAW_DISTURBED] = "disturbed",
        [ET_FLAW_UNWATCHED] = "not watched",
        [ET_FLAW_UNCONVERGED] = "not converged",
        [ET_FLAW_NO_INTERVAL] = "no interval",
        [ET_FLAW_DRIFTS] = "drifts"};
    return (size_t)f < ET_FLAWS ? names[f] : "?";
}

static void say_wrong(const struct et_record *r, struct et_text *out)
{
    char word[ET_TEXT_NUMBER];
    const struct et_result *s = &r->result;
    et_choice_name(ET_OUTCOME_CHOICES, s->outcome, word);
    et_text_add(out, "the case is %s%s%s",
                s->outcome == ET_MEASURED ? "wrong" : word,
                s->reason ? ": " : "", s->reason ? s->reason : "");
}

static void say_disturbed(const struct et_result_disturbed *d, int64_t n,
                          struct et_text *out)
{
    char t[ET_TEXT_NUMBER];
    et_text_add(out, "%lld of %lld samples were disturbed on one rank",
                (long long)d->most, (long long)n);
    if (d->waited > 0)
        et_text_add(out, ", its threads waited %s for a core",
                    et_print_seconds(t, d->waited));
    if (d->stolen > 0)
        et_text_add(out, ", a hypervisor took %s of its cores",
                    et_print_seconds(t, d->stolen));
    if (d->throttled > 0)
        et_text_add(out, ", a quota stopped it for %s",
                    et_print_seconds(t, d->throttled));
    if (d->hot > 0)
        et_text_add(out, ", cores were slowed for their heat %.0f times",
                    d->hot);
}

void et_flaw_say(enum et_flaw f, const struct et_record *r, struct et_text *out)
{
    const struct et_result *s = &r->result;
    switch (f) {
    case ET_FLAW_WRONG:
        say_wrong(r, out);
        break;
    case ET_FLAW_UNCHECKED:
        et_text_add(out, "the timed data was not verified");
        break;
    case ET_FLAW_ODD:
        et_text_add(out, "the outputs of %s differ from those of most ranks",
                    s->verification.odd.n ? s->verification.odd.v[0] : "?");
        break;
    case ET_FLAW_SUSPECT:
        et_text_add(out,
                    "the case and its ceiling contradict each other (%s), so "
                    "one of the two figures is wrong",
                    r->roofline.suspect ? r->roofline.suspect
                                        : "as the ceiling of another");
        break;
    case ET_FLAW_DOUBTFUL:
        et_text_add(out, "the record has a caveat: %s",
                    et_pairs_get(&s->facts, "doubt"));
        break;
    case ET_FLAW_OVERSUBSCRIBED:
        et_text_add(out, "there were more busy threads than cores");
        break;
    case ET_FLAW_THREADS:
        et_text_add(out, "%lld of the %lld threads of a rank worked",
                    (long long)s->team.delivered, (long long)s->team.threads);
        break;
    case ET_FLAW_UNCOUNTED:
        et_text_add(out, "it is not known how many threads worked%s%s",
                    s->team.delivered_absent ? ": " : "",
                    s->team.delivered_absent ? s->team.delivered_absent : "");
        break;
    case ET_FLAW_DISTURBED:
        say_disturbed(&s->disturbed, s->time.n, out);
        break;
    case ET_FLAW_UNWATCHED:
        et_text_add(out, "it is not known whether something else on the "
                         "machine disturbed the samples");
        break;
    case ET_FLAW_UNCONVERGED:
        et_text_add(out, "the sampling did not converge");
        break;
    case ET_FLAW_NO_INTERVAL:
        et_text_add(out,
                    "the figure has no valid interval (fewer than 6 passes; "
                    "%lld samples)",
                    (long long)s->time.samples.n);
        break;
    case ET_FLAW_DRIFTS:
        et_text_add(out,
                    "the samples drift by %.2g %% from first to last, so their "
                    "median describes no single state of the machine",
                    100 * s->time.drift);
        break;
    case ET_FLAW_NONE:
    case ET_FLAWS:
        break;
    }
}

bool et_sound(const struct et_record *r, const struct et_strings *accused,
              struct et_text *why)
{
    enum et_flaw f = et_record_flaw(r, accused);
    if (f && why)
        et_flaw_say(f, r, why);
    return f == ET_FLAW_NONE;
}
