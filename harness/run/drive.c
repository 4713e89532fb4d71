/* Runs the cases. */
#include "config.h"
#include "harness/run/drive.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/dtype.h"
#include "harness/base/log.h"
#include "harness/base/memory.h"
#include "harness/run/stop.h"

struct driving {
    const struct et_drive *d;
    struct et_drive_outcome *o;
    struct et_team *team; /* of the newest case; NULL: this rank rests */
    int64_t team_ranks;   /* its size; 0: none yet */
    /* Its time, kept as long as the team is, so that it gets ever better. */
    struct et_global_clock *global;
    struct et_watchdog *watchdog;
    bool crowded; /* some node has more of its ranks than cores */
    /* Rank 0: of the newest case's ranks and threads, as et_placement_cores. */
    int64_t cores_ranks, cores_threads, cores;
    bool oversubscribed;
    double began;
    size_t i, n; /* rank 0: case number and count */
};

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool is_done(const struct et_drive *d, const char *id)
{
    return d->done && d->done->n &&
           bsearch(&id, d->done->v, d->done->n, sizeof *d->done->v, by_text);
}

static void show_progress(const struct driving *g, const struct et_case *c)
{
    char line[200], eta[ET_TEXT_NUMBER] = "";
    size_t ran = g->i - g->o->kept;
    double spent = et_clock_now(g->d->instruments.clock) - g->began;
    if (ran > 0) {
        et_print_seconds(eta,
                         round(spent / (double)ran * (double)(g->n - g->i)));
    }
    snprintf(line, sizeof line, "[%zu/%zu]%s%s  %.140s", g->i + 1, g->n,
             *eta ? "  about " : "", eta, c->id);
    et_log_progress(line);
}

static void tell(const struct driving *g, const struct et_result *r)
{
    char words[ET_TEXT_NUMBER], t[ET_TEXT_NUMBER], rate[ET_TEXT_NUMBER] = "";
    const char *dtype = et_pairs_get(&r->params, "dtype");
    et_choice_name(ET_OUTCOME_CHOICES, r->outcome, words);
    if (r->outcome != ET_MEASURED) {
        et_note("[%zu/%zu] %s: %s: %s", g->i + 1, g->n, r->id, words,
                r->reason ? r->reason : "");
        return;
    }
    if (r->work.flop > 0 && r->work.bus_bytes == 0 && r->work.messages == 0)
        et_print_si(rate, r->work.flop / r->time.median,
                    dtype && et_dtype_is_integer(et_dtype_find(dtype))
                        ? "OP/s"
                        : "FLOP/s");
    else if (r->work.bytes > 0)
        et_print_si(rate, r->work.bytes / r->time.median, "B/s");
    et_note("[%zu/%zu] %s: %s  %s%s%s", g->i + 1, g->n, r->id,
            et_print_seconds(t, r->time.median), rate,
            r->time.converged ? "" : "  (not converged)",
            r->disturbed.many ? "  (DISTURBED)" : "");
}

static void tally(struct et_drive_outcome *o, int outcome)
{
    size_t *const counts[] = {&o->measured, &o->wrong,  &o->unsupported,
                              &o->skipped,  &o->failed, &o->unmeasured};
    ++*counts[outcome];
}

static void leave_team(struct driving *g)
{
    et_global_clock_close(g->global);
    if (g->team != g->d->world)
        et_team_close(g->team);
    g->global = NULL;
    g->team = NULL;
    g->team_ranks = 0;
}

/* Rank 0 knows where the others run. */
static enum et_status look_for_crowd(struct driving *g, int64_t ranks)
{
    const struct et_drive *d = g->d;
    int64_t cores;
    if (d->world->rank == 0)
        et_placement_cores(d->placement, ranks, 1, &cores, &g->crowded);
    return et_team_broadcast(d->world, 0, &g->crowded, sizeof g->crowded);
}

/* The team of a case: kept while consecutive cases have the same size. */
static enum et_status take_team(struct driving *g, int64_t ranks)
{
    if (g->team_ranks == ranks)
        return ET_OK;
    leave_team(g);
    enum et_status s = ET_OK;
    if (ranks == g->d->world->size)
        g->team = g->d->world;
    else
        s = et_team_first(g->d->world, (int)ranks, &g->team);
    if (s == ET_OK)
        g->team_ranks = ranks;
    if (s == ET_OK && ranks > 1)
        s = look_for_crowd(g, ranks);
    struct et_clock *clock = g->d->instruments.clock;
    if (s == ET_OK && g->team && ranks > 1 && !clock->fake)
        s = et_global_clock_open(g->team, clock, &g->global);
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

/* The cores that a team has with the threads that worked, looked up once as
 * long as the cases have the same. */
static void count_cores(struct driving *g, struct et_result_team *team)
{
    int64_t threads =
        team->delivered == ET_ABSENT_INT ? team->threads : team->delivered;
    if (g->cores_ranks != team->ranks || g->cores_threads != threads) {
        et_placement_cores(g->d->placement, team->ranks, threads, &g->cores,
                           &g->oversubscribed);
        g->cores_ranks = team->ranks;
        g->cores_threads = threads;
    }
    team->cores = g->cores;
    team->oversubscribed = g->oversubscribed;
}

/* Rank 0: what the record has besides the measurement, then the sink. */
static enum et_status deliver(struct driving *g, const struct et_case *c,
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
        r->team = (struct et_result_team){.ranks = c->ranks,
                                          .nodes = c->nodes,
                                          .threads = c->threads,
                                          .delivered = ET_ABSENT_INT,
                                          .transport =
                                              et_strdup(d->world->ops->name)};
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
    r->team.cores = ET_ABSENT_INT;
    if (c->ranks <= p->n)
        count_cores(g, &r->team);
    tally(g->o, r->outcome);
    g->o->disturbed += r->disturbed.many;
    g->o->load = fmax(g->o->load, r->disturbed.load);
    tell(g, r);
    return d->sink->put(d->sink, r);
}

/* The signal that any rank was told to stop by, or 0; the same on all. */
static enum et_status hear_stop(const struct driving *g, int *signal)
{
    double stop = et_stop_wanted();
    enum et_status s = et_team_reduce(g->d->world, ET_MAX, &stop, 1);
    *signal = (int)stop;
    return s;
}

static enum et_status one_case(struct driving *g, const struct et_case *c)
{
    const struct et_drive *d = g->d;
    struct et_result r;
    et_result_begin(&r);
    char started[32];
    et_clock_date(d->instruments.clock, started);
    enum et_status s = ET_OK;
    bool root = d->world->rank == 0;
    if (root)
        show_progress(g, c);
    if (c->ranks > d->world->size) {
        struct et_text t = {0};
        et_text_add(&t, "needs %lld ranks, the allocation has %d",
                    (long long)c->ranks, d->world->size);
        r.outcome = ET_SKIPPED;
        r.reason = t.s;
    } else {
        s = take_team(g, c->ranks);
        struct et_instruments with = d->instruments;
        with.global = g->global;
        with.watchdog = g->watchdog;
        with.no_global = g->crowded ? "a node has more ranks than cores" : NULL;
        if (s == ET_OK && g->team)
            s = et_measure(&with, c, g->team, &r);
        enum et_status rested = et_team_rest(d->world);
        s = s == ET_OK ? rested : s;
    }
    int signal = 0;
    enum et_status heard = hear_stop(g, &signal);
    s = s == ET_OK ? heard : s;
    /* A case cut short is no result: a resumed run does it again. */
    bool cut = signal && r.outcome == ET_UNMEASURED;
    if (root && s == ET_OK && !cut)
        s = deliver(g, c, &r, started);
    et_result_free(&r);
    return s;
}

/* Rank 0 says which case comes next; "" ends the run. */
static enum et_status next_case(struct driving *g, char **id)
{
    const struct et_drive *d = g->d;
    *id = NULL;
    if (d->world->rank == 0) {
        while (g->i < g->n && is_done(d, d->cases->v[g->i].id)) {
            g->i++;
            g->o->kept++;
        }
        *id = et_strdup(g->i < g->n ? d->cases->v[g->i].id : "");
    }
    /* None: rank 0 had no memory for it, and all hear so. */
    enum et_status s = et_team_broadcast_text(d->world, id);
    return s == ET_OK && !*id ? et_no_memory() : s;
}

static enum et_status loop(struct driving *g)
{
    const struct et_drive *d = g->d;
    for (;;) {
        char *id = NULL;
        struct et_case c = {0};
        enum et_status s = hear_stop(g, &g->o->signal);
        if (s != ET_OK || g->o->signal)
            return s;
        s = next_case(g, &id);
        if (s != ET_OK || !*id) {
            free(id);
            return s;
        }
        s = et_case_parse(id, d->benches, &c);
        free(id);
        s = et_team_agree(d->world, s);
        if (s == ET_OK)
            s = et_team_agree(d->world, one_case(g, &c));
        if (c.bench)
            et_case_free(&c);
        if (s != ET_OK)
            return s;
        g->i++;
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
    enum et_status s = loop(&g);
    leave_team(&g);
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
