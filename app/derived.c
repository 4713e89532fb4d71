/* The cases of a run against its plan, and each record against its case. Knows
 * the build's benches and how a run expands its plan; the samples are
 * results/store/verify.c's matter.
 */
#include "config.h"
#include "app/derived.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "app/command.h"
#include "app/identity.h"
#include "harness/base/log.h"
#include "harness/base/memory.h"
#include "harness/case/case.h"
#include "harness/config/options.h"
#include "harness/config/plan.h"
#include "harness/run/ceilings.h"
#include "results/store/verify.h"

static bool same_text(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : !a && !b;
}

static void check_text(struct et_check_case *c, const char *what,
                       const char *recorded, const char *follows)
{
    struct et_text t = {0};
    if (same_text(recorded, follows))
        return;
    et_text_add(&t, "%s is recorded as %s; by its case it is %s", what,
                recorded ? recorded : "absent", follows ? follows : "absent");
    et_check_says(c, et_text_str(&t));
    et_text_free(&t);
}

/* --- a record against its case ------------------------------------------- */

bool et_derived_by_this_build(const struct et_run *run)
{
    char program[ET_SHA256_HEX + 1];
    et_identity_program(program);
    return same_text(run->info.binary_digest, program);
}

/* ours: this build made the record. An older one may not have had a parameter,
 * whose preset then is as it was. */
static void check_params(struct et_check_case *c, const struct et_result *r,
                         const struct et_case *want, bool ours)
{
    struct et_pairs params = {0};
    char what[96];
    if ((want->shape && !et_pairs_set(&params, "shape", want->shape, false)) ||
        !et_pairs_from_fields(&params, want->bench->params, want->params)) {
        c->status = et_no_memory();
        return;
    }
    for (size_t i = 0; i < params.n; i++) {
        const struct et_pair *p = &params.v[i];
        const char *have = et_pairs_get(&r->params, p->key);
        snprintf(what, sizeof what, "parameter %s", p->key);
        if (have || ours)
            check_text(c, what, have, p->text);
    }
    for (size_t i = 0; i < r->params.n; i++) {
        const struct et_pair *p = &r->params.v[i];
        snprintf(what, sizeof what, "parameter %s", p->key);
        if (!et_pairs_get(&params, p->key))
            check_text(c, what, p->text, NULL);
    }
    static const struct et_field rows[] = {{.key = "p", .type = ET_PAIRS}, {0}};
    et_fields_free(rows, &params, sizeof params);
}

/* The work of a case, from what a record has. That of a compute ceiling is its
 * loop's, which may differ in another build. */
static bool work_follows(const struct et_case *of, bool ours,
                         const struct et_pairs *facts, struct et_work *out)
{
    const struct et_bench *b = of->bench;
    return (ours || b->role != ET_ROLE_COMPUTE_CEILING) && b->work_of &&
           b->work_of(of->params, of->backend, (int)of->ranks, (int)of->threads,
                      facts, out);
}

static void check_work(struct et_check_case *c, const struct et_result *r,
                       const struct et_case *want, bool ours)
{
    const struct et_result_work *have = &r->work;
    struct et_work w;
    /* What failed before it was prepared has none. */
    bool none = have->flop == 0 && have->bytes == 0 && have->traffic == 0 &&
                have->accesses == 0 && r->outcome != ET_MEASURED;
    if (none || !work_follows(want, ours, &r->facts, &w))
        return;
    et_check_same(c, "work.flop", have->flop, w.flop);
    et_check_same(c, "work.bytes", have->bytes, w.bytes);
    et_check_same(c, "work.bus_bytes", have->bus_bytes, w.bus_bytes);
    /* A build before said 0 where it is not known. */
    if (ours || !isnan(w.messages) || have->messages > 0)
        et_check_same(c, "work.messages", have->messages, w.messages);
    et_check_same(c, "work.traffic", have->traffic, w.traffic);
    et_check_same(c, "work.accesses", have->accesses, w.accesses);
    if (ours)
        check_text(c, "work.convention", have->convention, w.convention);
}

/* Ceiling i follows from the case, but for its backend, which is that of the
 * widest instructions that the processor had. */
static void check_ceiling(struct et_check_case *c, const struct et_case *want,
                          size_t i, const struct et_result_ceiling *have,
                          bool ours)
{
    struct et_ceiling_case b;
    struct et_case is = {0}, follows = {0};
    struct et_work w;
    const struct et_pairs no_facts = {0};
    if (!have->id) /* it could not be made, which `absent` says */
        return;
    if (!want->bench->ceiling ||
        !want->bench->ceiling(want->params, (int)want->ranks,
                              (int)want->threads, i, &b) ||
        et_case_parse(have->id, &et_benches, &is) != ET_OK) {
        et_check_says(c, "it has a ceiling that does not follow from its case");
        return;
    }
    enum et_status s =
        et_ceiling_make_case(&b, is.backend, want, &et_benches, &follows);
    if (s != ET_OK)
        c->status = et_status_worse(c->status, ET_INFRA);
    else
        check_text(c, "a ceiling's case", have->id, follows.id);
    check_text(c, "a ceiling's kind", have->what, b.what);
    if (isfinite(have->work) && work_follows(&is, ours, &no_facts, &w))
        et_check_same(c, "a ceiling's work", have->work,
                      b.flop ? w.flop : w.bytes);
    if (follows.bench)
        et_case_free(&follows);
    et_case_free(&is);
}

/* All of them, or none where the run was to have none. */
static void check_ceilings(struct et_check_case *c, const struct et_result *r,
                           const struct et_case *want, bool ours)
{
    const struct et_result_ceiling *v = r->ceilings.v;
    struct et_ceiling_case b;
    size_t n = r->ceilings.n;
    for (size_t i = 0; i < n; i++)
        check_ceiling(c, want, i, &v[i], ours);
    if (ours && n > 0 && want->bench->ceiling &&
        want->bench->ceiling(want->params, (int)want->ranks, (int)want->threads,
                             n, &b))
        et_check_says(c, "it lacks a ceiling that its case has");
}

static enum et_status check_record(const struct et_run *run,
                                   const struct et_record *record, bool ours)
{
    const struct et_result *r = &record->result;
    struct et_check_case c = et_check_case_of(run, record);
    struct et_case want = {0};
    if (et_case_parse(r->id, &et_benches, &want) != ET_OK) {
        et_check_says(&c, "its id is none of a case");
        return c.status;
    }
    check_text(&c, "case", r->id, want.id);
    check_text(&c, "bench", r->bench, want.bench->name);
    check_text(&c, "backend", r->backend, want.backend);
    check_text(&c, "label", r->label, want.label);
    et_check_same(&c, "team.ranks", (double)r->team.ranks, (double)want.ranks);
    et_check_same(&c, "team.nodes", (double)r->team.nodes, (double)want.nodes);
    et_check_same(&c, "team.threads", (double)r->team.threads,
                  (double)want.threads);
    check_params(&c, r, &want, ours);
    check_work(&c, r, &want, ours);
    check_ceilings(&c, r, &want, ours);
    et_case_free(&want);
    return c.status;
}

/* --- the cases against the plan ------------------------------------------- */

/* The build's benches, of whose backends those are here that the run had. */
struct benches {
    struct et_bench *rows;
    const struct et_bench **list;
    struct et_backends *lists;
    struct et_backend *backends;
    const struct et_backend **tables;
};

static bool has_backend(const struct et_run *run, const struct et_bench *b,
                        const char *backend)
{
    for (size_t i = 0; i < run->n; i++) {
        const struct et_result *r = &run->records[i].result;
        if (same_text(r->bench, b->name) && same_text(r->backend, backend))
            return true;
    }
    return false;
}

static void benches_free(struct benches *b)
{
    free(b->rows);
    free(b->list);
    free(b->lists);
    free(b->backends);
    free(b->tables);
}

/* all: every backend is here. */
static bool benches_make(const struct et_run *run, bool all,
                         struct benches *out)
{
    size_t n = et_benches.n, most = 0, k = 0;
    for (size_t i = 0; i < n; i++)
        most += et_benches.v[i]->backends->n;
    *out = (struct benches){.rows = et_alloc(n, sizeof *out->rows),
                            .list = et_alloc(n, sizeof *out->list),
                            .lists = et_alloc(n, sizeof *out->lists),
                            .backends = et_alloc(most, sizeof *out->backends),
                            .tables = et_alloc(most, sizeof *out->tables)};
    if (!out->rows || !out->list || !out->lists || !out->backends ||
        !out->tables)
        return false;
    for (size_t i = 0; i < n; i++) {
        const struct et_bench *b = et_benches.v[i];
        const struct et_backend *backend;
        out->lists[i].v = &out->tables[k];
        for (size_t j = 0; (backend = et_backend_at(b->backends, j)); j++) {
            out->backends[k] = (struct et_backend){
                .name = backend->name,
                .summary = backend->summary,
                .absent = all || has_backend(run, b, backend->name)
                              ? NULL
                              : "the run had no such backend"};
            out->tables[k] = &out->backends[k];
            k++;
            out->lists[i].n++;
        }
        out->rows[i] = *b;
        out->rows[i].backends = &out->lists[i];
        out->list[i] = &out->rows[i];
    }
    return true;
}

/* Ranks on the first 1, 2, ... nodes, as far as run.json places them. */
static bool ranks_upto(const struct et_run *run, int64_t *out)
{
    const struct et_run_placement *v = run->info.placement.v, *most = NULL;
    int64_t nodes = run->info.nodes, n = 0, sum = 0;
    for (size_t i = 0; i < run->info.placement.n; i++) {
        if (!most || v[i].ranks > most->ranks)
            most = &v[i];
    }
    for (size_t i = 0; most && i < most->groups.n; i++) {
        const struct et_run_group *g =
            &((struct et_run_group *)most->groups.v)[i];
        for (int64_t k = 0; k < g->nodes && n < nodes; k++)
            out[n++] = sum += g->ranks;
    }
    for (; n < nodes; n++)
        out[n] = run->info.ranks;
    return most;
}

/* Options as the run's command line and its plan gave them. ET_USAGE: they
 * cannot be had here. */
static enum et_status read_options(const struct et_run *run,
                                   struct et_options *o,
                                   struct et_strings *given)
{
    const struct et_strings *line = &run->info.command;
    struct et_strings words = {0};
    struct stat st;
    bool help = false;
    enum et_status s = ET_INFRA;
    if (line->n >= 2)
        s = et_arguments_parse(et_option_rows, o, (int)line->n - 2, line->v + 2,
                               &words, &help);
    for (const struct et_field *row = et_option_rows; s == ET_OK && row->key;
         row++) {
        if (et_line_gives(line, row->key) && !et_strings_add(given, row->key))
            s = et_no_memory();
    }
    if (s == ET_OK && o->catalog && stat(o->catalog, &st) != 0)
        s = et_error(ET_USAGE, "its catalog %s is not here", o->catalog);
    et_strings_free(&words);
    return s;
}

static enum et_status check_options(const struct et_run *run,
                                    const struct et_options *o)
{
    /* Where things lie, and what a run names itself. */
    static const char *const free_keys[] = {"plan",  "out",     "resume",
                                            "again", "scratch", "catalog"};
    bool ours = et_derived_by_this_build(run);
    struct et_pairs follow = {0};
    enum et_status s = ET_OK;
    bool whole = et_pairs_from_fields(&follow, et_option_rows, o);
    if (!whole)
        s = et_no_memory();
    for (const struct et_field *row = et_option_rows; whole && row->key;
         row++) {
        bool is_free = false;
        for (size_t i = 0; i < sizeof free_keys / sizeof *free_keys; i++)
            is_free = is_free || strcmp(row->key, free_keys[i]) == 0;
        const char *have = et_pairs_get(&run->info.config, row->key);
        const char *want = et_pairs_get(&follow, row->key);
        /* An older build may not have had it. */
        is_free = is_free || (!have && !ours);
        if (!is_free && !same_text(have, want))
            s = et_error(ET_INFRA,
                         "%s/run.json: option %s is recorded as %s; by command "
                         "line and plan it is %s",
                         run->dir, row->key, have ? have : "absent",
                         want ? want : "absent");
    }
    static const struct et_field rows[] = {{.key = "p", .type = ET_PAIRS}, {0}};
    et_fields_free(rows, &follow, sizeof follow);
    return s;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The ids that stand in `ids` and not in `among`, both sorted; their number,
 * and the first. */
static size_t missing(const struct et_strings *ids,
                      const struct et_strings *among, const char **first)
{
    size_t n = 0;
    for (size_t i = 0; i < ids->n; i++) {
        bool again = i > 0 && strcmp(ids->v[i], ids->v[i - 1]) == 0;
        if (again || (among->n && bsearch(&ids->v[i], among->v, among->n,
                                          sizeof *among->v, by_text)))
            continue;
        if (n++ == 0)
            *first = ids->v[i];
    }
    return n;
}

static bool is_complete(const struct et_run *run)
{
    return same_text(run->outcome, "complete");
}

/* The threads of a rank that cases have whose plan gives none: run.json does
 * not say, so a value that a record has. */
static int64_t threads_like(const struct et_run *run, size_t turn)
{
    for (size_t i = 0; i < run->n; i++) {
        int64_t t = run->records[i].result.team.threads;
        bool seen = false;
        for (size_t k = 0; k < i && !seen; k++)
            seen = run->records[k].result.team.threads == t;
        if (!seen && turn-- == 0)
            return t;
    }
    return 0;
}

/* One way to expand the plan; the number of records and cases without each
 * other in *wrong, in words if that is to be said. */
static enum et_status compare_cases(const struct et_run *run,
                                    const struct et_benches *benches,
                                    const int64_t *upto, int64_t threads,
                                    bool whole, bool say, size_t *wrong)
{
    const struct et_allocation allocation = {
        .ranks = run->info.ranks,
        .nodes = run->info.nodes,
        .ranks_upto = upto,
        .threads = threads,
    };
    struct et_options o;
    struct et_strings given = {0}, planned = {0}, recorded = {0};
    struct et_cases cases = {0};
    const char *extra = NULL, *lacking = NULL;
    /* The run said what there is to say of its plan. */
    enum et_log_level level = et_log_level_set(ET_LOG_NONE);
    enum et_status s = et_fields_init(et_option_rows, &o, sizeof o);
    if (s == ET_OK)
        s = read_options(run, &o, &given);
    if (s == ET_OK)
        s = et_plan_expand("plan.ini", run->info.plan_text, benches, &o, &given,
                           &allocation, &cases);
    et_log_level_set(level);
    for (size_t i = 0; s == ET_OK && i < cases.n; i++) {
        if (!et_strings_add(&planned, cases.v[i].id))
            s = et_no_memory();
    }
    for (size_t i = 0; s == ET_OK && i < run->n; i++) {
        if (!et_strings_add(&recorded, run->records[i].result.id))
            s = et_no_memory();
    }
    if (s != ET_OK)
        goto out;
    if (planned.n)
        qsort(planned.v, planned.n, sizeof *planned.v, by_text);
    if (recorded.n)
        qsort(recorded.v, recorded.n, sizeof *recorded.v, by_text);
    size_t more = missing(&recorded, &planned, &extra), less = 0;
    if (whole && is_complete(run))
        less = missing(&planned, &recorded, &lacking);
    bool count = is_complete(run) && run->info.cases != (int64_t)cases.n;
    *wrong = more + less + count;
    if (say && more)
        et_error(ET_INFRA,
                 "%s: %zu of its cases do not follow from its plan: `%s`",
                 run->dir, more, extra);
    if (say && less)
        et_error(ET_INFRA,
                 "%s: complete, but %zu cases of its plan have no record: `%s`",
                 run->dir, less, lacking);
    if (say && count)
        et_error(ET_INFRA, "%s/run.json: has %lld cases; its plan makes %zu",
                 run->dir, (long long)run->info.cases, cases.n);
    if (say)
        s = et_status_worse(*wrong ? ET_INFRA : ET_OK, check_options(run, &o));
out:
    et_cases_free(&cases);
    et_strings_free(&given);
    et_strings_free(&planned);
    et_strings_free(&recorded);
    et_fields_free(et_option_rows, &o, sizeof o);
    return s;
}

static enum et_status check_plan(const struct et_run *run, bool whole)
{
    if (!run->info.plan_text) /* et_verify_figures says so */
        return ET_INFRA;
    struct benches made = {0};
    int64_t *upto = run->info.nodes > 0 && run->info.nodes < 10000000
                        ? et_alloc((size_t)run->info.nodes, sizeof *upto)
                        : NULL;
    size_t wrong = 1, at = 0;
    enum et_status s = ET_OK;
    if (!upto || !benches_make(run, !is_complete(run), &made))
        s = et_error(ET_INFRA, "%s: out of memory", run->dir);
    const struct et_benches benches = {made.list, et_benches.n};
    if (s == ET_OK)
        ranks_upto(run, upto);
    int64_t threads = threads_like(run, 0), best = threads;
    size_t least = (size_t)-1;
    while (s == ET_OK && wrong && threads > 0) {
        s = compare_cases(run, &benches, upto, threads, whole, false, &wrong);
        if (s == ET_OK && wrong < least) {
            least = wrong;
            best = threads;
        }
        threads = threads_like(run, ++at);
    }
    if (s == ET_OK && run->n)
        s = compare_cases(run, &benches, upto, best, whole, true, &wrong);
    else if (s == ET_OK)
        et_warn("%s: has no record, so its plan is not compared with it",
                run->dir);
    if (s == ET_USAGE) {
        char why[300];
        snprintf(why, sizeof why, "%s", et_log_last_error());
        s = et_error(ET_UNSURE,
                     "%s/plan.ini: cannot be used here (%s), so nobody knows "
                     "whether each of its cases is there",
                     run->dir, why);
    }
    benches_free(&made);
    free(upto);
    return s;
}

enum et_status et_derived_check(const struct et_run *run, bool whole)
{
    enum et_status s = ET_OK;
    bool ours = et_derived_by_this_build(run);
    size_t unknown = 0;
    const char *bench = NULL;
    for (size_t i = 0; i < run->n; i++) {
        const struct et_record *r = &run->records[i];
        if (r->result.bench && et_bench_find(&et_benches, r->result.bench)) {
            s = et_status_worse(s, check_record(run, r, ours));
        } else {
            unknown++;
            bench = r->result.bench;
        }
    }
    if (unknown) {
        enum et_status unsure =
            et_error(ET_UNSURE,
                     "%s: %zu of its cases are of benches that this build does "
                     "not have (%s), so nobody knows whether they follow from "
                     "its plan",
                     run->dir, unknown, bench ? bench : "without a name");
        return et_status_worse(s, unsure);
    }
    return et_status_worse(s, check_plan(run, whole));
}
