/* Blocks of ranks.bin, written and read: little-endian whatever the machine,
 * each with its length before it and a checksum behind it.
 */
#include "config.h"
#include "results/record/ranks.h"

#include <stdlib.h>
#include <string.h>

#include "harness/base/memory.h"

static const char magic[8] = "ETRANKS\n";
#define ORDER 0x01020304u
#define BLOCK 0x4b4e4152u /* "RANK" */
#define BLOCK_HEAD 24     /* bytes before the id */
#define MOST_ID 65536     /* bytes of an id that is believed */
#define MOST_RANKS (1u << 24)

static size_t padded(size_t n)
{
    return (n + 7) / 8 * 8;
}

static void put(unsigned char *to, uint64_t v, int bytes)
{
    for (int i = 0; i < bytes; i++)
        to[i] = (unsigned char)(v >> (8 * i));
}

static uint64_t get(const unsigned char *from, int bytes)
{
    uint64_t v = 0;
    for (int i = 0; i < bytes; i++)
        v |= (uint64_t)from[i] << (8 * i);
    return v;
}

/* CRC-32 of IEEE 802.3, as zlib's crc32(), eight bytes a step (Kounavis and
 * Berry, "A systematic approach to building high performance software-based CRC
 * generators", 2005): the blocks of large teams have megabytes. */
static uint32_t checksum(const unsigned char *p, size_t n)
{
    uint32_t table[8][256], crc = ~0u;
    for (uint32_t i = 0; i < 256; i++) {
        table[0][i] = i;
        for (int k = 0; k < 8; k++)
            table[0][i] =
                table[0][i] >> 1 ^ (table[0][i] & 1 ? 0xedb88320u : 0);
    }
    for (int t = 1; t < 8; t++) {
        for (uint32_t i = 0; i < 256; i++)
            table[t][i] =
                table[t - 1][i] >> 8 ^ table[0][table[t - 1][i] & 255];
    }
    for (; n >= 8; n -= 8, p += 8) {
        uint64_t v = get(p, 8) ^ crc;
        crc = 0;
        for (int t = 0; t < 8; t++)
            crc ^= table[7 - t][v >> (8 * t) & 255];
    }
    for (; n > 0; n--, p++)
        crc = crc >> 8 ^ table[0][(crc ^ *p) & 255];
    return ~crc;
}

void et_ranks_begin(unsigned char head[ET_RANKS_HEAD])
{
    memcpy(head, magic, sizeof magic);
    put(head + 8, ET_RANKS_VERSION, 4);
    put(head + 12, ORDER, 4);
}

/* Bytes of a block, but for its checksum. */
static size_t body_size(size_t id, size_t n)
{
    return BLOCK_HEAD + padded(id) + 8 * n + padded(4 * n);
}

unsigned char *et_ranks_pack(const struct et_ranks *r, size_t *size)
{
    size_t id = strlen(r->id), n = r->medians.n, body = body_size(id, n);
    unsigned char *block = et_alloc(body + 8, 1);
    if (!block)
        return NULL;
    put(block, BLOCK, 4);
    put(block + 4, id, 4);
    put(block + 8, r->record, 8);
    put(block + 16, n, 8);
    memcpy(block + BLOCK_HEAD, r->id, id);
    unsigned char *medians = block + BLOCK_HEAD + padded(id);
    unsigned char *last = medians + 8 * n;
    for (size_t i = 0; i < n; i++) {
        uint64_t bits;
        memcpy(&bits, &r->medians.v[i], sizeof bits);
        put(medians + 8 * i, bits, 8);
        put(last + 4 * i, (uint64_t)r->last.v[i], 4);
    }
    put(block + body, checksum(block, body), 4);
    *size = body + 8;
    return block;
}

void et_ranks_free(struct et_ranks *r)
{
    free(r->id);
    free(r->medians.v);
    free(r->last.v);
    *r = (struct et_ranks){0};
}

static enum et_ranks_found read_whole(FILE *f, void *to, size_t n)
{
    if (fread(to, 1, n, f) == n)
        return ET_RANKS_BLOCK;
    return ferror(f) ? ET_RANKS_NO_READ : ET_RANKS_TORN;
}

static enum et_ranks_found read_head(struct et_ranks_reader *reader)
{
    unsigned char head[ET_RANKS_HEAD];
    enum et_ranks_found found = read_whole(reader->file, head, sizeof head);
    if (found != ET_RANKS_BLOCK)
        return found;
    uint64_t version = get(head + 8, 4);
    if (memcmp(head, magic, sizeof magic) != 0 || get(head + 12, 4) != ORDER ||
        version == 0)
        return ET_RANKS_DAMAGED;
    if (version > ET_RANKS_VERSION)
        return ET_RANKS_NEWER;
    reader->whole = ET_RANKS_HEAD;
    return ET_RANKS_BLOCK;
}

/* Memory is taken as the file gives bytes, never for what a damaged length
 * claims. */
static enum et_ranks_found read_body(FILE *f, struct et_text *t, size_t n)
{
    char part[65536];
    while (n > 0) {
        size_t k = n < sizeof part ? n : sizeof part;
        enum et_ranks_found found = read_whole(f, part, k);
        if (found != ET_RANKS_BLOCK)
            return found;
        et_text_put(t, part, k);
        n -= k;
    }
    return t->failed ? ET_RANKS_NO_READ : ET_RANKS_BLOCK;
}

static bool unpack(const unsigned char *block, size_t id, size_t n,
                   struct et_ranks *out)
{
    const unsigned char *medians = block + BLOCK_HEAD + padded(id);
    const unsigned char *last = medians + 8 * n;
    struct et_ranks r = {.record = get(block + 8, 8),
                         .id = et_alloc(id + 1, 1),
                         .medians = {et_alloc(n, sizeof(double)), n},
                         .last = {et_alloc(n, sizeof(double)), n}};
    if (!r.id || !r.medians.v || !r.last.v) {
        et_ranks_free(&r);
        return false;
    }
    memcpy(r.id, block + BLOCK_HEAD, id);
    for (size_t i = 0; i < n; i++) {
        uint64_t bits = get(medians + 8 * i, 8);
        memcpy(&r.medians.v[i], &bits, sizeof bits);
        r.last.v[i] = (double)get(last + 4 * i, 4);
    }
    *out = r;
    return true;
}

enum et_ranks_found et_ranks_next(struct et_ranks_reader *reader,
                                  struct et_ranks *out)
{
    unsigned char head[BLOCK_HEAD];
    struct et_text t = {0};
    enum et_ranks_found found =
        reader->whole ? ET_RANKS_BLOCK : read_head(reader);
    if (found != ET_RANKS_BLOCK)
        return found;
    size_t there = fread(head, 1, sizeof head, reader->file);
    if (there < sizeof head)
        return ferror(reader->file) ? ET_RANKS_NO_READ
               : there              ? ET_RANKS_TORN
                                    : ET_RANKS_END;
    uint64_t id = get(head + 4, 4), n = get(head + 16, 8);
    if (get(head, 4) != BLOCK || id > MOST_ID || n > MOST_RANKS || n == 0)
        return ET_RANKS_DAMAGED;
    size_t body = body_size((size_t)id, (size_t)n);
    et_text_put(&t, (const char *)head, sizeof head);
    found = read_body(reader->file, &t, body + 8 - sizeof head);
    const unsigned char *block = (const unsigned char *)t.s;
    if (found == ET_RANKS_BLOCK &&
        get(block + body, 8) != checksum(block, body))
        found = ET_RANKS_DAMAGED;
    if (found == ET_RANKS_BLOCK && !unpack(block, (size_t)id, (size_t)n, out))
        found = ET_RANKS_NO_READ;
    if (found == ET_RANKS_BLOCK)
        reader->whole += (long)(body + 8);
    et_text_free(&t);
    return found;
}

const char *et_ranks_say(enum et_ranks_found found)
{
    switch (found) {
    case ET_RANKS_BLOCK:
    case ET_RANKS_END:
        return "whole";
    case ET_RANKS_TORN:
        return "ends within a block: torn by a write that did not finish, or "
               "truncated";
    case ET_RANKS_DAMAGED:
        return "damaged";
    case ET_RANKS_NEWER:
        return "written by a newer etalon";
    case ET_RANKS_NO_READ:
        return "cannot be read";
    }
    return "?";
}
