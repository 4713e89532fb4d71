/* The build's operations and backends, what follows from an operation's
 * slices, and which backend does what.
 */
#include "config.h"
#include "kernels/collective/collective.h"

#include "kernels/collective/setup.h"

ET_BACKENDS(collective, ET_LIST_COLLECTIVE);

#define SERVING(stem)                                                          \
    static bool serves_##stem(const struct et_backend *b)                      \
    {                                                                          \
        return et_collective_algorithm((const void *)b, &et_operation_##stem); \
    }                                                                          \
    const struct et_backends et_##stem##_backends = {                          \
        .v = collective_rows,                                                  \
        .n = sizeof collective_rows / sizeof *collective_rows,                 \
        .serves = serves_##stem};
ET_LIST_OPERATION(SERVING)

/* Where the last of what the rank gives, or gets, ends. */
static int64_t end_of(const struct et_collective *p, int ranks, int rank,
                      bool gives)
{
    int64_t end = 0;
    for (int other = 0; other < ranks; other++) {
        struct et_slice s =
            p->op->slice(p, ranks, gives ? rank : other, gives ? other : rank);
        int64_t at = gives ? s.give : s.get;
        if (s.n > 0 && at + s.n > end)
            end = at + s.n;
    }
    return end;
}

int64_t et_collective_input(const struct et_collective *p, int ranks, int rank)
{
    return end_of(p, ranks, rank, true);
}

int64_t et_collective_output(const struct et_collective *p, int ranks, int rank)
{
    return end_of(p, ranks, rank, false);
}

int64_t et_collective_largest(const struct et_collective *p, int ranks)
{
    const int some[] = {0, p->root};
    int64_t most = 0;
    for (int i = 0; i < 2; i++) {
        int64_t in = et_collective_input(p, ranks, some[i]);
        int64_t out = et_collective_output(p, ranks, some[i]);
        most = in > most ? in : most;
        most = out > most ? out : most;
    }
    return most;
}

const struct et_collective_algorithm *
et_collective_algorithm(const struct et_collective_backend *b,
                        const struct et_operation *op)
{
    const struct et_collective_algorithm *a = b->serves;
    while (a->op && a->op != op)
        a++;
    return a->op ? a : NULL;
}

const char *et_collective_unsupported(const struct et_collective_backend *b,
                                      const struct et_collective *p, int ranks)
{
    const char *why = et_backend_why_not(b ? &b->base : NULL);
    if (why)
        return why;
    const struct et_collective_algorithm *a = et_collective_algorithm(b, p->op);
    if (!et_dtype_is_known(p->dtype))
        return "etalon does not know this type";
    if (!a)
        return "the backend does not serve this operation";
    if (p->root >= ranks)
        return "the root is none of the team's ranks";
    if (p->in_place && !p->op->in_place)
        return "the operation has no input that could be part of an output";
    return a->unsupported ? a->unsupported(p, ranks) : NULL;
}

enum et_status et_collective_create(const struct et_collective_backend *b,
                                    const struct et_collective *p,
                                    struct et_team *team, const void *input,
                                    void *output, void **setup)
{
    const struct et_collective_algorithm *a = et_collective_algorithm(b, p->op);
    return (b->create ? b->create : et_collective_setup)(p, a, team, input,
                                                         output, setup);
}

void et_collective_destroy(const struct et_collective_backend *b, void *setup)
{
    (b->base.destroy ? b->base.destroy : et_collective_setdown)(setup);
}
