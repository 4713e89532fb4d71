/* The rows of what is known when a run begins: the head of run.json. Knows
 * the environment's rows; no file format.
 */
#include "config.h"
#include "harness/run/sink.h"

#include <string.h>

#include "harness/base/log.h"
#include "harness/base/memory.h"
#include "harness/case/bench.h"

static const struct et_field bench_rows[] = {
    ET_ROW(et_run_bench, name, ET_STRING, "its name"),
    ET_ROW(et_run_bench, title, ET_STRING, "what its cases are, in words"),
    ET_ROW(et_run_bench, merit, ET_STRING, "metric that it is judged by"),
    ET_ROW(et_run_bench, role, ET_STRING,
           "none, compute ceiling, memory ceiling, collective or storage"),
    ET_ROW(
        et_run_bench, sizes, ET_STRING,
        "how a case's sizes are written, parameters in braces; null: as bytes"),
    {0}};

static const struct et_field group_rows[] = {
    ET_ROW(et_run_group, hosts, ET_STRING,
           "host names, those in a row as a range: n[01-16]"),
    ET_ROW(et_run_group, nodes, ET_INT, "how many nodes they are"),
    ET_ROW(et_run_group, ranks, ET_INT, "ranks of the team on each of them"),
    ET_ROW(et_run_group, cores, ET_INT,
           "cores that a node's ranks may use together"),
    ET_ROW(et_run_group, binding, ET_STRING,
           "hardware threads that a node's first rank may use"),
    ET_ROW(et_run_group, quota, ET_REAL,
           "cores' worth of time that a node's ranks may use together, null "
           "where there is no quota"),
    {0}};

const struct et_field et_run_placement_rows[] = {
    ET_ROW(et_run_placement, ranks, ET_INT, "ranks of the team"),
    ET_ROW(et_run_placement, groups, ET_LIST,
           "its nodes in order of rank; alike ones in a row are one group",
           ET_ROWS_OF(et_run_group, group_rows)),
    {0}};

static const struct et_field kind_rows[] = {
    ET_ROW(et_run_kind, nodes, ET_INT, "nodes of this kind"),
    ET_ROW(et_run_kind, environment, ET_OBJECT,
           "the first of them, as its first rank found it",
           ET_ROWS_OF(et_environment, et_environment_rows)),
    {0}};

const struct et_field et_run_info_rows[] = {
    ET_ROW(et_run_info, id, ET_STRING,
           "of this run and no other: 128 random bits"),
    ET_ROW(et_run_info, plan_digest, ET_STRING, "SHA-256 of the plan"),
    ET_ROW(et_run_info, binary_digest, ET_STRING,
           "SHA-256 of the program that ran on every rank, null where it "
           "cannot be read"),
    ET_ROW(et_run_info, version, ET_STRING, "version of etalon"),
    ET_ROW(et_run_info, commit, ET_STRING,
           "git commit of the build, -dirty where the tree was changed"),
    ET_ROW(et_run_info, compiler, ET_STRING, "compiler of the build"),
    ET_ROW(et_run_info, flags, ET_STRING, "compiler flags of the build"),
    ET_ROW(et_run_info, command, ET_STRINGS, "command line"),
    ET_ROW(et_run_info, config, ET_PAIRS, "every option as in force"),
    ET_ROW(et_run_info, libraries, ET_PAIRS,
           "libraries linked, with their versions"),
    ET_ROW(et_run_info, cautions, ET_STRINGS,
           "what a reader should know of libraries and limits before he trusts "
           "a figure, with the remedy"),
    ET_ROW(et_run_info, benches, ET_LIST,
           "what reports need to know of the build's benches",
           ET_ROWS_OF(et_run_bench, bench_rows)),
    ET_ROW(et_run_info, environment, ET_OBJECT,
           "the machine, as rank 0 found it",
           ET_ROWS_OF(et_environment, et_environment_rows)),
    ET_ROW(et_run_info, alike, ET_INT,
           "nodes of that kind, rank 0's among them"),
    ET_ROW(et_run_info, kinds, ET_LIST, "the other kinds of node",
           ET_ROWS_OF(et_run_kind, kind_rows)),
    ET_ROW(et_run_info, placement, ET_LIST,
           "where the ranks of each size of team run",
           ET_ROWS_OF(et_run_placement, et_run_placement_rows)),
    ET_ROW(et_run_info, ranks, ET_INT, "processes of the whole run"),
    ET_ROW(et_run_info, nodes, ET_INT, "nodes of the whole run"),
    ET_ROW(et_run_info, transport, ET_STRING,
           "how the ranks talk: self or mpi"),
    ET_ROW(et_run_info, clock, ET_STRING, "clock that timed"),
    ET_ROW(et_run_info, clock_fake, ET_BOOL,
           "the clock was a fake, so no figure is a measurement"),
    ET_ROW(et_run_info, clock_resolution, ET_REAL,
           "smallest step seen between two readings", .unit = "s"),
    ET_ROW(et_run_info, clock_overhead, ET_REAL, "median cost of one reading",
           .unit = "s"),
    ET_ROW(et_run_info, busy, ET_STRING,
           "other work on the busiest node just before the first case, null "
           "where none was seen"),
    ET_ROW(et_run_info, cases, ET_INT, "cases that the plan has"),
    ET_ROW(et_run_info, started, ET_STRING, "date, UTC"),
    ET_ROW(et_run_info, plan_file, ET_STRING,
           "plan as given, null for the built-in one"),
    {0}};

enum et_status et_run_info_benches(struct et_run_info *info,
                                   const struct et_benches *list)
{
    for (size_t i = 0; i < list->n; i++) {
        const struct et_bench *b = list->v[i];
        struct et_run_bench *out = et_list_add(&info->benches, sizeof *out);
        char role[ET_TEXT_NUMBER];
        if (!out)
            return et_no_memory();
        et_choice_name(ET_ROLE_CHOICES, (int)b->role, role);
        *out = (struct et_run_bench){.name = et_strdup(b->name),
                                     .title = et_strdup(b->title),
                                     .merit = et_strdup(b->merit),
                                     .role = et_strdup(role),
                                     .sizes = et_strdup(b->sizes)};
        if (!out->name || !out->role || (b->title && !out->title) ||
            (b->merit && !out->merit) || (b->sizes && !out->sizes))
            return et_no_memory();
    }
    return ET_OK;
}
