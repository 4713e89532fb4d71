/* What lies behind the figures: counters, ranks that lagged, and everything
 * that was not measured, with its reason. */
#include "config.h"
#include "results/report/parts.h"

#include <stdlib.h>
#include <string.h>

#include "harness/base/memory.h"

#define EVENTS 6      /* columns of the counter tables */
#define IMBALANCE 1.1 /* slowest rank over the others, worth a word */
#define REASONS 64    /* different reasons for absent counters */

/* --- counters --------------------------------------------------------------
 */

static bool is_counted(const struct et_record *r)
{
    return et_record_measured(r) && r->result.counters.values.n > 0 &&
           r->result.counters.iterations > 0;
}
static bool counted_flop(const struct et_record *r)
{
    return is_counted(r) && et_record_metric(r, "flops");
}
static bool counted_other(const struct et_record *r)
{
    return is_counted(r) && !et_record_metric(r, "flops");
}

static const struct et_result_count *count_of(const struct et_record *r,
                                              const char *name)
{
    const struct et_result_count *v = r->result.counters.values.v;
    for (size_t i = 0; i < r->result.counters.values.n; i++) {
        if (v[i].name && strcmp(v[i].name, name) == 0)
            return &v[i];
    }
    return NULL;
}

static size_t events_of(const struct et_run *run, const struct et_picks *p,
                        const char *names[EVENTS])
{
    size_t n = 0;
    for (size_t i = 0; i < p->n && n < EVENTS; i++) {
        const struct et_list *l = &run->records[p->v[i]].result.counters.values;
        const struct et_result_count *v = l->v;
        for (size_t k = 0; k < l->n; k++) {
            size_t at = 0;
            if (!v[k].name)
                continue;
            while (at < n && strcmp(names[at], v[k].name) != 0)
                at++;
            if (at == n && n < EVENTS)
                names[n++] = v[k].name;
        }
    }
    return n;
}

static void count_cell(struct et_block *b, const struct et_record *r,
                       const char *name, bool per_flop)
{
    const struct et_result_count *c = count_of(r, name);
    char buf[ET_TEXT_NUMBER];
    if (!c || !isfinite(c->total)) {
        et_block_cell(b, "absent");
        return;
    }
    double each = c->total / (double)r->result.counters.iterations;
    if (per_flop)
        et_block_cell(b, "%.3g", each / r->result.work.flop);
    else
        et_block_cell(b, "%s", et_trim(et_print_si(buf, each, "")));
}

static bool counter_table(struct et_report *w, et_pick_test *test,
                          bool per_flop)
{
    const char *columns[EVENTS + 4] = {"Case", "Ranks x threads"};
    const char *names[EVENTS];
    struct et_picks picks;
    struct et_strings varying = {0};
    if (!et_picks_take(&picks, w->run, test))
        return false;
    bool ok = et_varying(w->run, &picks, &varying);
    size_t n = events_of(w->run, &picks, names), head = 2;
    bool ipc = false;
    for (size_t i = 0; i < n; i++)
        columns[head++] = names[i];
    for (size_t i = 0; i < picks.n && !ipc; i++) {
        const struct et_record *r = &w->run->records[picks.v[i]];
        ipc = count_of(r, "cycles") && count_of(r, "instructions");
    }
    if (ipc)
        columns[head] = "Instructions per cycle";
    if (!ok || !picks.n)
        goto out;
    et_doc_heading(w->doc, 3,
                   per_flop ? "Events per floating-point operation"
                            : "Events per iteration");
    struct et_block *b = et_doc_table(w->doc, "llrrrrrrr", columns);
    size_t shown = et_report_shown(picks.n);
    for (size_t i = 0; b && i < shown; i++) {
        const struct et_record *r = &w->run->records[picks.v[i]];
        struct et_text name = {0};
        et_say_case(w->run, r, &varying, &name);
        et_block_cell(b, "%s", et_text_str(&name));
        et_block_cell(b, "%s", et_say_team(r).s);
        for (size_t k = 0; k < n; k++)
            count_cell(b, r, names[k], per_flop);
        const struct et_result_count *c = count_of(r, "cycles");
        const struct et_result_count *i2 = count_of(r, "instructions");
        if (ipc)
            et_block_cell(b, "%s",
                          et_say_real(c && i2 ? i2->total / c->total : NAN).s);
        et_text_free(&name);
    }
    et_report_close(b, shown, picks.n);
out:
    et_strings_free(&varying);
    et_picks_free(&picks);
    return ok;
}

/* Each absent event with its reason once, and in how many cases. */
static void absents(struct et_report *w)
{
    struct {
        const struct et_result_absent *a;
        size_t cases;
    } seen[REASONS];
    size_t n = 0;
    for (size_t i = 0; i < w->run->n; i++) {
        const struct et_list *l = &w->run->records[i].result.counters.absents;
        const struct et_result_absent *v = l->v;
        for (size_t k = 0; k < l->n; k++) {
            size_t at = 0;
            if (!v[k].name || !v[k].reason)
                continue;
            while (at < n && (strcmp(seen[at].a->name, v[k].name) != 0 ||
                              strcmp(seen[at].a->reason, v[k].reason) != 0))
                at++;
            if (at < n) {
                seen[at].cases++;
            } else if (n < REASONS) {
                seen[n].a = &v[k];
                seen[n++].cases = 1;
            }
        }
    }
    if (!n)
        return;
    static const char *const columns[] = {"Absent event", "Reason", "Cases",
                                          NULL};
    et_doc_heading(w->doc, 3, "Events that could not be counted");
    struct et_block *b = et_doc_table(w->doc, "llr", columns);
    for (size_t i = 0; i < n; i++) {
        et_block_cell(b, "%s", seen[i].a->name);
        et_block_cell(b, "%s", seen[i].a->reason);
        et_block_cell(b, "%zu", seen[i].cases);
    }
}

static bool has_counters(const struct et_record *r)
{
    return is_counted(r) || r->result.counters.absents.n > 0;
}

bool et_report_counters(struct et_report *w)
{
    const char *source = NULL;
    for (size_t i = 0; i < w->run->n; i++) {
        const struct et_record *r = &w->run->records[i];
        if (!has_counters(r))
            continue;
        if (!source) {
            source = r->result.counters.source;
            source = source ? source : "not named";
        }
        if (is_counted(r))
            source = r->result.counters.source;
    }
    if (!source)
        return true;
    et_doc_heading(w->doc, 2, "Counters");
    et_doc_paragraph(
        w->doc,
        "Source: %s. Counted over all threads of the team, in "
        "separate iterations that are not timed. An absent count is "
        "not zero.",
        source);
    bool ok = counter_table(w, counted_flop, true) &&
              counter_table(w, counted_other, false);
    absents(w);
    return ok;
}

/* --- spread over the ranks -------------------------------------------------
 */

static bool lags(const struct et_run *run, const struct et_record *r)
{
    return et_run_accuses(run, r) && et_record_measured(r) &&
           r->result.team.ranks > 1 && r->result.time.imbalance > IMBALANCE;
}

struct lag {
    const struct et_record *r;
};

static int by_imbalance(const void *a, const void *b)
{
    const struct lag *x = a, *y = b;
    double p = x->r->result.time.imbalance, q = y->r->result.time.imbalance;
    return (p < q) - (p > q);
}

bool et_report_spread(struct et_report *w)
{
    static const char *const columns[] = {
        "Case", "Ranks", "Slowest rank", "Its node", "Behind the other ranks",
        NULL};
    struct et_picks picks;
    if (!et_picks_take_by(&picks, w->run, lags))
        return false;
    struct lag *v = et_alloc(picks.n, sizeof *v);
    for (size_t i = 0; v && i < picks.n; i++)
        v[i].r = &w->run->records[picks.v[i]];
    struct et_strings varying = {0};
    bool ok = v && et_varying(w->run, &picks, &varying);
    if (!ok || !picks.n)
        goto out;
    qsort(v, picks.n, sizeof *v, by_imbalance);
    et_doc_heading(w->doc, 2, "Ranks that lagged");
    et_doc_paragraph(
        w->doc, "Cases whose slowest rank took more than 10 %% longer "
                "than the median of the others, the worst first. Look first "
                "at a node that is listed often. Collectives and storage are "
                "not listed: the rank that waits is not the one that is "
                "slow.");
    struct et_block *b = et_doc_table(w->doc, "lrrlr", columns);
    size_t shown = et_report_shown(picks.n);
    for (size_t i = 0; b && i < shown; i++) {
        const struct et_result *s = &v[i].r->result;
        struct et_text name = {0};
        et_say_case(w->run, v[i].r, &varying, &name);
        et_block_cell(b, "%s", et_text_str(&name));
        et_block_cell(b, "%lld", (long long)s->team.ranks);
        et_block_cell(b, "%lld", (long long)s->time.slowest_rank);
        et_block_cell(b, "%s",
                      s->time.slowest_host ? s->time.slowest_host : "unknown");
        et_block_cell(b, "+%s", et_say_percent(s->time.imbalance - 1).s);
        et_text_free(&name);
    }
    et_report_close(b, shown, picks.n);
out:
    et_strings_free(&varying);
    free(v);
    et_picks_free(&picks);
    return ok;
}

/* --- what was not measured -------------------------------------------------
 */

static bool is_missing(const struct et_record *r)
{
    return !et_record_measured(r);
}

/* The run said "measured", and its own check or times say otherwise. */
static const char *what(const struct et_record *r, char buf[ET_TEXT_NUMBER])
{
    int outcome = r->result.outcome;
    if (outcome == ET_MEASURED)
        outcome = r->result.verification.status == ET_CHECK_FAILED
                      ? ET_WRONG_DATA
                      : ET_UNMEASURED;
    return et_choice_name(ET_OUTCOME_CHOICES, outcome, buf);
}

bool et_report_missing(struct et_report *w)
{
    static const char *const columns[] = {
        "What", "Bench", "Backend", "Cases", "Reason", "First case", NULL};
    struct et_picks picks;
    struct et_groups groups = {0};
    if (!et_picks_take(&picks, w->run, is_missing))
        return false;
    bool ok = et_groups_make(&groups, w->run, &picks,
                             ET_KEY_BENCH | ET_KEY_BACKEND | ET_KEY_OUTCOME);
    int64_t unreached = w->run->info.cases - (int64_t)w->run->n;
    if (!ok || (!picks.n && unreached <= 0))
        goto out;
    et_doc_heading(w->doc, 2, "Not measured");
    struct et_block *b = et_doc_table(w->doc, "lllrll", columns);
    size_t shown = et_report_shown(groups.n);
    for (size_t i = 0; b && i < shown; i++) {
        const struct et_record *r = &w->run->records[groups.v[i].v[0]];
        const struct et_result *s = &r->result;
        char buf[ET_TEXT_NUMBER];
        const char *reason = s->reason;
        if (!reason || !*reason)
            reason = s->verification.note;
        et_block_cell(b, "%s", what(r, buf));
        et_block_cell(b, "%s", s->bench);
        et_block_cell(b, "%s", s->backend);
        et_block_cell(b, "%zu", groups.v[i].n);
        et_block_cell(b, "%s", reason && *reason ? reason : "none given");
        et_block_cell(b, "%s", s->id);
    }
    if (b && unreached > 0) {
        et_block_cell(b, "not reached");
        et_block_cell(b, "-");
        et_block_cell(b, "-");
        et_block_cell(b, "%lld", (long long)unreached);
        et_block_cell(b, "the run ended first");
        et_block_cell(b, "-");
    }
    et_report_close(b, shown, groups.n);
out:
    et_groups_free(&groups);
    et_picks_free(&picks);
    return ok;
}
