/* Runs the cases, pass after pass. */
#include "config.h"
#include "harness/run/drive.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/dtype.h"
#include "harness/base/log.h"
#include "harness/base/memory.h"
#include "harness/run/ceilings.h"
#include "harness/run/stop.h"
#include "harness/stat/passes.h"

/* Teams of one size each; no run has more. */
#define SIZES 64

/* The first ranks of the world, kept for the whole run, and their time, which
 * gets ever better. */
struct party {
    int64_t ranks;
    struct et_team *team; /* NULL: this rank is not one of them */
    struct et_global_clock *global;
    bool crowded; /* some node has more of its ranks than cores */
};

/* Of the newest case's ranks and threads, as et_placement_cores. */
struct room {
    int64_t ranks, threads, cores;
    bool oversubscribed;
};

struct driving {
    const struct et_drive *d;
    struct et_drive_outcome *o;
    struct party parties[SIZES];
    size_t n_parties;
    struct et_watchdog *watchdog;
    struct room room;
    double began;
    /* Rank 0: the case, of how many; the pass of this launch that the cases are
     * gone through in, and whether any of them wants one more. */
    size_t i, n;
    int64_t round;
    bool any;
    size_t visited, visits; /* rank 0: so far; planned */
};

bool et_histories_begin(struct et_histories *h, size_t cases)
{
    h->n = 0;
    h->v = et_alloc(cases, sizeof *h->v);
    if (!h->v)
        return false;
    h->n = cases;
    for (size_t i = 0; i < cases; i++)
        h->v[i].outcome = -1;
    return true;
}

bool et_history_add(struct et_history *h, const struct et_result *r)
{
    const struct et_result_time *t = &r->time;
    h->outcome = r->outcome;
    if (r->outcome != ET_MEASURED) {
        h->closed = true;
        return true;
    }
    for (size_t i = 0; i < t->samples.n; i++)
        h->sampled += t->samples.v[i] * (double)t->iterations;
    h->passes++;
    double ceiling = et_ceilings_time(r);
    return et_reals_add(&h->medians, t->median) &&
           (isnan(ceiling) || et_reals_add(&h->ceilings, ceiling));
}

void et_histories_free(struct et_histories *h)
{
    for (size_t i = 0; i < h->n; i++) {
        free(h->v[i].medians.v);
        free(h->v[i].ceilings.v);
    }
    free(h->v);
    *h = (struct et_histories){0};
}

/* Passes that the run directory is to have of a case: this launch makes as many
 * as a launch has, however many the earlier ones made, and more where all
 * together have fewer than so many launches are to have. */
static int64_t passes_of(const struct et_drive *d, const struct et_history *h)
{
    int64_t each = d->instruments.options->passes;
    int64_t all = each * d->launches, own = h->before + each;
    return own > all ? own : all;
}

/* What the passes say so far. What the ceiling that binds has moved by is part
 * of the interval, as it will be in the report (results/reading/merge.c). */
static bool summarise(const struct et_history *h, struct et_passes *out)
{
    struct et_passes c;
    if (!et_passes_summarise(h->medians.v, NULL, h->medians.n,
                             ET_STAT_CONFIDENCE, out) ||
        !et_passes_summarise(h->ceilings.v, NULL, h->ceilings.n,
                             ET_STAT_CONFIDENCE, &c))
        return false;
    et_passes_widen(&out->interval, out->median, &c.interval, c.median);
    return true;
}

/* Has a case that is not sure yet time for another pass? */
static bool wants_more(const struct driving *g, const struct et_history *h)
{
    const struct et_options *o = g->d->instruments.options;
    struct et_passes p;
    return h->passes >= ET_PASSES_LEAST &&
           h->passes < o->max_passes * g->d->launches &&
           h->sampled < o->budget * (double)g->d->launches &&
           summarise(h, &p) && !et_passes_are_narrow(&p, o->precision);
}

static bool wants_pass(const struct driving *g, const struct et_history *h)
{
    return !h->closed && (h->passes < passes_of(g->d, h) || wants_more(g, h));
}

static void show_progress(const struct driving *g, const struct et_case *c)
{
    char line[200], eta[ET_TEXT_NUMBER] = "";
    double spent = et_clock_now(g->d->instruments.clock) - g->began;
    if (g->visited > 0 && g->visited < g->visits) {
        et_print_seconds(eta, round(spent / (double)g->visited *
                                    (double)(g->visits - g->visited)));
    }
    snprintf(line, sizeof line, "[%zu/%zu] pass %lld%s%s  %.140s", g->i + 1,
             g->n, (long long)g->round + 1, *eta ? ", about " : "", eta, c->id);
    et_log_progress(line);
}

static void tell(const struct driving *g, const struct et_result *r,
                 const struct et_history *h)
{
    char words[ET_TEXT_NUMBER], t[ET_TEXT_NUMBER], rate[ET_TEXT_NUMBER] = "";
    const char *dtype = et_pairs_get(&r->params, "dtype");
    et_choice_name(ET_OUTCOME_CHOICES, r->outcome, words);
    if (r->outcome != ET_MEASURED) {
        et_note("[%zu/%zu] %s: %s: %s", g->i + 1, g->n, r->id, words,
                r->reason ? r->reason : "");
        return;
    }
    /* Once, when its last pass is done; what a later one adds is in the
     * report. */
    if (h->passes != passes_of(g->d, h))
        return;
    struct et_passes p;
    const struct et_options *o = g->d->instruments.options;
    if (!summarise(h, &p))
        return;
    if (r->work.flop > 0 && r->work.bus_bytes == 0 && r->work.messages == 0)
        et_print_si(rate, r->work.flop / p.median,
                    dtype && et_dtype_is_integer(et_dtype_find(dtype))
                        ? "OP/s"
                        : "FLOP/s");
    else if (r->work.bytes > 0)
        et_print_si(rate, r->work.bytes / p.median, "B/s");
    et_note("[%zu/%zu] %s: %s  %s%s%s", g->i + 1, g->n, r->id,
            et_print_seconds(t, p.median), rate,
            et_passes_are_narrow(&p, o->precision) ? "" : "  (not converged)",
            r->disturbed.many ? "  (DISTURBED)" : "");
}

static void tally(struct et_drive_outcome *o, int outcome)
{
    size_t *const counts[] = {&o->measured, &o->wrong,  &o->unsupported,
                              &o->skipped,  &o->failed, &o->unmeasured};
    ++*counts[outcome];
}

static void leave_teams(struct driving *g)
{
    for (size_t i = 0; i < g->n_parties; i++) {
        struct party *p = &g->parties[i];
        et_global_clock_close(p->global);
        if (p->team != g->d->world)
            et_team_close(p->team);
    }
    g->n_parties = 0;
}

/* Rank 0 knows where the others run. */
static enum et_status look_for_crowd(const struct driving *g, struct party *p)
{
    const struct et_drive *d = g->d;
    int64_t cores;
    if (d->world->rank == 0)
        et_placement_cores(d->placement, p->ranks, 1, &cores, &p->crowded);
    return et_team_broadcast(d->world, 0, &p->crowded, sizeof p->crowded);
}

/* The team of a case. */
static enum et_status take_team(struct driving *g, int64_t ranks,
                                struct party **out)
{
    for (size_t i = 0; i < g->n_parties; i++) {
        *out = &g->parties[i];
        if ((*out)->ranks == ranks)
            return ET_OK;
    }
    if (g->n_parties == SIZES)
        return et_error(ET_INFRA, "a plan has teams of at most %d sizes",
                        SIZES);
    struct party *p = &g->parties[g->n_parties];
    enum et_status s = ET_OK;
    *p = (struct party){.ranks = ranks};
    *out = p;
    if (ranks == g->d->world->size)
        p->team = g->d->world;
    else
        s = et_team_first(g->d->world, (int)ranks, &p->team);
    if (s == ET_OK)
        g->n_parties++;
    if (s == ET_OK && ranks > 1)
        s = look_for_crowd(g, p);
    struct et_clock *clock = g->d->instruments.clock;
    if (s == ET_OK && p->team && ranks > 1 && !clock->fake)
        s = et_global_clock_open(p->team, clock, &p->global);
    return s;
}

static bool name_parts(const struct et_placement *p, struct et_list *parts)
{
    struct et_result_part *v = parts->v;
    for (size_t i = 0; i < parts->n; i++) {
        const char *host = et_placement_host(p, v[i].rank);
        v[i].host = et_strdup(host);
        if (host && !v[i].host)
            return false;
    }
    return true;
}

/* Rank 0 looks it up, once as long as the cases have the same, and tells the
 * others. */
static void look_for_room(struct driving *g, int64_t ranks, int64_t threads)
{
    struct room *r = &g->room;
    const struct et_placement *p = g->d->placement;
    if (ranks > p->n || (r->ranks == ranks && r->threads == threads))
        return;
    *r = (struct room){.ranks = ranks, .threads = threads};
    et_placement_cores(p, ranks, threads, &r->cores, &r->oversubscribed);
}

/* The cores that a team has with the threads that worked. */
static void count_cores(struct driving *g, struct et_result_team *team)
{
    const struct room *r = &g->room;
    int64_t threads = et_result_busy_threads(team);
    look_for_room(g, team->ranks, threads);
    bool known = r->ranks == team->ranks && r->threads == threads;
    team->cores = known ? r->cores : ET_ABSENT_INT;
    team->oversubscribed = known && r->oversubscribed;
}

static struct et_result_team team_of(const struct et_drive *d,
                                     const struct et_case *c)
{
    return (struct et_result_team){.ranks = c->ranks,
                                   .nodes = c->nodes,
                                   .threads = c->threads,
                                   .delivered = ET_ABSENT_INT,
                                   .transport = et_strdup(d->world->ops->name)};
}

/* What the record has besides the measurement. */
static enum et_status complete(struct driving *g, const struct et_case *c,
                               struct et_result *r, const char *started)
{
    const struct et_drive *d = g->d;
    r->bench = et_strdup(c->bench->name);
    r->id = et_strdup(c->id);
    r->backend = et_strdup(c->backend);
    r->label = et_strdup(c->label);
    r->started = et_strdup(started);
    char origin[ET_ORIGIN_SIZE];
    r->origin = et_strdup(
        et_backend_origin(et_backend_find(c->bench->backends, c->backend),
                          origin, sizeof origin));
    if (!r->team.transport)
        r->team = team_of(d, c);
    if ((c->shape && !et_pairs_set(&r->params, "shape", c->shape, false)) ||
        !et_pairs_from_fields(&r->params, c->bench->params, c->params))
        return et_no_memory();
    struct et_result_time *time = &r->time;
    const struct et_placement *p = d->placement;
    time->slowest_host = et_strdup(et_placement_host(p, time->slowest_rank));
    if (!name_parts(p, &time->ranks.worst) ||
        !name_parts(p, &time->ranks.last) ||
        !name_parts(p, &time->nodes.worst) || !name_parts(p, &time->nodes.last))
        return et_no_memory();
    count_cores(g, &r->team);
    return ET_OK;
}

/* Rank 0: to the sink, and to what is known of the case. */
static enum et_status deliver(struct driving *g, const struct et_case *c,
                              struct et_result *r, const char *started)
{
    const struct et_drive *d = g->d;
    enum et_status s = complete(g, c, r, started);
    if (s == ET_OK)
        s = d->sink->put(d->sink, r);
    if (s != ET_OK)
        return s;
    struct et_history *h = &d->histories->v[g->i];
    if (!et_history_add(h, r))
        return et_no_memory();
    h->visited = true;
    if (r->outcome == ET_MEASURED && r->disturbed.most != ET_ABSENT_INT) {
        h->disturbed += r->disturbed.most;
        h->samples += r->time.n;
    }
    g->o->load = fmax(g->o->load, r->disturbed.load);
    if (r->outcome == ET_MEASURED) {
        h->settled.iterations = (uint64_t)r->time.iterations;
        et_ceilings_learn(&r->ceilings, &h->settled);
    } else {
        h->settled = (struct et_visit){0};
    }
    tell(g, r, h);
    return ET_OK;
}

/* The signal that any rank was told to stop by, or 0; the same on all. */
static enum et_status hear_stop(const struct driving *g, int *signal)
{
    double stop = et_stop_wanted();
    enum et_status s = et_team_reduce(g->d->world, ET_MAX, &stop, 1);
    *signal = (int)stop;
    return s;
}

/* The case that is measured now. */
struct at_hand {
    struct driving *g;
    const struct et_case *c;
    const char *started;
    int64_t pass;
};

/* A case that a stop cuts short. A resumed run does it again. */
static bool interrupt(struct et_result *r, const char *by)
{
    struct et_text t = {0};
    et_text_add(&t, "interrupted: %s", by);
    free(r->reason);
    r->reason = t.s;
    r->outcome = ET_UNMEASURED;
    return r->reason != NULL;
}

/* In the guard's thread, which ends the run. */
static void end_at_hand(void *with, struct et_sink *sink, enum et_status code,
                        const char *reason)
{
    struct at_hand *a = with;
    struct et_result r;
    et_result_begin(&r);
    r.pass = a->pass;
    r.outcome = ET_FAILED;
    if (code == ET_INFRA)
        r.reason = et_strdup(reason);
    else
        (void)interrupt(&r, reason);
    if (complete(a->g, a->c, &r, a->started) == ET_OK &&
        sink->put(sink, &r) == ET_OK && a->g->d->world->rank == 0)
        tell(a->g, &r, &a->g->d->histories->v[a->g->i]);
    et_result_free(&r);
}

/* A rank that is not measured now must notice, too, that nothing moves. */
static void feed(struct driving *g, const char *what)
{
    et_watchdog_feed(g->watchdog, g->d->instruments.options->timeout, what);
}

static enum et_status one_case(struct driving *g, const struct et_case *c,
                               const struct et_visit *visit)
{
    const struct et_drive *d = g->d;
    struct et_result r;
    et_result_begin(&r);
    r.pass = visit->pass;
    char started[32];
    et_clock_date(d->instruments.clock, started);
    enum et_status s = ET_OK;
    bool root = d->world->rank == 0;
    struct at_hand hand = {g, c, started, visit->pass};
    if (root)
        show_progress(g, c);
    et_guard_hold(d->guard);
    et_guard_at_hand(d->guard, end_at_hand, &hand);
    et_guard_release(d->guard);
    if (c->ranks > d->world->size) {
        struct et_text t = {0};
        et_text_add(&t, "needs %lld ranks, the allocation has %d",
                    (long long)c->ranks, d->world->size);
        r.outcome = ET_SKIPPED;
        r.reason = t.s;
    } else {
        struct party *p = NULL;
        s = take_team(g, c->ranks, &p);
        struct et_instruments with = d->instruments;
        if (s == ET_OK && p->team) {
            with.global = p->global;
            with.watchdog = g->watchdog;
            with.no_global =
                p->crowded ? "a node has more ranks than cores" : NULL;
            with.visit = *visit;
            s = et_measure(&with, c, p->team, &r);
        }
        feed(g, "waiting for the case's ranks");
        enum et_status rested = et_team_rest(d->world);
        s = s == ET_OK ? rested : s;
    }
    int signal = 0;
    enum et_status heard = hear_stop(g, &signal);
    s = s == ET_OK ? heard : s;
    if (s == ET_OK && signal && r.outcome == ET_UNMEASURED &&
        !interrupt(&r, et_stop_say(signal)))
        s = et_no_memory();
    et_guard_hold(d->guard);
    if (root && s == ET_OK)
        s = deliver(g, c, &r, started);
    et_guard_at_hand(d->guard, NULL, NULL);
    et_guard_release(d->guard);
    et_result_free(&r);
    return s;
}

/* Rank 0: the next case that wants a pass, and again from the first one as long
 * as any does; those with more passes of this launch wait for the others.
 * False: the run is done. */
static bool find_next(struct driving *g)
{
    for (;;) {
        for (; g->i < g->n; g->i++) {
            const struct et_history *h = &g->d->histories->v[g->i];
            if (!wants_pass(g, h))
                continue;
            g->any = true;
            if (h->passes - h->before <= g->round)
                return true;
        }
        if (!g->any)
            return false;
        g->any = false;
        g->i = 0;
        g->round++;
    }
}

/* Rank 0 says which case comes next; "" ends the run. */
static enum et_status next_case(struct driving *g, char **id,
                                struct et_visit *visit)
{
    const struct et_drive *d = g->d;
    *id = NULL;
    *visit = (struct et_visit){0};
    if (d->world->rank == 0) {
        bool more = find_next(g);
        if (more) {
            const struct et_case *c = &d->cases->v[g->i];
            *visit = d->histories->v[g->i].settled;
            visit->pass = d->histories->v[g->i].passes;
            look_for_room(g, c->ranks, c->threads);
        }
        *id = et_strdup(more ? d->cases->v[g->i].id : "");
    }
    /* None: rank 0 had no memory for it, and all hear so. */
    enum et_status s = et_team_broadcast_text(d->world, id);
    if (s == ET_OK && !*id)
        s = et_no_memory();
    if (s == ET_OK)
        s = et_team_broadcast(d->world, 0, visit, sizeof *visit);
    return s == ET_OK ? et_team_broadcast(d->world, 0, &g->room, sizeof g->room)
                      : s;
}

static enum et_status loop(struct driving *g)
{
    const struct et_drive *d = g->d;
    for (;;) {
        char *id = NULL;
        struct et_case c = {0};
        struct et_visit visit;
        feed(g, "between cases");
        enum et_status s = hear_stop(g, &g->o->signal);
        if (s != ET_OK || g->o->signal)
            return s;
        s = next_case(g, &id, &visit);
        if (s != ET_OK || !*id) {
            free(id);
            return s;
        }
        s = et_case_parse(id, d->benches, &c);
        free(id);
        s = et_team_agree(d->world, s);
        if (s == ET_OK)
            s = et_team_agree(d->world, one_case(g, &c, &visit));
        if (c.bench)
            et_case_free(&c);
        if (s != ET_OK)
            return s;
        g->visited++;
        g->i++;
    }
}

/* Rank 0: how many visits the plan asks for. */
static void count_visits(struct driving *g)
{
    for (size_t i = 0; i < g->n; i++) {
        const struct et_history *h = &g->d->histories->v[i];
        int64_t want = passes_of(g->d, h);
        if (h->closed || h->passes >= want)
            g->o->kept++;
        else
            g->visits += (size_t)(want - h->passes);
    }
}

/* Rank 0: what became of the cases that were visited. */
static void tally_all(const struct driving *g)
{
    for (size_t i = 0; i < g->n; i++) {
        const struct et_history *h = &g->d->histories->v[i];
        if (h->visited)
            tally(g->o, h->outcome);
        g->o->disturbed += h->outcome == ET_MEASURED &&
                           et_disturbed_many(h->disturbed, (double)h->samples);
    }
}

enum et_status et_drive_run(const struct et_drive *d,
                            struct et_drive_outcome *out)
{
    *out = (struct et_drive_outcome){0};
    struct driving g = {.d = d,
                        .o = out,
                        .began = et_clock_now(d->instruments.clock),
                        .watchdog = et_watchdog_open(),
                        .n = d->cases ? d->cases->n : 0};
    count_visits(&g);
    enum et_status s = loop(&g);
    tally_all(&g);
    leave_teams(&g);
    et_log_progress("");
    et_watchdog_close(g.watchdog);
    out->broken = s != ET_OK;
    if (s != ET_OK)
        return s;
    /* Rank 0 alone has the tally. */
    bool less = out->signal || out->skipped || out->unmeasured;
    s = out->wrong    ? ET_WRONG
        : out->failed ? ET_INFRA
        : less        ? ET_UNSURE
                      : ET_OK;
    return et_team_agree(d->world, s);
}
