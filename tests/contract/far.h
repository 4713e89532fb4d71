/* far: a memory that is not the host's, as a device has it: who follows one of
 * its pointers on the host gets a signal.
 */
#ifndef ET_TESTS_FAR_H
#define ET_TESTS_FAR_H

#include <string.h>
#include <sys/mman.h>

#include "harness/base/space.h"

/* What is at `at` stands so many bytes further. */
#define FAR ((size_t)1 << 20)

static bool far_fails; /* from now on nothing is copied */

static void *far_alloc(size_t n, size_t size)
{
    char *at = n * size <= FAR ? mmap(NULL, 2 * FAR, PROT_NONE,
                                      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
                               : MAP_FAILED;
    if (at == MAP_FAILED)
        return NULL;
    return mprotect(at + FAR, FAR, PROT_READ | PROT_WRITE) == 0 ? at : NULL;
}
static void far_free(void *at)
{
    if (at)
        munmap(at, 2 * FAR);
}
static enum et_status far_fill(void *at, size_t first, int byte, size_t bytes)
{
    memset((char *)at + FAR + first, byte, bytes);
    return ET_OK;
}
static enum et_status far_send(void *at, size_t first, const void *host,
                               size_t bytes)
{
    if (far_fails)
        return ET_INFRA;
    memcpy((char *)at + FAR + first, host, bytes);
    return ET_OK;
}
static enum et_status far_bring(void *host, const void *at, size_t first,
                                size_t bytes)
{
    if (far_fails)
        return ET_INFRA;
    memcpy(host, (const char *)at + FAR + first, bytes);
    return ET_OK;
}
static const struct et_space far = {.name = "far",
                                    .alloc = far_alloc,
                                    .free = far_free,
                                    .fill = far_fill,
                                    .send = far_send,
                                    .bring = far_bring};

#endif
