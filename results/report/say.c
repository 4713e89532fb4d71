/* How a report writes figures, and the .dat blocks of its figures. Knows
 * numbers and units; never what they measure. */
#include "config.h"
#include "results/report/parts.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/memory.h"

/* Decimals that leave four figures. */
static int decimals(double v)
{
    double a = fabs(v);
    if (a >= 1000 || a == 0)
        return 0;
    if (a >= 100)
        return 1;
    if (a >= 10)
        return 2;
    return a >= 1 ? 3 : 4;
}

struct et_said et_say_real(double v)
{
    struct et_said out;
    double a = fabs(v);
    if (!isfinite(v))
        snprintf(out.s, sizeof out.s, "-");
    else if (a != 0 && (a < 0.01 || a >= 1e9))
        snprintf(out.s, sizeof out.s, "%.3e", v);
    else
        snprintf(out.s, sizeof out.s, "%.*f", decimals(v), v);
    return out;
}

struct et_said et_say_percent(double v)
{
    struct et_said out;
    double a = fabs(v * 100);
    if (!isfinite(v))
        snprintf(out.s, sizeof out.s, "-");
    else
        snprintf(out.s, sizeof out.s, "%.*f %%", a < 10 && a > 0 ? 1 : 0,
                 v * 100);
    return out;
}

struct et_said et_say_seconds(double v)
{
    struct et_said out;
    char buf[ET_TEXT_NUMBER];
    snprintf(out.s, sizeof out.s, "%s", et_print_seconds(buf, v));
    return out;
}

struct et_said et_say_size(double bytes)
{
    static const char *const units[] = {"B",   "KiB", "MiB", "GiB",
                                        "TiB", "PiB", "EiB"};
    struct et_said out;
    char buf[ET_TEXT_NUMBER];
    int u = 0;
    double v = bytes;
    if (!(bytes >= 0 && bytes < 9e18)) {
        snprintf(out.s, sizeof out.s, "-");
        return out;
    }
    for (; v >= 1024 && u < 6; u++)
        v /= 1024;
    if (fmod(v, 1) != 0 && u > 0) /* no whole number of any unit */
        snprintf(out.s, sizeof out.s, "%.4g %s", v, units[u]);
    else
        snprintf(out.s, sizeof out.s, "%s",
                 et_print_bytes(buf, (int64_t)bytes));
    return out;
}

struct et_said et_say_interval(double like, double low, double high)
{
    struct et_said out;
    double a = fabs(like);
    if (!isfinite(low) || !isfinite(high))
        snprintf(out.s, sizeof out.s, "none");
    else if (a != 0 && (a < 0.01 || a >= 1e9))
        snprintf(out.s, sizeof out.s, "[%.3e, %.3e]", low, high);
    else
        snprintf(out.s, sizeof out.s, "[%.*f, %.*f]", decimals(like), low,
                 decimals(like), high);
    return out;
}

struct et_said et_say_share(double v, double low, double high)
{
    struct et_said out;
    int places = fabs(v) < 0.01 ? 2 : fabs(v) < 0.1 ? 1 : 0;
    if (isnan(v))
        snprintf(out.s, sizeof out.s, "-");
    else if (!isfinite(low) || !isfinite(high))
        snprintf(out.s, sizeof out.s, "%.*f %%", places, 100 * v);
    else
        snprintf(out.s, sizeof out.s, "%.*f %% [%.*f, %.*f]", places, 100 * v,
                 places, 100 * low, places, 100 * high);
    return out;
}

struct et_said et_say_time_interval(double low, double high)
{
    struct et_said out;
    char a[ET_TEXT_NUMBER], b[ET_TEXT_NUMBER];
    if (!isfinite(low) || !isfinite(high))
        snprintf(out.s, sizeof out.s, "none");
    else
        snprintf(out.s, sizeof out.s, "[%s, %s]", et_print_seconds(a, low),
                 et_print_seconds(b, high));
    return out;
}

struct et_said et_say_team(const struct et_record *r)
{
    struct et_said out;
    snprintf(out.s, sizeof out.s, "%lld x %lld",
             (long long)r->result.team.ranks,
             (long long)r->result.team.threads);
    return out;
}

struct et_said et_say_count(size_t n, const char *one, const char *many)
{
    struct et_said out;
    snprintf(out.s, sizeof out.s, "%zu %s", n, n == 1 ? one : many);
    return out;
}

struct et_said et_say_doubts(const struct et_run *run,
                             const struct et_record *r)
{
    struct et_said out;
    const struct et_result *s = &r->result;
    const char *words[] = {run->info.clock_fake ? "fake clock" : NULL,
                           et_record_checked(r) ? NULL : "not checked",
                           s->verification.odd.n ? "odd outputs" : NULL,
                           r->roofline.suspect ? "suspect" : NULL,
                           s->time.converged ? NULL : "not converged",
                           s->time.drifts ? "drifts" : NULL,
                           s->team.oversubscribed ? "oversubscribed" : NULL};
    out.s[0] = 0;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        size_t n = strlen(out.s);
        if (words[i])
            snprintf(out.s + n, sizeof out.s - n, "%s%s", n ? ", " : "",
                     words[i]);
    }
    return out;
}

void et_say_case(const struct et_record *r, const struct et_strings *varying,
                 struct et_text *out)
{
    const char *dtype = et_record_dtype(r);
    et_text_add(out, "%s%s%s %s ", r->result.bench, *dtype ? " " : "", dtype,
                r->result.backend);
    et_shape_say(r, varying, true, out);
}

bool et_same_but_numbers(const char *a, const char *b)
{
    const char *digits = "0123456789";
    while (*a && *b) {
        size_t n = strspn(a, digits), m = strspn(b, digits);
        if (!n != !m || (!n && *a != *b))
            return false;
        a += n ? n : 1;
        b += n ? m : 1;
    }
    return !*a && !*b;
}

/* Take the last column away if none of its cells says anything. */
static void drop_empty(struct et_block *b)
{
    size_t n = b->columns.n, to = 0;
    for (size_t i = n - 1; i < b->cells.n; i += n) {
        if (*b->cells.v[i])
            return;
    }
    if (n < 2 || b->cells.n % n)
        return;
    for (size_t i = 0; i < b->cells.n; i++) {
        if (i % n == n - 1)
            free(b->cells.v[i]);
        else
            b->cells.v[to++] = b->cells.v[i];
    }
    b->cells.n = to;
    free(b->columns.v[--b->columns.n]);
}

void et_report_close(struct et_block *b, size_t shown, size_t all)
{
    if (b && !b->failed)
        drop_empty(b);
    if (shown < all)
        et_block_note(b,
                      "The first %zu of %zu rows; all of them are in the CSV "
                      "report.",
                      shown, all);
}

struct et_said et_report_stem(const char *a, const char *b, const char *c)
{
    struct et_said out;
    const char *words[] = {a, b, c};
    size_t n = 0;
    for (size_t i = 0; i < 3; i++) {
        if (n && words[i] && *words[i] && n < 60 && out.s[n - 1] != '-')
            out.s[n++] = '-';
        for (const char *p = words[i]; p && *p && n < 60; p++) {
            if (isalnum((unsigned char)*p) && (unsigned char)*p < 0x80)
                out.s[n++] = (char)tolower((unsigned char)*p);
            else if (n && out.s[n - 1] != '-')
                out.s[n++] = '-';
        }
    }
    while (n && out.s[n - 1] == '-')
        n--;
    out.s[n] = 0;
    return out;
}

/* No quote and no backslash, so that gnuplot reads it back as one text. */
void et_data_text(struct et_text *t, const char *s)
{
    char *copy = et_strdup(s);
    if (!copy) {
        t->failed = true;
        return;
    }
    et_doc_clean(copy);
    for (char *p = copy; *p; p++) {
        if (strchr("\"\\`", *p))
            *p = '\'';
    }
    et_text_add(t, "\"%s\"", copy);
    free(copy);
}

void et_data_real(struct et_text *t, double v)
{
    if (isfinite(v))
        et_text_add(t, " %.10g", v);
    else
        et_text_add(t, " NaN");
}

void et_data_next(struct et_text *t)
{
    if (t->n)
        et_text_add(t, "\n\n");
}

bool et_figure_words(struct et_block *b, const char *x, const char *y,
                     const char *caption)
{
    if (!b)
        return false;
    struct et_figure *f = &b->figure;
    f->xlabel = et_strdup(x);
    f->ylabel = et_strdup(y);
    f->caption = et_strdup(caption);
    b->failed |= !f->xlabel || !f->ylabel || !f->caption;
    return !b->failed;
}
