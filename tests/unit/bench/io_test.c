/* io: what the bench makes of a page cache and a disk that are made up: the
 * source of a read, the room that is needed, the parts of the ranks; and what
 * its check says of files that are cut or spoilt. Includes both sources, with
 * the machine's answers replaced.
 */
#include "config.h"
#include "tests/unit/test_main.h"

#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "harness/team/threads.h"
#include "kernels/io/io.h"

#define MOST 500000 /* bytes of a read; no multiple of a page */

static double share_now; /* of the cache */
static int drops;
static unsigned long free_blocks; /* of 1000 bytes */

static double told_share(const char *path)
{
    (void)path;
    return share_now;
}

static enum et_status count_drop(const char *path)
{
    (void)path;
    drops++;
    return ET_OK;
}

static int made_up_disk(const char *path, struct statvfs *out)
{
    (void)path;
    *out = (struct statvfs){.f_frsize = 1000,
                            .f_bsize = 4000,
                            .f_bavail = free_blocks,
                            .f_bfree = 2 * free_blocks};
    return 0;
}

static int direct; /* opens past the cache, which the system may refuse */

static int note_open(const char *path, int flags, ...)
{
    direct += (flags & O_DIRECT) != 0;
    return open(path, flags, 0600);
}

/* A file system may read less than it is asked for. */
static ssize_t short_pread(int fd, void *to, size_t n, off_t at)
{
    return pread(fd, to, n > MOST ? MOST : n, at);
}

/* The kernel's counters; NAN: it does not tell. */
static double fetched_now, moved_now, unwritten_now;

static double told_fetched(void)
{
    return fetched_now;
}
static double told_moved(const char *path, bool written)
{
    (void)path, (void)written;
    return moved_now;
}
static double told_unwritten(const char *path)
{
    (void)path;
    return unwritten_now;
}

#define et_io_fetched told_fetched
#define et_io_device_moved told_moved
#define et_io_unwritten told_unwritten
#define et_io_cache_share told_share
#define et_io_cache_drop count_drop
#define statvfs(path, out) made_up_disk(path, out)
#define pread short_pread
#define open note_open
#include "bench/check/io.c"
#include "bench/check/witness.c"
#include "bench/io.c"
#undef et_io_fetched
#undef et_io_device_moved
#undef et_io_unwritten
#undef et_io_cache_share
#undef et_io_cache_drop
#undef statvfs
#undef pread
#undef open

static char dir[] = "/tmp/etalon-io-XXXXXX";

TEST(parts)
{
    struct params q = {.bytes = 50000, .block = 4096};
    assert_int_equal(problem(&q, 3).bytes, 50000);
    /* A third is 16666 bytes, four pages 16384. */
    q.scaling = STRONG;
    assert_int_equal(problem(&q, 3).bytes, 16384);
    struct et_need n;
    need(&q, 3, 1, &n);
    assert_true(n.disk == 3 * 16384 && n.bytes == 3 * 16384);
    assert_true(n.memory == 16384 + 3 * 1048576);
    q.scaling = WEAK;
    need(&q, 3, 1, &n);
    assert_true(n.disk == 150000);
}

/* Of a node's ranks the first looks, for all of them; of a file for all ranks,
 * the first of the team. */
static void room(void **state)
{
    struct et_team team = {.rank = 2, .size = 6, .local_size = 2};
    struct state s = {.team = &team, .p = {.bytes = 5000}};
    (void)state;
    free_blocks = 10;
    assert_int_equal(check_space(&s, dir), ET_OK);
    s.p.bytes = 5001;
    assert_int_equal(check_space(&s, dir), ET_INFRA);
    assert_non_null(strstr(et_log_last_error(), "no space"));
    team.local_rank = 1;
    assert_int_equal(check_space(&s, dir), ET_OK);
    team.local_rank = 0;
    s.p = (struct et_io){.bytes = 1667, .shared = true};
    assert_int_equal(check_space(&s, dir), ET_OK);
    team.rank = 0;
    assert_int_equal(check_space(&s, dir), ET_INFRA);
    s.p.bytes = 1666;
    assert_int_equal(check_space(&s, dir), ET_OK);
}

static const char *get(const struct et_pairs *facts, const char *key)
{
    const char *text = et_pairs_get(facts, key);
    return text ? text : "";
}

static void forget(struct et_pairs *facts)
{
    static const struct et_field row[] = {{.key = "p", .type = ET_PAIRS}, {0}};
    et_fields_free(row, facts, sizeof *facts);
}

/* Up to a hundredth of the pages, the device; but for that much, the cache. */
static void where_a_read_came_from(void **state)
{
    static const struct {
        double low, high; /* share of the pages; NAN: not told */
        bool direct;
        const char *type, *source, *share;
        bool doubt;
    } v[] = {
        {0, 0, false, "ext4", "device", "0", false},
        {0, 0.01, false, "ext4", "device", "0.01", false},
        {0, 0.02, false, "ext4", "mixed", "0.02", true},
        {0.02, 0.4, false, "ext4", "mixed", "0.4", true},
        {0.5, 1, false, "ext4", "mixed", "1", true},
        {0.99, 1, false, "ext4", "mixed", "1", true},
        {0.995, 1, false, "ext4", "page cache", "1", true},
        {0.5, 1, true, "ext4", "mixed", "1", true},
        {NAN, NAN, false, "ext4", "unknown", "", true},
        {NAN, NAN, true, "ext4", "device", "", true},
        {0, 0, false, "tmpfs", "memory (tmpfs)", "0", false},
        {0, 0, false, "", "device", "0", false},
    };
    struct et_team *team;
    (void)state;
    assert_int_equal(et_team_open("self", &team), ET_OK);
    for (size_t i = 0; i < sizeof v / sizeof *v; i++) {
        for (int cache = COLD_CACHE; cache <= WARM_CACHE; cache++) {
            struct state s = {
                .team = team,
                .q = {.op = READ, .cache = cache},
                .p = {.direct = v[i].direct},
                .looked = true,
                .untold = isnan(v[i].low),
                .share_low = v[i].low,
                .share_high = v[i].high,
                .witness = {.payload = 100, .fetched = 99, .asked = true}};
            struct et_pairs found = {0};
            strcpy(s.filesystem, v[i].type);
            assert_int_equal(facts(&s, &found), ET_OK);
            assert_string_equal(get(&found, "source"), v[i].source);
            assert_string_equal(get(&found, "cache_share_before"), v[i].share);
            assert_string_equal(get(&found, "filesystem"), v[i].type);
            assert_int_equal(et_pairs_get(&found, "doubt") != NULL,
                             v[i].doubt && cache == COLD_CACHE);
            forget(&found);
        }
    }
    et_team_close(team);
}

/* "device" stands only where one of the kernel's counters says so. */
static void the_kernel_must_agree(void **state)
{
    static const struct {
        int op;
        double fetched, moved, unwritten; /* of a sample of 1000 bytes */
        const char *where, *doubt;
    } v[] = {
        {READ, 1000, 0, 0, "device", ""},
        {READ, 990, NAN, NAN, "device", ""},
        {READ, 989, NAN, 0, "device (claimed)", "fetched 989 B of 1000 B"},
        {READ, 0, 5, 0, "device (claimed)", "fetched 0 B of 1000 B"},
        {READ, 0, 990, 0, "device", ""}, /* another process read for this one */
        {READ, NAN, 1000, 0, "device", ""},
        {READ, NAN, 5, 0, "device (claimed)", ""},
        {READ, NAN, NAN, 0, "device (claimed)", ""},
        {WRITE, 1000, 0, 0, "device", ""},
        {WRITE, 0, NAN, 0, "device", ""},
        {WRITE, 1000, 1000, 4096, "device (claimed)", "4 KiB of the files"},
        {WRITE, 1000, 1000, NAN, "device", ""},
        {WRITE, 1000, 989, NAN, "device (claimed)", ""},
        {WRITE, 1000, NAN, NAN, "device (claimed)", ""},
    };
    struct et_team *team;
    (void)state;
    assert_int_equal(et_team_open("self", &team), ET_OK);
    for (size_t i = 0; i < sizeof v / sizeof *v; i++) {
        struct state s = {.team = team,
                          .q = {.op = v[i].op},
                          .p = {.sync = true},
                          .looked = true,
                          .filesystem = "ext4",
                          .witness = {.writes = v[i].op == WRITE}};
        struct et_pairs found = {0};
        fetched_now = isnan(v[i].fetched) ? NAN : 5000;
        moved_now = isnan(v[i].moved) ? NAN : 7000;
        et_io_witness_before(&s.witness);
        fetched_now += v[i].fetched;
        moved_now += v[i].moved;
        unwritten_now = v[i].unwritten;
        et_io_witness_after(&s.witness, 1000);
        et_io_witness_after(&s.witness, 1000); /* no sample */
        assert_true(s.witness.payload == 1000);
        assert_int_equal(facts(&s, &found), ET_OK);
        assert_string_equal(get(&found, v[i].op == READ ? "source" : "target"),
                            v[i].where);
        if (!strstr(get(&found, "doubt"), v[i].doubt) ||
            !*get(&found, "doubt") != !*v[i].doubt)
            fail_msg("%zu: '%s'", i, get(&found, "doubt"));
        forget(&found);
    }
    /* A write that left something once has not always met the device. */
    struct et_io_witness w = {.writes = true};
    struct et_io_testimony said;
    for (int i = 0; i < 3; i++) {
        unwritten_now = i == 1 ? 8192 : 0;
        et_io_witness_before(&w);
        et_io_witness_after(&w, 10000);
    }
    assert_int_equal(et_io_witness_ask(&w, team, &said), ET_OK);
    assert_false(said.agrees);
    /* Nobody asked. */
    w = (struct et_io_witness){.writes = true};
    assert_int_equal(et_io_witness_ask(&w, team, &said), ET_OK);
    assert_false(said.agrees || *said.doubt);
    et_team_close(team);
}

/* One rank reads for both; then both fetch half of it. */
static enum et_status one_reads_for_all(struct et_team *team, void *arg)
{
    const double *share = arg;
    struct et_io_witness w = {.payload = 1000,
                              .fetched = team->rank ? 0 : 2000 * *share,
                              .asked = true,
                              .device = NAN};
    struct et_io_testimony said;
    enum et_status status = et_io_witness_ask(&w, team, &said);
    return status == ET_OK && said.agrees != (*share > 0.99) ? ET_WRONG
                                                             : status;
}

TEST(ranks_are_counted_together)
{
    for (int i = 1; i < 3; i++) {
        double share = i / 2.0;
        assert_int_equal(et_team_threads_run(2, 0, one_reads_for_all, &share),
                         ET_OK);
    }
}

/* A rank saw 0 to 0.3 of its file cached, the other 0.2 to 0.25; then one of
 * them nothing. */
static enum et_status all_ranks(struct et_team *team, void *arg)
{
    const bool *untold = arg;
    struct state s = {.team = team,
                      .q = {.op = READ},
                      .looked = true,
                      .untold = *untold && team->rank == 1,
                      .share_low = team->rank ? 0.2 : 0,
                      .share_high = team->rank ? 0.25 : 0.3};
    struct et_pairs found = {0};
    enum et_status status = facts(&s, &found);
    if (strcmp(get(&found, "cache_share_before"), *untold ? "" : "0.3") != 0 ||
        strcmp(get(&found, "source"), *untold ? "unknown" : "mixed") != 0)
        status = ET_WRONG;
    forget(&found);
    return status;
}

TEST(the_worst_of_all_ranks_is_told)
{
    for (int i = 0; i < 2; i++) {
        bool untold = i;
        assert_int_equal(et_team_threads_run(2, 0, all_ranks, &untold), ET_OK);
    }
}

static const struct et_setting *setting_of(struct et_team *team,
                                           struct et_setting *out)
{
    *out = (struct et_setting){.team = team,
                               .backend = "posix",
                               .threads = 1,
                               .seed = 7,
                               .scratch = dir,
                               .tag = "unit"};
    return out;
}

static void the_cache_is_looked_at_before_each_read(void **state)
{
    static const double shares[] = {0.3, 0.1, 0.2};
    struct params q = {.op = READ, .bytes = 5000, .block = 4096};
    struct et_setting setting;
    struct state s = {0};
    struct et_team *team;
    (void)state;
    free_blocks = 1000;
    assert_int_equal(et_team_open("self", &team), ET_OK);
    assert_int_equal(prepare(&s, setting_of(team, &setting), &q), ET_OK);
    drops = 0;
    for (int i = 0; i < 3; i++) {
        share_now = shares[i];
        assert_int_equal(before(&s), ET_OK);
        assert_int_equal(drops, i + 1);
    }
    assert_true(s.looked && !s.untold);
    assert_true(s.share_low == 0.1 && s.share_high == 0.3);
    share_now = NAN;
    assert_int_equal(before(&s), ET_OK);
    assert_true(s.untold);
    /* A warm cache is filled with the whole file, and nothing is dropped. */
    drops = 0;
    s.q.cache = WARM_CACHE;
    assert_int_equal(before(&s), ET_OK);
    assert_int_equal(drops, 0);
    assert_int_equal(s.backend->read(s.setup, s.data.at), ET_OK);
    assert_memory_equal(s.chunk, s.data.at, 5000);
    release(&s);
    et_team_close(team);
}

/* What took the file's name since is not written to: a link to a file of the
 * user's, or another name of it. */
static void another_file_of_its_name(void **state)
{
    static const char mine[] = "mine";
    char kept[] = "/tmp/etalon-io-mine-XXXXXX", now[sizeof mine] = "";
    struct params q = {.op = WRITE, .bytes = 5000, .block = 4096};
    struct et_team *team;
    (void)state;
    free_blocks = 1000;
    int fd = mkstemp(kept);
    assert_int_equal(write(fd, mine, sizeof mine), sizeof mine);
    assert_int_equal(et_team_open("self", &team), ET_OK);
    for (int hard = 0; hard < 2; hard++) {
        struct et_setting setting;
        struct state s = {0};
        assert_int_equal(prepare(&s, setting_of(team, &setting), &q), ET_OK);
        assert_int_equal(before(&s), ET_OK);
        assert_int_equal(unlink(s.path), 0);
        assert_int_equal(hard ? link(kept, s.path) : symlink(kept, s.path), 0);
        assert_int_equal(before(&s), ET_INFRA);
        assert_int_equal(pread(fd, now, sizeof now, 0), sizeof now);
        assert_string_equal(now, mine);
        release(&s);
    }
    et_team_close(team);
    close(fd);
    unlink(kept);
}

/* Cut off, right again, and spoilt in its last byte: of a file for each rank
 * and of one for all, where rank 1 alone is hurt. */
static enum et_status spoilt(struct et_team *team, void *arg)
{
    struct params q = *(const struct params *)arg;
    struct et_setting setting;
    struct state s = {0};
    struct et_verification v[4];
    bool mine = team->rank == team->size - 1, ok = true;
    enum et_status status = prepare(&s, setting_of(team, &setting), &q);
    for (int i = 0; i < 4 && status == ET_OK; i++) {
        if (i % 2 == 0) {
            status = before(&s);
            if (status == ET_OK)
                status = run(&s, 1);
        }
        off_t part = q.layout == SHARED ? team->rank * s.p.bytes : 0;
        /* The right bytes were just read: they must not pass for these. */
        if (status == ET_OK && i == 1 && mine)
            ok = truncate(s.path, part + 4096) == 0;
        int fd = i == 3 && mine ? open(s.path, O_WRONLY) : -1;
        if (fd >= 0) {
            ok = pwrite(fd, "?", 1, part + s.p.bytes - 1) == 1;
            close(fd);
        }
        status = et_team_agree(team, status);
        if (status == ET_OK)
            status = verify(&s, &v[i]);
    }
    if (status == ET_OK)
        ok = ok && v[0].status == ET_CHECK_PASSED && v[0].error == 0 &&
             v[1].status == ET_CHECK_FAILED &&
             v[1].error > 0.9 * (double)(s.p.bytes - 4096) &&
             strstr(v[1].note, "nothing written") &&
             v[2].status == ET_CHECK_PASSED && v[2].error == 0 &&
             v[3].status == ET_CHECK_FAILED && v[3].error == 1;
    release(&s);
    return status == ET_OK && !ok ? ET_WRONG : status;
}

/* Not what is in the cache is compared, but what is behind it: it is dropped,
 * and whole blocks are asked for past it. */
static void a_check_looks_behind_the_cache(void **state)
{
    static const int64_t sizes[] = {8192, 5000};
    struct et_team *team;
    (void)state;
    free_blocks = 1000;
    assert_int_equal(et_team_open("self", &team), ET_OK);
    for (int i = 0; i < 2; i++) {
        struct params q = {.bytes = sizes[i], .block = 5000};
        struct et_setting setting;
        struct state s = {0};
        struct et_verification v;
        assert_int_equal(prepare(&s, setting_of(team, &setting), &q), ET_OK);
        assert_int_equal(before(&s), ET_OK);
        assert_int_equal(run(&s, 1), ET_OK);
        drops = direct = 0;
        assert_int_equal(verify(&s, &v), ET_OK);
        assert_int_equal(drops, 1);
        assert_int_equal(v.status, ET_CHECK_PASSED);
        assert_int_equal(direct, i == 0);
        if (i == 1)
            assert_non_null(strstr(v.method, "cache dropped before"));
        release(&s);
    }
    et_team_close(team);
}

TEST(spoilt_files_are_found)
{
    free_blocks = 3000;
    /* Within the piece that is compared at once, and just beyond it. */
    static const int64_t sizes[] = {12288, 12345, CHUNK + 4096};
    for (int way = 0; way < 3 * 2 * 2; way++) {
        struct params q = {.layout = way / 3 % 2,
                           .bytes = sizes[way % 3],
                           .block = 50000,
                           .sync = true};
        assert_int_equal(et_team_threads_run(1 + way / 6, 0, spoilt, &q),
                         ET_OK);
    }
}

/* An empty folder is left. */
static int tear_down(void **state)
{
    (void)state;
    return rmdir(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts),
        cmocka_unit_test(room),
        cmocka_unit_test(where_a_read_came_from),
        cmocka_unit_test(the_kernel_must_agree),
        cmocka_unit_test(ranks_are_counted_together),
        cmocka_unit_test(the_worst_of_all_ranks_is_told),
        cmocka_unit_test(the_cache_is_looked_at_before_each_read),
        cmocka_unit_test(another_file_of_its_name),
        cmocka_unit_test(a_check_looks_behind_the_cache),
        cmocka_unit_test(spoilt_files_are_found),
    };
    if (!mkdtemp(dir))
        return 1;
    et_log_level_set(ET_LOG_NONE);
    return cmocka_run_group_tests(tests, NULL, tear_down);
}
