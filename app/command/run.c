/* etalon run: plan, team, machine, cases, store, report: the whole job. The
 * only command that talks to other ranks.
 */
#include "config.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "app/command.h"
#include "app/ending.h"
#include "app/evidence.h"
#include "app/identity.h"
#include "app/launches.h"
#include "app/libraries.h"
#include "app/nodes.h"
#include "app/resume.h"
#include "app/session.h"
#include "app/surroundings.h"
#include "harness/base/log.h"
#include "harness/base/memory.h"
#include "harness/config/catalog.h"
#include "harness/config/ini.h"
#include "harness/config/plan.h"
#include "harness/run/drive.h"
#include "harness/run/digest.h"
#include "harness/run/stop.h"
#include "harness/system/cgroup.h"
#include "harness/system/scratch.h"
#include "results/report/report.h"
#include "results/store/store.h"

static const struct et_manual manual = {
    .summary = "Measure this machine by a plan and leave a run directory",
    .help = "Runs every case of the plan and leaves records, report and plots "
            "in a run directory. Start it under mpirun or srun to measure "
            "with several ranks or nodes; teams of 1, 2, 4, ... ranks are "
            "formed inside the one allocation.\n\nEach finished case is safe "
            "on disk before the next begins. SIGINT or SIGTERM ends the run "
            "after the current sample, and --resume continues it. The options "
            "below are also keys of the plan's [run] section; the command "
            "line overrides the plan.",
    .examples =
        "  mpirun -np 2 etalon run\n"
        "  etalon run --plan my.ini --out night-1 --set gemm.dtype=fp32\n"
        "  etalon run --resume night-1\n"
        "  etalon run --again night-1\n",
};

struct session {
    struct et_options *o;
    struct et_team *world;
    struct et_environment environment;
    struct et_placement placement;
    struct et_clock clock;
    struct et_counters counters;
    struct et_energy energy;
    struct et_surroundings around;
    double memory; /* free on the node that has the least; INFINITY: unknown */
    /* Rank 0 alone. */
    struct et_cases cases;
    struct et_strings given;
    struct et_resume resumed; /* what a run that is carried on has already */
    char *plan_name, *plan_text;
    struct et_store *store;
    struct et_run_info info;
    struct et_guard *guard;
    struct et_ending ending; /* what the guard has to know, */
    char remedy[1200];       /* and says of a report that is cut short */
    char tag[ET_SCRATCH_OWNER + 32];
    char binary[ET_SHA256_HEX + 1]; /* on all; "": cannot be read */
};

/* Libraries choose their kernels by the processor, so outputs are compared
 * among processors of one kind only. */
static uint64_t processor_kind(const struct et_environment *e)
{
    struct et_text t = {0};
    et_text_add(&t, "%s|%s", e->cpu ? e->cpu : "", e->isa ? e->isa : "");
    uint64_t kind = et_digest(et_text_str(&t), t.n);
    et_text_free(&t);
    return kind;
}

/* Options named on the command line, so that the plan does not undo them. */
static enum et_status note_given(struct session *s,
                                 const struct et_strings *line)
{
    for (const struct et_field *row = et_option_rows; row->key; row++) {
        if (et_line_gives(line, row->key) &&
            !et_strings_add(&s->given, row->key))
            return et_error(ET_INFRA, "no memory");
    }
    return ET_OK;
}

static void set_log_level(const struct session *s)
{
    et_log_level_set(s->o->quiet ? ET_LOG_WARN : ET_LOG_NOTE);
}

static enum et_status read_plan(struct session *s)
{
    char buf[1024], path[1200];
    struct et_options *o = s->o;
    enum et_status status = et_resume_options(&s->resumed, o, &s->given);
    if (status != ET_OK)
        return status;
    if (o->resume) {
        snprintf(path, sizeof path, "%s/plan.ini", o->resume);
    } else if (o->plan) {
        snprintf(path, sizeof path, "%s", o->plan);
    } else {
        snprintf(path, sizeof path, "%s/plans/default.ini",
                 et_catalog_dir(o->catalog, buf, sizeof buf));
    }
    s->plan_name = et_strdup(path);
    return et_ini_slurp(path, &s->plan_text);
}

/* Rank 0: the plan to cases that this allocation can hold. */
static enum et_status expand(struct session *s)
{
    const struct et_allocation allocation = {
        .ranks = s->world->size,
        .nodes = s->world->nodes,
        .ranks_upto = s->placement.ranks_upto,
        .threads = s->placement.threads,
    };
    enum et_status status = read_plan(s);
    if (status == ET_OK)
        status = et_plan_expand(s->plan_name, s->plan_text, &et_benches, s->o,
                                &s->given, &allocation, &s->cases);
    if (status == ET_OK)
        status = et_resume_cases(&s->resumed, s->o->resume, &s->cases);
    if (status == ET_OK && s->o->peak)
        status = et_run_peak_check(s->o->peak, et_strings_has(&s->given, "peak")
                                                   ? "--peak"
                                                   : "[run]: peak");
    for (size_t i = 0; status == ET_OK && i < s->cases.n; i++)
        status =
            et_case_fits(&s->cases.v[i], s->memory, s->placement.ranks_upto[0]);
    return status;
}

/* What plan and resumed run changed, to every rank. */
static enum et_status share_options(struct session *s)
{
    struct et_text text = {0};
    enum et_status status = ET_OK;
    if (s->world->rank == 0)
        status = et_options_pack(s->o, &text);
    char *copy = et_strdup(et_text_str(&text));
    et_text_free(&text);
    if (status == ET_OK && !copy)
        status = et_no_memory();
    status = et_team_agree(s->world, status);
    if (status == ET_OK && s->world->rank != 0) {
        free(copy);
        copy = NULL;
    }
    if (status == ET_OK)
        status = et_team_broadcast_text(s->world, &copy);
    if (status == ET_OK && s->world->rank != 0)
        status = et_options_unpack(copy, s->o);
    free(copy);
    return et_team_agree(s->world, status);
}

static enum et_status name_directories(struct session *s)
{
    struct et_options *o = s->o;
    enum et_status status = et_launches_name(o);
    if (status != ET_OK)
        return status;
    const char *dir = o->resume ? o->resume : o->out;
    char owner[ET_SCRATCH_OWNER];
    et_scratch_owner("", owner);
    snprintf(s->tag, sizeof s->tag, "%s-%lld", owner, (long long)time(NULL));
    if (o->scratch && strcmp(o->scratch, dir) != 0)
        return et_scratch_check(o->scratch); /* before anything is made */
    if (!o->scratch)
        o->scratch = et_strdup(dir);
    return o->scratch ? ET_OK : et_error(ET_INFRA, "no memory");
}

static enum et_status begin_store(struct session *s)
{
    struct et_options *o = s->o;
    const char *dir = o->resume ? o->resume : o->out;
    enum et_store_start start = o->again    ? ET_STORE_AGAIN
                                : o->resume ? ET_STORE_RESUME
                                            : ET_STORE_NEW;
    enum et_status status = et_store_open(dir, start, &s->store);
    if (status != ET_OK)
        return status;
    status = et_scratch_check(o->scratch);
    if (status != ET_OK)
        return status;
    struct et_sink *sink = et_store_sink(s->store);
    status = sink->begin(sink, &s->info);
    if (status == ET_OK) {
        et_guard_hold(s->guard);
        s->ending.dir = dir;
        s->ending.store = s->store;
        et_guard_release(s->guard);
    }
    return status;
}

/* Also tells the guard where this run's own are, and the directory. */
static void sweep_scratch(struct session *s)
{
    const struct et_options *o = s->o;
    const char *dir = o->resume ? o->resume : o->out;
    bool own = strcmp(o->scratch, dir) == 0;
    if (!own || o->resume) /* a new directory has nothing to sweep */
        et_ending_sweep(o->scratch, s->world, own);
    et_guard_hold(s->guard);
    s->ending.dir = dir;
    s->ending.scratch = o->scratch;
    et_guard_release(s->guard);
}

static enum et_status describe(struct session *s, const struct et_strings *line)
{
    struct et_run_info *info = &s->info;
    char date[32], id[ET_RUN_ID + 1], plan[ET_SHA256_HEX + 1];
    enum et_status status = et_identity_draw(id);
    if (status != ET_OK)
        return status;
    info->id = et_strdup(id);
    if (et_sha256_bytes(s->plan_text, strlen(s->plan_text), plan))
        info->plan_digest = et_strdup(plan);
    info->binary_digest = *s->binary ? et_strdup(s->binary) : NULL;
    for (size_t i = 0; i < line->n; i++) {
        if (!et_strings_add(&info->command, line->v[i]))
            return et_error(ET_INFRA, "no memory");
        et_text_redact(info->command.v[i]);
    }
    info->ranks = s->world->size;
    info->nodes = s->world->nodes;
    info->transport = et_strdup(s->world->ops->name);
    info->clock = et_strdup(s->clock.name);
    info->clock_fake = s->clock.fake;
    info->clock_resolution = s->clock.resolution;
    info->clock_overhead = s->clock.overhead;
    info->busy = et_strdup(s->around.words);
    info->cases = (int64_t)s->cases.n;
    info->started = et_strdup(et_clock_date(&s->clock, date));
    info->plan_file = et_strdup(s->plan_name);
    info->plan_text = et_strdup(s->plan_text);
    if (!et_pairs_from_fields(&info->config, et_option_rows, s->o))
        return et_error(ET_INFRA, "no memory");
    et_fields_free(et_environment_rows, &info->environment,
                   sizeof info->environment);
    status = et_fields_copy(et_environment_rows, &info->environment,
                            &s->environment, sizeof s->environment);
    if (status == ET_OK)
        status = et_run_info_benches(info, &et_benches);
    if (status == ET_OK)
        status = et_nodes_place(&s->placement, &s->cases, &s->info.placement);
    if (status == ET_OK)
        status = et_describe_build(info);
    if (status == ET_OK)
        status = et_describe_cautions(&s->cases, info);
    return status;
}

/* Everything up to the first case; agreed on by all ranks at each step that
 * only rank 0 takes, so that none is left waiting. */
static enum et_status set_up(struct session *s, const struct et_strings *line)
{
    struct et_team *world = s->world;
    bool root = world->rank == 0;
    enum et_status status = et_identity_agree(world, s->binary);
    if (status != ET_OK)
        return status;
    status = et_fields_init(et_run_info_rows, &s->info, sizeof s->info);
    if (status == ET_OK)
        status = et_environment_read("", &s->environment);
    if (et_team_agree(world, status) != ET_OK)
        return ET_INFRA;
    uint64_t memory = et_memory_available();
    s->memory = memory ? (double)memory : INFINITY;
    status = et_team_reduce(world, ET_MIN, &s->memory, 1);
    if (status == ET_OK)
        status = et_placement_gather(world, &s->environment, &s->placement);
    if (status == ET_OK)
        status = et_team_agree(
            world, et_nodes_find_kinds(world, &s->environment, &s->info));
    if (status != ET_OK)
        return status;
    if (root) {
        status = note_given(s, line);
        status = status == ET_OK ? expand(s) : status;
        set_log_level(s); /* the plan may want quiet */
        status = status == ET_OK ? name_directories(s) : status;
    }
    status = et_team_agree(world, status);
    if (status == ET_OK)
        status = share_options(s);
    if (status == ET_OK)
        status = et_team_broadcast(world, 0, s->tag, sizeof s->tag);
    if (status != ET_OK)
        return status;
    status = et_clock_open(s->o->clock, &s->clock);
    if (status == ET_OK)
        status = et_counters_open(s->o->counters, &s->counters);
    et_energy_open("", &s->energy);
    if (root)
        et_guard_limit(s->guard, s->o->time_limit);
    status = et_team_agree(world, status);
    if (status == ET_OK)
        status = et_team_agree(
            world, et_surroundings_look(world, &s->clock, &s->environment,
                                        &s->placement, s->o->require_quiet,
                                        &s->around));
    if (status == ET_OK && root)
        status = describe(s, line);
    if (status == ET_OK && root)
        status = begin_store(s);
    status = et_team_agree(world, status);
    if (status == ET_OK)
        sweep_scratch(s);
    return status;
}

static void warn_oversubscribed(const struct session *s)
{
    int64_t cores;
    bool oversubscribed;
    et_placement_cores(&s->placement, s->world->size, s->placement.threads,
                       &cores, &oversubscribed);
    if (oversubscribed)
        et_warn(
            "OVERSUBSCRIBED: more busy threads than cores; they take turns, "
            "and figures will be unsteady. Start fewer ranks, or bind them");
}

static void warn_cautions(const struct session *s)
{
    for (size_t i = 0; i < s->info.cautions.n; i++)
        et_warn("%s", s->info.cautions.v[i]);
}

/* Said before the first case: of a run that is stopped later, Open MPI 5's
 * launcher passes no more words on. */
static void say_how_to_resume(const struct session *s)
{
    const char *dir = s->o->resume ? s->o->resume : s->o->out;
    et_note("%zu cases, kept in %s; if the run is stopped, `etalon run "
            "--resume %s` continues it",
            s->cases.n, dir, dir);
}

static enum et_status finish(struct session *s,
                             const struct et_drive_outcome *o,
                             enum et_status status)
{
    const char *dir = s->o->resume ? s->o->resume : s->o->out;
    bool broken = o->broken;
    enum et_status ended = et_ending_end(&s->ending, s->guard, o);
    s->store = s->ending.store;
    set_log_level(s);
    /* Before the report: a launcher that passed the signal on soon kills. */
    if (o->signal)
        et_warn("interrupted; `etalon run --resume %s` continues it", dir);
    else if (broken)
        et_note("interrupted; `etalon run --resume %s` continues it", dir);
    /* A report that is cut short is no loss of what was measured. */
    snprintf(s->remedy, sizeof s->remedy,
             "; `etalon report --update %s` writes it", dir);
    et_guard_over(s->guard, et_status_worse(status, ended), s->remedy);
    if (ended == ET_OK && !broken)
        ended = et_publish(dir, s->o->quiet);
    if (ended == ET_OK && !broken && !o->signal)
        et_note("%zu measured, %zu wrong, %zu failed, %zu unmeasured, %zu "
                "unsupported, %zu skipped, %zu kept; report: %s/report.html",
                o->measured, o->wrong, o->failed, o->unmeasured, o->unsupported,
                o->skipped, o->kept, dir);
    if (s->o->resume && ended == ET_OK && !broken && !o->signal)
        et_launches_remind(s->o, s->resumed.launches);
    status = et_status_worse(status, et_surroundings_conclude(&s->around, o));
    if (s->resumed.wrong_kept)
        status = et_status_worse(status, ET_WRONG);
    return et_status_worse(status, ended);
}

static void close_session(struct session *s)
{
    if (s->store)
        et_store_close(s->store);
    et_counters_close(&s->counters);
    et_cases_free(&s->cases);
    free(s->around.words);
    et_strings_free(&s->given);
    et_resume_free(&s->resumed);
    et_placement_free(&s->placement);
    et_fields_free(et_environment_rows, &s->environment, sizeof s->environment);
    free(s->info.plan_text);
    s->info.plan_text = NULL;
    et_fields_free(et_run_info_rows, &s->info, sizeof s->info);
    free(s->plan_name);
    free(s->plan_text);
    et_team_close(s->world);
}

static enum et_status run(void *options, const struct et_call *call)
{
    struct session s = {.o = options};
    struct et_drive_outcome outcome = {0};
    struct et_libraries libraries;
    int64_t launches = et_launches_wanted(s.o, &call->line);
    if (launches > 1 || s.o->launcher)
        return et_launches_run(s.o, launches, &call->line);
    et_libraries_try(&libraries);
    enum et_status status = et_team_open(s.o->team, &s.world);
    if (status != ET_OK)
        return status;
    bool root = s.world->rank == 0;
    set_log_level(&s);
    et_stop_install();
    const struct et_guard_duties duties =
        et_ending_duties(&s.ending, &s.placement);
    status = et_guard_open(s.world, &s.guard);
    if (status != ET_OK) {
        et_team_close(s.world);
        return status;
    }
    et_guard_set(s.guard, &duties);
    s.ending.clock = &s.clock;
    struct et_watchdog *watchdog = et_watchdog_open();
    et_watchdog_feed(watchdog, s.o->timeout, "beginning the run");
    status = et_libraries_agree(s.world, &libraries);
    if (status == ET_OK)
        status = set_up(&s, &call->line);
    et_watchdog_feed(watchdog, 0, "");
    if (status == ET_OK) {
        const struct et_drive drive = {
            .instruments = {.clock = &s.clock,
                            .counters = &s.counters,
                            .energy = &s.energy,
                            .options = s.o,
                            .tag = s.tag,
                            .benches = &et_benches,
                            .placement = &s.placement,
                            .busy = &s.around.busy,
                            .kind = processor_kind(&s.environment)},
            .benches = &et_benches,
            .world = s.world,
            .placement = &s.placement,
            .cases = root ? &s.cases : NULL,
            .histories = &s.resumed.histories,
            .launches = s.resumed.launches,
            .sink = root ? et_store_sink(s.store) : NULL,
            .guard = s.guard,
        };
        if (root) {
            warn_oversubscribed(&s);
            et_surroundings_warn(&s.around);
            warn_cautions(&s);
            say_how_to_resume(&s);
        }
        status = et_drive_run(&drive, &outcome);
        if (root)
            status = finish(&s, &outcome, status);
        else
            et_watchdog_feed(watchdog, s.o->timeout, "waiting for the report");
        enum et_status all = et_team_agree(s.world, status);
        status = et_status_worse(status, all);
    }
    et_watchdog_close(watchdog);
    et_guard_over(s.guard, status, "");
    close_session(&s);
    et_guard_close(s.guard);
    return status;
}

const struct et_command et_command_run =
    ET_COMMAND_TRIES(run, "", et_options, et_option_rows);
