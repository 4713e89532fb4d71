/* What the parts of a report share: the run they speak of, the document they
 * fill, and how figures are written. Private to report*.c.
 */
#ifndef ET_RESULTS_REPORT_PARTS_H
#define ET_RESULTS_REPORT_PARTS_H

#include "results/reading/name.h"
#include "results/report/report.h"

#define ET_REPORT_ROWS 200 /* of a table; the rest is in the CSV report */
#define ET_REPORT_SERIES                                                       \
    8                       /* in a figure: as many colours as are told apart  \
                             */
#define ET_REPORT_SHAPES 16 /* in a bar figure */
#define ET_REPORT_FIGURES 6 /* of one kind */
#define ET_REPORT_MISSING NAN

struct et_report {
    const struct et_run *run;
    const struct et_report_options *options;
    struct et_doc *doc;
    struct et_strings accused; /* ceilings of suspect cases */
    /* report.c's own: the run's backends and their colours. */
    struct et_strings backends;
    struct et_list shades;
};

/* Why it may not be quoted: its own flaw, or that it was the ceiling of a case
 * that lies above it, or that no clock explains it (et_run_above_boost). */
enum et_flaw et_report_flaw(const struct et_report *w,
                            const struct et_record *r);
/* Gives the next series of a figure its colour: the backend's own, the same
 * in all figures of a report, or where that is taken the next free one. */
void et_report_colour(const struct et_report *w, struct et_block *b,
                      const char *backend);
/* The same where marks tell series of one backend apart. */
void et_report_shared_colour(const struct et_report *w, struct et_block *b,
                             const char *backend);

/* The run's compute ceiling of the record's type and team whose operands come
 * from the first cache, FLOP/s; NAN: it has none. */
double et_report_fed(const struct et_report *w, const struct et_record *r);

/* What stands beside a figure that is quoted from among `group`: its share of
 * that ceiling, and what the same case reached by a library, if it is by
 * etalon's own kernels, or by these, if it is by a library. */
void et_report_beside(const struct et_report *w, const struct et_picks *group,
                      const struct et_record *r, struct et_text *t);

/* Each part adds its blocks, or none where the run has nothing for it; false
 * on no memory. */
bool et_report_headline(struct et_report *w);
bool et_report_warnings(struct et_report *w);
bool et_report_roofline(struct et_report *w);
bool et_report_flops(struct et_report *w); /* merit in FLOP/s */
bool et_report_libraries(struct et_report *w);
bool et_report_scaling(struct et_report *w);
bool et_report_collectives(struct et_report *w);
bool et_report_transfers(struct et_report *w); /* merit in B/s */
bool et_report_others(struct et_report *w);    /* any other merit */
bool et_report_times(struct et_report *w);
bool et_report_caveats(struct et_report *w);
bool et_report_counters(struct et_report *w);
bool et_report_spread(struct et_report *w);
bool et_report_missing(struct et_report *w);
bool et_report_repeat(struct et_report *w);
bool et_report_method(struct et_report *w);

/* A short text by value, so that several stand in one call. */
struct et_said {
    char s[96];
};
struct et_said et_say_real(double v);    /* four figures; "-": absent */
struct et_said et_say_percent(double v); /* of a fraction: "71 %" */
struct et_said et_say_seconds(double v);
struct et_said et_say_size(double bytes);
/* "[74.9, 75.6]", as many decimals as et_say_real gives `like`. */
struct et_said et_say_interval(double like, double low, double high);
/* "91 % [90, 93]": a share with its interval, if it has one. */
struct et_said et_say_share(double v, double low, double high);
struct et_said et_say_time_interval(double low, double high);
struct et_said et_say_team(const struct et_record *r);
struct et_said et_say_count(size_t n, const char *one, const char *many);
/* What a row must say besides its figures: its flaws by name (sound.h), such as
 * "not converged, fewer threads (1 of 2)"; "" where there is nothing. */
struct et_said et_say_doubts(const struct et_run *run,
                             const struct et_record *r);

/* A section for the records that `test` picks, or none: its heading, a
 * paragraph, and `part` for each bench and element type; `figure`: with one. */
bool et_report_kinds(struct et_report *w, et_pick_run_test *test,
                     const char *heading, const char *text,
                     bool (*part)(struct et_report *w, struct et_picks *group,
                                  bool figure));

/* "gemm fp32 blis square/2048". */
void et_say_case(const struct et_run *run, const struct et_record *r,
                 const struct et_strings *varying, struct et_text *out);
/* A heading of level 3: "gemm fp32: matrix products". */
bool et_report_bench_heading(struct et_report *w, const struct et_record *r);
/* Equal but for their numbers: "1 iteration", "12 iterations"... */
bool et_same_but_numbers(const char *a, const char *b);

/* Of so many rows, those that a table shows. */
size_t et_report_shown(size_t rows);
/* Ends a table: a last column that stayed empty goes, and where rows were cut
 * a note says so. */
void et_report_close(struct et_block *b, size_t shown, size_t all);
/* Gives the finished document over; ET_INFRA, logged, where memory ran out. */
enum et_status et_report_finish(struct et_doc *doc, struct et_doc *out);
/* Its directory. */
const char *et_report_run_name(const struct et_run *r);
/* A figure's file stem: letters, digits and '-' of the words given. */
struct et_said et_report_stem(const char *a, const char *b, const char *c);
/* Series header and values of a .dat: texts quoted, absent as "?". */
void et_data_text(struct et_text *t, const char *s);
void et_data_real(struct et_text *t, double v);
void et_data_next(struct et_text *t); /* begins the next series */
bool et_figure_words(struct et_block *b, const char *x, const char *y,
                     const char *caption);

#endif
