/* Prints what schema_test checks: the record schema on the first line, then
 * records of every outcome, one a line.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "results/record/record.h"
#include "tests/unit/results/sample.h"

static void emit(json_t *o)
{
    char *text = json_dumps(o, JSON_COMPACT);
    puts(text);
    free(text);
    json_decref(o);
}

int main(void)
{
    emit(et_record_schema());
    for (int o = ET_MEASURED; o <= ET_UNMEASURED; o++) {
        struct et_result r = sample_result("a", 1.0 / 3, 0.1, 7);
        struct et_record record;
        r.outcome = o;
        r.verification.bound = INFINITY;
        if (et_record_make(&r, &record))
            return 1;
        emit(et_record_to_json(&record));
        et_record_free(&record);
    }
    /* As bare as a record can be. */
    struct et_record bare = {.schema_version = ET_SCHEMA_VERSION};
    et_fields_init(et_result_rows, &bare.result, sizeof bare.result);
    bare.result.bench = strdup("b");
    bare.result.id = strdup("c");
    bare.result.backend = strdup("x");
    bare.result.outcome = ET_SKIPPED;
    emit(et_record_to_json(&bare));
    et_record_free(&bare);
    return 0;
}
