/* The build and what it is linked with, in words. */
#include "config.h"
#include "app/session.h"

#include <math.h>
#include <stdio.h>
#include <jansson.h>
#include <openssl/crypto.h>

#include "app/command.h"
#include "app/libraries.h"
#include "build.h"
#include "harness/base/log.h"
#include "harness/base/memory.h"
#include "harness/team/team.h"

static bool add_backends(struct et_pairs *out, const struct et_bench *b)
{
    bool ok = true;
    const struct et_backend *backend;
    for (size_t i = 0; ok && (backend = et_backend_at(b->backends, i)); i++) {
        char key[128], text[ET_ORIGIN_SIZE];
        snprintf(key, sizeof key, "%s/%s", b->name, backend->name);
        ok = et_pairs_set(
            out, key, et_backend_describe(backend, text, sizeof text), false);
    }
    return ok;
}

enum et_status et_describe_build(struct et_run_info *info)
{
    const char *mpi = et_team_version();
    const char *none = et_team_why_not("mpi");
    info->version = et_strdup(PACKAGE_VERSION);
    info->commit = et_strdup(ET_BUILD_COMMIT);
    info->compiler = et_strdup(ET_BUILD_COMPILER);
    info->flags = et_strdup(ET_BUILD_FLAGS);
    struct et_pairs *l = &info->libraries;
    bool ok =
        et_pairs_set(l, "mpi",
                     mpi    ? mpi
                     : none ? none
                            : "?",
                     false) &&
        et_pairs_set(l, "jansson", JANSSON_VERSION, false) &&
        et_pairs_set(l, "libcrypto", OpenSSL_version(OPENSSL_VERSION), false);
    for (size_t i = 0; ok && i < et_benches.n; i++)
        ok = add_backends(l, et_benches.v[i]);
    return ok ? ET_OK : et_error(ET_INFRA, "no memory");
}

/* A quota holds threads up, whatever cores they have. */
static enum et_status caution_quota(const struct et_environment *e,
                                    struct et_strings *out)
{
    char text[400];
    if (!isfinite(e->cpu_quota))
        return ET_OK;
    snprintf(text, sizeof text,
             "A control group allows the processes on %.64s %.4g cores' worth "
             "of time (a quota), and they may run on %lld. Threads beyond that "
             "are held up: such cases are marked as oversubscribed, and no "
             "contract passes on them. Remedy: fewer ranks or threads, or no "
             "quota (cpu.max, docker --cpus).",
             e->host ? e->host : "this node", e->cpu_quota,
             (long long)e->allowed_cores);
    return et_strings_add(out, text) ? ET_OK : et_no_memory();
}

static bool has_bench(const struct et_cases *cases, const struct et_bench *b)
{
    size_t i = 0;
    while (i < cases->n && cases->v[i].bench != b)
        i++;
    return i < cases->n;
}

enum et_status et_describe_cautions(const struct et_cases *cases,
                                    struct et_run_info *info)
{
    const struct et_run_kind *kind = info->kinds.v;
    enum et_status s = caution_quota(&info->environment, &info->cautions);
    for (size_t i = 0; s == ET_OK && i < info->kinds.n; i++)
        s = caution_quota(&kind[i].environment, &info->cautions);
    for (size_t i = 0; s == ET_OK && i < et_benches.n; i++) {
        if (has_bench(cases, et_benches.v[i]))
            s = et_libraries_cautions(i, &info->cautions);
    }
    return s;
}
