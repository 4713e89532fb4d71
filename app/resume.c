/* What a run takes over from the one that it carries on. */
#include "config.h"
#include "app/resume.h"

#include <stdlib.h>
#include <string.h>

#include "app/evidence.h"
#include "harness/base/log.h"
#include "harness/base/memory.h"

bool et_resume_may_change(const char *option)
{
    static const char *const options[] = {
        "resume",     "again",   "quiet",   "require-quiet", "timeout",
        "time-limit", "scratch", "catalog", "team",          "launches"};
    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        if (strcmp(option, options[i]) == 0)
            return true;
    }
    return false;
}

static enum et_status check_given(const struct et_strings *given)
{
    for (size_t i = 0; i < given->n; i++) {
        if (!et_resume_may_change(given->v[i]))
            return et_error(ET_USAGE,
                            "--%s: a resumed run keeps the options it was "
                            "begun with",
                            given->v[i]);
    }
    return ET_OK;
}

/* The options of the run that is carried on, where the command line is
 * silent. */
static enum et_status take_over(struct et_resume *r, struct et_options *o,
                                struct et_strings *given)
{
    struct et_run run;
    /* The store reads it again, and warns of what it finds and mends. */
    enum et_log_level level = et_log_level_set(ET_LOG_ERROR);
    enum et_status status = et_run_load_passes(o->resume, &run);
    et_log_level_set(level);
    if (status != ET_OK)
        return status;
    r->had = run;
    /* What was changed since the run ended is not to be signed again. */
    status = et_evidence_measured(&run);
    const char *out = et_pairs_get(&run.info.config, "out");
    for (size_t i = 0; status == ET_OK && i < run.info.config.n; i++) {
        const struct et_pair *p = &run.info.config.v[i];
        const struct et_field *row = et_field_find(et_option_rows, p->key);
        if (!row || et_strings_has(given, row->key) ||
            strcmp(row->key, "resume") == 0 || strcmp(row->key, "again") == 0 ||
            strcmp(row->key, "out") == 0 || strcmp(row->key, "plan") == 0 ||
            strcmp(row->key, "time-limit") == 0)
            continue;
        /* Its own directory, which may have been moved since. */
        if (strcmp(row->key, "scratch") == 0 && out &&
            strcmp(p->text, out) == 0)
            continue;
        if (row->type != ET_STRINGS) {
            /* What was in force then, the plan must not undo now. */
            status = et_field_parse(row, o, p->text, o->resume);
            if (status == ET_OK && !et_strings_add(given, row->key))
                status = et_error(ET_INFRA, "no memory");
            continue;
        }
        struct et_strings lines = {0};
        if (!et_split(p->text, '\n', &lines))
            status = et_error(ET_INFRA, "no memory");
        for (size_t k = 0; status == ET_OK && k < lines.n; k++) {
            if (*lines.v[k])
                status = et_field_parse(row, o, lines.v[k], o->resume);
        }
        et_strings_free(&lines);
    }
    return status;
}

/* Another launch of a run goes on in its directory, as a resumed one does. */
static enum et_status take_again(struct et_options *o)
{
    if (!o->again)
        return ET_OK;
    if (o->resume)
        return et_error(ET_USAGE, "--again: --resume cannot be given too");
    o->resume = et_strdup(o->again);
    return o->resume ? ET_OK : et_no_memory();
}

enum et_status et_resume_options(struct et_resume *r, struct et_options *o,
                                 struct et_strings *given)
{
    r->again = o->again != NULL;
    enum et_status s = take_again(o);
    if (s != ET_OK || !o->resume)
        return s;
    if (o->plan)
        return et_error(ET_USAGE,
                        "--resume: runs the plan of %s; --plan "
                        "cannot be given too",
                        o->resume);
    if (o->out)
        return et_error(ET_USAGE,
                        "--resume: goes on in %s; --out cannot be "
                        "given too",
                        o->resume);
    s = check_given(given);
    return s == ET_OK ? take_over(r, o, given) : s;
}

struct known {
    const char *id;
    size_t at;
};

static int by_id(const void *a, const void *b)
{
    return strcmp(((const struct known *)a)->id, ((const struct known *)b)->id);
}

/* Failed ones are tried again. */
enum et_status et_resume_cases(struct et_resume *r, const char *dir,
                               const struct et_cases *cases)
{
    size_t n = cases->n, foreign = 0;
    int64_t newest;
    r->launches = et_run_launches(&r->had, &newest) + r->again;
    if (r->again)
        newest = (int64_t)r->had.resumes.n + 1;
    struct known *known = et_alloc(n, sizeof *known);
    if (!known || !et_histories_begin(&r->histories, n)) {
        free(known);
        return et_no_memory();
    }
    for (size_t i = 0; i < n; i++)
        known[i] = (struct known){cases->v[i].id, i};
    if (n > 1)
        qsort(known, n, sizeof *known, by_id);
    bool ok = true;
    for (size_t i = 0; i < r->had.n; i++) {
        const struct et_result *pass = &r->had.records[i].result;
        const struct known *k = bsearch(&(struct known){pass->id, 0}, known, n,
                                        sizeof *known, by_id);
        r->wrong_kept |= pass->outcome == ET_WRONG_DATA;
        foreign += !k;
        if (!k || pass->outcome == ET_FAILED ||
            pass->outcome == ET_UNMEASURED || pass->outcome == ET_SKIPPED)
            continue;
        struct et_history *h = &r->histories.v[k->at];
        ok = et_history_add(h, pass) && ok;
        if (r->had.records[i].launch < newest)
            h->before = h->passes; /* the lines are in order */
    }
    free(known);
    if (!ok)
        return et_no_memory();
    if (foreign == 0)
        return ET_OK;
    return et_error(ET_USAGE,
                    "%s: %zu of its %zu records are not of cases of its plan "
                    "here; resume with the ranks, nodes and OMP_NUM_THREADS it "
                    "was begun with",
                    dir, foreign, r->had.n);
}

void et_resume_free(struct et_resume *r)
{
    et_run_free(&r->had);
    et_histories_free(&r->histories);
}
