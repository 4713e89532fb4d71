/* Products in groups, by every backend that does such a product: the same as a
 * product for each group by the reference, for groups of no row, of one and of
 * many. Integers, so that they are exact.
 */
#include "config.h"
#include "tests/unit/test_main.h"

#include <stdlib.h>
#include <string.h>

#include "harness/base/random.h"
#include "kernels/gemm/grouped.h"

enum { N = 70, K = 80, GROUPS = 7, M = 55 };
static const int64_t first[GROUPS + 1] = {0, 0, 1, 4, 4, 20, 55, 55};

static double whole(uint64_t stream, size_t i)
{
    return (double)(et_random_u64(stream, i) % 3) - 1;
}

static struct et_buffer operand(const struct et_gemm_backend *b,
                                enum et_dtype t, size_t n, uint64_t stream)
{
    struct et_buffer at;
    assert_int_equal(et_buffer_open(&at, b->base.space, n, et_dtype_size(t)),
                     ET_OK);
    for (size_t i = 0; i < n; i++)
        et_dtype_set(t, at.host, i, whole(stream, i));
    assert_int_equal(et_buffer_send(&at, 0, n), ET_OK);
    return at;
}

static struct et_gemm problem(enum et_dtype t, bool trans_a, bool trans_b)
{
    struct et_gemm p = et_gemm_dense(et_types_usual(t), M, N, K);
    p.trans_a = trans_a;
    p.trans_b = trans_b;
    p.lda = trans_a ? M + 1 : K + 2;
    p.ldb = trans_b ? K + 3 : N + 1;
    p.ldc = N + 2;
    p.groups = GROUPS;
    p.first = first;
    p.turn_a.step = p.turn_b.step = et_turn_step(et_dtype_size(t));
    return p;
}

/* C of iteration `turn` by the definition. */
static double right(const struct et_gemm *p, uint64_t turn, int64_t i,
                    int64_t j)
{
    int64_t g = 0, a = et_turn_a(&p->turn_a, turn),
            b = et_turn_b(&p->turn_b, turn);
    double sum = 0;
    while (first[g + 1] <= i)
        g++;
    b += g * (p->trans_b ? N : K) * p->ldb;
    for (int64_t l = 0; l < K; l++)
        sum +=
            whole(1, (size_t)(a +
                              (p->trans_a ? l * p->lda + i : i * p->lda + l))) *
            whole(2,
                  (size_t)(b + (p->trans_b ? j * p->ldb + l : l * p->ldb + j)));
    return sum;
}

static void check(const struct et_gemm_backend *b, const struct et_gemm *p,
                  int threads)
{
    enum et_dtype ta = p->types.a.dtype, tb = p->types.b.dtype,
                  tc = p->types.out.dtype;
    const struct et_backend base = et_gemm_base(b, p);
    int64_t n[3];
    void *setup = NULL;
    assert_true(et_gemm_elements(p, &n[0], &n[1], &n[2]));
    size_t slack = (size_t)et_turn_slack(p->turn_a.step);
    struct et_buffer a = operand(b, ta, (size_t)n[0] + slack, 1),
                     w = operand(b, tb, (size_t)n[1] + slack, 2),
                     c = operand(b, tc, (size_t)n[2], 3);
    assert_int_equal(et_gemm_create(b, p, threads, a.at, w.at, c.at, &setup),
                     ET_OK);
    for (uint64_t turn = 3; turn < 70; turn += 66) {
        assert_int_equal(base.run(setup, turn - 2, 3), ET_OK);
        assert_int_equal(et_backend_wait(&base, setup), ET_OK);
        assert_int_equal(et_buffer_bring(&c, 0, c.n), ET_OK);
        for (int64_t i = 0; i < M; i++) {
            for (int64_t j = 0; j < p->ldc; j++) {
                size_t at = (size_t)(i * p->ldc + j);
                double want = j < N ? right(p, turn, i, j) : whole(3, at);
                if (et_dtype_get(tc, c.host, at) != want)
                    fail_msg("%s %s: row %d, column %d: %g, not %g",
                             b->base.name, et_dtype_name(ta), (int)i, (int)j,
                             et_dtype_get(tc, c.host, at), want);
            }
        }
    }
    base.destroy(setup);
    et_buffer_close(&a);
    et_buffer_close(&w);
    et_buffer_close(&c);
}

TEST(groups_are_products)
{
    static const enum et_dtype types[] = {ET_FP64, ET_FP32, ET_BF16, ET_INT8};
    const struct et_gemm_backend *b;
    size_t done = 0;
    for (size_t k = 0; (b = et_gemm_backend_at(k)); k++) {
        for (int way = 0; way < 4 * 4; way++) {
            const struct et_gemm p = problem(types[way % 4], way & 4, way & 8);
            if (et_gemm_unsupported(b, &p))
                continue;
            check(b, &p, 1);
            check(b, &p, 3);
            done++;
        }
    }
    assert_true(done >= 2 * 16); /* the reference and native do all */
}

/* Of a backend that knows no groups all that it takes for each. */
TEST(workspaces_add_up)
{
    const struct et_gemm p = problem(ET_FP32, false, true);
    struct et_gemm_backend b = *et_gemm_backend_find("native");
    double all = 0, most = 0;
    for (int64_t g = 0; g < GROUPS; g++) {
        int64_t at[3];
        const struct et_gemm one = et_gemm_group(&p, g, &at[0], &at[1], &at[2]);
        double v = one.m ? b.workspace(&one, 2) : 0;
        all += v;
        most = v > most ? v : most;
    }
    assert_true(et_gemm_workspace(&b, &p, 2) == most);
    b.groups = false;
    assert_true(et_gemm_workspace(&b, &p, 2) == all && all > most);
    assert_true(et_gemm_workspace(et_gemm_backend_at(0), &p, 2) == 0);
}

TEST_MAIN(groups_are_products, workspaces_add_up)
