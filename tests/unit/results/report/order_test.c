/* How a report writes numbers, and what it says first. */
#include "config.h"
#include "tests/unit/test_main.h"
#include "results/report/report.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "results/report/parts.h"
#include "tests/unit/results/sample.h"

/* Four figures, and none is lost at a power of ten. */
TEST(numbers)
{
    static const struct {
        double v;
        const char *text;
    } rows[] = {{0, "0"},           {1000, "1000"},
                {999.94, "999.9"},  {100, "100.0"},
                {99.994, "99.99"},  {10, "10.00"},
                {1, "1.000"},       {0.5, "0.5000"},
                {0.01, "0.0100"},   {0.00999, "9.990e-03"},
                {1e9, "1.000e+09"}, {-2.5, "-2.500"},
                {NAN, "-"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_string_equal(et_say_real(rows[i].v).s, rows[i].text);
    assert_string_equal(et_say_percent(0.0525).s, "5.2 %");
    assert_string_equal(et_say_percent(0.525).s, "52 %");
    assert_string_equal(et_say_interval(200, 160, 250).s, "[160.0, 250.0]");
    assert_string_equal(et_say_share(0.8, 0.64, 1).s, "80 % [64, 100]");
    assert_string_equal(et_say_share(0.05, 0.04, 0.06).s, "5.0 % [4.0, 6.0]");
    assert_string_equal(et_say_size(1536).s, "1.5 KiB");
    assert_string_equal(et_say_size(1 << 20).s, "1 MiB");
}

/* Whatever did not pass is warned of, and what is worse stands before what is
 * missing. */
TEST(what_asks_for_attention)
{
    char name[] = "speed", unit[] = "GFLOP/s", reason[] = "nobody knows",
         contract[] = "c.ini";
    struct et_clause_verdict v = {.clause = name,
                                  .where = name,
                                  .metric = name,
                                  .threshold = name,
                                  .unit = unit,
                                  .verdict = ET_VERDICT_INCONCLUSIVE,
                                  .reason = reason,
                                  .value = NAN,
                                  .limit = NAN};
    struct et_judgement j = {contract, NULL, &v, 1, ET_VERDICT_INCONCLUSIVE};
    struct et_run runs[2] = {sample_run(), sample_run()};
    struct et_doc doc;
    assert_int_equal(et_report_judgement(&j, &runs[0], &doc), ET_OK);
    assert_int_equal(doc.blocks[1].kind, ET_BLOCK_WARNING);
    assert_said(doc.blocks[1].text, reason);
    et_doc_free(&doc);
    static const enum et_change turned[] = {
        ET_CHANGE_SAME,    ET_CHANGE_NEW,   ET_CHANGE_BETTER, ET_CHANGE_UNSURE,
        ET_CHANGE_MISSING, ET_CHANGE_WORSE, ET_CHANGE_WRONG};
    struct et_comparison rows[7];
    for (size_t i = 0; i < 7; i++)
        rows[i] = (struct et_comparison){
            .id = name, .metric = name, .unit = unit, .change = turned[i]};
    const struct et_comparisons c = {rows, 7, 0};
    const struct et_run *base = &runs[0];
    assert_int_equal(et_report_comparison(&base, 1, &runs[1], 0.03, &c, &doc),
                     ET_OK);
    assert_said(doc.blocks[0].cells.v[1],
                "WRONG, of 7 cases: 1 wrong, 1 worse");
    for (size_t i = 0, k = 0; i < doc.n; i++) {
        const struct et_block *b = &doc.blocks[i];
        static const char *const order[] = {
            "wrong", "worse", "missing", "unsure", "better", "new", "same"};
        if (b->kind != ET_BLOCK_TABLE)
            continue;
        for (; k < 7; k++)
            assert_string_equal(b->cells.v[k * b->columns.n], order[k]);
    }
    et_doc_free(&doc);
    et_run_free(&runs[0]);
    et_run_free(&runs[1]);
}

/* A case more neither makes a verdict nor hides one; alone it is none. */
TEST(new_cases)
{
    char id[] = "a";
    struct et_run runs[2] = {sample_run(), sample_run()};
    const struct et_run *base = &runs[0];
    struct et_comparison rows[] = {
        {.id = id, .work = "compute", .change = ET_CHANGE_NEW},
        {.id = id, .work = "compute", .change = ET_CHANGE_SAME}};
    for (size_t n = 0; n <= 2; n++) {
        const struct et_comparisons c = {rows, n, 0};
        struct et_doc doc;
        assert_int_equal(
            et_report_comparison(&base, 1, &runs[1], 0.03, &c, &doc), ET_OK);
        assert_said(doc.blocks[0].cells.v[1],
                    n == 2 ? "SAME, of" : "UNSURE, of");
        et_doc_free(&doc);
    }
    et_run_free(&runs[0]);
    et_run_free(&runs[1]);
}

/* The first lines: what is worse, by how much, in which of two nodes, and what
 * differs. */
TEST(first_lines)
{
    static const double lags[] = {0.5, 0.5, 0.6, 0.6};
    char id[] = "gemm m=1", unit[] = "GFLOP/s", reason[] = "no such case";
    struct et_run runs[2] = {sample_run(), sample_run()};
    const struct et_run *base = &runs[0];
    struct et_result r = sample_result("gemm m=1", 0.5, 0.01, 31);
    sample_place(&runs[1].info, 2, 2);
    r.team.nodes = 2;
    r.team.ranks = 4;
    sample_ranks(&r, lags, 4, 2);
    struct et_result_part *last = r.time.nodes.last.v;
    assert_true(r.time.nodes.last.n > 0);
    last->last = 31;
    last->median = 0.6;
    last->others = 0.5;
    sample_add(&runs[1], r);
    assert_true(et_pairs_set(&runs[1].info.libraries, "blis", "1.1", false));
    struct et_comparison rows[] = {{.work = "memory",
                                    .cases = 6,
                                    .all = {0.94, 0.92, 0.96, 0.001},
                                    .ceilings = NAN,
                                    .change = ET_CHANGE_WORSE},
                                   {.id = id,
                                    .work = "compute",
                                    .unit = unit,
                                    .base = 4,
                                    .value = 3.6,
                                    .all = {0.9, 0.88, 0.92, 0.001},
                                    .own = {0.91, 0.89, 0.935, 0.001},
                                    .change = ET_CHANGE_WORSE},
                                   {.id = id,
                                    .work = "compute",
                                    .unit = unit,
                                    .base = 4,
                                    .value = NAN,
                                    .reason = reason,
                                    .change = ET_CHANGE_MISSING}};
    const struct et_comparisons c = {rows, 3, 1};
    struct et_doc doc;
    assert_int_equal(et_report_comparison(&base, 1, &runs[1], 0.03, &c, &doc),
                     ET_OK);
    const struct et_strings *cells = &doc.blocks[0].cells;
    static const char *const lines[] = {
        "Verdict",
        "WORSE, of 2 cases: 0 wrong, 1 worse, 1 missing",
        "worse",
        "6 % slower [4, 8], all 6 memory cases: memory or its clock",
        "worse",
        "9 % slower [6.5, 11], gemm m=1",
        "missing",
        "gemm m=1: no such case",
        "Slow node",
        ", up to 20 % longer than the others, in 1 of 1 compute",
        "Differs",
        "library blis"};
    assert_int_equal(cells->n, sizeof lines / sizeof *lines);
    for (size_t i = 0; i < cells->n; i++)
        assert_said(cells->v[i], lines[i]);
    et_doc_free(&doc);
    et_run_free(&runs[0]);
    et_run_free(&runs[1]);
}

/* All cases of a kind are slower. Of compute: is it the machine? Their ceilings
 * call no library, so they are slower with it alone. */
TEST(common_cause)
{
    static const struct {
        const char *work;
        double ceilings;
        const char *said;
    } trials[] = {
        {"compute", NAN,
         "all 6 compute cases: clock, power or other load, or a library "
         "that they share"},
        {"compute", 0.945,
         "all 6 compute cases, their ceilings 5.5 % slower: clock, power "
         "or other load, not one library"},
        {"compute", 0.97,
         "all 6 compute cases, their ceilings 3 % slower: clock, power or "
         "other load, or a library that they share"},
        {"compute", 0.99,
         "all 6 compute cases, their ceilings 1 % slower: a library that "
         "they share, its settings or the build, not clock or power"},
        {"compute", 1,
         "their ceilings as fast as before: a library that they share, its"},
        {"compute", 1.05,
         "their ceilings 5 % faster: a library that they share, its"},
        {"memory", NAN,
         "all 6 memory cases: memory or its clock, or other load"},
        {"network", NAN,
         "all 6 network cases: the network, its library or other load"},
        {"storage", NAN, "all 6 storage cases: the storage or other load, "}};
    struct et_run runs[2] = {sample_run(), sample_run()};
    const struct et_run *base = &runs[0];
    for (size_t i = 0; i < sizeof trials / sizeof *trials; i++) {
        struct et_comparison row = {.work = trials[i].work,
                                    .cases = 6,
                                    .all = {0.94, 0.92, 0.96, 0.001},
                                    .ceilings = trials[i].ceilings,
                                    .change = ET_CHANGE_WORSE};
        const struct et_comparisons c = {&row, 1, 1};
        struct et_doc doc;
        assert_int_equal(
            et_report_comparison(&base, 1, &runs[1], 0.03, &c, &doc), ET_OK);
        assert_said(doc.blocks[0].cells.v[3], trials[i].said);
        et_doc_free(&doc);
    }
    et_run_free(&runs[0]);
    et_run_free(&runs[1]);
}

/* The gravest twelve by name, the others by their number. */
TEST(many_are_worse)
{
    enum { ALL = 15, NAMED = 12 };
    static char ids[ALL][8], unit[] = "GFLOP/s";
    struct et_comparison rows[ALL];
    struct et_run runs[2] = {sample_run(), sample_run()};
    const struct et_run *base = &runs[0];
    for (int i = 0; i < ALL; i++) {
        snprintf(ids[i], sizeof ids[i], "gemm %c", 'a' + i);
        rows[i] = (struct et_comparison){.id = ids[i],
                                         .work = "compute",
                                         .unit = unit,
                                         .base = 4,
                                         .value = 3.6,
                                         .all = {0.9, 0.88, 0.92, 0.001},
                                         .own = {0.9, 0.88, 0.92, 0.001},
                                         .change = ET_CHANGE_WORSE};
    }
    const struct et_comparisons c = {rows, ALL, 0};
    struct et_doc doc;
    assert_int_equal(et_report_comparison(&base, 1, &runs[1], 0.03, &c, &doc),
                     ET_OK);
    const struct et_strings *cells = &doc.blocks[0].cells;
    for (int i = 0; i < NAMED; i++)
        assert_said(cells->v[3 + 2 * i], ids[i]);
    assert_string_equal(cells->v[2 + 2 * NAMED], "and");
    assert_string_equal(cells->v[3 + 2 * NAMED],
                        "3 more, in the table of cases");
    et_doc_free(&doc);
    et_run_free(&runs[0]);
    et_run_free(&runs[1]);
}

TEST_MAIN(numbers, what_asks_for_attention, new_cases, first_lines,
          common_cause, many_are_worse)
