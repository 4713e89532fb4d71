/* What is said of a case that something else on the machine has disturbed: each
 * cause that was seen, and none that was not. The rules themselves are tested
 * where they decide: headline, judge and compare.
 */
#include "config.h"
#include "tests/unit/test_main.h"
#include "tests/unit/results/sample.h"

#include <stdlib.h>
#include <string.h>

#include "results/reading/sound.h"

TEST(each_disturbance)
{
    static const struct {
        double waited, stolen, throttled, hot;
        const char *said;
    } v[] = {
        {0, 0, 0, 0, "9 of 31 samples were disturbed on one rank"},
        {0.5, 0, 0, 0, ", its threads waited 500 ms for a core"},
        {0, 0.25, 0, 0, ", a hypervisor took 250 ms of its cores"},
        {0, 0, 2, 0, ", a quota stopped it for 2 s"},
        {0, 0, 0, 4, ", cores were slowed for their heat 4 times"},
    };
    const size_t n = sizeof v / sizeof *v;
    for (size_t i = 0; i < n; i++) {
        struct et_record r = {.result = sample_result("a", 0.5, 0.01, 31)};
        struct et_result_disturbed *d = &r.result.disturbed;
        d->most = 9;
        d->waited = v[i].waited;
        d->stolen = v[i].stolen;
        d->throttled = v[i].throttled;
        d->hot = v[i].hot;
        struct et_text t = {0};
        et_flaw_say(ET_FLAW_DISTURBED, &r, &t);
        assert_said(et_text_str(&t), v[0].said);
        assert_said(et_text_str(&t), v[i].said);
        for (size_t k = 1; k < n; k++) {
            if (k != i && strstr(et_text_str(&t), v[k].said))
                fail_msg("not seen, and said: %s", et_text_str(&t));
        }
        et_text_free(&t);
        et_result_free(&r.result);
    }
}

TEST_MAIN(each_disturbance)
