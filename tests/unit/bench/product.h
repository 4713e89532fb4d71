/* A bench of products: a backend that does nothing in one of several samples,
 * and what each of two ranks does. Included after tests/unit/bench/kit.h.
 */
#ifndef ET_TESTS_PRODUCT_H
#define ET_TESTS_PRODUCT_H

static inline enum et_status idle(void *setup, uint64_t first, uint64_t n)
{
    (void)setup, (void)first, (void)n;
    return ET_OK;
}

/* Whichever sample it is, the check finds it, by the glance's NaN; and nothing
 * where there is none. */
static inline void assert_idle_is_found(struct kit *kit)
{
    struct et_product *p = &kit->s.operands.product;
    const struct et_backend *sound = p->backend;
    struct et_backend broken = *sound;
    broken.run = idle;
    for (uint64_t bad = 0; bad < 5; bad++) { /* 0: none */
        for (uint64_t i = 1; i < 6; i++) {
            p->backend = i == bad ? &broken : sound;
            assert_int_equal(et_product_run(&kit->s, i), ET_OK);
            kit->bench->glance(&kit->s);
        }
        struct et_verification v = verified(kit);
        assert_int_equal(v.status, bad ? ET_CHECK_FAILED : ET_CHECK_PASSED);
        assert_true(!bad || strstr(v.note, "nan"));
    }
}

/* It gives its last answer again in every other iteration: wherever a sample
 * ends with such a one, it is found. *store: its memory, of the size of C. */
struct forgetful {
    struct et_backend base;
    const struct et_backend *sound;
    const struct et_product *of;
    uint64_t calls;
    void *last;
};
static struct forgetful remembers_state;

static inline enum et_status remember(void *setup, uint64_t first, uint64_t n)
{
    struct forgetful *f = &remembers_state;
    size_t bytes = f->of->c->n * f->of->c->size;
    enum et_status status = ET_OK;
    for (uint64_t i = 0; i < n && status == ET_OK; i++) {
        if (f->calls++ % 2) {
            memcpy(f->of->c->host, f->last, bytes);
            continue;
        }
        status = f->sound->run(setup, first + i, 1);
        memcpy(f->last, f->of->c->host, bytes);
    }
    return status;
}

static inline void assert_remembering_is_found(struct kit *kit)
{
    struct et_product *p = &kit->s.operands.product;
    const struct et_backend *sound = p->backend;
    struct forgetful *f = &remembers_state;
    *f = (struct forgetful){.base = *sound, .sound = sound, .of = p};
    f->base.run = remember;
    f->last = malloc(p->c->n * p->c->size);
    assert_non_null(f->last);
    p->backend = &f->base;
    for (uint64_t n = 1; n < 6; n++) {
        bool found = f->calls % 2 ? n % 2 : n % 2 == 0;
        assert_int_equal(et_product_run(&kit->s, n), ET_OK);
        kit->bench->glance(&kit->s);
        struct et_verification v = verified(kit);
        assert_int_equal(v.status, found ? ET_CHECK_FAILED : ET_CHECK_PASSED);
        /* The glance alone tells it, too. */
        assert_int_equal(et_product_run(&kit->s, 2 - f->calls % 2), ET_OK);
        kit->bench->glance(&kit->s);
        p->backend = sound;
        assert_int_equal(et_product_run(&kit->s, 1), ET_OK);
        assert_int_equal(verified(kit).status, ET_CHECK_FAILED);
        p->backend = &f->base;
    }
    p->backend = sound;
    free(f->last);
}

/* An element that is wrong in a sample between two checks, which the glance did
 * not look at, is found if the sample was inspected. */
static inline void assert_inspection_finds(struct kit *kit)
{
    struct et_product *p = &kit->s.operands.product;
    for (int inspected = 0; inspected < 2; inspected++) {
        assert_int_equal(et_product_run(&kit->s, 2), ET_OK);
        kit->bench->glance(&kit->s);
        kit->bench->inspect(&kit->s); /* all is right */
        int64_t row = p->count * p->m - 1;
        size_t at = (size_t)(row * p->ldc);
        double v = et_dtype_get(p->types.out.dtype, p->c->host, at);
        et_dtype_set(p->types.out.dtype, p->c->host, at, v + 1);
        if (inspected)
            kit->bench->inspect(&kit->s);
        assert_int_equal(et_product_run(&kit->s, 1), ET_OK);
        kit->bench->glance(&kit->s);
        struct et_verification out = verified(kit);
        assert_int_equal(out.status,
                         inspected ? ET_CHECK_FAILED : ET_CHECK_PASSED);
    }
}

/* A case as each of two ranks has it, one after the other in this process:
 * preparing is local. One product is done; close_two when it was looked at. */
static inline void open_two(const struct params *p, struct state s[2],
                            struct et_output out[2])
{
    struct et_team *self;
    assert_int_equal(et_team_open("self", &self), ET_OK);
    for (int rank = 0; rank < 2; rank++) {
        struct et_team team = *self;
        struct et_setting setting = {
            .team = &team, .backend = "reference", .threads = 1, .seed = 42};
        team.rank = rank, team.size = 2;
        memset(&s[rank], 0, sizeof s[rank]);
        assert_int_equal(prepare(&s[rank], &setting, p), ET_OK);
        assert_int_equal(et_product_run(&s[rank], 1), ET_OK);
        et_product_output(&s[rank], &out[rank]);
    }
    et_team_close(self);
}

static inline void close_two(struct state s[2])
{
    et_operands_close(&s[0]);
    et_operands_close(&s[1]);
}

/* Do both ranks have the same operand, as far as its first bytes tell? */
static inline bool same_input(const struct state s[2], int which)
{
    return !memcmp(s[0].operands.in[which].host, s[1].operands.in[which].host,
                   64);
}

#endif
