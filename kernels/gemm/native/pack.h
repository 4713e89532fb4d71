/* pack: operands as the tiles want them: panels, and plain rows. Knows types
 * and memory; multiplies nothing.
 */
#ifndef ET_GEMM_NATIVE_PACK_H
#define ET_GEMM_NATIVE_PACK_H

#include "kernels/gemm/native/tile.h"

size_t et_gemm_panel_size(enum et_gemm_panel p);   /* bytes of an element */
int64_t et_gemm_panel_group(enum et_gemm_panel p); /* elements */
const char *et_gemm_panel_name(enum et_gemm_panel p);
enum et_dtype et_gemm_panel_sum(enum et_gemm_panel p);

/* An operand: element l of line i (a row of op(A), a column of op(B)) stands at
 * data[i line + l step], in elements. */
struct et_gemm_source {
    const void *data;
    enum et_dtype dtype;
    int64_t line, step;
};
/* May its elements stand in such panels without loss? Bytes: whatever
 * their sign; what is not as the panel has it is moved by 128. */
bool et_gemm_packs(enum et_gemm_panel p, enum et_dtype dtype);
/* Do they stand there bit for bit? */
bool et_gemm_packs_as_stored(enum et_gemm_panel p, enum et_dtype dtype);

/* Elements [l, l + k) of lines i and on, of which there are `have`, as one
 * panel `width` wide, with zeros in what is missing of the last group and of
 * the lines. `moved`: of bytes, 128 is added to each element (modulo 256). */
void et_gemm_pack(enum et_gemm_panel p, const struct et_gemm_source *s,
                  bool moved, int64_t width, int64_t i, int64_t have, int64_t l,
                  int64_t k, void *out);
/* The same elements of one line, one after the other. */
void et_gemm_pack_line(enum et_gemm_panel p, const struct et_gemm_source *s,
                       bool moved, int64_t i, int64_t l, int64_t k, void *out);

#endif
