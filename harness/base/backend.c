/* Looks backends up and asks what they say of themselves. File-scope state:
 * which libraries crash is a fact of the process, and found once. */
#include "config.h"
#include "harness/base/backend.h"

#include <stdio.h>
#include <string.h>

#include "harness/base/trial.h"

#define BROKEN_MOST 16
static struct {
    const struct et_backend *b;
    enum et_status status;
    char why[ET_TRIAL_WHY];
} broken[BROKEN_MOST];

bool et_backend_is_named(const char *backend, const char *word)
{
    size_t n = strlen(backend), last = strlen(word);
    return n >= last && strcmp(backend + n - last, word) == 0 &&
           (n == last || backend[n - last - 1] == '-');
}

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
    const char *why = b->absent;
    if (!why && et_backend_broken(b, &why) == ET_OK && b->why_not)
        why = b->why_not();
    return why || !b->over ? why : et_backend_why_not(b->over);
}

const char *et_backend_origin(const struct et_backend *b, char *text, size_t n)
{
    if (et_backend_why_not(b))
        return NULL;
    if (b->over)
        return et_backend_origin(b->over, text, n);
    text[0] = '\0';
    if (b->origin)
        b->origin(text, n);
    return *text ? text : NULL;
}

void et_backend_caution(const struct et_backend *b, char *text, size_t n)
{
    text[0] = '\0';
    if (b->over)
        et_backend_caution(b->over, text, n);
    else if (!et_backend_why_not(b) && b->caution)
        b->caution(text, n);
}

const struct et_backend *et_backend_twin(const struct et_backends *list,
                                         const struct et_backend *b)
{
    const struct et_backend *works = b->over ? b->over : b, *other;
    const struct et_backend *twin =
        !et_backend_why_not(b) && works->twin ? works->twin() : NULL;
    for (size_t i = 0; twin && (other = et_backend_at(list, i)); i++) {
        if ((other == twin || other->over == twin) &&
            !et_backend_why_not(other))
            return other;
    }
    return NULL;
}

/* What et_trial carries to the child. */
struct attempt {
    const struct et_backend *b;
    int threads;
};

static bool call_attempt(void *arg)
{
    const struct attempt *a = arg;
    /* Where it cannot be used, that is what a user shall read. Asked here: what
     * has once looked for its device may not survive a fork. */
    return (a->b->why_not && a->b->why_not()) || a->b->attempt(a->threads);
}

void et_backends_try(const struct et_backends *list, int threads)
{
    const struct et_backend *b;
    for (size_t i = 0; (b = et_backend_at(list, i)); i++) {
        struct attempt a = {b, threads};
        char why[ET_TRIAL_WHY];
        if (b->absent || !b->attempt)
            continue;
        enum et_status s =
            et_trial(call_attempt, &a, "its library", why, sizeof why);
        if (s != ET_OK)
            et_backend_break(b, s, why);
    }
}

void et_backend_break(const struct et_backend *b, enum et_status status,
                      const char *why)
{
    size_t i = 0;
    while (i < BROKEN_MOST - 1 && broken[i].b && broken[i].b != b)
        i++;
    broken[i].b = b;
    broken[i].status = status;
    snprintf(broken[i].why, sizeof broken[i].why, "%s", why);
}

enum et_status et_backend_broken(const struct et_backend *b, const char **why)
{
    for (size_t i = 0; i < BROKEN_MOST && broken[i].b; i++) {
        if (broken[i].b != b && broken[i].b != b->over)
            continue;
        if (why)
            *why = broken[i].why;
        return broken[i].status;
    }
    return ET_OK;
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
