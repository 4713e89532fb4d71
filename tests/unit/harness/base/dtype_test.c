/* dtype: names and sizes in the order of the choices; fp16 and bf16 against
 * their definitions, every bit pattern there and back, rounding to nearest
 * even; int8 saturates.
 */
#include "config.h"
#include "tests/unit/test_main.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "harness/base/dtype.h"
#include "harness/base/field.h"

TEST(rows)
{
    char list[256] = "";
    for (int t = 0; t < ET_DTYPES; t++) {
        char name[ET_TEXT_NUMBER];
        snprintf(list + strlen(list), sizeof list - strlen(list), "%s%s",
                 t ? ", " : "", et_dtype_name((enum et_dtype)t));
        et_choice_name(ET_DTYPE_CHOICES, t, name);
        assert_string_equal(name, et_dtype_name((enum et_dtype)t));
        assert_int_equal(et_choice_index(ET_DTYPE_CHOICES, name), t);
    }
    assert_string_equal(ET_DTYPE_LIST, list);
}

/* The facts of a row against the definitions, worked out by hand. */
TEST(facts)
{
    static const struct {
        enum et_dtype t;
        size_t size;
        double epsilon, most, exact;
        bool integer;
    } known[] = {{ET_FP64, 8, 0x1p-53, 0x1.fffffffffffffp1023, 0x1p53, false},
                 {ET_FP32, 4, 0x1p-24, 0x1.fffffep127, 0x1p24, false},
                 {ET_FP16, 2, 0x1p-11, 65504, 2048, false},
                 {ET_BF16, 2, 0x1p-8, 0x1.fep127, 256, false},
                 {ET_INT8, 1, 0, 127, 127, true}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        enum et_dtype t = known[i].t;
        assert_int_equal(et_dtype_size(t), known[i].size);
        assert_true(et_dtype_epsilon(t) == known[i].epsilon);
        assert_true(et_dtype_most(t) == known[i].most);
        assert_true(et_dtype_exact(t) == known[i].exact);
        assert_int_equal(et_dtype_is_integer(t), known[i].integer);
        assert_int_equal(et_dtype_find(et_dtype_name(t)), t);
        /* Held, and one more is not. */
        assert_true(et_dtype_round(t, known[i].most) == known[i].most);
        assert_true(et_dtype_round(t, known[i].exact) == known[i].exact);
        double more = known[i].exact + 1; /* fp64 has none to try it with */
        assert_true(t == ET_FP64 || et_dtype_round(t, more) != more);
    }
    assert_int_equal(et_dtype_find("fp12"), ET_DTYPES);
}

/* What the row says of a type, against what its conversions do, for every row:
 * the digits, both ends, and that an element takes its bytes and no more. */
TEST(every_row_and_its_conversions_agree)
{
    for (int i = 0; i < ET_DTYPES; i++) {
        enum et_dtype t = (enum et_dtype)i;
        double u = et_dtype_epsilon(t), most = et_dtype_most(t);
        double exact = et_dtype_exact(t);
        bool integer = et_dtype_is_integer(t);
        size_t size = et_dtype_size(t);
        char cells[3 * 16], before[3 * 16];
        assert_in_range(size, 1, 16);
        assert_true(integer ? u == 0 && exact == most : u * exact == 1);
        /* One step from 1, and half of one, which ties to even. */
        assert_true(et_dtype_round(t, 1 + 2 * u) == 1 + 2 * u);
        assert_true(et_dtype_round(t, 1 + u) == 1);
        assert_true(et_dtype_round(t, 0) == 0);
        assert_true(integer ? et_dtype_round(t, 2.5) == 2
                            : et_dtype_round(t, -1.5) == -1.5);
        assert_true(et_dtype_round(t, exact) == exact);
        assert_true(et_dtype_round(t, exact - 1) == exact - 1);
        if (exact + 1 != exact && !integer) /* fp64 has none to try it with */
            assert_true(et_dtype_round(t, exact + 1) != exact + 1);
        /* Nothing finite lies beyond. */
        assert_true(et_dtype_round(t, most) == most);
        double beyond = et_dtype_round(t, integer ? most + 1 : most * 1.5);
        assert_true(beyond == most || (isinf(beyond) && !integer));
        for (size_t k = 0; k < 256 && size == 1; k++) {
            unsigned char code = (unsigned char)k;
            double v = et_dtype_get(t, &code, 0);
            assert_true(!(isfinite(v) && v > most));
        }
        for (int k = 0; k < 3; k++)
            memset(cells + (size_t)k * size, 0x11 * (k + 1), size);
        memcpy(before, cells, 3 * size);
        et_dtype_set(t, cells, 1, 1);
        assert_true(et_dtype_get(t, cells, 1) == 1);
        assert_memory_equal(cells, before, size);
        assert_memory_equal(cells + 2 * size, before + 2 * size, size);
    }
}

/* What is no type is never taken for one. */
TEST(no_type)
{
    enum et_dtype t = (enum et_dtype)ET_DTYPES;
    double v = 3;
    assert_false(et_dtype_is_known(t) ||
                 et_dtype_is_known((enum et_dtype) - 1));
    assert_string_equal(et_dtype_name(t), "?");
    assert_int_equal(et_dtype_size(t), 0);
    assert_true(isnan(et_dtype_get(t, &v, 0)) && isnan(et_dtype_epsilon(t)));
    et_dtype_set(t, &v, 0, 7);
    assert_true(v == 3 && !et_dtype_is_integer(t));
    struct et_types types = et_types_of(ET_FP32);
    assert_int_equal(et_types_single(&types), ET_FP32);
    assert_true(et_types_are_floats(&types));
    types.b.dtype = ET_FP16;
    assert_int_equal(et_types_single(&types), ET_DTYPES);
    assert_true(et_types_are_floats(&types));
    types.b.scale = ET_SCALES;
    assert_false(et_types_are_floats(&types));
    types = et_types_of(t);
    assert_int_equal(et_types_single(&types), ET_DTYPES);
    assert_false(et_types_are_floats(&types));
    types = et_types_of(ET_INT8);
    assert_int_equal(et_types_single(&types), ET_INT8);
    assert_false(et_types_are_floats(&types));
}

/* Half the step from 1 to the next value: IEEE 754's unit roundoff. */
TEST(epsilons)
{
    assert_true(et_dtype_epsilon(ET_FP64) == DBL_EPSILON / 2);
    assert_true(et_dtype_epsilon(ET_FP32) == (double)FLT_EPSILON / 2);
    for (int t = ET_FP16; t <= ET_BF16; t++) {
        enum et_dtype d = (enum et_dtype)t;
        uint16_t one;
        et_dtype_set(d, &one, 0, 1);
        one++;
        assert_true(et_dtype_epsilon(d) == (et_dtype_get(d, &one, 0) - 1) / 2);
    }
    assert_true(et_dtype_epsilon(ET_INT8) == 0); /* exact */
}

static uint16_t set16(enum et_dtype t, double v)
{
    uint16_t h = 0xdead;
    et_dtype_set(t, &h, 0, v);
    return h;
}

static double get16(enum et_dtype t, uint16_t h)
{
    return et_dtype_get(t, &h, 0);
}

TEST(known_values)
{
    static const struct {
        enum et_dtype t;
        uint16_t h;
        double v;
    } known[] = {{ET_FP16, 0x0000, 0},          {ET_FP16, 0x3c00, 1},
                 {ET_FP16, 0xc000, -2},         {ET_FP16, 0x7bff, 65504},
                 {ET_FP16, 0x0400, 0x1p-14},    {ET_FP16, 0x0001, 0x1p-24},
                 {ET_FP16, 0x3555, 0x1.554p-2}, {ET_FP16, 0x7c00, INFINITY},
                 {ET_BF16, 0x3f80, 1},          {ET_BF16, 0xc000, -2},
                 {ET_BF16, 0x7f7f, 0x1.fep127}, {ET_BF16, 0x0080, 0x1p-126},
                 {ET_BF16, 0x0001, 0x1p-133},   {ET_BF16, 0x4049, 3.140625},
                 {ET_BF16, 0xff80, -INFINITY}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        assert_true(get16(known[i].t, known[i].h) == known[i].v);
        assert_int_equal(set16(known[i].t, known[i].v), known[i].h);
    }
    assert_true(signbit(get16(ET_FP16, 0x8000)));
    assert_int_equal(set16(ET_BF16, -0.0), 0x8000);
    assert_true(isnan(get16(ET_FP16, set16(ET_FP16, NAN))));
    assert_true(isnan(get16(ET_BF16, set16(ET_BF16, NAN))));
}

/* Halfway between neighbours goes to the even one, a hair beside it to the
 * nearer one; past the greatest finite value likewise. */
TEST(every_pattern)
{
    for (int t = ET_FP16; t <= ET_BF16; t++) {
        enum et_dtype d = (enum et_dtype)t;
        uint16_t infinite = set16(d, INFINITY);
        for (uint32_t h = 0; h < 0x8000; h++) {
            double v = get16(d, (uint16_t)h);
            if (h > infinite) {
                assert_true(isnan(v));
                continue;
            }
            assert_int_equal(set16(d, v), h);
            assert_int_equal(set16(d, -v), h | 0x8000);
            if (h >= infinite)
                continue;
            double up = h + 1u == infinite ? 2 * v - get16(d, (uint16_t)(h - 1))
                                           : get16(d, (uint16_t)(h + 1));
            double half = v + (up - v) / 2;
            assert_int_equal(set16(d, half), h + (h & 1));
            assert_int_equal(set16(d, nextafter(half, 0)), h);
            assert_int_equal(set16(d, nextafter(half, INFINITY)), h + 1);
        }
    }
}

TEST(bf16_is_half_of_fp32)
{
    for (uint32_t h = 0; h < 0x10000; h++) {
        uint32_t bits = h << 16;
        float f;
        memcpy(&f, &bits, sizeof f);
        double v = get16(ET_BF16, (uint16_t)h);
        assert_true(isnan(f) ? isnan(v) : v == (double)f);
    }
}

TEST(int8_saturates)
{
    static const struct {
        double v;
        int want;
    } t[] = {{0, 0},      {-1, -1},     {2.5, 2},
             {3.5, 4},    {127.4, 127}, {128, 127},
             {1e30, 127}, {-129, -128}, {-INFINITY, -128},
             {-0.4, 0},   {NAN, 0}};
    for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
        int8_t c[3] = {11, 0, 22};
        et_dtype_set(ET_INT8, c, 1, t[i].v);
        assert_true(et_dtype_get(ET_INT8, c, 1) == t[i].want);
        assert_true(c[0] == 11 && c[2] == 22);
    }
}

TEST_MAIN(rows, facts, every_row_and_its_conversions_agree, no_type, epsilons,
          known_values, every_pattern, bf16_is_half_of_fp32, int8_saturates)
