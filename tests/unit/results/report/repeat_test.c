/* What a report says of the launches of a run, set against each other. */
#include "config.h"
#include "tests/unit/test_main.h"
#include "results/report/repeat.h"

#include <stdlib.h>
#include <string.h>

#include "results/reading/merge.h"
#include "tests/unit/results/sample.h"

/* Six passes of a launch, `step` from one median to the next. */
static void add_launch(struct et_run *run, int64_t launch, double first,
                       double step)
{
    for (int i = 0; i < 6; i++) {
        struct et_result r = sample_result("one", first + step * i, 0.01, 5);
        r.pass = 6 * launch + i;
        sample_add(run, r);
        run->records[run->n - 1].launch = launch;
    }
}

static char *say(struct et_run *run, const char *format)
{
    assert_int_equal(et_run_merge(run), ET_OK);
    return sample_report(run, NULL, format, run);
}

/* The first one's interval, [0.50, 0.55], holds 0.545; 0.525 is below the
 * second one's. No precision was asked for, so none has converged. */
TEST(two_launches)
{
    static const char *const formats[] = {"text", "markdown", "html", "json"};
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        struct et_run run = sample_run();
        add_launch(&run, 0, 0.50, 0.01);
        add_launch(&run, 1, 0.54, 0.002);
        char *text = say(&run, formats[i]);
        assert_said(text, "by 2 launches: 1 of 2 (50 %) intervals");
        assert_said(text, "Contained it");
        assert_said(text, "none");
        assert_said(text, "3.8 %"); /* 0.545 to 0.525 */
        assert_null(strstr(text, "is not known: that"));
        sample_done(text, &run);
    }
}

/* Of one launch nothing is known of another, and the report says how to know.
 */
TEST(one_launch)
{
    struct et_run run = sample_run();
    add_launch(&run, 0, 0.50, 0.01);
    char *text = say(&run, "json");
    assert_said(text, "Measured again");
    assert_said(text, "is not known: that takes two launches");
    assert_said(text, "etalon run --again DIR");
    assert_said(text, "etalon selftest --part repeat");
    assert_null(strstr(text, "Contained it"));
    sample_done(text, &run);
}

TEST(words)
{
    char text[96];
    assert_string_equal(
        et_repeat_say((struct et_repeat_count){34, 31}, text, sizeof text),
        "31 of 34 (91 %)");
    assert_string_equal(
        et_repeat_say((struct et_repeat_count){0, 0}, text, sizeof text),
        "none");
}

TEST_MAIN(two_launches, one_launch, words)
