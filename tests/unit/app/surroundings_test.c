/* The end of a run on a busy machine: what is said of disturbed cases, and when
 * the run is unsure of them.
 */
#include "config.h"
#include "tests/unit/test_main.h"
#include "tests/unit/results/sample.h"

#include <math.h>
#include <string.h>

#include "app/surroundings.h"

/* The status, and what was said. */
static enum et_status conclude(double patience, char *words, size_t disturbed,
                               const char **said)
{
    struct et_surroundings s = {
        .patience = patience, .cores = 2, .words = words};
    struct et_drive_outcome o = {
        .measured = 7, .disturbed = disturbed, .load = 35};
    sample_listen();
    enum et_status status = et_surroundings_conclude(&s, &o);
    *said = sample_said();
    return status;
}

TEST(of_disturbed_cases)
{
    const char *said;
    /* Where any machine would do, they are said; else the run is unsure. */
    for (int quiet = 0; quiet < 2; quiet++) {
        assert_int_equal(conclude(quiet ? 0 : NAN, NULL, 3, &said),
                         quiet ? ET_UNSURE : ET_OK);
        assert_said(said, "BUSY MACHINE: 3 of 7 measured cases were disturbed");
        assert_said(said, "2 cores, load 35");
        assert_int_equal(conclude(quiet ? 0 : NAN, NULL, 0, &said), ET_OK);
        assert_string_equal(said, "");
    }
}

/* What was seen before the first case is said again. */
TEST(of_a_machine_that_was_busy)
{
    const char *said;
    assert_int_equal(conclude(NAN, "host n1: load 9", 0, &said), ET_OK);
    assert_said(said, "BUSY MACHINE: host n1: load 9");
}

TEST_MAIN(of_disturbed_cases, of_a_machine_that_was_busy)
