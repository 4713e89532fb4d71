/* What stands at the very top: for each kind of work the best figure that may
 * be quoted. A figure with a flaw, or of a fake clock, is never quoted. */
#include "config.h"
#include "results/report/parts.h"

#include <math.h>
#include <string.h>

#include "results/record/metric.h"

static bool any(const struct et_record *r)
{
    (void)r;
    return true;
}

/* Why the best that there is may not be quoted: the gravest flaw among them. */
static const char *why_none(const struct et_report *w,
                            const struct et_picks *group)
{
    static const char *const words[] = {
        [ET_FLAW_WRONG] = "wrong results (named below)",
        [ET_FLAW_UNCHECKED] = "results were not checked",
        [ET_FLAW_ODD] = "outputs differ between hosts (named below)",
        [ET_FLAW_SUSPECT] = "faster than the ceiling that was measured with "
                            "it, or than the nominal peak at the highest "
                            "clock, so one of the two is wrong (below)",
        [ET_FLAW_DOUBTFUL] = "doubtful, for the reason in its caveat (below)",
        [ET_FLAW_UNCONVERGED] =
            "not converged (interval wider than requested; the figures are in "
            "the tables below)",
        [ET_FLAW_NO_INTERVAL] = "too few passes for an interval",
        [ET_FLAW_DRIFTS] = "the samples drift, so their median describes no "
                           "single state of the machine",
        [ET_FLAW_OVERSUBSCRIBED] =
            "more busy threads than cores, which took turns",
        [ET_FLAW_THREADS] = "fewer threads worked than were asked for (the "
                            "tables say how many)",
        [ET_FLAW_DISTURBED] = "other processes, a hypervisor, a quota or heat "
                              "disturbed the samples (reasons below)",
        [ET_FLAW_UNWATCHED] = "it is not known whether something else on the "
                              "machine disturbed the samples",
        [ET_FLAW_UNCOUNTED] =
            "it is not known how many threads worked (reasons below)"};
    size_t n[ET_UNMEASURED + 1] = {0}, flaws[ET_FLAWS] = {0};
    for (size_t i = 0; i < group->n; i++) {
        const struct et_record *r = &w->run->records[group->v[i]];
        if (r->result.outcome >= 0 && r->result.outcome <= ET_UNMEASURED)
            n[r->result.outcome]++;
        if (r->result.outcome == ET_MEASURED)
            flaws[et_report_flaw(w, r)]++;
    }
    if (w->run->info.clock_fake)
        return "fake clock, so nothing was measured";
    flaws[ET_FLAW_WRONG] += n[ET_WRONG_DATA];
    for (size_t f = ET_FLAW_WRONG; f < ET_FLAWS; f++) {
        if (flaws[f])
            return words[f];
    }
    if (n[ET_MEASURED])
        return "there is no figure to quote";
    if (n[ET_FAILED])
        return "every case failed (reasons below)";
    if (n[ET_UNMEASURED])
        return "no case was measured (reasons below)";
    return "no case could be run (reasons below)";
}

static bool is_better(const struct et_metric_value *a,
                      const struct et_metric_value *b)
{
    return et_metric_is_higher(a) ? a->value > b->value : a->value < b->value;
}

/* The best sound record by `metric`; among the largest teams if `largest`. */
static const struct et_record *best(const struct et_report *w,
                                    const struct et_picks *group,
                                    const char *metric, bool largest)
{
    const struct et_run *run = w->run;
    const struct et_record *found = NULL;
    const struct et_metric_value *value = NULL;
    if (run->info.clock_fake)
        return NULL;
    for (size_t i = 0; i < group->n; i++) {
        const struct et_record *r = &run->records[group->v[i]];
        const struct et_metric_value *m = et_record_metric(r, metric);
        if (!m || et_report_flaw(w, r) || !(m->value > 0))
            continue;
        int64_t more = !found || !largest
                           ? 0
                           : r->result.team.ranks - found->result.team.ranks;
        if (!found || more > 0 || (more == 0 && is_better(m, value))) {
            found = r;
            value = m;
        }
    }
    return found;
}

/* The flaw of a better figure of this team that may not be quoted. */
static enum et_flaw outdone(const struct et_report *w,
                            const struct et_picks *group, const char *metric,
                            const struct et_record *found, double *times)
{
    const struct et_metric_value *best = et_record_metric(found, metric);
    enum et_flaw flaw = ET_FLAW_NONE;
    for (size_t i = 0; i < group->n; i++) {
        const struct et_record *r = &w->run->records[group->v[i]];
        const struct et_metric_value *m = et_record_metric(r, metric);
        if (m && et_record_measured(r) && et_report_flaw(w, r) &&
            r->result.team.ranks == found->result.team.ranks &&
            (strcmp(metric, "time") != 0 ||
             r->result.work.bytes <= found->result.work.bytes) &&
            is_better(m, best)) {
            best = m;
            flaw = et_report_flaw(w, r);
        }
    }
    double ratio = best->value / et_record_metric(found, metric)->value;
    *times = ratio > 1 ? ratio : 1 / ratio;
    return flaw;
}

/* The fastest sound record of the smallest payload on the largest team; none
 * where that size was measured, but is not sound: a larger one is no latency.
 */
static const struct et_record *quickest(const struct et_report *w,
                                        const struct et_picks *group)
{
    const struct et_run *run = w->run;
    const struct et_record *found = NULL;
    double least = INFINITY;
    if (run->info.clock_fake)
        return NULL;
    for (size_t i = 0; i < group->n; i++) {
        const struct et_record *r = &run->records[group->v[i]];
        if (r->result.team.ranks < 2)
            continue;
        if (et_record_measured(r))
            least = fmin(least, r->result.work.bytes);
        if (et_report_flaw(w, r))
            continue;
        const struct et_result *a = &r->result;
        const struct et_result *b = found ? &found->result : NULL;
        bool better = !b || a->team.ranks > b->team.ranks ||
                      (a->team.ranks == b->team.ranks &&
                       (a->work.bytes < b->work.bytes ||
                        (a->work.bytes <= b->work.bytes &&
                         a->time.median < b->time.median)));
        if (better)
            found = r;
    }
    return found && found->result.work.bytes <= least ? found : NULL;
}

static void say_circumstances(const struct et_report *w,
                              const struct et_record *r, struct et_text *t)
{
    static const struct et_strings none = {0};
    const struct et_result *s = &r->result;
    struct et_text shape = {0};
    et_text_add(t, ", %s", s->backend);
    et_shape_say(w->run, r, &none, false, &shape);
    if (strcmp(et_text_str(&shape), "-") != 0)
        et_text_add(t, ", %s", et_text_str(&shape));
    et_text_free(&shape);
    et_text_add(t, ", %s x %s",
                et_say_count((size_t)s->team.ranks, "rank", "ranks").s,
                et_say_count((size_t)s->team.threads, "thread", "threads").s);
    if (s->team.nodes > 1)
        et_text_add(t, " on %lld nodes", (long long)s->team.nodes);
    const char *files = et_pairs_get(&s->facts, "filesystem");
    if (files && *files)
        et_text_add(t, ", %s", files);
    const struct et_metric_value *flops = et_record_metric(r, "flops");
    const char *origin = NULL;
    double peak =
        flops ? et_run_peak(w->run, r, w->options->peak, &origin) : NAN;
    if (flops && peak > 0)
        et_text_add(
            t, ", %s of nominal peak",
            et_say_percent(flops->value * et_metric_find("flops")->scale / peak)
                .s);
}

/* What the figure is worth: how many samples, how near to what bounds it, how
 * the samples began, what was checked. */
static void say_validity(const struct et_record *r, struct et_text *t)
{
    const struct et_result *s = &r->result;
    const struct et_roofline *f = &r->roofline;
    et_text_add(t, "; n = %lld", (long long)s->time.n);
    if (s->time.passes.n)
        et_text_add(t, " in %s",
                    et_say_count(s->time.passes.n, "pass", "passes").s);
    if (isfinite(s->time.between) && s->time.passes.n > 1)
        et_text_add(t, ", whose medians are up to %s apart (within a pass %s)",
                    et_say_percent(s->time.between).s,
                    et_say_percent(s->time.within).s);
    if (s->time.n_effective < 0.9 * (double)s->time.n)
        et_text_add(t, " (%.0f independent)", s->time.n_effective);
    if (isfinite(f->share) && f->binds)
        et_text_add(t, ", %s of its %s ceiling",
                    et_say_share(f->share, f->share_low, f->share_high).s,
                    f->binds);
    else if (f->absent && (s->ceilings.n || s->work.traffic > 0))
        et_text_add(t, ", ceiling not measured");
    et_text_add(t, ", check passed");
    if (s->verification.sampled != ET_ABSENT_INT)
        et_text_add(t, " (first, last and %lld sampled)",
                    (long long)s->verification.sampled);
    if (isfinite(s->verification.usual))
        et_text_add(
            t, ", errors %s of their bound",
            et_say_percent(s->verification.error / s->verification.bound).s);
    if (s->sync.start && strcmp(s->sync.start, "alone") != 0)
        et_text_add(t, ", %s start", s->sync.start);
    et_text_add(t,
                isnan(s->time.drift_p) ? ", drift not tested" : ", no drift");
}

/* In the prefix that fits the value: "4.273 TFLOP/s [4.244, 4.301]". */
static void say_rate(const struct et_record *r, const struct et_metric_value *m,
                     struct et_text *t)
{
    static const char *const prefixes[] = {"", "k", "M", "G", "T", "P", "E"};
    struct et_unit unit = et_metric_unit(r, m);
    double value = m->value * unit.scale, low = m->ci_low * unit.scale;
    double high = m->ci_high * unit.scale;
    int p = 0;
    for (; et_metric_find(m->name) && value >= 1000 && p < 6; p++) {
        value /= 1000;
        low /= 1000;
        high /= 1000;
    }
    et_text_add(t, "%s %s%s %s", et_say_real(value).s, prefixes[p], unit.base,
                et_say_interval(value, low, high).s);
}

static void fact(const struct et_report *w, struct et_block *b,
                 const struct et_picks *group, const char *word,
                 const char *metric, const struct et_record *r)
{
    struct et_text name = {0}, text = {0};
    et_kind_say(&w->run->records[group->v[0]], &name);
    if (*word)
        et_text_add(&name, " %s", word);
    if (!r) {
        et_text_add(&text, "no headline: %s", why_none(w, group));
    } else {
        const struct et_metric_value *m = et_record_metric(r, metric);
        double scale = et_metric_unit(r, m).scale;
        if (et_metric_is_time(m))
            et_text_add(
                &text, "%s %s", et_say_seconds(m->value * scale).s,
                et_say_time_interval(m->ci_low * scale, m->ci_high * scale).s);
        else
            say_rate(r, m, &text);
        say_circumstances(w, r, &text);
        say_validity(r, &text);
        et_report_beside(w, group, r, &text);
        double better = NAN;
        enum et_flaw f = outdone(w, group, metric, r, &better);
        if (f)
            et_text_add(&text, "; a figure %.3g times as good is withheld (%s)",
                        better, et_flaw_name(f));
    }
    et_block_fact(b, et_text_str(&name), "%s", et_text_str(&text));
    b->failed |= name.failed || text.failed;
    et_text_free(&name);
    et_text_free(&text);
}

/* The metric that a group is quoted by, of its largest team: a collective of
 * one rank has no bus bandwidth. */
static const char *merit_of(const struct et_run *run,
                            const struct et_picks *group)
{
    const struct et_record *found = NULL;
    for (size_t i = 0; i < group->n; i++) {
        const struct et_record *r = &run->records[group->v[i]];
        if (et_run_merit(run, r) &&
            (!found || r->result.team.ranks > found->result.team.ranks))
            found = r;
    }
    return found ? et_run_merit(run, found)->name : "time";
}

/* The figures of one kind of work: a collective has two, each with its name. */
static void figures_of(const struct et_report *w, struct et_block *b,
                       const struct et_picks *g)
{
    const struct et_record *first = &w->run->records[g->v[0]];
    const char *merit = merit_of(w->run, g);
    bool collective = et_run_role(w->run, first) == ET_ROLE_COLLECTIVE;
    bool bus = strcmp(merit, "busbw") == 0;
    fact(w, b, g, bus ? "bus bandwidth" : "", merit,
         best(w, g, merit, collective));
    const struct et_record *r = collective && bus ? quickest(w, g) : NULL;
    if (r)
        fact(w, b, g, "small-message latency", "time", r);
}

/* The figures of the caches stand in the tables alone. */
static bool is_headline(const struct et_report *w, const struct et_picks *group)
{
    const char *level = et_record_level(&w->run->records[group->v[0]]);
    return !level || strcmp(level, "memory") == 0;
}

/* What was measured and is not quoted, by kind and reason. */
static void withheld(struct et_report *w, const struct et_groups *kinds)
{
    static const char *const columns[] = {"Withheld", "Why", "Cases",
                                          "First of them", NULL};
    struct et_block *b = NULL;
    for (size_t i = 0; i < kinds->n && i < ET_REPORT_ROWS; i++) {
        const struct et_picks *g = &kinds->v[i];
        size_t n[ET_FLAWS] = {0}, first[ET_FLAWS] = {0};
        struct et_text name = {0};
        for (size_t k = 0; k < g->n; k++) {
            const struct et_record *r = &w->run->records[g->v[k]];
            enum et_flaw f = et_report_flaw(w, r);
            if (et_record_measured(r) && !n[f]++)
                first[f] = g->v[k];
        }
        et_kind_say(&w->run->records[g->v[0]], &name);
        for (size_t f = ET_FLAW_WRONG; f < ET_FLAWS; f++) {
            if (n[f] && !b)
                b = et_doc_table(w->doc, "llrl", columns);
            if (!n[f])
                continue;
            et_block_cell(b, "%s", et_text_str(&name));
            et_block_cell(b, "%s", et_flaw_name((enum et_flaw)f));
            et_block_cell(b, "%zu", n[f]);
            et_block_cell(b, "%s", w->run->records[first[f]].result.id);
        }
        et_text_free(&name);
    }
    et_block_note(b, "The tables below have the figures of these cases, with "
                     "the reason in their remarks. No headline uses them.");
}

bool et_report_headline(struct et_report *w)
{
    struct et_picks all;
    struct et_groups kinds;
    et_doc_heading(w->doc, 2, "Headline");
    if (w->run->n == 0)
        return et_doc_warning(w->doc, "No headline: the run holds no record.");
    if (!et_picks_take(&all, w->run, any))
        return false;
    bool ok = et_groups_make(&kinds, w->run, &all, ET_KEY_KIND);
    et_picks_free(&all);
    if (!ok)
        return false;
    struct et_block *b = et_doc_facts(w->doc);
    if (b)
        b->level = 1;
    for (size_t i = 0; b && i < kinds.n && i < ET_REPORT_ROWS; i++) {
        const struct et_picks *g = &kinds.v[i];
        if (is_headline(w, g))
            figures_of(w, b, g);
    }
    double precision = et_run_asked(w->run).precision;
    char width[128] = "";
    if (!isnan(precision))
        snprintf(width, sizeof width, " (%s of the median)",
                 et_say_percent(precision).s);
    bool said =
        b &&
        et_doc_paragraph(
            w->doc,
            "Each case was measured in several passes, spread over the run, "
            "with n samples in all. Its figure is the median of the passes' "
            "medians, or the work over it; in brackets is the "
            "distribution-free 95 %% interval that these medians give, no "
            "narrower than is usual for the cases of its bench here. A "
            "figure is quoted only if the timed data was checked and right, "
            "the interval is no wider than "
            "requested%s, the samples do not drift, it does not lie above the "
            "whole interval of a ceiling, all threads that were asked for "
            "worked, and other work disturbed at most a fifth of the samples. "
            "Window start: the ranks began each sample at "
            "an agreed time. Barrier start: they began after a barrier, for "
            "the reason given below.",
            width);
    if (said && !w->run->info.clock_fake)
        withheld(w, &kinds);
    et_groups_free(&kinds);
    return said;
}
