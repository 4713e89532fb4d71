/* A bench that does nothing, for tests of what drives benches: three shape
 * keys, a choice, a text, backends of every kind. What a test wants of its
 * measuring it says in a struct fake, found through the setting's tag.
 */
#ifndef ET_TESTS_FAKE_BENCH_H
#define ET_TESTS_FAKE_BENCH_H

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "harness/base/log.h"
#include "harness/base/memory.h"
#include "harness/case/bench.h"

struct fake_params {
    int64_t m, n, k, bytes;
    double alpha;
    int dtype;
    char *word;
};

static const struct et_field fake_rows[] = {
    ET_ROW(fake_params, dtype, ET_CHOICE, "element type", .preset = "fp64",
           .choices = "fp64|fp32"),
    ET_ROW(fake_params, m, ET_INT, "rows", .preset = "16", .min = 1,
           .max = 1e12),
    ET_ROW(fake_params, n, ET_INT, "columns", .preset = "16", .min = 1,
           .max = 1e12),
    ET_ROW(fake_params, k, ET_INT, "depth", .preset = "16", .min = 1,
           .max = 1e12),
    ET_ROW(fake_params, bytes, ET_BYTES, "size of a block", .preset = "4 KiB",
           .min = 1, .max = 0x1p50),
    ET_ROW(fake_params, alpha, ET_REAL, "scale", .preset = "1"),
    ET_ROW(fake_params, word, ET_STRING, "a text"),
    {0}};

/* What becomes of a measurement, and what was called. */
struct fake {
    enum et_status prepare, run, verify, facts; /* what each returns */
    int wrong_from; /* the first verify, from 1, that finds it wrong; 0: none */
    int verify_from; /* likewise, that returns `verify`; 0: all */
    int run_from;    /* the first run, from 1, that returns `run`; 0: all */
    int prepared, ran, verified, released, worked;
    uint64_t iterations;       /* of the newest run */
    struct et_setting setting; /* its pointers live as long as the case */
    char backend[32];
};

/* Written as the tag, read back in prepare. */
static inline void fake_tag(struct fake *f, char tag[32])
{
    snprintf(tag, 32, "%p", (void *)f);
}

struct fake_state {
    struct fake *f;
};

static inline void fake_origin(char *text, size_t n)
{
    snprintf(text, n, "libquick 1");
}

static const struct et_backend fake_backend_rows[] = {
    {.name = "reference", .summary = "right"},
    {.name = "quick", .summary = "fast", .origin = fake_origin},
    {.name = "gone", .summary = "absent", .absent = "not built in"},
    {.name = "other", .summary = "does nothing"}};
static const struct et_backend *const fake_backend_list[] = {
    &fake_backend_rows[0], &fake_backend_rows[1], &fake_backend_rows[2],
    &fake_backend_rows[3]};
static const struct et_backends fake_backends = {.v = fake_backend_list,
                                                 .n = 4};

static inline enum et_status fake_check(const void *params, const char *where)
{
    const struct fake_params *p = params;
    return p->k == 13 ? et_error(ET_USAGE, "%s: k: 13 is not lucky", where)
                      : ET_OK;
}

static inline void fake_need(const void *params, int ranks, int threads,
                             struct et_need *out)
{
    const struct fake_params *p = params;
    (void)threads;
    *out =
        (struct et_need){.memory = 8.0 * (double)p->m * (double)p->n,
                         .flop = p->k == 99 ? INFINITY : (double)p->k * ranks};
}

static inline const char *fake_unsupported(const void *params,
                                           const char *backend, int ranks)
{
    (void)params, (void)ranks;
    return strcmp(backend, "other") == 0 ? "other does not do this" : NULL;
}

static inline enum et_status
fake_prepare(void *state, const struct et_setting *setting, const void *params)
{
    struct fake_state *s = state;
    void *p = NULL;
    (void)params;
    if (sscanf(setting->tag, "%p", &p) != 1)
        return et_error(ET_INFRA, "no tag");
    s->f = p;
    s->f->prepared++;
    s->f->setting = *setting;
    snprintf(s->f->backend, sizeof s->f->backend, "%s", setting->backend);
    return s->f->prepare ? et_error(s->f->prepare, "prepare went wrong")
                         : ET_OK;
}

static inline enum et_status fake_run(void *state, uint64_t iterations)
{
    struct fake *f = ((struct fake_state *)state)->f;
    f->iterations = iterations;
    if (++f->ran >= f->run_from && f->run)
        return et_error(f->run, "run %d went wrong", f->ran);
    return ET_OK;
}

static inline enum et_status fake_verify(void *state,
                                         struct et_verification *out)
{
    struct fake *f = ((struct fake_state *)state)->f;
    bool wrong = ++f->verified >= f->wrong_from && f->wrong_from;
    if (f->verify && f->verified >= f->verify_from)
        return et_error(f->verify, "verify went wrong");
    out->status = wrong ? ET_CHECK_FAILED : ET_CHECK_PASSED;
    out->error = wrong ? 3 : 0.5;
    out->bound = 1;
    snprintf(out->method, sizeof out->method, "by decree");
    snprintf(out->note, sizeof out->note, "%s", wrong ? "element 7" : "");
    return ET_OK;
}

static inline void fake_work(const void *state, struct et_work *out)
{
    ((const struct fake_state *)state)->f->worked++;
    *out = (struct et_work){.flop = 1e6, .bytes = 64, .convention = "none"};
}

static inline enum et_status fake_facts(void *state, struct et_pairs *out)
{
    struct fake *f = ((struct fake_state *)state)->f;
    if (f->facts)
        return et_error(f->facts, "facts went wrong");
    return et_pairs_set(out, "fact", "1", true) ? ET_OK : ET_INFRA;
}

/* Another run, that takes some time. */
static inline enum et_status fake_spin(void *state, uint64_t iterations)
{
    volatile unsigned sink = 0;
    (void)state;
    for (uint64_t i = 0; i < 500 * iterations; i++)
        sink = sink + 1;
    return ET_OK;
}

/* Called also where prepare was not, or did not get far. */
static inline void fake_release(void *state)
{
    struct fake *f = ((struct fake_state *)state)->f;
    if (f)
        f->released++;
}

#define FAKE_BENCH                                                             \
    .params = fake_rows, .params_size = sizeof(struct fake_params),            \
    .backends = &fake_backends, .need = fake_need,                             \
    .unsupported = fake_unsupported, .state_size = sizeof(struct fake_state),  \
    .prepare = fake_prepare, .run = fake_run, .verify = fake_verify,           \
    .work = fake_work, .release = fake_release
static const char *const fake_shape[] = {"m", "n", "k", NULL};
static const struct et_bench fake_bench = {
    .name = "mul",
    .summary = "nothing, well timed",
    .shape_key = "shapes",
    .shape = fake_shape,
    .shape_preset = "4^3",
    .shape_help = "MxNxK",
    FAKE_BENCH,
    .check = fake_check,
    .facts = fake_facts,
};

/* A second one, with one shape key in bytes and serial. */
static const char *const fake_size[] = {"bytes", NULL};
static const struct et_bench fake_serial = {
    .name = "sum",
    .summary = "nothing, by the byte",
    .shape_key = "sizes",
    .shape = fake_size,
    .shape_preset = "8",
    .shape_help = "bytes",
    .serial = true,
    FAKE_BENCH,
};
static const struct et_bench *const fake_list[] = {&fake_bench, &fake_serial};
static const struct et_benches fake_benches = {fake_list, 2};

#endif
