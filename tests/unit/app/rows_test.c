/* Every row of every table: a preset that parses, a key that occurs once, a
 * help that says something, a member that lies within its struct and shares
 * no byte with another's.
 */
#include "config.h"
#include "tests/unit/test_main.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/command.h"
#include "harness/base/log.h"
#include "harness/config/options.h"
#include "harness/run/sink.h"
#include "results/record/metric.h"
#include "results/verdict/contract.h"
#include "results/reading/run.h"

static size_t size_of(const struct et_field *row)
{
    switch (row->type) {
    case ET_BOOL:
        return sizeof(bool);
    case ET_INT:
    case ET_BYTES:
        return sizeof(int64_t);
    case ET_REAL:
    case ET_SECONDS:
        return sizeof(double);
    case ET_CHOICE:
        return sizeof(int);
    case ET_STRING:
        return sizeof(char *);
    case ET_STRINGS:
        return sizeof(struct et_strings);
    case ET_REALS:
        return sizeof(struct et_reals);
    case ET_PAIRS:
        return sizeof(struct et_pairs);
    case ET_OBJECT:
        return row->sub_size;
    case ET_LIST:
        return sizeof(struct et_list);
    }
    return 0;
}

static void check_key(const char *table, const struct et_field *rows,
                      const struct et_field *row)
{
    assert_true(islower((unsigned char)*row->key));
    for (const char *p = row->key; *p; p++) {
        if (!islower((unsigned char)*p) && !isdigit((unsigned char)*p) &&
            *p != '_' && *p != '-')
            fail_msg("%s: %s: an odd key", table, row->key);
    }
    /* Found by its key, and so the only one of it, '-' and '_' the same. */
    if (et_field_find(rows, row->key) != row)
        fail_msg("%s: %s: stands twice", table, row->key);
}

static void check_help(const char *table, const char *key, const char *help)
{
    if (!help || strlen(help) < 3)
        fail_msg("%s: %s: no help", table, key);
    size_t n = strlen(help);
    bool more = strcmp(help + n - 3, "...") == 0;
    if ((help[n - 1] == '.' && !more) || strchr(help, '\n'))
        fail_msg("%s: %s: help is one line without a full stop", table, key);
    if (isspace((unsigned char)*help))
        fail_msg("%s: %s: help begins with a blank", table, key);
}

static void check_choices(const char *table, const struct et_field *row)
{
    char name[ET_TEXT_NUMBER], again[ET_TEXT_NUMBER];
    if (!row->choices)
        fail_msg("%s: %s: a choice of nothing", table, row->key);
    for (int i = 0; strcmp(et_choice_name(row->choices, i, name), "?"); i++) {
        assert_true(*name);
        assert_int_equal(et_choice_index(row->choices, name), i);
        for (int k = 0; k < i; k++)
            assert_string_not_equal(et_choice_name(row->choices, k, again),
                                    name);
    }
}

static void check_rows(const char *table, const struct et_field *rows,
                       size_t size)
{
    assert_non_null(rows->key);
    for (const struct et_field *row = rows; row->key; row++) {
        check_key(table, rows, row);
        check_help(table, row->key, row->help);
        size_t n = size_of(row);
        if (n == 0 || row->at + n > size)
            fail_msg("%s: %s: outside of its struct", table, row->key);
        for (const struct et_field *other = rows; other != row; other++) {
            if (row->at < other->at + size_of(other) && other->at < row->at + n)
                fail_msg("%s: %s and %s are one member", table, row->key,
                         other->key);
        }
        if (row->min > row->max || (row->unit && !*row->unit))
            fail_msg("%s: %s: bounds or unit", table, row->key);
        if (row->type == ET_CHOICE)
            check_choices(table, row);
        if (row->type == ET_OBJECT || row->type == ET_LIST) {
            char name[200];
            snprintf(name, sizeof name, "%s.%s", table, row->key);
            check_rows(name, row->sub, row->sub_size);
        } else if (row->sub) {
            fail_msg("%s: %s: rows below a scalar", table, row->key);
        }
        if (row->preset) {
            void *base = calloc(1, size);
            assert_non_null(base);
            if (et_field_parse(row, base, row->preset, table) != ET_OK)
                fail_msg("%s", et_log_last_error());
            if (et_field_is_absent(row, base))
                fail_msg("%s: %s: preset reads as absent", table, row->key);
            et_fields_free(rows, base, size);
            free(base);
        }
    }
    void *base = malloc(size);
    assert_non_null(base);
    assert_int_equal(et_fields_init(rows, base, size), ET_OK);
    et_fields_free(rows, base, size);
    free(base);
}

TEST(tables)
{
    check_rows("options", et_option_rows, sizeof(struct et_options));
    check_rows("result", et_result_rows, sizeof(struct et_result));
    check_rows("environment", et_environment_rows,
               sizeof(struct et_environment));
    check_rows("run info", et_run_info_rows, sizeof(struct et_run_info));
    check_rows("clause", et_clause_rows, sizeof(struct et_clause));
    check_rows("run", et_run_rows, sizeof(struct et_run));
}

/* What run.json keeps of it for the reports. */
static void check_facts(const struct et_bench *b)
{
    char role[ET_TEXT_NUMBER];
    check_help(b->name, "title", b->title);
    if (!b->merit || !et_metric_find(b->merit))
        fail_msg("%s: no metric that it is judged by", b->name);
    assert_string_not_equal(et_choice_name(ET_ROLE_CHOICES, (int)b->role, role),
                            "?");
    for (const char *p = b->sizes; p && (p = strchr(p, '{')); p++) {
        char *key = strndup(p + 1, strcspn(p + 1, "}"));
        if (!et_field_find(b->params, key))
            fail_msg("%s: sizes: no parameter %s", b->name, key);
        free(key);
    }
}

TEST(benches)
{
    assert_true(et_benches.n >= 4);
    for (size_t i = 0; i < et_benches.n; i++) {
        const struct et_bench *b = et_benches.v[i];
        assert_ptr_equal(et_bench_find(&et_benches, b->name), b);
        check_help(b->name, "summary", b->summary);
        check_help(b->name, "shape_help", b->shape_help);
        check_rows(b->name, b->params, b->params_size);
        check_facts(b);
        assert_true(b->shape[0] && b->shape_key && b->shape_preset);
        for (size_t k = 0; b->shape[k]; k++)
            assert_non_null(et_field_find(b->params, b->shape[k]));
        /* The plan's own keys must stay free. */
        static const char *const taken[] = {"backend", "ranks", "nodes",
                                            "threads", "label", "shape"};
        for (size_t k = 0; k < 6; k++)
            assert_null(et_field_find(b->params, taken[k]));
        assert_null(et_field_find(b->params, b->shape_key));
        /* A reference to check against, and every name its own. */
        bool reference = false;
        const struct et_backend *backend;
        for (size_t k = 0; (backend = et_backend_at(b->backends, k)); k++) {
            check_help(b->name, backend->name, backend->summary);
            reference |= et_bench_is_reference(backend->name) ||
                         !et_backend_why_not(backend);
            assert_ptr_equal(et_backend_find(b->backends, backend->name),
                             backend);
        }
        assert_true(reference);
    }
}

TEST(commands)
{
    for (size_t i = 0; et_commands[i]; i++) {
        const struct et_command *c = et_commands[i];
        assert_ptr_equal(et_command_find(c->name), c);
        check_help(c->name, "summary", c->manual->summary);
        assert_true((!c->manual->help || *c->manual->help) && c->words);
        if (c->rows->key)
            check_rows(c->name, c->rows, c->size);
        /* --help and --no-x are the parser's own. */
        assert_null(et_field_find(c->rows, "help"));
        for (const struct et_field *row = c->rows; row->key; row++)
            assert_int_not_equal(strncmp(row->key, "no-", 3), 0);
    }
}

QUIET_TEST_MAIN(tables, benches, commands)
