/* The build's list of all-reduce backends, made from Makefile.am's. */
#include "config.h"
#include "kernels/collective/allreduce.h"

#include <string.h>

#include "lists.h"

#define DECLARE(stem)                                                          \
    extern const struct et_allreduce_backend et_allreduce_##stem;
ET_LIST_ALLREDUCE(DECLARE)

#define ROW(stem) &et_allreduce_##stem,
static const struct et_allreduce_backend *const rows[] = {
    ET_LIST_ALLREDUCE(ROW)};

const struct et_allreduce_backend *et_allreduce_backend_at(size_t i)
{
    return i < sizeof rows / sizeof *rows ? rows[i] : NULL;
}

const struct et_allreduce_backend *et_allreduce_backend_find(const char *name)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (strcmp(rows[i]->name, name) == 0)
            return rows[i];
    }
    return NULL;
}
