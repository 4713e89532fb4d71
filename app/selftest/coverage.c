/* coverage: the statistics put to made-up series whose truth is known. Knows
 * harness/stat/simulate.h alone; rank 0 computes, no rank is timed.
 */
#include "config.h"

#include <math.h>
#include <stdio.h>

#include "app/selftest/part.h"
#include "harness/base/log.h"
#include "harness/base/random.h"
#include "harness/run/stop.h"
#include "harness/stat/simulate.h"

#define FULL 10000 /* series of a row */
#define QUICK 200
#define ERRORS_FULL 3 /* standard errors */
#define ERRORS_QUICK 4

/* What is claimed of a trial: its share of hits is within the limits, give or
 * take so many standard errors of the share: of a few series chance alone
 * carries it over a limit now and then. high 0:
 * nothing is claimed, and the figure is shown so that all can see why. */
struct claim {
    enum et_trial trial;
    enum et_noise noise;
    double effect;
    size_t n;
    double low, high;
};
#define COVERS 0.93, 0.97
#define TOLD 0, 0
static const struct claim claims[] = {
    {ET_TRIAL_MEDIAN, ET_NOISE_NORMAL, 0, 12, COVERS},
    {ET_TRIAL_MEDIAN, ET_NOISE_NORMAL, 0, 30, COVERS},
    {ET_TRIAL_MEDIAN, ET_NOISE_NORMAL, 0, 100, COVERS},
    {ET_TRIAL_MEDIAN, ET_NOISE_NORMAL, 0, 300, COVERS},
    {ET_TRIAL_MEDIAN, ET_NOISE_LOGNORMAL, 0, 12, COVERS},
    {ET_TRIAL_MEDIAN, ET_NOISE_LOGNORMAL, 0, 30, COVERS},
    {ET_TRIAL_MEDIAN, ET_NOISE_LOGNORMAL, 0, 100, COVERS},
    {ET_TRIAL_MEDIAN, ET_NOISE_LOGNORMAL, 0, 300, COVERS},
    {ET_TRIAL_MEDIAN, ET_NOISE_BIMODAL, 0, 12, COVERS},
    {ET_TRIAL_MEDIAN, ET_NOISE_BIMODAL, 0, 30, COVERS},
    {ET_TRIAL_MEDIAN, ET_NOISE_BIMODAL, 0, 100, COVERS},
    {ET_TRIAL_MEDIAN, ET_NOISE_BIMODAL, 0, 300, COVERS},
    {ET_TRIAL_MEDIAN, ET_NOISE_GAP, 0, 100, COVERS},
    {ET_TRIAL_MEDIAN, ET_NOISE_GAP, 0, 300, COVERS},
    {ET_TRIAL_MEDIAN, ET_NOISE_AR03, 0, 12, TOLD},
    {ET_TRIAL_MEDIAN, ET_NOISE_AR03, 0, 100, COVERS},
    {ET_TRIAL_MEDIAN, ET_NOISE_AR03, 0, 300, COVERS},
    {ET_TRIAL_MEDIAN, ET_NOISE_AR06, 0, 12, TOLD},
    {ET_TRIAL_MEDIAN, ET_NOISE_AR06, 0, 30, TOLD},
    {ET_TRIAL_MEDIAN, ET_NOISE_AR06, 0, 100, COVERS},
    {ET_TRIAL_MEDIAN, ET_NOISE_AR06, 0, 300, COVERS},
    {ET_TRIAL_MEDIAN, ET_NOISE_SKEWED_AR, 0, 100, COVERS},
    {ET_TRIAL_MEDIAN, ET_NOISE_SKEWED_AR, 0, 300, COVERS},
    /* What accounting for dependence is worth: the same without it. */
    {ET_TRIAL_PLAIN, ET_NOISE_AR06, 0, 100, TOLD},
    {ET_TRIAL_STOPPED, ET_NOISE_NORMAL, 0.02, 20, COVERS},
    {ET_TRIAL_STOPPED, ET_NOISE_BIMODAL, 0.02, 20, COVERS},
    {ET_TRIAL_STOPPED, ET_NOISE_AR03, 0.02, 20, COVERS},
    /* From the preset of --min-samples, where it stops with so few, */
    {ET_TRIAL_STOPPED, ET_NOISE_NORMAL, 0.05, 12, COVERS},
    {ET_TRIAL_STOPPED, ET_NOISE_NORMAL, 0.1, 12, COVERS},
    {ET_TRIAL_STOPPED, ET_NOISE_BIMODAL, 0.1, 12, COVERS},
    {ET_TRIAL_STOPPED, ET_NOISE_AR03, 0.05, 12, TOLD},
    {ET_TRIAL_STOPPED, ET_NOISE_AR03, 0.1, 12, TOLD},
    {ET_TRIAL_STOPPED, ET_NOISE_AR06, 0.05, 12, TOLD},
    {ET_TRIAL_STOPPED, ET_NOISE_AR06, 0.1, 12, TOLD},
    /* and from as many as show how much they depend. */
    {ET_TRIAL_STOPPED, ET_NOISE_AR03, 0.1, 150, COVERS},
    {ET_TRIAL_STOPPED, ET_NOISE_AR06, 0.1, 150, COVERS},
    /* Tests where there is nothing, */
    {ET_TRIAL_LEVELS, ET_NOISE_NORMAL, 0, 6, 0, 0.05},
    {ET_TRIAL_LEVELS, ET_NOISE_BIMODAL, 0, 6, 0, 0.05},
    {ET_TRIAL_LEVELS, ET_NOISE_LOGNORMAL, 0, 6, 0, 0.05},
    {ET_TRIAL_WARMUP, ET_NOISE_NORMAL, 0, 100, 0, 0.03},
    {ET_TRIAL_WARMUP, ET_NOISE_BIMODAL, 0, 100, 0, 0.03},
    {ET_TRIAL_WARMUP, ET_NOISE_AR06, 0, 100, 0, 0.03},
    {ET_TRIAL_TREND, ET_NOISE_NORMAL, 0, 100, 0, 0.03},
    {ET_TRIAL_TREND, ET_NOISE_BIMODAL, 0, 100, 0, 0.03},
    {ET_TRIAL_TREND, ET_NOISE_AR06, 0, 100, 0, 0.03},
    /* and where there is something. */
    {ET_TRIAL_LEVELS, ET_NOISE_NORMAL, 0.2, 6, 0.9, 1},
    {ET_TRIAL_LEVELS_ONE, ET_NOISE_NORMAL, 0.1, 6, 0.9, 1},
    {ET_TRIAL_LEVELS_ONE, ET_NOISE_NORMAL, 0.05, 6, TOLD},
    {ET_TRIAL_WARMUP, ET_NOISE_NORMAL, 0.5, 100, 0.97, 1},
    {ET_TRIAL_WARMUP, ET_NOISE_AR03, 1, 100, 0.9, 1},
    {ET_TRIAL_TREND, ET_NOISE_NORMAL, 0.1, 100, 0.97, 1},
    {ET_TRIAL_TREND, ET_NOISE_AR03, 0.05, 300, 0.75, 1},
};
#define CLAIMS (sizeof claims / sizeof *claims)

static bool covers(const struct claim *c)
{
    return c->trial == ET_TRIAL_MEDIAN || c->trial == ET_TRIAL_PLAIN ||
           c->trial == ET_TRIAL_STOPPED;
}

static void put(struct et_block *b, const struct claim *c,
                const struct et_simulated *r, bool kept)
{
    et_block_cell(b, "%s", et_trial_name(c->trial));
    et_block_cell(b, "%s", et_noise_name(c->noise));
    et_block_cell(b, "%zu", c->n);
    if (c->effect > 0)
        et_block_cell(b, "%g %%", 100 * c->effect);
    else
        et_block_cell(b, "none");
    et_block_cell(b, "%.2f %%", 100 * r->share);
    et_block_cell(b, "%.1f to %.1f %%", 100 * r->interval.low,
                  100 * r->interval.high);
    if (c->high > 0)
        et_block_cell(b, "%g to %g %%%s", 100 * c->low, 100 * c->high,
                      kept ? "" : " MISSED");
    else
        et_block_cell(b, "none made");
}

static bool within(const struct claim *c, double share, double series,
                   double errors)
{
    double below = errors * sqrt(c->low * (1 - c->low) / series),
           above = errors * sqrt(c->high * (1 - c->high) / series);
    return share >= c->low - below && share <= c->high + above;
}

struct shares {
    double cover_low, cover_high, alarm;
    size_t missed, claimed;
};

static void hold(const struct et_selftest *t, const struct claim *c,
                 const struct et_simulated *r, struct shares *sum,
                 struct et_selftest_outcome *out, bool *kept)
{
    *kept = true;
    if (c->high <= 0)
        return;
    *kept = within(c, r->share, (double)r->series,
                   t->quick ? ERRORS_QUICK : ERRORS_FULL);
    sum->claimed++;
    sum->missed += !*kept;
    if (covers(c)) {
        sum->cover_low = fmin(sum->cover_low, r->share);
        sum->cover_high = fmax(sum->cover_high, r->share);
    } else if (c->effect <= 0) {
        sum->alarm = fmax(sum->alarm, r->share);
    }
    if (!*kept)
        et_selftest_find(out, ET_MISSED,
                         "%s, %s, n = %zu: %.2f %%, where %g to %g %% is "
                         "claimed",
                         et_trial_name(c->trial), et_noise_name(c->noise), c->n,
                         100 * r->share, 100 * c->low, 100 * c->high);
}

static enum et_status body(const struct et_selftest *t, struct et_doc *doc,
                           struct et_selftest_outcome *out)
{
    static const char *const heads[] = {"what",    "series", "n",
                                        "effect",  "share",  "95 % interval",
                                        "claimed", NULL};
    struct et_block *table = et_doc_table(doc, "llrrrrr", heads);
    struct shares sum = {.cover_low = 1};
    double began = et_clock_now(t->clock);
    size_t series = t->quick ? QUICK : FULL;
    for (size_t i = 0; i < CLAIMS; i++) {
        const struct claim *c = &claims[i];
        const struct et_simulation s = {
            c->trial, c->noise, c->effect,
            c->n,     series,   et_random_stream(t->seed, i)};
        struct et_simulated r;
        bool kept;
        if (et_stop_wanted())
            return et_error(ET_UNSURE, "interrupted");
        et_selftest_progress(t, began, (double)i, (double)CLAIMS);
        if (!et_simulate(&s, &r))
            return et_no_memory();
        hold(t, c, &r, &sum, out, &kept);
        put(table, c, &r, kept);
    }
    et_block_note(
        table,
        "Share: of an interval, how often it contained the truth; of a test, "
        "how "
        "often it raised an alarm (a false one where the effect is none). A "
        "claim counts as missed when the share is more than %d standard errors "
        "outside its limit, since chance alone moves it past a limit "
        "sometimes.",
        t->quick ? ERRORS_QUICK : ERRORS_FULL);
    snprintf(out->tried, sizeof out->tried,
             "%zu trials of %zu series, %zu with a claim", CLAIMS, series,
             sum.claimed);
    snprintf(out->found, sizeof out->found,
             "95 %% intervals cover %.1f to %.1f %%; false alarms at most "
             "%.1f %%; %zu claims missed",
             100 * sum.cover_low, 100 * sum.cover_high, 100 * sum.alarm,
             sum.missed);
    return ET_OK;
}

static enum et_status run(const struct et_selftest *t, struct et_doc *doc,
                          struct et_selftest_outcome *out)
{
    enum et_status s = t->world->rank == 0 ? body(t, doc, out) : ET_OK;
    enum et_status rested = et_team_rest(t->world);
    s = et_status_worse(s, rested);
    return et_team_agree(t->world, s);
}

const struct et_selftest_part et_selftest_coverage = {
    ET_SELFTEST_PART("coverage", "Statistics on series whose truth is known"),
    .done = "Random series with a known median, trend or shift are made, in "
            "shapes that timings have, and given to the same functions that "
            "a run's figures come from.",
    .failure = "a 95 % interval that contains the truth in fewer than 93 or "
               "more than 97 of 100 series, or a test with too many false "
               "alarms or too few true ones, by more than chance.",
};
