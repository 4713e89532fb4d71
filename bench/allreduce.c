/* allreduce: every rank's vector summed onto every rank. Ties the collective
 * kernels to the harness. The inputs are integers whose sum is exact in any
 * order, so that a right result is right to the last bit; and each iteration
 * reads them a cache line further on, so that the right result of one is
 * nowhere that of the next (expected() says why).
 */
#include "config.h"
#include "harness/case/bench.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/check/blame.h"
#include "harness/base/dtype.h"
#include "harness/base/log.h"
#include "harness/base/memory.h"
#include "harness/base/random.h"
#include "kernels/collective/allreduce.h"

#define STREAM 0x616c6c72 /* "allr": apart from the other benches' data */
#define RECHECK 4         /* shares looked at again when one is wrong */
#define TURNS 8           /* places in `in` at which a vector begins */
#define LINE 64           /* bytes from one such place to the next */
#define GLANCES 16        /* elements looked at between two samples, */
#define GLANCE_WORK 4096  /* and inputs recomputed for that at most */
#define PART 64           /* elements that a planted fault spoils at most */

struct params {
    int dtype;
    int64_t bytes;
};

struct state {
    const struct et_allreduce_backend *backend;
    struct et_team *team;
    struct et_allreduce p;
    uint64_t seed, turn, sample; /* iterations begun; calls of run */
    int64_t line;                /* elements of a cache line */
    int64_t limit;               /* of an input, input_limit() says it */
    void *in, *out, *plan;
    bool fetched;         /* out is what the last run left */
    char fault[ET_BLAME]; /* what a glance found; "" */
};

extern const struct et_bench et_bench_allreduce;

static const struct et_field rows[] = {
    {.key = "dtype",
     .type = ET_CHOICE,
     .at = offsetof(struct params, dtype),
     .preset = "fp32",
     .choices = ET_DTYPE_CHOICES,
     .help = "type of the elements"},
    {.key = "bytes",
     .type = ET_BYTES,
     .at = offsetof(struct params, bytes),
     .preset = "1 MiB",
     .min = 4,
     .max = 0x1p50,
     .help = "size of one rank's vector; a multiple of the element's"},
    {0}};

static const char *const shape[] = {"bytes", NULL};

static struct et_allreduce problem(const struct params *q)
{
    struct et_allreduce p = {.dtype = (enum et_dtype)q->dtype};
    int64_t size = (int64_t)et_dtype_size(p.dtype);
    p.count = q->bytes / size;
    p.slack = (TURNS - 1) * LINE / size;
    return p;
}

static enum et_status check(const void *params, const char *where)
{
    const struct params *q = params;
    struct et_allreduce p = problem(q);
    size_t size = et_dtype_size(p.dtype);

    if (p.count < 1 || q->bytes % (int64_t)size)
        return et_error(
            ET_USAGE, "%s: bytes: %lld is not a multiple of %s's %zu bytes",
            where, (long long)q->bytes, et_dtype_name(p.dtype), size);
    return ET_OK;
}

static void need(const void *params, int ranks, int threads,
                 struct et_need *out)
{
    const struct params *q = params;
    struct et_allreduce p = problem(q);
    (void)threads;
    /* in, out and at most one more vector; the reference has 64 MiB or a
     * page a rank on rank 0. */
    double root = 4096.0 * ranks > 0x1p26 ? 4096.0 * ranks : 0x1p26;
    double third = (double)q->bytes;
    if (third < root)
        third = third * ranks < root ? third * ranks : root;
    *out = (struct et_need){.memory =
                                2.0 * (double)q->bytes + third + TURNS * LINE,
                            .flop = (double)(ranks - 1) * (double)p.count,
                            .bytes = (double)q->bytes * ranks};
}

static const char *unsupported(const void *params, const char *backend,
                               int ranks)
{
    struct et_allreduce p = problem(params);
    const struct et_allreduce_backend *b = et_allreduce_backend_find(backend);
    const char *why = et_backend_why_not(&b->base);
    return why || !b->unsupported ? why : b->unsupported(&p, ranks);
}

/* Largest |x| of an input TURNS*x + tag: the sum of p of them stays exact in
 * the type's significand (2^24 for fp32, 2^53 for fp64) in any order. */
static int64_t input_limit(enum et_dtype dtype, int ranks)
{
    int64_t exact = dtype == ET_FP64 ? (int64_t)1 << 53 : (int64_t)1 << 24;
    return (exact / TURNS - 1) / ranks;
}

static uint64_t stream_of(uint64_t seed, int rank)
{
    return et_random_stream(et_random_stream(seed, STREAM), (uint64_t)rank);
}

/* Element i of a rank's `in`: a random multiple of TURNS. Rank 0 adds the
 * number of the cache line, modulo TURNS. */
static int64_t input(const struct state *s, int rank, int64_t i)
{
    uint64_t span = 2 * (uint64_t)s->limit + 1;
    uint64_t r = et_random_u64(stream_of(s->seed, rank), (uint64_t)i);
    int64_t tag = rank == 0 ? i / s->line % TURNS : 0;
    return TURNS * ((int64_t)(r % span) - s->limit) + tag;
}

/* Where the iteration begins in `in` that was the last but `ago`. */
static int64_t start(const struct state *s, uint64_t ago)
{
    return (int64_t)((s->turn - 1 - ago) % TURNS) * s->line;
}

/* Element i of the sum, `ago` iterations before the last. Modulo TURNS it is
 * the number of the line that was read there, so that of TURNS iterations in
 * a row no two have the same right answer at any element. */
static int64_t expected(const struct state *s, int64_t i, uint64_t ago)
{
    int64_t sum = 0;
    for (int r = 0; r < s->team->size; r++)
        sum += input(s, r, start(s, ago) + i);
    return sum;
}

/* Bit by bit: a sum of integers that is zero is +0, and a NaN is wrong. */
static bool holds(const struct state *s, int64_t i, int64_t want)
{
    size_t size = et_dtype_size(s->p.dtype);
    double right = 0; /* room for any element */
    et_dtype_set(s->p.dtype, &right, 0, (double)want);
    return memcmp((const char *)s->out + (size_t)i * size, &right, size) == 0;
}

/* No sum is NaN, so what a run fails to write cannot look right. */
static void poison(struct state *s)
{
    memset(s->out, 0xff, (size_t)s->p.count * et_dtype_size(s->p.dtype));
}

static enum et_status prepare(void *state, const struct et_setting *setting,
                              const void *params)
{
    struct state *s = state;
    enum et_status status = ET_OK;

    s->team = setting->team;
    s->backend = et_allreduce_backend_find(setting->backend);
    s->p = problem(params);
    s->seed = setting->seed;
    size_t size = et_dtype_size(s->p.dtype);
    s->line = LINE / (int64_t)size;
    s->in = et_alloc_aligned((size_t)(s->p.count + s->p.slack), size);
    s->out = et_alloc_aligned((size_t)s->p.count, size);
    if (!s->in || !s->out)
        status = et_error(ET_INFRA,
                          "allreduce: no memory for two vectors of %lld "
                          "elements",
                          (long long)s->p.count);
    status = et_team_agree(s->team, status);
    if (status)
        return status;
    s->limit = input_limit(s->p.dtype, s->team->size);
    if (s->limit < 1)
        return et_error(ET_USAGE,
                        "allreduce: %s cannot hold an exact sum over %d ranks",
                        et_dtype_name(s->p.dtype), s->team->size);
#pragma omp parallel for schedule(static) if (s->p.count > 65536)
    for (int64_t i = 0; i < s->p.count + s->p.slack; i++)
        et_dtype_set(s->p.dtype, s->in, (size_t)i,
                     (double)input(s, s->team->rank, i));
    poison(s);
    return et_team_agree(
        s->team, s->backend->create(&s->p, s->team, s->in, s->out, &s->plan));
}

static enum et_status run(void *state, uint64_t iterations)
{
    struct state *s = state;
    /* A call that did nothing must not find the last one's answer right. */
    if (iterations % TURNS == 0)
        s->turn++;
    s->sample++;
    s->fetched = false;
    for (uint64_t i = 0; i < iterations; i++) {
        s->turn++;
        enum et_status status = s->backend->run(s->plan, start(s, 0));
        if (status)
            return status;
    }
    return ET_OK;
}

static enum et_status fetch(struct state *s)
{
    enum et_status status = ET_OK;
    if (!s->fetched)
        status = s->backend->fetch(s->plan, s->out, 0, s->p.count);
    s->fetched = status == ET_OK;
    return status;
}

/* What stands at a wrong element, and what it looks like: the sum of an
 * earlier iteration, or one with a rank's part left out or added twice. */
static void describe(const struct state *s, int64_t i, char *text, size_t n)
{
    int64_t want = expected(s, i, 0);
    int less = 0, more = 0, rank = 0;
    uint64_t ago = 1;
    char why[64] = "";

    while (ago < TURNS && !holds(s, i, expected(s, i, ago)))
        ago++;
    for (int r = 0; r < s->team->size; r++) {
        int64_t part = input(s, r, start(s, 0) + i);
        bool without = holds(s, i, want - part);
        bool twice = holds(s, i, want + part);
        less += without;
        more += twice;
        if (without || twice)
            rank = r;
    }
    if (ago < TURNS)
        snprintf(why, sizeof why, " (stale: right %s before)",
                 ago == 1 ? "one iteration" : "some iterations");
    else if (less + more == 1)
        snprintf(why, sizeof why, " (rank %d's part %s)", rank,
                 less ? "is missing" : "is there twice");
    snprintf(text, n, "element %lld: %.17g where %lld is right%s", (long long)i,
             et_dtype_get(s->p.dtype, s->out, (size_t)i), (long long)want, why);
}

/* Elements of [first, first+n) that are wrong; *where: the first of all. */
static double count_wrong(const struct state *s, int64_t first, int64_t n,
                          int64_t *where)
{
    int64_t wrong = 0, lowest = INT64_MAX;
#pragma omp parallel for schedule(static) reduction(+ : wrong)                 \
    reduction(min : lowest) if (n > 4096)
    for (int64_t i = first; i < first + n; i++) {
        if (!holds(s, i, expected(s, i, 0))) {
            wrong++;
            lowest = i < lowest ? i : lowest;
        }
    }
    if (lowest < *where)
        *where = lowest;
    return (double)wrong;
}

/* Random elements of the last iteration. An element costs p inputs: of many
 * ranks each looks at fewer, of very many at one, only every so many samples
 * and not all at the same. */
static void glance(void *state)
{
    struct state *s = state;
    uint64_t p = (uint64_t)s->team->size, n = GLANCE_WORK / p;
    uint64_t every = (p + GLANCE_WORK - 1) / GLANCE_WORK;

    if (s->turn == 0 || *s->fault ||
        (s->sample + (uint64_t)s->team->rank) % every)
        return;
    n = n > GLANCES ? GLANCES : n < 1 ? 1 : n;
    for (uint64_t k = 0; k < n; k++) {
        uint64_t random = et_random_u64(stream_of(s->seed, s->team->rank),
                                        ~(s->sample * GLANCES + k));
        int64_t i = (int64_t)(random % (uint64_t)s->p.count);
        void *at = (char *)s->out + (size_t)i * et_dtype_size(s->p.dtype);
        if (!s->fetched && s->backend->fetch(s->plan, at, i, 1)) {
            snprintf(s->fault, sizeof s->fault,
                     "call %llu of run: the sum "
                     "could not be fetched",
                     (unsigned long long)s->sample);
            return;
        }
        if (holds(s, i, expected(s, i, 0)))
            continue;
        int said =
            snprintf(s->fault, sizeof s->fault,
                     "call %llu of run: ", (unsigned long long)s->sample);
        describe(s, i, s->fault + said, sizeof s->fault - (size_t)said);
        return;
    }
}

/* 53 bits of every element's bits and place, so that a double holds it. */
static double digest(const struct state *s, int64_t first, int64_t n)
{
    uint64_t sum = 0;
#pragma omp parallel for schedule(static) reduction(+ : sum) if (n > 65536)
    for (int64_t i = first; i < first + n; i++) {
        double v = et_dtype_get(s->p.dtype, s->out, (size_t)i);
        uint64_t bits;
        memcpy(&bits, &v, sizeof bits);
        sum += et_random_u64(bits, (uint64_t)i);
    }
    return (double)(sum >> 11);
}

/* A share of the vector has a rank that owns it and computes its sums anew
 * from all ranks' streams; that every rank holds the owner's very elements is
 * told by a digest of each share. So every element of every rank is checked,
 * in time O(count) on each whatever p; and so the bench needs no `output`,
 * which would differ from one iteration to the next. */
static enum et_status verify(void *state, struct et_verification *out)
{
    struct state *s = state;
    int p = s->team->size;
    int64_t first, n, where = INT64_MAX;
    /* By share: the digest, its negative, wrong elements at the owner. Then:
     * did any rank's glance find a fault? */
    double *v = NULL, wrong = 0;

    enum et_status status = fetch(s);
    if (!status)
        v = et_alloc((size_t)p * 3 + 1, sizeof *v);
    if (!status && !v)
        status = et_error(ET_INFRA, "allreduce: no memory to verify");
    status = et_team_agree(s->team, status);
    if (status)
        goto out;
    for (int i = 0; i < p; i++) {
        et_team_share(s->p.count, i, p, &first, &n);
        v[3 * i] = digest(s, first, n);
        v[3 * i + 1] = -v[3 * i];
        if (i == s->team->rank)
            v[3 * i + 2] = count_wrong(s, first, n, &where);
    }
    v[3 * p] = *s->fault != '\0';
    status = et_team_reduce(s->team, ET_MAX, v, 3 * (size_t)p + 1);
    if (status)
        goto out;
    bool bad = v[3 * p] > 0;
    where = INT64_MAX;
    for (int i = 0, looked = 0; i < p && looked < RECHECK; i++) {
        if (v[3 * i] + v[3 * i + 1] == 0 && v[3 * i + 2] == 0)
            continue;
        bad = true;
        looked++;
        et_team_share(s->p.count, i, p, &first, &n);
        wrong += count_wrong(s, first, n, &where);
    }
    *out = (struct et_verification){.status = ET_CHECK_PASSED};
    snprintf(out->method, sizeof out->method,
             "exact integer sums, other ones each iteration; wrong elements: "
             "each rank recomputes a share, digests compare all ranks' with "
             "it");
    if (bad) {
        if (!*s->fault && where != INT64_MAX)
            describe(s, where, s->fault, sizeof s->fault);
        status = et_team_reduce(s->team, ET_SUM, &wrong, 1);
        out->status = ET_CHECK_FAILED;
        out->error = wrong > 1 ? wrong : 1;
        if (!status)
            status = et_blame(s->team, s->fault, out->note);
        if (!status && !*out->note)
            snprintf(out->note, sizeof out->note, "ranks hold different sums");
    }
    /* The next check must see the next run's work. */
    poison(s);
    *s->fault = '\0';
out:
    free(v);
    return status;
}

/* Element i as if this rank had summed otherwise. */
static double spoilt(const struct state *s, const struct et_fault *fault,
                     int64_t i)
{
    uint64_t how = et_random_u64(fault->at, 1);
    int rank = (int)(how / 2 % (uint64_t)s->team->size);
    if (fault->kind == ET_FAULT_STALE)
        return (double)expected(s, i, 1);
    int64_t part = input(s, rank, start(s, 0) + i);
    return et_dtype_get(s->p.dtype, s->out, (size_t)i) +
           (double)(how % 2 ? part : -part);
}

static enum et_status damage(void *state, const struct et_fault *fault,
                             double *size)
{
    struct state *s = state;
    size_t bytes = et_dtype_size(s->p.dtype);
    int64_t n = s->p.count < PART ? s->p.count : PART;
    char part[PART * sizeof(double)]; /* as it was */

    enum et_status status = fetch(s);
    if (status)
        return status;
    *size = NAN;
    if (fault->kind == ET_FAULT_FLIP) {
        if (fault->bit < 0 || fault->bit >= (int)bytes * 8)
            return ET_OK;
        size_t at = fault->at % (uint64_t)s->p.count * bytes;
        size_t byte = (size_t)fault->bit / 8; /* the lowest bits' is 0 */
        if (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__)
            byte = bytes - 1 - byte;
        ((unsigned char *)s->out)[at + byte] ^=
            (unsigned char)(1 << fault->bit % 8);
        *size = INFINITY;
        return ET_OK;
    }
    /* The part begins anywhere; of two that change places, the other follows
     * it. */
    int64_t count = s->p.count;
    if (fault->kind == ET_FAULT_SWAP) {
        if (count < 2)
            return ET_OK;
        n = n > count / 2 ? count / 2 : n;
        count -= n;
    }
    int64_t first = (int64_t)(fault->at % (uint64_t)(count - n + 1));
    char *at = (char *)s->out + (size_t)first * bytes;
    memcpy(part, at, (size_t)n * bytes);
    if (fault->kind == ET_FAULT_SWAP) {
        memcpy(at, at + (size_t)n * bytes, (size_t)n * bytes);
        memcpy(at + (size_t)n * bytes, part, (size_t)n * bytes);
    } else {
        for (int64_t i = first; i < first + n; i++)
            et_dtype_set(s->p.dtype, s->out, (size_t)i, spoilt(s, fault, i));
    }
    *size = memcmp(at, part, (size_t)n * bytes) ? (double)INFINITY : 0;
    return ET_OK;
}

static void work(const void *state, struct et_work *out)
{
    const struct state *s = state;
    double p = s->team->size;
    double bytes = (double)s->p.count * (double)et_dtype_size(s->p.dtype);

    *out = (struct et_work){
        .flop = (p - 1) * (double)s->p.count,
        .bytes = bytes,
        .bus_bytes = p > 1 ? bytes * 2 * (p - 1) / p : NAN,
        .messages = s->backend->messages(&s->p, s->team->size),
        .convention = "bytes: one rank's vector S; bus_bytes: S*2(p-1)/p "
                      "(nccl-tests); flop: (p-1) additions an element"};
}

static void release(void *state)
{
    struct state *s = state;
    if (s->plan)
        s->backend->destroy(s->plan);
    et_free_aligned(s->in);
    et_free_aligned(s->out);
}

const struct et_bench et_bench_allreduce = {
    .name = "allreduce",
    .summary = "sum of all ranks' vectors on every rank",
    .params = rows,
    .params_size = sizeof(struct params),
    .serial = true,
    .shape_key = "sizes",
    .shape = shape,
    .shape_preset = "8..256MiB*32",
    .shape_help = "bytes of one rank's vector",
    .backends = &et_allreduce_backends,
    .check = check,
    .need = need,
    .unsupported = unsupported,
    .state_size = sizeof(struct state),
    .prepare = prepare,
    .run = run,
    .verify = verify,
    .glance = glance,
    .work = work,
    .damage = damage,
    .release = release};
