/* The warnings at the head of a report: everything that could deceive who reads
 * no further. Knows records and blocks. */
#include "config.h"
#include "results/report/parts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/memory.h"
#include "harness/stat/stat.h"
#include "results/record/metric.h"

/* Ids of the first few that `test` picks, in brackets. */
static size_t name_some(const struct et_run *run, et_pick_test *test,
                        struct et_text *names)
{
    size_t n = 0;
    for (size_t i = 0; i < run->n; i++) {
        if (!test(&run->records[i]))
            continue;
        if (n < 8)
            et_text_add(names, "%s%s", n ? "; " : "",
                        run->records[i].result.id);
        n++;
    }
    if (n > 8)
        et_text_add(names, "; and %zu more", n - 8);
    return n;
}

static bool is_wrong(const struct et_record *r)
{
    return r->result.outcome == ET_WRONG_DATA ||
           (r->result.outcome == ET_MEASURED && !et_record_measured(r));
}
static bool is_failed(const struct et_record *r)
{
    return r->result.outcome == ET_FAILED;
}
static bool is_unconverged(const struct et_record *r)
{
    return et_record_measured(r) && !r->result.time.converged;
}
static bool is_unchecked(const struct et_record *r)
{
    return et_record_measured(r) && !et_record_checked(r);
}

static bool is_short_of_threads(const struct et_record *r)
{
    return et_record_measured(r) && et_flaw_is(ET_FLAW_THREADS, r, NULL);
}

static bool is_disturbed(const struct et_record *r)
{
    return et_record_measured(r) && et_flaw_is(ET_FLAW_DISTURBED, r, NULL);
}

/* Figures of a machine that did other work, too. */
static void warn_disturbed(struct et_report *w)
{
    double load = 0;
    size_t n = 0;
    for (size_t i = 0; i < w->run->n; i++) {
        n += is_disturbed(&w->run->records[i]);
        load = fmax(load, w->run->records[i].result.disturbed.load);
    }
    if (w->run->info.busy)
        et_doc_warning(w->doc, "BUSY MACHINE before the first case: %s.",
                       w->run->info.busy);
    if (n)
        et_doc_warning(w->doc,
                       "%s DISTURBED by something else on the machine (%lld "
                       "cores, load %.3g): their figures are not the "
                       "machine's. The tables mark them.",
                       n == 1 ? "1 case was"
                              : et_say_count(n, "", "cases were").s,
                       (long long)w->run->info.environment.cores, load);
}

static void warn_oversubscribed(struct et_report *w)
{
    const struct et_run *run = w->run;
    const struct et_run_group *worst = NULL;
    double most = 1; /* busy threads a core; a quota may hold up fewer */
    int64_t busy = 0;
    size_t n = 0;
    for (size_t i = 0; i < run->n; i++) {
        const struct et_result_team *team = &run->records[i].result.team;
        const struct et_run_placement *p = et_run_placed(run, &run->records[i]);
        n += team->oversubscribed;
        const struct et_run_group *g = p ? p->groups.v : NULL;
        for (size_t k = 0; g && team->oversubscribed && k < p->groups.n; k++) {
            double share =
                (double)(g[k].ranks * team->threads) / (double)g[k].cores;
            if (g[k].cores == ET_ABSENT_INT || !(share > most))
                continue;
            most = share;
            busy = g[k].ranks * team->threads;
            worst = &g[k];
        }
    }
    if (!n)
        return;
    struct et_text where = {0};
    if (worst)
        et_text_add(&where, " (worst: host %s, %lld busy threads on %lld %s)",
                    worst->hosts ? worst->hosts : "unnamed", (long long)busy,
                    (long long)worst->cores,
                    worst->cores == 1 ? "core" : "cores");
    et_doc_warning(w->doc,
                   "OVERSUBSCRIBED: %zu of %zu cases ran more busy threads "
                   "than the cores they may use%s. Their times are those of "
                   "threads that take turns, not those of the machine.",
                   n, run->n, et_text_str(&where));
    et_text_free(&where);
}

/* A run carried on elsewhere, or by another build, is two runs in one; and one
 * of fewer launches than it was begun for shows less than was wanted. */
static void warn_resumed(struct et_report *w)
{
    const struct et_run_info *info = &w->run->info;
    const struct et_run_resume *r = w->run->resumes.v;
    int64_t newest, made = et_run_launches(w->run, &newest),
                    asked = et_run_asked(w->run).launches;
    if (made < asked)
        et_doc_warning(
            w->doc,
            "%lld of the %lld launches that the run was begun for "
            "were begun. `etalon run --resume DIR` makes the others; "
            "under a launcher each takes an `etalon run --again "
            "DIR`.",
            (long long)made, (long long)asked);
    for (size_t i = 0; i < w->run->resumes.n; i++) {
        const char *host = info->environment.host;
        if (host && r[i].host && strcmp(host, r[i].host) != 0)
            et_doc_warning(w->doc,
                           "The run was begun on host %s and resumed on host "
                           "%s.",
                           host, r[i].host);
        if (info->commit && r[i].commit &&
            strcmp(info->commit, r[i].commit) != 0)
            et_doc_warning(w->doc,
                           "The run was begun by commit %s and resumed by "
                           "commit %s.",
                           info->commit, r[i].commit);
    }
}

static void warn_some(struct et_report *w, et_pick_test *test, const char *what)
{
    struct et_text names = {0};
    size_t n = name_some(w->run, test, &names);
    if (n)
        et_doc_warning(w->doc, "%s %s: %s.", et_say_count(n, "case", "cases").s,
                       what, et_text_str(&names));
    et_text_free(&names);
}

static bool is_above_nominal(const struct et_report *w,
                             const struct et_record *r)
{
    const struct et_metric_value *flops = et_record_metric(r, "flops");
    const char *origin = NULL;
    double peak =
        flops ? et_run_peak(w->run, r, w->options->peak, &origin) : NAN;
    return flops && peak > 0 &&
           flops->value * et_metric_find("flops")->scale > 1.02 * peak;
}

static void warn_nominal(struct et_report *w)
{
    const struct et_record *above = NULL, *r = w->run->records;
    size_t n = 0, n_above = 0;
    for (size_t i = 0; i < w->run->n && !w->run->info.clock_fake; i++) {
        n += is_above_nominal(w, &r[i]);
        bool is = et_run_above_boost(w->run, &r[i], w->options->peak, NULL);
        n_above += is;
        above = is && !above ? &r[i] : above;
    }
    if (above)
        et_doc_warning(
            w->doc,
            "%s faster than the nominal peak at the highest clock (first: %s). "
            "The work was not done, or the peak is not this machine's. No such "
            "figure is quoted, and none passes a contract. If the peak is "
            "wrong, give the right one with --peak.",
            n_above == 1 ? "1 case is"
                         : et_say_count(n_above, "", "cases are").s,
            above->result.id);
    if (n)
        et_doc_warning(
            w->doc,
            "%s above the nominal peak: the cores do not run at the clock "
            "that it was computed from. Shares of the nominal peak are too "
            "high; shares of the measured ceilings are not affected. A "
            "contract should state its peak.",
            n == 1 ? "1 case is" : et_say_count(n, "", "cases are").s);
}

/* By how much their passes differ, too: on a restless machine that is the
 * news. */
static void warn_unconverged(struct et_report *w)
{
    size_t n = 0;
    double *apart = et_alloc(w->run->n + 1, sizeof *apart);
    for (size_t i = 0; apart && i < w->run->n; i++) {
        const struct et_record *r = &w->run->records[i];
        if (is_unconverged(r))
            apart[n++] = r->result.time.between;
    }
    if (n) {
        double middle = et_stat_median(apart, n);
        et_doc_warning(w->doc,
                       "%s did not converge: interval wider than requested. "
                       "%s%s%sThe tables mark them.",
                       et_say_count(n, "case", "cases").s,
                       isfinite(middle) ? "The medians of their passes are "
                                        : "",
                       isfinite(middle) ? et_say_percent(middle).s : "",
                       isfinite(middle) ? " apart, typically. " : "");
    }
    free(apart);
}

bool et_report_warnings(struct et_report *w)
{
    const struct et_run *run = w->run;
    const struct et_run_info *info = &run->info;
    if (info->clock_fake)
        et_doc_warning(w->doc, "FAKE CLOCK: the times below come from a clock "
                               "for tests. Nothing here is a measurement.");
    warn_some(w, is_wrong,
              "gave WRONG RESULTS, so none of their figures counts");
    warn_oversubscribed(w);
    if (!run->outcome || strcmp(run->outcome, "complete") != 0 ||
        (info->cases > 0 && (int64_t)run->n < info->cases))
        et_doc_warning(w->doc,
                       "The run is not complete: its outcome is \"%s\"%s%s%s, "
                       "and %zu of %lld planned cases left a record.",
                       run->outcome ? run->outcome : "unknown",
                       run->reason ? " (" : "", run->reason ? run->reason : "",
                       run->reason ? ")" : "", run->n, (long long)info->cases);
    warn_disturbed(w);
    warn_some(w, is_short_of_threads,
              "had fewer threads at work than were asked for");
    warn_some(w, is_failed, "failed");
    warn_some(w, is_unchecked, "never had its result checked");
    warn_unconverged(w);
    warn_nominal(w);
    for (size_t i = 0; i < info->cautions.n && i < ET_REPORT_ROWS; i++)
        et_doc_warning(w->doc, "%s", info->cautions.v[i]);
    warn_resumed(w);
    for (size_t i = 0; i < run->warnings.n && i < ET_REPORT_ROWS; i++)
        et_doc_warning(w->doc, "%s", run->warnings.v[i]);
    if (!info->commit)
        et_doc_warning(w->doc, "The build does not know its git commit.");
    else if (strstr(info->commit, "-dirty"))
        et_doc_warning(w->doc,
                       "etalon was built from sources with uncommitted "
                       "changes (%s), so its commit does not say what ran.",
                       info->commit);
    return true;
}
