/* The build's benches and commands, from the lists of Makefile.am. */
#include "config.h"

#include <string.h>

#include "app/command.h"
#include "lists.h"

#define DECLARE(name) extern const struct et_bench et_bench_##name;
ET_LIST_BENCH(DECLARE)
#undef DECLARE
#define DECLARE(name) extern const struct et_command et_command_##name;
ET_LIST_COMMAND(DECLARE)
#undef DECLARE

#define ADDRESS(name) &et_bench_##name,
static const struct et_bench *const benches[] = {ET_LIST_BENCH(ADDRESS)};
#undef ADDRESS
const struct et_benches et_benches = {benches,
                                      sizeof benches / sizeof *benches};

#define ADDRESS(name) &et_command_##name,
const struct et_field et_no_options[] = {{0}};
const struct et_field et_to_options[] = {
    ET_DESTINATION_ROWS(et_to_options, to)};
const struct et_command *const et_commands[] = {ET_LIST_COMMAND(ADDRESS) NULL};
#undef ADDRESS

const struct et_command *et_command_find(const char *name)
{
    for (size_t i = 0; et_commands[i]; i++) {
        if (strcmp(et_commands[i]->name, name) == 0)
            return et_commands[i];
    }
    return NULL;
}

bool et_line_gives(const struct et_strings *line, const char *key)
{
    size_t length = strlen(key);
    for (size_t i = 2; i < line->n && strcmp(line->v[i], "--") != 0; i++) {
        const char *word = line->v[i];
        if (strncmp(word, "--", 2) != 0)
            continue;
        word += strncmp(word, "--no-", 5) == 0 ? 5 : 2;
        if (strcspn(word, "=") == length && strncmp(word, key, length) == 0)
            return true;
    }
    return false;
}
