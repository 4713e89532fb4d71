/* status: which of two is the graver, for every pair, and their codes. */
#include "config.h"
#include "tests/unit/test_main.h"

#include "harness/base/status.h"

/* From what is well to what is gravest: a wrong command comes first of all,
 * wrong results before a machine that failed, and that before what was missed
 * or could not be decided. */
static const struct {
    enum et_status status;
    int code;
} order[] = {{ET_OK, 0},    {ET_UNSURE, 5}, {ET_MISSED, 1},
             {ET_INFRA, 4}, {ET_WRONG, 3},  {ET_USAGE, 2}};
enum { N = sizeof order / sizeof *order };

TEST(graver)
{
    for (int a = 0; a < N; a++) {
        for (int b = 0; b < N; b++)
            assert_int_equal(et_status_worse(order[a].status, order[b].status),
                             order[a > b ? a : b].status);
    }
}

TEST(codes)
{
    for (int a = 0; a < N; a++)
        assert_int_equal(order[a].status, order[a].code);
}

TEST_MAIN(graver, codes)
