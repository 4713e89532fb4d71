/* Comparison of kinds of work: what all cases share is told apart from what is
 * each one's, and few cases are no kind. */
#include "config.h"
#include "tests/unit/results/verdict/compared.h"

/* Five cases in three baselines; now each takes `longer` times as long, and the
 * first `more` times that. */
static struct bench five(double longer, double more, double spread)
{
    struct bench b = bench(3);
    for (unsigned k = 0; k < 5; k++) {
        char id[] = "case 0";
        id[5] = (char)('0' + k);
        for (unsigned i = 0; i < 3; i++)
            sample_add(&b.runs[i], of(id, 0.5 + 0.1 * k, spread, i + k));
        sample_add(&b.runs[3],
                   of(id, (0.5 + 0.1 * k) * longer * (k == 0 ? more : 1),
                      spread, 2 * k));
    }
    assert_int_equal(compare(&b, 0.03), ET_OK);
    assert_int_equal(b.found.n, 6);
    assert_int_equal(b.found.kinds, 1);
    return b;
}

TEST(what_all_share_is_not_each_ones)
{
    struct bench b = five(1.1, 1, 0.002);
    is(&b, "compute", ET_CHANGE_WORSE, NULL);
    near(row(&b, "compute")->all.ratio, 1 / 1.1);
    assert_int_equal(row(&b, "compute")->cases, 5);
    is(&b, "case 0", ET_CHANGE_SAME, NULL);
    const struct et_comparison *first = row(&b, "case 0");
    near(first->all.ratio, 1 / 1.1);
    near(first->own.ratio, 1);
    assert_true(first->own.p > 0.3 && first->all.p < 0.05);
    is(&b, "case 4", ET_CHANGE_SAME, NULL);
    assert_int_equal(done(&b), ET_MISSED);
    b = five(1, 1.1, 0.002);
    is(&b, "compute", ET_CHANGE_SAME, NULL);
    is(&b, "case 0", ET_CHANGE_WORSE, NULL);
    near(row(&b, "case 0")->own.ratio, 1 / 1.1);
    is(&b, "case 1", ET_CHANGE_SAME, NULL);
    assert_int_equal(done(&b), ET_MISSED);
    /* All are faster but one, which is as it was: it is no worse. */
    b = five(1 / 1.2, 1.2, 0.002);
    is(&b, "compute", ET_CHANGE_BETTER, NULL);
    near(row(&b, "case 0")->all.ratio, 1);
    is(&b, "case 0", ET_CHANGE_SAME, NULL);
    assert_int_equal(done(&b), ET_OK);
}

/* Cases of four baselines, the last of which is not to be relied on, and a run
 * in which all are slower. In `other` of the five cases something is another.
 */
enum other { NAME, LIMIT_NOW, LIMIT };
static struct bench with_ceilings(unsigned other, enum other what)
{
    static const double rates[] = {8e9, 10e9, 9e9, 50e9, 8.1e9};
    struct bench b = bench(4);
    for (unsigned i = 0; i < 25; i++) {
        unsigned run = i % 5, k = i / 5;
        char id[] = {'c', (char)('0' + k), '\0'};
        struct et_result r = of(id, run < 4 ? 0.5 : 0.55, 0.002, i);
        bool differs = k < other && (run == 4 || what == LIMIT);
        sample_ceiling(&r, "compute", differs && what == NAME ? "q" : "p",
                       rates[run]);
        /* By an intensity of 250 FLOP/B. */
        sample_ceiling(&r, "memory", "s", differs && what != NAME ? 2e7 : 1e9);
        r.time.converged = run != 3;
        sample_add(&b.runs[run], r);
    }
    assert_int_equal(compare(&b, 0.03), ET_OK);
    is(&b, "compute", ET_CHANGE_WORSE, NULL);
    return b;
}

TEST(ceilings_are_set_against_the_baselines)
{
    for (enum other what = NAME; what <= LIMIT; what++) {
        for (unsigned other = 0; other <= 3; other++) {
            struct bench b = with_ceilings(other, what);
            near(row(&b, "c4")->ceilings, 0.9);
            if (other <= 2) /* at least half of them tell */
                near(row(&b, "compute")->ceilings, 0.9);
            else
                assert_true(isnan(row(&b, "compute")->ceilings));
            assert_true(other == 0 || isnan(row(&b, "c0")->ceilings));
            assert_int_equal(done(&b), ET_MISSED);
        }
    }
    struct bench b = five(1.1, 1, 0.002);
    assert_true(isnan(row(&b, "compute")->ceilings));
    assert_int_equal(done(&b), ET_MISSED);
}

/* A load of the memory: another kind of work. */
static struct et_result load_of(const char *id, double median, unsigned turn)
{
    struct et_result r = of(id, median, 0.002, turn);
    r.work.flop = 0;
    assert_true(et_pairs_set(&r.facts, "fits_in", "memory", false));
    return r;
}

TEST(kinds_are_judged_apart)
{
    struct bench b = bench(2);
    for (unsigned k = 0; k < 4; k++) {
        char id[2][7] = {"case 0", "load 0"};
        id[0][5] = id[1][5] = (char)('0' + k);
        for (unsigned i = 0; i <= 2; i++) {
            struct et_result r = load_of(id[1], 0.3, i + k);
            /* One that is not sound in any baseline spoils no other. */
            r.time.converged = k > 0 || i == 2;
            sample_add(&b.runs[i], r);
            sample_add(&b.runs[i],
                       of(id[0], i == 2 ? 0.6 : 0.5, 0.002, i + 2 * k));
        }
    }
    assert_int_equal(compare(&b, 0.03), ET_OK);
    assert_int_equal(b.found.kinds, 2);
    is(&b, "compute", ET_CHANGE_WORSE, NULL);
    near(row(&b, "compute")->all.ratio, 5 / 6.0);
    is(&b, "memory", ET_CHANGE_SAME, NULL);
    near(row(&b, "memory")->all.ratio, 1);
    assert_int_equal(row(&b, "memory")->cases, 3);
    is(&b, "load 0", ET_CHANGE_UNSURE, "not converged in the baselines");
    is(&b, "load 1", ET_CHANGE_SAME, NULL);
    is(&b, "case 1", ET_CHANGE_SAME, NULL);
    assert_int_equal(done(&b), ET_MISSED);
}

/* What passes between ranks, and what goes to a disk: kinds of their own. */
TEST(network_and_storage)
{
    static const char *const names[] = {"network", "storage"};
    struct bench b = bench(2);
    for (unsigned k = 0; k < 6; k++) {
        char id[] = "case 0";
        id[5] = (char)('0' + k);
        for (unsigned i = 0; i <= 2; i++) {
            /* The storage, cases 3 to 5, is slower now. */
            struct et_result r =
                of(id, k > 2 && i == 2 ? 0.6 : 0.5, 0.002, i + 2 * k);
            r.work.flop = r.work.traffic = 0;
            r.work.bytes = 1e6;
            if (k < 3)
                r.work.bus_bytes = 1e6;
            else
                assert_true(et_pairs_set(&r.facts, "target", "device", false));
            sample_add(&b.runs[i], r);
        }
    }
    assert_int_equal(compare(&b, 0.03), ET_OK);
    assert_int_equal(b.found.kinds, 2);
    for (int i = 0; i < 2; i++)
        assert_int_equal(row(&b, names[i])->cases, 3);
    is(&b, "network", ET_CHANGE_SAME, NULL);
    is(&b, "storage", ET_CHANGE_WORSE, NULL);
    near(row(&b, "storage")->all.ratio, 5 / 6.0);
    is(&b, "case 1", ET_CHANGE_SAME, NULL);
    is(&b, "case 4", ET_CHANGE_SAME, NULL); /* no more than all of its kind */
    assert_int_equal(done(&b), ET_MISSED);
}

/* Two to four of eight cases can be relied on; all are slower. */
TEST(few_are_no_kind)
{
    for (unsigned sound = 2; sound <= 4; sound++) {
        struct bench b = bench(3);
        for (unsigned i = 0; i < 8 * 4; i++) {
            char id[] = {(char)('a' + i / 4), '\0'};
            sample_add(&b.runs[i % 4], of(id, i % 4 < 3 ? 0.5 : 0.6, 0.002, i));
            b.runs[i % 4].records[i / 4].result.time.converged = i / 4 < sound;
        }
        assert_int_equal(compare(&b, 0.03), ET_OK);
        is(&b, "a", sound > 2 ? ET_CHANGE_SAME : ET_CHANGE_WORSE, NULL);
        assert_true(sound != 3 || isnan(row(&b, "compute")->all.p));
        is(&b, "h", ET_CHANGE_UNSURE, "not converged");
        if (sound == 3)
            is(&b, "compute", ET_CHANGE_UNSURE, "fewer than half of its cases");
        assert_int_equal(done(&b), sound == 3 ? ET_UNSURE : ET_MISSED);
    }
}

/* How far a case lies from the others does not count as noise of its kind. */
TEST(two_cases_share_nothing)
{
    struct bench b = bench(1);
    for (size_t i = 0; i < 2; i++) {
        double longer = i == 0 ? 1 : 1.2;
        sample_add(&b.runs[i], of("a", 0.5 * longer, 0.002, 0));
        sample_add(&b.runs[i], of("b", 0.7 * longer, 0.002, 2));
    }
    assert_int_equal(compare(&b, 0.03), ET_OK);
    assert_int_equal(b.found.kinds, 0);
    is(&b, "a", ET_CHANGE_WORSE, NULL);
    is(&b, "b", ET_CHANGE_WORSE, NULL);
    assert_int_equal(done(&b), ET_MISSED);
}

TEST_MAIN(what_all_share_is_not_each_ones,
          ceilings_are_set_against_the_baselines, kinds_are_judged_apart,
          network_and_storage, few_are_no_kind, two_cases_share_nothing)
