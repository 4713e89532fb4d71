/* What each bench says of its work and its needs, against figures worked out by
 * hand: flop, bytes, bytes on the bus, messages, traffic, loads. Names of
 * figures are tested elsewhere; a wrong factor is seen here alone.
 */
#include "config.h"

#include "tests/unit/test_main.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/command.h"
#include "harness/base/log.h"
#include "harness/case/case.h"
#include "harness/team/threads.h"

#define MOST 6

/* -1: not looked at; NAN: must be none. */
struct figures {
    double flop, bytes, bus_bytes, messages, traffic, accesses;
    double need_flop, need_bytes;
};

struct trial {
    const char *id;
    struct figures want, got[MOST];
    char scratch[64];
};

static bool looked_at[64]; /* of et_benches */

static enum et_status look(struct et_team *team, void *arg)
{
    struct trial *t = arg;
    struct et_case c;
    enum et_status s = et_case_parse(t->id, &et_benches, &c);
    if (s != ET_OK)
        return s;
    for (size_t i = 0; i < et_benches.n && team->rank == 0; i++)
        looked_at[i] = looked_at[i] || et_benches.v[i] == c.bench;
    const struct et_setting setting = {.team = team,
                                       .backend = c.backend,
                                       .threads = (int)c.threads,
                                       .seed = 1,
                                       .scratch = t->scratch,
                                       .tag = "figures"};
    void *state = calloc(1, c.bench->state_size);
    struct et_work w = {0};
    struct et_need n = {0};
    s = state ? c.bench->prepare(state, &setting, c.params) : ET_INFRA;
    s = et_team_agree(team, s);
    if (s == ET_OK) {
        c.bench->work(state, &w);
        c.bench->need(c.params, team->size, (int)c.threads, &n);
        if (!w.convention || !*w.convention)
            s = ET_WRONG;
    }
    t->got[team->rank] =
        (struct figures){w.flop,    w.bytes,    w.bus_bytes, w.messages,
                         w.traffic, w.accesses, n.flop,      n.bytes};
    if (state)
        c.bench->release(state);
    free(state);
    et_case_free(&c);
    return s;
}

static void same(const char *id, const char *what, double got, double want)
{
    if (want == -1 || got == want || (isnan(want) && isnan(got)))
        return;
    fail_msg("%s: %s is %.17g, not %.17g", id, what, got, want);
}

static void check(const char *id, int ranks, struct figures want)
{
    struct trial t = {.id = id, .want = want};
    snprintf(t.scratch, sizeof t.scratch, "/tmp/etalon-figures-XXXXXX");
    assert_non_null(mkdtemp(t.scratch));
    enum et_status s = et_team_threads_run(ranks, 0, look, &t);
    rmdir(t.scratch);
    if (s != ET_OK)
        fail_msg("%s: %s", id, et_log_last_error());
    for (int r = 0; r < ranks; r++) {
        const struct figures *g = &t.got[r], *w = &want;
        same(id, "flop", g->flop, w->flop);
        same(id, "bytes", g->bytes, w->bytes);
        same(id, "bus_bytes", g->bus_bytes, w->bus_bytes);
        same(id, "messages", g->messages, w->messages);
        same(id, "traffic", g->traffic, w->traffic);
        same(id, "accesses", g->accesses, w->accesses);
        same(id, "flop needed", g->need_flop, w->need_flop);
        same(id, "bytes needed", g->need_bytes, w->need_bytes);
    }
}

/* 2 x 3 x 5 x 7 = 210 operations a product. A has 21 elements, B 35, C 15. */
TEST(gemm)
{
    check("gemm backend=reference dtype=fp32 m=3 n=5 k=7", 1,
          (struct figures){.flop = 210,
                           .traffic = 4 * 71,
                           .need_flop = 210,
                           .need_bytes = 4 * 71});
    check("gemm backend=reference m=3 n=5 k=7 batch=4", 1,
          (struct figures){.flop = 840,
                           .traffic = 8 * 4 * 71,
                           .need_flop = 840,
                           .need_bytes = 8 * 4 * 71});
    /* Weak: each rank its own. With beta, C is read as well as written. */
    check("gemm backend=reference dtype=fp32 m=3 n=5 k=7 batch=4 beta=1 "
          "ranks=3",
          3,
          (struct figures){.flop = 3 * 840,
                           .traffic = 3 * 4 * 4 * 86,
                           .need_flop = 3 * 840,
                           .need_bytes = -1});
    /* Strong: by the batch, each product once; by rows, B on each rank. */
    check("gemm backend=reference dtype=fp32 m=3 n=5 k=7 batch=4 "
          "scaling=strong ranks=2",
          2,
          (struct figures){.flop = 840,
                           .traffic = 4 * 4 * 71,
                           .need_flop = 840,
                           .need_bytes = -1});
    check("gemm backend=reference dtype=fp32 m=4 n=5 k=7 scaling=strong "
          "ranks=2",
          2,
          (struct figures){.flop = 280,
                           .traffic = 4 * (28 + 2 * 35 + 20),
                           .need_flop = 280,
                           .need_bytes = -1});
}

/* 2 images of 4 x 5 x 6, 6 filters of 2 channels (4 in 2 groups), 3 x 2 points;
 * padded by a row above and below and strided by 2 over the columns: outputs of
 * (5 + 2 - 3) + 1 = 5 by (6 - 2) / 2 + 1 = 3. A multiply and an add for each of
 * 2 x 6 x 5 x 3 outputs and 2 x 3 x 2 points: 2 x 180 x 12 = 4320. */
TEST(conv)
{
#define CONV                                                                   \
    "conv backend=reference n=2 c=4 h=5 w=6 k=6 r=3 s=2 pad_h=1 stride_w=2 "   \
    "groups=2"
    double x = 2 * 4 * 5 * 6, w = 6 * 2 * 3 * 2, y = 2 * 6 * 5 * 3;
    check(CONV, 1,
          (struct figures){.flop = 4320,
                           .traffic = 4 * (x + w + y),
                           .need_flop = 4320,
                           .need_bytes = 4 * (x + w + y)});
    check(CONV " ranks=2", 2,
          (struct figures){.flop = 8640,
                           .traffic = 8 * (x + w + y),
                           .need_flop = 8640,
                           .need_bytes = -1});
    /* Shared: the images once, the filters on each rank. */
    check(CONV " scaling=strong ranks=2", 2,
          (struct figures){.flop = 4320,
                           .traffic = 4 * (x + 2 * w + y),
                           .need_flop = 4320,
                           .need_bytes = -1});
}

/* 96 elements of 8 bytes: S = 768. The bus carries 2 S (p - 1) / p; each of 96
 * sums has p - 1 additions. */
TEST(allreduce)
{
    /* 2 (p - 1) messages of each rank. */
    check("allreduce backend=ring dtype=fp64 bytes=768 ranks=4", 4,
          (struct figures){.flop = 3 * 96,
                           .bytes = 768,
                           .bus_bytes = 1152,
                           .messages = 24,
                           .need_flop = 3 * 96,
                           .need_bytes = 4 * 768});
    check("allreduce backend=ring dtype=fp32 bytes=768 ranks=3", 3,
          (struct figures){.flop = 2 * 192,
                           .bytes = 768,
                           .bus_bytes = 1024,
                           .messages = 12,
                           .need_flop = 2 * 192,
                           .need_bytes = 3 * 768});
    /* log2 p of each rank; of 6, two hand theirs over first and are told. */
    check("allreduce backend=recursive-doubling dtype=fp64 bytes=768 ranks=4",
          4,
          (struct figures){.flop = 3 * 96,
                           .bytes = 768,
                           .bus_bytes = 1152,
                           .messages = 8,
                           .need_flop = -1,
                           .need_bytes = -1});
    check("allreduce backend=recursive-doubling dtype=fp64 bytes=768 ranks=6",
          6,
          (struct figures){.flop = 5 * 96,
                           .bytes = 768,
                           .bus_bytes = 1280,
                           .messages = 8 + 4,
                           .need_flop = -1,
                           .need_bytes = -1});
    /* Alone there is no bus. */
    check("allreduce backend=ring dtype=fp64 bytes=768", 1,
          (struct figures){.flop = 0,
                           .bytes = 768,
                           .bus_bytes = NAN,
                           .messages = 0,
                           .need_flop = 0,
                           .need_bytes = 768});
}

/* Of all-gather S is all ranks' parts, of which (p - 1) / p cross the bus; of a
 * broadcast the root's vector, all of which does. Nothing is added. */
TEST(other_collectives)
{
    check("allgather backend=ring dtype=fp64 bytes=768 ranks=4", 4,
          (struct figures){.bytes = 3072,
                           .bus_bytes = 2304,
                           .messages = -1,
                           .need_flop = -1,
                           .need_bytes = -1});
    check("broadcast backend=binomial-tree dtype=fp64 bytes=768 ranks=4", 4,
          (struct figures){.bytes = 768,
                           .bus_bytes = 768,
                           .messages = 3,
                           .need_flop = -1,
                           .need_bytes = -1});
    /* How many the reference sends it does not say. */
    check("allgather backend=reference dtype=fp64 bytes=768 ranks=4", 4,
          (struct figures){.bytes = 3072,
                           .bus_bytes = 2304,
                           .messages = NAN,
                           .need_flop = -1,
                           .need_bytes = -1});
}

TEST(io)
{
    check("io backend=posix bytes=12288 block=4096 sync=no ranks=3", 3,
          (struct figures){.bytes = 36864, .need_bytes = 36864});
    check("io backend=posix bytes=12288 block=4096 sync=no scaling=strong "
          "ranks=3",
          3, (struct figures){.bytes = 12288, .need_bytes = 12288});
}

/* STREAM's counting: 8 bytes of each vector an element; ordinary stores read
 * the line first, unless L1 holds all. 98304 bytes of triad are 4096 elements
 * in each of three vectors. */
TEST(stream)
{
    static const struct {
        const char *op;
        double vectors, allocate;
    } v[] = {{"copy", 2, 1},
             {"scale", 2, 1},
             {"add", 3, 1},
             {"triad", 3, 1},
             {"read", 1, 0}};
    for (size_t i = 0; i < sizeof v / sizeof *v; i++) {
        char id[200];
        double n = 1 << 21, bytes = 8 * n * v[i].vectors;
        for (int nt = 0; nt < 2; nt++) {
            if (nt && strcmp(v[i].op, "read") == 0)
                continue;
            snprintf(id, sizeof id,
                     "stream backend=native op=%s level=bytes bytes=%.0f%s "
                     "ranks=2",
                     v[i].op, bytes, nt ? " stores=nontemporal" : "");
            check(id, 2,
                  (struct figures){
                      .bytes = 2 * bytes,
                      .traffic =
                          2 * 8 * n * (v[i].vectors + (nt ? 0 : v[i].allocate)),
                      .need_bytes = 2 * bytes});
        }
    }
    check("stream backend=native level=bytes bytes=6144", 1,
          (struct figures){.bytes = 6144, .traffic = 6144, .need_bytes = 6144});
}

TEST(memory_latency)
{
    check("memory_latency backend=native level=bytes bytes=65536 ranks=2", 2,
          (struct figures){.accesses = 1, .need_bytes = -1});
}

/* Two operations a multiply-add: a second rank does as many, and so does a
 * second thread. */
TEST(peak)
{
    struct trial one = {.id = "peak backend=portable dtype=fp32"},
                 two = {.id = "peak backend=portable dtype=fp32 ranks=2"},
                 more = {.id = "peak backend=portable dtype=fp32 threads=3"};
    assert_int_equal(et_team_threads_run(1, 0, look, &one), ET_OK);
    assert_int_equal(et_team_threads_run(2, 0, look, &two), ET_OK);
    assert_int_equal(et_team_threads_run(1, 0, look, &more), ET_OK);
    /* Eight sums of four lanes, 4096 steps an iteration. */
    assert_true(one.got[0].flop == 2.0 * 8 * 4 * 4096);
    assert_true(two.got[1].flop == 2 * one.got[0].flop);
    assert_true(more.got[0].flop == 3 * one.got[0].flop);
}

/* A collective's row is in tests/contract/collective.h. */
TEST(every_bench)
{
    assert_true(et_benches.n <= sizeof looked_at / sizeof *looked_at);
    for (size_t i = 0; i < et_benches.n; i++) {
        const struct et_bench *b = et_benches.v[i];
        if (!looked_at[i] && b->role != ET_ROLE_COLLECTIVE)
            fail_msg("%s: no figure of it is worked out here", b->name);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gemm),           cmocka_unit_test(conv),
        cmocka_unit_test(allreduce),      cmocka_unit_test(io),
        cmocka_unit_test(stream),         cmocka_unit_test(peak),
        cmocka_unit_test(memory_latency), cmocka_unit_test(other_collectives),
        cmocka_unit_test(every_bench),
    };
    et_log_level_set(ET_LOG_ERROR);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
