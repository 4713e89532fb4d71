/* record: one line of records.jsonl: the result of a pass of a case and the
 * metrics that follow from it. The rows are the schema. What reports are made
 * from is a record of the whole case (results/reading/merge.h).
 */
#ifndef ET_RESULTS_RECORD_RECORD_H
#define ET_RESULTS_RECORD_RECORD_H

#include <jansson.h>

#include "harness/base/field.h"
#include "harness/case/result.h"
#include "results/record/roofline.h"

#define ET_SCHEMA_VERSION 3

struct et_metric_value {
    char *name;
    double value, ci_low, ci_high; /* 95 %; NAN where n was too small */
    char *unit;
    char *better; /* "higher" or "lower" */
};

struct et_record {
    int64_t schema_version;
    int64_t launch; /* of the run that measured it: 0 its first, n its n-th
                     * resume */
    size_t line;    /* of records.jsonl, from 0; in no record */
    struct et_result result;
    struct et_list metrics; /* of et_metric_value */
    struct et_roofline
        roofline; /* its share of the ceilings measured with it */
};

/* A record from a result: takes the result's members over (leaves it zeroed)
 * and computes the metrics and the roofline. */
enum et_status et_record_make(struct et_result *result, struct et_record *out);
/* The metrics and the roofline anew, after its result was changed. */
enum et_status et_record_remake(struct et_record *r);
void et_record_free(struct et_record *r);

/* ET_USAGE, logged with `where`, unless it is the schema that this etalon
 * reads. */
enum et_status et_schema_check(int64_t version, const char *where);

json_t *et_record_to_json(const struct et_record *r);
enum et_status et_record_from_json(const json_t *line, struct et_record *out,
                                   const char *where);
/* The same from the line's text, for lines as they are written; false: not
 * taken, nothing said, *out untouched: ask jansson and et_record_from_json. */
bool et_record_scan(const char *line, size_t n, struct et_record *out);
json_t *et_record_schema(void);

/* NULL where the record has no such metric. */
const struct et_metric_value *et_record_metric(const struct et_record *r,
                                               const char *name);
/* A fact by the word used in `where` clauses and columns: "bench", "backend",
 * "case", "label", "status", "ranks", "nodes", "threads", or the key of a
 * parameter or of a fact. NULL where the record has none. buf holds numbers. */
const char *et_record_word(const struct et_record *r, const char *key,
                           char buf[ET_TEXT_NUMBER]);

#endif
