/* What the tests of results/ share: results and runs made up in memory,
 * folders that go away, and what was said on standard error. cmocka's header
 * with all that it needs comes along.
 */
#ifndef ET_TESTS_SAMPLE_H
#define ET_TESTS_SAMPLE_H

#include "tests/unit/test_main.h"

#include "harness/run/sink.h"
#include "results/reading/run.h"
#include "results/report/report.h"
#include "results/store/store.h"

/* A measured fp32 gemm: n samples around `median`, the outermost `spread` of
 * it away; 2 GFLOP an iteration; two ranks on n1, which keep 2 cores busy. */
struct et_result sample_result(const char *id, double median, double spread,
                               size_t n);
/* Recompute the time's figures after the samples were changed. */
void sample_summarise(struct et_result *r);

/* Other ranks than those: n medians, `per_node` ranks on each of n1, n2, ...;
 * rank 0 was the last once. */
void sample_ranks(struct et_result *r, const double *medians, size_t n,
                  size_t per_node);

/* A pass of that outcome: without figures but where it was measured. */
struct et_result sample_of(const char *id, enum et_outcome outcome);

/* A ceiling measured beside it: 7 samples, 1 % to either side of `rate`, which
 * is its interval. The case's traffic becomes 8 MB: 250 FLOP/B. */
void sample_ceiling(struct et_result *r, const char *what, const char *id,
                    double rate);

struct et_run_info sample_info(void); /* et_fields_free by info rows */
/* A team on nodes n1, n2, ... of 4 cores each. sample_info has two ranks on n1.
 */
void sample_place(struct et_run_info *info, int64_t nodes, int64_t per_node);
void sample_info_free(struct et_run_info *info);

/* A complete run in memory; et_run_free. */
struct et_run sample_run(void);
/* The same of one case, "fast", of 200 GFLOP/s, with the ceilings "the peak"
 * and "the memory" of these rates beside it; 0: without that one. */
struct et_run sample_below(double peak, double memory);
void sample_done(char *text, struct et_run *run); /* frees both */
/* Takes the result over. The run's `cases` grows with it. */
void sample_add(struct et_run *run, struct et_result result);

/* A fresh folder; its name is static. sample_remove takes all away. */
char *sample_folder(void);
void sample_remove(const char *folder);
char *sample_path(const char *folder, const char *name); /* static, 16 turns */
char *sample_read(const char *path);                     /* free */
void sample_write(const char *path, const char *text);

/* A store in that folder, begun with sample_info; and a record of it. */
struct et_store *sample_store(const char *folder);
void sample_put(struct et_store *s, struct et_result result);
/* A measured case with two ceilings, one that is wrong and one skipped, named
 * so. 2 GFLOP in 0.5 s are 4 GFLOP/s; 8 MB of traffic make 250 FLOP/B, so the
 * memory would allow 250 GFLOP/s, and the compute ceiling of 5 binds: 0.8. */
void sample_put_kinds(struct et_store *s);

/* The manifest is checked and the figures are worked out anew, of n records. */
enum et_status sample_verify(const char *folder, size_t *n);

/* The run's report in that format, with the records of `records`, which may be
 * NULL; free. */
char *sample_report(const struct et_run *run,
                    const struct et_report_options *how, const char *format,
                    const struct et_run *records);

/* Standard error goes to a file until sample_said, which returns it. */
void sample_listen(void);
const char *sample_said(void);
/* The same: `part` was said; NULL: nothing was. */
void sample_heard(const char *part);
#define assert_said(text, part)                                                \
    do {                                                                       \
        if (!strstr(text, part))                                               \
            fail_msg("'%s' is not in: %s", part, text);                        \
    } while (0)

#endif
