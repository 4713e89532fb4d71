/* The roofline: every case with floating-point operations and known traffic as
 * a point over its intensity, below the ceilings of the largest team: flat
 * roofs and slopes. They are the run's own cases of benches whose role is to
 * measure a ceiling, where it has them, else the ceilings that were measured
 * beside the points (results/record/roofline.h has the source). Knows roles and
 * metrics, and no bench by name. */
#include "config.h"
#include "results/report/parts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/backend.h"

#define ROOFS 10 /* element types; memory levels */
#define LABEL_GAP                                                              \
    0.042               /* least distance of two labels, share of the height   \
                         */
#define SLOPE_GAP 0.045 /* least distance of two slopes with a label each */

struct line {
    char name[96];   /* "fp32 avx512 312 GFLOP/s" */
    const char *key; /* element type or level; two of one key do not stand */
    double rate;
    double label; /* where its label stands, log10 */
};
struct lines {
    struct line v[ROOFS];
    size_t n;
};

struct range {
    double x0, x1, y0, y1; /* FLOP/B, FLOP/s */
};

static bool is_point(const struct et_record *r)
{
    return et_record_measured(r) && isfinite(r->roofline.intensity) &&
           et_record_metric(r, "flops");
}

static double flops_of(const struct et_record *r)
{
    return r->result.work.flop / r->result.time.median;
}

static const struct et_result_team *largest(const struct et_run *run,
                                            const struct et_picks *p)
{
    const struct et_result_team *t = NULL;
    for (size_t i = 0; i < p->n; i++) {
        const struct et_result_team *o = &run->records[p->v[i]].result.team;
        if (!t || o->ranks * o->threads > t->ranks * t->threads)
            t = o;
    }
    return t;
}

static bool is_of(const struct et_record *r, const struct et_result_team *t)
{
    return r->result.team.ranks == t->ranks &&
           r->result.team.threads == t->threads;
}

/* Keeps the highest of each key. */
static void add(struct lines *l, const char *key, double rate, const char *unit,
                const char *words)
{
    char buf[ET_TEXT_NUMBER];
    size_t i = 0;
    while (i < l->n && strcmp(l->v[i].key, key) != 0)
        i++;
    if (i == ROOFS || !(rate > 0) || (i < l->n && rate <= l->v[i].rate))
        return;
    l->n += i == l->n;
    l->v[i].key = key;
    l->v[i].rate = rate;
    double digits = pow(10, 2 - floor(log10(rate)));
    snprintf(l->v[i].name, sizeof l->v[i].name, "%s %s", words,
             et_print_si(buf, round(rate * digits) / digits, unit));
}

static bool is_roof(const struct et_report *w, const struct et_record *r,
                    const struct et_result_team *team)
{
    return is_of(r, team) && et_record_measured(r) && et_record_checked(r) &&
           !et_accused_has(&w->accused, r->result.id);
}

/* Roofs and slopes from cases of their own, of this team. */
static void from_cases(const struct et_report *w,
                       const struct et_result_team *team, struct lines *roofs,
                       struct lines *slopes)
{
    for (size_t i = 0; i < w->run->n; i++) {
        const struct et_record *r = &w->run->records[i];
        enum et_role role = et_run_role(w->run, r);
        const struct et_metric_value *m = et_record_metric(r, "flops");
        const char *level = et_record_level(r), *asked = et_param(r, "level");
        char words[64];
        if (!is_roof(w, r, team))
            continue;
        if (role == ET_ROLE_COMPUTE_CEILING && m &&
            strcmp(r->result.backend, ET_BACKEND_FED) != 0) {
            snprintf(words, sizeof words, "%s %.20s", et_record_dtype(r),
                     r->result.backend);
            add(roofs, et_record_dtype(r), flops_of(r),
                et_metric_unit(r, m).base, words);
        }
        /* A set of so many bytes may lie in two levels. */
        if (role == ET_ROLE_MEMORY_CEILING && level &&
            (!asked || strcmp(asked, "bytes") != 0)) {
            snprintf(words, sizeof words, "%.40s", level);
            add(slopes, level, r->result.work.bytes / r->result.time.median,
                "B/s", words);
        }
    }
}

/* Where there is none of a kind: what was measured beside the points. Of
 * memory the fastest and the slowest, for sets of different sizes lie in
 * different levels. */
static void from_points(const struct et_run *run, const struct et_picks *p,
                        const struct et_result_team *team, struct lines *roofs,
                        struct lines *slopes)
{
    double low = INFINITY, high = 0;
    bool roofless = roofs->n == 0, flat = slopes->n == 0;
    for (size_t i = 0; i < p->n; i++) {
        const struct et_record *r = &run->records[p->v[i]];
        const struct et_result_ceiling *c, *m;
        char words[64];
        if (!is_of(r, team) || r->roofline.suspect)
            continue;
        c = et_result_ceiling_of(&r->result, "compute");
        m = et_result_ceiling_of(&r->result, "memory");
        snprintf(words, sizeof words, "%s", et_record_dtype(r));
        bool known = !roofless;
        for (size_t k = 0; k < roofs->n && !roofless; k++)
            known &= strcmp(roofs->v[k].key, et_record_dtype(r)) != 0;
        if (c && (roofless || known))
            add(roofs, et_record_dtype(r), c->rate, "FLOP/s", words);
        if (m) {
            low = fmin(low, m->rate);
            high = fmax(high, m->rate);
        }
    }
    if (flat && high > 0)
        add(slopes, "high", high, "B/s",
            high > low * 1.1 ? "fastest read" : "read");
    if (flat && high > low * 1.1)
        add(slopes, "low", low, "B/s", "slowest read");
}

static int by_rate(const void *a, const void *b)
{
    const struct line *x = a, *y = b;
    return (x->rate > y->rate) - (x->rate < y->rate);
}

/* Labels in the order of their roofs, none nearer than the gap to the next:
 * pushed up from below, then what left the top pushed back down. */
static void spread(struct lines *l, const struct range *at)
{
    double gap = LABEL_GAP * log10(at->y1 / at->y0);
    double top = log10(at->y1);
    for (size_t i = 0; i < l->n; i++) {
        l->v[i].label = log10(l->v[i].rate);
        if (i && l->v[i].label < l->v[i - 1].label + gap)
            l->v[i].label = l->v[i - 1].label + gap;
    }
    for (size_t i = l->n; i-- > 0; top = l->v[i].label - gap)
        l->v[i].label = fmin(l->v[i].label, top);
}

static struct range range_of(const struct et_run *run, const struct et_picks *p,
                             const struct lines *roofs,
                             const struct lines *slopes)
{
    struct range a = {INFINITY, 0, INFINITY, 0};
    for (size_t i = 0; i < p->n; i++) {
        const struct et_record *r = &run->records[p->v[i]];
        a.x0 = fmin(a.x0, r->roofline.intensity);
        a.x1 = fmax(a.x1, r->roofline.intensity);
        a.y0 = fmin(a.y0, flops_of(r));
        a.y1 = fmax(a.y1, flops_of(r));
    }
    for (size_t i = 0; i < roofs->n; i++) {
        a.y0 = fmin(a.y0, roofs->v[i].rate);
        a.y1 = fmax(a.y1, roofs->v[i].rate);
        for (size_t k = 0; k < slopes->n; k++) {
            a.x0 = fmin(a.x0, roofs->v[i].rate / slopes->v[k].rate);
            a.x1 = fmax(a.x1, roofs->v[i].rate / slopes->v[k].rate);
        }
    }
    return (struct range){a.x0 / 6, a.x1 * 2, a.y0 / 3, a.y1 * 2};
}

static void put(struct et_text *t, double a, double b, double c, double d)
{
    double v[] = {a, b, c, d};
    for (size_t i = 0; i < 4; i++)
        et_data_real(t, v[i]);
    et_text_add(t, "\n");
}

static void label(struct et_text *t, double x, double y, const char *s)
{
    et_data_real(t, x);
    et_data_real(t, y);
    et_text_add(t, " ");
    et_data_text(t, s);
    et_text_add(t, "\n");
}

/* Five blocks without headings: the corners, the roofs and slopes as pairs of
 * ends, the labels of each. A block without rows would be none. */
static void frame(struct et_text *t, const struct range *a,
                  const struct lines *roofs, const struct lines *slopes)
{
    double top = roofs->n ? roofs->v[roofs->n - 1].rate : a->y1;
    double steep = slopes->n ? slopes->v[slopes->n - 1].rate : NAN;
    put(t, a->x0, a->y0, NAN, NAN);
    put(t, a->x1, a->y1, NAN, NAN);
    et_data_next(t);
    for (size_t i = 0; i < roofs->n; i++) {
        double y = roofs->v[i].rate;
        put(t, isnan(steep) ? a->x0 : y / steep, y, a->x1, y);
    }
    for (size_t i = 0; i < slopes->n; i++) {
        double b = slopes->v[i].rate, x = fmax(a->x0, a->y0 / b);
        put(t, x, x * b, top / b, top);
    }
    if (!roofs->n && !slopes->n)
        put(t, NAN, NAN, NAN, NAN);
    et_data_next(t);
    for (size_t i = 0; i < roofs->n; i++)
        label(t, a->x1, pow(10, roofs->v[i].label), roofs->v[i].name);
    if (!roofs->n)
        label(t, NAN, NAN, "");
    et_data_next(t);
    /* Slopes that lie close share a label, on the upper one. */
    double gap = SLOPE_GAP * log10(a->y1 / a->y0);
    struct et_text words = {0};
    for (size_t i = 0; i < slopes->n; i++) {
        const struct line *s = &slopes->v[i];
        et_text_add(&words, "%s%s", words.n ? ", " : "", s->name);
        if (i + 1 < slopes->n && log10(s[1].rate / s->rate) < gap)
            continue;
        double x = 1.1 * fmax(a->x0, a->y0 / s->rate);
        label(t, x, x * s->rate, et_text_str(&words));
        words.n = 0;
    }
    et_text_free(&words);
    if (!slopes->n)
        label(t, NAN, NAN, "");
}

/* Marks: one for each bench and element type, in the order seen. */
static size_t mark_of(struct et_strings *seen, const struct et_record *r)
{
    struct et_text t = {0};
    et_bench_say(r, &t);
    size_t i = et_strings_find(seen, et_text_str(&t));
    if (i == seen->n)
        et_strings_add(seen, et_text_str(&t));
    et_text_free(&t);
    return i;
}

static bool points(struct et_report *w, struct et_block *b,
                   const struct et_picks *p, size_t *left_out, size_t *flawed)
{
    static const int marks[] = {7, 5, 9, 13, 11, 6, 4, 8, 12, 10};
    struct et_groups g;
    struct et_strings seen = {0};
    struct et_text *t = &b->figure.data;
    size_t drawn = 0;
    if (!et_groups_make(&g, w->run, p,
                        ET_KEY_BENCH | ET_KEY_DTYPE | ET_KEY_BACKEND))
        return false;
    for (size_t i = 0; i < g.n; i++) {
        const struct et_record *r = &w->run->records[g.v[i].v[0]];
        if (drawn == 2 * ET_REPORT_SERIES) {
            *left_out += g.v[i].n;
            continue;
        }
        struct et_text name = {0};
        et_bench_say(r, &name);
        et_text_add(&name, " %s", r->result.backend);
        et_report_shared_colour(w, b, r->result.backend);
        et_text_add(&b->figure.marks, "%s%d", drawn++ ? " " : "",
                    marks[mark_of(&seen, r) % (sizeof marks / sizeof *marks)]);
        et_data_next(t);
        et_data_text(t, et_text_str(&name));
        et_text_add(t, " rate low high flaw\n");
        for (size_t k = 0; k < g.v[i].n; k++) {
            r = &w->run->records[g.v[i].v[k]];
            const struct et_result_time *s = &r->result.time;
            double flop = r->result.work.flop;
            bool flaw = et_report_flaw(w, r) != ET_FLAW_NONE;
            *flawed += flaw;
            et_data_real(t, r->roofline.intensity);
            et_data_real(t, flops_of(r));
            et_data_real(t, flop / s->ci_high);
            et_data_real(t, flop / s->ci_low);
            et_data_real(t, flaw ? flops_of(r) : NAN);
            et_text_add(t, "\n");
        }
        t->failed |= name.failed;
        et_text_free(&name);
    }
    et_strings_free(&seen);
    et_groups_free(&g);
    return true;
}

static void other_teams(const struct et_run *run, const struct et_picks *p,
                        const struct et_result_team *team, struct et_text *out)
{
    struct et_groups g;
    if (!et_groups_make(&g, run, p, ET_KEY_TEAM | ET_KEY_THREADS))
        return;
    for (size_t i = 0, n = 0; i < g.n; i++) {
        const struct et_record *r = &run->records[g.v[i].v[0]];
        if (!is_of(r, team))
            et_text_add(out, "%s%s (%zu)",
                        n++ ? ", "
                            : " The points of smaller teams, "
                              "with fewer cores, lie lower: ",
                        et_say_team(r).s, g.v[i].n);
    }
    if (out->n)
        et_text_add(out, ".");
    et_groups_free(&g);
}

/* What bounds each case, and how much of it was reached. */
static void shares(struct et_report *w, const struct et_picks *p)
{
    static const char *const columns[] = {
        "Case",    "Ranks x threads", "FLOP/B",  "GFLOP/s", "Attainable",
        "Reached", "Bound by",        "Remarks", NULL};
    struct et_strings varying = {0};
    if (!et_varying(w->run, p, &varying)) {
        w->doc->failed = true;
        return;
    }
    struct et_block *b = et_doc_table(w->doc, "lrrrrrll", columns);
    size_t shown = et_report_shown(p->n);
    for (size_t i = 0; b && i < shown; i++) {
        const struct et_record *r = &w->run->records[p->v[i]];
        const struct et_roofline *f = &r->roofline;
        struct et_text name = {0};
        et_say_case(w->run, r, &varying, &name);
        et_block_cell(b, "%s", et_text_str(&name));
        et_block_cell(b, "%s", et_say_team(r).s);
        et_block_cell(b, "%s", et_say_real(f->intensity).s);
        et_block_cell(b, "%s", et_say_real(flops_of(r) / 1e9).s);
        et_block_cell(b, "%s", et_say_real(f->attainable / 1e9).s);
        et_block_cell(b, "%s",
                      et_say_share(f->share, f->share_low, f->share_high).s);
        et_block_cell(b, "%s", f->binds ? f->binds : "not known");
        et_block_cell(b, "%s", et_say_doubts(w->run, r).s);
        et_text_free(&name);
    }
    et_report_close(b, shown, p->n);
    et_strings_free(&varying);
}

static bool figure(struct et_report *w, const struct et_picks *p)
{
    const struct et_result_team *team = largest(w->run, p);
    const struct et_environment *e = &w->run->info.environment;
    struct lines roofs = {.n = 0}, slopes = {.n = 0};
    from_cases(w, team, &roofs, &slopes);
    bool own_roofs = roofs.n > 0, own_slopes = slopes.n > 0;
    from_points(w->run, p, team, &roofs, &slopes);
    if (roofs.n)
        qsort(roofs.v, roofs.n, sizeof *roofs.v, by_rate);
    if (slopes.n)
        qsort(slopes.v, slopes.n, sizeof *slopes.v, by_rate);
    struct range a = range_of(w->run, p, &roofs, &slopes);
    spread(&roofs, &a);
    struct et_text title = {0}, caption = {0};
    et_text_add(&title, "Roofline of %s, %s x %s",
                e->host ? e->host : "this machine",
                et_say_count((size_t)team->ranks, "rank", "ranks").s,
                et_say_count((size_t)team->threads, "thread", "threads").s);
    struct et_block *b =
        et_doc_figure(w->doc, "roofline", "roofline", et_text_str(&title));
    if (!b)
        return false;
    frame(&b->figure.data, &a, &roofs, &slopes);
    size_t left_out = 0, flawed = 0;
    bool ok = points(w, b, p, &left_out, &flawed);
    et_text_add(
        &caption,
        "%s. Points are medians with their 95 %% intervals. Flat "
        "roofs: %s; slopes: %s. Both for the team of %lld x %lld.",
        e->cpu ? e->cpu : "CPU not known",
        own_roofs ? "compute ceilings, the fastest case of each element type"
        : roofs.n ? "compute ceilings measured beside the points"
                  : "none was measured",
        own_slopes
            ? "memory ceilings, the fastest case of each level of the memory"
        : slopes.n ? "memory ceilings measured beside the points"
                   : "none was measured",
        (long long)team->ranks, (long long)team->threads);
    if (flawed)
        et_text_add(&caption, " %zu crossed out: see their remarks.", flawed);
    if (left_out)
        et_text_add(&caption, " %zu more not drawn.", left_out);
    struct et_text others = {0};
    other_teams(w->run, p, team, &others);
    et_text_add(&caption, "%s", et_text_str(&others));
    ok = ok &&
         et_figure_words(b, "arithmetic intensity, FLOP/B",
                         "rate of the team, FLOP/s", et_text_str(&caption));
    ok = ok && !title.failed && !caption.failed && !others.failed;
    et_text_free(&title);
    et_text_free(&caption);
    et_text_free(&others);
    return ok;
}

bool et_report_roofline(struct et_report *w)
{
    struct et_picks p;
    if (!et_picks_take(&p, w->run, is_point))
        return false;
    bool ok = true;
    if (p.n) {
        et_doc_heading(w->doc, 2, "Roofline");
        et_doc_paragraph(
            w->doc,
            "Attainable, in GFLOP/s, is the lower of two values: the compute "
            "ceiling, and the arithmetic intensity times the memory ceiling. "
            "Both ceilings were measured on the same cores, beside the "
            "samples "
            "of the case. Reached is the case's share of it; the brackets hold "
            "the worst ends of both intervals.");
        ok = figure(w, &p);
        shares(w, &p);
    }
    et_picks_free(&p);
    return ok;
}
