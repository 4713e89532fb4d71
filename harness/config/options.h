/* options: what steers a run besides its cases. The same rows are the command
 * line of `run` and `plan`, and the keys of a plan's [run] section (those
 * marked in et_option_is_planned). Knows no benchmark.
 */
#ifndef ET_CONFIG_OPTIONS_H
#define ET_CONFIG_OPTIONS_H

#include "harness/base/field.h"

struct et_options {
    char *plan;            /* file; NULL: the default plan of the catalog */
    char *out;             /* run directory; NULL: etalon-run-<date> */
    char *resume;          /* run directory to continue; NULL: none */
    int64_t launches;      /* processes one after another that run the plan */
    char *launcher;        /* what starts their ranks; NULL: nothing */
    char *again;           /* finished run to add a launch to; NULL: none */
    struct et_strings set; /* section.key=value */
    int64_t seed;
    int64_t passes, max_passes; /* of each case */
    double budget;              /* s of sampling a case, all its passes */
    double precision; /* wanted width of the interval over the median */
    int64_t min_samples, max_samples; /* of a case, all its passes */
    double min_time;                  /* s a sample lasts at least */
    double require_quiet; /* s to wait for a quiet machine; NAN: any will do */
    double timeout;       /* s without progress before a case is given up */
    double time_limit;    /* s of the whole run; absent: none */
    char *counters, *clock, *team;
    char *scratch; /* directory of I/O cases; NULL: the run directory */
    char *catalog; /* NULL: where it is installed */
    char *peak;    /* nominal peak of a core; NULL: from the CPU */
    double target; /* FLOP/s that scaling is projected to */
    bool ceilings; /* measure what bounds a case, beside its samples */
    bool quiet;
};

extern const struct et_field et_option_rows[];
/* What `report` takes too. */
#define ET_PEAK_ROW(owner, without)                                            \
    ET_ROW(owner, peak, ET_STRING,                                             \
           "nominal peak of one core, as fp64=64GFLOP/s,fp32=128GFLOP/s; "     \
           "preset: " without,                                                 \
           .metavar = "LIST")
#define ET_TARGET_ROW(owner)                                                   \
    ET_ROW(owner, target, ET_REAL, "rate that scaling is projected to",        \
           .preset = "1e18", .min = 1, .max = 1e30, .unit = "FLOP/s")

/* May a plan's [run] section set it? */
bool et_option_is_planned(const char *key);

/* Every option but `set` as lines "key value", and back: for the ranks that
 * did not read the plan, and for a resumed run. */
enum et_status et_options_pack(const struct et_options *o, struct et_text *out);
enum et_status et_options_unpack(const char *text, struct et_options *o);

/* Command line: "--key value", "--key=value", "--key" for a bool, "--no-key".
 * Words that are no options go to `words`. "-h"/"--help" sets *help. Errors
 * are ET_USAGE, with the nearest option. */
enum et_status et_arguments_parse(const struct et_field *rows, void *base,
                                  int argc, char *const *argv,
                                  struct et_strings *words, bool *help);

#endif
