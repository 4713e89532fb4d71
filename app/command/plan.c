/* etalon plan: what a plan would run, what it needs and how long it may take;
 * measures nothing.
 */
#include "config.h"

#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/command.h"
#include "app/libraries.h"
#include "harness/base/log.h"
#include "harness/base/memory.h"
#include "harness/config/catalog.h"
#include "harness/config/ini.h"
#include "harness/config/plan.h"
#include "harness/run/bound.h"
#include "harness/run/placement.h"
#include "harness/system/cgroup.h"
#include "harness/system/environment.h"
#include "results/reading/run.h"

static const struct et_manual manual = {
    .summary = "Show what a plan would run and what it needs, and run nothing",
    .help =
        "A plan is an INI file. [run] holds options of the run; every other "
        "section is a bench, with a label where a bench has several:\n\n"
        "  [gemm]\n"
        "  dtype = fp32, fp64\n"
        "  shapes = 2048^3, 4096x1024x512, llama3-8b/fwd\n"
        "  [allreduce small]\n"
        "  sizes = 8..64KiB*4\n"
        "  ranks = 1, 2, 4\n\n"
        "A section makes every combination of its keys' values. Keys of every "
        "section: backend (a name; fast: all that are available but the "
        "reference; all), ranks or nodes (numbers, powers, all), threads; "
        "and to fit shapes to the machine: tokens, microbatch, fit (bytes of "
        "a rank's operands: tokens are halved until they fit), flop_most. "
        "`etalon list options` has the others.",
    .examples = "  etalon plan\n"
                "  etalon plan --plan my.ini --ranks 64 --nodes 8\n",
};

struct options {
    struct et_options run; /* first: the plan's [run] keys land here */
    int64_t ranks, nodes;
};

static const struct et_field rows[] = {
    ET_ROW_AS("plan", options, run.plan, ET_STRING,
              "plan to look at; preset: the default plan", .metavar = "FILE"),
    ET_ROW_AS("set", options, run.set, ET_STRINGS,
              "change one key of the plan; may be given several times",
              .metavar = "SECTION.KEY=VALUE"),
    ET_ROW_AS("catalog", options, run.catalog, ET_STRING,
              "folder of shapes and plans; preset: as installed",
              .metavar = "DIR"),
    ET_ROW(options, ranks, ET_INT, "ranks that the run would have",
           .preset = "1", .min = 1, .max = 1e7),
    ET_ROW(options, nodes, ET_INT,
           "nodes that these ranks would be spread over, evenly", .preset = "1",
           .min = 1, .max = 1e6),
    {0}};

/* Of the nominal peak of fp64: what a thread reaches at least; and where that
 * is not known, FLOP/s. */
#define SHARE 0.25
#define GUESS_FLOPS 5e9

static void print_case(const struct et_case *c, const struct et_need *need,
                       double seconds)
{
    char *id = et_strdup(c->id); /* anybody may have written its label */
    if (id)
        et_text_clean(id);
    char memory[ET_TEXT_NUMBER], disk[ET_TEXT_NUMBER], t[ET_TEXT_NUMBER];
    printf("%10s %10s %10s  %s\n", et_print_si(memory, need->memory, "B"),
           need->disk > 0 ? et_print_si(disk, need->disk, "B") : "-",
           et_print_seconds(t, seconds), id ? id : "");
    free(id);
}

static enum et_status print_cases(const struct et_cases *cases,
                                  const struct et_options *o, double flops,
                                  int64_t ranks_per_node)
{
    double total = 0, memory = 0, disk = 0;
    char a[ET_TEXT_NUMBER], b[ET_TEXT_NUMBER], t[ET_TEXT_NUMBER];
    char f[ET_TEXT_NUMBER], m[ET_TEXT_NUMBER], d[ET_TEXT_NUMBER];
    enum et_status status = ET_OK;
    double available = (double)et_memory_available();
    printf("%10s %10s %10s  %s\n", "memory", "disk", "at most", "case");
    for (size_t i = 0; i < cases->n; i++) {
        const struct et_case *c = &cases->v[i];
        struct et_need need = {0};
        c->bench->need(c->params, (int)c->ranks, (int)c->threads, &need);
        /* One that cannot be run is enough to be told of. */
        if (status == ET_OK)
            status = et_case_fits(c, available, ranks_per_node);
        double seconds = et_bound_case(c, o, flops);
        print_case(c, &need, seconds);
        total += seconds;
        memory = fmax(memory, need.memory * (double)(c->ranks < ranks_per_node
                                                         ? c->ranks
                                                         : ranks_per_node));
        disk = fmax(disk, need.disk);
    }
    printf("\n%zu cases, at most %s", cases->n, et_print_seconds(t, total));
    if (o->time_limit < total)
        printf(", which its time-limit ends after %s",
               et_print_seconds(t, o->time_limit));
    printf(
        "; %s of memory on a node and %s of disk at "
        "the peak.\nMemory is of one rank, disk of the team. The time is an "
        "upper bound, with all passes, preparation, checks and ceilings, on a "
        "quiet machine where a thread reaches %s, a node moves %s and its "
        "storage %s. Most cases converge earlier and take a fraction of it; "
        "`etalon run --time-limit` ends a run for certain.\n",
        et_print_si(a, memory, "B"), et_print_si(b, disk, "B"),
        et_print_si(f, flops, "FLOP/s"),
        et_print_si(m, ET_ASSUMED_BYTES, "B/s"),
        et_print_si(d, ET_ASSUMED_DISK, "B/s"));
    return status;
}

static enum et_status plan(void *options, const struct et_call *call)
{
    (void)call;
    struct options *o = options;
    struct et_options all;
    struct et_environment env;
    struct et_cases cases = {0};
    char buf[1024], path[1200];
    char *text = NULL;
    if (o->nodes > o->ranks)
        return et_error(ET_USAGE,
                        "--nodes: %lld nodes cannot hold %lld ranks "
                        "and be none empty",
                        (long long)o->nodes, (long long)o->ranks);
    int64_t *upto = et_alloc((size_t)o->nodes, sizeof *upto);
    if (!upto)
        return et_error(ET_INFRA, "no memory");
    for (int64_t i = 0; i < o->nodes; i++)
        upto[i] = o->ranks * (i + 1) / o->nodes;
    enum et_status s = et_libraries_try_alone();
    if (s == ET_OK)
        s = et_environment_read("", &env);
    if (s != ET_OK) {
        free(upto);
        return s;
    }
    /* Of the fullest node, as the run takes the least of all nodes. */
    int64_t most = (o->ranks + o->nodes - 1) / o->nodes;
    double quota = isnan(env.cpu_quota) ? INFINITY : env.cpu_quota;
    const struct et_allocation allocation = {
        .ranks = o->ranks,
        .nodes = o->nodes,
        .ranks_upto = upto,
        .threads = et_placement_preset(most, env.allowed_cores, quota),
    };
    s = et_fields_init(et_option_rows, &all, sizeof all);
    if (s != ET_OK)
        goto out;
    all.plan = et_strdup(o->run.plan);
    all.catalog = et_strdup(o->run.catalog);
    for (size_t i = 0; i < o->run.set.n; i++)
        et_strings_add(&all.set, o->run.set.v[i]);
    snprintf(path, sizeof path, "%s/plans/default.ini",
             et_catalog_dir(all.catalog, buf, sizeof buf));
    const char *name = all.plan ? all.plan : path;
    s = et_ini_slurp(name, &text);
    if (s == ET_OK)
        s = et_plan_expand(name, text, &et_benches, &all, NULL, &allocation,
                           &cases);
    if (s == ET_OK && all.peak)
        s = et_run_peak_check(all.peak, "[run]: peak");
    if (s == ET_OK)
        s = print_cases(&cases, &all,
                        isfinite(env.peak_fp64) ? SHARE * env.peak_fp64
                                                : GUESS_FLOPS,
                        most);
    et_cases_free(&cases);
    et_fields_free(et_option_rows, &all, sizeof all);
out:
    et_fields_free(et_environment_rows, &env, sizeof env);
    free(text);
    free(upto);
    return s;
}

const struct et_command et_command_plan =
    ET_COMMAND_TRIES(plan, "", options, rows);
