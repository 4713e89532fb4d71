/* Memory that is counted before it is asked for. Sizes that overflow give
 * NULL, as a failed allocation does. Knows nothing of what is stored. Nothing
 * else in the tree calls malloc and its like (tests/meta/layering_test).
 */
#ifndef ET_BASE_MEMORY_H
#define ET_BASE_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Alignment of every kernel buffer: a page, so that SIMD loads, huge pages
 * and O_DIRECT are all content. */
#define ET_ALIGN 4096

/* *product = a * b; false and untouched on overflow. Factors are >= 0. */
bool et_mul(int64_t a, int64_t b, int64_t *product);
bool et_add(int64_t a, int64_t b, int64_t *sum);

/* Page-aligned, zeroed and so resident; NULL when there is none or n*size
 * overflows. Freed by et_free_aligned (NULL is fine). */
void *et_alloc_aligned(size_t n, size_t size);
void et_free_aligned(void *p);

/* malloc-family with overflow check; NULL on failure; freed by free(). A
 * failure is remembered. */
void *et_alloc(size_t n, size_t size); /* zeroed */
void *et_grow(void *p, size_t n, size_t size);
char *et_strdup(const char *s);            /* NULL gives NULL */
char *et_strndup(const char *s, size_t n); /* of n bytes at most */

/* Has one of these failed in this process, or something else that was noted
 * for want of memory? A program that went on without what it asked for must not
 * end as if nothing had been. */
bool et_memory_ran_out(void);
void et_memory_note(void);
/* Returns p, what a call of the C library gave; NULL with errno ENOMEM is
 * noted. */
void *et_noted(void *p);

#endif
