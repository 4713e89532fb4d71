/* Verdicts: the clauses of a contract against the records of a run. Whatever
 * is not there, not sure or not valid is never a pass. Knows records and
 * clauses; reads no file itself.
 */
#include "config.h"
#include "results/verdict/judge.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/log.h"
#include "harness/base/memory.h"
#include "results/verdict/contract.h"
#include "results/reading/name.h"
#include "results/reading/sound.h"

#define NAME(cause, verdict, record) cause,
enum cause { ET_JUDGE_CAUSES(NAME) };
#undef NAME

/* What one record says to a clause. */
struct finding {
    const struct et_record *record;
    const struct et_metric_value *value;
    const struct et_strings *accused; /* ceilings of suspect cases */
    const char *origin;               /* of the peak */
    double most;      /* FLOP/s that the nominal peak explains; NAN */
    bool above_boost; /* its rate is more than that */
    bool bounded;     /* a case that does FLOP has a compute ceiling */
    double limit;     /* in the metric's unit */
    double score;     /* how far beyond the limit: larger is better */
    enum et_flaw flaw;
    enum cause cause;
    enum et_verdict verdict;
};

const char *et_verdict_name(enum et_verdict v)
{
    switch (v) {
    case ET_VERDICT_PASS:
        return "pass";
    case ET_VERDICT_FAIL:
        return "fail";
    case ET_VERDICT_INCONCLUSIVE:
        return "inconclusive";
    }
    return "?";
}

static enum et_verdict verdict_of(enum cause c)
{
#define VERDICT(cause, verdict, record) ET_VERDICT_##verdict,
    static const enum et_verdict verdicts[] = {ET_JUDGE_CAUSES(VERDICT)};
#undef VERDICT
    return verdicts[c];
}

static bool picks(const struct et_clause *c, const struct et_record *r)
{
    char buf[ET_TEXT_NUMBER];
    for (size_t i = 0; i < c->n_words; i++) {
        const char *word = et_record_word(r, c->words[i].key, buf);
        if (!word || !et_where_matches(c->words[i].pattern, word))
            return false;
    }
    return true;
}

/* The gravest flaw that the clause does not allow. */
static enum et_flaw flaw_of(const struct et_clause *c, const struct finding *f)
{
    for (int i = ET_FLAW_NONE + 1; i < ET_FLAWS; i++) {
        enum et_flaw flaw = (enum et_flaw)i;
        /* Threads that take turns wait for each other's cores. */
        bool allowed = c->allow_oversubscribed &&
                       (flaw == ET_FLAW_OVERSUBSCRIBED ||
                        (flaw == ET_FLAW_DISTURBED &&
                         f->record->result.team.oversubscribed));
        if (!allowed && et_flaw_is(flaw, f->record, f->accused))
            return flaw;
    }
    return ET_FLAW_NONE;
}

static enum cause cause_of(const struct finding *f)
{
    const struct et_result *r = &f->record->result;
    switch (f->flaw) {
    case ET_FLAW_WRONG:
        return r->outcome == ET_WRONG_DATA || r->outcome == ET_FAILED ||
                       r->verification.status == ET_CHECK_FAILED
                   ? BAD
                   : NOT_MEASURED;
    case ET_FLAW_ODD:
        return BAD;
    case ET_FLAW_UNCHECKED:
        return UNVERIFIED;
    case ET_FLAW_SUSPECT:
        return SUSPECT;
    case ET_FLAW_DOUBTFUL:
        return DOUBTFUL;
    case ET_FLAW_OVERSUBSCRIBED:
        return OVERSUBSCRIBED;
    case ET_FLAW_THREADS:
    case ET_FLAW_UNCOUNTED:
        return THREADS;
    case ET_FLAW_DISTURBED:
    case ET_FLAW_UNWATCHED:
        return DISTURBED;
    case ET_FLAW_NO_INTERVAL:
        return NO_INTERVAL;
    case ET_FLAW_UNCONVERGED:
        return UNCONVERGED;
    case ET_FLAW_DRIFTS:
        return DRIFTING;
    case ET_FLAW_NONE:
    case ET_FLAWS:
        break;
    }
    return NOT_MEASURED;
}

static enum cause weigh(const struct et_clause *c, const struct finding *f)
{
    const struct et_result *r = &f->record->result;
    const struct et_metric_value *v = f->value;
    if (f->flaw && f->flaw <= ET_FLAW_UNCHECKED)
        return cause_of(f);
    if (!v || !isfinite(v->value))
        return NO_METRIC;
    if (!isfinite(f->limit))
        return NO_PEAK;
    if (f->flaw == ET_FLAW_SUSPECT)
        return cause_of(f);
    if (f->above_boost)
        return ABOVE_BOOST;
    if (f->flaw == ET_FLAW_DOUBTFUL)
        return cause_of(f);
    if (!(v->ci_low <= v->value && v->value <= v->ci_high))
        return NO_INTERVAL;
    double worse = c->at_least ? v->ci_low : v->ci_high;
    double better = c->at_least ? v->ci_high : v->ci_low;
    bool meets = c->at_least ? worse >= f->limit : worse <= f->limit;
    /* Before what may be better in another hour: this plan can never pass. */
    if (meets && !f->bounded)
        return NO_CEILING;
    if (f->flaw)
        return cause_of(f);
    /* Is it known of every node that its cores sufficed? */
    if (r->team.cores == ET_ABSENT_INT && !c->allow_oversubscribed)
        return UNPLACED;
    if (meets)
        return MEETS;
    if (c->at_least ? better < f->limit : better > f->limit)
        return MISSES;
    return BETWEEN;
}

/* Nothing else says that so many operations in such a time are possible at all,
 * whatever metric of them the clause is on. What is a ceiling itself counts its
 * operations (peak.h). */
static bool is_bounded(const struct et_run *run, const struct et_record *r)
{
    return !et_record_metric(r, "flops") ||
           et_run_role(run, r) == ET_ROLE_COMPUTE_CEILING ||
           et_result_ceiling_of(&r->result, "compute");
}

static struct finding find(const struct et_clause *c, const char *given,
                           const struct et_run *run,
                           const struct et_strings *accused,
                           const struct et_record *r)
{
    struct finding f = {
        .record = r, .accused = accused, .origin = "", .limit = c->limit};
    f.value = et_record_metric(r, c->metric->name);
    f.above_boost = et_run_above_boost(run, r, given, &f.most);
    f.bounded = is_bounded(run, r);
    double peak = et_run_peak_agreed(run, r, given, &f.origin);
    if (c->of_peak)
        f.limit *= peak / c->metric->scale;
    f.flaw = flaw_of(c, &f);
    f.cause = weigh(c, &f);
    f.verdict = verdict_of(f.cause);
    double v = f.value ? f.value->value : NAN;
    f.score = c->at_least ? v / f.limit : f.limit / v;
    if (isnan(f.score))
        f.score = -INFINITY;
    return f;
}

/* Does `a` decide over `b`? every: the worst; best: one that passes, else the
 * best value. */
static bool decides(const struct et_clause *c, const struct finding *a,
                    const struct finding *b)
{
    static const int badness[] = {[ET_VERDICT_PASS] = 0,
                                  [ET_VERDICT_INCONCLUSIVE] = 1,
                                  [ET_VERDICT_FAIL] = 2};
    if (c->take == ET_TAKE_EVERY) {
        int x = badness[a->verdict], y = badness[b->verdict];
        return x != y ? x > y : a->score < b->score;
    }
    bool x = a->verdict == ET_VERDICT_PASS, y = b->verdict == ET_VERDICT_PASS;
    return x != y ? x : a->score > b->score;
}

/* A record that has a figure at all can be the best. */
static bool is_candidate(const struct et_clause *c, const struct finding *f)
{
    return c->take == ET_TAKE_EVERY || f->cause > NO_METRIC;
}

/* What suits a time. */
static const char *unit_of_time(double t, double *scale)
{
    static const struct {
        double least;
        const char *name;
    } units[] = {{1, "s"}, {1e-3, "ms"}, {1e-6, "us"}, {0, "ns"}};
    size_t i = 0;
    while (t < units[i].least)
        i++;
    *scale = units[i].least > 0 ? 1 / units[i].least : 1e9;
    return units[i].name;
}

/* `how` the interval lies to the limit: all three in the limit's unit. */
static void explain_interval(const struct et_clause *c, const struct finding *f,
                             const char *how, struct et_text *out)
{
    const char *unit = c->metric->unit;
    double scale = 1;
    if (strcmp(unit, "s") == 0)
        unit = unit_of_time(f->limit, &scale);
    et_text_add(out, "the interval %.6g to %.6g %s %s %.6g %s",
                scale * f->value->ci_low, scale * f->value->ci_high, unit, how,
                scale * f->limit, unit);
}

static void explain(const struct et_clause *c, const struct finding *f,
                    struct et_text *out)
{
    switch (f->cause) {
    case MEETS:
        explain_interval(c, f, c->at_least ? "is at least" : "is at most", out);
        break;
    case MISSES:
        explain_interval(
            c, f, c->at_least ? "is wholly below" : "is wholly above", out);
        break;
    case BETWEEN:
        explain_interval(c, f, "contains", out);
        et_text_add(out, ", so the samples do not decide");
        break;
    case NO_INTERVAL:
        et_flaw_say(ET_FLAW_NO_INTERVAL, f->record, out);
        break;
    case SUSPECT:
    case DOUBTFUL:
    case OVERSUBSCRIBED:
    case THREADS:
    case DISTURBED:
    case UNCONVERGED:
    case DRIFTING:
        et_flaw_say(f->flaw, f->record, out);
        if (f->flaw == ET_FLAW_OVERSUBSCRIBED)
            et_text_add(out, ", and the clause does not allow that");
        break;
    case UNPLACED:
        et_text_add(out, "it is not known how many cores its ranks had, so "
                         "they may have been too few");
        break;
    case ABOVE_BOOST:
        et_text_add(out,
                    "the rate of operations is above %.4g GFLOP/s, which is "
                    "the nominal peak at the highest clock, so the work was "
                    "not done or the peak is not this machine's (peak %s)",
                    f->most / 1e9, f->origin);
        break;
    case NO_CEILING:
        et_text_add(out,
                    "no compute ceiling was measured with the case%s%s, "
                    "so it is not known whether its rate of operations is "
                    "possible",
                    f->record->roofline.absent ? ": " : "",
                    f->record->roofline.absent ? f->record->roofline.absent
                                               : "");
        break;
    case NO_PEAK:
        et_text_add(out, "no nominal peak: %s", f->origin);
        return;
    case NO_METRIC:
        et_text_add(out, "the record has no %s", c->metric->name);
        break;
    case UNVERIFIED:
    case NOT_MEASURED:
    case BAD:
        et_flaw_say(f->flaw, f->record, out);
        break;
    }
    if (c->of_peak && f->cause >= MEETS)
        et_text_add(out, "; peak %s", f->origin);
}

static void add_word(const char **words, size_t *n, size_t room,
                     const char *word)
{
    for (size_t i = 0; i < *n; i++) {
        if (strcmp(words[i], word) == 0)
            return;
    }
    if (*n < room)
        words[(*n)++] = word;
}

/* No record was picked: was a key of `where` perhaps misspelt? */
static void explain_none(const struct et_clause *c, const struct et_run *run,
                         struct et_text *out)
{
    char buf[ET_TEXT_NUMBER];
    const char *words[128] = {"bench",  "backend", "case",  "label",
                              "status", "ranks",   "nodes", "threads"};
    size_t n = 8;
    et_text_add(out, "no record matches `%s`", c->where);
    for (size_t i = 0; i < run->n; i++) {
        const struct et_result *r = &run->records[i].result;
        for (size_t j = 0; j < r->params.n; j++)
            add_word(words, &n, 128, r->params.v[j].key);
        for (size_t j = 0; j < r->facts.n; j++)
            add_word(words, &n, 128, r->facts.v[j].key);
    }
    for (size_t k = 0; k < c->n_words; k++) {
        bool known = false;
        for (size_t i = 0; i < run->n && !known; i++)
            known = et_record_word(&run->records[i], c->words[k].key, buf);
        if (known || run->n == 0)
            continue;
        const char *near = et_nearest(c->words[k].key, words, n);
        et_text_add(out, "; none has a `%s`", c->words[k].key);
        if (near && strcmp(near, c->words[k].key) != 0)
            et_text_add(out, " (did you mean `%s`?)", near);
    }
}

static bool is_complete(const struct et_run *run)
{
    return run->outcome && strcmp(run->outcome, "complete") == 0 &&
           run->info.cases >= 0 && (int64_t)run->n >= run->info.cases;
}

/* What holds of a whole run can only take a verdict back. */
static enum et_verdict temper(const struct et_clause *c,
                              const struct et_run *run, enum et_verdict v,
                              struct et_text *reason)
{
    if (run->info.clock_fake) {
        et_text_add(reason, "; but the clock was a fake, so nothing was "
                            "measured");
        return ET_VERDICT_INCONCLUSIVE;
    }
    if (is_complete(run) || v == ET_VERDICT_INCONCLUSIVE)
        return v;
    if ((c->take == ET_TAKE_EVERY) == (v == ET_VERDICT_PASS)) {
        et_text_add(reason,
                    "; but the run is not complete (%s, %zu of %lld cases), "
                    "and the missing cases could change the verdict",
                    run->outcome ? run->outcome : "unknown", run->n,
                    (long long)(run->info.cases < 0 ? 0 : run->info.cases));
        return ET_VERDICT_INCONCLUSIVE;
    }
    return v;
}

/* peak: the contract's, or NULL. */
static enum et_status judge_clause(const struct et_clause *c, const char *peak,
                                   const struct et_run *run,
                                   const struct et_strings *accused,
                                   struct et_clause_verdict *out)
{
    struct finding best = {0};
    struct et_text reason = {0};
    *out = (struct et_clause_verdict){.limit = c->of_peak ? NAN : c->limit,
                                      .value = NAN,
                                      .ci_low = NAN,
                                      .ci_high = NAN,
                                      .verdict = ET_VERDICT_INCONCLUSIVE};
    for (size_t i = 0; i < run->n; i++) {
        if (!picks(c, &run->records[i]))
            continue;
        struct finding f = find(c, peak, run, accused, &run->records[i]);
        out->picked++;
        if (is_candidate(c, &f) && (!best.record || decides(c, &f, &best)))
            best = f;
    }
    if (best.record) {
        out->verdict = best.verdict;
        out->limit = best.limit;
        if (best.value) {
            out->value = best.value->value;
            out->ci_low = best.value->ci_low;
            out->ci_high = best.value->ci_high;
        }
        out->id = et_strdup(best.record->result.id);
        explain(c, &best, &reason);
    } else if (out->picked > 0)
        et_text_add(&reason, "none of the %zu matching records has a valid %s",
                    out->picked, c->metric->name);
    else
        explain_none(c, run, &reason);
    out->verdict = temper(c, run, out->verdict, &reason);
    out->clause = et_strdup(c->name);
    out->where = et_strdup(c->where);
    out->metric = et_strdup(c->metric->name);
    out->unit = et_strdup(c->metric->unit);
    out->threshold = et_strdup(c->at_least ? c->at_least : c->at_most);
    out->reason = et_strdup(et_text_str(&reason));
    bool ok = !reason.failed && out->clause && out->where && out->metric &&
              out->unit && out->threshold && out->reason &&
              (out->id || !best.record);
    et_text_free(&reason);
    return ok ? ET_OK : et_error(ET_INFRA, "out of memory");
}

enum et_status et_judge(const char *contract, const struct et_run *run,
                        struct et_judgement *out)
{
    struct et_contract c;
    struct et_strings accused = {0};
    enum et_status s = et_contract_read(contract, &c);
    if (s)
        return s;
    struct et_judgement j = {.contract = et_strdup(c.name ? c.name : contract),
                             .peak = et_strdup(c.peak),
                             .clauses = et_alloc(c.n, sizeof *j.clauses)};
    if (!j.contract || (c.peak && !j.peak) || !j.clauses ||
        !et_accused_find(run, &accused))
        s = et_error(ET_INFRA, "out of memory");
    for (size_t i = 0; s == ET_OK && i < c.n; i++) {
        s = judge_clause(&c.clauses[i], c.peak, run, &accused, &j.clauses[i]);
        j.n++;
        enum et_verdict v = j.clauses[i].verdict;
        if (v == ET_VERDICT_FAIL ||
            (v == ET_VERDICT_INCONCLUSIVE && j.verdict == ET_VERDICT_PASS))
            j.verdict = v;
    }
    et_contract_free(&c);
    et_strings_free(&accused);
    if (s) {
        et_judgement_free(&j);
        return s;
    }
    *out = j;
    return ET_OK;
}

enum et_status et_judgement_take_back(struct et_judgement *j, const char *why)
{
    j->verdict = ET_VERDICT_INCONCLUSIVE;
    for (size_t i = 0; i < j->n; i++) {
        struct et_clause_verdict *v = &j->clauses[i];
        struct et_text t = {0};
        et_text_add(&t, "%s; by its records: %s, %s", why,
                    et_verdict_name(v->verdict), v->reason);
        if (t.failed) {
            et_text_free(&t);
            return et_error(ET_INFRA, "out of memory");
        }
        free(v->reason);
        v->reason = t.s;
        v->verdict = ET_VERDICT_INCONCLUSIVE;
    }
    return ET_OK;
}

void et_judgement_free(struct et_judgement *j)
{
    for (size_t i = 0; i < j->n; i++) {
        struct et_clause_verdict *v = &j->clauses[i];
        char *owned[] = {v->clause, v->where, v->metric, v->threshold,
                         v->unit,   v->id,    v->reason};
        for (size_t k = 0; k < sizeof owned / sizeof *owned; k++)
            free(owned[k]);
    }
    free(j->clauses);
    free(j->contract);
    free(j->peak);
    memset(j, 0, sizeof *j);
}

enum et_status et_judgement_status(const struct et_judgement *j)
{
    return j->verdict == ET_VERDICT_PASS   ? ET_OK
           : j->verdict == ET_VERDICT_FAIL ? ET_MISSED
                                           : ET_UNSURE;
}
