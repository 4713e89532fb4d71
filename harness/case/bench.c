/* Finds a bench by its name or its role. */
#include "config.h"
#include "harness/case/bench.h"

#include <string.h>

const struct et_bench *et_bench_find(const struct et_benches *list,
                                     const char *name)
{
    for (size_t i = 0; i < list->n; i++) {
        if (strcmp(list->v[i]->name, name) == 0)
            return list->v[i];
    }
    return NULL;
}

const struct et_bench *et_bench_of_role(const struct et_benches *list,
                                        enum et_role role)
{
    for (size_t i = 0; i < list->n; i++) {
        if (list->v[i]->role == role)
            return list->v[i];
    }
    return NULL;
}

const char *et_bench_why_not(const struct et_bench *b, const char *backend)
{
    return et_backend_why_not(et_backend_find(b->backends, backend));
}

const char *et_bench_unsupported(const struct et_bench *b, const void *params,
                                 const char *backend, int ranks)
{
    return b->unsupported ? b->unsupported(params, backend, ranks) : NULL;
}

bool et_bench_is_reference(const char *backend)
{
    return et_backend_is_named(backend, "reference");
}
