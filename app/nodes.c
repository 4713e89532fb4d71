/* Placement of each team, and one environment for each kind of node. */
#include "config.h"
#include "app/nodes.h"

#include <stdlib.h>

#include "harness/base/log.h"
#include "harness/base/memory.h"
#include "harness/run/digest.h"
#include "harness/run/kinds.h"
#include "results/record/json.h"

static int by_size(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

enum et_status et_nodes_place(const struct et_placement *placement,
                              const struct et_cases *cases, struct et_list *out)
{
    size_t n = 0;
    int64_t *sizes = et_alloc(cases->n + 1, sizeof *sizes);
    enum et_status status = sizes ? ET_OK : et_error(ET_INFRA, "no memory");
    for (size_t i = 0; sizes && i < cases->n; i++) {
        if (cases->v[i].ranks <= placement->n)
            sizes[n++] = cases->v[i].ranks;
    }
    if (n)
        qsort(sizes, n, sizeof *sizes, by_size);
    for (size_t i = 0; status == ET_OK && i < n; i++) {
        if (i && sizes[i] == sizes[i - 1])
            continue;
        struct et_run_placement *p = et_list_add(out, sizeof *p);
        status = p ? et_placement_describe(placement, sizes[i], p)
                   : et_error(ET_INFRA, "no memory");
    }
    free(sizes);
    return status;
}

/* An environment is JSON on its way to rank 0. */
enum et_status et_nodes_find_kinds(struct et_team *world,
                                   const struct et_environment *env,
                                   struct et_run_info *info)
{
    struct et_text same = {0};
    struct et_list kinds = {0};
    json_t *o = json_object();
    enum et_status status = o ? et_json_put(o, et_environment_rows, env)
                              : et_error(ET_INFRA, "no memory");
    char *text = status == ET_OK ? json_dumps(o, JSON_COMPACT) : NULL;
    json_decref(o);
    et_environment_kind(env, &same);
    if (status == ET_OK && (!text || same.failed))
        status = et_error(ET_INFRA, "no memory");
    status = et_team_agree(world, status);
    if (status == ET_OK)
        status = et_kinds_find(world, et_digest(et_text_str(&same), same.n),
                               text, &kinds);
    const struct et_kind *k = kinds.v;
    info->alike = kinds.n ? k->nodes : ET_ABSENT_INT;
    for (size_t i = 1; status == ET_OK && i < kinds.n; i++) {
        struct et_run_kind *kind = et_list_add(&info->kinds, sizeof *kind);
        o = json_loads(k[i].text, 0, NULL);
        if (!kind || !o)
            status = et_error(ET_INFRA, "no memory");
        else if ((status =
                      et_fields_init(et_environment_rows, &kind->environment,
                                     sizeof kind->environment)) == ET_OK)
            status = et_json_get(o, et_environment_rows, &kind->environment,
                                 "environment");
        if (kind)
            kind->nodes = k[i].nodes;
        json_decref(o);
    }
    et_kinds_free(&kinds);
    et_text_free(&same);
    free(text);
    return status;
}
