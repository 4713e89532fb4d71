/* What a run keeps of its ranks: a record that does not grow with them, every
 * rank's own median in ranks.bin, and what becomes of both when one is torn,
 * forged or damaged. And run.json alone, of this schema and of an older one.
 */
#include "config.h"
#include "tests/unit/results/sample.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "paths.h"
#include "results/record/ranks.h"
#include "results/store/manifest.h"
#include "results/store/store.h"

enum { NODES = 5, PER_NODE = 2, RANKS = NODES * PER_NODE };

/* Ten ranks on five nodes, rank 7 the slowest. */
static struct et_result of_ten(const char *id)
{
    double medians[RANKS];
    struct et_result r = sample_result(id, 0.5, 0.1, 31);
    for (int i = 0; i < RANKS; i++)
        medians[i] = 0.4 + 0.01 * i / 3 + (i == 7) * 0.1;
    sample_ranks(&r, medians, RANKS, PER_NODE);
    r.team.ranks = RANKS;
    r.team.nodes = NODES;
    return r;
}

static enum et_status put(struct et_store *s, struct et_result r)
{
    enum et_status status = et_store_sink(s)->put(et_store_sink(s), &r);
    et_result_free(&r);
    return status;
}

static enum et_status begin(struct et_store *s)
{
    struct et_run_info info = sample_info();
    sample_place(&info, NODES, PER_NODE);
    enum et_status status = et_store_sink(s)->begin(et_store_sink(s), &info);
    sample_info_free(&info);
    return status;
}

static void finish(struct et_store *s, const char *dir)
{
    assert_int_equal(
        et_store_sink(s)->end(et_store_sink(s), "complete", NULL, "now"),
        ET_OK);
    et_store_close(s);
    assert_int_equal(et_manifest_write(dir), ET_OK);
}

/* A run of the cases a, b and c, of which b has two ranks. */
static int set_up(void **state)
{
    struct et_store *s;
    signal(SIGXFSZ, SIG_IGN);
    *state = sample_folder();
    assert_int_equal(et_store_open(*state, ET_STORE_NEW, &s), ET_OK);
    assert_int_equal(begin(s), ET_OK);
    assert_int_equal(put(s, of_ten("a")), ET_OK);
    assert_int_equal(put(s, sample_result("b", 0.5, 0.1, 31)), ET_OK);
    assert_int_equal(put(s, of_ten("c")), ET_OK);
    finish(s, *state);
    return 0;
}

static int tear_down(void **state)
{
    sample_remove(*state);
    return 0;
}

static char *file(void **state, const char *name)
{
    return sample_path(*state, name);
}

static off_t size_of(const char *path)
{
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    return st.st_size;
}

/* The manifest is made anew, so recomputation has to find it alone. part: what
 * must be said; NULL: nothing. */
static enum et_status verify(void **state, const char *part)
{
    size_t n = 0;
    assert_int_equal(et_manifest_write(*state), ET_OK);
    sample_listen();
    enum et_status s = sample_verify(*state, &n);
    sample_heard(part);
    return s;
}

static void every_median_is_kept(void **state)
{
    struct et_ranks r;
    struct et_ranks_reader reader = {fopen(file(state, "ranks.bin"), "r"), 0};
    const char *const ids[] = {"a", "b", "c"};
    assert_non_null(reader.file);
    for (uint64_t i = 0; i < 3; i++) {
        assert_int_equal(et_ranks_next(&reader, &r), ET_RANKS_BLOCK);
        assert_int_equal(r.record, i);
        assert_string_equal(r.id, ids[i]);
        assert_int_equal(r.medians.n, i == 1 ? 2 : RANKS);
        assert_int_equal(r.last.n, r.medians.n);
        if (i != 1)
            assert_true(r.medians.v[7] == 0.4 + 0.01 * 7 / 3 + 0.1);
        assert_true(r.last.v[0] == 1 && r.last.v[1] == 0);
        et_ranks_free(&r);
    }
    assert_int_equal(et_ranks_next(&reader, &r), ET_RANKS_END);
    assert_int_equal(reader.whole, size_of(file(state, "ranks.bin")));
    fclose(reader.file);
    assert_int_equal(verify(state, NULL), ET_OK);
}

/* The layout that docs/records.md gives, byte by byte. */
static void the_layout_is_as_documented(void **state)
{
    unsigned char b[16 + 24 + 8 + 16 + 8 + 8];
    FILE *f = fopen(file(state, "one"), "w+");
    const struct et_ranks r = {
        258, (char[]){"id"}, {(double[]){1, -2}, 2}, {(double[]){3, 4}, 2}};
    size_t n;
    unsigned char head[ET_RANKS_HEAD];
    assert_non_null(f);
    et_ranks_begin(head);
    unsigned char *block = et_ranks_pack(&r, &n);
    assert_int_equal(n + ET_RANKS_HEAD, sizeof b);
    memcpy(b, head, sizeof head);
    memcpy(b + ET_RANKS_HEAD, block, n);
    free(block);
    const unsigned char want[sizeof b - 8] =
        "ETRANKS\n\1\0\0\0\4\3\2\1"
        "RANK\2\0\0\0\2\1\0\0\0\0\0\0\2\0\0\0\0\0\0\0"
        "id\0\0\0\0\0\0"
        "\0\0\0\0\0\0\xf0\x3f\0\0\0\0\0\0\0\xc0"
        "\3\0\0\0\4\0\0"; /* and the last 0 */
    assert_memory_equal(b, want, sizeof want);
    /* By Python's zlib.crc32. */
    const unsigned char crc[8] = {0x11, 0x5b, 0xdb, 0xe8, 0, 0, 0, 0};
    assert_memory_equal(b + sizeof want, crc, sizeof crc);
    fclose(f);
    unlink(file(state, "one"));
}

/* Of a hundred thousand ranks. */
static void a_record_stays_small(void **state)
{
    enum { MANY = 100000, ON_EACH = 8 };
    struct et_store *s;
    struct et_run run;
    char *dir = sample_path(*state, "large");
    double *medians = malloc(MANY * sizeof *medians);
    assert_non_null(medians);
    for (size_t i = 0; i < MANY; i++)
        medians[i] = 1 + (double)(i * 7919 % MANY) / MANY / 3;
    medians[77777] = 2;
    struct et_run_info info = sample_info();
    sample_place(&info, MANY / ON_EACH, ON_EACH);
    assert_int_equal(et_store_open(dir, ET_STORE_NEW, &s), ET_OK);
    assert_int_equal(et_store_sink(s)->begin(et_store_sink(s), &info), ET_OK);
    struct et_result r = sample_result("large", 1.2345678901234, 0.1, 60);
    sample_ranks(&r, medians, MANY, ON_EACH);
    r.team.ranks = MANY;
    r.team.nodes = MANY / ON_EACH;
    assert_int_equal(put(s, r), ET_OK);
    finish(s, dir);
    assert_true(size_of(sample_path(dir, "records.jsonl")) < 10000);
    assert_true(size_of(sample_path(dir, "run.json")) < 10000);
    assert_true(size_of(sample_path(dir, "ranks.bin")) > 12 * MANY);
    assert_int_equal(et_run_load(dir, &run), ET_OK);
    const struct et_result_time *t = &run.records[0].result.time;
    const struct et_result_part *slowest = t->ranks.worst.v;
    assert_int_equal(t->ranks.n, MANY);
    assert_int_equal(t->nodes.n, MANY / ON_EACH);
    assert_int_equal(t->slowest_rank, 77777);
    assert_string_equal(t->slowest_host, "n9723");
    assert_int_equal(slowest->rank, 77777);
    assert_string_equal(slowest->host, "n9723");
    et_run_free(&run);
    size_t n = 0;
    assert_int_equal(sample_verify(dir, &n), ET_OK);
    assert_int_equal(n, 1);
    sample_info_free(&info);
    free(medians);
}

/* Replace the first `from` in the first record by `to`. */
static void forged(void **state, const char *from, const char *to,
                   const char *part)
{
    char *path = file(state, "records.jsonl"), *text = sample_read(path);
    char *p = strstr(text, from);
    struct et_text t = {0};
    if (!p)
        fail_msg("'%s' is not in the records: %s", from, text);
    et_text_put(&t, text, (size_t)(p - text));
    et_text_add(&t, "%s%s", to, p + strlen(from));
    sample_write(path, t.s);
    assert_int_equal(verify(state, part), ET_INFRA);
    sample_write(path, text);
    et_text_free(&t);
    free(text);
}

static void forged_records(void **state)
{
    forged(state, "\"slowest_rank\":7", "\"slowest_rank\":6",
           "`a`: its slowest rank is not");
    forged(state, "\"slowest_host\":\"n4\"", "\"slowest_host\":\"n3\"",
           "`a`: its slowest rank is not");
    forged(state, "\"imbalance\":1.", "\"imbalance\":2.",
           "`a`: time_s.imbalance");
    forged(state, "\"worst\":[{\"rank\":7", "\"worst\":[{\"rank\":6",
           "`a`: its slowest ranks or nodes");
    forged(state, "\"worst\":[{\"rank\":7,\"ranks\":1,\"host\":\"n4\"",
           "\"worst\":[{\"rank\":7,\"ranks\":1,\"host\":\"n5\"",
           "`a`: a slow rank or node is on another host");
    forged(state, "\"worst\":[{\"rank\":6,\"ranks\":2",
           "\"worst\":[{\"rank\":6,\"ranks\":1",
           "`a`: its slowest ranks or nodes");
    forged(state, "\"p95\":0.4", "\"p95\":0.3", "`a`: time_s.ranks");
    /* Of the second slowest, which no other figure rests on. */
    forged(state, "\"host\":\"n5\",\"median\":0.43,",
           "\"host\":\"n5\",\"median\":0.33,",
           "`a`: time_s.ranks is recorded as 0.33");
    forged(state, "\"median\":0.43,\"others\":0.413333333333333",
           "\"median\":0.43,\"others\":0.313333333333333",
           "`a`: time_s.ranks is recorded as 0.313333");
    forged(state, "\"nodes\":{\"n\":5,\"min\":0.4",
           "\"nodes\":{\"n\":5,\"min\":0.3",
           "`a`: time_s.nodes is recorded as 0.3016");
    forged(state, "\"histogram\":[0", "\"histogram\":[1", "`a`: its histogram");
    forged(state, "\"edges\":[0.5", "\"edges\":[0.4", "`a`: its histogram");
    forged(state, "\"last\":1}", "\"last\":2}", "`a`: time_s.ranks");
    forged(state, "\"launch\":0", "\"launch\":1", "`a`: run.json does not");
    forged(state, "\"ranks\":10,", "\"ranks\":11,", "`a`: its block");
    assert_int_equal(verify(state, NULL), ET_OK);
}

/* Neither a block nor a spread: the ranks are missing, not equal. One rank has
 * none to miss. */
static void ranks_that_are_left_out(void **state)
{
    struct et_store *s;
    assert_int_equal(et_store_open(*state, ET_STORE_RESUME, &s), ET_OK);
    assert_int_equal(begin(s), ET_OK);
    for (int ranks = 1; ranks <= 2; ranks++) {
        struct et_result r =
            sample_result(ranks == 1 ? "alone" : "two", 0.5, 0.1, 31);
        r.team.ranks = ranks;
        r.time.ranks.n = ET_ABSENT_INT;
        r.rank_medians.n = 0;
        assert_int_equal(put(s, r), ET_OK);
    }
    finish(s, *state);
    assert_int_equal(verify(state, "`two`: it has no block"), ET_INFRA);
    sample_listen();
    size_t n;
    sample_verify(*state, &n);
    assert_null(strstr(sample_said(), "`alone`: it has no block"));
}

static void write_bytes(const char *path, const char *bytes, size_t n)
{
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, n, f), n);
    fclose(f);
}

/* No bit of ranks.bin can be turned over unseen. */
static void damaged_ranks(void **state)
{
    char *path = file(state, "ranks.bin");
    size_t n = (size_t)size_of(path), records;
    char *bytes = malloc(n);
    FILE *f = fopen(path, "r");
    assert_non_null(bytes);
    assert_non_null(f);
    assert_int_equal(fread(bytes, 1, n, f), n);
    fclose(f);
    for (size_t i = 0; i < n; i++) {
        bytes[i] ^= (char)(1 << i % 8);
        write_bytes(path, bytes, n);
        sample_listen();
        assert_int_equal(et_manifest_write(*state), ET_OK);
        enum et_status s = sample_verify(*state, &records);
        assert_said(sample_said(), "ranks.bin");
        assert_int_equal(s, ET_INFRA);
        bytes[i] ^= (char)(1 << i % 8);
    }
    unlink(path);
    assert_int_equal(verify(state, "ranks.bin: No such file"), ET_INFRA);
    free(bytes);
}

/* Wherever it ends: what was whole stays, what was lost is said, and the run
 * goes on. */
static void truncated_ranks(void **state)
{
    char *path = strdup(file(state, "ranks.bin")); /* file() has few turns */
    off_t n = size_of(path);
    struct et_run run;
    char *bytes = malloc((size_t)n),
         *head = sample_read(file(state, "run.json"));
    char *records = sample_read(file(state, "records.jsonl"));
    FILE *f = fopen(path, "r");
    assert_non_null(bytes);
    assert_int_equal(fread(bytes, 1, (size_t)n, f), n);
    fclose(f);
    for (off_t end = 0; end < n; end += 13) {
        struct et_store *s;
        write_bytes(path, bytes, (size_t)end);
        sample_write(file(state, "run.json"), head);
        sample_write(file(state, "records.jsonl"), records);
        assert_int_equal(verify(state, "`c`: it has no block"), ET_INFRA);
        sample_listen();
        assert_int_equal(et_store_open(*state, ET_STORE_RESUME, &s), ET_OK);
        enum et_status status = begin(s);
        enum et_status more = put(s, of_ten("d"));
        et_store_close(s);
        const char *said = sample_said();
        assert_int_equal(status, ET_OK);
        assert_int_equal(more, ET_OK);
        if (end != 0 && end != ET_RANKS_HEAD)
            assert_said(said, "ranks.bin: its last");
        assert_int_equal(et_run_load(*state, &run), ET_OK);
        assert_int_equal(run.n, 4); /* no record went with it */
        assert_int_equal(run.records[3].launch, 1);
        et_run_free(&run);
        assert_int_equal(et_manifest_write(*state), ET_OK);
        sample_listen();
        size_t k;
        sample_verify(*state, &k);
        said = sample_said();
        assert_said(said, "`c`: it has no block");
        assert_null(strstr(said, "`d`"));
        if (end >= 16 + 24 + 8 + 12 * RANKS + 8)
            assert_null(strstr(said, "`a`"));
    }
    free(path);
    free(bytes);
    free(head);
    free(records);
}

/* A block was written and its record was not: the run was killed between. */
static void a_block_too_many_is_cut(void **state)
{
    struct et_store *s;
    char *records = sample_read(file(state, "records.jsonl"));
    char *last = strrchr(records, '\n'); /* of c */
    *last = '\0';
    *(strrchr(records, '\n') + 1) = '\0';
    sample_write(file(state, "records.jsonl"), records);
    assert_int_equal(verify(state, "a record that was never written"), ET_OK);
    sample_listen();
    assert_int_equal(et_store_open(*state, ET_STORE_RESUME, &s), ET_OK);
    assert_int_equal(begin(s), ET_OK);
    assert_said(sample_said(), "ranks.bin: its last");
    assert_int_equal(put(s, of_ten("c")), ET_OK);
    finish(s, *state);
    assert_int_equal(verify(state, NULL), ET_OK);
    free(records);
}

/* After a power failure: the file has grown, and its bytes never came. */
static void zeros_at_the_end_are_cut(void **state)
{
    struct et_store *s;
    off_t whole = size_of(file(state, "ranks.bin"));
    assert_int_equal(truncate(file(state, "ranks.bin"), whole + 100), 0);
    assert_int_equal(verify(state, "ranks.bin: damaged"), ET_INFRA);
    sample_listen();
    assert_int_equal(et_store_open(*state, ET_STORE_RESUME, &s), ET_OK);
    enum et_status status = begin(s);
    assert_said(sample_said(), "ranks.bin: its last 100 bytes");
    assert_int_equal(status, ET_OK);
    assert_int_equal(put(s, of_ten("d")), ET_OK);
    finish(s, *state);
    assert_int_equal(verify(state, NULL), ET_OK);
}

/* Where a record stands for what is damaged, nothing is taken away. */
static void a_damaged_block_stops_a_resume(void **state)
{
    struct et_store *s;
    off_t whole = size_of(file(state, "ranks.bin"));
    assert_int_equal(truncate(file(state, "ranks.bin"), whole - 9), 0);
    assert_int_equal(truncate(file(state, "ranks.bin"), whole), 0);
    sample_listen();
    assert_int_equal(et_store_open(*state, ET_STORE_RESUME, &s), ET_OK);
    enum et_status status = begin(s);
    et_store_close(s);
    assert_said(sample_said(), "the run cannot go on");
    assert_int_equal(status, ET_INFRA);
    assert_int_equal(size_of(file(state, "ranks.bin")), whole);
}

/* Its blocks both stay, and each belongs to its own line. */
static void a_case_that_was_run_again(void **state)
{
    struct et_store *s;
    struct et_run run;
    struct et_result failed = of_ten("d");
    failed.outcome = ET_FAILED;
    for (int launch = 0; launch < 2; launch++) {
        assert_int_equal(et_store_open(*state, ET_STORE_RESUME, &s), ET_OK);
        assert_int_equal(begin(s), ET_OK);
        assert_int_equal(put(s, launch == 0 ? failed : of_ten("d")), ET_OK);
        finish(s, *state);
    }
    assert_int_equal(verify(state, NULL), ET_OK);
    assert_int_equal(et_run_load(*state, &run), ET_OK);
    assert_int_equal(run.n, 4);
    assert_int_equal(run.lines, 5);
    assert_int_equal(run.records[3].line, 4);
    assert_non_null(et_run_placed(&run, &run.records[3]));
    et_run_free(&run);
}

static int64_t first_nodes(const struct et_run *run, size_t record)
{
    const struct et_run_placement *p =
        et_run_placed(run, &run->records[record]);
    const struct et_run_group *g = p ? p->groups.v : NULL;
    return g ? g->nodes : -1;
}

/* The ranks of each launch ran where run.json says of that launch. */
static void each_launch_has_its_places(void **state)
{
    struct et_store *s;
    struct et_run run;
    struct et_run_info info = sample_info();
    sample_place(&info, RANKS, 1);
    assert_int_equal(et_store_open(*state, ET_STORE_RESUME, &s), ET_OK);
    assert_int_equal(et_store_sink(s)->begin(et_store_sink(s), &info), ET_OK);
    sample_info_free(&info);
    struct et_result d = of_ten("d");
    d.team.nodes = RANKS;
    assert_int_equal(put(s, d), ET_OK);
    finish(s, *state);
    assert_int_equal(et_run_load(*state, &run), ET_OK);
    assert_int_equal(run.n, 4);
    assert_int_equal(first_nodes(&run, 0), NODES);
    assert_int_equal(first_nodes(&run, 3), RANKS);
    /* No launch of this run. */
    run.records[3].launch = 2;
    assert_int_equal(first_nodes(&run, 3), -1);
    run.records[3].launch = -1;
    assert_int_equal(first_nodes(&run, 3), -1);
    et_run_free(&run);
}

static void a_full_disk(void **state)
{
    struct et_store *s;
    struct rlimit all, few;
    off_t whole = size_of(file(state, "ranks.bin"));
    off_t lines = size_of(file(state, "records.jsonl"));
    getrlimit(RLIMIT_FSIZE, &all);
    few = all;
    few.rlim_cur = (rlim_t)whole + 50; /* and records are larger still */
    assert_int_equal(et_store_open(*state, ET_STORE_RESUME, &s), ET_OK);
    assert_int_equal(begin(s), ET_OK);
    sample_listen();
    setrlimit(RLIMIT_FSIZE, &few);
    enum et_status status = put(s, of_ten("d"));
    setrlimit(RLIMIT_FSIZE, &all);
    assert_said(sample_said(), "ranks.bin: File too large: the case `d`");
    assert_int_equal(status, ET_INFRA);
    assert_int_equal(size_of(file(state, "ranks.bin")), whole);
    /* The block fits, its record does not: neither stays. */
    few.rlim_cur = (rlim_t)lines + 50;
    sample_listen();
    setrlimit(RLIMIT_FSIZE, &few);
    status = put(s, of_ten("d"));
    setrlimit(RLIMIT_FSIZE, &all);
    assert_said(sample_said(), "records.jsonl: File too large");
    assert_int_equal(status, ET_INFRA);
    assert_int_equal(size_of(file(state, "ranks.bin")), whole);
    assert_int_equal(size_of(file(state, "records.jsonl")), lines);
    assert_int_equal(put(s, of_ten("d")), ET_OK);
    finish(s, *state);
    assert_int_equal(verify(state, NULL), ET_OK);
}

static void run_json_alone(void **state)
{
    struct et_run run;
    sample_write(file(state, "records.jsonl"), "no record is looked at");
    assert_int_equal(et_run_load_head(*state, &run), ET_OK);
    assert_int_equal(run.n, 0);
    assert_int_equal(run.info.ranks, 2);
    assert_string_equal(run.outcome, "complete");
    assert_string_equal(run.info.id, "0123456789abcdef0123456789abcdef");
    assert_null(run.info.plan_text);
    et_run_free(&run);
    /* However large it is, no more than so much is read. */
    assert_int_equal(truncate(file(state, "run.json"), ET_RUN_HEAD_MOST + 1),
                     0);
    sample_listen();
    enum et_status s = et_run_load_head(*state, &run);
    assert_said(sample_said(), "run.json: has more than");
    assert_int_equal(s, ET_INFRA);
}

TEST(the_schema_before_this_one)
{
    const char *dir = SRCDIR "/tests/unit/data/schema-1";
    struct et_run run;
    size_t n;
    sample_listen();
    enum et_status loaded = et_run_load(dir, &run);
    const char *said = sample_said();
    assert_int_equal(loaded, ET_USAGE);
    assert_said(said, "schema-1/run.json: written by an older etalon: its "
                      "schema is 1, this one reads schema 3");
    sample_listen();
    assert_int_equal(et_run_load_head(dir, &run), ET_USAGE);
    assert_int_equal(sample_verify(dir, &n), ET_USAGE);
    assert_said(sample_said(), "older etalon");
}

FRESH_TEST_MAIN(set_up, tear_down, every_median_is_kept,
                the_layout_is_as_documented, a_record_stays_small,
                forged_records, ranks_that_are_left_out, damaged_ranks,
                truncated_ranks, a_block_too_many_is_cut,
                zeros_at_the_end_are_cut, a_damaged_block_stops_a_resume,
                a_case_that_was_run_again, each_launch_has_its_places,
                a_full_disk, run_json_alone, the_schema_before_this_one)
