/* space: elements are found by their place and size, on the host and in the
 * memory of a device, and what was taken is given back.
 */
#include "config.h"
#include "tests/unit/test_main.h"

#include <stdint.h>
#include <string.h>

#include "harness/base/space.h"

/* A device that has room once. Its pointer says which device, and not where the
 * bytes are. */
static struct {
    unsigned char bytes[64];
    bool taken, full;
} device;

static void *take(size_t n, size_t size)
{
    if (device.full || n * size > sizeof device.bytes)
        return NULL;
    device.taken = true;
    return &device;
}

static void give(void *at)
{
    device.taken = device.taken && at != &device;
}

static enum et_status fill(void *at, size_t first, int byte, size_t bytes)
{
    assert_ptr_equal(at, &device);
    memset(device.bytes + first, byte, bytes);
    return ET_OK;
}

static enum et_status send(void *at, size_t first, const void *host,
                           size_t bytes)
{
    assert_ptr_equal(at, &device);
    memcpy(device.bytes + first, host, bytes);
    return ET_OK;
}

static enum et_status bring(void *host, const void *at, size_t first,
                            size_t bytes)
{
    assert_ptr_equal(at, &device);
    memcpy(host, device.bytes + first, bytes);
    return ET_OK;
}

static const struct et_space there = {.name = "there",
                                      .alloc = take,
                                      .free = give,
                                      .fill = fill,
                                      .send = send,
                                      .bring = bring};

#define N 8

TEST(of_a_device)
{
    struct et_buffer b;
    assert_int_equal(et_buffer_open(&b, &there, N, sizeof(uint32_t)), ET_OK);
    assert_true(device.taken && b.at == &device && b.host != b.at);
    uint32_t *host = b.host, inside[N];
    for (uint32_t i = 0; i < N; i++)
        host[i] = 100 + i;
    memset(device.bytes, 0, sizeof device.bytes);
    assert_int_equal(et_buffer_send(&b, 2, 3), ET_OK);
    memcpy(inside, device.bytes, sizeof inside);
    for (uint32_t i = 0; i < N; i++)
        assert_int_equal(inside[i], i >= 2 && i < 5 ? 100 + i : 0);
    /* Those that come back stand where they stood. */
    assert_int_equal(et_buffer_bring(&b, 4, 2), ET_OK);
    for (uint32_t i = 0; i < N; i++)
        assert_int_equal(host[i], i == 5 ? 0 : 100 + i);
    /* The host's copy is left alone. */
    assert_int_equal(et_buffer_fill(&b, 1, 2, 0xff), ET_OK);
    memcpy(inside, device.bytes, sizeof inside);
    assert_true(inside[0] == 0 && inside[1] == UINT32_MAX &&
                inside[2] == UINT32_MAX && inside[3] == 103);
    assert_int_equal(host[1], 101);
    et_buffer_close(&b);
    assert_false(device.taken || b.at || b.host);
    et_buffer_close(&b);
}

/* One memory: nothing is copied, and a fill is seen at once. */
TEST(of_the_host)
{
    struct et_buffer b;
    assert_int_equal(et_buffer_open(&b, NULL, N, sizeof(uint32_t)), ET_OK);
    assert_ptr_equal(b.space, &et_space_host);
    assert_ptr_equal(b.at, b.host);
    uint32_t *host = b.host;
    assert_int_equal(et_buffer_fill(&b, 3, 2, 0xff), ET_OK);
    for (uint32_t i = 0; i < N; i++)
        assert_int_equal(host[i], i == 3 || i == 4 ? UINT32_MAX : 0);
    assert_int_equal(et_buffer_send(&b, 0, N), ET_OK);
    assert_int_equal(et_buffer_bring(&b, 0, N), ET_OK);
    et_buffer_close(&b);
}

/* Where one of the two memories has no room, the other is given back. */
TEST(without_room)
{
    struct et_buffer b;
    device.full = true;
    assert_int_equal(et_buffer_open(&b, &there, N, 4), ET_INFRA);
    assert_true(!b.at && !b.host);
    device.full = false;
    /* So many bytes overflow to 0, for which the device has room. */
    assert_int_equal(et_buffer_open(&b, &there, SIZE_MAX / 4 + 1, 4), ET_INFRA);
    assert_true(!device.taken && !b.at && !b.host);
}

TEST_MAIN(of_a_device, of_the_host, without_room)
