/* The rows of a result: every member's key, unit and meaning, once. The
 * record's JSON, its published schema and the reference pages are made from
 * them. Knows no file format and no benchmark.
 */
#include "config.h"
#include "harness/case/result.h"

#include <stdlib.h>

/* A time, s per iteration. */
#define SECONDS(k, h)                                                          \
    {                                                                          \
        .key = #k, .type = ET_REAL, .at = AT(k), .unit = "s", .help = h        \
    }

#define AT(member) offsetof(struct et_result_team, member)
static const struct et_field team_rows[] = {
    {.key = "ranks",
     .type = ET_INT,
     .at = AT(ranks),
     .help = "processes that shared the case"},
    {.key = "nodes",
     .type = ET_INT,
     .at = AT(nodes),
     .help = "nodes they ran on"},
    {.key = "threads",
     .type = ET_INT,
     .at = AT(threads),
     .help = "threads each rank's kernel was asked to use"},
    {.key = "transport",
     .type = ET_STRING,
     .at = AT(transport),
     .help = "how the ranks talk: self or mpi"},
    {.key = "cores",
     .type = ET_INT,
     .at = AT(cores),
     .help = "cores that its threads kept busy, null where a node does not "
             "say"},
    {.key = "oversubscribed",
     .type = ET_BOOL,
     .at = AT(oversubscribed),
     .help = "some node had more busy threads than cores they may use"},
    {0}};
#undef AT

#define AT(member) offsetof(struct et_result_part, member)
static const struct et_field part_rows[] = {
    {.key = "rank",
     .type = ET_INT,
     .at = AT(rank),
     .help = "the rank; of a node its first one"},
    {.key = "ranks",
     .type = ET_INT,
     .at = AT(ranks),
     .help = "1; of a node its ranks in the team"},
    {.key = "host", .type = ET_STRING, .at = AT(host), .help = "host name"},
    {.key = "median",
     .type = ET_REAL,
     .at = AT(median),
     .unit = "s",
     .help =
         "median of its own times; of a node the median of its ranks' medians"},
    {.key = "others",
     .type = ET_REAL,
     .at = AT(others),
     .unit = "s",
     .help = "median of the medians of all the others"},
    {.key = "last",
     .type = ET_INT,
     .at = AT(last),
     .help = "samples in which it, or one of its ranks, was the last"},
    {0}};
#undef AT

#define AT(member) offsetof(struct et_result_spread, member)
static const struct et_field spread_rows[] = {
    {.key = "n",
     .type = ET_INT,
     .at = AT(n),
     .help = "how many there are, null where there are fewer than two"},
    SECONDS(min, "smallest median"),
    SECONDS(p5, "median that 5 % of them do not exceed"),
    SECONDS(p25, "median that 25 % of them do not exceed"),
    SECONDS(median, "median of their medians"),
    SECONDS(p75, "median that 75 % of them do not exceed"),
    SECONDS(p95, "median that 95 % of them do not exceed"),
    SECONDS(max, "largest median"),
    {.key = "edges",
     .type = ET_REALS,
     .at = AT(edges),
     .help = "bounds of the histogram's bins, as shares of `median`"},
    {.key = "histogram",
     .type = ET_REALS,
     .at = AT(histogram),
     .help = "how many lie below the first edge, from each edge up to the "
             "next, and from the last edge up"},
    {.key = "worst",
     .type = ET_LIST,
     .at = AT(worst),
     .sub = part_rows,
     .sub_size = sizeof(struct et_result_part),
     .help = "the few with the largest medians, falling"},
    {.key = "last",
     .type = ET_LIST,
     .at = AT(last),
     .sub = part_rows,
     .sub_size = sizeof(struct et_result_part),
     .help = "the few that were the last in the most samples, falling"},
    {0}};
#undef AT

#define AT(member) offsetof(struct et_result_time, member)
static const struct et_field time_rows[] = {
    {.key = "samples",
     .type = ET_REALS,
     .at = AT(samples),
     .unit = "s",
     .help = "time of one iteration in each sample: the team's, from the "
             "first rank's entry to the last one's exit"},
    {.key = "transient",
     .type = ET_REALS,
     .at = AT(transient),
     .unit = "s",
     .help =
         "the same of the warm-up before them, which no other figure counts"},
    {.key = "n", .type = ET_INT, .at = AT(n), .help = "number of samples"},
    {.key = "iterations",
     .type = ET_INT,
     .at = AT(iterations),
     .help = "iterations of the work in one sample"},
    {.key = "warmup",
     .type = ET_INT,
     .at = AT(warmup),
     .help = "samples of the warm-up, before the first that counts"},
    SECONDS(median, "median of the samples"),
    SECONDS(ci_low,
            "lower end of the median's interval, null where n is too small"),
    SECONDS(ci_high,
            "upper end of the median's interval, null where n is too small"),
    SECONDS(min, "shortest sample"),
    SECONDS(max, "longest sample"),
    SECONDS(mean, "arithmetic mean of the samples"),
    SECONDS(p95, "time that 95 % of the samples do not exceed"),
    SECONDS(p99, "time that 99 % of the samples do not exceed"),
    {.key = "confidence",
     .type = ET_REAL,
     .at = AT(confidence),
     .help = "least coverage of the interval, a share of 1"},
    {.key = "n_effective",
     .type = ET_REAL,
     .at = AT(n_effective),
     .help = "independent samples that the n samples are worth"},
    {.key = "drift",
     .type = ET_REAL,
     .at = AT(drift),
     .help = "trend of the samples over their whole time, as a share of the "
             "median"},
    {.key = "drift_p",
     .type = ET_REAL,
     .at = AT(drift_p),
     .help = "probability of such a trend where there is none"},
    {.key = "drifts",
     .type = ET_BOOL,
     .at = AT(drifts),
     .help = "the trend is real and more than precision: throttling, or a "
             "neighbour"},
    {.key = "converged",
     .type = ET_BOOL,
     .at = AT(converged),
     .help = "the interval became as narrow as was wanted"},
    {.key = "slowest_rank",
     .type = ET_INT,
     .at = AT(slowest_rank),
     .help = "rank with the largest median of its own samples"},
    {.key = "slowest_host",
     .type = ET_STRING,
     .at = AT(slowest_host),
     .help = "node of that rank"},
    {.key = "imbalance",
     .type = ET_REAL,
     .at = AT(imbalance),
     .help = "the slowest rank's median over the median of the other ranks'"},
    {.key = "ranks",
     .type = ET_OBJECT,
     .at = AT(ranks),
     .sub = spread_rows,
     .sub_size = sizeof(struct et_result_spread),
     .help = "how the ranks' own medians are spread"},
    {.key = "nodes",
     .type = ET_OBJECT,
     .at = AT(nodes),
     .sub = spread_rows,
     .sub_size = sizeof(struct et_result_spread),
     .help = "how the nodes' medians are spread"},
    {.key = "method",
     .type = ET_STRING,
     .at = AT(method),
     .help = "how the samples were taken"},
    {0}};
#undef AT

#define AT(member) offsetof(struct et_result_work, member)
static const struct et_field work_rows[] = {
    {.key = "flop",
     .type = ET_REAL,
     .at = AT(flop),
     .unit = "FLOP",
     .help = "floating-point operations of one iteration, whole team"},
    {.key = "bytes",
     .type = ET_REAL,
     .at = AT(bytes),
     .unit = "B",
     .help = "payload of one iteration, whole team or as the convention says"},
    {.key = "bus_bytes",
     .type = ET_REAL,
     .at = AT(bus_bytes),
     .unit = "B",
     .help = "bytes a collective must bring over the slowest link"},
    {.key = "messages",
     .type = ET_REAL,
     .at = AT(messages),
     .help = "messages sent in one iteration, whole team"},
    {.key = "traffic",
     .type = ET_REAL,
     .at = AT(traffic),
     .unit = "B",
     .help = "bytes between cores and memory in one iteration, whole team"},
    {.key = "accesses",
     .type = ET_REAL,
     .at = AT(accesses),
     .help = "loads of one rank in one iteration, each needing the one before"},
    {.key = "convention",
     .type = ET_STRING,
     .at = AT(convention),
     .help = "how the work is counted"},
    {0}};
#undef AT

#define AT(member) offsetof(struct et_result_verification, member)
static const struct et_field verification_rows[] = {
    {.key = "status",
     .type = ET_CHOICE,
     .at = AT(status),
     .choices = ET_CHECK_CHOICES,
     .help = "whether the timed data was right; none: it was not checked"},
    {.key = "error",
     .type = ET_REAL,
     .at = AT(error),
     .help = "largest error found, in the unit that the method names"},
    {.key = "bound",
     .type = ET_REAL,
     .at = AT(bound),
     .help = "largest error that still passes"},
    {.key = "certain",
     .type = ET_REAL,
     .at = AT(certain),
     .help = "an output that is off by more is always found; 0: every "
             "difference is"},
    {.key = "spent",
     .type = ET_REAL,
     .at = AT(spent),
     .unit = "s",
     .help = "time of all checks of the case"},
    {.key = "method",
     .type = ET_STRING,
     .at = AT(method),
     .help = "how the data was checked"},
    {.key = "note",
     .type = ET_STRING,
     .at = AT(note),
     .help = "where the check failed first"},
    {.key = "digest",
     .type = ET_STRING,
     .at = AT(digest),
     .help = "digest of the outputs of most of the team's ranks"},
    {.key = "digest_absent",
     .type = ET_STRING,
     .at = AT(digest_absent),
     .help = "why there is no digest"},
    {.key = "odd",
     .type = ET_STRINGS,
     .at = AT(odd),
     .help = "hosts whose outputs have another digest"},
    {0}};
#undef AT

#define AT(member) offsetof(struct et_result_count, member)
static const struct et_field count_rows[] = {
    {.key = "name",
     .type = ET_STRING,
     .at = AT(name),
     .help = "the event in etalon's words"},
    {.key = "native",
     .type = ET_STRING,
     .at = AT(native),
     .help = "the event in the source's words"},
    {.key = "total",
     .type = ET_REAL,
     .at = AT(total),
     .help = "events of all counted iterations, whole team"},
    {.key = "min",
     .type = ET_REAL,
     .at = AT(min),
     .help = "fewest events of one thread"},
    {.key = "max",
     .type = ET_REAL,
     .at = AT(max),
     .help = "most events of one thread"},
    {0}};
#undef AT

#define AT(member) offsetof(struct et_result_absent, member)
static const struct et_field absent_rows[] = {
    {.key = "name",
     .type = ET_STRING,
     .at = AT(name),
     .help = "the event in etalon's words"},
    {.key = "reason",
     .type = ET_STRING,
     .at = AT(reason),
     .help = "why it could not be counted"},
    {0}};
#undef AT

#define AT(member) offsetof(struct et_result_counters, member)
static const struct et_field counters_rows[] = {
    {.key = "source",
     .type = ET_STRING,
     .at = AT(source),
     .help = "the counter source that counted"},
    {.key = "iterations",
     .type = ET_INT,
     .at = AT(iterations),
     .help = "iterations of the counted pass, which is not a timed one"},
    {.key = "threads",
     .type = ET_INT,
     .at = AT(threads),
     .help = "threads that were counted, whole team"},
    {.key = "values",
     .type = ET_LIST,
     .at = AT(values),
     .sub = count_rows,
     .sub_size = sizeof(struct et_result_count),
     .help = "what was counted"},
    {.key = "absent",
     .type = ET_LIST,
     .at = AT(absents),
     .sub = absent_rows,
     .sub_size = sizeof(struct et_result_absent),
     .help = "what could not be counted, and why"},
    {0}};
#undef AT

#define AT(member) offsetof(struct et_result_energy, member)
static const struct et_field energy_rows[] = {
    {.key = "source",
     .type = ET_STRING,
     .at = AT(source),
     .help = "what measured the energy, null where nothing did"},
    {.key = "joules",
     .type = ET_REAL,
     .at = AT(joules),
     .unit = "J",
     .help = "energy of the timed samples, whole team"},
    {.key = "iterations",
     .type = ET_REAL,
     .at = AT(iterations),
     .help = "iterations that this energy paid for"},
    {.key = "absent",
     .type = ET_STRING,
     .at = AT(absent),
     .help = "why there is no energy"},
    {0}};
#undef AT

#define AT(member) offsetof(struct et_result_sync, member)
static const struct et_field sync_rows[] = {
    {.key = "start",
     .type = ET_STRING,
     .at = AT(start),
     .help = "how the ranks began a sample: alone, window (an agreed time) or "
             "barrier"},
    {.key = "reason",
     .type = ET_STRING,
     .at = AT(reason),
     .help = "why there was no window"},
    {.key = "error",
     .type = ET_REAL,
     .at = AT(error),
     .unit = "s",
     .help = "error of the global clock when the case began"},
    {.key = "error_after",
     .type = ET_REAL,
     .at = AT(error_after),
     .unit = "s",
     .help = "error of the global clock after the case"},
    {.key = "window",
     .type = ET_REAL,
     .at = AT(window),
     .unit = "s",
     .help = "time from one start to the next"},
    {.key = "missed",
     .type = ET_INT,
     .at = AT(missed),
     .help = "samples whose window some rank missed"},
    {.key = "late",
     .type = ET_REALS,
     .at = AT(late),
     .help = "indices of these samples"},
    {0}};
#undef AT

#define AT(member) offsetof(struct et_result_ceiling, member)
static const struct et_field ceiling_rows[] = {
    {.key = "what",
     .type = ET_STRING,
     .at = AT(what),
     .help = "what bounds the case: compute or memory"},
    {.key = "source",
     .type = ET_STRING,
     .at = AT(id),
     .help =
         "identity of the case that was measured between this one's samples"},
    {.key = "unit",
     .type = ET_STRING,
     .at = AT(unit),
     .help = "unit of the rate"},
    {.key = "samples",
     .type = ET_REALS,
     .at = AT(samples),
     .unit = "s",
     .help = "time of one of its iterations in each sample"},
    {.key = "work",
     .type = ET_REAL,
     .at = AT(work),
     .help = "its work in one iteration, whole team"},
    {.key = "rate",
     .type = ET_REAL,
     .at = AT(rate),
     .help = "its rate, from the median of the samples"},
    {.key = "rate_low",
     .type = ET_REAL,
     .at = AT(rate_low),
     .help = "lower end of the rate's interval"},
    {.key = "rate_high",
     .type = ET_REAL,
     .at = AT(rate_high),
     .help = "upper end of the rate's interval"},
    {.key = "absent",
     .type = ET_STRING,
     .at = AT(absent),
     .help = "why it was not measured"},
    {0}};
#undef AT

#define AT(member) offsetof(struct et_result, member)
const struct et_field et_result_rows[] = {
    {.key = "bench",
     .type = ET_STRING,
     .at = AT(bench),
     .help = "what was measured"},
    {.key = "case",
     .type = ET_STRING,
     .at = AT(id),
     .help = "identity of the case: the same in every run of the same plan"},
    {.key = "backend",
     .type = ET_STRING,
     .at = AT(backend),
     .help = "implementation that did the work"},
    {.key = "origin",
     .type = ET_STRING,
     .at = AT(origin),
     .help = "library and version behind the backend, null for etalon's own"},
    {.key = "label",
     .type = ET_STRING,
     .at = AT(label),
     .help = "label of the plan's section"},
    {.key = "params",
     .type = ET_PAIRS,
     .at = AT(params),
     .help = "the bench's parameters as in force"},
    {.key = "status",
     .type = ET_CHOICE,
     .at = AT(outcome),
     .choices = ET_OUTCOME_CHOICES,
     .help = "what became of the case; only measured carries figures"},
    {.key = "reason",
     .type = ET_STRING,
     .at = AT(reason),
     .help = "why the case was not measured"},
    {.key = "started",
     .type = ET_STRING,
     .at = AT(started),
     .help = "date, UTC"},
    {.key = "spent",
     .type = ET_REAL,
     .at = AT(spent),
     .unit = "s",
     .help = "time the case took, all told"},
    {.key = "team",
     .type = ET_OBJECT,
     .at = AT(team),
     .sub = team_rows,
     .sub_size = sizeof(struct et_result_team),
     .help = "the processes of the case"},
    {.key = "time_s",
     .type = ET_OBJECT,
     .at = AT(time),
     .sub = time_rows,
     .sub_size = sizeof(struct et_result_time),
     .help = "times of one iteration"},
    {.key = "sync",
     .type = ET_OBJECT,
     .at = AT(sync),
     .sub = sync_rows,
     .sub_size = sizeof(struct et_result_sync),
     .help = "how the ranks began together"},
    {.key = "work",
     .type = ET_OBJECT,
     .at = AT(work),
     .sub = work_rows,
     .sub_size = sizeof(struct et_result_work),
     .help = "work of one iteration"},
    {.key = "verification",
     .type = ET_OBJECT,
     .at = AT(verification),
     .sub = verification_rows,
     .sub_size = sizeof(struct et_result_verification),
     .help = "check of the timed data"},
    {.key = "counters",
     .type = ET_OBJECT,
     .at = AT(counters),
     .sub = counters_rows,
     .sub_size = sizeof(struct et_result_counters),
     .help = "hardware and kernel events"},
    {.key = "energy",
     .type = ET_OBJECT,
     .at = AT(energy),
     .sub = energy_rows,
     .sub_size = sizeof(struct et_result_energy),
     .help = "energy used"},
    {.key = "ceilings",
     .type = ET_LIST,
     .at = AT(ceilings),
     .sub = ceiling_rows,
     .sub_size = sizeof(struct et_result_ceiling),
     .help = "what bounds the case, measured between its samples"},
    {.key = "facts",
     .type = ET_PAIRS,
     .at = AT(facts),
     .help = "what the bench adds"},
    {0}};

static void begin_spread(struct et_result_spread *s)
{
    s->n = ET_ABSENT_INT;
    s->min = s->p5 = s->p25 = s->median = s->p75 = s->p95 = s->max = NAN;
}

void et_result_begin(struct et_result *r)
{
    struct et_result_time *time = &r->time;
    *r = (struct et_result){0};
    begin_spread(&time->ranks);
    begin_spread(&time->nodes);
    r->team.cores = ET_ABSENT_INT;
    time->median = time->ci_low = time->ci_high = NAN;
    time->min = time->max = time->mean = time->p95 = time->p99 = NAN;
    time->n_effective = time->drift = time->drift_p = NAN;
    time->imbalance = NAN;
    time->slowest_rank = ET_ABSENT_INT;
    time->confidence = 0.95;
    r->sync.error = r->sync.error_after = r->sync.window = NAN;
    r->sync.missed = ET_ABSENT_INT;
    r->energy.joules = r->energy.iterations = NAN;
    r->verification.error = r->verification.bound = NAN;
    r->verification.certain = r->verification.spent = NAN;
}

void et_result_free(struct et_result *r)
{
    free(r->rank_medians.v);
    free(r->rank_last.v);
    et_fields_free(et_result_rows, r, sizeof *r);
}
