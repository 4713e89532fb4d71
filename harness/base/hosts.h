/* hosts: many host names in one short text, as Slurm writes them: names in a
 * row that differ only in their last number become one item with a range,
 * "n[0001-9472],login2". Of zeros before a number its width is kept. Knows
 * names; never a node.
 */
#ifndef ET_BASE_HOSTS_H
#define ET_BASE_HOSTS_H

#include <stdbool.h>
#include <stddef.h>

#include "harness/base/text.h"

/* Names are added in order; start from {0}. The text is whole after
 * et_hosts_end. The longest name is cut to 255 bytes; of a name's own commas
 * and brackets each becomes a '?'. */
struct et_hosts {
    struct et_text text;
    char name[256];   /* the first of the item at hand; "" before the first */
    size_t at, width; /* where its last number stands, and how long it is */
    long long from, to;
};

void et_hosts_add(struct et_hosts *h, const char *name);
/* Returns the text, owned by the caller; NULL: no memory, or no name. */
char *et_hosts_end(struct et_hosts *h);

/* The i-th name, from 0, of such a text into buf; false where it has fewer, or
 * the text is not one. */
bool et_hosts_at(const char *text, size_t i, char *buf, size_t n);

#endif
