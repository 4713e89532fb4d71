/* A run directory read back. Knows the files of a run and what may be wrong
 * with them; judges nothing.
 */
#include "config.h"
#include "results/reading/run.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/base/log.h"
#include "harness/base/memory.h"
#include "harness/base/regular.h"
#include "harness/base/text.h"
#include "harness/config/ini.h"
#include "harness/stat/passes.h"
#include "results/reading/merge.h"
#include "results/record/json.h"

const struct et_field et_run_resume_rows[] = {
    ET_ROW(et_run_resume, again, ET_BOOL,
           "the whole plan was measured once more, not what was missing"),
    ET_ROW(et_run_resume, started, ET_STRING, "date, UTC"),
    ET_ROW(et_run_resume, host, ET_STRING, "host of rank 0"),
    ET_ROW(et_run_resume, commit, ET_STRING, "git commit of the build"),
    ET_ROW(et_run_resume, binary_digest, ET_STRING, "SHA-256 of the program"),
    ET_ROW(et_run_resume, command, ET_STRINGS, "command line"),
    ET_ROW(et_run_resume, placement, ET_LIST,
           "where the ranks of each size of team ran from then on",
           ET_ROWS_OF(et_run_placement, et_run_placement_rows)),
    {0}};

const struct et_field et_run_rows[] = {
    ET_ROW(et_run, schema_version, ET_INT,
           "version of the schema of run.json and its records"),
    ET_ROW(et_run, outcome, ET_STRING,
           "how the run ended: running, complete, interrupted or failed"),
    ET_ROW(et_run, reason, ET_STRING,
           "why it was interrupted (SIGINT, SIGTERM, SIGHUP, time limit) or "
           "failed; null where it was not"),
    ET_ROW(et_run, finished, ET_STRING, "date, UTC; null while it runs"),
    ET_ROW(et_run, resumes, ET_LIST, "when the run was carried on",
           ET_ROWS_OF(et_run_resume, et_run_resume_rows)),
    {0}};

static enum et_status no_memory(const char *path)
{
    return et_error(ET_INFRA, "%s: out of memory", path);
}

/* Said at once and kept for the report. */
static enum et_status __attribute__((format(printf, 2, 3)))
warn(struct et_run *run, const char *format, ...)
{
    char text[2048];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    et_warn("%s", text);
    return et_strings_add(&run->warnings, text) ? ET_OK : no_memory(run->dir);
}

static char *join(const char *dir, const char *name)
{
    struct et_text t = {0};
    et_text_add(&t, "%s/%s", dir, name);
    if (t.failed)
        et_text_free(&t);
    return t.s;
}

/* The whole of a text file of at most `most` bytes, or NULL where there is
 * none. */
static enum et_status slurp(const char *path, size_t most, char **out)
{
    char why[ET_REGULAR_WHY];
    struct et_text t = {0};
    *out = NULL;
    if (!et_regular_slurp(path, most, &t, why)) {
        bool none = errno == ENOENT;
        et_text_free(&t);
        return none ? ET_OK : et_error(ET_INFRA, "%s: %s", path, why);
    }
    *out = t.s ? t.s : et_strdup("");
    return *out ? ET_OK : no_memory(path);
}

/* Whoever writes a run holds a lock on its records. Where that cannot be
 * known, it is taken for written. */
static bool is_written(const char *records)
{
    int fd = open(records, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return errno != ENOENT;
    bool held = flock(fd, LOCK_SH | LOCK_NB) != 0;
    close(fd);
    return held;
}

/* A run whose process was killed could not say so itself. */
static enum et_status find_cut(struct et_run *run, const char *records)
{
    if (strcmp(run->outcome, "running") != 0 || is_written(records))
        return ET_OK;
    free(run->outcome);
    free(run->reason);
    run->outcome = et_strdup("cut short");
    run->reason =
        et_strdup("nobody writes it any more: its rank 0 was killed, its "
                  "machine went down, or its disk was full");
    return run->outcome && run->reason ? ET_OK : no_memory(run->dir);
}

static enum et_status load_head(struct et_run *run, const char *path)
{
    json_error_t e;
    char *text;
    enum et_status s = slurp(path, ET_RUN_HEAD_MOST, &text);
    if (s)
        return s;
    if (!text)
        return et_error(ET_USAGE, "%s: not a run directory: it has no run.json",
                        run->dir);
    json_t *o = json_loads(text, JSON_REJECT_DUPLICATES, &e);
    free(text);
    if (!o)
        return et_error(ET_INFRA, "%s:%d: damaged or truncated: %s", path,
                        e.line, e.text);
    if ((s = et_json_get(o, et_run_rows, run, path)))
        goto out;
    if (run->schema_version == ET_ABSENT_INT || !run->outcome)
        s = et_error(ET_INFRA, "%s: not a run: `%s` is missing", path,
                     run->outcome ? "schema_version" : "outcome");
    else if ((s = et_schema_check(run->schema_version, path)) == ET_OK)
        s = et_json_get(o, et_run_info_rows, &run->info, path);
out:
    json_decref(o);
    return s;
}

/* Lines are parsed a batch at a time, in parallel: parsing is all the time
 * that a large run takes to read. */
#define BATCH 4096

struct batch {
    struct et_text text;      /* the lines, one after the other */
    size_t starts[BATCH + 1]; /* in text; then the end of the last */
    size_t first, n;          /* line number of the first; lines */
};

static enum et_status parse_line(const char *line, size_t n, const char *path,
                                 size_t number, struct et_record *out)
{
    struct et_text where = {0};
    json_error_t e;
    enum et_status s;
    if (et_record_scan(line, n, out))
        return ET_OK;
    et_text_add(&where, "%s:%zu", path, number);
    json_t *o = json_loadb(line, n, JSON_REJECT_DUPLICATES, &e);
    if (!o)
        s = et_error(ET_INFRA, "%s: not a record: column %d: %s",
                     et_text_str(&where), e.column, e.text);
    else
        s = et_record_from_json(o, out, et_text_str(&where));
    json_decref(o);
    et_text_free(&where);
    return s;
}

static enum et_status parse_batch(struct et_run *run, struct batch *b,
                                  const char *path)
{
    enum et_status worst = ET_OK;
    struct et_record *v =
        b->text.failed ? NULL : et_grow(run->records, run->n + b->n, sizeof *v);
    if (!v)
        return no_memory(path);
    run->records = v;
    v += run->n;
    memset(v, 0, b->n * sizeof *v);
#pragma omp parallel for schedule(dynamic, 64)
    for (size_t i = 0; i < b->n; i++) {
        const char *line = b->text.s + b->starts[i];
        enum et_status s = parse_line(line, b->starts[i + 1] - b->starts[i],
                                      path, b->first + i, &v[i]);
        if (s != ET_OK) {
#pragma omp critical(et_run_parse)
            worst = et_status_worse(worst, s);
        }
    }
    for (size_t i = 0; i < b->n; i++)
        v[i].line = run->lines++;
    /* Those that failed are zeroed, and so free of charge to free. */
    run->n += b->n;
    b->first += b->n;
    b->n = b->text.n = 0;
    return worst;
}

/* Adds the next line to the batch, if there is a whole one. */
static enum et_line_read next_line(FILE *f, struct batch *b)
{
    enum et_line_read found = et_regular_line(f, ET_RUN_LINE_MOST, &b->text);
    if (found == ET_LINE_WHOLE)
        b->n++;
    else
        b->text.n = b->starts[b->n];
    b->starts[b->n] = b->text.n;
    return found;
}

static enum et_status read_records(struct et_run *run, FILE *f,
                                   const char *path, struct batch *b)
{
    enum et_line_read found = ET_LINE_WHOLE;
    enum et_status s = ET_OK;
    int error = 0;
    while (s == ET_OK && found == ET_LINE_WHOLE) {
        found = next_line(f, b);
        error = errno;
        if (b->n == BATCH || b->text.n > ET_RUN_LINE_MOST ||
            (found != ET_LINE_WHOLE && b->n > 0))
            s = parse_batch(run, b, path);
    }
    if (s == ET_OK && found == ET_LINE_FAILED)
        s = et_error(ET_INFRA, "%s: %s", path, strerror(error));
    if (s == ET_OK && found == ET_LINE_LONG)
        s = et_error(ET_INFRA, "%s:%zu: a line of more than %d MiB", path,
                     b->first, ET_RUN_LINE_MOST >> 20);
    if (s == ET_OK && found == ET_LINE_TORN)
        s = warn(run, "%s:%zu: torn by a write that did not finish; left out",
                 path, b->first);
    return s;
}

static enum et_status load_records(struct et_run *run, const char *path)
{
    char why[ET_REGULAR_WHY];
    FILE *f = et_regular_read(path, why);
    if (!f && errno == ENOENT)
        return warn(run, "%s: missing: no case is recorded", path);
    if (!f)
        return et_error(ET_INFRA, "%s: %s", path, why);
    struct batch *b = et_alloc(1, sizeof *b);
    enum et_status s = b ? ET_OK : no_memory(path);
    if (b) {
        b->first = 1;
        s = read_records(run, f, path, b);
        et_text_free(&b->text);
    }
    free(b);
    fclose(f);
    return s;
}

struct place {
    const char *id;
    int64_t pass;
    size_t at;
};

static int by_pass(const void *a, const void *b)
{
    const struct place *x = a, *y = b;
    int c = strcmp(x->id, y->id);
    c = c ? c : (x->pass > y->pass) - (x->pass < y->pass);
    return c ? c : (x->at > y->at) - (x->at < y->at);
}

/* May b, of the same pass, stand for a? Only what was not measured is tried
 * again, and by a later launch (app/resume.c). */
static bool stands_for(const struct et_record *a, const struct et_record *b)
{
    int was = a->result.outcome;
    return (was == ET_FAILED || was == ET_SKIPPED || was == ET_UNMEASURED) &&
           b->launch > a->launch;
}

/* Of the records of one pass only the last stands. */
static enum et_status drop_repeated(struct et_run *run, const char *path)
{
    struct place *places = et_alloc(run->n, sizeof *places);
    bool *dropped = et_alloc(run->n, sizeof *dropped);
    enum et_status s = places && dropped ? ET_OK : no_memory(run->dir);
    for (size_t i = 0; s == ET_OK && i < run->n; i++)
        places[i] = (struct place){run->records[i].result.id,
                                   run->records[i].result.pass, i};
    if (s == ET_OK && run->n > 0) {
        qsort(places, run->n, sizeof *places, by_pass);
        for (size_t i = 0; i + 1 < run->n; i++) {
            const struct et_record *a = &run->records[places[i].at];
            const struct et_record *b = &run->records[places[i + 1].at];
            if (places[i].pass != places[i + 1].pass ||
                strcmp(places[i].id, places[i + 1].id) != 0)
                continue;
            dropped[places[i].at] = true;
            if (!stands_for(a, b))
                s = et_error(ET_INFRA,
                             "%s:%zu: has pass %lld of `%s`, which line %zu "
                             "has already",
                             path, b->line + 1, (long long)b->result.pass,
                             b->result.id, a->line + 1);
        }
        size_t kept = 0;
        for (size_t i = 0; i < run->n; i++) {
            if (dropped[i])
                et_record_free(&run->records[i]);
            else
                run->records[kept++] = run->records[i];
        }
        run->n = kept;
    }
    free(places);
    free(dropped);
    return s;
}

enum part { HEAD, PASSES, CASES };

static enum et_status load(const char *dir, enum part part, struct et_run *out)
{
    struct et_run run;
    struct stat st;
    char *head = NULL, *records = NULL, *plan = NULL;
    enum et_status s;
    if (stat(dir, &st) != 0)
        return et_error(errno == ENOMEM ? ET_INFRA : ET_USAGE, "%s: %s", dir,
                        strerror(errno));
    if (!S_ISDIR(st.st_mode))
        return et_error(ET_USAGE, "%s: is a file, not a run directory", dir);
    memset(&run, 0, sizeof run);
    if ((s = et_fields_init(et_run_info_rows, &run.info, sizeof run.info)))
        return s;
    run.schema_version = ET_ABSENT_INT;
    run.dir = et_strdup(dir);
    head = join(dir, "run.json");
    records = join(dir, "records.jsonl");
    plan = join(dir, "plan.ini");
    if (!run.dir || !head || !records || !plan) {
        s = no_memory(dir);
        goto out;
    }
    s = load_head(&run, head);
    if (s == ET_OK)
        s = find_cut(&run, records);
    if (s == ET_OK && part != HEAD &&
        ((s = slurp(plan, ET_INI_MOST, &run.info.plan_text)) ||
         (s = load_records(&run, records)) ||
         (s = drop_repeated(&run, records))))
        goto out;
    if (s == ET_OK && part == CASES && (s = et_run_merge(&run)))
        goto out;
    if (s == ET_OK)
        *out = run;
out:
    free(head);
    free(records);
    free(plan);
    if (s)
        et_run_free(&run);
    return s;
}

enum et_status et_run_load(const char *dir, struct et_run *out)
{
    return load(dir, CASES, out);
}

enum et_status et_run_load_head(const char *dir, struct et_run *out)
{
    return load(dir, HEAD, out);
}

enum et_status et_run_load_passes(const char *dir, struct et_run *out)
{
    return load(dir, PASSES, out);
}

/* Of passes and samples: no plan can ask for more (harness/config/options.c).
 */
#define MOST 1000000

/* The option as a number from 1 to MOST; 0: it is no such number. */
static int64_t counted(const struct et_pairs *config, const char *option)
{
    const char *text = et_pairs_get(config, option);
    int64_t n;
    return text && et_parse_int(text, &n) && n >= 1 && n <= MOST ? n : 0;
}

struct et_run_asked et_run_asked(const struct et_run *run)
{
    const struct et_pairs *config = &run->info.config;
    const char *precision = et_pairs_get(config, "precision");
    struct et_run_asked a = {NAN, counted(config, "passes"), 0,
                             counted(config, "launches")};
    int64_t samples = counted(config, "min-samples");
    double share;
    if (precision && et_parse_real(precision, &share))
        a.precision = share;
    if (a.passes > 0 && samples > 0)
        a.samples = et_passes_share(samples, a.passes);
    return a;
}

int64_t et_run_launches(const struct et_run *run, int64_t *newest)
{
    const struct et_run_resume *resume = run->resumes.v;
    int64_t launches = 1, last = 0;
    for (size_t i = 0; i < run->resumes.n; i++) {
        launches += resume[i].again;
        if (resume[i].again)
            last = (int64_t)i + 1;
    }
    *newest = last;
    return launches;
}

const struct et_run_placement *et_run_placed(const struct et_run *run,
                                             const struct et_record *r)
{
    const struct et_run_resume *again = run->resumes.v;
    const struct et_list *l = &run->info.placement;
    if (r->launch < 0 || (size_t)r->launch > run->resumes.n)
        return NULL;
    if (r->launch > 0)
        l = &again[r->launch - 1].placement;
    const struct et_run_placement *v = l->v;
    for (size_t i = 0; i < l->n; i++) {
        if (v[i].ranks == r->result.team.ranks)
            return &v[i];
    }
    return NULL;
}

void et_run_free(struct et_run *r)
{
    for (size_t i = 0; i < r->n; i++)
        et_record_free(&r->records[i]);
    free(r->records);
    free(r->dir);
    free(r->info.plan_text);
    et_repeat_free(&r->repeat);
    et_strings_free(&r->warnings);
    et_fields_free(et_run_info_rows, &r->info, sizeof r->info);
    et_fields_free(et_run_rows, r, sizeof *r);
}
