/* keyed: where the limits of each judgement lie. What each kind of fault is
 * called stands in tests/contract/io_test.
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

TEST_MAIN(few_bits_are_flips, a_header_is_of_one_place,
          places_that_there_are_not, the_check_covers_the_key,
          headers_are_as_random_as_the_rest)
