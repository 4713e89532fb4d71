/* Contents by key, and the reading of what became of them. */
#include "config.h"
#include "kernels/io/keyed.h"

#include <limits.h>
#include <string.h>

#include "harness/base/random.h"

enum { FILE_MASK, OFFSET_MASK, EPOCH_MASK, CHECK };

struct et_io_key et_io_key_of(const struct et_io_contents *c,
                              const struct et_io_place *p)
{
    struct et_io_key key = {(uint64_t)p->rank, (uint64_t)p->at, p->epoch};
    if (c->shared) {
        key.file = 0;
        key.offset += (uint64_t)p->rank * (uint64_t)c->bytes;
    }
    return key;
}

/* The other way; false: no block of these files begins there. */
static bool place_of(const struct et_io_contents *c,
                     const struct et_io_key *key, struct et_io_place *out)
{
    uint64_t bytes = (uint64_t)c->bytes;
    uint64_t rank = c->shared ? key->offset / bytes : key->file;
    uint64_t at = c->shared ? key->offset % bytes : key->offset;

    if (rank > INT_MAX || at >= bytes || at % ET_IO_BLOCK)
        return false;
    *out = (struct et_io_place){(int)rank, (int64_t)at, key->epoch};
    return true;
}

static uint64_t stream_of(const struct et_io_contents *c,
                          const struct et_io_place *p)
{
    return et_random_stream(et_random_stream(c->seed, (uint64_t)p->rank),
                            p->epoch);
}

static uint64_t check_of(uint64_t masks, const struct et_io_key *key)
{
    uint64_t sum = et_random_u64(masks, CHECK);
    sum = et_random_mix(sum + key->file);
    sum = et_random_mix(sum + key->offset);
    return et_random_mix(sum + key->epoch);
}

static void put_header(const struct et_io_contents *c,
                       const struct et_io_key *key, void *block)
{
    uint64_t w[ET_IO_HEADER / 8];

    memcpy(w, block, sizeof *w);
    uint64_t masks = et_random_stream(c->seed, w[0]);
    w[1] = key->file ^ et_random_u64(masks, FILE_MASK);
    w[2] = key->offset ^ et_random_u64(masks, OFFSET_MASK);
    w[3] = key->epoch ^ et_random_u64(masks, EPOCH_MASK);
    w[4] = check_of(masks, key);
    memcpy(block, w, sizeof w);
}

bool et_io_header(const struct et_io_contents *c, const void *block,
                  struct et_io_key *out)
{
    uint64_t w[ET_IO_HEADER / 8];

    memcpy(w, block, sizeof w);
    uint64_t masks = et_random_stream(c->seed, w[0]);
    struct et_io_key key = {w[1] ^ et_random_u64(masks, FILE_MASK),
                            w[2] ^ et_random_u64(masks, OFFSET_MASK),
                            w[3] ^ et_random_u64(masks, EPOCH_MASK)};
    if (w[4] != check_of(masks, &key))
        return false;
    *out = key;
    return true;
}

bool et_io_header_is(const struct et_io_contents *c,
                     const struct et_io_place *p, const void *block)
{
    struct et_io_key want = et_io_key_of(c, p), got;
    return et_io_header(c, block, &got) && got.file == want.file &&
           got.offset == want.offset && got.epoch == want.epoch;
}

void et_io_fill(const struct et_io_contents *c, const struct et_io_place *p,
                void *out, int64_t n)
{
    struct et_io_key key = et_io_key_of(c, p);

    et_random_bytes(out, (size_t)n, stream_of(c, p), (uint64_t)p->at);
    for (int64_t i = 0; i + ET_IO_HEADER <= n; i += ET_IO_BLOCK) {
        put_header(c, &key, (char *)out + i);
        key.offset += ET_IO_BLOCK;
    }
}

static bool are_equal(const unsigned char *a, const unsigned char *b,
                      int64_t first, int64_t end)
{
    return memcmp(a + first, b + first, (size_t)(end - first)) == 0;
}

/* If the bytes that are wrong stand so in `other`, they came from there: true.
 * If all bytes do, then all came from there and [first, end) becomes all: that
 * a byte or two at an end happen to be right does not make the block torn. */
static bool came_from(const unsigned char *got, const unsigned char *other,
                      int64_t n, struct et_io_finding *f)
{
    if (!are_equal(got, other, f->first, f->end))
        return false;
    if (are_equal(got, other, 0, n)) {
        f->first = 0;
        f->end = n;
    }
    return true;
}

/* Is what differs the contents of another place or time? */
static bool is_from(const struct et_io_contents *c, const struct et_io_place *p,
                    const unsigned char *got, int64_t n,
                    const struct et_io_place *from, struct et_io_finding *f)
{
    unsigned char other[ET_IO_BLOCK];

    et_io_fill(c, from, other, n);
    if (!came_from(got, other, n, f))
        return false;
    f->from = *from;
    f->state = from->rank != p->rank ? ET_IO_FOREIGN
               : from->at != p->at   ? ET_IO_MISPLACED
                                     : ET_IO_STALE;
    return true;
}

void et_io_judge(const struct et_io_contents *c, const struct et_io_place *p,
                 const void *block, int64_t n, struct et_io_finding *out)
{
    const unsigned char *got = block;
    unsigned char want[ET_IO_BLOCK];
    struct et_io_finding f = {.state = ET_IO_RIGHT, .first = n};
    struct et_io_place from;
    struct et_io_key key;

    et_io_fill(c, p, want, n);
    for (int64_t i = 0; i < n; i++) {
        unsigned differs = (unsigned)(got[i] ^ want[i]);
        if (!differs)
            continue;
        f.first = f.wrong++ ? f.first : i;
        f.end = i + 1;
        for (; differs; differs &= differs - 1)
            f.bits++;
    }
    *out = f;
    if (!f.wrong)
        return;
    out->state = ET_IO_JUNK;
    if (f.bits <= ET_IO_FLIPS) {
        out->state = ET_IO_FLIPPED;
        return;
    }
    if (n >= ET_IO_HEADER && et_io_header(c, got, &key) &&
        place_of(c, &key, &from) && is_from(c, p, got, n, &from, out))
        return;
    /* Torn, with our own header or none: of the epoch before. */
    from = *p;
    from.epoch--;
    if (is_from(c, p, got, n, &from, out))
        return;
    out->byte = got[f.first];
    memset(want, out->byte, (size_t)n);
    if (came_from(got, want, n, out))
        out->state = ET_IO_BLANK;
}
