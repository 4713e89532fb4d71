/* etalon selftest: shows on this machine that the statistics cover, that the
 * checks find faults and raise no false alarm. Runs the parts, one file each
 * (app/selftest/part.h), and turns what they found into one document and an
 * exit code.
 */
#include "config.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/command.h"
#include "app/libraries.h"
#include "app/selftest/part.h"
#include "harness/base/log.h"
#include "harness/base/memory.h"
#include "harness/run/stop.h"

static const struct et_manual manual = {
    .summary = "Test on this machine that figures and checks can be trusted",
    .help =
        "Tests etalon itself, in minutes, or in seconds with --quick: whether "
        "95 % intervals contain the truth, whether faults planted in the data "
        "are found and clean data raises no false alarm, whether a slow rank "
        "is named, how exact the clocks are, whether a rank that computes "
        "wrong results is named, and how often the interval of one launch "
        "contains what other launches measure. Each part says what it did and "
        "what would have been a failure.\n\nWithout a launcher, threads of "
        "this process "
        "take the place of ranks; under mpirun or srun the first four ranks "
        "are used. The same seed tests the same.\n\nExit code 0 if all parts "
        "passed; 3 if a check missed a fault or raised a false alarm; 1 if a "
        "statistic is outside its limits; 5 if something could not be "
        "tested.",
    .examples = "  etalon selftest --quick\n"
                "  etalon selftest --part faults --part clean\n"
                "  mpirun -np 4 etalon selftest --format markdown\n",
};

enum { MOST_PARTS = 16 };

struct options {
    bool quick;
    int64_t seed;
    struct et_strings part;
    struct et_destination to;
};

static const struct et_field rows[] = {
    ET_ROW(options, quick, ET_BOOL,
           "seconds instead of minutes: fewer trials of everything",
           .preset = "no"),
    ET_ROW(options, seed, ET_INT,
           "seed of everything random: the same seed tests the same",
           .preset = "1", .min = 0, .max = 9e15),
    ET_ROW(options, part, ET_STRINGS,
           "only this part: coverage, faults, clean, slow, clocks, silent or "
           "repeat; may be given several times",
           .metavar = "NAME"),
    ET_DESTINATION_ROWS(options, to)};

struct asked {
    const struct et_selftest_part *v[MOST_PARTS];
    struct et_selftest_outcome outcomes[MOST_PARTS];
    size_t n;
};

static enum et_status unknown_part(const char *word)
{
    struct et_text parts = {0};
    for (size_t n = 0; et_selftest_part_at(n); n++)
        et_text_add(&parts, "%s%s", n ? ", " : "",
                    et_selftest_part_at(n)->name);
    enum et_status s =
        et_error(ET_USAGE, "--part: '%s' is not a part; these are: %s", word,
                 et_text_str(&parts));
    et_text_free(&parts);
    return s;
}

/* In the order of the list, each once. */
static enum et_status choose(const struct et_strings *words, struct asked *out)
{
    const struct et_selftest_part *p;
    for (size_t w = 0; w < words->n; w++) {
        if (!et_selftest_part_of(words->v[w]))
            return unknown_part(words->v[w]);
    }
    for (size_t i = 0; (p = et_selftest_part_at(i)); i++) {
        if (out->n < MOST_PARTS &&
            (words->n == 0 || et_strings_has(words, p->name)))
            out->v[out->n++] = p;
    }
    return ET_OK;
}

static const char *verdict(enum et_status s)
{
    return s == ET_OK       ? "passed"
           : s == ET_WRONG  ? "FAILED"
           : s == ET_MISSED ? "MISSED"
                            : "inconclusive";
}

static enum et_status one_part(struct et_selftest *t,
                               const struct et_selftest_part *p,
                               struct et_doc *doc,
                               struct et_selftest_outcome *out)
{
    char time[ET_TEXT_NUMBER];
    double began = et_clock_now(t->clock);
    et_doc_heading(doc, 2, p->title);
    et_doc_paragraph(doc, "%s", p->done);
    et_doc_paragraph(doc, "What would be a failure: %s", p->failure);
    et_selftest_progress(t, began, 0, 1);
    enum et_status s = p->run(t, doc, out);
    et_log_progress("");
    if (s != ET_OK)
        return s;
    /* Rank 0 alone counts; all follow it. */
    bool root = t->world->rank == 0;
    enum et_status all = et_team_agree(t->world, root ? out->verdict : ET_OK);
    if (root)
        et_note("%s: %s: %s (%s)", p->name, verdict(out->verdict), out->found,
                et_print_seconds(time, et_clock_now(t->clock) - began));
    out->verdict = all;
    if (*out->why)
        et_doc_warning(doc, "%s: %s", verdict(out->verdict), out->why);
    return ET_OK;
}

static void put_summary(const struct asked *a, struct et_doc *doc)
{
    static const char *const heads[] = {"part", "verdict", "tried", "found",
                                        NULL};
    et_doc_heading(doc, 2, "Summary");
    struct et_block *table = et_doc_table(doc, "llll", heads);
    for (size_t i = 0; i < a->n; i++) {
        const struct et_selftest_outcome *o = &a->outcomes[i];
        et_block_cell(table, "%s", a->v[i]->name);
        et_block_cell(table, "%s", verdict(o->verdict));
        et_block_cell(table, "%s", o->tried);
        et_block_cell(table, "%s", o->found);
    }
}

static void put_head(const struct et_selftest *t, const struct et_text *command,
                     struct et_doc *doc)
{
    char date[32];
    doc->title = et_strdup("etalon selftest");
    struct et_block *facts = et_doc_facts(doc);
    et_block_fact(facts, "command", "%s", et_text_str(command));
    et_block_fact(facts, "version", "%s", PACKAGE_VERSION);
    et_block_fact(facts, "date", "%s", et_clock_date(t->clock, date));
    et_block_fact(facts, "seed", "%llu", (unsigned long long)t->seed);
    et_block_fact(facts, "ranks", "%d of %s", t->world->size,
                  t->world->ops->name);
}

/* A folder of rank 0's that is gone afterwards. */
static enum et_status make_scratch(struct et_team *world, char *dir, size_t n)
{
    const char *base = getenv("TMPDIR");
    enum et_status s = ET_OK;
    snprintf(dir, n, "%s/etalon-selftest-XXXXXX",
             base && *base ? base : "/tmp");
    if (world->rank == 0 && !mkdtemp(dir)) {
        s = et_error(ET_INFRA, "%s: %s", dir, strerror(errno));
        *dir = '\0';
    }
    return et_team_agree(world, s);
}

static enum et_status run_parts(struct et_selftest *t, struct asked *a,
                                struct et_doc *doc)
{
    enum et_status s = ET_OK;
    for (size_t i = 0; s == ET_OK && i < a->n; i++) {
        snprintf(t->stage, sizeof t->stage, "[%zu/%zu] %s", i + 1, a->n,
                 a->v[i]->name);
        s = one_part(t, a->v[i], doc, &a->outcomes[i]);
    }
    return s;
}

static enum et_status selftest(void *options, const struct et_call *call)
{
    const struct options *o = options;
    struct asked asked = {.n = 0};
    struct et_selftest t = {.quick = o->quick,
                            .seed = (uint64_t)o->seed,
                            .tag = "selftest",
                            .benches = &et_benches,
                            .cases = et_selftest_cases};
    struct et_clock clock;
    struct et_text command = {0};
    struct et_doc doc = {0};
    char scratch[256] = "";
    const struct et_out *format; /* asked for before minutes are spent */
    struct et_libraries libraries;
    et_libraries_try(&libraries);
    enum et_status s = choose(&o->part, &asked);
    if (s == ET_OK)
        s = et_format_find(o->to.format, false, &format);
    if (s == ET_OK)
        s = et_team_open("auto", &t.world);
    if (s != ET_OK)
        return s;
    s = et_libraries_agree(t.world, &libraries);
    if (s != ET_OK) {
        et_team_close(t.world);
        return s;
    }
    bool root = t.world->rank == 0;
    et_log_level_set(ET_LOG_NOTE);
    et_stop_install();
    s = et_team_agree(t.world, et_clock_open("real", &clock));
    t.clock = &clock;
    if (s == ET_OK)
        s = make_scratch(t.world, scratch, sizeof scratch);
    t.scratch = scratch;
    for (size_t i = 0; i < call->line.n; i++)
        et_text_add(&command, "%s%s", i ? " " : "", call->line.v[i]);
    if (s == ET_OK) {
        put_head(&t, &command, &doc);
        s = run_parts(&t, &asked, &doc);
    }
    if (s == ET_OK && root) {
        put_summary(&asked, &doc);
        s = et_doc_print(&doc, NULL, NULL, o->to.format, o->to.out);
    }
    s = et_team_agree(t.world, s);
    for (size_t i = 0; i < asked.n; i++)
        s = et_status_worse(s, asked.outcomes[i].verdict);
    if (root && *scratch)
        rmdir(scratch);
    et_doc_free(&doc);
    et_text_free(&command);
    et_team_close(t.world);
    return s;
}

const struct et_command et_command_selftest =
    ET_COMMAND_TRIES(selftest, "", options, rows);
