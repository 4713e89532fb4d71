/* What a record is called, and what is known of its bench. */
#include "config.h"
#include "results/reading/name.h"

#include <stdlib.h>
#include <string.h>

#include "harness/base/dtype.h"
#include "harness/base/memory.h"
#include "results/reading/group.h"

const struct et_run_bench *et_run_bench(const struct et_run *run,
                                        const struct et_record *r)
{
    const struct et_run_bench *v = run->info.benches.v;
    for (size_t i = 0; i < run->info.benches.n; i++) {
        if (v[i].name && strcmp(v[i].name, r->result.bench) == 0)
            return &v[i];
    }
    return NULL;
}

enum et_role et_run_role(const struct et_run *run, const struct et_record *r)
{
    const struct et_run_bench *b = et_run_bench(run, r);
    if (b) {
        int role = et_choice_index(ET_ROLE_CHOICES, b->role ? b->role : "none");
        return role < 0 ? ET_ROLE_NONE : (enum et_role)role;
    }
    if (et_record_metric(r, "algbw"))
        return ET_ROLE_COLLECTIVE;
    return et_record_medium(r) && !et_record_level(r) ? ET_ROLE_STORAGE
                                                      : ET_ROLE_NONE;
}

const char *et_run_work(const struct et_run *run, const struct et_record *r)
{
    switch (et_run_role(run, r)) {
    case ET_ROLE_COLLECTIVE:
        return "network";
    case ET_ROLE_STORAGE:
        return "storage";
    case ET_ROLE_COMPUTE_CEILING:
        return "compute";
    case ET_ROLE_MEMORY_CEILING:
        return "memory";
    case ET_ROLE_NONE:
        break;
    }
    return et_record_metric(r, "flops") ? "compute"
           : et_record_level(r)         ? "memory"
                                        : "other";
}

bool et_run_accuses(const struct et_run *run, const struct et_record *r)
{
    switch (et_run_role(run, r)) {
    case ET_ROLE_NONE:
    case ET_ROLE_COMPUTE_CEILING:
    case ET_ROLE_MEMORY_CEILING:
        return true;
    case ET_ROLE_COLLECTIVE:
    case ET_ROLE_STORAGE:
        return false;
    }
    return false;
}

const struct et_metric_value *et_run_merit(const struct et_run *run,
                                           const struct et_record *r)
{
    const struct et_run_bench *b = et_run_bench(run, r);
    const struct et_metric_value *m = NULL;
    if (!et_record_measured(r) || !r->metrics.n)
        return NULL;
    if (b && b->merit)
        m = et_record_metric(r, b->merit);
    m = m ? m : r->metrics.v;
    return m->name && m->unit ? m : NULL;
}

struct et_unit et_metric_unit(const struct et_record *r,
                              const struct et_metric_value *m)
{
    const struct et_metric *row = et_metric_find(m->name);
    struct et_unit u = {m->unit, row ? row->base : m->unit,
                        row ? row->scale : 1};
    if (strcmp(u.base, "FLOP/s") == 0 &&
        et_dtype_is_integer(et_dtype_find(et_record_dtype(r)))) {
        u.name = "GOP/s";
        u.base = "OP/s";
    }
    return u;
}

bool et_metric_is_time(const struct et_metric_value *m)
{
    const struct et_metric *row = et_metric_find(m->name);
    return strcmp(row ? row->base : m->unit, "s") == 0;
}

bool et_metric_is_higher(const struct et_metric_value *m)
{
    return m->better && strcmp(m->better, "higher") == 0;
}

const char *et_param(const struct et_record *r, const char *key)
{
    return et_pairs_get(&r->result.params, key);
}

const char *et_record_dtype(const struct et_record *r)
{
    const char *s = et_param(r, "dtype");
    return s ? s : "";
}

/* Keys seen so far with the first record's text; NULL once they differ. */
struct seen {
    const char *key, *text;
    size_t count;
};

/* Adds the keys of words, or of numbers, that vary among these. */
static bool vary(const struct et_run *run, const struct et_picks *among,
                 bool numbers, struct et_strings *keys)
{
    struct seen *seen = NULL;
    size_t n = 0;
    bool ok = true;
    for (size_t i = 0; ok && i < among->n; i++) {
        const struct et_pairs *p = &run->records[among->v[i]].result.params;
        for (size_t k = 0; ok && k < p->n; k++) {
            size_t at = 0;
            if (p->v[k].number != numbers)
                continue;
            while (at < n && strcmp(seen[at].key, p->v[k].key) != 0)
                at++;
            if (at == n) {
                struct seen *more = et_grow(seen, n + 1, sizeof *seen);
                ok = more != NULL;
                if (!ok)
                    break;
                seen = more;
                seen[n++] = (struct seen){p->v[k].key, p->v[k].text, 0};
            }
            seen[at].count++;
            if (seen[at].text && strcmp(seen[at].text, p->v[k].text) != 0)
                seen[at].text = NULL;
        }
    }
    for (size_t k = 0; ok && k < n; k++) {
        bool varies = !seen[k].text || seen[k].count < among->n;
        if (varies && !et_strings_has(keys, seen[k].key))
            ok = et_strings_add(keys, seen[k].key);
    }
    free(seen);
    return ok;
}

bool et_varying(const struct et_run *run, const struct et_picks *among,
                struct et_strings *keys)
{
    bool ok = true;
    for (int numbers = 0; ok && numbers < 2; numbers++) {
        struct et_groups g;
        ok = et_groups_make(&g, run, among,
                            ET_KEY_BENCH | (numbers ? ET_KEY_SHAPE : 0));
        for (size_t i = 0; ok && i < g.n; i++)
            ok = vary(run, &g.v[i], numbers, keys);
        et_groups_free(&g);
    }
    return ok;
}

/* Said elsewhere in every table: the dtype, the kind of scaling, the bytes. */
static const char *const said[] = {"dtype", "shape", "backend",
                                   "size",  "bytes", "count"};

bool et_param_is_said(const char *key)
{
    for (size_t i = 0; i < sizeof said / sizeof *said; i++) {
        if (strcmp(said[i], key) == 0)
            return true;
    }
    return false;
}

/* The form with each {parameter} replaced by its value; false, and nothing is
 * added, where the record lacks one. */
static bool fill_in(const char *form, const struct et_record *r,
                    struct et_text *out)
{
    size_t from = out->n;
    for (const char *p = form; p && *p; p++) {
        char key[64];
        size_t n = *p == '{' ? strcspn(p + 1, "}") : 0;
        if (*p != '{') {
            et_text_put(out, p, 1);
            continue;
        }
        snprintf(key, sizeof key, "%.*s", (int)n, p + 1);
        const char *value = p[n + 1] ? et_param(r, key) : NULL;
        if (!value) {
            out->n = from;
            return false;
        }
        et_text_add(out, "%s", value);
        p += n + 1;
    }
    return out->n > from;
}

static bool is_in(const char *form, const char *key)
{
    char braced[64];
    snprintf(braced, sizeof braced, "{%s}", key);
    return strstr(form, braced) != NULL;
}

/* A word speaks for itself, a number needs its key, and of a switch the key
 * says that it is on. */
static void say_pair(struct et_text *out, const char *before, const char *key,
                     const char *text)
{
    double number;
    bool yes;
    if (et_parse_real(text, &number))
        et_text_add(out, "%s%s=%s", before, key, text);
    else if (!et_parse_bool(text, &yes))
        et_text_add(out, "%s%s", before, text);
    else if (yes)
        et_text_add(out, "%s%s", before, key);
}

/* Those keys of the record that are neither said elsewhere nor in `form`; apart
 * from what was added after `from`. */
static void say_varying(const struct et_record *r,
                        const struct et_strings *varying, const char *form,
                        size_t from, struct et_text *out)
{
    for (size_t i = 0; i < varying->n; i++) {
        const char *key = varying->v[i], *text = et_param(r, key);
        if (text && *text && !et_param_is_said(key) && !is_in(form, key))
            say_pair(out, out->n > from ? " " : "", key, text);
    }
}

void et_backend_say(const struct et_record *r, const struct et_strings *varying,
                    struct et_text *out)
{
    size_t from = out->n;
    et_text_add(out, "%s", r->result.backend);
    say_varying(r, varying, "", from, out);
}

void et_shape_say(const struct et_run *run, const struct et_record *r,
                  const struct et_strings *varying, bool brief,
                  struct et_text *out)
{
    const struct et_run_bench *b = et_run_bench(run, r);
    const char *name = et_param(r, "shape");
    bool named = name && *name;
    size_t from = out->n;
    struct et_text sizes = {0};
    bool sized = b && fill_in(b->sizes, r, &sizes);
    if (named)
        et_text_add(out, "%s%s", name, sized && !brief ? ": " : "");
    if (sized && !(named && brief))
        et_text_add(out, "%s", et_text_str(&sizes));
    out->failed |= sizes.failed;
    et_text_free(&sizes);
    say_varying(r, varying, sized ? b->sizes : "", from, out);
    char buf[ET_TEXT_NUMBER];
    double bytes = r->result.work.bytes;
    if (out->n == from && bytes > 0 && bytes < 9e18)
        et_text_add(out, "%s", et_print_bytes(buf, (int64_t)bytes));
    if (out->n == from)
        et_text_add(out, "%s", r->result.label ? r->result.label : "-");
}

void et_bench_say(const struct et_record *r, struct et_text *out)
{
    const char *dtype = et_record_dtype(r);
    for (const char *p = r->result.bench; *p; p++)
        et_text_put(out, *p == '_' ? " " : p, 1);
    et_text_add(out, "%s%s", *dtype ? " " : "", dtype);
}

void et_kind_say(const struct et_record *r, struct et_text *out)
{
    const char *op = et_param(r, "op"), *medium = et_record_medium(r);
    bool from = et_pairs_get(&r->result.facts, "source") != NULL;
    et_bench_say(r, out);
    et_text_add(out, "%s%s", op ? " " : "", op ? op : "");
    if (medium)
        et_text_add(out, ", %s %s",
                    from                 ? "from"
                    : et_record_level(r) ? "in"
                                         : "to",
                    medium);
}

const char *et_record_medium(const struct et_record *r)
{
    const char *from = et_pairs_get(&r->result.facts, "source");
    const char *to = et_pairs_get(&r->result.facts, "target");
    return from ? from : to ? to : et_record_level(r);
}

const char *et_record_level(const struct et_record *r)
{
    return et_pairs_get(&r->result.facts, "fits_in");
}
