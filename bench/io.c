/* io: a checkpoint written, or read back, by all ranks of a team. Ties the
 * I/O kernels to the harness. The data is incompressible and keyed by file,
 * offset and epoch, and bench/check/io.c holds it to that; whether a transfer
 * met the device is proven (bench/check/witness.h), not assumed. Touches no
 * file that it did not make.
 */
#include "config.h"
#include "harness/case/bench.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "bench/check/io.h"
#include "bench/check/witness.h"
#include "harness/base/log.h"
#include "harness/base/memory.h"
#include "harness/base/random.h"
#include "harness/system/scratch.h"
#include "kernels/io/io.h"

#define STREAM 0x696f6461 /* "ioda": apart from the other benches' data */
#define CHUNK ((int64_t)1 << 20) /* bytes read at once to warm the cache */
#define COLD 0.01 /* share of cached pages up to which a read is a device's */

enum { WRITE, READ };
enum { PER_RANK, SHARED };
enum { COLD_CACHE, WARM_CACHE };
enum { WEAK, STRONG };

struct params {
    int op, layout, cache, scaling;
    int64_t bytes, block;
    bool direct, sync;
};

struct state {
    const struct et_io_backend *backend;
    struct et_team *team;
    struct params q;
    struct et_io p;
    struct et_io_check check; /* of the contents */
    struct et_io_witness witness;
    char *path;
    char filesystem[64]; /* "" where not known */
    bool created;        /* by this rank: it removes it */
    dev_t device;        /* of the file that it created, to know it again */
    ino_t inode;
    struct et_buffer data; /* to be written, or read into */
    bool brought;          /* what was read last is on the host */
    unsigned char *chunk;
    /* Cached share before the reads: has been asked, once without answer,
     * least and most. */
    bool looked, untold;
    double share_low, share_high;
    void *setup;
};

extern const struct et_bench et_bench_io;

static const struct et_field rows[] = {
    ET_ROW(params, op, ET_CHOICE, "what is timed", .preset = "write",
           .choices = "write|read"),
    ET_ROW(params, layout, ET_CHOICE,
           "a file for each rank, or one in which each has a stripe",
           .preset = "file-per-rank", .choices = "file-per-rank|shared"),
    ET_ROW(params, bytes, ET_BYTES,
           "of each rank (scaling = weak), or of all (strong)",
           .preset = "64 MiB", .min = 1, .max = 0x1p50),
    ET_ROW(params, block, ET_BYTES, "bytes moved by one call",
           .preset = "4 MiB", .min = 1, .max = 0x1p40),
    ET_ROW(params, direct, ET_BOOL, "past the page cache (O_DIRECT)",
           .preset = "no"),
    ET_ROW(params, sync, ET_BOOL, "a write is over when it is durable (fsync)",
           .preset = "yes"),
    ET_ROW(params, cache, ET_CHOICE,
           "page cache before a read: dropped and proven so, or filled",
           .preset = "cold", .choices = "cold|warm"),
    ET_ROW(params, scaling, ET_CHOICE,
           "what grows with the team: the data, or only the ranks",
           .preset = "weak", .choices = "weak|strong"),
    {0}};

static const char *const shape[] = {"bytes", NULL};

/* Strong: an equal, page-multiple part each; what is left over is not moved,
 * and work() does not count it. */
static struct et_io problem(const struct params *q, int ranks)
{
    struct et_io p = {.shared = q->layout == SHARED,
                      .direct = q->direct,
                      .sync = q->sync,
                      .bytes = q->bytes,
                      .block = q->block};
    if (q->scaling == STRONG)
        p.bytes = q->bytes / ranks / 4096 * 4096;
    return p;
}

static enum et_status check(const void *params, const char *where)
{
    const struct params *q = params;
    if (q->direct && q->bytes % 4096)
        return et_error(ET_USAGE,
                        "%s: bytes: %lld is not a multiple of 4096, "
                        "as direct = yes needs",
                        where, (long long)q->bytes);
    if (q->direct && q->block % 4096)
        return et_error(ET_USAGE,
                        "%s: block: %lld is not a multiple of 4096, "
                        "as direct = yes needs",
                        where, (long long)q->block);
    return ET_OK;
}

static void need(const void *params, int ranks, int threads,
                 struct et_need *out)
{
    struct et_io p = problem(params, ranks);
    double all = (double)p.bytes * ranks;
    (void)threads;
    *out = (struct et_need){.memory = (double)p.bytes + 3.0 * (double)CHUNK,
                            .disk = all,
                            .bytes = all};
}

static const char *unsupported(const void *params, const char *backend,
                               int ranks)
{
    const struct params *q = params;
    struct et_io p = problem(q, ranks);
    if (p.bytes < 1)
        return "less than 4096 bytes for each rank";
    if (q->op == READ && q->direct && q->cache == WARM_CACHE)
        return "a direct read does not use the page cache that cache = warm "
               "fills";
    const struct et_io_backend *b = et_io_backend_find(backend);
    const char *why = et_backend_why_not(&b->base);
    return why ? why : b->unsupported(&p);
}

/* Room in the scratch directory, before anything is written. */
static enum et_status check_space(const struct state *s, const char *scratch)
{
    double here = (double)s->p.bytes;
    struct statvfs v;
    char want[ET_TEXT_NUMBER], have[ET_TEXT_NUMBER];

    if (s->team->local_rank != 0 || (s->p.shared && s->team->rank != 0))
        return ET_OK;
    here *= s->p.shared ? s->team->size : s->team->local_size;
    if (statvfs(scratch, &v))
        return et_error(ET_INFRA, "%s: %s", scratch, strerror(errno));
    double room = (double)v.f_bavail * (double)v.f_frsize;
    if (here > room)
        return et_error(ET_INFRA, "%s: no space: %s are needed, %s are free",
                        scratch, et_print_bytes(want, (int64_t)here),
                        et_print_bytes(have, (int64_t)room));
    return ET_OK;
}

/* A file of our own making, or none. */
static enum et_status create_file(struct state *s)
{
    int flags = O_RDWR | O_NOFOLLOW | O_CLOEXEC, fd;
    bool mine = !s->p.shared || s->team->rank == 0;

    fd = mine ? open(s->path, flags | O_CREAT | O_EXCL, 0600) : -1;
    s->created = fd >= 0;
    struct stat st;
    if (s->created && fstat(fd, &st) == 0) {
        s->device = st.st_dev;
        s->inode = st.st_ino;
    }
    enum et_status status = ET_OK;
    if (mine && fd < 0 && errno == EEXIST)
        status = et_error(ET_INFRA,
                          "%s: is there already and not this run's; "
                          "nothing was written to it",
                          s->path);
    else if (mine && fd < 0)
        status = et_error(ET_INFRA, "%s: %s", s->path, strerror(errno));
    status = et_team_agree(s->team, status);
    if (!status && !mine) {
        fd = open(s->path, flags);
        if (fd < 0)
            status = et_error(ET_INFRA,
                              "%s: %s: rank %d does not see rank "
                              "0's file; is the scratch directory shared by "
                              "all nodes?",
                              s->path, strerror(errno), s->team->rank);
    }
    if (fd >= 0)
        close(fd);
    return et_team_agree(s->team, status);
}

static enum et_status name_file(struct state *s,
                                const struct et_setting *setting)
{
    struct et_text t = {0};
    char owner[ET_SCRATCH_OWNER];
    et_scratch_owner("", owner);
    et_text_add(&t, "%s/" ET_SCRATCH_PREFIX, setting->scratch);
    /* A tag begins with the owner on rank 0, which makes the shared file. */
    if (s->p.shared)
        et_text_add(&t, "%s-shared", setting->tag);
    else
        et_text_add(&t, "%s-%d", owner, s->team->rank);
    s->path = t.failed ? NULL : et_strdup(et_text_str(&t));
    et_text_free(&t);
    return s->path ? ET_OK : et_error(ET_INFRA, "no memory for a file name");
}

static uint64_t mix_text(uint64_t stream, const char *text)
{
    for (; text && *text; text++)
        stream = et_random_stream(stream, (unsigned char)*text);
    return stream;
}

/* The same on all ranks; another for each case and run, so that what an older
 * file left on the device cannot pass for what this one should hold. */
static uint64_t stream_of(const struct et_setting *setting,
                          const struct params *q)
{
    const uint64_t mixed[] = {
        (uint64_t)q->op,    (uint64_t)q->layout,
        (uint64_t)q->cache, (uint64_t)q->bytes,
        (uint64_t)q->block, (uint64_t)q->scaling,
        q->direct,          q->sync,
    };
    uint64_t stream = et_random_stream(setting->seed, STREAM);
    for (size_t i = 0; i < sizeof mixed / sizeof *mixed; i++)
        stream = et_random_stream(stream, mixed[i]);
    return mix_text(mix_text(stream, setting->backend), setting->tag);
}

/* What will be written, of this epoch, to where the backend takes it. */
static enum et_status fill(const struct state *s)
{
    et_io_check_fill(&s->check, s->data.host);
    return et_buffer_send(&s->data, 0, s->data.n);
}

/* What was read, to the host, where it is looked at. */
static enum et_status bring(struct state *s)
{
    enum et_status status = ET_OK;
    if (s->q.op == READ && !s->brought)
        status = et_buffer_bring(&s->data, 0, s->data.n);
    s->brought = status == ET_OK;
    return status;
}

static enum et_status prepare(void *state, const struct et_setting *setting,
                              const void *params)
{
    struct state *s = state;
    int64_t total;

    s->team = setting->team;
    s->backend = et_io_backend_find(setting->backend);
    s->q = *(const struct params *)params;
    s->p = problem(&s->q, s->team->size);
    s->check =
        (struct et_io_check){.team = s->team,
                             .epoch = 1, /* 0 is before the first */
                             .contents = {.seed = stream_of(setting, &s->q),
                                          .shared = s->p.shared,
                                          .bytes = s->p.bytes}};
    if (!et_mul(s->p.bytes, s->team->size, &total))
        return et_error(ET_USAGE, "io: %d ranks of %lld bytes are too much",
                        s->team->size, (long long)s->p.bytes);
    (void)et_io_filesystem(setting->scratch, s->filesystem,
                           sizeof s->filesystem);
    enum et_status status = name_file(s, setting);
    if (!status)
        status = check_space(s, setting->scratch);
    if (!status) {
        s->chunk = et_alloc_aligned((size_t)CHUNK, 1);
        if (!s->chunk || et_buffer_open(&s->data, s->backend->base.space,
                                        (size_t)s->p.bytes, 1))
            status = et_error(ET_INFRA, "io: no memory for %lld bytes",
                              (long long)s->p.bytes);
        s->check.path = s->path;
        s->witness =
            (struct et_io_witness){.path = s->path, .writes = s->q.op == WRITE};
        s->check.data = s->q.op == READ ? s->data.host : NULL;
    }
    if (!status)
        status = et_io_check_open(&s->check);
    status = et_team_agree(s->team, status);
    if (!status)
        status = create_file(s);
    if (status)
        return status;
    status = et_team_agree(
        s->team, s->backend->create(&s->p, s->team, s->path, &s->setup));
    if (status)
        return status;
    if (s->q.op == WRITE)
        return ET_OK;
    status = fill(s);
    /* What will be read is written as the backend writes. */
    if (!status)
        status = s->backend->write(s->setup, s->data.at);
    return et_team_agree(s->team, status);
}

/* Empty the file, durably: a checkpoint is a new file, not an old one's
 * blocks, and the old blocks' return is not its cost. */
static enum et_status empty_file(const struct state *s)
{
    if (!s->created)
        return ET_OK;
    struct stat st;
    int fd = open(s->path, O_WRONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
    enum et_status status = ET_OK;
    if (fd >= 0 &&
        (fstat(fd, &st) || st.st_dev != s->device || st.st_ino != s->inode))
        status = et_error(ET_INFRA,
                          "%s: is another file than this run made; nothing was "
                          "written to it",
                          s->path);
    else if (fd < 0 || ftruncate(fd, 0) || fsync(fd))
        status =
            et_error(ET_INFRA, "%s: truncate: %s", s->path, strerror(errno));
    if (fd >= 0)
        close(fd);
    return status;
}

static enum et_status warm(const struct state *s)
{
    int fd = open(s->path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : 1;
    while (n > 0 || (n < 0 && fd >= 0 && errno == EINTR))
        n = read(fd, s->chunk, (size_t)CHUNK);
    enum et_status status = ET_OK;
    if (n < 0)
        status = et_error(ET_INFRA, "%s: %s", s->path, strerror(errno));
    if (fd >= 0)
        close(fd);
    return status;
}

/* The cache as the case wants it, and the proof of how it is. */
static enum et_status set_cache(struct state *s)
{
    enum et_status status =
        s->q.cache == WARM_CACHE ? warm(s) : et_io_cache_drop(s->path);
    /* Others' pages of a shared file go or come too: wait for all. */
    status = et_team_agree(s->team, status);
    if (status)
        return status;
    double share = et_io_cache_share(s->path);
    if (isnan(share))
        s->untold = true;
    if (!s->looked || share < s->share_low)
        s->share_low = share;
    if (!s->looked || share > s->share_high)
        s->share_high = share;
    s->looked = true;
    /* A fast rank's read would look like a cache that was not dropped. */
    return et_team_barrier(s->team);
}

static enum et_status make_ready(struct state *s)
{
    /* Not while another rank still moves the last sample, or looks at it. */
    enum et_status status = et_team_barrier(s->team);
    if (status)
        return status;
    if (s->q.op == WRITE) {
        s->check.epoch++;
        status = fill(s);
        if (!status)
            status = empty_file(s);
        return et_team_agree(s->team, status);
    }
    /* What a read fails to deliver must not stand there from the last. */
    s->brought = false;
    status =
        et_team_agree(s->team, et_buffer_fill(&s->data, 0, s->data.n, 0xa5));
    return status ? status : set_cache(s);
}

static enum et_status before(void *state)
{
    struct state *s = state;
    enum et_status status = make_ready(s);
    et_io_witness_before(&s->witness);
    return status;
}

static enum et_status run(void *state, uint64_t iterations)
{
    struct state *s = state;
    s->check.samples++;
    for (uint64_t i = 0; i < iterations; i++) {
        enum et_status status = s->q.op == WRITE
                                    ? s->backend->write(s->setup, s->data.at)
                                    : s->backend->read(s->setup, s->data.at);
        if (status)
            return status;
    }
    return ET_OK;
}

static enum et_status verify(void *state, struct et_verification *out)
{
    struct state *s = state;
    enum et_status status = et_team_agree(s->team, bring(s));
    return status ? status : et_io_check_verify(&s->check, out);
}

static void glance(void *state)
{
    struct state *s = state;
    et_io_witness_after(&s->witness, (double)s->p.bytes);
    s->check.failed = et_status_worse(s->check.failed, bring(s));
    et_io_check_glance(&s->check);
}

static enum et_status damage(void *state, const struct et_fault *fault,
                             double *size)
{
    struct state *s = state;
    enum et_status status = bring(s);
    return status ? status : et_io_check_damage(&s->check, fault, size);
}

static bool work_of(const void *params, const char *backend, int ranks,
                    int threads, const struct et_pairs *facts,
                    struct et_work *out)
{
    (void)backend, (void)threads, (void)facts;
    *out = (struct et_work){
        .bytes = (double)problem(params, ranks).bytes * ranks,
        .convention = "bytes: payload of all ranks; a write opens, writes "
                      "an emptied file, syncs if asked and closes; a read "
                      "opens, reads, closes"};
    return true;
}

static void work(const void *state, struct et_work *out)
{
    const struct state *s = state;
    work_of(&s->q, s->backend->base.name, s->team->size, 1, NULL, out);
}

/* Below this node's page cache: what caches a device or server has is its
 * own matter. */
static const char *source(const struct state *s, double low, double high)
{
    if (high <= COLD)
        return "device";
    /* A file system that took O_DIRECT and yet keeps pages proves nothing. */
    if (isnan(high))
        return s->p.direct ? "device" : "unknown";
    return low > 1 - COLD ? "page cache" : "mixed";
}

static enum et_status facts(void *state, struct et_pairs *out)
{
    struct state *s = state;
    char text[sizeof s->filesystem + 16];
    bool told = s->looked && !s->untold;
    double v[3] = {told ? s->share_high : 0, told ? -s->share_low : -1, !told};
    const char *where;

    enum et_status status = et_team_reduce(s->team, ET_MAX, v, 3);
    if (status)
        return status;
    struct et_io_testimony kernel;
    status = et_io_witness_ask(&s->witness, s->team, &kernel);
    if (status)
        return status;
    double high = v[2] > 0 ? NAN : v[0], low = v[2] > 0 ? NAN : -v[1];
    if (s->q.op == READ)
        where = source(s, low, high);
    else if (s->p.sync || s->p.direct)
        where = "device";
    else
        where = "page cache or device";
    bool device = strcmp(where, "device") == 0;
    if (device && !kernel.agrees)
        where = "device (claimed)";
    snprintf(text, sizeof text, "memory (%s)", s->filesystem);
    if (et_io_filesystem_is_memory(s->filesystem))
        where = text;
    device &= where != text;
    bool ok =
        et_pairs_set(out, s->q.op == READ ? "source" : "target", where, false);
    if (ok && device && *kernel.doubt)
        ok = et_pairs_set(out, "doubt", kernel.doubt, false);
    if (ok && s->filesystem[0])
        ok = et_pairs_set(out, "filesystem", s->filesystem, false);
    if (ok && s->q.op == READ && !isnan(high)) {
        char number[ET_TEXT_NUMBER];
        ok = et_pairs_set(out, "cache_share_before",
                          et_print_real(number, high), true);
    }
    if (ok && s->q.op == READ && s->q.cache == COLD_CACHE && !(high <= COLD))
        ok = et_pairs_set(out, "doubt", "a cold page cache could not be proven",
                          false);
    return ok ? ET_OK : et_error(ET_INFRA, "io: no memory for facts");
}

static void release(void *state)
{
    struct state *s = state;
    if (s->setup)
        s->backend->base.destroy(s->setup);
    if (s->created && unlink(s->path))
        et_warn("%s: cannot be removed: %s", s->path, strerror(errno));
    free(s->path);
    et_buffer_close(&s->data);
    et_free_aligned(s->chunk);
    et_io_check_close(&s->check);
}

const struct et_bench et_bench_io = {
    ET_BENCH("io", "a checkpoint written or read by all ranks",
             "transfers to and from storage", "bandwidth"),
    .role = ET_ROLE_STORAGE,
    ET_BENCH_SHAPES("sizes", 0, "64MiB",
                    "bytes of each rank (weak) or of all (strong)"),
    .serial = true,
    .once = true,
    .backends = &et_io_backends,
    .check = check,
    .before = before,
    ET_BENCH_RUN,
    .work_of = work_of,
    .glance = glance,
    .damage = damage,
    .facts = facts,
};
