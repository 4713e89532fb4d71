/* family: which vectors a library's kernels are made of, by the name that the
 * library gives them, and what this processor has. Knows names; calls no
 * library.
 */
#ifndef ET_GEMM_FAMILY_H
#define ET_GEMM_FAMILY_H

#include <stddef.h>

/* "none", "sse", "avx", "avx2", "avx512", "neon", "sve"; NULL: not known.
 * Names of BLIS's sub-configurations ("zen3") and OpenBLAS's cores
 * ("SkylakeX"), in capitals or not; what MKL says of its own. */
const char *et_gemm_family_vectors(const char *family);
/* The widest that this processor and its system have, of the same words; sve
 * only where it is wider than neon. */
const char *et_gemm_vectors_here(void);
/* The kernels' vectors where they are known and narrower than those here;
 * NULL: they are not. */
const char *et_gemm_family_below(const char *family);
/* A backend's caution: into text[n] that the library's kernels are below this
 * processor, with the remedy; "" where they are not. variable: that chooses the
 * family; NULL: there is none. value: of it, that chooses a wider one; NULL:
 * there is none. */
void et_gemm_family_caution(const char *library, const char *family,
                            const char *variable, const char *value, char *text,
                            size_t n);

#endif
