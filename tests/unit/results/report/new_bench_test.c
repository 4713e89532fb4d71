/* A bench that no build has: its figures stand in the headline and in a table
 * of every format, by the metric that run.json names, or by the record's first
 * one where run.json names none. And roles: what they do, for whatever bench.
 */
#include "config.h"
#include "tests/unit/test_main.h"
#include "results/report/report.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/results/sample.h"

static void rename_to(char **member, const char *text)
{
    free(*member);
    *member = strdup(text);
}

/* What run.json says of a bench. */
static void tell(struct et_run *run, const char *name, const char *title,
                 const char *merit, const char *role, const char *sizes)
{
    struct et_run_bench *b = et_list_add(&run->info.benches, sizeof *b);
    assert_non_null(b);
    *b = (struct et_run_bench){.name = strdup(name),
                               .title = strdup(title),
                               .merit = strdup(merit),
                               .role = strdup(role),
                               .sizes = sizes ? strdup(sizes) : NULL};
}

/* One case of it: no work that any metric of this build counts but the time. */
static struct et_result sieve(const char *id, const char *limit, double time)
{
    struct et_result r = sample_result(id, time, 0.001, 21);
    rename_to(&r.bench, "prime_sieve");
    rename_to(&r.backend, "wheel");
    for (size_t i = 0; i < r.params.n; i++) {
        free(r.params.v[i].key);
        free(r.params.v[i].text);
    }
    r.params.n = 0;
    assert_true(et_pairs_set(&r.params, "limit", limit, true) &&
                et_pairs_set(&r.params, "step", "7", true));
    r.work.flop = r.work.bytes = 0;
    return r;
}

static void add_metric(struct et_run *run, const char *name, double value,
                       const char *unit, const char *better)
{
    struct et_record *r = &run->records[run->n - 1];
    struct et_metric_value *m = et_list_add(&r->metrics, sizeof *m);
    assert_non_null(m);
    *m = (struct et_metric_value){.name = strdup(name),
                                  .value = value,
                                  .ci_low = 0.98 * value,
                                  .ci_high = 1.03 * value,
                                  .unit = strdup(unit),
                                  .better = strdup(better)};
}

static struct et_run sieves(bool told)
{
    struct et_run run = sample_run();
    if (told)
        tell(&run, "prime_sieve", "sieves of primes", "primes", "none",
             "up to {limit} by {step}");
    sample_add(&run, sieve("small", "1000", 0.02));
    add_metric(&run, "primes", 125, "Mprime/s", "higher");
    sample_add(&run, sieve("large", "5000", 0.03));
    add_metric(&run, "primes", 250, "Mprime/s", "higher");
    return run;
}

static char *print(const char *format, const struct et_run *run)
{
    return sample_report(run, NULL, format, run);
}

/* Figure, unit, both ends, check and case, whatever the marks between. */
TEST(test_every_format)
{
    struct et_run run = sieves(true);
    for (size_t i = 0; et_out_at(i); i++) {
        const struct et_out *out = et_out_at(i);
        static const char *const words[] = {"250",   "Mprime/s", "245",
                                            "257.5", "passed",   "wheel",
                                            "prime", "5000"};
        char *text = print(out->name, &run);
        for (size_t k = 0; k < sizeof words / sizeof *words; k++)
            assert_said(text, words[k]);
        if (!out->records_only) {
            assert_said(text, "prime sieve");
            assert_said(text, "sieves of primes");
            assert_said(text, "up to 5000 by 7");
            assert_said(text, "check passed");
        }
        free(text);
    }
    et_run_free(&run);
}

static const struct et_block *find_table(const struct et_doc *doc,
                                         const char *cell)
{
    for (size_t i = 0; i < doc->n; i++) {
        const struct et_block *b = &doc->blocks[i];
        for (size_t k = 0; b->kind == ET_BLOCK_TABLE && k < b->cells.n; k++) {
            if (strcmp(b->cells.v[k], cell) == 0)
                return b;
        }
    }
    fail_msg("no table has the cell %s", cell);
    return NULL;
}

static const char *cell_of(const struct et_block *b, size_t row,
                           const char *column)
{
    for (size_t i = 0; i < b->columns.n; i++) {
        if (strcmp(b->columns.v[i], column) == 0)
            return b->cells.v[row * b->columns.n + i];
    }
    fail_msg("no column %s", column);
    return NULL;
}

static const char *headline(const struct et_doc *doc, const char *name)
{
    for (size_t i = 0; i < doc->n; i++) {
        const struct et_block *b = &doc->blocks[i];
        for (size_t k = 0; b->level == 1 && k + 1 < b->cells.n; k += 2) {
            if (strcmp(b->cells.v[k], name) == 0)
                return b->cells.v[k + 1];
        }
    }
    fail_msg("no headline of %s", name);
    return NULL;
}

static struct et_doc build(const struct et_run *run)
{
    struct et_doc doc;
    assert_int_equal(et_report_build(run, NULL, &doc), ET_OK);
    return doc;
}

TEST(test_merit)
{
    struct et_run run = sieves(true);
    struct et_doc doc = build(&run);
    const struct et_block *b = find_table(&doc, "up to 5000 by 7");
    assert_string_equal(cell_of(b, 0, "Case"), "up to 1000 by 7");
    assert_string_equal(cell_of(b, 1, "Mprime/s"), "250.0");
    assert_string_equal(cell_of(b, 1, "95 % interval"), "[245.0, 257.5]");
    assert_string_equal(cell_of(b, 1, "Check"), "passed");
    assert_string_equal(cell_of(b, 1, "n"), "21");
    const char *text = headline(&doc, "prime sieve");
    assert_said(text, "250.0 Mprime/s [245.0, 257.5], wheel, "
                      "up to 5000 by 7, 2 ranks x 1 thread; n = 21");
    assert_said(text, "check passed");
    et_doc_free(&doc);
    /* The other way round: the less, the better. */
    for (size_t i = 0; i < run.n; i++) {
        struct et_metric_value *m = run.records[i].metrics.v;
        rename_to(&m[run.records[i].metrics.n - 1].better, "lower");
    }
    doc = build(&run);
    assert_said(headline(&doc, "prime sieve"), "125.0 Mprime/s [");
    et_doc_free(&doc);
    et_run_free(&run);
}

/* A run that says nothing of its benches, as those of older builds. */
TEST(test_untold)
{
    struct et_run run = sieves(false);
    struct et_doc doc = build(&run);
    const struct et_block *b = find_table(&doc, "limit=5000");
    assert_string_equal(cell_of(b, 1, "time"), "30 ms");
    assert_said(headline(&doc, "prime sieve"), "20 ms [");
    et_doc_free(&doc);
    et_run_free(&run);
}

/* What a form names and a record lacks makes it no form of that record; what
 * only some cases have is said of those. */
TEST(test_odd_params)
{
    struct et_run run = sieves(true);
    struct et_run_bench *b = run.info.benches.v;
    rename_to(&b->sizes, "up to {limit} on {planet}");
    assert_true(
        et_pairs_set(&run.records[1].result.params, "mode", "wild", false));
    struct et_doc doc = build(&run);
    const struct et_block *t = find_table(&doc, "wild limit=5000");
    assert_string_equal(cell_of(t, 0, "Case"), "limit=1000");
    et_doc_free(&doc);
    et_run_free(&run);
}

/* Operations on integers are no FLOP, in no place. */
TEST(test_integers)
{
    struct et_run run = sample_run();
    struct et_result r = sample_result("whole", 0.01, 0.001, 21);
    assert_true(et_pairs_set(&r.params, "dtype", "int8", false));
    sample_add(&run, r);
    struct et_doc doc = build(&run);
    assert_said(headline(&doc, "gemm int8"), "200.0 GOP/s [");
    assert_string_equal(cell_of(find_table(&doc, "200.0"), 0, "GOP/s"),
                        "200.0");
    et_doc_free(&doc);
    et_run_free(&run);
}

/* A mean is of a backend that did all cases. */
TEST(test_mean)
{
    struct et_run run = sample_run();
    for (int i = 0; i < 5; i++) {
        static const char *const sizes[] = {"64", "128", "256", "64", "128"};
        struct et_result r = sample_result("case", 0.01, 0.001, 21);
        assert_true(et_pairs_set(&r.params, "m", sizes[i], true));
        rename_to(&r.backend, i < 3 ? "whole" : "partly");
        sample_add(&run, r);
    }
    char *text = print("text", &run);
    assert_said(text, "Harmonic mean of the rates of all 3 cases on 2 x 1, in "
                      "GFLOP/s: whole 200.0.");
    sample_done(text, &run);
}

/* A figure that must not be quoted stands in the table, and not above. */
TEST(test_flaw)
{
    struct et_run run = sieves(true);
    run.records[1].result.verification.status = ET_CHECK_NONE;
    struct et_doc doc = build(&run);
    const struct et_block *b = find_table(&doc, "up to 5000 by 7");
    assert_string_equal(cell_of(b, 1, "Mprime/s"), "250.0");
    assert_string_equal(cell_of(b, 1, "Check"), "none");
    assert_string_equal(cell_of(b, 1, "Remarks"), "not checked");
    assert_said(headline(&doc, "prime sieve"), "125.0 Mprime/s [");
    et_doc_free(&doc);
    et_run_free(&run);
}

/* A bench whose cases have different metrics: no figure under another's unit.
 */
TEST(test_two_metrics)
{
    struct et_run run = sieves(true);
    sample_add(&run, sieve("odd", "9000", 0.07));
    add_metric(&run, "sieved", 75, "GB/s", "higher");
    sample_add(&run, sieve("even", "9999", 0.07));
    struct et_doc doc = build(&run);
    const struct et_block *b = find_table(&doc, "up to 9000 by 7");
    assert_string_equal(cell_of(b, 0, "time"), "70 ms");
    assert_int_equal(b->cells.n, 2 * b->columns.n);
    b = find_table(&doc, "up to 1000 by 7");
    assert_string_equal(cell_of(b, 0, "Mprime/s"), "125.0");
    assert_int_equal(b->cells.n, 2 * b->columns.n);
    et_doc_free(&doc);
    et_run_free(&run);
}

static const struct et_figure *figure(const struct et_doc *doc,
                                      const char *name)
{
    for (size_t i = 0; i < doc->n; i++) {
        const struct et_figure *f = &doc->blocks[i].figure;
        if (f->name && strcmp(f->name, name) == 0)
            return f;
    }
    fail_msg("no figure %s", name);
    return NULL;
}

/* The roofs and slopes of the roofline are those of any bench with the role. */
TEST(test_ceilings)
{
    for (int told = 0; told < 2; told++) {
        struct et_run run = sample_run();
        if (told) {
            tell(&run, "burn", "burns", "flops", "compute ceiling", NULL);
            tell(&run, "haul", "hauls", "bandwidth", "memory ceiling", NULL);
        }
        struct et_result r = sample_result("point", 0.01, 0.001, 21);
        sample_ceiling(&r, "compute", "beside", 500e9);
        sample_ceiling(&r, "memory", "beside too", 10e9);
        sample_add(&run, r);
        r = sample_result("roof", 0.005, 0.001, 21);
        rename_to(&r.bench, "burn");
        rename_to(&r.backend, "hot");
        sample_add(&run, r);
        r = sample_result("slope", 0.01, 0.001, 21);
        rename_to(&r.bench, "haul");
        r.work.flop = 0;
        r.work.bytes = 77e6;
        assert_true(et_pairs_set(&r.facts, "fits_in", "L2", false));
        sample_add(&run, r);
        struct et_doc doc = build(&run);
        const char *data = et_text_str(&figure(&doc, "roofline")->data);
        assert_said(data,
                    told ? "\"fp32 hot 400 GFLOP/s\"" : "\"fp32 500 GFLOP/s\"");
        assert_said(data, told ? "\"L2 7.7 GB/s\"" : "\"read 10 GB/s\"");
        et_doc_free(&doc);
        et_run_free(&run);
    }
}

/* Both figures of a collective say which they are; storage shows its times. */
TEST(test_roles)
{
    struct et_run run = sample_run();
    tell(&run, "swap", "swaps of data", "busbw", "collective", NULL);
    tell(&run, "shelf", "books on a shelf", "bandwidth", "storage", NULL);
    for (int i = 0; i < 3; i++) {
        double bytes = 64 << 6 * i;
        struct et_result r = sample_result(i ? i > 1 ? "2" : "1" : "0",
                                           2e-6 + bytes / 4e9, 0.001, 21);
        rename_to(&r.bench, "swap");
        r.work.bytes = bytes;
        r.work.bus_bytes = 0.5 * bytes;
        sample_add(&run, r);
    }
    struct et_result r = sample_result("book", 0.5, 0.001, 21);
    rename_to(&r.bench, "shelf");
    r.work.flop = 0;
    sample_add(&run, r);
    struct et_doc doc = build(&run);
    assert_said(headline(&doc, "swap fp32 bus bandwidth"), " GB/s [");
    assert_said(headline(&doc, "swap fp32 small-message latency"),
                "2.016 us [");
    assert_string_equal(figure(&doc, "ecdf-shelf-fp32")->template, "ecdf");
    /* The line of the fit ends where the largest size does: half of its bytes
     * cross the bus, and neither all nor what an all-reduce would send. */
    const char *data = et_text_str(&figure(&doc, "busbw-swap-fp32")->data);
    const char *last = strrchr(data, ' ');
    assert_non_null(last);
    double time = 2e-6 + (64 << 12) / 4e9;
    assert_true(fabs(atof(last) - 0.5 * (64 << 12) / time) < 1e6);
    et_doc_free(&doc);
    et_run_free(&run);
}

TEST_MAIN(test_every_format, test_merit, test_untold, test_flaw,
          test_two_metrics, test_ceilings, test_roles, test_odd_params,
          test_integers, test_mean)
