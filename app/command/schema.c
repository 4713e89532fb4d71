/* etalon schema: the JSON Schema of a record. */
#include "config.h"

#include <stdio.h>

#include "app/command.h"
#include "harness/base/log.h"
#include "results/record/record.h"

static const struct et_manual manual = {
    .summary = "Print the JSON Schema of records.jsonl",
    .help = "Every line of a run's records.jsonl is an object that this "
            "schema (draft 2020-12) describes.",
    .examples = "  etalon schema > record.schema.json\n",
};

static enum et_status schema(void *options, const struct et_call *call)
{
    (void)options, (void)call;
    json_t *json = et_record_schema();
    if (!json)
        return et_error(ET_INFRA, "no memory");
    int bad = json_dumpf(json, stdout, JSON_INDENT(2));
    putchar('\n');
    json_decref(json);
    return bad ? et_error(ET_INFRA, "standard output could not be written")
               : ET_OK;
}

const struct et_command et_command_schema =
    ET_COMMAND(schema, "", et_no_options, et_no_options);
