/* gemm on whatever CBLAS the build found: OpenBLAS, MKL, ArmPL, netlib. The
 * symbol cblas_dgemm may come from another library than the one configure
 * named (libblis exports it too, and libblas.so.3 is switched by the system's
 * alternatives), so all that is said of it is asked of the running process.
 */
#include "config.h"
#include "kernels/gemm/setup.h"

extern const struct et_gemm_backend et_gemm_cblas, et_gemm_blis;

#define SUMMARY "the CBLAS that configure found"

#if HAVE_CBLAS

#if HAVE_CBLAS_H
#include <cblas.h>
#elif HAVE_MKL_CBLAS_H
#include <mkl_cblas.h>
#else
#include <armpl.h>
#endif
#include <dlfcn.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/log.h"
#include "kernels/gemm/family.h"

/* The integer of this library's calls; each names it its own way. */
#if defined(OPENBLAS_CONFIG_H)
typedef blasint integer;
#elif defined(MKL_INT)
typedef MKL_INT integer;
#elif defined(CBLAS_INT)
typedef CBLAS_INT integer;
#else
typedef int integer;
#endif
#define INTEGER_MAX (sizeof(integer) < 8 ? (int64_t)INT32_MAX : INT64_MAX)

struct setup {
    struct et_gemm_setup setup;
    /* How this library is told its threads: one of these, or none. */
    void (*set_int)(int);
    void (*set_wide)(int64_t);
};

/* The loaded object that holds `name`, "" for the program itself. */
static bool provider(void *symbol, const char *name, Dl_info *out)
{
    Dl_info own;
    if (!symbol || !dladdr(symbol, out))
        return false;
    if (!dladdr((void *)(uintptr_t)&provider, &own) ||
        own.dli_fbase != out->dli_fbase)
        return true;
    /* In a program that is not position independent the address may be that
     * of a jump to the library; only the jump bears the symbol's name. */
    if (out->dli_sname && strcmp(out->dli_sname, name) == 0) {
        void *next = dlsym(RTLD_NEXT, name);
        if (next)
            return dladdr(next, out) != 0;
    }
    out->dli_fname = "";
    return true;
}

/* A function of the providing library or of what that one stands on. */
static void *ask(const Dl_info *from, const char *name)
{
    if (!*from->dli_fname)
        return dlsym(RTLD_DEFAULT, name);
    void *handle = dlopen(from->dli_fname, RTLD_LAZY | RTLD_NOLOAD);
    if (!handle)
        return NULL;
    void *symbol = dlsym(handle, name);
    dlclose(handle); /* drops the count only: it stays loaded */
    return symbol;
}

/* Whose a loaded object is, of those that can be asked something. */
enum maker { OTHER, OPENBLAS, MKL, BLIS };

static enum maker maker_of(const Dl_info *from)
{
    if (ask(from, "openblas_get_config"))
        return OPENBLAS;
    if (ask(from, "MKL_Get_Version_String"))
        return MKL;
    if (ask(from, "bli_info_get_version_str"))
        return BLIS;
    /* A libblas.so made of BLIS may hide BLIS's own symbols. */
    char *path = *from->dli_fname ? realpath(from->dli_fname, NULL) : NULL;
    bool is_blis = path && strstr(path, "/blis");
    free(path);
    return is_blis ? BLIS : OTHER;
}

/* The object that does the work: netlib's cblas_dgemm is a thin cover over
 * dgemm_, which is bound anew and may be another library's. */
static bool worker(Dl_info *out)
{
    Dl_info fortran;
    if (!provider((void *)(uintptr_t)&cblas_dgemm, "cblas_dgemm", out))
        return false;
    if (maker_of(out) == OTHER &&
        provider(dlsym(RTLD_DEFAULT, "dgemm_"), "dgemm_", &fortran))
        *out = fortran;
    return true;
}

/* As oneMKL's mkl_types.h has it; before 2024 without the patch level, where
 * nothing stood. */
struct mkl_version {
    int major, minor, update, patch;
    char *status, *build, *processor, *platform;
};

/* What the library calls the kernels that it chose; "": it does not say. */
static const char *family(const Dl_info *from)
{
    void (*mkl)(struct mkl_version *) =
        (void (*)(struct mkl_version *))ask(from, "MKL_Get_Version");
    if (mkl) { /* "Intel(R) Advanced Vector Extensions 2 (Intel(R) AVX2) ..." */
        struct mkl_version v = {0};
        mkl(&v);
        return v.processor ? v.processor : "";
    }
    char *(*core)(void) = (char *(*)(void))ask(from, "openblas_get_corename");
    void (*init)(void) = (void (*)(void))ask(from, "bli_init");
    int (*id)(void) = (int (*)(void))ask(from, "bli_arch_query_id");
    const char *(*name)(int) =
        (const char *(*)(int))ask(from, "bli_arch_string");
    if (core)
        return core();
    if (!init || !id || !name)
        return "";
    init(); /* before it the query may end the process */
    return name(id());
}

static void describe(const Dl_info *from, char *out, size_t n)
{
    char *(*openblas)(void) = (char *(*)(void))ask(from, "openblas_get_config");
    void (*mkl)(char *, int) =
        (void (*)(char *, int))ask(from, "MKL_Get_Version_String");
    const char *(*blis)(void) =
        (const char *(*)(void))ask(from, "bli_info_get_version_str");
    char *path = *from->dli_fname ? realpath(from->dli_fname, NULL) : NULL;
    bool is_blis = maker_of(from) == BLIS;
    char version[128] = "";
    if (openblas) /* "OpenBLAS 0.3.21 DYNAMIC_ARCH Haswell MAX_THREADS=64" */
        snprintf(version, sizeof version, "%s", openblas());
    else if (mkl)
        mkl(version, sizeof version);
    else if (blis)
        snprintf(version, sizeof version, "BLIS %s", blis());
    else if (is_blis)
        snprintf(version, sizeof version, "BLIS of unknown version");
    else
        snprintf(version, sizeof version, "CBLAS of unknown version");
    for (size_t i = strlen(version); i > 0 && version[i - 1] == ' '; i--)
        version[i - 1] = '\0';
    const char *kernels = family(from);
    snprintf(out, n, "%s%s%s%s, from %s%s", version, *kernels ? ", " : "",
             kernels, *kernels ? " kernels" : "",
             path               ? path
             : *from->dli_fname ? from->dli_fname
                                : "the program itself",
             is_blis ? "; the same library as backend blis, not a rival" : "");
    free(path);
}

static void origin(char *text, size_t n)
{
    Dl_info from, works;
    if (!provider((void *)(uintptr_t)&cblas_dgemm, "cblas_dgemm", &from) ||
        !worker(&works)) {
        snprintf(text, n, "a CBLAS that the loader cannot name");
        return;
    }
    describe(&works, text, n);
    if (works.dli_fbase != from.dli_fbase) {
        size_t used = strlen(text);
        snprintf(text + used, n - used, "; called through %s", from.dli_fname);
    }
}

static const struct et_backend *twin(void)
{
    Dl_info from;
    return worker(&from) && maker_of(&from) == BLIS ? &et_gemm_blis.base : NULL;
}

static void caution(char *text, size_t n)
{
    Dl_info from;
    if (!worker(&from))
        return;
    enum maker maker = maker_of(&from);
    if (maker == BLIS && !et_backend_why_not(&et_gemm_blis.base)) {
        snprintf(
            text, n,
            "Backend cblas is BLIS too (%s), so a plan that does not name it "
            "runs blis alone. To have a second library to compare with, "
            "install OpenBLAS, MKL or ArmPL and configure etalon anew, or "
            "choose another libblas.so.3 (update-alternatives).",
            from.dli_fname);
    } else if (maker == BLIS) {
        et_gemm_family_caution("BLIS", family(&from), "BLIS_ARCH_TYPE", NULL,
                               text, n);
    } else if (maker == MKL) {
        et_gemm_family_caution("MKL", family(&from), "MKL_ENABLE_INSTRUCTIONS",
                               NULL, text, n);
    } else if (maker == OPENBLAS) {
        /* Only a build for many processors looks at the variable. */
        char *(*config)(void) =
            (char *(*)(void))ask(&from, "openblas_get_config");
        const char *here = et_gemm_vectors_here();
        bool chooses = config && strstr(config(), "DYNAMIC_ARCH");
        const char *wider = !here                         ? NULL
                            : strcmp(here, "avx512") == 0 ? "SkylakeX"
                            : strcmp(here, "avx2") == 0   ? "Haswell"
                            : strcmp(here, "avx") == 0    ? "Sandybridge"
                            : strcmp(here, "sve") == 0    ? "armv8sve"
                                                          : NULL;
        et_gemm_family_caution("OpenBLAS", family(&from),
                               chooses ? "OPENBLAS_CORETYPE" : NULL, wider,
                               text, n);
    }
}

static bool attempt(int threads)
{
    return et_gemm_setup_attempt(&et_gemm_cblas, threads);
}

static const char *unsupported(const struct et_gemm *p)
{
    int64_t max = INTEGER_MAX;
    enum et_dtype type = et_types_single(&p->types);
    if (type != ET_FP64 && type != ET_FP32)
        return "CBLAS multiplies fp64 and fp32 alone, all operands of one type";
    if (p->m > max || p->n > max || p->k > max || p->lda > max ||
        p->ldb > max || p->ldc > max)
        return "a dimension or leading dimension exceeds this CBLAS's 32-bit "
               "integers";
    return NULL;
}

static enum et_status create(const struct et_gemm *p, int threads,
                             const void *a, const void *b, void *c, void **out)
{
    struct setup *q = et_gemm_setup_new(sizeof *q, p, threads, a, b, c);
    if (!q)
        return ET_INFRA;
    Dl_info from;
    if (provider((void *)(uintptr_t)&cblas_dgemm, "cblas_dgemm", &from)) {
        static const char *const names[] = {"openblas_set_num_threads",
                                            "MKL_Set_Num_Threads",
                                            "omp_set_num_threads"};
        /* BLIS takes its dim_t, and stands on OpenMP: it is asked first. */
        q->set_wide =
            (void (*)(int64_t))ask(&from, "bli_thread_set_num_threads");
        for (int i = 0; i < 3 && !q->set_int && !q->set_wide; i++)
            q->set_int = (void (*)(int))ask(&from, names[i]);
    }
    *out = q;
    return ET_OK;
}

/* Product g of the batch. */
static enum et_status multiply(const struct et_gemm_setup *q, int64_t g)
{
    const struct et_gemm *p = &q->p;
    integer m = (integer)p->m, n = (integer)p->n, k = (integer)p->k;
    integer lda = (integer)p->lda, ldb = (integer)p->ldb;
    integer ldc = (integer)p->ldc;
    int ta = p->trans_a ? CblasTrans : CblasNoTrans;
    int tb = p->trans_b ? CblasTrans : CblasNoTrans;
    switch (p->types.sum) {
    case ET_FP64:
        cblas_dgemm(CblasRowMajor, ta, tb, m, n, k, p->alpha,
                    (const double *)q->a + g * q->step_a, lda,
                    (const double *)q->b + g * q->step_b, ldb, p->beta,
                    (double *)q->c + g * q->step_c, ldc);
        return ET_OK;
    case ET_FP32:
        cblas_sgemm(CblasRowMajor, ta, tb, m, n, k, (float)p->alpha,
                    (const float *)q->a + g * q->step_a, lda,
                    (const float *)q->b + g * q->step_b, ldb, (float)p->beta,
                    (float *)q->c + g * q->step_c, ldc);
        return ET_OK;
    default:
        return et_error(ET_USAGE, "gemm: cblas: no %s",
                        et_dtype_name(p->types.sum));
    }
}

static enum et_status run(void *setup, uint64_t first, uint64_t n)
{
    const struct setup *q = setup;
    if (q->set_wide)
        q->set_wide(q->setup.threads);
    else if (q->set_int)
        q->set_int(q->setup.threads);
    return et_gemm_setup_run(&q->setup, first, n, multiply);
}

ET_GEMM_LIBRARY(cblas, SUMMARY, create, free, .twin = twin, .caution = caution);

#else

const struct et_gemm_backend et_gemm_cblas = ET_BACKEND_ABSENT(
    "cblas", SUMMARY, "not built in (configure --with-cblas)");

#endif
