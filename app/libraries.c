/* What is tried, with how many threads, and what the ranks make of it. */
#include "config.h"
#include "app/libraries.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#ifdef _OPENMP
#include <omp.h>
#endif

#include "app/command.h"
#include "harness/base/log.h"
#include "harness/team/launcher.h"

/* As many as the user asks for; else all that a lone process may have. Many
 * ranks of a launcher would start too many at once. */
static int threads_to_try(void)
{
#ifdef _OPENMP
    struct et_launcher l;
    et_launcher_read(&l);
    if (getenv("OMP_NUM_THREADS") || l.ranks <= 1)
        return omp_get_max_threads();
    return 2;
#else
    return 1;
#endif
}

static void try_openmp(struct et_libraries *out)
{
    out->why[0] = '\0';
    out->status = et_trial_openmp(threads_to_try(), out->why, sizeof out->why);
}

static enum et_status log_it(const struct et_libraries *l)
{
    return l->status == ET_OK ? ET_OK : et_error(l->status, "%s", l->why);
}

enum et_status et_libraries_try_openmp(void)
{
    struct et_libraries l;
    try_openmp(&l);
    return log_it(&l);
}

void et_libraries_try(struct et_libraries *out)
{
    try_openmp(out);
    for (size_t i = 0; out->status == ET_OK && i < et_benches.n; i++)
        et_backends_try(et_benches.v[i]->backends, threads_to_try());
}

enum et_status et_libraries_try_alone(void)
{
    struct et_libraries l;
    et_libraries_try(&l);
    return log_it(&l);
}

/* One backend: what the lowest rank found where it is broken. */
static enum et_status agree_on(struct et_team *team, const struct et_backend *b)
{
    struct et_agreement a;
    const char *why = "";
    enum et_status s = et_backend_broken(b, &why);
    s = et_team_agree_why(team, s, why, &a);
    if (s != ET_OK || a.status == ET_OK || a.rank == team->rank)
        return s;
    char words[ET_TEAM_WORDS + 40];
    snprintf(words, sizeof words, "on rank %d: %s", a.rank, a.words);
    et_backend_break(b, a.status, words);
    return ET_OK;
}

enum et_status et_libraries_agree(struct et_team *team,
                                  const struct et_libraries *mine)
{
    struct et_agreement a;
    enum et_status s = et_team_agree_why(team, mine->status, mine->why, &a);
    if (s == ET_OK && a.status != ET_OK && team->rank == 0)
        s = a.rank == 0 ? et_error(a.status, "%s", mine->why)
                        : et_error(a.status, "rank %d: %s", a.rank, a.words);
    for (size_t i = 0; a.status == ET_OK && i < et_benches.n; i++) {
        const struct et_backend *b;
        for (size_t k = 0;
             s == ET_OK && (b = et_backend_at(et_benches.v[i]->backends, k));
             k++) {
            if (b->attempt)
                s = agree_on(team, b);
        }
    }
    return s != ET_OK ? s : a.status;
}

enum et_status et_libraries_cautions(size_t i, struct et_strings *out)
{
    const struct et_backend *b;
    for (size_t k = 0; (b = et_backend_at(et_benches.v[i]->backends, k)); k++) {
        char text[ET_ORIGIN_SIZE];
        size_t at = 0;
        et_backend_caution(b, text, sizeof text);
        while (at < out->n && strcmp(out->v[at], text) != 0)
            at++;
        if (*text && at == out->n && !et_strings_add(out, text))
            return et_no_memory();
    }
    return ET_OK;
}
