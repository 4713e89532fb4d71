/* etalon info: this machine and this build: what there is, and what there is
 * not and why.
 */
#include "config.h"

#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "app/command.h"
#include "app/libraries.h"
#include "app/session.h"
#include "harness/base/memory.h"
#include "harness/counter/counter.h"
#include "harness/energy/energy.h"
#include "harness/system/clock.h"
#include "harness/team/team.h"

static const struct et_manual manual = {
    .summary = "Show this machine: what can be measured, what cannot, and why",
    .help = "CPU, caches, memory, clocks and nominal peak with their origin; "
            "counters and energy sources; libraries and backends; and the "
            "reason for each that is missing.",
    .examples = "  etalon info\n",
};

static void fact(struct et_block *b, const char *name, const char *value)
{
    et_block_cell(b, "%s", name);
    et_block_cell(b, "%s", value && *value ? value : "not known");
}

/* Those of which an absent one is no ignorance. */
static bool is_limit(const char *key)
{
    return strcmp(key, "cpu_quota") == 0 || strcmp(key, "memory_limit") == 0;
}

static void add_machine(struct et_doc *d)
{
    struct et_environment env;
    if (et_environment_read("", &env) != ET_OK)
        return;
    et_doc_heading(d, 2, "Machine");
    struct et_block *b = et_doc_facts(d);
    for (const struct et_field *r = et_environment_rows; b && r->key; r++) {
        char buf[ET_TEXT_NUMBER];
        struct et_text t = {0};
        const double *real = (const void *)((const char *)&env + r->at);
        const int64_t *whole = (const void *)real;
        if (r->type > ET_STRINGS)
            continue;
        if (is_limit(r->key) && et_field_is_absent(r, &env))
            et_text_add(&t, "none");
        else if (r->type == ET_BYTES && *whole != ET_ABSENT_INT)
            et_text_add(&t, "%s", et_print_bytes(buf, *whole));
        else if (r->type == ET_REAL && r->unit && isfinite(*real))
            et_text_add(&t, "%s", et_print_si(buf, *real, r->unit));
        else
            et_field_print(r, &env, &t);
        fact(b, r->key, et_text_str(&t));
        et_text_free(&t);
    }
    et_fields_free(et_environment_rows, &env, sizeof env);
}

static void add_counters(struct et_doc *d)
{
    struct et_counters c;
    struct et_energy e;
    struct et_clock clock;
    char buf[ET_TEXT_NUMBER], more[ET_TEXT_NUMBER];
    et_doc_heading(d, 2, "Instruments");
    struct et_block *b = et_doc_facts(d);
    if (!b)
        return;
    if (et_clock_open("real", &clock) == ET_OK) {
        struct et_text t = {0};
        et_text_add(&t, "%s, resolution %s, a reading costs %s", clock.name,
                    et_print_seconds(buf, clock.resolution),
                    et_print_seconds(more, clock.overhead));
        fact(b, "clock", et_text_str(&t));
        et_text_free(&t);
    }
    if (et_counters_open("auto", &c) == ET_OK) {
        fact(b, "counter source", c.source->name);
        for (size_t i = 0; i < c.n_events; i++)
            fact(b, c.events[i].name, c.events[i].native);
        for (size_t i = 0; i < c.n_absents; i++) {
            struct et_text t = {0};
            et_text_add(&t, "not here: %s", c.absents[i].reason);
            fact(b, c.absents[i].name, et_text_str(&t));
            et_text_free(&t);
        }
        et_counters_close(&c);
    }
    et_energy_open("", &e);
    if (e.n == 0)
        fact(b, "energy", e.reason);
    for (size_t i = 0; i < e.n; i++)
        fact(b, "energy", e.names[i]);
}

static void add_build(struct et_doc *d)
{
    struct et_run_info info;
    if (et_fields_init(et_run_info_rows, &info, sizeof info) != ET_OK)
        return;
    et_doc_heading(d, 2, "Build");
    struct et_block *b = et_doc_facts(d);
    if (b && et_describe_build(&info) == ET_OK) {
        fact(b, "version", info.version);
        fact(b, "commit", info.commit);
        fact(b, "compiler", info.compiler);
        fact(b, "flags", info.flags);
        for (size_t i = 0; i < info.libraries.n; i++)
            fact(b, info.libraries.v[i].key, info.libraries.v[i].text);
    }
    for (size_t i = 0; i < et_benches.n; i++)
        et_libraries_cautions(i, &info.cautions);
    for (size_t i = 0; i < info.cautions.n; i++)
        et_doc_warning(d, "%s", info.cautions.v[i]);
    et_fields_free(et_run_info_rows, &info, sizeof info);
}

static enum et_status info(void *options, const struct et_call *call)
{
    (void)call;
    const struct et_to_options *o = options;
    struct et_doc doc = {.title = NULL};
    enum et_status s = et_libraries_try_alone();
    if (s != ET_OK)
        return s;
    doc.title = et_strdup("This machine, as etalon sees it");
    add_machine(&doc);
    add_counters(&doc);
    add_build(&doc);
    s = et_doc_print(&doc, NULL, ".", o->to.format, o->to.out);
    et_doc_free(&doc);
    return s;
}

const struct et_command et_command_info =
    ET_COMMAND_TRIES(info, "", et_to_options, et_to_options);
