/* scale: fits shapes of the catalog to a machine: fewer or more tokens, another
 * microbatch, as many bytes as there is room for, no more FLOP than there is
 * time for. Knows the notes of a catalog's row and what a case needs; no bench.
 *
 * Keys of a section: `tokens` and `microbatch` multiply the parameters that
 * grow with them, which the row's notes of these names say ("8192:m",
 * "1:batch"); `fit` then halves the tokens, or where none are left or the row
 * has none the microbatch, until the operands of a rank take no more bytes;
 * `flop_most` leaves out what does more. A scaled case has what was made of it
 * at the end of its shape's name: llama3-8b/fwd/tp1-s8192-mb1/qkv/tokens-512.
 */
#ifndef ET_CONFIG_SCALE_H
#define ET_CONFIG_SCALE_H

#include "harness/case/case.h"
#include "harness/config/catalog.h"

struct et_scale {
    int64_t tokens, microbatch, fit; /* 0: not asked for */
    double flop_most;                /* 0: any */
};

/* The keys that a section may have for it. */
#define ET_SCALE_KEYS "tokens", "microbatch", "fit", "flop_most"
/* One of them; ET_USAGE, logged with `where`, on what is no such number. */
enum et_status et_scale_set(struct et_scale *s, const char *key,
                            const char *value, const char *where);
/* The case made of this row (NULL: of sizes that a plan gives). *out: it is to
 * be left out: it would not fit however few tokens it had, or does too much. */
enum et_status et_scale_case(const struct et_scale *s,
                             const struct et_shape *row, struct et_case *c,
                             const char *where, bool *out);
/* Does the row have what `tokens` or `microbatch` ask for? */
bool et_scale_applies(const struct et_scale *s, const struct et_shape *row);

#endif
