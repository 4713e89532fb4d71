/* Looks backends up and asks what they say of themselves. */
#include "config.h"
#include "harness/base/backend.h"

#include <stdio.h>
#include <string.h>

const struct et_backend *et_backend_at(const struct et_backends *list, size_t i)
{
    for (size_t k = 0; k < list->n; k++) {
        if ((!list->serves || list->serves(list->v[k])) && i-- == 0)
            return list->v[k];
    }
    return NULL;
}

const struct et_backend *et_backend_find(const struct et_backends *list,
                                         const char *name)
{
    const struct et_backend *b;
    for (size_t i = 0; (b = et_backend_at(list, i)); i++) {
        if (strcmp(b->name, name) == 0)
            break;
    }
    return b;
}

const char *et_backend_why_not(const struct et_backend *b)
{
    if (!b)
        return "there is no such backend";
    if (b->absent)
        return b->absent;
    return b->why_not ? b->why_not() : NULL;
}

const char *et_backend_origin(const struct et_backend *b, char *text, size_t n)
{
    if (et_backend_why_not(b) || !b->origin)
        return NULL;
    text[0] = '\0';
    b->origin(text, n);
    return *text ? text : NULL;
}

const char *et_backend_describe(const struct et_backend *b, char *text,
                                size_t n)
{
    const char *why = et_backend_why_not(b);
    if (why || !et_backend_origin(b, text, n))
        snprintf(text, n, "%s%s", why ? "not here: " : "",
                 why ? why : "etalon's own");
    return text;
}

enum et_status et_backend_wait(const struct et_backend *b, void *setup)
{
    return b->wait ? b->wait(setup) : ET_OK;
}

enum et_status et_backend_fetch(const struct et_backend *b, void *setup,
                                const struct et_buffer *result, size_t first,
                                size_t n)
{
    if (!b->fetch)
        return et_buffer_bring(result, first, n);
    return b->fetch(setup, (char *)result->host + first * result->size,
                    (int64_t)first, (int64_t)n);
}
