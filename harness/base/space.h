/* space: where the operands of a backend lie: in the host's memory, or in a
 * device's own. A pointer that a space hands out is for its backends and for
 * the functions here; an element is brought to the host to be read. Knows
 * bytes; no type and no backend.
 */
#ifndef ET_BASE_SPACE_H
#define ET_BASE_SPACE_H

#include <stdbool.h>
#include <stddef.h>

#include "harness/base/status.h"

/* Offsets and sizes in bytes. All but `alloc` log their error. */
struct et_space {
    const char *name;
    bool is_host; /* its pointers are the host's: nothing is ever copied, and
                   * of the rest only alloc and free are called */
    /* n elements of `size` bytes, page-aligned; NULL: no memory. */
    void *(*alloc)(size_t n, size_t size);
    void (*free)(void *at); /* NULL is fine */
    /* Makes each of so many bytes `byte`, after all that was enqueued before
     * and before all that is enqueued after it; need not wait for either. */
    enum et_status (*fill)(void *at, size_t first, int byte, size_t bytes);
    /* Copies, after all that was enqueued before; done on return. */
    enum et_status (*send)(void *at, size_t first, const void *host,
                           size_t bytes);
    enum et_status (*bring)(void *host, const void *at, size_t first,
                            size_t bytes);
};
extern const struct et_space et_space_host;

/* n elements in a space, and beside them a copy on the host, which is the same
 * memory where the space is the host. Start from {0}. */
struct et_buffer {
    const struct et_space *space;
    void *at; /* for the backend, and for nobody else */
    void *host;
    size_t n, size; /* elements; bytes of one */
};
/* space NULL: the host. ET_INFRA without a word: no memory. */
enum et_status et_buffer_open(struct et_buffer *b, const struct et_space *space,
                              size_t n, size_t size);
void et_buffer_close(struct et_buffer *b); /* {0} is fine */
/* Elements [first, first + n) of the host's copy to the space, and back. */
enum et_status et_buffer_send(const struct et_buffer *b, size_t first,
                              size_t n);
enum et_status et_buffer_bring(const struct et_buffer *b, size_t first,
                               size_t n);
/* Each byte of these elements in the space, as its `fill` does it; the host's
 * copy, where it is another memory, stays. */
enum et_status et_buffer_fill(const struct et_buffer *b, size_t first, size_t n,
                              int byte);

#endif
