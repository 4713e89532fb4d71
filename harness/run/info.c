/* The rows of what is known when a run begins: the head of run.json. Knows
 * the environment's rows; no file format.
 */
#include "config.h"
#include "harness/run/sink.h"

#include <string.h>

#include "harness/base/log.h"
#include "harness/base/memory.h"
#include "harness/case/bench.h"

#define AT(member) offsetof(struct et_run_bench, member)
static const struct et_field bench_rows[] = {
    {.key = "name", .type = ET_STRING, .at = AT(name), .help = "its name"},
    {.key = "title",
     .type = ET_STRING,
     .at = AT(title),
     .help = "what its cases are, in words"},
    {.key = "merit",
     .type = ET_STRING,
     .at = AT(merit),
     .help = "metric that it is judged by"},
    {.key = "role",
     .type = ET_STRING,
     .at = AT(role),
     .help = "none, compute ceiling, memory ceiling, collective or storage"},
    {.key = "sizes",
     .type = ET_STRING,
     .at = AT(sizes),
     .help = "how a case's sizes are written, parameters in braces; null: as "
             "bytes"},
    {0}};
#undef AT

#define AT(member) offsetof(struct et_run_group, member)
static const struct et_field group_rows[] = {
    {.key = "hosts",
     .type = ET_STRING,
     .at = AT(hosts),
     .help = "host names, those in a row as a range: n[01-16]"},
    {.key = "nodes",
     .type = ET_INT,
     .at = AT(nodes),
     .help = "how many nodes they are"},
    {.key = "ranks",
     .type = ET_INT,
     .at = AT(ranks),
     .help = "ranks of the team on each of them"},
    {.key = "cores",
     .type = ET_INT,
     .at = AT(cores),
     .help = "cores that a node's ranks may use together"},
    {.key = "binding",
     .type = ET_STRING,
     .at = AT(binding),
     .help = "hardware threads that a node's first rank may use"},
    {0}};
#undef AT

#define AT(member) offsetof(struct et_run_placement, member)
const struct et_field et_run_placement_rows[] = {
    {.key = "ranks",
     .type = ET_INT,
     .at = AT(ranks),
     .help = "ranks of the team"},
    {.key = "groups",
     .type = ET_LIST,
     .at = AT(groups),
     .sub = group_rows,
     .sub_size = sizeof(struct et_run_group),
     .help = "its nodes in order of rank; alike ones in a row are one group"},
    {0}};
#undef AT

#define AT(member) offsetof(struct et_run_kind, member)
static const struct et_field kind_rows[] = {
    {.key = "nodes",
     .type = ET_INT,
     .at = AT(nodes),
     .help = "nodes of this kind"},
    {.key = "environment",
     .type = ET_OBJECT,
     .at = AT(environment),
     .sub = et_environment_rows,
     .sub_size = sizeof(struct et_environment),
     .help = "the first of them, as its first rank found it"},
    {0}};
#undef AT

#define AT(member) offsetof(struct et_run_info, member)
const struct et_field et_run_info_rows[] = {
    {.key = "id",
     .type = ET_STRING,
     .at = AT(id),
     .help = "of this run and no other: 128 random bits"},
    {.key = "plan_digest",
     .type = ET_STRING,
     .at = AT(plan_digest),
     .help = "SHA-256 of the plan"},
    {.key = "binary_digest",
     .type = ET_STRING,
     .at = AT(binary_digest),
     .help = "SHA-256 of the program that ran on every rank, null where it "
             "cannot be read"},
    {.key = "version",
     .type = ET_STRING,
     .at = AT(version),
     .help = "version of etalon"},
    {.key = "commit",
     .type = ET_STRING,
     .at = AT(commit),
     .help = "git commit of the build, -dirty where the tree was changed"},
    {.key = "compiler",
     .type = ET_STRING,
     .at = AT(compiler),
     .help = "compiler of the build"},
    {.key = "flags",
     .type = ET_STRING,
     .at = AT(flags),
     .help = "compiler flags of the build"},
    {.key = "command",
     .type = ET_STRINGS,
     .at = AT(command),
     .help = "command line"},
    {.key = "config",
     .type = ET_PAIRS,
     .at = AT(config),
     .help = "every option as in force"},
    {.key = "libraries",
     .type = ET_PAIRS,
     .at = AT(libraries),
     .help = "libraries linked, with their versions"},
    {.key = "benches",
     .type = ET_LIST,
     .at = AT(benches),
     .sub = bench_rows,
     .sub_size = sizeof(struct et_run_bench),
     .help = "what reports need to know of the build's benches"},
    {.key = "environment",
     .type = ET_OBJECT,
     .at = AT(environment),
     .sub = et_environment_rows,
     .sub_size = sizeof(struct et_environment),
     .help = "the machine, as rank 0 found it"},
    {.key = "alike",
     .type = ET_INT,
     .at = AT(alike),
     .help = "nodes of that kind, rank 0's among them"},
    {.key = "kinds",
     .type = ET_LIST,
     .at = AT(kinds),
     .sub = kind_rows,
     .sub_size = sizeof(struct et_run_kind),
     .help = "the other kinds of node"},
    {.key = "placement",
     .type = ET_LIST,
     .at = AT(placement),
     .sub = et_run_placement_rows,
     .sub_size = sizeof(struct et_run_placement),
     .help = "where the ranks of each size of team run"},
    {.key = "ranks",
     .type = ET_INT,
     .at = AT(ranks),
     .help = "processes of the whole run"},
    {.key = "nodes",
     .type = ET_INT,
     .at = AT(nodes),
     .help = "nodes of the whole run"},
    {.key = "transport",
     .type = ET_STRING,
     .at = AT(transport),
     .help = "how the ranks talk: self or mpi"},
    {.key = "clock",
     .type = ET_STRING,
     .at = AT(clock),
     .help = "clock that timed"},
    {.key = "clock_fake",
     .type = ET_BOOL,
     .at = AT(clock_fake),
     .help = "the clock was a fake, so no figure is a measurement"},
    {.key = "clock_resolution",
     .type = ET_REAL,
     .at = AT(clock_resolution),
     .unit = "s",
     .help = "smallest step seen between two readings"},
    {.key = "clock_overhead",
     .type = ET_REAL,
     .at = AT(clock_overhead),
     .unit = "s",
     .help = "median cost of one reading"},
    {.key = "cases",
     .type = ET_INT,
     .at = AT(cases),
     .help = "cases that the plan has"},
    {.key = "started",
     .type = ET_STRING,
     .at = AT(started),
     .help = "date, UTC"},
    {.key = "plan_file",
     .type = ET_STRING,
     .at = AT(plan_file),
     .help = "plan as given, null for the built-in one"},
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
