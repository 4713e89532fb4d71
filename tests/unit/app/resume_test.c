/* What a run that goes on takes over of the passes that its directory has: how
 * many stand, and which are of launches before it.
 */
#include "config.h"
#include "tests/unit/test_main.h"

#include "app/resume.h"

#define CASES 2
#define LINES 7

TEST(passes_by_launch)
{
    static const struct {
        const char *id;
        int launch, outcome;
    } lines[LINES] = {
        {"a", 0, ET_MEASURED}, {"b", 0, ET_FAILED},   {"a", 0, ET_MEASURED},
        {"a", 1, ET_MEASURED}, {"b", 1, ET_MEASURED}, {"a", 2, ET_MEASURED},
        {"b", 2, ET_SKIPPED},
    };
    /* Three resumes: which was the plan once more, and is this? */
    static const struct {
        bool resumes[3], again;
        int n, launches, before[CASES]; /* of b, of a */
    } runs[] = {
        {{0}, .n = 2, .launches = 1, .before = {0, 0}},
        {{1, 0}, .n = 2, .launches = 2, .before = {0, 2}},
        {{0, 1}, .n = 2, .launches = 2, .before = {1, 3}},
        {{1, 1}, .n = 2, .launches = 3, .before = {1, 3}},
        {{0, 0}, .n = 2, .again = true, .launches = 2, .before = {1, 4}},
        {{1, 0, 0}, .n = 3, .again = true, .launches = 3, .before = {1, 4}},
    };
    struct et_case v[CASES] = {{.id = "b"}, {.id = "a"}};
    struct et_cases cases = {.v = v, .n = CASES};
    struct et_record records[LINES] = {0};
    for (int i = 0; i < LINES; i++) {
        et_result_begin(&records[i].result);
        records[i].result.id = (char *)lines[i].id;
        records[i].result.outcome = lines[i].outcome;
        records[i].launch = lines[i].launch;
    }
    for (size_t i = 0; i < sizeof runs / sizeof *runs; i++) {
        struct et_run_resume resumes[3] = {0};
        for (int k = 0; k < 3; k++)
            resumes[k].again = runs[i].resumes[k];
        struct et_resume r = {.had = {.records = records,
                                      .n = LINES,
                                      .resumes = {resumes, runs[i].n}},
                              .again = runs[i].again};
        assert_int_equal(et_resume_cases(&r, "dir", &cases), ET_OK);
        assert_int_equal(r.launches, runs[i].launches);
        const struct et_history *h = r.histories.v;
        assert_true(h[0].passes == 1 && h[1].passes == 4);
        for (int k = 0; k < CASES; k++)
            assert_int_equal(h[k].before, runs[i].before[k]);
        et_histories_free(&r.histories);
    }
}

/* A record of a case that the plan has not. */
TEST(foreign)
{
    struct et_case v = {.id = "a"};
    struct et_cases cases = {.v = &v, .n = 1};
    struct et_record record = {0};
    et_result_begin(&record.result);
    record.result.id = "c";
    struct et_resume r = {.had = {.records = &record, .n = 1}};
    assert_int_equal(et_resume_cases(&r, "dir", &cases), ET_USAGE);
    et_histories_free(&r.histories);
}

QUIET_TEST_MAIN(passes_by_launch, foreign)
