/* The rows of a run's options and the reading of a command line. */
#include "config.h"
#include "harness/config/options.h"

#include <string.h>

#include "harness/base/log.h"
#include "lists.h"

#define OR(stem) "|" #stem
#define COUNTERS "auto" ET_LIST_COUNTER(OR)

const struct et_field et_option_rows[] = {
    ET_ROW(et_options, plan, ET_STRING,
           "plan to run; preset: the default plan, about two minutes",
           .metavar = "FILE"),
    ET_ROW(et_options, out, ET_STRING,
           "new run directory; preset: etalon-run-<date and time>",
           .metavar = "DIR"),
    ET_ROW(et_options, resume, ET_STRING,
           "continue the interrupted run in DIR, with its own plan, and make "
           "the launches that it was begun for",
           .metavar = "DIR"),
    ET_ROW(et_options, again, ET_STRING,
           "measure the plan of the run in DIR once more in this process, and "
           "add the passes to it",
           .metavar = "DIR"),
    ET_ROW(et_options, launches, ET_INT,
           "start the run so many times, each time in a new process, or with "
           "new ranks, if there is a launcher",
           .preset = "1", .min = 1, .max = 1000),
    ET_ROW(et_options, launcher, ET_STRING,
           "start the ranks of each launch with these words, as 'mpirun -n 2'",
           .metavar = "WORDS"),
    ET_ROW(et_options, set, ET_STRINGS,
           "change one key of the plan; may be given several times",
           .metavar = "SECTION.KEY=VALUE"),
    ET_ROW(et_options, seed, ET_INT, "seed of all random data", .preset = "1",
           .min = 0, .max = 9e15),
    ET_ROW(et_options, passes, ET_INT,
           "how often the whole plan is measured; a case has an "
           "interval if there are at least 6",
           .preset = "6", .min = 1, .max = 10000),
    ET_ROW_AS(
        "max-passes", et_options, max_passes, ET_INT,
        "most passes of a case that has not converged and has time left; not "
        "fewer than passes",
        .preset = "12", .min = 1, .max = 10000),
    ET_ROW(et_options, budget, ET_SECONDS,
           "time to sample one case in all its passes, after warm-up",
           .preset = "2 s", .min = 1e-3, .max = 86400, .unit = "s"),
    ET_ROW(et_options, precision, ET_REAL,
           "a case has converged when its 95 % interval is this narrow, as a "
           "share of the median",
           .preset = "0.05", .min = 1e-6, .max = 1),
    ET_ROW_AS("min-samples", et_options, min_samples, ET_INT,
              "fewest samples of a case; a pass has its share, and 2 at least",
              .preset = "12", .min = 6, .max = 100000),
    ET_ROW_AS(
        "max-samples", et_options, max_samples, ET_INT,
        "most samples of a case; not fewer than a min-samples that is given "
        "too",
        .preset = "1000", .min = 6, .max = 100000),
    ET_ROW_AS("min-time", et_options, min_time, ET_SECONDS,
              "iterations are added until a sample lasts this long, and always "
              "1000 clock resolutions",
              .preset = "1 ms", .min = 0, .max = 3600, .unit = "s"),
    ET_ROW(et_options, timeout, ET_SECONDS,
           "a case that makes no progress for so long ends the run with exit 4",
           .preset = "10 min", .min = 1, .max = 864000, .unit = "s"),
    ET_ROW_AS("time-limit", et_options, time_limit, ET_SECONDS,
              "end the run as SIGINT does once it has lasted so long; preset: "
              "no limit",
              .min = 1e-3, .max = 3.2e7, .unit = "s"),
    ET_ROW_AS("require-quiet", et_options, require_quiet, ET_SECONDS,
              "wait so long until nothing else keeps the machine busy, then "
              "refuse with exit 4; a disturbed case then ends in exit 5",
              .min = 0, .max = 864000, .unit = "s", .metavar = "TIME"),
    ET_ROW(et_options, counters, ET_STRING,
           "event counters: auto, or sources of `etalon list counters` with "
           "commas",
           .preset = "auto", .choices = COUNTERS, .several = true,
           .metavar = "SOURCE"),
    ET_ROW(et_options, clock, ET_STRING,
           "real, or fake for tests: its figures are no measurement",
           .preset = "real", .choices = "real|fake", .metavar = "CLOCK"),
    ET_ROW(et_options, team, ET_STRING,
           "mpi, self (one process), or auto: mpi under a launcher",
           .preset = "auto", .choices = "auto|mpi|self",
           .metavar = "TRANSPORT"),
    ET_ROW(et_options, scratch, ET_STRING,
           "where I/O cases write; preset: the run directory",
           .metavar = "DIR"),
    ET_ROW(et_options, catalog, ET_STRING,
           "folder of shapes and plans; preset: as installed",
           .metavar = "DIR"),
    ET_PEAK_ROW(et_options, "from clock and SIMD width"),
    ET_TARGET_ROW(et_options),
    ET_ROW(et_options, ceilings, ET_BOOL,
           "measure a compute case's ceilings beside its samples",
           .preset = "yes"),
    ET_ROW(et_options, quiet, ET_BOOL, "print only warnings and errors",
           .preset = "no"),
    {0}};

bool et_option_is_planned(const char *key)
{
    static const char *const not_in_a_plan[] = {
        "plan", "out", "resume", "again", "launches", "launcher", "set"};
    for (size_t i = 0; i < sizeof not_in_a_plan / sizeof *not_in_a_plan; i++) {
        if (strcmp(key, not_in_a_plan[i]) == 0)
            return false;
    }
    return true;
}

enum et_status et_options_pack(const struct et_options *o, struct et_text *out)
{
    for (const struct et_field *row = et_option_rows; row->key; row++) {
        if (row->type == ET_STRINGS || et_field_is_absent(row, o))
            continue;
        et_text_add(out, "%s ", row->key);
        et_field_print(row, o, out);
        et_text_add(out, "\n");
    }
    return out->failed ? et_error(ET_INFRA, "no memory") : ET_OK;
}

enum et_status et_options_unpack(const char *text, struct et_options *o)
{
    enum et_status status = ET_OK;
    struct et_strings lines = {0};
    if (!et_split(text, '\n', &lines))
        return et_error(ET_INFRA, "no memory");
    for (size_t i = 0; status == ET_OK && i < lines.n; i++) {
        char *blank = strchr(lines.v[i], ' ');
        if (!blank)
            continue;
        *blank = '\0';
        const struct et_field *row = et_field_find(et_option_rows, lines.v[i]);
        if (row)
            status = et_field_parse(row, o, blank + 1, "options");
    }
    et_strings_free(&lines);
    return status;
}

static enum et_status unknown(const struct et_field *rows, const char *word)
{
    const char *near = et_field_suggest(rows, word);
    return et_error(ET_USAGE, "unknown option '--%s'%s; see --help", word,
                    ET_HINT("--", near));
}

/* One "--word" with the argument after it; *used: how many were taken. */
static enum et_status parse_one(const struct et_field *rows, void *base,
                                const char *word, const char *next, int *used)
{
    char key[64];
    const char *equals = strchr(word, '=');
    size_t n = equals ? (size_t)(equals - word) : strlen(word);
    if (n >= sizeof key)
        return unknown(rows, word);
    memcpy(key, word, n);
    key[n] = '\0';
    *used = 1;
    const struct et_field *row = et_field_find(rows, key);
    const char *value = equals ? equals + 1 : NULL;
    if (!row && strncmp(key, "no-", 3) == 0 && !equals) {
        row = et_field_find(rows, key + 3);
        if (row && row->type != ET_BOOL)
            row = NULL;
        value = "no";
    }
    if (!row)
        return unknown(rows, key);
    if (!value && row->type == ET_BOOL)
        value = "yes";
    if (!value) {
        value = next;
        *used = 2;
    }
    if (!value || !*value)
        return et_error(ET_USAGE, "--%s: needs a value; see --help", key);
    return et_field_parse(row, base, value, "command line");
}

enum et_status et_arguments_parse(const struct et_field *rows, void *base,
                                  int argc, char *const *argv,
                                  struct et_strings *words, bool *help)
{
    bool only_words = false;
    for (int i = 0; i < argc;) {
        const char *a = argv[i];
        int used = 1;
        enum et_status s = ET_OK;
        if (only_words || a[0] != '-' || !a[1]) {
            if (!et_strings_add(words, a))
                return et_error(ET_INFRA, "no memory");
        } else if (strcmp(a, "--") == 0) {
            only_words = true;
        } else if (strcmp(a, "-h") == 0 || strcmp(a, "--help") == 0) {
            *help = true;
        } else if (a[1] != '-') {
            s = et_error(ET_USAGE, "unknown option '%s'; see --help", a);
        } else {
            s = parse_one(rows, base, a + 2, i + 1 < argc ? argv[i + 1] : NULL,
                          &used);
        }
        if (s != ET_OK)
            return s;
        i += used;
    }
    return ET_OK;
}
