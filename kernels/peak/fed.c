/* peak of operands that come from the first cache: the innermost loop of
 * etalon's own products (kernels/gemm/native) over one panel of A and one of B
 * that stay there. What a product can reach if all around that loop costs
 * nothing; the other backends never load an operand, which no product can do.
 * Knows no instruction: the processor's tile is taken.
 */
#include "config.h"
#include "kernels/gemm/native/pack.h"
#include "kernels/gemm/native/way.h"
#include "kernels/peak/peak.h"

/* Operands are integers up to this: sums of one step stay far below 2^24. */
#define RANGE 5
/* Half of the smallest first cache of data that is usual, 32 KiB. */
#define PANELS 16384
/* Of a tile's sums and operands, some 10 microseconds. */
#define OPERATIONS 1e6

static enum et_peak_sum sum_of(enum et_gemm_panel p)
{
    enum et_dtype sum = et_gemm_panel_sum(p);
    return sum == ET_FP64   ? ET_PEAK_F64
           : sum == ET_FP32 ? ET_PEAK_F32
                            : ET_PEAK_I32;
}

static const char *kernel(enum et_dtype dtype, struct et_peak_kernel *out)
{
    const struct et_types types = et_types_usual(dtype);
    const struct et_gemm_tile *t = et_gemm_tile_for(&types);
    if (!t || !et_gemm_packs_as_stored(t->panel, dtype))
        return "etalon's own kernels have no arithmetic in this type for this "
               "processor";
    int group = (int)et_gemm_panel_group(t->panel);
    int word = group * (int)et_gemm_panel_size(t->panel);
    int a_group = (int)et_gemm_panel_group(t->panel_a);
    int groups = PANELS / (word * (t->rows + t->columns));
    if (a_group > group) /* whole ones */
        groups -= groups % (a_group / group);
    *out = (struct et_peak_kernel){.instruction = t->name,
                                   .sum = sum_of(t->panel),
                                   .accumulators = 1,
                                   .a_registers = 1,
                                   .b_registers = 1,
                                   .blocks = 1,
                                   .m = t->rows,
                                   .n = t->columns,
                                   .k = groups * group,
                                   .group = group,
                                   .range = RANGE,
                                   .a_positive = t->panel == ET_GEMM_BYTES,
                                   .a_group = a_group,
                                   .varies = 1,
                                   .tile = t};
    out->steps = 1 + (uint64_t)(OPERATIONS / (2.0 * out->m * out->n * out->k));
    return NULL;
}

const struct et_peak_backend et_peak_fed = {
    .base = {.name = ET_BACKEND_FED,
             .summary = "a product's innermost loop, operands from the first "
                        "cache"},
    .fed = true,
    .kernel = kernel};
