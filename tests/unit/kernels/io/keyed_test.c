/* keyed: one block in all the ways it can be wrong, and where the limits of
 * each judgement lie. What each kind of fault is called stands in
 * tests/contract/io_test.
 */
#include "config.h"
#include "tests/unit/test_main.h"

#include <string.h>

#include "kernels/io/keyed.h"

#define BYTES (5 * ET_IO_BLOCK - 100)

static const struct et_io_contents own = {42, false, BYTES},
                                   shared = {42, true, BYTES};
static const struct et_io_place here = {3, 2 * ET_IO_BLOCK, 9};

static struct et_io_finding judge(const struct et_io_contents *c,
                                  const struct et_io_place *from)
{
    unsigned char got[ET_IO_BLOCK];
    struct et_io_finding f;
    et_io_fill(c, from, got, ET_IO_BLOCK);
    et_io_judge(c, &here, got, ET_IO_BLOCK, &f);
    return f;
}

/* One block in all the ways it can be wrong. */
static void assert_judged(const struct et_io_contents *c, int64_t at, int64_t n)
{
    const struct et_io_place p = {3, at, 9};
    struct et_io_contents others = *c;
    struct et_io_place from = p;
    unsigned char got[ET_IO_BLOCK], right[ET_IO_BLOCK], old[ET_IO_BLOCK];
    struct et_io_finding f;
    struct et_io_key key;
    bool headed = n >= ET_IO_HEADER;

    et_io_fill(c, &p, right, n);
    et_io_judge(c, &p, right, n, &f);
    assert_true(f.state == ET_IO_RIGHT && f.wrong == 0 && f.bits == 0);
    for (int64_t bit = 0; bit < n * 8; bit += bit < 320 ? 1 : 97) {
        memcpy(got, right, (size_t)n);
        got[bit / 8] ^= (unsigned char)(1 << bit % 8);
        et_io_judge(c, &p, got, n, &f);
        assert_true(f.state == ET_IO_FLIPPED && f.first == bit / 8);
        assert_true(f.wrong == 1 && f.bits == 1 && f.end == f.first + 1);
        assert_true(!headed || bit >= 320 || !et_io_header(c, got, &key));
    }
    from.epoch = 8;
    et_io_fill(c, &from, old, n);
    et_io_judge(c, &p, old, n, &f);
    assert_true(f.state == ET_IO_STALE && f.from.epoch == 8);
    /* Torn: its end, its beginning, or a piece of it is of the last epoch. */
    for (int how = 0; how < 3 && n >= 24; how++) {
        int64_t first = how == 0 ? n / 2 : how == 1 ? 0 : n / 4;
        int64_t end = how == 0 ? n : n / 2;
        memcpy(got, right, (size_t)n);
        memcpy(got + first, old + first, (size_t)(end - first));
        et_io_judge(c, &p, got, n, &f);
        assert_true(f.state == ET_IO_STALE && f.from.epoch == 8);
        assert_true(f.first >= first && f.first < first + 4);
        assert_true(f.end <= end && f.end > end - 4);
        memset(got + first, 0, (size_t)(end - first));
        et_io_judge(c, &p, got, n, &f);
        assert_true(f.state == ET_IO_BLANK && f.byte == 0);
    }
    for (int kind = 0; headed && kind < 3; kind++) {
        from = p;
        if (kind == 0)
            from.epoch = 2;
        else if (kind == 1)
            from.at = at ? 0 : ET_IO_BLOCK;
        else
            from.rank = 4;
        et_io_fill(c, &from, got, n);
        et_io_judge(c, &p, got, n, &f);
        assert_true(f.state == (kind == 0   ? ET_IO_STALE
                                : kind == 1 ? ET_IO_MISPLACED
                                            : ET_IO_FOREIGN));
        assert_true(f.from.rank == from.rank && f.from.at == from.at &&
                    f.from.epoch == from.epoch);
    }
    others.seed++;
    et_io_fill(&others, &p, got, n);
    et_io_judge(c, &p, got, n, &f);
    assert_true(f.state == ET_IO_JUNK && f.wrong > n / 2);
}

/* A block filled alone is the one of the whole file, and any fault in it is
 * judged for what it is. */
TEST(blocks)
{
    static unsigned char all[5 * ET_IO_BLOCK], piece[ET_IO_BLOCK];
    for (int one_file = 0; one_file < 2; one_file++) {
        struct et_io_contents c = {42, one_file, sizeof all - 100};
        struct et_io_place p = {2, 0, 7};
        struct et_io_key key, last = {0};
        et_io_fill(&c, &p, all, c.bytes);
        for (int64_t at = 0; at < c.bytes; at += ET_IO_BLOCK) {
            int64_t n = c.bytes - at < ET_IO_BLOCK ? c.bytes - at : ET_IO_BLOCK;
            p.at = at;
            et_io_fill(&c, &p, piece, n);
            assert_true(memcmp(piece, all + at, (size_t)n) == 0);
            assert_true(et_io_header(&c, piece, &key) && key.epoch == 7);
            assert_true(key.file == (one_file ? 0 : 2));
            assert_true(key.offset ==
                        (uint64_t)(at + (one_file ? 2 * c.bytes : 0)));
            assert_true(et_io_header_is(&c, &p, piece));
            /* As random as the rest: no word of it comes again. */
            for (int64_t i = 0; at && i < ET_IO_HEADER; i += 8)
                assert_true(memcmp(piece + i, all + i, 8) != 0);
            assert_true(memcmp(&key, &last, sizeof key) != 0);
            last = key;
        }
        assert_judged(&c, 0, ET_IO_BLOCK);
        assert_judged(&c, ET_IO_BLOCK, ET_IO_BLOCK);
        assert_judged(&c, 4 * ET_IO_BLOCK, ET_IO_BLOCK - 100);
        assert_judged(&c, 4 * ET_IO_BLOCK, 30);
    }
}

/* Eight bits are a few, nine are not. */
TEST(few_bits_are_flips)
{
    unsigned char got[ET_IO_BLOCK];
    struct et_io_finding f;
    et_io_fill(&own, &here, got, sizeof got);
    for (int n = 1; n <= ET_IO_FLIPS + 1; n++) {
        got[100 * n] ^= (unsigned char)(1 << n % 8);
        et_io_judge(&own, &here, got, sizeof got, &f);
        assert_int_equal(f.state, n <= 8 ? ET_IO_FLIPPED : ET_IO_JUNK);
        assert_int_equal(f.bits, n);
        assert_int_equal(f.wrong, n);
        assert_int_equal(f.first, 100);
        assert_int_equal(f.end, 100 * n + 1);
    }
    /* All of them in one byte. */
    et_io_fill(&own, &here, got, sizeof got);
    got[7] ^= 0xff;
    et_io_judge(&own, &here, got, sizeof got, &f);
    assert_int_equal(f.state, ET_IO_FLIPPED);
    assert_int_equal(f.bits, 8);
    assert_int_equal(f.wrong, 1);
}

/* The header is that of one file, one offset and one epoch. */
TEST(a_header_is_of_one_place)
{
    unsigned char block[ET_IO_BLOCK];
    for (int i = 0; i < 2; i++) {
        const struct et_io_contents *c = i ? &shared : &own;
        struct et_io_place file = here, offset = here, epoch = here;
        file.rank++;
        offset.at += ET_IO_BLOCK;
        epoch.epoch--;
        et_io_fill(c, &here, block, sizeof block);
        assert_true(et_io_header_is(c, &here, block));
        assert_false(et_io_header_is(c, &file, block));
        assert_false(et_io_header_is(c, &offset, block));
        assert_false(et_io_header_is(c, &epoch, block));
    }
}

/* A header of the right seed that names no block of these files is of no
 * file of this run. */
TEST(places_that_there_are_not)
{
    struct et_io_place from = here;
    from.at = 4 * ET_IO_BLOCK;
    assert_int_equal(judge(&own, &from).state, ET_IO_MISPLACED);
    from.at = 5 * ET_IO_BLOCK; /* behind the end */
    assert_int_equal(judge(&own, &from).state, ET_IO_JUNK);
    from.at = ET_IO_BLOCK + 8; /* no block begins there */
    assert_int_equal(judge(&own, &from).state, ET_IO_JUNK);
    from = here;
    from.rank = 4;
    assert_int_equal(judge(&own, &from).state, ET_IO_FOREIGN);
    assert_int_equal(judge(&shared, &from).state, ET_IO_FOREIGN);
}

/* No word of the key can be changed: the check covers each. */
TEST(the_check_covers_the_key)
{
    unsigned char block[ET_IO_BLOCK];
    struct et_io_key key;
    et_io_fill(&own, &here, block, sizeof block);
    assert_true(et_io_header(&own, block, &key));
    assert_int_equal(key.file, 3);
    assert_int_equal(key.offset, 2 * ET_IO_BLOCK);
    assert_int_equal(key.epoch, 9);
    for (int bit = 0; bit < 8 * ET_IO_HEADER; bit++) {
        block[bit / 8] ^= (unsigned char)(1 << bit % 8);
        assert_false(et_io_header(&own, block, &key));
        block[bit / 8] ^= (unsigned char)(1 << bit % 8);
    }
}

/* To anybody without the seed a header is random: two epochs of a block, or two
 * blocks, have no word of it in common. */
TEST(headers_are_as_random_as_the_rest)
{
    unsigned char one[ET_IO_BLOCK], two[ET_IO_BLOCK];
    struct et_io_place next = here, later = here;
    next.at += ET_IO_BLOCK;
    later.epoch++;
    et_io_fill(&own, &here, one, sizeof one);
    for (int i = 0; i < 2; i++) {
        et_io_fill(&own, i ? &later : &next, two, sizeof two);
        for (int at = 0; at < ET_IO_HEADER; at += 8)
            assert_memory_not_equal(one + at, two + at, 8);
    }
    /* Nor does a number stand there as it is. */
    for (int at = 0; at < ET_IO_HEADER; at += 8) {
        const uint64_t words[] = {3, 2 * ET_IO_BLOCK, 9};
        for (int i = 0; i < 3; i++)
            assert_memory_not_equal(one + at, &words[i], 8);
    }
}

TEST_MAIN(blocks, few_bits_are_flips, a_header_is_of_one_place,
          places_that_there_are_not, the_check_covers_the_key,
          headers_are_as_random_as_the_rest)
