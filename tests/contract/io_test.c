/* io: every listed backend in every layout, on as many ranks as there are,
 * with sizes that no block divides; then the bench over it: right data pass,
 * each kind of fault on disk or in the buffer is caught and called by its name,
 * foreign files stay, nothing is left behind.
 */
#include "config.h"
#include "kernels/io/io.h"

#include <string.h>

/* Beside the build's backends, one whose data lie in another memory. */
static const struct et_io_backend *find(const char *name);
#define et_io_backend_find find

/* With the bench's inside in reach, so that its data can be spoilt. */
#include "bench/io.c"

#undef et_io_backend_find

#include <dirent.h>

#include "tests/contract/far.h"
#include "tests/mpi/check.h"

/* posix, with data that the host cannot reach. */
static enum et_status far_write(void *setup, const void *data)
{
    return et_io_backend_find("posix")->write(setup, (const char *)data + FAR);
}

static enum et_status far_read(void *setup, void *data)
{
    return et_io_backend_find("posix")->read(setup, (char *)data + FAR);
}

static struct et_io_backend far_away;

static const struct et_io_backend *find(const char *name)
{
    if (strcmp(name, far.name))
        return et_io_backend_find(name);
    far_away = *et_io_backend_find("posix");
    far_away.base.name = far.name;
    far_away.base.space = &far;
    far_away.write = far_write;
    far_away.read = far_read;
    return &far_away;
}

static void test_backend(const struct et_io_backend *b, struct et_team *t,
                         const char *dir, const struct et_io *p)
{
    char path[512];
    void *setup = NULL;
    unsigned char *a = et_alloc_aligned((size_t)p->bytes, 1);
    unsigned char *c = et_alloc_aligned((size_t)p->bytes, 1);
    struct stat st;

    snprintf(path, sizeof path, "%s/contract-%d", dir, p->shared ? 0 : t->rank);
    CHECK(a && c);
    et_random_bytes(a, (size_t)p->bytes, (uint64_t)t->rank + 1, 0);
    CHECK(b->create(p, t, path, &setup) == ET_OK);
    CHECK(b->write(setup, a) == ET_OK);
    CHECK(et_team_barrier(t) == ET_OK);
    CHECK(stat(path, &st) == 0);
    CHECK(st.st_size == p->bytes * (p->shared ? t->size : 1));
    CHECK(b->read(setup, c) == ET_OK);
    CHECK(memcmp(a, c, (size_t)p->bytes) == 0);
    /* Not through the backend: the bytes stand where io.h says. */
    int fd = open(path, O_RDONLY);
    memset(c, 0, (size_t)p->bytes);
    CHECK(fd >= 0 &&
          pread(fd, c, (size_t)p->bytes,
                (off_t)(p->shared ? p->bytes * t->rank : 0)) == p->bytes);
    close(fd);
    CHECK(memcmp(a, c, (size_t)p->bytes) == 0);
    /* A file that ends early is an error, not zeros. */
    CHECK(et_team_barrier(t) == ET_OK);
    CHECK(truncate(path, 0) == 0);
    CHECK(et_team_barrier(t) == ET_OK);
    et_log_level_set(ET_LOG_NONE);
    CHECK(b->read(setup, c) == ET_INFRA);
    et_log_level_set(ET_LOG_ERROR);
    b->base.destroy(setup);
    CHECK(et_team_barrier(t) == ET_OK);
    if (!p->shared || t->rank == 0)
        CHECK(unlink(path) == 0);
    CHECK(et_team_barrier(t) == ET_OK); /* before the next of this name */
    et_free_aligned(a);
    et_free_aligned(c);
}

/* Can this directory be read past the page cache? On all ranks alike. */
static bool takes_direct(struct et_team *t, const char *dir)
{
    char path[512];
    snprintf(path, sizeof path, "%s/direct-%d", dir, t->rank);
    int fd = open(path, O_CREAT | O_RDWR | O_DIRECT, 0600);
    if (fd >= 0)
        close(fd);
    unlink(path);
    return et_team_agree(t, fd >= 0 ? ET_OK : ET_UNSURE) == ET_OK;
}

/* Does this directory's file system let go of its pages when asked? */
static bool drops(struct et_team *t, const char *dir)
{
    char path[512];
    snprintf(path, sizeof path, "%s/drops-%d", dir, t->rank);
    int fd = open(path, O_CREAT | O_RDWR, 0600);
    CHECK(fd >= 0 && write(fd, path, sizeof path) == sizeof path);
    CHECK(fsync(fd) == 0 && et_io_cache_share(path) == 1);
    posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
    close(fd);
    bool gone = et_io_cache_share(path) == 0;
    unlink(path);
    return et_team_agree(t, gone ? ET_OK : ET_UNSURE) == ET_OK;
}

/* One byte at the end of the last rank's part, on disk or in the buffer. */
static void spoil(struct state *s)
{
    int64_t at = s->p.bytes - 1;
    if (s->team->rank != s->team->size - 1)
        return;
    if (s->q.op == READ) {
        ((unsigned char *)s->data.host)[at] ^= 1;
        return;
    }
    unsigned char byte;
    int fd = open(s->path, O_RDWR);
    at += s->p.shared ? s->p.bytes * s->team->rank : 0;
    CHECK(fd >= 0 && pread(fd, &byte, 1, (off_t)at) == 1);
    byte ^= 1;
    CHECK(pwrite(fd, &byte, 1, (off_t)at) == 1 && fsync(fd) == 0);
    close(fd);
}

static int entries(const char *dir)
{
    int n = 0;
    DIR *d = opendir(dir);
    CHECK(d);
    while (readdir(d))
        n++;
    closedir(d);
    return n - 2;
}

static void sample(struct state *s)
{
    CHECK(before(s) == ET_OK);
    CHECK(run(s, 1) == ET_OK);
    glance(s);
    CHECK(!*s->check.fault);
}

/* A fault on one rank, after a right sample: found, and called what it is. */
static void test_fault(struct state *s, const struct et_fault *fault, int rank,
                       const char *name)
{
    struct et_verification v;
    double size = -1, any;
    char want[64];

    sample(s);
    if (s->team->rank == rank)
        CHECK(damage(s, fault, &size) == ET_OK);
    any = size > 0;
    CHECK(et_team_reduce(s->team, ET_MAX, &any, 1) == ET_OK);
    CHECK(s->team->rank != rank || isnan(size) || isinf(size));
    CHECK(verify(s, &v) == ET_OK);
    CHECK(v.status == (any > 0 ? ET_CHECK_FAILED : ET_CHECK_PASSED));
    CHECK(any > 0 ? v.error >= 1 : v.error == 0 && !*v.note);
    if (any > 0) {
        snprintf(want, sizeof want, "rank %d: %s: ", rank, name);
        CHECK(strncmp(v.note, want, strlen(want)) == 0);
    }
}

static int faults(struct state *s)
{
    bool reads = s->q.op == READ;
    const char *const names[] = {
        [ET_FAULT_FLIP] = "bit flip",
        [ET_FAULT_RANK] = reads ? "misplaced block" : "misdirected write",
        [ET_FAULT_STALE] = reads ? "stale block" : "lost write",
        [ET_FAULT_SWAP] = "swapped blocks",
    };
    int n = 0;
    for (int k = ET_FAULT_FLIP; k <= ET_FAULT_SWAP; k++) {
        for (int i = 0; i < (k == ET_FAULT_FLIP ? 8 : 3); i++, n++) {
            struct et_fault f = {(enum et_fault_kind)k,
                                 et_random_u64(5, (uint64_t)(8 * k + i)), i};
            test_fault(s, &f, i % s->team->size, names[k]);
        }
    }
    return n;
}

/* What a glance found is said when the last sample was right. */
static void test_glance(struct state *s)
{
    struct et_fault fault = {ET_FAULT_STALE, 5, 0};
    struct et_verification v;
    double size;

    sample(s);
    /* All have looked, before one spoils a file that all may share. */
    CHECK(et_team_barrier(s->team) == ET_OK);
    if (s->team->rank == s->team->size - 1) {
        if (s->q.op == READ)
            CHECK(damage(s, &fault, &size) == ET_OK && isinf(size));
        else /* some blocks are read back: spoil all */
            CHECK(truncate(s->path, 0) == 0);
        glance(s);
        CHECK(strncmp(s->check.fault, "sample ", 7) == 0);
        CHECK(strstr(s->check.fault, s->q.op == READ
                                         ? "stale block: block at offset"
                                         : "nothing written: block at offset"));
        CHECK(strstr(s->check.fault, s->q.op == READ ? " holds epoch 0 where 1"
                                                     : " is 0x00 throughout"));
    }
    CHECK(et_team_barrier(s->team) == ET_OK);
    CHECK(before(s) == ET_OK && run(s, 1) == ET_OK);
    CHECK(verify(s, &v) == ET_OK && v.status == ET_CHECK_FAILED);
    CHECK(v.error >= 1 && strstr(v.note, ": sample "));
    sample(s);
    CHECK(verify(s, &v) == ET_OK && v.status == ET_CHECK_PASSED);
}

/* A glance that cannot read is no wrong data: the check says so, once. */
static void test_unreadable(struct state *s)
{
    struct et_verification v;
    char gone[] = "/nonexistent/etalon";

    if (s->q.op == READ)
        return;
    sample(s);
    et_log_level_set(ET_LOG_NONE);
    if (s->team->rank == s->team->size - 1) {
        s->check.path = gone;
        glance(s);
        s->check.path = s->path;
        CHECK(!*s->check.fault);
    }
    CHECK(verify(s, &v) == ET_INFRA);
    et_log_level_set(ET_LOG_ERROR);
    CHECK(before(s) == ET_OK);
    CHECK(run(s, 1) == ET_OK);
    CHECK(verify(s, &v) == ET_OK && v.status == ET_CHECK_PASSED);
}

static void test_bench(const char *backend, struct et_team *t, const char *dir,
                       const struct params *q, bool goes_cold, int *planted)
{
    struct et_setting setting = {.team = t,
                                 .backend = backend,
                                 .threads = 1,
                                 .seed = 7,
                                 .scratch = dir,
                                 .tag = "test"};
    struct state *s = et_alloc(1, et_bench_io.state_size);
    struct et_verification v;
    struct et_pairs found = {0};
    struct et_work w;

    CHECK(s && check(q, "test") == ET_OK && !unsupported(q, backend, t->size));
    CHECK(prepare(s, &setting, q) == ET_OK);
    for (int i = 0; i < 2; i++) {
        sample(s);
        CHECK(verify(s, &v) == ET_OK);
        CHECK(v.status == ET_CHECK_PASSED && v.error == 0);
    }
    spoil(s);
    CHECK(verify(s, &v) == ET_OK);
    CHECK(v.status == ET_CHECK_FAILED && v.error == 1);
    CHECK(strstr(v.note, ": bit flip: 1 bit"));
    /* What was there before the sample must not pass for its result. */
    CHECK(before(s) == ET_OK);
    CHECK(verify(s, &v) == ET_OK);
    CHECK(v.status == ET_CHECK_FAILED &&
          v.error > 0.9 * (double)s->p.bytes * t->size);
    unsigned char old[64] = {0};
    if (q->op == WRITE)
        memcpy(old, s->data.host, sizeof old);
    sample(s);
    CHECK(verify(s, &v) == ET_OK && v.status == ET_CHECK_PASSED);
    /* A new epoch, so that an old block on disk could not pass. */
    CHECK(memcmp(old, s->data.host, sizeof old) != 0);
    if (q->scaling == WEAK)
        *planted += faults(s);
    test_glance(s);
    test_unreadable(s);

    CHECK(facts(s, &found) == ET_OK);
    const char *share = et_pairs_get(&found, "cache_share_before");
    const char *source_now = et_pairs_get(&found, "source");
    CHECK((source_now != NULL) == (q->op == READ));
    if (share && q->cache == WARM_CACHE) {
        CHECK(strcmp(share, "1") == 0);
        CHECK(strcmp(source_now, "device") != 0);
    } else if (share) {
        /* Dropped and proven, or said not to be. */
        CHECK((atof(share) <= COLD) != !!et_pairs_get(&found, "doubt"));
        CHECK(!goes_cold || atof(share) <= COLD);
    }
    for (size_t i = 0; i < found.n; i++) {
        free(found.v[i].key);
        free(found.v[i].text);
    }
    free(found.v);
    work(s, &w);
    CHECK(w.bytes == (double)s->p.bytes * t->size);
    release(s);
    free(s);
    CHECK(et_team_barrier(t) == ET_OK);
    CHECK(entries(dir) == 0);
    CHECK(et_team_barrier(t) == ET_OK);
}

/* Right data over many seeds: no alarm. */
static int test_clean(const char *backend, struct et_team *t, const char *dir,
                      int op)
{
    struct et_verification v;
    int n = 0;

    for (uint64_t seed = 1; seed <= 100; seed++, n++) {
        struct params q = {.op = op,
                           .layout = seed & 1,
                           .cache = WARM_CACHE,
                           .bytes = 1 + (int64_t)(seed * 977 % 40000),
                           .block = 8192};
        struct et_setting setting = {.team = t,
                                     .backend = backend,
                                     .threads = 1,
                                     .seed = seed,
                                     .scratch = dir,
                                     .tag = "clean"};
        struct state *s = et_alloc(1, et_bench_io.state_size);
        CHECK(s && prepare(s, &setting, &q) == ET_OK);
        sample(s);
        CHECK(verify(s, &v) == ET_OK);
        CHECK(v.status == ET_CHECK_PASSED && v.error == 0 && !*v.note);
        release(s);
        free(s);
        CHECK(et_team_barrier(t) == ET_OK);
    }
    return n;
}

struct counts {
    int planted, clean;
};

/* The bench over a backend, in all that a plan can ask of it. */
static void test_benches(const char *backend, struct et_team *t,
                         const char *dir, bool direct_works, bool goes_cold,
                         struct counts *counts)
{
    for (int bits = 0; bits < 32; bits++) {
        struct params q = {.op = bits & 1,
                           .layout = bits >> 1 & 1,
                           .cache = bits >> 2 & 1,
                           .direct = bits & 8,
                           .sync = true,
                           .scaling = bits >> 4 & 1,
                           .bytes = 600 << 10,
                           .block = 100 << 10};
        if (bits & 2 && !(bits & 24))
            q.bytes = 500001;
        if ((!q.direct || direct_works) && !unsupported(&q, backend, t->size))
            test_bench(backend, t, dir, &q, goes_cold, &counts->planted);
    }
}

/* Data that cannot be copied to where the backend takes them, or back, are an
 * error, on all ranks. */
static void test_copies(struct et_team *t, const char *dir)
{
    const struct et_setting setting = {.team = t,
                                       .backend = far.name,
                                       .threads = 1,
                                       .scratch = dir,
                                       .tag = "test"};
    struct et_verification v;

    for (int op = WRITE; op <= READ; op++) {
        struct params q = {.op = op, .bytes = 5000, .block = 4096};
        struct state s = {0};
        CHECK(prepare(&s, &setting, &q) == ET_OK);
        CHECK(before(&s) == ET_OK && run(&s, 1) == ET_OK);
        far_fails = t->rank == t->size - 1;
        CHECK(op == WRITE || verify(&s, &v) == ET_INFRA);
        CHECK(op == READ || before(&s) == ET_INFRA);
        if (op == READ)
            glance(&s);
        far_fails = false;
        CHECK(op == WRITE || verify(&s, &v) == ET_INFRA); /* of the glance */
        CHECK(before(&s) == ET_OK && run(&s, 1) == ET_OK);
        CHECK(verify(&s, &v) == ET_OK && v.status == ET_CHECK_PASSED);
        release(&s);
        CHECK(et_team_barrier(t) == ET_OK);
        far_fails = op == READ && t->rank == t->size - 1;
        s = (struct state){0};
        CHECK(prepare(&s, &setting, &q) == (op == READ ? ET_INFRA : ET_OK));
        far_fails = false;
        release(&s);
        CHECK(et_team_barrier(t) == ET_OK);
    }
}

/* A file, then a link, where ours would go: an error, and both stay. */
static void test_foreign(struct et_team *t, const char *dir)
{
    struct params q = {.op = WRITE, .bytes = 4096, .block = 4096};
    struct et_setting setting = {.team = t,
                                 .backend = "posix",
                                 .threads = 1,
                                 .scratch = dir,
                                 .tag = "test"};
    struct state s = {0};
    char path[512], aim[512], byte = 0;

    s.team = t;
    CHECK(name_file(&s, &setting) == ET_OK);
    snprintf(path, sizeof path, "%s", s.path);
    free(s.path);
    snprintf(aim, sizeof aim, "%s/aim-%d", dir, t->rank);
    et_log_level_set(ET_LOG_NONE);
    for (int link = 0; link < 2; link++) {
        int fd = open(link ? aim : path, O_CREAT | O_EXCL | O_WRONLY, 0600);
        CHECK(fd >= 0 && write(fd, "x", 1) == 1);
        close(fd);
        CHECK(!link || symlink(aim, path) == 0);
        CHECK(et_team_barrier(t) == ET_OK);
        s = (struct state){0};
        CHECK(prepare(&s, &setting, &q) == ET_INFRA);
        release(&s);
        fd = open(path, O_RDONLY);
        CHECK(fd >= 0 && read(fd, &byte, 1) == 1 && byte == 'x');
        CHECK(read(fd, &byte, 1) == 0);
        close(fd);
        CHECK(unlink(path) == 0);
    }
    CHECK(unlink(aim) == 0);
    /* No space: said before a byte is written. */
    q.bytes = (int64_t)1 << 50;
    s = (struct state){.team = t, .p = problem(&q, t->size)};
    CHECK(et_team_agree(t, check_space(&s, dir)) == ET_INFRA);
    setting.scratch = "/nonexistent/etalon";
    q.bytes = 4096;
    s = (struct state){0};
    CHECK(prepare(&s, &setting, &q) == ET_INFRA);
    release(&s);
    et_log_level_set(ET_LOG_ERROR);
    CHECK(et_team_barrier(t) == ET_OK);
}

/* No two cases, and no two runs of one, have the same contents. */
static void test_streams(void)
{
    struct params q[] = {
        {.bytes = 4096, .block = 4096},
        {.op = READ, .bytes = 4096, .block = 4096},
        {.layout = SHARED, .bytes = 4096, .block = 4096},
        {.bytes = 8192, .block = 4096},
        {.bytes = 4096, .block = 8192},
        {.bytes = 4096, .block = 4096, .direct = true},
        {.bytes = 4096, .block = 4096, .sync = true},
    };
    struct et_setting with[] = {
        {.backend = "posix", .tag = "1-1"},
        {.backend = "posix", .tag = "1-2"},
        {.backend = "mpiio", .tag = "1-1"},
        {.backend = "posix", .tag = "1-1", .seed = 1},
    };
    uint64_t seen[sizeof q / sizeof *q * 4];
    size_t n = 0;
    for (size_t i = 0; i < sizeof q / sizeof *q; i++) {
        for (size_t j = 0; j < 4; j++, n++) {
            seen[n] = stream_of(&with[j], &q[i]);
            CHECK(seen[n] == stream_of(&with[j], &q[i]));
            for (size_t k = 0; k < n; k++)
                CHECK(seen[k] != seen[n]);
        }
    }
}

static void test_words(void)
{
    struct params q = {.op = READ, .bytes = 4097, .block = 4096};
    char name[64];

    et_log_level_set(ET_LOG_NONE);
    CHECK(check(&q, "test") == ET_OK);
    q.direct = true;
    CHECK(check(&q, "test") == ET_USAGE);
    q.bytes = 8192;
    q.block = 100;
    CHECK(check(&q, "test") == ET_USAGE);
    q.block = 4096;
    CHECK(!unsupported(&q, "posix", 1));
    CHECK(unsupported(&q, "mpiio", 1));
    q.cache = WARM_CACHE;
    CHECK(unsupported(&q, "posix", 1));
    q.cache = COLD_CACHE;
    q.scaling = STRONG;
    CHECK(!unsupported(&q, "posix", 2) && problem(&q, 2).bytes == 4096);
    CHECK(unsupported(&q, "posix", 3));
    et_log_level_set(ET_LOG_ERROR);
    CHECK(isnan(et_io_cache_share("/nonexistent/etalon")));
    CHECK(!et_io_filesystem("/nonexistent/etalon", name, sizeof name));
    CHECK(et_io_filesystem_is_memory("tmpfs"));
    CHECK(!et_io_filesystem_is_memory("ext4"));
}

int main(void)
{
    static const int64_t sizes[] = {1, 4097, 300000, 1 << 20};
    const struct et_io_backend *b;
    struct et_team *t;
    char *dir = NULL, made[256];
    struct counts counts = {0};
    int checked = 0;

    CHECK(et_team_open("auto", &t) == ET_OK);
    et_log_level_set(ET_LOG_ERROR);
    if (t->rank == 0) {
        const char *tmp = getenv("TMPDIR");
        snprintf(made, sizeof made, "%s/etalon-io-XXXXXX", tmp ? tmp : "/tmp");
        dir = mkdtemp(made);
        CHECK(dir);
    }
    CHECK(et_team_broadcast_text(t, &dir) == ET_OK);
    bool direct_works = takes_direct(t, dir);
    if (!direct_works && t->rank == 0)
        printf("io direct: not tested: %s refuses O_DIRECT\n", dir);
    bool goes_cold = drops(t, dir);
    if (!goes_cold && t->rank == 0)
        printf("io cold: not tested: %s keeps its pages cached\n", dir);
    for (size_t k = 0; (b = et_io_backend_at(k)); k++) {
        CHECK(et_io_backend_find(b->base.name) == b);
        struct et_io probe = {.bytes = 1, .block = 1};
        const char *why = et_backend_why_not(&b->base);
        if (!why)
            why = b->unsupported(&probe);
        if (why) {
            printf("io %s: not tested: %s\n", b->base.name, why);
            continue;
        }
        for (int bits = 0; bits < 8; bits++) {
            struct et_io p = {
                .shared = bits & 1, .sync = bits & 2, .direct = bits & 4};
            if (p.direct && !direct_works)
                continue;
            for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
                p.bytes = p.direct ? 4096 * (int64_t)(i + 1) : sizes[i];
                p.block = i % 2 ? 8192 : p.direct ? 1 << 20 : 1000;
                if (!b->unsupported(&p))
                    test_backend(b, t, dir, &p);
            }
        }
        test_benches(b->base.name, t, dir, direct_works, goes_cold, &counts);
        counts.clean += test_clean(b->base.name, t, dir, WRITE);
        counts.clean += test_clean(b->base.name, t, dir, READ);
        checked++;
    }
    CHECK(checked >= 1);
    test_benches(far.name, t, dir, direct_works, goes_cold, &counts);
    test_copies(t, dir);
    if (t->rank == 0)
        printf("io: %d faults planted, all found and named; %d right samples, "
               "no alarm\n",
               counts.planted, counts.clean);
    test_foreign(t, dir);
    test_streams();
    test_words();
    if (t->rank == 0)
        CHECK(rmdir(dir) == 0);
    free(t->rank == 0 ? NULL : dir);
    et_team_close(t);
    return 0;
}
