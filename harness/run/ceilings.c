/* Companions of a case: each is prepared, calibrated, sampled in turn with
 * the case and checked, like any case. Ranks agree after every step. */
#include "config.h"
#include "harness/run/ceilings.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/log.h"
#include "harness/base/memory.h"
#include "harness/run/device.h"
#include "harness/stat/stat.h"
#include "harness/system/cgroup.h"

#define SLOWER 0.9 /* of another's rate: far from being the ceiling */

static void give_up(struct et_ceiling *v, const char *why)
{
    if (!*v->absent)
        snprintf(v->absent, sizeof v->absent, "%s", why);
}

/* Do all ranks go on with it? If not, *v says why. */
static bool agreed(struct et_ceilings *a, struct et_ceiling *v,
                   enum et_status mine, const char *step)
{
    struct et_agreement all;
    char why[sizeof v->absent], who[24] = "";
    /* A team that no longer works is found so by the next call, too. */
    enum et_status s = et_team_agree_why(
        a->team, mine, mine != ET_OK ? et_log_last_error() : "", &all);
    if (s == ET_OK && all.status == ET_OK)
        return true;
    if (a->team->size > 1 && all.rank >= 0)
        snprintf(who, sizeof who, "rank %d: ", all.rank);
    snprintf(why, sizeof why, "%s failed: %s%.140s", step, who,
             *all.words ? all.words : "the log has why");
    give_up(v, why);
    return false;
}

/* "bench backend=.. params ranks=.. nodes=.. threads=.." as a case. */
enum et_status et_ceiling_make_case(const struct et_ceiling_case *b,
                                    const char *backend,
                                    const struct et_case *of,
                                    const struct et_benches *benches,
                                    struct et_case *out)
{
    struct et_text id = {0};
    const struct et_bench *bench = et_bench_of_role(benches, b->role);
    char role[ET_TEXT_NUMBER];
    if (!bench)
        return et_error(ET_USAGE, "no bench of this build is a %s",
                        et_choice_name(ET_ROLE_CHOICES, (int)b->role, role));
    et_text_add(&id, "%s backend=%s %s%sranks=%lld nodes=%lld threads=%lld",
                bench->name, backend, b->params, *b->params ? " " : "",
                (long long)of->ranks, (long long)of->nodes,
                (long long)of->threads);
    enum et_status s =
        id.failed ? et_no_memory() : et_case_parse(id.s, benches, out);
    et_text_free(&id);
    return s;
}

/* What this process can tell without trying; NULL: nothing stands against it.
 * `memory` is looked at on each rank, as the nodes may differ. */
static const char *why_not(const struct et_ceiling *v, struct et_team *team)
{
    const struct et_case *c = &v->c;
    const char *why = et_bench_why_not(c->bench, c->backend);
    if (!why)
        why = et_bench_unsupported(c->bench, c->params, c->backend, team->size);
    if (why)
        return why;
    uint64_t memory = et_memory_available();
    struct et_need need = {0};
    c->bench->need(c->params, team->size, (int)c->threads, &need);
    bool fits = memory == 0 || need.memory * team->local_size <= (double)memory;
    return fits ? NULL : "no memory for it beside the case";
}

static enum et_status prepare(struct et_ceilings *a, struct et_ceiling *v)
{
    const struct et_options *o = a->with->options;
    const struct et_setting setting = {.team = a->team,
                                       .backend = v->c.backend,
                                       .threads = (int)v->c.threads,
                                       .seed = (uint64_t)o->seed,
                                       .scratch = o->scratch,
                                       .tag = a->with->tag};
    v->state = et_alloc(1, v->c.bench->state_size);
    enum et_status s = v->state ? ET_OK : et_no_memory();
    if (!agreed(a, v, s, "preparing"))
        return ET_OK;
    v->sampler = (struct et_sampler){.bench = v->c.bench,
                                     .state = v->state,
                                     .team = a->team,
                                     .clock = a->with->clock};
    if (!agreed(a, v, v->c.bench->prepare(v->state, &setting, v->c.params),
                "preparing"))
        return ET_OK;
    struct et_work work = {0};
    v->c.bench->work(v->state, &work);
    v->work = v->flop ? work.flop : work.bytes;
    v->sampler.iterations = a->with->visit.ceilings[v - a->v];
    if (v->sampler.iterations > 0)
        return ET_OK;
    agreed(a, v, et_sampler_calibrate(&v->sampler, a->floor), "calibrating");
    return ET_OK;
}

static enum et_status add(struct et_ceilings *a,
                          const struct et_ceiling_case *b,
                          const struct et_case *c)
{
    struct et_ceiling *v = &a->v[a->n];
    *v = (struct et_ceiling){.what = b->what, .flop = b->flop};
    enum et_status s =
        et_ceiling_make_case(b, b->backend, c, a->with->benches, &v->c);
    a->n++;
    if (!agreed(a, v, s, "making the case"))
        return ET_OK;
    /* Each rank names its own processor's widest instructions. */
    bool same = false;
    s = et_team_same(a->team, v->c.id, strlen(v->c.id), &same);
    if (s != ET_OK)
        return s;
    if (!same) {
        give_up(v, "the ranks' processors are not alike, and would measure "
                   "different things");
        return ET_OK;
    }
    const char *why = a->with->clock->fake ? "the clock is a fake" : NULL;
    if (!why && et_device_space(c))
        why = "the case runs on a device, and what bounds that is not measured";
    if (a->with->visit.slower[v - a->v])
        why = "far slower than another of its kind in an earlier pass";
    if (!why)
        why = why_not(v, a->team);
    int refused = -1;
    s = et_team_lowest(a->team, why != NULL, &refused);
    if (s != ET_OK)
        return s;
    if (refused >= 0) {
        give_up(v, why ? why : "another rank's node cannot do it");
        return ET_OK;
    }
    return prepare(a, v);
}

enum et_status et_ceilings_open(const struct et_instruments *with,
                                const struct et_case *c, struct et_team *team,
                                double floor, struct et_ceilings *out)
{
    struct et_ceiling_case b = {0};
    *out = (struct et_ceilings){.with = with, .team = team, .floor = floor};
    if (!c->bench->ceiling || !with->benches || !with->options->ceilings)
        return ET_OK;
    enum et_status s = ET_OK;
    for (size_t i = 0;
         s == ET_OK && i < ET_CEILINGS &&
         c->bench->ceiling(c->params, team->size, (int)c->threads, i, &b);
         i++)
        s = add(out, &b, c);
    return s;
}

enum et_status et_ceilings_sample(struct et_ceilings *a)
{
    a->looks++;
    for (size_t i = 0; i < a->n; i++) {
        struct et_ceiling *v = &a->v[i];
        double elapsed;
        if (*v->absent)
            continue;
        enum et_status s = et_sampler_refresh(&v->sampler);
        if (s == ET_OK)
            s = et_sampler_block(&v->sampler, 1, 0, &v->samples, &elapsed);
        agreed(a, v, s, "sampling");
    }
    return ET_OK;
}

static enum et_status check(struct et_ceilings *a, struct et_ceiling *v)
{
    struct et_verification found = {.error = NAN, .bound = NAN};
    if (*v->absent)
        return ET_OK;
    if (agreed(a, v, v->c.bench->verify(v->state, &found), "checking") &&
        found.status != ET_CHECK_PASSED) {
        give_up(v, "what it computed was wrong");
        if (a->team->rank == 0)
            et_warn("%s: wrong: %s", v->c.id, found.note);
    }
    return ET_OK;
}

static bool put(const struct et_ceiling *v, struct et_list *list)
{
    struct et_result_ceiling *r = et_list_add(list, sizeof *r);
    if (!r)
        return false;
    *r = (struct et_result_ceiling){.what = et_strdup(v->what),
                                    .id = et_strdup(v->c.id),
                                    .unit =
                                        et_strdup(v->flop ? "FLOP/s" : "B/s"),
                                    .iterations = ET_ABSENT_INT,
                                    .work = v->work,
                                    .rate = NAN,
                                    .rate_low = NAN,
                                    .rate_high = NAN};
    if (*v->absent) {
        r->absent = et_strdup(v->absent);
        r->work = NAN;
        return r->absent != NULL;
    }
    size_t n = v->samples.n;
    double *sorted = et_alloc(n, sizeof *sorted);
    if (!sorted)
        return false;
    memcpy(sorted, v->samples.v, n * sizeof *sorted);
    et_stat_sort(sorted, n);
    struct et_interval ci =
        et_stat_median_interval(sorted, n, ET_STAT_CONFIDENCE);
    r->iterations = (int64_t)v->sampler.iterations;
    r->rate = v->work / et_stat_quantile(sorted, n, 0.5);
    r->rate_low = v->work / ci.high;
    r->rate_high = v->work / ci.low;
    free(sorted);
    for (size_t i = 0; i < n; i++) {
        if (!et_reals_add(&r->samples, v->samples.v[i]))
            return false;
    }
    return true;
}

enum et_status et_ceilings_finish(struct et_ceilings *a, struct et_list *out)
{
    enum et_status s = ET_OK;
    size_t passes = (size_t)a->with->options->passes;
    size_t least = (ET_CEILING_SAMPLES + passes - 1) / passes;
    least = least < 2 ? 2 : least;
    while (s == ET_OK && a->n > 0 && a->looks < least)
        s = et_ceilings_sample(a);
    for (size_t i = 0; s == ET_OK && i < a->n; i++)
        s = check(a, &a->v[i]);
    for (size_t i = 0; s == ET_OK && i < a->n; i++)
        s = put(&a->v[i], out) ? ET_OK : et_no_memory();
    return s;
}

/* Of the samples, the highest rate, or the lowest. */
static double rate_of(const struct et_result_ceiling *c, bool highest)
{
    double time = c->samples.v[0];
    for (size_t i = 1; i < c->samples.n; i++)
        time =
            highest ? fmin(time, c->samples.v[i]) : fmax(time, c->samples.v[i]);
    return c->work / time;
}

static bool is_slower(const struct et_result_ceiling *c,
                      const struct et_result_ceiling *than)
{
    return !c->absent && !than->absent && strcmp(c->what, than->what) == 0 &&
           rate_of(c, true) < SLOWER * rate_of(than, false);
}

void et_ceilings_learn(const struct et_list *of, struct et_visit *settled)
{
    const struct et_result_ceiling *v = of->v;
    for (size_t i = 0; i < of->n; i++) {
        if (!v[i].absent)
            settled->ceilings[i] = (uint64_t)v[i].iterations;
        for (size_t k = 0; k < of->n; k++)
            settled->slower[i] |= is_slower(&v[i], &v[k]);
    }
}

double et_ceilings_time(const struct et_result *r)
{
    const struct et_result_ceiling *c = et_result_ceiling_of(r, "compute"),
                                   *m = et_result_ceiling_of(r, "memory");
    double compute = c ? r->work.flop / c->rate : NAN;
    double memory = m ? r->work.traffic / m->rate : NAN;
    double time = fmax(compute, memory); /* the one that is known, if one is */
    return time > 0 ? time : NAN;
}

void et_ceilings_close(struct et_ceilings *a)
{
    for (size_t i = 0; i < a->n; i++) {
        struct et_ceiling *v = &a->v[i];
        if (v->state)
            v->c.bench->release(v->state);
        free(v->state);
        et_sampler_free(&v->sampler);
        free(v->samples.v);
        et_case_free(&v->c);
    }
    a->n = 0;
}
