/* catalog: named workload shapes from CSV files, catalog/<bench>/<file>.csv.
 * The first column is `name`, a path such as llama3-8b/fwd/tp1/qkv; the other
 * columns are the bench's parameters, but for `count`, `flops`, `tokens` and
 * `microbatch`, which are notes (the last two: harness/config/scale.h). Lines
 * that begin with '#' are comments.
 */
#ifndef ET_CONFIG_CATALOG_H
#define ET_CONFIG_CATALOG_H

#include "harness/base/field.h"

struct et_shape {
    char *name;
    struct et_pairs values; /* column to text, notes included */
    char *where;            /* "file:line" */
};

struct et_catalog {
    struct et_shape *v;
    size_t n;
};

/* All shapes of a bench; an absent folder is an empty catalog. Rows that do
 * not parse are ET_USAGE naming file and line. `columns`: the bench's rows. */
enum et_status et_catalog_read(const char *dir, const char *bench,
                               const struct et_field *columns,
                               struct et_catalog *out);
void et_catalog_free(struct et_catalog *c);

/* Does `pattern` select `name`? Part by part at '/', with '*' and '?' in a
 * part; a pattern with fewer parts selects all below it. */
bool et_catalog_selects(const char *pattern, const char *name);

/* The catalog's folder: `given`, else beside the installed program, else the
 * source tree that built it. Returned in a buffer of the caller. */
const char *et_catalog_dir(const char *given, char *buf, size_t n);

#endif
