/* A run directory read back. Knows the files of a run and what may be wrong
 * with them; judges nothing.
 */
#include "config.h"
#include "results/run.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "harness/base/log.h"
#include "harness/base/memory.h"
#include "results/json.h"

#define AT(member) offsetof(struct et_run_resume, member)
const struct et_field et_run_resume_rows[] = {
    {.key = "started",
     .type = ET_STRING,
     .at = AT(started),
     .help = "date, UTC"},
    {.key = "host",
     .type = ET_STRING,
     .at = AT(host),
     .help = "host of rank 0"},
    {.key = "commit",
     .type = ET_STRING,
     .at = AT(commit),
     .help = "git commit of the build"},
    {.key = "command",
     .type = ET_STRINGS,
     .at = AT(command),
     .help = "command line"},
    {0}};
#undef AT

#define AT(member) offsetof(struct et_run, member)
const struct et_field et_run_rows[] = {
    {.key = "schema_version",
     .type = ET_INT,
     .at = AT(schema_version),
     .help = "version of the schema of run.json and its records"},
    {.key = "outcome",
     .type = ET_STRING,
     .at = AT(outcome),
     .help = "how the run ended: running, complete, interrupted or failed"},
    {.key = "finished",
     .type = ET_STRING,
     .at = AT(finished),
     .help = "date, UTC; null while it runs"},
    {.key = "resumes",
     .type = ET_LIST,
     .at = AT(resumes),
     .sub = et_run_resume_rows,
     .sub_size = sizeof(struct et_run_resume),
     .help = "when the run was carried on"},
    {0}};
#undef AT

static enum et_status no_memory(const char *path)
{
    return et_error(ET_INFRA, "%s: out of memory", path);
}

/* Said at once and kept for the report. */
static bool warn(struct et_run *run, const char *text)
{
    et_warn("%s", text);
    return et_strings_add(&run->warnings, text);
}

static char *join(const char *dir, const char *name)
{
    struct et_text t = {0};
    et_text_add(&t, "%s/%s", dir, name);
    if (t.failed)
        et_text_free(&t);
    return t.s;
}

/* The whole of a text file, or NULL where there is none. */
static enum et_status slurp(const char *path, char **out)
{
    char block[8192];
    struct et_text t = {0};
    FILE *f = fopen(path, "r");
    if (!f && errno == ENOENT) {
        *out = NULL;
        return ET_OK;
    }
    if (!f)
        return et_error(ET_INFRA, "%s: %s", path, strerror(errno));
    for (size_t n; (n = fread(block, 1, sizeof block, f)) > 0;)
        et_text_put(&t, block, n);
    bool bad = ferror(f) != 0;
    fclose(f);
    if (bad || t.failed) {
        et_text_free(&t);
        return bad ? et_error(ET_INFRA, "%s: cannot be read", path)
                   : no_memory(path);
    }
    *out = t.s ? t.s : et_strdup("");
    return *out ? ET_OK : no_memory(path);
}

static enum et_status load_head(struct et_run *run, const char *path)
{
    json_error_t e;
    char *text;
    enum et_status s = slurp(path, &text);
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
    else if (run->schema_version > ET_SCHEMA_VERSION)
        s = et_error(ET_USAGE,
                     "%s: written by a newer etalon: its schema is %lld, this "
                     "one reads up to %d",
                     path, (long long)run->schema_version, ET_SCHEMA_VERSION);
    else
        s = et_json_get(o, et_run_info_rows, &run->info, path);
out:
    json_decref(o);
    return s;
}

static enum et_status add_line(struct et_run *run, size_t *room,
                               const char *line, size_t n, const char *where)
{
    json_error_t e;
    json_t *o = json_loadb(line, n, JSON_REJECT_DUPLICATES, &e);
    if (!o)
        return et_error(ET_INFRA, "%s: not a record: column %d: %s", where,
                        e.column, e.text);
    if (run->n == *room) {
        size_t more = *room ? 2 * *room : 64;
        struct et_record *v = et_grow(run->records, more, sizeof *v);
        if (!v) {
            json_decref(o);
            return no_memory(where);
        }
        run->records = v;
        *room = more;
    }
    enum et_status s = et_record_from_json(o, &run->records[run->n], where);
    if (s == ET_OK)
        run->n++;
    json_decref(o);
    return s;
}

static enum et_status load_records(struct et_run *run, const char *path)
{
    struct et_text where = {0};
    char *line = NULL;
    size_t room = 0, line_room = 0;
    enum et_status s = ET_OK;
    FILE *f = fopen(path, "r");
    if (!f && errno == ENOENT) {
        et_text_add(&where, "%s: missing: no case is recorded", path);
        s = warn(run, et_text_str(&where)) ? ET_OK : no_memory(path);
        et_text_free(&where);
        return s;
    }
    if (!f)
        return et_error(ET_INFRA, "%s: %s", path, strerror(errno));
    errno = 0;
    for (size_t number = 1; s == ET_OK; number++) {
        ssize_t n = getline(&line, &line_room, f);
        if (n < 0)
            break;
        where.n = 0;
        et_text_add(&where, "%s:%zu", path, number);
        if (line[n - 1] == '\n') {
            s = add_line(run, &room, line, (size_t)n - 1, et_text_str(&where));
            continue;
        }
        et_text_add(&where, ": torn by a write that did not finish; left out");
        if (!warn(run, et_text_str(&where)))
            s = no_memory(path);
    }
    if (s == ET_OK && !feof(f))
        s = et_error(ET_INFRA, "%s: %s", path, strerror(errno ? errno : EIO));
    fclose(f);
    free(line);
    et_text_free(&where);
    return s;
}

struct place {
    const char *id;
    size_t at;
};

static int by_id(const void *a, const void *b)
{
    const struct place *x = a, *y = b;
    int c = strcmp(x->id, y->id);
    return c ? c : (x->at > y->at) - (x->at < y->at);
}

/* Of the records of one case only the last stands. */
static enum et_status drop_repeated(struct et_run *run)
{
    struct place *places = et_alloc(run->n, sizeof *places);
    bool *dropped = et_alloc(run->n, sizeof *dropped);
    enum et_status s = places && dropped ? ET_OK : no_memory(run->dir);
    for (size_t i = 0; s == ET_OK && i < run->n; i++)
        places[i] = (struct place){run->records[i].result.id, i};
    if (s == ET_OK && run->n > 0) {
        qsort(places, run->n, sizeof *places, by_id);
        for (size_t i = 0; i + 1 < run->n; i++) {
            if (strcmp(places[i].id, places[i + 1].id) == 0)
                dropped[places[i].at] = true;
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

enum et_status et_run_load(const char *dir, struct et_run *out)
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
    if ((s = load_head(&run, head)) || (s = slurp(plan, &run.info.plan_text)) ||
        (s = load_records(&run, records)) || (s = drop_repeated(&run)))
        goto out;
    *out = run;
out:
    free(head);
    free(records);
    free(plan);
    if (s)
        et_run_free(&run);
    return s;
}

void et_run_free(struct et_run *r)
{
    for (size_t i = 0; i < r->n; i++)
        et_record_free(&r->records[i]);
    free(r->records);
    free(r->dir);
    free(r->info.plan_text);
    et_strings_free(&r->warnings);
    et_fields_free(et_run_info_rows, &r->info, sizeof r->info);
    et_fields_free(et_run_rows, r, sizeof *r);
}
