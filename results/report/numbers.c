/* How a report writes numbers, with their units and intervals. Knows nothing of
 * what they measure. */
#include "config.h"
#include "results/report/parts.h"

#include <stdio.h>
#include <string.h>

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
