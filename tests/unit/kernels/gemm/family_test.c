/* family: the names that BLIS and OpenBLAS give their kernels, and which of
 * them are below this processor.
 */
#include "config.h"
#include "tests/unit/test_main.h"

#include <stdlib.h>
#include <string.h>

#include "kernels/gemm/family.h"

TEST(names)
{
    assert_string_equal(et_gemm_family_vectors("zen3"), "avx2");
    assert_string_equal(et_gemm_family_vectors("Zen"), "avx2");
    assert_string_equal(et_gemm_family_vectors("SkylakeX"), "avx512");
    assert_string_equal(et_gemm_family_vectors("skx"), "avx512");
    assert_string_equal(et_gemm_family_vectors("Prescott"), "sse");
    assert_string_equal(et_gemm_family_vectors("generic"), "none");
    assert_string_equal(et_gemm_family_vectors("neoversev1"), "sve");
    assert_null(et_gemm_family_vectors("zen99"));
    assert_null(et_gemm_family_vectors(""));
    assert_string_equal(
        et_gemm_family_vectors("Intel(R) Advanced Vector Extensions 512 "
                               "(Intel(R) AVX-512) enabled processors"),
        "avx512");
    assert_string_equal(
        et_gemm_family_vectors("Intel(R) Advanced Vector Extensions 2 "
                               "(Intel(R) AVX2) enabled processors"),
        "avx2");
    assert_string_equal(
        et_gemm_family_vectors("Intel(R) Advanced Vector Extensions "
                               "(Intel(R) AVX) enabled processors"),
        "avx");
    assert_string_equal(
        et_gemm_family_vectors("Intel(R) Streaming SIMD Extensions 4.2 "
                               "(Intel(R) SSE4.2) enabled processors"),
        "sse");
    assert_null(et_gemm_family_vectors("Intel(R) Architecture processors"));
}

TEST(below)
{
    const char *here = et_gemm_vectors_here();
    /* Not known is not below. */
    assert_null(et_gemm_family_below("zen99"));
    assert_null(et_gemm_family_below("power9"));
    if (!here)
        return;
    assert_string_equal(et_gemm_family_below("generic"), "none");
    bool x86 = strcmp(here, "neon") != 0 && strcmp(here, "sve") != 0;
    assert_null(et_gemm_family_below(x86 ? "skx" : "a64fx"));
    /* Another architecture's are no comparison. */
    assert_null(et_gemm_family_below(x86 ? "cortexa57" : "penryn"));
    bool wide = strcmp(here, "avx512") == 0;
    if (x86)
        assert_int_equal(et_gemm_family_below("zen3") != NULL, wide);
}

TEST(caution)
{
    char text[512];
    const char *here = et_gemm_vectors_here();
    unsetenv("X_TYPE");
    et_gemm_family_caution("LIB", "zen99", "X_TYPE", "0", text, sizeof text);
    assert_string_equal(text, "");
    if (!here)
        return;
    et_gemm_family_caution("LIB", "generic", "X_TYPE", "0", text, sizeof text);
    assert_non_null(strstr(text, "LIB uses its generic kernels (none)"));
    assert_non_null(strstr(text, here));
    assert_non_null(strstr(text, "with X_TYPE=0 and"));
    et_gemm_family_caution("LIB", "generic", NULL, NULL, text, sizeof text);
    assert_non_null(strstr(text, "Remedy: install"));
    setenv("X_TYPE", "7", 1);
    et_gemm_family_caution("LIB", "generic", "X_TYPE", "0", text, sizeof text);
    assert_non_null(strstr(text, "Remedy: unset X_TYPE, which is '7'"));
    unsetenv("X_TYPE");
}

TEST_MAIN(names, below, caution)
