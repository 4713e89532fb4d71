/* Made-up results, runs and folders for the tests of results/. */
#include "config.h"
#include "tests/unit/results/sample.h"

#include <fcntl.h>
#include <ftw.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/run/ranks.h"
#include "harness/stat/series.h"
#include "results/store/manifest.h"
#include "results/store/sha256.h"
#include "results/store/verify.h"

#define CORES 4 /* of a node */

/* What the run asked for, as its run.json says: intervals may be wide. */
#define SAMPLE_PRECISION 1.0

static void need(bool ok)
{
    if (!ok)
        fail_msg("the fixture cannot be made");
}

void sample_summarise(struct et_result *r)
{
    struct et_result_time *t = &r->time;
    double *v = malloc((t->samples.n + 1) * sizeof *v);
    need(v != NULL);
    memcpy(v, t->samples.v, t->samples.n * sizeof *v);
    et_stat_sort(v, t->samples.n);
    struct et_interval ci = et_series_median_interval(
        t->samples.v, t->samples.n, 0.95, &t->n_effective);
    t->n = (int64_t)t->samples.n;
    t->median = et_stat_quantile(v, t->samples.n, 0.5);
    t->ci_low = ci.low;
    t->ci_high = ci.high;
    t->min = v[0];
    t->max = v[t->samples.n - 1];
    t->mean = et_stat_mean(v, t->samples.n);
    t->p95 = et_stat_quantile(v, t->samples.n, 0.95);
    t->p99 = et_stat_quantile(v, t->samples.n, 0.99);
    t->confidence = 0.95;
    struct et_trend trend =
        et_series_trend(t->samples.v, t->samples.n, SAMPLE_PRECISION);
    t->drift = trend.change;
    t->drift_p = trend.p;
    t->drifts = trend.found;
    const struct et_enough_rule rule = {0.95, SAMPLE_PRECISION, 12, HUGE_VAL};
    t->converged =
        et_series_enough(t->samples.v, t->samples.n, 0, &rule) == ET_ENOUGH;
    free(v);
}

/* A step that visits each of n places once, far from the last one: samples in
 * ascending order would be a drift. */
static size_t stride(size_t n)
{
    for (size_t k = n * 5 / 8 + 1; k > 1; k--) {
        size_t a = n, b = k;
        while (b) {
            size_t rest = a % b;
            a = b;
            b = rest;
        }
        if (a == 1)
            return k;
    }
    return 1;
}

static void name_parts(struct et_list *parts, size_t per_node)
{
    struct et_result_part *v = parts->v;
    for (size_t i = 0; i < parts->n; i++) {
        char host[32];
        snprintf(host, sizeof host, "n%zu", (size_t)v[i].rank / per_node + 1);
        free(v[i].host);
        v[i].host = strdup(host);
    }
}

void sample_ranks(struct et_result *r, const double *medians, size_t n,
                  size_t per_node)
{
    struct et_result_time *t = &r->time;
    struct et_rank *all = calloc(n, sizeof *all);
    struct et_result old = *r, fresh;
    need(all != NULL);
    et_result_begin(&fresh);
    for (size_t i = 0; i < n; i++)
        all[i] = (struct et_rank){medians[i], i == 0, (int64_t)(i / per_node)};
    need(et_ranks_describe(all, n, &fresh) == ET_OK);
    name_parts(&fresh.time.ranks.worst, per_node);
    name_parts(&fresh.time.ranks.last, per_node);
    name_parts(&fresh.time.nodes.worst, per_node);
    name_parts(&fresh.time.nodes.last, per_node);
    /* The old ones go with `fresh`. */
    t->ranks = fresh.time.ranks;
    t->nodes = fresh.time.nodes;
    r->rank_medians = fresh.rank_medians;
    r->rank_last = fresh.rank_last;
    fresh.time.ranks = old.time.ranks;
    fresh.time.nodes = old.time.nodes;
    fresh.rank_medians = old.rank_medians;
    fresh.rank_last = old.rank_last;
    r->team.cores = 0;
    for (size_t i = 0; i < n; i += per_node) {
        size_t here = n - i < per_node ? n - i : per_node;
        r->team.cores += (int64_t)(here < CORES ? here : CORES);
        r->team.oversubscribed = r->team.oversubscribed || here > CORES;
    }
    t->slowest_rank = fresh.time.slowest_rank;
    t->imbalance = fresh.time.imbalance;
    free(t->slowest_host);
    t->slowest_host = strdup(((struct et_result_part *)t->ranks.worst.v)->host);
    et_result_free(&fresh);
    free(all);
}

void sample_place(struct et_run_info *info, int64_t nodes, int64_t per_node)
{
    struct et_run_placement *p =
        et_list_add(&info->placement, sizeof(struct et_run_placement));
    need(p != NULL);
    p->ranks = nodes * per_node;
    struct et_run_group *g =
        et_list_add(&p->groups, sizeof(struct et_run_group));
    need(g != NULL);
    char hosts[32] = "n1";
    if (nodes > 1)
        snprintf(hosts, sizeof hosts, "n[1-%d]", (int)nodes);
    *g = (struct et_run_group){strdup(hosts), nodes,         per_node,
                               CORES,         strdup("0-3"), NAN};
}

/* A pass of that outcome, and nothing more. */
static struct et_result begun(const char *id, enum et_outcome outcome)
{
    struct et_result r;
    need(et_fields_init(et_result_rows, &r, sizeof r) == ET_OK);
    r.bench = strdup("gemm");
    r.id = strdup(id);
    r.backend = strdup("blis");
    r.started = strdup("2026-01-01T00:00:00Z");
    r.outcome = outcome;
    r.pass = 0;
    r.team.ranks = 2;
    r.team.nodes = r.team.threads = 1;
    return r;
}

struct et_result sample_result(const char *id, double median, double spread,
                               size_t n)
{
    struct et_result r = begun(id, ET_MEASURED);
    r.team.delivered = 1;
    r.disturbed.n = r.disturbed.most = 0;
    r.team.transport = strdup("mpi");
    need(et_pairs_set(&r.params, "dtype", "fp32", false) &&
         et_pairs_set(&r.params, "m", "1024", true) &&
         et_pairs_set(&r.params, "alpha", "0.5", true));
    for (size_t i = 0; i < n; i++) {
        size_t at = i * stride(n) % n;
        double x = n > 1 ? 2.0 * (double)at / (double)(n - 1) - 1 : 0;
        need(et_reals_add(&r.time.samples, median * (1 + spread * x)));
    }
    r.time.iterations = 1;
    sample_summarise(&r);
    r.work.flop = 2e9;
    r.work.bytes = 12e6;
    r.work.bus_bytes = 0;
    r.work.messages = 0;
    r.work.convention = strdup("2 m n k");
    r.verification.status = ET_CHECK_PASSED;
    r.verification.error = 0.25;
    r.verification.bound = 1;
    r.verification.method = strdup("Freivalds");
    r.counters.source = strdup("none");
    struct et_result_absent *a =
        et_list_add(&r.counters.absents, sizeof(struct et_result_absent));
    need(a != NULL);
    a->name = strdup("cycles");
    a->reason = strdup("no counters here");
    r.team.cores = 2;
    sample_ranks(&r, (const double[]){median, 0.99 * median}, 2, 2);
    return r;
}

struct et_result sample_of(const char *id, enum et_outcome outcome)
{
    if (outcome == ET_MEASURED)
        return sample_result(id, 0.5, 0.1, 7);
    struct et_result r = begun(id, outcome);
    r.reason = strdup("because");
    return r;
}

void sample_ceiling(struct et_result *r, const char *what, const char *id,
                    double rate)
{
    struct et_result_ceiling *c =
        et_list_add(&r->ceilings, sizeof(struct et_result_ceiling));
    need(c != NULL);
    *c = (struct et_result_ceiling){.what = strdup(what),
                                    .id = strdup(id),
                                    .iterations = 1,
                                    .work = 1e9,
                                    .rate = rate,
                                    .rate_low = 0.99 * rate,
                                    .rate_high = 1.01 * rate};
    c->unit = strdup(strcmp(what, "compute") == 0 ? "FLOP/s" : "B/s");
    for (int i = -3; i <= 3; i++)
        need(et_reals_add(&c->samples, 1e9 / rate * (1 + i * 0.003)));
    r->work.traffic = 8e6;
}

struct et_run_info sample_info(void)
{
    struct et_run_info info;
    need(et_fields_init(et_run_info_rows, &info, sizeof info) == ET_OK);
    info.version = strdup("0.1.0");
    info.commit = strdup("abc");
    info.id = strdup("0123456789abcdef0123456789abcdef");
    info.ranks = 2;
    info.nodes = 1;
    sample_place(&info, 1, 2);
    info.clock = strdup("CLOCK_MONOTONIC_RAW");
    info.cases = 0;
    info.started = strdup("2026-01-01T00:00:00Z");
    info.plan_text = strdup("[gemm]\nm = 1024\n");
    info.plan_digest = malloc(ET_SHA256_HEX + 1);
    need(info.plan_text && info.plan_digest &&
         et_sha256_bytes(info.plan_text, strlen(info.plan_text),
                         info.plan_digest));
    need(et_strings_add(&info.command, "etalon") &&
         et_strings_add(&info.command, "run") &&
         et_pairs_set(&info.config, "seed", "1", true) &&
         et_pairs_set(&info.config, "precision", "1", true) &&
         et_pairs_set(&info.config, "min-samples", "12", true) &&
         et_pairs_set(&info.config, "passes", "1", true));
    return info;
}

void sample_info_free(struct et_run_info *info)
{
    free(info->plan_text);
    et_fields_free(et_run_info_rows, info, sizeof *info);
}

struct et_run sample_run(void)
{
    struct et_run run = {.schema_version = ET_SCHEMA_VERSION,
                         .info = sample_info()};
    run.dir = strdup("made-up");
    run.outcome = strdup("complete");
    return run;
}

void sample_add(struct et_run *run, struct et_result result)
{
    run->records = realloc(run->records, (run->n + 1) * sizeof *run->records);
    need(run->records != NULL);
    need(et_record_make(&result, &run->records[run->n++]) == ET_OK);
    run->info.cases++;
}

void sample_done(char *text, struct et_run *run)
{
    free(text);
    et_run_free(run);
}

struct et_run sample_below(double peak, double memory)
{
    struct et_run run = sample_run();
    struct et_result r = sample_result("fast", 0.01, 0.001, 21);
    if (peak > 0)
        sample_ceiling(&r, "compute", "the peak", peak);
    if (memory > 0)
        sample_ceiling(&r, "memory", "the memory", memory);
    sample_add(&run, r);
    return run;
}

char *sample_folder(void)
{
    static char name[64];
    snprintf(name, sizeof name, "/tmp/etalon-test-XXXXXX");
    need(mkdtemp(name) != NULL);
    return name;
}

static int remove_one(const char *path, const struct stat *st, int type,
                      struct FTW *ftw)
{
    (void)st;
    (void)type;
    (void)ftw;
    return remove(path);
}

void sample_remove(const char *folder)
{
    nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

char *sample_path(const char *folder, const char *name)
{
    static char path[16][256];
    static int turn;
    char *p = path[turn++ % 16];
    snprintf(p, sizeof path[0], "%s/%s", folder, name);
    return p;
}

char *sample_read(const char *path)
{
    struct et_text t = {0};
    char block[4096];
    FILE *f = fopen(path, "r");
    if (!f)
        fail_msg("%s cannot be read", path);
    for (size_t n; (n = fread(block, 1, sizeof block, f)) > 0;)
        et_text_put(&t, block, n);
    fclose(f);
    return t.s ? t.s : strdup("");
}

void sample_write(const char *path, const char *text)
{
    FILE *f = fopen(path, "w");
    if (!f)
        fail_msg("%s cannot be written", path);
    fputs(text, f);
    fclose(f);
}

static int real_stderr = -1, heard = -1;

void sample_listen(void)
{
    char name[] = "/tmp/etalon-said-XXXXXX";
    fflush(stderr);
    heard = mkstemp(name);
    unlink(name);
    real_stderr = dup(STDERR_FILENO);
    dup2(heard, STDERR_FILENO);
}

const char *sample_said(void)
{
    static char text[8192];
    fflush(stderr);
    dup2(real_stderr, STDERR_FILENO);
    close(real_stderr);
    ssize_t n = pread(heard, text, sizeof text - 1, 0);
    text[n > 0 ? n : 0] = '\0';
    close(heard);
    return text;
}

void sample_heard(const char *part)
{
    const char *said = sample_said();
    if (part)
        assert_said(said, part);
    else
        assert_string_equal(said, "");
}

struct et_store *sample_store(const char *folder)
{
    struct et_store *s;
    struct et_run_info info = sample_info();
    assert_int_equal(et_store_open(folder, ET_STORE_NEW, &s), ET_OK);
    struct et_sink *sink = et_store_sink(s);
    assert_int_equal(sink->begin(sink, &info), ET_OK);
    sample_info_free(&info);
    return s;
}

void sample_put(struct et_store *s, struct et_result r)
{
    assert_int_equal(et_store_sink(s)->put(et_store_sink(s), &r), ET_OK);
    et_result_free(&r);
}

void sample_put_kinds(struct et_store *s)
{
    struct et_result r = sample_result("measured", 0.5, 0.25, 31);
    sample_ceiling(&r, "compute", "p", 5e9);
    sample_ceiling(&r, "memory", "s", 1e9);
    sample_put(s, r);
    r = sample_result("wrong", 0.5, 0.25, 7);
    r.outcome = ET_WRONG_DATA;
    r.verification.status = ET_CHECK_FAILED;
    r.verification.error = 2;
    sample_put(s, r);
    r = sample_result("skipped", 0.5, 0.25, 7);
    r.outcome = ET_SKIPPED;
    r.verification.status = ET_CHECK_NONE;
    free(r.time.samples.v);
    r.time.samples = (struct et_reals){0};
    sample_put(s, r);
}

char *sample_report(const struct et_run *run,
                    const struct et_report_options *how, const char *format,
                    const struct et_run *records)
{
    struct et_doc doc;
    char *text = NULL;
    size_t n = 0;
    FILE *f = open_memstream(&text, &n);
    assert_non_null(f);
    assert_int_equal(et_report_build(run, how, &doc), ET_OK);
    assert_int_equal(et_out_find(format)->write(&doc, records, NULL, f), ET_OK);
    fclose(f);
    et_doc_free(&doc);
    return text;
}

enum et_status sample_verify(const char *folder, size_t *n)
{
    struct et_run run;
    enum et_status manifest = et_manifest_check(folder);
    enum et_status s = et_run_load_passes(folder, &run);
    if (s == ET_OK) {
        s = et_status_worse(et_verify_ranks(&run), et_verify_figures(&run));
        *n = run.n;
        et_run_free(&run);
    }
    return et_status_worse(manifest, s);
}
