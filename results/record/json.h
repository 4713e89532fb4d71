/* json: structs to JSON and back by their field rows. The only place that
 * knows both; bytes and numbers as figures in base units, absent as null.
 */
#ifndef ET_RESULTS_RECORD_JSON_H
#define ET_RESULTS_RECORD_JSON_H

#include <jansson.h>

#include "harness/base/field.h"

/* Add every row's member to `object`. ET_INFRA on no memory. */
enum et_status et_json_put(json_t *object, const struct et_field *rows,
                           const void *base);
/* Fill an et_fields_init-ed struct from an object. A member that is missing
 * or null stays as it is (absent); one of the wrong type is an error, logged
 * as "`where`: `key`: ...", ET_INFRA. Unknown members are ignored, so that
 * an older etalon reads a newer run. */
enum et_status et_json_get(const json_t *object, const struct et_field *rows,
                           void *base, const char *where);

/* A text, or null; NULL on no memory. */
json_t *et_json_text(const char *s);

/* JSON Schema (draft 2020-12) of an object with these rows. */
json_t *et_json_schema(const struct et_field *rows);

#endif
