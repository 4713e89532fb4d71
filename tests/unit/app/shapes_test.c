/* The catalog's shapes: every row is one the bench takes, its flops are what
 * the bench counts, and no name stands twice.
 */
#include "config.h"
#include "tests/unit/test_main.h"

#include <stdlib.h>
#include <string.h>

#include "harness/config/catalog.h"
#include "harness/case/bench.h"
#include "paths.h"

extern const struct et_bench et_bench_gemm, et_bench_conv;

static double flop_of(const struct et_bench *bench,
                      const struct et_shape *shape)
{
    void *params = malloc(bench->params_size);
    struct et_need need;
    assert_non_null(params);
    assert_int_equal(et_fields_init(bench->params, params, bench->params_size),
                     ET_OK);
    for (size_t i = 0; i < shape->values.n; i++) {
        const struct et_pair *v = &shape->values.v[i];
        const struct et_field *row = et_field_find(bench->params, v->key);
        if (row)
            assert_int_equal(et_field_parse(row, params, v->text, shape->where),
                             ET_OK);
        else /* a note */
            assert_true(strcmp(v->key, "count") == 0 ||
                        strcmp(v->key, "flops") == 0 ||
                        strcmp(v->key, "tokens") == 0 ||
                        strcmp(v->key, "microbatch") == 0);
    }
    assert_int_equal(bench->check(params, shape->where), ET_OK);
    bench->need(params, 1, 1, &need);
    et_fields_free(bench->params, params, bench->params_size);
    free(params);
    return need.flop;
}

static void assert_distinct(const struct et_catalog *all)
{
    for (size_t i = 0; i < all->n; i++) {
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(all->v[i].name, all->v[j].name);
    }
}

static void assert_flops(const struct et_bench *bench, size_t at_least)
{
    struct et_catalog all = {0};
    assert_int_equal(
        et_catalog_read(SRCDIR "/catalog", bench->name, bench->params, &all),
        ET_OK);
    assert_true(all.n >= at_least);
    for (size_t i = 0; i < all.n; i++) {
        const char *flops = et_pairs_get(&all.v[i].values, "flops");
        assert_non_null(flops);
        double want = strtod(flops, NULL), got = flop_of(bench, &all.v[i]);
        if (got != want)
            fail_msg("%s: %s: the bench counts %.0f flop, the row %.0f",
                     all.v[i].where, all.v[i].name, got, want);
    }
    assert_distinct(&all);
    et_catalog_free(&all);
}

TEST(gemm_flops_agree)
{
    assert_flops(&et_bench_gemm, 700);
}

TEST(conv_flops_agree)
{
    assert_flops(&et_bench_conv, 250);
}

/* All-reduce sizes are bytes of whole fp32 elements. */
TEST(allreduce_sizes_are_whole)
{
    static const struct et_field bytes[] = {
        {.key = "bytes", .type = ET_BYTES, .min = 1, .max = 0x1p40}, {0}};
    struct et_catalog all = {0};
    assert_int_equal(
        et_catalog_read(SRCDIR "/catalog", "allreduce", bytes, &all), ET_OK);
    assert_true(all.n >= 100);
    for (size_t i = 0; i < all.n; i++) {
        int64_t v = 0;
        assert_int_equal(et_field_parse(bytes, &v,
                                        et_pairs_get(&all.v[i].values, "bytes"),
                                        all.v[i].where),
                         ET_OK);
        assert_int_equal(v % 4, 0);
    }
    assert_distinct(&all);
    et_catalog_free(&all);
}

TEST_MAIN(gemm_flops_agree, conv_flops_agree, allreduce_sizes_are_whole)
