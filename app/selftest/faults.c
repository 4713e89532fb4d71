/* faults: wrong data planted in what a kernel left, and whether the bench's
 * check of the timed data finds it. Knows benches by their hooks alone.
 */
#include "config.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "app/selftest/part.h"
#include "harness/base/log.h"
#include "harness/base/random.h"

enum { KINDS = ET_FAULT_SWAP + 1, REGIONS = 4, LAYOUTS = 7 };
static const char *const kind_names[KINDS] = {
    "bit flipped", "rank's part wrong", "stale part", "swapped parts"};

/* Parts of a number, by the bits that it has. */
static const struct layout {
    const char *type;
    int bits, fraction, exponent; /* bits; the rest is the sign */
} layouts[LAYOUTS] = {{"fp64", 64, 52, 11}, {"fp32", 32, 23, 8},
                      {"bf16", 16, 7, 8},   {"fp16", 16, 10, 5},
                      {"int32", 32, 31, 0}, {"int64", 64, 63, 0},
                      {"byte", 8, 8, 0}};
static const char *const region_names[REGIONS] = {
    "fraction, lower half", "fraction, upper half", "exponent", "sign"};
static const char *const whole_names[REGIONS] = {"lower half", "upper half", "",
                                                 "sign"};

struct tally {
    uint64_t planted;
    uint64_t above, caught;       /* further off than what is always found */
    uint64_t below, below_caught; /* less far */
};

/* One case with one backend under attack; counts on rank 0. */
struct attack {
    const struct et_selftest *t;
    const struct et_selftest_case *k;
    const char *backend;
    uint64_t stream, drawn;
    size_t places; /* where each bit is turned over, a part damaged 4 times */
    double certain;
    struct tally kinds[KINDS], regions[REGIONS];
    uint64_t alarms, clean; /* checks of data that nothing was done to */
    struct et_selftest_outcome *out;
};

static const struct layout *layout_of(const struct et_selftest_case *k)
{
    size_t i = 0;
    while (k->type && i < LAYOUTS && strcmp(layouts[i].type, k->type) != 0)
        i++;
    return k->type && i < LAYOUTS ? &layouts[i] : NULL;
}

static int region_of(const struct layout *l, int bit)
{
    if (bit < l->fraction)
        return bit < l->fraction / 2 ? 0 : 1;
    return bit < l->fraction + l->exponent ? 2 : 3;
}

static void count(struct tally *y, bool above, bool caught)
{
    y->planted++;
    y->above += above;
    y->below += !above;
    y->caught += above && caught;
    y->below_caught += !above && caught;
}

static void add(struct tally *to, const struct tally *y)
{
    to->planted += y->planted;
    to->above += y->above;
    to->caught += y->caught;
    to->below += y->below;
    to->below_caught += y->below_caught;
}

/* Data that nothing was done to, or nothing that changed it. */
static void judge_clean(struct attack *a, const struct et_verification *v)
{
    a->clean++;
    if (v->status == ET_CHECK_PASSED)
        return;
    a->alarms++;
    et_selftest_find(
        a->out, ET_WRONG, "false alarm: %s %s, %s: error %.3g, bound %.3g: %s",
        a->k->bench, a->backend, a->k->params, v->error, v->bound, v->note);
}

static void judge_fault(struct attack *a, const struct et_fault *f, double size,
                        const struct et_verification *v)
{
    bool above = size > a->certain, caught = v->status == ET_CHECK_FAILED;
    count(&a->kinds[f->kind], above, caught);
    if (f->kind == ET_FAULT_FLIP)
        count(&a->regions[region_of(layout_of(a->k), f->bit)], above, caught);
    if (above && !caught)
        et_selftest_find(a->out, ET_WRONG,
                         "missed: %s %s, %s: %s, off by %.3g where more than "
                         "%.3g is always found (kind %d, at %llu, bit %d)",
                         a->k->bench, a->backend, a->k->params,
                         kind_names[f->kind], size, a->certain, (int)f->kind,
                         (unsigned long long)f->at, f->bit);
}

static enum et_status plant(struct attack *a, struct et_subject *s,
                            enum et_fault_kind kind, int bit)
{
    struct et_team *team = s->team;
    struct et_verification v;
    struct et_fault f = {kind, et_random_u64(a->stream, 2 * a->drawn), bit};
    int victim = (int)(et_random_u64(a->stream, 2 * a->drawn + 1) %
                       (uint64_t)team->size);
    bool mine = team->rank == victim;
    double size = 0;
    a->drawn++;
    /* Two iterations, so that there is one before the last. */
    enum et_status status = et_subject_run(s, 2);
    enum et_status planted = ET_OK;
    if (status == ET_OK && mine)
        planted = s->c.bench->damage(s->state, &f, &size);
    if (status == ET_OK)
        status = et_team_agree(team, planted);
    if (status == ET_OK)
        status = et_team_broadcast(team, victim, &size, sizeof size);
    if (status == ET_OK)
        status = et_subject_verify(s, &v);
    if (status != ET_OK || team->rank != 0)
        return status;
    if (size > 0)
        judge_fault(a, &f, size, &v);
    else
        judge_clean(a, &v);
    return ET_OK;
}

static enum et_status clean(struct attack *a, struct et_subject *s)
{
    struct et_verification v;
    enum et_status status = et_subject_run(s, 2);
    if (status == ET_OK)
        status = et_subject_verify(s, &v);
    if (status == ET_OK && s->team->rank == 0) {
        a->certain = v.certain;
        judge_clean(a, &v);
    }
    return status;
}

static enum et_status body(struct et_team *team, void *arg)
{
    /* Ranks of one process share `arg`: each counts in its own, and rank 0's
     * is the one that is kept. */
    struct attack *all = arg, mine = *all;
    struct et_subject s = {0};
    enum et_status status =
        et_subject_open(mine.t, mine.k, mine.backend, mine.t->seed, team, &s);
    if (status == ET_OK)
        status = clean(&mine, &s);
    int bits = layout_of(mine.k) ? layout_of(mine.k)->bits : 0;
    for (int bit = 0; status == ET_OK && bit < bits; bit++)
        for (size_t i = 0; status == ET_OK && i < mine.places; i++)
            status = plant(&mine, &s, ET_FAULT_FLIP, bit);
    for (int kind = ET_FAULT_RANK; status == ET_OK && kind < KINDS; kind++)
        for (size_t i = 0; status == ET_OK && i < 4 * mine.places; i++)
            status = plant(&mine, &s, (enum et_fault_kind)kind, 0);
    /* The faults before it have left no trace. */
    if (status == ET_OK)
        status = clean(&mine, &s);
    et_subject_close(&s);
    if (team->rank == 0)
        *all = mine;
    return status;
}

/* Of all cases, on rank 0. */
struct sums {
    struct et_block *table;
    struct tally regions[LAYOUTS][REGIONS], all;
    uint64_t alarms, clean;
};

static void put_tally(struct et_block *b, const struct tally *y)
{
    const uint64_t v[] = {y->planted,           y->above, y->caught,
                          y->above - y->caught, y->below, y->below_caught};
    for (size_t i = 0; i < sizeof v / sizeof *v; i++)
        et_block_cell(b, "%llu", (unsigned long long)v[i]);
}

#define TALLY_HEADS                                                            \
    "planted", "above bound", "caught", "missed", "below bound", "caught", NULL

/* All cases of a bench with one backend: a row for each kind of fault. */
static enum et_status one_backend(const struct et_selftest *t,
                                  const struct et_bench *b, size_t which,
                                  struct sums *sums,
                                  struct et_selftest_outcome *out)
{
    const char *backend = et_backend_at(b->backends, which)->name;
    struct tally kinds[KINDS] = {{0}};
    for (size_t i = 0; t->cases[i].bench; i++) {
        const struct et_selftest_case *k = &t->cases[i];
        if (strcmp(k->bench, b->name) != 0 ||
            et_selftest_case_why_not(t, k, backend))
            continue;
        struct attack a = {.t = t,
                           .k = k,
                           .backend = backend,
                           .stream =
                               et_random_stream(et_random_stream(t->seed, 0xfa),
                                                i * 1000 + which),
                           .places = t->quick ? (size_t)(k->weight + 3) / 4
                                              : (size_t)(8 * k->weight),
                           .out = out};
        enum et_status s = et_selftest_on(t, k->ranks, body, &a);
        if (s == ET_UNSURE)
            return s;
        if (s != ET_OK)
            et_selftest_find(out, ET_UNSURE, "%s %s, %s: could not be run: %s",
                             b->name, backend, k->params, et_log_last_error());
        const struct layout *l = layout_of(k);
        for (int kind = 0; kind < KINDS; kind++)
            add(&kinds[kind], &a.kinds[kind]);
        for (int r = 0; l && r < REGIONS; r++)
            add(&sums->regions[l - layouts][r], &a.regions[r]);
        sums->alarms += a.alarms;
        sums->clean += a.clean;
    }
    for (int kind = 0; kind < KINDS; kind++) {
        if (kinds[kind].planted == 0)
            continue;
        et_block_cell(sums->table, "%s", b->name);
        et_block_cell(sums->table, "%s", backend);
        et_block_cell(sums->table, "%s", kind_names[kind]);
        put_tally(sums->table, &kinds[kind]);
        add(&sums->all, &kinds[kind]);
    }
    return ET_OK;
}

/* Why no case of a bench can be tried with a backend; NULL where one can, or
 * where it has none. */
static const char *why_none(const struct et_selftest *t,
                            const struct et_bench *b, const char *backend)
{
    const char *first = NULL;
    for (size_t i = 0; t->cases[i].bench; i++) {
        if (strcmp(t->cases[i].bench, b->name) != 0)
            continue;
        const char *why = et_selftest_case_why_not(t, &t->cases[i], backend);
        if (!why)
            return NULL;
        first = first ? first : why;
    }
    return first;
}

static bool has_case(const struct et_selftest *t, const struct et_bench *b)
{
    for (size_t i = 0; t->cases[i].bench; i++) {
        if (strcmp(t->cases[i].bench, b->name) == 0)
            return true;
    }
    return false;
}

static void say_left_out(const struct et_selftest *t, struct et_doc *doc,
                         struct et_selftest_outcome *out)
{
    struct et_text said = {0};
    for (size_t i = 0; i < t->benches->n; i++) {
        const struct et_bench *b = t->benches->v[i];
        const struct et_backend *k;
        const char *last = NULL;
        bool any = false;
        for (size_t j = 0; b->damage && (k = et_backend_at(b->backends, j));
             j++) {
            const char *backend = k->name;
            const char *why = why_none(t, b, backend);
            if (why)
                et_text_add(&said, "%s%s %s: %s", said.n ? "; " : "", b->name,
                            backend, why);
            last = why;
            any = any || !why;
        }
        if (last && !any && has_case(t, b))
            et_selftest_find(out, ET_UNSURE, "%s was not tested: %s", b->name,
                             last);
    }
    if (said.n)
        et_doc_paragraph(doc, "Not tested, because not available here: %s.",
                         et_text_str(&said));
    et_text_free(&said);
}

static void put_regions(struct et_doc *doc, const struct sums *sums)
{
    static const char *const heads[] = {"type", "bit in the", TALLY_HEADS};
    struct et_block *table = et_doc_table(doc, "llrrrrrr", heads);
    for (size_t l = 0; l < LAYOUTS; l++) {
        for (int r = 0; r < REGIONS; r++) {
            if (sums->regions[l][r].planted == 0)
                continue;
            et_block_cell(table, "%s", layouts[l].type);
            et_block_cell(table, "%s",
                          layouts[l].exponent ? region_names[r]
                                              : whole_names[r]);
            put_tally(table, &sums->regions[l][r]);
        }
    }
    et_block_note(table, "Every bit that was flipped, for all benches and "
                         "backends together: each bit of a number is tried.");
}

static enum et_status run(const struct et_selftest *t, struct et_doc *doc,
                          struct et_selftest_outcome *out)
{
    static const char *const heads[] = {"bench", "backend", "fault",
                                        TALLY_HEADS};
    struct et_block *table = et_doc_table(doc, "lllrrrrrr", heads);
    struct sums sums = {.table = table};
    double began = et_clock_now(t->clock);
    enum et_status s = ET_OK;
    size_t done = 0, all = 0;
    for (size_t i = 0; i < t->benches->n; i++)
        for (size_t j = 0; et_backend_at(t->benches->v[i]->backends, j); j++)
            all++;
    for (size_t i = 0; s == ET_OK && i < t->benches->n; i++) {
        const struct et_bench *b = t->benches->v[i];
        for (size_t j = 0;
             s == ET_OK && b->damage && et_backend_at(b->backends, j); j++) {
            et_selftest_progress(t, began, (double)done++, (double)all);
            s = one_backend(t, b, j, &sums, out);
        }
        if (b->damage && !has_case(t, b))
            et_selftest_find(out, ET_UNSURE, "%s has no small case to damage",
                             b->name);
    }
    et_block_note(
        sums.table,
        "Above the bound: the error is larger than the check claims to "
        "find always. Below it a fault is as small as rounding and "
        "may pass. A fault that an output cannot have has no row.");
    put_regions(doc, &sums);
    say_left_out(t, doc, out);
    if (sums.all.above == 0)
        et_selftest_find(out, ET_UNSURE, "no fault could be planted");
    snprintf(out->tried, sizeof out->tried,
             "%llu faults planted, %llu above the bound",
             (unsigned long long)sums.all.planted,
             (unsigned long long)sums.all.above);
    snprintf(out->found, sizeof out->found,
             "%llu caught, %llu missed; %llu of %llu below it caught; %llu of "
             "%llu clean checks failed",
             (unsigned long long)sums.all.caught,
             (unsigned long long)(sums.all.above - sums.all.caught),
             (unsigned long long)sums.all.below_caught,
             (unsigned long long)sums.all.below,
             (unsigned long long)sums.alarms, (unsigned long long)sums.clean);
    return s;
}

const struct et_selftest_part et_selftest_faults = {
    ET_SELFTEST_PART("faults", "Faults planted in the data"),
    .done = "Small problems of every bench and backend here are run, their "
            "output is damaged, and the check that guards timed data looks "
            "at it. The damage: every bit of a number flipped at random "
            "places, a block of the iteration before, two blocks swapped, a "
            "rank's part missing or added twice.",
    .failure = "a missed fault that is larger than the check's own bound, or "
               "an undamaged output that is called wrong.",
};
