/* scan: one line of JSON straight into structs by their field rows, without a
 * tree between: the quick way for the lines that etalon itself wrote. It is
 * never the judge: what it does not take is read, or refused, by jansson.
 */
#ifndef ET_RESULTS_RECORD_SCAN_H
#define ET_RESULTS_RECORD_SCAN_H

#include "harness/base/field.h"

/* An object may be spread over several structs, their rows in turn. */
struct et_scan_part {
    const struct et_field *rows;
    void *base; /* et_fields_init-ed */
};

/* True: et_json_get would give the same members, down to the last bit. False:
 * not taken, which is no error: a member that is unknown, twice there or not
 * in the order of the rows, blanks, a wrong type, anything torn. Then some
 * members may be set. The line ends in a line feed or in a NUL behind it. */
bool et_scan(const char *line, size_t n, const struct et_scan_part *parts,
             size_t n_parts);

#endif
