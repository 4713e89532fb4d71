/* Caveats: what may make the figures, or a node, less trustworthy: missed
 * windows, barriers instead of windows, drift, threads that did not work,
 * outputs that differ between hosts, cases above their ceiling, and nodes or
 * ranks that were slowest more often than chance explains. Knows records; names
 * no bench. */
#include "config.h"
#include "results/report/parts.h"
#include "results/reading/slow.h"

#include <stdlib.h>
#include <string.h>

#include "harness/base/memory.h"
#include "harness/stat/stat.h"

#define REASONS 24 /* different findings that are told apart */

/* A finding, how many cases have it, and the first of them. */
struct finding {
    const char *what, *reason;
    const struct et_record *first;
    size_t cases;
    double amount, of, worst;
};
struct findings {
    struct finding v[REASONS];
    size_t n, lost;
};

static const char missed[] = "missed windows", barrier[] = "barrier start",
                  drift[] = "drift", odd[] = "odd outputs",
                  no_ceiling[] = "no ceiling", no_digest[] = "no digest",
                  disturbed[] = "disturbed", threads[] = "fewer threads",
                  uncounted[] = "threads not counted";

/* A reason may have other numbers in each case; those of an odd rank and its
 * host say which one it is. */
static bool is_same(const struct finding *f, const char *what,
                    const char *reason)
{
    return f->what == what &&
           (what == odd ? strcmp(f->reason, reason) == 0
                        : et_same_but_numbers(f->reason, reason));
}

static struct finding *find(struct findings *l, const char *what,
                            const char *reason, const struct et_record *r)
{
    size_t i = 0;
    while (i < l->n && !is_same(&l->v[i], what, reason))
        i++;
    if (i == REASONS) {
        l->lost++;
        return NULL;
    }
    if (i == l->n)
        l->v[l->n++] =
            (struct finding){.what = what, .reason = reason, .first = r};
    l->v[i].cases++;
    return &l->v[i];
}

static void look(struct findings *l, const struct et_record *r, bool fake)
{
    const struct et_result *s = &r->result;
    struct finding *f;
    if (s->sync.missed > 0 && (f = find(l, missed, "", r))) {
        double share = (double)s->sync.missed / (double)s->time.n;
        f->amount += (double)s->sync.missed;
        f->of += (double)s->time.n;
        f->worst = fmax(f->worst, share);
    }
    if (s->sync.start && strcmp(s->sync.start, "barrier") == 0)
        find(l, barrier, s->sync.reason ? s->sync.reason : "no reason given",
             r);
    if (s->time.drifts && (f = find(l, drift, "", r)) &&
        fabs(s->time.drift) > fabs(f->worst)) {
        f->worst = s->time.drift;
        f->first = r;
    }
    if (s->disturbed.n > 0 && (f = find(l, disturbed, "", r))) {
        double share = (double)s->disturbed.n / (double)s->time.n;
        if (share > f->worst)
            f->first = r;
        f->amount += (double)s->disturbed.n;
        f->of += (double)s->time.n;
        f->worst = fmax(f->worst, share);
    }
    if (et_flaw_is(ET_FLAW_THREADS, r, NULL) && (f = find(l, threads, "", r))) {
        double lack = 1 - (double)s->team.delivered / (double)s->team.threads;
        if (lack > f->worst)
            f->first = r;
        f->worst = fmax(f->worst, lack);
    }
    if (s->outcome == ET_MEASURED && !fake &&
        et_flaw_is(ET_FLAW_UNCOUNTED, r, NULL))
        find(l, uncounted,
             s->team.delivered_absent ? s->team.delivered_absent
                                      : "no reason given",
             r);
    for (size_t i = 0; i < s->verification.odd.n; i++)
        find(l, odd, s->verification.odd.v[i], r);
    if (r->roofline.absent && s->ceilings.n)
        find(l, no_ceiling, r->roofline.absent, r);
    if (s->verification.digest_absent && s->team.nodes > 1)
        find(l, no_digest, s->verification.digest_absent, r);
}

static void say_finding(const struct finding *f, struct et_block *b)
{
    et_block_cell(b, "%s", f->what);
    et_block_cell(b, "%zu", f->cases);
    if (f->what == missed)
        et_block_cell(b,
                      "%.0f of %.0f samples began late on some rank (%s in the "
                      "worst case); they are marked and kept",
                      f->amount, f->of, et_say_percent(f->worst).s);
    else if (f->what == drift)
        et_block_cell(b,
                      "the samples have a trend: %s%s from first to last in "
                      "the worst case",
                      f->worst > 0 ? "+" : "", et_say_percent(f->worst).s);
    else if (f->what == disturbed)
        et_block_cell(
            b,
            "another process, a hypervisor, a quota or heat kept some "
            "rank from its cores in %.0f of %.0f samples (%s in the "
            "worst case); they are marked and kept",
            f->amount, f->of, et_say_percent(f->worst).s);
    else if (f->what == threads)
        et_block_cell(b,
                      "%lld of the %lld threads of a rank worked in the worst "
                      "case: a library without threads, or OMP_THREAD_LIMIT or "
                      "OMP_DYNAMIC; shares of the peak are of the cores that "
                      "it had",
                      (long long)f->first->result.team.delivered,
                      (long long)f->first->result.team.threads);
    else if (f->what == odd)
        et_block_cell(b, "the outputs of %s differ from those of most ranks",
                      f->reason);
    else
        et_block_cell(b, "%s", f->reason);
    et_block_cell(b, "%s", f->first->result.id);
}

static void findings(struct et_report *w)
{
    static const char *const columns[] = {"Finding", "Cases", "What it is",
                                          "Worst or first case", NULL};
    struct findings l = {.n = 0};
    for (size_t i = 0; i < w->run->n; i++) {
        if (w->run->records[i].result.outcome <= ET_WRONG_DATA)
            look(&l, &w->run->records[i], w->run->info.clock_fake);
    }
    if (!l.n)
        return;
    et_doc_heading(w->doc, 3, "Findings");
    struct et_block *b = et_doc_table(w->doc, "lrll", columns);
    for (size_t i = 0; i < l.n; i++)
        say_finding(&l.v[i], b);
    if (l.lost)
        et_block_note(b, "%zu more are in records.jsonl.", l.lost);
}

/* --- above the ceiling ----------------------------------------------------
 */

static bool is_suspect(const struct et_record *r)
{
    return r->roofline.suspect != NULL;
}

static struct et_said say_flops(double v, double low, double high)
{
    struct et_said out;
    snprintf(out.s, sizeof out.s, "%.30s %.60s", et_say_real(v / 1e9).s,
             et_say_interval(v / 1e9, low / 1e9, high / 1e9).s);
    return out;
}

/* Both sides of the contradiction. */
static bool suspects(struct et_report *w)
{
    static const char *const columns[] = {"Case", "GFLOP/s", "Its ceiling",
                                          "GFLOP/s", NULL};
    struct et_picks p;
    if (!et_picks_take(&p, w->run, is_suspect))
        return false;
    if (!p.n)
        goto out;
    et_doc_heading(w->doc, 3, "Faster than possible");
    et_doc_paragraph(w->doc,
                     "Each of these figures lies above the whole interval "
                     "of a ceiling that was measured beside its samples. One "
                     "of the two figures is wrong. The records do "
                     "not show which, so neither is quoted.");
    struct et_block *b = et_doc_table(w->doc, "lrlr", columns);
    size_t shown = et_report_shown(p.n);
    for (size_t i = 0; b && i < shown; i++) {
        const struct et_record *r = &w->run->records[p.v[i]];
        const struct et_result_ceiling *c = r->result.ceilings.v;
        const struct et_metric_value *m = et_record_metric(r, "flops");
        for (size_t k = 0; k < r->result.ceilings.n; k++) {
            const char *id = c[k].id ? c[k].id : c[k].what;
            if (!id || strcmp(id, r->roofline.suspect) != 0)
                continue;
            bool memory = c[k].what && strcmp(c[k].what, "memory") == 0;
            double by = memory ? r->roofline.intensity : 1;
            et_block_cell(b, "%s", r->result.id);
            et_block_cell(b, "%s",
                          say_flops(m ? m->value * 1e9 : NAN,
                                    m ? m->ci_low * 1e9 : NAN,
                                    m ? m->ci_high * 1e9 : NAN)
                              .s);
            et_block_cell(b, "%s%s", id, memory ? ", by intensity" : "");
            et_block_cell(b, "%s",
                          say_flops(by * c[k].rate, by * c[k].rate_low,
                                    by * c[k].rate_high)
                              .s);
            break;
        }
    }
    et_report_close(b, shown, p.n);
out:
    et_picks_free(&p);
    return true;
}

/* --- who was slowest ------------------------------------------------------
 */

/* Without a name: the rank that waited is not the one that is slow. */
static void say_somewhere(struct et_report *w, const struct et_slows *l)
{
    const struct et_slow *s = &l->somewhere;
    if (!l->waited)
        return;
    et_doc_heading(w->doc, 3, "Slow somewhere");
    et_doc_paragraph(
        w->doc,
        "In %zu of %zu collective and storage cases a part of the ranks took "
        "longer than the others, more often than chance explains (worst case: "
        "%s, %s against %s). A node, a link or the storage is slow there, but "
        "these cases do not show which: in a collective the wait for a slow "
        "link shows at the rank that receives, and that rank's node may be "
        "innocent. Compute cases name a slow node; a link is found by "
        "measuring pairs of nodes.",
        l->waited, l->shared, s->worst->result.id, et_say_seconds(s->median).s,
        et_say_seconds(s->others).s);
}

static void slowest(struct et_report *w)
{
    static const char *const columns[] = {
        "Node or rank", "Listed in", "Its median", "Median of others",
        "Slowest in",   "Chance",    "Worst case", NULL};
    struct et_slows l;
    et_slows_find(w->run, &l);
    say_somewhere(w, &l);
    if (!l.n)
        return;
    et_doc_heading(w->doc, 3, "Slowest nodes and ranks");
    et_doc_paragraph(
        w->doc,
        "A node or rank is listed if it took at least 2 %% longer than the "
        "median of the others and was last in more samples than chance "
        "explains. If all ranks were alike, the number of samples in which one "
        "is last would be binomial; a count this high has a chance below 1 in "
        "1000 for the whole case (Bonferroni over its nodes or ranks). Only "
        "cases in which each rank works by itself are looked at: collectives "
        "and storage name nobody.");
    struct et_block *b = et_doc_table(w->doc, "lrrrrrl", columns);
    for (size_t i = 0; b && i < l.n; i++) {
        const struct et_slow *s = &l.v[i];
        if (s->host)
            et_block_cell(b, "node %s", s->host);
        else
            et_block_cell(b, "rank %lld", (long long)s->rank);
        et_block_cell(b, "%zu of %zu cases", s->cases, l.tested);
        et_block_cell(b, "%s", et_say_seconds(s->median).s);
        et_block_cell(b, "%s", et_say_seconds(s->others).s);
        et_block_cell(b, "%s", et_say_percent(s->share).s);
        et_block_cell(b, "%s",
                      s->expected < 0.001 ? "below 0.1 %"
                                          : et_say_percent(s->expected).s);
        et_block_cell(b, "%s", s->worst->result.id);
    }
    if (l.more)
        et_block_note(b,
                      "The first %d that were found; there are more: see "
                      "`etalon report --ranks`.",
                      ET_SLOWS);
}

bool et_report_caveats(struct et_report *w)
{
    size_t before = w->doc->n;
    et_doc_heading(w->doc, 2, "Caveats");
    findings(w);
    bool ok = suspects(w);
    slowest(w);
    if (ok && w->doc->n == before + 1)
        ok = et_doc_paragraph(
            w->doc,
            "None: no missed window, no barrier in place of a window, no "
            "drift, no disturbed sample, no thread that did not work, no host "
            "whose outputs differ, and no case above its ceiling. No node or "
            "rank was slowest, and no collective waited, more often than "
            "chance explains.");
    return ok;
}
