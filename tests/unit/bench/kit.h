/* A bench in a test of its own: opened on one rank, run by its hooks, closed.
 * Included after the bench's file, which is taken in whole, so that `struct
 * state` is its own.
 */
#ifndef ET_TESTS_KIT_H
#define ET_TESTS_KIT_H

struct kit {
    const struct et_bench *bench;
    struct et_team *team;
    struct state s;
};

static inline void open_kit(struct kit *kit, const struct et_bench *bench,
                            const char *backend, int threads,
                            const struct params *p)
{
    *kit = (struct kit){.bench = bench};
    if (bench->check)
        assert_int_equal(bench->check(p, "test"), ET_OK);
    assert_int_equal(et_team_open("self", &kit->team), ET_OK);
    struct et_setting setting = {
        .team = kit->team, .backend = backend, .threads = threads, .seed = 42};
    assert_null(bench->unsupported(p, backend, 1));
    assert_int_equal(bench->prepare(&kit->s, &setting, p), ET_OK);
}

static inline void close_case(struct kit *kit)
{
    kit->bench->release(&kit->s);
    et_team_close(kit->team);
}

static inline struct et_verification verified(struct kit *kit)
{
    struct et_verification v = {0};
    assert_int_equal(kit->bench->verify(&kit->s, &v), ET_OK);
    assert_true(v.bound == 1 && *v.method);
    assert_true((v.status == ET_CHECK_PASSED) == (v.error <= v.bound));
    assert_true((v.status == ET_CHECK_FAILED) == (*v.note != '\0'));
    return v;
}

#endif
