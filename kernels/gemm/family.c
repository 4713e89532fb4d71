/* One row a name or a word. From BLIS's config/<name>/make_defs.mk and
 * OpenBLAS's kernel/<architecture>/KERNEL.<name>: what dgemm and sgemm are made
 * of. */
#include "config.h"
#include "kernels/gemm/family.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#if defined __aarch64__ && defined __linux__
#include <sys/auxv.h>
#include <sys/prctl.h>
#endif

/* In rising order, of each architecture. */
static const char *const x86[] = {"none", "sse", "avx", "avx2", "avx512", NULL};
static const char *const arm[] = {"none", "neon", "sve", NULL};

static const struct {
    const char *vectors, *families[24];
} rows[] = {
    {"none", {"generic"}},
    {"sse",
     {"penryn", "katmai", "coppermine", "northwood", "prescott", "banias",
      "atom", "core2", "dunnington", "nehalem", "athlon", "opteron",
      "opteron_sse3", "barcelona", "nano", "bobcat"}},
    {"avx", {"sandybridge", "bulldozer", "piledriver", "steamroller"}},
    {"avx2", {"haswell", "zen", "zen2", "zen3"}},
    {"avx512",
     {"skx", "knl", "zen4", "zen5", "skylakex", "cooperlake",
      "sapphirerapids"}},
    {"neon",
     {"cortexa53", "cortexa55", "cortexa57", "cortexa72", "cortexa73",
      "thunderx", "thunderx2", "thunderx2t99", "thunderx3t110", "firestorm",
      "altra", "altramax", "armv8", "falkor", "tsv110", "emag8180",
      "neoversen1", "vortex"}},
    {"sve", {"armsve", "a64fx", "armv8sve", "neoversev1", "neoversen2"}}};

/* Words of what MKL says it chose, the longer first (oneMKL's reference,
 * mkl_get_version). "Intel(R) Architecture processors", which it says of AMD's,
 * tells of no vectors. */
static const struct {
    const char *vectors, *words;
} mkl[] = {{"avx512", "Advanced Vector Extensions 512"},
           {"avx2", "Advanced Vector Extensions 2"},
           {"avx", "Advanced Vector Extensions ("},
           {"sse", "SSE"}};

const char *et_gemm_family_vectors(const char *family)
{
    for (size_t i = 0; i < sizeof mkl / sizeof *mkl; i++) {
        if (strstr(family, mkl[i].words))
            return mkl[i].vectors;
    }
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        for (const char *const *name = rows[i].families; *name; name++) {
            if (strcasecmp(*name, family) == 0)
                return rows[i].vectors;
        }
    }
    return NULL;
}

const char *et_gemm_vectors_here(void)
{
#if defined __x86_64__
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx512f") &&
        __builtin_cpu_supports("avx512dq") &&
        __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512vl"))
        return "avx512";
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        return "avx2";
    return __builtin_cpu_supports("avx") ? "avx" : "sse";
#elif defined __aarch64__ && defined __linux__ && defined PR_SVE_GET_VL
    if (getauxval(AT_HWCAP) >> 22 & 1) {
        int length = prctl(PR_SVE_GET_VL);
        if (length > 0 && (length & PR_SVE_VL_LEN_MASK) > 16)
            return "sve";
    }
    return "neon";
#else
    return NULL;
#endif
}

/* -1: not of these. */
static int place(const char *const *order, const char *vectors)
{
    for (int i = 0; order[i]; i++) {
        if (strcmp(order[i], vectors) == 0)
            return i;
    }
    return -1;
}

const char *et_gemm_family_below(const char *family)
{
    const char *its = et_gemm_family_vectors(family);
    const char *here = et_gemm_vectors_here();
    if (!its || !here)
        return NULL;
    const char *const *order = place(x86, here) >= 0 ? x86 : arm;
    int at = place(order, its);
    return at >= 0 && at < place(order, here) ? its : NULL;
}

void et_gemm_family_caution(const char *library, const char *family,
                            const char *variable, const char *value, char *text,
                            size_t n)
{
    const char *below = et_gemm_family_below(family);
    const char *set = variable ? getenv(variable) : NULL;
    char remedy[200];
    text[0] = '\0';
    if (!below)
        return;
    if (set)
        snprintf(remedy, sizeof remedy, "unset %s, which is '%.40s'", variable,
                 set);
    else if (variable && value)
        snprintf(remedy, sizeof remedy, "run again with %s=%s and compare",
                 variable, value);
    else
        snprintf(remedy, sizeof remedy,
                 "install a version that is built for this processor");
    snprintf(text, n,
             "%s uses its %s kernels (%s), and this processor has %s: its "
             "figures may be lower than the processor allows. Remedy: %s.",
             library, family, below, et_gemm_vectors_here(), remedy);
}
