/* level: working sets from made-up caches, by hand: shares of ranks and
 * threads, what holds a set, the cap, ranks whose nodes differ; and the roofs
 * of a case. Includes the source, with the machine's figures replaced.
 */
#include "config.h"
#include "tests/unit/test_main.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "harness/base/memory.h"
#include "harness/system/cgroup.h"
#include "harness/system/files.h"
#include "harness/system/topology.h"

static _Thread_local struct et_caches made_up;
static _Thread_local uint64_t free_memory;
static char smaps[1000]; /* "": cannot be opened */

static FILE *open_smaps(void)
{
    return *smaps ? fmemopen(smaps, strlen(smaps), "r") : NULL;
}

#define et_caches_read(root, out) (*(out) = made_up)
#define et_memory_available() free_memory
#define et_file_open(root, path) open_smaps()
#include "bench/level.c"
#undef et_caches_read
#undef et_memory_available
#undef et_file_open

#include "bench/ceilings.h"
#include "harness/base/log.h"
#include "harness/team/threads.h"

/* Two sockets of 8 cores of 2 threads: L1 of 32 KiB and L2 of 1 MiB a core, L3
 * of 16 MiB a socket; this process may use one socket. */
static void a_server(void)
{
    made_up = (struct et_caches){.level = {{32 << 10, 2, 8, 16},
                                           {1 << 20, 2, 8, 16},
                                           {16 << 20, 16, 1, 2}},
                                 .line = 64};
    free_memory = UINT64_C(64) << 30;
}

TEST(sets)
{
    struct et_level_params p = {.level = ET_LEVEL_L1};
    a_server();
    /* Half of L1 for each of three threads. */
    assert_true(et_level_estimate(&p, 4, 3) == 3 * 16384);
    p.level = ET_LEVEL_L2;
    assert_true(et_level_estimate(&p, 4, 3) == 3 * 524288);
    /* Half of a fourth of both sockets' L3, 8 MiB, and the threads' L2. */
    p.level = ET_LEVEL_L3;
    assert_true(et_level_estimate(&p, 4, 3) == (4 << 20) + (3 << 20));
    /* A rank alone reaches the one socket that it may use. */
    assert_true(et_level_estimate(&p, 1, 3) == (8 << 20) + (3 << 20));
    /* Four times both L3, shared by four ranks. */
    p.level = ET_LEVEL_MEMORY;
    assert_true(et_level_estimate(&p, 4, 3) == 32 << 20);
    /* But a quarter of what is free at most, shared too. */
    free_memory = 256 << 20;
    assert_true(et_level_estimate(&p, 4, 3) == 16 << 20);
    free_memory = 0; /* not told: no cap */
    assert_true(et_level_estimate(&p, 4, 3) == 32 << 20);
    p = (struct et_level_params){.level = ET_LEVEL_BYTES, .bytes = 12345};
    assert_true(et_level_estimate(&p, 4, 3) == 12345);
    /* An L2 that four cores of one thread share: a fourth of it a thread. */
    made_up.level[0].threads = 1;
    made_up.level[1].threads = 4;
    p.level = ET_LEVEL_L2;
    assert_true(et_level_estimate(&p, 1, 2) == 2 * (1 << 20) / 4 / 2);
    /* No L3: L2 is the last level, all 16 of them. */
    made_up.level[2].size = ET_ABSENT_INT;
    p.level = ET_LEVEL_MEMORY;
    assert_true(et_level_estimate(&p, 2, 1) == 4.0 * 16 * (1 << 20) / 2);
    memset(&made_up, 0, sizeof made_up);
    assert_true(et_level_estimate(&p, 2, 1) == 4 * 0x1p28 / 2);
}

TEST(holds)
{
    const struct et_level_set s = {.share = {100, 1000, 10000}};
    assert_string_equal(et_level_holds(&s, 100), "L1");
    assert_string_equal(et_level_holds(&s, 101), "L2");
    assert_string_equal(et_level_holds(&s, 1000), "L2");
    assert_string_equal(et_level_holds(&s, 1001), "L3");
    /* L3 may keep only what L2 has dropped, so both hold something. */
    assert_string_equal(et_level_holds(&s, 11000), "L3");
    assert_string_equal(et_level_holds(&s, 11001), "memory");
    const struct et_level_set none = {
        .share = {ET_ABSENT_INT, ET_ABSENT_INT, ET_ABSENT_INT}};
    assert_string_equal(et_level_holds(&none, 1), "memory");
}

struct trial {
    int level;
    struct et_level_set set[3];
};

/* Rank 2's node has half the caches; rank 1's little memory. */
static enum et_status resolve(struct et_team *team, void *arg)
{
    struct trial *t = arg;
    const struct et_level_params p = {.level = t->level};
    a_server();
    if (team->rank == 2) {
        for (int i = 0; i < 3; i++)
            made_up.level[i].size /= 2;
    }
    if (team->rank == 1)
        free_memory = 64 << 20;
    return et_level_resolve(&p, team, 1, &t->set[team->rank]);
}

TEST(ranks_that_differ)
{
    struct trial t = {.level = ET_LEVEL_L1};
    assert_int_equal(et_team_threads_run(3, 1, resolve, &t), ET_OK);
    for (int r = 0; r < 3; r++) { /* the smallest fits all */
        assert_int_equal(t.set[r].bytes, 8192);
        assert_false(t.set[r].capped);
    }
    t.level = ET_LEVEL_MEMORY;
    assert_int_equal(et_team_threads_run(3, 1, resolve, &t), ET_OK);
    for (int r = 0; r < 3; r++) { /* the largest is beyond all, if it fits */
        assert_true(t.set[r].wanted == 4.0 * 2 * (16 << 20));
        assert_true(t.set[r].capped);
        assert_int_equal(t.set[r].bytes, 16 << 20);
    }
}

TEST(refusals)
{
    struct et_level_params p = {.level = ET_LEVEL_BYTES};
    assert_int_equal(et_level_check(&p, "t"), ET_USAGE);
    p.bytes = 8;
    assert_int_equal(et_level_check(&p, "t"), ET_OK);
    p.level = ET_LEVEL_L2;
    assert_int_equal(et_level_check(&p, "t"), ET_USAGE);
    p.bytes = 0;
    assert_int_equal(et_level_check(&p, "t"), ET_OK);
    a_server();
    assert_null(et_level_why_not(&p));
    made_up.level[1].size = ET_ABSENT_INT;
    assert_non_null(strstr(et_level_why_not(&p), "L2"));
}

/* The set's memory in two pieces, of which 2 and 4 MiB of 4 MiB each are in
 * huge pages; before and behind it is other memory. */
static const char pieces[] = "0f000000-10000000 rw-p 00000000 00:00 0\n"
                             "Rss:                9999 kB\n"
                             "AnonHugePages:      8888 kB\n"
                             "10000000-10400000 rw-p 00000000 00:00 0\n"
                             "Rss:                4096 kB\n"
                             "AnonHugePages:      2048 kB\n"
                             "10400000-10800000 rw-p 00000000 00:00 0\n"
                             "Rss:                4096 kB\n"
                             "AnonHugePages:      4096 kB\n"
                             "10800000-10900000 rw-p 00000000 00:00 0\n"
                             "Rss:                9999 kB\n"
                             "AnonHugePages:      8888 kB\n";

static const char *huge_pages(void)
{
    static char text[16];
    const struct et_level_params p = {.level = ET_LEVEL_BYTES, .bytes = 8};
    const struct et_level_set set = {.bytes = 8};
    const struct et_level_memory m = {.base = (void *)(uintptr_t)0x10000000,
                                      .mapped = 0x800000};
    static const struct et_field row[] = {{.key = "p", .type = ET_PAIRS}, {0}};
    struct et_pairs found = {0};
    assert_int_equal(et_level_facts(&p, &set, 8, &m, &found), ET_OK);
    const char *share = et_pairs_get(&found, "huge_page_share");
    snprintf(text, sizeof text, "%s", share ? share : "");
    et_fields_free(row, &found, sizeof found);
    return text;
}

TEST(huge_pages_are_told)
{
    strcpy(smaps, pieces);
    assert_string_equal(huge_pages(), "0.7500");
    /* Not told, or none of it is there yet. */
    strcpy(smaps, "10000000-10800000 rw-p 00000000 00:00 0\n"
                  "Rss:                4096 kB\n");
    assert_string_equal(huge_pages(), "");
    strcpy(smaps, "10000000-10800000 rw-p 00000000 00:00 0\n"
                  "Rss:                   0 kB\n"
                  "AnonHugePages:         0 kB\n");
    assert_string_equal(huge_pages(), "");
    smaps[0] = '\0';
    assert_string_equal(huge_pages(), "");
}

/* One of arithmetic, three of memory, on whole pages that hold the case. */
TEST(roofs)
{
    struct et_ceiling_case c;
    assert_true(et_bench_ceilings(ET_FP32, 5000, 0, &c));
    assert_true(c.flop && strcmp(c.what, "compute") == 0);
    assert_int_equal(c.role, ET_ROLE_COMPUTE_CEILING);
    assert_string_equal(c.params, "dtype=fp32");
    static const char *const patterns[] = {"op=read", "op=triad",
                                           "op=triad stores=nontemporal"};
    for (size_t i = 0; i < 3; i++) {
        char want[100];
        assert_true(et_bench_ceilings(ET_FP32, 5000, i + 1, &c));
        assert_true(!c.flop && strcmp(c.what, "memory") == 0 &&
                    c.role == ET_ROLE_MEMORY_CEILING);
        snprintf(want, sizeof want, "%s level=bytes bytes=8192", patterns[i]);
        assert_string_equal(c.params, want);
    }
    assert_false(et_bench_ceilings(ET_FP32, 5000, 4, &c));
    assert_true(et_bench_ceilings(ET_FP32, 1, 1, &c));
    assert_non_null(strstr(c.params, "bytes=4096"));
}

QUIET_TEST_MAIN(sets, holds, ranks_that_differ, refusals, huge_pages_are_told,
                roofs)
