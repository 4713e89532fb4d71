/* Inputs, right outputs, and what a wrong one looks like. */
#include "config.h"
#include "bench/check/exact.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/log.h"
#include "harness/base/memory.h"
#include "harness/base/random.h"

#define STREAM 0x616c6c72 /* "allr": apart from the other benches' data */
#define RECHECK 4         /* shares looked at again when one is wrong */
#define TURNS ET_EXACT_TURNS
#define LINE 64 /* bytes from one place where slices begin to the next */
#define GLANCE_WORK 4096 /* inputs recomputed for a glance at most */
#define PART 64          /* elements that a planted fault spoils at most */

int64_t et_exact_slack(enum et_dtype dtype)
{
    return (TURNS - 1) * LINE / (int64_t)et_dtype_size(dtype);
}

/* Largest |x| of an input TURNS*x + tag: the sum of so many of them stays
 * exact in the type in any order. */
static int64_t input_limit(enum et_dtype dtype, int summands)
{
    return ((int64_t)et_dtype_exact(dtype) / TURNS - 1) / summands;
}

const char *et_exact_unsupported(const struct et_collective *p, int ranks)
{
    if (input_limit(p->dtype, 1) < 1)
        return "the type holds too few exact integers to tell its elements "
               "apart, so no result could be checked";
    if (p->op->sums && input_limit(p->dtype, ranks) < 1)
        return "the type cannot hold an exact sum over so many ranks, so no "
               "result could be checked";
    if (ranks == 1 && et_collective_output(p, 1, 0) == 0)
        return "a rank alone has nobody to send to";
    return NULL;
}

static uint64_t stream_of(uint64_t seed, int rank)
{
    return et_random_stream(et_random_stream(seed, STREAM), (uint64_t)rank);
}

/* Element i of a rank's `in`: a random multiple of TURNS; and, for one of the
 * inputs that make an element of an output, the number of the cache line,
 * modulo TURNS. So an element of an output, modulo TURNS, is the number of the
 * line that was read there, and of TURNS iterations in a row no two have the
 * same right answer at any element. */
static int64_t input(const struct et_exact *x, int rank, int64_t i)
{
    int64_t least = et_dtype_least(x->p.dtype) < 0 ? -x->limit : 0;
    uint64_t span = (uint64_t)(x->limit - least) + 1;
    uint64_t r = et_random_u64(stream_of(x->seed, rank), (uint64_t)i);
    int64_t tag = rank == 0 || !x->p.op->sums ? i / x->line % TURNS : 0;
    return TURNS * ((int64_t)(r % span) + least) + tag;
}

/* Where the iteration begins in `in` that was the last but `ago`. */
static int64_t start(const struct et_exact *x, uint64_t ago)
{
    return (int64_t)((x->turn - 1 - ago) % TURNS) * x->line;
}

/* Where in `rank`'s input element i of this rank's output is from, `ago`
 * iterations before the last. */
static int64_t place(const struct et_exact *x, int rank, int64_t i,
                     uint64_t ago)
{
    return start(x, ago) + x->from[rank].give + i - x->from[rank].get;
}

/* The rank whose slice element i of the output is; of a sum the first. */
static int giver(const struct et_exact *x, int64_t i)
{
    int r = 0;
    while (i < x->from[r].get || i >= x->from[r].get + x->from[r].n)
        r++;
    return r;
}

/* Element i, from `rank` or of the sum. */
static int64_t right(const struct et_exact *x, int rank, int64_t i,
                     uint64_t ago)
{
    int64_t sum = 0;
    if (!x->p.op->sums)
        return input(x, rank, place(x, rank, i, ago));
    for (int r = 0; r < x->team->size; r++)
        sum += input(x, r, place(x, r, i, ago));
    return sum;
}

static int64_t expected(const struct et_exact *x, int64_t i, uint64_t ago)
{
    return right(x, giver(x, i), i, ago);
}

/* What of a rank's input is in element i of a sum; of another output, what is
 * there if this rank's input stands where the giver's should. */
static int64_t part_of(const struct et_exact *x, int rank, int64_t i)
{
    return input(x, rank, place(x, x->p.op->sums ? rank : giver(x, i), i, 0));
}

/* Bit by bit: a sum of integers that is zero is +0, and a NaN is wrong. */
static bool holds(const struct et_exact *x, int64_t i, int64_t want)
{
    size_t size = et_dtype_size(x->p.dtype);
    double element = 0; /* room for any */
    et_dtype_set(x->p.dtype, &element, 0, (double)want);
    return memcmp((const char *)x->out->host + (size_t)i * size, &element,
                  size) == 0;
}

/* No right element is NaN, so what a run fails to write cannot look right. */
static enum et_status poison(struct et_exact *x)
{
    if (!x->out->space->is_host)
        memset(x->out->host, 0xff, x->out->n * x->out->size);
    return et_buffer_fill(x->out, 0, x->out->n, 0xff);
}

/* What this rank gets, and whether all get the same sums. */
static void draw_slices(struct et_exact *x)
{
    const struct et_collective *p = &x->p;
    int ranks = x->team->size;

    x->alike = p->op->sums;
    for (int r = 0; r < ranks; r++) {
        struct et_slice any = p->op->slice(p, ranks, 0, r);
        x->from[r] = p->op->slice(p, ranks, r, x->team->rank);
        x->alike = x->alike && any.give == x->from[0].give &&
                   any.get == x->from[0].get && any.n == x->from[0].n;
    }
    x->count = et_collective_output(p, ranks, x->team->rank);
}

enum et_status et_exact_open(struct et_exact *x, const struct et_collective *p,
                             struct et_team *team, uint64_t seed,
                             const struct et_buffer *out)
{
    *x = (struct et_exact){
        .p = *p,
        .team = team,
        .out = out,
        .seed = seed,
        .line = LINE / (int64_t)et_dtype_size(p->dtype),
        .limit = input_limit(p->dtype, p->op->sums ? team->size : 1),
        .from = et_alloc((size_t)team->size, sizeof *x->from)};
    if (!x->from)
        return et_no_memory();
    draw_slices(x);
    return poison(x);
}

void et_exact_close(struct et_exact *x)
{
    free(x->from);
    x->from = NULL;
}

void et_exact_fill(const struct et_exact *x, void *in)
{
    int me = x->team->rank;
    int64_t n = x->p.slack + et_collective_input(&x->p, x->team->size, me);
#pragma omp parallel for schedule(static) if (n > 65536)
    for (int64_t i = 0; i < n; i++)
        et_dtype_set(x->p.dtype, in, (size_t)i, (double)input(x, me, i));
}

int64_t et_exact_next(struct et_exact *x)
{
    x->turn++;
    return start(x, 0);
}

/* What a wrong element looks like: the right one of an earlier iteration, or
 * one with a rank's part left out, added twice or in another's place. */
static void guess(const struct et_exact *x, int64_t i, char *why, size_t n)
{
    int found = 0, rank = 0, mine = giver(x, i);
    int64_t want = expected(x, i, 0);
    const char *what = "";
    uint64_t ago = 1;

    while (ago < TURNS && !holds(x, i, expected(x, i, ago)))
        ago++;
    if (ago < TURNS) {
        snprintf(why, n, " (stale: right %s before)",
                 ago == 1 ? "one iteration" : "some iterations");
        return;
    }
    for (int r = 0; r < x->team->size; r++) {
        int64_t part = part_of(x, r, i);
        bool sums = x->p.op->sums;
        bool less = sums && holds(x, i, want - part);
        bool more = sums && holds(x, i, want + part);
        bool other = !sums && r != mine && holds(x, i, part);
        if (!less && !more && !other)
            continue;
        found++;
        rank = r;
        what = less ? "is missing" : more ? "is there twice" : "stands there";
    }
    if (found == 1)
        snprintf(why, n, " (rank %d's part %s)", rank, what);
}

static void describe(const struct et_exact *x, int64_t i, char *text, size_t n)
{
    char why[64] = "";
    guess(x, i, why, sizeof why);
    snprintf(text, n, "element %lld: %.17g where %lld is right%s", (long long)i,
             et_dtype_get(x->p.dtype, x->out->host, (size_t)i),
             (long long)expected(x, i, 0), why);
}

/* Elements of [first, end) that are wrong, all from `rank` or sums; *where:
 * the first of all. */
static int64_t count_from(const struct et_exact *x, int rank, int64_t first,
                          int64_t end, int64_t *where)
{
    int64_t wrong = 0, lowest = INT64_MAX;
#pragma omp parallel for schedule(static) reduction(+ : wrong)                 \
    reduction(min : lowest) if (end - first > 4096)
    for (int64_t i = first; i < end; i++) {
        if (!holds(x, i, right(x, rank, i, 0))) {
            wrong++;
            lowest = i < lowest ? i : lowest;
        }
    }
    if (lowest < *where)
        *where = lowest;
    return wrong;
}

/* Wrong elements of this rank's [first, first+n). */
static double count_wrong(const struct et_exact *x, int64_t first, int64_t n,
                          int64_t *where)
{
    int64_t wrong = 0, end = first + n;
    if (x->p.op->sums)
        return (double)count_from(x, 0, first, end, where);
    for (int r = 0; r < x->team->size; r++) {
        int64_t begin = x->from[r].get, stop = begin + x->from[r].n;
        wrong += count_from(x, r, begin > first ? begin : first,
                            stop < end ? stop : end, where);
    }
    return (double)wrong;
}

/* An element costs p steps: of many ranks each looks at fewer, of very many at
 * one, only every so many samples and not all at the same. */
size_t et_exact_places(const struct et_exact *x, uint64_t call,
                       int64_t at[ET_EXACT_GLANCES])
{
    uint64_t p = (uint64_t)x->team->size, n = GLANCE_WORK / p;
    uint64_t every = (p + GLANCE_WORK - 1) / GLANCE_WORK;
    uint64_t stream = stream_of(x->seed, x->team->rank);

    if (x->turn == 0 || *x->fault || x->count == 0 ||
        (call + (uint64_t)x->team->rank) % every)
        return 0;
    n = n > ET_EXACT_GLANCES ? ET_EXACT_GLANCES : n < 1 ? 1 : n;
    for (uint64_t k = 0; k < n; k++)
        at[k] =
            (int64_t)(et_random_u64(stream, ~(call * ET_EXACT_GLANCES + k)) %
                      (uint64_t)x->count);
    return n;
}

void et_exact_glance(struct et_exact *x, uint64_t call, int64_t at)
{
    if (*x->fault || holds(x, at, expected(x, at, 0)))
        return;
    int said = snprintf(x->fault, sizeof x->fault,
                        "call %llu of run: ", (unsigned long long)call);
    describe(x, at, x->fault + said, sizeof x->fault - (size_t)said);
}

/* Of every element's bits and place; of two ranges, the sum of theirs. */
static uint64_t digest(const struct et_exact *x, int64_t first, int64_t n)
{
    uint64_t sum = 0;
#pragma omp parallel for schedule(static) reduction(+ : sum) if (n > 65536)
    for (int64_t i = first; i < first + n; i++) {
        double v = et_dtype_get(x->p.dtype, x->out->host, (size_t)i);
        uint64_t bits;
        memcpy(&bits, &v, sizeof bits);
        sum += et_random_u64(bits, (uint64_t)i);
    }
    return sum;
}

/* What a look at the outputs finds: bad is the same on all ranks, wrong and
 * where are this rank's own. */
struct finding {
    bool bad;
    double wrong;
    int64_t where; /* first wrong element; INT64_MAX */
};

/* Each rank computes anew all that it got. */
static enum et_status look_alone(const struct et_exact *x, struct finding *out)
{
    struct finding f = {.where = INT64_MAX};
    f.wrong = count_wrong(x, 0, x->count, &f.where);
    double any = f.wrong > 0 || *x->fault;
    enum et_status status = et_team_reduce(x->team, ET_MAX, &any, 1);
    f.bad = any > 0;
    *out = f;
    return status;
}

/* Which shares are not what they should be: not the same on all ranks, or
 * wrong where the owner looked. `mine`: this rank's own share is. bad[i] > 0 on
 * all ranks then. */
static enum et_status find_shares(const struct et_exact *x, bool mine,
                                  double *bad, uint64_t *digests)
{
    int p = x->team->size;
    int64_t first, n;
    if (x->team->rank == 0) {
        for (int i = 0; i < p; i++) {
            et_team_share(x->count, i, p, &first, &n);
            digests[i] = digest(x, first, n);
        }
    }
    enum et_status status =
        et_team_broadcast(x->team, 0, digests, (size_t)p * sizeof *digests);
    for (int i = 0; !status && i < p; i++) {
        et_team_share(x->count, i, p, &first, &n);
        bad[i] =
            digests[i] != digest(x, first, n) || (i == x->team->rank && mine);
    }
    return status ? status : et_team_reduce(x->team, ET_MAX, bad, (size_t)p);
}

/* Where all ranks got the same sums, each of p inputs, a share of the vector
 * has a rank that owns it and computes its sums anew from all ranks' streams;
 * that every rank holds the owners' very elements is told by a digest. So every
 * element of every rank is checked, in time O(count) on each whatever p, and
 * what is right costs two small messages. Only of what is wrong is the place
 * looked for. */
static enum et_status look_together(const struct et_exact *x,
                                    struct finding *out)
{
    struct finding f = {.where = INT64_MAX};
    int p = x->team->size, rank = -1;
    int64_t first, n, unused = INT64_MAX;
    bool same = false;
    double *bad = NULL;
    uint64_t *digests = NULL, all = digest(x, 0, x->count);

    et_team_share(x->count, x->team->rank, p, &first, &n);
    bool mine = count_wrong(x, first, n, &unused) > 0;
    enum et_status status = et_team_same(x->team, &all, sizeof all, &same);
    if (!status)
        status = et_team_lowest(x->team, mine || *x->fault, &rank);
    f.bad = !same || rank >= 0;
    if (status || !f.bad)
        goto out;
    bad = et_alloc((size_t)p, sizeof *bad);
    digests = et_alloc((size_t)p, sizeof *digests);
    status = et_team_agree(x->team, bad && digests ? ET_OK : et_no_memory());
    if (!status)
        status = find_shares(x, mine, bad, digests);
    for (int i = 0, looked = 0; !status && i < p && looked < RECHECK; i++) {
        if (bad[i] == 0)
            continue;
        looked++;
        et_team_share(x->count, i, p, &first, &n);
        f.wrong += count_wrong(x, first, n, &f.where);
    }
out:
    free(digests);
    free(bad);
    *out = f;
    return status;
}

enum et_status et_exact_verify(struct et_exact *x, struct et_verification *out)
{
    struct finding f = {0};
    enum et_status status = x->alike ? look_together(x, &f) : look_alone(x, &f);

    if (status)
        return status;
    *out = (struct et_verification){.status = ET_CHECK_PASSED};
    snprintf(
        out->method, sizeof out->method, "%s",
        x->alike
            ? "exact integer sums of inputs that change with each iteration; "
              "wrong elements: each rank recomputes a share, and digests "
              "compare it with all ranks'"
            : "exact integers that change with each iteration; wrong "
              "elements: each rank recomputes all that it got");
    if (f.bad) {
        if (!*x->fault && f.where != INT64_MAX)
            describe(x, f.where, x->fault, sizeof x->fault);
        status = et_team_reduce(x->team, ET_SUM, &f.wrong, 1);
        out->status = ET_CHECK_FAILED;
        out->error = f.wrong > 1 ? f.wrong : 1;
        if (!status)
            status = et_blame(x->team, x->fault, out->note);
        if (!status && !*out->note)
            snprintf(out->note, sizeof out->note, "ranks hold different sums");
    }
    /* The next check must see the next run's work. */
    *x->fault = '\0';
    return et_team_agree(x->team, et_status_worse(status, poison(x)));
}

/* Element i as if this rank had worked otherwise: a rank's part is missing or
 * there once more, which in a place of its own is in another's place. */
static double spoilt(const struct et_exact *x, const struct et_fault *fault,
                     int64_t i)
{
    uint64_t how = et_random_u64(fault->at, 1);
    int p = x->team->size, rank = (int)(how / 2 % (uint64_t)p);
    if (fault->kind == ET_FAULT_STALE)
        return (double)expected(x, i, 1);
    if (!x->p.op->sums) {
        int other = p > 1 ? (giver(x, i) + 1 + rank % (p - 1)) % p : 0;
        return how % 2 && p > 1 ? (double)part_of(x, other, i) : (double)NAN;
    }
    int64_t part = part_of(x, rank, i);
    return et_dtype_get(x->p.dtype, x->out->host, (size_t)i) +
           (double)(how % 2 ? part : -part);
}

void et_exact_damage(struct et_exact *x, const struct et_fault *fault,
                     double *size)
{
    size_t bytes = et_dtype_size(x->p.dtype);
    int64_t n = x->count < PART ? x->count : PART;
    char part[PART * sizeof(double)]; /* as it was */

    *size = NAN;
    if (x->count == 0)
        return;
    if (fault->kind == ET_FAULT_FLIP) {
        if (fault->bit < 0 || fault->bit >= (int)bytes * 8)
            return;
        et_dtype_flip(x->p.dtype, x->out->host,
                      (size_t)(fault->at % (uint64_t)x->count),
                      (size_t)fault->bit);
        *size = INFINITY;
        return;
    }
    /* The part begins anywhere; of two that change places, the other follows
     * it. */
    int64_t count = x->count;
    if (fault->kind == ET_FAULT_SWAP) {
        if (count < 2)
            return;
        n = n > count / 2 ? count / 2 : n;
        count -= n;
    }
    int64_t first = (int64_t)(fault->at % (uint64_t)(count - n + 1));
    char *at = (char *)x->out->host + (size_t)first * bytes;
    memcpy(part, at, (size_t)n * bytes);
    if (fault->kind == ET_FAULT_SWAP) {
        memcpy(at, at + (size_t)n * bytes, (size_t)n * bytes);
        memcpy(at + (size_t)n * bytes, part, (size_t)n * bytes);
    } else {
        for (int64_t i = first; i < first + n; i++)
            et_dtype_set(x->p.dtype, x->out->host, (size_t)i,
                         spoilt(x, fault, i));
    }
    *size = memcmp(at, part, (size_t)n * bytes) ? (double)INFINITY : 0;
}
