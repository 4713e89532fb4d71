/* The host as a memory space, and buffers in any. */
#include "config.h"
#include "harness/base/space.h"

#include <string.h>

#include "harness/base/memory.h"

const struct et_space et_space_host = {.name = "host",
                                       .is_host = true,
                                       .alloc = et_alloc_aligned,
                                       .free = et_free_aligned};

enum et_status et_buffer_open(struct et_buffer *b, const struct et_space *space,
                              size_t n, size_t size)
{
    *b = (struct et_buffer){
        .space = space ? space : &et_space_host, .n = n, .size = size};
    b->at = b->space->alloc(n, size);
    b->host = b->space->is_host ? b->at : et_alloc_aligned(n, size);
    if (b->at && b->host)
        return ET_OK;
    et_buffer_close(b);
    return ET_INFRA;
}

void et_buffer_close(struct et_buffer *b)
{
    if (b->space && !b->space->is_host)
        et_free_aligned(b->host);
    if (b->space)
        b->space->free(b->at);
    *b = (struct et_buffer){0};
}

enum et_status et_buffer_send(const struct et_buffer *b, size_t first, size_t n)
{
    if (b->space->is_host)
        return ET_OK;
    return b->space->send(b->at, first * b->size,
                          (const char *)b->host + first * b->size, n * b->size);
}

enum et_status et_buffer_bring(const struct et_buffer *b, size_t first,
                               size_t n)
{
    if (b->space->is_host)
        return ET_OK;
    return b->space->bring((char *)b->host + first * b->size, b->at,
                           first * b->size, n * b->size);
}

enum et_status et_buffer_fill(const struct et_buffer *b, size_t first, size_t n,
                              int byte)
{
    if (!b->space->is_host)
        return b->space->fill(b->at, first * b->size, byte, n * b->size);
    memset((char *)b->host + first * b->size, byte, n * b->size);
    return ET_OK;
}
