/* A backend of a product that does nothing in one of several samples. Included
 * after tests/unit/bench/kit.h.
 */
#ifndef ET_TESTS_IDLE_H
#define ET_TESTS_IDLE_H

static inline enum et_status idle(void *setup, uint64_t n)
{
    (void)setup, (void)n;
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

#endif
