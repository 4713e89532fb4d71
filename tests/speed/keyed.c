/* Speed: what checking keyed data costs. For io, a read from the page cache,
 * the fastest there is: the headers of all its blocks looked at inside the
 * timed part, against none, in turn; and the glance, which is outside. For
 * allreduce, an iteration, and the glance after a sample. Asserts nothing.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/check/io.h"
#include "harness/base/memory.h"
#include "harness/base/text.h"
#include "harness/case/bench.h"
#include "harness/stat/stat.h"
#include "harness/system/clock.h"
#include "kernels/collective/collective.h"
#include "kernels/io/io.h"

#define PAIRS 41
#define BYTES ((int64_t)64 << 20)

extern const struct et_bench et_bench_allreduce;

static double median(double *v)
{
    return et_stat_median(v, PAIRS);
}

static int io(struct et_clock *clock, struct et_team *team)
{
    char dir[] = "/tmp/etalon-speed-XXXXXX", path[64];
    const struct et_io p = {.bytes = BYTES, .block = 4 << 20};
    const struct et_io_backend *b = et_io_backend_find("posix");
    unsigned char *data = et_alloc_aligned((size_t)BYTES, 1);
    struct et_io_check c = {.team = team,
                            .contents = {1, false, BYTES},
                            .epoch = 1,
                            .data = data,
                            .path = path};
    double bare[PAIRS], within[PAIRS], ratio[PAIRS], glance[PAIRS];
    char t[3][ET_TEXT_NUMBER];
    void *plan = NULL;
    int failed = 4;

    if (!data || !mkdtemp(dir))
        return failed;
    snprintf(path, sizeof path, "%s/data", dir);
    if (et_io_check_open(&c) || b->create(&p, team, path, &plan))
        goto out;
    et_io_check_fill(&c, data);
    if (b->write(plan, data) || b->read(plan, data))
        goto out;
    for (int i = 0; i < PAIRS; i++) {
        double *turn[2] = {i % 2 ? within : bare, i % 2 ? bare : within};
        for (int k = 0; k < 2; k++) {
            bool right = true;
            double start = et_clock_now(clock);
            if (b->read(plan, data))
                goto out;
            for (int64_t at = 0; turn[k] == within && at < BYTES;
                 at += ET_IO_BLOCK) {
                struct et_io_place place = {0, at, 1};
                right &= et_io_header_is(&c.contents, &place, data + at);
            }
            turn[k][i] = et_clock_now(clock) - start;
            if (!right)
                goto out;
        }
        double start = et_clock_now(clock);
        et_io_check_glance(&c);
        glance[i] = et_clock_now(clock) - start;
        ratio[i] = within[i] / bare[i];
        if (*c.fault)
            goto out;
    }
    printf("io, 64 MiB from the page cache: read %s; with all headers looked "
           "at inside %s, ratio of pairs %.3f; the glance outside %s\n",
           et_print_seconds(t[0], median(bare)),
           et_print_seconds(t[1], median(within)), median(ratio),
           et_print_seconds(t[2], median(glance)));
    failed = 0;
out:
    if (plan)
        b->destroy(plan);
    unlink(path);
    rmdir(dir);
    et_io_check_close(&c);
    et_free_aligned(data);
    return failed;
}

static int allreduce(struct et_clock *clock, struct et_team *team,
                     int64_t bytes)
{
    const struct et_bench *b = &et_bench_allreduce;
    struct et_setting setting = {
        .team = team, .backend = "reference", .threads = 1, .seed = 1};
    struct et_collective_params params = {ET_FP64, bytes, 0};
    double run[PAIRS], glance[PAIRS];
    char t[2][ET_TEXT_NUMBER];
    void *state = et_alloc(1, b->state_size);
    int failed = 4;

    if (!state || b->prepare(state, &setting, &params))
        goto out;
    for (int i = 0; i < PAIRS; i++) {
        double start = et_clock_now(clock);
        if (b->run(state, 100))
            goto out;
        run[i] = (et_clock_now(clock) - start) / 100;
        start = et_clock_now(clock);
        b->glance(state);
        glance[i] = et_clock_now(clock) - start;
    }
    printf("allreduce, %lld B, one rank, reference: an iteration %s; the "
           "glance after a sample %s\n",
           (long long)bytes, et_print_seconds(t[0], median(run)),
           et_print_seconds(t[1], median(glance)));
    failed = 0;
out:
    if (state)
        b->release(state);
    free(state);
    return failed;
}

int main(void)
{
    struct et_clock clock;
    struct et_team *team;

    if (et_clock_open("real", &clock) || et_team_open("self", &team))
        return 4;
    int failed = io(&clock, team);
    if (!failed)
        failed = allreduce(&clock, team, 8);
    if (!failed)
        failed = allreduce(&clock, team, 1 << 20);
    et_team_close(team);
    return failed;
}
