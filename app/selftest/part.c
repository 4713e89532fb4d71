/* The list of parts, their findings, and the ranks they run on. */
#include "config.h"
#include "app/selftest/part.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "harness/base/log.h"
#include "harness/run/stop.h"
#include "harness/team/threads.h"
#include "lists.h"

#define DECLARE(name) extern const struct et_selftest_part et_selftest_##name;
ET_LIST_SELFTEST(DECLARE)
#undef DECLARE

const struct et_selftest_part *et_selftest_part_at(size_t i)
{
#define ADDRESS(name) &et_selftest_##name,
    static const struct et_selftest_part *const parts[] = {
        ET_LIST_SELFTEST(ADDRESS) NULL};
#undef ADDRESS
    return i < sizeof parts / sizeof *parts ? parts[i] : NULL;
}

const struct et_selftest_part *et_selftest_part_of(const char *name)
{
    const struct et_selftest_part *p;
    size_t i = 0;
    while ((p = et_selftest_part_at(i)) && strcmp(p->name, name) != 0)
        i++;
    return p;
}

void et_selftest_find(struct et_selftest_outcome *out, enum et_status verdict,
                      const char *format, ...)
{
    enum et_status worse = et_status_worse(out->verdict, verdict);
    if (worse == out->verdict)
        return;
    va_list args;
    out->verdict = worse;
    va_start(args, format);
    vsnprintf(out->why, sizeof out->why, format, args);
    va_end(args);
}

void et_selftest_progress(const struct et_selftest *t, double began,
                          double done, double all)
{
    char line[160], eta[ET_TEXT_NUMBER] = "";
    double spent = et_clock_now(t->clock) - began;
    if (t->world->rank != 0)
        return;
    if (done > 0)
        et_print_seconds(eta, round(spent / done * (all - done)));
    snprintf(line, sizeof line, "%s  %.0f %%%s%s", t->stage,
             100 * done / (all > 0 ? all : 1), *eta ? "  about " : "", eta);
    et_log_progress(line);
}

static bool is_launched(const struct et_selftest *t)
{
    return strcmp(t->world->ops->name, "self") != 0;
}

const char *et_selftest_why_not(const struct et_selftest *t, int ranks)
{
    if (is_launched(t) && t->world->size < ranks)
        return "the launcher started fewer ranks than this needs: start four, "
               "or start etalon without a launcher, and it uses threads";
    return NULL;
}

void et_selftest_describe(const struct et_selftest *t, int ranks, char *text,
                          size_t n)
{
    if (is_launched(t))
        snprintf(text, n, "%d ranks of %s", ranks, t->world->ops->name);
    else
        snprintf(text, n, "%d threads of this process as ranks", ranks);
}

enum et_status
et_selftest_on(const struct et_selftest *t, int ranks,
               enum et_status (*fn)(struct et_team *team, void *arg), void *arg)
{
    struct et_team *team = NULL;
    double stop = et_stop_wanted();
    enum et_status s = et_team_reduce(t->world, ET_MAX, &stop, 1);
    if (s != ET_OK)
        return s;
    if (stop > 0)
        return t->world->rank == 0 ? et_error(ET_UNSURE, "interrupted")
                                   : ET_UNSURE;
    if (!is_launched(t) && ranks > 1)
        return et_team_threads_run(ranks, 0, fn, arg);
    s = et_team_first(t->world, ranks, &team);
    if (s == ET_OK && team)
        s = fn(team, arg);
    et_team_close(team);
    enum et_status rested = et_team_rest(t->world);
    s = et_status_worse(s, rested);
    return et_status_worse(s, et_team_agree(t->world, s));
}
