/* Where and how it was measured: the machine, the build, who ran on which
 * cores, how times were taken, results checked and work counted. */
#include "config.h"
#include "results/report/parts.h"

#include <string.h>

#include "results/record/metric.h"

#define WORDS 64 /* different texts of one kind: conventions, methods */

/* One fact of a struct, its unit with it. */
static void say_field(struct et_block *b, const struct et_field *row,
                      const void *base)
{
    const char *unit = row->unit ? row->unit : "";
    const char *at = (const char *)base + row->at;
    struct et_text t = {0};
    char name[64], buf[ET_TEXT_NUMBER];
    int64_t whole;
    double real;
    snprintf(name, sizeof name, "%s", row->key);
    for (char *p = name; *p; p++)
        *p = *p == '_' ? ' ' : *p;
    if (row->type == ET_BYTES) {
        memcpy(&whole, at, sizeof whole);
        et_text_add(&t, "%s", et_say_size((double)whole).s);
    } else if (row->type == ET_REAL && *unit) {
        memcpy(&real, at, sizeof real);
        et_text_add(&t, "%s",
                    strcmp(unit, "s") == 0 ? et_print_seconds(buf, real)
                                           : et_print_si(buf, real, unit));
    } else {
        et_field_print(row, base, &t);
        et_text_add(&t, "%s%s", *unit ? " " : "", unit);
    }
    et_block_fact(b, name, "%s", et_text_str(&t));
    b->failed |= t.failed;
    et_text_free(&t);
}

static void say_fields(struct et_block *b, const struct et_field *rows,
                       const void *base)
{
    for (const struct et_field *row = rows; row->key; row++) {
        if (row->type < ET_STRINGS && !et_field_is_absent(row, base))
            say_field(b, row, base);
    }
}

static void say_strings(struct et_block *b, const char *name,
                        const struct et_strings *l)
{
    struct et_text t = {0};
    for (size_t i = 0; i < l->n; i++)
        et_text_add(&t, "%s%s", i ? " " : "", l->v[i]);
    if (l->n)
        et_block_fact(b, name, "%s", et_text_str(&t));
    et_text_free(&t);
}

static void say_pairs(struct et_block *b, const char *name,
                      const struct et_pairs *p, const char *between)
{
    struct et_text t = {0};
    for (size_t i = 0; i < p->n; i++)
        et_text_add(&t, "%s%s%s%s", i ? ", " : "", p->v[i].key, between,
                    p->v[i].text);
    if (p->n)
        et_block_fact(b, name, "%s", et_text_str(&t));
    et_text_free(&t);
}

static void machine(struct et_report *w)
{
    const struct et_run_info *info = &w->run->info;
    et_doc_heading(w->doc, 2, "Machine and build");
    struct et_block *b = et_doc_facts(w->doc);
    if (!b)
        return;
    say_fields(b, et_environment_rows, &info->environment);
    say_pairs(b, "variables", &info->environment.variables, "=");
    say_fields(b, et_run_info_rows, info);
    for (size_t i = 0; i < info->libraries.n; i++) {
        const struct et_pair *p = &info->libraries.v[i];
        if (strcmp(p->text, "etalon's own") != 0)
            et_block_fact(b, p->key, "%s", p->text);
    }
    say_strings(b, "command", &info->command);
    const struct et_run_resume *again = w->run->resumes.v;
    for (size_t i = 0; i < w->run->resumes.n; i++)
        et_block_fact(b, "resumed", "%s on %s, commit %s",
                      again[i].started ? again[i].started : "no date",
                      again[i].host ? again[i].host : "unnamed host",
                      again[i].commit ? again[i].commit : "unknown");
    if (w->run->finished)
        et_block_fact(b, "finished", "%s", w->run->finished);
    const char *reason = w->run->reason;
    et_block_fact(b, "outcome", "%s%s%s",
                  w->run->outcome ? w->run->outcome : "unknown",
                  reason ? ": " : "", reason ? reason : "");
}

static bool is_placed(const struct et_record *r)
{
    return r->result.team.ranks > 0 && r->result.outcome != ET_SKIPPED;
}

/* One row a team and group of alike nodes, from the first case of each team.
 */
static bool placement(struct et_report *w)
{
    static const char *const columns[] = {
        "Team (ranks x threads)", "Nodes",   "Ranks on each", "Cores",
        "Busy threads",           "Binding", "Remarks",       NULL};
    struct et_picks picks;
    struct et_groups teams = {0};
    if (!et_picks_take(&picks, w->run, is_placed))
        return false;
    bool ok =
        et_groups_make(&teams, w->run, &picks, ET_KEY_TEAM | ET_KEY_THREADS);
    if (!ok || !picks.n)
        goto out;
    et_doc_heading(w->doc, 2, "Placement");
    struct et_block *b = et_doc_table(w->doc, "llrrrll", columns);
    size_t shown = 0, all = 0;
    for (size_t i = 0; b && i < teams.n; i++) {
        const struct et_record *r = &w->run->records[teams.v[i].v[0]];
        const struct et_run_placement *p = et_run_placed(w->run, r);
        const struct et_run_group *g = p ? p->groups.v : NULL;
        size_t n = p ? p->groups.n : 0;
        all += n;
        for (size_t k = 0; k < n && shown < ET_REPORT_ROWS; k++, shown++) {
            int64_t busy = g[k].ranks * r->result.team.threads;
            bool known = g[k].cores != ET_ABSENT_INT;
            et_block_cell(b, "%s", et_say_team(r).s);
            et_block_cell(b, "%s", g[k].hosts ? g[k].hosts : "unnamed");
            et_block_cell(b, "%lld", (long long)g[k].ranks);
            if (known)
                et_block_cell(b, "%lld", (long long)g[k].cores);
            else
                et_block_cell(b, "unknown");
            et_block_cell(b, "%lld", (long long)busy);
            et_block_cell(b, "%s", g[k].binding ? g[k].binding : "unknown");
            et_block_cell(b, "%s",
                          known && busy > g[k].cores ? "OVERSUBSCRIBED" : "");
        }
    }
    et_report_close(b, shown, all);
out:
    et_groups_free(&teams);
    et_picks_free(&picks);
    return ok;
}

/* A text of a record's, one of several kinds. */
static const char *word_of(const struct et_record *r, int kind)
{
    switch (kind) {
    case 0:
        return r->result.time.method;
    case 1:
        return r->result.verification.method;
    default:
        return r->result.work.convention;
    }
}

/* The text, numbers that differ from case to case as N. */
static void say_numberless(const char *s, struct et_text *out)
{
    while (*s) {
        size_t n = strspn(s, "0123456789");
        et_text_put(out, n ? "N" : s, 1);
        s += n ? n : 1;
    }
}

/* Every different text once, with the bench it was first said of. */
static void say_once(struct et_report *w, struct et_block *b, int kind,
                     const char *name)
{
    const struct et_record *seen[WORDS];
    bool differ[WORDS];
    size_t n = 0;
    for (size_t i = 0; i < w->run->n; i++) {
        const struct et_record *r = &w->run->records[i];
        const char *s = word_of(r, kind);
        size_t at = 0;
        if (!s || !*s || !et_record_measured(r))
            continue;
        while (at < n && (!et_same_but_numbers(word_of(seen[at], kind), s) ||
                          strcmp(seen[at]->result.bench, r->result.bench) != 0))
            at++;
        if (at < n)
            differ[at] |= strcmp(word_of(seen[at], kind), s) != 0;
        else if (n < WORDS)
            seen[n] = r, differ[n++] = false;
    }
    for (size_t i = 0; i < n; i++) {
        const char *s = word_of(seen[i], kind);
        struct et_text key = {0}, text = {0};
        et_text_add(&key, "%s %s", seen[i]->result.bench, name);
        say_numberless(s, &text);
        et_block_fact(b, et_text_str(&key), "%s",
                      differ[i] ? et_text_str(&text) : s);
        b->failed |= key.failed || text.failed;
        et_text_free(&key);
        et_text_free(&text);
    }
}

static void say_times(struct et_block *b, const struct et_run_times *t)
{
    double timed = t->samples + t->ceilings;
    if (t->passes > 0)
        et_block_fact(b, "time",
                      "%s in all passes, of which %s (%.0f %%) were timed "
                      "samples: %s of the cases, %s of their ceilings",
                      et_say_seconds(t->passes).s, et_say_seconds(timed).s,
                      100 * timed / t->passes, et_say_seconds(t->samples).s,
                      et_say_seconds(t->ceilings).s);
}

bool et_report_method(struct et_report *w)
{
    const struct et_run_info *info = &w->run->info;
    machine(w);
    if (!placement(w))
        return false;
    et_doc_heading(w->doc, 2, "How it was measured");
    et_doc_paragraph(
        w->doc,
        "For each case etalon prepares the data, checks a first result, "
        "chooses "
        "the number of iterations so that a sample is long compared with the "
        "clock's resolution, warms up, samples until the interval is narrow "
        "enough or the pass's share of the budget ends, and checks the timed "
        "data. It does so in several passes, all other cases in between, each "
        "with memory allocated anew. All raw samples "
        "are in records.jsonl; none is dropped. A sample of several ranks "
        "lasts "
        "from the first one's entry to the last one's exit, or is the slowest "
        "one's time: the facts about timing say which. A rate is the work over "
        "the median time, which is the median of the passes' medians; its "
        "95 %% interval is the work over the ends of the time's, which are "
        "order statistics of these medians. It is wide enough to hold the "
        "median of each launch of the run, and what the binding ceiling moved "
        "by. Variation within a pass is not in it, because it does not show "
        "what the next run will give.");
    struct et_block *b = et_doc_facts(w->doc);
    if (!b)
        return false;
    if (info->clock)
        et_block_fact(b, "clock", "%s, resolution %s, one reading takes %s",
                      info->clock, et_say_seconds(info->clock_resolution).s,
                      et_say_seconds(info->clock_overhead).s);
    say_times(b, &w->run->times);
    say_once(w, b, 0, "timing");
    say_once(w, b, 1, "check");
    say_once(w, b, 2, "counting");
    for (const struct et_metric *m = et_metrics; m->name; m++) {
        bool used = false;
        for (size_t i = 0; i < w->run->n && !used; i++)
            used = et_record_metric(&w->run->records[i], m->name) != NULL;
        if (used)
            et_block_fact(b, m->name, "%s, in %s", m->formula, m->unit);
    }
    return true;
}
