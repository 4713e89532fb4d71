/* Records: a result with its metrics, as JSON and as words. Knows rows,
 * metrics and JSON; never a file or a directory.
 */
#include "config.h"
#include "results/record/record.h"

#include <stdlib.h>
#include <string.h>

#include "harness/base/log.h"
#include "harness/base/memory.h"
#include "results/record/json.h"
#include "results/record/metric.h"
#include "results/record/scan.h"

static const struct et_field metric_rows[] = {
    ET_ROW(et_metric_value, name, ET_STRING, "name of the metric"),
    ET_ROW(et_metric_value, value, ET_REAL, "at the median time, in `unit`"),
    ET_ROW(et_metric_value, ci_low, ET_REAL,
           "lower end of its interval, null where n is too small"),
    ET_ROW(et_metric_value, ci_high, ET_REAL,
           "upper end of its interval, null where n is too small"),
    ET_ROW(et_metric_value, unit, ET_STRING, "its unit"),
    ET_ROW(et_metric_value, better, ET_STRING,
           "which way is better: higher or lower"),
    {0}};

static const struct et_field head_rows[] = {
    ET_ROW(et_record, schema_version, ET_INT, "version of this schema"),
    ET_ROW(et_record, launch, ET_INT,
           "launch of the run that measured it: 0 its first, n the n-th resume "
           "or --again"),
    {0}};

static const struct et_field derived_rows[] = {
    ET_ROW(et_record, metrics, ET_LIST,
           "figures of merit, the headline first; none unless measured",
           ET_ROWS_OF(et_metric_value, metric_rows)),
    ET_ROW(et_record, roofline, ET_OBJECT,
           "what the ceilings measured with the case say of it",
           ET_ROWS_OF(et_roofline, et_roofline_rows)),
    {0}};

/* What a record cannot be without; elsewhere null says absent. */
static const char *const never_null[] = {"schema_version", "bench", "case",
                                         "backend"};

static enum et_status add_metrics(struct et_record *r)
{
    const struct et_result *result = &r->result;
    const struct et_result_time *t = &result->time;
    if (result->outcome != ET_MEASURED)
        return ET_OK;
    for (const struct et_metric *m = et_metrics; m->name; m++) {
        double value = m->value(result, t->median) / m->scale;
        if (!isfinite(value))
            continue;
        struct et_metric_value *v = et_list_add(&r->metrics, sizeof *v);
        if (!v)
            return et_error(ET_INFRA, "out of memory");
        double low = m->value(result, t->ci_low) / m->scale;
        double high = m->value(result, t->ci_high) / m->scale;
        *v = (struct et_metric_value){.name = et_strdup(m->name),
                                      .value = value,
                                      .ci_low = fmin(low, high),
                                      .ci_high = fmax(low, high),
                                      .unit = et_strdup(m->unit),
                                      .better = et_strdup(m->better)};
        if (isnan(low) || isnan(high))
            v->ci_low = v->ci_high = NAN;
        if (!v->name || !v->unit || !v->better)
            return et_error(ET_INFRA, "out of memory");
    }
    return ET_OK;
}

enum et_status et_record_make(struct et_result *result, struct et_record *out)
{
    struct et_record r = {.schema_version = ET_SCHEMA_VERSION,
                          .result = *result};
    enum et_status s = add_metrics(&r);
    if (!s)
        s = et_roofline_make(&r.result, &r.roofline);
    if (s) {
        et_fields_free(derived_rows, &r, sizeof r);
        return s;
    }
    memset(result, 0, sizeof *result);
    *out = r;
    return ET_OK;
}

enum et_status et_record_remake(struct et_record *r)
{
    struct et_record fresh, old = *r;
    struct et_result kept = r->result;
    enum et_status s = et_record_make(&kept, &fresh);
    if (s != ET_OK)
        return s;
    fresh.launch = r->launch;
    fresh.line = r->line;
    *r = fresh;
    memset(&old.result, 0, sizeof old.result); /* went into the new one */
    et_record_free(&old);
    return ET_OK;
}

void et_record_free(struct et_record *r)
{
    et_result_free(&r->result);
    et_fields_free(derived_rows, r, sizeof *r);
}

json_t *et_record_to_json(const struct et_record *r)
{
    json_t *o = json_object();
    if (!o) {
        et_error(ET_INFRA, "out of memory");
        return NULL;
    }
    if (et_json_put(o, head_rows, r) ||
        et_json_put(o, et_result_rows, &r->result) ||
        et_json_put(o, derived_rows, r)) {
        json_decref(o);
        return NULL;
    }
    return o;
}

static enum et_status init(struct et_record *r)
{
    enum et_status s = et_fields_init(derived_rows, r, sizeof *r);
    if (s || (s = et_fields_init(et_result_rows, &r->result, sizeof r->result)))
        return s;
    r->schema_version = r->launch = ET_ABSENT_INT;
    r->line = 0;
    /* Absent is never a good word: what is not said was not measured. */
    r->result.outcome = ET_UNMEASURED;
    r->result.verification.status = 0;
    return ET_OK;
}

bool et_record_scan(const char *line, size_t n, struct et_record *out)
{
    struct et_record r;
    const struct et_scan_part parts[] = {
        {head_rows, &r}, {et_result_rows, &r.result}, {derived_rows, &r}};
    if (init(&r))
        return false;
    bool taken = et_scan(line, n, parts, sizeof parts / sizeof *parts) &&
                 r.schema_version == ET_SCHEMA_VERSION && r.result.bench &&
                 r.result.id && r.result.backend;
    if (taken)
        *out = r;
    else
        et_record_free(&r);
    return taken;
}

enum et_status et_schema_check(int64_t version, const char *where)
{
    if (version == ET_SCHEMA_VERSION)
        return ET_OK;
    return et_error(ET_USAGE,
                    "%s: written by %s etalon: its schema is %lld, this one "
                    "reads schema %d; read it with the etalon that wrote it",
                    where, version < ET_SCHEMA_VERSION ? "an older" : "a newer",
                    (long long)version, ET_SCHEMA_VERSION);
}

enum et_status et_record_from_json(const json_t *line, struct et_record *out,
                                   const char *where)
{
    struct et_record r;
    enum et_status s = init(&r);
    if (s || (s = et_json_get(line, head_rows, &r, where)))
        return s;
    if (r.schema_version != ET_ABSENT_INT &&
        (s = et_schema_check(r.schema_version, where)))
        return s;
    for (size_t i = 0; i < sizeof never_null / sizeof *never_null; i++) {
        const json_t *v = json_object_get(line, never_null[i]);
        if (!v || json_is_null(v))
            return et_error(ET_INFRA, "%s: not a record: `%s` is missing",
                            where, never_null[i]);
    }
    if ((s = et_json_get(line, et_result_rows, &r.result, where)) ||
        (s = et_json_get(line, derived_rows, &r, where))) {
        et_record_free(&r);
        return s;
    }
    *out = r;
    return ET_OK;
}

json_t *et_record_schema(void)
{
    json_t *schema = et_json_schema(head_rows);
    json_t *parts[] = {et_json_schema(et_result_rows),
                       et_json_schema(derived_rows)};
    json_t *properties = json_object_get(schema, "properties");
    json_t *required = json_object_get(schema, "required");
    bool ok = schema && parts[0] && parts[1];
    for (size_t i = 0; i < 2; i++) {
        ok = ok &&
             json_object_update(properties,
                                json_object_get(parts[i], "properties")) == 0 &&
             json_array_extend(required,
                               json_object_get(parts[i], "required")) == 0;
        json_decref(parts[i]);
    }
    for (size_t i = 0; ok && i < sizeof never_null / sizeof *never_null; i++) {
        json_t *p = json_object_get(properties, never_null[i]);
        json_t *first = json_array_get(json_object_get(p, "type"), 0);
        ok = json_object_set(p, "type", first) == 0;
    }
    ok = ok &&
         json_object_set_new(json_object_get(properties, "schema_version"),
                             "const", json_integer(ET_SCHEMA_VERSION)) == 0;
    json_t *head = json_pack(
        "{s:s,s:s,s:s}", "$schema",
        "https://json-schema.org/draft/2020-12/schema", "title",
        "etalon record", "description",
        "one line of records.jsonl: a pass of a case; absent is null, never "
        "zero");
    ok = ok && head && json_object_update(head, schema) == 0;
    json_decref(schema);
    if (!ok) {
        json_decref(head);
        et_error(ET_INFRA, "out of memory");
        return NULL;
    }
    return head;
}

const struct et_metric_value *et_record_metric(const struct et_record *r,
                                               const char *name)
{
    const struct et_metric_value *v = r->metrics.v;
    for (size_t i = 0; i < r->metrics.n; i++) {
        if (v[i].name && strcmp(v[i].name, name) == 0)
            return &v[i];
    }
    return NULL;
}

const char *et_record_word(const struct et_record *r, const char *key,
                           char buf[ET_TEXT_NUMBER])
{
    const struct et_result *x = &r->result;
    const struct {
        const char *key, *text;
    } texts[] = {{"bench", x->bench},
                 {"backend", x->backend},
                 {"case", x->id},
                 {"label", x->label}};
    const struct {
        const char *key;
        int64_t value;
    } numbers[] = {{"ranks", x->team.ranks},
                   {"nodes", x->team.nodes},
                   {"threads", x->team.threads}};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        if (strcmp(key, texts[i].key) == 0)
            return texts[i].text;
    }
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        if (strcmp(key, numbers[i].key) != 0)
            continue;
        if (numbers[i].value == ET_ABSENT_INT)
            return NULL;
        snprintf(buf, ET_TEXT_NUMBER, "%lld", (long long)numbers[i].value);
        return buf;
    }
    if (strcmp(key, "status") == 0)
        return et_choice_name(ET_OUTCOME_CHOICES, x->outcome, buf);
    const char *param = et_pairs_get(&x->params, key);
    return param ? param : et_pairs_get(&x->facts, key);
}
