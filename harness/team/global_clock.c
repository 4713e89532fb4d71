/* HCA3 over et_team_exchange: the tree, the ping-pong, the fit. Every step is
 * taken by all ranks in one order, so that nobody waits for one that left.
 */
#include "config.h"
#include "harness/team/global_clock.h"

#include <math.h>
#include <stdlib.h>
#include <time.h>

#include "harness/base/log.h"
#include "harness/base/memory.h"

#define BURSTS 10      /* offsets of one fit */
#define BURST 1e-3     /* s of ping-pong for each, */
#define LEAST 4        /* and so many of them at least, */
#define PATIENCE 40e-3 /* but s for all together, where messages are slow */
#define KEPT 64        /* offsets */
#define STILL 1000     /* equal readings in a row: the clock stands still */
#define PUSHES 100     /* tries in vain to make it move: it never will */
#define LINKS 64   /* children: a bit of a node's number, or a rank's, each */
#define DRIFT 0.01 /* no clock runs wrong by more */

/* global = local + offset + drift * (local - pivot), all in s. */
struct model {
    double offset, drift, pivot;
};

/* What a teacher and its pupil tell each other first. */
struct hello {
    uint64_t identity;
    int64_t origin_ns;
    struct model model;
    double residual, doubt; /* of the teacher against the root */
};

struct offset {
    double at;   /* local */
    double by;   /* teacher's global - at */
    double half; /* of its round trip */
};

struct et_global_clock {
    struct et_team *team;
    struct et_clock *clock;
    struct model model;
    bool measured;          /* this rank's clock is not its teacher's */
    bool shared;            /* no rank's is measured */
    bool distrust;          /* identities have lied */
    double residual, doubt; /* against the root, when last looked at */
    double fresh;           /* error after the newest fit */
    int teacher;            /* a rank; -1 on the root */
    int pupils[LINKS], n_pupils;
    struct offset kept[KEPT]; /* a ring */
    size_t n_kept;            /* ever */
};

static double modelled(const struct model *m, double local)
{
    return local + m->offset + m->drift * (local - m->pivot);
}

double et_global_clock_now(const struct et_global_clock *g)
{
    return modelled(&g->model, et_clock_now(g->clock));
}

bool et_global_clock_is_shared(const struct et_global_clock *g)
{
    return g->shared;
}

/* Where time is simulated it goes on by sleeping, or by messages: one to
 * oneself will do. A failure is left to the next call that the team makes. */
static double push(const struct et_global_clock *g, double nap)
{
    char sent = 0, got;
    struct timespec t = {0, (long)(fmin(nap, 0.5) * 1e9)};
    if (nap > 0)
        nanosleep(&t, NULL);
    else if (et_team_exchange(g->team, &sent, 1, g->team->rank, &got, 1,
                              g->team->rank) != ET_OK)
        return NAN;
    return et_global_clock_now(g);
}

double et_global_clock_wait(const struct et_global_clock *g, double until,
                            double most)
{
    double since = et_global_clock_now(g), now = since;
    bool sleeps = true; /* sleeping moves this clock, for all that is known */
    for (int still = 0, pushes = 0;
         now < until && now - since < most && pushes < PUSHES;) {
        double next = et_global_clock_now(g);
        still = next > now ? 0 : still + 1;
        now = next;
        if (still < STILL)
            continue;
        /* From here on each reading that is like the last is one too many. */
        still = STILL - 1;
        next = push(g, sleeps ? fmin(until - now, most) : 0);
        bool moved = next > now;
        pushes = moved ? 0 : pushes + 1;
        sleeps = sleeps && moved;
        now = moved ? next : now;
    }
    return now;
}

/* --- the tree ------------------------------------------------------------- */

static int highest_bit(int i)
{
    int bit = 1;
    while (bit <= i / 2)
        bit *= 2;
    return bit;
}

/* In a binomial tree i learns from i without its highest bit, and then teaches
 * those that have one higher bit more. The ranks of a node stand side by side
 * (team.h). */
static enum et_status grow_tree(struct et_global_clock *g)
{
    struct et_team *t = g->team;
    int nodes = t->nodes, mine = t->node, local = t->local_rank;
    enum et_status s = ET_OK;
    double *first = et_alloc((size_t)nodes, sizeof *first);
    if (!first)
        s = et_no_memory();
    s = et_team_agree(t, s);
    if (s == ET_OK) {
        for (int i = 0; i < nodes; i++)
            first[i] = i == mine ? t->rank : t->size;
        s = et_team_reduce(t, ET_MIN, first, (size_t)nodes);
    }
    if (s != ET_OK) {
        free(first);
        return s;
    }
    int base = (int)first[mine];
    g->teacher = -1;
    if (local > 0)
        g->teacher = base + local - highest_bit(local);
    else if (mine > 0)
        g->teacher = (int)first[mine - highest_bit(mine)];
    int from = mine > 0 ? 2 * highest_bit(mine) : 1;
    for (int bit = from; local == 0 && bit < nodes - mine; bit *= 2)
        g->pupils[g->n_pupils++] = (int)first[mine + bit];
    from = local > 0 ? 2 * highest_bit(local) : 1;
    for (int bit = from; bit < t->local_size - local; bit *= 2)
        g->pupils[g->n_pupils++] = base + local + bit;
    free(first);
    return ET_OK;
}

/* --- one teacher and one pupil -------------------------------------------- */

static enum et_status answer(struct et_global_clock *g, int pupil)
{
    for (double more = 1; more > 0;) {
        enum et_status s =
            et_team_exchange(g->team, NULL, 0, 0, &more, sizeof more, pupil);
        double now = et_global_clock_now(g);
        if (s == ET_OK)
            s = et_team_exchange(g->team, &now, sizeof now, pupil, NULL, 0, 0);
        if (s != ET_OK)
            return s;
    }
    return ET_OK;
}

/* The best of a burst. `more`: another burst follows. */
static enum et_status ask(struct et_global_clock *g, bool more,
                          struct offset *best)
{
    double start = et_clock_now(g->clock), elapsed = 0;
    best->half = INFINITY;
    for (int i = 1;; i++) {
        /* Messages move every clock that moves at all. */
        bool stands = i >= STILL && elapsed <= 0;
        bool last = i >= LEAST && (elapsed >= BURST || stands);
        double again = more || !last, there = 0;
        double sent = et_clock_now(g->clock);
        enum et_status s =
            et_team_exchange(g->team, &again, sizeof again, g->teacher, &there,
                             sizeof there, g->teacher);
        double back = et_clock_now(g->clock), half = (back - sent) / 2;
        if (s != ET_OK)
            return s;
        if (half < best->half)
            *best = (struct offset){sent + half, there - (sent + half), half};
        if (last)
            return ET_OK;
        elapsed = back - start;
    }
}

static void keep(struct et_global_clock *g, const struct offset *o)
{
    g->kept[g->n_kept++ % KEPT] = *o;
}

/* Half a round trip bounds an offset's error; it is taken for its standard
 * error, which it exceeds. */
static double weight(const struct et_global_clock *g, const struct offset *o)
{
    double error = o->half + g->clock->resolution;
    return 1 / (error * error);
}

/* The line through what is kept, by weighted least squares, told at `newest`:
 * the best of the last measurement, which alone is the model where there is no
 * drift to be seen, and whose bounds no line may leave. */
static void fit(struct et_global_clock *g, const struct offset *newest)
{
    double w = 0, x = 0, y = 0, xx = 0, xy = 0;
    size_t n = g->n_kept < KEPT ? g->n_kept : KEPT;
    for (size_t i = 0; i < n; i++) {
        const struct offset *o = &g->kept[i];
        w += weight(g, o);
        x += weight(g, o) * (o->at - newest->at);
        y += weight(g, o) * (o->by - newest->by);
    }
    x /= w;
    y /= w;
    for (size_t i = 0; i < n; i++) {
        const struct offset *o = &g->kept[i];
        double dx = o->at - newest->at - x, dy = o->by - newest->by - y;
        xx += weight(g, o) * dx * dx;
        xy += weight(g, o) * dx * dy;
    }
    double drift = xy / xx, error = 1 / sqrt(xx);
    g->model = (struct model){newest->by, 0, newest->at};
    /* A NAN compares false. */
    if (n > 2 && fabs(drift) > 2 * error && fabs(drift) < DRIFT) {
        double here = y - drift * x;
        g->model.offset += fmax(-newest->half, fmin(here, newest->half));
        g->model.drift = drift;
    }
}

static enum et_status learn(struct et_global_clock *g)
{
    struct offset newest = {.half = INFINITY};
    double start = et_clock_now(g->clock);
    bool more = true;
    for (int i = 1; more; i++) {
        struct offset o;
        more = i < BURSTS && et_clock_now(g->clock) - start < PATIENCE;
        enum et_status s = ask(g, more, &o);
        if (s != ET_OK)
            return s;
        keep(g, &o);
        if (o.half < newest.half)
            newest = o;
    }
    fit(g, &newest);
    return ET_OK;
}

/* One more offset: what the model does not explain of it is its error. Kept,
 * for the fit to come. */
static enum et_status look(struct et_global_clock *g, const struct hello *h)
{
    struct offset o;
    enum et_status s = ask(g, false, &o);
    if (s != ET_OK)
        return s;
    keep(g, &o);
    double off = modelled(&g->model, o.at) - (o.at + o.by);
    g->residual = h->residual + off;
    g->doubt = h->doubt + o.half + g->clock->overhead;
    return ET_OK;
}

/* The teacher's model, told for a clock that was opened `later` s later. */
static struct model shifted(const struct model *m, double later)
{
    return (struct model){m->offset + later, m->drift, m->pivot - later};
}

static enum et_status meet_teacher(struct et_global_clock *g, bool learning,
                                   struct hello *mine)
{
    struct hello h = {0};
    enum et_status s = et_team_exchange(g->team, mine, sizeof *mine, g->teacher,
                                        &h, sizeof h, g->teacher);
    if (s != ET_OK)
        return s;
    g->measured =
        g->distrust || h.identity == 0 || h.identity != mine->identity;
    if (g->measured)
        return learning ? learn(g) : look(g, &h);
    g->model =
        shifted(&h.model, (double)(mine->origin_ns - h.origin_ns) * 1e-9);
    g->residual = h.residual;
    g->doubt = h.doubt;
    return ET_OK;
}

static enum et_status meet_pupil(struct et_global_clock *g, int pupil,
                                 const struct hello *mine)
{
    struct hello h = {0};
    enum et_status s = et_team_exchange(g->team, mine, sizeof *mine, pupil, &h,
                                        sizeof h, pupil);
    bool same = h.identity != 0 && h.identity == mine->identity && !g->distrust;
    return s != ET_OK || same ? s : answer(g, pupil);
}

static struct hello introduce(const struct et_global_clock *g)
{
    return (struct hello){g->clock->identity, g->clock->origin_ns, g->model,
                          g->residual, g->doubt};
}

/* From the root down: learn or look, then teach. */
static enum et_status pass(struct et_global_clock *g, bool learning)
{
    struct hello mine = introduce(g);
    enum et_status s = ET_OK;
    if (g->teacher >= 0)
        s = meet_teacher(g, learning, &mine);
    mine = introduce(g);
    for (int i = 0; i < g->n_pupils && s == ET_OK; i++)
        s = meet_pupil(g, g->pupils[i], &mine);
    return et_team_agree(g->team, s);
}

/* --- the team ------------------------------------------------------------- */

/* The seconds by which some rank reads less after a reduction than another had
 * read before it; 0 or less where time is in order. */
static enum et_status disorder(struct et_global_clock *g, double *seconds)
{
    double before = et_global_clock_now(g);
    enum et_status s = et_team_reduce(g->team, ET_MAX, &before, 1);
    double gap = before - et_global_clock_now(g);
    if (s == ET_OK)
        s = et_team_reduce(g->team, ET_MAX, &gap, 1);
    *seconds = gap;
    return s;
}

static enum et_status claim(struct et_global_clock *g, double gap,
                            double *seconds)
{
    double worst = fmax(g->clock->resolution, g->clock->overhead) +
                   fmax(fabs(g->residual) + g->doubt, gap);
    enum et_status s = et_team_reduce(g->team, ET_MAX, &worst, 1);
    if (s == ET_OK)
        *seconds = worst;
    return s;
}

enum et_status et_global_clock_error(struct et_global_clock *g, double *seconds)
{
    double gap = 0;
    /* A clock that all share may have jumped for one of them since. */
    enum et_status s = g->shared ? disorder(g, &gap) : pass(g, false);
    return s == ET_OK ? claim(g, gap, seconds) : s;
}

static enum et_status teach_all(struct et_global_clock *g)
{
    double measured = 0;
    enum et_status s = pass(g, true);
    measured = g->measured;
    if (s == ET_OK)
        s = et_team_reduce(g->team, ET_MAX, &measured, 1);
    g->shared = measured == 0;
    if (s == ET_OK && !g->shared)
        s = pass(g, false);
    return s == ET_OK ? claim(g, 0, &g->fresh) : s;
}

enum et_status et_global_clock_renew(struct et_global_clock *g, double *seconds)
{
    enum et_status s = et_global_clock_error(g, seconds);
    if (s != ET_OK || *seconds <= 2 * g->fresh)
        return s;
    g->distrust |= g->shared; /* it is not one clock any more */
    s = teach_all(g);
    *seconds = g->fresh;
    return s;
}

enum et_status et_global_clock_open(struct et_team *team,
                                    struct et_clock *clock,
                                    struct et_global_clock **out)
{
    if (clock->fake)
        return ET_USAGE;
    struct et_global_clock *g = et_alloc(1, sizeof *g);
    double wrong = 0;
    enum et_status s = et_team_agree(team, g ? ET_OK : et_no_memory());
    if (s == ET_OK) {
        g->team = team;
        g->clock = clock;
        s = grow_tree(g);
    }
    if (s == ET_OK)
        s = teach_all(g);
    if (s == ET_OK)
        s = disorder(g, &wrong);
    /* Two ranks may err by as much each way. */
    if (s == ET_OK && wrong > 2 * g->fresh) {
        if (team->rank == 0)
            et_warn("clocks that seem to be one are %.3g s apart: each is "
                    "measured",
                    wrong);
        g->distrust = true;
        s = teach_all(g);
    }
    if (s != ET_OK) {
        free(g);
        return s;
    }
    *out = g;
    return ET_OK;
}

void et_global_clock_close(struct et_global_clock *g)
{
    free(g);
}
