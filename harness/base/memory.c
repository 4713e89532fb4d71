/* Counted allocation. File-scope state: whether memory ran out, as memory is
 * the process's. */
#include "config.h"
#include "harness/base/memory.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static atomic_bool ran_out;

bool et_memory_ran_out(void)
{
    return ran_out;
}

void et_memory_note(void)
{
    ran_out = true;
}

void *et_noted(void *p)
{
    if (!p && errno == ENOMEM)
        et_memory_note();
    return p;
}

static void *remembered(void *p)
{
    if (!p)
        et_memory_note();
    return p;
}

bool et_mul(int64_t a, int64_t b, int64_t *product)
{
    int64_t r;
    if (__builtin_mul_overflow(a, b, &r))
        return false;
    *product = r;
    return true;
}

bool et_add(int64_t a, int64_t b, int64_t *sum)
{
    int64_t r;
    if (__builtin_add_overflow(a, b, &r))
        return false;
    *sum = r;
    return true;
}

void *et_alloc_aligned(size_t n, size_t size)
{
    size_t bytes;
    void *p = NULL;
    if (__builtin_mul_overflow(n, size, &bytes) || bytes > SIZE_MAX / 2 ||
        posix_memalign(&p, ET_ALIGN, bytes ? bytes : 1))
        return remembered(NULL);
    memset(p, 0, bytes);
    return p;
}

void et_free_aligned(void *p)
{
    free(p);
}

void *et_alloc(size_t n, size_t size)
{
    return remembered(calloc(n ? n : 1, size ? size : 1));
}

void *et_grow(void *p, size_t n, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(n, size, &bytes))
        return remembered(NULL);
    return remembered(realloc(p, bytes ? bytes : 1));
}

char *et_strdup(const char *s)
{
    return s ? remembered(strdup(s)) : NULL;
}

char *et_strndup(const char *s, size_t n)
{
    return remembered(strndup(s, n));
}
