/* dtype: names and sizes in the order of the choices; fp16 and bf16 against
 * their definitions, every bit pattern there and back, rounding to nearest
 * even; int8 saturates.
 */
#include "config.h"
#include "tests/unit/test_main.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "harness/base/dtype.h"
#include "harness/base/field.h"

TEST(rows)
{
    for (int t = 0; t < ET_DTYPES; t++) {
        char name[ET_TEXT_NUMBER];
        et_choice_name(ET_DTYPE_CHOICES, t, name);
        assert_string_equal(name, et_dtype_name((enum et_dtype)t));
        assert_int_equal(et_choice_index(ET_DTYPE_CHOICES, name), t);
        assert_int_equal(et_choice_index(ET_DTYPE_CHOICES_AFTER("any"), name),
                         1 + t);
    }
    assert_int_equal(et_choice_index(ET_DTYPE_CHOICES_AFTER("any"), "any"), 0);
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
                 {ET_INT8, 1, 0, 127, 127, true},
                 {ET_UINT8, 1, 0, 255, 255, true},
                 {ET_INT32, 4, 0, 2147483647, 2147483647, true},
                 {ET_FP8_E4M3, 1, 0x1p-4, 448, 16, false},
                 {ET_FP8_E5M2, 1, 0x1p-3, 57344, 8, false}};
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
        double least = et_dtype_least(t);
        double exact = et_dtype_exact(t);
        bool integer = et_dtype_is_integer(t);
        size_t size = et_dtype_size(t);
        char cells[3 * 8], before[3 * 8];
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
        assert_true(et_dtype_round(t, least) == least);
        beyond = et_dtype_round(t, integer ? least - 1 : least * 1.5);
        assert_true(beyond == least || (isinf(beyond) && !integer));
        double low = INFINITY, high = -INFINITY;
        for (uint32_t k = 0; size <= 2 && k < UINT32_C(1) << 8 * size; k++) {
            uint8_t byte = (uint8_t)k;
            uint16_t two = (uint16_t)k;
            double v = size == 1 ? et_dtype_get(t, &byte, 0)
                                 : et_dtype_get(t, &two, 0);
            low = isfinite(v) ? fmin(low, v) : low;
            high = isfinite(v) ? fmax(high, v) : high;
        }
        assert_true(size > 2 || (low == least && high == most));
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

/* What products of a type are summed in, where nothing else is asked for. */
TEST(usual_types)
{
    static const struct {
        enum et_dtype t, sum, out;
    } known[] = {
        {ET_FP64, ET_FP64, ET_FP64},        {ET_FP32, ET_FP32, ET_FP32},
        {ET_BF16, ET_FP32, ET_BF16},        {ET_FP16, ET_FP32, ET_FP16},
        {ET_INT8, ET_INT32, ET_INT32},      {ET_UINT8, ET_INT32, ET_INT32},
        {ET_FP8_E5M2, ET_FP32, ET_FP8_E5M2}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        struct et_types t = et_types_usual(known[i].t);
        assert_int_equal(t.a.dtype, known[i].t);
        assert_int_equal(t.b.dtype, known[i].t);
        assert_int_equal(t.sum, known[i].sum);
        assert_int_equal(t.out.dtype, known[i].out);
        bool whole = et_dtype_is_integer(known[i].t);
        assert_true(et_types_are_integers(&t) == whole);
        assert_true(et_types_are_floats(&t) == !whole);
    }
    struct et_types t = et_types_usual(ET_INT8);
    t.out.dtype = ET_INT8; /* another than the sums' */
    assert_false(et_types_are_integers(&t));
    assert_int_equal(et_dtype_sum((enum et_dtype)ET_DTYPES), ET_DTYPES);
}

/* No sum comes to it, and where there is a NaN it is one. */
TEST(spoilt_ones)
{
    for (int i = 0; i < ET_DTYPES; i++) {
        enum et_dtype t = (enum et_dtype)i;
        char cell[8];
        memset(cell, et_dtype_spoilt(t), sizeof cell);
        double v = et_dtype_get(t, cell, 0);
        assert_true(isnan(v) || (et_dtype_is_integer(t) && fabs(v) >= 128));
    }
    int32_t four;
    memset(&four, et_dtype_spoilt(ET_INT32), sizeof four);
    assert_true(four < -2000000000);
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

/* All 256 codes of both by the formulas of the OCP specification, section 5:
 * (-1)^s 2^(E - bias) (1 + m / 2^M), and 2^(1 - bias) m / 2^M where E is 0. */
TEST(fp8_codes)
{
    static const struct {
        enum et_dtype t;
        int fraction, bias, greatest, nan;
    } formats[] = {{ET_FP8_E4M3, 3, 7, 0x7e, 0x7f},
                   {ET_FP8_E5M2, 2, 15, 0x7b, 0x7f}};
    for (size_t f = 0; f < 2; f++) {
        enum et_dtype t = formats[f].t;
        int m_bits = formats[f].fraction, bias = formats[f].bias;
        double below = 0;
        for (int code = 0; code < 256; code++) {
            uint8_t c = (uint8_t)code, back;
            int low = code & 0x7f, e = low >> m_bits,
                m = low & ((1 << m_bits) - 1);
            double v = et_dtype_get(t, &c, 0);
            if (low > formats[f].greatest) {
                /* E5M2 has infinity, as IEEE 754's types have. */
                bool infinite = t == ET_FP8_E5M2 && low == 0x7c;
                assert_true(infinite ? isinf(v) : isnan(v));
                continue;
            }
            double want = e ? ldexp(1 + ldexp(m, -m_bits), e - bias)
                            : ldexp(m, 1 - bias - m_bits);
            assert_true(v == (code & 0x80 ? -want : want));
            assert_true(!signbit(v) == !(code & 0x80));
            et_dtype_set(t, &back, 0, v);
            assert_int_equal(back, code);
            if (code > 0 && code < 0x80) {
                double half = below + (want - below) / 2;
                et_dtype_set(t, &back, 0, half); /* ties to even */
                assert_int_equal(back, code - (code & 1));
                et_dtype_set(t, &back, 0, nextafter(half, 0));
                assert_int_equal(back, code - 1);
                et_dtype_set(t, &back, 0, nextafter(half, INFINITY));
                assert_int_equal(back, code);
            }
            below = want;
        }
        /* Conversion saturates; NaN stays NaN. */
        static const double great[] = {449, 480, 61440, 1e30, INFINITY};
        for (size_t i = 0; i < 5; i++) {
            double most = et_dtype_most(t);
            if (great[i] < most)
                continue;
            assert_true(et_dtype_round(t, great[i]) == most);
            assert_true(et_dtype_round(t, -great[i]) == -most);
        }
        uint8_t c;
        et_dtype_set(t, &c, 0, NAN);
        assert_true(isnan(et_dtype_get(t, &c, 0)));
    }
    assert_true(et_dtype_step(ET_FP8_E4M3) == 0x1p-9);
    assert_true(et_dtype_step(ET_FP8_E5M2) == 0x1p-16);
    assert_true(et_dtype_step(ET_FP16) == 0x1p-24);
    assert_true(et_dtype_step(ET_INT32) == 1);
    assert_true(isnan(et_dtype_step((enum et_dtype)ET_DTYPES)));
}

TEST(loading)
{
    uint16_t v[70];
    double out[70];
    for (size_t i = 0; i < 70; i++)
        et_dtype_set(ET_BF16, v, i, (double)i);
    et_dtype_load(ET_BF16, v, 3, 60, out);
    for (size_t i = 0; i < 60; i++)
        assert_true(out[i] == (double)(i + 3));
    et_dtype_load((enum et_dtype)ET_DTYPES, v, 0, 2, out);
    assert_true(isnan(out[0]) && isnan(out[1]));
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
          known_values, every_pattern, bf16_is_half_of_fp32, usual_types,
          spoilt_ones, fp8_codes, loading, int8_saturates)
