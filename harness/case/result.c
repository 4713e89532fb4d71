/* The rows of a result: every member's key, unit and meaning, once. The
 * record's JSON, its published schema and the reference pages are made from
 * them. Knows no file format and no benchmark.
 */
#include "config.h"
#include "harness/case/result.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const struct et_field team_rows[] = {
    ET_ROW(et_result_team, ranks, ET_INT, "processes that shared the case"),
    ET_ROW(et_result_team, nodes, ET_INT, "nodes they ran on"),
    ET_ROW(et_result_team, threads, ET_INT,
           "threads each rank's kernel was asked to use"),
    ET_ROW_AS("threads_delivered", et_result_team, delivered, ET_INT,
              "threads that really worked, by their CPU time: the fewest of a "
              "rank, or the most where none had fewer than asked"),
    ET_ROW_AS("threads_absent", et_result_team, delivered_absent, ET_STRING,
              "why it is not known how many worked"),
    ET_ROW(et_result_team, transport, ET_STRING,
           "how the ranks talk: self or mpi"),
    ET_ROW(et_result_team, cores, ET_INT,
           "cores that its threads kept busy, null where a node does not say"),
    ET_ROW(et_result_team, oversubscribed, ET_BOOL,
           "some node had more busy threads than cores they may use"),
    {0}};

static const struct et_field part_rows[] = {
    ET_ROW(et_result_part, rank, ET_INT, "the rank; of a node its first one"),
    ET_ROW(et_result_part, ranks, ET_INT, "1; of a node its ranks in the team"),
    ET_ROW(et_result_part, host, ET_STRING, "host name"),
    ET_ROW(
        et_result_part, median, ET_REAL,
        "median of its own times; of a node the median of its ranks' medians",
        .unit = "s"),
    ET_ROW(et_result_part, others, ET_REAL,
           "median of the medians of all the others", .unit = "s"),
    ET_ROW(et_result_part, last, ET_INT,
           "samples in which it, or one of its ranks, was the last"),
    {0}};

static const struct et_field spread_rows[] = {
    ET_ROW(et_result_spread, n, ET_INT,
           "how many there are, null where there are fewer than two"),
    ET_ROW(et_result_spread, min, ET_REAL, "smallest median", .unit = "s"),
    ET_ROW(et_result_spread, p5, ET_REAL,
           "median that 5 % of them do not exceed", .unit = "s"),
    ET_ROW(et_result_spread, p25, ET_REAL,
           "median that 25 % of them do not exceed", .unit = "s"),
    ET_ROW(et_result_spread, median, ET_REAL, "median of their medians",
           .unit = "s"),
    ET_ROW(et_result_spread, p75, ET_REAL,
           "median that 75 % of them do not exceed", .unit = "s"),
    ET_ROW(et_result_spread, p95, ET_REAL,
           "median that 95 % of them do not exceed", .unit = "s"),
    ET_ROW(et_result_spread, max, ET_REAL, "largest median", .unit = "s"),
    ET_ROW(et_result_spread, edges, ET_REALS,
           "bounds of the histogram's bins, as shares of `median`"),
    ET_ROW(et_result_spread, histogram, ET_REALS,
           "how many lie below the first edge, from each edge up to the next, "
           "and from the last edge up"),
    ET_ROW(et_result_spread, worst, ET_LIST,
           "the few with the largest medians, falling",
           ET_ROWS_OF(et_result_part, part_rows)),
    ET_ROW(et_result_spread, last, ET_LIST,
           "the few that were the last in the most samples, falling",
           ET_ROWS_OF(et_result_part, part_rows)),
    {0}};

static const struct et_field time_rows[] = {
    ET_ROW(et_result_time, samples, ET_REALS,
           "time of one iteration in each sample: the team's, from the first "
           "rank's entry to the last one's exit",
           .unit = "s"),
    ET_ROW(et_result_time, transient, ET_REALS,
           "the same of the warm-up before them, which no other figure counts",
           .unit = "s"),
    ET_ROW(et_result_time, n, ET_INT, "number of samples"),
    ET_ROW(et_result_time, iterations, ET_INT,
           "iterations of the work in one sample"),
    ET_ROW(et_result_time, warmup, ET_INT,
           "samples of the warm-up, before the first that counts"),
    ET_ROW(et_result_time, median, ET_REAL, "median of the samples",
           .unit = "s"),
    ET_ROW(et_result_time, ci_low, ET_REAL,
           "lower end of the interval of this pass, null where n is too small",
           .unit = "s"),
    ET_ROW(et_result_time, ci_high, ET_REAL,
           "upper end of the interval of this pass, null where n is too small",
           .unit = "s"),
    ET_ROW(et_result_time, min, ET_REAL, "shortest sample", .unit = "s"),
    ET_ROW(et_result_time, max, ET_REAL, "longest sample", .unit = "s"),
    ET_ROW(et_result_time, mean, ET_REAL, "arithmetic mean of the samples",
           .unit = "s"),
    ET_ROW(et_result_time, p95, ET_REAL,
           "time that 95 % of the samples do not exceed", .unit = "s"),
    ET_ROW(et_result_time, p99, ET_REAL,
           "time that 99 % of the samples do not exceed", .unit = "s"),
    ET_ROW(et_result_time, confidence, ET_REAL,
           "least coverage of the interval, a share of 1"),
    ET_ROW(et_result_time, n_effective, ET_REAL,
           "independent samples that the n samples are worth"),
    ET_ROW(et_result_time, drift, ET_REAL,
           "trend from the first sample to the last, as a share of the median"),
    ET_ROW(et_result_time, drift_p, ET_REAL,
           "probability of such a trend where there is none"),
    ET_ROW(et_result_time, drifts, ET_BOOL,
           "the trend is real and more than precision: throttling, or a "
           "neighbour"),
    ET_ROW(et_result_time, converged, ET_BOOL,
           "the interval of this pass became as narrow as was wanted"),
    ET_ROW(et_result_time, slowest_rank, ET_INT,
           "rank with the largest median of its own samples"),
    ET_ROW(et_result_time, slowest_host, ET_STRING, "node of that rank"),
    ET_ROW(et_result_time, imbalance, ET_REAL,
           "the slowest rank's median over the median of the other ranks'"),
    ET_ROW(et_result_time, ranks, ET_OBJECT,
           "how the ranks' own medians are spread",
           ET_ROWS_OF(et_result_spread, spread_rows)),
    ET_ROW(et_result_time, nodes, ET_OBJECT,
           "how the nodes' medians are spread",
           ET_ROWS_OF(et_result_spread, spread_rows)),
    ET_ROW(et_result_time, method, ET_STRING, "how the samples were taken"),
    {0}};

static const struct et_field work_rows[] = {
    ET_ROW(et_result_work, flop, ET_REAL,
           "floating-point operations of one iteration, whole team",
           .unit = "FLOP"),
    ET_ROW(et_result_work, bytes, ET_REAL,
           "payload of one iteration, whole team or as the convention says",
           .unit = "B"),
    ET_ROW(et_result_work, bus_bytes, ET_REAL,
           "bytes a collective must bring over the slowest link", .unit = "B"),
    ET_ROW(et_result_work, messages, ET_REAL,
           "messages sent in one iteration, whole team; null where the "
           "backend does not say"),
    ET_ROW(et_result_work, traffic, ET_REAL,
           "bytes between cores and memory in one iteration, whole team",
           .unit = "B"),
    ET_ROW(et_result_work, accesses, ET_REAL,
           "loads of one rank in one iteration, each needing the one before"),
    ET_ROW(et_result_work, convention, ET_STRING, "how the work is counted"),
    {0}};

static const struct et_field verification_rows[] = {
    ET_ROW(et_result_verification, status, ET_CHOICE,
           "whether the timed data was right; none: it was not checked",
           .choices = ET_CHECK_CHOICES),
    ET_ROW(et_result_verification, error, ET_REAL,
           "largest error found, in the unit that the method names"),
    ET_ROW(et_result_verification, bound, ET_REAL,
           "largest error that still passes"),
    ET_ROW(et_result_verification, certain, ET_REAL,
           "an output that is off by more is always found; 0: every difference "
           "is"),
    ET_ROW(et_result_verification, usual, ET_REAL,
           "share of the bound that errors of this precision use at most; more "
           "is a doubt"),
    ET_ROW(et_result_verification, sampled, ET_INT,
           "outputs checked whole between the samples, besides the first and "
           "the last, by the rank that checked fewest"),
    ET_ROW(et_result_verification, spent, ET_REAL,
           "time of all checks of the case", .unit = "s"),
    ET_ROW(et_result_verification, method, ET_STRING,
           "how the data was checked"),
    ET_ROW(et_result_verification, note, ET_STRING,
           "where the check failed first"),
    ET_ROW(et_result_verification, digest, ET_STRING,
           "digest of the outputs of most of the team's ranks"),
    ET_ROW(et_result_verification, digest_absent, ET_STRING,
           "why there is no digest"),
    ET_ROW(et_result_verification, odd, ET_STRINGS,
           "ranks, with their hosts, whose outputs have another digest"),
    {0}};

static const struct et_field count_rows[] = {
    ET_ROW(et_result_count, name, ET_STRING, "the event in etalon's words"),
    ET_ROW(et_result_count, native, ET_STRING,
           "the event in the source's words"),
    ET_ROW(et_result_count, total, ET_REAL,
           "events of all counted iterations, whole team"),
    ET_ROW(et_result_count, min, ET_REAL, "fewest events of one thread"),
    ET_ROW(et_result_count, max, ET_REAL, "most events of one thread"),
    {0}};

static const struct et_field absent_rows[] = {
    ET_ROW(et_result_absent, name, ET_STRING, "the event in etalon's words"),
    ET_ROW(et_result_absent, reason, ET_STRING, "why it could not be counted"),
    {0}};

static const struct et_field counters_rows[] = {
    ET_ROW(et_result_counters, source, ET_STRING,
           "the counter source that counted"),
    ET_ROW(et_result_counters, iterations, ET_INT,
           "iterations that were counted, which are not the timed ones"),
    ET_ROW(et_result_counters, threads, ET_INT,
           "threads that were counted, whole team"),
    ET_ROW(et_result_counters, values, ET_LIST, "what was counted",
           ET_ROWS_OF(et_result_count, count_rows)),
    ET_ROW_AS("absent", et_result_counters, absents, ET_LIST,
              "what could not be counted, and why",
              ET_ROWS_OF(et_result_absent, absent_rows)),
    {0}};

static const struct et_field energy_rows[] = {
    ET_ROW(et_result_energy, source, ET_STRING,
           "what measured the energy, null where nothing did"),
    ET_ROW(et_result_energy, joules, ET_REAL,
           "energy of the timed samples, whole team", .unit = "J"),
    ET_ROW(et_result_energy, iterations, ET_REAL,
           "iterations that this energy paid for"),
    ET_ROW(et_result_energy, absent, ET_STRING, "why there is no energy"),
    {0}};

static const struct et_field sync_rows[] = {
    ET_ROW(et_result_sync, start, ET_STRING,
           "how the ranks began a sample: alone, window (an agreed time) or "
           "barrier"),
    ET_ROW(et_result_sync, reason, ET_STRING, "why there was no window"),
    ET_ROW(et_result_sync, error, ET_REAL,
           "error of the global clock when the case began", .unit = "s"),
    ET_ROW(et_result_sync, error_after, ET_REAL,
           "error of the global clock after the case", .unit = "s"),
    ET_ROW(et_result_sync, window, ET_REAL, "time from one start to the next",
           .unit = "s"),
    ET_ROW(et_result_sync, hop, ET_REAL,
           "time that a line of memory takes from the core of one rank to that "
           "of another of its node, of the slowest pair; null where that was "
           "not measured",
           .unit = "s"),
    ET_ROW(et_result_sync, missed, ET_INT,
           "samples whose window some rank missed"),
    ET_ROW(et_result_sync, late, ET_REALS, "indices of these samples"),
    {0}};

static const struct et_field disturbed_rows[] = {
    ET_ROW(et_result_disturbed, n, ET_INT,
           "samples that something else on the machine disturbed, null where "
           "that was not looked for"),
    ET_ROW(et_result_disturbed, most, ET_INT,
           "most of them on one and the same rank"),
    ET_ROW(et_result_disturbed, many, ET_BOOL,
           "that is more than a fifth of all samples, so that the case is in "
           "doubt"),
    ET_ROW(et_result_disturbed, at, ET_REALS, "indices of these samples"),
    ET_ROW(et_result_disturbed, waited, ET_REAL,
           "time that threads of a rank had work and no core, all samples, of "
           "each no more than it lasted; here and below the largest of the "
           "ranks'",
           .unit = "s"),
    ET_ROW(et_result_disturbed, switches, ET_REAL,
           "involuntary context switches of a rank"),
    ET_ROW(et_result_disturbed, stolen, ET_REAL,
           "time that a hypervisor gave a rank's hardware threads to others, "
           "their sum",
           .unit = "s"),
    ET_ROW(et_result_disturbed, throttled, ET_REAL,
           "time that the quota of a cgroup stopped a rank", .unit = "s"),
    ET_ROW(et_result_disturbed, hot, ET_REAL,
           "times that a core was slowed for its heat"),
    ET_ROW(et_result_disturbed, load, ET_REAL,
           "one-minute load average of a node"),
    ET_ROW_AS("absent", et_result_disturbed, absents, ET_LIST,
              "what could not be read, and why",
              ET_ROWS_OF(et_result_absent, absent_rows)),
    {0}};

static const struct et_field ceiling_rows[] = {
    ET_ROW(et_result_ceiling, what, ET_STRING,
           "what limits the case: compute or memory"),
    ET_ROW_AS(
        "source", et_result_ceiling, id, ET_STRING,
        "identity of the case that was measured beside this one's samples"),
    ET_ROW(et_result_ceiling, unit, ET_STRING, "unit of the rate"),
    ET_ROW(et_result_ceiling, samples, ET_REALS,
           "time of one of its iterations in each sample", .unit = "s"),
    ET_ROW(et_result_ceiling, iterations, ET_INT,
           "its iterations in each sample"),
    ET_ROW(et_result_ceiling, work, ET_REAL,
           "its work in one iteration, whole team"),
    ET_ROW(et_result_ceiling, rate, ET_REAL,
           "its rate, from the median of the samples"),
    ET_ROW(et_result_ceiling, rate_low, ET_REAL,
           "lower end of the rate's interval"),
    ET_ROW(et_result_ceiling, rate_high, ET_REAL,
           "upper end of the rate's interval"),
    ET_ROW(et_result_ceiling, absent, ET_STRING, "why it was not measured"),
    {0}};

const struct et_field et_result_rows[] = {
    ET_ROW(et_result, bench, ET_STRING, "what was measured"),
    ET_ROW_AS("case", et_result, id, ET_STRING,
              "identity of the case: the same in every run of the same plan"),
    ET_ROW(et_result, backend, ET_STRING, "implementation that did the work"),
    ET_ROW(et_result, origin, ET_STRING,
           "library and version behind the backend, null for etalon's own"),
    ET_ROW(et_result, label, ET_STRING, "label of the plan's section"),
    ET_ROW(et_result, params, ET_PAIRS, "the bench's parameters as in force"),
    ET_ROW_AS("status", et_result, outcome, ET_CHOICE,
              "what became of the case; only measured carries figures",
              .choices = ET_OUTCOME_CHOICES),
    ET_ROW(et_result, reason, ET_STRING, "why the case was not measured"),
    ET_ROW(et_result, started, ET_STRING, "date, UTC"),
    ET_ROW(et_result, spent, ET_REAL, "time that the whole pass took",
           .unit = "s"),
    ET_ROW(et_result, pass, ET_INT, "pass of its case: 0 the first"),
    ET_ROW(et_result, team, ET_OBJECT, "the processes of the case",
           ET_ROWS_OF(et_result_team, team_rows)),
    ET_ROW_AS("time_s", et_result, time, ET_OBJECT, "times of one iteration",
              ET_ROWS_OF(et_result_time, time_rows)),
    ET_ROW(et_result, sync, ET_OBJECT, "how the ranks began together",
           ET_ROWS_OF(et_result_sync, sync_rows)),
    ET_ROW(et_result, disturbed, ET_OBJECT,
           "what else the machine did during the samples",
           ET_ROWS_OF(et_result_disturbed, disturbed_rows)),
    ET_ROW(et_result, work, ET_OBJECT, "work of one iteration",
           ET_ROWS_OF(et_result_work, work_rows)),
    ET_ROW(et_result, verification, ET_OBJECT, "check of the timed data",
           ET_ROWS_OF(et_result_verification, verification_rows)),
    ET_ROW(et_result, counters, ET_OBJECT, "hardware and kernel events",
           ET_ROWS_OF(et_result_counters, counters_rows)),
    ET_ROW(et_result, energy, ET_OBJECT, "energy used",
           ET_ROWS_OF(et_result_energy, energy_rows)),
    ET_ROW(et_result, ceilings, ET_LIST,
           "what limits the case, measured beside its samples",
           ET_ROWS_OF(et_result_ceiling, ceiling_rows)),
    ET_ROW(et_result, facts, ET_PAIRS, "what the bench adds"),
    {0}};

static void begin_spread(struct et_result_spread *s)
{
    s->n = ET_ABSENT_INT;
    s->min = s->p5 = s->p25 = s->median = s->p75 = s->p95 = s->max = NAN;
}

const struct et_result_ceiling *et_result_ceiling_of(const struct et_result *r,
                                                     const char *what)
{
    const struct et_result_ceiling *c = r->ceilings.v, *best = NULL;
    for (size_t i = 0; i < r->ceilings.n; i++) {
        bool known = c[i].what && strcmp(c[i].what, what) == 0 &&
                     !c[i].absent && isfinite(c[i].rate) && c[i].rate > 0;
        if (known && (!best || c[i].rate > best->rate))
            best = &c[i];
    }
    return best;
}

int64_t et_result_busy_threads(const struct et_result_team *t)
{
    return t->delivered == ET_ABSENT_INT ? t->threads : t->delivered;
}

void et_result_begin(struct et_result *r)
{
    struct et_result_time *time = &r->time;
    *r = (struct et_result){0};
    begin_spread(&time->ranks);
    begin_spread(&time->nodes);
    r->team.delivered = r->team.cores = ET_ABSENT_INT;
    time->median = time->ci_low = time->ci_high = NAN;
    time->min = time->max = time->mean = time->p95 = time->p99 = NAN;
    time->n_effective = time->drift = time->drift_p = NAN;
    time->imbalance = time->between = time->within = NAN;
    time->slowest_rank = ET_ABSENT_INT;
    time->confidence = 0.95;
    r->sync.error = r->sync.error_after = r->sync.window = NAN;
    r->sync.hop = NAN;
    r->sync.missed = r->disturbed.n = r->disturbed.most = ET_ABSENT_INT;
    r->disturbed.waited = r->disturbed.switches = NAN;
    r->disturbed.stolen = r->disturbed.throttled = NAN;
    r->disturbed.hot = r->disturbed.load = NAN;
    r->energy.joules = r->energy.iterations = NAN;
    r->verification.error = r->verification.bound = NAN;
    r->verification.certain = r->verification.spent = NAN;
    r->verification.usual = NAN;
    r->verification.sampled = ET_ABSENT_INT;
}

void et_result_free(struct et_result *r)
{
    free(r->rank_medians.v);
    free(r->rank_last.v);
    free(r->time.passes.v);
    et_fields_free(et_result_rows, r, sizeof *r);
}

enum et_status et_result_copy(struct et_result *to,
                              const struct et_result *from)
{
    struct et_result r = *from;
    r.rank_medians = r.rank_last = (struct et_reals){0};
    r.time.passes = (struct et_list){0};
    return et_fields_copy(et_result_rows, to, &r, sizeof r);
}

bool et_disturbed_many(int64_t most, double n)
{
    return most != ET_ABSENT_INT && 5 * (double)most > n;
}

double et_disturbed_share(enum et_role role)
{
    /* There the kernel works for the case itself, on the same cores. */
    return role == ET_ROLE_STORAGE ? 0.1 : 0.02;
}
