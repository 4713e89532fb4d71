/* The build's list of I/O backends, made from Makefile.am's. */
#include "config.h"
#include "kernels/io/io.h"

#include <string.h>

#include "lists.h"

#define DECLARE(stem) extern const struct et_io_backend et_io_##stem;
ET_LIST_IO(DECLARE)

#define ROW(stem) &et_io_##stem,
static const struct et_io_backend *const rows[] = {ET_LIST_IO(ROW)};

const struct et_io_backend *et_io_backend_at(size_t i)
{
    return i < sizeof rows / sizeof *rows ? rows[i] : NULL;
}

const struct et_io_backend *et_io_backend_find(const char *name)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (strcmp(rows[i]->name, name) == 0)
            return rows[i];
    }
    return NULL;
}
