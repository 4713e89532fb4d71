/* random: the same figures everywhere and for any number of threads, uniform,
 * and streams that have nothing to do with each other.
 */
#include "config.h"
#include "tests/unit/test_main.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#ifdef _OPENMP
#include <omp.h>
#endif

#include "harness/base/random.h"

TEST(fixed_values)
{
    /* splitmix64 from seed 1234567, as its reference code prints them. */
    static const uint64_t first[] = {
        UINT64_C(6457827717110365317), UINT64_C(3203168211198807973),
        UINT64_C(9817491932198370423), UINT64_C(4593380528125082431),
        UINT64_C(16408922859458223821)};
    for (uint64_t i = 0; i < 5; i++)
        assert_true(et_random_u64(1234567, i) == first[i]);
    /* Derived streams are part of what makes a run repeatable. */
    assert_true(et_random_stream(1, 2) == et_random_stream(1, 2));
    assert_true(et_random_stream(1, 2) != et_random_stream(2, 1));
}

TEST(uniform)
{
    enum { N = 200000, BINS = 20 };
    double sum = 0, squares = 0, lag = 0, before = 0;
    int bins[BINS] = {0};
    uint64_t stream = et_random_stream(1, 0);
    for (uint64_t i = 0; i < N; i++) {
        double v = et_random_unit(stream, i);
        assert_true(v >= -1 && v < 1);
        bins[(int)((v + 1) / 2 * BINS)]++;
        sum += v;
        squares += v * v;
        lag += v * before;
        before = v;
    }
    /* Five standard deviations of each. */
    assert_true(fabs(sum / N) < 5 * sqrt(1.0 / 3 / N));
    assert_true(fabs(squares / N - 1.0 / 3) < 5 * sqrt(4.0 / 45 / N));
    assert_true(fabs(lag / N) < 5 * (1.0 / 3) / sqrt(N));
    double chi = 0;
    for (int b = 0; b < BINS; b++)
        chi += pow(bins[b] - N / BINS, 2) / (N / BINS);
    assert_true(chi < 53); /* 19 degrees of freedom: p < 5e-5 */
}

TEST(streams_differ)
{
    enum { N = 1000 };
    static uint64_t seen[N];
    for (uint64_t i = 0; i < N; i++)
        seen[i] = et_random_stream(i / 40, i % 40);
    for (size_t i = 0; i < N; i++) {
        for (size_t k = 0; k < i; k++)
            assert_true(seen[i] != seen[k]);
    }
    /* Neighbouring seeds' streams do not follow each other. */
    double product = 0;
    uint64_t a = et_random_stream(1, 0), b = et_random_stream(2, 0);
    for (uint64_t i = 0; i < 100000; i++)
        product += et_random_unit(a, i) * et_random_unit(b, i);
    assert_true(fabs(product / 1e5) < 5 * (1.0 / 3) / sqrt(1e5));
}

static void threads(int n)
{
#ifdef _OPENMP
    omp_set_num_threads(n);
#else
    (void)n;
#endif
}

TEST(any_thread_count)
{
    enum { N = 200003 };
    double *d[2];
    float *f[2];
    unsigned char *b[2];
    for (int i = 0; i < 2; i++) {
        threads(i ? 3 : 1);
        d[i] = malloc(N * sizeof **d);
        f[i] = malloc(N * sizeof **f);
        b[i] = malloc(8 * N + 5);
        assert_true(d[i] && f[i] && b[i]);
        et_random_fill(ET_FP64, d[i], N, 7, 11);
        et_random_fill(ET_FP32, f[i], N, 7, 11);
        et_random_bytes(b[i], 8 * N + 5, 7, 88);
    }
    assert_memory_equal(d[0], d[1], N * sizeof **d);
    assert_memory_equal(f[0], f[1], N * sizeof **f);
    assert_memory_equal(b[0], b[1], 8 * N + 5);
    /* fp32 is as even over [-1, 1) as fp64, and both reach its ends. */
    double low = 1, high = -1, sum = 0;
    for (size_t i = 0; i < N; i++) {
        assert_true(fabs(f[0][i] - d[0][i]) < 2e-7);
        low = fmin(low, f[0][i]);
        high = fmax(high, f[0][i]);
        sum += f[0][i];
    }
    assert_true(low < -0.999 && high > 0.999);
    assert_true(fabs(sum / N) < 5 * sqrt(1.0 / 3 / N));
    /* A part is the same as the whole's. */
    double part[5];
    et_random_fill(ET_FP64, part, 5, 7, 11 + 1000);
    assert_memory_equal(part, d[0] + 1000, sizeof part);
    unsigned char tail[13];
    et_random_bytes(tail, 13, 7, 88 + 8000);
    assert_memory_equal(tail, b[0] + 8000, 13);
    for (size_t i = 0; i < N; i++) {
        assert_true(d[0][i] == et_random_unit(7, 11 + i));
        assert_true(f[0][i] >= -1 && f[0][i] < 1);
    }
    for (int i = 0; i < 2; i++) {
        free(d[i]);
        free(f[i]);
        free(b[i]);
    }
}

/* The small types: a part is the same as the whole's, every value is one the
 * type has, the ends are reached, the mean is where it should be. */
TEST(small_types)
{
    enum { N = 100000 };
    static const struct {
        enum et_dtype dtype;
        double least, most, mean, deviation;
    } want[] = {{ET_FP16, -1, 1 - 0x1p-10, -0x1p-11, 0.5774},
                {ET_BF16, -1, 1 - 0x1p-7, -0x1p-8, 0.5774},
                {ET_INT8, -128, 127, -0.5, 73.9}};
    for (size_t w = 0; w < sizeof want / sizeof *want; w++) {
        enum et_dtype t = want[w].dtype;
        size_t size = et_dtype_size(t);
        char *a[2], part[5 * 2];
        for (int i = 0; i < 2; i++) {
            threads(i ? 3 : 1);
            a[i] = malloc(N * size);
            assert_non_null(a[i]);
            et_random_fill(t, a[i], N, 7, 11);
        }
        assert_memory_equal(a[0], a[1], N * size);
        et_random_fill(t, part, 5, 7, 11 + 1000);
        assert_memory_equal(part, a[0] + 1000 * size, 5 * size);
        double least = INFINITY, most = -INFINITY, sum = 0;
        for (size_t i = 0; i < N; i++) {
            double v = et_dtype_get(t, a[0], i);
            least = fmin(least, v);
            most = fmax(most, v);
            sum += v;
        }
        assert_true(least == want[w].least && most == want[w].most);
        assert_true(fabs(sum / N - want[w].mean) <
                    5 * want[w].deviation / sqrt(N));
        free(a[0]);
        free(a[1]);
    }
}

TEST_MAIN(fixed_values, uniform, streams_differ, any_thread_count, small_types)
