/* The section of the collectives: what varies besides the size has rows and a
 * fit of its own, and is named.
 */
#include "config.h"
#include "tests/unit/results/sample.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* On 4 ranks, by the law of its root: 1 us + S over 1 GB/s, or 8 times that. */
static struct et_result message(const char *root, double bytes)
{
    double slower = strcmp(root, "0") == 0 ? 1 : 8;
    double time = slower * (1e-6 + bytes / 1e9);
    char id[40];
    snprintf(id, sizeof id, "%s-%.0f", root, bytes);
    struct et_result r = sample_result(id, time, 0.001, 21);
    free(r.bench);
    r.bench = strdup("broadcast");
    r.team.ranks = 4;
    r.work.bytes = r.work.bus_bytes = bytes;
    r.work.messages = 3;
    assert_true(et_pairs_set(&r.params, "root", root, true));
    snprintf(id, sizeof id, "%.0f", bytes);
    assert_true(et_pairs_set(&r.params, "bytes", id, true));
    return r;
}

static char *report(const char *const *roots, size_t n)
{
    struct et_run run = sample_run();
    for (size_t i = 0; i < n; i++) {
        for (double bytes = 8; bytes < 1e7; bytes *= 64)
            sample_add(&run, message(roots[i], bytes));
    }
    char *text = sample_report(&run, NULL, "json", NULL);
    et_run_free(&run);
    return text;
}

TEST(roots)
{
    static const char *const both[] = {"0", "3"};
    char *text = report(both, 2);
    assert_said(text, "\"8 B\",\"4\",\"blis root=0\",\"1.008 us\"");
    assert_said(text, "\"8 B\",\"4\",\"blis root=3\",\"8.064 us\"");
    /* Backend, ranks, sizes, latency: a line of each. */
    assert_said(text, "[\"blis root=0\",\"4\",\"4\",\"");
    assert_said(text, "[\"blis root=3\",\"4\",\"4\",\"8 us\"");
    assert_null(strstr(text, "poor model"));
    free(text);
    /* What does not vary is not named. */
    text = report(both, 1);
    assert_said(text, "[\"blis\",\"4\",\"4\",\"");
    assert_null(strstr(text, "blis root="));
    free(text);
}

TEST_MAIN(roots)
