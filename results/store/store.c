/* The store: a run directory as it is written. Every failure of the disk
 * leaves whole records behind. Knows records and files; never judges.
 *
 * A file size limit raises SIGXFSZ; the program ignores that signal, so that
 * write(2) fails with EFBIG and is handled like a full disk.
 */
#include "config.h"
#include "results/store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "harness/base/regular.h"
#include "harness/base/log.h"
#include "harness/base/memory.h"
#include "results/record/json.h"
#include "results/record/ranks.h"
#include "results/record/record.h"
#include "results/reading/run.h"
#include "results/store/directory.h"

/* A file that only grows, by whole pieces. */
struct growing {
    const char *name;
    int fd;     /* -1: not open */
    off_t size; /* of the whole pieces */
};

struct et_store {
    struct et_sink sink; /* first: a sink is cast back to its store */
    char *dir;
    int dir_fd;
    struct growing records, ranks;
    size_t lines;   /* of the records, so far */
    size_t due;     /* resumed: lines up to the last one that has a block */
    int64_t launch; /* 0: the run's first; n: the n-th resume or --again */
    enum et_store_start start;
    bool made_records, begun;
    size_t made;  /* characters of `dir`: et_directory_make */
    json_t *head; /* run.json */
};

/* By errno; why: the words, or NULL for errno's own. */
static enum et_status failed_as(const char *dir, const char *name,
                                const char *why)
{
    return why ? et_error(et_directory_status(errno), "%s/%s: %s", dir, name,
                          why)
               : et_directory_failed(dir, name);
}

static enum et_status failed(const char *dir, const char *name)
{
    return et_directory_failed(dir, name);
}

/* The one that is there, where one may be, or a new one. */
static enum et_status open_growing(const struct et_store *s, struct growing *f,
                                   bool there)
{
    char why[ET_REGULAR_WHY];
    errno = ENOENT;
    if (there)
        f->fd = et_regular_append(s->dir_fd, f->name, why);
    if (f->fd < 0 && errno == ENOENT)
        f->fd = et_regular_create(s->dir_fd, f->name, O_APPEND, why);
    return f->fd < 0 ? failed_as(s->dir, f->name, why) : ET_OK;
}

/* False, with errno. A reader that looks whether a run is still written holds
 * it for a moment. */
static bool try_lock(const struct et_store *s)
{
    const struct timespec moment = {.tv_nsec = 20000000};
    for (int tries = 0; tries < 10; tries++) {
        if (flock(s->records.fd, LOCK_EX | LOCK_NB) == 0)
            return true;
        if (errno != EWOULDBLOCK)
            return false;
        nanosleep(&moment, NULL);
        errno = EWOULDBLOCK;
    }
    return false;
}

static enum et_status lock(const struct et_store *s)
{
    if (try_lock(s))
        return ET_OK;
    if (errno == EWOULDBLOCK)
        return et_error(ET_USAGE, "%s: another etalon is writing to it",
                        s->dir);
    et_warn("%s: this file system has no locks (%s): see that no other etalon "
            "writes to it",
            s->dir, strerror(errno));
    return ET_OK;
}

/* Take away what stands behind the whole pieces. */
static enum et_status cut(const struct et_store *s, const struct growing *f)
{
    if (ftruncate(f->fd, f->size) != 0 || fsync(f->fd) != 0)
        return failed(s->dir, f->name);
    return ET_OK;
}

/* Find the end of the last whole line and cut off what stands after it. */
static enum et_status cut_torn_line(struct et_store *s)
{
    char block[4096];
    struct growing *f = &s->records;
    off_t end = lseek(f->fd, 0, SEEK_END), at = end;
    f->size = 0;
    if (end < 0)
        return failed(s->dir, f->name);
    while (at > 0 && f->size == 0) {
        off_t n = at < (off_t)sizeof block ? at : (off_t)sizeof block;
        at -= n;
        if (pread(f->fd, block, (size_t)n, at) != n)
            return failed(s->dir, f->name);
        for (off_t i = n; i > 0 && f->size == 0; i--) {
            if (block[i - 1] == '\n')
                f->size = at + i;
        }
    }
    if (f->size == end)
        return ET_OK;
    et_warn("%s/records.jsonl: its last line was torn by a write that did not "
            "finish; %lld bytes of it are taken away",
            s->dir, (long long)(end - f->size));
    return cut(s, f);
}

/* The end of the last block of ranks.bin that a whole record stands for. */
static enum et_status find_last_block(struct et_store *s, struct growing *f)
{
    struct et_ranks r;
    int copy = dup(f->fd);
    struct et_ranks_reader reader = {
        copy < 0 ? NULL : et_noted(fdopen(copy, "r")), 0};
    enum et_ranks_found found = ET_RANKS_END;
    bool kept = true;
    size_t seen = 0; /* lines up to that of the last block */
    if (!reader.file) {
        enum et_status status = failed(s->dir, f->name);
        if (copy >= 0)
            close(copy);
        return status;
    }
    while (kept && (found = et_ranks_next(&reader, &r)) == ET_RANKS_BLOCK) {
        kept = r.record < s->lines;
        f->size = kept ? reader.whole : f->size;
        seen = kept ? (size_t)r.record + 1 : seen;
        et_ranks_free(&r);
    }
    fclose(reader.file);
    if (f->size == 0 && reader.whole) /* no block, but the head is whole */
        f->size = ET_RANKS_HEAD;
    /* A power failure may leave anything where a next block was to stand. */
    bool tail = found == ET_RANKS_DAMAGED && reader.whole && seen >= s->due;
    if (kept && found != ET_RANKS_END && found != ET_RANKS_TORN && !tail)
        return et_error(found == ET_RANKS_NEWER ? ET_USAGE : ET_INFRA,
                        "%s/%s: %s after byte %lld: the run cannot go on with "
                        "it",
                        s->dir, f->name, et_ranks_say(found),
                        (long long)f->size);
    return ET_OK;
}

/* Opens ranks.bin, new or again. A block is written before its record, so that
 * a run which was killed may leave one too many, or a part of one: what no
 * record stands for is cut off. */
static enum et_status open_ranks(struct et_store *s)
{
    struct growing *f = &s->ranks;
    unsigned char head[ET_RANKS_HEAD];
    enum et_status status = open_growing(s, f, s->start != ET_STORE_NEW);
    if (status == ET_OK)
        status = find_last_block(s, f);
    off_t end = status == ET_OK ? lseek(f->fd, 0, SEEK_END) : 0;
    if (end < 0)
        status = failed(s->dir, f->name);
    if (status == ET_OK && f->size < end) {
        et_warn("%s/%s: its last %lld bytes are no whole block of a record of "
                "this run; they are taken away",
                s->dir, f->name, (long long)(end - f->size));
        status = cut(s, f);
    }
    if (status || f->size > 0)
        return status;
    et_ranks_begin(head);
    if (!et_regular_write(f->fd, head, sizeof head) || fsync(f->fd) != 0)
        return failed(s->dir, f->name);
    f->size = sizeof head;
    return ET_OK;
}

/* The file is the old one or the new one, whatever happens on the way. */
static enum et_status replace(const struct et_store *s, const char *name,
                              const char *text)
{
    char why[ET_REGULAR_WHY];
    return et_regular_put(s->dir_fd, name, text, strlen(text), why)
               ? ET_OK
               : failed_as(s->dir, name, why);
}

static enum et_status write_head(const struct et_store *s)
{
    char *text = json_dumps(s->head, JSON_INDENT(2) | JSON_ENSURE_ASCII);
    if (!text)
        return et_error(ET_INFRA, "out of memory");
    enum et_status status = replace(s, "run.json", text);
    free(text);
    return status;
}

static enum et_status begin_new(struct et_store *s,
                                const struct et_run_info *info)
{
    struct et_run run = {.schema_version = ET_SCHEMA_VERSION,
                         .outcome = (char *)"running"};
    enum et_status status;
    s->head = json_object();
    if (!s->head)
        return et_error(ET_INFRA, "out of memory");
    if ((status = open_ranks(s)) ||
        (status = et_json_put(s->head, et_run_rows, &run)) ||
        (status = et_json_put(s->head, et_run_info_rows, info)) ||
        (status =
             replace(s, "plan.ini", info->plan_text ? info->plan_text : "")))
        return status;
    return write_head(s);
}

/* One run is one plan on one kind of clock; a change that only makes figures
 * hard to compare is warned of. */
static enum et_status check_same(const struct et_store *s,
                                 const struct et_run *old,
                                 const struct et_run_info *now)
{
    const struct et_run_info *was = &old->info;
    const char *plan = now->plan_text ? now->plan_text : "";
    if (was->plan_text && strcmp(was->plan_text, plan) != 0)
        return et_error(ET_USAGE,
                        "%s: plan.ini: a resumed run keeps its plan, and this "
                        "is another one",
                        s->dir);
    if (was->clock_fake != now->clock_fake)
        return et_error(ET_USAGE,
                        "%s: begun on a %s clock, it cannot go on with a %s "
                        "one",
                        s->dir, was->clock_fake ? "fake" : "real",
                        now->clock_fake ? "fake" : "real");
    if (was->ranks != now->ranks)
        et_warn("%s: begun with %lld ranks, goes on with %lld", s->dir,
                (long long)was->ranks, (long long)now->ranks);
    if (was->commit && now->commit && strcmp(was->commit, now->commit) != 0)
        et_warn("%s: begun by etalon %s, goes on with %s", s->dir, was->commit,
                now->commit);
    else if (was->binary_digest && now->binary_digest &&
             strcmp(was->binary_digest, now->binary_digest) != 0)
        et_warn("%s: is continued by another build of etalon than the one that "
                "began it",
                s->dir);
    if (was->environment.cpu && now->environment.cpu &&
        strcmp(was->environment.cpu, now->environment.cpu) != 0)
        et_warn("%s: begun on `%s`, goes on with `%s`", s->dir,
                was->environment.cpu, now->environment.cpu);
    return ET_OK;
}

/* Where the run that is there has got to. */
static void find_place(struct et_store *s, const struct et_run *old)
{
    s->lines = old->lines;
    for (size_t i = 0; i < old->n; i++) {
        if (old->records[i].result.time.ranks.n != ET_ABSENT_INT)
            s->due = old->records[i].line + 1;
    }
    s->launch = (int64_t)old->resumes.n;
}

static enum et_status put_head(struct et_store *s, const struct et_run *run)
{
    enum et_status status = et_json_put(s->head, et_run_rows, run);
    return status ? status : et_json_put(s->head, et_run_info_rows, &run->info);
}

static enum et_status begin_again(struct et_store *s,
                                  const struct et_run_info *info)
{
    struct et_run old;
    enum et_status status = et_run_load_passes(s->dir, &old);
    if (status)
        return status;
    struct et_run_resume *mark =
        et_list_add(&old.resumes, sizeof(struct et_run_resume));
    s->head = json_object();
    if (!mark || !s->head) {
        status = et_error(ET_INFRA, "out of memory");
        goto out;
    }
    find_place(s, &old);
    if ((status = check_same(s, &old, info)) || (status = open_ranks(s)))
        goto out;
    const struct et_run_resume now = {.again = s->start == ET_STORE_AGAIN,
                                      .started = info->started,
                                      .host = info->environment.host,
                                      .commit = info->commit,
                                      .binary_digest = info->binary_digest,
                                      .command = info->command,
                                      .placement = info->placement};
    if ((status = et_fields_copy(et_run_resume_rows, mark, &now, sizeof now)))
        goto out;
    free(old.outcome);
    free(old.reason);
    free(old.finished);
    old.reason = old.finished = NULL;
    old.outcome = et_strdup("running");
    if ((status = put_head(s, &old)))
        goto out;
    /* The files are about to differ from what it lists. */
    unlinkat(s->dir_fd, "manifest.sha256", 0);
    unlinkat(s->dir_fd, "report.txt", 0);
    unlinkat(s->dir_fd, "report.html", 0);
    status = write_head(s);
out:
    et_run_free(&old);
    return status;
}

static enum et_status begin(struct et_sink *sink,
                            const struct et_run_info *info)
{
    struct et_store *s = (struct et_store *)(void *)sink;
    enum et_status status =
        s->start == ET_STORE_NEW ? begin_new(s, info) : begin_again(s, info);
    s->begun = status == ET_OK;
    return status;
}

/* A whole piece, on disk; of one that fails nothing stays. */
static enum et_status append(const struct et_store *s, struct growing *f,
                             const void *piece, size_t n, const char *id)
{
    if (et_regular_write(f->fd, piece, n) && fdatasync(f->fd) == 0) {
        f->size += (off_t)n;
        return ET_OK;
    }
    int error = errno;
    if (ftruncate(f->fd, f->size) != 0 || fsync(f->fd) != 0)
        et_warn("%s/%s: may end in a torn piece: %s", s->dir, f->name,
                strerror(errno));
    return et_error(ET_INFRA,
                    "%s/%s: %s: the case `%s` is not kept, those "
                    "before it are",
                    s->dir, f->name, strerror(error), id);
}

/* Every rank's own median, before the record that they belong to. */
static enum et_status append_ranks(struct et_store *s,
                                   const struct et_result *r)
{
    const struct et_ranks ranks = {s->lines, r->id, r->rank_medians,
                                   r->rank_last};
    size_t n;
    unsigned char *block = et_ranks_pack(&ranks, &n);
    enum et_status status = block ? append(s, &s->ranks, block, n, r->id)
                                  : et_error(ET_INFRA, "out of memory");
    free(block);
    return status;
}

static enum et_status append_record(struct et_store *s,
                                    const struct et_record *record)
{
    json_t *json = et_record_to_json(record);
    /* 15 digits read back as written; 17 would double the file for noise. */
    char *text = json ? json_dumps(json, JSON_COMPACT | JSON_ENSURE_ASCII |
                                             JSON_REAL_PRECISION(15))
                      : NULL;
    size_t n = text ? strlen(text) : 0;
    char *line = text ? et_grow(text, n + 1, 1) : NULL;
    enum et_status status;
    if (line) {
        line[n] = '\n'; /* not a string from here on */
        status = append(s, &s->records, line, n + 1, record->result.id);
    } else {
        free(text);
        status = et_error(ET_INFRA, "out of memory");
    }
    free(line);
    json_decref(json);
    return status;
}

static enum et_status put(struct et_sink *sink, const struct et_result *result)
{
    struct et_store *s = (struct et_store *)(void *)sink;
    /* Borrowed: the record is written and forgotten, the result stays. */
    struct et_result borrowed = *result;
    struct et_record record;
    off_t before = s->ranks.size;
    enum et_status status = et_record_make(&borrowed, &record);
    if (status)
        return status;
    record.launch = s->launch;
    if (result->rank_medians.n)
        status = append_ranks(s, result);
    if (status == ET_OK) {
        status = append_record(s, &record);
        s->lines += status == ET_OK;
        if (status && s->ranks.size > before) {
            s->ranks.size = before;
            cut(s, &s->ranks);
        }
    }
    memset(&record.result, 0, sizeof record.result);
    et_record_free(&record);
    return status;
}

static enum et_status end(struct et_sink *sink, const char *outcome,
                          const char *reason, const char *finished)
{
    struct et_store *s = (struct et_store *)(void *)sink;
    if (json_object_set_new(s->head, "outcome", json_string(outcome)) != 0 ||
        json_object_set_new(s->head, "reason", et_json_text(reason)) != 0 ||
        json_object_set_new(s->head, "finished",
                            finished ? json_string(finished) : json_null()) !=
            0)
        return et_error(ET_INFRA, "out of memory");
    return write_head(s);
}

static enum et_status open_new(struct et_store *s)
{
    bool early; /* a run ended here before it had begun */
    struct stat st;
    enum et_status status = et_directory_make(s->dir, &s->made);
    if (status)
        return status;
    s->dir_fd = open(s->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (s->dir_fd < 0)
        return failed(s->dir, NULL);
    if ((status = et_directory_check(s->dir, s->dir_fd, &early)))
        return status;
    if ((status = open_growing(s, &s->records, early)))
        return status;
    s->made_records = !early;
    if ((status = lock(s)) || !early)
        return status;
    /* Was it this run's, and is it still? */
    if ((status = et_directory_check(s->dir, s->dir_fd, &early)))
        return status;
    if (!early || fstat(s->records.fd, &st) != 0 || st.st_nlink != 1)
        return et_error(ET_USAGE, "%s: another etalon is writing to it",
                        s->dir);
    et_directory_clear(s->dir_fd);
    s->made_records = true;
    return ET_OK;
}

static enum et_status open_again(struct et_store *s)
{
    s->dir_fd = open(s->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (s->dir_fd < 0)
        return failed(s->dir, NULL);
    if (faccessat(s->dir_fd, "run.json", F_OK, 0) != 0)
        return et_error(
            ET_USAGE, "%s: holds no run to resume: it has no run.json", s->dir);
    enum et_status status = open_growing(s, &s->records, true);
    if (status == ET_OK)
        status = lock(s);
    return status ? status : cut_torn_line(s);
}

/* NULL: no memory. */
static struct et_store *make(const char *dir, enum et_store_start start)
{
    struct et_store *s = et_alloc(1, sizeof *s);
    if (s)
        *s = (struct et_store){.sink = {begin, put, end},
                               .dir = et_strdup(dir),
                               .dir_fd = -1,
                               .records = {"records.jsonl", -1, 0},
                               .ranks = {ET_RANKS_FILE, -1, 0},
                               .start = start};
    if (s && s->dir)
        return s;
    et_store_close(s);
    return NULL;
}

enum et_status et_store_open(const char *dir, enum et_store_start start,
                             struct et_store **out)
{
    struct et_store *s = make(dir, start);
    if (!s)
        return et_error(ET_INFRA, "out of memory");
    enum et_status status = start == ET_STORE_NEW ? open_new(s) : open_again(s);
    if (status == ET_OK)
        *out = s;
    else
        et_store_close(s);
    return status;
}

/* False, in silence, where there is nobody to take it over from. */
static bool take_over(struct et_store *s)
{
    char why[ET_REGULAR_WHY];
    struct et_run old;
    s->dir_fd = open(s->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (s->dir_fd >= 0)
        s->records.fd = et_regular_append(s->dir_fd, s->records.name, why);
    if (s->records.fd < 0 || !try_lock(s) || cut_torn_line(s) != ET_OK ||
        et_run_load_passes(s->dir, &old) != ET_OK)
        return false;
    find_place(s, &old);
    s->head = json_object();
    s->begun = s->head && old.outcome && strcmp(old.outcome, "running") == 0 &&
               put_head(s, &old) == ET_OK && open_ranks(s) == ET_OK;
    et_run_free(&old);
    return s->begun;
}

struct et_store *et_store_take_over(const char *dir)
{
    struct et_store *s = make(dir, ET_STORE_RESUME);
    if (s && take_over(s))
        return s;
    et_store_close(s);
    return NULL;
}

struct et_sink *et_store_sink(struct et_store *s)
{
    return &s->sink;
}

void et_store_close(struct et_store *s)
{
    if (!s)
        return;
    /* A run that never began leaves no trace that would bar the next. */
    if (s->made_records && !s->begun) {
        et_directory_clear(s->dir_fd);
        unlinkat(s->dir_fd, "records.jsonl", 0);
    }
    if (!s->begun)
        et_directory_unmake(s->dir, s->made);
    if (s->ranks.fd >= 0)
        close(s->ranks.fd);
    if (s->records.fd >= 0)
        close(s->records.fd);
    if (s->dir_fd >= 0)
        close(s->dir_fd);
    json_decref(s->head);
    free(s->dir);
    free(s);
}
